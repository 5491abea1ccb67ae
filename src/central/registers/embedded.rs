//! The embedded registers: a district of invented people and businesses from one file, for
//! demonstrations, training and tests. Never to be switched on beside real registers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::outside::{
    self, Agent, AgentGrant, ElectronicId, ElectronicLicence, FoodAndDrug, MicroService, Question,
    Refused,
};
use super::phone::{Codes, Shown};
use super::{Connector, ConnectorError, Reply};
use crate::clock::Clock;
use crate::domain::{BusinessStatus, PersonId, ServiceCode, Sex, Uscc};
use crate::durable;
use crate::wire::v1::{
    Personal, Register,
    api::{Ban, BanKind, Banned, HeldPermit, HeldStatus},
};

/// Bytes of the file at most: ten thousand people and businesses at 400 bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Invented people, businesses and licences, and their phones.
pub struct Embedded {
    district: District,
    codes: Mutex<Codes>,
    conduct: Mutex<BTreeMap<Register, Conduct>>,
    clock: Arc<dyn Clock>,
}

/// How a register behaves: for showing and testing what the kiosk does about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conduct {
    /// It answers.
    #[default]
    Normal,
    /// It takes the question and never answers.
    Slow,
    /// It cannot be reached.
    Down,
    /// It answers, but with something that is no answer.
    Nonsense,
}

impl Conduct {
    /// The word in requests and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Slow => "slow",
            Self::Down => "down",
            Self::Nonsense => "nonsense",
        }
    }

    /// Every conduct.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Slow, Self::Down, Self::Nonsense];
}

/// Why the embedded registers could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading the file.
    #[error("cannot read the embedded registers")]
    Read {
        /// What the system said.
        source: durable::Error,
    },
    /// Its form.
    #[error("{} is not a file of embedded registers", path.display())]
    NotOfTheForm {
        /// Which file.
        path: PathBuf,
        /// What was wrong, with line and column.
        source: serde_json::Error,
    },
    /// Its contents.
    #[error("{}: {problem}", path.display())]
    Contradiction {
        /// Which file.
        path: PathBuf,
        /// What does not fit, by the keys in the file.
        problem: String,
    },
}

/// Why a phone shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// No such person.
    #[error("there is no person `{0}` in the embedded registers")]
    NoPerson(String),
    /// No such business.
    #[error("there is no business `{0}` in the embedded registers")]
    NoBusiness(String),
    /// A person can only show licences of their own businesses.
    #[error("`{person}` is neither legal representative nor agent of `{business}`")]
    NotTheirs {
        /// Whose phone.
        person: String,
        /// Which licence.
        business: String,
    },
}

impl Embedded {
    /// Reads the file and checks that it fits together.
    pub fn load(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let bytes =
            durable::read_limited(path, FILE_BYTES_MAX).map_err(|source| Error::Read { source })?;
        let district: District = serde_json::from_slice(&bytes)
            .map_err(|source| Error::NotOfTheForm { path: path.to_owned(), source })?;
        district
            .check()
            .map_err(|problem| Error::Contradiction { path: path.to_owned(), problem })?;
        Ok(Self { district, codes: Mutex::default(), conduct: Mutex::default(), clock })
    }

    /// Shows the e-ID of a person: the code for the scanner.
    pub fn show_e_id(&self, person: &str, random: [u8; 16]) -> Result<String, PhoneError> {
        self.district.person(person).ok_or_else(|| PhoneError::NoPerson(person.to_owned()))?;
        Ok(self.draw(Shown::ElectronicId { person: person.to_owned() }, random))
    }

    /// Shows the e-licence of a business on a person's phone: the code for the scanner.
    pub fn show_e_licence(
        &self,
        person: &str,
        business: &str,
        random: [u8; 16],
    ) -> Result<String, PhoneError> {
        self.district.person(person).ok_or_else(|| PhoneError::NoPerson(person.to_owned()))?;
        let found = self.district.business(business);
        let found = found.ok_or_else(|| PhoneError::NoBusiness(business.to_owned()))?;
        let agent = || self.district.grant(business, person).is_some();
        if found.legal_rep != person && !agent() {
            let (person, business) = (person.to_owned(), business.to_owned());
            return Err(PhoneError::NotTheirs { person, business });
        }
        let (person, business) = (person.to_owned(), business.to_owned());
        Ok(self.draw(Shown::ElectronicLicence { person, business }, random))
    }

    /// People with the businesses whose licences they can show: keys and names.
    pub fn phones(&self) -> Vec<Phone<'_>> {
        let district = &self.district;
        let shows = |person: &str, business: &BusinessRow| {
            business.legal_rep == person || district.grant(&business.key, person).is_some()
        };
        district
            .persons
            .iter()
            .map(|person| Phone {
                key: &person.key,
                name: &person.name,
                note: &person.note,
                licences: district
                    .businesses
                    .iter()
                    .filter(|business| shows(&person.key, business))
                    .map(|business| (business.key.as_str(), business.name.as_str()))
                    .collect(),
            })
            .collect()
    }

    /// Tells a register how to behave from now on.
    pub fn set_conduct(&self, register: Register, conduct: Conduct) {
        let mut conducts = self.conduct.lock().unwrap_or_else(PoisonError::into_inner);
        conducts.insert(register, conduct);
    }

    /// How a register behaves now.
    pub fn conduct(&self, register: Register) -> Conduct {
        let conducts = self.conduct.lock().unwrap_or_else(PoisonError::into_inner);
        conducts.get(&register).copied().unwrap_or_default()
    }

    fn draw(&self, shown: Shown, random: [u8; 16]) -> String {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.draw(shown, random, self.clock.monotonic())
    }

    fn answer(&self, question: &Question) -> Vec<u8> {
        match question {
            Question::ElectronicId { code } => to_bytes(&self.electronic_id(code.reveal())),
            Question::ElectronicLicence { code } => {
                to_bytes(&self.electronic_licence(code.reveal()))
            }
            Question::Business { uscc } => to_bytes(&self.district.registered(uscc)),
            Question::FoodAndDrug { uscc, premises } => {
                let today = self.clock.today();
                to_bytes(&self.district.supervision(uscc, premises.as_deref(), today))
            }
            Question::MicroService { uscc } => to_bytes(&self.district.record(uscc)),
        }
    }

    fn electronic_id(&self, code: &str) -> ElectronicId {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let person = codes.redeem(code, self.clock.monotonic(), |shown| match shown {
            Shown::ElectronicId { person } => self.district.person(person),
            Shown::ElectronicLicence { .. } => None,
        });
        match person {
            Ok(person) => ElectronicId::Person(person.in_plain()),
            Err(refused) => ElectronicId::Refused(Refused { refused }),
        }
    }

    fn electronic_licence(&self, code: &str) -> ElectronicLicence {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = codes.redeem(code, self.clock.monotonic(), |shown| match shown {
            Shown::ElectronicId { .. } => None,
            Shown::ElectronicLicence { person, business } => {
                Some((self.district.person(person)?, self.district.business(business)?))
            }
        });
        match shown {
            Ok((person, business)) => ElectronicLicence::Licence(outside::Licence {
                uscc: business.uscc.clone(),
                name: business.name.clone(),
                holder: Personal::new(person.id.reveal()),
                legal_representative: business.legal_rep == person.key,
                grant: self.district.grant(&business.key, &person.key).map(GrantRow::in_plain),
            }),
            Err(refused) => ElectronicLicence::Refused(Refused { refused }),
        }
    }
}

/// One phone of the embedded district.
#[derive(Debug)]
pub struct Phone<'a> {
    /// The person's key.
    pub key: &'a str,
    /// The invented name.
    pub name: &'a str,
    /// What the person is good for in a demonstration.
    pub note: &'a str,
    /// Key and name of the businesses whose licences the phone can show.
    pub licences: Vec<(&'a str, &'a str)>,
}

impl Connector for Embedded {
    fn ask<'a>(&'a self, register: Register, question: &'a Question) -> Reply<'a> {
        Box::pin(async move {
            match self.conduct(register) {
                Conduct::Normal => Ok(self.answer(question)),
                Conduct::Slow => std::future::pending().await,
                Conduct::Down => Err(ConnectorError::Unreachable),
                Conduct::Nonsense => Ok(b"<html>Bad Gateway</html>".to_vec()),
            }
        })
    }

    fn businesses(&self) -> Vec<String> {
        self.district.businesses.iter().map(|business| business.uscc.clone()).collect()
    }

    fn embedded(&self) -> Option<&Embedded> {
        Some(self)
    }
}

fn to_bytes<T: Serialize>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).expect("answers have only string keys")
}

/// The file.
#[derive(Debug, Deserialize)]
struct District {
    persons: Vec<PersonRow>,
    #[serde(default)]
    hmt: Vec<PersonRow>,
    businesses: Vec<BusinessRow>,
    licences: Vec<LicenceRow>,
    #[serde(default)]
    bans: Vec<BanRow>,
    #[serde(default)]
    grants: Vec<GrantRow>,
    #[serde(default)]
    managers: Vec<ManagerRow>,
    #[serde(default)]
    cases: Vec<CaseRow>,
    #[serde(default)]
    places: Vec<PlaceRow>,
}

#[derive(Debug, Deserialize)]
struct PersonRow {
    key: String,
    name: String,
    id: Personal,
    #[serde(default)]
    valid_to: Option<String>,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
struct BusinessRow {
    key: String,
    name: String,
    uscc: String,
    legal_rep: String,
    #[serde(rename = "type")]
    kind: String,
    division: String,
    address: String,
    scope: String,
    #[serde(default = "live")]
    status: BusinessStatus,
}

fn live() -> BusinessStatus {
    BusinessStatus::Live
}

#[derive(Debug, Deserialize)]
struct LicenceRow {
    holder: String,
    kind: String,
    no: String,
    subject: String,
    items: String,
    issued: Option<Date>,
    valid_to: Option<Date>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
struct BanRow {
    kind: BanKind,
    #[serde(default)]
    business: Option<String>,
    #[serde(default)]
    person: Option<String>,
    on: Date,
}

#[derive(Debug, Deserialize)]
struct GrantRow {
    business: String,
    agent: String,
    services: Vec<ServiceCode>,
    from: Date,
    until: Date,
}

#[derive(Debug, Deserialize)]
struct ManagerRow {
    business: String,
    person: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CaseKind {
    Penalty,
    Application,
}

#[derive(Debug, Deserialize)]
struct CaseRow {
    business: String,
    kind: CaseKind,
    #[serde(default)]
    service: Option<ServiceCode>,
}

#[derive(Debug, Deserialize)]
struct PlaceRow {
    business: String,
    hotel_rooms: u32,
}

impl PersonRow {
    fn in_plain(&self) -> outside::Person {
        let id = PersonId::parse(self.id.reveal()).expect("checked when the file was read");
        let (sex, birth) = match &id {
            PersonId::Resident(id) => (id.sex(), id.birth().to_string()),
            PersonId::Foreign2023(_) | PersonId::Foreign2017(_) => (Sex::NotStated, String::new()),
        };
        outside::Person {
            name: Personal::new(self.name.as_str()),
            number: self.id.clone(),
            sex,
            birth: Personal::new(birth),
            valid_to: self.valid_to.as_deref().and_then(compact_date),
        }
    }
}

impl GrantRow {
    fn in_plain(&self) -> AgentGrant {
        AgentGrant { services: self.services.clone(), from: self.from, until: self.until }
    }
}

/// `20370801`; 长期 and anything else is no last day.
fn compact_date(text: &str) -> Option<Date> {
    Date::strptime("%Y%m%d", text).ok()
}

impl District {
    fn check(&self) -> Result<(), String> {
        for person in self.persons.iter().chain(&self.hmt) {
            PersonId::parse(person.id.reveal())
                .map_err(|error| format!("person {}: {error}", person.key))?;
            let long_term = person.valid_to.as_deref().is_none_or(|text| text == "长期");
            if !long_term && person.valid_to.as_deref().and_then(compact_date).is_none() {
                return Err(format!("person {}: valid_to is neither a date nor 长期", person.key));
            }
        }
        for business in &self.businesses {
            let key = &business.key;
            Uscc::parse(&business.uscc).map_err(|error| format!("business {key}: {error}"))?;
            let known = |person: &str| self.person(person).is_some();
            if !known(&business.legal_rep) {
                return Err(format!("business {key}: there is no person {}", business.legal_rep));
            }
        }
        let holders = self.licences.iter().map(|row| &row.holder);
        let granters = self.grants.iter().map(|row| &row.business);
        let managed = self.managers.iter().map(|row| &row.business);
        let cases = self.cases.iter().map(|row| &row.business);
        let places = self.places.iter().map(|row| &row.business);
        let banned = self.bans.iter().filter_map(|row| row.business.as_ref());
        for key in holders.chain(granters).chain(managed).chain(cases).chain(places).chain(banned) {
            self.business(key).ok_or_else(|| format!("there is no business {key}"))?;
        }
        let agents = self.grants.iter().map(|row| &row.agent);
        let managers = self.managers.iter().map(|row| &row.person);
        let banned = self.bans.iter().filter_map(|row| row.person.as_ref());
        for key in agents.chain(managers).chain(banned) {
            self.person(key).ok_or_else(|| format!("there is no person {key}"))?;
        }
        Ok(())
    }

    fn person(&self, key: &str) -> Option<&PersonRow> {
        self.persons.iter().chain(&self.hmt).find(|person| person.key == key)
    }

    fn business(&self, key: &str) -> Option<&BusinessRow> {
        self.businesses.iter().find(|business| business.key == key)
    }

    fn by_uscc(&self, uscc: &str) -> Option<&BusinessRow> {
        self.businesses.iter().find(|business| business.uscc == uscc)
    }

    fn grant(&self, business: &str, agent: &str) -> Option<&GrantRow> {
        self.grants.iter().find(|grant| grant.business == business && grant.agent == agent)
    }

    fn registered(&self, uscc: &str) -> Option<outside::Business> {
        let row = self.by_uscc(uscc)?;
        let legal_representative = self.person(&row.legal_rep)?;
        let agents = self.grants.iter().filter(|grant| grant.business == row.key);
        let agents = agents.filter_map(|grant| {
            let number = self.person(&grant.agent)?.id.clone();
            Some(Agent { number, grant: grant.in_plain() })
        });
        Some(outside::Business {
            name: row.name.clone(),
            uscc: row.uscc.clone(),
            kind: row.kind.clone(),
            legal_representative: Personal::new(legal_representative.name.as_str()),
            legal_representative_number: legal_representative.id.clone(),
            division: row.division.clone(),
            address: row.address.clone(),
            scope: row.scope.split('；').map(|entry| entry.trim().to_owned()).collect(),
            status: row.status,
            agents: agents.collect(),
        })
    }

    fn supervision(&self, uscc: &str, premises: Option<&str>, today: Date) -> FoodAndDrug {
        let Some(row) = self.by_uscc(uscc) else {
            return FoodAndDrug { bans: vec![], permits: vec![], address_occupied: false };
        };
        let managers: Vec<&str> = self
            .managers
            .iter()
            .filter(|manager| manager.business == row.key)
            .map(|manager| manager.person.as_str())
            .collect();
        let mut bans = Vec::new();
        for ban in &self.bans {
            let mut hit = |who| bans.push(Ban { kind: ban.kind, who, on: ban.on });
            if ban.business.as_ref() == Some(&row.key) {
                hit(Banned::Operator);
            }
            if ban.person.as_ref() == Some(&row.legal_rep) {
                hit(Banned::LegalRepresentative);
            }
            if ban.person.as_ref().is_some_and(|person| managers.contains(&person.as_str())) {
                hit(Banned::Manager);
            }
        }
        let premises = premises.unwrap_or(&row.address);
        let address_occupied = self.licences.iter().any(|licence| {
            let elsewhere = self
                .business(&licence.holder)
                .is_none_or(|holder| holder.key == row.key || holder.address != premises);
            let lives = licence.held_status() == HeldStatus::Valid
                && licence.valid_to.is_none_or(|last| last >= today);
            !elsewhere && licence.kind == "food" && lives
        });
        let permits = self.licences.iter().filter(|licence| licence.holder == row.key);
        let permits = permits.map(|licence| licence.held(&row.address)).collect();
        FoodAndDrug { bans, permits, address_occupied }
    }

    fn record(&self, uscc: &str) -> MicroService {
        let key = self.by_uscc(uscc).map(|row| row.key.as_str());
        let cases: Vec<&CaseRow> =
            self.cases.iter().filter(|case| Some(case.business.as_str()) == key).collect();
        let place = self.places.iter().find(|place| Some(place.business.as_str()) == key);
        MicroService {
            open_penalty_case: cases.iter().any(|case| matches!(case.kind, CaseKind::Penalty)),
            open_applications: cases
                .iter()
                .filter(|case| matches!(case.kind, CaseKind::Application))
                .filter_map(|case| case.service)
                .collect(),
            hotel_rooms: place.map(|place| place.hotel_rooms),
        }
    }
}

impl LicenceRow {
    fn held_status(&self) -> HeldStatus {
        match self.status.as_deref() {
            Some(text) if text.starts_with("吊销") => HeldStatus::Revoked,
            Some(text) if text.starts_with("注销") => HeldStatus::Cancelled,
            Some(_) | None => HeldStatus::Valid,
        }
    }

    fn held(&self, premises: &str) -> HeldPermit {
        HeldPermit {
            kind: self.kind.clone(),
            number: self.no.clone(),
            subject: self.subject.clone(),
            items: self.items.split(',').map(str::to_owned).collect(),
            premises: premises.to_owned(),
            issued: self.issued,
            valid_to: self.valid_to,
            status: self.held_status(),
        }
    }
}
