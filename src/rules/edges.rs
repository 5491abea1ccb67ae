//! Whether the cases stand at the edges: of each threshold one exactly at it, and one just beyond.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::decide::accepted;
use super::facts::Facts;
use super::node::{Node, Tracer};
use super::problem::Problem;
use super::rule::{Rule, reigns};
use super::rulebook::Rulebook;
use super::syntax::Comparison;
use super::value::{Value, write_json};

/// How far the two sides of each comparison were apart, in the cases that came to it.
#[derive(Default)]
struct Apart(BTreeMap<usize, BTreeSet<i64>>);

impl Tracer for Apart {
    const LISTENS: bool = true;

    fn compared(&mut self, two: &[Node; 2], apart: impl FnOnce() -> i64) {
        self.0.entry(place(two)).or_default().insert(apart());
    }
}

/// A comparison is known by where it lies: a definition lies once, however many rules use it.
fn place(two: &[Node; 2]) -> usize {
    std::ptr::from_ref(two).addr()
}

/// A threshold under the parameters of a day.
type Edge = (usize, String);

impl Rulebook {
    /// The thresholds no case stands at, or just beyond. A threshold is a number, an amount or a day that
    /// something is less or more than; one in a parameter counts for each of its values.
    pub fn untried_edges(&self) -> Vec<Problem> {
        let mut tried: BTreeMap<Edge, BTreeSet<i64>> = BTreeMap::new();
        for case in self.cases() {
            let Ok(facts) = Facts::bind(self, &case.document) else { continue };
            let day = accepted(self, &facts, case.today);
            let said = self.nothing_said();
            let world = self.world(&facts, day, case.today, &said);
            for rule in self.speaking(&facts, day) {
                let mut apart = Apart::default();
                // A rule that fails came as far as it came.
                let _truth = world.holds(&rule.when, &mut apart);
                for edge in self.edges(&rule.when, day) {
                    if let Some(found) = apart.0.get(&place(edge.two)) {
                        let key = (place(edge.two), self.values_on(edge.two, day));
                        tried.entry(key).or_default().extend(found);
                    }
                }
            }
        }
        let mut told = BTreeSet::new();
        let mut problems = Vec::new();
        for rule in &self.rules {
            for day in self.days_of(rule) {
                for edge in self.edges(&rule.when, day) {
                    let values = self.values_on(edge.two, day);
                    let key = (place(edge.two), values.clone());
                    let found = tried.get(&key);
                    let missing: Vec<&str> = [(0, "at"), (edge.beyond, edge.side)]
                        .into_iter()
                        .filter(|(apart, _)| !found.is_some_and(|found| found.contains(apart)))
                        .map(|(_, side)| side)
                        .collect();
                    if missing.is_empty() || !told.insert(key) {
                        continue;
                    }
                    let with = if values.is_empty() { values } else { format!(" with {values}") };
                    problems.push(Problem {
                        file: rule.file.clone(),
                        line: rule.line,
                        text: format!(
                            "{}: no case stands {} the edge of {}{with}",
                            rule.id,
                            missing.join(" nor "),
                            edge.shown()
                        ),
                        mark: None,
                        remedy: "add a case exactly at it and one just beyond: off by one is seen by no other"
                            .to_owned(),
                    });
                }
            }
        }
        problems
    }

    /// The thresholds of a condition, also those in its definitions. What the parameters of the day switch
    /// off no case can come to: it is tried by who switches it on.
    fn edges<'n>(&self, condition: &'n Node, day: Date) -> Vec<OnEdge<'n>> {
        let mut found = Vec::new();
        self.look(condition, day, &mut found);
        found
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only these lead anywhere else than to their parts"
    )]
    fn look<'n>(&self, node: &'n Node, day: Date, found: &mut Vec<OnEdge<'n>>) {
        match node {
            Node::And(parts) | Node::Or(parts) => {
                let ends = Some(matches!(node, Node::Or(_)));
                for part in parts {
                    self.look(part, day, found);
                    if self.settled(part, day) == ends {
                        break;
                    }
                }
            }
            Node::If(parts) => {
                let [condition, yes, no] = &**parts;
                self.look(condition, day, found);
                let settled = self.settled(condition, day);
                for (branch, of) in [(yes, true), (no, false)] {
                    if settled.is_none_or(|settled| settled == of) {
                        self.look(branch, day, found);
                    }
                }
            }
            Node::Compare(comparison, sort, two) => {
                let beyond = match comparison {
                    Comparison::Less | Comparison::GreaterOrEqual => Some((-1, "just below")),
                    Comparison::LessOrEqual | Comparison::Greater => Some((1, "just above")),
                    Comparison::Equal | Comparison::NotEqual => None,
                };
                if let Some((beyond, side)) = beyond
                    && sort.is_counted()
                    && two.iter().any(looks_at_facts)
                {
                    found.push(OnEdge { two, comparison: *comparison, beyond, side });
                }
                two.iter().for_each(|part| self.look(part, day, found));
            }
            _ => node.parts().iter().for_each(|part| self.look(part, day, found)),
        }
    }

    /// What a part of a condition says by the parameters of the day alone.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others ask facts")]
    fn settled(&self, node: &Node, day: Date) -> Option<bool> {
        match node {
            Node::Param(index, _) => match self.params.at(*index, day)?.1 {
                Value::Bool(truth) => Some(*truth),
                _ => None,
            },
            Node::Not(of) => self.settled(of, day).map(|truth| !truth),
            Node::Define(_, of) => self.settled(of, day),
            Node::In(_, two) => match &two[1] {
                Node::Param(index, _) => match self.params.at(*index, day)?.1 {
                    Value::List(words) => words.is_empty().then_some(false),
                    _ => None,
                },
                _ => None,
            },
            Node::And(parts) => {
                let off = |part| self.settled(part, day) == Some(false);
                parts.iter().any(off).then_some(false)
            }
            Node::Or(parts) => {
                let on = |part| self.settled(part, day) == Some(true);
                parts.iter().any(on).then_some(true)
            }
            _ => None,
        }
    }

    /// The values on `day` of the parameters in a comparison.
    fn values_on(&self, two: &[Node; 2], day: Date) -> String {
        let mut values = Vec::new();
        for side in two {
            parameters(side, &mut |index, name| {
                let mut text = format!("{name} = ");
                if let Some((ty, value)) = self.params.at(index, day) {
                    write_json(ty, std::slice::from_ref(value), &mut text);
                }
                values.push(text);
            });
        }
        values.join(", ")
    }

    /// The first days of the parts of a rule's period in which no parameter changes.
    fn days_of(&self, rule: &Rule) -> BTreeSet<Date> {
        let changes: BTreeSet<Date> = self.params.first_days().collect();
        let mut days = BTreeSet::new();
        for (_, first, last) in reigns(&self.rule_sets).filter(|(name, ..)| rule.is_of(name)) {
            let inside = |day: &Date| first <= *day && *day <= last && rule.speaks_on(*day);
            days.extend(
                rule.first_days().chain([first]).chain(changes.iter().copied()).filter(inside),
            );
        }
        days
    }
}

/// A comparison that orders numbers or days, and what lies just beyond equality on its other side.
struct OnEdge<'n> {
    two: &'n [Node; 2],
    comparison: Comparison,
    beyond: i64,
    side: &'static str,
}

impl OnEdge<'_> {
    fn shown(&self) -> String {
        let [left, right] = self.two;
        let sign = match self.comparison {
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        };
        format!("{} {sign} {}", shown(left), shown(right))
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is longer is seen in the rule")]
fn shown(node: &Node) -> String {
    match node {
        Node::Fact(place) => place.path.clone(),
        Node::Today => "today".to_owned(),
        Node::Accepted => "accepted".to_owned(),
        Node::Param(_, name) => format!("param(\"{name}\")"),
        Node::Call(_, _, written) => written.clone(),
        Node::Size(of) => format!("size({})", shown(of)),
        Node::Const(Value::Int(number)) => number.to_string(),
        Node::Const(Value::Date(day)) => format!("date(\"{day}\")"),
        _ => "…".to_owned(),
    }
}

fn looks_at_facts(node: &Node) -> bool {
    let mut looks = false;
    node.walk(&mut |node| looks |= matches!(node, Node::Fact(_) | Node::Present(_)));
    looks
}

fn parameters<'n>(node: &'n Node, told: &mut impl FnMut(usize, &'n str)) {
    node.walk(&mut |node| {
        if let Node::Param(index, name) = node {
            told(*index, name);
        }
    });
}
