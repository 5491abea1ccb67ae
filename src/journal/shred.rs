//! Forgetting people in time: destroys the data keys of applications whose keeping time is over.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};

use super::store::{Int, Store};
use super::{Error, error::during, outbox};
use crate::domain::ApplicationId;

/// How long this kiosk can read what it wrote about an applicant. Central keeps its own copy for the
/// times the law names; the kiosk needs it for reprints and questions at the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// After a permit was issued or a filing numbered.
    pub issued: SignedDuration,
    /// After a decision that granted no number.
    pub decided: SignedDuration,
    /// After an application that came to no decision began.
    pub begun: SignedDuration,
}

/// Applications looked at in one go: some milliseconds.
const PAGE: u32 = 256;

/// Destroys what is due and acknowledged.
pub(super) fn shred(store: &mut Store, retention: Retention) -> Result<u64, Error> {
    let now = store.settings().clock.now();
    let shortest = retention.issued.min(retention.decided).min(retention.begun);
    let acknowledged = outbox::state(store.connection())?.acknowledged;
    let (mut after, mut destroyed) = (None, 0);
    loop {
        let old = store.vault().born_before(before(now, shortest), after, PAGE)?;
        let Some((last, _)) = old.last() else { return Ok(destroyed) };
        after = Some(*last);
        let mut due = Vec::new();
        for (application, born) in old {
            if is_due(store.connection(), application, born, now, retention, acknowledged)? {
                due.push(application);
            }
        }
        store.vault_mut().destroy(&due)?;
        destroyed += Int::of_index(due.len()).0;
    }
}

fn is_due(
    connection: &Connection,
    application: ApplicationId,
    born: Timestamp,
    now: Timestamp,
    retention: Retention,
    acknowledged: u64,
) -> Result<bool, Error> {
    let reading = "look how far an application came";
    // The last envelope: what central has not got yet it could never open.
    let last: Option<Int> = connection
        .prepare_cached("SELECT max(position) FROM record WHERE envelope_of = ?1")
        .and_then(|mut select| select.query_row((application.as_bytes(),), |row| row.get(0)))
        .map_err(during(reading))?;
    if last.is_some_and(|Int(last)| last > acknowledged) {
        return Ok(false);
    }
    let at = |sql: &str| -> Result<Option<Timestamp>, Error> {
        let at_ms: Option<i64> = connection
            .prepare_cached(sql)
            .and_then(|mut select| {
                select.query_row((application.as_bytes(),), |row| row.get(0)).optional()
            })
            .map_err(during(reading))?;
        Ok(at_ms.map(|ms| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)))
    };
    // A permit follows its decision, whoever gave its number out.
    let issued = at(
        "SELECT record.at_ms FROM decision JOIN record ON record.position = decision.position + 1
         WHERE decision.application = ?1 AND record.envelope_of = ?1
           AND json_extract(record.text, '$.body.kind') = 'issued'",
    )?;
    if let Some(issued) = issued {
        return Ok(issued < before(now, retention.issued));
    }
    let decided =
        at("SELECT at_ms FROM decision JOIN record USING (position) WHERE application = ?1")?;
    if let Some(decided) = decided {
        return Ok(decided < before(now, retention.decided));
    }
    // A key from before this journal is of an earlier life of the kiosk, whose journal says how far it
    // came, and perhaps lies set aside: it is kept as long as any.
    let began_ms: Option<i64> = connection
        .query_row("SELECT at_ms FROM record ORDER BY position LIMIT 1", (), |row| row.get(0))
        .optional()
        .map_err(during(reading))?;
    let is_earlier = began_ms.is_none_or(|began| born.as_millisecond() < began);
    let keeping =
        if is_earlier { retention.issued.max(retention.decided) } else { retention.begun };
    Ok(born < before(now, keeping))
}

fn before(now: Timestamp, keeping: SignedDuration) -> Timestamp {
    now.checked_sub(keeping).unwrap_or(Timestamp::MIN)
}
