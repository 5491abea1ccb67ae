//! The auditors' half: bundles of evidence, written and verified offline.
//!
//! It knows the formats and nothing of who wrote them: a verifier that shared the storage code of the
//! journal or the permit book would share its mistakes.

mod acts;
mod blanks;
mod book;
mod bundle;
mod csv;
pub mod html;
mod lock;
mod look;
mod look_ups;
mod numbers;
mod parquet;
pub mod pdf;
mod reading;
mod report;
mod shown;
mod table;
mod tree;
mod trust;
mod verify;
mod views;
mod writer;
mod xlsx;

pub use bundle::{
    Asked, CentralLookUp, Chain, FileEntry, Keys, Life, MANIFEST, Manifest, RECORDS, Source,
};
pub use look::same_by_law;
pub use numbers::{BadRating, Counts, Day, Took};
pub use reading::{Case, Counted, ReadError, case, count, view};
pub use report::{
    ActsCounted, Blanks, Check, Decisions, LookUps, PROBLEMS_MAX, Problem, Report, SeriesAccount,
    Sheets, Unrecorded,
};
pub use trust::Trust;
pub use verify::{Unreadable, Verify};
pub use views::{View, Views};
pub use writer::{Error, Order, Writer, clear_partial};
