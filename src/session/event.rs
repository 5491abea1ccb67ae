//! What happens to a visit: touches on the screen and answers of effects, in the past participle.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    Applicant, ApplicationId, Business, Decision, Language, PermitKind, PermitNumber, ServiceCode,
    Signature, Uscc,
};
use crate::fault::Fault;
use crate::session::{Errand, Terms};

/// When something happened: the wall clock for the law, the monotonic one for time-outs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock.
    pub wall: Timestamp,
    /// Time since some fixed start; never steps.
    pub monotonic: Duration,
}

/// Everything that can happen to a visit.
#[derive(Debug, Clone)]
pub enum Event {
    // From the screen.
    /// The welcome screen was touched; 128 random bits name the application.
    Begun { application: ApplicationId, errand: Errand },
    /// Another paper is to be verified.
    AnotherToVerify,
    /// Another copy of a permit that is there is wanted, by its number.
    CopyWanted(String),
    /// Which registers were asked is looked at.
    DataOpened,
    /// Which registers were asked is wanted on paper.
    DataWanted,
    /// The language was switched.
    LanguageChosen(Language),
    /// Large print was switched on or off.
    LargePrintChosen(bool),
    /// "I want to open this": an undertaking of the guide was chosen, by its id.
    UndertakingChosen(String),
    /// A question about the undertaking was answered.
    GuideAnswered { question: String, value: String },
    /// A catalogue entry was chosen, by its id.
    ServiceChosen(String),
    /// What is needed was read.
    Told,
    /// The applicant has no e-licence and typed the USCC.
    UsccTyped(String),
    /// A field of the form got an answer.
    Answered { field: String, answer: Answer },
    /// The form was confirmed.
    FormConfirmed,
    /// "Let a person decide" was switched on or off (PIPL 24(3)).
    PersonWanted(bool),
    /// The promise was signed.
    PromiseSigned(Signature),
    /// Somebody at the screen wants a person to come, or does not any more.
    HelpCalled(bool),
    /// "Next" after the papers.
    WentOn,
    /// "Correct it" after a decision that can be mended on the spot.
    CorrectionChosen,
    /// Rated, 1 (very dissatisfied) to 5 (very satisfied).
    Rated(u8),
    /// Rating was declined.
    RatingDeclined,
    /// One step back.
    WentBack,
    /// "End" was confirmed.
    Cancelled,
    /// The screen was touched anywhere: the applicant is still there.
    Touched,
    /// Nobody has touched the welcome screen for a while: what was chosen on it goes.
    LeftAlone,
    /// A second has passed.
    Ticked,
    /// Another edition decides from now on: the next visit goes by it.
    TermsChanged(Box<Terms>),
    /// Staff wants the console: the emblem was held, or the maintenance key turned.
    MaintenanceAsked,
    /// Staff has left the console.
    MaintenanceEnded,

    // From devices.
    /// A card lies on the reader; it must stay there.
    CardFound,
    /// The card was read.
    Identified(Box<Applicant>),
    /// Reading failed.
    IdentityFailed(IdentityProblem),
    /// A code was scanned.
    Scanned(String),
    /// A code came before the scanner and was of no use; the scanner still looks.
    ScanFailed(ScanProblem),
    /// A device came or went; what is possible now.
    EquipmentChanged(Equipment),

    // From registers.
    /// A look-up ended.
    LookedUp(LookUpAnswer),
    /// A signed snapshot stands in for this register in the answer that comes next.
    StoodIn { register: Register, taken_at: Timestamp },
    /// A scanned paper is verified, or verified further.
    Verified(Box<Verified>),

    // From the journal.
    /// The permit exists.
    Issued(Box<IssuedPermit>),
    /// It could not be issued; nothing was.
    NotIssued(NotIssued),
    /// Another copy is queued.
    CopyQueued,
    /// No other copy can be printed here.
    NoCopy,
    /// The decision is recorded.
    Recorded,
    /// The decision could not be recorded.
    NotRecorded,

    // From the printers.
    /// A paper's state changed.
    PaperChanged { paper: Paper, state: PaperState },
}

/// What was wrong with a code before the scanner. Nothing of its content is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanProblem {
    /// It is in no encoding known here.
    Unreadable,
    /// It is longer than any this kiosk takes.
    TooLong,
}

/// Why identification failed, and so what to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityProblem {
    /// The card was taken away while it was read.
    CardPulled,
    /// The card could not be read.
    Unreadable,
    /// Not a document this kiosk can read.
    OtherDocument,
    /// The number or dates on the card contradict themselves.
    Implausible,
    /// The code could not be read.
    CodeUnreadable,
    /// The code is longer than any.
    CodeTooLong,
    /// The e-ID service does not know the code, or it was used before.
    CodeRefused,
    /// The code has expired; a fresh one is needed.
    CodeExpired,
    /// The e-ID service does not answer.
    ServiceDown,
}

/// What works at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equipment {
    /// ID cards can be read.
    pub id_reader: bool,
    /// Codes can be scanned.
    pub scanner: bool,
    /// Receipts and slips can be printed.
    pub receipt_printer: bool,
    /// Certificates can be printed.
    pub page_printer: bool,
    /// Central answered lately.
    pub connected: bool,
    /// The journal can be written: without it the kiosk is out of service.
    pub journal: bool,
}

impl Equipment {
    /// Nothing has said yet that it works.
    pub const NONE: Self = Self {
        id_reader: false,
        scanner: false,
        receipt_printer: false,
        page_printer: false,
        connected: false,
        journal: true,
    };

    /// Everything works.
    pub const ALL: Self = Self {
        id_reader: true,
        scanner: true,
        receipt_printer: true,
        page_printer: true,
        connected: true,
        journal: true,
    };

    /// What is missing, in the order it matters to whoever comes.
    pub fn losses(&self) -> Vec<Loss> {
        Loss::ALL.into_iter().filter(|loss| loss.stands(*self)).collect()
    }

    /// Whether somebody can be served at all.
    pub fn can_serve(&self) -> bool {
        self.losses().into_iter().all(|loss| !loss.stops_service())
    }
}

/// One way in which a kiosk can do less: the table "What still works when something does not" of
/// `docs/operations.md`. The welcome screen tells each before anybody begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nothing can be recorded: nobody is served.
    Journal,
    /// Neither cards nor codes can be read: nobody can show who they are, and nobody is served.
    Identification,
    /// No central: the registers' snapshot stands in, later every application is referred.
    Connection,
    /// No card reader: e-ID only.
    IdReader,
    /// No scanner: ID card only, and the business's code is typed.
    Scanner,
    /// No certificates: the permit stands on its public page; the receipt says that the papers follow.
    PagePrinter,
    /// No receipts: the screen shows number and address of the page.
    ReceiptPrinter,
}

impl Loss {
    /// All of them, what stops the kiosk first.
    pub const ALL: [Self; 7] = [
        Self::Journal,
        Self::Identification,
        Self::Connection,
        Self::IdReader,
        Self::Scanner,
        Self::PagePrinter,
        Self::ReceiptPrinter,
    ];

    /// Its word in the handbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Identification => "identification",
            Self::Connection => "connection",
            Self::IdReader => "id_reader",
            Self::Scanner => "scanner",
            Self::PagePrinter => "page_printer",
            Self::ReceiptPrinter => "receipt_printer",
        }
    }

    /// Whether nobody can be served with it.
    pub fn stops_service(self) -> bool {
        match self {
            Self::Journal | Self::Identification => true,
            Self::Connection
            | Self::IdReader
            | Self::Scanner
            | Self::PagePrinter
            | Self::ReceiptPrinter => false,
        }
    }

    fn stands(self, equipment: Equipment) -> bool {
        match self {
            Self::Journal => !equipment.journal,
            Self::Identification => !equipment.id_reader && !equipment.scanner,
            Self::Connection => !equipment.connected,
            Self::IdReader => !equipment.id_reader,
            Self::Scanner => !equipment.scanner,
            Self::PagePrinter => !equipment.page_printer,
            Self::ReceiptPrinter => !equipment.receipt_printer,
        }
    }
}

/// The answer to one field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One of the offered choices, by its value.
    Choice(String),
    /// Several of the offered choices.
    Choices(Vec<String>),
    /// Yes or no.
    YesNo(bool),
    /// A whole number as typed.
    Number(String),
    /// A text as typed.
    Text(String),
    /// A day.
    Date(jiff::civil::Date),
}

/// What a look-up brought; `Unanswered` is never a clean answer.
#[derive(Debug, Clone)]
pub enum LookUpAnswer {
    /// The e-ID was resolved.
    Person(Box<Applicant>),
    /// The e-ID was refused or not answered.
    NoPerson(IdentityProblem),
    /// The e-licence was resolved to a business.
    Licence { uscc: Uscc, holder: Box<Relation> },
    /// The e-licence was refused.
    NoLicence(LicenceProblem),
    /// The business register answered.
    Business(Option<Box<Business>>, Relation),
    /// The food-and-drug system answered.
    FoodAndDrug(Box<Supervision>),
    /// The district micro-service system answered.
    MicroService(DistrictRecord),
    /// A register did not answer, or answered too long ago.
    Unanswered(Register, Unanswered),
}

/// Why an e-licence was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenceProblem {
    /// The code could not be read.
    Unreadable,
    /// The code is longer than any.
    TooLong,
    /// The code is no e-licence code, or unknown.
    NotALicence,
    /// The code has expired.
    Expired,
    /// The code was used before.
    Used,
    /// The service does not answer.
    ServiceDown,
}

/// What a paper held before the scanner is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Which of the papers of this visit.
    pub scan: u32,
    /// What its code is worth.
    pub code: CodeWorth,
    /// What its permit is worth.
    pub standing: Standing,
    /// What is printed on it, as far as that is known.
    pub permit: Option<ShownPermit>,
}

/// What the code of a paper is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeWorth {
    /// Signed by us.
    Genuine,
    /// Signed by us, and the permit book has it otherwise.
    StatesOtherwise,
    /// Signed by nobody of ours.
    Forged,
    /// Signed with a key this kiosk does not have; central has not said.
    KeyUnknown,
    /// Only the address of a page of ours, which nobody signed.
    Link,
    /// No code of a permit.
    Foreign,
    /// It could not be read.
    Unreadable,
}

/// What is known of a permit's worth today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Central is being asked.
    Asked,
    /// Central does not answer: nobody knows what happened since it was printed.
    Unreachable,
    /// Central does not have it.
    Unknown,
    /// It holds.
    Valid,
    /// Its first day is still to come.
    NotYet,
    /// Its last day is over.
    Expired,
    /// A newer version took its place.
    Superseded,
    /// It was given up, or ended by law.
    Cancelled,
    /// It was taken away.
    Revoked,
    /// What central keeps does not agree with its own seal.
    Damaged,
}

/// What is printed on a permit and is everybody's to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPermit {
    /// Which kind.
    pub kind: PermitKind,
    /// Its number as printed.
    pub number: String,
    /// 经营者名称; a seal does not say it.
    pub holder: Option<String>,
    /// 统一社会信用代码.
    pub uscc: String,
    /// 经营场所; a seal does not say it.
    pub premises: Option<String>,
    /// 主体业态 and items, the trade or the kind of place; a seal does not say it.
    pub granted: Vec<String>,
    /// Date of issue.
    pub issued: jiff::civil::Date,
    /// Last day, if it has one.
    pub valid_to: Option<jiff::civil::Date>,
}

/// How a register failed to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// No usable answer in time.
    Down,
    /// Only an answer older than its limit.
    Stale,
}

/// The registers asked after the business is known, in the order shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Register {
    /// 营业执照数据库.
    Business,
    /// 食品药品业务系统.
    FoodAndDrug,
    /// 张店区微服务管理系统.
    MicroService,
}

impl Register {
    /// Every register of a business, in the order shown.
    pub const ALL: [Self; 3] = [Self::Business, Self::FoodAndDrug, Self::MicroService];

    /// The key in facts and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::FoodAndDrug => "food_and_drug",
            Self::MicroService => "micro_service",
        }
    }
}

/// What the applicant is to the business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// The legal representative or person in charge.
    LegalRepresentative,
    /// An agent with a grant.
    Agent {
        /// Services the grant covers, by code; empty covers all.
        services: Vec<String>,
        /// First day.
        from: jiff::civil::Date,
        /// Last day.
        until: jiff::civil::Date,
    },
    /// Nobody the register knows.
    None,
}

/// What the food-and-drug system knows about a business and its people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supervision {
    /// Bans, penalties and warnings on record.
    pub bans: Vec<Ban>,
    /// Permits the business holds.
    pub permits: Vec<HeldPermit>,
    /// Another holder's live licence stands on the same address.
    pub address_occupied: bool,
}

/// One entry that may keep somebody from applying (domain facts: revoked, `false_material`, fraud,
/// `food_crime`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Kind, as the facts name it.
    pub kind: String,
    /// Whom it hits: `operator`, `legal_representative` or `manager`.
    pub who: String,
    /// The day of the penalty, warning or withdrawal.
    pub on: jiff::civil::Date,
}

/// A permit a business holds already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPermit {
    /// `food`, `filing` or `hygiene`.
    pub kind: String,
    /// Its number as printed.
    pub number: String,
    /// 主体业态, 批发 or 零售, or the kind of place, as printed.
    pub subject: String,
    /// 经营项目 as printed, in order.
    pub items: Vec<String>,
    /// 经营场所 as printed.
    pub premises: String,
    /// Date of issue.
    pub issued: Option<jiff::civil::Date>,
    /// Last day, if it has one.
    pub valid_to: Option<jiff::civil::Date>,
    /// `valid`, `revoked`, `cancelled`…
    pub status: String,
}

/// What the district's own system knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DistrictRecord {
    /// A penalty case on the premises is open.
    pub open_penalty_case: bool,
    /// Another application for the same service is under way.
    pub open_application: bool,
    /// Every application of the business that is under way.
    pub open_applications: Vec<ServiceCode>,
}

/// A permit that exists now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedPermit {
    /// Its number.
    pub number: PermitNumber,
    /// Date of issue.
    pub issued: jiff::civil::Date,
    /// Last day.
    pub valid_to: Option<jiff::civil::Date>,
    /// The address of its public page.
    pub page_url: String,
    /// The decision as recorded.
    pub decision: Decision,
    /// The certificate as a picture for the screen: width, height, RGBA.
    pub preview: Option<Preview>,
}

/// A picture for the screen.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Rows of red, green, blue, alpha.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Preview({}x{})", self.width_px, self.height_px)
    }
}

/// Why nothing was issued; the application is referred instead, or the kiosk stops serving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotIssued {
    /// No number is left in the leased blocks.
    NumbersExhausted,
    /// A character of a name has no glyph in the certificate's fonts.
    GlyphMissing(char),
    /// The certificate cannot be made whole: a text does not fit, or a font cannot be read.
    Unprintable,
    /// The paper prepared is not the one decided upon: a mistake of this software.
    WrongPaper,
    /// The clock is behind the last record.
    ClockBehind,
    /// The clock is too far from central's.
    ClockDrifted,
    /// Central has quarantined this kiosk.
    Quarantined,
    /// The permit that was to be changed, renewed or reissued is revoked.
    Revoked,
    /// The journal cannot be written.
    JournalDown,
}

/// The papers of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paper {
    /// 正本.
    Original,
    /// 副本.
    Copy,
    /// The receipt of a finished case.
    Receipt,
    /// The slip of a referral, a supplement or an explanation.
    Slip,
    /// Which registers were asked, on request.
    Data,
}

/// How far a paper is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaperState {
    /// In the queue.
    Waiting,
    /// Being printed.
    Printing,
    /// The device confirmed it.
    Printed,
    /// Nothing was printed yet and a person has to act first; it goes on by itself afterwards.
    Held(Fault),
    /// The device could not say whether it printed: an attendant decides.
    Unknown,
    /// There is no device for it; the electronic licence stands.
    NotAvailable,
}

impl PaperState {
    /// Whether nothing more will happen to this paper by itself.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Printed | Self::Unknown | Self::NotAvailable)
    }
}
