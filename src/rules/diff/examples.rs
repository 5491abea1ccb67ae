//! What a new edition means in examples: the cases of both editions, decided by both.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value as Json;

use crate::domain::Verdict;
use crate::rules::decide::decide_by_law;
use crate::rules::impact::counting;
use crate::rules::{Case, Facts, Rulebook};

/// A case the two editions decide differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its id.
    pub case: String,
    /// One sentence.
    pub name: String,
    /// Whose case it is.
    pub of: Sample,
    /// What is applied for.
    pub service: String,
    /// The day decided on.
    pub today: Date,
    /// What the old edition decides.
    pub old: Answer,
    /// What the new edition decides.
    pub new: Answer,
}

/// Whose case an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// Both editions have it, with the same facts and day.
    Both,
    /// Only the old one has it, or has it with these facts.
    Old,
    /// Only the new one has it, or has it with these facts.
    New,
}

/// What an edition says to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It decides.
    Decided {
        /// What it comes to.
        verdict: Verdict,
        /// The code of the finding that decided.
        code: String,
        /// The rules that spoke and count, gravest first.
        rules: Vec<String>,
    },
    /// Its schema cannot take the facts: an application like this would be referred.
    Unbound {
        /// What is wrong with them.
        problems: Vec<String>,
    },
}

/// The cases decided differently, and how many were asked.
pub(super) fn examples(old: &Rulebook, new: &Rulebook) -> (Vec<Example>, usize) {
    let same = |one: &Case, other: &Case| {
        one.id == other.id && one.today == other.today && one.document == other.document
    };
    let mut asked: Vec<(&Case, Sample)> = Vec::new();
    for case in new.cases() {
        let both = old.cases().iter().any(|other| same(case, other));
        asked.push((case, if both { Sample::Both } else { Sample::New }));
    }
    let gone = old.cases().iter().filter(|case| !new.cases().iter().any(|other| same(case, other)));
    asked.extend(gone.map(|case| (case, Sample::Old)));
    let count = asked.len();
    let mut examples = Vec::new();
    for (case, of) in asked {
        let (before, after) = (answer(old, case), answer(new, case));
        if before.outcome() != after.outcome() {
            let service = case.document.pointer("/application/service").and_then(Json::as_str);
            examples.push(Example {
                case: case.id.clone(),
                name: case.name.clone(),
                of,
                service: service.unwrap_or_default().to_owned(),
                today: case.today,
                old: before,
                new: after,
            });
        }
    }
    (examples, count)
}

impl Answer {
    fn outcome(&self) -> Option<(Verdict, &str)> {
        match self {
            Self::Decided { verdict, code, rules: _ } => Some((*verdict, code)),
            Self::Unbound { problems: _ } => None,
        }
    }
}

fn answer(rulebook: &Rulebook, case: &Case) -> Answer {
    match Facts::bind(rulebook, &case.document) {
        Ok(facts) => {
            let decision = decide_by_law(rulebook, &facts, case.today);
            Answer::Decided {
                verdict: decision.verdict,
                rules: counting(&decision),
                code: decision.code,
            }
        }
        Err(problems) => {
            Answer::Unbound { problems: problems.iter().map(ToString::to_string).collect() }
        }
    }
}
