//! What is wrong with the configuration, so that whoever edits the files can mend it at once.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

/// One problem of one file.
#[derive(Debug)]
pub struct Problem {
    pub(super) file: String,
    pub(super) message: String,
    pub(super) mark: Option<Mark>,
    pub(super) remedy: String,
}

/// A place in a file, and what is to be said of it.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) text: Arc<str>,
    pub(super) span: Range<usize>,
    pub(super) label: String,
}

impl Problem {
    /// The file it is in, within the configuration folder.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Line and column, both from 1, the column in characters.
    pub fn place(&self) -> Option<(usize, usize)> {
        let mark = self.mark.as_ref()?;
        let before = mark.text.get(..mark.span.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..)?.chars().count() + 1;
        Some((before.matches('\n').count() + 1, column))
    }

    /// In which order problems are shown: by file, from top to bottom.
    fn order(&self) -> (&str, usize) {
        (&self.file, self.mark.as_ref().map_or(usize::MAX, |mark| mark.span.start))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// A problem beside its source text, in the form miette draws.
#[derive(Debug)]
struct Drawn<'a> {
    problem: &'a Problem,
    source: Option<NamedSource<Arc<str>>>,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a place there is no drawing, and the file would not be named.
        match &self.source {
            Some(_) => write!(f, "{}", self.problem.message),
            None => write!(f, "{}: {}", self.problem.file, self.problem.message),
        }
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.problem.remedy))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mark = self.problem.mark.as_ref()?;
        let label = LabeledSpan::new_with_span(Some(mark.label.clone()), mark.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Every problem of every file, from top to bottom. Never empty.
#[derive(Debug)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Columns of a drawn problem at most.
    const COLUMNS: usize = 100;

    /// The problems, or `None` where there are none.
    pub(super) fn of(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort_by(|a, b| a.order().cmp(&b.order()));
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// All of them drawn, each with its line, a mark and a remedy.
    pub fn drawn(&self, colour: bool) -> String {
        let theme =
            if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(Self::COLUMNS)
            .with_links(false)
            .without_cause_chain();
        let mut report = String::new();
        for problem in &self.0 {
            let source = problem
                .mark
                .as_ref()
                .map(|mark| NamedSource::new(&problem.file, Arc::clone(&mark.text)));
            handler
                .render_report(&mut report, &Drawn { problem, source })
                .expect("a string takes every text, and marks lie inside theirs");
            report.push('\n');
        }
        report
    }

    /// All of them as JSON, one object each, for other programs.
    pub fn json(&self) -> serde_json::Value {
        let object = |problem: &Problem| {
            let place = problem.place();
            serde_json::json!({
                "file": problem.file,
                "line": place.map(|(line, _)| line),
                "column": place.map(|(_, column)| column),
                "message": problem.message,
                "remedy": problem.remedy,
            })
        };
        self.0.iter().map(object).collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "the configuration has a problem in {}: {only}", only.file),
            [first, ..] => write!(
                f,
                "the configuration has {} problems, the first in {}: {first}",
                self.0.len(),
                first.file
            ),
            [] => f.write_str("the configuration has no problem"),
        }
    }
}

impl std::error::Error for Problems {}
