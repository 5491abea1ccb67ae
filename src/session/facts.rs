//! From what is known of a visit to the facts document, the decision and the case.

use serde_json::{Map, Value, json};

use super::effect::Case;
use super::event::{Answer, Moment, Register, Relation, Unanswered};
use super::form::{Choice, Field, FieldKind};
use super::{LookUp, Terms, Visit, draft};
use crate::clock_day::today;
use crate::domain::{Bilingual, BusinessStatus, Decision};
use crate::rules::{self, Catalogue, Facts};

/// The lines of the form: what the register says, then what is still to be asked.
pub(super) fn fields(terms: &Terms, visit: &Visit) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(business) = &visit.business {
        let source = Bilingual::new("营业执照数据库", "Business register");
        let known = |key: &str, zh: &str, en: &str, value: &str| Field {
            key: key.to_owned(),
            label: Bilingual::new(zh, en),
            help: Bilingual::new("", ""),
            kind: FieldKind::Text { chars_max: 400 },
            optional: false,
            answer: Some(Answer::Text(value.to_owned())),
            source: Some(source.clone()),
            problem: None,
        };
        fields.push(known("business.name", "名称", "Name", &business.name));
        fields.push(known(
            "business.uscc",
            "统一社会信用代码",
            "Unified social credit code",
            business.uscc.as_str(),
        ));
        fields.push(known(
            "business.legal_representative",
            "法定代表人（负责人）",
            "Legal representative",
            &business.legal_representative,
        ));
        fields.push(known("business.address", "住所", "Registered address", &business.address));
    }
    let asked = visit.entry.iter().flat_map(|entry| &entry.asks);
    fields.extend(asked.filter_map(|key| terms.catalogue.field(key)).map(|field| {
        let mut asked = asked_field(field);
        // The place of trade is nearly always the registered one: offered, not decided.
        if let (Some("premises.division"), Some(business)) =
            (field.fact.as_deref(), &visit.business)
        {
            let registered = Answer::Choice(business.division.as_str().to_owned());
            asked.answer(registered);
            if asked.problem.take().is_some() {
                asked.answer = None;
            }
        }
        asked
    }));
    fields
}

fn asked_field(field: &rules::Field) -> Field {
    let choices = |choices: &[rules::Choice]| {
        choices
            .iter()
            .map(|choice| Choice { value: choice.value.clone(), label: choice.label.clone() })
            .collect()
    };
    Field {
        key: field.key.clone(),
        label: field.label.clone(),
        help: field.help.clone(),
        kind: match &field.kind {
            rules::FieldKind::YesNo => FieldKind::YesNo,
            rules::FieldKind::Choice(offered) => FieldKind::Choice(choices(offered)),
            rules::FieldKind::Choices(offered) => FieldKind::Choices(choices(offered)),
            rules::FieldKind::Number { min, max, unit } => {
                FieldKind::Number { min: *min, max: *max, unit: unit.clone() }
            }
            rules::FieldKind::Text { chars_max } => FieldKind::Text { chars_max: *chars_max },
            rules::FieldKind::Date => FieldKind::Date,
        },
        optional: field.optional,
        answer: None,
        source: None,
        problem: None,
    }
}
