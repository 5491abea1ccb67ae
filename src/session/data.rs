//! Which registers were asked about somebody in this visit, and what they answered, masked: theirs to see
//! (个人信息保护法 44, 45).

use jiff::Timestamp;

use super::event::{Event, LookUpAnswer, Register};
use crate::domain::{Applicant, MaskedName};

/// Lines kept at most: three registers for each of fifty businesses typed wrong.
const LINES_MAX: usize = 200;

/// One source that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataUse {
    /// Which.
    pub source: Source,
    /// When.
    pub asked_at: Timestamp,
    /// When the snapshot was taken that stood in for it, if one did.
    pub stood_in: Option<Timestamp>,
    /// What it said.
    pub said: Said,
}

/// Where data about an applicant come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The card on the reader.
    Card,
    /// 电子身份.
    ElectronicId,
    /// 电子营业执照.
    ElectronicLicence,
    /// A register of the business.
    Register(Register),
}

/// What a source said; names and numbers masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// Who somebody is.
    Person { name: String, id: String },
    /// Which business.
    Licence { uscc: String },
    /// The business as registered, or that there is none.
    Business { name: Option<String> },
    /// What stands against the business, and what it holds.
    Supervision { bans: usize, permits: usize },
    /// What is under way in the district.
    District { open_penalty_case: bool, open_applications: usize },
    /// The code or proof was not accepted.
    Refused,
    /// No usable answer in time.
    Unanswered,
}

impl Said {
    fn of_person(applicant: &Applicant) -> Self {
        Self::Person {
            name: MaskedName::of(applicant.name.reveal()).to_string(),
            id: applicant.id_masked.clone(),
        }
    }

    /// What a look-up's answer says, and of which source.
    fn of(answer: &LookUpAnswer) -> (Source, Self) {
        match answer {
            LookUpAnswer::Person(person) => (Source::ElectronicId, Self::of_person(person)),
            LookUpAnswer::NoPerson(_) => (Source::ElectronicId, Self::Refused),
            LookUpAnswer::Licence { uscc, .. } => {
                (Source::ElectronicLicence, Self::Licence { uscc: uscc.to_string() })
            }
            LookUpAnswer::NoLicence(_) => (Source::ElectronicLicence, Self::Refused),
            LookUpAnswer::Business(business, _) => {
                let name = business.as_ref().map(|business| business.name.clone());
                (Source::Register(Register::Business), Self::Business { name })
            }
            LookUpAnswer::FoodAndDrug(known) => {
                let (bans, permits) = (known.bans.len(), known.permits.len());
                (Source::Register(Register::FoodAndDrug), Self::Supervision { bans, permits })
            }
            LookUpAnswer::MicroService(district) => {
                let said = Self::District {
                    open_penalty_case: district.open_penalty_case,
                    open_applications: district.open_applications.len(),
                };
                (Source::Register(Register::MicroService), said)
            }
            LookUpAnswer::Unanswered(register, _) => {
                (Source::Register(*register), Self::Unanswered)
            }
        }
    }
}

/// Notes that a source is asked.
pub(super) fn ask(data: &mut Vec<DataUse>, source: Source, asked_at: Timestamp) {
    if data.len() < LINES_MAX {
        data.push(DataUse { source, asked_at, stood_in: None, said: Said::Nothing });
    }
}

/// Notes what an event says of the sources asked. What comes after the visit went on is noted too: it
/// was asked.
pub(super) fn note(data: &mut Vec<DataUse>, event: &Event, at: Timestamp) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events say nothing of a source")]
    match event {
        Event::Identified(applicant) => {
            ask(data, Source::Card, at);
            if let Some(line) = data.last_mut() {
                line.said = Said::of_person(applicant);
            }
        }
        Event::StoodIn { register, taken_at } => {
            let source = Source::Register(*register);
            if let Some(line) = data.iter_mut().rev().find(|line| line.source == source) {
                line.stood_in = Some(*taken_at);
            }
        }
        Event::LookedUp(answer) => {
            let (source, said) = Said::of(answer);
            let asked = |line: &&mut DataUse| line.source == source && line.said == Said::Nothing;
            if let Some(line) = data.iter_mut().rev().find(asked) {
                line.said = said;
            }
        }
        _ => {}
    }
}
