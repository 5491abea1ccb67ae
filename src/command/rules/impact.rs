//! `permit-kiosk rules impact`: what past applications would come to under a new edition.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::ToSpan as _;
use jiff::civil::Date;
use permit_kiosk::central::keys;
use permit_kiosk::central::store::reader;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::config::{self, PermitBook};
use permit_kiosk::domain::{Language, ServiceCode};
use permit_kiosk::journal::Reader;
use permit_kiosk::rules::Rulebook;
use permit_kiosk::rules::decide_document;
use permit_kiosk::rules::impact::{Again, Came, Tally, again, moved};
use permit_kiosk::seal::{DataKey, VaultKey};
use permit_kiosk::wire::v1::{Body, Decided, DecidedPersonal, Decision, Header, Record};
use serde::Serialize;

use super::words::{language, pick, service, verdict};
use super::{Loaded, WRONG, load, no_law, say};
use crate::command::decide::day;

/// Exit code where a recorded decision does not come out again: the engine, the edition or the record
/// is not what it was.
const ALARM: u8 = 1;

/// Days looked back where nothing is said.
const DAYS_BACK: i32 = 90;

/// Bytes of records read at once; memory does not grow with the journal.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Records read at once.
const PAGE_RECORDS_MAX: usize = 1000;

/// Records read at once from central: each has 512 KiB at most, 16 MiB together.
const CENTRAL_RECORDS_MAX: usize = 32;

/// What the kiosk itself found begins with this: not of the law, and not decided again.
const KIOSK: &str = "KIOSK-";

/// Say what the applications of the past would come to under a new edition.
///
/// Every decided application of a kiosk's journal is decided again, with the facts as recorded, on the
/// day it was decided. Exit code 0: done, whatever changes. 1: a recorded decision does not come out
/// again under its own edition. 2: NEW or an --old is no edition.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new edition: its directory, or a published edition.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// A journal, or a backup of one; several may be given.
    #[arg(long, value_name = "DB")]
    journal: Vec<PathBuf>,
    /// Central's permit book, or a backup of it: what every kiosk decided. Of a fleet's database: the
    /// folder of central's configuration.
    #[arg(long, value_name = "DB")]
    central: Option<PathBuf>,
    /// The key folder of the kiosk, or of central, whose vault key opens what was recorded of people;
    /// for several journals one each, in their order.
    #[arg(long, value_name = "DIR")]
    keys: Vec<PathBuf>,
    /// An edition applications were decided under: those of it are first decided with it again, and
    /// must come out as recorded. Several may be given.
    #[arg(long, value_name = "DIR")]
    old: Vec<PathBuf>,
    /// From this day of decision on; 90 days ago where nothing is said.
    #[arg(long, value_name = "DAY", value_parser = day)]
    since: Option<Date>,
    /// Until this day of decision.
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<Date>,
    /// Only this service, for example food/new.
    #[arg(long, value_name = "SERVICE", value_parser = service_code)]
    service: Option<ServiceCode>,
    /// As if the new edition's law of this day had been in force all the time: what begins in future
    /// changes no past application otherwise.
    #[arg(long, value_name = "DAY", value_parser = day)]
    law_of: Option<Date>,
    /// The language of the words: zh or en.
    #[arg(long, value_name = "LANG", default_value = "zh", value_parser = language)]
    lang: Language,
    /// For machines: one JSON object a line, the summary last.
    #[arg(long)]
    json: bool,
}

fn service_code(text: &str) -> Result<ServiceCode, String> {
    let all = || ServiceCode::ALL.into_iter().map(ServiceCode::as_str).collect::<Vec<_>>();
    ServiceCode::parse(text)
        .ok_or_else(|| format!("no such service; there are {}", all().join(", ")))
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.journal.is_empty() && args.central.is_none() {
        bail!(
            "nothing to decide again: give --journal DB (a kiosk's journal or a backup of it, also several), \
             or --central DB (central's permit book), and --keys DIR"
        );
    }
    if args.keys.is_empty() {
        bail!(
            "give --keys DIR: the key folder of the kiosk (--journal) or of central (--central), whose vault \
             key opens what was recorded of people"
        );
    }
    if let (Some(since), Some(until)) = (args.since, args.until)
        && until < since
    {
        bail!("--until {until} lies before --since {since}: no decision is in between");
    }
    let Loaded::Sound(new) = load(&args.new)? else { return Ok(ExitCode::from(WRONG)) };
    let mut editions = Vec::new();
    for directory in &args.old {
        let Loaded::Sound(old) = load(directory)? else { return Ok(ExitCode::from(WRONG)) };
        editions.push(*old);
    }
    let new = match args.law_of {
        None => *new,
        Some(day) => match new.with_law_of(day) {
            Some(new) => new,
            None => bail!("{}", no_law(&new, day)),
        },
    };
    let clock = SystemClock;
    let since = match args.since {
        Some(day) => day,
        None => clock.today().checked_sub(DAYS_BACK.days()).context("the clock is wrong")?,
    };
    let mut impact = Impact {
        new: &new,
        editions: &editions,
        args: &args,
        since,
        summary: Summary::default(),
        progress: std::io::stderr().is_terminal(),
    };
    let began = clock.monotonic();
    for (index, path) in args.journal.iter().enumerate() {
        impact.journal(path, args.keys.get(index).or(args.keys.last()))?;
    }
    if let Some(path) = &args.central {
        impact.central(path)?;
    }
    let took = clock.monotonic().saturating_sub(began);
    impact.end(took)?;
    Ok(ExitCode::from(if impact.summary.not_reproduced > 0 { ALARM } else { 0 }))
}

fn vault_key(folder: Option<&PathBuf>, file: &str) -> anyhow::Result<VaultKey> {
    let folder = folder.context("give --keys")?;
    Ok(keys::read_vault_key(&folder.join(file))?)
}

/// The work, and what came of it so far.
struct Impact<'a> {
    new: &'a Rulebook,
    editions: &'a [Rulebook],
    args: &'a Args,
    since: Date,
    summary: Summary,
    progress: bool,
}

/// What came of everything together.
#[derive(Debug, Default, Serialize)]
struct Summary {
    #[serde(flatten)]
    tally: Tally,
    /// Recorded decisions that came out again under their own edition.
    reproduced: u64,
    /// Those that did not.
    not_reproduced: u64,
    /// Those whose own edition was not at hand.
    not_checked: u64,
    /// Those the kiosk itself referred, whatever the law said; what the law said is compared.
    referred_by_kiosk: u64,
    /// Decisions whose personal data was erased when its time was over.
    erased: u64,
    /// Records this software cannot read.
    unreadable: u64,
    /// The last day of decision seen.
    last: Option<Date>,
}

/// One application in the answer; nothing in it is about a person.
#[derive(Debug, Clone, Serialize)]
struct Row<'a> {
    /// What came of it, a word of the command's own.
    #[serde(rename = "row")]
    what: &'static str,
    kiosk: &'a str,
    position: u64,
    today: Date,
    service: &'a str,
    application: String,
    before: &'a Came,
    after: Option<&'a Came>,
    appeared: Vec<String>,
    disappeared: Vec<String>,
    problems: &'a [String],
}

impl<'a> Row<'a> {
    /// The same application, and what it comes to instead.
    fn come_to<'b>(&self, what: &'static str, after: Option<&'b Came>) -> Row<'b>
    where
        'a: 'b,
    {
        let (appeared, disappeared) =
            after.map_or_else(Default::default, |after| moved(self.before, after));
        Row { what, after, appeared, disappeared, ..self.clone() }
    }
}

impl Impact<'_> {
    fn journal(&mut self, path: &Path, keys: Option<&PathBuf>) -> anyhow::Result<()> {
        let vault_key = vault_key(keys, keys::VAULT_KEY)?;
        let reader = Reader::open(path).context("cannot open the journal")?;
        let reader = reader.with_vault(path, vault_key).context("cannot open the vault")?;
        let head = reader.head()?.position;
        let mut after = 0;
        loop {
            let records = reader.records(after, PAGE_RECORDS_MAX, PAGE_BYTES_MAX)?;
            let Some(last) = records.last() else { break };
            after = last.position;
            for placed in &records {
                let key = placed.key.as_ref().map(|key| &key.key);
                self.record(placed.position, placed.record.record.reveal(), key)?;
            }
            self.tell_progress(path, after, head)?;
        }
        Ok(())
    }

    fn central(&mut self, path: &Path) -> anyhow::Result<()> {
        let vault_key = vault_key(self.args.keys.last(), keys::CENTRAL_VAULT_KEY)?;
        let book = if path.is_dir() {
            config::load_central(path)?.permit_book
        } else {
            PermitBook::File(path.to_owned())
        };
        let book = reader::Reader::open(&book, vault_key)?;
        let mut last: Option<reader::DecidedRecord> = None;
        let mut read = 0;
        loop {
            let after = last.as_ref().map(|last| (&last.kiosk, last.position));
            let records = book.decided(after, CENTRAL_RECORDS_MAX)?;
            for record in &records {
                self.record(record.position, record.text.reveal(), record.key.as_ref())?;
                read += 1;
            }
            let Some(record) = records.into_iter().next_back() else { return Ok(()) };
            if self.progress {
                write!(std::io::stderr(), "\r{} {} {read}", path.display(), record.kiosk)
                    .context("cannot tell the progress")?;
            }
            last = Some(record);
        }
    }

    fn record(&mut self, position: u64, text: &str, key: Option<&DataKey>) -> anyhow::Result<()> {
        // Most records are none of ours. Inside a text quotes are escaped: nothing of ours is missed.
        let read = if text.contains(r#""kind":"decided""#) {
            Record::read(text).map(Some)
        } else {
            let header = Header::read(text);
            header.and_then(|header| match header.format.as_str() {
                Record::FORMAT => Ok(None),
                _ => Record::read(text).map(Some),
            })
        };
        match read {
            Ok(Some(Record { kiosk, body: Body::Decided(decided), .. })) => {
                let Some(key) = key else {
                    self.summary.erased += 1;
                    return Ok(());
                };
                let personal = decided
                    .open(&kiosk, key)
                    .with_context(|| format!("cannot open record {position} of {kiosk}"))?;
                self.decided(kiosk.as_str(), position, &decided, &personal)
            }
            Ok(_) => Ok(()),
            Err(error) => {
                self.summary.unreadable += 1;
                if self.args.json {
                    let why = error.to_string();
                    let row =
                        serde_json::json!({"row": "unreadable", "position": position, "why": why});
                    say(row);
                } else {
                    let what =
                        self.pick("这条记录本软件读不出", "a record this software cannot read");
                    say(format!("#{position} {what}: {error}"));
                }
                Ok(())
            }
        }
    }

    fn decided(
        &mut self,
        kiosk: &str,
        position: u64,
        decided: &Decided,
        personal: &DecidedPersonal,
    ) -> anyhow::Result<()> {
        let recorded = &personal.decision;
        let today = recorded.today;
        let wanted = self.args.service.is_none_or(|service| service == decided.service)
            && self.since <= today
            && self.args.until.is_none_or(|until| today <= until);
        if !wanted {
            return Ok(());
        }
        self.summary.last = self.summary.last.max(Some(today));
        let law = of_the_law(recorded);
        if law.findings.len() < recorded.findings.len() {
            self.summary.referred_by_kiosk += 1;
        }
        let before = came(&law);
        let facts = personal.facts.reveal();
        let same = Row {
            what: "same",
            kiosk,
            position,
            today,
            service: decided.service.as_str(),
            application: decided.application.to_string(),
            before: &before,
            after: None,
            appeared: Vec::new(),
            disappeared: Vec::new(),
            problems: &[],
        };
        match self.editions.iter().find(|old| old.digest() == recorded.edition_digest) {
            None => self.summary.not_checked += 1,
            Some(old) => {
                let again = decided_again(old, facts, today);
                if again.as_ref() == Some(&law) {
                    self.summary.reproduced += 1;
                } else {
                    self.summary.not_reproduced += 1;
                    let after = again.as_ref().map(came);
                    self.tell(&same.come_to("not_reproduced", after.as_ref()))?;
                }
            }
        }
        let again = again(self.new, facts, today, &before);
        self.summary.tally.count(&before, &again);
        match &again {
            Again::Same => Ok(()),
            Again::OtherFindings(after) if self.args.json => {
                self.tell(&same.come_to("other_findings", Some(after)))
            }
            Again::OtherFindings(_) => Ok(()),
            Again::Other(after) => self.tell(&same.come_to("other", Some(after))),
            Again::Unbound(problems) => self.tell(&Row { what: "unbound", problems, ..same }),
        }
    }

    fn tell(&self, row: &Row<'_>) -> anyhow::Result<()> {
        if self.args.json {
            say(serde_json::to_string(row).context("cannot write an application as JSON")?);
            return Ok(());
        }
        let lang = self.args.lang;
        let Row { kiosk, position, today, before, .. } = row;
        let what = match row.what {
            "not_reproduced" => self.pick("！！不能重现 ", "!! NOT REPRODUCED  "),
            "unbound" => self.pick("新版不能接受其事实 ", "facts not taken  "),
            _ => "",
        };
        say(format!(
            "{what}{kiosk} #{position} {today} {} {}",
            service(row.service, lang),
            row.application
        ));
        let was = format!("{} {}", verdict(before.verdict, lang), before.code);
        let is = row.after.map_or("?".to_owned(), |after| {
            format!("{} {}", verdict(after.verdict, lang), after.code)
        });
        say(format!("    {was} → {is}"));
        let signed = |sign: &str, rules: &[String]| {
            rules.iter().map(|rule| format!("{sign}{rule}")).collect::<Vec<_>>()
        };
        let rules = [signed("+", &row.appeared), signed("−", &row.disappeared)].concat();
        if !rules.is_empty() {
            say(format!("    {}", rules.join("  ")));
        }
        for problem in row.problems {
            say(format!("    {problem}"));
        }
        Ok(())
    }

    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        pick(self.args.lang, zh, en)
    }

    fn end(&mut self, took: Duration) -> anyhow::Result<()> {
        self.clear_progress()?;
        let summary = &self.summary;
        if self.args.json {
            let mut json = serde_json::to_value(summary).context("cannot write the summary")?;
            json["row"] = "summary".into();
            json["edition"] = self.new.edition().into();
            json["since"] = self.since.to_string().into();
            say(json);
            return Ok(());
        }
        let tally = &summary.tally;
        let until = self.args.until.map_or(String::new(), |until| format!(" – {until}"));
        let law = self.args.law_of.map_or(String::new(), |day| match self.args.lang {
            Language::Zh => format!("（按其 {day} 的规定）"),
            Language::En => format!(" (its law of {day})"),
        });
        say("");
        say(format!("{}{law}, {}{until}", self.new.edition(), self.since));
        let line = |zh: &str, en: &str, count: u64| {
            say(format!("{:>8}  {}", count, pick(self.args.lang, zh, en)));
        };
        line("件重新决定", "applications decided again", tally.decided);
        line("件相同", "come to the same, for the same reasons", tally.same);
        line(
            "件结论相同而适用的规则不同",
            "come to the same, other rules speak",
            tally.other_findings,
        );
        line("件结论或代码不同", "come to something else", tally.other);
        line("件的事实新版不能接受", "have facts the new edition cannot take", tally.unbound);
        line(
            "件按原版重现无误",
            "came out again as recorded under their own edition",
            summary.reproduced,
        );
        line(
            "件按原版不能重现",
            "did NOT come out again under their own edition",
            summary.not_reproduced,
        );
        line(
            "件没有原版可核对",
            "not checked: their own edition was not given (--old)",
            summary.not_checked,
        );
        line(
            "件由终端自行转人工，比较的是规则的结论",
            "referred by the kiosk itself; what the law said is compared",
            summary.referred_by_kiosk,
        );
        line(
            "件的个人信息已到期销毁",
            "had their personal data erased when its time was over",
            summary.erased,
        );
        line("条记录读不出", "records cannot be read", summary.unreadable);
        if !tally.verdicts.is_empty() {
            say("");
            for shift in &tally.verdicts {
                let (before, after) =
                    (verdict(shift.before, self.args.lang), verdict(shift.after, self.args.lang));
                say(format!("{:>8}  {before} → {after}", shift.count));
            }
        }
        if !tally.rules.is_empty() {
            say("");
            for (rule, moved) in &tally.rules {
                let (come, gone) =
                    (format!("+{}", moved.appeared), format!("-{}", moved.disappeared));
                say(format!("{come:>8} {gone:>8}  {rule}"));
            }
        }
        if !tally.reasons.is_empty() {
            say("");
            for (reason, count) in &tally.reasons {
                say(format!("{count:>8}  {reason}"));
            }
        }
        if let (None, Some(last)) = (self.args.law_of, summary.last)
            && let Some(day) = self.new.law_changes_after(last).first()
        {
            say("");
            say(match self.args.lang {
                Language::Zh => format!(
                    "新版自 {day} 起另有规定，对过去的申请没有影响；用 --law-of {day} 预览。"
                ),
                Language::En => format!(
                    "The new edition's law is another from {day} on, which changes no past application: \
                     see it with --law-of {day}."
                ),
            });
        }
        let per_second = u128::from(tally.decided) * 1000 / took.as_millis().max(1);
        if std::io::stderr().is_terminal() {
            writeln!(std::io::stderr(), "{per_second}/s").context("cannot tell the speed")?;
        }
        Ok(())
    }

    fn tell_progress(&self, path: &Path, position: u64, head: u64) -> anyhow::Result<()> {
        if self.progress {
            write!(std::io::stderr(), "\r{} {position}/{head}", path.display())
                .context("cannot tell the progress")?;
        }
        Ok(())
    }

    fn clear_progress(&self) -> anyhow::Result<()> {
        if self.progress {
            write!(std::io::stderr(), "\r\x1b[K").context("cannot tell the progress")?;
        }
        Ok(())
    }
}

/// What the law said of a decision the kiosk may have referred on top, for lack of numbers or fonts.
fn of_the_law(recorded: &Decision) -> Decision {
    let mut decision = recorded.clone();
    let own = decision.findings.iter().take_while(|one| one.rule.starts_with(KIOSK)).count();
    if own > 0 && own < decision.findings.len() {
        decision.findings.drain(..own);
        if let Some(first) = decision.findings.first() {
            decision.verdict = first.outcome;
            decision.code.clone_from(&first.code);
        }
    }
    decision
}

fn came(decision: &Decision) -> Came {
    Came {
        verdict: decision.verdict,
        code: decision.code.clone(),
        rules: decision
            .findings
            .iter()
            .filter(|finding| finding.overridden_by.is_none())
            .map(|finding| finding.rule.clone())
            .collect(),
    }
}

/// The whole decision under the edition it was made by, as the kiosk makes it.
fn decided_again(edition: &Rulebook, facts: &str, today: Date) -> Option<Decision> {
    let document = serde_json::from_str(facts).ok()?;
    Some(Decision::from(&decide_document(edition, &document, today)))
}
