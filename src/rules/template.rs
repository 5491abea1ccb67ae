//! Texts with places to fill: `{permit.valid_to}`, any expression of the rule's own language.

use std::ops::Range;

use super::check::{Checked, Known, Scope, expression};
use super::node::{Failure, Node, Silent, World};
use super::schema::Type;
use super::syntax::{Mistake, parse};
use crate::domain::Language;

/// A checked text.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Words(String),
    Place(Node),
}

impl Template {
    /// Checks a text under the facts known where it is told. Returns its cost too.
    pub(super) fn check(
        text: &str,
        scope: Scope<'_>,
        known: &Known,
        due: bool,
    ) -> Result<(Self, u64), Vec<Mistake>> {
        let mut parts = Vec::new();
        let mut mistakes = Vec::new();
        let mut cost = 0_u64;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(open) = rest.find(['{', '}']) else {
                parts.push(Part::Words(rest.to_owned()));
                break;
            };
            let close = rest.get(open..).and_then(|after| after.find('}'));
            let (Some(close), true) = (close, rest.get(open..).is_some_and(|r| r.starts_with('{')))
            else {
                mistakes.push(Mistake::new(at + open, "a brace without its other", "{fact}"));
                break;
            };
            parts.push(Part::Words(rest.get(..open).unwrap_or_default().to_owned()));
            let inner = rest.get(open + 1..open + close).unwrap_or_default();
            match place(inner, scope, known, due) {
                Ok(checked) => {
                    cost = cost.saturating_add(checked.cost);
                    parts.push(Part::Place(checked.node));
                }
                Err(found) => mistakes.extend(found.into_iter().map(|mistake| Mistake {
                    at: at + open + 1 + mistake.at,
                    text: format!(
                        "{{{}}}: {}",
                        inner.split_whitespace().collect::<Vec<_>>().join(" "),
                        mistake.text
                    ),
                    remedy: mistake.remedy,
                })),
            }
            at += open + close + 1;
        }
        if mistakes.is_empty() { Ok((Self(parts), cost)) } else { Err(mistakes) }
    }

    /// The text for one decision; what has places is written behind `text`.
    pub(super) fn fill(
        &self,
        world: &World<'_>,
        language: Language,
        text: &mut String,
    ) -> Result<Told<'_>, Failure> {
        if let [Part::Words(words)] = &self.0[..] {
            return Ok(Told::Written(words));
        }
        let begin = text.len();
        for part in &self.0 {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Place(node) => {
                    text.push_str(&world.value(node, &mut Silent)?.words(language));
                }
            }
        }
        Ok(Told::Filled(begin..text.len()))
    }
}

/// What a text says in one decision.
#[derive(Debug, Clone)]
pub(super) enum Told<'t> {
    /// It says the same in all.
    Written(&'t str),
    /// It stands in the text of the decision.
    Filled(Range<usize>),
}

fn place(text: &str, scope: Scope<'_>, known: &Known, due: bool) -> Result<Checked, Vec<Mistake>> {
    let expr = parse(text).map_err(|mistake| vec![mistake])?;
    let checked = expression(text, &expr, scope, known, due)?;
    match checked.ty {
        Type::Int | Type::Date | Type::Money | Type::Text => Ok(checked),
        Type::Bool | Type::Enum(_) | Type::Record(_) | Type::List(..) => Err(vec![Mistake::new(
            0,
            "has no words of its own",
            "write a rule per case, with its own text",
        )]),
    }
}
