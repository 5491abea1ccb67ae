//! What is wrong with an edition: all of it at once, each with file, line, mark and remedy.

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
    /// What to do about it; empty where the text says it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}:{}: {}", self.file, self.line, self.text)?;
        if let Some((line, column)) = &self.mark {
            write!(f, "\n   | {line}\n   | {:column$}^", "")?;
        }
        if !self.remedy.is_empty() {
            write!(f, "\n   = {}", self.remedy)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with an edition, in the order of its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Problems told at most: nobody reads more, and a broken file can have one in every line.
    pub const MAX: usize = 200;

    pub(super) fn push(&mut self, problem: Problem) {
        if self.0.len() < Self::MAX {
            self.0.push(problem);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn sort(&mut self) {
        self.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
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
fn did_you_mean<N: AsRef<str> + Ord>(wrong: &str, names: impl IntoIterator<Item = N>) -> Option<N> {
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
