//! Checks that the records follow one another, unchanged, each signed by this kiosk.

use rusqlite::Connection;

use super::error::during;
use super::store::{Int, hash_at, signed_record_of};
use super::{Error, Head};
use crate::seal::VerifyingKey;
use crate::wire::v1::{Hash, Header};

/// What is wrong, and where first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// A record is missing.
    #[error("position {expected} is missing, {found} follows")]
    Gap {
        /// The position that should come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// Its text is not the one that was hashed.
    #[error("the record at position {position} was changed: its hash does not fit")]
    Changed {
        /// Where.
        position: u64,
    },
    /// It does not name the record before it.
    #[error("the record at position {position} does not follow the one before it")]
    Unlinked {
        /// Where.
        position: u64,
    },
    /// It is not signed by this kiosk.
    #[error("the record at position {position} is not signed by this kiosk")]
    Unsigned {
        /// Where.
        position: u64,
    },
    /// Its text is no record, or one of another place.
    #[error("the text at position {position} is not the record of this place")]
    Misplaced {
        /// Where.
        position: u64,
    },
}

pub(super) enum Broken {
    At(ChainFault),
    Reading(Error),
}

/// Follows the chain from behind position `after` to its end.
pub(super) fn verify(
    connection: &Connection,
    after: u64,
    key: &VerifyingKey,
) -> Result<Head, Broken> {
    let reading = |source| Broken::Reading(during("follow the chain")(source));
    let hash = hash_at(connection, after).map_err(Broken::Reading)?;
    let Some(hash) = hash else {
        return Err(Broken::At(ChainFault::Gap { expected: after, found: after + 1 }));
    };
    let mut last = Head { position: after, hash };
    let mut statement = connection
        .prepare(
            "SELECT text, signature, position, hash FROM record
             WHERE position > ?1 ORDER BY position",
        )
        .map_err(reading)?;
    let mut rows = statement.query((Int(after),)).map_err(reading)?;
    while let Some(row) = rows.next().map_err(reading)? {
        let signed = signed_record_of(row).map_err(reading)?;
        let Int(position) = row.get(2).map_err(reading)?;
        let hash = Hash::from_bytes(row.get(3).map_err(reading)?);
        let fault = if position != last.position + 1 {
            Some(ChainFault::Gap { expected: last.position + 1, found: position })
        } else if signed.hash() != hash {
            Some(ChainFault::Changed { position })
        } else {
            match Header::read(signed.record.reveal()) {
                Err(_) => Some(ChainFault::Misplaced { position }),
                Ok(header) if header.position != position => {
                    Some(ChainFault::Misplaced { position })
                }
                Ok(header) if header.previous != last.hash => {
                    Some(ChainFault::Unlinked { position })
                }
                Ok(_) if !signed.verify(key) => Some(ChainFault::Unsigned { position }),
                Ok(_) => None,
            }
        };
        if let Some(fault) = fault {
            return Err(Broken::At(fault));
        }
        last = Head { position, hash };
    }
    Ok(last)
}
