//! `make bench`: every limit of the rule engine, what was measured, and whether it holds.
//!
//! Four engines decide the same applications by the same seventy rules (food and hygiene, first licences,
//! the law of 2025; `edition/` is a copy of the rulebook, so that numbers stay comparable). Before anything
//! is timed, all must agree on every rule of every application. Time is the processor time of the thread;
//! each application is one sample, the mean of several runs in a row.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cel::{Context, Env, Program};
use permit_kiosk_benches::applications::{Random, TODAY, application, for_others};
use permit_kiosk_benches::plain::{self, Settings};
use permit_kiosk_benches::rules::{Facts, Rulebook, decision_json, fired};
use permit_kiosk_benches::translate::{Language, Written, translate, variable, written};
use serde::Serialize;
use serde_json::Value;
use zen_expression::expression::Standard;
use zen_expression::vm::VM;
use zen_expression::{Expression, Isolate, Scope, Variable};

type Files = BTreeMap<String, String>;

const APPLICATIONS: usize = 2000;
const SEED: u64 = 0x5EED_BE4C;

fn main() -> ExitCode {
    let edition = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("edition"));
    let rulebook = Rulebook::load(&edition).unwrap_or_else(|problems| panic!("{problems}"));
    let (rules, defines) = written(&edition);
    let chosen: Vec<&Written> = rules
        .iter()
        .filter(|rule| {
            let about = |service: &str| rule.applies.iter().any(|name| name == service);
            rule.rule_set.iter().any(|law| law == "R2025")
                && (about("any") || about("food/new") || about("hygiene/new"))
        })
        .collect();
    let ids: Vec<&str> = chosen.iter().map(|rule| rule.id.as_str()).collect();
    let rulebook = rulebook.with_rules(&ids);

    let mut random = Random::new(SEED);
    let documents: Vec<Value> = (0..APPLICATIONS).map(|_| application(&mut random)).collect();
    let params = params(&edition);
    let settings = settings(&params);
    let env = Arc::new(Env::stdlib());
    let mut isolate = Isolate::new();
    let asked: Vec<Asked> = chosen
        .iter()
        .map(|rule| {
            let cel = translate(&rule.when, &defines, Language::Cel);
            let zen = translate(&rule.when, &defines, Language::Zen);
            Asked {
                id: rule.id.clone(),
                any: rule.applies.iter().any(|name| name == "any"),
                applies: rule.applies.iter().cloned().collect(),
                cel: env.compile(&cel).unwrap_or_else(|why| panic!("{cel}: {why}")),
                zen: isolate.compile_standard(&zen).unwrap_or_else(|why| panic!("{zen}: {why}")),
            }
        })
        .collect();
    let samples: Vec<Sample> = documents
        .iter()
        .map(|facts| Sample::new(facts, &rulebook, &env, &params, &asked))
        .collect();

    let compared = agree(&samples, &rulebook, &settings);
    println!(
        "{} rules, {APPLICATIONS} applications (seed {SEED:#x}): {compared} answers of each of four engines agree",
        asked.len(),
    );
    report(&samples, &rulebook, &settings, &edition)
}

/// A rule in the other engines' forms.
struct Asked {
    id: String,
    any: bool,
    applies: BTreeSet<String>,
    cel: Program,
    zen: Expression<Standard>,
}

/// An application, prepared for each engine.
struct Sample<'a> {
    bytes: Vec<u8>,
    ours: Facts,
    plain: plain::Facts,
    cel: Context<'static, 'static>,
    zen: Scope,
    /// The rules about its service.
    asked: Vec<&'a Asked>,
}

impl<'a> Sample<'a> {
    fn new(
        facts: &Value,
        rulebook: &Rulebook,
        env: &Arc<Env>,
        params: &BTreeMap<String, Value>,
        asked: &'a [Asked],
    ) -> Self {
        let bytes = facts.to_string().into_bytes();
        let service = facts["application"]["service"].as_str().unwrap_or_default();
        let mut seen = for_others(facts);
        for (name, value) in params {
            seen[variable(name)] = value.clone();
        }
        let mut cel = Context::with_env(env.clone());
        for (name, value) in seen.as_object().into_iter().flatten() {
            let value = cel::to_value(Signed(value)).unwrap_or_else(|why| panic!("{name}: {why}"));
            cel.add_variable_from_value(name.clone(), value);
        }
        Self {
            ours: Facts::parse(rulebook, &bytes)
                .unwrap_or_else(|wrong| panic!("{wrong:?}\n{facts}")),
            plain: serde_json::from_slice(&bytes).unwrap_or_else(|why| panic!("{why}\n{facts}")),
            cel,
            zen: Scope::new(Variable::from(seen)),
            asked: asked.iter().filter(|rule| rule.any || rule.applies.contains(service)).collect(),
            bytes,
        }
    }

    fn by_cel(&self) -> Vec<&'a str> {
        let holds = |rule: &&&Asked| match rule.cel.execute(&self.cel) {
            Ok(cel::Value::Bool(truth)) => truth,
            other => panic!("{}: {other:?}", rule.id),
        };
        self.asked.iter().filter(holds).map(|rule| rule.id.as_str()).collect()
    }

    fn by_zen(&self, vm: &mut VM) -> Vec<&'a str> {
        let mut found = Vec::new();
        for rule in &self.asked {
            match rule.zen.evaluate_with_scope(&self.zen, vm) {
                Ok(Variable::Bool(true)) => found.push(rule.id.as_str()),
                Ok(Variable::Bool(false)) => {}
                other => panic!("{}: {other:?}", rule.id),
            }
        }
        found
    }
}

/// CEL's numbers are signed, unless they come from an unsigned one.
struct Signed<'v>(&'v Value);

impl Serialize for Signed<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => serializer.serialize_i64(number.as_i64().unwrap_or_default()),
            Value::Array(all) => serializer.collect_seq(all.iter().map(Signed)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(key, value)| (key, Signed(value))))
            }
            other => other.serialize(serializer),
        }
    }
}

/// Every engine says the same about every rule and every application.
fn agree(samples: &[Sample<'_>], rulebook: &Rulebook, settings: &Settings) -> usize {
    let mut vm = VM::new();
    let (mut compared, mut held) = (0, BTreeMap::<&str, usize>::new());
    for sample in samples {
        let ours = fired(rulebook, &sample.ours, TODAY);
        let document = String::from_utf8_lossy(&sample.bytes);
        let check = |engine: &str, theirs: Vec<&str>| {
            assert_eq!(ours, theirs, "left ours, right {engine}: {document}");
        };
        check("plain Rust", plain::fired(&sample.plain, settings, TODAY));
        check("zen-expression", sample.by_zen(&mut vm));
        check("cel", sample.by_cel());
        compared += sample.asked.len();
        for id in ours {
            *held.entry(id).or_default() += 1;
        }
    }
    let silent: Vec<&str> = rulebook.rule_ids().filter(|id| !held.contains_key(id)).collect();
    assert!(silent.is_empty(), "no application makes these speak: {silent:?}");
    compared
}

/// Times of one thing over all applications, in nanoseconds.
struct Times(Vec<f64>);

impl Times {
    fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "two thousand")]
        let count = self.0.len() as f64;
        self.0.iter().sum::<f64>() / count
    }

    fn percentile(&self, part: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() * part / 100]
    }
}

/// Rounds over all that is compared. What a machine does besides comes in bursts: each hits one round of one
/// engine, not all rounds of it.
const ROUNDS: usize = 7;

/// One round of one thing: a sample of each application, kept where it is the best so far, because a machine
/// that does other things never makes anything faster.
type Round<'r> = Box<dyn FnMut(&mut [f64]) + 'r>;

/// `runs` in a row for each sample, once to warm up.
fn round<'s, 'a: 's, T>(
    samples: &'s [Sample<'a>],
    runs: u32,
    mut one: impl FnMut(&'s Sample<'a>) -> T + 's,
) -> Round<'s> {
    Box::new(move |best| {
        for (sample, best) in samples.iter().zip(best) {
            black_box(one(sample));
            let begin = thread_time();
            for _ in 0..runs {
                black_box(one(black_box(sample)));
            }
            *best = best.min((thread_time() - begin) / f64::from(runs));
        }
    })
}

/// Processor time of this thread in nanoseconds.
fn thread_time() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a run has seconds, not months")]
    let (seconds, nanos) = (now.tv_sec as f64, now.tv_nsec as f64);
    seconds * 1e9 + nanos
}

fn report(
    samples: &[Sample<'_>],
    rulebook: &Rulebook,
    settings: &Settings,
    edition: &Files,
) -> ExitCode {
    let mut vm = VM::new();
    let thousand = thousand(edition);
    let load = || {
        let begin = thread_time();
        let loaded = Rulebook::load(black_box(&thousand));
        let took = thread_time() - begin;
        let count = loaded.map(|loaded| loaded.rule_ids().count());
        assert_eq!(count.unwrap_or_else(|problems| panic!("{problems}")), 1000);
        took
    };
    let mut rounds: [Round<'_>; 8] = [
        round(samples, 20, |sample| fired(rulebook, &sample.ours, TODAY)),
        round(samples, 20, |sample| plain::fired(&sample.plain, settings, TODAY)),
        round(samples, 4, |sample| sample.by_zen(&mut vm)),
        round(samples, 1, |sample| sample.by_cel()),
        round(samples, 10, |sample| {
            let facts = Facts::parse(rulebook, &sample.bytes);
            facts.map(|facts| fired(rulebook, &facts, TODAY))
        }),
        round(samples, 10, |sample| {
            let facts = serde_json::from_slice::<plain::Facts>(&sample.bytes);
            facts.map(|facts| plain::fired(&facts, settings, TODAY))
        }),
        round(samples, 5, |sample| {
            let facts = Facts::parse(rulebook, &sample.bytes);
            facts.map(|facts| decision_json(rulebook, &facts, TODAY))
        }),
        round(samples, 5, |sample| decision_json(rulebook, &sample.ours, TODAY)),
    ];
    let mut loads = Vec::new();
    let mut best = [(); 8].map(|()| vec![f64::INFINITY; samples.len()]);
    for _ in 0..ROUNDS {
        for (round, best) in rounds.iter_mut().zip(&mut best) {
            round(best);
        }
        loads.extend([load(), load(), load()]);
    }
    drop(rounds);
    let [ours, plain, zen, cel, ours_json, plain_json, explained_json, explained] = best.map(Times);
    let load = Times(loads);

    println!("{:<44} {:>11} {:>11}", "processor time of the thread", "mean", "p99");
    for (name, times) in [
        ("one decision: this engine", &ours),
        ("one decision: plain Rust", &plain),
        ("one decision: zen-expression 2", &zen),
        ("one decision: cel 0.15", &cel),
        ("JSON to verdict: this engine", &ours_json),
        ("JSON to verdict: plain Rust", &plain_json),
        ("JSON to explained decision as JSON", &explained_json),
        ("explained decision as JSON, facts bound", &explained),
    ] {
        println!(
            "{name:<44} {:>8.2} µs {:>8.2} µs",
            times.mean() / 1e3,
            times.percentile(99) / 1e3
        );
    }
    println!(
        "{:<44} {:>8.2} ms",
        "load an edition of 1,000 rules (median)",
        load.percentile(50) / 1e6
    );
    println!();
    println!("{:<44} {:>11} {:>11}", "limit", "measured", "");
    let mut good = true;
    let mut limit = |name: &str, measured: f64, holds: bool| {
        good &= holds;
        println!("{name:<44} {measured:>11.2} {:>11}", if holds { "PASS" } else { "MISS" });
    };
    let ratio = |a: &Times, b: &Times| a.mean() / b.mean();
    let times = ratio(&zen, &ours);
    limit("zen-expression takes at least 4 times longer", times, times >= 4.0);
    let times = ratio(&cel, &ours);
    limit("cel takes at least 20 times longer", times, times >= 20.0);
    let times = ratio(&ours, &plain);
    limit("within 5 times of plain Rust", times, times <= 5.0);
    let times = ratio(&ours_json, &plain_json);
    limit("from JSON within 1.4 times of plain Rust", times, times <= 1.4);
    let times = ratio(&explained_json, &ours_json);
    limit("explained as JSON under 3 times the bare one", times, times < 3.0);
    let millis = load.percentile(50) / 1e6;
    limit("1,000 rules loaded in under 50 ms", millis, millis < 50.0);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The edition with its rules again and again until there are a thousand, each with one more condition so
/// that no two are alike. By its own bounds a thousand rules would cost more steps than an edition may: so
/// the lists of its schema are shorter, and last days are written as counts, not as expressions.
fn thousand(edition: &Files) -> Files {
    let mut files: Files = edition
        .iter()
        .filter(|(name, _)| !name.starts_with("rules/"))
        .map(|(n, t)| (n.clone(), t.clone()))
        .collect();
    if let Some(schema) = files.get_mut("schema.toml") {
        for (long, short) in
            [("; 64]", "; 3]"), ("; 200]", "; 3]"), ("; 18]", "; 3]"), ("; 10]", "; 3]")]
        {
            *schema = schema.replace(long, short);
        }
    }
    let (rules, _) = written(edition);
    let texts = rule_texts(edition);
    assert_eq!(rules.len(), texts.len());
    let (rules, texts): (Vec<Written>, Vec<String>) = rules
        .into_iter()
        .zip(texts)
        .filter(|(rule, text)| {
            !rule.when.contains("late_notice")
                && !(rule.when.clone() + text).contains("window_opens(")
                && !(rule.when.clone() + text).contains("workdays(")
        })
        .unzip();
    let mut count = 0;
    let defines = |text: &str| -> Vec<String> {
        let parts = text.split("[[").filter(|part| part.starts_with("define]]"));
        parts.map(|part| format!("[[{part}")).collect()
    };
    // Definitions that only rules left out use are left out too.
    let rule_files = || edition.iter().filter(|(name, _)| name.starts_with("rules/"));
    let mut kept: Vec<String> = rule_files().flat_map(|(_, text)| defines(text)).collect();
    loop {
        let before = kept.clone();
        kept.retain(|define| {
            let name = define.split('"').nth(1).unwrap_or_else(|| panic!("{define}"));
            rules.iter().any(|rule| rule.when.contains(name))
                || texts.iter().any(|text| text.contains(name))
                || before.iter().any(|other| other != define && other.contains(name))
        });
        if kept == before {
            break;
        }
    }
    for (file, text) in rule_files() {
        let all = defines(text).into_iter().filter(|define| kept.contains(define));
        files.insert(file.clone(), all.collect());
    }
    while count < 1000 {
        let mut text = String::new();
        for _ in 0..100 {
            let rule = &rules[count % rules.len()];
            let id = format!("{}-{count}", rule.id);
            let date =
                format!("{}-{:02}-{:02}", 1900 + count / 336, 1 + count / 28 % 12, 1 + count % 28);
            let when = format!("({}) && applicant.birth != date(\"{date}\")", rule.when.trim());
            let begin = texts[count % rules.len()].replacen(
                &format!("\"{}\"", rule.id),
                &format!("\"{id}\""),
                1,
            );
            text.push_str(&begin.replacen("@WHEN@", &format!("'''{when}'''"), 1));
            count += 1;
        }
        files.insert(format!("rules/{count:04}.toml"), text);
    }
    files
}

/// The text of each rule, with `@WHEN@` for its condition.
fn rule_texts(edition: &Files) -> Vec<String> {
    let mut texts = Vec::new();
    for (_, text) in edition.iter().filter(|(name, _)| name.starts_with("rules/")) {
        for part in text.split("[[").filter(|part| part.starts_with("rule]]")) {
            let part: String = part
                .lines()
                .filter(|line| !line.starts_with('#'))
                .map(|line| format!("{line}\n"))
                .collect();
            let (before, after) = part.split_once("\nwhen = ").unwrap_or_else(|| panic!("{part}"));
            let quote = if after.starts_with("'''") { "'''" } else { "'" };
            let inner = &after[quote.len()..];
            let end = inner.find(quote).unwrap_or_else(|| panic!("{part}"));
            let rest = inner[end + quote.len()..]
                .lines()
                .map(|line| {
                    if line.starts_with("due = 'add_workdays(") {
                        "due_workdays = 10"
                    } else {
                        line
                    }
                })
                .fold(String::new(), |rest, line| rest + line + "\n");
            texts.push(format!("[[{before}\nwhen = @WHEN@{rest}"));
        }
    }
    texts
}

/// The parameters in force.
fn params(edition: &Files) -> BTreeMap<String, Value> {
    let file: toml::Table =
        edition["params.toml"].parse().unwrap_or_else(|why| panic!("params.toml: {why}"));
    let mut params = BTreeMap::new();
    for param in file["param"].as_array().into_iter().flatten() {
        let current = param["values"].as_array().and_then(|values| {
            let begun = |value: &&toml::Value| value["from"].to_string() <= TODAY.to_string();
            values.iter().rev().find(begun)
        });
        let value = current.map(|value| serde_json::to_value(&value["is"]).unwrap_or_default());
        params.insert(
            param["name"].as_str().unwrap_or_default().to_owned(),
            value.unwrap_or_default(),
        );
    }
    params
}

fn settings(params: &BTreeMap<String, Value>) -> Settings {
    fn get<T: serde::de::DeserializeOwned>(params: &BTreeMap<String, Value>, name: &str) -> T {
        serde_json::from_value(params[name].clone()).unwrap_or_else(|why| panic!("{name}: {why}"))
    }
    Settings {
        divisions: get(params, "jurisdiction.divisions"),
        scope_words: get(params, "food.scope_words"),
        small_catering_m2: get(params, "food.small_catering_m2"),
        bulk_sale: get(params, "instant.bulk_sale"),
        simple_preparation: get(params, "instant.simple_preparation"),
        self_made_drink: get(params, "instant.self_made_drink"),
        hot_by_promise: get(params, "instant.hot_by_promise"),
        simple_cold: get(params, "instant.simple_cold"),
        management: get(params, "instant.management"),
        hygiene_kinds: get(params, "instant.hygiene_kinds"),
        filing_kinds: get(params, "hygiene.filing_kinds"),
        rooms_report: get(params, "hygiene.rooms_report"),
        filing_days: get(params, "hygiene.filing_days"),
    }
}

/// The files of an edition, by their paths in it.
fn read(directory: &Path) -> Files {
    let mut files = Files::new();
    for folder in ["", "rules"] {
        let inside =
            std::fs::read_dir(directory.join(folder)).unwrap_or_else(|why| panic!("{why}"));
        for entry in inside.filter_map(Result::ok).filter(|entry| entry.path().is_file()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let text = std::fs::read_to_string(entry.path()).unwrap_or_else(|why| panic!("{why}"));
            files.insert(name, text);
        }
    }
    files
}
