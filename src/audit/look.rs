//! What can be seen of one record alone: its form, its signature, its seals, its decision made again.
//! Nothing here knows of another record, so lines are looked at on all cores.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::bundle::Line;
use super::lock::Unlocked;
use super::report::Check;
use crate::domain::{self, ElicenceId, PermitNumber};
use crate::fault::Chain;
use crate::rules::{Facts, Rulebook, decide, decide_document};
use crate::seal::{Claims, DataKey, Keyring, VerifyingKey};
use crate::wire::v1::{
    Body, Decided, DecidedPersonal, Decision, DecisionOutline, Hash, Header, Issued, KioskId,
    Printed, Record, is_signed,
};

/// What every line is looked at with.
pub(super) struct Lens {
    pub(super) lives: BTreeMap<(KioskId, u32), LifeKeys>,
    pub(super) editions: BTreeMap<String, Arc<Rulebook>>,
    pub(super) unlocked: Option<Unlocked>,
}

/// The keys of one life of a kiosk.
pub(super) struct LifeKeys {
    pub(super) device: VerifyingKey,
    pub(super) seals: Keyring,
}

/// What was seen of one line.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) header: Option<Header>,
    pub(super) hash: Hash,
    /// The record, if this version knows its kind.
    pub(super) record: Option<Box<Record>>,
    pub(super) problems: Vec<(Check, String)>,
    /// What could not be looked at.
    pub(super) reservations: Vec<&'static str>,
    pub(super) signed: bool,
    pub(super) seals: u64,
    pub(super) again: Again,
    /// Of whom the decision or the permit is, where that can be seen.
    pub(super) holder: Option<String>,
}

/// What came of deciding again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It is no decision.
    None,
    Equal,
    Differing,
    Sealed,
    WithoutEdition,
    WithoutRules,
}

impl Seen {
    fn nothing() -> Self {
        Self {
            header: None,
            hash: Hash::ZERO,
            record: None,
            problems: Vec::new(),
            reservations: Vec::new(),
            signed: false,
            seals: 0,
            again: Again::None,
            holder: None,
        }
    }

    fn wrong(&mut self, check: Check, what: impl Into<String>) {
        self.problems.push((check, what.into()));
    }
}

impl Lens {
    /// Looks at one line of the evidence.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a kind with nothing to look at here is chained and signed like any other"
    )]
    pub(super) fn look(&self, line: &[u8]) -> Seen {
        let mut seen = Seen::nothing();
        let line: Line<'_> = match serde_json::from_slice(line) {
            Ok(line) => line,
            Err(error) => {
                seen.wrong(Check::Record, format!("the line is none of the evidence: {error}"));
                return seen;
            }
        };
        let text = line.record.as_ref();
        seen.hash = Hash::of_record(text);
        let header = match Record::read(text) {
            Ok(record) => {
                let header = Header {
                    format: record.format.clone(),
                    kiosk: record.kiosk.clone(),
                    incarnation: record.incarnation,
                    position: record.position,
                    at: record.at,
                    previous: record.previous,
                };
                seen.record = Some(Box::new(record));
                header
            }
            Err(unknown) => match Header::read(text) {
                Ok(header) => {
                    seen.reservations.push("records of a kind this version does not know");
                    header
                }
                Err(_no_header) => {
                    seen.wrong(Check::Record, Chain(&unknown).to_string());
                    return seen;
                }
            },
        };
        let life = self.lives.get(&(header.kiosk.clone(), header.incarnation));
        match life {
            None => seen.wrong(
                Check::Key,
                format!("there is no key of life {} of {}", header.incarnation, header.kiosk),
            ),
            Some(keys) => {
                let context = Record::SIGNATURE_CONTEXT;
                seen.signed = is_signed(&keys.device, context, text, &line.signature);
                if !seen.signed {
                    seen.wrong(Check::Signature, "it is not signed by this kiosk");
                }
            }
        }
        seen.header = Some(header);
        if let (Some(record), Some(keys)) = (seen.record.take(), life) {
            let key = self.data_key(&mut seen, &record, line.key.as_deref());
            match &record.body {
                Body::Decided(body) => self.decided(&mut seen, &record, body, key.as_ref()),
                Body::Issued(body) => issued(&mut seen, &record, body, key.as_ref(), keys),
                Body::Printed(body) => printed(&mut seen, body, keys),
                Body::LookedUp(body) => {
                    if let Some(key) = &key
                        && let Err(error) = body.open(&record.kiosk, key)
                    {
                        seen.wrong(Check::Envelope, error.to_string());
                    }
                }
                _other => {}
            }
            seen.record = Some(record);
        }
        seen
    }

    /// The data key beside a record, if the auditor can unlock it.
    fn data_key(&self, seen: &mut Seen, record: &Record, wrapped: Option<&str>) -> Option<DataKey> {
        let unlocked = self.unlocked.as_ref()?;
        let application = record.body.envelope_of()?;
        let Some(wrapped) = wrapped else {
            // A person's data were erased when their time was over: the key is gone for good.
            seen.reservations.push("envelopes whose key is not in the bundle");
            return None;
        };
        let key = unlocked.data_key(application, wrapped);
        if key.is_none() {
            seen.wrong(Check::Envelope, "the key beside it does not unlock");
        }
        key
    }

    fn decided(&self, seen: &mut Seen, record: &Record, body: &Decided, key: Option<&DataKey>) {
        let Some(key) = key else {
            seen.again = Again::Sealed;
            return;
        };
        let personal = match body.open(&record.kiosk, key) {
            Ok(personal) => personal,
            Err(error) => {
                seen.wrong(Check::Envelope, error.to_string());
                return;
            }
        };
        seen.holder = personal.business.as_ref().map(|business| business.uscc.clone());
        if let Some(promise) = &personal.promise
            && promise.strokes.digest() != promise.strokes_digest
        {
            seen.wrong(Check::Envelope, "the signature drawn is not the one digested");
        }
        let facts = personal.facts.reveal();
        if hex::encode(Sha256::digest(facts)) != personal.decision.facts_digest {
            seen.wrong(Check::Decision, "the facts are not the ones decided upon");
            return;
        }
        seen.again = self.again(seen, &body.decision, &personal);
    }

    fn again(
        &self,
        seen: &mut Seen,
        outline: &DecisionOutline,
        personal: &DecidedPersonal,
    ) -> Again {
        let Some(rulebook) = self.editions.get(&outline.edition_digest) else {
            if outline.code != NO_EDITION {
                return Again::WithoutEdition;
            }
            if !outline.verdict.goes_to_officer() {
                seen.wrong(Check::Decision, "without rules it is not referred");
            }
            return Again::WithoutRules;
        };
        let recorded = of_the_law(&personal.decision);
        let decision = decided_again(rulebook, personal.facts.reveal(), recorded.today);
        if decision.as_ref() == Some(recorded.as_ref()) {
            return Again::Equal;
        }
        let came = decision.map_or("nothing".to_owned(), |decision| {
            format!("{} {}", decision.verdict, decision.code)
        });
        seen.wrong(
            Check::Decision,
            format!(
                "decided again with its edition, {came} comes out, not {} {} as recorded",
                recorded.verdict, recorded.code
            ),
        );
        Again::Differing
    }
}

/// What a kiosk without an edition says of every application.
const NO_EDITION: &str = "NO_EDITION";

/// What the kiosk itself found begins with this: not of the law, and not decided again.
const KIOSK: &str = "KIOSK-";

/// What the law said of a decision the kiosk may have referred on top, for lack of numbers or fonts.
pub(super) fn of_the_law(recorded: &Decision) -> std::borrow::Cow<'_, Decision> {
    let own = recorded.findings.iter().take_while(|one| one.rule.starts_with(KIOSK)).count();
    let Some(first) = recorded.findings.get(own).filter(|_| own > 0) else {
        return std::borrow::Cow::Borrowed(recorded);
    };
    let (verdict, code) = (first.outcome, first.code.clone());
    let mut law = recorded.clone();
    law.findings.drain(..own);
    (law.verdict, law.code) = (verdict, code);
    std::borrow::Cow::Owned(law)
}

/// Whether a recorded decision is what the law says again; what the kiosk itself referred for reasons
/// of its own is not of the law.
pub fn same_by_law(recorded: &Decision, again: &Decision) -> bool {
    of_the_law(recorded).as_ref() == again
}

/// The whole decision under an edition, as a kiosk makes it.
pub(super) fn decided_again(
    rulebook: &Rulebook,
    facts: &str,
    today: jiff::civil::Date,
) -> Option<Decision> {
    let decision = match Facts::parse(rulebook, facts.as_bytes()) {
        Ok(facts) => decide(rulebook, &facts, today),
        Err(_problems) => decide_document(rulebook, &serde_json::from_str(facts).ok()?, today),
    };
    Some(Decision::from(&decision))
}

fn issued(seen: &mut Seen, record: &Record, body: &Issued, key: Option<&DataKey>, keys: &LifeKeys) {
    let Some(number) = number_of(body) else {
        seen.wrong(Check::Number, format!("`{}` is no number of {}", body.number, body.series));
        return;
    };
    if ElicenceId::parse(&body.elicence).is_err() {
        seen.wrong(Check::Permit, format!("`{}` is no e-licence identifier", body.elicence));
    }
    if body.valid_to.is_some_and(|last| last < body.issued) {
        seen.wrong(Check::Permit, "it ends before it begins");
    }
    let permit = match key.map(|key| body.open(&record.kiosk, key)) {
        None => None,
        Some(Ok(permit)) => match permit.checked(body.application) {
            Some(permit) => Some(permit),
            None => {
                seen.wrong(Check::Permit, "its printed fields are no permit's");
                None
            }
        },
        Some(Err(error)) => {
            seen.wrong(Check::Envelope, error.to_string());
            None
        }
    };
    if body.seal().is_none() {
        seen.wrong(Check::Seal, "the original has no seal");
    }
    for sheet in &body.sheets {
        let Some(claims) =
            sealed(seen, sheet.job, sheet.serial.as_deref(), sheet.seal.as_deref(), keys)
        else {
            continue;
        };
        let open = (&claims.number, claims.issued, claims.valid_to);
        if open != (&number, body.issued, body.valid_to) {
            seen.wrong(Check::Seal, format!("the seal of job {} is of another permit", sheet.job));
        } else if permit.as_ref().is_some_and(|permit| !claims.agrees_with(permit)) {
            let what = format!("the seal of job {} states other fields than printed", sheet.job);
            seen.wrong(Check::Seal, what);
        } else {
            seen.seals += 1;
        }
        seen.holder = Some(claims.holder.to_string());
    }
}

fn printed(seen: &mut Seen, body: &Printed, keys: &LifeKeys) {
    if body.seal.is_some()
        && sealed(seen, body.job, body.serial.as_deref(), body.seal.as_deref(), keys).is_some()
    {
        seen.seals += 1;
    }
}

/// What the seal of a sheet states, if it has one and this life's key made it.
fn sealed(
    seen: &mut Seen,
    job: u64,
    serial: Option<&str>,
    seal: Option<&str>,
    keys: &LifeKeys,
) -> Option<Claims> {
    let seal = match (serial, seal) {
        (Some(_), Some(seal)) => seal,
        (None, None) => return None,
        (Some(_), None) | (None, Some(_)) => {
            seen.wrong(Check::Seal, format!("job {job} has a serial or a seal, and not both"));
            return None;
        }
    };
    match crate::seal::verify(seal, &keys.seals) {
        Err(error) => {
            seen.wrong(Check::Seal, format!("job {job}: {}", Chain(&error)));
            None
        }
        Ok(claims) if Some(claims.copy.as_str()) != serial => {
            seen.wrong(Check::Seal, format!("the seal of job {job} is of another sheet"));
            None
        }
        Ok(claims) => Some(claims),
    }
}

/// The permit's number, if it is the one at its place of its series.
fn number_of(body: &Issued) -> Option<PermitNumber> {
    let series = domain::Series::parse(&body.series)?;
    let number = PermitNumber::parse(series.kind(), &body.number).ok()?;
    (number.place() == (series, body.sequence)).then_some(number)
}
