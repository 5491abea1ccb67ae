//! What is wrong with an edition: all of it at once, each with file, line, mark and remedy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One mistake in an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the edition.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub text: String,
    /// The line itself, and how many columns stand before the mark.
    pub mark: Option<(String, usize)>,
    /// What to do about it.
    pub remedy: String,
}

/// Problems kept at most before each cause is told once.
const COLLECTED_MAX: usize = 1000;

/// Places of one cause told at most.
const PLACES_MAX: usize = 5;

/// What begins the telling of something that many places name: a name nobody knows, a word no enum has,
/// a law that is not there. A mistake in that one thing is in each of them.
const SHARED: [&str; 7] = [
    "unknown name '",
    "unknown rule set '",
    "unknown parameter \"",
    "unknown paper '",
    "unknown type '",
    "cites ",
    "an entry of the working-day calendar is not of the year",
];

/// The same, with the thing itself before it.
const SHARED_INSIDE: [&str; 2] = [" is not a value of enum(", " has no field '"];

impl Problem {
    /// What it is about, where many places can be wrong by one cause.
    fn cause(&self) -> Option<&str> {
        let text = self.text.as_str();
        if text == "duplicate key" {
            return Some(text);
        }
        let begins = SHARED.into_iter().find_map(|mark| {
            let at = text.find(mark)?;
            text.get(..at)?.ends_with(": ").then_some(at).or((at == 0).then_some(0))
        });
        let inside = || {
            let at = SHARED_INSIDE.into_iter().find_map(|mark| text.find(mark))?;
            Some(text.get(..at)?.rfind(": ").map_or(0, |before| before + 2))
        };
        text.get(begins.or_else(inside)?..)
    }
}

/// Where else a problem is, in words.
fn also(places: &BTreeSet<(String, usize)>) -> String {
    let shown = places.iter().take(PLACES_MAX).map(|(file, line)| format!("{file}:{line}"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match places.len() {
        0 => String::new(),
        1..=PLACES_MAX => format!(" (also at {shown})"),
        all => format!(" (also at {shown} and {} more)", all - PLACES_MAX),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}:{}: {}", Seen(&self.file), self.line, Seen(&self.text))?;
        if let Some((line, column)) = &self.mark {
            write!(f, "\n   | {}\n   | {:column$}^", Seen(line), "")?;
        }
        write!(f, "\n   = {}", Seen(&self.remedy))
    }
}

/// A text of somebody else's on a terminal: what moves its cursor, hides or turns what stands beside it is
/// written out.
struct Seen<'t>(&'t str);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(is_unseen) {
            let (before, after) = rest.split_at(at);
            f.write_str(before)?;
            let mut chars = after.chars();
            if let Some(c) = chars.next() {
                write!(f, "{}", c.escape_unicode())?;
            }
            rest = chars.as_str();
        }
        f.write_str(rest)
    }
}

fn is_unseen(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(code, 0x61c | 0xfeff | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xe_0000..=0xe_007f)
}

/// Everything that is wrong with an edition, in the order of its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>, Untold);

/// What of an edition could not be read, so that nothing is judged by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Untold {
    facts: bool,
}

impl Problems {
    /// Problems told at most: nobody reads more, and a broken file can have one in every line.
    pub const MAX: usize = 200;

    pub(super) fn of(problems: Vec<Problem>) -> Self {
        Self(problems, Untold::default())
    }

    pub(super) fn push(&mut self, problem: Problem) {
        debug_assert!(!problem.remedy.is_empty(), "nobody is left without a remedy: {problem}");
        if self.0.len() < COLLECTED_MAX {
            self.0.push(problem);
        }
    }

    /// What is declared in the schema is not known: what only follows from that is not told from now on.
    pub(super) fn without_facts(&mut self) {
        self.1.facts = true;
    }

    /// Tells what is wrong by the schema.
    pub(super) fn push_by_facts(&mut self, problem: Problem) {
        if !self.1.facts {
            self.push(problem);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts them into the order of their files, each cause once.
    pub(super) fn finish(&mut self) {
        self.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        let mut told: Vec<Problem> = Vec::new();
        let mut again: BTreeMap<usize, BTreeSet<(String, usize)>> = BTreeMap::new();
        for problem in std::mem::take(&mut self.0) {
            match problem.cause().and_then(|cause| first.get(cause)) {
                Some(before) => {
                    let place = (problem.file.clone(), problem.line);
                    again.entry(*before).or_default().insert(place);
                }
                None => {
                    if let Some(cause) = problem.cause() {
                        first.insert(cause.to_owned(), told.len());
                    }
                    told.push(problem);
                }
            }
        }
        for (index, mut places) in again {
            if let Some(problem) = told.get_mut(index) {
                places.remove(&(problem.file.clone(), problem.line));
                problem.text.push_str(&also(&places));
            }
        }
        told.truncate(Self::MAX);
        self.0 = told;
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let count = self.0.len();
        let errors = if count == 1 { "error" } else { "errors" };
        write!(f, "{count} {errors}; edition not loaded")
    }
}

impl std::error::Error for Problems {}

/// The name closest to `wrong`, if one is close enough to be meant.
pub(super) fn did_you_mean<N: AsRef<str> + Ord>(
    wrong: &str,
    names: impl IntoIterator<Item = N>,
) -> Option<N> {
    let limit = match wrong.chars().count() {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    names
        .into_iter()
        .map(|name| (distance(wrong, name.as_ref()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// "(did you mean 'x'?)" with a space before it, or nothing.
pub(super) fn hint<N: AsRef<str> + Ord>(wrong: &str, names: impl IntoIterator<Item = N>) -> String {
    let meant = did_you_mean(wrong, names);
    meant.map_or_else(String::new, |name| format!(" (did you mean '{}'?)", name.as_ref()))
}

/// Letters to change, add, leave out or swap with the next (Damerau–Levenshtein, adjacent swaps).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_swap_counts_once_and_far_names_are_not_offered() {
        assert_eq!(super::distance("residental", "residential"), 1);
        assert_eq!(super::distance("stauts", "status"), 1);
        assert_eq!(super::did_you_mean("marks", ["items", "kind"]), None);
        assert_eq!(super::did_you_mean("divison", ["division", "kind"]), Some("division"));
    }
}
