//! The stock of numbered blank sheets: counted into a tray, drawn one by one, spoiled, taken out. The
//! stock changes in the transaction of the record that says so; for a certificate, in that of its step.
//!
//! Where a kiosk's sheets carry no numbers nobody counts any in, and nothing is booked.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::Error;
use super::error::during;
use super::store::{Int, Store, Writing};
use crate::wire::v1::{BlankUse, BlanksCounted, BlanksSpent, Body, MaintenanceTested};

/// Sheets in a tray at most: the largest trays for A3 take 550, stacked cassettes 2000.
const SHEETS_MAX: u64 = 2000;
/// A number on a sheet has at most twelve digits.
const NUMBER_MAX: u64 = 999_999_999_999;

/// Size of numbered sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SheetSize {
    /// Originals.
    A3,
    /// Copies, and proofs of filing.
    A4,
}

impl SheetSize {
    /// All sizes.
    pub const ALL: [Self; 2] = [Self::A3, Self::A4];

    /// As in records and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A3 => "A3",
            Self::A4 => "A4",
        }
    }
}

/// What lies in the tray of one size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tray {
    next: u64,
    last: u64,
}

impl Tray {
    /// A tray somebody counted, if it can be one.
    pub fn counted(first: u64, last: u64) -> Option<Self> {
        let is_tray = first <= last && last <= NUMBER_MAX && last - first < SHEETS_MAX;
        is_tray.then_some(Self { next: first, last })
    }

    /// The number on the next sheet; behind the last one's where none is left.
    pub fn next(self) -> u64 {
        self.next
    }

    /// The number on the last sheet.
    pub fn last(self) -> u64 {
        self.last
    }

    /// Sheets left.
    pub fn left(self) -> u64 {
        (self.last + 1).saturating_sub(self.next)
    }
}

/// What lies in each tray somebody counted.
pub type Trays = BTreeMap<SheetSize, Tray>;

/// All trays.
pub(super) fn trays(connection: &Connection) -> Result<Trays, Error> {
    let mut trays = Trays::new();
    for paper in SheetSize::ALL {
        if let Some(tray) = tray(connection, paper)? {
            trays.insert(paper, tray);
        }
    }
    Ok(trays)
}

fn tray(connection: &Connection, paper: SheetSize) -> Result<Option<Tray>, Error> {
    let tray_of = |row: &Row<'_>| {
        let (Int(next), Int(last)) = (row.get(0)?, row.get(1)?);
        Ok(Tray { next, last })
    };
    connection
        .prepare_cached("SELECT next, last FROM tray WHERE paper = ?1")
        .and_then(|mut select| select.query_row((paper.as_str(),), tray_of).optional())
        .map_err(during("read the count of blank sheets"))
}

/// Somebody put sheets into a tray; what lay there before counts no more.
pub(super) fn count(
    store: &mut Store,
    by: &str,
    paper: SheetSize,
    counted: Tray,
) -> Result<(), Error> {
    let counting = "count blank sheets";
    store.transaction(counting, |writing| {
        if let Some(before) = tray(&writing.transaction, paper)?
            && before.left() > 0
        {
            writing.append(Body::BlanksSpent(BlanksSpent {
                paper: paper.as_str().to_owned(),
                first: before.next,
                last: before.last,
                on: BlankUse::TakenOut,
                job: None,
                by: Some(by.to_owned()),
            }))?;
        }
        writing
            .transaction
            .execute(
                "INSERT INTO tray (paper, next, last) VALUES (?1, ?2, ?3)
                 ON CONFLICT (paper) DO UPDATE SET next = excluded.next, last = excluded.last",
                (paper.as_str(), Int(counted.next), Int(counted.last)),
            )
            .map_err(during(counting))?;
        writing.append(Body::BlanksCounted(BlanksCounted {
            by: by.to_owned(),
            paper: paper.as_str().to_owned(),
            first: counted.next,
            last: counted.last,
        }))?;
        Ok(())
    })
}

/// The next sheet of a tray was spoiled before anything was printed on it. Whether there was one.
pub(super) fn spoil(store: &mut Store, by: &str, paper: SheetSize) -> Result<bool, Error> {
    store.transaction("book a spoiled sheet", |writing| {
        draw(writing, paper, BlankUse::Spoiled, None, Some(by))
    })
}

/// Somebody tried a device, and by that perhaps used a sheet.
pub(super) fn test(
    store: &mut Store,
    tested: &MaintenanceTested,
    drawn: Option<SheetSize>,
) -> Result<(), Error> {
    store.transaction("record a test", |writing| {
        if let Some(paper) = drawn {
            draw(writing, paper, BlankUse::Test, None, None)?;
        }
        writing.append(Body::MaintenanceTested(tested.clone())).map(drop)
    })
}

/// Remembers what a paper is printed on.
pub(super) fn assign(writing: &Writing<'_>, job: u64, paper: SheetSize) -> Result<(), Error> {
    writing
        .transaction
        .execute("UPDATE print_job SET paper = ?2 WHERE job = ?1", (Int(job), paper.as_str()))
        .map(drop)
        .map_err(during("note what a paper is printed on"))
}

/// The sheet a paper was printed on has left its tray.
pub(super) fn draw_for(
    writing: &Writing<'_>,
    job: u64,
    on: BlankUse,
    by: Option<&str>,
) -> Result<(), Error> {
    let paper: Option<String> = writing
        .transaction
        .query_row("SELECT paper FROM print_job WHERE job = ?1", (Int(job),), |row| row.get(0))
        .map_err(during("read what a paper is printed on"))?;
    match SheetSize::ALL.into_iter().find(|size| Some(size.as_str()) == paper.as_deref()) {
        Some(paper) => draw(writing, paper, on, Some(job), by).map(drop),
        None => Ok(()),
    }
}

/// The next sheet of a tray has left it. Without a count, or with an empty tray, nothing is booked.
fn draw(
    writing: &Writing<'_>,
    paper: SheetSize,
    on: BlankUse,
    job: Option<u64>,
    by: Option<&str>,
) -> Result<bool, Error> {
    let Some(tray) = tray(&writing.transaction, paper)?.filter(|tray| tray.left() > 0) else {
        return Ok(false);
    };
    writing
        .transaction
        .execute("UPDATE tray SET next = next + 1 WHERE paper = ?1", (paper.as_str(),))
        .map_err(during("draw a blank sheet"))?;
    writing.append(Body::BlanksSpent(BlanksSpent {
        paper: paper.as_str().to_owned(),
        first: tray.next,
        last: tray.next,
        on,
        job,
        by: by.map(str::to_owned),
    }))?;
    Ok(true)
}
