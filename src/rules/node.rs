//! A checked condition and its evaluation: one code path, with or without a trace.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the checker settled every type: whatever else comes is one failure, `Unsound`"
)]

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use jiff::Span;
use jiff::civil::Date;

use super::syntax::{Arithmetic, Comparison};
use super::value::{Value, canonical};
use crate::domain::calendar::Calendar;
use crate::domain::{Reading, Uscc};

/// A checked expression. The checker made sure that every value has the type wanted.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Const(Value),
    Today,
    /// The rule's own last day, in its texts.
    Due,
    Param(usize, String),
    Root(usize),
    /// The variable of a quantifier, counted from the innermost.
    Var(usize),
    Field(Box<Node>, usize, Arc<[String]>),
    /// Whether a fact that may be missing is there.
    Present(Box<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    If(Box<[Node; 3]>),
    Compare(Comparison, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    StartsWith(Box<[Node; 2]>),
    Contains(Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Size(Box<Node>),
    /// A list and a condition on its elements.
    Quantified(Quantifier, Box<[Node; 2]>),
    /// With the words it was written in, for the trace.
    Call(Function, Vec<Node>, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Exists,
    All,
    ExistsOne,
    Filter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    fn read(&mut self, path: impl FnOnce() -> String, value: &Value);
    fn mark(&self) -> usize;
    fn rewind(&mut self, mark: usize);
}

/// Nobody.
pub(super) struct Silent;

impl Tracer for Silent {
    fn read(&mut self, _path: impl FnOnce() -> String, _value: &Value) {}
    fn mark(&self) -> usize {
        0
    }
    fn rewind(&mut self, _mark: usize) {}
}

/// The readings of one rule, in the order it looked, each path once.
#[derive(Debug, Default)]
pub(super) struct Recorder(pub(super) Vec<Reading>);

impl Recorder {
    /// Readings kept of one rule: a condition has 4 KB at most, but its quantifiers can read every
    /// element of every list; what matters stands first.
    const MAX: usize = 64;
}

impl Tracer for Recorder {
    fn read(&mut self, path: impl FnOnce() -> String, value: &Value) {
        if self.0.len() >= Self::MAX {
            return;
        }
        let path = path();
        if self.0.iter().all(|reading| reading.path != path) {
            self.0.push(Reading { path, value: canonical(&value.json()) });
        }
    }

    fn mark(&self) -> usize {
        self.0.len()
    }

    fn rewind(&mut self, mark: usize) {
        self.0.truncate(mark);
    }
}

/// What a condition is evaluated over.
pub(super) struct World<'w> {
    pub(super) roots: &'w [Value],
    pub(super) root_names: &'w [String],
    pub(super) params: &'w [Value],
    pub(super) calendar: &'w Calendar,
    pub(super) today: Date,
    pub(super) due: Option<Date>,
    /// Set where a count went through a year without a notice.
    pub(super) provisional: Cell<bool>,
}

/// The variables of the quantifiers around an expression.
#[derive(Clone, Copy)]
struct Vars<'v> {
    value: &'v Value,
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

type Outcome<'v> = Result<Cow<'v, Value>, Failure>;

impl World<'_> {
    /// Whether a condition holds.
    pub(super) fn holds(&self, node: &Node, tracer: &mut impl Tracer) -> Result<bool, Failure> {
        self.truth(node, None, tracer)
    }

    /// The value of an expression.
    pub(super) fn value(&self, node: &Node, tracer: &mut impl Tracer) -> Result<Value, Failure> {
        self.eval(node, None, tracer).map(Cow::into_owned)
    }

    fn truth<'v>(
        &'v self,
        node: &'v Node,
        vars: Option<&'v Vars<'v>>,
        tracer: &mut impl Tracer,
    ) -> Result<bool, Failure> {
        match *self.eval(node, vars, tracer)? {
            Value::Bool(truth) => Ok(truth),
            _ => Err(Failure::Unsound),
        }
    }

    fn eval<'v>(
        &'v self,
        node: &'v Node,
        vars: Option<&'v Vars<'v>>,
        tracer: &mut impl Tracer,
    ) -> Outcome<'v> {
        let owned = |value| Ok(Cow::Owned(value));
        match node {
            Node::Const(value) => Ok(Cow::Borrowed(value)),
            Node::Today => {
                let today = Value::Date(self.today);
                tracer.read(|| "today".to_owned(), &today);
                owned(today)
            }
            Node::Due => self.due.map(|due| Cow::Owned(Value::Date(due))).ok_or(Failure::Unsound),
            Node::Param(index, name) => {
                let value = self.params.get(*index).ok_or(Failure::Unsound)?;
                tracer.read(|| format!("param(\"{name}\")"), value);
                Ok(Cow::Borrowed(value))
            }
            Node::Root(_) | Node::Var(_) | Node::Field(..) => {
                let value = self.locate(node, vars)?;
                if *value == Value::Missing {
                    return Err(Failure::Unsound);
                }
                tracer.read(|| self.path(node, vars), value);
                Ok(Cow::Borrowed(value))
            }
            Node::Present(of) => {
                let value = self.locate(of, vars)?;
                let there = *value != Value::Missing;
                tracer.read(|| self.path(of, vars), &Value::Bool(there).present(value));
                owned(Value::Bool(there))
            }
            Node::Not(of) => owned(Value::Bool(!self.truth(of, vars, tracer)?)),
            Node::Negative(of) => match *self.eval(of, vars, tracer)? {
                Value::Int(number) => {
                    owned(Value::Int(number.checked_neg().ok_or(Failure::Overflow)?))
                }
                Value::Money(fen) => {
                    owned(Value::Money(fen.checked_neg().ok_or(Failure::Overflow)?))
                }
                _ => Err(Failure::Unsound),
            },
            Node::And(parts) => {
                for part in parts {
                    if !self.truth(part, vars, tracer)? {
                        return owned(Value::Bool(false));
                    }
                }
                owned(Value::Bool(true))
            }
            Node::Or(parts) => {
                for part in parts {
                    if self.truth(part, vars, tracer)? {
                        return owned(Value::Bool(true));
                    }
                }
                owned(Value::Bool(false))
            }
            Node::If(three) => {
                let [condition, then, otherwise] = &**three;
                let branch = if self.truth(condition, vars, tracer)? { then } else { otherwise };
                self.eval(branch, vars, tracer)
            }
            Node::Compare(comparison, two) => {
                let (left, right) = self.two(two, vars, tracer)?;
                owned(Value::Bool(compare(*comparison, &left, &right)?))
            }
            Node::In(two) => {
                let (needle, list) = self.two(two, vars, tracer)?;
                let Value::List(elements) = &*list else { return Err(Failure::Unsound) };
                owned(Value::Bool(elements.contains(&needle)))
            }
            Node::StartsWith(two) | Node::Contains(two) => {
                let (whole, part) = self.two(two, vars, tracer)?;
                let (Value::Text(whole), Value::Text(part)) = (&*whole, &*part) else {
                    return Err(Failure::Unsound);
                };
                let found = match node {
                    Node::StartsWith(_) => whole.starts_with(&**part),
                    _ => whole.contains(&**part),
                };
                owned(Value::Bool(found))
            }
            Node::Arithmetic(arithmetic, two) => {
                let (left, right) = self.two(two, vars, tracer)?;
                let (a, b, wrap): (i64, i64, fn(i64) -> Value) = match (&*left, &*right) {
                    (Value::Int(a), Value::Int(b)) => (*a, *b, Value::Int),
                    (Value::Money(a), Value::Money(b)) => (*a, *b, Value::Money),
                    _ => return Err(Failure::Unsound),
                };
                let result = match arithmetic {
                    Arithmetic::Add => a.checked_add(b),
                    Arithmetic::Subtract => a.checked_sub(b),
                    Arithmetic::Multiply => a.checked_mul(b),
                };
                owned(wrap(result.ok_or(Failure::Overflow)?))
            }
            Node::Size(of) => {
                let list = self.eval(of, vars, tracer)?;
                let Value::List(elements) = &*list else { return Err(Failure::Unsound) };
                owned(Value::Int(i64::try_from(elements.len()).map_err(|_big| Failure::Overflow)?))
            }
            Node::Quantified(quantifier, two) => self.quantified(*quantifier, two, vars, tracer),
            Node::Call(function, arguments, shown) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.eval(argument, vars, tracer)?);
                }
                let (value, provisional) = self.call(*function, &values)?;
                tracer.read(|| shown.clone(), &value);
                if provisional {
                    self.provisional.set(true);
                    tracer.read(|| "calendar.provisional".to_owned(), &Value::Bool(true));
                }
                owned(value)
            }
        }
    }

    fn two<'v>(
        &'v self,
        two: &'v [Node; 2],
        vars: Option<&'v Vars<'v>>,
        tracer: &mut impl Tracer,
    ) -> Result<(Cow<'v, Value>, Cow<'v, Value>), Failure> {
        let [left, right] = two;
        Ok((self.eval(left, vars, tracer)?, self.eval(right, vars, tracer)?))
    }

    fn quantified<'v>(
        &'v self,
        quantifier: Quantifier,
        two: &'v [Node; 2],
        vars: Option<&'v Vars<'v>>,
        tracer: &mut impl Tracer,
    ) -> Outcome<'v> {
        let [list, body] = two;
        let values = match list {
            // The list itself is not told: the elements that mattered are.
            Node::Root(_) | Node::Var(_) | Node::Field(..) => {
                Cow::Borrowed(self.locate(list, vars)?)
            }
            _ => self.eval(list, vars, tracer)?,
        };
        let Value::List(elements) = &*values else { return Err(Failure::Unsound) };
        if elements.is_empty() {
            tracer.read(|| self.path(list, vars), &values);
        }
        let start = tracer.mark();
        let mut count = 0_u32;
        let mut kept = Vec::new();
        for (index, value) in elements.iter().enumerate() {
            let mark = tracer.mark();
            let inner = Vars { value, list, index, outer: vars };
            let holds = self.truth(body, Some(&inner), tracer)?;
            match (quantifier, holds) {
                (Quantifier::Exists, true) | (Quantifier::All, false) => {
                    // The witness alone decides: what was read of the elements before it goes.
                    if mark > start {
                        tracer.rewind(start);
                        self.truth(body, Some(&inner), tracer)?;
                    }
                    return Ok(Cow::Owned(Value::Bool(holds)));
                }
                (Quantifier::Exists, false) | (Quantifier::All, true) => {}
                (Quantifier::ExistsOne, true) => count += 1,
                (Quantifier::Filter, true) => kept.push(value.clone()),
                (Quantifier::ExistsOne | Quantifier::Filter, false) => {}
            }
        }
        Ok(Cow::Owned(match quantifier {
            Quantifier::Exists => Value::Bool(false),
            Quantifier::All => Value::Bool(true),
            Quantifier::ExistsOne => Value::Bool(count == 1),
            Quantifier::Filter => Value::List(kept),
        }))
    }

    fn locate<'v>(
        &'v self,
        node: &'v Node,
        vars: Option<&'v Vars<'v>>,
    ) -> Result<&'v Value, Failure> {
        match node {
            Node::Root(index) => self.roots.get(*index).ok_or(Failure::Unsound),
            Node::Var(up) => {
                vars.and_then(|vars| vars.up(*up)).map(|vars| vars.value).ok_or(Failure::Unsound)
            }
            Node::Field(of, index, _) => match self.locate(of, vars)? {
                Value::Record(_, fields) => fields.get(*index).ok_or(Failure::Unsound),
                _ => Err(Failure::Unsound),
            },
            _ => Err(Failure::Unsound),
        }
    }

    /// The path of a fact, for example `application.items[0].marks`.
    fn path(&self, node: &Node, vars: Option<&Vars<'_>>) -> String {
        match node {
            Node::Root(index) => self.root_names.get(*index).cloned().unwrap_or_default(),
            Node::Field(of, index, names) => {
                let name = names.get(*index).map_or("", String::as_str);
                format!("{}.{name}", self.path(of, vars))
            }
            Node::Var(up) => vars.and_then(|vars| vars.up(*up)).map_or_else(String::new, |vars| {
                format!("{}[{}]", self.path(vars.list, vars.outer), vars.index)
            }),
            Node::Param(_, name) => format!("param(\"{name}\")"),
            Node::Quantified(Quantifier::Filter, two) => {
                format!("{}.filter()", self.path(&two[0], vars))
            }
            _ => String::new(),
        }
    }

    fn call(
        &self,
        function: Function,
        values: &[Cow<'_, Value>],
    ) -> Result<(Value, bool), Failure> {
        let one = values.first().map(|value| &**value);
        let two = values.get(1).map(|value| &**value);
        match (function, one, two) {
            (Function::AddDays, Some(Value::Date(day)), Some(Value::Int(days))) => {
                let span = Span::new().try_days(*days).map_err(|_range| Failure::Overflow)?;
                Ok((Value::Date(moved(*day, span)?), false))
            }
            (Function::AddYears, Some(Value::Date(day)), Some(Value::Int(years))) => {
                let span = Span::new().try_years(*years).map_err(|_range| Failure::Overflow)?;
                Ok((Value::Date(moved(*day, span)?), false))
            }
            (Function::AddWorkdays, Some(Value::Date(day)), Some(Value::Int(count))) => {
                let counted = self.calendar.add_workdays(*day, count_of(*count)?);
                Ok((Value::Date(counted.value), counted.provisional))
            }
            (Function::WindowOpens, Some(Value::Date(end)), Some(Value::Int(count))) => {
                let counted = self.calendar.window_opens(*end, count_of(*count)?);
                Ok((Value::Date(counted.value), counted.provisional))
            }
            (Function::DaysBetween, Some(Value::Date(from)), Some(Value::Date(to))) => {
                Ok((Value::Int(i64::from((*to - *from).get_days())), false))
            }
            (Function::YearsBetween, Some(Value::Date(from)), Some(Value::Date(to))) => {
                Ok((Value::Int(years_between(*from, *to)), false))
            }
            (Function::WorkdaysBetween, Some(Value::Date(from)), Some(Value::Date(to))) => {
                let apart = u64::from((*to - *from).get_days().unsigned_abs());
                if apart > DAYS_APART_MAX {
                    return Err(Failure::Overflow);
                }
                let counted = self.calendar.workdays_between(*from, *to);
                Ok((Value::Int(counted.value), counted.provisional))
            }
            (Function::WorkdaysKnown, Some(Value::Date(from)), Some(Value::Date(to))) => {
                let (first, last) = (from.year().min(to.year()), from.year().max(to.year()));
                let known = (first..=last).all(|year| self.calendar.has_notice(year));
                Ok((Value::Bool(known), false))
            }
            (Function::UsccValid, Some(Value::Text(text)), None) => {
                Ok((Value::Bool(Uscc::parse(text).is_ok()), false))
            }
            _ => Err(Failure::Unsound),
        }
    }
}

impl Value {
    /// What a look at a fact that may be missing shows: a scalar itself, else whether it is there.
    fn present(self, found: &Value) -> Value {
        match found {
            Self::Missing => Self::Missing,
            Self::List(_) | Self::Record(..) => self,
            scalar => scalar.clone(),
        }
    }
}

fn moved(day: Date, span: Span) -> Result<Date, Failure> {
    let day = day.checked_add(span).map_err(|_range| Failure::Overflow)?;
    // The calendar walks day by day: so far and no further.
    if (1800..=2299).contains(&day.year()) { Ok(day) } else { Err(Failure::Overflow) }
}

/// Days over which working days are counted at most: six years, for licences of five.
pub(super) const DAYS_APART_MAX: u64 = 6 * 366;

/// Working days are counted one by one; more than a thousand (four years) no period has.
fn count_of(count: i64) -> Result<u16, Failure> {
    u16::try_from(count).ok().filter(|count| *count <= 1000).ok_or(Failure::Overflow)
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

fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Failure> {
    let order = match (left, right) {
        (Value::Int(a), Value::Int(b)) | (Value::Money(a), Value::Money(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => return Err(Failure::Unsound),
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
