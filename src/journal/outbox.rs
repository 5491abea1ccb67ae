//! What central has and has not: the outbox's mark, blocks of numbers, quarantine.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use super::error::during;
use super::store::{Int, Store, Writing, hash_at, head, signed_record_of};
use super::vault::Vault;
use super::{Error, OutboxState, Placed};
use crate::domain::{ApplicationId, Series};
use crate::wire::v1::{BlockGrant, BlockInstalled, Body, Hash, SignedBlock, api::ApplicationKey};

/// Records behind a position, in order; with the keys to their envelopes where there is a vault.
pub(super) fn records(
    connection: &Connection,
    vault: Option<&Vault>,
    after: u64,
    count_max: usize,
    bytes_max: usize,
) -> Result<Vec<Placed>, Error> {
    let reading = "read the outbox";
    let mut select = connection
        .prepare_cached(
            "SELECT text, signature, position, envelope_of FROM record
             WHERE position > ?1 ORDER BY position LIMIT ?2",
        )
        .map_err(during(reading))?;
    let mut rows = select.query((Int(after), Int::of_index(count_max))).map_err(during(reading))?;
    let mut records: Vec<Placed> = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next().map_err(during(reading))? {
        let record = signed_record_of(row).map_err(during(reading))?;
        bytes += record.record.reveal().len() + record.signature.len();
        if bytes > bytes_max && !records.is_empty() {
            break;
        }
        let Int(position) = row.get(2).map_err(during(reading))?;
        let envelope_of: Option<[u8; 16]> = row.get(3).map_err(during(reading))?;
        let key = match (vault, envelope_of.map(ApplicationId::from_random)) {
            (Some(vault), Some(application)) => {
                vault.find(application)?.map(|key| ApplicationKey { application, key })
            }
            (None, _) | (_, None) => None,
        };
        records.push(Placed { position, record, key });
    }
    Ok(records)
}

/// How much central has not acknowledged.
pub(super) fn state(connection: &Connection) -> Result<OutboxState, Error> {
    let acknowledged = acknowledged(connection)?;
    let unsent = head(connection)?.position.saturating_sub(acknowledged);
    let oldest_ms: Option<i64> = connection
        .query_row(
            "SELECT at_ms FROM record WHERE position = ?1",
            (Int(acknowledged + 1),),
            |row| row.get(0),
        )
        .optional()
        .map_err(during("read the oldest unsent record"))?;
    let oldest_at = oldest_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(OutboxState { acknowledged, unsent, oldest_at })
}

fn acknowledged(connection: &Connection) -> Result<u64, Error> {
    connection
        .query_row("SELECT acknowledged FROM outbox", (), |row| row.get(0))
        .map(|Int(position)| position)
        .map_err(during("read what central has acknowledged"))
}

/// Central has everything up to this record. A late, lower acknowledgement changes nothing.
pub(super) fn acknowledge(store: &mut Store, position: u64, hash: Hash) -> Result<(), Error> {
    store.transaction("note an acknowledgement", |writing| {
        if hash_at(&writing.transaction, position)? != Some(hash) {
            return Err(Error::ForeignAcknowledgement { position });
        }
        writing
            .transaction
            .execute("UPDATE outbox SET acknowledged = max(acknowledged, ?1)", (Int(position),))
            .map_err(during("note an acknowledgement"))?;
        Ok(())
    })
}

/// Central's own memory ends at `position`: everything behind it is sent again.
pub(super) fn rewind(store: &mut Store, position: u64) -> Result<(), Error> {
    store.transaction("rewind the outbox", |writing| {
        writing
            .transaction
            .execute("UPDATE outbox SET acknowledged = min(acknowledged, ?1)", (Int(position),))
            .map_err(during("rewind the outbox"))?;
        Ok(())
    })
}

/// Takes a leased block, once.
pub(super) fn install_block(store: &mut Store, block: &SignedBlock) -> Result<(), Error> {
    if !block.verify(&store.settings().central_key) {
        return Err(Error::BlockSignature);
    }
    let grant = BlockGrant::read(&block.grant).map_err(|source| Error::Block { source })?;
    if grant.kiosk != store.settings().kiosk || grant.incarnation != store.settings().incarnation {
        let (kiosk, incarnation) = (grant.kiosk.to_string(), grant.incarnation);
        return Err(Error::BlockOfAnother { kiosk, incarnation });
    }
    store.transaction("install a number block", |writing| {
        let installing = "install a number block";
        // Whatever the size of the blocks before: no number may be in two of them.
        let same_numbers: Option<String> = writing
            .transaction
            .query_row(
                "SELECT grant_text FROM block WHERE series = ?1
                     AND (block = ?2 OR (first <= ?4 AND last >= ?3))",
                (&grant.series, Int(grant.block), Int(grant.first), Int(grant.last)),
                |row| row.get(0),
            )
            .optional()
            .map_err(during(installing))?;
        match same_numbers {
            Some(installed) if installed == block.grant => return Ok(()),
            Some(_) => {
                let series = Series::parse(&grant.series).expect("reading the grant checked it");
                return Err(Error::BlockOverlaps { series, first: grant.first, last: grant.last });
            }
            None => {}
        }
        let head = writing.append(Body::BlockInstalled(BlockInstalled {
            series: grant.series.clone(),
            block: grant.block,
            first: grant.first,
            last: grant.last,
            grant_digest: block.digest(),
        }))?;
        writing
            .transaction
            .execute(
                "INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, ?7)",
                (
                    &grant.series,
                    Int(grant.block),
                    Int(grant.first),
                    Int(grant.last),
                    &block.grant,
                    &block.signature,
                    Int(head.position),
                ),
            )
            .map_err(during(installing))?;
        Ok(())
    })
}

/// Nothing is issued from now on. The first reason stays.
pub(super) fn quarantine(store: &mut Store, reason: &str) -> Result<(), Error> {
    store.transaction("note the quarantine", |writing| note_quarantine(writing, reason))
}

/// The same, within a transaction that does more.
pub(super) fn note_quarantine(writing: &Writing<'_>, reason: &str) -> Result<(), Error> {
    writing
        .transaction
        .execute(
            "INSERT INTO quarantine VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
            (reason, writing.moment.at.as_millisecond()),
        )
        .map_err(during("note the quarantine"))?;
    Ok(())
}

/// Why nothing is issued any more, if that is so.
pub(super) fn quarantined(connection: &Connection) -> Result<Option<String>, Error> {
    connection
        .query_row("SELECT reason FROM quarantine", (), |row| row.get(0))
        .optional()
        .map_err(during("read the quarantine"))
}
