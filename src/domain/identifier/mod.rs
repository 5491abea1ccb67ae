//! The identifiers of people, businesses, licences and places as checked types: what has the type has
//! passed its check digit and its layout.
//!
//! `parse` accepts the canonical form, and lower case where the alphabet has only capitals. Never
//! guess from its shape which identifier a text is: the field it was typed into knows. (A code that
//! begins with 9 may be a company, and in an identity field a foreigner.)

mod check;
mod code_table;
mod division;
mod elicence;
mod error;
mod food_licence;
mod foreign;
mod person;
mod resident;
mod travel_permit;
mod uscc;
mod yearly;

pub use code_table::{NATIONS, nation, nation_code};
pub use division::{
    Division, DivisionCode, NEIGHBOURS, Neighbour, RunBy, ZHANGDIAN, ZHANGDIAN_CODE,
};
pub use elicence::ElicenceId;
pub use error::{Identifier, IdentifierError, IdentifierErrorKind};
pub use food_licence::{FilingNumber, FoodLicenceNumber};
pub use foreign::{ForeignId2017, ForeignId2023};
pub use person::PersonId;
pub(super) use person::{keep_ends, masked};
pub use resident::ResidentId;
pub use travel_permit::TravelPermitNumber;
pub use uscc::Uscc;
pub use yearly::{
    Combined, CombinedNumber, HygieneFiling, HygieneFilingNumber, HygieneLicence, HygieneNumber,
    Numbered, YearlyNumber,
};
