//! The high-water mark: how far this kiosk's journal has come, written down a second time, elsewhere.
//!
//! A disk that is restored from an old image brings back a journal that is whole, signed and ours, and
//! would give out again the numbers it gave out since. Two things tell: central, which has more records
//! than the journal, and this mark, which also tells while the line is down. It is worth as much as its
//! place: on the same disk it guards against a journal restored alone, on a medium of its own against an
//! image of the whole disk (`docs/trust.md`).
//!
//! The mark is written behind the journal, never before it, and not for every record: it may be behind
//! by what a crash interrupted, never ahead.

use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::store::{hash_at, head, start};
use super::{Error, Head, Settings};
use crate::durable;
use crate::wire::v1::{Hash, KioskId};

/// Bytes of the file at most: names, numbers and a hash.
const BYTES_MAX: u64 = 1024;

/// What the file says, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    kiosk: KioskId,
    incarnation: u32,
    position: u64,
    hash: Hash,
}

/// Writes down how far the journal is.
pub(super) fn write(settings: &Settings, head: Head) -> Result<(), durable::Error> {
    let mark = Mark {
        kiosk: settings.kiosk.clone(),
        incarnation: settings.incarnation,
        position: head.position,
        hash: head.hash,
    };
    let text = serde_json::to_vec(&mark).expect("a mark has only string keys");
    durable::write(&settings.mark, &text)
}

/// Compares a journal that is being opened with its mark. `Some` is why it must not issue.
pub(super) fn compare(
    connection: &Connection,
    settings: &Settings,
) -> Result<Option<String>, Error> {
    let head = head(connection)?;
    if head == start(connection)? {
        // Nothing was ever recorded: made a moment ago, perhaps by a process that was stopped before it
        // could write the mark.
        return write(settings, head).map(|()| None).map_err(|source| Error::WriteMark { source });
    }
    let mark = read(&settings.mark)?;
    if mark.kiosk != settings.kiosk || mark.incarnation != settings.incarnation {
        return Ok(Some(format!(
            "the mark is of {} in its life {}: this disk was restored or moved",
            mark.kiosk, mark.incarnation
        )));
    }
    if mark.position > head.position {
        return Ok(Some(format!(
            "the mark says {} records, the journal has {}: it was restored from an old copy",
            mark.position, head.position
        )));
    }
    // A journal that was restored long ago and has since gone another way.
    if mark.position >= start(connection)?.position
        && hash_at(connection, mark.position)? != Some(mark.hash)
    {
        return Ok(Some(format!(
            "the mark names another record at {}: the journal was restored from an old copy",
            mark.position
        )));
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Mark, Error> {
    let unusable = |what: String| Error::Mark { path: path.to_owned(), what };
    let bytes = durable::read_limited(path, BYTES_MAX)
        .map_err(|error| unusable(crate::fault::Chain(&error).to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))
}
