//! A decision: the verdict, every finding that led to it, and under which edition of the law.

use jiff::civil::Date;

use super::{Bilingual, Verdict};

/// What one rule noticed, with its paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that spoke, for example `FOOD-ITEM-COLD-MEAT`.
    pub rule: String,
    /// The stable code of what it noticed, for example `HIGH_RISK_COLD_MEAT`.
    pub code: String,
    /// What this finding alone would come to.
    pub outcome: Verdict,
    /// The article.
    pub citation: String,
    /// What it means, for the applicant.
    pub message: Bilingual,
    /// What the applicant can do.
    pub remedy: Bilingual,
    /// Until when somebody has to act, if the law says so.
    pub due: Option<Due>,
    /// The facts the rule looked at, in the order it looked.
    pub readings: Vec<Reading>,
    /// The rule that is the exception to this one here, by its id: what it overrides does not count for
    /// the verdict.
    pub overridden_by: Option<String>,
    /// Its reason is the applicant's alone: no screen and no slip tells it.
    pub private: bool,
}

/// A last day in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last day.
    pub date: Date,
    /// True where the calendar of a year in between is not published yet.
    pub provisional: bool,
}

/// One value a rule read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The path of the fact, for example `business.status`.
    pub path: String,
    /// Its value as JSON text.
    pub value: String,
}

/// The legal act: a verdict with its reasons, reproducible from the same facts and edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The gravest outcome of the findings.
    pub verdict: Verdict,
    /// The code of the finding that decided.
    pub code: String,
    /// Everything that was found, gravest first, then in rulebook order; what an exception overrides
    /// stands last. [`Decision::told`] is what an applicant is told.
    pub findings: Vec<Finding>,
    /// The rule set of the acceptance day, for example `R2025`.
    pub rule_set: String,
    /// Name and version of the edition.
    pub edition: String,
    /// SHA-256 over the edition's files, hexadecimal.
    pub edition_digest: String,
    /// SHA-256 of the facts document exactly as decided upon, hexadecimal.
    pub facts_digest: String,
    /// The day decided upon, in Asia/Shanghai.
    pub today: Date,
}

impl Decision {
    /// What is told to the applicant: the findings that fit the verdict. On a slip that says what is in
    /// the way nobody shall read "it is accepted" or "granted", and all that is in the way is told at
    /// once (行政许可法 第三十二条第一款第四项).
    pub fn told(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| {
            finding.overridden_by.is_none() && finding.outcome.bearing() == self.verdict.bearing()
        })
    }

    /// What the screen and the slips say of [`Decision::told`]. Others read both: of a private finding
    /// they say that an officer looks at it, and what to do, never why. A proposed refusal tells no
    /// reason at all, for an officer decides it (个人信息保护法 第二十四条第三款).
    pub fn shown(&self) -> Vec<Shown> {
        if self.verdict == Verdict::RefuseAccept {
            return vec![Shown {
                message: Bilingual::new(
                    "您的申请已转交工作人员审查，由工作人员作出决定并答复您。",
                    "Your application was passed to an officer, who will decide and answer you.",
                ),
                remedy: Bilingual::new("", ""),
                due: None,
                citation: None,
            }];
        }
        let mut shown = Vec::new();
        for one in self.told().map(Finding::shown) {
            // Two private reasons are not to be counted either.
            if !shown.contains(&one) {
                shown.push(one);
            }
        }
        shown
    }
}

/// A finding as anybody near the kiosk may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it means.
    pub message: Bilingual,
    /// What the applicant can do; empty where nothing.
    pub remedy: Bilingual,
    /// Until when somebody has to act.
    pub due: Option<Due>,
    /// The article; `None` where it would tell a private reason.
    pub citation: Option<String>,
}

impl Finding {
    fn shown(&self) -> Shown {
        if !self.private {
            return Shown {
                message: self.message.clone(),
                remedy: self.remedy.clone(),
                due: self.due,
                citation: Some(self.citation.clone()),
            };
        }
        // Where the applicant has to bring something, what it is must be said.
        let remedy = if self.outcome == Verdict::Supplement {
            self.remedy.clone()
        } else {
            Bilingual::new("", "")
        };
        Shown {
            message: Bilingual::new(
                "由工作人员审查，原因将当面或书面告知您。",
                "An officer looks at this and tells you the reason in person or in writing.",
            ),
            remedy,
            due: self.due,
            citation: None,
        }
    }
}
