//! What a visit wants done, in the imperative; `terminal` does it and answers with an event.

use crate::domain::{
    Applicant, ApplicationId, Bilingual, Business, Decision, Language, PermitDraft, Promise,
    ServiceCode, Uscc,
};
use crate::session::course::Ended;
use crate::session::data::DataUse;
use crate::session::event::{HeldPermit, Paper, Register};

/// Everything a visit can want done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Read the next ID card laid on the reader.
    ReadId,
    /// Stop reading cards and forget what was read.
    ReleaseReader,
    /// Accept the next code held before the scanner.
    ArmScanner,
    /// Accept no codes.
    DisarmScanner,
    /// Ask a register, with the purpose.
    LookUp { query: Query, purpose: Purpose },
    /// Verify a paper held before the scanner, here and at central.
    Verify { scan: u32, code: String },
    /// Record a decision that grants nothing, and queue it for central.
    Record(Box<Case>),
    /// Issue or file: number, seal, record, print jobs, outbox in one transaction.
    Issue(Box<Case>),
    /// Print a paper of the recorded or issued case.
    Print(Paper),
    /// Queue another copy of this permit, if this kiosk issued it and it still reads so.
    Reprint(Box<HeldPermit>),
    /// Record that the applicant can see which registers were asked, or sees it.
    RecordDataReceipt { application: ApplicationId, shown: bool },
    /// Print which registers were asked.
    PrintData(Vec<DataUse>),
    /// Record the rating.
    RecordRating { application: ApplicationId, grade: u8 },
    /// Record how the visit went.
    RecordVisit(Ended),
    /// Call the staff to this kiosk, or tell them that they need not come any more.
    CallHelp(bool),
    /// The visit is over: forget everything of it.
    Wipe,
}

/// A question to a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Who showed this code?
    ElectronicId { code: String },
    /// Which business is this code?
    ElectronicLicence { code: String },
    /// One of the business's registers.
    Business { register: Register, uscc: Uscc },
}

/// Why a register is asked; recorded with the look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// What is applied for.
    pub service: ServiceCode,
    /// For which application.
    pub application: ApplicationId,
}

/// A decided application with everything that stands behind it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Which application.
    pub application: ApplicationId,
    /// What was applied for.
    pub service: ServiceCode,
    /// The same in plain words, as it was chosen.
    pub title: Bilingual,
    /// The language of the screen, and so of the papers beside Chinese.
    pub language: Language,
    /// Who applied.
    pub applicant: Applicant,
    /// For which business.
    pub business: Option<Business>,
    /// The facts document exactly as decided upon.
    pub facts: String,
    /// The decision.
    pub decision: Decision,
    /// The promise, if the service asks for one.
    pub promise: Option<Promise>,
    /// The promise's text as it was shown, for the copy its signer takes along.
    pub promise_text: Option<Bilingual>,
    /// What would be permitted; present where the verdict grants a number.
    pub draft: Option<PermitDraft>,
}
