//! The same conditions, evaluated by an engine we did not write: `cel`.
//!
//! Random conditions are made, our checker sorts them, and those it accepts must neither fail nor
//! disagree, except where a number overflows: there ours refers, and CEL may absorb the error.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::{Context, Env, Program};
use jiff::civil::{Date, date};
use permit_kiosk::domain::Decision;
use permit_kiosk::rules::{Facts, Rulebook, decide, fired, steps};
use serde_json::{Value, json};

use super::edition::{rule, small};
use super::random::Random;

const TODAY: Date = date(2026, 11, 23);

/// Makes a condition, or any expression, of a wanted type; now and then of another one.
struct Maker {
    random: Random,
    /// Quantifier variables over lines.
    vars: Vec<String>,
}

impl Maker {
    fn pick(&mut self, of: &[&str]) -> String {
        (*self.random.of(of)).to_owned()
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf();
        }
        match self.random.below(14) {
            0..=2 => format!("({} && {})", self.condition(depth - 1), self.condition(depth - 1)),
            3..=4 => format!("({} || {})", self.condition(depth - 1), self.condition(depth - 1)),
            5 => format!("!{}", self.condition(depth - 1)),
            6 => {
                let (a, b, c) = (
                    self.condition(depth - 1),
                    self.condition(depth - 1),
                    self.condition(depth - 1),
                );
                format!("({a} ? {b} : {c})")
            }
            7..=8 => self.quantified(depth),
            9..=10 => self.guarded(depth),
            _ => self.leaf(),
        }
    }

    fn quantified(&mut self, depth: usize) -> String {
        let quantifier = self.pick(&["exists", "all", "exists_one"]);
        let var = format!("v{}", self.vars.len());
        self.vars.push(var.clone());
        let body = self.condition(depth - 1);
        self.vars.pop();
        match self.random.below(8) {
            0 => {
                let count = self.random.below(4);
                return format!("size(shop.lines.filter({var}, {body})) >= {count}");
            }
            1 => return format!("shop.lines.filter({var}, {body}).{quantifier}(k, k.count > 7)"),
            _ => {}
        }
        format!("shop.lines.{quantifier}({var}, {body})")
    }

    fn guarded(&mut self, depth: usize) -> String {
        let rest = self.condition(depth - 1);
        match self.random.below(5) {
            0 => format!("(has(shop.closed) && shop.closed < {} && {rest})", self.day()),
            1 => format!("(!has(shop.grade) || shop.grade >= {} || {rest})", self.number(1)),
            2 => format!("(annex != null && annex.seats < {} && {rest})", self.number(1)),
            3 => format!("(annex == null || !has(annex.name) || annex.name == \"小店\" || {rest})"),
            _ => match self.vars.last() {
                Some(var) => format!("(has({var}.until) && {var}.until > today && {rest})"),
                None => format!("(has(shop.grade) ? shop.grade > 2 : {rest})"),
            },
        }
    }

    fn leaf(&mut self) -> String {
        let compare = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
        let equal = self.pick(&["==", "!="]);
        match self.random.below(18) {
            0 => format!("{} {compare} {}", self.number(2), self.number(1)),
            1 => format!("{} {compare} {}", self.day(), self.day()),
            2 => {
                let zone = self.zone();
                let word = self.pick(&["mixed", "commercial", "residential", "residental"]);
                // A word may stand on either side.
                if self.random.below(2) == 0 {
                    format!("{zone} {equal} \"{word}\"")
                } else {
                    format!("\"{word}\" {equal} {zone}")
                }
            }
            3 => format!("{} in [\"mixed\", \"commercial\"]", self.zone()),
            4 => format!("{} in param(\"zones\")", self.zone()),
            5 => format!("\"{}\" in {}", self.pick(&["cold", "hot", "raw"]), self.marks()),
            6 => format!(
                "shop.fee {compare} {}",
                self.pick(&["money(\"50.00\")", "money(\"0.05\")", "5000"])
            ),
            7 => "shop.live".to_owned(),
            8 => format!(
                "shop.name.{}(\"{}\")",
                self.pick(&["contains", "startsWith"]),
                self.pick(&["小", "店", "饭"])
            ),
            9 => match self.random.below(2) {
                0 => {
                    format!("{}.exists(m, m == \"{}\")", self.marks(), self.pick(&["cold", "hot"]))
                }
                _ => {
                    format!("{}.exists(m, \"{}\" == m)", self.marks(), self.pick(&["cold", "hot"]))
                }
            },
            10 => "shop.closed < today".to_owned(),
            11 => self.pick(&[
                "has(shop.closed)",
                "has(shop.grade)",
                "annex != null",
                "annex.seats > 3",
            ]),
            12 => format!("{} {compare} {}", self.amount(2), self.amount(1)),
            13 => format!("{} in [1, 7, {}]", self.number(1), self.random.below(60)),
            14 => format!("shop.live {equal} (shop.seats > {})", self.random.below(60)),
            15 => format!("shop.name {equal} (shop.live ? \"小店\" : \"饭店\")"),
            16 => {
                let quantifier = self.pick(&["exists", "all", "exists_one"]);
                format!("param(\"zones\").{quantifier}(z, z {equal} {})", self.zone())
            }
            _ => format!("size(shop.lines) {compare} {}", self.random.below(4)),
        }
    }

    fn zone(&mut self) -> String {
        match self.vars.last() {
            Some(var) if self.random.below(2) == 0 => format!("{var}.kind"),
            _ => "shop.zone".to_owned(),
        }
    }

    fn marks(&mut self) -> String {
        match self.vars.last() {
            Some(var) if self.random.below(2) == 0 => format!("{var}.marks"),
            _ => "shop.marks".to_owned(),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        if depth > 0 && self.random.below(3) == 0 {
            let sign = self.pick(&["+", "-", "*"]);
            return format!("({} {sign} {})", self.number(depth - 1), self.number(depth - 1));
        }
        match self.random.below(8) {
            0 => "shop.seats".to_owned(),
            1 => "param(\"seats.max\")".to_owned(),
            2 => format!("days_between({}, {})", self.day(), self.day()),
            3 => format!("years_between({}, {})", self.day(), self.day()),
            4 => "-shop.seats".to_owned(),
            5 if self.random.below(10) == 0 => "9223372036854775807".to_owned(),
            6 => self.vars.last().map_or("shop.seats".to_owned(), |var| format!("{var}.count")),
            _ => self.random.below(60).to_string(),
        }
    }

    /// In fen.
    fn amount(&mut self, depth: usize) -> String {
        if depth > 0 && self.random.below(2) == 0 {
            let sign = self.pick(&["+", "-"]);
            return format!("({} {sign} {})", self.amount(depth - 1), self.amount(depth - 1));
        }
        self.pick(&["shop.fee", "-shop.fee", "money(\"20.05\")", "money(\"-0.01\")"])
    }

    fn day(&mut self) -> String {
        match self.random.below(8) {
            0 => "today".to_owned(),
            7 => "accepted".to_owned(),
            1 => "shop.opened".to_owned(),
            2 => format!("add_days(shop.opened, {})", self.number(0)),
            3 => format!("add_years(shop.opened, {})", self.random.below(12)),
            4 => {
                let (one, other) = (self.random.below(99), self.random.below(40));
                format!("(shop.live ? add_days(today, {one}) : add_years(today, {other}))")
            }
            5 => format!("date(\"20{:02}-02-28\")", self.random.below(40) + 10),
            _ => "add_days(today, -30)".to_owned(),
        }
    }
}

fn facts(random: &mut Random) -> Value {
    let words = |random: &mut Random, of: &[&str]| -> Vec<String> {
        let count = random.below(4);
        let words = (0..count).map(|_| (*random.of(of)).to_owned());
        // Each word stands once in a list.
        words.collect::<BTreeSet<String>>().into_iter().collect()
    };
    let day = |random: &mut Random| {
        let (year, month, day) =
            (2015 + random.below(15), 1 + random.below(12), 1 + random.below(28));
        format!("{year}-{month:02}-{day:02}")
    };
    let zones = ["mixed", "commercial", "residential"];
    let marks = ["cold", "hot", "raw"];
    let lines: Vec<Value> = (0..random.below(4))
        .map(|_| {
            let mut line = json!({
                "kind": random.of(&zones), "marks": words(random, &marks), "count": random.below(60),
            });
            if random.below(2) == 0 {
                line["until"] = json!(day(random));
            }
            line
        })
        .collect();
    let mut facts = json!({
        "application": { "service": "food/new" },
        "shop": {
            "zone": random.of(&zones), "seats": random.below(80), "fee": random.of(&["0.05", "50.00", "70.10"]),
            "opened": day(random), "name": random.of(&["小店", "饭店", "x"]), "live": random.below(2) == 0,
            "lines": lines, "marks": words(random, &marks),
        },
    });
    if random.below(2) == 0 {
        facts["application"]["accepted_on"] = json!(day(random));
    }
    if random.below(2) == 0 {
        facts["shop"]["closed"] = json!(day(random));
    }
    if random.below(2) == 0 {
        facts["shop"]["grade"] = json!(random.below(5));
    }
    if random.below(2) == 0 {
        facts["annex"] = json!({ "seats": random.below(60) });
        if random.below(2) == 0 {
            facts["annex"]["name"] = json!("小店");
        }
    }
    facts
}

fn days(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days())
}

fn day_of(days: i64) -> Result<Date, cel::ExecutionError> {
    let wrong = |_| cel::ExecutionError::function_error("day", "out of range");
    let span = jiff::Span::new().try_days(days).map_err(wrong)?;
    let day = date(1970, 1, 1).checked_add(span).map_err(wrong)?;
    if (1800..=2299).contains(&day.year()) {
        Ok(day)
    } else {
        Err(cel::ExecutionError::function_error("day", "out of range"))
    }
}

/// What CEL sees: days and amounts are numbers, and all numbers are signed.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Plain>),
    Map(BTreeMap<String, Plain>),
}

fn plain(value: &Value) -> Plain {
    match value {
        Value::Null => Plain::Null,
        Value::Bool(truth) => Plain::Bool(*truth),
        Value::Number(number) => Plain::Int(number.as_i64().unwrap()),
        Value::String(text) if text.len() == 10 && text.contains('-') => {
            Plain::Int(days(text.parse().unwrap()))
        }
        Value::String(text) if text.contains('.') => {
            Plain::Int(text.replace('.', "").parse().unwrap())
        }
        Value::String(text) => Plain::Text(text.clone()),
        Value::Array(all) => Plain::List(all.iter().map(plain).collect()),
        Value::Object(fields) => {
            Plain::Map(fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
        }
    }
}

fn context(env: &Arc<Env>, facts: &Value) -> Context<'static, 'static> {
    let mut context = Context::with_env(env.clone());
    for root in ["application", "shop", "annex"] {
        let value = cel::to_value(plain(facts.get(root).unwrap_or(&Value::Null))).unwrap();
        context.add_variable_from_value(root, value);
    }
    context.add_variable_from_value("today", days(TODAY));
    let accepted =
        facts["application"]["accepted_on"].as_str().map(|day| days(day.parse().unwrap()));
    context.add_variable_from_value("accepted", accepted.unwrap_or(days(TODAY)).min(days(TODAY)));
    let add = |context: &mut Context<'static, 'static>| -> Result<(), Box<dyn std::error::Error>> {
        context.add_function("date", |text: Arc<String>| days(text.parse().unwrap()))?;
        context.add_function("money", |text: Arc<String>| {
            text.replace('.', "").parse::<i64>().unwrap()
        })?;
        context.add_function("param", |name: Arc<String>| -> cel::Value {
            if *name == "seats.max" {
                50_i64.into()
            } else {
                cel::to_value(["mixed", "residential"]).unwrap()
            }
        })?;
        context.add_function(
            "add_days",
            |day: i64, count: i64| -> Result<i64, cel::ExecutionError> {
                let sum = day.checked_add(count);
                let sum =
                    sum.ok_or_else(|| cel::ExecutionError::function_error("add_days", "overflow"))?;
                day_of(sum).map(days)
            },
        )?;
        context.add_function(
            "add_years",
            |day: i64, years: i64| -> Result<i64, cel::ExecutionError> {
                let day = day_of(day)?.checked_add(jiff::Span::new().years(years));
                Ok(days(day.map_err(|why| cel::ExecutionError::function_error("add_years", why))?))
            },
        )?;
        context.add_function("days_between", |from: i64, to: i64| to - from)?;
        context.add_function(
            "years_between",
            |from: i64, to: i64| -> Result<i64, cel::ExecutionError> {
                // By walking: the most years that still lie between.
                let (mut first, mut last, mut sign) = (day_of(from)?, day_of(to)?, 1);
                if last < first {
                    (first, last, sign) = (last, first, -1);
                }
                let birthday = |years: i16| {
                    let year = first.year() + years;
                    // Without a 29 February the year is full on 1 March.
                    Date::new(year, first.month(), first.day()).unwrap_or_else(|_| date(year, 3, 1))
                };
                let years = (0..500).take_while(|years| birthday(years + 1) <= last).count();
                Ok(sign * i64::try_from(years).unwrap())
            },
        )?;
        Ok(())
    };
    add(&mut context).unwrap();
    context
}

/// The conditions our checker accepts, and the edition they make.
fn accepted(conditions: Vec<String>) -> (Vec<(String, String)>, Rulebook) {
    let mut good: Vec<(String, String)> =
        conditions.into_iter().enumerate().map(|(i, when)| (format!("R{i}"), when)).collect();
    loop {
        let rules: String = good.iter().map(|(id, when)| rule(id, when)).collect();
        match Rulebook::load(&small(&rules)) {
            Ok(rulebook) => return (good, rulebook),
            Err(problems) => {
                let refused: BTreeSet<String> = problems
                    .0
                    .iter()
                    .map(|problem| problem.text.split(':').next().unwrap().to_owned())
                    .collect();
                let before = good.len();
                good.retain(|(id, _)| !refused.contains(id));
                assert!(good.len() < before, "{problems}");
            }
        }
    }
}

/// Evaluations of the short form; `KIOSK_ORACLE_EVALUATIONS=1000000` makes it a long one.
const EVALUATIONS: u64 = 50_000;

#[test]
fn what_the_checker_accepts_means_the_same_in_cel() {
    let wanted = std::env::var("KIOSK_ORACLE_EVALUATIONS").ok();
    let wanted: u64 = wanted.map_or(EVALUATIONS, |count| count.parse().unwrap());
    let seed = 0x5EED_CE11;
    let mut maker = Maker { random: Random::new(seed), vars: Vec::new() };
    let mut random = Random::new(seed + 1);
    let samples: Vec<Value> = (0..25).map(|_| facts(&mut random)).collect();
    let env = Arc::new(Env::stdlib());
    let contexts: Vec<Context<'_, '_>> = samples.iter().map(|facts| context(&env, facts)).collect();
    let (mut made, mut taken, mut evaluated, mut overflown, mut held) = (0, 0, 0_u64, 0_u64, 0_u64);
    let mut most_steps = 0;
    while evaluated < wanted {
        let conditions: Vec<String> = (0..60).map(|_| maker.condition(3)).collect();
        made += conditions.len();
        let (good, rulebook) = accepted(conditions);
        taken += good.len();
        let programs: Vec<Program> = good
            .iter()
            .map(|(_, when)| env.compile(when).unwrap_or_else(|why| panic!("{when}: {why}")))
            .collect();
        for (sample, context) in samples.iter().zip(&contexts) {
            let facts = Facts::bind(&rulebook, sample).unwrap();
            let decision: Decision = decide(&rulebook, &facts, TODAY);
            let steps = steps(&rulebook, &facts, TODAY);
            assert!(steps <= rulebook.cost(), "{steps} steps, {} were counted", rulebook.cost());
            most_steps = most_steps.max(steps * 100 / rulebook.cost().max(1));
            let bare = fired(&rulebook, &facts, TODAY);
            let told: Vec<&str> = decision.findings.iter().map(|f| f.rule.as_str()).collect();
            assert!(bare == told || told == ["ENGINE-SILENT"], "bare {bare:?}, explained {told:?}");
            for ((id, when), program) in good.iter().zip(&programs) {
                let ours = decision.findings.iter().find(|finding| finding.rule == *id);
                evaluated += 1;
                if ours.is_some_and(|finding| finding.code == "RULE_FAILED") {
                    let why = &ours.unwrap().readings.last().unwrap().value;
                    assert!(why.contains("left its range"), "seed {seed:#x}: {when}: {why}");
                    overflown += 1;
                    continue;
                }
                let theirs = program.execute(context);
                held += u64::from(ours.is_some());
                match theirs {
                    Ok(cel::Value::Bool(theirs)) => {
                        assert_eq!(ours.is_some(), theirs, "seed {seed:#x}: {when}\n{sample}");
                    }
                    other => panic!("seed {seed:#x}: {when}\n{sample}\ncel says {other:?}"),
                }
            }
        }
    }
    // So that a checker that refuses everything, or conditions that never hold, do not pass.
    assert!(taken * 4 > made, "only {taken} of {made} conditions were accepted");
    assert!(held * 20 > evaluated && held < evaluated, "{held} of {evaluated} held");
    assert!(overflown * 20 < evaluated, "{overflown} of {evaluated} overflowed");
    assert!(most_steps > 5, "the most steps taken were {most_steps} % of those counted");
    println!(
        "{made} conditions made, {taken} accepted, {evaluated} evaluations, {held} held, {overflown} overflowed"
    );
}
