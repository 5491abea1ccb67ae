//! The moment of issuance: one transaction, whole or not at all.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::error::during;
use super::store::{Int, Store, Writing, latest_ms, signed_record};
use super::vault::Vault;
use super::{
    Case, Error, Head, IssueRequest, Issued, Milestone, Recorded, numbers, outbox, printing,
    revocations,
};
use crate::domain::{Action, ApplicationId, Permit, calendar};
use crate::seal::{CopySerial, DataKey, Seal};
use crate::wire::v1;

/// A clock may be set back by this much, as network time does, without stopping anything. More than
/// that is a wrong clock, and no date of issue is taken from it.
pub(super) const CLOCK_STEP_MAX: SignedDuration = SignedDuration::from_secs(5);

/// Issues, or answers what was issued.
pub(super) fn issue(store: &mut Store, request: &IssueRequest) -> Result<Issued, Error> {
    let IssueRequest { case, draft } = request;
    // Asked again after a crash or a lost answer: the permit exists, whatever has become of the clock
    // or the numbers since.
    if let Some(issued) = find_issued(store.connection(), store.vault(), case.application)? {
        return Ok(issued);
    }
    check_paper(request)?;
    check_facts(case)?;
    let key = store.data_key(case.application)?;
    store.transaction("issue a permit", |writing| {
        if let Some(reason) = outbox::quarantined(&writing.transaction)? {
            return Err(Error::Quarantined { reason });
        }
        let issued_at = moment_of_issue(writing)?;
        let issued_on = calendar::date_in_china(issued_at);

        let (series, sequence, number) = match &draft.kept {
            // The number of a permit that is there: it belongs to no block of this kiosk.
            Some(kept) => {
                revocations::refuse(&writing.transaction, &kept.number.to_string())?;
                let (series, sequence) = kept.number.place();
                (series, sequence, kept.number.clone())
            }
            None => {
                let series = numbers::series_of(draft, issued_on, writing.settings)?;
                let sequence = numbers::take(writing, &series)?;
                // A crash from here to the commit: the number is as free as before.
                writing.settings.pass(Milestone::NumberTaken);
                let number =
                    numbers::number(draft, issued_on, &series, sequence, writing.settings)?;
                (series, sequence, number)
            }
        };
        let issuer = &draft.issuer.uscc;
        let elicence = match draft.kept {
            None => numbers::elicence(&number, issuer, issued_at, writing.settings),
            Some(_) => numbers::later_elicence(&number, issuer, issued_at, writing.settings),
        }?;
        let permit = Permit {
            number,
            elicence,
            application: draft.application,
            holder: draft.holder.clone(),
            premises: draft.premises.clone(),
            grant: draft.grant.clone(),
            issuer: draft.issuer.clone(),
            issued: draft.kept.as_ref().and_then(|kept| kept.issued).unwrap_or(issued_on),
            valid_to: draft.valid_to(issued_on),
        };

        let decided = append_decision(writing, case, &key)?;
        let print_jobs =
            printing::queue(writing, case.application, &sealed_papers(case), Some(&permit))?;
        let seal = print_jobs
            .iter()
            .find_map(|job| job.seal.clone())
            .expect("the first of the papers has a seal");
        let sheets = print_jobs
            .iter()
            .map(|job| v1::Sheet {
                job: job.job,
                document: job.document,
                serial: job.serial.as_ref().map(CopySerial::to_string),
                seal: job.seal.as_ref().map(Seal::to_string),
            })
            .collect();
        let closing = writing.closing(case.application, &key)?;
        let head = writing.append(v1::Body::Issued(Box::new(v1::Issued {
            application: case.application,
            service: case.service,
            number: permit.number.to_string(),
            elicence: permit.elicence.to_string(),
            issued: permit.issued,
            valid_to: permit.valid_to,
            series: series.to_string(),
            sequence,
            decided: decided.hash,
            sheets,
            personal: v1::Issued::close(closing, &v1::Permit::from(&permit)),
        })))?;
        // A number that was there before stays where it was entered; that of another kiosk is not here.
        if draft.kept.is_some() {
            return Ok(Issued { permit, seal, print_jobs, position: head.position });
        }
        writing
            .transaction
            .execute(
                "INSERT INTO permit (application, series, sequence, number, elicence, position)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    case.application.as_bytes(),
                    series.as_str(),
                    Int(sequence),
                    permit.number.to_string(),
                    permit.elicence.as_str(),
                    Int(head.position),
                ),
            )
            .map_err(during("enter the permit"))?;
        Ok(Issued { permit, seal, print_jobs, position: head.position })
    })
}

/// Whoever prepared the paper may be wrong: a number is taken only for the kind of paper the decision
/// grants, and a number that is kept only for the permit it belongs to.
fn check_paper(request: &IssueRequest) -> Result<(), Error> {
    let IssueRequest { case, draft } = request;
    let (service, verdict) = (case.service, case.decision.verdict);
    let kind = draft.grant.kind();
    let kept = draft.kept.as_ref().is_none_or(|kept| kept.number.kind() == kind);
    if service.grants(verdict) == Some(kind) && kept {
        return Ok(());
    }
    Err(Error::WrongPaper { service, verdict, kind })
}

/// Records a decision, or answers where it stands.
pub(super) fn record_decision(store: &mut Store, case: &Case) -> Result<Recorded, Error> {
    let application = case.application;
    if let Some(position) = decision_position(store.connection(), application)? {
        if permit_position(store.connection(), application)?.is_some() {
            return Err(Error::DecidedOtherwise { application });
        }
        let print_jobs = printing::of_application(store.connection(), application)?;
        return Ok(Recorded { position, print_jobs });
    }
    check_facts(case)?;
    let key = store.data_key(application)?;
    store.transaction("record a decision", |writing| {
        let Head { position, .. } = append_decision(writing, case, &key)?;
        let print_jobs = printing::queue(writing, application, &case.documents, None)?;
        Ok(Recorded { position, print_jobs })
    })
}

/// Records that a register was asked.
pub(super) fn record_look_up(store: &mut Store, look_up: &v1::LookUp) -> Result<u64, Error> {
    let key = store.data_key(look_up.application)?;
    store.transaction("record a look-up", |writing| {
        let closing = writing.closing(look_up.application, &key)?;
        let head = writing.append(v1::Body::LookedUp(v1::LookedUp::close(closing, look_up)))?;
        Ok(head.position)
    })
}

/// Where the permit of an application stands: right after the decision of the same transaction. The table
/// of permits would not do, for it holds only those whose number this kiosk gave out.
fn permit_position(
    connection: &Connection,
    application: ApplicationId,
) -> Result<Option<u64>, Error> {
    connection
        .prepare_cached(
            "SELECT record.position FROM decision JOIN record ON record.position = decision.position + 1
             WHERE decision.application = ?1 AND record.envelope_of = ?1
               AND json_extract(record.text, '$.body.kind') = 'issued'",
        )
        .and_then(|mut select| {
            select.query_row((application.as_bytes(),), |row| row.get(0)).optional()
        })
        .map(|position| position.map(|Int(position)| position))
        .map_err(during("look for the permit"))
}

/// What was issued for an application, from the record that says so.
pub(super) fn find_issued(
    connection: &Connection,
    vault: &Vault,
    application: ApplicationId,
) -> Result<Option<Issued>, Error> {
    let Some(position) = permit_position(connection, application)? else { return Ok(None) };
    let contradiction = |what: &str| Error::Contradiction { position, what: what.to_owned() };
    let signed = signed_record(connection, position)?;
    let record = v1::Record::read(signed.record.reveal())
        .map_err(|error| contradiction(&error.to_string()))?;
    let v1::Body::Issued(issued) = record.body else {
        return Err(contradiction("a permit points to a record that issues nothing"));
    };
    let key = vault.find(application)?.ok_or(Error::Erased { application })?;
    let written =
        issued.open(&record.kiosk, &key).map_err(|source| Error::Envelope { position, source })?;
    let permit = written
        .checked(application)
        .ok_or_else(|| contradiction("the permit's fields are not valid"))?;
    let seal = issued.seal().and_then(|text| Seal::parse(text).ok());
    let seal = seal.ok_or_else(|| contradiction("the original has no seal"))?;
    let print_jobs = printing::of_application(connection, application)?;
    Ok(Some(Issued { permit, seal, print_jobs, position }))
}

fn check_facts(case: &Case) -> Result<(), Error> {
    let digest = hex::encode(Sha256::digest(case.facts.reveal()));
    if digest == case.decision.facts_digest {
        Ok(())
    } else {
        Err(Error::OtherFacts { application: case.application })
    }
}

/// The time of issue: the transaction's, and never one before the latest record's, unless central says
/// that the clock is right: then it was wrong before, and the order of things is that of the records.
fn moment_of_issue(writing: &Writing<'_>) -> Result<Timestamp, Error> {
    let now = writing.moment.at;
    let expected = writing.anchor.expected(writing.moment);
    if expected.duration_since(now).abs() > CLOCK_STEP_MAX {
        return Err(Error::ClockStepped { now, expected });
    }
    let Some(latest_ms) = latest_ms(&writing.transaction)? else { return Ok(now) };
    let latest = Timestamp::from_millisecond(latest_ms).unwrap_or(Timestamp::MAX);
    if latest.duration_since(now) <= CLOCK_STEP_MAX {
        Ok(now.max(latest))
    } else if writing.anchor.is_confirmed {
        Ok(now)
    } else {
        Err(Error::ClockBehind { now, latest })
    }
}

/// Appends the decision's record and enters the application as decided.
fn append_decision(writing: &Writing<'_>, case: &Case, key: &DataKey) -> Result<Head, Error> {
    let application = case.application;
    if decision_position(&writing.transaction, application)?.is_some() {
        return Err(Error::DecidedOtherwise { application });
    }
    let personal = v1::DecidedPersonal {
        applicant: v1::Applicant {
            name: v1::Personal::new(case.applicant.name.reveal().as_str()),
            id_masked: case.applicant.id_masked.clone(),
            id_digest: case.applicant.id_digest.clone(),
        },
        business: case.business.as_ref().map(|business| v1::BusinessName {
            uscc: business.uscc.to_string(),
            name: business.name.clone(),
        }),
        decision: v1::Decision::from(&case.decision),
        facts: v1::Personal::new(case.facts.reveal().as_str()),
        promise: case.promise.as_ref().map(v1::Promise::from),
    };
    let closing = writing.closing(application, key)?;
    let decided = v1::Decided::close(closing, case.service, &personal);
    let head = writing.append(v1::Body::Decided(Box::new(decided)))?;
    writing
        .transaction
        .execute(
            "INSERT INTO decision (application, position) VALUES (?1, ?2)",
            (application.as_bytes(), Int(head.position)),
        )
        .map_err(during("enter the decision"))?;
    Ok(head)
}

fn decision_position(
    connection: &Connection,
    application: ApplicationId,
) -> Result<Option<u64>, Error> {
    connection
        .prepare_cached("SELECT position FROM decision WHERE application = ?1")
        .and_then(|mut select| {
            select.query_row((application.as_bytes(),), |row| row.get(0)).optional()
        })
        .map(|position| position.map(|Int(position)| position))
        .map_err(during("look for the decision"))
}

/// The papers asked for, with the original first: its seal is the electronic licence's too. Where a
/// permit ends there is no certificate, and the receipt bears the seal of what has ended.
fn sealed_papers(case: &Case) -> Vec<v1::Document> {
    if case.service.action() == Action::Cancel {
        return vec![v1::Document::Receipt];
    }
    let others = case.documents.iter().copied().filter(|paper| *paper != v1::Document::Original);
    std::iter::once(v1::Document::Original).chain(others).collect()
}
