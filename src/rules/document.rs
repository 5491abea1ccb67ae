//! Reading one TOML file of an edition: every key is taken by name, what is left over is a mistake,
//! and each value remembers where it stands.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Problems, did_you_mean};
use super::text;
use crate::domain::Bilingual;

/// A file of an edition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) file: &'s str,
    pub(super) text: &'s str,
}

/// A text value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) value: String,
    /// Byte offset of the literal, with its quotes.
    pub(super) at: usize,
}

impl<'s> Source<'s> {
    /// The tables of the file. Syntax errors are told, one of each table: what comes after the first is
    /// mostly what comes of it. What then is left of the text, lines where they were, is the error.
    fn parse(self, problems: &mut Problems) -> Result<Toml<'s>, String> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Ok(Toml { source: self, table, whole: true });
        }
        let mut rest = self.text.to_owned();
        let mut errors: Vec<_> = errors.into_iter().map(said).collect();
        for _ in 0..TABLES_TOLD_MAX {
            let Some((at, text)) = errors.into_iter().min_by_key(|(at, _)| *at) else { break };
            problems.push(self.problem(at, text, "mend the TOML; nothing of this table was read"));
            without_table(&mut rest, at);
            errors = DeTable::parse_recoverable(&rest).1.into_iter().map(said).collect();
        }
        Err(rest)
    }

    pub(super) fn line(self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    /// A problem at a byte of the file.
    pub(super) fn problem(
        self,
        at: usize,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem {
            file: self.file.to_owned(),
            line: self.line(at),
            text: text.into(),
            mark: None,
            remedy: remedy.into(),
        }
    }

    /// A problem at a byte of an expression that stands in the file as `written`.
    pub(super) fn problem_in(
        self,
        written: &Text,
        offset: usize,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        let before: Vec<&str> =
            written.value.get(..offset).unwrap_or(&written.value).split('\n').collect();
        let row = before.len() - 1;
        let whole = written.value.split('\n').nth(row).unwrap_or_default();
        let line = whole.trim_start();
        let column = before
            .last()
            .map_or(0, |last| columns(last))
            .saturating_sub(columns(whole) - columns(line));
        // TOML drops a newline right after the opening quotes.
        let opening = self.text.get(written.at..).unwrap_or_default();
        let dropped = opening.starts_with("'''\n") || opening.starts_with("\"\"\"\n");
        Problem {
            file: self.file.to_owned(),
            line: self.line(written.at) + row + usize::from(dropped),
            text: text.into(),
            mark: Some((line.to_owned(), column)),
            remedy: remedy.into(),
        }
    }
}

/// A file of an edition, read as TOML.
#[derive(Debug)]
pub(super) struct Toml<'s> {
    pub(super) source: Source<'s>,
    table: Spanned<DeTable<'s>>,
    /// Whether all its tables could be read.
    pub(super) whole: bool,
}

impl<'s> Toml<'s> {
    pub(super) fn root(&self) -> &DeTable<'s> {
        self.table.get_ref()
    }

    /// The tables `[[key]]`, in order.
    pub(super) fn each(&self, key: &'static str, problems: &mut Problems) -> Vec<Section<'s, '_>> {
        Section::each(self.source, self.root(), key, problems)
    }

    /// What the tables `[[key]]` are named under `name`, also those that have mistakes: who refers to
    /// one is not wrong.
    pub(super) fn names(&self, key: &str, name: &str) -> BTreeSet<&str> {
        let tables = self.root().get(key).and_then(|tables| tables.get_ref().as_array());
        let tables = tables.into_iter().flatten().filter_map(|table| table.get_ref().as_table());
        tables.filter_map(|table| table.get(name)?.get_ref().as_str()).collect()
    }
}

/// The files of an edition that are TOML, by name; syntax errors are told.
pub(super) struct Tomls<'s>(BTreeMap<&'s str, Toml<'s>>);

impl<'s> Tomls<'s> {
    /// Reads them. `rest` keeps what is left of those with mistakes, where `in_parts` says that a table
    /// of such a file can be judged without the others.
    pub(super) fn read(
        files: &'s BTreeMap<String, String>,
        in_parts: fn(&str) -> bool,
        rest: &'s OnceCell<BTreeMap<String, String>>,
        problems: &mut Problems,
    ) -> Self {
        let mut left = BTreeMap::new();
        let mut all = BTreeMap::new();
        for (file, text) in files.iter().filter(|(file, _)| file.strip_suffix(".toml").is_some()) {
            match (Source { file, text }).parse(problems) {
                Ok(toml) => {
                    all.insert(file.as_str(), toml);
                }
                Err(rest) if in_parts(file) => {
                    left.insert(file.clone(), rest);
                }
                Err(_) => {}
            }
        }
        for (file, text) in rest.get_or_init(|| left) {
            if let Ok(toml) = (Source { file, text }).parse(&mut Problems::default()) {
                all.insert(file, Toml { whole: false, ..toml });
            }
        }
        Self(all)
    }

    pub(super) fn get(&self, file: &str) -> Option<&Toml<'s>> {
        self.0.get(file)
    }

    /// Those in a folder, by name.
    pub(super) fn within(&self, folder: &str) -> impl Iterator<Item = &Toml<'s>> {
        let inside = move |file: &str| file.starts_with(folder);
        self.0.iter().filter(move |(file, _)| inside(file)).map(|(_, toml)| toml)
    }
}

/// Tables of a file whose syntax errors are told at most.
const TABLES_TOLD_MAX: usize = 20;

/// A syntax error: where, and what.
fn said(error: toml::de::Error) -> (usize, String) {
    (error.span().map_or(0, |span| span.start), error.message().replace('\n', ", "))
}

/// Blanks the table around a byte, from the line of its head to the next head; lines stay lines.
fn without_table(text: &mut String, at: usize) {
    let head = |line: &str| line.starts_with('[');
    let before = text.get(..at).unwrap_or(text);
    let (mut begin, mut place) = (0, 0);
    for line in before.split_inclusive('\n') {
        if head(line) {
            begin = place;
        }
        place += line.len();
    }
    let mut end = begin;
    for (index, line) in text.get(begin..).unwrap_or_default().split_inclusive('\n').enumerate() {
        if index > 0 && head(line) && end > at {
            break;
        }
        end += line.len();
    }
    let blank: String = text
        .get(begin..end)
        .unwrap_or_default()
        .chars()
        .flat_map(|c| {
            std::iter::repeat_n(
                if c == '\n' { '\n' } else { ' ' },
                if c == '\n' { 1 } else { c.len_utf8() },
            )
        })
        .collect();
    text.replace_range(begin..end, &blank);
}

/// Columns of a terminal: Chinese characters take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

/// One table, read key by key.
pub(super) struct Section<'s, 't> {
    pub(super) source: Source<'s>,
    /// What to call it in a problem, for example `rule FOOD-SCOPE`.
    pub(super) name: String,
    pub(super) at: usize,
    table: &'t DeTable<'s>,
    taken: Vec<&'static str>,
    /// Keys that are missing; told when it is known that they are not just misspelt.
    missing: Vec<(&'static str, Problem)>,
    /// Characters of its texts at most, where that does not go by their keys.
    chars_max: Option<usize>,
}

impl<'s, 't> Section<'s, 't> {
    pub(super) fn new(
        source: Source<'s>,
        name: impl Into<String>,
        at: usize,
        table: &'t DeTable<'s>,
    ) -> Self {
        Self {
            source,
            name: name.into(),
            at,
            table,
            taken: Vec::with_capacity(16),
            missing: Vec::new(),
            chars_max: None,
        }
    }

    /// The tables `[[key]]` of the file, in order.
    fn each(
        source: Source<'s>,
        root: &'t DeTable<'s>,
        key: &'static str,
        problems: &mut Problems,
    ) -> Vec<Self> {
        let Some(value) = root.get(key) else { return Vec::new() };
        let at = value.span().start;
        let Some(array) = value.get_ref().as_array() else {
            let remedy = format!("write [[{key}]]");
            problems.push(source.problem(at, format!("'{key}' is not a list of tables"), remedy));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for element in array {
            match element.get_ref().as_table() {
                Some(table) => {
                    sections.push(Self::new(source, key, element.span().start, table));
                }
                None => problems.push(source.problem(
                    element.span().start,
                    format!("an element of '{key}' is not a table"),
                    format!("write [[{key}]]"),
                )),
            }
        }
        sections
    }

    pub(super) fn problem(&self, text: impl AsRef<str>, remedy: impl Into<String>) -> Problem {
        self.source.problem(self.at, format!("{}: {}", self.name, text.as_ref()), remedy)
    }

    /// The value of a key that may be missing.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'s>>> {
        self.taken.push(key);
        self.table.get(key)
    }

    fn wrong(&self, key: &str, at: usize, [wanted, such]: [&str; 2], problems: &mut Problems) {
        let text = format!("{}: '{key}' is not {wanted}", self.name);
        problems.push(self.source.problem(at, text, format!("write {key} = {such}")));
    }

    /// Keeps that a key is missing until [`Self::finish`].
    pub(super) fn is_missing(
        &mut self,
        key: &'static str,
        text: impl AsRef<str>,
        remedy: impl Into<String>,
    ) {
        let problem = self.problem(text, remedy);
        self.missing.push((key, problem));
    }

    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Text> {
        let found = self.value(key)?;
        let at = found.span().start;
        if let Some(text) = found.get_ref().as_str() {
            let text = Text { value: text.to_owned(), at };
            let most = self.chars_max.unwrap_or_else(|| text::chars_max(key));
            text::check(self.source, &self.name, key, &text, most, problems).then_some(text)
        } else {
            self.wrong(key, at, ["a text", r#""…""#], problems);
            None
        }
    }

    /// A text that must be there and not be blank.
    pub(super) fn required(&mut self, key: &'static str, problems: &mut Problems) -> Option<Text> {
        if self.value(key).is_none() {
            self.is_missing(key, format!("'{key}' is missing"), format!("add {key} = …"));
            return None;
        }
        let text = self.text(key, problems)?;
        if text.value.trim().is_empty() {
            problems.push(self.source.problem(
                text.at,
                format!("{}: '{key}' is empty", self.name),
                "write it out",
            ));
            return None;
        }
        Some(text)
    }

    pub(super) fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Text> {
        let Some(found) = self.value(key) else { return Vec::new() };
        let Some(array) = found.get_ref().as_array() else {
            self.wrong(key, found.span().start, ["a list of texts", r#"["…", "…"]"#], problems);
            return Vec::new();
        };
        let (mut texts, most) = (Vec::new(), text::chars_max(key));
        for element in array {
            let at = element.span().start;
            match element.get_ref().as_str() {
                Some(text) => {
                    let text = Text { value: text.to_owned(), at };
                    let good = text::check(self.source, &self.name, key, &text, most, problems);
                    texts.extend(good.then_some(text));
                }
                None => self.wrong(key, at, ["a list of texts", r#"["…", "…"]"#], problems),
            }
        }
        texts
    }

    pub(super) fn integer(&mut self, key: &'static str, problems: &mut Problems) -> Option<i64> {
        let found = self.value(key)?;
        let number = integer(found.get_ref());
        if number.is_none() {
            self.wrong(key, found.span().start, ["a whole number", "12"], problems);
        }
        number
    }

    pub(super) fn boolean(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let found = self.value(key)?;
        let value = found.get_ref().as_bool();
        if value.is_none() {
            self.wrong(key, found.span().start, ["true or false", "true, or false"], problems);
        }
        value
    }

    pub(super) fn date(&mut self, key: &'static str, problems: &mut Problems) -> Option<Date> {
        let found = self.value(key)?;
        let value = date(found.get_ref());
        if value.is_none() {
            self.wrong(key, found.span().start, ["a date", "2026-11-23, without quotes"], problems);
        }
        value
    }

    pub(super) fn table(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Section<'s, 't>> {
        let found = self.value(key)?;
        let at = found.span().start;
        if let Some(table) = found.get_ref().as_table() {
            Some(Section::new(self.source, format!("{}.{key}", self.name), at, table))
        } else {
            self.wrong(key, at, ["a table", "{ … }"], problems);
            None
        }
    }

    /// Both languages of `key`, each with its place.
    pub(super) fn both(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<(Text, Text)> {
        if self.value(key).is_none() {
            let text = format!("'{key}.zh' and '{key}.en' are missing");
            let remedy = format!(r#"add {key} = {{ zh = "…", en = "…" }}"#);
            self.is_missing(key, text, remedy);
            return None;
        }
        let mut section = self.table(key, problems)?;
        section.at = self.at.max(section.at);
        section.chars_max = Some(text::chars_max_of_both(key));
        let texts = section.languages(problems);
        section.finish(problems);
        texts
    }

    /// The keys `zh` and `en`, each in its language.
    pub(super) fn languages(&mut self, problems: &mut Problems) -> Option<(Text, Text)> {
        let (zh, en) = (self.required("zh", problems), self.required("en", problems));
        for (language, text) in [("zh", &zh), ("en", &en)] {
            if let Some(text) = text {
                self.language(language, text, problems);
            }
        }
        zh.zip(en)
    }

    /// A text in the other language was put into the wrong line, or never translated.
    fn language(&self, language: &str, text: &Text, problems: &mut Problems) {
        let han = text.value.chars().any(text::is_han);
        let (wrong, remedy) = match (language, han) {
            ("zh", false) => ("has no Chinese character", "write it in Chinese"),
            ("en", true) => ("has a Chinese character", "write it in English"),
            _ => return,
        };
        let text = text.at;
        let wrong = format!("{}: '{language}' {wrong}", self.name);
        problems.push(self.source.problem(text, wrong, remedy));
    }

    pub(super) fn bilingual(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Bilingual> {
        let (zh, en) = self.both(key, problems)?;
        Some(Bilingual { zh: zh.value, en: en.value })
    }

    /// Every key with its value, for tables whose keys are data.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'t Spanned<toml::de::DeString<'s>>, &'t Spanned<DeValue<'s>>)> {
        self.table.iter()
    }

    /// Tells every key that was not asked for, and those that are missing and not misspelt.
    pub(super) fn finish(mut self, problems: &mut Problems) {
        let mut unknown: Vec<(&str, usize)> = Vec::new();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.taken.contains(&name) {
                continue;
            }
            let Some(meant) = did_you_mean(name, self.taken.iter().copied()) else {
                unknown.push((name, key.span().start));
                continue;
            };
            self.missing.retain(|(missing, _)| *missing != meant);
            let text = format!("{}: unknown key '{name}' (did you mean '{meant}'?)", self.name);
            problems.push(self.source.problem(key.span().start, text, UNKNOWN));
        }
        unknown.sort_by_key(|(_, at)| *at);
        if let [(_, at), ..] = unknown[..] {
            let names: Vec<String> = unknown.iter().map(|(name, _)| format!("'{name}'")).collect();
            let keys = if names.len() == 1 { "key" } else { "keys" };
            let text = format!("{}: unknown {keys} {}", self.name, names.join(", "));
            problems.push(self.source.problem(at, text, UNKNOWN));
        }
        self.missing.into_iter().for_each(|(_, problem)| problems.push(problem));
    }
}

const UNKNOWN: &str = "a key nobody reads changes nothing: mend its name or take it out";

/// Whether a value is a list without elements.
pub(super) fn is_empty_list(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().as_array().is_some_and(|array| array.is_empty())
}

/// A whole number of TOML.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A local date of TOML.
pub(super) fn date(value: &DeValue<'_>) -> Option<Date> {
    let datetime = value.as_datetime()?;
    if datetime.time.is_some() || datetime.offset.is_some() {
        return None;
    }
    let date = datetime.date?;
    Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    )
    .ok()
}

/// The JSON a TOML value stands for: dates become texts.
pub(super) fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
    use serde_json::Value;
    if let Some(text) = value.as_str() {
        return Some(Value::from(text));
    }
    if let Some(number) = integer(value) {
        return Some(Value::from(number));
    }
    if let Some(truth) = value.as_bool() {
        return Some(Value::from(truth));
    }
    if let Some(date) = date(value) {
        return Some(Value::from(date.to_string()));
    }
    if let Some(array) = value.as_array() {
        let elements: Option<Vec<_>> =
            array.iter().map(|element| json(element.get_ref())).collect();
        return elements.map(Value::Array);
    }
    let table = value.as_table()?;
    let fields: Option<serde_json::Map<_, _>> = table
        .iter()
        .map(|(key, value)| Some((key.get_ref().to_string(), json(value.get_ref())?)))
        .collect();
    fields.map(Value::Object)
}
