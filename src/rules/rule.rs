//! One rule: who it speaks to, when, and what it says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::check::{Asked, Define, Known, Scope, condition, expression, is_given};
use super::cite::{Cites, Law, Speaks};
use super::document::{Section, Source, Text, Toml, is_empty_list};
use super::node::Node;
use super::params::Params;
use super::place::{Sort, inside, root, within};
use super::problem::{Problem, Problems, hint};
use super::same::{looked_at, ordered};
use super::schema::{Record, Type};
use super::syntax::{Comparison, Mistake, parse};
use super::template::Template;
use super::value::Value;
use crate::domain::{Bearing, ServiceCode, Verdict};

/// A rule, checked.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) code: String,
    /// The rule sets it belongs to.
    law: BTreeSet<String>,
    /// Empty for every service.
    services: BTreeSet<String>,
    from: Option<Date>,
    until: Option<Date>,
    pub(super) outcome: Verdict,
    /// The rules it is the exception to: where it speaks, what they find does not count.
    pub(super) overrides: Vec<String>,
    pub(super) when: Node,
    pub(super) cite: Cites,
    pub(super) due: Option<DueBy>,
    /// Its reason is told to the applicant alone, on no screen and no slip.
    pub(super) private: bool,
    pub(super) message: Both,
    pub(super) remedy: Both,
    /// Where it stands, for problems found later.
    pub(super) file: String,
    pub(super) line: usize,
    /// Steps at worst, with its texts.
    pub(super) cost: u64,
}

/// A text in both languages.
#[derive(Debug, Clone)]
pub(super) struct Both {
    pub(super) zh: Template,
    pub(super) en: Template,
}

/// By when somebody has to act.
#[derive(Debug, Clone)]
pub(super) enum DueBy {
    /// So many working days after the decision.
    Workdays(u16),
    /// On the day an expression names.
    Day(Node),
}

/// Working days of a period at most; the longest of the law has 45.
const DUE_WORKDAYS_MAX: i64 = 250;

impl Rule {
    /// Whether the rule speaks on `day` under `rule_set` about `service`.
    pub(super) fn applies(&self, rule_set: &str, service: &str, day: Date) -> bool {
        self.concerns(rule_set, service) && self.speaks_on(day)
    }

    /// Whether the rule speaks under `rule_set` about `service`, on some days at least.
    pub(super) fn concerns(&self, rule_set: &str, service: &str) -> bool {
        self.is_of(rule_set) && self.is_about(service)
    }

    /// Whether the rule belongs to a rule set.
    pub(super) fn is_of(&self, rule_set: &str) -> bool {
        self.law.contains(rule_set)
    }

    /// Whether the rule asks about a service.
    pub(super) fn is_about(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.contains(service)
    }

    /// Whether `day` lies in its own period.
    pub(super) fn speaks_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// The rule as it is on `day`, without a first and a last day.
    pub(super) fn timeless(&self, day: Date) -> Self {
        Self { from: None, until: None, cite: self.cite.timeless(day), ..self.clone() }
    }

    /// The days from which it speaks, or is silent again.
    pub(super) fn first_days(&self) -> impl Iterator<Item = Date> {
        let silent = self.until.and_then(|until| until.tomorrow().ok());
        self.from.into_iter().chain(silent)
    }
}

/// Checks what no rule can be checked for alone: exceptions that fit the rules they are to, rules that
/// say the same twice, and rules whose own period lies outside that of their rule sets. `ids` are those of
/// all rules, also of such as have mistakes, empty where a file could not be read; `rule_sets` are names and first days, oldest first; without `affordable` steps no condition is compared whole.
pub(super) fn check_together(
    rules: &[Rule],
    ids: &BTreeSet<&str>,
    rule_sets: Option<&[(String, Date)]>,
    affordable: bool,
    problems: &mut Problems,
) {
    let mut alike: BTreeMap<Outline<'_>, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        if rule_sets.is_some_and(|rule_sets| !rule.has_a_day(rule_sets)) {
            problems.push(rule.problem(
                "never speaks: no day of its own period is one of its rule sets".to_owned(),
                "mend 'from' and 'until', or name the rule set of those days",
            ));
        }
        for id in &rule.overrides {
            let Some(general) = rules.iter().find(|other| other.id == *id) else {
                if ids.is_empty() || ids.contains(id.as_str()) {
                    continue;
                }
                let hint = hint(id, ids.iter().copied());
                problems.push(rule.problem(
                    format!("overrides '{id}', and there is no such rule{hint}"),
                    "name the rule it is the exception to by its id",
                ));
                continue;
            };
            if rule.outcome.bearing() == Bearing::Granted && general.outcome.bars_a_grant() {
                problems.push(rule.problem(
                    format!("grants, and overrides {id}, which says that nothing may be granted"),
                    "write the exception into the condition of that rule: no grant lifts a stop, a refusal or a want of competence",
                ));
            }
            if overrides_itself(rules, rule, general, rules.len()) {
                problems.push(rule.problem(
                    format!("overrides {id}, which overrides it in turn"),
                    "one is the rule, the other the exception",
                ));
            } else if !rule.meets(general) {
                problems.push(rule.problem(
                    format!("overrides {id}, but the two never speak together"),
                    "share a service, a rule set and a day, or leave it out",
                ));
            } else if rule.outcome <= general.outcome {
                problems.push(rule.problem(
                    format!("overrides {id}, which is no graver than itself"),
                    "the gravest outcome wins anyway: leave it out",
                ));
            }
        }
        if affordable {
            alike.entry(rule.outline()).or_default().push(rule);
        }
    }
    for rules in alike.values().filter(|rules| rules.len() > 1) {
        let mut spoken: BTreeMap<Node, &Rule> = BTreeMap::new();
        for rule in rules {
            let twin = *spoken.entry(ordered(&rule.when)).or_insert(rule);
            if twin.id != rule.id {
                problems.push(rule.problem(
                    format!("says the same as {} in {}:{}", twin.id, twin.file, twin.line),
                    "one of the two is enough; two articles go into one 'cite'",
                ));
            }
        }
    }
}

/// Whether following `general`'s own overrides leads back to `rule`.
fn overrides_itself(rules: &[Rule], rule: &Rule, general: &Rule, steps: usize) -> bool {
    general.id == rule.id
        || steps > 0
            && general.overrides.iter().any(|id| {
                let next = rules.iter().find(|other| other.id == *id);
                next.is_some_and(|next| overrides_itself(rules, rule, next, steps - 1))
            })
}

impl Rule {
    pub(super) fn problem(&self, text: String, remedy: &str) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line,
            text: format!("{}: {text}", self.id),
            mark: None,
            remedy: remedy.to_owned(),
        }
    }

    /// Whether a case can be accepted on a day on which it speaks.
    fn has_a_day(&self, rule_sets: &[(String, Date)]) -> bool {
        reigns(rule_sets).any(|(name, first, last)| {
            self.law.contains(name)
                && self.until.is_none_or(|until| first <= until)
                && self.from.is_none_or(|from| from <= last)
        })
    }

    /// Whether there is an application both are asked about.
    fn meets(&self, other: &Self) -> bool {
        let services = self.services.is_empty()
            || other.services.is_empty()
            || !self.services.is_disjoint(&other.services);
        let first = self.from.max(other.from);
        let last = [self.until, other.until].into_iter().flatten().min();
        let days = first.zip(last).is_none_or(|(first, last)| first <= last);
        services && !self.law.is_disjoint(&other.law) && days
    }

    /// What rules that mean the same have in common: the rest is seen only when they are written out.
    fn outline(&self) -> Outline<'_> {
        let days = [self.from, self.until];
        (looked_at(&self.when), self.outcome, days, &self.services, &self.law)
    }
}

type Outline<'r> = (u128, Verdict, [Option<Date>; 2], &'r BTreeSet<String>, &'r BTreeSet<String>);

/// What rule files are checked against.
pub(super) struct Context<'c> {
    pub(super) roots: &'c Record,
    pub(super) params: &'c Params,
    /// Names and first days, oldest first; `None` where the manifest could not be read: nothing is unknown
    /// then.
    pub(super) rule_sets: Option<&'c [(String, Date)]>,
    /// The laws that may be cited, where the manifest names them.
    pub(super) laws: Option<&'c [Law]>,
    /// Whether all rule files could be read: what they lack is not unknown otherwise.
    pub(super) whole: bool,
}

/// Definitions of an edition at most; the law has about twenty.
const DEFINES_MAX: usize = 1000;

/// Reads the `[[define]]`s of every rule file.
pub(super) fn defines(
    files: &[&Toml<'_>],
    context: &Context<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, Define> {
    let mut defines: BTreeMap<String, Define> = BTreeMap::new();
    let mut written = Vec::new();
    'files: for file in files {
        let source = file.source;
        for mut section in file.each("define", problems) {
            if defines.len() == DEFINES_MAX {
                let text = format!("more than {DEFINES_MAX} definitions");
                problems.push(section.problem(text, "nobody keeps so many names apart: use fewer"));
                break 'files;
            }
            let name = section.required("name", problems);
            if let Some(name) = &name {
                section.name = format!("define {}", name.value);
            }
            let when = section.required("when", problems);
            if let Some(name) = name {
                let define = define(&section, &name, when.as_ref(), context, problems);
                if defines.contains_key(&name.value) {
                    let text = "the name is taken by another definition";
                    problems.push(section.problem(text, "a new name of small letters and _"));
                } else {
                    defines.insert(name.value.clone(), define);
                    written.extend(when.map(|when| (source, name.value, when)));
                }
            }
            section.finish(problems);
        }
    }
    // Definitions are numbered in the order of their names.
    for (number, define) in defines.values_mut().enumerate() {
        define.number = number;
    }
    let scope = context.scope(&defines);
    for (source, name, when) in written {
        if let Some(expr) = defines.get(&name).and_then(|define| define.expr.as_ref())
            && let Err(mistakes) = condition(&when.value, expr, scope, None)
        {
            tell(&format!("define {name}"), source, &when, mistakes, problems);
        }
    }
    defines
}

/// One definition; without an expression where it has a mistake, which is told here and nowhere else.
fn define(
    section: &Section<'_, '_>,
    name: &Text,
    when: Option<&Text>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Define {
    let source = section.source;
    let mut expr = None;
    let given = is_given(&name.value);
    if given || context.roots.field(&name.value).is_some() {
        let whose = if given { "the language" } else { "the schema" };
        let text = format!("the name is taken: {whose} has a '{}'", name.value);
        problems.push(section.problem(text, "a new name of small letters and _"));
    } else if name.value.len() > NAME_BYTES_MAX
        || !name.value.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    {
        let remedy = format!("small letters and _, at most {NAME_BYTES_MAX}");
        problems.push(section.problem("this is not a name", remedy));
    } else if let Some(when) = when {
        match parse(&when.value) {
            Ok(parsed) => expr = Some(parsed),
            Err(mistake) => tell_syntax(&section.name, source, when, mistake, problems),
        }
    }
    let text = when.map_or_else(String::new, |when| when.value.clone());
    Define::new(text, expr)
}

/// Bytes of a definition's name at most.
const NAME_BYTES_MAX: usize = 48;

/// Definitions that no rule came to by name. To be asked when all rules are checked.
pub(super) fn unused(
    files: &[&Toml<'_>],
    defines: &BTreeMap<String, Define>,
    problems: &mut Problems,
) {
    for file in files {
        for mut section in file.each("define", problems) {
            let Some(name) = section.text("name", problems) else { continue };
            if defines.get(&name.value).is_some_and(|define| !define.is_used()) {
                let text = format!("define {}: no rule uses it", name.value);
                let remedy = "leave it out, or use it where its condition is written out";
                problems.push(file.source.problem(name.at, text, remedy));
            }
        }
    }
}

impl<'c> Context<'c> {
    fn scope(&self, defines: &'c BTreeMap<String, Define>) -> Scope<'c> {
        Scope { roots: self.roots, params: self.params, defines, whole: self.whole }
    }
}

/// Reads the `[[rule]]`s of one file.
pub(super) fn rules(
    file: &Toml<'_>,
    context: &Context<'_>,
    defines: &BTreeMap<String, Define>,
    problems: &mut Problems,
) -> Vec<Rule> {
    let source = file.source;
    let mut root = Section::new(source, source.file, 0, file.root());
    root.value("define");
    root.value("rule");
    root.finish(problems);
    let scope = context.scope(defines);
    let (mut at, mut line) = (0, 1);
    let mut rules = Vec::new();
    for section in file.each("rule", problems) {
        // Counted on from the rule before.
        line += source.text.get(at..section.at).unwrap_or_default().matches('\n').count();
        at = section.at;
        rules.extend(rule(section, line, context, scope, problems));
    }
    rules
}

fn rule(
    mut section: Section<'_, '_>,
    line: usize,
    context: &Context<'_>,
    scope: Scope<'_>,
    problems: &mut Problems,
) -> Option<Rule> {
    let source = section.source;
    let id = section.required("id", problems);
    if let Some(id) = &id {
        section.name = id.value.clone();
        word(&section, id, "id", |b| b == b'-', problems);
    }
    let code = section.required("code", problems);
    if let Some(code) = &code {
        word(&section, code, "code", |b| b == b'_', problems);
    }
    let rule_sets = section.texts("rule_set", problems);
    for name in &rule_sets {
        if let Some(declared) = context.rule_sets
            && !declared.iter().any(|(known, _)| *known == name.value)
        {
            let hint = hint(&name.value, declared.iter().map(|(known, _)| known.as_str()));
            let text = format!("{}: unknown rule set '{}'{hint}", section.name, name.value);
            problems.push(source.problem(name.at, text, "rule sets are declared in manifest.toml"));
        }
    }
    twice(&section, "rule_set", &rule_sets, problems);
    if section.value("rule_set").is_none_or(is_empty_list) {
        section.is_missing("rule_set", "'rule_set' is missing", "name the rule sets it belongs to");
    }
    let services = services(&mut section, problems);
    let (from, until) = (section.date("from", problems), section.date("until", problems));
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        problems.push(section.problem("'until' is before 'from'", "it would never speak"));
    }
    let outcome = outcome(&mut section, problems);
    let overrides = section.texts("overrides", problems);
    twice(&section, "overrides", &overrides, problems);
    let cite = Cites::read(&mut section, problems);
    let is_declared = |name: &Text| {
        context.rule_sets.is_some_and(|sets| sets.iter().any(|(known, _)| *known == name.value))
    };
    // Where a rule set is not known, nor is where the rule speaks.
    if let (Some(cite), Some(services), Some(declared)) = (&cite, &services, context.rule_sets)
        && rule_sets.iter().all(is_declared)
    {
        let speaks = Speaks {
            rule: &section.name,
            days: days_of(declared, &rule_sets, from, until),
            services,
        };
        cite.check(source, &speaks, context.laws, problems);
    }
    let private = section.boolean("private", problems).unwrap_or(false);

    let asked = Asked {
        services: services.as_ref().and_then(|services| about(services, context.roots)),
        period: context.rule_sets.and_then(|declared| {
            let named = |name: &str| rule_sets.iter().any(|one| one.value == name);
            let days = reigns(declared).filter(|(name, ..)| named(name));
            period(days.map(|(_, first, last)| (first, last)), from, until, context.roots)
        }),
    };
    let when = section.required("when", problems);
    let checked = when.as_ref().and_then(|when| match parse(&when.value) {
        Err(mistake) => {
            tell_syntax(&section.name, source, when, mistake, problems);
            None
        }
        Ok(expr) => condition(&when.value, &expr, scope, Some(&asked))
            .map_err(|mistakes| tell(&section.name, source, when, mistakes, problems))
            .ok(),
    });
    let nothing = Known::new();
    let known = checked.as_ref().map_or(&nothing, |checked| &checked.when_true);
    let mut cost = checked.as_ref().map_or(0, |checked| checked.cost);

    let due = due(&mut section, scope, known, checked.is_some(), problems).map(|(due, more)| {
        cost = cost.saturating_add(more);
        due
    });
    // Also one with a mistake may be named.
    let has_due = section.value("due").is_some() || section.value("due_workdays").is_some();
    let mut both = |key: &'static str, section: &mut Section<'_, '_>, problems: &mut Problems| {
        let (zh, en) = section.both(key, problems)?;
        // What a wrong condition guards is unknown: its own mistakes come first.
        checked.as_ref()?;
        let mut one =
            |text: &Text, language: &str| match Template::check(&text.value, scope, known, has_due)
            {
                Ok((template, more)) => {
                    cost = cost.saturating_add(more);
                    Some(template)
                }
                Err(mistakes) => {
                    let name = format!("{}: {key}.{language}", section.name);
                    tell(&name, source, text, mistakes, problems);
                    None
                }
            };
        let (zh, en) = (one(&zh, "zh"), one(&en, "en"));
        Some(Both { zh: zh?, en: en? })
    };
    let message = both("message", &mut section, problems);
    let remedy = both("remedy", &mut section, problems);
    let file = source.file.to_owned();
    section.finish(problems);
    Some(Rule {
        id: id?.value,
        code: code?.value,
        law: rule_sets.into_iter().map(|name| name.value).collect(),
        services: services?,
        from,
        until,
        outcome: outcome?,
        overrides: overrides.into_iter().map(|id| id.value).collect(),
        when: checked?.node,
        cite: cite?,
        due,
        private,
        message: message?,
        remedy: remedy?,
        file,
        line,
        cost,
    })
}

/// Rule sets with their first and last days; `rule_sets` are names and first days, oldest first.
pub(super) fn reigns(
    rule_sets: &[(String, Date)],
) -> impl Iterator<Item = (&str, Date, Date)> + Clone {
    let last = |(_, next): &(String, Date)| next.yesterday().unwrap_or(*next);
    let lasts = rule_sets.iter().skip(1).map(last).chain([Date::MAX]);
    rule_sets.iter().zip(lasts).map(|((name, first), last)| (name.as_str(), *first, last))
}

/// The rule sets named, each with its first and last day inside the rule's own period.
fn days_of<'d>(
    declared: &'d [(String, Date)],
    named: &[Text],
    from: Option<Date>,
    until: Option<Date>,
) -> Vec<(&'d str, Date, Date)> {
    reigns(declared)
        .filter(|(name, ..)| named.iter().any(|one| one.value == *name))
        .map(|(name, first, last)| {
            let begin = from.map_or(first, |from| from.max(first));
            (name, begin, until.map_or(last, |until| until.min(last)))
        })
        .filter(|(_, begin, end)| begin <= end)
        .collect()
}

/// That an application is about one of `services`; nothing where they are all.
fn about(services: &BTreeSet<String>, roots: &Record) -> Option<Node> {
    let (service, ty) = of_application("service", roots)?;
    let Type::Enum(all) = ty else { return None };
    let words: Vec<Value> =
        services.iter().filter_map(|service| all.place(service)).map(Value::Word).collect();
    let words = Some(words).filter(|words| !words.is_empty())?;
    Some(within(Sort::Number, service, Node::Const(Value::List(words))))
}

/// That the day of acceptance lies in a period: in `days` of rule sets (first and last), and in the rule's
/// own. It is the day the application says, and never one to come (see `decide`).
fn period(
    days: impl Iterator<Item = (Date, Date)> + Clone,
    from: Option<Date>,
    until: Option<Date>,
    roots: &Record,
) -> Option<Node> {
    let begin = days.clone().map(|(begin, _)| begin).min()?.max(from.unwrap_or(Date::MIN));
    let last = days.map(|(_, end)| end).max()?;
    let end = last.min(until.unwrap_or(Date::MAX));
    // A period without a day is told for itself.
    if end < begin {
        return None;
    }
    let (accepted, _) = of_application("accepted_on", roots)?;
    let Node::Fact(place) = &accepted else { return None };
    let said = Node::Present(place.clone());
    let is = |day: Node, comparison, to| {
        Node::Compare(comparison, Sort::Day, Box::new([day, Node::Const(Value::Date(to))]))
    };
    let (least, most) = (Comparison::GreaterOrEqual, Comparison::LessOrEqual);
    let unsaid = Node::Not(Box::new(said.clone()));
    Some(Node::And(vec![
        is(Node::Today, least, begin),
        is(Node::Accepted, least, begin),
        is(Node::Accepted, most, end),
        Node::Or(vec![unsaid, is(accepted.clone(), least, begin)]),
        Node::Or(vec![is(Node::Today, most, end), Node::And(vec![said, is(accepted, most, end)])]),
    ]))
}

fn of_application<'r>(name: &str, roots: &'r Record) -> Option<(Node, &'r Type)> {
    let (_, application) = roots.field("application")?;
    let Type::Record(record) = &application.ty else { return None };
    let (_, field) = record.field(name)?;
    let place = inside(&Node::Fact(Box::new(root(application))), field)?;
    Some((Node::Fact(Box::new(place)), &field.ty))
}

/// Ids and codes are upper-case words: they stand in records for decades.
pub(super) fn word(
    section: &Section<'_, '_>,
    text: &Text,
    key: &str,
    joint: fn(u8) -> bool,
    problems: &mut Problems,
) {
    let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || joint(b);
    if text.value.len() > 48 || !text.value.bytes().all(good) {
        let wrong = format!("{}: '{key}' is not made of capitals and digits", section.name);
        problems.push(section.source.problem(text.at, wrong, "at most 48 characters"));
    }
}

fn services(section: &mut Section<'_, '_>, problems: &mut Problems) -> Option<BTreeSet<String>> {
    let written = section.texts("applies", problems);
    if section.value("applies").is_none_or(is_empty_list) {
        section.is_missing("applies", "'applies' is missing", r#"name services, or ["any"]"#);
    }
    if written.is_empty() {
        return None;
    }
    twice(section, "applies", &written, problems);
    let mut services = BTreeSet::new();
    for name in &written {
        if name.value == "any" && written.len() > 1 {
            let text = format!("{}: \"any\" stands beside other services", section.name);
            let remedy = r#""any" stands alone: it is every service"#;
            problems.push(section.source.problem(name.at, text, remedy));
            return None;
        }
        if name.value == "any" {
            return Some(services);
        }
        if ServiceCode::parse(&name.value).is_none() {
            let known = ServiceCode::ALL.into_iter().map(ServiceCode::as_str);
            let hint = hint(&name.value, known.chain(["any"]));
            let text = format!("{}: unknown service '{}'{hint}", section.name, name.value);
            let remedy = r#"write food/new and the like, or ["any"] for all"#;
            problems.push(section.source.problem(name.at, text, remedy));
        }
        services.insert(name.value.clone());
    }
    Some(services)
}

/// Tells what a list of names has twice: one of the two was meant to be another.
fn twice(section: &Section<'_, '_>, key: &str, names: &[Text], problems: &mut Problems) {
    let mut known = BTreeSet::new();
    for name in names {
        if !known.insert(name.value.as_str()) {
            let text = format!("{}: '{key}' names '{}' twice", section.name, name.value);
            let remedy = "take one out, or name the one that was meant";
            problems.push(section.source.problem(name.at, text, remedy));
        }
    }
}

fn outcome(section: &mut Section<'_, '_>, problems: &mut Problems) -> Option<Verdict> {
    let written = section.required("outcome", problems)?;
    let words: Vec<String> =
        Verdict::ALL.into_iter().map(|verdict| verdict.as_str().to_ascii_lowercase()).collect();
    let found = Verdict::ALL.into_iter().zip(&words).find(|(_, word)| **word == written.value);
    if found.is_none() {
        let hint = hint(&written.value, words.iter().map(String::as_str));
        let text = format!("{}: unknown outcome '{}'{hint}", section.name, written.value);
        let remedy = format!("one of {}", words.join(", "));
        problems.push(section.source.problem(written.at, text, remedy));
    }
    found.map(|(verdict, _)| verdict)
}

fn due(
    section: &mut Section<'_, '_>,
    scope: Scope<'_>,
    known: &Known,
    sound: bool,
    problems: &mut Problems,
) -> Option<(DueBy, u64)> {
    let workdays = section.integer("due_workdays", problems);
    let day = section.text("due", problems);
    match (workdays, day) {
        (Some(_), Some(_)) => {
            let text = "both 'due' and 'due_workdays'";
            problems.push(section.problem(text, "one of them"));
            None
        }
        (Some(count), None) => {
            let fits =
                u16::try_from(count).ok().filter(|_| (1..=DUE_WORKDAYS_MAX).contains(&count));
            if fits.is_none() {
                let text = format!("'due_workdays' is not between 1 and {DUE_WORKDAYS_MAX}");
                problems.push(section.problem(text, "no period of the law is longer"));
            }
            fits.map(|count| (DueBy::Workdays(count), u64::from(count)))
        }
        (None, Some(text)) if sound => {
            let checked = parse(&text.value)
                .map_err(|mistake| vec![mistake])
                .and_then(|expr| expression(&text.value, &expr, scope, known, false))
                .and_then(|checked| {
                    if checked.ty == Type::Date {
                        return Ok(checked);
                    }
                    let text = format!("'due' is {}, not a date", checked.ty);
                    Err(vec![Mistake::new(0, text, "for example add_days(today, 30)")])
                });
            match checked {
                Ok(checked) => Some((DueBy::Day(checked.node), checked.cost)),
                Err(mistakes) => {
                    tell(&section.name, section.source, &text, mistakes, problems);
                    None
                }
            }
        }
        (None, _) => None,
    }
}

/// Tells a mistake of the writing alone.
fn tell_syntax(
    name: &str,
    source: Source<'_>,
    written: &Text,
    mistake: Mistake,
    problems: &mut Problems,
) {
    let text = format!("{name}: {}", mistake.text);
    problems.push(source.problem_in(written, mistake.at, text, mistake.remedy));
}

/// Tells mistakes that were found by the schema.
fn tell(
    name: &str,
    source: Source<'_>,
    written: &Text,
    mistakes: Vec<Mistake>,
    problems: &mut Problems,
) {
    for mistake in mistakes {
        let text = format!("{name}: {}", mistake.text);
        problems.push_by_facts(source.problem_in(written, mistake.at, text, mistake.remedy));
    }
}
