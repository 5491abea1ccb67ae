//! 行业综合许可证: which of the permits it shall join are there, and what stands on it of each.
//!
//! A part is ready where a register has the permit, live and at these premises; every other one is still
//! its organ's to decide. Nobody's word makes a part ready.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::event::HeldPermit;
use super::{Terms, Visit, draft, facts, items};
use crate::domain::{Grant, Part, PermitKind};
use crate::rules::{Catalogue, FieldKind};

/// The parts by their words in facts, and who gives them where that is not who signs the combined permit
/// (行政许可法 26(2); the same organs as `combined.organ.*` of the rulebook).
const ORGANS: [(&str, Option<&str>); 13] = [
    ("food", None),
    ("hygiene", None),
    ("publication", Some("新闻出版主管部门")),
    ("tobacco", Some("烟草专卖行政主管部门")),
    ("alcohol_filing", Some("商务主管部门")),
    ("drug", Some("药品监督管理部门")),
    ("medical_device", Some("药品监督管理部门")),
    ("fire", Some("消防救援机构")),
    ("special_trade", Some("公安机关")),
    ("sports", Some("体育主管部门")),
    ("film", Some("电影主管部门")),
    ("entertainment", Some("文化和旅游主管部门")),
    ("signboard", Some("城市管理部门")),
];

/// Says in the facts which parts are ready, and what their permits allow: the rules of food and hygiene
/// look at that as if it were applied for.
pub(super) fn write(document: &mut Value, visit: &Visit, today: Date) {
    let asked = document.pointer("/application/parts").and_then(Value::as_array);
    let mut parts = asked.cloned().unwrap_or_default();
    for part in &mut parts {
        let Some(kind) = part.get("kind").and_then(Value::as_str).map(str::to_owned) else {
            continue;
        };
        let Some(held) = held(visit, &kind, Some(today)) else { continue };
        part["state"] = json!("green");
        // It is told as the part that it becomes: nobody is given a second one, for its number is kept.
        if let Some(others) = document.get_mut("permits").and_then(Value::as_array_mut) {
            others.retain(|other| other["number"] != held.number.as_str());
        }
        match PermitKind::parse(&held.kind) {
            Some(PermitKind::Food) => write_food(document, held),
            Some(PermitKind::HygieneFiling) => {
                if let Some(kind) = draft::place(&held.subject) {
                    document["place"] = json!({ "kind": kind });
                }
            }
            // Its rules ask what no register tells, so an officer joins a hygiene licence.
            Some(PermitKind::Hygiene | PermitKind::Filing | PermitKind::Combined) | None => {}
        }
    }
    document["application"]["parts"] = Value::Array(parts);
}

fn write_food(document: &mut Value, held: &HeldPermit) {
    let application = &mut document["application"];
    if let Some((subject, marks)) = draft::subject_of(&held.subject) {
        application["subject_types"] = json!([subject]);
        application["subject_marks"] = json!(marks);
    }
    // Items in words nobody here knows stay unsaid, and the rules ask for them.
    if let Some(items) = items::read(&held.items) {
        application["items"] = items;
    }
}

/// What is printed: the trade, and of each part that is ready its number, scope, term and organ. `None`
/// where one of them is not ready or a word is missing.
pub(super) fn grant(terms: &Terms, visit: &Visit, document: &Value) -> Option<Grant> {
    let word = |field: &str, value: &str| label(&terms.catalogue, field, value);
    let trade = document.pointer("/application/trade")?.as_str()?;
    let parts = document.pointer("/application/parts")?.as_array()?.iter().map(|part| {
        let kind = part.get("kind")?.as_str()?;
        let held = held(visit, kind, None).filter(|_| part["state"] == "green")?;
        let (_, organ) = ORGANS.into_iter().find(|(known, _)| *known == kind)?;
        Some(Part {
            title: word("combined-parts", kind)?,
            number: held.number.clone(),
            scope: scope(held),
            valid_to: held.valid_to,
            organ: organ.unwrap_or(&terms.issuer.name).to_owned(),
        })
    });
    let parts = parts.collect::<Option<Vec<Part>>>()?;
    Some(Grant::Combined { trade: word("application.trade", trade)?, parts })
}

/// What an answer is called on the form.
fn label(catalogue: &Catalogue, field: &str, value: &str) -> Option<String> {
    let choices = match &catalogue.field(field)?.kind {
        FieldKind::Choice(choices) | FieldKind::Choices(choices) => choices,
        FieldKind::YesNo | FieldKind::Number { .. } | FieldKind::Text { .. } | FieldKind::Date => {
            return None;
        }
    };
    choices.iter().find(|choice| choice.value == value).map(|choice| choice.label.zh.clone())
}

fn scope(held: &HeldPermit) -> String {
    let items = held.items.join("，");
    if items.is_empty() || items == held.subject {
        held.subject.clone()
    } else {
        format!("{}：{items}", held.subject)
    }
}

/// The live permit behind a part, if a register has one at these premises; of several the one that lives
/// longest.
fn held<'a>(visit: &'a Visit, part: &str, today: Option<Date>) -> Option<&'a HeldPermit> {
    let address = facts::place(&visit.business.as_ref()?.address);
    let permits = &visit.supervision.as_ref()?.permits;
    let live = permits.iter().filter(|permit| {
        let of_this_part = match PermitKind::parse(&permit.kind) {
            Some(PermitKind::Food) => part == "food",
            Some(PermitKind::Hygiene | PermitKind::HygieneFiling) => part == "hygiene",
            Some(PermitKind::Filing | PermitKind::Combined) => false,
            None => permit.kind == part,
        };
        of_this_part
            && permit.status == "valid"
            && !permit.number.is_empty()
            && facts::place(&permit.premises) == address
            && permit.valid_to.is_none_or(|last| today.is_none_or(|today| today <= last))
    });
    live.max_by_key(|permit| permit.valid_to.unwrap_or(Date::MAX))
}
