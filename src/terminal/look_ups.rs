//! Asks the registers for the visit, and says their answers in the visit's words.

use jiff::Timestamp;

use crate::domain::{Private, ServiceCode};
use crate::registers::{
    DistrictRecord, HeldStatus, LookUp, Outcome, PersonRef, ProvenPerson, Purpose, Refusal,
    Registered, Registers, Relation, ShownLicence, Supervision,
};
use crate::session::effect::{self, Query};
use crate::session::event::{
    self, Ban, HeldPermit, IdentityProblem, LicenceProblem, LookUpAnswer, Register, Unanswered,
};
use crate::wire::v1;

/// The applicant as the registers must know them: kept by the terminal, never by the screen.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) person: PersonRef,
    pub(super) id_digest: String,
}

impl Who {
    /// Somebody whose card was read.
    pub(super) fn of_card(id_digest: String) -> Self {
        Self { person: PersonRef::Card { id_digest: id_digest.clone() }, id_digest }
    }
}

/// What came of a question.
pub(super) struct Answer {
    /// For the visit.
    pub(super) told: LookUpAnswer,
    /// The register a signed snapshot stood in for, and when it was taken.
    pub(super) stood_in: Option<(Register, Timestamp)>,
    /// For the journal: that it was asked, why, and what kind of answer came.
    pub(super) record: v1::LookUp,
    /// Who the applicant is, where that was the question.
    pub(super) who: Option<Who>,
}

/// Asks one question; takes as long as the registers' time-out at most.
pub(super) async fn ask(
    registers: Registers,
    query: Query,
    purpose: effect::Purpose,
    who: Option<Who>,
) -> Option<Answer> {
    let wire = Purpose { service: purpose.service, application: purpose.application };
    Some(match query {
        Query::ElectronicId { code } => {
            let look_up = registers.e_id(&Private::new(code), wire).await;
            let record = look_up.record();
            let (told, who) = person(look_up);
            Answer { told, stood_in: None, record, who }
        }
        Query::ElectronicLicence { code } => {
            let look_up = registers.e_licence(&Private::new(code), wire).await;
            let record = look_up.record();
            Answer { told: licence(look_up, who.as_ref()), stood_in: None, record, who: None }
        }
        Query::Business { register: Register::Business, uscc } => {
            // Nobody is looked up for a visit without an applicant.
            let look_up = registers.business(&uscc, &who?.person, wire).await;
            let record = look_up.record();
            let stood_in = look_up.snapshot_taken_at.map(|at| (Register::Business, at));
            Answer { told: business(look_up), stood_in, record, who: None }
        }
        Query::Business { register: Register::FoodAndDrug, uscc } => {
            let look_up = registers.food_and_drug(&uscc, None, wire).await;
            let record = look_up.record();
            let stood_in = look_up.snapshot_taken_at.map(|at| (Register::FoodAndDrug, at));
            Answer { told: food_and_drug(look_up), stood_in, record, who: None }
        }
        Query::Business { register: Register::MicroService, uscc } => {
            let look_up = registers.micro_service(&uscc, wire).await;
            let record = look_up.record();
            let stood_in = look_up.snapshot_taken_at.map(|at| (Register::MicroService, at));
            Answer { told: micro_service(look_up, purpose.service), stood_in, record, who: None }
        }
    })
}

/// The answer to a question that could not be asked.
pub(super) fn not_asked(query: &Query) -> LookUpAnswer {
    match query {
        Query::ElectronicId { .. } => LookUpAnswer::NoPerson(IdentityProblem::ServiceDown),
        Query::ElectronicLicence { .. } => LookUpAnswer::NoLicence(LicenceProblem::ServiceDown),
        Query::Business { register, .. } => LookUpAnswer::Unanswered(*register, Unanswered::Down),
    }
}

fn person(look_up: LookUp<ProvenPerson>) -> (LookUpAnswer, Option<Who>) {
    let problem = match look_up.outcome {
        Outcome::Answered(ProvenPerson { applicant, proof_id }) => {
            let id_digest = applicant.id_digest.clone();
            let person = PersonRef::Proof { proof_id, id_digest: id_digest.clone() };
            let who = Who { person, id_digest };
            return (LookUpAnswer::Person(Box::new(applicant)), Some(who));
        }
        Outcome::Refused(Refusal::CodeExpired) => IdentityProblem::CodeExpired,
        Outcome::Refused(Refusal::CodeUnknown | Refusal::CodeUsed | Refusal::ProofUnknown) => {
            IdentityProblem::CodeRefused
        }
        Outcome::Down { .. } | Outcome::Stale => IdentityProblem::ServiceDown,
    };
    (LookUpAnswer::NoPerson(problem), None)
}

fn licence(look_up: LookUp<ShownLicence>, who: Option<&Who>) -> LookUpAnswer {
    let problem = match look_up.outcome {
        Outcome::Answered(licence) => {
            // The e-licence proves no identity: what it says of its holder counts only where the
            // holder is the applicant.
            let is_holder = who.is_some_and(|who| who.id_digest == licence.holder_digest);
            let holder = if is_holder { relation(licence.role) } else { event::Relation::None };
            return LookUpAnswer::Licence { uscc: licence.uscc, holder: Box::new(holder) };
        }
        Outcome::Refused(Refusal::CodeExpired) => LicenceProblem::Expired,
        Outcome::Refused(Refusal::CodeUsed) => LicenceProblem::Used,
        Outcome::Refused(Refusal::CodeUnknown | Refusal::ProofUnknown) => {
            LicenceProblem::NotALicence
        }
        Outcome::Down { .. } | Outcome::Stale => LicenceProblem::ServiceDown,
    };
    LookUpAnswer::NoLicence(problem)
}

fn business(look_up: LookUp<Registered>) -> LookUpAnswer {
    answered(Register::Business, look_up.outcome, |registered| {
        LookUpAnswer::Business(registered.business.map(Box::new), relation(registered.relation))
    })
}

fn food_and_drug(look_up: LookUp<Supervision>) -> LookUpAnswer {
    answered(Register::FoodAndDrug, look_up.outcome, |supervision| {
        let bans = supervision.bans.into_iter().map(|ban| Ban {
            kind: ban.kind.as_str().to_owned(),
            who: ban.who.as_str().to_owned(),
            on: ban.on,
        });
        // What a newer permit has taken the place of is no permit any more.
        let permits = supervision
            .permits
            .into_iter()
            .filter(|permit| permit.status != HeldStatus::Superseded)
            .map(|permit| HeldPermit {
                kind: permit.kind,
                number: permit.number,
                subject: permit.subject,
                items: permit.items,
                premises: permit.premises,
                issued: permit.issued,
                valid_to: permit.valid_to,
                status: permit.status.as_str().to_owned(),
            });
        LookUpAnswer::FoodAndDrug(Box::new(event::Supervision {
            bans: bans.collect(),
            permits: permits.collect(),
            address_occupied: supervision.address_occupied,
        }))
    })
}

fn micro_service(look_up: LookUp<DistrictRecord>, service: ServiceCode) -> LookUpAnswer {
    answered(Register::MicroService, look_up.outcome, |district| {
        LookUpAnswer::MicroService(event::DistrictRecord {
            open_penalty_case: district.open_penalty_case,
            open_application: district.open_applications.contains(&service),
            open_applications: district.open_applications,
        })
    })
}

/// An answer in the visit's words; whatever is not an answer is none.
fn answered<T>(
    register: Register,
    outcome: Outcome<T>,
    tell: impl FnOnce(T) -> LookUpAnswer,
) -> LookUpAnswer {
    match outcome {
        Outcome::Answered(answer) => tell(answer),
        Outcome::Refused(_) | Outcome::Down { .. } => {
            LookUpAnswer::Unanswered(register, Unanswered::Down)
        }
        Outcome::Stale => LookUpAnswer::Unanswered(register, Unanswered::Stale),
    }
}

fn relation(relation: Relation) -> event::Relation {
    match relation {
        Relation::LegalRepresentative => event::Relation::LegalRepresentative,
        Relation::Agent { services, from, until } => event::Relation::Agent {
            services: services.iter().map(|service| service.as_str().to_owned()).collect(),
            from,
            until,
        },
        Relation::None => event::Relation::None,
    }
}
