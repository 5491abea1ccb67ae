//! The permit book in one SQLite file: one connection, one thread, many questions to a commit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use jiff::{Timestamp, civil::Date};
use rusqlite::types::{ToSql, ToSqlOutput};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::plan::{
    Chained, Ended, Known, KnownBlocks, KnownPermit, Link, NewPermit, Wanted, chain, plan,
    plan_edition, plan_lease, unaccounted, wanted, without_holder,
};
use super::{
    Answer, BookEntry, CloseOrder, Error, InboxCase, Kiosk, KioskOverview, Lease, Leased, Life,
    LookUpRow, PublishedEdition, Quarantined, RevokeOrder, Revoked, Store, Taken, Totals, standing,
};
use crate::central::intake::{Case, Judged, KeptKey, Number, Poison, Stage};
use crate::domain::{ApplicationId, ServiceCode};
use crate::seal::WrappedKey;
use crate::wire::v1::{
    Due, Hash, KioskId, Permit, SignedBlock,
    api::{Head, Heartbeat, HeldStatus, NumberRange, PushOutcome, SignedText},
};

/// Questions that may wait: each of 256 kiosks has one push, one look-up and one page open.
const WAITING_MAX: usize = 768;
/// Questions answered by one commit at most. Measured: 64 kiosks pushing single records, 5.9 times
/// the rate of a commit each.
const GROUP_MAX: usize = 64;
/// The tables' versions, in order; `user_version` says how many are in place.
const MIGRATIONS: [&str; 5] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];

/// The permit book of a single district.
#[derive(Debug)]
pub struct Sqlite {
    jobs: SyncSender<Job>,
}

/// Does one question inside the group's transaction; what it gives back is told after the commit.
type Job = Box<dyn FnOnce(&Connection) -> Tell + Send>;
/// Tells the asker; with the error instead if the commit failed.
type Tell = Box<dyn FnOnce(Option<&Arc<rusqlite::Error>>) + Send>;

impl Sqlite {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        look_before_opening(path)?;
        let open = || -> rusqlite::Result<Connection> {
            let db = Connection::open(path)?;
            // EXTRA before WAL: the journal of the switch itself must not come back after a power
            // cut. An acknowledged record is one the kiosk may forget, so every commit is synced.
            db.pragma_update(None, "synchronous", "EXTRA")?;
            db.pragma_update(None, "journal_mode", "WAL")?;
            db.pragma_update(None, "foreign_keys", true)?;
            // A destroyed data key is overwritten where it stood.
            db.pragma_update_and_check(None, "secure_delete", true, |_row| Ok(()))?;
            // Only `provision` writes beside us, for milliseconds.
            db.busy_timeout(std::time::Duration::from_secs(5))?;
            Ok(db)
        };
        let mut db = open()
            .map_err(|source| Error::Open { path: path.to_owned(), source: Arc::new(source) })?;
        migrate(&mut db)?;
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("permit-book".to_owned())
            .spawn(move || work(&db, &waiting))
            .map_err(|source| Error::Start { source: Arc::new(source) })?;
        Ok(Self { jobs })
    }

    fn ask<T: Send + 'static>(
        &self,
        operation: &'static str,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, T> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let answer = in_savepoint(db, question)
                .map_err(|source| Error::Do { operation, source: Arc::new(source) });
            Box::new(move |failed| {
                let answer = match failed {
                    Some(source) => Err(Error::Do { operation, source: Arc::clone(source) }),
                    None => answer,
                };
                // The asker may have gone; what was kept is kept.
                drop(tell.send(answer));
            })
        });
        let sent = self.jobs.try_send(job);
        Box::pin(async move {
            match sent {
                Ok(()) => told.await.unwrap_or(Err(Error::Closed { operation })),
                Err(TrySendError::Full(_)) => Err(Error::Busy { operation }),
                Err(TrySendError::Disconnected(_)) => Err(Error::Closed { operation }),
            }
        })
    }
}

/// Answers questions in groups until nobody can ask any more.
fn work(db: &Connection, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let mut failed = db.execute_batch("BEGIN IMMEDIATE").err();
        let mut tell = Vec::new();
        let mut job = Some(first);
        while let Some(todo) = job {
            tell.push(todo(db));
            job = if tell.len() < GROUP_MAX { waiting.try_recv().ok() } else { None };
        }
        if failed.is_none() {
            failed = db.execute_batch("COMMIT").err();
        }
        // A crash before this line: the group is kept or it is not, and nobody was told either way.
        if failed.is_some() && !db.is_autocommit() {
            // The commit failed and left the transaction open: nothing of it may stay.
            if let Err(error) = db.execute_batch("ROLLBACK") {
                tracing::error!(%error, "the permit book cannot roll back a failed commit");
            }
        }
        let failed = failed.map(Arc::new);
        if let Some(error) = &failed {
            tracing::error!(%error, "the permit book cannot be written");
        }
        for tell in tell {
            tell(failed.as_ref());
        }
    }
}

/// One question of a group fails alone.
fn in_savepoint<T>(
    db: &Connection,
    question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    db.execute_batch("SAVEPOINT question")?;
    let answer = question(db);
    if answer.is_err() {
        db.execute_batch("ROLLBACK TO question")?;
    }
    db.execute_batch("RELEASE question")?;
    answer
}

/// Says of a file whether it is a permit book: "PKCB".
pub(super) const APPLICATION_ID: i32 = 0x504b_4342;

/// Looks at a file without writing to it. Opening one that is damaged or somebody else's, and adding
/// our tables to it, would destroy evidence.
fn look_before_opening(path: &Path) -> Result<(), Error> {
    if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let look = || -> rusqlite::Result<(i32, u32, String)> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let id = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables = db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        let sound = db.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        Ok((id, tables, sound))
    };
    let not_a_book = |what: String| Error::NotABook { path: path.to_owned(), what };
    match look() {
        Ok((APPLICATION_ID, _, sound)) if sound == "ok" => Ok(()),
        Ok((APPLICATION_ID, _, damage)) => Err(not_a_book(format!("it is damaged: {damage}"))),
        // A beginning of ours that was cut off before its first table, or one that is just being made.
        Ok((0, 0, _)) => Ok(()),
        Ok((other, ..)) => Err(not_a_book(format!("it belongs to another program, {other:#x}"))),
        Err(source) => Err(not_a_book(source.to_string())),
    }
}

fn migrate(db: &mut Connection) -> Result<(), Error> {
    let known = u32::try_from(MIGRATIONS.len()).expect("a handful of versions");
    let migration =
        |version: u32| move |source| Error::Migrate { version, source: Arc::new(source) };
    // Two processes may open a new file at once: the version is read inside the transaction.
    let transaction = db
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(migration(known))?;
    let found: u32 = transaction
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(migration(known))?;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    for (version, sql) in (1..=known).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        transaction.execute_batch(sql).map_err(migration(version))?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(migration(known))?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(migration(known))?;
    transaction.commit().map_err(migration(known))
}

impl Store for Sqlite {
    fn keep_edition(&self, edition: PublishedEdition) -> Answer<'_, Option<(u64, u64)>> {
        self.ask("keep an edition", move |db| keep_edition(db, &edition))
    }

    fn newest_edition(
        &self,
        name: String,
        channel: String,
    ) -> Answer<'_, Option<PublishedEdition>> {
        self.ask("read the newest edition", move |db| newest_edition(db, &name, &channel))
    }

    fn edition(&self, digest: String) -> Answer<'_, Option<PublishedEdition>> {
        self.ask("read an edition", move |db| {
            db.prepare_cached(&format!("{SELECT_EDITION} WHERE digest = ?1 LIMIT 1"))?
                .query_row([digest], published_edition)
                .optional()
        })
    }

    fn enrol(&self, kiosk: KioskId, life: Life) -> Answer<'_, u32> {
        self.ask("enrol a kiosk", move |db| enrol(db, &kiosk, &life))
    }

    fn kiosk(&self, id: KioskId) -> Answer<'_, Option<Kiosk>> {
        self.ask("read a kiosk", move |db| kiosk(db, &id))
    }

    fn seal_keys(&self) -> Answer<'_, Vec<(KioskId, String)>> {
        self.ask("read the seal keys", |db| {
            let mut rows = db.prepare_cached("SELECT kiosk, seal_key FROM lives")?;
            let rows = rows.query_map([], |row| Ok((kiosk_id(row, 0)?, row.get(1)?)))?;
            rows.collect()
        })
    }

    fn overview(&self) -> Answer<'_, Vec<KioskOverview>> {
        self.ask("read the kiosks", overview)
    }

    fn head(&self, kiosk: KioskId) -> Answer<'_, Head> {
        self.ask("read the head of a journal", move |db| head(db, &kiosk))
    }

    fn take(&self, kiosk: KioskId, push: Vec<Judged>, at: Timestamp) -> Answer<'_, Taken> {
        self.ask("keep pushed records", move |db| take(db, &kiosk, &push, at))
    }

    fn lease(&self, lease: Lease) -> Answer<'_, Leased> {
        self.ask("lease numbers", move |db| lease_block(db, &lease))
    }

    fn close(&self, order: CloseOrder) -> Answer<'_, Option<SignedText>> {
        self.ask("close a kiosk", move |db| close(db, &order))
    }

    fn revoke(&self, order: RevokeOrder) -> Answer<'_, Revoked> {
        self.ask("revoke a permit", move |db| revoke(db, &order))
    }

    fn revocations(&self, after: u64, count_max: u32) -> Answer<'_, (u64, Vec<SignedText>)> {
        self.ask("read the revocations", move |db| {
            let last = last_revocation(db)?.map_or(0, |(number, _text)| number);
            let mut select = db.prepare_cached(
                "SELECT text, signature FROM revocations WHERE number > ?1 ORDER BY number LIMIT ?2",
            )?;
            let acts = select.query_map(params![Unsigned(after), count_max], signed_text)?;
            Ok((last, acts.collect::<rusqlite::Result<_>>()?))
        })
    }

    fn heard(&self, kiosk: KioskId, heartbeat: Heartbeat, at: Timestamp) -> Answer<'_, ()> {
        self.ask("keep a heartbeat", move |db| {
            db.prepare_cached("UPDATE kiosks SET heard_at = ?2, heartbeat = ?3 WHERE id = ?1")?
                .execute(params![kiosk.as_str(), at.to_string(), json(&heartbeat)])?;
            Ok(())
        })
    }

    fn keep_look_up(&self, look_up: LookUpRow) -> Answer<'_, ()> {
        self.ask("keep a look-up", move |db| {
            db.prepare_cached(
                "INSERT INTO look_ups (kiosk, at, register, service, application, subject_digest,
                 outcome, reason, took_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                look_up.kiosk.as_str(),
                look_up.at.to_string(),
                json(&look_up.register),
                look_up.service.as_str(),
                look_up.application.to_string(),
                look_up.subject_digest,
                look_up.outcome,
                look_up.reason,
                Unsigned(look_up.took_ms),
            ])?;
            Ok(())
        })
    }

    fn look_ups(&self, application: ApplicationId) -> Answer<'_, Vec<LookUpRow>> {
        self.ask("read look-ups", move |db| {
            let mut rows = db.prepare_cached(
                "SELECT kiosk, at, register, service, application, subject_digest, outcome, reason,
                 took_ms FROM look_ups WHERE application = ?1 ORDER BY id",
            )?;
            let rows = rows.query_map([application.to_string()], |row| {
                Ok(LookUpRow {
                    kiosk: kiosk_id(row, 0)?,
                    at: parsed(row, 1, |text| text.parse().ok())?,
                    register: from_json(row, 2)?,
                    service: parsed(row, 3, ServiceCode::parse)?,
                    application: parsed(row, 4, ApplicationId::parse)?,
                    subject_digest: row.get(5)?,
                    outcome: row.get(6)?,
                    reason: row.get(7)?,
                    took_ms: unsigned(row, 8)?,
                })
            })?;
            rows.collect()
        })
    }

    fn permit(&self, elicence: String) -> Answer<'_, Option<BookEntry>> {
        self.ask("read a permit", move |db| {
            db.prepare_cached(&format!("{SELECT_PERMIT} WHERE elicence = ?1"))?
                .query_row([elicence], book_entry)
                .optional()
        })
    }

    fn permits_of(&self, uscc: String) -> Answer<'_, Vec<BookEntry>> {
        self.ask("read the permits of a holder", move |db| {
            let sql =
                format!("{SELECT_PERMIT} WHERE uscc = ?1 ORDER BY received_at DESC, kiosk, position DESC LIMIT 100");
            let mut rows = db.prepare_cached(&sql)?;
            rows.query_map([uscc], book_entry)?.collect()
        })
    }

    fn is_occupied(&self, premises: String, uscc: String, today: Date) -> Answer<'_, bool> {
        self.ask("look who holds a licence on premises", move |db| {
            db.prepare_cached(
                "SELECT 1 FROM permits WHERE premises = ?1 AND status = 'valid' AND kind = 'food'
                 AND uscc <> ?2 AND (valid_to IS NULL OR valid_to >= ?3) LIMIT 1",
            )?
            .exists(params![premises, uscc, today.to_string()])
        })
    }

    fn newest(&self, count: u32) -> Answer<'_, Vec<BookEntry>> {
        self.ask("read the newest permits", move |db| {
            let sql = format!(
                "{SELECT_PERMIT} WHERE status <> 'superseded'
                 ORDER BY received_at DESC, number DESC LIMIT ?1"
            );
            let mut rows = db.prepare_cached(&sql)?;
            rows.query_map([count], book_entry)?.collect()
        })
    }

    fn totals(&self, today: Date) -> Answer<'_, Totals> {
        self.ask("count permits", move |db| {
            let mut rows = db.prepare_cached(
                "SELECT kind, count(*) FROM permits WHERE status <> 'superseded' GROUP BY kind",
            )?;
            let by_kind = rows.query_map([], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?;
            let count = |sql: &str, day: Option<String>| -> rusqlite::Result<u64> {
                db.prepare_cached(sql)?
                    .query_row(rusqlite::params_from_iter(day), |row| unsigned(row, 0))
            };
            Ok(Totals {
                by_kind: by_kind.collect::<rusqlite::Result<BTreeMap<String, u64>>>()?,
                today: count(
                    "SELECT count(*) FROM permits WHERE issued = ?1 AND status <> 'superseded'",
                    Some(today.to_string()),
                )?,
                cases: count("SELECT count(*) FROM cases", None)?,
                // Records are never removed and have no gaps: the last position is their number.
                records: count(
                    "SELECT coalesce(sum(last), 0) FROM
                     (SELECT max(position) AS last FROM records GROUP BY kiosk)",
                    None,
                )?,
            })
        })
    }

    fn cases(&self) -> Answer<'_, Vec<InboxCase>> {
        self.ask("read the inbox", cases)
    }

    fn open_applications(&self, uscc: String) -> Answer<'_, Vec<ServiceCode>> {
        self.ask("read the open applications of a business", move |db| {
            let mut rows =
                db.prepare_cached("SELECT DISTINCT service FROM cases WHERE uscc = ?1 ORDER BY 1")?;
            rows.query_map([uscc], |row| parsed(row, 0, ServiceCode::parse))?.collect()
        })
    }

    fn data_key(
        &self,
        kiosk: KioskId,
        application: ApplicationId,
    ) -> Answer<'_, Option<WrappedKey>> {
        self.ask("read a data key", move |db| data_key(db, &kiosk, application))
    }

    fn shred(&self, stage: Stage, before: Timestamp) -> Answer<'_, u64> {
        self.ask("destroy data keys", move |db| shred(db, stage, before))
    }

    fn quarantine(&self, count: u32) -> Answer<'_, Vec<Quarantined>> {
        self.ask("read the quarantine", move |db| {
            let mut rows = db.prepare_cached(
                "SELECT kiosk, position, quarantined, received_at FROM records
                 WHERE quarantined IS NOT NULL ORDER BY received_at DESC, position DESC LIMIT ?1",
            )?;
            let rows = rows.query_map([count], |row| {
                Ok(Quarantined {
                    kiosk: kiosk_id(row, 0)?,
                    position: unsigned(row, 1)?,
                    reason: row.get(2)?,
                    received_at: parsed(row, 3, |text| text.parse().ok())?,
                })
            })?;
            rows.collect()
        })
    }
}

fn enrol(db: &Connection, id: &KioskId, life: &Life) -> rusqlite::Result<u32> {
    let certificate = life.certificate.to_string();
    let known: Option<(String, u32)> = db
        .query_row(
            "SELECT kiosk, incarnation FROM lives WHERE certificate = ?1",
            [&certificate],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((kiosk, incarnation)) = known
        && kiosk == id.as_str()
    {
        return Ok(incarnation);
    }
    let last: Option<u32> = db
        .query_row("SELECT incarnation FROM kiosks WHERE id = ?1", [id.as_str()], |row| row.get(0))
        .optional()?;
    let incarnation = last.map_or(1, |last| last + 1);
    db.execute(
        "INSERT INTO kiosks (id, incarnation) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET incarnation = ?2, forked_at = NULL",
        params![id.as_str(), incarnation],
    )?;
    db.execute(
        "INSERT INTO lives (kiosk, incarnation, certificate, device_key, seal_key)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id.as_str(), incarnation, certificate, life.device_key, life.seal_key],
    )?;
    Ok(incarnation)
}

fn kiosk(db: &Connection, id: &KioskId) -> rusqlite::Result<Option<Kiosk>> {
    let found: Option<(u32, Option<i64>)> = db
        .prepare_cached("SELECT incarnation, forked_at FROM kiosks WHERE id = ?1")?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((incarnation, forked_at)) = found else { return Ok(None) };
    let mut rows = db.prepare_cached(
        "SELECT incarnation, certificate, device_key, seal_key FROM lives WHERE kiosk = ?1",
    )?;
    let lives = rows.query_map([id.as_str()], |row| {
        let life = Life {
            certificate: parsed(row, 1, Hash::parse)?,
            device_key: row.get(2)?,
            seal_key: row.get(3)?,
        };
        Ok((row.get(0)?, life))
    })?;
    let closed = db
        .prepare_cached("SELECT 1 FROM closings WHERE kiosk = ?1 AND incarnation = ?2")?
        .exists(params![id.as_str(), incarnation])?;
    let standing = standing(closed, forked_at.is_some());
    let lives = lives.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Kiosk { id: id.clone(), incarnation, standing, lives }))
}

fn close(db: &Connection, order: &CloseOrder) -> rusqlite::Result<Option<SignedText>> {
    let Some(kiosk) = kiosk(db, &order.kiosk)? else { return Ok(None) };
    let (id, incarnation) = (kiosk.id.as_str(), kiosk.incarnation);
    let before = db
        .prepare("SELECT text, signature FROM closings WHERE kiosk = ?1 AND incarnation = ?2")?
        .query_row(params![id, incarnation], |row| {
            Ok(SignedText { text: row.get(0)?, signature: row.get(1)? })
        })
        .optional()?;
    if before.is_some() {
        return Ok(before);
    }
    let head = head(db, &order.kiosk)?;
    let mut frozen = Vec::new();
    let mut blocks = db.prepare(
        "SELECT series, first, last FROM blocks WHERE kiosk = ?1 AND incarnation = ?2
         ORDER BY series, first",
    )?;
    let blocks = blocks.query_map(params![id, incarnation], |row| {
        Ok((row.get::<_, String>(0)?, unsigned(row, 1)?, unsigned(row, 2)?))
    })?;
    for block in blocks.collect::<rusqlite::Result<Vec<_>>>()? {
        let (series, first, last) = block;
        let mut ended = db.prepare_cached(
            "SELECT sequence FROM numbers WHERE series = ?1 AND sequence BETWEEN ?2 AND ?3",
        )?;
        let ended = ended
            .query_map(params![series, Unsigned(first), Unsigned(last)], |row| unsigned(row, 0))?
            .collect::<rusqlite::Result<_>>()?;
        frozen.extend(unaccounted(&series, first, last, &ended));
    }
    for range in &frozen {
        for sequence in range.first..=range.last {
            db.prepare_cached("INSERT INTO numbers VALUES (?1, ?2, 'frozen', ?3, ?4)")?
                .execute(params![range.series, Unsigned(sequence), id, Unsigned(head.position)])?;
        }
    }
    let signed = (order.sign)(&order.act(incarnation, head, frozen));
    db.execute(
        "INSERT INTO closings VALUES (?1, ?2, ?3, ?4)",
        params![id, incarnation, signed.text, signed.signature],
    )?;
    Ok(Some(signed))
}

fn signed_text(row: &Row<'_>) -> rusqlite::Result<SignedText> {
    Ok(SignedText { text: row.get(0)?, signature: row.get(1)? })
}

fn last_revocation(db: &Connection) -> rusqlite::Result<Option<(u64, String)>> {
    db.prepare_cached("SELECT number, text FROM revocations ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok((unsigned(row, 0)?, row.get(1)?)))
        .optional()
}

fn revoke(db: &Connection, order: &RevokeOrder) -> rusqlite::Result<Revoked> {
    // Of a number one version at most is not superseded.
    let living: Option<(String, HeldStatus)> = db
        .prepare_cached(
            "SELECT elicence, status FROM permits WHERE number = ?1 AND status <> 'superseded'",
        )?
        .query_row([&order.permit], |row| Ok((row.get(0)?, parsed(row, 1, HeldStatus::parse)?)))
        .optional()?;
    let elicence = match living {
        None => return Ok(Revoked::Unknown),
        Some((_, HeldStatus::Cancelled | HeldStatus::Superseded)) => return Ok(Revoked::Cancelled),
        Some((_, HeldStatus::Revoked)) => {
            return db
                .prepare_cached("SELECT text, signature FROM revocations WHERE permit = ?1")?
                .query_row([&order.permit], signed_text)
                .map(Revoked::By);
        }
        Some((elicence, HeldStatus::Valid)) => elicence,
    };
    let before = last_revocation(db)?;
    let before = before.as_ref().map(|(number, text)| (*number, text.as_str()));
    let act = order.act(before, elicence);
    let signed = (order.sign)(&act);
    db.execute(
        "INSERT INTO revocations VALUES (?1, ?2, ?3, ?4)",
        params![Unsigned(act.number), act.permit, signed.text, signed.signature],
    )?;
    db.execute("UPDATE permits SET status = 'revoked' WHERE elicence = ?1", [&act.elicence])?;
    Ok(Revoked::By(signed))
}

fn overview(db: &Connection) -> rusqlite::Result<Vec<KioskOverview>> {
    let mut rows = db.prepare_cached(
        "SELECT id, heard_at, heartbeat,
         (SELECT count(*) FROM records WHERE kiosk = id AND quarantined IS NOT NULL)
         FROM kiosks ORDER BY id",
    )?;
    let mut rows = rows.query([])?;
    let mut kiosks = Vec::new();
    while let Some(row) = rows.next()? {
        let id = kiosk_id(row, 0)?;
        let heard_at: Option<String> = row.get(1)?;
        let heartbeat: Option<String> = row.get(2)?;
        let Some(kiosk) = kiosk(db, &id)? else { continue };
        kiosks.push(KioskOverview {
            kiosk,
            head: head(db, &id)?,
            heard_at: heard_at.and_then(|text| text.parse().ok()),
            // A heartbeat of an older version may not be readable any more; the next one will be.
            heartbeat: heartbeat.and_then(|text| serde_json::from_str(&text).ok()),
            quarantined: unsigned(row, 3)?,
        });
    }
    Ok(kiosks)
}

fn head(db: &Connection, kiosk: &KioskId) -> rusqlite::Result<Head> {
    let head = db
        .prepare_cached(
            "SELECT position, hash FROM records WHERE kiosk = ?1 ORDER BY position DESC LIMIT 1",
        )?
        .query_row([kiosk.as_str()], |row| {
            Ok(Head { position: unsigned(row, 0)?, hash: parsed(row, 1, Hash::parse)? })
        })
        .optional()?;
    Ok(head.unwrap_or(Head::START))
}

fn take(
    db: &Connection,
    kiosk: &KioskId,
    push: &[Judged],
    at: Timestamp,
) -> rusqlite::Result<Taken> {
    let head = head(db, kiosk)?;
    let links: Vec<Link> = push.iter().map(|judged| judged.link).collect();
    let mut kept = BTreeMap::new();
    let mut hash_at =
        db.prepare_cached("SELECT hash FROM records WHERE kiosk = ?1 AND position = ?2")?;
    for link in links.iter().filter(|link| link.position <= head.position) {
        let hash = hash_at
            .query_row(params![kiosk.as_str(), Unsigned(link.position)], |row| {
                parsed(row, 0, Hash::parse)
            })
            .optional()?;
        kept.extend(hash.map(|hash| (link.position, hash)));
    }
    let refused = |outcome| Taken { outcome, head, quarantined: BTreeMap::new() };
    let duplicates = match chain(head, &links, |position| kept.get(&position).copied()) {
        Chained::Gap { expected } => return Ok(refused(PushOutcome::Gap { expected })),
        Chained::Fork { position } => {
            db.prepare_cached(
                "UPDATE kiosks SET forked_at = coalesce(forked_at, ?2) WHERE id = ?1",
            )?
            .execute(params![kiosk.as_str(), Unsigned(position)])?;
            return Ok(refused(PushOutcome::Fork { position }));
        }
        Chained::Take { duplicates } => duplicates,
    };
    let known = known(db, kiosk, &wanted(push))?;
    let (plan, taken) = plan(head, push, duplicates, known);
    for (judged, poison) in &plan.records {
        keep_record(db, kiosk, judged, at, *poison)?;
    }
    for ended in &plan.ended {
        keep_ended(db, kiosk, ended)?;
    }
    for (range, position) in &plan.returned {
        keep_returned(db, kiosk, range, *position)?;
    }
    for (elicence, by) in &plan.superseded {
        db.prepare_cached(
            "UPDATE permits SET status = 'superseded', superseded_by = ?2 WHERE elicence = ?1",
        )?
        .execute([elicence, by])?;
    }
    for new in &plan.permits {
        keep_permit(db, kiosk, new, at)?;
    }
    for (case, position) in &plan.cases {
        keep_case(db, kiosk, *position, case, at)?;
    }
    for key in plan.keys.values() {
        keep_key(db, kiosk, key, at)?;
    }
    db.prepare_cached("UPDATE kiosks SET heard_at = ?2 WHERE id = ?1")?
        .execute(params![kiosk.as_str(), at.to_string()])?;
    Ok(taken)
}

/// Reads what a plan needs to know.
fn known(db: &Connection, kiosk: &KioskId, wanted: &Wanted) -> rusqlite::Result<Known> {
    let mut known = Known::default();
    let asked = [
        ("elicence = ?1", &wanted.elicences),
        ("application = ?1", &wanted.applications),
        ("number = ?1", &wanted.numbers),
        ("uscc = ?1 AND kind = 'filing'", &wanted.holders),
    ];
    for (condition, values) in asked {
        let mut select = db.prepare_cached(&format!(
            "SELECT elicence, number, application, kind, uscc, premises, status FROM permits
             WHERE {condition}"
        ))?;
        for value in values {
            let mut rows = select.query([value])?;
            while let Some(row) = rows.next()? {
                let permit = KnownPermit {
                    number: row.get(1)?,
                    application: row.get(2)?,
                    kind: row.get(3)?,
                    uscc: row.get(4)?,
                    premises: row.get(5)?,
                    status: parsed(row, 6, HeldStatus::parse)?,
                };
                known.permits.insert(row.get(0)?, permit);
            }
        }
    }
    let mut ended =
        db.prepare_cached("SELECT fate FROM numbers WHERE series = ?1 AND sequence = ?2")?;
    let mut leased = db.prepare_cached(
        "SELECT 1 FROM blocks WHERE series = ?1 AND ?2 BETWEEN first AND last AND kiosk = ?3",
    )?;
    for place in &wanted.places {
        let (series, sequence) = place;
        let fate: Option<String> =
            ended.query_row(params![series, Unsigned(*sequence)], |row| row.get(0)).optional()?;
        if fate.as_deref() == Some("frozen") {
            known.frozen.insert(place.clone());
        }
        if fate.is_some() {
            known.ended.insert(place.clone());
        }
        if leased.exists(params![series, Unsigned(*sequence), kiosk.as_str()])? {
            known.leased.insert(place.clone());
        }
    }
    let mut leased = db.prepare_cached(
        "SELECT 1 FROM blocks WHERE series = ?1 AND first <= ?2 AND last >= ?3 AND kiosk = ?4",
    )?;
    let mut begun = db.prepare_cached(
        "SELECT 1 FROM numbers WHERE series = ?1 AND sequence BETWEEN ?2 AND ?3
         AND fate <> 'frozen' LIMIT 1",
    )?;
    for range in &wanted.ranges {
        let (series, first, last) = (&range.0, Unsigned(range.1), Unsigned(range.2));
        if leased.exists(params![series, first, last, kiosk.as_str()])? {
            known.leased_ranges.insert(range.clone());
            if begun.exists(params![series, first, last])? {
                known.begun_ranges.insert(range.clone());
            }
        }
    }
    Ok(known)
}

fn keep_record(
    db: &Connection,
    kiosk: &KioskId,
    judged: &Judged,
    at: Timestamp,
    poison: Option<Poison>,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO records (kiosk, position, hash, incarnation, at, received_at, kind, quarantined,
         record, signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        kiosk.as_str(),
        Unsigned(judged.link.position),
        judged.link.hash.to_string(),
        judged.incarnation,
        judged.at.to_string(),
        at.to_string(),
        judged.kind,
        poison.map(Poison::as_str),
        judged.record.record.reveal(),
        judged.record.signature,
    ])?;
    Ok(())
}

fn keep_permit(
    db: &Connection,
    kiosk: &KioskId,
    new: &NewPermit<'_>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let (entry, permit) = (new.entry, &new.entry.permit);
    db.prepare_cached(
        "INSERT INTO permits (elicence, number, kind, series, sequence, application, uscc, premises,
         issued, valid_to, status, superseded_by, permit, seal, kiosk, position, received_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
         ?17)",
    )?
    .execute(params![
        permit.elicence,
        permit.number,
        entry.kind.as_str(),
        entry.number.series,
        Unsigned(entry.number.sequence),
        entry.application.to_string(),
        permit.holder.uscc,
        permit.premises,
        permit.issued.to_string(),
        permit.valid_to.map(|date| date.to_string()),
        new.status.as_str(),
        new.superseded_by,
        json(permit),
        entry.seal,
        kiosk.as_str(),
        Unsigned(new.position),
        at.to_string(),
    ])?;
    Ok(())
}

fn keep_key(
    db: &Connection,
    kiosk: &KioskId,
    key: &KeptKey,
    at: Timestamp,
) -> rusqlite::Result<()> {
    // 'begun' < 'decided' < 'issued', also by the alphabet.
    db.prepare_cached(
        "INSERT INTO data_keys (kiosk, application, stage, wrapped, received_at)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (kiosk, application)
         DO UPDATE SET stage = ?3, received_at = ?5 WHERE stage < ?3",
    )?
    .execute(params![
        kiosk.as_str(),
        key.application.to_string(),
        key.stage.as_str(),
        key.wrapped.to_string(),
        at.to_string(),
    ])?;
    Ok(())
}

fn data_key(
    db: &Connection,
    kiosk: &KioskId,
    application: ApplicationId,
) -> rusqlite::Result<Option<WrappedKey>> {
    db.prepare_cached("SELECT wrapped FROM data_keys WHERE kiosk = ?1 AND application = ?2")?
        .query_row([kiosk.as_str(), &application.to_string()], |row| {
            parsed(row, 0, WrappedKey::parse)
        })
        .optional()
}

/// Destroys the data keys of a stage from before, and what the book itself says of the people.
fn shred(db: &Connection, stage: Stage, before: Timestamp) -> rusqlite::Result<u64> {
    let mut delete = db.prepare_cached(
        "DELETE FROM data_keys WHERE stage = ?1 AND received_at < ?2
         RETURNING kiosk, application",
    )?;
    let applications = delete
        .query_map([stage.as_str(), &before.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for (kiosk, application) in &applications {
        db.prepare_cached("DELETE FROM cases WHERE kiosk = ?1 AND application = ?2")?
            .execute([kiosk, application])?;
        let permit: Option<Permit> = db
            .prepare_cached("SELECT permit FROM permits WHERE kiosk = ?1 AND application = ?2")?
            .query_row([kiosk, application], |row| from_json(row, 0))
            .optional()?;
        if let Some(permit) = permit {
            db.prepare_cached(
                "UPDATE permits SET permit = ?2, uscc = '', premises = '' WHERE application = ?1",
            )?
            .execute([application, &json(&without_holder(permit))])?;
        }
    }
    Ok(u64::try_from(applications.len()).unwrap_or(u64::MAX))
}

fn keep_ended(db: &Connection, kiosk: &KioskId, ended: &Ended<'_>) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO numbers (series, sequence, fate, kiosk, position) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (series, sequence) DO UPDATE SET fate = ?3, position = ?5
         WHERE fate = 'frozen'",
    )?
    .execute(params![
        ended.number.series,
        Unsigned(ended.number.sequence),
        ended.fate,
        kiosk.as_str(),
        Unsigned(ended.position),
    ])?;
    Ok(())
}

fn keep_returned(
    db: &Connection,
    kiosk: &KioskId,
    range: &NumberRange,
    position: u64,
) -> rusqlite::Result<()> {
    for sequence in range.first..=range.last {
        let number = Number { series: range.series.clone(), sequence };
        keep_ended(db, kiosk, &Ended { number: &number, fate: "returned", position })?;
    }
    Ok(())
}

fn keep_case(
    db: &Connection,
    kiosk: &KioskId,
    position: u64,
    case: &Case,
    at: Timestamp,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO cases (application, service, verdict, code, message_zh, message_en, uscc,
         business, applicant, day, due, provisional, kiosk, position, received_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (application) DO NOTHING",
    )?
    .execute(params![
        case.application.to_string(),
        case.service.as_str(),
        json(&case.verdict),
        case.code,
        case.message_zh,
        case.message_en,
        case.uscc,
        case.business,
        case.applicant,
        case.day.to_string(),
        case.due.as_ref().map(|due| due.date.to_string()),
        case.due.as_ref().is_some_and(|due| due.provisional),
        kiosk.as_str(),
        Unsigned(position),
        at.to_string(),
    ])?;
    Ok(())
}

fn cases(db: &Connection) -> rusqlite::Result<Vec<InboxCase>> {
    let mut rows = db.prepare_cached(
        "SELECT application, service, verdict, code, message_zh, message_en, uscc, business,
         applicant, day, due, provisional, kiosk, received_at FROM cases
         ORDER BY coalesce(due, '9999'), day, application LIMIT 500",
    )?;
    let rows = rows.query_map([], |row| {
        let due: Option<String> = row.get(10)?;
        let provisional = row.get(11)?;
        let due = due.and_then(|text| text.parse().ok());
        Ok(InboxCase {
            case: Case {
                application: parsed(row, 0, ApplicationId::parse)?,
                service: parsed(row, 1, ServiceCode::parse)?,
                verdict: from_json(row, 2)?,
                code: row.get(3)?,
                message_zh: row.get(4)?,
                message_en: row.get(5)?,
                uscc: row.get(6)?,
                business: row.get(7)?,
                applicant: row.get(8)?,
                day: parsed(row, 9, |text| text.parse().ok())?,
                due: due.map(|date| Due { date, provisional }),
            },
            kiosk: kiosk_id(row, 12)?,
            received_at: parsed(row, 13, |text| text.parse().ok())?,
        })
    })?;
    rows.collect()
}

fn lease_block(db: &Connection, lease: &Lease) -> rusqlite::Result<Leased> {
    let before: Option<(String, u32, SignedBlock)> = db
        .prepare_cached(
            "SELECT series, incarnation, grant_text, signature FROM blocks
             WHERE kiosk = ?1 AND nonce = ?2",
        )?
        .query_row(params![lease.kiosk.as_str(), lease.nonce], |row| {
            let block = SignedBlock { grant: row.get(2)?, signature: row.get(3)? };
            Ok((row.get(0)?, row.get(1)?, block))
        })
        .optional()?;
    let unused: u64 = db
        .prepare_cached(
            "SELECT coalesce(sum(last - first + 1 - (SELECT count(*) FROM numbers
             WHERE numbers.series = blocks.series AND sequence BETWEEN first AND last)), 0)
             FROM blocks WHERE series = ?1 AND kiosk = ?2 AND incarnation = ?3",
        )?
        .query_row(params![lease.series, lease.kiosk.as_str(), lease.incarnation], |row| {
            unsigned(row, 0)
        })?;
    let next = db
        .prepare_cached("SELECT coalesce(max(block) + 1, 0) FROM blocks WHERE series = ?1")?
        .query_row([&lease.series], |row| unsigned(row, 0))?;
    let (leased, grant) = plan_lease(KnownBlocks { before, unused, next }, lease);
    let (Leased::Granted(signed), Some(grant)) = (&leased, grant) else { return Ok(leased) };
    db.prepare_cached(
        "INSERT INTO blocks (series, block, first, last, kiosk, incarnation, nonce, grant_text,
         signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        lease.series,
        Unsigned(grant.block),
        Unsigned(grant.first),
        Unsigned(grant.last),
        lease.kiosk.as_str(),
        lease.incarnation,
        lease.nonce,
        signed.grant,
        signed.signature,
    ])?;
    Ok(leased)
}

const SELECT_PERMIT: &str = "SELECT permit, application, kind, seal, status, superseded_by, kiosk, \
                             position, received_at FROM permits";

fn book_entry(row: &Row<'_>) -> rusqlite::Result<BookEntry> {
    Ok(BookEntry {
        permit: from_json(row, 0)?,
        application: parsed(row, 1, ApplicationId::parse)?,
        kind: row.get(2)?,
        seal: row.get(3)?,
        status: parsed(row, 4, HeldStatus::parse)?,
        superseded_by: row.get(5)?,
        kiosk: kiosk_id(row, 6)?,
        position: unsigned(row, 7)?,
        received_at: parsed(row, 8, |text| text.parse().ok())?,
    })
}

/// A count or a place, as SQLite keeps it: up to 2⁶³ − 1. What is more stays at that, where nothing
/// real is, so that a record with a mad number is still kept.
struct Unsigned(u64);

impl ToSql for Unsigned {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(i64::try_from(self.0).unwrap_or(i64::MAX)))
    }
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value)
        .map_err(|_negative| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn kiosk_id(row: &Row<'_>, column: usize) -> rusqlite::Result<KioskId> {
    parsed(row, column, KioskId::parse)
}

const SELECT_EDITION: &str =
    "SELECT name, channel, epoch, version, digest, signed_by, published_at, text FROM editions";

fn published_edition(row: &Row<'_>) -> rusqlite::Result<PublishedEdition> {
    Ok(PublishedEdition {
        name: row.get(0)?,
        channel: row.get(1)?,
        epoch: unsigned(row, 2)?,
        version: unsigned(row, 3)?,
        digest: row.get(4)?,
        signed_by: from_json(row, 5)?,
        published_at: parsed(row, 6, |text| text.parse().ok())?,
        text: row.get(7)?,
    })
}

fn newest_edition(
    db: &Connection,
    name: &str,
    channel: &str,
) -> rusqlite::Result<Option<PublishedEdition>> {
    db.prepare_cached(&format!(
        "{SELECT_EDITION} WHERE name = ?1 AND channel = ?2 ORDER BY epoch DESC, version DESC LIMIT 1"
    ))?
    .query_row([name, channel], published_edition)
    .optional()
}

fn keep_edition(
    db: &Connection,
    edition: &PublishedEdition,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let newest = newest_edition(db, &edition.name, &edition.channel)?;
    let newest =
        newest.as_ref().map(|newest| ((newest.epoch, newest.version), newest.digest.as_str()));
    match plan_edition(newest, (edition.epoch, edition.version), &edition.digest) {
        Err(in_the_way) => return Ok(Some(in_the_way)),
        Ok(false) => return Ok(None),
        Ok(true) => {}
    }
    db.prepare_cached("INSERT INTO editions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
        params![
            edition.name,
            edition.channel,
            Unsigned(edition.epoch),
            Unsigned(edition.version),
            edition.digest,
            json(&edition.signed_by),
            edition.published_at.to_string(),
            edition.text,
        ],
    )?;
    Ok(None)
}

/// A text column that must be something; a text that is not would be damage, never a default.
fn parsed<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| {
        rusqlite::Error::InvalidColumnType(
            column,
            row.as_ref().column_name(column).unwrap_or_default().to_owned(),
            rusqlite::types::Type::Text,
        )
    })
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(row, column, |text| serde_json::from_str(text).ok())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("kept values have only string keys")
}
