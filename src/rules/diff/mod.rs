//! What changed between two editions of the law, and what that means for who applies.
//!
//! Both editions are checked ones. Conditions are compared by what they mean, not by how they are
//! written; whether a change makes decisions stricter or milder is told only where the text proves it.

mod condition;
mod examples;
mod parameter;
mod rule;
mod table;
mod warning;
mod written;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value as Json;

use super::rulebook::Rulebook;
use crate::domain::Bilingual;

pub use examples::{Answer, Example, Sample};
pub use warning::{DAYS_MAX, Reuse, Warning};

use written::Written;

/// One edition to compare: its files as they stand, and what was loaded from them.
#[derive(Debug, Clone, Copy)]
pub struct Edition<'e> {
    /// Path → text.
    pub files: &'e BTreeMap<String, String>,
    /// The same, checked.
    pub rulebook: &'e Rulebook,
}

/// Everything that differs between two editions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The edition before.
    pub old: Identity,
    /// The edition after.
    pub new: Identity,
    /// What nobody who answers for the law may overlook.
    pub warnings: Vec<Warning>,
    /// What differs, the heaviest effect first; inside one effect by subject, in the rulebook's order.
    pub changes: Vec<Change>,
    /// The cases of both editions that the two decide differently.
    pub examples: Vec<Example>,
    /// How many cases both were asked.
    pub cases: usize,
}

impl Diff {
    /// Whether a lawyer would find nothing to read.
    pub fn is_empty(&self) -> bool {
        self.warnings.is_empty() && self.changes.is_empty() && self.examples.is_empty()
    }
}

/// What an edition calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Name, epoch and version.
    pub edition: String,
    /// The day it was issued.
    pub issued: Date,
    /// SHA-256 over its files.
    pub digest: String,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it does to decisions.
    pub effect: Effect,
    /// What kind of thing it is.
    pub subject: Subject,
    /// Its id, for example `FOOD-SCOPE` or `food.renew_opens_workdays`.
    pub id: String,
    /// Whether it came, went, or is another now.
    pub action: Action,
    /// The services it concerns; empty where it concerns all or none in particular.
    pub services: Vec<String>,
    /// What it is called, where it has a name in words.
    pub title: Option<Bilingual>,
    /// What it says: of a thing that came or changed as it is now, of one that went as it was.
    pub content: Json,
    /// What of it differs, where it changed.
    pub aspects: Vec<Aspect>,
    /// From when which value, where it is a parameter.
    pub steps: Vec<Step>,
    /// The rules that read it, where it is a parameter.
    pub readers: Vec<Reader>,
}

/// A rule that reads a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Its id.
    pub rule: String,
    /// What the parameter's steps do to decisions through this rule.
    pub effect: Effect,
}

/// What a change does to decisions, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// More is refused, referred or asked for; nothing less.
    Stricter,
    /// More is granted on the spot; nothing less.
    Milder,
    /// Decisions may differ, and the text alone does not prove in which direction.
    Different,
    /// The same is decided, in other words.
    Worded,
    /// Nothing an applicant would notice.
    None,
}

/// What kind of thing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The edition's name, numbers and dates.
    Manifest,
    /// A law and its first day.
    RuleSet,
    /// A law, regulation or list that may be cited.
    Law,
    /// A rule.
    Rule,
    /// A dated value.
    Parameter,
    /// A year of the working-day calendar.
    Calendar,
    /// What the engine says where no rule speaks.
    Fallback,
    /// A fact rules may look at.
    Fact,
    /// The words a fact may take.
    Words,
    /// A heading of the catalogue.
    Group,
    /// What a citizen can choose.
    Entry,
    /// A question.
    Field,
    /// A paper or condition told at once.
    Told,
    /// The text of a promise.
    Promise,
    /// A case of the edition's own test.
    Case,
    /// A part of the edition that is compared as it is written.
    Other,
}

/// Whether something came, went, or is another now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was not there before.
    Added,
    /// It is no longer there.
    Removed,
    /// It is there in both, and differs.
    Changed,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aspect {
    /// Which, as it is called in the edition's files, for example `outcome` or `message.zh`.
    pub key: String,
    /// Before; null where it was not given.
    pub old: Json,
    /// After; null where it is not given.
    pub new: Json,
    /// How it turned, where that can be told.
    pub turn: Option<Turn>,
}

/// How a condition, a period or an outcome turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Speaks in every case it spoke in, and in more.
    Wider,
    /// Speaks in fewer cases, and in no new one.
    Narrower,
    /// An outcome graver than before.
    Graver,
    /// An outcome milder than before.
    Milder,
    /// Neither can be told.
    Other,
}

impl Turn {
    fn reversed(self) -> Self {
        match self {
            Self::Wider => Self::Narrower,
            Self::Narrower => Self::Wider,
            Self::Graver => Self::Milder,
            Self::Milder => Self::Graver,
            Self::Other => Self::Other,
        }
    }

    /// Two turns of the same thing.
    fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (None, turn) | (turn, None) => turn,
            (Some(one), Some(other)) => Some(if one == other { one } else { Self::Other }),
        }
    }
}

/// A value of a parameter that is another from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From this day.
    pub from: Date,
    /// Until this day, or without end.
    pub until: Option<Date>,
    /// Before; null where there was none.
    pub old: Json,
    /// After; null where there is none.
    pub new: Json,
    /// Whether it begins before the new edition was issued: then applications already accepted are
    /// under another law than they were.
    pub retroactive: bool,
}

impl Effect {
    /// Two effects of one change.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Stricter, Self::Milder) | (Self::Milder, Self::Stricter) => Self::Different,
            (Self::Different, _) | (_, Self::Different) => Self::Different,
            (one, other) => one.min(other),
        }
    }
}

/// Compares two checked editions.
pub fn diff(old: Edition<'_>, new: Edition<'_>) -> Diff {
    let written = (Written::read(old.files), Written::read(new.files));
    let mut changes = Vec::new();
    changes.extend(table::manifest(&written.0, &written.1));
    changes.extend(rule::changes(&written.0, &written.1));
    changes.extend(parameter::changes(&written.0, &written.1, new.rulebook.issued()));
    changes.extend(table::calendar(&written.0, &written.1));
    changes.extend(table::others(&written.0, &written.1));
    changes.extend(table::cases(&written, old.rulebook, new.rulebook));
    let warnings = warning::warnings(old.rulebook, new.rulebook, &written, &changes);
    // Stable: inside one effect and subject the order of the rulebook stays.
    changes.sort_by_key(|change| (change.effect, change.subject));
    let (examples, cases) = examples::examples(old.rulebook, new.rulebook);
    Diff {
        old: identity(old.rulebook),
        new: identity(new.rulebook),
        warnings,
        changes,
        examples,
        cases,
    }
}

fn identity(rulebook: &Rulebook) -> Identity {
    Identity {
        edition: rulebook.edition(),
        issued: rulebook.issued(),
        digest: rulebook.digest().to_owned(),
    }
}
