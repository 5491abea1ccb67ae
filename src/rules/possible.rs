//! Whether a condition can be true, and can be false, by its own words: what no application can ever
//! meet, or none can fail, is a mistake of its author.
//!
//! A condition is taken apart into cases ("or" makes two of one), and in each case every fact keeps the
//! values that nothing said so far excludes. Where every case leaves some fact without any, the condition
//! cannot be. Only what is proven so is told: what is not understood can be either, and what would take
//! too many cases is let go.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not looked into can be anything, and may be one more thing tomorrow"
)]

use std::fmt;

use jiff::civil::{Date, date};

use super::node::{Node, Quantifier};
use super::place::{Place, Sort};
use super::schema::Type;
use super::syntax::{Arithmetic, Comparison};
use super::value::Value;

/// Looks at values spent on one condition at most: a hundred times what the longest of the law takes.
const EFFORT_MAX: usize = 20_000;

/// What is left to spend on one condition.
pub(super) struct Effort(usize);

impl Default for Effort {
    fn default() -> Self {
        Self(EFFORT_MAX)
    }
}

/// Why parts of a condition cannot all be so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Impossible {
    /// What is left without a value, if it is one fact in every case.
    pub(super) fact: Option<String>,
    /// Which values that has at all.
    pub(super) values: Option<Spread>,
}

/// The values a fact can have by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    Numbers(i64, i64),
    Days(Date, Date),
    /// So many words.
    Words(i64),
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(first, last) => write!(f, "from {first} to {last}"),
            Self::Days(first, last) => write!(f, "from {first} to {last}"),
            Self::Words(1) => f.write_str("the only word of its enum"),
            Self::Words(count) => write!(f, "one of the {count} words of its enum"),
        }
    }
}

/// Proves that no application makes all `parts` come out as `wanted`, or says nothing.
pub(super) fn impossible(parts: &[&Node], wanted: bool, effort: &mut Effort) -> Option<Impossible> {
    let todo = parts.iter().rev().map(|part| (*part, wanted)).collect();
    let mut search = Search { effort, texts: Vec::new(), stuck: Vec::new() };
    if search.can_be(Case { todo, ..Case::default() }) {
        return None;
    }
    let stuck = match &search.stuck[..] {
        [first, others @ ..] if others.iter().all(|other| other == first) => Some(*first),
        _ => None,
    };
    Some(Impossible { fact: stuck.and_then(Of::name), values: stuck.and_then(Of::spread) })
}

/// Whether a comparison is seen to be both true and false for some values: a quick look at most of them.
pub(super) fn plainly_both(node: &Node) -> bool {
    let inside = |node: &Node, to: i64| {
        let (first, last) = bounds(node);
        first < to && to < last
    };
    match node {
        Node::OneOf(place, words) => {
            let all = u64::try_from(by_type(&place.ty).1).ok().and_then(|last| {
                let count = u32::try_from(last + 1).ok()?;
                Some(1_u64.checked_shl(count).map_or(u64::MAX, |bit| bit - 1))
            });
            all.is_some_and(|all| words & all != 0 && words & all != all)
        }
        Node::Compare(_, Sort::Text, two) => two[0] != two[1],
        Node::Compare(_, Sort::Number | Sort::Day, two) => match &**two {
            [side, Node::Const(value)] | [Node::Const(value), side] => match value {
                Value::Int(number) | Value::Money(number) => inside(side, *number),
                Value::Date(day) => inside(side, counted(*day)),
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// What is said something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of<'n> {
    /// The value of a fact.
    Fact(&'n Place),
    /// How many elements a list of facts has.
    Size(&'n Place),
    /// Whether a fact that may be missing is there.
    There(&'n Place),
    /// Whether any element of a list is as a condition says, or as it denies.
    Any(&'n Node, &'n Node, bool),
    /// Which of two is greater.
    Order(&'n Node, &'n Node),
    /// Anything else: what is written alike is alike.
    Value(&'n Node),
}

impl<'n> Of<'n> {
    fn value(node: &'n Node) -> Self {
        match fact(node) {
            Some(place) => Self::Fact(place),
            None => size_of(node).map_or(Self::Value(node), Self::Size),
        }
    }

    fn name(self) -> Option<String> {
        match self {
            Self::Fact(place) => Some(place.path.clone()).filter(|_| place.var.is_none()),
            Self::Size(place) => {
                Some(format!("size({})", place.path)).filter(|_| place.var.is_none())
            }
            Self::There(_) | Self::Any(..) | Self::Order(..) | Self::Value(_) => None,
        }
    }

    fn spread(self) -> Option<Spread> {
        let (Self::Fact(place) | Self::Size(place)) = self else { return None };
        match (self, &place.ty) {
            (Self::Size(_), Type::List(_, bound)) => Some(Spread::Numbers(0, i64::from(*bound))),
            (_, Type::Date) => Some(Spread::Days(FIRST_DAY, LAST_DAY)),
            (_, Type::Int) => Some(Spread::Numbers(-INT_MAX, INT_MAX)),
            (_, Type::Enum(_)) => Some(Spread::Words(by_type(&place.ty).1.saturating_add(1))),
            (_, Type::Bool | Type::Money | Type::Text | Type::Record(_) | Type::List(..)) => None,
        }
    }
}

/// What has been said in one case, and what has still to be looked at.
#[derive(Debug, Clone, Default)]
struct Case<'n> {
    left: Vec<(Of<'n>, Ranges)>,
    todo: Vec<(&'n Node, bool)>,
    choices: Vec<Choice<'n>>,
}

#[derive(Debug, Clone, Copy)]
enum Choice<'n> {
    /// One of these is so.
    OneOf(&'n [Node], bool),
    /// Either the condition holds and the first is so, or it does not and the second is.
    If(&'n [Node; 3], bool),
}

struct Search<'n, 'e> {
    effort: &'e mut Effort,
    /// The texts written out, each for a number; all other texts are the numbers behind.
    texts: Vec<&'n str>,
    /// What was left without a value, in each case that cannot be.
    stuck: Vec<Of<'n>>,
}

impl<'n> Search<'n, '_> {
    fn can_be(&mut self, mut case: Case<'n>) -> bool {
        while let Some((node, wanted)) = case.todo.pop() {
            match (node, wanted) {
                (Node::And(parts), true) | (Node::Or(parts), false) => {
                    case.todo.extend(parts.iter().rev().map(|part| (part, wanted)));
                }
                (Node::And(parts), false) | (Node::Or(parts), true) => {
                    case.choices.push(Choice::OneOf(parts, wanted));
                }
                (Node::If(three), _) => case.choices.push(Choice::If(three, wanted)),
                (Node::Not(of), _) => case.todo.push((of, !wanted)),
                (Node::Define(_, inner), _) => case.todo.push((inner, wanted)),
                _ => {
                    if !self.pay(case.left.len()) {
                        return true;
                    }
                    if !self.say(&mut case, node, wanted) {
                        return false;
                    }
                }
            }
            if !self.pay(1) {
                return true;
            }
        }
        let Some(choice) = case.choices.pop() else { return true };
        let mut tried = |ways: &[(&'n Node, bool)]| {
            // To copy the case costs what it holds.
            if !self.pay(case.left.len() + case.choices.len() + ways.len()) {
                return true;
            }
            let mut next = case.clone();
            next.todo.extend(ways);
            self.can_be(next)
        };
        match choice {
            Choice::OneOf(parts, wanted) => parts.iter().any(|part| tried(&[(part, wanted)])),
            Choice::If([condition, then, otherwise], wanted) => {
                tried(&[(then, wanted), (condition, true)])
                    || tried(&[(otherwise, wanted), (condition, false)])
            }
        }
    }

    fn pay(&mut self, effort: usize) -> bool {
        self.effort.0 = self.effort.0.saturating_sub(effort);
        self.effort.0 > 0
    }

    /// Says one thing; false where it cannot be beside what was said before.
    fn say(&mut self, case: &mut Case<'n>, node: &'n Node, wanted: bool) -> bool {
        let truth = i64::from(wanted);
        let bare = |search: &mut Self, case: &mut Case<'n>| {
            search.keep(case, Of::value(node), TRUTH, Ranges::one(truth))
        };
        match node {
            Node::Const(Value::Bool(is)) => *is == wanted,
            Node::Present(place) => self.keep(case, Of::There(place), TRUTH, Ranges::one(truth)),
            Node::OneOf(place, words) => {
                let bits = (0_u32..64).filter(|word| words.checked_shr(*word).is_some_and(odd));
                let words = Ranges::of(bits.map(i64::from).collect());
                self.keep(case, Of::Fact(place), by_type(&place.ty), words.is(wanted))
            }
            Node::Holds(place, _) => {
                (!wanted || self.is_not_empty(case, place)) && bare(self, case)
            }
            Node::In(sort, two) => {
                let [needle, list] = &**two;
                if let (Sort::Number | Sort::Day | Sort::Text, Node::Const(Value::List(values))) =
                    (sort, list)
                {
                    let numbers = values.iter().filter_map(|value| self.number(value)).collect();
                    let among = Ranges::of(numbers).is(wanted);
                    return self.keep(case, Of::value(needle), bounds(needle), among);
                }
                let full = fact(list).is_none_or(|list| !wanted || self.is_not_empty(case, list));
                full && bare(self, case)
            }
            Node::Compare(comparison, sort, two) => {
                let comparison = if wanted { *comparison } else { comparison.opposite() };
                self.compare(case, comparison, *sort, two)
            }
            Node::Quantified(quantifier, two) => {
                self.quantified(case, *quantifier, two, wanted)
                    && (*quantifier != Quantifier::ExistsOne || bare(self, case))
            }
            _ => bare(self, case),
        }
    }

    fn compare(
        &mut self,
        case: &mut Case<'n>,
        comparison: Comparison,
        sort: Sort,
        two: &'n [Node; 2],
    ) -> bool {
        let [left, right] = two;
        if let (Sort::Truth, Node::Const(Value::Bool(is))) = (sort, right) {
            case.todo.push((left, *is == (comparison == Comparison::Equal)));
            return true;
        }
        if let (Sort::Truth, Node::Const(Value::Bool(is))) = (sort, left) {
            case.todo.push((right, *is == (comparison == Comparison::Equal)));
            return true;
        }
        if let Some(number) = self.constant(right) {
            let of = Of::value(left);
            return self.keep(case, of, bounds(left), Ranges::from(comparison, number));
        }
        if let Some(number) = self.constant(left) {
            let of = Of::value(right);
            return self.keep(case, of, bounds(right), Ranges::from(comparison.turned(), number));
        }
        let (small, great, comparison) = if left <= right {
            (left, right, comparison)
        } else {
            (right, left, comparison.turned())
        };
        let (one, other) = (bounds(small), bounds(great));
        let first = -i64::from(small != great && one.0 < other.1);
        let last = i64::from(small != great && one.1 > other.0);
        let order = Ranges::from(comparison, 0);
        self.keep(case, Of::Order(small, great), (first, last), order)
    }

    fn quantified(
        &mut self,
        case: &mut Case<'n>,
        quantifier: Quantifier,
        two: &'n [Node; 2],
        wanted: bool,
    ) -> bool {
        let [list, body] = two;
        let (mut body, mut so) = (body, true);
        while let Node::Not(of) = body {
            (body, so) = (of, !so);
        }
        // Whether an element is found that is as said, or for `all` one that is not.
        let (so, found) = match quantifier {
            Quantifier::Exists => (so, wanted),
            Quantifier::All => (!so, !wanted),
            // Exactly one is at least one; none or many say nothing.
            Quantifier::ExistsOne if wanted => (so, true),
            Quantifier::ExistsOne | Quantifier::Filter => return true,
        };
        let full = fact(list).is_none_or(|list| !found || self.is_not_empty(case, list));
        let any = Of::Any(list, body, so);
        full && self.keep(case, any, TRUTH, Ranges::one(i64::from(found)))
    }

    fn is_not_empty(&mut self, case: &mut Case<'n>, list: &'n Place) -> bool {
        let some = Ranges::from(Comparison::GreaterOrEqual, 1);
        self.keep(case, Of::Size(list), (0, length_max(&list.ty)), some)
    }

    /// Keeps of the values a thing can still have those among `values`; false where none is left.
    fn keep(
        &mut self,
        case: &mut Case<'n>,
        of: Of<'n>,
        at_all: (i64, i64),
        values: Ranges,
    ) -> bool {
        let known = case.left.iter_mut().find(|(other, _)| *other == of);
        let left = match known {
            Some((_, left)) => {
                *left = left.and(&values);
                !left.0.is_empty()
            }
            None => {
                let left = Ranges(vec![at_all]).and(&values);
                let some = !left.0.is_empty();
                case.left.push((of, left));
                some
            }
        };
        if !left {
            self.stuck.push(of);
        }
        left
    }

    /// The one number an expression can be.
    fn constant(&mut self, node: &'n Node) -> Option<i64> {
        if let Node::Const(value) = node {
            return self.number(value);
        }
        // A fact whose type has one value, too.
        let (first, last) = bounds(node);
        (first == last).then_some(first)
    }

    /// A constant as a number: a day counted, a word by its place, a text by when it was first seen.
    fn number(&mut self, value: &'n Value) -> Option<i64> {
        match value {
            Value::Int(number) | Value::Money(number) => Some(*number),
            Value::Date(day) => Some(counted(*day)),
            Value::Word(place) => Some(i64::from(*place)),
            Value::Text(text) => {
                let known = self.texts.iter().position(|known| *known == &**text);
                let place = known.unwrap_or_else(|| {
                    self.texts.push(text);
                    self.texts.len() - 1
                });
                i64::try_from(place).ok()
            }
            Value::Missing | Value::Null | Value::Bool(_) | Value::List(_) | Value::There => None,
        }
    }
}

/// Values, as ranges, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    fn one(value: i64) -> Self {
        Self(vec![(value, value)])
    }

    fn of(mut values: Vec<i64>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self(values.into_iter().map(|value| (value, value)).collect())
    }

    /// What compares so with `number`.
    fn from(comparison: Comparison, number: i64) -> Self {
        match comparison {
            Comparison::Equal => Self::one(number),
            Comparison::NotEqual => Self::one(number).is(false),
            Comparison::LessOrEqual => Self(vec![(i64::MIN, number)]),
            Comparison::GreaterOrEqual => Self(vec![(number, i64::MAX)]),
            Comparison::Less => Self(vec![(number, i64::MAX)]).is(false),
            Comparison::Greater => Self(vec![(i64::MIN, number)]).is(false),
        }
    }

    /// These, or all others.
    fn is(self, among: bool) -> Self {
        if among {
            return self;
        }
        let mut others = Vec::new();
        let mut next = Some(i64::MIN);
        for (first, last) in self.0 {
            if let (Some(begin), Some(end)) = (next, first.checked_sub(1))
                && begin <= end
            {
                others.push((begin, end));
            }
            next = last.checked_add(1);
        }
        others.extend(next.map(|begin| (begin, i64::MAX)));
        Self(others)
    }

    fn and(&self, others: &Self) -> Self {
        let mut both = Vec::new();
        for (first, last) in &self.0 {
            for (begin, end) in &others.0 {
                let (begin, end) = (*first.max(begin), *last.min(end));
                if begin <= end {
                    both.push((begin, end));
                }
            }
        }
        Self(both)
    }
}

const TRUTH: (i64, i64) = (0, 1);
const ALL: (i64, i64) = (i64::MIN, i64::MAX);

/// What a fact document may say (see `facts`): 2^53, and the years of the calendar.
const INT_MAX: i64 = 1 << 53;
const FIRST_DAY: Date = date(1900, 1, 1);
const LAST_DAY: Date = date(2199, 12, 31);

/// The least and the greatest value of an expression. A parameter can be anything: it is changed without
/// its rules.
fn bounds(node: &Node) -> (i64, i64) {
    match node {
        Node::Const(Value::Int(number) | Value::Money(number)) => (*number, *number),
        Node::Fact(place) => by_type(&place.ty),
        Node::Size(list) => (0, longest(list)),
        Node::Negative(_, of) => {
            let (first, last) = bounds(of);
            (last.saturating_neg(), first.saturating_neg())
        }
        Node::Arithmetic(arithmetic, _, two) => {
            let ((a, b), (c, d)) = (bounds(&two[0]), bounds(&two[1]));
            // Beyond the ends of its range the expression fails.
            match arithmetic {
                Arithmetic::Add => (a.saturating_add(c), b.saturating_add(d)),
                Arithmetic::Subtract => (a.saturating_sub(d), b.saturating_sub(c)),
                Arithmetic::Multiply => {
                    let corners = [(a, c), (a, d), (b, c), (b, d)];
                    let corners = corners.map(|(one, other)| one.saturating_mul(other));
                    (
                        corners.into_iter().min().unwrap_or(i64::MIN),
                        corners.into_iter().max().unwrap_or(i64::MAX),
                    )
                }
            }
        }
        Node::If(three) => {
            let ((a, b), (c, d)) = (bounds(&three[1]), bounds(&three[2]));
            (a.min(c), b.max(d))
        }
        _ => ALL,
    }
}

fn by_type(ty: &Type) -> (i64, i64) {
    match ty {
        Type::Bool => TRUTH,
        Type::Int => (-INT_MAX, INT_MAX),
        Type::Date => (counted(FIRST_DAY), counted(LAST_DAY)),
        Type::Enum(one) => {
            let count = i64::try_from(one.values.len()).unwrap_or(i64::MAX);
            (0, count - 1)
        }
        // See `Search::texts`.
        Type::Text => (0, i64::MAX),
        Type::Money | Type::Record(_) | Type::List(..) => ALL,
    }
}

/// Elements of a list at most.
fn longest(list: &Node) -> i64 {
    match list {
        Node::Fact(place) => length_max(&place.ty),
        Node::Quantified(Quantifier::Filter, two) => longest(&two[0]),
        Node::If(three) => longest(&three[1]).max(longest(&three[2])),
        _ => i64::MAX,
    }
}

fn length_max(list: &Type) -> i64 {
    if let Type::List(_, bound) = list { i64::from(*bound) } else { i64::MAX }
}

fn counted(day: Date) -> i64 {
    i64::from((day - Date::ZERO).get_days())
}

fn odd(word: u64) -> bool {
    word & 1 == 1
}

fn fact(node: &Node) -> Option<&Place> {
    if let Node::Fact(place) = node { Some(place) } else { None }
}

fn size_of(node: &Node) -> Option<&Place> {
    if let Node::Size(list) = node { fact(list) } else { None }
}
