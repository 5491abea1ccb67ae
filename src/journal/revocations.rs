//! What central revoked: kept here, so that a kiosk without a line prints, changes and renews no permit
//! that is void.
//!
//! The acts are numbered without gaps and each names the one before. The kiosk goes on from its last and
//! never back: a list that is shorter, or that goes another way, is not this one.

use rusqlite::{Connection, OptionalExtension as _};

use super::error::during;
use super::store::{Int, Store};
use super::vault::Vault;
use super::{Error, issue};
use crate::domain::ApplicationId;
use crate::wire::v1::{Hash, Revocation, api::SignedText, is_signed};

/// Takes the next act. The one taken last, taken again, changes nothing.
pub(super) fn take(store: &mut Store, act: &SignedText) -> Result<(), Error> {
    let context = Revocation::SIGNATURE_CONTEXT;
    if !is_signed(&store.settings().central_key, context, &act.text, &act.signature) {
        return Err(Error::RevocationSignature);
    }
    let read = Revocation::read(&act.text).map_err(|source| Error::Revocation { source })?;
    store.transaction("keep a revocation", |writing| {
        let last = last(&writing.transaction)?;
        if read.number <= last.number && text_of(&writing.transaction, read.number)? == act.text {
            return Ok(());
        }
        if read.number != last.number + 1 || read.previous != last.hash {
            let (found, after) = (read.number, last.number);
            return Err(Error::RevocationOrder { found, after });
        }
        writing
            .transaction
            .execute(
                "INSERT INTO revocation VALUES (?1, ?2, ?3, ?4)",
                (Int(read.number), &read.permit, &act.text, &act.signature),
            )
            .map_err(during("keep a revocation"))?;
        Ok(())
    })
}

/// The last act that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    /// Its number; 0 where there is none.
    pub(super) number: u64,
    /// The hash of its text, which the next one names.
    hash: Hash,
}

pub(super) fn last(connection: &Connection) -> Result<Last, Error> {
    let last: Option<(Int, String)> = connection
        .prepare_cached("SELECT number, text FROM revocation ORDER BY number DESC LIMIT 1")
        .and_then(|mut select| {
            select.query_row((), |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .map_err(during("read the last revocation"))?;
    Ok(match last {
        Some((Int(number), text)) => Last { number, hash: Hash::of(text.as_bytes()) },
        None => Last { number: 0, hash: Hash::ZERO },
    })
}

fn text_of(connection: &Connection, number: u64) -> Result<String, Error> {
    connection
        .query_row("SELECT text FROM revocation WHERE number = ?1", (Int(number),), |row| {
            row.get(0)
        })
        .optional()
        .map(Option::unwrap_or_default)
        .map_err(during("read a revocation"))
}

/// The act that revoked a permit, if one did.
pub(super) fn of_permit(
    connection: &Connection,
    permit: &str,
) -> Result<Option<Revocation>, Error> {
    let text: Option<String> = connection
        .prepare_cached("SELECT text FROM revocation WHERE permit = ?1 ORDER BY number LIMIT 1")
        .and_then(|mut select| select.query_row((permit,), |row| row.get(0)).optional())
        .map_err(during("look for a revocation"))?;
    text.map(|text| Revocation::read(&text).map_err(|source| Error::Revocation { source }))
        .transpose()
}

/// Refuses what is about to be done with a revoked permit.
pub(super) fn refuse(connection: &Connection, permit: &str) -> Result<(), Error> {
    match of_permit(connection, permit)? {
        None => Ok(()),
        Some(act) => Err(Error::Revoked { permit: act.permit, number: act.number }),
    }
}

/// The act that revoked the permit issued for an application, if one did.
pub(super) fn of_application(
    connection: &Connection,
    vault: &Vault,
    application: ApplicationId,
) -> Result<Option<Revocation>, Error> {
    // Nothing is revoked yet at most kiosks, and nothing has to be opened there.
    if last(connection)?.number == 0 {
        return Ok(None);
    }
    match issue::find_issued(connection, vault, application)? {
        Some(issued) => of_permit(connection, &issued.permit.number.to_string()),
        None => Ok(None),
    }
}
