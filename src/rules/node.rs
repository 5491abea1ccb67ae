//! A checked condition and its evaluation: one code path, with or without a trace.
//!
//! The checker settled the type of every expression, so each is evaluated as what it is (a truth, a
//! number, a day, a text, a list) and a fact is one look at its place.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the checker settled every type: whatever else comes is one failure, `Unsound`"
)]

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use jiff::Span;
use jiff::civil::Date;

use super::params::Params;
use super::place::{Place, Sort, Unit};
use super::schema::Type;
use super::syntax::{Arithmetic, Comparison};
use super::value::{Scalar, Value, push, push_date, write_json};
use crate::domain::Uscc;
use crate::domain::calendar::Calendar;

/// A checked expression. The checker made sure that every value has the type wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    Const(Value),
    Today,
    /// The day of acceptance, never one to come.
    Accepted,
    /// The rule's own last day, in its texts.
    Due,
    Param(usize, String),
    Fact(Box<Place>),
    /// Whether a fact that may be missing is there.
    Present(Box<Place>),
    Not(Box<Node>),
    Negative(Unit, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    If(Box<[Node; 3]>),
    Compare(Comparison, Sort, Box<[Node; 2]>),
    In(Sort, Box<[Node; 2]>),
    /// Whether a fact is one of some of the first 64 words of its enum, each a bit.
    OneOf(Box<Place>, u64),
    /// Whether a word is in a list of facts.
    Holds(Box<Place>, u32),
    StartsWith(Box<[Node; 2]>),
    Contains(Box<[Node; 2]>),
    Arithmetic(Arithmetic, Unit, Box<[Node; 2]>),
    Size(Box<Node>),
    /// A list and a condition on its elements.
    Quantified(Quantifier, Box<[Node; 2]>),
    /// With the words it was written in, for the trace.
    Call(Function, Vec<Node>, String),
    /// A definition by its number: it says the same everywhere in one decision.
    Define(usize, Arc<Node>),
}

impl Node {
    /// Every part of a condition, itself first.
    pub(super) fn walk<'n>(&'n self, told: &mut impl FnMut(&'n Self)) {
        told(self);
        for part in self.parts() {
            part.walk(told);
        }
    }

    /// The parts it is made of.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::Not(of) | Self::Negative(_, of) | Self::Size(of) => std::slice::from_ref(&**of),
            Self::Define(_, of) => std::slice::from_ref(&**of),
            Self::And(parts) | Self::Or(parts) | Self::Call(_, parts, _) => parts,
            Self::If(parts) => &**parts,
            Self::Compare(_, _, two)
            | Self::In(_, two)
            | Self::StartsWith(two)
            | Self::Contains(two)
            | Self::Arithmetic(_, _, two)
            | Self::Quantified(_, two) => &**two,
            Self::Const(_)
            | Self::Today
            | Self::Accepted
            | Self::Due
            | Self::Param(..)
            | Self::Fact(_)
            | Self::Present(_)
            | Self::OneOf(..)
            | Self::Holds(..) => &[],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quantifier {
    Exists,
    All,
    ExistsOne,
    Filter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Function {
    AddDays,
    AddYears,
    AddWorkdays,
    DaysBetween,
    YearsBetween,
    WorkdaysBetween,
    WorkdaysKnown,
    WindowOpens,
    UsccValid,
}

/// Why a condition could not be evaluated; the rule then refers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// A number or a date left its range.
    Overflow,
    /// The edition is not what its checker saw.
    Unsound,
}

impl Failure {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Overflow => "a number or a date left its range",
            Self::Unsound => "a value has not the type it was checked for",
        }
    }
}

/// Who listens to what is read.
pub(super) trait Tracer {
    /// Whether a definition must be read again, though what it says is known.
    const LISTENS: bool;
    fn read(&mut self, _path: impl FnOnce(&mut String), _value: impl FnOnce(&mut String)) {}
    fn mark(&self) -> usize {
        0
    }
    fn rewind(&mut self, _mark: usize) {}
    /// So many of the steps that the checker counted were taken.
    fn step(&mut self, _count: u64) {}
    /// Two numbers or days were compared: the first is so much more than the second.
    fn compared(&mut self, _two: &[Node; 2], _apart: impl FnOnce() -> i64) {}
}

/// Nobody.
pub(super) struct Silent;

impl Tracer for Silent {
    const LISTENS: bool = false;
}

/// Nobody, but nothing is taken as said before.
pub(super) struct Anew;

impl Tracer for Anew {
    const LISTENS: bool = true;
}

/// Counts the steps: never more than the checker said.
#[derive(Debug, Default)]
pub(super) struct Steps(pub(super) u64);

impl Tracer for Steps {
    const LISTENS: bool = false;
    fn step(&mut self, count: u64) {
        self.0 = self.0.saturating_add(count);
    }
}

/// What rules read, one after the other, and what they say: all in one text.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) text: String,
    pub(super) readings: Vec<Heard>,
    /// Where the readings of the rule begin that is listened to.
    begin: usize,
}

/// One reading, by where it stands in the text.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) path: Range<usize>,
    /// As JSON.
    pub(super) value: Range<usize>,
}

impl Recorder {
    /// Readings kept of one rule: a condition has 4 KB at most, but its quantifiers can read every
    /// element of every list; what matters stands first.
    const MAX: usize = 64;

    pub(super) fn new() -> Self {
        // What seven rules read and say, as a rule.
        let (text, readings) = (String::with_capacity(4096), Vec::with_capacity(64));
        Self { text, readings, begin: 0 }
    }

    /// From here on the next rule is listened to.
    pub(super) fn begin(&mut self) {
        self.begin = self.readings.len();
    }

    /// The readings since.
    pub(super) fn since(&self) -> Range<usize> {
        self.begin..self.readings.len()
    }

    /// A piece of the text.
    pub(super) fn piece(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// One more reading, whatever was read before.
    pub(super) fn add(&mut self, path: impl FnOnce(&mut String), value: impl FnOnce(&mut String)) {
        let begin = self.text.len();
        path(&mut self.text);
        let middle = self.text.len();
        value(&mut self.text);
        self.readings.push(Heard { path: begin..middle, value: middle..self.text.len() });
    }
}

impl Tracer for Recorder {
    const LISTENS: bool = true;

    /// In the order it looked, each path once.
    fn read(&mut self, path: impl FnOnce(&mut String), value: impl FnOnce(&mut String)) {
        if self.since().len() >= Self::MAX {
            return;
        }
        let begin = self.text.len();
        path(&mut self.text);
        let middle = self.text.len();
        let new = self.text.get(begin..);
        let known = self.readings.get(self.begin..).unwrap_or_default();
        if known.iter().any(|heard| self.text.get(heard.path.clone()) == new) {
            self.text.truncate(begin);
            return;
        }
        value(&mut self.text);
        self.readings.push(Heard { path: begin..middle, value: middle..self.text.len() });
    }

    fn mark(&self) -> usize {
        self.readings.len()
    }

    fn rewind(&mut self, mark: usize) {
        if let Some(first) = self.readings.get(mark) {
            self.text.truncate(first.path.start);
            self.readings.truncate(mark);
        }
    }
}

/// What a condition is evaluated over.
pub(super) struct World<'w> {
    pub(super) facts: &'w [Value],
    pub(super) params: &'w Params,
    /// The day whose parameters count.
    pub(super) law: Date,
    pub(super) calendar: &'w Calendar,
    pub(super) today: Date,
    pub(super) due: Option<Date>,
    /// Set where a count went through a year without a notice.
    pub(super) provisional: Cell<bool>,
    /// What each definition said, once asked.
    pub(super) said: &'w [Cell<Option<bool>>],
}

/// The variables of the quantifiers around an expression.
#[derive(Clone, Copy)]
struct Vars<'v> {
    element: &'v [Value],
    list: &'v Node,
    index: usize,
    outer: Option<&'v Vars<'v>>,
}

impl<'v> Vars<'v> {
    fn up(&'v self, count: usize) -> Option<&'v Vars<'v>> {
        let mut vars = self;
        for _ in 0..count {
            vars = vars.outer?;
        }
        Some(vars)
    }
}

type Around<'v> = Option<&'v Vars<'v>>;

/// A list as seen by a condition.
struct List<'v> {
    values: &'v [Value],
    /// Values of one element.
    width: usize,
    /// The elements a filter kept, if it is one's.
    kept: Option<Vec<usize>>,
}

impl<'v> List<'v> {
    fn len(&self) -> usize {
        self.kept.as_ref().map_or(self.values.len() / self.width, Vec::len)
    }

    /// Which element of the values the `index`th one is, and its values.
    fn get(&self, index: usize) -> Option<(usize, &'v [Value])> {
        let which = match &self.kept {
            Some(kept) => *kept.get(index)?,
            None => index,
        };
        let begin = which * self.width;
        self.values.get(begin..begin + self.width).map(|values| (which, values))
    }
}

impl World<'_> {
    /// Whether a condition holds.
    pub(super) fn holds(&self, node: &Node, tracer: &mut impl Tracer) -> Result<bool, Failure> {
        self.truth(node, None, tracer)
    }

    /// The value of an expression that is no list.
    pub(super) fn value<'v>(
        &'v self,
        node: &'v Node,
        tracer: &mut impl Tracer,
    ) -> Result<Scalar<'v>, Failure> {
        use Function as F;
        match node {
            Node::Const(_) | Node::Param(..) | Node::Fact(_) => {
                match self.leaf(node, None, tracer)? {
                    Value::Bool(truth) => Ok(Scalar::Bool(*truth)),
                    Value::Int(number) => Ok(Scalar::Int(*number)),
                    Value::Date(day) => Ok(Scalar::Date(*day)),
                    Value::Money(fen) => Ok(Scalar::Money(*fen)),
                    Value::Word(place) => Ok(Scalar::Word(*place)),
                    Value::Text(text) => Ok(Scalar::Text(text)),
                    Value::Missing | Value::Null | Value::List(_) | Value::There => {
                        Err(Failure::Unsound)
                    }
                }
            }
            Node::If(three) => {
                let [condition, then, otherwise] = &**three;
                tracer.step(1);
                let branch = if self.truth(condition, None, tracer)? { then } else { otherwise };
                self.value(branch, tracer)
            }
            Node::Negative(Unit::Fen, _) | Node::Arithmetic(_, Unit::Fen, _) => {
                self.number(node, None, tracer).map(Scalar::Money)
            }
            Node::Negative(..) | Node::Arithmetic(..) | Node::Size(_) => {
                self.number(node, None, tracer).map(Scalar::Int)
            }
            Node::Call(F::DaysBetween | F::YearsBetween | F::WorkdaysBetween, ..) => {
                self.number(node, None, tracer).map(Scalar::Int)
            }
            Node::Today
            | Node::Accepted
            | Node::Due
            | Node::Call(F::AddDays | F::AddYears | F::AddWorkdays | F::WindowOpens, ..) => {
                self.day(node, None, tracer).map(Scalar::Date)
            }
            _ => self.truth(node, None, tracer).map(Scalar::Bool),
        }
    }

    fn truth<'v>(
        &'v self,
        node: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<bool, Failure> {
        match node {
            Node::And(parts) => {
                tracer.step(1);
                for part in parts {
                    if !self.truth(part, vars, tracer)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Or(parts) => {
                tracer.step(1);
                for part in parts {
                    if self.truth(part, vars, tracer)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(of) => {
                tracer.step(1);
                Ok(!self.truth(of, vars, tracer)?)
            }
            Node::Present(place) => {
                tracer.step(1);
                let values = self.values(place, vars)?;
                let there = values.first().is_some_and(Value::is_there);
                tracer.read(|text| path(place, vars, text), |text| present(place, values, text));
                Ok(there)
            }
            Node::Compare(comparison, sort, two) => {
                tracer.step(1);
                let [left, right] = &**two;
                let order = match sort {
                    Sort::Truth => {
                        let left = self.truth(left, vars, tracer)?;
                        left.cmp(&self.truth(right, vars, tracer)?)
                    }
                    Sort::Number => {
                        let left = self.number(left, vars, tracer)?;
                        let right = self.number(right, vars, tracer)?;
                        tracer.compared(two, || left.saturating_sub(right));
                        left.cmp(&right)
                    }
                    Sort::Day => {
                        let left = self.day(left, vars, tracer)?;
                        let right = self.day(right, vars, tracer)?;
                        tracer.compared(two, || i64::from((left - right).get_days()));
                        left.cmp(&right)
                    }
                    Sort::Text => {
                        let left = self.text(left, vars, tracer)?;
                        left.cmp(self.text(right, vars, tracer)?)
                    }
                };
                Ok(match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                })
            }
            Node::OneOf(place, words) => {
                tracer.step(2);
                let values = self.values(place, vars)?;
                let Some(Value::Word(word)) = values.first() else { return Err(Failure::Unsound) };
                tracer.read(
                    |text| path(place, vars, text),
                    |text| write_json(&place.ty, values, text),
                );
                Ok(words.checked_shr(*word).is_some_and(|rest| rest & 1 == 1))
            }
            Node::Holds(place, word) => {
                let values = self.values(place, vars)?;
                let Some(Value::List(words)) = values.first() else {
                    return Err(Failure::Unsound);
                };
                tracer.read(
                    |text| path(place, vars, text),
                    |text| write_json(&place.ty, values, text),
                );
                let found = words.iter().position(|one| matches!(one, Value::Word(o) if o == word));
                let looked = found.map_or(words.len(), |found| found + 1);
                tracer.step(2_u64.saturating_add(u64::try_from(looked).unwrap_or(u64::MAX)));
                Ok(found.is_some())
            }
            Node::In(sort, two) => self.within(*sort, two, vars, tracer),
            Node::Quantified(quantifier, two) => self.quantified(*quantifier, two, vars, tracer),
            Node::Define(number, inner) => {
                let said = self.said.get(*number).ok_or(Failure::Unsound)?;
                match said.get() {
                    Some(truth) if !tracer_listens(tracer) => Ok(truth),
                    _ => {
                        let truth = self.truth(inner, None, tracer)?;
                        said.set(Some(truth));
                        Ok(truth)
                    }
                }
            }
            Node::If(three) => {
                tracer.step(1);
                let [condition, then, otherwise] = &**three;
                let branch = if self.truth(condition, vars, tracer)? { then } else { otherwise };
                self.truth(branch, vars, tracer)
            }
            Node::StartsWith(two) | Node::Contains(two) => {
                tracer.step(4);
                let [whole, part] = &**two;
                let whole = self.text(whole, vars, tracer)?;
                let part = self.text(part, vars, tracer)?;
                Ok(match node {
                    Node::StartsWith(_) => whole.starts_with(part),
                    _ => whole.contains(part),
                })
            }
            Node::Call(function, arguments, shown) => {
                let truth = match (function, &arguments[..]) {
                    (Function::WorkdaysKnown, [from, to]) => {
                        tracer.step(2);
                        let from = self.day(from, vars, tracer)?;
                        let to = self.day(to, vars, tracer)?;
                        let (first, last) =
                            (from.year().min(to.year()), from.year().max(to.year()));
                        (first..=last).all(|year| self.calendar.has_notice(year))
                    }
                    (Function::UsccValid, [text]) => {
                        tracer.step(40);
                        Uscc::parse(self.text(text, vars, tracer)?).is_ok()
                    }
                    _ => return Err(Failure::Unsound),
                };
                tracer.read(|text| text.push_str(shown), |text| push_truth(truth, text));
                Ok(truth)
            }
            _ => match self.leaf(node, vars, tracer)? {
                Value::Bool(truth) => Ok(*truth),
                _ => Err(Failure::Unsound),
            },
        }
    }

    fn number<'v>(
        &'v self,
        node: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<i64, Failure> {
        match node {
            Node::Negative(_, of) => {
                tracer.step(1);
                self.number(of, vars, tracer)?.checked_neg().ok_or(Failure::Overflow)
            }
            Node::Arithmetic(arithmetic, _, two) => {
                tracer.step(1);
                let [left, right] = &**two;
                let left = self.number(left, vars, tracer)?;
                let right = self.number(right, vars, tracer)?;
                let result = match arithmetic {
                    Arithmetic::Add => left.checked_add(right),
                    Arithmetic::Subtract => left.checked_sub(right),
                    Arithmetic::Multiply => left.checked_mul(right),
                };
                result.ok_or(Failure::Overflow)
            }
            Node::Size(of) => {
                tracer.step(1);
                let list = self.list(of, vars, tracer)?;
                i64::try_from(list.len()).map_err(|_big| Failure::Overflow)
            }
            Node::If(three) => {
                tracer.step(1);
                let [condition, then, otherwise] = &**three;
                let branch = if self.truth(condition, vars, tracer)? { then } else { otherwise };
                self.number(branch, vars, tracer)
            }
            Node::Call(function, arguments, shown) => {
                let [from, to] = &arguments[..] else { return Err(Failure::Unsound) };
                let from = self.day(from, vars, tracer)?;
                let to = self.day(to, vars, tracer)?;
                let mut provisional = false;
                let number = match function {
                    Function::DaysBetween => {
                        tracer.step(2);
                        i64::from((to - from).get_days())
                    }
                    Function::YearsBetween => {
                        tracer.step(2);
                        years_between(from, to)
                    }
                    Function::WorkdaysBetween => {
                        tracer.step(walked(from, to)?);
                        let counted = self.calendar.workdays_between(from, to);
                        provisional = counted.provisional;
                        counted.value
                    }
                    _ => return Err(Failure::Unsound),
                };
                tracer.read(|text| text.push_str(shown), |text| push(number, text));
                self.note(provisional, tracer);
                Ok(number)
            }
            _ => match self.leaf(node, vars, tracer)? {
                Value::Int(number) | Value::Money(number) => Ok(*number),
                Value::Word(place) => Ok(i64::from(*place)),
                _ => Err(Failure::Unsound),
            },
        }
    }

    fn day<'v>(
        &'v self,
        node: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<Date, Failure> {
        match node {
            Node::Today => {
                tracer.step(1);
                tracer.read(|text| text.push_str("today"), |text| push_date(self.today, text));
                Ok(self.today)
            }
            Node::Accepted => {
                tracer.step(1);
                tracer.read(|text| text.push_str("accepted"), |text| push_date(self.law, text));
                Ok(self.law)
            }
            Node::Due => {
                tracer.step(1);
                self.due.ok_or(Failure::Unsound)
            }
            Node::If(three) => {
                tracer.step(1);
                let [condition, then, otherwise] = &**three;
                let branch = if self.truth(condition, vars, tracer)? { then } else { otherwise };
                self.day(branch, vars, tracer)
            }
            Node::Call(function, arguments, shown) => {
                let [from, count] = &arguments[..] else { return Err(Failure::Unsound) };
                let from = self.day(from, vars, tracer)?;
                let count = self.number(count, vars, tracer)?;
                let mut provisional = false;
                let day = match function {
                    Function::AddDays => {
                        tracer.step(2);
                        let span = Span::new().try_days(count);
                        moved(from, span.map_err(|_range| Failure::Overflow)?)?
                    }
                    Function::AddYears => {
                        tracer.step(2);
                        let span = Span::new().try_years(count);
                        moved(from, span.map_err(|_range| Failure::Overflow)?)?
                    }
                    Function::AddWorkdays | Function::WindowOpens => {
                        let count = count_of(count)?;
                        let counted = if *function == Function::AddWorkdays {
                            self.calendar.add_workdays(from, count)
                        } else {
                            self.calendar.window_opens(from, count)
                        };
                        tracer.step(walked(from, counted.value)?);
                        provisional = counted.provisional;
                        counted.value
                    }
                    _ => return Err(Failure::Unsound),
                };
                tracer.read(|text| text.push_str(shown), |text| push_date(day, text));
                self.note(provisional, tracer);
                Ok(day)
            }
            _ => match self.leaf(node, vars, tracer)? {
                Value::Date(day) => Ok(*day),
                _ => Err(Failure::Unsound),
            },
        }
    }

    fn text<'v>(
        &'v self,
        node: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<&'v str, Failure> {
        if let Node::If(three) = node {
            tracer.step(1);
            let [condition, then, otherwise] = &**three;
            let branch = if self.truth(condition, vars, tracer)? { then } else { otherwise };
            return self.text(branch, vars, tracer);
        }
        match self.leaf(node, vars, tracer)? {
            Value::Text(text) => Ok(text),
            _ => Err(Failure::Unsound),
        }
    }

    fn list<'v>(
        &'v self,
        node: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<List<'v>, Failure> {
        match node {
            Node::If(three) => {
                tracer.step(1);
                let [condition, then, otherwise] = &**three;
                let branch = if self.truth(condition, vars, tracer)? { then } else { otherwise };
                self.list(branch, vars, tracer)
            }
            Node::Quantified(Quantifier::Filter, two) => {
                let [of, body] = &**two;
                let mut list = self.elements(of, vars, tracer)?;
                let mut kept = Vec::new();
                for index in 0..list.len() {
                    let (which, element) = list.get(index).ok_or(Failure::Unsound)?;
                    let inner = Vars { element, list: of, index, outer: vars };
                    tracer.step(1);
                    if self.truth(body, Some(&inner), tracer)? {
                        kept.push(which);
                    }
                }
                list.kept = Some(kept);
                Ok(list)
            }
            Node::Const(Value::List(values)) => Ok(List { values, width: 1, kept: None }),
            _ => {
                let width = match node {
                    Node::Fact(place) => element_width(&place.ty),
                    Node::Param(index, _) => {
                        self.params.at(*index, self.law).map_or(1, |(ty, _)| element_width(ty))
                    }
                    _ => 1,
                };
                match self.leaf(node, vars, tracer)? {
                    Value::List(values) => Ok(List { values, width, kept: None }),
                    _ => Err(Failure::Unsound),
                }
            }
        }
    }

    /// A constant, a parameter or a fact, told as it is read.
    fn leaf<'v>(
        &'v self,
        node: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<&'v Value, Failure> {
        tracer.step(1);
        match node {
            Node::Fact(place) => {
                let values = self.values(place, vars)?;
                match values.first() {
                    Some(value) if value.is_there() => {
                        tracer.read(
                            |text| path(place, vars, text),
                            |text| write_json(&place.ty, values, text),
                        );
                        Ok(value)
                    }
                    _ => Err(Failure::Unsound),
                }
            }
            Node::Const(value) => Ok(value),
            Node::Param(index, name) => {
                let (ty, value) = self.params.at(*index, self.law).ok_or(Failure::Unsound)?;
                tracer.read(
                    |text| push_param(name, text),
                    |text| write_json(ty, std::slice::from_ref(value), text),
                );
                Ok(value)
            }
            _ => Err(Failure::Unsound),
        }
    }

    /// The values that begin at a place.
    fn values<'v>(&'v self, place: &Place, vars: Around<'v>) -> Result<&'v [Value], Failure> {
        let values = match place.var {
            None => self.facts,
            Some(up) => vars.and_then(|vars| vars.up(up)).ok_or(Failure::Unsound)?.element,
        };
        values.get(place.at..).ok_or(Failure::Unsound)
    }

    fn within<'v>(
        &'v self,
        sort: Sort,
        two: &'v [Node; 2],
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<bool, Failure> {
        let [needle, list] = two;
        // First the one, then the other, as they stand.
        let (place, list) = match sort {
            Sort::Number => {
                let needle = self.number(needle, vars, tracer)?;
                let list = self.list(list, vars, tracer)?;
                let found = list.values.iter().position(|value| match value {
                    Value::Int(number) | Value::Money(number) => *number == needle,
                    Value::Word(place) => i64::from(*place) == needle,
                    _ => false,
                });
                (found, list)
            }
            Sort::Text => {
                let needle = self.text(needle, vars, tracer)?;
                let list = self.list(list, vars, tracer)?;
                let is = |value: &Value| matches!(value, Value::Text(text) if **text == *needle);
                (list.values.iter().position(is), list)
            }
            Sort::Day => {
                let needle = Value::Date(self.day(needle, vars, tracer)?);
                let list = self.list(list, vars, tracer)?;
                (list.values.iter().position(|value| *value == needle), list)
            }
            Sort::Truth => {
                let needle = Value::Bool(self.truth(needle, vars, tracer)?);
                let list = self.list(list, vars, tracer)?;
                (list.values.iter().position(|value| *value == needle), list)
            }
        };
        let looked = place.map_or(list.values.len(), |place| place + 1);
        tracer.step(u64::try_from(looked).unwrap_or(u64::MAX));
        Ok(match (place, &list.kept) {
            (None, _) => false,
            (Some(_), None) => true,
            // The element found may be one the filter left out, and a later one not.
            (Some(first), Some(kept)) => {
                let found = list.values.get(first);
                kept.iter().any(|which| list.values.get(*which) == found)
            }
        })
    }

    /// The elements a quantifier asks. A list of facts is not told: the elements that mattered are.
    fn elements<'v>(
        &'v self,
        list: &'v Node,
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<List<'v>, Failure> {
        let elements = if let Node::Fact(place) = list {
            tracer.step(1);
            match self.values(place, vars)?.first() {
                Some(Value::List(values)) => {
                    List { values, width: element_width(&place.ty), kept: None }
                }
                _ => return Err(Failure::Unsound),
            }
        } else {
            self.list(list, vars, tracer)?
        };
        if elements.len() == 0 {
            tracer.read(|text| node_path(list, vars, text), |text| text.push_str("[]"));
        }
        Ok(elements)
    }

    fn quantified<'v>(
        &'v self,
        quantifier: Quantifier,
        two: &'v [Node; 2],
        vars: Around<'v>,
        tracer: &mut impl Tracer,
    ) -> Result<bool, Failure> {
        let [list, body] = two;
        let elements = self.elements(list, vars, tracer)?;
        let start = tracer.mark();
        let mut count = 0_u32;
        for index in 0..elements.len() {
            let mark = tracer.mark();
            let (_, element) = elements.get(index).ok_or(Failure::Unsound)?;
            let inner = Vars { element, list, index, outer: vars };
            tracer.step(1);
            let holds = self.truth(body, Some(&inner), tracer)?;
            match (quantifier, holds) {
                (Quantifier::Exists, true) | (Quantifier::All, false) => {
                    // The witness alone decides: what was read of the elements before it goes.
                    if mark > start {
                        tracer.rewind(start);
                        self.truth(body, Some(&inner), tracer)?;
                    }
                    return Ok(holds);
                }
                (Quantifier::Exists, false) | (Quantifier::All, true) => {}
                (Quantifier::ExistsOne, true) => count += 1,
                (Quantifier::ExistsOne, false) => {}
                (Quantifier::Filter, _) => return Err(Failure::Unsound),
            }
        }
        Ok(match quantifier {
            Quantifier::All => true,
            Quantifier::ExistsOne => count == 1,
            Quantifier::Exists | Quantifier::Filter => false,
        })
    }

    fn note(&self, provisional: bool, tracer: &mut impl Tracer) {
        if provisional {
            self.provisional.set(true);
            let path = "calendar.provisional";
            tracer.read(|text| text.push_str(path), |text| push_truth(true, text));
        }
    }
}

fn tracer_listens<T: Tracer>(_tracer: &T) -> bool {
    T::LISTENS
}

fn element_width(list: &Type) -> usize {
    if let Type::List(element, _) = list { element.width() } else { 1 }
}

/// What a look at a fact that may be missing shows: a scalar itself, else whether it is there.
fn present(place: &Place, values: &[Value], text: &mut String) {
    match (values.first(), &place.ty) {
        (Some(Value::Missing | Value::Null) | None, _) => text.push_str("null"),
        (Some(_), Type::Record(_) | Type::List(..)) => push_truth(true, text),
        (Some(_), ty) => write_json(ty, values, text),
    }
}

fn push_truth(truth: bool, text: &mut String) {
    text.push_str(if truth { "true" } else { "false" });
}

fn push_param(name: &str, text: &mut String) {
    text.extend(["param(\"", name, "\")"]);
}

/// Writes the path of a fact, for example `application.items[0].marks`.
fn path(place: &Place, vars: Around<'_>, text: &mut String) {
    if let Some(up) = place.var {
        let Some(vars) = vars.and_then(|vars| vars.up(up)) else { return };
        node_path(vars.list, vars.outer, text);
        text.push('[');
        push(i64::try_from(vars.index).unwrap_or(i64::MAX), text);
        text.push(']');
    }
    text.push_str(&place.path);
}

fn node_path(node: &Node, vars: Around<'_>, text: &mut String) {
    match node {
        Node::Fact(place) => path(place, vars, text),
        Node::Param(_, name) => push_param(name, text),
        Node::Quantified(Quantifier::Filter, two) => {
            node_path(&two[0], vars, text);
            text.push_str(".filter()");
        }
        _ => {}
    }
}

/// The days a count of working days went through: the calendar walks them one by one.
fn walked(from: Date, to: Date) -> Result<u64, Failure> {
    let days = u64::from((to - from).get_days().unsigned_abs());
    if days > DAYS_APART_MAX { Err(Failure::Overflow) } else { Ok(days) }
}

fn moved(day: Date, span: Span) -> Result<Date, Failure> {
    let day = day.checked_add(span).map_err(|_range| Failure::Overflow)?;
    // The calendar walks day by day: so far and no further.
    if (1800..=2299).contains(&day.year()) { Ok(day) } else { Err(Failure::Overflow) }
}

/// Days over which working days are counted at most: six years, for licences of five.
pub(super) const DAYS_APART_MAX: u64 = 6 * 366;

/// Working days are counted one by one; more than a thousand (four years) no period has.
/// Working days that are counted at most.
pub(super) const WORKDAYS_MAX: i64 = 1000;

fn count_of(count: i64) -> Result<u16, Failure> {
    u16::try_from(count).ok().filter(|_| count <= WORKDAYS_MAX).ok_or(Failure::Overflow)
}

/// Full years from one day to another; someone born on 29 February is a year older on 1 March in
/// years without that day, since the day before is the last of the year of life.
fn years_between(from: Date, to: Date) -> i64 {
    if to < from {
        return -years_between(to, from);
    }
    let years = i64::from(to.year()) - i64::from(from.year());
    let reached = (to.month(), to.day()) >= (from.month(), from.day());
    if reached { years } else { years - 1 }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::years_between;

    #[test]
    fn full_years_are_counted_from_birthday_to_birthday() {
        let cases = [
            (date(2008, 11, 11), date(2026, 11, 10), 17),
            (date(2008, 11, 11), date(2026, 11, 11), 18),
            (date(1992, 2, 29), date(2010, 2, 28), 17),
            (date(1992, 2, 29), date(2010, 3, 1), 18),
            (date(1992, 2, 29), date(2012, 2, 29), 20),
            (date(2010, 3, 1), date(1992, 2, 29), -18),
        ];
        for (from, to, years) in cases {
            assert_eq!(years_between(from, to), years, "{from} to {to}");
        }
    }
}
