//! The questions to the permit book in PostgreSQL, each inside a transaction.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use deadpool_postgres::Transaction;
use jiff::{Timestamp, civil::Date};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::super::plan::{
    Chained, Known, KnownBlocks, KnownPermit, Link, Plan, Wanted, chain, plan, plan_edition,
    plan_lease, unaccounted, wanted, without_holder,
};
use super::super::{
    BookEntry, CloseOrder, InboxCase, Kiosk, KioskOverview, Lease, Leased, Life, LookUpRow,
    PublishedEdition, Quarantined, RevokeOrder, Revoked, Taken, Totals, standing,
};
use super::{Failure, LOCKS};
use crate::central::intake::{Case, Judged, KeptKey, Stage};
use crate::domain::{ApplicationId, ServiceCode};
use crate::seal::WrappedKey;
use crate::wire::v1::{
    Due, Hash, KioskId, SignedBlock,
    api::{Head, HeldStatus, PushOutcome, SignedText},
};

/// A value of a statement.
type Value<'a> = &'a (dyn ToSql + Sync);

async fn rows(db: &Transaction<'_>, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failure> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query(&statement, values).await?)
}

async fn row(
    db: &Transaction<'_>,
    sql: &str,
    values: &[Value<'_>],
) -> Result<Option<Row>, Failure> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_opt(&statement, values).await?)
}

async fn run(db: &Transaction<'_>, sql: &str, values: &[Value<'_>]) -> Result<(), Failure> {
    let statement = db.prepare_cached(sql).await?;
    db.execute(&statement, values).await?;
    Ok(())
}

/// Waits until nobody else decides about `name` of a `kind`, to the end of the transaction.
async fn lock(db: &Transaction<'_>, kind: &str, name: &str) -> Result<(), Failure> {
    let name = format!("{kind}/{name}");
    run(db, "SELECT pg_advisory_xact_lock($1, hashtext($2))", &[&LOCKS, &text(&name)]).await
}

/// Columns of rows to be written or asked for in one statement.
macro_rules! columns {
    ($rows:expr, $row:ident => $($column:ident: $value:expr),+ $(,)?) => {
        $(let $column: Vec<_> = $rows.iter().map(|$row| $value).collect();)+
    };
}

pub(super) async fn enrol(
    db: &Transaction<'_>,
    id: KioskId,
    life: Arc<Life>,
) -> Result<u32, Failure> {
    lock(db, "kiosk", id.as_str()).await?;
    let certificate = life.certificate.to_string();
    let known = "SELECT incarnation FROM lives WHERE certificate = $1 AND kiosk = $2";
    if let Some(known) = row(db, known, &[&certificate, &id.as_str()]).await? {
        return small(&known, 0);
    }
    let last = row(db, "SELECT incarnation FROM kiosks WHERE id = $1", &[&id.as_str()]).await?;
    let incarnation = last.map(|row| small(&row, 0)).transpose()?.map_or(1, |last| last + 1);
    let life_number = i64::from(incarnation);
    run(
        db,
        "INSERT INTO kiosks (id, incarnation) VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET incarnation = $2, forked_at = NULL",
        &[&id.as_str(), &life_number],
    )
    .await?;
    run(
        db,
        "INSERT INTO lives (kiosk, incarnation, certificate, device_key, seal_key)
         VALUES ($1, $2, $3, $4, $5)",
        &[&id.as_str(), &life_number, &certificate, &life.device_key, &life.seal_key],
    )
    .await?;
    Ok(incarnation)
}

pub(super) async fn kiosk(db: &Transaction<'_>, id: KioskId) -> Result<Option<Kiosk>, Failure> {
    let found = "SELECT incarnation, forked_at FROM kiosks WHERE id = $1";
    let Some(found) = row(db, found, &[&id.as_str()]).await? else { return Ok(None) };
    let forked_at: Option<i64> = found.try_get(1)?;
    let mut lives = BTreeMap::new();
    let all = "SELECT incarnation, certificate, device_key, seal_key FROM lives WHERE kiosk = $1";
    for row in rows(db, all, &[&id.as_str()]).await? {
        let life = Life {
            certificate: parsed(&row, 1, Hash::parse)?,
            device_key: row.try_get(2)?,
            seal_key: row.try_get(3)?,
        };
        lives.insert(small(&row, 0)?, life);
    }
    let incarnation = small(&found, 0)?;
    let closed = "SELECT 1 FROM closings WHERE kiosk = $1 AND incarnation = $2";
    let closed = row(db, closed, &[&id.as_str(), &i64::from(incarnation)]).await?;
    let standing = standing(closed.is_some(), forked_at.is_some());
    Ok(Some(Kiosk { id, incarnation, standing, lives }))
}

pub(super) async fn close(
    db: &Transaction<'_>,
    order: CloseOrder,
) -> Result<Option<SignedText>, Failure> {
    // No push and no lease of this kiosk meanwhile.
    run(db, "SELECT 1 FROM kiosks WHERE id = $1 FOR UPDATE", &[&order.kiosk.as_str()]).await?;
    let Some(kiosk) = kiosk(db, order.kiosk.clone()).await? else { return Ok(None) };
    let (id, incarnation) = (kiosk.id.as_str(), i64::from(kiosk.incarnation));
    let before = "SELECT text, signature FROM closings WHERE kiosk = $1 AND incarnation = $2";
    if let Some(before) = row(db, before, &[&id, &incarnation]).await? {
        return Ok(Some(SignedText { text: before.try_get(0)?, signature: before.try_get(1)? }));
    }
    let head = head(db, order.kiosk.clone()).await?;
    let held = "SELECT series, first, last FROM blocks WHERE kiosk = $1 AND incarnation = $2
                ORDER BY series COLLATE \"C\", first";
    let mut frozen = Vec::new();
    for block in rows(db, held, &[&id, &incarnation]).await? {
        let (series, first, last): (String, _, _) =
            (block.try_get(0)?, unsigned(&block, 1)?, unsigned(&block, 2)?);
        let ended = "SELECT sequence FROM numbers
                     WHERE series = $1 AND sequence BETWEEN $2 AND $3";
        let ended = rows(db, ended, &[&series, &signed(first), &signed(last)]).await?;
        let ended = ended.iter().map(|row| unsigned(row, 0)).collect::<Result<_, _>>()?;
        frozen.extend(unaccounted(&series, first, last, &ended));
    }
    for range in &frozen {
        run(
            db,
            "INSERT INTO numbers (series, sequence, fate, kiosk, position)
             SELECT $1, sequence, 'frozen', $4, $5 FROM generate_series($2::bigint, $3::bigint)
             AS sequence",
            &[
                &range.series,
                &signed(range.first),
                &signed(range.last),
                &id,
                &signed(head.position),
            ],
        )
        .await?;
    }
    let act = (order.sign)(&order.act(kiosk.incarnation, head, frozen));
    run(
        db,
        "INSERT INTO closings (kiosk, incarnation, text, signature) VALUES ($1, $2, $3, $4)",
        &[&id, &incarnation, &act.text, &act.signature],
    )
    .await?;
    Ok(Some(act))
}

pub(super) async fn revoke(db: &Transaction<'_>, order: RevokeOrder) -> Result<Revoked, Failure> {
    // One after the other: their numbers have no gaps.
    lock(db, "revocations", "").await?;
    let living = "SELECT elicence, status FROM permits
                  WHERE number = $1 AND status <> 'superseded' FOR UPDATE";
    let Some(living) = row(db, living, &[&text(&order.permit)]).await? else {
        return Ok(Revoked::Unknown);
    };
    match parsed(&living, 1, HeldStatus::parse)? {
        HeldStatus::Valid => {}
        HeldStatus::Cancelled | HeldStatus::Superseded => return Ok(Revoked::Cancelled),
        HeldStatus::Revoked => {
            let before = "SELECT text, signature FROM revocations WHERE permit = $1";
            let before = row(db, before, &[&text(&order.permit)]).await?;
            return before.map_or(Ok(Revoked::Unknown), |row| signed_text(&row).map(Revoked::By));
        }
    }
    let last = "SELECT number, text FROM revocations ORDER BY number DESC LIMIT 1";
    let last: Option<(u64, String)> = match row(db, last, &[]).await? {
        Some(row) => Some((unsigned(&row, 0)?, row.try_get(1)?)),
        None => None,
    };
    let last = last.as_ref().map(|(number, text)| (*number, text.as_str()));
    let act = order.act(last, living.try_get(0)?);
    let signed_act = (order.sign)(&act);
    run(
        db,
        "INSERT INTO revocations (number, permit, text, signature) VALUES ($1, $2, $3, $4)",
        &[&signed(act.number), &act.permit, &signed_act.text, &signed_act.signature],
    )
    .await?;
    run(db, "UPDATE permits SET status = 'revoked' WHERE elicence = $1", &[&act.elicence]).await?;
    Ok(Revoked::By(signed_act))
}

pub(super) async fn revocations(
    db: &Transaction<'_>,
    after: u64,
    count_max: u32,
) -> Result<(u64, Vec<SignedText>), Failure> {
    let last = "SELECT coalesce(max(number), 0) FROM revocations";
    let last = match row(db, last, &[]).await? {
        Some(row) => unsigned(&row, 0)?,
        None => 0,
    };
    let behind =
        "SELECT text, signature FROM revocations WHERE number > $1 ORDER BY number LIMIT $2";
    let behind = rows(db, behind, &[&signed(after), &i64::from(count_max)]).await?;
    Ok((last, behind.iter().map(signed_text).collect::<Result<_, _>>()?))
}

fn signed_text(row: &Row) -> Result<SignedText, Failure> {
    Ok(SignedText { text: row.try_get(0)?, signature: row.try_get(1)? })
}

pub(super) async fn seal_keys(db: &Transaction<'_>) -> Result<Vec<(KioskId, String)>, Failure> {
    let rows = rows(db, "SELECT kiosk, seal_key FROM lives", &[]).await?;
    rows.iter().map(|row| Ok((kiosk_id(row, 0)?, row.try_get(1)?))).collect()
}

pub(super) async fn overview(db: &Transaction<'_>) -> Result<Vec<KioskOverview>, Failure> {
    let all = "SELECT id, heard_at, heartbeat,
               (SELECT count(*) FROM records WHERE kiosk = id AND quarantined IS NOT NULL)
               FROM kiosks ORDER BY id COLLATE \"C\"";
    let mut kiosks = Vec::new();
    for row in rows(db, all, &[]).await? {
        let id = kiosk_id(&row, 0)?;
        let heard_at: Option<String> = row.try_get(1)?;
        let heartbeat: Option<String> = row.try_get(2)?;
        let Some(kiosk) = kiosk(db, id.clone()).await? else { continue };
        kiosks.push(KioskOverview {
            kiosk,
            head: head(db, id).await?,
            heard_at: heard_at.and_then(|text| text.parse().ok()),
            // A heartbeat of an older version may not be readable any more; the next one will be.
            heartbeat: heartbeat.and_then(|text| serde_json::from_str(&text).ok()),
            quarantined: unsigned(&row, 3)?,
        });
    }
    Ok(kiosks)
}

pub(super) async fn head(db: &Transaction<'_>, kiosk: KioskId) -> Result<Head, Failure> {
    let last = "SELECT position, hash FROM records WHERE kiosk = $1 ORDER BY position DESC LIMIT 1";
    match row(db, last, &[&kiosk.as_str()]).await? {
        Some(row) => Ok(Head { position: unsigned(&row, 0)?, hash: parsed(&row, 1, Hash::parse)? }),
        None => Ok(Head::START),
    }
}

pub(super) async fn take(
    db: &Transaction<'_>,
    kiosk: KioskId,
    push: Arc<Vec<Judged>>,
    at: Timestamp,
) -> Result<Taken, Failure> {
    // One push of a kiosk at a time.
    run(db, "SELECT 1 FROM kiosks WHERE id = $1 FOR UPDATE", &[&kiosk.as_str()]).await?;
    let head = head(db, kiosk.clone()).await?;
    let links: Vec<Link> = push.iter().map(|judged| judged.link).collect();
    let kept = kept(db, &kiosk, head, &links).await?;
    let refused = |outcome| Taken { outcome, head, quarantined: BTreeMap::new() };
    let duplicates = match chain(head, &links, |position| kept.get(&position).copied()) {
        Chained::Gap { expected } => return Ok(refused(PushOutcome::Gap { expected })),
        Chained::Fork { position } => {
            run(
                db,
                "UPDATE kiosks SET forked_at = coalesce(forked_at, $2) WHERE id = $1",
                &[&kiosk.as_str(), &signed(position)],
            )
            .await?;
            return Ok(refused(PushOutcome::Fork { position }));
        }
        Chained::Take { duplicates } => duplicates,
    };
    let new = push.get(duplicates..).unwrap_or_default();
    let known = known(db, &kiosk, &wanted(new)).await?;
    let (plan, taken) = plan(head, &push, duplicates, known);
    write(db, &kiosk, &plan, at).await?;
    run(db, "UPDATE kiosks SET heard_at = $2 WHERE id = $1", &[&kiosk.as_str(), &at.to_string()])
        .await?;
    Ok(taken)
}

/// The hashes kept at the positions of a push.
async fn kept(
    db: &Transaction<'_>,
    kiosk: &KioskId,
    head: Head,
    links: &[Link],
) -> Result<BTreeMap<u64, Hash>, Failure> {
    let old = links.iter().map(|link| link.position).filter(|at| *at <= head.position);
    let old: Vec<i64> = old.map(signed).collect();
    if old.is_empty() {
        return Ok(BTreeMap::new());
    }
    let kept = "SELECT position, hash FROM records WHERE kiosk = $1 AND position = ANY($2)";
    let kept = rows(db, kept, &[&kiosk.as_str(), &old]).await?;
    kept.iter().map(|row| Ok((unsigned(row, 0)?, parsed(row, 1, Hash::parse)?))).collect()
}

/// Reads what a plan needs to know, and keeps others from changing it.
async fn known(db: &Transaction<'_>, kiosk: &KioskId, wanted: &Wanted) -> Result<Known, Failure> {
    let mut known = Known::default();
    let texts = |all: &std::collections::BTreeSet<String>| -> Vec<String> {
        all.iter().map(|value| text(value).into_owned()).collect()
    };
    if !wanted.elicences.is_empty() {
        let holders = texts(&wanted.holders);
        // What the rules say of a permit depends on others of its holder. 256 locks at most, in one
        // order: a server has room for 64 of each of its 100 connections.
        run(
            db,
            "SELECT pg_advisory_xact_lock($1, bucket) FROM (SELECT DISTINCT
             -1 - (hashtext(holder) & 255) AS bucket FROM unnest($2::text[]) AS holder ORDER BY 1)
             AS buckets",
            &[&LOCKS, &holders],
        )
        .await?;
        let (elicences, applications) = (texts(&wanted.elicences), texts(&wanted.applications));
        let numbers = texts(&wanted.numbers);
        let permits = "SELECT elicence, number, application, kind, uscc, premises, status
                       FROM permits WHERE elicence = ANY($1) OR application = ANY($2)
                       OR number = ANY($3) OR (uscc = ANY($4) AND kind = 'filing')";
        let values: [Value<'_>; 4] = [&elicences, &applications, &numbers, &holders];
        for row in rows(db, permits, &values).await? {
            let permit = KnownPermit {
                number: row.try_get(1)?,
                application: row.try_get(2)?,
                kind: row.try_get(3)?,
                uscc: row.try_get(4)?,
                premises: row.try_get(5)?,
                status: parsed(&row, 6, HeldStatus::parse)?,
            };
            known.permits.insert(row.try_get(0)?, permit);
        }
    }
    if !wanted.places.is_empty() {
        let series: Vec<Cow<'_, str>> =
            wanted.places.iter().map(|(series, _)| text(series)).collect();
        let sequences: Vec<i64> = wanted.places.iter().map(|(_, at)| signed(*at)).collect();
        let places = "SELECT
            (SELECT fate FROM numbers WHERE numbers.series = asked.series
                    AND numbers.sequence = asked.sequence),
            EXISTS (SELECT 1 FROM blocks WHERE blocks.series = asked.series
                    AND asked.sequence BETWEEN first AND last AND kiosk = $3)
            FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (series, sequence, nth)
            ORDER BY nth";
        let answers = rows(db, places, &[&series, &sequences, &kiosk.as_str()]).await?;
        for (place, row) in wanted.places.iter().zip(&answers) {
            let fate: Option<&str> = row.try_get(0)?;
            if fate == Some("frozen") {
                known.frozen.insert(place.clone());
            }
            if fate.is_some() {
                known.ended.insert(place.clone());
            }
            if row.try_get(1)? {
                known.leased.insert(place.clone());
            }
        }
    }
    if !wanted.ranges.is_empty() {
        columns!(wanted.ranges, range =>
            series: text(&range.0),
            first: signed(range.1),
            last: signed(range.2),
        );
        let ranges = "SELECT
            EXISTS (SELECT 1 FROM blocks WHERE blocks.series = asked.series
                    AND blocks.first <= asked.first AND blocks.last >= asked.last AND kiosk = $4),
            EXISTS (SELECT 1 FROM numbers WHERE numbers.series = asked.series
                    AND sequence BETWEEN asked.first AND asked.last AND fate <> 'frozen')
            FROM unnest($1::text[], $2::bigint[], $3::bigint[])
                 WITH ORDINALITY AS asked (series, first, last, nth)
            ORDER BY nth";
        let answers = rows(db, ranges, &[&series, &first, &last, &kiosk.as_str()]).await?;
        for (range, row) in wanted.ranges.iter().zip(&answers) {
            if row.try_get(0)? {
                known.leased_ranges.insert(range.clone());
            }
            if row.try_get(1)? {
                known.begun_ranges.insert(range.clone());
            }
        }
    }
    Ok(known)
}

async fn write(
    db: &Transaction<'_>,
    kiosk: &KioskId,
    plan: &Plan<'_>,
    at: Timestamp,
) -> Result<(), Failure> {
    let (id, received_at) = (kiosk.as_str(), at.to_string());
    if !plan.records.is_empty() {
        columns!(plan.records, new =>
            position: signed(new.0.link.position),
            hash: new.0.link.hash.to_string(),
            incarnation: i64::from(new.0.incarnation),
            written_at: new.0.at.to_string(),
            kind: new.0.kind,
            quarantined: new.1.map(crate::central::intake::Poison::as_str),
            record: text(new.0.record.record.reveal()),
            signature: text(&new.0.record.signature),
        );
        run(
            db,
            "INSERT INTO records (kiosk, received_at, position, hash, incarnation, at, kind,
             quarantined, record, signature) SELECT $1, $2, * FROM unnest($3::bigint[],
             $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])",
            &[
                &id, &received_at, &position, &hash, &incarnation, &written_at, &kind, &quarantined,
                &record, &signature,
            ],
        )
        .await?;
    }
    if !plan.ended.is_empty() {
        columns!(plan.ended, ended =>
            series: text(&ended.number.series),
            sequence: signed(ended.number.sequence),
            fate: ended.fate,
            position: signed(ended.position),
        );
        run(
            db,
            "INSERT INTO numbers (kiosk, series, sequence, fate, position) SELECT $1, * FROM
             unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[])
             ON CONFLICT (series, sequence) DO UPDATE
             SET fate = excluded.fate, position = excluded.position
             WHERE numbers.fate = 'frozen'",
            &[&id, &series, &sequence, &fate, &position],
        )
        .await?;
    }
    for (range, position) in &plan.returned {
        run(
            db,
            "INSERT INTO numbers (series, sequence, fate, kiosk, position)
             SELECT $1, sequence, 'returned', $4, $5 FROM generate_series($2::bigint, $3::bigint)
             AS sequence
             ON CONFLICT (series, sequence) DO UPDATE
             SET fate = excluded.fate, position = excluded.position
             WHERE numbers.fate = 'frozen'",
            &[&range.series, &signed(range.first), &signed(range.last), &id, &signed(*position)],
        )
        .await?;
    }
    if !plan.superseded.is_empty() {
        let elicence: Vec<&String> = plan.superseded.keys().collect();
        let by: Vec<&String> = plan.superseded.values().collect();
        run(
            db,
            "UPDATE permits SET status = 'superseded', superseded_by = newer.by
             FROM unnest($1::text[], $2::text[]) AS newer (elicence, by)
             WHERE permits.elicence = newer.elicence",
            &[&elicence, &by],
        )
        .await?;
    }
    if !plan.permits.is_empty() {
        columns!(plan.permits, new =>
            elicence: text(&new.entry.permit.elicence),
            number: text(&new.entry.permit.number),
            kind: new.entry.kind.as_str(),
            series: text(&new.entry.number.series),
            sequence: signed(new.entry.number.sequence),
            application: new.entry.application.to_string(),
            uscc: text(&new.entry.permit.holder.uscc),
            premises: text(&new.entry.permit.premises),
            issued: new.entry.permit.issued.to_string(),
            valid_to: new.entry.permit.valid_to.map(|date| date.to_string()),
            status: new.status.as_str(),
            superseded_by: new.superseded_by.as_deref(),
            permit: json(&new.entry.permit),
            seal: text(&new.entry.seal),
            position: signed(new.position),
        );
        run(
            db,
            "INSERT INTO permits (kiosk, received_at, elicence, number, kind, series, sequence,
             application, uscc, premises, issued, valid_to, status, superseded_by, permit, seal,
             position) SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[],
             $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
             $13::text[], $14::text[], $15::text[], $16::text[], $17::bigint[])",
            &[
                &id,
                &received_at,
                &elicence,
                &number,
                &kind,
                &series,
                &sequence,
                &application,
                &uscc,
                &premises,
                &issued,
                &valid_to,
                &status,
                &superseded_by,
                &permit,
                &seal,
                &position,
            ],
        )
        .await?;
    }
    if !plan.cases.is_empty() {
        columns!(plan.cases, new =>
            application: new.0.application.to_string(),
            service: new.0.service.as_str(),
            verdict: json(&new.0.verdict),
            code: text(&new.0.code),
            message_zh: text(&new.0.message_zh),
            message_en: text(&new.0.message_en),
            uscc: new.0.uscc.as_deref().map(text),
            business: new.0.business.as_deref().map(text),
            applicant: text(&new.0.applicant),
            day: new.0.day.to_string(),
            due: new.0.due.as_ref().map(|due| due.date.to_string()),
            provisional: new.0.due.as_ref().is_some_and(|due| due.provisional),
            position: signed(new.1),
        );
        run(
            db,
            "INSERT INTO cases (kiosk, received_at, application, service, verdict, code, message_zh,
             message_en, uscc, business, applicant, day, due, provisional, position)
             SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
             $14::boolean[], $15::bigint[]) ON CONFLICT (application) DO NOTHING",
            &[
                &id, &received_at, &application, &service, &verdict, &code, &message_zh,
                &message_en, &uscc, &business, &applicant, &day, &due, &provisional, &position,
            ],
        )
        .await?;
    }
    if !plan.keys.is_empty() {
        let keys: Vec<&KeptKey> = plan.keys.values().copied().collect();
        columns!(keys, key =>
            application: key.application.to_string(),
            stage: key.stage.as_str(),
            wrapped: key.wrapped.to_string(),
        );
        // 'begun' < 'decided' < 'issued', also by the alphabet.
        run(
            db,
            "INSERT INTO data_keys (kiosk, received_at, application, stage, wrapped)
             SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[])
             ON CONFLICT (kiosk, application)
             DO UPDATE SET stage = excluded.stage, received_at = excluded.received_at
             WHERE data_keys.stage < excluded.stage COLLATE \"C\"",
            &[&id, &received_at, &application, &stage, &wrapped],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn data_key(
    db: &Transaction<'_>,
    kiosk: KioskId,
    application: ApplicationId,
) -> Result<Option<WrappedKey>, Failure> {
    let key = "SELECT wrapped FROM data_keys WHERE kiosk = $1 AND application = $2";
    let row = row(db, key, &[&kiosk.as_str(), &application.to_string()]).await?;
    row.map(|row| parsed(&row, 0, WrappedKey::parse)).transpose()
}

pub(super) async fn shred(
    db: &Transaction<'_>,
    stage: Stage,
    before: Timestamp,
) -> Result<u64, Failure> {
    let delete = "DELETE FROM data_keys WHERE stage = $1 AND received_at < $2 COLLATE \"C\"
                  RETURNING kiosk, application";
    let deleted = rows(db, delete, &[&stage.as_str(), &before.to_string()]).await?;
    let column = |index| deleted.iter().map(move |row| row.try_get(index));
    let kiosks: Vec<String> = column(0).collect::<Result<_, _>>()?;
    let applications: Vec<String> = column(1).collect::<Result<_, _>>()?;
    let forget =
        "DELETE FROM cases USING unnest($1::text[], $2::text[]) AS gone (kiosk, application)
                  WHERE cases.kiosk = gone.kiosk AND cases.application = gone.application";
    run(db, forget, &[&kiosks, &applications]).await?;
    let permits = "SELECT permits.application, permit FROM permits
                   JOIN unnest($1::text[], $2::text[]) AS gone (kiosk, application)
                   ON permits.kiosk = gone.kiosk AND permits.application = gone.application";
    for row in rows(db, permits, &[&kiosks, &applications]).await? {
        let application: String = row.try_get(0)?;
        let permit = without_holder(from_json(&row, 1)?);
        let forget =
            "UPDATE permits SET permit = $2, uscc = '', premises = '' WHERE application = $1";
        run(db, forget, &[&application, &json(&permit)]).await?;
    }
    Ok(u64::try_from(applications.len()).unwrap_or(u64::MAX))
}

pub(super) async fn lease(db: &Transaction<'_>, lease: Lease) -> Result<Leased, Failure> {
    lock(db, "series", &lease.series).await?;
    let kiosk = lease.kiosk.as_str();
    let incarnation = i64::from(lease.incarnation);
    let before = "SELECT series, incarnation, grant_text, signature FROM blocks
                  WHERE kiosk = $1 AND nonce = $2";
    let before = row(db, before, &[&kiosk, &lease.nonce]).await?;
    let before = before
        .map(|row| {
            let block = SignedBlock { grant: row.try_get(2)?, signature: row.try_get(3)? };
            Ok::<_, Failure>((row.try_get(0)?, small(&row, 1)?, block))
        })
        .transpose()?;
    let counted = "SELECT
        (SELECT coalesce(sum(last - first + 1 - (SELECT count(*) FROM numbers
         WHERE numbers.series = blocks.series AND sequence BETWEEN first AND last)), 0)::bigint
         FROM blocks WHERE series = $1 AND kiosk = $2 AND incarnation = $3),
        (SELECT coalesce(max(block) + 1, 0) FROM blocks WHERE series = $1)";
    let counted = row(db, counted, &[&lease.series, &kiosk, &incarnation]).await?;
    let counted = counted.ok_or_else(|| Failure::damaged("block"))?;
    let known =
        KnownBlocks { before, unused: unsigned(&counted, 0)?, next: unsigned(&counted, 1)? };
    let (leased, grant) = plan_lease(known, &lease);
    let (Leased::Granted(block), Some(grant)) = (&leased, grant) else { return Ok(leased) };
    run(
        db,
        "INSERT INTO blocks (series, block, first, last, kiosk, incarnation, nonce, grant_text,
         signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &lease.series,
            &signed(grant.block),
            &signed(grant.first),
            &signed(grant.last),
            &kiosk,
            &incarnation,
            &lease.nonce,
            &block.grant,
            &block.signature,
        ],
    )
    .await?;
    Ok(leased)
}

pub(super) async fn heard(
    db: &Transaction<'_>,
    kiosk: KioskId,
    heartbeat: String,
    at: Timestamp,
) -> Result<(), Failure> {
    run(
        db,
        "UPDATE kiosks SET heard_at = $2, heartbeat = $3 WHERE id = $1",
        &[&kiosk.as_str(), &at.to_string(), &heartbeat],
    )
    .await
}

pub(super) async fn keep_look_up(
    db: &Transaction<'_>,
    look_up: LookUpRow,
    once: String,
) -> Result<(), Failure> {
    run(
        db,
        "INSERT INTO look_ups (kiosk, at, register, service, application, subject_digest, outcome,
         reason, took_ms, once) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (once) DO NOTHING",
        &[
            &look_up.kiosk.as_str(),
            &look_up.at.to_string(),
            &json(&look_up.register),
            &look_up.service.as_str(),
            &look_up.application.to_string(),
            &look_up.subject_digest,
            &look_up.outcome,
            &look_up.reason.as_deref().map(text),
            &signed(look_up.took_ms),
            &once,
        ],
    )
    .await
}

pub(super) async fn look_ups(
    db: &Transaction<'_>,
    application: ApplicationId,
) -> Result<Vec<LookUpRow>, Failure> {
    let all = "SELECT kiosk, at, register, service, application, subject_digest, outcome, reason,
               took_ms FROM look_ups WHERE application = $1 ORDER BY id";
    let rows = rows(db, all, &[&application.to_string()]).await?;
    let read = |row: &Row| -> Result<LookUpRow, Failure> {
        Ok(LookUpRow {
            kiosk: kiosk_id(row, 0)?,
            at: parsed(row, 1, |text| text.parse().ok())?,
            register: from_json(row, 2)?,
            service: parsed(row, 3, ServiceCode::parse)?,
            application: parsed(row, 4, ApplicationId::parse)?,
            subject_digest: row.try_get(5)?,
            outcome: row.try_get(6)?,
            reason: row.try_get(7)?,
            took_ms: unsigned(row, 8)?,
        })
    };
    rows.iter().map(read).collect()
}

const SELECT_PERMIT: &str = "SELECT permit, application, kind, seal, status, superseded_by, kiosk, \
                             position, received_at FROM permits";

fn book_entry(row: &Row) -> Result<BookEntry, Failure> {
    Ok(BookEntry {
        permit: from_json(row, 0)?,
        application: parsed(row, 1, ApplicationId::parse)?,
        kind: row.try_get(2)?,
        seal: row.try_get(3)?,
        status: parsed(row, 4, HeldStatus::parse)?,
        superseded_by: row.try_get(5)?,
        kiosk: kiosk_id(row, 6)?,
        position: unsigned(row, 7)?,
        received_at: parsed(row, 8, |text| text.parse().ok())?,
    })
}

pub(super) async fn permit(
    db: &Transaction<'_>,
    elicence: String,
) -> Result<Option<BookEntry>, Failure> {
    let one = format!("{SELECT_PERMIT} WHERE elicence = $1");
    let row = row(db, &one, &[&text(&elicence)]).await?;
    row.as_ref().map(book_entry).transpose()
}

pub(super) async fn permits_of(
    db: &Transaction<'_>,
    uscc: String,
) -> Result<Vec<BookEntry>, Failure> {
    let sql = format!(
        "{SELECT_PERMIT} WHERE uscc = $1
         ORDER BY received_at DESC, kiosk COLLATE \"C\", position DESC LIMIT 100"
    );
    rows(db, &sql, &[&text(&uscc)]).await?.iter().map(book_entry).collect()
}

pub(super) async fn is_occupied(
    db: &Transaction<'_>,
    premises: String,
    uscc: String,
    today: Date,
) -> Result<bool, Failure> {
    let living = "SELECT 1 FROM permits WHERE premises = $1 AND status = 'valid' AND kind = 'food'
                  AND uscc <> $2 AND (valid_to IS NULL OR valid_to >= $3) LIMIT 1";
    let found = row(db, living, &[&text(&premises), &text(&uscc), &today.to_string()]).await?;
    Ok(found.is_some())
}

pub(super) async fn newest(db: &Transaction<'_>, count: u32) -> Result<Vec<BookEntry>, Failure> {
    let sql = format!(
        "{SELECT_PERMIT} WHERE status <> 'superseded'
         ORDER BY received_at DESC, number COLLATE \"C\" DESC LIMIT $1"
    );
    rows(db, &sql, &[&i64::from(count)]).await?.iter().map(book_entry).collect()
}

pub(super) async fn totals(db: &Transaction<'_>, today: Date) -> Result<Totals, Failure> {
    let by_kind = "SELECT kind, count(*) FROM permits WHERE status <> 'superseded' GROUP BY kind";
    let by_kind = rows(db, by_kind, &[]).await?;
    // Records are never removed and have no gaps: the last position is their number.
    let counted = "SELECT
        (SELECT count(*) FROM permits WHERE issued = $1 AND status <> 'superseded'),
        (SELECT count(*) FROM cases),
        (SELECT coalesce(sum((SELECT max(position) FROM records WHERE kiosk = id)), 0)::bigint
         FROM kiosks)";
    let counted = row(db, counted, &[&today.to_string()]).await?;
    let counted = counted.ok_or_else(|| Failure::damaged("count"))?;
    let by_kind = by_kind.iter().map(|row| Ok((row.try_get(0)?, unsigned(row, 1)?)));
    Ok(Totals {
        by_kind: by_kind.collect::<Result<_, Failure>>()?,
        today: unsigned(&counted, 0)?,
        cases: unsigned(&counted, 1)?,
        records: unsigned(&counted, 2)?,
    })
}

pub(super) async fn cases(db: &Transaction<'_>) -> Result<Vec<InboxCase>, Failure> {
    let all = "SELECT application, service, verdict, code, message_zh, message_en, uscc, business,
               applicant, day, due, provisional, kiosk, received_at FROM cases
               ORDER BY coalesce(due, '9999') COLLATE \"C\", day COLLATE \"C\",
               application COLLATE \"C\" LIMIT 500";
    let read = |row: &Row| -> Result<InboxCase, Failure> {
        let due: Option<String> = row.try_get(10)?;
        let provisional = row.try_get(11)?;
        let due = due.and_then(|text| text.parse().ok());
        Ok(InboxCase {
            case: Case {
                application: parsed(row, 0, ApplicationId::parse)?,
                service: parsed(row, 1, ServiceCode::parse)?,
                verdict: from_json(row, 2)?,
                code: row.try_get(3)?,
                message_zh: row.try_get(4)?,
                message_en: row.try_get(5)?,
                uscc: row.try_get(6)?,
                business: row.try_get(7)?,
                applicant: row.try_get(8)?,
                day: parsed(row, 9, |text| text.parse().ok())?,
                due: due.map(|date| Due { date, provisional }),
            },
            kiosk: kiosk_id(row, 12)?,
            received_at: parsed(row, 13, |text| text.parse().ok())?,
        })
    };
    rows(db, all, &[]).await?.iter().map(read).collect()
}

pub(super) async fn open_applications(
    db: &Transaction<'_>,
    uscc: String,
) -> Result<Vec<ServiceCode>, Failure> {
    let all = "SELECT DISTINCT service COLLATE \"C\" FROM cases WHERE uscc = $1 ORDER BY 1";
    let rows = rows(db, all, &[&text(&uscc)]).await?;
    rows.iter().map(|row| parsed(row, 0, ServiceCode::parse)).collect()
}

pub(super) async fn quarantine(
    db: &Transaction<'_>,
    count: u32,
) -> Result<Vec<Quarantined>, Failure> {
    let all = "SELECT kiosk, position, quarantined, received_at FROM records
               WHERE quarantined IS NOT NULL ORDER BY received_at DESC, position DESC LIMIT $1";
    let read = |row: &Row| -> Result<Quarantined, Failure> {
        Ok(Quarantined {
            kiosk: kiosk_id(row, 0)?,
            position: unsigned(row, 1)?,
            reason: row.try_get(2)?,
            received_at: parsed(row, 3, |text| text.parse().ok())?,
        })
    };
    rows(db, all, &[&i64::from(count)]).await?.iter().map(read).collect()
}

const SELECT_EDITION: &str =
    "SELECT name, channel, epoch, version, digest, signed_by, published_at, text FROM editions";

fn published_edition(row: &Row) -> Result<PublishedEdition, Failure> {
    Ok(PublishedEdition {
        name: row.try_get(0)?,
        channel: row.try_get(1)?,
        epoch: unsigned(row, 2)?,
        version: unsigned(row, 3)?,
        digest: row.try_get(4)?,
        signed_by: from_json(row, 5)?,
        published_at: parsed(row, 6, |text| text.parse().ok())?,
        text: row.try_get(7)?,
    })
}

pub(super) async fn keep_edition(
    db: &Transaction<'_>,
    edition: Arc<PublishedEdition>,
) -> Result<Option<(u64, u64)>, Failure> {
    let (name, channel) = (edition.name.clone(), edition.channel.clone());
    lock(db, "edition", &format!("{name}/{channel}")).await?;
    let newest = newest_edition(db, name, channel).await?;
    let newest =
        newest.as_ref().map(|newest| ((newest.epoch, newest.version), newest.digest.as_str()));
    match plan_edition(newest, (edition.epoch, edition.version), &edition.digest) {
        Err(in_the_way) => return Ok(Some(in_the_way)),
        Ok(false) => return Ok(None),
        Ok(true) => {}
    }
    run(
        db,
        "INSERT INTO editions (name, channel, epoch, version, digest, signed_by, published_at, text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &edition.name,
            &edition.channel,
            &signed(edition.epoch),
            &signed(edition.version),
            &edition.digest,
            &json(&edition.signed_by),
            &edition.published_at.to_string(),
            &edition.text,
        ],
    )
    .await?;
    Ok(None)
}

pub(super) async fn newest_edition(
    db: &Transaction<'_>,
    name: String,
    channel: String,
) -> Result<Option<PublishedEdition>, Failure> {
    let newest = format!(
        "{SELECT_EDITION} WHERE name = $1 AND channel = $2 ORDER BY epoch DESC, version DESC LIMIT 1"
    );
    let newest = row(db, &newest, &[&text(&name), &text(&channel)]).await?;
    newest.as_ref().map(published_edition).transpose()
}

pub(super) async fn edition(
    db: &Transaction<'_>,
    digest: String,
) -> Result<Option<PublishedEdition>, Failure> {
    let one = format!("{SELECT_EDITION} WHERE digest = $1 LIMIT 1");
    row(db, &one, &[&text(&digest)]).await?.as_ref().map(published_edition).transpose()
}

/// Text as the database takes it: all but the character NUL. A record with one is kept, not refused.
fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// A count or a place: up to 2⁶³ − 1. What is more stays at that, where nothing real is.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row, column: usize) -> Result<u64, Failure> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_negative| damaged(row, column))
}

fn small(row: &Row, column: usize) -> Result<u32, Failure> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_large| damaged(row, column))
}

fn kiosk_id(row: &Row, column: usize) -> Result<KioskId, Failure> {
    parsed(row, column, KioskId::parse)
}

/// A text column that must be something; a text that is not would be damage, never a default.
fn parsed<T>(
    row: &Row,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Failure> {
    parse(row.try_get(column)?).ok_or_else(|| damaged(row, column))
}

fn from_json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Failure> {
    parsed(row, column, |text| serde_json::from_str(text).ok())
}

fn damaged(row: &Row, column: usize) -> Failure {
    Failure::damaged(row.columns().get(column).map_or("", tokio_postgres::Column::name))
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("kept values have only string keys")
}
