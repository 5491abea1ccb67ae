//! An edition as data: loaded whole or not at all, with every problem told at once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::case::{self, Bases, Case};
use super::catalogue::{self, Catalogue};
use super::cite::{self, Law};
use super::decide::decide_by_law;
use super::document::{Section, Source, Toml, Tomls, is_empty_list};
use super::facts::Facts;
use super::guide::{self, Guide};
use super::index::{self, Asked, Index};
use super::params::{self, Params};
use super::problem::{Problem, Problems};
use super::rule::{self, Context, Rule};
use super::schema::{self, Record};
use super::value::Value;
use super::words::{self, Words};
use crate::domain::Bilingual;
use crate::domain::calendar::{self, Calendar};

/// A checked edition: rules, texts, parameters, calendar, catalogue, and the cases that hold.
#[derive(Debug, Clone)]
pub struct Rulebook {
    pub(super) name: String,
    pub(super) epoch: u64,
    pub(super) version: u64,
    pub(super) issued: Date,
    pub(super) refresh_by: Date,
    pub(super) reject_after: Date,
    /// Name and first day, oldest first.
    pub(super) rule_sets: Vec<(String, Date)>,
    pub(super) roots: Arc<Record>,
    pub(super) words: Arc<Words>,
    pub(super) params: Params,
    pub(super) rules: Vec<Rule>,
    pub(super) asked: Asked,
    pub(super) index: Index,
    /// Definitions of its rule files.
    pub(super) defines: usize,
    pub(super) calendar: Calendar,
    pub(super) catalogue: Arc<Catalogue>,
    guide: Arc<Guide>,
    pub(super) fallbacks: Fallbacks,
    pub(super) cases: Vec<Case>,
    pub(super) digest: String,
    cost: u64,
}

/// What the engine itself has to say.
#[derive(Debug, Clone)]
pub(super) struct Fallbacks {
    /// No rule spoke: silence refers.
    pub(super) silent: Fallback,
    /// A rule failed at run time.
    pub(super) rule_failed: Fallback,
    /// The acceptance day lies before every rule set.
    pub(super) no_rule_set: Fallback,
    /// The edition is too old to decide by.
    pub(super) edition_expired: Fallback,
    /// The fact document could not be bound.
    pub(super) facts_incomplete: Fallback,
}

/// A finding that no rule makes; it always refers.
#[derive(Debug, Clone)]
pub(super) struct Fallback {
    pub(super) rule: String,
    pub(super) code: String,
    pub(super) cite: String,
    pub(super) message: Bilingual,
    pub(super) remedy: Bilingual,
}

impl Rulebook {
    /// Files of an edition at most.
    pub const FILES_MAX: usize = 256;
    /// Bytes of one file at most: a rule takes about 1 KB, a file holds a chapter of a law.
    pub const FILE_BYTES_MAX: usize = 512 * 1024;
    /// Steps of all rules and their texts at worst, with every list at its bound: 6 ms at 10 ns a step
    /// on a slow processor.
    pub const COST_MAX: u64 = 600_000;

    /// Rules of an edition at most: fourteen times those of the law.
    pub const RULES_MAX: usize = 2000;
    /// The highest epoch and version: a mistyped one must not use up all that could follow.
    pub const NUMBER_MAX: u64 = 999_999;

    /// Checks an edition, given as path → text. Its cases are run too: one that fails is a problem.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Self, Problems> {
        Self::load_beside(files, Vec::new(), false)
    }

    /// As [`Self::load`], for deciding by: an edition that no case ever tried is none, and a parameter no
    /// rule reads is a switch that is not connected. `unread` are the
    /// problems of files that could not even be read; what follows from them alone is not told.
    pub fn load_tried(
        files: &BTreeMap<String, String>,
        unread: Vec<Problem>,
    ) -> Result<Self, Problems> {
        let tried = files.keys().any(|file| is_in(file, "cases/", ".toml"))
            || unread.iter().any(|problem| is_in(&problem.file, "cases/", ".toml"));
        let untried = (!tried).then(|| Problem {
            file: "cases/".to_owned(),
            line: 1,
            text: "the edition has no cases: nobody has seen what it decides".to_owned(),
            mark: None,
            remedy: "add cases/*.toml with a case for every rule (`rules test` tells which)"
                .to_owned(),
        });
        Self::load_beside(files, unread.into_iter().chain(untried).collect(), true)
    }

    fn load_beside(
        files: &BTreeMap<String, String>,
        unread: Vec<Problem>,
        whole: bool,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::of(unread);
        let loaded = load(files, whole, &mut problems);
        problems.finish();
        match loaded {
            Some(rulebook) if problems.is_empty() => Ok(rulebook),
            _ => Err(problems),
        }
    }

    /// Name, epoch and version, for example `zhangdian 1.3`.
    pub fn edition(&self) -> String {
        format!("{} {}.{}", self.name, self.epoch, self.version)
    }

    /// Its name, for example `zhangdian`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counts up when keys change; an edition of an older epoch is never taken.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Counts up within an epoch.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The day it was issued.
    pub fn issued(&self) -> Date {
        self.issued
    }

    /// After this day a newer edition should be there: it still decides, but somebody is told.
    pub fn refresh_by(&self) -> Date {
        self.refresh_by
    }

    /// After this day it decides nothing any more: everything is referred.
    pub fn reject_after(&self) -> Date {
        self.reject_after
    }

    /// SHA-256 over all files with their names, hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// SHA-256 over names and contents of files, which names an edition without loading it.
    pub fn digest_of(files: &BTreeMap<String, String>) -> String {
        digest(files)
    }

    /// Working days.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The services in plain words.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// What undertakings need, and what is told about each service.
    pub fn guide(&self) -> &Arc<Guide> {
        &self.guide
    }

    /// The same without its cases, for whoever only decides by it: they have held, and are most of its memory.
    #[must_use]
    pub fn without_cases(self) -> Self {
        Self { cases: Vec::new(), ..self }
    }

    /// The cases that hold.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The ids of the rules, in order.
    pub fn rule_ids(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.id.as_str())
    }

    /// Steps of all rules and their texts at worst.
    pub fn cost(&self) -> u64 {
        self.cost
    }

    /// The rule set in force on `day`.
    pub fn rule_set_on(&self, day: Date) -> Option<&str> {
        let current = self.rule_sets.iter().rev().find(|(_, from)| *from <= day);
        current.map(|(name, _)| name.as_str())
    }

    /// The oldest rule set and its first day.
    pub fn first_rule_set(&self) -> Option<(&str, Date)> {
        self.rule_sets.first().map(|(name, from)| (name.as_str(), *from))
    }

    /// The same edition with its rules in another order, or with fewer: for asking what would change.
    pub fn with_rules(&self, ids: &[&str]) -> Self {
        let find = |id: &str| self.rules.iter().find(|rule| rule.id == id).cloned();
        let mut other =
            Self { rules: ids.iter().copied().filter_map(find).collect(), ..self.clone() };
        other.index = Index::of(&other);
        other
    }

    /// The same edition with the law of `day` for every day: for asking what would come of past
    /// applications had it been in force. `None` before the first rule set.
    pub fn with_law_of(&self, day: Date) -> Option<Self> {
        let rule_set = self.rule_set_on(day)?.to_owned();
        let in_force = self.rules.iter().filter(|rule| rule.speaks_on(day));
        let mut other = Self {
            rule_sets: vec![(rule_set, Date::MIN)],
            params: self.params.fixed_on(day),
            rules: in_force.map(|rule| rule.timeless(day)).collect(),
            ..self.clone()
        };
        other.index = Index::of(&other);
        Some(other)
    }

    /// The first days behind `day` from which its law is another, oldest first.
    pub fn law_changes_after(&self, day: Date) -> BTreeSet<Date> {
        let sets = self.rule_sets.iter().map(|(_, from)| *from);
        let rules = self.rules.iter().flat_map(Rule::first_days);
        sets.chain(self.params.first_days()).chain(rules).filter(|first| *first > day).collect()
    }

    /// Which rules no case would miss, and which no case sees keep silent. Each rule is really taken out,
    /// and the cases that heard it are run again.
    pub fn uncovered(&self) -> Vec<Problem> {
        let mut told: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
        let mut silent = BTreeSet::new();
        for case in &self.cases {
            let Ok(facts) = Facts::bind(self, &case.document) else { continue };
            let decision = decide_by_law(self, &facts, case.today);
            let speaking: BTreeSet<String> =
                decision.findings.iter().map(|finding| finding.rule.clone()).collect();
            let day = self.accepted_on(&facts).unwrap_or(case.today).min(case.today);
            let service = self.service(&facts);
            for rule in &self.rules {
                let asked = rule.applies(&decision.rule_set, self.asked.word(service), day);
                if asked && !speaking.contains(&rule.id) {
                    silent.insert(rule.id.clone());
                }
            }
            for id in speaking {
                told.entry(id).or_default().push(case);
            }
        }
        // Without its cases it is cheap to copy.
        let bare = Self { cases: Vec::new(), ..self.clone() };
        let is_missed = |rule: &Rule| {
            let rest: Vec<&str> = self.rule_ids().filter(|id| *id != rule.id).collect();
            let fewer = bare.with_rules(&rest);
            told.get(&rule.id)
                .is_some_and(|cases| cases.iter().any(|case| !case.check(&fewer).is_empty()))
        };
        let problem = |rule: &Rule, text: &str, remedy: &str| Problem {
            file: rule.file.clone(),
            line: rule.line,
            text: format!("{}: {text}", rule.id),
            mark: None,
            remedy: remedy.to_owned(),
        };
        let mut problems = Vec::new();
        for rule in &self.rules {
            if !is_missed(rule) {
                let remedy = "add a case that fires it: it could be taken out unnoticed";
                problems.push(problem(rule, "no case misses this rule when it is gone", remedy));
            }
            if !silent.contains(&rule.id) {
                let remedy = "add a case where it does not hold: it could fire always";
                problems.push(problem(rule, "no case keeps this rule silent", remedy));
            }
        }
        problems
    }

    pub(super) fn accepted_on(&self, facts: &Facts) -> Option<Date> {
        if let Value::Date(date) = facts.values.get(self.asked.accepted_on)? {
            Some(*date)
        } else {
            None
        }
    }

    /// The service applied for, by its place among the words of its enum.
    pub(super) fn service(&self, facts: &Facts) -> u32 {
        if let Some(Value::Word(place)) = facts.values.get(self.asked.service) {
            *place
        } else {
            u32::MAX
        }
    }
}

/// The fixed files.
const FILES: [&str; 6] = [
    "manifest.toml",
    "schema.toml",
    "calendar.toml",
    "params.toml",
    "catalogue.toml",
    "guide.toml",
];

fn load(all: &BTreeMap<String, String>, whole: bool, problems: &mut Problems) -> Option<Rulebook> {
    let unread = |folder: &str, problems: &Problems| {
        problems.0.iter().any(|problem| is_in(&problem.file, folder, ".toml"))
    };
    // What a file lacks that could not even be read is not told as missing.
    let rules_unread = unread("rules/", problems);
    let files = &*fitting(all, problems)?;
    for file in FILES.into_iter().filter(|file| !files.contains_key(*file)) {
        if !problems.0.iter().any(|problem| problem.file == file) {
            problems.push(missing(file));
        }
    }
    let in_parts = |file: &str| {
        file == "params.toml" || ["rules/", "cases/"].iter().any(|f| file.starts_with(f))
    };
    let rest = OnceCell::new();
    let tomls = Tomls::read(files, in_parts, &rest, problems);
    let toml = |file: &str| tomls.get(file);

    let manifest = toml("manifest.toml").map(|toml| manifest(toml, problems)).unwrap_or_default();
    let told = problems.len();
    let schema = toml("schema.toml").and_then(|toml| schema::read(toml, problems));
    let is_whole = schema.is_some() && problems.len() == told;
    let words = toml("schema.toml").map(|toml| words::read(toml, problems)).unwrap_or_default();
    if !is_whole {
        problems.without_facts();
    }
    let (roots, types) = schema.unwrap_or_else(schema::nothing);
    let asked = Asked::find(&roots);
    if asked.is_none() {
        problems.push_by_facts(index::not_asked());
    }
    let text = |file: &'static str| files.get(file).map(|text| Source { file, text });
    let calendar = text("calendar.toml").and_then(|source| calendar(source, problems));
    let begin = manifest.rule_sets.as_ref().and_then(|sets| sets.first());
    let begin = begin.map(|(_, from)| *from);
    let params = toml("params.toml").map(|toml| params::read(toml, &types, begin, problems));
    let params = params.unwrap_or_default();
    let entries = toml("catalogue.toml").map(|toml| toml.names("entry", "id")).unwrap_or_default();
    let catalogue = toml("catalogue.toml").map(|toml| catalogue::read(toml, &roots, problems));
    let guide = toml("guide.toml").zip(catalogue.as_ref()).map(|(toml, catalogue)| {
        let (roots, types, params) = (&*roots, &types, &params);
        let known = guide::Known { roots, types, catalogue, params, entries: &entries };
        guide::read(toml, known, problems)
    });

    // What names a rule set cannot be judged where the manifest could not be read.
    let rule_sets = manifest.rule_sets.as_deref();
    let laws = manifest.laws.as_deref();
    let rule_files: Vec<&Toml<'_>> = tomls.within("rules/").collect();
    let rules_whole = !rules_unread
        && rule_files.iter().all(|toml| toml.whole)
        && rule_files.len() == in_folder(all, "rules/", ".toml").count();
    let context = Context { roots: &roots, params: &params, rule_sets, laws, whole: rules_whole };
    let defines = rule::defines(&rule_files, &context, problems);
    let mut rules: Vec<Rule> = Vec::new();
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for file in &rule_files {
        for rule in rule::rules(file, &context, &defines, problems) {
            if rules.len() == Rulebook::RULES_MAX {
                let text = format!("more than {} rules", Rulebook::RULES_MAX);
                let remedy = "one rule with a list says what many with one word each say";
                problems.push(Problem { mark: None, ..rule.problem(text, remedy) });
                break;
            }
            let first = *ids.entry(rule.id.clone()).or_insert(rules.len());
            if let Some(twin) = rules.get(first) {
                let text = format!("the id stands in {}:{} too", twin.file, twin.line);
                problems
                    .push(rule.problem(text, "ids stand in records for decades: give a new one"));
            }
            rules.push(rule);
        }
    }
    let written = if rules_whole {
        rule_files.iter().flat_map(|toml| toml.names("rule", "id")).collect()
    } else {
        BTreeSet::new()
    };
    if whole && rules_whole && rule_files.iter().all(|toml| toml.names("rule", "id").is_empty()) {
        problems.push(Problem {
            file: "rules/".to_owned(),
            line: 1,
            text: "the edition has no rules: it would refer everything".to_owned(),
            mark: None,
            remedy: "add rules/*.toml with [[rule]]s".to_owned(),
        });
    }
    let cost = rules.iter().fold(0_u64, |sum, rule| sum.saturating_add(rule.cost));
    // What takes too many steps is told below: definitions written out, it would fill the memory.
    let affordable = cost <= Rulebook::COST_MAX;
    rule::check_together(&rules, &written, rule_sets, affordable, problems);
    if problems.is_empty() {
        // Only now: what a wrong condition would have used is not told as unused.
        rule::unused(&rule_files, &defines, problems);
        if whole && let Some(toml) = toml("params.toml") {
            params.unused(toml.source, problems);
        }
        if whole && let Some((toml, laws)) = toml("manifest.toml").zip(laws) {
            cite::unused(toml.source, laws, problems);
        }
    }
    if !affordable && let Some(dearest) = rules.iter().max_by_key(|rule| rule.cost) {
        let text = format!(
            "all rules take {cost} steps at worst, {} are allowed; {} alone takes {}",
            Rulebook::COST_MAX,
            dearest.id,
            dearest.cost
        );
        let remedy = "nest fewer quantifiers, or lower the bounds of the lists";
        problems.push(dearest.problem(text, remedy));
    }
    let cases = cases(files, &tomls, problems);
    let mut rulebook = Rulebook {
        name: manifest.name?,
        epoch: manifest.epoch?,
        version: manifest.version?,
        issued: manifest.issued?,
        refresh_by: manifest.refresh_by?,
        reject_after: manifest.reject_after?,
        rule_sets: manifest.rule_sets?,
        roots,
        words: Arc::new(words),
        params,
        rules,
        asked: asked?,
        index: Index::default(),
        defines: defines.len(),
        calendar: calendar?,
        catalogue: Arc::new(catalogue?),
        guide: Arc::new(guide?),
        fallbacks: manifest.fallbacks?,
        cases,
        digest: digest(files),
        cost,
    };
    rulebook.index = Index::of(&rulebook);
    if problems.is_empty() {
        case::run(&rulebook, problems);
    }
    Some(rulebook)
}

fn missing(file: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 1,
        text: "the file is missing".to_owned(),
        mark: None,
        remedy: "an edition is complete or nothing".to_owned(),
    }
}

/// The files that can be looked at; what is wrong with the others is told.
fn fitting<'f>(
    files: &'f BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<Cow<'f, BTreeMap<String, String>>> {
    let problem = |file: &str, text: String, remedy: &str| Problem {
        file: file.to_owned(),
        line: 1,
        text,
        mark: None,
        remedy: remedy.to_owned(),
    };
    if files.len() > Rulebook::FILES_MAX {
        let text = format!("{} files, at most {} are read", files.len(), Rulebook::FILES_MAX);
        problems.push(problem("(edition)", text, "put several chapters into one file"));
        return None;
    }
    let mut fitting = Cow::Borrowed(files);
    for (file, text) in files {
        let known = FILES.contains(&file.as_str())
            || is_in(file, "rules/", ".toml")
            || is_in(file, "cases/", ".toml")
            || is_in(file, "cases/base/", ".json");
        let (text, remedy) = if !known {
            let text = "the file is no part of an edition".to_owned();
            (text, "take it out: what nobody reads is not signed")
        } else if text.len() > Rulebook::FILE_BYTES_MAX {
            let most = Rulebook::FILE_BYTES_MAX;
            let text = format!("{} bytes, at most {most} are read", text.len());
            (text, "split it: an edition has a file for each chapter")
        } else {
            continue;
        };
        problems.push(problem(file, text, remedy));
        fitting.to_mut().remove(file);
    }
    Some(fitting)
}

/// Whether a file lies in a folder of an edition, and in none below it.
fn is_in(file: &str, folder: &str, suffix: &str) -> bool {
    let inner = file.strip_prefix(folder).and_then(|rest| rest.strip_suffix(suffix));
    inner.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

fn in_folder<'f>(
    files: &'f BTreeMap<String, String>,
    folder: &'f str,
    suffix: &'f str,
) -> impl Iterator<Item = Source<'f>> {
    files
        .iter()
        .filter(move |(file, _)| file.starts_with(folder) && file.ends_with(suffix))
        .map(|(file, text)| Source { file, text })
}

fn calendar(source: Source<'_>, problems: &mut Problems) -> Option<Calendar> {
    let (calendar, errors) = Calendar::read(source.text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let text = match &error {
            // Its own words alone: where it stands is told by ours.
            calendar::Error::Toml { source } => format!("{error}: {}", source.message()),
            calendar::Error::Date { source, .. } => format!("{error}: {source}"),
            calendar::Error::TooLong { .. }
            | calendar::Error::Range { .. }
            | calendar::Error::OutsideYear { .. }
            | calendar::Error::YearTwice { .. }
            | calendar::Error::OffAndWork { .. } => error.to_string(),
        };
        problems.push(source.problem(at, text, error.remedy()));
    }
    calendar
}

/// The manifest, as far as it can be read.
#[derive(Default)]
struct Manifest {
    name: Option<String>,
    epoch: Option<u64>,
    version: Option<u64>,
    issued: Option<Date>,
    refresh_by: Option<Date>,
    reject_after: Option<Date>,
    rule_sets: Option<Vec<(String, Date)>>,
    fallbacks: Option<Fallbacks>,
    laws: Option<Vec<Law>>,
}

fn manifest(toml: &Toml<'_>, problems: &mut Problems) -> Manifest {
    let source = toml.source;
    let mut root = Section::new(source, "manifest", 0, toml.root());
    let name = root.required("name", problems);
    if let Some(name) = &name
        && (name.value.len() > NAME_BYTES_MAX
            || !name
                .value
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
    {
        let remedy = format!("a word such as zhangdian, at most {NAME_BYTES_MAX} letters");
        problems.push(source.problem(name.at, "the name is not made of a-z, 0-9 and -", remedy));
    }
    let mut count = |key: &'static str, problems: &mut Problems| {
        let remedy = "one more than that of the edition before: what comes next must count up";
        if root.value(key).is_none() {
            root.is_missing(key, format!("'{key}' is missing"), remedy);
        }
        let number = root.integer(key, problems)?;
        let good = u64::try_from(number).ok();
        let good = good.filter(|number| (1..=Rulebook::NUMBER_MAX).contains(number));
        if good.is_none() {
            let text = format!("'{key}' is not from 1 to {}", Rulebook::NUMBER_MAX);
            problems.push(root.problem(text, remedy));
        }
        good
    };
    let (epoch, version) = (count("epoch", problems), count("version", problems));
    let mut day = |key: &'static str, problems: &mut Problems| {
        if root.value(key).is_none() {
            root.is_missing(key, format!("'{key}' is missing"), format!("{key} = 2026-11-23"));
        }
        root.date(key, problems)
    };
    let issued = day("issued", problems);
    let refresh_by = day("refresh_by", problems);
    let reject_after = day("reject_after", problems);
    if let (Some(issued), Some(refresh), Some(reject)) = (issued, refresh_by, reject_after)
        && !(issued <= refresh && refresh <= reject)
    {
        let text = "issued, refresh_by and reject_after do not follow each other";
        let remedy = "first the day it is issued, then the day a newer one is due, then its last";
        problems.push(root.problem(text, remedy));
    }
    let rule_sets = rule_sets(toml, problems);
    if root.value("rule_set").is_none_or(is_empty_list) {
        root.is_missing("rule_set", "no [[rule_set]]", "name the law and its first day");
    }
    let begin = rule_sets.as_ref().and_then(|sets| sets.first()).map(|(_, from)| *from);
    let laws = cite::laws(toml, problems);
    root.value("law");
    let fallbacks = fallbacks(&mut root, laws.as_deref(), begin, problems);
    let told = problems.len();
    root.finish(problems);
    // What stands under a misspelt key may be a rule set or a law.
    let (rule_sets, laws) = if problems.len() > told { (None, None) } else { (rule_sets, laws) };
    Manifest {
        name: name.map(|name| name.value),
        epoch,
        version,
        issued,
        refresh_by,
        reject_after,
        rule_sets,
        fallbacks,
        laws,
    }
}

/// Bytes of a rulebook's name at most.
const NAME_BYTES_MAX: usize = 48;

fn fallbacks(
    root: &mut Section<'_, '_>,
    laws: Option<&[Law]>,
    begin: Option<Date>,
    problems: &mut Problems,
) -> Option<Fallbacks> {
    const REMEDY: &str = "what the engine itself has to say: code, cite, message and remedy";
    let source = root.source;
    let Some(mut fallbacks) = root.table("fallback", problems) else {
        if root.value("fallback").is_none() {
            root.is_missing("fallback", "[fallback] is missing", REMEDY);
        }
        return None;
    };
    let mut fallback = |key: &'static str, problems: &mut Problems| {
        if fallbacks.value(key).is_none() {
            fallbacks.is_missing(key, format!("[fallback.{key}] is missing"), REMEDY);
        }
        let mut section = fallbacks.table(key, problems)?;
        let code = section.required("code", problems);
        if let Some(code) = &code {
            rule::word(&section, code, "code", |b| b == b'_', problems);
        }
        let cite = section.required("cite", problems);
        if let (Some(cite), Some(laws), Some(begin)) = (&cite, laws, begin)
            && let Some((wrong, remedy)) = cite::check_everywhere(&cite.value, laws, begin)
        {
            problems.push(source.problem(cite.at, format!("fallback.{key}: {wrong}"), remedy));
        }
        let message = section.bilingual("message", problems);
        let remedy = section.bilingual("remedy", problems);
        section.finish(problems);
        let rule = format!("ENGINE-{}", key.to_ascii_uppercase().replace('_', "-"));
        let (code, cite) = (code?.value, cite?.value);
        Some(Fallback { rule, code, cite, message: message?, remedy: remedy? })
    };
    let silent = fallback("silent", problems);
    let rule_failed = fallback("rule_failed", problems);
    let no_rule_set = fallback("no_rule_set", problems);
    let edition_expired = fallback("edition_expired", problems);
    let facts_incomplete = fallback("facts_incomplete", problems);
    fallbacks.finish(problems);
    Some(Fallbacks {
        silent: silent?,
        rule_failed: rule_failed?,
        no_rule_set: no_rule_set?,
        edition_expired: edition_expired?,
        facts_incomplete: facts_incomplete?,
    })
}

/// Names and first days, oldest first; `None` where one has a mistake.
fn rule_sets(toml: &Toml<'_>, problems: &mut Problems) -> Option<Vec<(String, Date)>> {
    let told = problems.len();
    let mut sets: Vec<(String, Date)> = Vec::new();
    for mut section in toml.each("rule_set", problems) {
        let name = section.required("name", problems);
        if section.value("from").is_none() {
            section.is_missing("from", "'from' is missing", "its first day");
        }
        let from = section.date("from", problems);
        if let (Some(name), Some(from)) = (name, from) {
            if sets.iter().any(|(known, _)| *known == name.value) {
                let remedy = "take one out, or rename it";
                problems.push(section.problem(format!("'{}' stands twice", name.value), remedy));
            }
            if sets.last().is_some_and(|(_, before)| *before >= from) {
                let remedy = "move it up, or mend 'from'";
                problems.push(section.problem("rule sets stand oldest first", remedy));
            }
            sets.push((name.value, from));
        }
        section.finish(problems);
    }
    (problems.len() == told && !sets.is_empty()).then_some(sets)
}

fn cases(
    files: &BTreeMap<String, String>,
    tomls: &Tomls<'_>,
    problems: &mut Problems,
) -> Vec<Case> {
    let bases = Bases::read(in_folder(files, "cases/base/", ".json"), problems);
    let mut cases: Vec<Case> = Vec::new();
    let mut ids = BTreeSet::new();
    for case in tomls
        .within("cases/")
        .flat_map(|toml| case::read(toml, &bases, problems))
        .collect::<Vec<_>>()
    {
        if !ids.insert(case.id.clone()) {
            problems.push(case.problem("the id stands twice", "give one of them another"));
        }
        cases.push(case);
    }
    // Without cases there is no need of bases; that is told, or meant.
    if !cases.is_empty() && problems.is_empty() {
        bases.unused(problems);
    }
    cases
}

/// SHA-256 over names and contents, each with its length before it, so that no two editions can be the
/// same bytes.
fn digest(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"permit-kiosk edition v1\n");
    for (name, text) in files {
        for part in [name, text] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex::encode(hash.finalize())
}
