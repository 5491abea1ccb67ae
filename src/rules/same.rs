//! When two conditions say the same in other words.

use super::node::{Node, Quantifier};
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
    let number = |number: i64| usize::try_from(number.unsigned_abs() % 127).unwrap_or_default();
    let at = match part {
        Node::Fact(place)
        | Node::Present(place)
        | Node::OneOf(place, _)
        | Node::Holds(place, _) => place.at,
        Node::Param(at, _) => *at,
        Node::Const(Value::Int(value) | Value::Money(value)) => number(*value),
        Node::Const(Value::Date(day)) => {
            number(i64::from(day.day_of_year()) + 7 * i64::from(day.year()))
        }
        _ => return 0,
    };
    1_u128.rotate_left(u32::try_from(at % 128).unwrap_or_default())
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
            Node::Compare(comparison, *sort, Box::new(sides))
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
