//! A decision explained: what spoke, what it saw, which paragraph, and what would have to differ.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value as Json;

use super::decide::{decide, decide_document};
use super::facts::Facts;
use super::near::{Near, near};
use super::rulebook::Rulebook;
use super::syntax::{Expr, Kind, parse};
use crate::domain::{Bilingual, Decision, Finding, Verdict};

/// Everything that can be said about one decision. Same input, same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What the application comes to.
    pub verdict: Verdict,
    /// What that means.
    pub meaning: Bilingual,
    /// The code of the finding that decided.
    pub code: String,
    /// The rule set of the acceptance day.
    pub rule_set: String,
    /// Name and version of the edition.
    pub edition: String,
    /// SHA-256 over the edition's files, hexadecimal.
    pub edition_digest: String,
    /// SHA-256 of the facts document, hexadecimal.
    pub facts_digest: String,
    /// The day decided upon, in Asia/Shanghai.
    pub today: Date,
    /// Every rule that spoke, as [`Decision::findings`] has them.
    pub findings: Vec<Spoken>,
    /// What would have to differ for an instant issue or filing.
    pub near: Near,
}

/// A rule that spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spoken {
    /// Its id.
    pub rule: String,
    /// The file and line it stands in; none for what the engine itself says.
    pub place: Option<String>,
    /// The code of what it noticed.
    pub code: String,
    /// What this finding alone would come to.
    pub outcome: Verdict,
    /// The same in words.
    pub outcome_words: Bilingual,
    /// Whether it fits the verdict, so that the applicant is told.
    pub told: bool,
    /// The rule that is the exception to it here.
    pub overridden_by: Option<String>,
    /// What it means.
    pub message: Bilingual,
    /// The article.
    pub citation: String,
    /// What the applicant can do.
    pub remedy: Bilingual,
    /// Until when somebody has to act.
    pub due: Option<Date>,
    /// Whether that day can still move: the calendar of a year in between is not published.
    pub provisional: bool,
    /// The facts it looked at, in the order it looked.
    pub readings: Vec<Read>,
    /// The parameters it used.
    pub params: Vec<Used>,
}

/// A fact that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Its path.
    pub path: String,
    /// Its value as JSON text.
    pub value: String,
    /// What it is called; the path itself where it is no fact (a computed value).
    pub label: Bilingual,
    /// The value in words.
    pub words: Bilingual,
}

/// A parameter that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// Its value as JSON text.
    pub value: String,
    /// The value in words.
    pub words: Bilingual,
    /// Since when it has this value.
    pub from: Option<Date>,
    /// Where the value comes from.
    pub source: Bilingual,
}

/// Decides on `document` as of `today`, and says why. A document that cannot be bound is explained too:
/// it is referred, and what is wrong with it stands in the readings.
pub fn explain(rulebook: &Rulebook, document: &Json, today: Date) -> (Decision, Explanation) {
    let bound = Facts::bind(rulebook, document).ok();
    let decision = match &bound {
        Some(facts) => decide(rulebook, facts, today),
        None => decide_document(rulebook, document, today),
    };
    let accepted =
        bound.as_ref().and_then(|facts| rulebook.accepted_on(facts)).unwrap_or(today).min(today);
    let told: Vec<&str> = decision.told().map(|finding| finding.rule.as_str()).collect();
    let findings: Vec<Spoken> = decision
        .findings
        .iter()
        .map(|finding| {
            let told = told.contains(&finding.rule.as_str());
            spoken(rulebook, finding, told, accepted)
        })
        .collect();
    let near =
        if bound.is_some() { near(rulebook, document, today, &decision) } else { Near::default() };
    let explanation = Explanation {
        verdict: decision.verdict,
        meaning: meaning(decision.verdict),
        code: decision.code.clone(),
        rule_set: decision.rule_set.clone(),
        edition: decision.edition.clone(),
        edition_digest: decision.edition_digest.clone(),
        facts_digest: decision.facts_digest.clone(),
        today,
        findings,
        near,
    };
    (decision, explanation)
}

fn spoken(rulebook: &Rulebook, finding: &Finding, told: bool, accepted: Date) -> Spoken {
    let mut readings = Vec::new();
    let mut params: BTreeMap<&str, Used> = BTreeMap::new();
    for reading in &finding.readings {
        let value: Json = serde_json::from_str(&reading.value).unwrap_or(Json::Null);
        let name = reading.path.strip_prefix("param(\"").and_then(|rest| rest.split('"').next());
        let param = name.and_then(|name| Some((name, rulebook.params.find(name)?.1)));
        if let Some((name, param)) = param {
            params.entry(name).or_insert_with(|| Used {
                name: name.to_owned(),
                value: reading.value.clone(),
                words: rulebook.words.value(&param.ty, &value),
                from: param.since(accepted),
                source: param.source.clone(),
            });
            continue;
        }
        let known = rulebook.words.label(&rulebook.roots, &reading.path);
        let (label, words) = match known {
            Some((label, ty)) => (label, rulebook.words.value(ty, &value)),
            None => {
                let name = computed(rulebook, &reading.path, &readings);
                (name.unwrap_or_else(|| own_name(&reading.path)), rulebook.words.bare(&value))
            }
        };
        readings.push(Read {
            path: reading.path.clone(),
            value: reading.value.clone(),
            label,
            words,
        });
    }
    let rule = rulebook.rules.iter().find(|rule| rule.id == finding.rule);
    Spoken {
        rule: finding.rule.clone(),
        place: rule.map(|rule| format!("{}:{}", rule.file, rule.line)),
        code: finding.code.clone(),
        outcome: finding.outcome,
        outcome_words: meaning(finding.outcome),
        told,
        overridden_by: finding.overridden_by.clone(),
        message: finding.message.clone(),
        citation: finding.citation.clone(),
        remedy: finding.remedy.clone(),
        due: finding.due.map(|due| due.date),
        provisional: finding.due.is_some_and(|due| due.provisional),
        readings,
        params: params.into_values().collect(),
    }
}

/// What a computed value is called; `before` is what was read until then.
fn computed(rulebook: &Rulebook, text: &str, before: &[Read]) -> Option<Bilingual> {
    let expr = parse(text).ok()?;
    let Kind::Call(..) = expr.kind else { return None };
    named(rulebook, text, &expr, before)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what else is written has no words of its own")]
fn named(rulebook: &Rulebook, text: &str, expr: &Expr, before: &[Read]) -> Option<Bilingual> {
    let written = text.get(expr.at..expr.end)?;
    match &expr.kind {
        Kind::Int(number) => Some(Bilingual::new(number.to_string(), number.to_string())),
        Kind::Name(name) if name == "today" => {
            Some(Bilingual::new("决定之日", "the day of the decision"))
        }
        Kind::Name(name) if name == "accepted" => {
            Some(Bilingual::new("受理之日", "the day of acceptance"))
        }
        // The name of an element of a list says nothing here: what was read last of it does.
        Kind::Select(_, field) => {
            let known = rulebook.words.label(&rulebook.roots, written).map(|(label, _)| label);
            let is_it = |read: &&Read| read.path.rsplit('.').next() == Some(field);
            let label = known.or_else(|| Some(before.iter().rev().find(is_it)?.label.clone()))?;
            Some(Bilingual::new(format!("“{}”", label.zh), format!("“{}”", label.en)))
        }
        Kind::Call(name, arguments) if name == "param" => match &arguments.first()?.kind {
            Kind::Text(param) => {
                Some(Bilingual::new(format!("参数 {param} 的值"), format!("parameter {param}")))
            }
            _ => None,
        },
        Kind::Call(name, arguments) if name == "date" => match &arguments.first()?.kind {
            Kind::Text(day) => Some(Bilingual::new(day.clone(), day.clone())),
            _ => None,
        },
        // Which of the two it was says the value.
        Kind::If(three) => {
            let [_, one, other] = &**three;
            let (one, other) =
                (named(rulebook, text, one, before)?, named(rulebook, text, other, before)?);
            let zh = format!("{}或者{}", one.zh, other.zh);
            Some(Bilingual::new(zh, format!("{} or {}", one.en, other.en)))
        }
        Kind::Call(name, arguments) => {
            let name_of = |one: &Expr| named(rulebook, text, one, before);
            let one = name_of(arguments.first()?)?;
            if name == "uscc_valid" {
                let zh = format!("{}的校验位正确", one.zh);
                return Some(Bilingual::new(
                    zh,
                    format!("check characters of {} are right", one.en),
                ));
            }
            let second = arguments.get(1)?;
            let (back, second) = match &second.kind {
                Kind::Negative(inner) => (true, &**inner),
                _ => (false, second),
            };
            let two = name_of(second)?;
            let (after, behind) = if back { ("之前", "before") } else { ("之后", "after") };
            let (zh, en) = match name.as_str() {
                "add_days" => (
                    format!("{}{after}{}天", one.zh, two.zh),
                    format!("{} days {behind} {}", two.en, one.en),
                ),
                "add_years" => (
                    format!("{}{after}{}年", one.zh, two.zh),
                    format!("{} years {behind} {}", two.en, one.en),
                ),
                "add_workdays" => (
                    format!("{}之后第{}个工作日", one.zh, two.zh),
                    format!("{} working days after {}", two.en, one.en),
                ),
                "window_opens" => (
                    format!("离{}还有{}个工作日的第一天", one.zh, two.zh),
                    format!("first day with {} working days left until {}", two.en, one.en),
                ),
                "days_between" => (
                    format!("{}到{}的天数", one.zh, two.zh),
                    format!("days from {} to {}", one.en, two.en),
                ),
                "years_between" => (
                    format!("{}到{}的周年数", one.zh, two.zh),
                    format!("whole years from {} to {}", one.en, two.en),
                ),
                "workdays_between" => (
                    format!("{}到{}的工作日数", one.zh, two.zh),
                    format!("working days from {} to {}", one.en, two.en),
                ),
                "workdays_known" => (
                    format!("{}到{}的放假安排都已公布", one.zh, two.zh),
                    format!("holidays known from {} to {}", one.en, two.en),
                ),
                _ => return None,
            };
            Some(Bilingual::new(zh, en))
        }
        _ => None,
    }
}

/// What is read but is no fact of the schema.
fn own_name(path: &str) -> Bilingual {
    match path {
        "today" => Bilingual::new("决定之日", "day of the decision"),
        "accepted" => Bilingual::new("受理之日", "day of acceptance"),
        "calendar.provisional" => {
            Bilingual::new("当年的节假日安排尚未公布", "holidays of that year not published yet")
        }
        "failure" => Bilingual::new("核对失败的原因", "why the check failed"),
        _ => Bilingual::new(path, path),
    }
}

/// A verdict in one sentence.
pub(super) fn meaning(verdict: Verdict) -> Bilingual {
    let (zh, en) = match verdict {
        Verdict::Stop => ("今天不能凭此证明办理。", "This visit cannot go on with this proof."),
        Verdict::RefuseAccept => (
            "建议不予受理，须由工作人员确认。",
            "Not to be accepted, as proposed; an officer confirms it first.",
        ),
        Verdict::NotCompetent => ("不属于本机关管辖。", "Another organ is competent."),
        Verdict::NotRequired => ("不需要办理。", "No permit is needed."),
        Verdict::NewApplication => {
            ("应当重新申请。", "This is not a change or renewal: a new application is needed.")
        }
        Verdict::TooEarly => ("还没有到可以办理的日期。", "It is too early."),
        Verdict::FixOnSpot => ("填写有误，可以当场改正。", "Something entered can be mended here."),
        Verdict::Supplement => ("材料不齐，一次性告知补正。", "Papers are missing; all are named."),
        Verdict::ReferOnsite => {
            ("已受理，须现场核查。", "Accepted; two officers inspect the premises.")
        }
        Verdict::Refer => ("已受理，由工作人员决定。", "Accepted; an officer decides."),
        Verdict::ShowPartial => {
            ("只说明各项办到哪一步。", "What there is so far is shown; nothing is granted.")
        }
        Verdict::OfferRegistration => {
            ("可以先办更简单的登记。", "A simpler registration is offered first.")
        }
        Verdict::File => ("当场备案。", "Filed on the spot."),
        Verdict::Issue => ("当场准予。", "Granted on the spot."),
    };
    Bilingual::new(zh, en)
}
