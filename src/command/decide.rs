//! `permit-kiosk decide`: facts in, decision out, as the kiosk would decide them.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::domain::calendar::date_in_china;
use permit_kiosk::rules::{FactProblem, Facts, Rulebook, decide, decision_json};
use permit_kiosk::wire::v1;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::{rules, say};

/// Exit code where the facts cannot be decided upon as they are.
const FACTS_WRONG: u8 = 2;

/// Decide on a fact document and print the decision as JSON.
///
/// Everything wrong with the document is told at once, and the exit code is 2.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The fact document (docs/formats.md); `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// Decide as of this day in China, or of the day it there is at an instant (2026-11-23,
    /// 2026-11-23T09:30:00+08:00); today if it is left out.
    #[arg(long, alias = "at", value_name = "DAY", value_parser = day)]
    today: Option<Date>,
    /// Many documents: each line of the file is one, and each line printed is its decision.
    #[arg(long)]
    lines: bool,
    /// The rulebook's directory, or a published edition.
    #[arg(long, value_name = "PATH", default_value = "kiosk-config/rulebook")]
    rulebook: PathBuf,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let rulebook = rules::sound(&args.rulebook)?;
    let today = args.today.unwrap_or_else(|| SystemClock.today());
    if args.lines {
        let mut documents = BufReader::new(open(&args.facts)?);
        let told = BufWriter::new(io::stdout().lock());
        return decide_lines(&rulebook, &mut documents, today, told)
            .with_context(|| format!("cannot decide the lines of {}", args.facts.display()));
    }
    let document = match document(&args.facts)? {
        Ok(document) => document,
        Err(wrong) => return complain_of(&wrong),
    };
    let facts = match Facts::bind(&rulebook, &document) {
        Ok(facts) => facts,
        Err(problems) => return complain_of(&told(&args.facts, &problems)),
    };
    let decision = v1::Decision::from(&decide(&rulebook, &facts, today));
    say(serde_json::to_string_pretty(&decision).context("cannot write the decision as JSON")?);
    Ok(ExitCode::SUCCESS)
}

/// A day as such, or the day it is in China at an instant.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(date_in_china(instant));
    }
    let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-23".len());
    day.ok_or_else(|| {
        "neither a day (2026-11-23) nor an instant (2026-11-23T09:30:00+08:00)".to_owned()
    })
}

/// The fact document in a file, or what is wrong with it.
pub(crate) fn document(path: &Path) -> anyhow::Result<Result<Value, Vec<String>>> {
    let text = read(path)?;
    Ok(match serde_json::from_str(&text) {
        Ok(Unambiguous(document)) => Ok(document),
        Err(error) => Err(vec![format!("{}: not a JSON document: {error}", path.display())]),
    })
}

/// One decision a line; a line that cannot be decided upon says why, and the others are decided.
fn decide_lines(
    rulebook: &Rulebook,
    documents: &mut impl BufRead,
    today: Date,
    mut told: impl io::Write,
) -> anyhow::Result<ExitCode> {
    // One byte more than is read, and the end of the line.
    let limit = u64::try_from(Facts::BYTES_MAX)? + 2;
    let mut code = ExitCode::SUCCESS;
    let mut document = Vec::new();
    for number in 1_u64.. {
        document.clear();
        if documents.by_ref().take(limit).read_until(b'\n', &mut document)? == 0 {
            break;
        }
        match document.pop() {
            Some(b'\n') | None => {}
            Some(last) => {
                document.push(last);
                documents.skip_until(b'\n')?;
            }
        }
        let line = match Facts::parse(rulebook, &document) {
            Ok(facts) => decision_json(rulebook, &facts, today),
            Err(problems) => {
                code = ExitCode::from(FACTS_WRONG);
                let problems: Vec<Value> = problems
                    .iter()
                    .map(|FactProblem { path, text, remedy }| {
                        json!({ "path": path, "text": text, "remedy": remedy })
                    })
                    .collect();
                json!({ "line": number, "problems": problems }).to_string()
            }
        };
        told.write_all(line.as_bytes())?;
        told.write_all(b"\n")?;
    }
    told.flush()?;
    Ok(code)
}

fn open(path: &Path) -> anyhow::Result<Box<dyn io::Read>> {
    Ok(if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?)
    })
}

fn read(path: &Path) -> anyhow::Result<String> {
    let from = open(path)?;
    let mut text = String::new();
    // One byte more than is read, so that a document at the limit differs from one over it.
    let limit = u64::try_from(Facts::BYTES_MAX)? + 1;
    from.take(limit)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {} as UTF-8 text", path.display()))?;
    if text.len() > Facts::BYTES_MAX {
        bail!("{} has more than {} bytes", path.display(), Facts::BYTES_MAX);
    }
    Ok(text)
}

pub(crate) fn told(path: &Path, problems: &[FactProblem]) -> Vec<String> {
    let count = problems.len();
    let things = if count == 1 { "thing" } else { "things" };
    let mut lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    lines.insert(0, format!("{}: {count} {things} wrong, nothing decided", path.display()));
    lines
}

/// Tells what is wrong with the facts, and ends with the exit code for it.
pub(crate) fn complain_of(lines: &[String]) -> anyhow::Result<ExitCode> {
    let text = format!("{}\n", lines.join("\n"));
    io::stderr().write_all(text.as_bytes()).context("cannot tell what is wrong with the facts")?;
    Ok(ExitCode::from(FACTS_WRONG))
}

/// A JSON document in which no key stands twice: which of two answers counts must not depend on who
/// reads it (RFC 8259, 4).
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnambiguousVisitor).map(Self)
    }
}

struct UnambiguousVisitor;

impl<'de> Visitor<'de> for UnambiguousVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unambiguous(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::from(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((key, Unambiguous(value))) = map.next_entry::<String, _>()? {
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}
