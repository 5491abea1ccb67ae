//! Where facts stand among the values of a document, and as what they are compared.

use std::cmp::Ordering;

use super::node::Node;
use super::schema::{Field, Type};
use super::value::Value;

/// Where a fact stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The variable of a quantifier it belongs to, counted from the innermost.
    pub(super) var: Option<usize>,
    /// Counted from the first value of the document, or of the variable's element.
    pub(super) at: usize,
    /// For the trace, for example `application.items`, or `.marks` of a variable.
    pub(super) path: String,
    pub(super) ty: Type,
}

impl Place {
    /// Its type follows from where it stands.
    fn key(&self) -> (Option<usize>, usize, &str) {
        (self.var, self.at, &self.path)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// As what two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Truth,
    /// A whole number, an amount, a word's place.
    Number,
    Day,
    Text,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    One,
    Fen,
}

/// Where a root stands.
pub(super) fn root(field: &Field) -> Place {
    Place { var: None, at: field.at, path: field.name.clone(), ty: field.ty.clone() }
}

/// Where a field of a record stands. Every record is a fact: none is computed.
pub(super) fn inside(record: &Node, field: &Field) -> Option<Place> {
    let Node::Fact(place) = record else { return None };
    Some(Place {
        var: place.var,
        at: place.at + field.at,
        path: format!("{}.{}", place.path, field.name),
        ty: field.ty.clone(),
    })
}

/// A written word that stands beside an enum, as that enum's.
pub(super) fn as_word(node: Node, beside: &Type) -> Node {
    if let Node::Const(value) = node { Node::Const(word_of(value, beside)) } else { node }
}

pub(super) fn word_of(value: Value, beside: &Type) -> Value {
    match (&value, beside) {
        (Value::Text(word), Type::Enum(one)) => one.place(word).map_or(value, Value::Word),
        _ => value,
    }
}

pub(super) fn sort(ty: &Type) -> Option<Sort> {
    match ty {
        Type::Bool => Some(Sort::Truth),
        Type::Int | Type::Money | Type::Enum(_) => Some(Sort::Number),
        Type::Date => Some(Sort::Day),
        Type::Text => Some(Sort::Text),
        Type::Record(_) | Type::List(..) => None,
    }
}

pub(super) fn unit(ty: &Type) -> Unit {
    if *ty == Type::Money { Unit::Fen } else { Unit::One }
}
