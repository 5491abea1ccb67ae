//! Number series: which one a permit takes its number from, and how the number is written.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _};

use super::error::during;
use super::store::{Int, Store, Writing};
use super::{ElicenceTypes, Error, SeriesState, Settings, outbox};
use crate::domain::calendar::datetime_in_china;
use crate::domain::{
    CombinedNumber, ElicenceId, FilingNumber, FoodLicenceNumber, Grant, HygieneFilingNumber,
    HygieneNumber, PermitDraft, PermitNumber, Series, Uscc,
};
use crate::seal::CopySerial;
use crate::wire::v1::{Body, NumberVoided, NumbersReturned, api::NumberRange};

/// Print jobs of one life of a kiosk at most: 60 000 a year for longer than any kiosk stands.
const JOBS_MAX: u64 = 9_999_999;

/// Tries every setting that numbers and serials are made of, so that a wrong one is found when the
/// journal opens and not at the first applicant.
pub(super) fn check(settings: &Settings) -> Result<(), Error> {
    let wrong = |setting, why: String| Error::Setting { setting, why };
    if serial(settings, JOBS_MAX).is_none() {
        let why = format!("serials beginning with `{}` are too long", settings.serial_prefix);
        return Err(wrong("serial_prefix", why));
    }
    let prefixes = &settings.prefixes;
    HygieneNumber::new(&prefixes.hygiene, 2026, 1)
        .map_err(|error| wrong("prefixes.hygiene", error.to_string()))?;
    HygieneFilingNumber::new(&prefixes.hygiene_filing, 2026, 1)
        .map_err(|error| wrong("prefixes.hygiene_filing", error.to_string()))?;
    CombinedNumber::new(&prefixes.combined, 2026, 1)
        .map_err(|error| wrong("prefixes.combined", error.to_string()))?;
    let issuer = Uscc::parse("11100000MB0143028R").expect("the ministry's code is one");
    let types = &settings.elicence_types;
    let ElicenceTypes { food, filing, hygiene, hygiene_filing, combined } = types;
    for code in [food, filing, hygiene, hygiene_filing, combined] {
        ElicenceId::new(code, &issuer, "1", 1)
            .map_err(|error| wrong("elicence_types", format!("`{code}`: {error}")))?;
    }
    Ok(())
}

/// The serial of a sheet: one per print job of this life of the kiosk.
pub(super) fn serial(settings: &Settings, job: u64) -> Option<CopySerial> {
    let Settings { serial_prefix, incarnation, .. } = settings;
    CopySerial::parse(&format!("{serial_prefix}-{incarnation}-{job:06}"))
}

/// The series a permit issued on `issued` takes its number from.
pub(super) fn series_of(
    draft: &PermitDraft,
    issued: Date,
    settings: &Settings,
) -> Result<Series, Error> {
    let yearly = |prefix: &str| Series::yearly(draft.grant.kind(), prefix, issued.year());
    Ok(match &draft.grant {
        Grant::Food { subject, .. } => Series::food(food_kind(subject)?, &draft.division),
        Grant::Filing { trade } => Series::filing(filing_kind(trade)?, &draft.division),
        Grant::Hygiene { .. } => yearly(&settings.prefixes.hygiene),
        Grant::HygieneFiling { .. } => yearly(&settings.prefixes.hygiene_filing),
        Grant::Combined { .. } => yearly(&settings.prefixes.combined),
    })
}

/// 食品经营许可和备案管理办法 27: 1 seller, 2 caterer, 3 canteen; marks in brackets may follow.
fn food_kind(subject: &str) -> Result<u8, Error> {
    let kinds =
        [("食品销售经营者", 1), ("餐饮服务经营者", 2), ("集中用餐单位食堂", 3), ("单位食堂", 3)];
    kind(&kinds, subject)
}

/// 食品经营许可和备案管理办法 45: 1 wholesale, 2 retail.
fn filing_kind(trade: &str) -> Result<u8, Error> {
    kind(&[("批发", 1), ("零售", 2)], trade)
}

fn kind(kinds: &[(&str, u8)], word: &str) -> Result<u8, Error> {
    kinds
        .iter()
        .find(|(beginning, _)| word.starts_with(beginning))
        .map(|(_, kind)| *kind)
        .ok_or_else(|| Error::UnknownSubject { word: word.to_owned() })
}

/// The number at a place of the draft's series, as it is printed.
pub(super) fn number(
    draft: &PermitDraft,
    issued: Date,
    series: &Series,
    sequence: u64,
    settings: &Settings,
) -> Result<PermitNumber, Error> {
    // One too large for 32 bits is too large for every kind of number, and refused as that.
    let place = u32::try_from(sequence).unwrap_or(u32::MAX);
    let prefixes = &settings.prefixes;
    let made = match &draft.grant {
        Grant::Food { subject, .. } => {
            FoodLicenceNumber::new(food_kind(subject)?, &draft.division, place)
                .map(PermitNumber::Food)
        }
        Grant::Filing { trade } => {
            FilingNumber::new(filing_kind(trade)?, &draft.division, place).map(PermitNumber::Filing)
        }
        Grant::Hygiene { .. } => {
            HygieneNumber::new(&prefixes.hygiene, issued.year(), place).map(PermitNumber::Hygiene)
        }
        Grant::HygieneFiling { .. } => {
            HygieneFilingNumber::new(&prefixes.hygiene_filing, issued.year(), place)
                .map(PermitNumber::HygieneFiling)
        }
        Grant::Combined { .. } => CombinedNumber::new(&prefixes.combined, issued.year(), place)
            .map(PermitNumber::Combined),
    };
    made.map_err(|source| Error::Number { series: series.clone(), sequence, source })
}

/// The e-licence identifier of a permit (GB/T 36904): its serial is the day of issue and the number's
/// digits. The bare sequence would meet itself: sellers and caterers share a type code, and each has a
/// series that begins with 1.
pub(super) fn elicence(
    number: &PermitNumber,
    issuer: &Uscc,
    issued_at: Timestamp,
    settings: &Settings,
) -> Result<ElicenceId, Error> {
    let day = datetime_in_china(issued_at).strftime("%Y%m%d").to_string();
    identifier(number, issuer, &day, 1, settings)
}

/// The identifier of a permit whose number was there before. Its serial has the time to the millisecond:
/// a second act on the same permit must not meet the first, on whatever day and at whatever kiosk. Found
/// by a licence that was issued again and ended within two minutes: central kept it as valid.
pub(super) fn later_elicence(
    number: &PermitNumber,
    issuer: &Uscc,
    issued_at: Timestamp,
    settings: &Settings,
) -> Result<ElicenceId, Error> {
    let moment = datetime_in_china(issued_at).strftime("%Y%m%d%H%M%S%3f").to_string();
    identifier(number, issuer, &moment, 2, settings)
}

fn identifier(
    number: &PermitNumber,
    issuer: &Uscc,
    time: &str,
    version: u16,
    settings: &Settings,
) -> Result<ElicenceId, Error> {
    let types = &settings.elicence_types;
    let (code, digits) = match number {
        PermitNumber::Food(number) => (&types.food, digits_of(number.as_str())),
        PermitNumber::Filing(number) => (&types.filing, digits_of(number.as_str())),
        PermitNumber::Hygiene(number) => (&types.hygiene, format!("{:06}", number.sequence())),
        PermitNumber::HygieneFiling(number) => {
            (&types.hygiene_filing, format!("{:06}", number.sequence()))
        }
        PermitNumber::Combined(number) => (&types.combined, format!("{:06}", number.sequence())),
    };
    ElicenceId::new(code, issuer, &format!("{time}{digits}"), version)
        .map_err(|source| Error::Elicence { number: number.to_string(), source })
}

fn digits_of(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// Takes the next number of a series. It stays taken only if the transaction commits, so a number is
/// given out by exactly one committed transaction, and none is skipped.
pub(super) fn take(writing: &Writing<'_>, series: &Series) -> Result<u64, Error> {
    let taken = writing
        .transaction
        .prepare_cached(
            "UPDATE block SET next = next + 1
             WHERE series = ?1 AND block =
                 (SELECT min(block) FROM block WHERE series = ?1 AND next <= last)
             RETURNING next - 1",
        )
        .and_then(|mut update| {
            update.query_row([series.as_str()], |row| row.get::<_, Int>(0)).optional()
        })
        .map_err(during("take a number"))?;
    let Int(sequence) = taken.ok_or_else(|| Error::NumbersExhausted { series: series.clone() })?;
    Ok(sequence)
}

/// How many numbers of a series there are.
pub(super) fn state(connection: &Connection, series: &Series) -> Result<SeriesState, Error> {
    connection
        .query_row(
            "SELECT coalesce(sum(last + 1 - next), 0),
                    coalesce(sum(CASE WHEN next <= last THEN last + 1 - first END), 0),
                    count(*)
             FROM block WHERE series = ?1",
            [series.as_str()],
            |row| {
                let (Int(left), Int(reserve), Int(blocks)) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(SeriesState { left, reserve, blocks })
            },
        )
        .map_err(during("count the numbers left"))
}

/// Takes the next number out of use.
pub(super) fn void(
    store: &mut Store,
    series: &Series,
    reason: &str,
    by: &str,
) -> Result<u64, Error> {
    store.transaction("void a number", |writing| {
        let sequence = take(writing, series)?;
        writing.append(Body::NumberVoided(NumberVoided {
            series: series.to_string(),
            sequence,
            reason: reason.to_owned(),
            by: by.to_owned(),
        }))?;
        Ok(sequence)
    })
}

/// Gives back what is left of every block, and issues nothing from then on. A journal that another one
/// may have gone on from gives back nothing: its numbers may stand on paper.
pub(super) fn give_back(
    store: &mut Store,
    reason: &str,
    by: &str,
) -> Result<Vec<NumberRange>, Error> {
    store.transaction("give numbers back", |writing| {
        let ranges = unused(&writing.transaction)?;
        if let Some(reason) = outbox::quarantined(&writing.transaction)?
            && !ranges.is_empty()
        {
            return Err(Error::Quarantined { reason });
        }
        for NumberRange { series, first, last } in ranges.clone() {
            let (reason, by) = (reason.to_owned(), by.to_owned());
            writing.append(Body::NumbersReturned(NumbersReturned {
                series,
                first,
                last,
                reason,
                by,
            }))?;
        }
        writing
            .transaction
            .execute("UPDATE block SET next = last + 1 WHERE next <= last", ())
            .map_err(during("give numbers back"))?;
        outbox::note_quarantine(writing, &format!("taken out of service by {by}: {reason}"))?;
        Ok(ranges)
    })
}

/// The unused rest of every block.
fn unused(connection: &Connection) -> Result<Vec<NumberRange>, Error> {
    connection
        .prepare_cached(
            "SELECT series, next, last FROM block WHERE next <= last ORDER BY series, block",
        )
        .and_then(|mut select| {
            let ranges = select.query_map((), |row| {
                let (Int(first), Int(last)) = (row.get(1)?, row.get(2)?);
                Ok(NumberRange { series: row.get(0)?, first, last })
            })?;
            ranges.collect()
        })
        .map_err(during("read the unused numbers"))
}
