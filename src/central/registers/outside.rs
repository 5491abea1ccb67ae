//! What the registers outside say, in the shape central's connectors bring it.
//!
//! These answers name people in plain and never leave central: `Registers` turns them into the
//! answers of `wire`, in which a person is a masked number and a keyed digest.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::{BusinessStatus, ServiceCode, Sex};
use crate::wire::v1::{
    Personal,
    api::{Ban, DistrictRecord, HeldPermit, Refusal, Supervision},
};

/// A question as a connector gets it.
#[derive(Debug, Clone)]
pub enum Question {
    /// Who showed this code?
    ElectronicId { code: Personal },
    /// Which business is this code, and who showed it?
    ElectronicLicence { code: Personal },
    /// What is registered under this code?
    Business { uscc: String },
    /// What is on record about the business and its people?
    FoodAndDrug { uscc: String, premises: Option<String> },
    /// What is under way in the district?
    MicroService { uscc: String },
}

/// What the e-ID service says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ElectronicId {
    /// The code was good, and is used up now.
    Person(Person),
    /// It was not.
    Refused(Refused),
}

/// What the e-licence service says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ElectronicLicence {
    /// The code was good, and is used up now.
    Licence(Licence),
    /// It was not.
    Refused(Refused),
}

/// A code that was not accepted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// Why.
    pub refused: Refusal,
}

/// A person, in plain.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name as on the document.
    pub name: Personal,
    /// Identity number.
    pub number: Personal,
    /// Sex, as the document says.
    pub sex: Sex,
    /// Date of birth.
    pub birth: Personal,
    /// Last day of the document, `null` for 长期.
    pub valid_to: Option<Date>,
}

/// A business licence and who showed it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Unified social credit code.
    pub uscc: String,
    /// Name as registered.
    pub name: String,
    /// Identity number of the person whose phone showed it.
    pub holder: Personal,
    /// Whether that person is the legal representative.
    pub legal_representative: bool,
    /// That person's grant otherwise.
    pub grant: Option<AgentGrant>,
}

/// A business as its register keeps it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// Name as registered.
    pub name: String,
    /// Unified social credit code.
    pub uscc: String,
    /// Kind as registered.
    pub kind: String,
    /// Name of the legal representative or person in charge.
    pub legal_representative: Personal,
    /// That person's identity number.
    pub legal_representative_number: Personal,
    /// Division of the registered address.
    pub division: String,
    /// Registered address.
    pub address: String,
    /// Business scope.
    pub scope: Vec<String>,
    /// Whether the licence lives.
    pub status: BusinessStatus,
    /// Agents with a grant.
    pub agents: Vec<Agent>,
}

/// An agent of a business.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Identity number.
    pub number: Personal,
    /// What the agent may do.
    pub grant: AgentGrant,
}

/// What an agent may do, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentGrant {
    /// Services the grant covers; empty covers all.
    pub services: Vec<ServiceCode>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// What the food-and-drug system says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoodAndDrug {
    /// Bans on record.
    pub bans: Vec<Ban>,
    /// Permits the business holds or held.
    pub permits: Vec<HeldPermit>,
    /// Another holder's live licence stands on the premises.
    pub address_occupied: bool,
}

impl From<FoodAndDrug> for Supervision {
    fn from(said: FoodAndDrug) -> Self {
        let FoodAndDrug { bans, permits, address_occupied } = said;
        Self { bans, permits, address_occupied }
    }
}

/// What the district's own system says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MicroService {
    /// A penalty case on the premises is open.
    pub open_penalty_case: bool,
    /// Services with an application under way at a window.
    pub open_applications: Vec<ServiceCode>,
    /// Rooms of a hotel as counted at the last visit.
    pub hotel_rooms: Option<u32>,
}

impl From<MicroService> for DistrictRecord {
    fn from(said: MicroService) -> Self {
        let MicroService { open_penalty_case, open_applications, hotel_rooms } = said;
        Self { open_penalty_case, open_applications, hotel_rooms }
    }
}
