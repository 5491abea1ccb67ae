//! What a decision comes to; ordered, so that the gravest finding wins.

use serde::{Deserialize, Serialize};

/// The verdicts, gravest first. The machine itself issues, files, refers or says what is in the way;
/// `RefuseAccept` is only a proposal until an officer confirms it (行政许可法 38(2), 个人信息保护法 24(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// This visit cannot go on with this proof (expired card).
    Stop,
    /// 不予受理, to be confirmed by an officer before anything is printed.
    RefuseAccept,
    /// Another organ decides; say which.
    NotCompetent,
    /// No permit is needed.
    NotRequired,
    /// Not a change or renewal: a new application.
    NewApplication,
    /// The renewal window is not open yet.
    TooEarly,
    /// Something typed is wrong and can be mended on the screen.
    FixOnSpot,
    /// Papers are missing; all named at once (行政许可法 32(1)(4)).
    Supplement,
    /// Accepted; two officers inspect the premises.
    ReferOnsite,
    /// Accepted; an officer decides.
    Refer,
    /// A combined certificate some of whose parts no longer hold: each is shown with its own state.
    ShowPartial,
    /// The simpler registration for small caterers is offered first.
    OfferRegistration,
    /// Filed on the spot, a filing number is given.
    File,
    /// Issued on the spot.
    Issue,
}

impl Verdict {
    /// Every verdict, gravest first.
    pub const ALL: [Self; 14] = [
        Self::Stop,
        Self::RefuseAccept,
        Self::NotCompetent,
        Self::NotRequired,
        Self::NewApplication,
        Self::TooEarly,
        Self::FixOnSpot,
        Self::Supplement,
        Self::ReferOnsite,
        Self::Refer,
        Self::ShowPartial,
        Self::OfferRegistration,
        Self::File,
        Self::Issue,
    ];

    /// The word used in records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::RefuseAccept => "REFUSE_ACCEPT",
            Self::NotCompetent => "NOT_COMPETENT",
            Self::NotRequired => "NOT_REQUIRED",
            Self::NewApplication => "NEW_APPLICATION",
            Self::TooEarly => "TOO_EARLY",
            Self::FixOnSpot => "FIX_ON_SPOT",
            Self::Supplement => "SUPPLEMENT",
            Self::ReferOnsite => "REFER_ONSITE",
            Self::Refer => "REFER",
            Self::ShowPartial => "SHOW_PARTIAL",
            Self::OfferRegistration => "OFFER_REGISTRATION",
            Self::File => "FILE",
            Self::Issue => "ISSUE",
        }
    }

    /// What it means for the application as a whole.
    pub fn bearing(self) -> Bearing {
        match self {
            Self::Stop
            | Self::RefuseAccept
            | Self::NotCompetent
            | Self::NotRequired
            | Self::NewApplication
            | Self::TooEarly
            | Self::FixOnSpot
            | Self::Supplement => Bearing::InTheWay,
            Self::ReferOnsite | Self::Refer => Bearing::Referred,
            Self::ShowPartial => Bearing::Shown,
            Self::OfferRegistration => Bearing::Offered,
            Self::File | Self::Issue => Bearing::Granted,
        }
    }

    /// Whether it says that this organ may grant nothing to this applicant, whatever else is found.
    pub fn bars_a_grant(self) -> bool {
        matches!(self, Self::Stop | Self::RefuseAccept | Self::NotCompetent)
    }

    /// Whether the kiosk itself gives a number for this verdict.
    pub fn grants_number(self) -> bool {
        matches!(self, Self::Issue | Self::File)
    }

    /// Whether the case goes to an officer.
    pub fn goes_to_officer(self) -> bool {
        matches!(self, Self::Refer | Self::ReferOnsite | Self::RefuseAccept)
    }
}

/// What an outcome means for the application as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// Something is in the way: it is not accepted like this.
    InTheWay,
    /// It is accepted, and an officer decides.
    Referred,
    /// The state of what is held is shown; nothing is applied for.
    Shown,
    /// Something simpler is offered first.
    Offered,
    /// It is granted on the spot.
    Granted,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
