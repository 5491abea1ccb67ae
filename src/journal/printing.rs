//! Papers and how far they are: each step is a record, and none may be taken twice by accident.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::error::during;
use super::store::{Int, Store, Writing};
use super::{
    Error, Issued, PrintJob, Sent, SheetSize, blanks, issue, numbers, outbox, revocations,
};
use crate::domain::{ApplicationId, Permit};
use crate::seal::{Claims, CopySerial, Seal};
use crate::wire::v1::{
    BlankUse, Body, Document, MaintenanceSettled, PrintStep, Printed, PrinterCounts, Revocation,
    SheetAnswer,
};

/// Queues papers of an application. Certificates get a serial and a seal each; where there is none, the
/// receipt of what has ended gets them.
pub(super) fn queue(
    writing: &Writing<'_>,
    application: ApplicationId,
    documents: &[Document],
    permit: Option<&Permit>,
) -> Result<Vec<PrintJob>, Error> {
    let has_original = documents.contains(&Document::Original);
    documents
        .iter()
        .map(|document| {
            let bears_seal = match document {
                Document::Original | Document::Copy => true,
                Document::Receipt => !has_original,
                Document::Slip | Document::DataReceipt => false,
            };
            queue_one(writing, application, *document, permit.filter(|_| bears_seal))
        })
        .collect()
}

fn queue_one(
    writing: &Writing<'_>,
    application: ApplicationId,
    document: Document,
    permit: Option<&Permit>,
) -> Result<PrintJob, Error> {
    let queueing = "queue a paper";
    let Int(job) = writing
        .transaction
        .query_row("SELECT coalesce(max(job), 0) + 1 FROM print_job", (), |row| row.get(0))
        .map_err(during(queueing))?;
    let (serial, seal) = match (document, permit) {
        (Document::Receipt | Document::Slip | Document::DataReceipt, None) => (None, None),
        (_, Some(permit)) => {
            let settings = writing.settings;
            let serial = numbers::serial(settings, job)
                .expect("the prefix was checked with the largest job number");
            let key = &settings.seal_key;
            let claims = Claims::of(permit, &serial, &settings.log_origin, key.id());
            let seal = Seal::make(key, &claims);
            (Some(serial), Some(seal))
        }
        (Document::Original | Document::Copy, None) => {
            panic!("a certificate is printed only of a permit that exists")
        }
    };
    writing
        .transaction
        .execute(
            "INSERT INTO print_job VALUES (?1, ?2, ?3, ?4, ?5, 'queued', NULL, NULL, NULL, NULL)",
            (
                Int(job),
                application.as_bytes(),
                document.as_str(),
                serial.as_ref().map(CopySerial::as_str),
                seal.as_ref().map(Seal::as_str),
            ),
        )
        .map_err(during(queueing))?;
    Ok(PrintJob { job, application, document, serial, seal, step: PrintStep::Queued, sent: None })
}

/// Moves a paper one step on; `paper` is what it is sent onto, `count_after` the printer's counter at the end
/// of the attempt.
pub(super) fn step(
    store: &mut Store,
    job: u64,
    to: PrintStep,
    paper: Option<SheetSize>,
    count_after: Option<u64>,
) -> Result<(), Error> {
    store.transaction("note a step of printing", |writing| {
        let known = find(&writing.transaction, job)?;
        if known.step == to && follows(&known.step, &to) {
            return Ok(());
        }
        if to == PrintStep::Sent && is_certificate(known.document) {
            refuse_revoked(writing, known.application)?;
        }
        if let Some(paper) = paper {
            blanks::assign(writing, job, paper)?;
        }
        go(writing, &known, to.clone(), None, count_after)
    })
}

/// Notes the printer's counter before the first byte. Of a paper that is not on its way there is nothing to
/// note.
pub(super) fn counted(store: &mut Store, job: u64, count_before: u64) -> Result<(), Error> {
    let noting = "note the printer's counter";
    store.transaction(noting, |writing| {
        writing
            .transaction
            .execute(
                "UPDATE print_job SET count_before = ?2 WHERE job = ?1 AND step = 'sent'",
                (Int(job), Int(count_before)),
            )
            .map(drop)
            .map_err(during(noting))
    })
}

/// Takes a paper to a step, and its sheet out of the tray where the step says that it has left it.
fn go(
    writing: &Writing<'_>,
    known: &PrintJob,
    to: PrintStep,
    by: Option<&str>,
    count_after: Option<u64>,
) -> Result<(), Error> {
    if !follows(&known.step, &to) {
        return Err(Error::PrintStep { job: known.job, from: known.step.clone(), to });
    }
    let (word, evidence) = step_words(&to);
    writing
        .transaction
        .execute(
            "UPDATE print_job SET step = ?2, evidence = ?3 WHERE job = ?1",
            (Int(known.job), word, evidence),
        )
        .map_err(during("note a step of printing"))?;
    if to == PrintStep::Sent {
        writing
            .transaction
            .execute(
                "UPDATE print_job SET sent_ms = ?2, count_before = NULL WHERE job = ?1",
                (Int(known.job), writing.moment.at.as_millisecond()),
            )
            .map_err(during("note when a paper was sent"))?;
    }
    // Only of an attempt: a paper that was not on its way has no count of its own.
    let counts = known
        .sent
        .filter(|_| known.step.is_in_doubt())
        .and_then(|sent| sent.count_before)
        .map(|before| PrinterCounts { before, after: count_after });
    let drawn = match (&known.step, &to) {
        (_, PrintStep::Confirmed { .. }) => Some(BlankUse::Certificate),
        (PrintStep::Unknown, PrintStep::Voided) => Some(BlankUse::Spoiled),
        // A sheet that is voided after it was confirmed has been booked.
        (
            _,
            PrintStep::Queued
            | PrintStep::Sent
            | PrintStep::Unknown
            | PrintStep::NotPrinted
            | PrintStep::Voided,
        ) => None,
    };
    record(writing, known, to, None, counts)?;
    match drawn {
        Some(on) => blanks::draw_for(writing, known.job, on, by),
        None => Ok(()),
    }
}

/// What somebody saw of a sheet nobody knew about. A slip is not made again: whoever it was for has
/// left.
pub(super) fn settle(
    store: &mut Store,
    job: u64,
    answer: SheetAnswer,
    by: &str,
) -> Result<Option<PrintJob>, Error> {
    store.transaction("settle a sheet", |writing| {
        let known = find(&writing.transaction, job)?;
        let to = match answer {
            SheetAnswer::Complete => PrintStep::Confirmed { evidence: format!("seen by {by}") },
            SheetAnswer::Spoiled => PrintStep::Voided,
            SheetAnswer::Nothing => PrintStep::NotPrinted,
        };
        if known.step != PrintStep::Unknown {
            return Err(Error::PrintStep { job, from: known.step, to });
        }
        let word = MaintenanceSettled { by: by.to_owned(), job, answer };
        writing.append(Body::MaintenanceSettled(word))?;
        go(writing, &known, to.clone(), Some(by), None)?;
        let again =
            is_certificate(known.document) && revocation_of(writing, known.application)?.is_none();
        match answer {
            SheetAnswer::Spoiled if again => {
                replacement(writing, &PrintJob { step: to, ..known }).map(Some)
            }
            SheetAnswer::Nothing if again => {
                go(
                    writing,
                    &PrintJob { step: to, ..known.clone() },
                    PrintStep::Queued,
                    None,
                    None,
                )?;
                Ok(Some(PrintJob { step: PrintStep::Queued, ..known }))
            }
            SheetAnswer::Complete | SheetAnswer::Spoiled | SheetAnswer::Nothing => Ok(None),
        }
    })
}

fn is_certificate(document: Document) -> bool {
    match document {
        Document::Original | Document::Copy => true,
        Document::Receipt | Document::Slip | Document::DataReceipt => false,
    }
}

/// No certificate of a revoked permit goes to the printer.
fn refuse_revoked(writing: &Writing<'_>, application: ApplicationId) -> Result<(), Error> {
    match revocation_of(writing, application)? {
        None => Ok(()),
        Some(act) => Err(Error::Revoked { permit: act.permit, number: act.number }),
    }
}

fn revocation_of(
    writing: &Writing<'_>,
    application: ApplicationId,
) -> Result<Option<Revocation>, Error> {
    revocations::of_application(&writing.transaction, writing.vault, application)
}

/// Whether a paper may go from one step to another. What has been handed to the printer comes back to
/// the queue only by somebody's word that nothing came out.
fn follows(from: &PrintStep, to: &PrintStep) -> bool {
    use PrintStep::{Confirmed, NotPrinted, Queued, Sent, Unknown, Voided};
    match (from, to) {
        (Queued, Sent | NotPrinted) => true,
        (Sent, Confirmed { .. } | Unknown | NotPrinted) => true,
        (Unknown, Confirmed { .. } | Voided | NotPrinted) => true,
        (Confirmed { .. }, Voided) => true,
        (NotPrinted, Queued) => true,
        (Sent, Sent) => false,
        (from, to) => from == to,
    }
}

/// The data receipt of a decided application.
pub(super) fn queue_data_receipt(
    store: &mut Store,
    application: ApplicationId,
) -> Result<PrintJob, Error> {
    store.transaction("queue a data receipt", |writing| {
        let job = queue_one(writing, application, Document::DataReceipt, None)?;
        record(writing, &job, PrintStep::Queued, None, None)?;
        Ok(job)
    })
}

/// Another copy of what this journal issued last under a number, if it is what `agrees`.
pub(super) fn reprint(
    store: &mut Store,
    number: &str,
    agrees: &dyn Fn(&Permit) -> bool,
) -> Result<Option<Issued>, Error> {
    // Looked for from the end: somebody stands and waits for it, and that seldom.
    let last: Option<[u8; 16]> = store
        .connection()
        .query_row(
            "SELECT envelope_of FROM record
             WHERE envelope_of IS NOT NULL AND json_extract(text, '$.body.kind') = 'issued'
               AND json_extract(text, '$.body.number') = ?1
             ORDER BY position DESC LIMIT 1",
            (number,),
            |row| row.get(0),
        )
        .optional()
        .map_err(during("look for the permit of a number"))?;
    let Some(application) = last.map(ApplicationId::from_random) else { return Ok(None) };
    let issued = match issue::find_issued(store.connection(), store.vault(), application) {
        Ok(Some(issued)) if agrees(&issued.permit) => issued,
        // What can no longer be read can no longer be printed.
        Ok(_) | Err(Error::Erased { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    store.transaction("queue another copy", |writing| {
        if let Some(reason) = outbox::quarantined(&writing.transaction)? {
            return Err(Error::Quarantined { reason });
        }
        let job = queue_one(writing, application, Document::Copy, Some(&issued.permit))?;
        record(writing, &job, PrintStep::Queued, job.seal.as_ref(), None)?;
        Ok(Some(Issued { print_jobs: vec![job], ..issued.clone() }))
    })
}

/// A new sheet for a destroyed one.
pub(super) fn replace(store: &mut Store, job: u64) -> Result<PrintJob, Error> {
    store.transaction("replace a sheet", |writing| {
        let voided = find(&writing.transaction, job)?;
        if voided.step != PrintStep::Voided {
            let (from, to) = (voided.step, PrintStep::Queued);
            return Err(Error::PrintStep { job, from, to });
        }
        refuse_revoked(writing, voided.application)?;
        replacement(writing, &voided)
    })
}

fn replacement(writing: &Writing<'_>, voided: &PrintJob) -> Result<PrintJob, Error> {
    let issued = issue::find_issued(&writing.transaction, writing.vault, voided.application)?;
    let permit = issued.map(|issued| issued.permit);
    let sheet = queue_one(writing, voided.application, voided.document, permit.as_ref())?;
    record(writing, &sheet, PrintStep::Queued, sheet.seal.as_ref(), None)?;
    Ok(sheet)
}

fn record(
    writing: &Writing<'_>,
    job: &PrintJob,
    step: PrintStep,
    seal: Option<&Seal>,
    counts: Option<PrinterCounts>,
) -> Result<(), Error> {
    writing.append(Body::Printed(Printed {
        job: job.job,
        application: job.application,
        document: job.document,
        serial: job.serial.as_ref().map(CopySerial::to_string),
        seal: seal.map(Seal::to_string),
        step,
        counts,
    }))?;
    Ok(())
}

const COLUMNS: &str =
    "job, application, document, serial, seal, step, evidence, sent_ms, count_before";

fn find(connection: &Connection, job: u64) -> Result<PrintJob, Error> {
    connection
        .query_row(&format!("SELECT {COLUMNS} FROM print_job WHERE job = ?1"), (Int(job),), job_of)
        .optional()
        .map_err(during("read a print job"))?
        .ok_or(Error::NoSuchJob { job })
}

/// The papers that are still waited for. A certificate that was certainly not printed is owed to its
/// holder; a slip is nobody's any more.
pub(super) fn unfinished(connection: &Connection) -> Result<Vec<PrintJob>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM print_job
         WHERE step IN ('queued', 'sent', 'unknown', 'not_printed')
           AND (step <> 'not_printed' OR document IN ('original', 'copy')) ORDER BY job"
    );
    select(connection, &sql, ())
}

/// The papers of an application.
pub(super) fn of_application(
    connection: &Connection,
    application: ApplicationId,
) -> Result<Vec<PrintJob>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM print_job WHERE application = ?1 ORDER BY job");
    select(connection, &sql, (application.as_bytes(),))
}

fn select(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<PrintJob>, Error> {
    let reading = "read the print jobs";
    let mut statement = connection.prepare(sql).map_err(during(reading))?;
    let rows = statement.query_map(parameters, job_of).map_err(during(reading))?;
    rows.collect::<Result<_, _>>().map_err(during(reading))
}

fn job_of(row: &Row<'_>) -> rusqlite::Result<PrintJob> {
    let Int(job) = row.get(0)?;
    let (document, step): (String, String) = (row.get(2)?, row.get(5)?);
    let (serial, seal): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
    let evidence: Option<String> = row.get(6)?;
    let (sent_ms, count_before): (Option<i64>, Option<Int>) = (row.get(7)?, row.get(8)?);
    let sent = sent_ms.map(|ms| match Timestamp::from_millisecond(ms) {
        Ok(at) => Ok(Sent { at, count_before: count_before.map(|Int(count)| count) }),
        Err(_out_of_range) => Err(unreadable(7, &ms.to_string())),
    });
    Ok(PrintJob {
        job,
        application: ApplicationId::from_random(row.get(1)?),
        document: document_of(&document).ok_or_else(|| unreadable(2, &document))?,
        serial: match serial {
            None => None,
            Some(text) => Some(CopySerial::parse(&text).ok_or_else(|| unreadable(3, &text))?),
        },
        seal: match seal {
            None => None,
            Some(text) => Some(Seal::parse(&text).map_err(|_error| unreadable(4, "a seal"))?),
        },
        step: step_of(&step, evidence).ok_or_else(|| unreadable(5, &step))?,
        sent: sent.transpose()?,
    })
}

fn unreadable(column: usize, found: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        rusqlite::types::Type::Text,
        format!("`{found}` is none of the words of print_job").into(),
    )
}

fn document_of(word: &str) -> Option<Document> {
    [Document::Original, Document::Copy, Document::Receipt, Document::Slip, Document::DataReceipt]
        .into_iter()
        .find(|document| document.as_str() == word)
}

fn step_words(step: &PrintStep) -> (&'static str, Option<&str>) {
    match step {
        PrintStep::Queued => ("queued", None),
        PrintStep::Sent => ("sent", None),
        PrintStep::Confirmed { evidence } => ("confirmed", Some(evidence)),
        PrintStep::Unknown => ("unknown", None),
        PrintStep::Voided => ("voided", None),
        PrintStep::NotPrinted => ("not_printed", None),
    }
}

fn step_of(word: &str, evidence: Option<String>) -> Option<PrintStep> {
    Some(match (word, evidence) {
        ("queued", None) => PrintStep::Queued,
        ("sent", None) => PrintStep::Sent,
        ("confirmed", Some(evidence)) => PrintStep::Confirmed { evidence },
        ("unknown", None) => PrintStep::Unknown,
        ("voided", None) => PrintStep::Voided,
        ("not_printed", None) => PrintStep::NotPrinted,
        _ => return None,
    })
}
