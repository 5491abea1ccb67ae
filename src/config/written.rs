//! What was written: a TOML file read key by key, every problem noted, none of them the last.
//!
//! serde would stop at the first key that is missing or of the wrong type; a technician wants to
//! hear of all of them. So the parsed document is walked: each read gives a checked value or notes
//! why there is none, and what nobody asked for is an unknown key.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::problem::{Mark, Problem};
use crate::domain::IdentifierError;
use crate::durable;

/// Bytes of a file at most: the shipped ones have 8 KB, most of it comments.
pub(super) const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Characters of a text at most, where nothing shorter is said.
const TEXT_CHARS_MAX: usize = 200;

/// One configuration file.
pub(super) struct File {
    name: &'static str,
    folder: PathBuf,
    text: Arc<str>,
    problems: RefCell<Vec<Problem>>,
    /// Where the value of each key stands, by its full name, for what is compared afterwards.
    values: RefCell<BTreeMap<String, Range<usize>>>,
}

impl File {
    /// Reads the file and hands its sections to `read`.
    pub(super) fn read<T>(
        folder: &Path,
        name: &'static str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> (Self, Option<T>) {
        let mut file = Self::empty(folder, name);
        let value = file.read_text().and_then(|text| {
            file.text = Arc::from(text.as_str());
            file.read_sections(&text, read)
        });
        (file, value)
    }

    /// Reads a text as if it stood in that file: before it is put there.
    pub(super) fn of_text<T>(
        folder: &Path,
        name: &'static str,
        text: &str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> (Self, Option<T>) {
        let file = Self { text: Arc::from(text), ..Self::empty(folder, name) };
        let value = file.read_sections(text, read);
        (file, value)
    }

    fn empty(folder: &Path, name: &'static str) -> Self {
        Self {
            name,
            folder: folder.to_owned(),
            text: Arc::from(""),
            problems: RefCell::default(),
            values: RefCell::default(),
        }
    }

    fn read_text(&self) -> Option<String> {
        let path = self.folder.join(self.name);
        let bytes = match durable::read_limited(&path, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) => {
                let (message, remedy) = if error.is_missing() {
                    (
                        "the file is not there".to_owned(),
                        "copy it from the shipped kiosk-config and adapt it",
                    )
                } else {
                    (causes(&error), "see that it is a file this user may read")
                };
                self.note(message, None, remedy);
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let good = error.as_bytes().get(..at).unwrap_or_default();
                let line = good.split(|byte| *byte == b'\n').count();
                self.note(
                    format!("line {line} is not UTF-8"),
                    None,
                    "save the file as UTF-8 in the editor",
                );
                None
            }
        }
    }

    fn read_sections<T>(
        &self,
        text: &str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Option<T> {
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            self.note(
                format!("this is not TOML: {}", error.message()),
                error.span().map(|span| (span, "here")),
                "compare the line with the others; texts stand in \"quotes\", and each key once",
            );
        }
        if !errors.is_empty() {
            // Half a document would bring problems that are none.
            return None;
        }
        let root = Section {
            file: self,
            path: String::new(),
            header: None,
            table: document.get_ref(),
            asked: RefCell::default(),
            missing: RefCell::default(),
        };
        let value = read(&root);
        root.finish();
        value
    }

    /// Notes a problem, at a place if there is one.
    pub(super) fn note(
        &self,
        message: impl Into<String>,
        at: Option<(Range<usize>, &str)>,
        remedy: impl Into<String>,
    ) {
        let mark = at.map(|(span, label)| Mark {
            text: Arc::clone(&self.text),
            span: self.inside(span),
            label: label.to_owned(),
        });
        self.problems.borrow_mut().push(Problem {
            file: self.name.to_owned(),
            message: message.into(),
            mark,
            remedy: remedy.into(),
        });
    }

    /// Notes a problem of the value of a key, by its full name such as `session.idle_s`.
    pub(super) fn note_value(
        &self,
        key: &str,
        message: impl Into<String>,
        label: &str,
        remedy: impl Into<String>,
    ) {
        let span = self.values.borrow().get(key).cloned();
        self.note(message, span.map(|span| (span, label)), remedy);
    }

    /// The line a key's value stands in, from 1.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let start = self.values.borrow().get(key)?.start;
        Some(self.text.get(..start)?.matches('\n').count() + 1)
    }

    /// The name of the file.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The problems noted so far.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// A span that marks at least one character and ends inside the text.
    fn inside(&self, span: Range<usize>) -> Range<usize> {
        let start = span.start.min(self.text.len());
        start..span.end.clamp(start, self.text.len())
    }
}

/// One table of a file, and what was asked of it.
pub(super) struct Section<'f> {
    file: &'f File,
    /// Its full name; empty for the file itself.
    path: String,
    /// Where its name stands.
    header: Option<Range<usize>>,
    table: &'f DeTable<'f>,
    asked: RefCell<BTreeSet<&'static str>>,
    /// What was asked and is not there, with the line to add.
    missing: RefCell<Vec<(&'static str, String)>>,
}

impl<'f> Section<'f> {
    /// Its full name; empty for the file itself.
    pub(super) fn name(&self) -> &str {
        &self.path
    }

    /// Whether a key is written. Asking makes it a known one.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.asked.borrow_mut().insert(key);
        self.table.contains_key(key)
    }

    /// Reads a table inside this one. What it has besides what `read` asks for is unknown.
    pub(super) fn section<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Option<T> {
        self.asked.borrow_mut().insert(key);
        let path = self.name_of(key);
        let Some((name, value)) = self.table.get_key_value(key) else {
            let line = format!("[{path}]");
            self.missing.borrow_mut().push((key, line));
            return None;
        };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a section", &format!("[{path}]"));
            return None;
        };
        let inner = Section {
            file: self.file,
            path,
            header: Some(name.span()),
            table,
            asked: RefCell::default(),
            missing: RefCell::default(),
        };
        let value = read(&inner);
        inner.finish();
        value
    }

    /// A text of 1 to 200 characters.
    pub(super) fn text(&self, key: &'static str, example: &str) -> Option<String> {
        self.parsed(key, example, |text| Ok::<_, Refusal>(text.to_owned()))
    }

    /// A text that `parse` understands.
    pub(super) fn parsed<T, R: Into<Refusal>>(
        &self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        let (span, text) = self.raw_text(key, example)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.refuse(key, span, refusal.into(), example);
                None
            }
        }
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let (first, _) = words.first().expect("a choice has words");
        let (span, text) = self.raw_text(key, first)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let list: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let near = nearest(text, words.iter().map(|(word, _)| *word));
        let remedy = match near {
            Some(word) if list.len() > 1 => {
                format!("did you mean \"{word}\"? It is one of {}", list.join(", "))
            }
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("write one of {}", list.join(", ")),
        };
        let message = format!("`{}` does not know this word", self.name_of(key));
        self.file.note(message, Some((span, "this word")), remedy);
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str, example: bool) -> Option<bool> {
        let value = self.value(key, &example.to_string())?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.wrong_type(key, value, "true or false", &format!("{key} = {example}"));
        None
    }

    /// A whole number within limits.
    pub(super) fn number(
        &self,
        key: &'static str,
        limits: RangeInclusive<u32>,
        example: u32,
    ) -> Option<u32> {
        let value = self.value(key, &example.to_string())?;
        let line = format!("{key} = {example}");
        let DeValue::Integer(written) = value.get_ref() else {
            self.wrong_type(key, value, "a whole number", &line);
            return None;
        };
        let number = u32::from_str_radix(written.as_str(), written.radix()).ok();
        if let Some(number) = number.filter(|number| limits.contains(number)) {
            return Some(number);
        }
        self.file.note(
            format!("`{}` must be from {} to {}", self.name_of(key), limits.start(), limits.end()),
            Some((value.span(), "out of range")),
            format!("for example `{line}`"),
        );
        None
    }

    /// One of some numbers.
    pub(super) fn one_of(&self, key: &'static str, allowed: &[u32], example: u32) -> Option<u32> {
        let number = self.number(key, 0..=u32::MAX, example)?;
        if allowed.contains(&number) {
            return Some(number);
        }
        let list: Vec<String> = allowed.iter().map(u32::to_string).collect();
        self.file.note_value(
            &self.name_of(key),
            format!("`{}` cannot be {number}", self.name_of(key)),
            "not one of them",
            format!("write one of {}", list.join(", ")),
        );
        None
    }

    /// A list of texts that `parse` understands, at least one, none twice.
    pub(super) fn list<T: PartialEq, R: Into<Refusal>>(
        &self,
        key: &'static str,
        example: &str,
        entries_max: usize,
        parse: impl Fn(&str) -> Result<T, R>,
    ) -> Option<Vec<T>> {
        let example_list = format!("[\"{example}\"]");
        let line = format!("{key} = {example_list}");
        let value = self.value(key, &example_list)?;
        let DeValue::Array(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a list of texts", &line);
            return None;
        };
        let name = self.name_of(key);
        if entries.is_empty() || entries.len() > entries_max {
            self.file.note(
                format!("`{name}` must have from 1 to {entries_max} entries"),
                Some((value.span(), "this list")),
                format!("for example `{line}`"),
            );
            return None;
        }
        let mut values: Vec<T> = Vec::new();
        let mut good = true;
        for entry in entries {
            let DeValue::String(text) = entry.get_ref() else {
                let found = kind_of(entry.get_ref());
                self.file.note(
                    format!("an entry of `{name}` must be a text, and is {found}"),
                    Some((entry.span(), found)),
                    format!("for example `{line}`"),
                );
                good = false;
                continue;
            };
            match parse(text) {
                Ok(value) if values.contains(&value) => {
                    self.file.note(
                        format!("`{name}` has this entry twice"),
                        Some((entry.span(), "the second time")),
                        "take one of the two out",
                    );
                    good = false;
                }
                Ok(value) => values.push(value),
                Err(refusal) => {
                    self.refuse(key, entry.span(), refusal.into(), example);
                    good = false;
                }
            }
        }
        good.then_some(values)
    }

    /// A path; relative ones begin at the configuration folder.
    pub(super) fn path(&self, key: &'static str, example: &str) -> Option<PathBuf> {
        self.text(key, example).map(|text| self.file.folder.join(text))
    }

    /// The path of a file that is there and may be read.
    pub(super) fn readable_file(&self, key: &'static str, example: &str) -> Option<PathBuf> {
        let path = self.path(key, example)?;
        let opened = std::fs::File::open(&path).and_then(|file| file.metadata());
        let why = match opened {
            Ok(metadata) if metadata.is_file() => return Some(path),
            Ok(_) => "it is not a file".to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                "it is not there".to_owned()
            }
            Err(error) => error.to_string(),
        };
        self.file.note_value(
            &self.name_of(key),
            format!("`{}` cannot be read: {why}", self.name_of(key)),
            "this file",
            "correct the path, or put the file there",
        );
        None
    }

    /// Notes a problem of the value of a key of this section.
    pub(super) fn note(
        &self,
        key: &str,
        message: impl Into<String>,
        label: &str,
        remedy: impl Into<String>,
    ) {
        self.file.note_value(&self.name_of(key), message, label, remedy);
    }

    /// Notes a problem of a value that must not be shown.
    pub(super) fn note_unseen(&self, message: impl Into<String>, remedy: impl Into<String>) {
        self.file.note(message, None, remedy);
    }

    /// Notes a problem of the section as a whole.
    pub(super) fn note_header(&self, message: impl Into<String>, remedy: impl Into<String>) {
        let at = self.header.clone().map(|span| (span, "in this section"));
        self.file.note(message, at, remedy);
    }

    /// Takes the rest of the section as it is: it is switched off.
    pub(super) fn ignore_rest(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    fn raw_text(&self, key: &'static str, example: &str) -> Option<(Range<usize>, &'f str)> {
        let value = self.value(key, &format!("\"{example}\""))?;
        let line = format!("{key} = \"{example}\"");
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "a text in quotes", &line);
            return None;
        };
        let chars = text.chars().count();
        if text.trim().is_empty() || chars > TEXT_CHARS_MAX {
            self.file.note(
                format!("`{}` must have from 1 to {TEXT_CHARS_MAX} characters", self.name_of(key)),
                Some((value.span(), "this text")),
                format!("for example `{line}`"),
            );
            return None;
        }
        Some((value.span(), text))
    }

    fn value(&self, key: &'static str, example: &str) -> Option<&'f toml::Spanned<DeValue<'f>>> {
        self.asked.borrow_mut().insert(key);
        let Some(value) = self.table.get(key) else {
            self.missing.borrow_mut().push((key, format!("{key} = {example}")));
            return None;
        };
        self.file.values.borrow_mut().insert(self.name_of(key), value.span());
        Some(value)
    }

    fn refuse(&self, key: &str, span: Range<usize>, refusal: Refusal, example: &str) {
        let message = format!("`{}` {}", self.name_of(key), refusal.what);
        let remedy = format!("{}, for example \"{example}\"", refusal.remedy);
        self.file.note(message, Some((span, "this text")), remedy);
    }

    fn wrong_type(
        &self,
        key: &str,
        value: &toml::Spanned<DeValue<'_>>,
        expected: &str,
        example: &str,
    ) {
        let found = kind_of(value.get_ref());
        self.file.note(
            format!("`{}` must be {expected}, and is {found}", self.name_of(key)),
            Some((value.span(), found)),
            format!("for example `{example}`"),
        );
    }

    /// Notes unknown keys, then missing ones. A key that looks like a missing one is that one,
    /// misspelt: it is noted once.
    fn finish(self) {
        let asked = self.asked.into_inner();
        let mut missing = self.missing.into_inner();
        let place =
            if self.path.is_empty() { "this file".to_owned() } else { format!("[{}]", self.path) };
        for (name, _) in self.table {
            let written = name.get_ref().as_ref();
            if asked.contains(written) {
                continue;
            }
            let near = nearest(written, missing.iter().map(|(key, _)| *key))
                .or_else(|| nearest(written, asked.iter().copied()));
            missing.retain(|(key, _)| Some(*key) != near);
            let remedy = match near {
                Some(key) => format!("did you mean `{key}`?"),
                None => {
                    let known: Vec<&str> = asked.iter().copied().collect();
                    format!("take it out; {place} has {}", known.join(", "))
                }
            };
            self.file.note(
                format!("`{written}` is not known in {place}"),
                Some((name.span(), "unknown")),
                remedy,
            );
        }
        for (key, line) in missing {
            let at = self.header.clone().map(|span| (span, "in this section"));
            if line.starts_with('[') {
                self.file.note(
                    format!("the section {line} is missing"),
                    at,
                    "copy it from the shipped file and adapt it",
                );
            } else {
                self.file.note(
                    format!("`{key}` is missing in {place}"),
                    at,
                    format!("add a line like `{line}`"),
                );
            }
        }
    }

    fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Why a text is not what it should be.
pub(super) struct Refusal {
    /// Continues "`key` …".
    what: String,
    /// What to do; an example is added.
    remedy: String,
}

impl Refusal {
    pub(super) fn new(what: impl Display, remedy: impl Display) -> Self {
        Self { what: what.to_string(), remedy: remedy.to_string() }
    }
}

impl From<IdentifierError> for Refusal {
    fn from(error: IdentifierError) -> Self {
        Self::new(format_args!("is not valid: {}", error.what()), error.remedy())
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// An error with its causes, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The word that `written` most likely was meant to be: at most a third of its letters differ.
fn nearest<'a>(written: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|word| (distance(written, word), word))
        .filter(|(distance, word)| distance * 3 <= word.chars().count())
        .min()
        .map(|(_, word)| word)
}

/// Insertions, deletions and replacements from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, above) in to.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(a != *b);
            left = replaced.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_letters_to_change() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("idle_s", "idle_s", 0),
            ("idl_s", "idle_s", 1),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }
}
