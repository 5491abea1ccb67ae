//! `numbers.toml`: the number series central leases from; everything wrong with it is said at once.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::domain::{FoodLicenceNumber, HygieneNumber, Series};
use crate::durable;
use crate::wire::v1::BlockGrant;

/// Bytes of the file at most: a hundred series at 200 bytes, and comments.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The number series central leases from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(Vec<SeriesSettings>);

impl Numbers {
    /// Reads `numbers.toml` of a folder.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("numbers.toml");
        let bytes = durable::read_limited(&path, FILE_BYTES_MAX)
            .map_err(|source| Error::Read { source })?;
        let text =
            String::from_utf8(bytes).map_err(|_not_text| Error::NotText { path: path.clone() })?;
        Self::parse(&text, &path)
    }

    /// Reads the text of a `numbers.toml`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let written: Written = toml::from_str(text).map_err(|source| Error::NotOfTheForm {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let mut problems = Problems { text, found: Vec::new() };
        let numbers = written.meant(&mut problems);
        if problems.found.is_empty() {
            Ok(numbers)
        } else {
            Err(Error::Problems { path: path.to_owned(), problems: problems.found })
        }
    }

    /// The settings of a series, if central leases from it.
    pub fn of(&self, series: &str) -> Option<&SeriesSettings> {
        self.0.iter().find(|settings| settings.fits(series))
    }
}

/// One number series, or all years of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesSettings {
    /// The name of the series; one that ends in `/*` fits every year.
    pub series: String,
    /// The first block leased.
    pub first_block: u64,
    /// Numbers in a block.
    pub size: u64,
    /// Numbers one kiosk may hold unused.
    pub unused_max: u64,
    /// The highest number.
    pub sequence_max: u64,
}

impl SeriesSettings {
    /// Whether these settings are those of `series`.
    pub fn fits(&self, series: &str) -> bool {
        match self.series.strip_suffix('*') {
            Some(stem) => series
                .strip_prefix(stem)
                .is_some_and(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit())),
            None => self.series == series,
        }
    }
}

/// Why there are no number series.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading the file.
    #[error("cannot read the number series")]
    Read {
        /// What the system said.
        source: durable::Error,
    },
    /// Its bytes.
    #[error("{} is not UTF-8 text", path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// Its form.
    #[error("{} cannot be understood", path.display())]
    NotOfTheForm {
        /// Which file.
        path: PathBuf,
        /// What was wrong, with line and mark.
        source: Box<toml::de::Error>,
    },
    /// Its meaning; every problem, one a line, with the line it stands on and what to write.
    #[error("{}:\n{}", path.display(), problems.join("\n"))]
    Problems {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problems: Vec<String>,
    },
}

struct Problems<'a> {
    text: &'a str,
    found: Vec<String>,
}

impl Problems<'_> {
    fn say<T>(&mut self, at: &Spanned<T>, what: impl std::fmt::Display) {
        let before = self.text.bytes().take(at.span().start);
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        self.found.push(format!("  line {line}: {what}"));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    series: Vec<WrittenSeries>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSeries {
    name: Spanned<String>,
    first: Spanned<u64>,
    #[serde(default = "block_size")]
    block_size: Spanned<u64>,
    #[serde(default = "blocks_unused_max")]
    blocks_unused_max: u64,
}

/// Forty permits a day for a fortnight offline are 560; in blocks of a hundred the leftovers stay few.
fn block_size() -> Spanned<u64> {
    Spanned::new(0..0, 100)
}

/// Two weeks offline, and one block while the last is being used up.
fn blocks_unused_max() -> u64 {
    6
}

impl Written {
    fn meant(&self, problems: &mut Problems<'_>) -> Numbers {
        let mut numbers: Vec<SeriesSettings> = Vec::new();
        for written in &self.series {
            let meant = written.meant(problems);
            if numbers.iter().any(|other| other.series == meant.series) {
                let what = format!("series `{}` stands here twice: keep one", meant.series);
                problems.say(&written.name, what);
            }
            numbers.push(meant);
        }
        Numbers(numbers)
    }
}

impl WrittenSeries {
    fn meant(&self, problems: &mut Problems<'_>) -> SeriesSettings {
        let series = self.name.get_ref();
        let example = series.strip_suffix('*').map_or(series.clone(), |stem| format!("{stem}2026"));
        if Series::parse(&example).is_none() {
            problems.say(
                &self.name,
                format!("`{series}` is no series: write `food/1/370303` or `hygiene/张审卫公证/*`"),
            );
        }
        // A series that begins anew each year has places of its own.
        let sequence_max = if series.ends_with("/*") {
            HygieneNumber::SEQUENCE_MAX
        } else {
            FoodLicenceNumber::SEQUENCE_MAX
        };
        let size = *self.block_size.get_ref();
        if !(1..=BlockGrant::SIZE_MAX).contains(&size) {
            problems
                .say(&self.block_size, format!("block_size must be 1 to {}", BlockGrant::SIZE_MAX));
        }
        let first = *self.first.get_ref();
        let size = size.max(1);
        if first == 0 || !(first - 1).is_multiple_of(size) || first > u64::from(sequence_max) {
            let nearest = (first.max(1) - 1) / size * size + 1;
            problems.say(
                &self.first,
                format!("first must begin a block of {size} and exist: write {nearest}"),
            );
        }
        SeriesSettings {
            series: series.clone(),
            first_block: first.saturating_sub(1) / size,
            size,
            unused_max: self.blocks_unused_max.saturating_mul(size),
            sequence_max: u64::from(sequence_max),
        }
    }
}
