//! The numbers for managers: what happened at which kiosk on which day, counted from the records.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::report::Sheets;
use crate::domain::calendar::{Calendar, date_in_china};
use crate::domain::{ApplicationId, ServiceCode};
use crate::wire::v1::{Body, Document, KioskId, LookUpOutcome, PrintStep, Record};

/// Everything counted.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    days: BTreeMap<(Date, KioskId), Counts>,
    bad: Vec<BadRating>,
    /// When a sheet was handed to its printer.
    sent: BTreeMap<(KioskId, u64), Timestamp>,
    /// What the last application at each kiosk was for: its rating follows at once.
    last: BTreeMap<KioskId, (ApplicationId, ServiceCode)>,
    pub(super) sheets: Sheets,
}

/// Sheets on their way to paper at most: a kiosk prints one at a time.
const SENT_MAX: usize = 4096;
/// Bad ratings listed at most; all are counted.
const BAD_MAX: usize = 1000;

/// One kiosk on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Which day, in Asia/Shanghai.
    pub day: Date,
    /// Which kiosk.
    pub kiosk: KioskId,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Visits that ended.
    pub visits: u64,
    /// Applications decided, by service.
    pub services: BTreeMap<String, u64>,
    /// By verdict.
    pub verdicts: BTreeMap<String, u64>,
    /// By the code that decided, where the verdict is not an instant one: why.
    pub reasons: BTreeMap<String, u64>,
    /// Decisions in which a rule spoke.
    pub rules: BTreeMap<String, u64>,
    /// Permits and filings issued.
    pub issued: u64,
    /// Ratings, by grade.
    pub ratings: BTreeMap<u8, u64>,
    /// Equipment conditions that came up, by code.
    pub faults: BTreeMap<String, u64>,
    /// How long things took.
    pub took: BTreeMap<String, Took>,
}

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Took {
    /// How often.
    pub count: u64,
    /// Together.
    pub total_ms: u64,
    /// The longest.
    pub longest_ms: u64,
}

impl Took {
    fn add(&mut self, ms: u64) {
        self.count += 1;
        self.total_ms = self.total_ms.saturating_add(ms);
        self.longest_ms = self.longest_ms.max(ms);
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.total_ms = self.total_ms.saturating_add(other.total_ms);
        self.longest_ms = self.longest_ms.max(other.longest_ms);
    }

    /// On average.
    pub fn mean_ms(self) -> u64 {
        self.total_ms.checked_div(self.count).unwrap_or_default()
    }
}

impl Counts {
    /// Everything of these days and kiosks together.
    pub fn of(days: &[Day]) -> Self {
        let mut together = Self::default();
        for day in days {
            together.add(&day.counts);
        }
        together
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        let merge = |into: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>| {
            for (key, count) in from {
                *into.entry(key.clone()).or_default() += count;
            }
        };
        self.visits += other.visits;
        self.issued += other.issued;
        merge(&mut self.services, &other.services);
        merge(&mut self.verdicts, &other.verdicts);
        merge(&mut self.reasons, &other.reasons);
        merge(&mut self.rules, &other.rules);
        merge(&mut self.faults, &other.faults);
        for (grade, count) in &other.ratings {
            *self.ratings.entry(*grade).or_default() += count;
        }
        for (what, took) in &other.took {
            self.took.entry(what.clone()).or_default().merge(*took);
        }
    }

    /// How long things took, in the order they happen: a visit, its screens, what is asked and printed.
    pub fn steps(&self) -> Vec<(&str, Took)> {
        let known = STEPS.iter().filter_map(|step| self.took.get_key_value(*step));
        let others = self.took.iter().filter(|(step, _)| !STEPS.contains(&step.as_str()));
        known.chain(others).map(|(step, took)| (step.as_str(), *took)).collect()
    }

    /// Applications decided.
    pub fn decided(&self) -> u64 {
        self.verdicts.values().sum()
    }

    /// Decided cases for each rating, in percent: silence is no satisfaction (GB/T 39735).
    pub fn rated_percent(&self) -> u64 {
        (self.ratings.values().sum::<u64>() * 100).checked_div(self.decided()).unwrap_or_default()
    }
}

/// What takes time, in the order it happens.
const STEPS: [&str; 17] = [
    "visit",
    "screen choosing",
    "screen guiding",
    "screen telling",
    "screen identifying",
    "screen proving_business",
    "screen looking_up",
    "screen filling",
    "screen promising",
    "screen decided",
    "screen rating",
    "screen done",
    "screen results",
    "screen verifying",
    "look_up",
    "certificate",
    "slip",
];

/// A rating somebody must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRating {
    /// Of which application.
    pub application: ApplicationId,
    /// For what, if that was seen.
    pub service: Option<ServiceCode>,
    /// At which kiosk.
    pub kiosk: KioskId,
    /// When.
    pub at: Timestamp,
    /// 2 or 1.
    pub grade: u8,
    /// The applicant is called back until the end of this day: one working day.
    pub call_back_by: Option<Date>,
    /// A simple matter is corrected and answered by then: five working days.
    pub answer_by: Option<Date>,
    /// A complex one by then: fifteen.
    pub answer_complex_by: Option<Date>,
}

/// Working days of the follow-up (好差评: call back at once; 5 for a simple matter, 15 for a complex
/// one; docs/auditor.md).
const CALL_BACK: u16 = 1;
const ANSWER: u16 = 5;
const ANSWER_COMPLEX: u16 = 15;

impl Numbers {
    /// Counts a record.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a kind with nothing to look at here is chained and signed like any other"
    )]
    pub(super) fn record(&mut self, record: &Record) {
        let day = date_in_china(record.at);
        let counts = self.days.entry((day, record.kiosk.clone())).or_default();
        let mut took = |what: &str, ms| counts.took.entry(what.to_owned()).or_default().add(ms);
        match &record.body {
            Body::SessionEnded(body) => {
                counts.visits += 1;
                took("visit", body.took_ms);
                for (screen, ms) in &body.steps {
                    took(&format!("screen {screen}"), *ms);
                }
            }
            Body::LookedUp(body) => {
                took("look_up", body.took_ms);
                if body.outcome != LookUpOutcome::Answered {
                    let what = format!("{} without an answer", word(&body.register));
                    *counts.faults.entry(what).or_default() += 1;
                }
            }
            Body::Decided(body) => {
                *counts.services.entry(body.service.as_str().to_owned()).or_default() += 1;
                let decision = &body.decision;
                *counts.verdicts.entry(decision.verdict.as_str().to_owned()).or_default() += 1;
                if !decision.verdict.grants_number() {
                    *counts.reasons.entry(decision.code.clone()).or_default() += 1;
                }
                for rule in &decision.rules {
                    *counts.rules.entry(rule.clone()).or_default() += 1;
                }
                self.last.insert(record.kiosk.clone(), (body.application, body.service));
            }
            Body::Issued(_) => counts.issued += 1,
            Body::Printed(body) => {
                let sheet = (record.kiosk.clone(), body.job);
                if body.step == PrintStep::Sent {
                    self.sent.insert(sheet, record.at);
                    if self.sent.len() > SENT_MAX {
                        self.sent.pop_first();
                    }
                } else if let Some(sent) = self.sent.remove(&sheet)
                    && matches!(body.step, PrintStep::Confirmed { .. })
                {
                    let what = match body.document {
                        Document::Original | Document::Copy => "certificate",
                        Document::Receipt | Document::Slip | Document::DataReceipt => "slip",
                    };
                    let ms = record.at.duration_since(sent).as_millis();
                    took(what, u64::try_from(ms).unwrap_or_default());
                }
            }
            Body::Rated(body) => {
                *counts.ratings.entry(body.grade).or_default() += 1;
                let last = self.last.get(&record.kiosk);
                let last = last.filter(|(application, _)| *application == body.application);
                let service = last.map(|(_, service)| *service);
                if body.grade <= 2 && self.bad.len() < BAD_MAX {
                    self.bad.push(BadRating {
                        application: body.application,
                        service,
                        kiosk: record.kiosk.clone(),
                        at: record.at,
                        grade: body.grade,
                        call_back_by: None,
                        answer_by: None,
                        answer_complex_by: None,
                    });
                }
            }
            Body::Faulted(body) if !body.cleared => {
                *counts.faults.entry(body.code.clone()).or_default() += 1;
            }
            _other => {}
        }
    }

    /// What was counted, by day and kiosk.
    pub(super) fn days(&self) -> Vec<Day> {
        let day = |((day, kiosk), counts): (&(Date, KioskId), &Counts)| Day {
            day: *day,
            kiosk: kiosk.clone(),
            counts: counts.clone(),
        };
        self.days.iter().map(day).collect()
    }

    /// The ratings somebody must answer, with their clocks where a calendar is at hand.
    pub(super) fn bad(self, calendar: Option<&Calendar>) -> Vec<BadRating> {
        let mut bad = self.bad;
        for rating in &mut bad {
            let by = |days| {
                calendar.map(|calendar| calendar.add_workdays(date_in_china(rating.at), days).value)
            };
            (rating.call_back_by, rating.answer_by, rating.answer_complex_by) =
                (by(CALL_BACK), by(ANSWER), by(ANSWER_COMPLEX));
        }
        bad
    }
}

/// The word a value of the formats is written with.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => "?".to_owned(),
    }
}
