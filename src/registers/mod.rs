//! Look-ups in the registers outside, through central: who, which business, what stands against it.
//!
//! An answer that did not come, came too late, was nonsense, too long, or belonged to another question
//! is `Down`: never a clean answer. When central cannot be reached, a signed snapshot stands in, as
//! long as it is young enough.

mod client;
mod snapshot;

pub use client::{Client, ClientError, Identity, TIMEOUT};
pub use snapshot::{AGE_MAX, SnapshotError, Snapshots};

/// What registers say, in the words of the wire: the terminal turns it into events of the visit.
pub use crate::wire::v1::api::{
    Ban, BanKind, Banned, DigestKey, DistrictRecord, HeldPermit, HeldStatus, Purpose, Refusal,
    Relation, Supervision,
};

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::client::parse;
use self::snapshot::Known;
use crate::clock::Clock;
use crate::domain::{Applicant, Business, DivisionCode, IdentitySource, Private, Uscc};
use crate::fault::Chain;
use crate::wire::v1::{
    self, Hash, LookUpOutcome, Personal, Register,
    api::{
        self, Answer, BusinessFound, LicenceFound, LookUpRequest, LookUpResponse, PersonFound,
        Query, SignedText, VerificationAnswer, VerificationRequest,
    },
};

/// The registers, as the kiosk sees them. Clones share everything.
#[derive(Clone)]
pub struct Registers {
    client: Client,
    digest_key: DigestKey,
    snapshots: Arc<Snapshots>,
    clock: Arc<dyn Clock>,
}

/// One look-up: what was asked, why, when, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp<T> {
    /// Which register.
    pub register: Register,
    /// Why.
    pub purpose: Purpose,
    /// When.
    pub asked_at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Keyed digest of the person or business asked about.
    pub subject_digest: String,
    /// SHA-256 of the answer's bytes, hexadecimal; of a snapshot's entry, its JSON.
    pub answer_digest: Option<String>,
    /// When the snapshot was taken, if the answer is from one.
    pub snapshot_taken_at: Option<Timestamp>,
    /// Whether central itself was out of reach. Only then may a snapshot stand in: a register that
    /// central asked and that gave no usable answer is an unknown answer, however young the snapshot.
    pub central_unreachable: bool,
    /// What came of it.
    pub outcome: Outcome<T>,
}

/// What came of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The register answered.
    Answered(T),
    /// The register would not accept the code or the proof: a fresh one may do.
    Refused(Refusal),
    /// No usable answer; why, for the technician's log.
    Down {
        /// What happened; nothing about a person.
        reason: String,
    },
    /// No usable answer, and the snapshot is too old.
    Stale,
}

impl<T> LookUp<T> {
    /// The look-up as the journal keeps it: what kind of answer came, never what it said.
    pub fn record(&self) -> v1::LookUp {
        v1::LookUp {
            application: self.purpose.application,
            register: self.register,
            purpose: self.purpose.service,
            personal: v1::LookedUpPersonal {
                subject_digest: self.subject_digest.clone(),
                answer_digest: self.answer_digest.clone(),
            },
            snapshot_taken_at: self.snapshot_taken_at,
            outcome: match self.outcome {
                Outcome::Answered(_) | Outcome::Refused(_) => LookUpOutcome::Answered,
                Outcome::Down { .. } => LookUpOutcome::Down,
                Outcome::Stale => LookUpOutcome::Stale,
            },
            took_ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Somebody whose relation to a business is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonRef {
    /// A card was read.
    Card {
        /// The applicant's `id_digest`: the number itself never leaves the kiosk.
        id_digest: String,
    },
    /// An e-ID was shown.
    Proof {
        /// From [`ProvenPerson::proof_id`].
        proof_id: String,
        /// The applicant's `id_digest`.
        id_digest: String,
    },
}

/// The person behind an e-ID.
#[derive(Debug, Clone)]
pub struct ProvenPerson {
    /// The applicant, without the plain number.
    pub applicant: Applicant,
    /// Stands for the person in later look-ups of the same application, for half an hour.
    pub proof_id: String,
}

/// The business behind an e-licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLicence {
    /// Its code.
    pub uscc: Uscc,
    /// Its name.
    pub name: String,
    /// What the person who showed it is to the business.
    pub role: Relation,
    /// Keyed digest of that person: the e-licence alone proves no identity, so this must be the
    /// applicant's.
    pub holder_digest: String,
}

/// What the business register knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The business, if there is one of that code.
    pub business: Option<Business>,
    /// What the person is to it.
    pub relation: Relation,
}

impl Registers {
    /// Registers behind central.
    pub fn new(
        client: Client,
        digest_key: DigestKey,
        snapshots: Arc<Snapshots>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { client, digest_key, snapshots, clock }
    }

    /// The key under which a card's number becomes the applicant's digest.
    pub fn digest_key(&self) -> &DigestKey {
        &self.digest_key
    }

    /// Who showed this code? The code is used up by asking, whatever comes of it.
    pub async fn e_id(&self, code: &Private<String>, purpose: Purpose) -> LookUp<ProvenPerson> {
        let query = Query::ElectronicId { code: Personal::new(code.reveal().as_str()) };
        let mut look_up = self
            .ask(query, purpose, code.reveal(), |answer| {
                if let Answer::ElectronicId(found) = answer {
                    person(found)
                } else {
                    Err(OTHER_REGISTER)
                }
            })
            .await;
        if let Outcome::Answered(person) = &look_up.outcome {
            look_up.subject_digest = person.applicant.id_digest.clone();
        }
        look_up
    }

    /// Which business is this code, and who showed it? The code is used up by asking.
    pub async fn e_licence(
        &self,
        code: &Private<String>,
        purpose: Purpose,
    ) -> LookUp<ShownLicence> {
        let query = Query::ElectronicLicence { code: Personal::new(code.reveal().as_str()) };
        let mut look_up = self
            .ask(query, purpose, code.reveal(), |answer| {
                if let Answer::ElectronicLicence(found) = answer {
                    licence(found)
                } else {
                    Err(OTHER_REGISTER)
                }
            })
            .await;
        if let Outcome::Answered(licence) = &look_up.outcome {
            look_up.subject_digest = self.digest_key.digest(licence.uscc.as_str());
        }
        look_up
    }

    /// What does the business register know, and what is this person to the business?
    pub async fn business(
        &self,
        uscc: &Uscc,
        person: &PersonRef,
        purpose: Purpose,
    ) -> LookUp<Registered> {
        let (wire_person, id_digest) = match person {
            PersonRef::Card { id_digest } => {
                (api::Person::Card { id_digest: id_digest.clone() }, id_digest.clone())
            }
            PersonRef::Proof { proof_id, id_digest } => {
                (api::Person::Proof { proof_id: proof_id.clone() }, id_digest.clone())
            }
        };
        let query = Query::Business { uscc: uscc.to_string(), person: wire_person };
        let read = |answer| {
            if let Answer::Business(found) = answer {
                registered(uscc, found)
            } else {
                Err(OTHER_REGISTER)
            }
        };
        let look_up = self.ask(query, purpose, uscc.as_str(), read).await;
        self.or_snapshot(look_up, uscc, |entry| {
            let business = entry.business?;
            let relation = if business.legal_representative_digest == id_digest {
                Relation::LegalRepresentative
            } else {
                entry.agents.get(&id_digest).cloned().unwrap_or(Relation::None)
            };
            registered(uscc, BusinessFound { business: Some(business), relation }).ok()
        })
    }

    /// What does the food-and-drug system know about the business, its people, and the premises?
    pub async fn food_and_drug(
        &self,
        uscc: &Uscc,
        premises: Option<&str>,
        purpose: Purpose,
    ) -> LookUp<Supervision> {
        let query =
            Query::FoodAndDrug { uscc: uscc.to_string(), premises: premises.map(str::to_owned) };
        let look_up = self
            .ask(query, purpose, uscc.as_str(), |answer| {
                if let Answer::FoodAndDrug(supervision) = answer {
                    Ok(supervision)
                } else {
                    Err(OTHER_REGISTER)
                }
            })
            .await;
        self.or_snapshot(look_up, uscc, |entry| {
            // The snapshot knows who holds the registered address, and no other.
            let address = entry.business.as_ref().map(|business| business.address.as_str());
            let known = premises.is_none() || premises == address;
            entry.food_and_drug.filter(|_| known)
        })
    }

    /// What does the district's own system know?
    pub async fn micro_service(&self, uscc: &Uscc, purpose: Purpose) -> LookUp<DistrictRecord> {
        let query = Query::MicroService { uscc: uscc.to_string() };
        let look_up = self
            .ask(query, purpose, uscc.as_str(), |answer| {
                if let Answer::MicroService(record) = answer {
                    Ok(record)
                } else {
                    Err(OTHER_REGISTER)
                }
            })
            .await;
        self.or_snapshot(look_up, uscc, |entry| entry.micro_service)
    }

    /// What is a scanned paper worth? Nobody's data travel: both forms stand on papers of ours.
    pub async fn verify_paper(
        &self,
        request: &VerificationRequest,
    ) -> Result<VerificationAnswer, ClientError> {
        self.client.post_json(api::VERIFICATIONS_PATH, request).await
    }

    /// Fetches the registers' snapshot from central and keeps it for when the line is down.
    pub async fn refresh_snapshot(&self) -> Result<Timestamp, RefreshError> {
        let signed: SignedText = self
            .client
            .get_json(api::SNAPSHOTS_PATH, 2 * api::SNAPSHOT_BYTES_MAX)
            .await
            .map_err(|source| RefreshError::Fetch { source })?;
        self.snapshots.take_over(&signed).map_err(|source| RefreshError::TakeOver { source })
    }

    async fn ask<T>(
        &self,
        query: Query,
        purpose: Purpose,
        subject: &str,
        read: impl FnOnce(Answer) -> Result<T, &'static str>,
    ) -> LookUp<T> {
        let asked_at = self.clock.now();
        let began = self.clock.monotonic();
        let register = query.register();
        let (outcome, answer_digest, central_unreachable) = match self
            .answer(query, purpose, read)
            .await
        {
            Ok((outcome, digest)) => (outcome, digest, false),
            Err(error) => {
                let unreachable =
                    matches!(error, ClientError::Unreachable { .. } | ClientError::TimedOut { .. });
                (Outcome::Down { reason: Chain(&error).to_string() }, None, unreachable)
            }
        };
        let took = self.clock.monotonic().saturating_sub(began);
        if let Outcome::Down { reason } = &outcome {
            let application = purpose.application.to_string();
            tracing::warn!(
                application.id = application,
                ?register,
                reason,
                "register {register:?} gave no usable answer: {reason}",
            );
        }
        LookUp {
            register,
            purpose,
            asked_at,
            took,
            subject_digest: self.digest_key.digest(subject),
            answer_digest,
            snapshot_taken_at: None,
            central_unreachable,
            outcome,
        }
    }

    async fn answer<T>(
        &self,
        query: Query,
        purpose: Purpose,
        read: impl FnOnce(Answer) -> Result<T, &'static str>,
    ) -> Result<(Outcome<T>, Option<String>), ClientError> {
        let down = |reason: String| (Outcome::Down { reason }, None);
        let mut bits = [0; 16];
        if getrandom::fill(&mut bits).is_err() {
            return Ok(down("no random numbers for a nonce".to_owned()));
        }
        let request = LookUpRequest { nonce: hex::encode(bits), purpose, query };
        let body = serde_json::to_vec(&request).expect("a look-up has only string keys");
        let bytes = self.client.post(api::LOOK_UPS_PATH, body, api::ANSWER_BYTES_MAX).await?;
        let response: LookUpResponse = parse(&bytes)?;
        if response.nonce != request.nonce {
            return Ok(down("the answer to another question: its nonce differs".to_owned()));
        }
        let digest = Some(Hash::of(&bytes).to_string());
        Ok(match response.outcome {
            api::LookUpOutcome::Answered { answer } => match read(*answer) {
                Ok(answer) => (Outcome::Answered(answer), digest),
                Err(reason) => down(reason.to_owned()),
            },
            api::LookUpOutcome::Refused { reason } => (Outcome::Refused(reason), digest),
            api::LookUpOutcome::Down { reason } => down(reason),
        })
    }

    /// Puts the snapshot in the place of an answer that did not come.
    fn or_snapshot<T>(
        &self,
        look_up: LookUp<T>,
        uscc: &Uscc,
        read: impl FnOnce(api::SnapshotEntry) -> Option<T>,
    ) -> LookUp<T> {
        if !look_up.central_unreachable {
            return look_up;
        }
        match self.snapshots.about(uscc.as_str(), look_up.asked_at) {
            Known::Nothing => look_up,
            Known::Stale => LookUp { outcome: Outcome::Stale, ..look_up },
            Known::Entry { taken_at, entry } => {
                let text = serde_json::to_vec(&entry).expect("an entry has only string keys");
                match read(*entry) {
                    Some(answer) => LookUp {
                        outcome: Outcome::Answered(answer),
                        answer_digest: Some(Hash::of(&text).to_string()),
                        snapshot_taken_at: Some(taken_at),
                        ..look_up
                    },
                    None => look_up,
                }
            }
        }
    }
}

impl std::fmt::Debug for Registers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registers({:?})", self.client)
    }
}

/// Why there is no newer snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// It did not come.
    #[error("cannot fetch the snapshot of the registers")]
    Fetch {
        /// What happened.
        source: ClientError,
    },
    /// It was not taken over.
    #[error("cannot take over the snapshot of the registers")]
    TakeOver {
        /// What was wrong.
        source: SnapshotError,
    },
}

/// Why an answer is not the one asked for.
const OTHER_REGISTER: &str = "an answer of another register";

fn person(found: PersonFound) -> Result<ProvenPerson, &'static str> {
    let birth = found.birth.reveal();
    let birth = birth.parse().map_err(|_not_a_date| "a date of birth that is none")?;
    let document = ["resident", "hmt", "foreigner"]
        .into_iter()
        .find(|known| *known == found.document)
        .ok_or("an unknown kind of document")?;
    let applicant = Applicant {
        name: Private::new(found.name.reveal().to_owned()),
        id_digest: digest(found.id_digest)?,
        id_masked: found.id_masked,
        sex: found.sex,
        birth: Private::new(birth),
        valid_to: found.valid_to,
        source: IdentitySource::ElectronicId,
        document,
    };
    Ok(ProvenPerson { applicant, proof_id: found.proof_id })
}

fn licence(found: LicenceFound) -> Result<ShownLicence, &'static str> {
    Ok(ShownLicence {
        uscc: Uscc::parse(&found.uscc).map_err(|_not_one| "a credit code that is none")?,
        name: found.name,
        role: found.role,
        holder_digest: digest(found.holder_digest)?,
    })
}

fn registered(asked: &Uscc, found: BusinessFound) -> Result<Registered, &'static str> {
    let BusinessFound { business, relation } = found;
    let business = match business {
        Some(business) if business.uscc != asked.as_str() => {
            return Err("an answer about another business");
        }
        Some(business) => Some(Business {
            name: business.name,
            uscc: asked.clone(),
            kind: business.kind,
            legal_representative: business.legal_representative.reveal().to_owned(),
            legal_representative_digest: digest(business.legal_representative_digest)?,
            division: DivisionCode::parse(&business.division)
                .map_err(|_not_one| "a division that is none")?,
            address: business.address,
            scope: business.scope,
            status: business.status,
        }),
        None => None,
    };
    Ok(Registered { business, relation })
}

fn digest(text: String) -> Result<String, &'static str> {
    if Hash::parse(&text).is_some() { Ok(text) } else { Err("a digest that is none") }
}
