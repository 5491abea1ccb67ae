//! The stock of numbered blank sheets: counted into the tray, spent one by one, spoiled, taken out.
//!
//! Where a kiosk's sheets carry no numbers nobody counts any in, and nothing is booked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::desk::Desk;
use crate::durable;
use crate::fault::Chain;
use crate::wire::v1::{BlankUse, BlanksCounted, BlanksSpent, Body, Document, SheetAnswer};

/// The file of the stock, in the data folder. The records of the journal are the evidence; this is where
/// the count stands.
const FILE_NAME: &str = "blanks.json";
/// Bytes of it at most: two sizes of paper, two numbers each.
const BYTES_MAX: u64 = 1024;
/// Sheets in a tray at most: the largest trays for A3 take 550, stacked cassettes 2000.
const SHEETS_MAX: u64 = 2000;
/// A number on a sheet has at most twelve digits.
const NUMBER_MAX: u64 = 999_999_999_999;

/// What lies in the tray of one size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tray {
    /// The number on the next sheet.
    pub next: u64,
    /// The number on the last one.
    pub last: u64,
}

impl Tray {
    /// Sheets left.
    pub fn left(self) -> u64 {
        (self.last + 1).saturating_sub(self.next)
    }

    /// A tray somebody counted, if it can be.
    pub fn counted(first: u64, last: u64) -> Option<Self> {
        let is_tray = first <= last && last <= NUMBER_MAX && last - first < SHEETS_MAX;
        is_tray.then_some(Self { next: first, last })
    }
}

/// What lies in each tray, by the size of the paper.
pub type Trays = BTreeMap<String, Tray>;

/// The stock.
pub(super) struct Blanks {
    file: PathBuf,
    trays: Trays,
}

impl Blanks {
    /// As the last start left it. One that cannot be read is nobody's count: it is counted in again.
    pub(super) fn open(data: &Path) -> Self {
        let file = data.join(FILE_NAME);
        let trays = match durable::read_limited(&file, BYTES_MAX) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                tracing::error!(%error, "{FILE_NAME} is damaged: count the blank sheets in again");
                Trays::new()
            }),
            Err(error) if error.is_missing() => Trays::new(),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "the count of blank sheets cannot be read");
                Trays::new()
            }
        };
        Self { file, trays }
    }

    pub(super) fn trays(&self) -> &Trays {
        &self.trays
    }

    /// On the disk first: a crash between file and record leaves a number no record speaks of, which an
    /// auditor sees, and never one that is spent twice.
    fn keep(&self) -> Result<(), durable::Error> {
        let text = serde_json::to_vec(&self.trays).expect("sizes and numbers are plain");
        durable::write(&self.file, &text)
    }
}

impl Desk {
    /// Somebody put sheets into a tray; what lay there before counts no more.
    pub(super) fn count_blanks(&mut self, by: String, paper: &str, first: u64, last: u64) -> bool {
        let Some(tray) = Tray::counted(first, last) else { return false };
        if let Some(before) = self.blanks.trays.get(paper).copied()
            && before.left() > 0
        {
            let spent = BlanksSpent {
                paper: paper.to_owned(),
                first: before.next,
                last: before.last,
                on: BlankUse::TakenOut,
                job: None,
                by: Some(by.clone()),
            };
            self.note(Body::BlanksSpent(spent));
        }
        self.blanks.trays.insert(paper.to_owned(), tray);
        if let Err(error) = self.blanks.keep() {
            tracing::error!(error = %Chain(&error), "the count of blank sheets cannot be kept");
            return false;
        }
        self.note(Body::BlanksCounted(BlanksCounted { by, paper: paper.to_owned(), first, last }));
        true
    }

    /// The next sheet of a tray has left it. Without a count, or with an empty one, nothing is booked.
    pub(super) fn spend_blank(
        &mut self,
        paper: &str,
        on: BlankUse,
        job: Option<u64>,
        by: Option<String>,
    ) -> bool {
        let Some(tray) = self.blanks.trays.get_mut(paper).filter(|tray| tray.left() > 0) else {
            return false;
        };
        let number = tray.next;
        tray.next += 1;
        if let Err(error) = self.blanks.keep() {
            tracing::error!(error = %Chain(&error), "the count of blank sheets cannot be kept");
        }
        let paper = paper.to_owned();
        self.note(Body::BlanksSpent(BlanksSpent {
            paper,
            first: number,
            last: number,
            on,
            job,
            by,
        }));
        true
    }

    /// The sheet of a certificate that counts as printed.
    pub(super) fn spend_on(&mut self, document: Document, job: u64) {
        if let Some(paper) = paper_of(document) {
            self.spend_blank(paper, BlankUse::Certificate, Some(job), None);
        }
    }

    /// The sheet somebody looked for.
    pub(super) fn spend_settled(
        &mut self,
        document: Document,
        job: u64,
        answer: SheetAnswer,
        by: String,
    ) {
        let on = match answer {
            SheetAnswer::Complete => BlankUse::Certificate,
            SheetAnswer::Spoiled => BlankUse::Spoiled,
            SheetAnswer::Nothing => return,
        };
        if let Some(paper) = paper_of(document) {
            self.spend_blank(paper, on, Some(job), Some(by));
        }
    }
}

/// The size a certificate is printed on; slips are on rolls.
pub(super) fn paper_of(document: Document) -> Option<&'static str> {
    match document {
        Document::Original => Some("A3"),
        Document::Copy => Some("A4"),
        Document::Receipt | Document::Slip | Document::DataReceipt => None,
    }
}
