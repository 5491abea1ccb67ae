//! When two conditions say the same in other words.

use jiff::civil::Date;

use super::node::{Node, Quantifier};
use super::place::Sort;
use super::syntax::Comparison;
use super::value::Value;

/// The condition in one of the many ways it could be written: parts in order, definitions written out,
/// denials as far inside as they go. Two that come out equal hold of the same applications.
pub(super) fn ordered(node: &Node) -> Node {
    written(node, false)
}

/// A mark for each fact, parameter and value a condition looks at, however it is written: where two
/// conditions come out equal, so do these, and nothing is written out for them.
pub(super) fn looked_at(node: &Node) -> u128 {
    let mut marks = 0;
    node.walk(&mut |part| marks |= mark(part));
    marks
}

/// One of 128 marks, by chance another part's too.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other parts are marked by what they are made of"
)]
fn mark(part: &Node) -> u128 {
    let number =
        |number: i64| bit(usize::try_from(number.unsigned_abs() % 127).unwrap_or_default());
    let at = match part {
        // The same edge for `> 3`, `>= 4`, `<= 3` and `< 4`.
        Node::Compare(comparison, _, sides) => match &**sides {
            [_, Node::Const(value)] => return edge(*comparison, value).map_or(0, number),
            [Node::Const(value), _] => return edge(comparison.turned(), value).map_or(0, number),
            _ => return 0,
        },
        Node::Fact(place)
        | Node::Present(place)
        | Node::OneOf(place, _)
        | Node::Holds(place, _) => place.at,
        Node::Param(at, _) => *at,
        _ => return 0,
    };
    bit(at)
}

fn bit(at: usize) -> u128 {
    1_u128.rotate_left(u32::try_from(at % 128).unwrap_or_default())
}

/// The last value below the edge at which a comparison with it changes.
fn edge(comparison: Comparison, value: &Value) -> Option<i64> {
    let value = match value {
        Value::Int(value) | Value::Money(value) => *value,
        Value::Date(day) => i64::from((*day - Date::ZERO).get_days()),
        Value::Missing
        | Value::Null
        | Value::Bool(_)
        | Value::Word(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::There => return None,
    };
    match comparison {
        Comparison::GreaterOrEqual | Comparison::Less => value.checked_sub(1),
        Comparison::Equal
        | Comparison::NotEqual
        | Comparison::LessOrEqual
        | Comparison::Greater => Some(value),
    }
}

/// A comparison of which `<=` says the same: whole numbers, amounts and days have a next one, and a list
/// that is not empty has one element at least.
fn counted(comparison: Comparison, sort: Sort, sides: [Node; 2]) -> Node {
    let at_most = |left: Node, right: Node| {
        Node::Compare(Comparison::LessOrEqual, sort, Box::new([left, right]))
    };
    let one = |value: i64| Node::Const(Value::Int(value));
    match (comparison, sides) {
        (Comparison::Less, [Node::Const(value), right]) => match neighbour(&value, 1) {
            Some(next) => at_most(Node::Const(next), right),
            None => Node::Compare(comparison, sort, Box::new([Node::Const(value), right])),
        },
        (Comparison::Less, [left, Node::Const(value)]) => match neighbour(&value, -1) {
            Some(next) => at_most(left, Node::Const(next)),
            None => Node::Compare(comparison, sort, Box::new([left, Node::Const(value)])),
        },
        (
            Comparison::Equal,
            [size @ Node::Size(_), Node::Const(Value::Int(0))]
            | [Node::Const(Value::Int(0)), size @ Node::Size(_)],
        ) => at_most(size, one(0)),
        (
            Comparison::NotEqual,
            [size @ Node::Size(_), Node::Const(Value::Int(0))]
            | [Node::Const(Value::Int(0)), size @ Node::Size(_)],
        ) => at_most(one(1), size),
        (_, sides) => Node::Compare(comparison, sort, Box::new(sides)),
    }
}

/// The value before or after, where there is one.
fn neighbour(value: &Value, by: i8) -> Option<Value> {
    match value {
        Value::Int(value) => value.checked_add(by.into()).map(Value::Int),
        Value::Money(value) => value.checked_add(by.into()).map(Value::Money),
        Value::Date(day) => {
            let next = if by < 0 { day.yesterday() } else { day.tomorrow() };
            next.ok().map(Value::Date)
        }
        Value::Missing
        | Value::Null
        | Value::Bool(_)
        | Value::Word(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::There => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a list that is not written out stays as it is")]
fn written(node: &Node, denied: bool) -> Node {
    let plain = |node: Node| if denied { Node::Not(Box::new(node)) } else { node };
    match node {
        Node::Not(inner) => written(inner, !denied),
        Node::Define(_, inner) => written(inner, denied),
        Node::And(parts) | Node::Or(parts) => {
            let all = matches!(node, Node::And(_)) != denied;
            let mut flat = Vec::new();
            for part in parts {
                match (written(part, denied), all) {
                    (Node::And(inner), true) | (Node::Or(inner), false) => flat.extend(inner),
                    (part, _) => flat.push(part),
                }
            }
            flat.sort();
            flat.dedup();
            match (<[Node; 1]>::try_from(flat), all) {
                (Ok([one]), _) => one,
                (Err(parts), true) => Node::And(parts),
                (Err(parts), false) => Node::Or(parts),
            }
        }
        Node::If(parts) => {
            let [condition, yes, no] = &**parts;
            let parts = [written(condition, false), written(yes, denied), written(no, denied)];
            Node::If(Box::new(parts))
        }
        Node::Compare(comparison, sort, sides) => {
            let [left, right] = &**sides;
            let comparison = if denied { comparison.opposite() } else { *comparison };
            let (left, right) = (written(left, false), written(right, false));
            let turned = match comparison {
                Comparison::Equal | Comparison::NotEqual => right < left,
                Comparison::Greater | Comparison::GreaterOrEqual => true,
                Comparison::Less | Comparison::LessOrEqual => false,
            };
            let (comparison, sides) = if turned {
                (comparison.turned(), [right, left])
            } else {
                (comparison, [left, right])
            };
            counted(comparison, *sort, sides)
        }
        Node::Quantified(quantifier, parts) => {
            let [list, condition] = &**parts;
            let quantifier = match (quantifier, denied) {
                (Quantifier::Exists, true) => Some(Quantifier::All),
                (Quantifier::All, true) => Some(Quantifier::Exists),
                _ => None,
            };
            match (quantifier, node) {
                (Some(quantifier), _) => {
                    let parts = [written(list, false), written(condition, true)];
                    Node::Quantified(quantifier, Box::new(parts))
                }
                (None, Node::Quantified(quantifier, _)) => {
                    let parts = [written(list, false), written(condition, false)];
                    plain(Node::Quantified(*quantifier, Box::new(parts)))
                }
                (None, _) => plain(node.clone()),
            }
        }
        Node::In(sort, sides) => {
            let [one, list] = &**sides;
            let list = match written(list, false) {
                Node::Const(Value::List(mut words)) => {
                    words.sort();
                    Node::Const(Value::List(words))
                }
                list => list,
            };
            plain(Node::In(*sort, Box::new([written(one, false), list])))
        }
        Node::Arithmetic(how, unit, sides) => {
            let sides = [written(&sides[0], false), written(&sides[1], false)];
            plain(Node::Arithmetic(*how, *unit, Box::new(sides)))
        }
        // Its words are for the trace.
        Node::Call(function, arguments, _) => {
            let arguments = arguments.iter().map(|one| written(one, false)).collect();
            plain(Node::Call(*function, arguments, String::new()))
        }
        Node::Size(list) => plain(Node::Size(Box::new(written(list, false)))),
        Node::Negative(unit, inner) => {
            plain(Node::Negative(*unit, Box::new(written(inner, false))))
        }
        Node::Const(_)
        | Node::Today
        | Node::Accepted
        | Node::Due
        | Node::Param(..)
        | Node::Fact(_)
        | Node::Present(_)
        | Node::OneOf(..)
        | Node::Holds(..)
        | Node::StartsWith(_)
        | Node::Contains(_) => plain(node.clone()),
    }
}
