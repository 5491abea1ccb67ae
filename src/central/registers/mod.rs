//! The registers outside, asked for the kiosks: one place that knows people in plain, and keeps none.

mod embedded;
pub mod outside;
mod phone;

pub use embedded::{Conduct, Embedded, Error, Phone, PhoneError};
pub use phone::CODE_LIFE;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use self::outside::{AgentGrant, Question};
use crate::clock::Clock;
use crate::domain::{ApplicationId, MaskedId, PersonId};
use crate::wire::v1::{
    Personal, Register,
    api::{
        Answer, Business, BusinessFound, DigestKey, LicenceFound, LookUpOutcome, LookUpRequest,
        Person, PersonFound, Query, Refusal, Relation, SnapshotEntry, Supervision,
    },
};

/// How a connector answers: the bytes a register sent, whatever they are.
pub type Reply<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, ConnectorError>> + Send + 'a>>;

/// A way to the registers outside.
pub trait Connector: Send + Sync {
    /// Asks one register. Taking too long is judged by the caller, and so is what came.
    fn ask<'a>(&'a self, register: Register, question: &'a Question) -> Reply<'a>;

    /// The credit codes of the district's businesses, for the snapshot.
    fn businesses(&self) -> Vec<String>;

    /// The embedded registers, if it is them: only they have a phone and take orders.
    fn embedded(&self) -> Option<&Embedded>;
}

/// Why a register sent nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectorError {
    /// It cannot be reached.
    #[error("the register cannot be reached")]
    Unreachable,
}

/// How long an e-ID stands for its person: the longest visit (15 minutes) twice.
pub const PROOF_LIFE: Duration = Duration::from_mins(30);
/// People remembered at most: a hundred kiosks, a visit every two minutes, for half an hour, twice.
const PROOFS_MAX: usize = 3_000;

/// The registers as central's API asks them.
pub struct Registers {
    connector: Arc<dyn Connector>,
    digest_key: DigestKey,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    proofs: Mutex<BTreeMap<String, Proof>>,
}

/// Whom an e-ID was resolved to: by digest, for one application, for a while.
struct Proof {
    id_digest: String,
    application: ApplicationId,
    /// Monotonic time it was given.
    given_at: Duration,
}

/// What came of a look-up, and what central keeps of it.
#[derive(Debug)]
pub struct LookedUp {
    /// What the kiosk is told.
    pub outcome: LookUpOutcome,
    /// Keyed digest of the person or the business asked about.
    pub subject_digest: String,
}

impl Registers {
    /// Registers behind one connector. `timeout` must be shorter than the kiosk's own.
    pub fn new(
        connector: Arc<dyn Connector>,
        digest_key: DigestKey,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { connector, digest_key, timeout, clock, proofs: Mutex::default() }
    }

    /// The embedded registers, if they are on.
    pub fn embedded(&self) -> Option<&Embedded> {
        self.connector.embedded()
    }

    /// Asks one register. `random` names the proof, should the answer be a person.
    pub async fn look_up(&self, request: &LookUpRequest, random: [u8; 16]) -> LookedUp {
        let application = request.purpose.application;
        match &request.query {
            Query::ElectronicId { code } => self.electronic_id(code, application, random).await,
            Query::ElectronicLicence { code } => self.electronic_licence(code).await,
            Query::Business { uscc, person } => self.business(uscc, person, application).await,
            Query::FoodAndDrug { uscc, premises } => {
                let question =
                    Question::FoodAndDrug { uscc: uscc.clone(), premises: premises.clone() };
                let said = self.ask::<outside::FoodAndDrug>(&question).await;
                self.about(uscc, said.map(|said| Answer::FoodAndDrug(said.into())))
            }
            Query::MicroService { uscc } => {
                let question = Question::MicroService { uscc: uscc.clone() };
                let said = self.ask::<outside::MicroService>(&question).await;
                self.about(uscc, said.map(|said| Answer::MicroService(said.into())))
            }
        }
    }

    /// Everything about one business, for the snapshot.
    pub async fn snapshot_entry(&self, uscc: &str) -> SnapshotEntry {
        let question = Question::Business { uscc: uscc.to_owned() };
        let registered = self.ask::<Option<outside::Business>>(&question).await.ok().flatten();
        let agents = registered.iter().flat_map(|business| &business.agents).map(|agent| {
            let digest = self.digest_key.digest(agent.number.reveal());
            (digest, relation_of(Some(&agent.grant)))
        });
        let agents = agents.collect();
        let question = Question::FoodAndDrug { uscc: uscc.to_owned(), premises: None };
        let food_and_drug = self.ask::<outside::FoodAndDrug>(&question).await.ok();
        let question = Question::MicroService { uscc: uscc.to_owned() };
        let micro_service = self.ask::<outside::MicroService>(&question).await.ok();
        SnapshotEntry {
            business: registered.map(|business| self.business_of(business)),
            agents,
            food_and_drug: food_and_drug.map(Supervision::from),
            micro_service: micro_service.map(Into::into),
        }
    }

    /// The registered address of a business, `None` where none is registered; or why nobody knows.
    pub async fn registered_address(&self, uscc: &str) -> Result<Option<String>, String> {
        let question = Question::Business { uscc: uscc.to_owned() };
        let said = self.ask::<Option<outside::Business>>(&question).await;
        said.map(|business| business.map(|business| business.address))
    }

    /// The credit codes a snapshot is taken of.
    pub fn businesses(&self) -> Vec<String> {
        self.connector.businesses()
    }

    async fn electronic_id(
        &self,
        code: &Personal,
        application: ApplicationId,
        random: [u8; 16],
    ) -> LookedUp {
        let question = Question::ElectronicId { code: code.clone() };
        let said = self.ask::<outside::ElectronicId>(&question).await;
        let person = match said {
            Ok(outside::ElectronicId::Person(person)) => person,
            Ok(outside::ElectronicId::Refused(refused)) => {
                return self.refused(code, refused.refused);
            }
            Err(reason) => return self.about(code.reveal(), Err(reason)),
        };
        let Ok(id) = PersonId::parse(person.number.reveal()) else {
            let reason = "the e-ID service named a person by something that is no identity number";
            return self.about(code.reveal(), Err(reason.to_owned()));
        };
        let id_digest = self.digest_key.digest(id.as_str());
        let proof_id = self.remember(&id_digest, application, random);
        let found = PersonFound {
            name: person.name,
            id_masked: MaskedId::of(&id).to_string(),
            id_digest: id_digest.clone(),
            document: id.document().to_owned(),
            birth: person.birth,
            sex: person.sex,
            valid_to: person.valid_to,
            proof_id,
        };
        LookedUp { outcome: answered(Answer::ElectronicId(found)), subject_digest: id_digest }
    }

    async fn electronic_licence(&self, code: &Personal) -> LookedUp {
        let question = Question::ElectronicLicence { code: code.clone() };
        let licence = match self.ask::<outside::ElectronicLicence>(&question).await {
            Ok(outside::ElectronicLicence::Licence(licence)) => licence,
            Ok(outside::ElectronicLicence::Refused(refused)) => {
                return self.refused(code, refused.refused);
            }
            Err(reason) => return self.about(code.reveal(), Err(reason)),
        };
        let role = if licence.legal_representative {
            Relation::LegalRepresentative
        } else {
            relation_of(licence.grant.as_ref())
        };
        let found = LicenceFound {
            holder_digest: self.digest_key.digest(licence.holder.reveal()),
            uscc: licence.uscc,
            name: licence.name,
            role,
        };
        let uscc = found.uscc.clone();
        self.about(&uscc, Ok(Answer::ElectronicLicence(found)))
    }

    async fn business(&self, uscc: &str, person: &Person, application: ApplicationId) -> LookedUp {
        let person_digest = match person {
            Person::Card { id_digest } => id_digest.clone(),
            Person::Proof { proof_id } => match self.proven(proof_id, application) {
                Some(id_digest) => id_digest,
                None => {
                    let outcome = LookUpOutcome::Refused { reason: Refusal::ProofUnknown };
                    return LookedUp { outcome, subject_digest: self.digest_key.digest(uscc) };
                }
            },
        };
        let question = Question::Business { uscc: uscc.to_owned() };
        let said = self.ask::<Option<outside::Business>>(&question).await;
        let found = said.map(|business| {
            let relation = business
                .as_ref()
                .map_or(Relation::None, |business| self.relation(business, &person_digest));
            let business = business.map(|business| self.business_of(business));
            Answer::Business(BusinessFound { business, relation })
        });
        self.about(uscc, found)
    }

    fn relation(&self, business: &outside::Business, person_digest: &str) -> Relation {
        let is = |number: &Personal| self.digest_key.digest(number.reveal()) == person_digest;
        if is(&business.legal_representative_number) {
            return Relation::LegalRepresentative;
        }
        let agent = business.agents.iter().find(|agent| is(&agent.number));
        relation_of(agent.map(|agent| &agent.grant))
    }

    fn business_of(&self, business: outside::Business) -> Business {
        let number = business.legal_representative_number;
        Business {
            name: business.name,
            uscc: business.uscc,
            kind: business.kind,
            legal_representative: business.legal_representative,
            legal_representative_digest: self.digest_key.digest(number.reveal()),
            division: business.division,
            address: business.address,
            scope: business.scope,
            status: business.status,
        }
    }

    /// A register's answer, or why there is none that can be used.
    async fn ask<T: for<'a> Deserialize<'a>>(&self, question: &Question) -> Result<T, String> {
        let register = register_of(question);
        let said = tokio::time::timeout(self.timeout, self.connector.ask(register, question));
        let bytes = match said.await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_elapsed) => {
                return Err(format!("no answer within {} ms", self.timeout.as_millis()));
            }
        };
        if bytes.len() > crate::wire::v1::api::ANSWER_BYTES_MAX {
            return Err(format!("an answer of {} bytes is too long", bytes.len()));
        }
        // The parser's text would repeat a piece of the answer, which may be somebody's name.
        serde_json::from_slice(&bytes)
            .map_err(|error| format!("not an answer: byte {} of {}", error.column(), bytes.len()))
    }

    fn about(&self, subject: &str, said: Result<Answer, String>) -> LookedUp {
        let outcome = match said {
            Ok(answer) => answered(answer),
            Err(reason) => LookUpOutcome::Down { reason },
        };
        LookedUp { outcome, subject_digest: self.digest_key.digest(subject) }
    }

    fn refused(&self, code: &Personal, reason: Refusal) -> LookedUp {
        let outcome = LookUpOutcome::Refused { reason };
        LookedUp { outcome, subject_digest: self.digest_key.digest(code.reveal()) }
    }

    fn remember(&self, id_digest: &str, application: ApplicationId, random: [u8; 16]) -> String {
        let given_at = self.clock.monotonic();
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.retain(|_, proof| given_at.saturating_sub(proof.given_at) <= PROOF_LIFE);
        if proofs.len() >= PROOFS_MAX {
            let oldest = proofs.iter().min_by_key(|(_, proof)| proof.given_at);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                proofs.remove(&oldest);
            }
        }
        let proof_id = hex::encode(random);
        let proof = Proof { id_digest: id_digest.to_owned(), application, given_at };
        proofs.insert(proof_id.clone(), proof);
        proof_id
    }

    fn proven(&self, proof_id: &str, application: ApplicationId) -> Option<String> {
        let now = self.clock.monotonic();
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        let proof = proofs.get(proof_id)?;
        let good =
            proof.application == application && now.saturating_sub(proof.given_at) <= PROOF_LIFE;
        good.then(|| proof.id_digest.clone())
    }
}

/// Which services an agent may apply for, or that nobody knows the person.
fn relation_of(grant: Option<&AgentGrant>) -> Relation {
    match grant {
        Some(grant) => Relation::Agent {
            services: grant.services.clone(),
            from: grant.from,
            until: grant.until,
        },
        None => Relation::None,
    }
}

fn answered(answer: Answer) -> LookUpOutcome {
    LookUpOutcome::Answered { answer: Box::new(answer) }
}

fn register_of(question: &Question) -> Register {
    match question {
        Question::ElectronicId { .. } => Register::ElectronicId,
        Question::ElectronicLicence { .. } => Register::ElectronicLicence,
        Question::Business { .. } => Register::Business,
        Question::FoodAndDrug { .. } => Register::FoodAndDrug,
        Question::MicroService { .. } => Register::MicroService,
    }
}
