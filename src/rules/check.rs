//! The type checker: what a condition may say, what it costs at worst, and what it becomes.
//!
//! A fact that may be missing is read only where a guard says it is there; guards flow through
//! `&&`, `||`, `!` and `? :` as their values do (left to right).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{DAYS_APART_MAX, Function, Node, Quantifier, WORKDAYS_MAX};
use super::params::Params;
use super::place::{Place, as_word, compare, inside, root, sort, unit, within, word_of};
use super::possible::{Effort, Impossible, impossible, plainly_both};
use super::problem::hint;
use super::schema::{Record, Type};
use super::syntax::{Arithmetic, Comparison, Expr, Kind, Mistake, Operator, RESERVED, path, uses};
use super::value::{Value, date, fen};

/// What the names in a condition mean.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) roots: &'s Record,
    pub(super) params: &'s Params,
    pub(super) defines: &'s BTreeMap<String, Define>,
    /// Whether these are all definitions: a file of them may be unreadable.
    pub(super) whole: bool,
}

/// A condition with a name, to be used inside others.
#[derive(Debug, Clone)]
pub(super) struct Define {
    pub(super) text: String,
    /// `None` where it has a mistake that was told.
    pub(super) expr: Option<Expr>,
    /// Its place among the definitions of the edition.
    pub(super) number: usize,
    /// What it became where it was used first: looked at once, however often it is named.
    checked: OnceCell<Result<Checked, Mistake>>,
    /// How many definitions stand in one another in it, itself too.
    depth: OnceCell<usize>,
}

impl Define {
    pub(super) fn new(text: String, expr: Option<Expr>) -> Self {
        Self { text, expr, number: 0, checked: OnceCell::new(), depth: OnceCell::new() }
    }

    /// Whether a condition or a text named it.
    pub(super) fn is_used(&self) -> bool {
        self.checked.get().is_some()
    }
}

/// Definitions inside one another at most.
const DEFINES_DEEP: usize = 8;

/// The paths of facts known to be there.
pub(super) type Known = BTreeSet<String>;

/// A checked expression.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) node: Node,
    pub(super) ty: Type,
    /// Steps at worst, from the bounds of the lists.
    pub(super) cost: u64,
    /// Whether it looks at a fact.
    pub(super) reads: bool,
    /// The facts known to be there where it is true.
    pub(super) when_true: Known,
    when_false: Known,
    /// The word, if it is just a literal.
    literal: Option<String>,
}

impl Checked {
    fn new(node: Node, ty: Type, cost: u64) -> Self {
        Self {
            node,
            ty,
            cost,
            reads: false,
            when_true: Known::new(),
            when_false: Known::new(),
            literal: None,
        }
    }

    fn reading(mut self, reads: bool) -> Self {
        self.reads |= reads;
        self
    }
}

const USES_ITSELF: &str = " uses itself";
const GUARD: &str = "of what may be missing nothing is asked before it is known to be there";
const ONE_VALUE: &str = "one fact has one value: use || or `in`, or mend one of them";
const NOT_SEVERAL: &str = "to exclude several values use && or !(x in […]), or mend one of them";

/// Steps of counting working days: the calendar walks day by day.
const WORKDAYS_COST: u64 = DAYS_APART_MAX;

/// Names the language itself gives.
const BUILT_IN: [&str; 3] = ["today", "accepted", "due"];

const FUNCTIONS: [&str; 13] = [
    "has",
    "size",
    "add_days",
    "add_years",
    "add_workdays",
    "days_between",
    "years_between",
    "workdays_between",
    "workdays_known",
    "window_opens",
    "param",
    "date",
    "money",
];

/// Whether the language itself gives a name.
pub(super) fn is_given(name: &str) -> bool {
    BUILT_IN.contains(&name)
        || FUNCTIONS.contains(&name)
        || METHODS.contains(&name)
        || RESERVED.contains(&name)
        || ["true", "false", "null", "in"].contains(&name)
}

const METHODS: [&str; 6] = ["exists", "all", "exists_one", "filter", "startsWith", "contains"];

/// What is so wherever a rule is asked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// It is about one of its services.
    pub(super) services: Option<Node>,
    /// The day of acceptance lies in its period.
    pub(super) period: Option<Node>,
}

/// Checks a condition: a bool that looks at facts, and can be true and false. `asked` is where, if it is
/// a rule's.
pub(super) fn condition(
    text: &str,
    expr: &Expr,
    scope: Scope<'_>,
    asked: Option<&Asked>,
) -> Result<Checked, Vec<Mistake>> {
    let mut checker = Checker::new(text, scope, false);
    checker.rule = asked.map(|_| expr);
    checker.own = asked.is_none();
    let checked = checker.check(expr, &Known::new());
    let effort = std::mem::take(&mut checker.effort);
    let checked = checker.done(checked)?;
    if checked.ty != Type::Bool {
        return Err(vec![Mistake::new(
            expr.at,
            format!("the condition is {}, not bool", article(&checked.ty)),
            "compare it with something",
        )]);
    }
    if !checked.reads {
        return Err(vec![Mistake::new(
            expr.at,
            "the condition looks at no fact",
            "it would hold always or never; use from and until for periods",
        )]);
    }
    let mistake = one_sided(expr, &checked.node, asked, effort);
    mistake.map_or(Ok(checked), |mistake| Err(vec![mistake]))
}

/// A condition that can only be true or only be false, by its own words or where its rule is asked.
fn one_sided(
    expr: &Expr,
    node: &Node,
    asked: Option<&Asked>,
    mut effort: Effort,
) -> Option<Mistake> {
    // What is one chain was looked at as such.
    let is_and = matches!(node, Node::And(_));
    if !is_and && impossible(&[node], true, &mut effort).is_some() {
        let rule = if asked.is_some() { "unreachable: " } else { "" };
        let text = format!("{rule}this can never be true");
        return Some(Mistake::new(expr.at, text, "leave it out, or mend a part of it"));
    }
    if !matches!(node, Node::Or(_)) && impossible(&[node], false, &mut effort).is_some() {
        let remedy = "leave out what it covers anyway";
        return Some(Mistake::new(expr.at, "this is always true", remedy));
    }
    let asked = asked?;
    let everything: Vec<&Node> = asked.services.iter().chain(&asked.period).chain([node]).collect();
    impossible(&everything, true, &mut effort)?;
    let mut given: Vec<&Node> = Vec::new();
    for (more, where_, remedy) in [
        (&asked.services, "about none of the services in 'applies'", "mend it, or 'applies'"),
        (&asked.period, "on no day of its rule sets, 'from' and 'until'", "mend it, or the period"),
    ] {
        given.extend(more);
        if impossible(&[&given[..], &[node]].concat(), true, &mut effort).is_none() {
            continue;
        }
        let (at, _) = match (&expr.kind, node) {
            (Kind::And(written), Node::And(parts)) if written.len() == parts.len() => {
                let places: Vec<usize> = written.iter().map(|part| part.at).collect();
                too_much(&given, &places, parts, true)?
            }
            _ => (expr.at, None),
        };
        let text = format!("unreachable: this is true {where_}");
        return Some(Mistake::new(at, text, remedy));
    }
    None
}

/// Where the first of `parts` stands with which nothing is left, and what it leaves without a value.
fn too_much(
    given: &[&Node],
    places: &[usize],
    parts: &[Node],
    wanted: bool,
) -> Option<(usize, Option<String>)> {
    let told = |count: usize| {
        let all: Vec<&Node> = given.iter().copied().chain(parts.iter().take(count)).collect();
        impossible(&all, wanted, &mut Effort::default())
    };
    // With one part more there is never more left.
    let (mut possible, mut first) = (0, parts.len());
    while first - possible > 1 {
        let middle = possible + (first - possible) / 2;
        if told(middle).is_some() { first = middle } else { possible = middle }
    }
    Some((*places.get(first.checked_sub(1)?)?, told(first)?.fact))
}

/// Checks any expression where the facts in `known` are there.
pub(super) fn expression(
    text: &str,
    expr: &Expr,
    scope: Scope<'_>,
    known: &Known,
    due: bool,
) -> Result<Checked, Vec<Mistake>> {
    let mut checker = Checker::new(text, scope, due);
    let checked = checker.check(expr, known);
    checker.done(checked)
}

fn too_deep() -> Mistake {
    let text = format!("definitions stand more than {DEFINES_DEEP} deep in one another");
    Mistake::new(0, text, "name fewer parts")
}

fn article(ty: &Type) -> String {
    match ty {
        Type::Int | Type::Enum(_) => format!("an {ty}"),
        Type::Bool | Type::Date | Type::Money | Type::Text | Type::Record(_) | Type::List(..) => {
            format!("a {ty}")
        }
    }
}

struct Checker<'s> {
    scope: Scope<'s>,
    text: &'s str,
    mistakes: Vec<Mistake>,
    /// Variables of the quantifiers around, outermost first, each with whether its list is a fact.
    vars: Vec<(String, Type, bool)>,
    /// Whether the due date may be named (in texts of a rule that has one).
    due: bool,
    /// Definitions being expanded.
    open: Vec<&'s str>,
    /// How deep definitions stand in one another in what was checked.
    depth: usize,
    /// The whole condition of a rule: where that can never be true, the rule is unreachable.
    rule: Option<&'s Expr>,
    effort: Effort,
    /// Whether this is a definition where it stands.
    own: bool,
    /// Whether a part is not known because of a mistake that is told elsewhere: what it guards is not
    /// known either.
    blind: bool,
}

impl<'s> Checker<'s> {
    fn new(text: &'s str, scope: Scope<'s>, due: bool) -> Self {
        Self {
            scope,
            text,
            mistakes: Vec::new(),
            vars: Vec::new(),
            due,
            open: Vec::new(),
            depth: 0,
            rule: None,
            effort: Effort::default(),
            own: false,
            blind: false,
        }
    }

    fn done(mut self, checked: Option<Checked>) -> Result<Checked, Vec<Mistake>> {
        if self.blind {
            self.mistakes.retain(|mistake| mistake.remedy != GUARD);
        }
        match checked {
            Some(checked) if self.mistakes.is_empty() => Ok(checked),
            _ => Err(self.mistakes),
        }
    }

    fn wrong(&mut self, at: usize, text: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Mistake::new(at, text, remedy));
    }

    fn check(&mut self, expr: &Expr, known: &Known) -> Option<Checked> {
        let at = expr.at;
        match &expr.kind {
            Kind::Null => {
                self.wrong(
                    at,
                    "null is not a value",
                    "ask whether a fact is there: root != null, has(root.field)",
                );
                None
            }
            Kind::Bool(truth) => {
                Some(Checked::new(Node::Const(Value::Bool(*truth)), Type::Bool, 1))
            }
            Kind::Int(number) => Some(Checked::new(Node::Const(Value::Int(*number)), Type::Int, 1)),
            Kind::Text(text) => {
                let mut checked = Checked::new(Node::Const(Value::text(text)), Type::Text, 1);
                checked.literal = Some(text.clone());
                Some(checked)
            }
            Kind::List(_) => {
                self.wrong(
                    at,
                    "a list stands alone",
                    "a written list follows `in`: x in [\"a\", \"b\"]",
                );
                None
            }
            Kind::Name(name) => self.name(name, at, known),
            Kind::Select(of, field) => self.select(expr, of, field, known),
            Kind::Not(of) => {
                let inner = self.check_as(of, known, &Type::Bool)?;
                Some(Checked {
                    node: Node::Not(Box::new(inner.node)),
                    cost: inner.cost + 1,
                    when_true: inner.when_false,
                    when_false: inner.when_true,
                    ty: Type::Bool,
                    reads: inner.reads,
                    literal: None,
                })
            }
            Kind::Negative(of) => {
                let inner = self.check(of, known)?;
                if !matches!(inner.ty, Type::Int | Type::Money) {
                    self.wrong(
                        at,
                        format!("'-' before {}", article(&inner.ty)),
                        "only a number or an amount has a minus",
                    );
                    return None;
                }
                let node = Node::Negative(unit(&inner.ty), Box::new(inner.node));
                Some(Checked::new(node, inner.ty, inner.cost + 1).reading(inner.reads))
            }
            Kind::And(parts) => self.chain(expr, parts, known, true),
            Kind::Or(parts) => self.chain(expr, parts, known, false),
            Kind::If(three) => self.choice(three, known),
            Kind::Binary(operator, two) => self.binary(expr, *operator, two, known),
            Kind::Call(name, arguments) => self.call(expr, name, arguments, known),
            Kind::Method(target, name, arguments) => {
                self.method(expr, target, name, arguments, known)
            }
        }
    }

    fn check_as(&mut self, expr: &Expr, known: &Known, wanted: &Type) -> Option<Checked> {
        let checked = self.check(expr, known)?;
        if checked.ty == *wanted {
            return Some(checked);
        }
        self.wrong(
            expr.at,
            format!("this is {}, expected {}", article(&checked.ty), article(wanted)),
            "compare it with something, or ask for another fact",
        );
        None
    }

    fn name(&mut self, name: &str, at: usize, known: &Known) -> Option<Checked> {
        if let Some(slot) = self.vars.iter().position(|(var, ..)| var == name) {
            let (_, ty, reads) = self.vars[slot].clone();
            // Counted from the innermost, as the evaluator keeps them.
            let up = self.vars.len() - 1 - slot;
            let place = Place { var: Some(up), at: 0, path: String::new(), ty: ty.clone() };
            return Some(Checked::new(Node::Fact(Box::new(place)), ty, 1).reading(reads));
        }
        if name == "today" {
            return Some(Checked::new(Node::Today, Type::Date, 1));
        }
        if name == "accepted" {
            return Some(Checked::new(Node::Accepted, Type::Date, 1));
        }
        if name == "due" && self.due {
            return Some(Checked::new(Node::Due, Type::Date, 1));
        }
        if let Some((name, define)) = self.scope.defines.get_key_value(name) {
            return self.expand(name, define, at);
        }
        let Some((_, field)) = self.scope.roots.field(name) else {
            let scope = self.scope;
            if name == "due" {
                let remedy = "give the rule a 'due' or 'due_workdays'";
                self.wrong(at, "unknown name 'due': nothing is due", remedy);
                return None;
            }
            let names = scope
                .roots
                .field_names()
                .chain(self.vars.iter().map(|(var, ..)| var.as_str()))
                .chain(scope.defines.keys().map(String::as_str))
                .chain(BUILT_IN);
            let hint = hint(name, names);
            if !scope.whole && hint.is_empty() {
                // It may be a definition of the file that could not be read.
                self.blind = true;
                return None;
            }
            self.blind = true;
            self.wrong(
                at,
                format!("unknown name '{name}'{hint}"),
                "facts are declared in schema.toml",
            );
            return None;
        };
        if field.optional && !known.contains(name) {
            self.wrong(at, format!("{name} may be missing: guard with {name} != null"), GUARD);
            return None;
        }
        let node = Node::Fact(Box::new(root(field)));
        Some(Checked::new(node, field.ty.clone(), 1).reading(true))
    }

    fn expand(&mut self, name: &'s str, define: &'s Define, at: usize) -> Option<Checked> {
        if self.open.contains(&name) {
            self.wrong(at, format!("'{name}'{USES_ITSELF}"), "write out what it means");
            return None;
        }
        let checked = match define.checked.get() {
            Some(checked) => checked.clone(),
            None if self.open.len() == DEFINES_DEEP => Err(too_deep()),
            None => {
                let checked = self.inside(name, define);
                define.checked.get_or_init(|| checked).clone()
            }
        };
        self.depth = self.depth.max(define.depth.get().copied().unwrap_or_default());
        match checked {
            Ok(checked) => Some(checked),
            // How deep and how often they stand in one another is seen only from outside.
            Err(mistake)
                if mistake.text == too_deep().text
                    || self.own && mistake.text.ends_with(USES_ITSELF) =>
            {
                self.wrong(
                    at,
                    format!("in the definition '{name}': {}", mistake.text),
                    mistake.remedy,
                );
                None
            }
            // Any other mistake is told where the definition stands.
            Err(_) => {
                self.blind = true;
                None
            }
        }
    }

    /// What a definition becomes. It stands for itself: it sees no variables and no guards around it, and
    /// its mistakes are told in full where it stands.
    fn inside(&mut self, name: &'s str, define: &'s Define) -> Result<Checked, Mistake> {
        let text = std::mem::replace(&mut self.text, &define.text);
        let vars = std::mem::take(&mut self.vars);
        let mistakes = std::mem::take(&mut self.mistakes);
        let depth = std::mem::take(&mut self.depth);
        let blind = std::mem::take(&mut self.blind);
        self.open.push(name);
        let checked = define.expr.as_ref().and_then(|expr| self.check(expr, &Known::new()));
        self.open.pop();
        let inner_depth = std::mem::replace(&mut self.depth, depth) + 1;
        if inner_depth > DEFINES_DEEP {
            self.mistakes.insert(0, too_deep());
        }
        define.depth.get_or_init(|| inner_depth);
        self.text = text;
        self.vars = vars;
        let blind = std::mem::replace(&mut self.blind, blind);
        let mut inner = std::mem::replace(&mut self.mistakes, mistakes);
        if blind {
            inner.retain(|mistake| mistake.remedy != GUARD);
        }
        match (inner.into_iter().next(), checked) {
            (None, Some(mut checked)) if !blind => {
                checked.node = Node::Define(define.number, Arc::new(checked.node));
                Ok(checked)
            }
            (Some(first), _) => Err(first),
            // Its mistake is told elsewhere.
            (None, _) => Err(Mistake::new(0, "", "")),
        }
    }

    fn select(&mut self, whole: &Expr, of: &Expr, name: &str, known: &Known) -> Option<Checked> {
        let base = self.check(of, known)?;
        let Type::Record(record) = &base.ty else {
            let remedy = if matches!(base.ty, Type::List(..)) {
                "ask its elements: list.exists(x, …)"
            } else {
                "only a record has fields"
            };
            self.wrong(of.end, format!("{} has no field '{name}'", article(&base.ty)), remedy);
            return None;
        };
        let Some((_, field)) = record.field(name) else {
            let hint = hint(name, record.field_names());
            self.wrong(
                whole.end - name.len(),
                format!("{} has no field '{name}'{hint}", record.name),
                "facts are declared in schema.toml",
            );
            return None;
        };
        if field.optional {
            let path = path(whole).unwrap_or_default();
            if !known.contains(&path) {
                self.wrong(
                    whole.at,
                    format!("{path} may be missing: guard with has({path})"),
                    GUARD,
                );
                return None;
            }
        }
        let node = Node::Fact(Box::new(inside(&base.node, field)?));
        Some(Checked::new(node, field.ty.clone(), base.cost + 1).reading(base.reads))
    }

    fn chain(&mut self, whole: &Expr, parts: &[Expr], known: &Known, and: bool) -> Option<Checked> {
        let mut nodes = Vec::new();
        let mut places = Vec::new();
        let mut cost = 1_u64;
        let mut reads = false;
        let mut known = known.clone();
        let mut always = Known::new();
        let mut sometimes: Option<Known> = None;
        let mut sound = true;
        for part in parts {
            let Some(checked) = self.check_as(part, &known, &Type::Bool) else {
                sound = false;
                // So that the parts after a wrong guard are still checked as if it were right.
                guarded(part, &mut known);
                continue;
            };
            let (flows, ends) = if and {
                (checked.when_true, checked.when_false)
            } else {
                (checked.when_false, checked.when_true)
            };
            known.extend(flows.iter().cloned());
            always.extend(flows);
            sometimes = Some(match sometimes {
                None => ends,
                Some(before) => before.intersection(&ends).cloned().collect(),
            });
            cost = cost.saturating_add(checked.cost);
            reads |= checked.reads;
            nodes.push(checked.node);
            places.push(part.at);
        }
        if self.one_sided_chain(whole, &places, &nodes, and) || !sound {
            return None;
        }
        let sometimes = sometimes.unwrap_or_default();
        let (node, when_true, when_false) = if and {
            (Node::And(nodes), always, sometimes)
        } else {
            (Node::Or(nodes), sometimes, always)
        };
        Some(Checked { node, ty: Type::Bool, cost, reads, when_true, when_false, literal: None })
    }

    /// Tells of parts that together are never true, or always: `x == "a" && x == "b"`, `x > 3 || x < 5`.
    fn one_sided_chain(
        &mut self,
        whole: &Expr,
        places: &[usize],
        nodes: &[Node],
        and: bool,
    ) -> bool {
        let parts: Vec<&Node> = nodes.iter().collect();
        if impossible(&parts, and, &mut self.effort).is_none() {
            return false;
        }
        let Some((at, fact)) = too_much(&[], places, nodes, and) else { return false };
        let rule = if self.rule.is_some_and(|rule| std::ptr::eq(rule, whole)) {
            "unreachable: "
        } else {
            ""
        };
        let (text, remedy) = match (and, fact) {
            (true, Some(fact)) => {
                let before = "what stands before it leaves no such value of";
                (format!("{rule}this can never be true: {before} {fact}"), ONE_VALUE)
            }
            (true, None) => {
                let before = "what stands before it says the contrary";
                (
                    format!("{rule}this can never be true: {before}"),
                    "leave one of them out, or use ||",
                )
            }
            (false, Some(fact)) => {
                let before = "with what stands before it every value is covered of";
                (format!("this is always true: {before} {fact}"), NOT_SEVERAL)
            }
            (false, None) => {
                let before = "what stands before it says the contrary";
                (format!("this is always true: {before}"), "leave one of them out, or use &&")
            }
        };
        self.wrong(at, text, remedy);
        true
    }

    /// Tells of a comparison that comes out the same for every value of its type.
    fn one_sided_comparison(&mut self, whole: &Expr, node: &Node) -> bool {
        if plainly_both(node) {
            return false;
        }
        for (wanted, told) in [(true, "this can never be true"), (false, "this is always true")] {
            if let Some(Impossible { fact, values }) = impossible(&[node], wanted, &mut self.effort)
            {
                let why = match (fact, values) {
                    (Some(fact), Some(values)) => format!(": {fact} is {values}"),
                    _ => String::new(),
                };
                self.wrong(whole.at, format!("{told}{why}"), "leave it out, or mend it");
                return true;
            }
        }
        false
    }

    fn choice(&mut self, three: &[Expr; 3], known: &Known) -> Option<Checked> {
        let [condition, then, otherwise] = three;
        let condition_checked = self.check_as(condition, known, &Type::Bool)?;
        let with = |facts: &Known| known.union(facts).cloned().collect::<Known>();
        let yes = self.check(then, &with(&condition_checked.when_true));
        let no = self.check(otherwise, &with(&condition_checked.when_false));
        let (yes, no) = (yes?, no?);
        if yes.ty != no.ty {
            self.wrong(
                otherwise.at,
                format!("one branch is {}, the other {}", article(&yes.ty), article(&no.ty)),
                "both are the same kind of value",
            );
            return None;
        }
        if matches!(yes.ty, Type::Record(_)) {
            self.wrong(then.at, "a record cannot be chosen", "choose one of its fields");
            return None;
        }
        let cost = condition_checked.cost.saturating_add(yes.cost).saturating_add(no.cost) + 1;
        let reads = condition_checked.reads || yes.reads || no.reads;
        let node = Node::If(Box::new([condition_checked.node, yes.node, no.node]));
        Some(Checked::new(node, yes.ty, cost).reading(reads))
    }

    fn binary(
        &mut self,
        whole: &Expr,
        operator: Operator,
        two: &[Expr; 2],
        known: &Known,
    ) -> Option<Checked> {
        let [left, right] = two;
        match operator {
            Operator::Compare(comparison @ (Comparison::Equal | Comparison::NotEqual)) => {
                let wanted = comparison == Comparison::NotEqual;
                if right.kind == Kind::Null {
                    return self.present(left, wanted, known);
                }
                if left.kind == Kind::Null {
                    return self.present(right, wanted, known);
                }
                self.compare(whole, comparison, left, right, known)
            }
            Operator::Compare(comparison) => self.compare(whole, comparison, left, right, known),
            Operator::In => self.within(left, right, known),
            Operator::Compute(arithmetic) => self.compute(whole, arithmetic, left, right, known),
        }
    }

    /// `root != null`: whether a root that may be missing is there.
    fn present(&mut self, of: &Expr, wanted: bool, known: &Known) -> Option<Checked> {
        let Kind::Name(name) = &of.kind else {
            let shown = path(of).unwrap_or_else(|| "this".to_owned());
            self.wrong(of.at, "only a root is compared with null", format!("write has({shown})"));
            return None;
        };
        let Some((_, field)) = self.scope.roots.field(name) else {
            // Tells the unknown name.
            self.name(name, of.at, known);
            return None;
        };
        if !field.optional {
            self.wrong(
                of.at,
                format!("{name} is always there"),
                "leave the comparison with null out",
            );
            return None;
        }
        let mut there = Checked::new(Node::Present(Box::new(root(field))), Type::Bool, 1);
        there.reads = true;
        there.when_true.insert(name.clone());
        if !wanted {
            there.node = Node::Not(Box::new(there.node));
            there.cost += 1;
            std::mem::swap(&mut there.when_true, &mut there.when_false);
        }
        Some(there)
    }

    fn compare(
        &mut self,
        whole: &Expr,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
        known: &Known,
    ) -> Option<Checked> {
        let (l, r) = (self.check(left, known), self.check(right, known));
        let (l, r) = (l?, r?);
        let slice = |expr: &Expr| self.text.get(expr.at..expr.end).map(str::trim);
        if slice(left) == slice(right) {
            self.wrong(
                whole.at,
                "this compares a thing with itself",
                "name the other fact that was meant",
            );
            return None;
        }
        if !l.reads && !r.reads && l.literal.is_some() == r.literal.is_some() {
            let constant = |node: &Node| matches!(node, Node::Const(_));
            if constant(&l.node) && constant(&r.node) {
                self.wrong(
                    whole.at,
                    "this compares two constants",
                    "leave it out, or compare a fact",
                );
                return None;
            }
        }
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        for (one, word, at) in [(&l, &r.literal, right.at), (&r, &l.literal, left.at)] {
            if let (Type::Enum(values), Some(word)) = (&one.ty, word)
                && let Err(mistake) = values.check(word, at)
            {
                self.mistakes.push(mistake);
                return None;
            }
        }
        let comparable = match (&l.ty, &r.ty) {
            (Type::Enum(_), Type::Text) => r.literal.is_some() && !ordered,
            (Type::Text, Type::Enum(_)) => l.literal.is_some() && !ordered,
            (Type::Enum(a), Type::Enum(b)) => a.name == b.name && !ordered,
            (Type::Int, Type::Int) | (Type::Date, Type::Date) | (Type::Money, Type::Money) => true,
            (Type::Bool, Type::Bool) | (Type::Text, Type::Text) => !ordered,
            _ => false,
        };
        if !comparable {
            let remedy = match (&l.ty, &r.ty) {
                (Type::Money, Type::Int) | (Type::Int, Type::Money) => {
                    r#"write amounts as money("5000.00")"#
                }
                (Type::Date, Type::Text) | (Type::Text, Type::Date) => {
                    r#"write days as date("2026-11-23")"#
                }
                (Type::List(..), _) => "ask with `in`, exists() or all()",
                (_, Type::List(..)) => "ask with `in`",
                (Type::Bool, _) | (_, Type::Bool) => "true and false are written without quotes",
                _ => "compare what is of one kind; words and texts have no order",
            };
            let verb = if ordered { "ordered against" } else { "compared with" };
            self.wrong(
                whole.at,
                format!("{} cannot be {verb} {}", article(&l.ty), article(&r.ty)),
                remedy,
            );
            return None;
        }
        let cost = l.cost.saturating_add(r.cost) + 1;
        let two = [as_word(l.node, &r.ty), as_word(r.node, &l.ty)];
        // A word written on the left is a word of the right side's type, not a text.
        let ty = if matches!(r.ty, Type::Enum(_)) { &r.ty } else { &l.ty };
        let node = compare(comparison, sort(ty)?, two);
        if self.one_sided_comparison(whole, &node) {
            return None;
        }
        Some(Checked::new(node, Type::Bool, cost).reading(l.reads || r.reads))
    }

    /// `x in list`, `x in ["a", "b"]`.
    fn within(&mut self, left: &Expr, right: &Expr, known: &Known) -> Option<Checked> {
        let l = self.check(left, known);
        if let Kind::List(elements) = &right.kind {
            let l = l?;
            let mut values = Vec::new();
            if elements.is_empty() {
                self.wrong(
                    right.at,
                    "nothing is in an empty list",
                    "write its words, or leave the part out",
                );
                return None;
            }
            for element in elements {
                let Some(e) = self.check(element, known) else { continue };
                let Node::Const(value) = e.node else {
                    self.wrong(
                        element.at,
                        "a written list has constants only",
                        "compare facts one by one: x == y || x == z",
                    );
                    continue;
                };
                if let (Type::Enum(one), Some(word)) = (&l.ty, &e.literal) {
                    if let Err(mistake) = one.check(word, element.at) {
                        self.mistakes.push(mistake);
                        continue;
                    }
                } else if e.ty != l.ty {
                    self.wrong(
                        element.at,
                        format!("{} is looked for among {}", article(&l.ty), article(&e.ty)),
                        "list what is of the same kind",
                    );
                    continue;
                }
                let value = word_of(value, &l.ty);
                if values.contains(&value) {
                    self.wrong(
                        element.at,
                        "this is in the list twice",
                        "take one out, or write the one that was meant",
                    );
                }
                values.push(value);
            }
            if matches!(l.ty, Type::Record(_) | Type::List(..)) {
                self.wrong(
                    left.at,
                    format!("{} cannot be looked for", article(&l.ty)),
                    "look for one of its fields",
                );
                return None;
            }
            let cost = l.cost + u64::try_from(values.len()).unwrap_or(u64::MAX);
            let node = within(sort(&l.ty)?, l.node, Node::Const(Value::List(values)));
            if self.one_sided_comparison(left, &node) {
                return None;
            }
            return Some(Checked::new(node, Type::Bool, cost).reading(l.reads));
        }
        let r = self.check(right, known);
        let (l, r) = (l?, r?);
        let Type::List(element, bound) = &r.ty else {
            self.wrong(
                right.at,
                format!("`in` needs a list, this is {}", article(&r.ty)),
                "write x in [\"a\", \"b\"], or compare with ==",
            );
            return None;
        };
        if let (Type::Enum(one), Some(word)) = (&**element, &l.literal) {
            if let Err(mistake) = one.check(word, left.at) {
                self.mistakes.push(mistake);
                return None;
            }
        } else if l.ty != **element || matches!(l.ty, Type::Record(_)) {
            self.wrong(
                left.at,
                format!("{} is looked for in {}", article(&l.ty), article(&r.ty)),
                "ask with exists()",
            );
            return None;
        }
        let cost = l.cost.saturating_add(r.cost).saturating_add(u64::from(*bound));
        let node = within(sort(element)?, as_word(l.node, element), r.node);
        Some(Checked::new(node, Type::Bool, cost).reading(l.reads || r.reads))
    }

    fn compute(
        &mut self,
        whole: &Expr,
        arithmetic: Arithmetic,
        left: &Expr,
        right: &Expr,
        known: &Known,
    ) -> Option<Checked> {
        let (l, r) = (self.check(left, known), self.check(right, known));
        let (l, r) = (l?, r?);
        let ty = match (&l.ty, &r.ty, arithmetic) {
            (Type::Int, Type::Int, _) => Type::Int,
            (Type::Money, Type::Money, Arithmetic::Add | Arithmetic::Subtract) => Type::Money,
            _ => {
                let remedy = match (&l.ty, &r.ty) {
                    (Type::Date, _) | (_, Type::Date) => {
                        "use add_days(), add_years(), days_between()"
                    }
                    _ => "numbers go with numbers, amounts with amounts",
                };
                self.wrong(
                    whole.at,
                    format!("{} and {} cannot be computed with", article(&l.ty), article(&r.ty)),
                    remedy,
                );
                return None;
            }
        };
        let cost = l.cost.saturating_add(r.cost) + 1;
        let node = Node::Arithmetic(arithmetic, unit(&ty), Box::new([l.node, r.node]));
        Some(Checked::new(node, ty, cost).reading(l.reads || r.reads))
    }

    fn call(
        &mut self,
        whole: &Expr,
        name: &str,
        arguments: &[Expr],
        known: &Known,
    ) -> Option<Checked> {
        let at = whole.at;
        let function = match name {
            "has" => return self.has(whole, arguments, known),
            "size" => return self.size(whole, arguments, known),
            "param" | "date" | "money" => return self.literal_call(whole, name, arguments),
            "add_days" => Function::AddDays,
            "add_years" => Function::AddYears,
            "add_workdays" => Function::AddWorkdays,
            "days_between" => Function::DaysBetween,
            "years_between" => Function::YearsBetween,
            "workdays_between" => Function::WorkdaysBetween,
            "workdays_known" => Function::WorkdaysKnown,
            "window_opens" => Function::WindowOpens,
            "uscc_valid" => Function::UsccValid,
            _ => {
                let hint = hint(name, FUNCTIONS.into_iter().chain(["uscc_valid"]));
                let remedy = if METHODS.contains(&name) {
                    format!("write list.{name}(…)")
                } else {
                    "there are no others: no clock, no chance, no network".to_owned()
                };
                self.wrong(at, format!("unknown function '{name}'{hint}"), remedy);
                return None;
            }
        };
        let (wanted, ty, cost): (&[Type], Type, u64) = match function {
            Function::AddDays | Function::AddYears => (&[Type::Date, Type::Int], Type::Date, 2),
            Function::AddWorkdays | Function::WindowOpens => {
                (&[Type::Date, Type::Int], Type::Date, WORKDAYS_COST)
            }
            Function::DaysBetween | Function::YearsBetween => {
                (&[Type::Date, Type::Date], Type::Int, 2)
            }
            Function::WorkdaysBetween => (&[Type::Date, Type::Date], Type::Int, WORKDAYS_COST),
            Function::WorkdaysKnown => (&[Type::Date, Type::Date], Type::Bool, 2),
            Function::UsccValid => (&[Type::Text], Type::Bool, 40),
        };
        if wanted.len() != arguments.len() {
            let (wants, has) = (wanted.len(), arguments.len());
            let kinds: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            let remedy = format!("write {name}({})", kinds.join(", "));
            self.wrong(at, format!("{name}() takes {wants} arguments, here are {has}"), remedy);
            return None;
        }
        let mut nodes = Vec::new();
        let (mut cost, mut reads) = (cost, false);
        for (argument, wanted) in arguments.iter().zip(wanted) {
            let Some(checked) = self.check_as(argument, known, wanted) else { continue };
            cost = cost.saturating_add(checked.cost);
            reads |= checked.reads;
            nodes.push(checked.node);
        }
        if nodes.len() != arguments.len() {
            return None;
        }
        let literal = |node: &Node| {
            if let Node::Const(Value::Int(count)) = node { Some(*count) } else { None }
        };
        let count = nodes.get(1).and_then(|count| {
            if let Node::Negative(_, inner) = count {
                return literal(inner).map(|count| -count);
            }
            literal(count)
        });
        if matches!(function, Function::AddWorkdays | Function::WindowOpens)
            && let (Some(count), Some(argument)) = (count, arguments.get(1))
            && !(0..=WORKDAYS_MAX).contains(&count)
        {
            let text = format!("{name}() counts 0 to {WORKDAYS_MAX} working days, not {count}");
            let remedy = "working days are counted forward only; add_days() goes back by days";
            self.wrong(argument.at, text, remedy);
            return None;
        }
        let shown = self.text.get(whole.at..whole.end).unwrap_or(name).to_owned();
        Some(Checked::new(Node::Call(function, nodes, shown), ty, cost).reading(reads))
    }

    /// `has(a.b)`: whether a field that may be missing is there.
    fn has(&mut self, whole: &Expr, arguments: &[Expr], known: &Known) -> Option<Checked> {
        let [argument] = arguments else {
            self.wrong(whole.at, "has() takes one field", "for example has(permit.valid_to)");
            return None;
        };
        let Kind::Select(of, name) = &argument.kind else {
            let remedy = if let Kind::Name(root) = &argument.kind {
                format!("for a root write {root} != null")
            } else {
                String::new()
            };
            self.wrong(argument.at, "has() takes a field: has(record.field)", remedy);
            return None;
        };
        let base = self.check(of, known)?;
        let Type::Record(record) = &base.ty else {
            self.wrong(
                argument.at,
                format!("{} has no field '{name}'", article(&base.ty)),
                "only a record has fields",
            );
            return None;
        };
        let Some((_, field)) = record.field(name) else {
            let hint = hint(name, record.field_names());
            self.wrong(
                argument.end - name.len(),
                format!("{} has no field '{name}'{hint}", record.name),
                "has() of a name nobody declares would never hold",
            );
            return None;
        };
        let shown = path(argument)?;
        if !field.optional {
            self.wrong(
                whole.at,
                format!("{shown} is always there: this has() is always true"),
                "leave it out, or compare the value",
            );
            return None;
        }
        let cost = base.cost + 1;
        let place = inside(&base.node, field)?;
        let mut there =
            Checked::new(Node::Present(Box::new(place)), Type::Bool, cost).reading(true);
        there.when_true.insert(shown);
        Some(there)
    }

    fn size(&mut self, whole: &Expr, arguments: &[Expr], known: &Known) -> Option<Checked> {
        let [argument] = arguments else {
            self.wrong(whole.at, "size() takes one list", "for example size(application.items)");
            return None;
        };
        let list = self.check(argument, known)?;
        if !matches!(list.ty, Type::List(..)) {
            self.wrong(argument.at, format!("size() of {}", article(&list.ty)), "it counts lists");
            return None;
        }
        let node = Node::Size(Box::new(list.node));
        Some(Checked::new(node, Type::Int, list.cost + 1).reading(list.reads))
    }

    /// The functions whose argument is written out: `param("…")`, `date("…")`, `money("…")`.
    fn literal_call(&mut self, whole: &Expr, name: &str, arguments: &[Expr]) -> Option<Checked> {
        let [Expr { kind: Kind::Text(text), at, .. }] = arguments else {
            self.wrong(
                whole.at,
                format!("{name}() takes one written text"),
                "for example date(\"2026-11-23\")",
            );
            return None;
        };
        let constant = |value, ty| Some(Checked::new(Node::Const(value), ty, 1));
        match name {
            "date" => {
                if let Some(date) = date(text) {
                    return constant(Value::Date(date), Type::Date);
                }
                self.wrong(*at, format!("\"{text}\" is not a day"), "write 2026-11-23");
            }
            "money" => {
                if let Some(fen) = fen(text) {
                    return constant(Value::Money(fen), Type::Money);
                }
                self.wrong(*at, format!("\"{text}\" is not an amount"), "write 5000.00");
            }
            _ => {
                if let Some((index, param)) = self.scope.params.ask(text) {
                    let node = Node::Param(index, param.name.clone());
                    return Some(Checked::new(node, param.ty.clone(), 1));
                }
                if self.scope.params.is_wrong(text) {
                    // Told in its own file; how it would be used there is not known.
                    self.blind = true;
                    return None;
                }
                let hint = hint(text, self.scope.params.names());
                self.wrong(
                    *at,
                    format!("unknown parameter \"{text}\"{hint}"),
                    "declare it in params.toml",
                );
            }
        }
        None
    }

    fn method(
        &mut self,
        whole: &Expr,
        target: &Expr,
        name: &str,
        arguments: &[Expr],
        known: &Known,
    ) -> Option<Checked> {
        let base = self.check(target, known)?;
        if let "startsWith" | "contains" = name {
            let [argument] = arguments else {
                self.wrong(
                    whole.at,
                    format!("{name}() takes one text"),
                    "for example startsWith(\"3703\")",
                );
                return None;
            };
            if base.ty != Type::Text {
                self.wrong(
                    target.at,
                    format!("{name}() of {}", article(&base.ty)),
                    "it asks a string",
                );
                return None;
            }
            let part = self.check_as(argument, known, &Type::Text)?;
            if part.literal.as_deref() == Some("") {
                self.wrong(
                    argument.at,
                    "every text contains the empty one",
                    "write what to look for",
                );
                return None;
            }
            let cost = base.cost.saturating_add(part.cost) + 4;
            let reads = base.reads || part.reads;
            let two = Box::new([base.node, part.node]);
            let node = if name == "contains" { Node::Contains(two) } else { Node::StartsWith(two) };
            return Some(Checked::new(node, Type::Bool, cost).reading(reads));
        }
        let quantifier = match name {
            "exists" => Quantifier::Exists,
            "all" => Quantifier::All,
            "exists_one" => Quantifier::ExistsOne,
            "filter" => Quantifier::Filter,
            _ => {
                let hint = hint(name, METHODS);
                self.wrong(
                    target.end,
                    format!("unknown method '{name}'{hint}"),
                    format!("there are {}", METHODS.join(", ")),
                );
                return None;
            }
        };
        let Type::List(element, bound) = base.ty.clone() else {
            self.wrong(target.at, format!("{name}() of {}", article(&base.ty)), "it asks a list");
            return None;
        };
        let [Expr { kind: Kind::Name(var), at, .. }, body] = arguments else {
            self.wrong(
                whole.at,
                format!("{name}() takes a name and a condition: {name}(x, …)"),
                "the name stands for each element in turn",
            );
            return None;
        };
        let taken = self.scope.roots.field(var).is_some()
            || self.scope.defines.contains_key(var)
            || BUILT_IN.contains(&var.as_str())
            || self.vars.iter().any(|(outer, ..)| outer == var);
        if taken {
            self.wrong(
                *at,
                format!("'{var}' already means something else here"),
                "take another name",
            );
            return None;
        }
        self.vars.push((var.clone(), (*element).clone(), base.reads));
        let before = self.mistakes.len();
        let inner = self.check_as(body, known, &Type::Bool);
        self.vars.pop();
        let inner = inner?;
        if !uses(body, var) && self.mistakes.len() == before {
            self.wrong(
                body.at,
                format!("the condition does not look at '{var}'"),
                "ask the element, or leave the quantifier out",
            );
            return None;
        }
        let steps = u64::from(bound).saturating_mul(inner.cost.saturating_add(1));
        let cost = base.cost.saturating_add(steps);
        let ty = if quantifier == Quantifier::Filter { base.ty.clone() } else { Type::Bool };
        let inner_reads = inner.reads;
        let node = Node::Quantified(quantifier, Box::new([base.node, inner.node]));
        Some(Checked::new(node, ty, cost).reading(base.reads || inner_reads))
    }
}

/// The guards a part would have given, had it been right.
fn guarded(part: &Expr, known: &mut Known) {
    if let Kind::Call(name, arguments) = &part.kind
        && name == "has"
    {
        known.extend(arguments.first().and_then(path));
    } else if let Kind::Binary(Operator::Compare(Comparison::NotEqual), two) = &part.kind
        && two[1].kind == Kind::Null
    {
        known.extend(path(&two[0]));
    } else if let Kind::And(parts) = &part.kind {
        for part in parts {
            guarded(part, known);
        }
    }
}
