//! `permit-kiosk rules explain`: why an application comes to what it comes to, for staff and auditors.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::civil::Date;
use permit_kiosk::central::keys;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::domain::{ApplicationId, Bilingual, Decision};
use permit_kiosk::journal::Reader;
use permit_kiosk::rules::{Change, Explanation, Facts, Spoken, explain};
use permit_kiosk::wire::v1::{self, Body, Record};

use super::{Loaded, WRONG, load, no_law};
use crate::command::{decide, say};

/// Bytes of records read at once.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Records read at once.
const PAGE_RECORDS_MAX: usize = 1000;

/// Explain a decision: every rule that spoke, what it saw, its article, and what would have to differ.
///
/// Either of a fact document, or of a case in a kiosk's journal, by the facts and the day recorded.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rulebook's directory, or a published edition.
    #[arg(value_name = "PATH", default_value = "kiosk-config/rulebook")]
    edition: PathBuf,
    /// The fact document (docs/formats/facts.md); `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Decide as of this day in China, or of the day it there is at an instant (RFC 3339); today if it is
    /// left out.
    #[arg(long, alias = "at", value_name = "DAY", value_parser = decide::day, conflicts_with = "journal")]
    today: Option<Date>,
    /// The file of a journal, for example a backup.
    #[arg(long, value_name = "PATH", conflicts_with = "facts")]
    journal: Option<PathBuf>,
    /// The folder of the key that opens the journal's vault: the kiosk's key folder.
    #[arg(long, value_name = "DIR", requires = "journal")]
    keys: Option<PathBuf>,
    /// Which application of the journal: 32 digits.
    #[arg(long, value_name = "ID", requires = "journal", value_parser = application)]
    application: Option<ApplicationId>,
    /// In which language to tell it.
    #[arg(long, value_name = "LANGUAGE", default_value = "both")]
    lang: Tongue,
    /// Print it as JSON instead.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tongue {
    Zh,
    En,
    Both,
}

fn application(text: &str) -> Result<ApplicationId, String> {
    ApplicationId::parse(text)
        .ok_or_else(|| "an application's id has 32 digits of 0-9 a-f".to_owned())
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Loaded::Sound(rulebook) = load(&args.edition)? else { return Ok(ExitCode::from(WRONG)) };
    let (document, today, recorded) = match (&args.journal, &args.keys, args.application) {
        (Some(journal), Some(keys), Some(application)) => {
            let decided = recorded(journal, keys, application)?;
            let document = serde_json::from_str(decided.facts.reveal())
                .context("the facts of the record are not JSON")?;
            (document, decided.decision.today, Some(decided.decision))
        }
        _ => {
            let Some(facts) = &args.facts else {
                bail!(
                    "give --facts FILE, or of a recorded decision --journal DB, --application ID and --keys DIR \
                     (the kiosk's key folder)"
                )
            };
            let document = match decide::document(facts)? {
                Ok(document) => document,
                Err(wrong) => return decide::complain_of(&wrong),
            };
            if let Err(problems) = Facts::bind(&rulebook, &document) {
                return decide::complain_of(&decide::told(facts, &problems));
            }
            (document, args.today.unwrap_or_else(|| SystemClock.today()), None)
        }
    };
    if recorded.is_none() && rulebook.rule_set_on(today).is_none() {
        say(no_law(&rulebook, today));
        return Ok(ExitCode::from(WRONG));
    }
    let (decision, explanation) = explain(&rulebook, &document, today);
    if args.json {
        say(json(&explanation, recorded.as_ref(), &decision)?);
    } else {
        let mut sheet = Sheet::new(args.lang);
        if let Some(recorded) = &recorded {
            sheet.compared(recorded, &decision);
        }
        sheet.explanation(&explanation);
        say(sheet.text.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// The decision of an application as it stands in the journal; the latest one, if there are several.
fn recorded(
    path: &Path,
    keys: &Path,
    application: ApplicationId,
) -> anyhow::Result<v1::DecidedPersonal> {
    let vault_key = keys::read_vault_key(&keys.join(keys::VAULT_KEY))?;
    let reader = Reader::open(path).context("cannot open the journal")?;
    let reader = reader.with_vault(path, vault_key).context("cannot open the vault")?;
    let (mut after, mut found) = (0, None);
    loop {
        let records = reader.records(after, PAGE_RECORDS_MAX, PAGE_BYTES_MAX)?;
        let Some(last) = records.last() else { break };
        after = last.position;
        for placed in &records {
            // What this version cannot read is no decision it could explain.
            let Ok(record) = Record::read(placed.record.record.reveal()) else { continue };
            if let Body::Decided(decided) = record.body
                && decided.application == application
            {
                let key = placed.key.as_ref().with_context(|| {
                    format!("what was recorded of {application} was erased when its time was over")
                })?;
                found = Some(decided.open(&record.kiosk, &key.key)?);
            }
        }
    }
    found.with_context(|| format!("{} has no decision on {application}", path.display()))
}

/// A recorded decision made again, compared and explained, in both languages.
pub(crate) fn explained(
    explanation: &Explanation,
    recorded: &v1::Decision,
    decision: &Decision,
) -> String {
    let mut sheet = Sheet::new(Tongue::Both);
    sheet.compared(recorded, decision);
    sheet.explanation(explanation);
    sheet.text.trim_end().to_owned()
}

/// The explanation, and of a recorded case what the record says.
fn json(
    explanation: &Explanation,
    recorded: Option<&v1::Decision>,
    decision: &Decision,
) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(explanation).context("cannot write it as JSON")?;
    if let Some(recorded) = recorded {
        value["recorded"] = serde_json::json!({
            "decision": recorded,
            "same_edition": recorded.edition_digest == decision.edition_digest,
            "same_decision": *recorded == v1::Decision::from(decision),
        });
    }
    serde_json::to_string_pretty(&value).context("cannot write it as JSON")
}

/// Columns of a line: what a terminal and a letter hold.
const COLUMNS: usize = 80;

/// Lines for a person.
struct Sheet {
    text: String,
    tongue: Tongue,
}

impl Sheet {
    fn new(tongue: Tongue) -> Self {
        Self { text: String::new(), tongue }
    }

    fn compared(&mut self, recorded: &v1::Decision, decision: &Decision) {
        let same = |same| {
            if same {
                Bilingual::new("相同", "the same")
            } else {
                Bilingual::new("不同", "another")
            }
        };
        self.pair(
            0,
            &Bilingual::new("记录的决定", "Recorded"),
            &Bilingual::new(
                format!("{} {}，{}", recorded.verdict, recorded.code, recorded.today),
                format!("{} {}, {}", recorded.verdict, recorded.code, recorded.today),
            ),
        );
        let edition = same(recorded.edition_digest == decision.edition_digest);
        self.pair(
            0,
            &Bilingual::new("记录所用的规则", "Its edition"),
            &Bilingual::new(
                format!("{}，与现在给出的{}", recorded.edition, edition.zh),
                format!("{}, {} as given here", recorded.edition, edition.en),
            ),
        );
        let outcome = same(
            recorded.verdict == decision.verdict
                && recorded.code == decision.code
                && recorded.findings == v1::Decision::from(decision).findings,
        );
        self.pair(
            0,
            &Bilingual::new("现在重新决定", "Decided again"),
            &Bilingual::new(
                format!("{} {}，{}", decision.verdict, decision.code, outcome.zh),
                format!("{} {}, {}", decision.verdict, decision.code, outcome.en),
            ),
        );
        self.text.push('\n');
    }

    fn explanation(&mut self, of: &Explanation) {
        self.line(0, &format!("{} {}", of.verdict, of.code));
        self.both(0, &of.meaning);
        let rules = Bilingual::new(
            format!("{}，{}", of.edition, of.rule_set),
            format!("{}, {}", of.edition, of.rule_set),
        );
        self.pair(0, &Bilingual::new("规则", "Edition"), &rules);
        let today = Bilingual::new(of.today.to_string(), of.today.to_string());
        self.pair(0, &Bilingual::new("决定之日", "As of"), &today);
        for (index, spoken) in of.findings.iter().enumerate() {
            self.text.push('\n');
            self.spoken(index + 1, spoken);
        }
        if !of.verdict.grants_number() {
            self.text.push('\n');
            self.near(of);
        }
    }

    fn spoken(&mut self, number: usize, spoken: &Spoken) {
        let place = spoken.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
        self.line(0, &format!("{number}. {}{place}", spoken.rule));
        self.line(3, &format!("{} {}", spoken.outcome, spoken.code));
        if let Some(by) = &spoken.overridden_by {
            self.both(
                3,
                &Bilingual::new(
                    format!("不计入结论：被例外规定 {by} 取代。"),
                    format!("It does not count: {by} is the exception to it."),
                ),
            );
        } else if !spoken.told {
            self.both(
                3,
                &Bilingual::new(
                    "未告知申请人：与结论不同类。",
                    "Not told to the applicant: it does not fit the verdict.",
                ),
            );
        }
        self.both(3, &spoken.message);
        let same = |text: &str| Bilingual::new(text, text);
        self.pair(3, &Bilingual::new("依据", "Article"), &same(&spoken.citation));
        self.pair(3, &Bilingual::new("怎么办", "What to do"), &spoken.remedy);
        if let Some(due) = spoken.due {
            let (zh, en) =
                if spoken.provisional { ("（暂定）", " (provisional)") } else { ("", "") };
            let due = Bilingual::new(format!("{due}{zh}"), format!("{due}{en}"));
            self.pair(3, &Bilingual::new("期限", "By"), &due);
        }
        for read in &spoken.readings {
            self.pair(3, &read.label, &read.words);
            if read.label.zh != read.path {
                self.line(5, &format!("{} = {}", read.path, read.value));
            }
        }
        for used in &spoken.params {
            let name =
                Bilingual::new(format!("参数 {}", used.name), format!("Parameter {}", used.name));
            let from = used.from.map(|from| from.to_string()).unwrap_or_default();
            self.pair(
                3,
                &name,
                &Bilingual::new(
                    format!("{}，自{from}", used.words.zh),
                    format!("{}, since {from}", used.words.en),
                ),
            );
            if used.source.zh == used.source.en {
                self.line(5, &used.source.zh);
            } else {
                self.both(5, &used.source);
            }
        }
    }

    fn near(&mut self, of: &Explanation) {
        let near = &of.near;
        if near.ways.is_empty() {
            self.both(
                0,
                &Bilingual::new(
                    "申请人的回答改变一项或者两项，都不能当场办结。",
                    "With one or two other answers it would still not be granted on the spot.",
                ),
            );
        } else {
            self.both(
                0,
                &Bilingual::new(
                    "下列情况如果属实，可以当场办结：",
                    "Were one of these true, it would be granted on the spot:",
                ),
            );
            for way in &near.ways {
                for (index, change) in way.changes.iter().enumerate() {
                    self.change(if index == 0 { "-" } else { "+" }, change);
                }
                self.line(4, &format!("→ {}", way.verdict));
            }
            if near.more > 0 {
                let text = Bilingual::new(
                    format!("另有{}种。", near.more),
                    format!("And {} more.", near.more),
                );
                self.both(2, &text);
            }
            self.both(0, &Bilingual::new(
                "只有真实的情况才算数：不得为了当场办结而改变回答。",
                "Only what is true counts: no answer may be changed for the sake of the outcome.",
            ));
        }
        if near.tried < near.possible && near.ways.is_empty() {
            let (tried, possible) = (near.tried, near.possible);
            self.both(
                0,
                &Bilingual::new(
                    format!("（共{possible}种组合，只试了前{tried}种。）"),
                    format!("(Of {possible} combinations the first {tried} were tried.)"),
                ),
            );
        }
        self.both(0, &Bilingual::new("妨碍当场办结的：", "What stands against it:"));
        for blocking in &near.blocking {
            self.line(2, &format!("- {}", blocking.rule));
            self.both(4, &blocking.message);
            self.both(4, &blocking.remedy);
            if !blocking.answered {
                self.both(
                    4,
                    &Bilingual::new(
                        "（不取决于申请人的回答）",
                        "(no answer of the applicant changes it)",
                    ),
                );
            }
        }
    }

    fn change(&mut self, sign: &str, change: &Change) {
        let list = |words: fn(&Bilingual) -> &str, joint: &str| {
            change.to.iter().map(words).collect::<Vec<_>>().join(joint)
        };
        let zh = format!(
            "{sign} {}：{} → {}",
            change.label.zh,
            change.from.zh,
            list(|words| &words.zh, "；或者 ")
        );
        let en = format!(
            "{sign} {}: {} → {}",
            change.label.en,
            change.from.en,
            list(|words| &words.en, "; or ")
        );
        self.both(2, &Bilingual::new(zh, en));
    }

    fn both(&mut self, indent: usize, text: &Bilingual) {
        if self.tongue != Tongue::En {
            self.line(indent, &text.zh);
        }
        if self.tongue != Tongue::Zh && (text.en != text.zh || self.tongue == Tongue::En) {
            self.line(indent, &text.en);
        }
    }

    /// A label and what stands behind it.
    fn pair(&mut self, indent: usize, label: &Bilingual, value: &Bilingual) {
        let zh = format!("{}：{}", label.zh, value.zh);
        let en = format!("{}: {}", label.en, value.en);
        if self.tongue == Tongue::Both && value.zh == value.en {
            // The value is the same in both: once is enough.
            let label = if label.zh == label.en {
                label.zh.clone()
            } else {
                format!("{} {}", label.zh, label.en)
            };
            self.line(indent, &format!("{label}: {}", value.zh));
        } else {
            self.both(indent, &Bilingual::new(zh, en));
        }
    }

    /// One paragraph, broken where the line is full: between words, and between any two Chinese signs.
    fn line(&mut self, indent: usize, text: &str) {
        let hanging = indent + 2;
        let (mut line, mut used) = (" ".repeat(indent), indent);
        for piece in pieces(text) {
            let width = piece.chars().map(columns).sum::<usize>();
            let fits = used + piece.trim_end().chars().map(columns).sum::<usize>() <= COLUMNS;
            // A closing sign hangs over rather than begin a line.
            let closing = piece.starts_with(['。', '，', '、', '；', '：', '）', '”', '》', '〕']);
            if !fits && !closing && used > hanging {
                self.text += line.trim_end();
                self.text.push('\n');
                (line, used) = (" ".repeat(hanging), hanging);
            }
            line += piece;
            used += width;
        }
        self.text += line.trim_end();
        self.text.push('\n');
    }
}

/// Words with the blank behind them, and each wide sign alone.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = if columns(first) == 2 {
            first.len_utf8()
        } else {
            let stop = rest.char_indices().find(|(_, c)| *c == ' ' || columns(*c) == 2);
            stop.map_or(rest.len(), |(at, c)| if c == ' ' { at + 1 } else { at })
        };
        let (piece, left) = rest.split_at(end);
        rest = left;
        Some(piece)
    })
}

/// Chinese signs take two columns.
fn columns(c: char) -> usize {
    match c {
        '“' | '”' | '‘' | '’' | '→' | '…' => 1,
        _ if u32::from(c) >= 0x1100 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Sheet, Tongue};

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let mut sheet = Sheet::new(Tongue::Both);
        sheet.line(3, &"申请已受理，核查人员会与您联系。".repeat(9));
        sheet.line(3, &"It is accepted; the officers will call you. ".repeat(9));
        for line in sheet.text.lines() {
            assert!(line.chars().map(super::columns).sum::<usize>() <= 82, "{line}");
        }
    }
}
