//! What a condition means, apart from how it is written, and which of two holds more often.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Turn;
use crate::rules::syntax::{Arithmetic, Comparison, Expr, Kind, Operator, parse};

/// A condition without blanks, brackets, quotes, names of variables, and the order of parts that may
/// stand in any order. Equal meanings are equal values; the reverse is not promised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    Bool(bool),
    Int(i64),
    Text(String),
    /// A fact, a variable (`$1` for the outermost quantifier's) or `null`.
    Name(String),
    /// The elements of a list written out.
    List(BTreeSet<Meaning>),
    All(BTreeSet<Meaning>),
    Any(BTreeSet<Meaning>),
    Not(Box<Meaning>),
    /// An operator, a function, a quantifier, or a field (`.name`).
    Apply(String, Vec<Meaning>),
}

/// What names stand for while a condition is read.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    /// Named parts of conditions with their texts.
    pub(super) defines: &'n BTreeMap<String, String>,
    /// A parameter to be read as this value.
    pub(super) param: Option<(&'n str, &'n Json)>,
}

/// The meaning of a condition of a checked edition; `None` where it is none.
pub(super) fn meaning(text: &str, names: Names<'_>) -> Option<Meaning> {
    let expr = parse(text).ok()?;
    Some(of(&expr, names, &mut Vec::new()))
}

/// The names of parts and parameters a condition uses, through its parts.
pub(super) fn uses(text: &str, defines: &BTreeMap<String, String>) -> Uses {
    let mut found = Uses::default();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        if let Ok(expr) = parse(&text) {
            visit(&expr, &mut |expr| {
                if let Kind::Name(name) = &expr.kind
                    && let Some(part) = defines.get(name)
                    && found.defines.insert(name.clone())
                {
                    open.push(part.clone());
                }
                if let Kind::Call(name, arguments) = &expr.kind
                    && name == "param"
                    && let Some(Expr { kind: Kind::Text(name), .. }) = arguments.first()
                {
                    found.params.insert(name.clone());
                }
            });
        }
    }
    found
}

#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) defines: BTreeSet<String>,
    pub(super) params: BTreeSet<String>,
}

impl Meaning {
    /// How often `new` holds, compared with `self`; `None` where they mean the same.
    pub(super) fn turn(&self, new: &Self) -> Option<Turn> {
        if self == new {
            return None;
        }
        Some(self.compare(new))
    }

    fn compare(&self, new: &Self) -> Turn {
        match (self, new) {
            (Self::Bool(true), _) | (_, Self::Bool(false)) => Turn::Narrower,
            (Self::Bool(false), _) | (_, Self::Bool(true)) => Turn::Wider,
            (Self::Not(old), Self::Not(new)) => old.compare(new).reversed(),
            (Self::All(old), Self::All(new)) => sets(old, new, Turn::Narrower),
            (Self::Any(old), Self::Any(new)) => sets(old, new, Turn::Wider),
            (Self::All(old), new) if old.contains(new) => Turn::Wider,
            (old, Self::All(new)) if new.contains(old) => Turn::Narrower,
            (Self::Any(old), new) if old.contains(new) => Turn::Narrower,
            (old, Self::Any(new)) if new.contains(old) => Turn::Wider,
            (Self::Apply(old_name, old), Self::Apply(new_name, new)) => {
                applied(old_name, old, new_name, new)
            }
            _ => Turn::Other,
        }
    }

    /// The facts it reads, as far as they have names.
    pub(super) fn facts(&self) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        self.collect(&mut facts);
        facts
    }

    fn collect(&self, facts: &mut BTreeSet<String>) {
        if let Some(path) = self.path() {
            facts.insert(path);
            return;
        }
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Name(_) => {}
            Self::List(parts) | Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect(facts);
                }
            }
            Self::Not(part) => part.collect(facts),
            Self::Apply(_, parts) => {
                for part in parts {
                    part.collect(facts);
                }
            }
        }
    }

    fn path(&self) -> Option<String> {
        if let Self::Name(name) = self {
            return (!["null", "today", "accepted"].contains(&name.as_str())).then(|| name.clone());
        }
        if let Self::Apply(field, of) = self
            && let [of] = of.as_slice()
            && field.starts_with('.')
        {
            return Some(of.path()? + field);
        }
        None
    }
}

/// Two sets of parts; `more` is what a further part does.
fn sets(old: &BTreeSet<Meaning>, new: &BTreeSet<Meaning>, more: Turn) -> Turn {
    let gone: Vec<&Meaning> = old.difference(new).collect();
    let come: Vec<&Meaning> = new.difference(old).collect();
    match (gone.as_slice(), come.as_slice()) {
        ([], _) => more,
        (_, []) => more.reversed(),
        ([gone], [come]) => gone.compare(come),
        _ => Turn::Other,
    }
}

fn applied(old_name: &str, old: &[Meaning], new_name: &str, new: &[Meaning]) -> Turn {
    match (old_name, new_name, old, new) {
        ("<", "<=", _, _) if old == new => Turn::Wider,
        ("<=", "<", _, _) if old == new => Turn::Narrower,
        ("<", "<", [a, b], [c, d]) | ("<=", "<=", [a, b], [c, d]) => {
            // Smaller on the left, larger on the right: it holds more often.
            let left = if a == c { None } else { Some(larger(a, c).reversed()) };
            let right = if b == d { None } else { Some(larger(b, d)) };
            Turn::both(left, right).unwrap_or(Turn::Other)
        }
        ("in", "in", [a, Meaning::List(old)], [b, Meaning::List(new)]) if a == b => {
            if old.is_subset(new) {
                Turn::Wider
            } else if new.is_subset(old) {
                Turn::Narrower
            } else {
                Turn::Other
            }
        }
        ("exists", "exists", [a, old], [b, new]) | ("all", "all", [a, old], [b, new]) if a == b => {
            old.compare(new)
        }
        _ => Turn::Other,
    }
}

/// Wider where the number or the day grew.
fn larger(old: &Meaning, new: &Meaning) -> Turn {
    match (old, new) {
        (Meaning::Int(old), Meaning::Int(new)) if old < new => Turn::Wider,
        (Meaning::Int(old), Meaning::Int(new)) if old > new => Turn::Narrower,
        // Days and amounts of parameters are not compared as texts here.
        _ => Turn::Other,
    }
}

fn of(expr: &Expr, names: Names<'_>, variables: &mut Vec<String>) -> Meaning {
    match &expr.kind {
        Kind::Null => Meaning::Name("null".to_owned()),
        Kind::Bool(truth) => Meaning::Bool(*truth),
        Kind::Int(number) => Meaning::Int(*number),
        Kind::Text(text) => Meaning::Text(text.clone()),
        Kind::List(elements) => {
            Meaning::List(elements.iter().map(|one| of(one, names, variables)).collect())
        }
        Kind::Name(name) => named(name, names, variables),
        Kind::Select(target, field) => {
            Meaning::Apply(format!(".{field}"), vec![of(target, names, variables)])
        }
        Kind::Not(inner) => not(of(inner, names, variables)),
        Kind::Negative(inner) => {
            let inner = of(inner, names, variables);
            if let Meaning::Int(number) = inner {
                return Meaning::Int(number.saturating_neg());
            }
            Meaning::Apply("-".to_owned(), vec![inner])
        }
        Kind::And(parts) => joined(parts.iter().map(|part| of(part, names, variables)), true),
        Kind::Or(parts) => joined(parts.iter().map(|part| of(part, names, variables)), false),
        Kind::If(three) => {
            let parts = three.iter().map(|part| of(part, names, variables)).collect();
            Meaning::Apply("?:".to_owned(), parts)
        }
        Kind::Binary(operator, two) => {
            let [left, right] = &**two;
            binary(*operator, of(left, names, variables), of(right, names, variables))
        }
        Kind::Call(name, arguments) => call(name, arguments, names, variables),
        Kind::Method(target, name, arguments) => {
            let target = of(target, names, variables);
            if let (
                [Expr { kind: Kind::Name(variable), .. }, body],
                "exists" | "all" | "exists_one" | "filter",
            ) = (arguments.as_slice(), name.as_str())
            {
                variables.push(variable.clone());
                let body = of(body, names, variables);
                variables.pop();
                return Meaning::Apply(name.clone(), vec![target, body]);
            }
            let arguments = arguments.iter().map(|one| of(one, names, variables));
            Meaning::Apply(name.clone(), std::iter::once(target).chain(arguments).collect())
        }
    }
}

fn named(name: &str, names: Names<'_>, variables: &[String]) -> Meaning {
    if let Some(depth) = variables.iter().rposition(|variable| variable == name) {
        return Meaning::Name(format!("${}", depth + 1));
    }
    // A definition sees no variables, and the checker refused one that uses itself.
    if let Some(part) = names.defines.get(name).and_then(|text| parse(text).ok()) {
        return of(&part, names, &mut Vec::new());
    }
    Meaning::Name(name.to_owned())
}

fn call(name: &str, arguments: &[Expr], names: Names<'_>, variables: &mut Vec<String>) -> Meaning {
    if let ("param", [Expr { kind: Kind::Text(param), .. }], Some((wanted, value))) =
        (name, arguments, names.param)
        && param == wanted
    {
        return value_of(value);
    }
    let arguments = arguments.iter().map(|one| of(one, names, variables)).collect();
    Meaning::Apply(name.to_owned(), arguments)
}

fn value_of(value: &Json) -> Meaning {
    match value {
        Json::Bool(truth) => Meaning::Bool(*truth),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Meaning::Text(number.to_string()), Meaning::Int)
        }
        Json::String(text) => Meaning::Text(text.clone()),
        Json::Array(elements) => Meaning::List(elements.iter().map(value_of).collect()),
        Json::Null => Meaning::Name("null".to_owned()),
        Json::Object(_) => Meaning::Text(value.to_string()),
    }
}

fn binary(operator: Operator, left: Meaning, right: Meaning) -> Meaning {
    let apply = |name: &str, parts: Vec<Meaning>| Meaning::Apply(name.to_owned(), parts);
    match operator {
        Operator::Compare(Comparison::Equal) => equal(left, right),
        Operator::Compare(Comparison::NotEqual) => not(equal(left, right)),
        Operator::Compare(Comparison::Less) => apply("<", vec![left, right]),
        Operator::Compare(Comparison::LessOrEqual) => apply("<=", vec![left, right]),
        Operator::Compare(Comparison::Greater) => apply("<", vec![right, left]),
        Operator::Compare(Comparison::GreaterOrEqual) => apply("<=", vec![right, left]),
        Operator::In => apply("in", vec![left, right]),
        Operator::Compute(Arithmetic::Add) => apply("+", vec![left, right]),
        Operator::Compute(Arithmetic::Subtract) => apply("-", vec![left, right]),
        Operator::Compute(Arithmetic::Multiply) => apply("*", vec![left, right]),
    }
}

/// Equality has no sides; being a word is being in a list of one word; being true is being.
fn equal(left: Meaning, right: Meaning) -> Meaning {
    match (left, right) {
        (Meaning::Text(word), other) | (other, Meaning::Text(word)) => Meaning::Apply(
            "in".to_owned(),
            vec![other, Meaning::List(BTreeSet::from([Meaning::Text(word)]))],
        ),
        (Meaning::Bool(truth), other) | (other, Meaning::Bool(truth)) => {
            if truth {
                other
            } else {
                not(other)
            }
        }
        (left, right) => {
            let (first, second) = if left <= right { (left, right) } else { (right, left) };
            Meaning::Apply("==".to_owned(), vec![first, second])
        }
    }
}

fn not(inner: Meaning) -> Meaning {
    match inner {
        Meaning::Bool(truth) => Meaning::Bool(!truth),
        Meaning::Not(inner) => *inner,
        Meaning::All(parts) => joined(parts.into_iter().map(not), false),
        Meaning::Any(parts) => joined(parts.into_iter().map(not), true),
        Meaning::Apply(name, parts) if parts.len() == 2 && (name == "<" || name == "<=") => {
            let name = if name == "<" { "<=" } else { "<" };
            Meaning::Apply(name.to_owned(), parts.into_iter().rev().collect())
        }
        inner @ (Meaning::Int(_)
        | Meaning::Text(_)
        | Meaning::Name(_)
        | Meaning::List(_)
        | Meaning::Apply(..)) => Meaning::Not(Box::new(inner)),
    }
}

/// All or any of the parts: chains inside chains are one, and what changes nothing is left out.
fn joined(parts: impl Iterator<Item = Meaning>, all: bool) -> Meaning {
    let mut set = BTreeSet::new();
    for part in parts {
        match part {
            Meaning::Bool(truth) if truth == all => {}
            Meaning::Bool(truth) => return Meaning::Bool(truth),
            Meaning::All(inner) if all => set.extend(inner),
            Meaning::Any(inner) if !all => set.extend(inner),
            part @ (Meaning::Int(_)
            | Meaning::Text(_)
            | Meaning::Name(_)
            | Meaning::List(_)
            | Meaning::All(_)
            | Meaning::Any(_)
            | Meaning::Not(_)
            | Meaning::Apply(..)) => {
                set.insert(part);
            }
        }
    }
    if set.len() < 2 {
        return set.pop_first().unwrap_or(Meaning::Bool(all));
    }
    if all { Meaning::All(set) } else { Meaning::Any(set) }
}

/// Shows an expression and everything inside it.
fn visit(expr: &Expr, see: &mut impl FnMut(&Expr)) {
    see(expr);
    let inner: Vec<&Expr> = match &expr.kind {
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Text(_) | Kind::Name(_) => Vec::new(),
        Kind::List(all) | Kind::And(all) | Kind::Or(all) | Kind::Call(_, all) => {
            all.iter().collect()
        }
        Kind::Select(inner, _) | Kind::Not(inner) | Kind::Negative(inner) => vec![inner],
        Kind::If(three) => three.iter().collect(),
        Kind::Binary(_, two) => two.iter().collect(),
        Kind::Method(target, _, all) => std::iter::once(&**target).chain(all).collect(),
    };
    for one in inner {
        visit(one, see);
    }
}
