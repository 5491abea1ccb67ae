//! The nouns of the product: checked identifiers, the application and its decision, the permit.

mod applicant;
mod application;
mod bilingual;
mod business;
pub mod calendar;
mod decision;
pub mod identifier;
mod masked;
mod permit;
mod private;
mod service;
mod verdict;

pub use applicant::{Applicant, IdentitySource, Sex};
pub use application::{ApplicationId, Promise, Signature, Stroke};
pub use bilingual::{Bilingual, Language};
pub use business::{Business, BusinessStatus};
pub use decision::{Decision, Due, Finding, Reading, Shown};
pub use identifier::{
    CombinedNumber, DivisionCode, ElicenceId, FilingNumber, FoodLicenceNumber, ForeignId2017,
    ForeignId2023, HygieneFilingNumber, HygieneNumber, IdentifierError, PersonId, ResidentId, Uscc,
};
pub use masked::{MaskedId, MaskedName, MaskedPhone, PrintedSoleTraderId};
pub use permit::{
    Grant, Holder, Issuer, Kept, LastDay, Part, Permit, PermitDraft, PermitKind, PermitNumber,
    Series,
};
pub use private::{Private, Wipe};
pub use service::{Action, ServiceCode};
pub use verdict::{Bearing, Verdict};
