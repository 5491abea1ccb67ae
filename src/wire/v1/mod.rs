//! Version 1: the journal record, the number block, the published edition, and the messages between
//! kiosk and central.

pub mod api;
mod block;
mod edition;
mod envelope;
mod maintenance;
mod record;
mod revocation;

pub use block::{BlockError, BlockGrant, SignedBlock};
pub use edition::{
    Edition, EditionError, EditionManifest, EditionSignature, FileDigest, Publishers,
    PublishersError, SignedEdition,
};
pub use envelope::{Closing, DecidedPersonal, Envelope, EnvelopeError, LookUp, LookedUpPersonal};
pub use maintenance::{
    BlankUse, BlanksCounted, BlanksSpent, ConfigurationOutcome, MaintenanceConfigured,
    MaintenanceEmptied, MaintenanceExported, MaintenanceRefused, MaintenanceSettled,
    MaintenanceSignedIn, MaintenanceSignedOut, MaintenanceTested, Role, SheetAnswer, SignOut,
};
pub use record::{
    Applicant, BlockInstalled, Body, BusinessName, DataReceipt, Decided, Decision, DecisionOutline,
    Document, Due, EditionActivated, EditionRefused, Faulted, Finding, FormatError, Grant, Hash,
    Header, Holder, Issued, Issuer, KioskId, LookUpOutcome, LookedUp, NumberVoided,
    NumbersReturned, Part, Permit, Personal, PrintStep, Printed, PrinterCounts, Promise, Rated,
    Reading, Record, Register, SessionEnded, Sheet, SignedRecord, Started, Strokes, is_signed,
};
pub use revocation::{Revocation, RevocationError};
