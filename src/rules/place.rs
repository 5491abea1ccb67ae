//! Where facts stand among the values of a document, and as what they are compared.

use std::cmp::Ordering;

use super::node::Node;
use super::schema::{Field, Type};
use super::syntax::Comparison;
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
    fn has_few_words(&self) -> bool {
        matches!(&self.ty, Type::Enum(one) if one.values.len() <= 64)
    }

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

impl Sort {
    /// Whether one value has a next one.
    pub(super) fn is_counted(self) -> bool {
        matches!(self, Self::Number | Self::Day)
    }
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

/// Two values compared; whether a fact is one word of its enum is one look.
pub(super) fn compare(comparison: Comparison, sort: Sort, two: [Node; 2]) -> Node {
    if let [Node::Fact(place), Node::Const(Value::Word(word))] = &two
        && let Some(words) = 1_u64.checked_shl(*word)
    {
        match comparison {
            Comparison::Equal => return Node::OneOf(place.clone(), words),
            // Only up to 64 words are told apart by bits.
            Comparison::NotEqual if place.has_few_words() => {
                return Node::OneOf(place.clone(), !words);
            }
            Comparison::NotEqual
            | Comparison::Less
            | Comparison::LessOrEqual
            | Comparison::Greater
            | Comparison::GreaterOrEqual => {}
        }
    }
    Node::Compare(comparison, sort, Box::new(two))
}

/// One value looked for among others; a fact among words of its enum is one look.
pub(super) fn within(sort: Sort, needle: Node, list: Node) -> Node {
    match (&needle, &list) {
        (Node::Fact(place), Node::Const(Value::List(values))) if !values.is_empty() => {
            let bit = |value: &Value| match value {
                Value::Word(word) => 1_u64.checked_shl(*word),
                Value::Missing
                | Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Date(_)
                | Value::Money(_)
                | Value::Text(_)
                | Value::List(_)
                | Value::There => None,
            };
            let words = values.iter().try_fold(0_u64, |words, value| Some(words | bit(value)?));
            if let Some(words) = words {
                return Node::OneOf(place.clone(), words);
            }
        }
        (Node::Const(Value::Word(word)), Node::Fact(list)) => {
            return Node::Holds(list.clone(), *word);
        }
        _ => {}
    }
    Node::In(sort, Box::new([needle, list]))
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
