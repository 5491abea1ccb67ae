//! What a decision says, as the domain has it and as JSON.

use super::decide::{Hearing, Said};
use super::node::Recorder;
use super::template::Told;
use super::value::{push_date, quote};
use crate::domain::{Bilingual, Decision, Finding, Reading};

impl Hearing<'_> {
    pub(super) fn decision(&self) -> Decision {
        Decision {
            verdict: self.verdict(),
            code: self.code().to_owned(),
            findings: self.said.iter().map(|said| finding(said, &self.heard)).collect(),
            rule_set: self.rule_set.to_owned(),
            edition: self.rulebook.edition(),
            edition_digest: self.rulebook.digest.clone(),
            facts_digest: self.facts_digest.to_owned(),
            today: self.today,
        }
    }

    pub(super) fn json(&self) -> String {
        // Eight findings with their texts in both languages, as a rule.
        let mut text = String::with_capacity(8192);
        text.push('{');
        key("verdict", &mut text);
        quote(self.verdict().as_str(), &mut text);
        field("code", self.code(), &mut text);
        text.push(',');
        key("findings", &mut text);
        text.push('[');
        for (index, said) in self.said.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write(said, &self.heard, &mut text);
        }
        text.push(']');
        field("rule_set", self.rule_set, &mut text);
        field("edition", &self.rulebook.edition(), &mut text);
        field("edition_digest", &self.rulebook.digest, &mut text);
        field("facts_digest", self.facts_digest, &mut text);
        text.push(',');
        key("today", &mut text);
        push_date(self.today, &mut text);
        text.push('}');
        text
    }
}

fn finding(said: &Said<'_>, heard: &Recorder) -> Finding {
    let both = |[zh, en]: &[Told<'_>; 2]| Bilingual::new(told(zh, heard), told(en, heard));
    let readings = heard.readings.get(said.readings.clone()).unwrap_or_default();
    Finding {
        rule: said.rule.to_owned(),
        code: said.code.to_owned(),
        outcome: said.outcome,
        citation: said.cite.to_owned(),
        message: both(&said.message),
        remedy: both(&said.remedy),
        due: said.due,
        readings: readings
            .iter()
            .map(|one| Reading {
                path: heard.piece(&one.path).to_owned(),
                value: heard.piece(&one.value).to_owned(),
            })
            .collect(),
        overridden_by: said.overridden_by.map(ToOwned::to_owned),
        private: said.private,
    }
}

/// Writes a finding as version 1 of the records has it.
fn write(said: &Said<'_>, heard: &Recorder, text: &mut String) {
    text.push('{');
    key("rule", text);
    quote(said.rule, text);
    field("code", said.code, text);
    field("outcome", said.outcome.as_str(), text);
    field("citation", said.cite, text);
    for (name, [zh, en]) in [("message", &said.message), ("remedy", &said.remedy)] {
        text.push(',');
        key(name, text);
        text.push('{');
        key("zh", text);
        quote(told(zh, heard), text);
        field("en", told(en, heard), text);
        text.push('}');
    }
    text.push(',');
    key("due", text);
    match said.due {
        None => text.push_str("null"),
        Some(due) => {
            text.push('{');
            key("date", text);
            push_date(due.date, text);
            text.push(',');
            key("provisional", text);
            text.push_str(if due.provisional { "true}" } else { "false}" });
        }
    }
    text.push(',');
    key("readings", text);
    text.push('[');
    let readings = heard.readings.get(said.readings.clone()).unwrap_or_default();
    for (index, one) in readings.iter().enumerate() {
        text.push_str(if index > 0 { ",{\"path\":" } else { "{\"path\":" });
        quote(heard.piece(&one.path), text);
        text.push_str(",\"value\":");
        quote(heard.piece(&one.value), text);
        text.push('}');
    }
    text.push(']');
    if let Some(exception) = said.overridden_by {
        field("overridden_by", exception, text);
    }
    if said.private {
        text.push_str(",\"private\":true");
    }
    text.push('}');
}

fn told<'t>(told: &Told<'t>, heard: &'t Recorder) -> &'t str {
    match told {
        Told::Written(words) => words,
        Told::Filled(range) => heard.piece(range),
    }
}

fn field(name: &str, value: &str, text: &mut String) {
    text.push(',');
    key(name, text);
    quote(value, text);
}

fn key(name: &str, text: &mut String) {
    text.push('"');
    text.push_str(name);
    text.push_str("\":");
}
