//! From what is known of a visit to the facts document, the decision and the case.

use serde_json::{Value, json};

use super::effect::Case;
use super::event::{Answer, Moment, Register, Relation, Unanswered};
use super::form::{Choice, Field, FieldKind};
use super::{LookUp, Terms, Visit, draft, items, parts};
use crate::domain::calendar::date_in_china;
use crate::domain::{Bilingual, BusinessStatus, Decision, Language, PermitKind, ServiceCode};
use crate::rules;

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

/// What the facts say of the promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promised {
    /// As if it were read and signed: is it worth showing?
    AsIf,
    /// What was signed, and how long it was read, if anything was: the legal act.
    AsSigned,
}

/// The facts document of a visit and the decision on it.
pub(super) fn decide(
    terms: &Terms,
    visit: &Visit,
    at: Moment,
    promised: Promised,
) -> (Value, Decision) {
    // A clock that was set back does not make an edition younger than its own signed date.
    let today = date_in_china(at.wall).max(terms.rulebook.issued());
    let mut document = document(visit, terms, promised);
    if visit.entry.as_ref().is_some_and(|entry| entry.service == ServiceCode::CombinedNew) {
        parts::write(&mut document, visit, today);
    }
    let decision = rules::decide_document(&terms.rulebook, &document, today);
    (document, decision)
}

/// Everything that stands behind a decision, ready to be recorded; `None` before anybody is known.
pub(super) fn case(
    terms: &Terms,
    visit: &Visit,
    language: Language,
    document: &Value,
    decision: Decision,
) -> Option<Case> {
    let entry = visit.entry.as_ref()?;
    let verdict = decision.verdict;
    let draft =
        verdict.grants_number().then(|| draft::draft(terms, visit, document, verdict)).flatten();
    Some(Case {
        application: visit.application,
        service: entry.service,
        title: entry.title.clone(),
        language,
        applicant: visit.applicant.clone()?,
        business: visit.business.clone(),
        facts: document.to_string(),
        decision,
        promise: visit.promise.clone(),
        promise_text: visit
            .promise
            .as_ref()
            .and_then(|promise| Some(terms.catalogue.promise(&promise.text_version)?.text.clone())),
        draft,
    })
}

/// The document as `docs/formats.md` describes it: what is known and what was declared, nothing else.
fn document(visit: &Visit, terms: &Terms, promised: Promised) -> Value {
    let mut document = json!({
        "application": {
            "wants_person": visit.person_wanted,
            "wants_licence": false,
            "subject_types": [],
            "subject_marks": [],
            "items": [],
            "machines": [],
            "parts": [],
        },
        "registers": registers(visit),
        "bans": [],
        "permits": [],
        "promise": promise(visit, promised),
    });
    if let Some(applicant) = &visit.applicant {
        document["applicant"] = json!({
            "document": applicant.document,
            "birth": applicant.birth.reveal().to_string(),
            "role": role(&visit.relation),
        });
        document["applicant"]["document_long_term"] = json!(applicant.valid_to.is_none());
        if let Some(valid_to) = applicant.valid_to {
            document["applicant"]["document_valid_to"] = json!(valid_to.to_string());
        }
        if let Relation::Agent { services, from, until } = &visit.relation {
            // The register says "all" with an empty list; in the document an empty list grants nothing.
            let services = if services.is_empty() {
                ServiceCode::ALL.map(|service| service.as_str().to_owned()).to_vec()
            } else {
                services.clone()
            };
            document["applicant"]["grant"] = json!({
                "services": services, "from": from.to_string(), "until": until.to_string(),
            });
        }
    }
    if let Some(business) = &visit.business {
        document["business"] = json!({
            "uscc": business.uscc.as_str(),
            "name": business.name,
            "kind": business.kind,
            "status": status(business.status),
            "division": business.division.as_str(),
            "scope": business.scope,
        });
        document["premises"] = json!({ "division": business.division.as_str() });
    }
    if let Some(supervision) = &visit.supervision {
        document["bans"] = supervision
            .bans
            .iter()
            .map(|ban| json!({ "kind": ban.kind, "who": ban.who, "on": ban.on.to_string() }))
            .collect();
        let address = visit.business.as_ref().map(|business| business.address.as_str());
        // The others are parts of a combined permit, and no rule asks for them.
        let judged = supervision.permits.iter().filter(|permit| {
            matches!(
                PermitKind::parse(&permit.kind),
                Some(PermitKind::Food | PermitKind::Filing | PermitKind::Hygiene)
            )
        });
        document["permits"] = judged.map(|permit| held(permit, address)).collect();
    }
    if let Some(district) = &visit.district {
        document["district"] = json!({
            "open_penalty_case": district.open_penalty_case,
            "open_application": district.open_application,
        });
    }
    if let Some(entry) = &visit.entry {
        entry.begin(&mut document);
        // Who files may hold a licence that makes it needless.
        let filed = (entry.service == ServiceCode::FoodFile).then_some(PermitKind::Food);
        let kind = entry.service.held().or(filed);
        if let Some(permit) = kind.and_then(|kind| draft::own_permit(visit, kind)) {
            document["permit"] = held(permit, None);
            // The kind of place as licensed; an answer says what it is today.
            if let Some(kind) = document["permit"].get("place_kind").cloned() {
                document["place"] = json!({ "kind": kind });
            }
        }
    }
    for field in visit.fields.iter().filter(|field| field.source.is_none()) {
        if let (Some(spec), Some(answer)) = (terms.catalogue.field(&field.key), &field.answer) {
            write(&mut document, spec, answer);
        }
    }
    // What the register says of the address says nothing where nobody knows which it is.
    if let (Some(supervision), Some(premises)) =
        (&visit.supervision, document.get_mut("premises").and_then(Value::as_object_mut))
    {
        premises.insert("occupied".to_owned(), json!(supervision.address_occupied));
    }
    document
}

fn promise(visit: &Visit, promised: Promised) -> Value {
    match (promised, &visit.promise) {
        (Promised::AsIf, _) => json!({ "accepted": true }),
        (Promised::AsSigned, None) => json!({ "accepted": false }),
        (Promised::AsSigned, Some(promise)) => json!({
            "accepted": true,
            "text_version": promise.text_version,
            "signed": promise.signature.is_signed(),
            // Whole seconds that have passed; the rules say how many are enough.
            "read_seconds": promise.reading_ms / 1000,
        }),
    }
}

/// Writes an answer; one that does not fit its question is left out, and the rules then refer.
fn write(document: &mut Value, spec: &rules::Field, answer: &Answer) {
    let written = match answer {
        Answer::Choice(value) => spec.write(document, rules::Answer::Choice(value)),
        Answer::Choices(values) => spec.write(document, rules::Answer::Choices(values)),
        Answer::YesNo(yes) => spec.write(document, rules::Answer::YesNo(*yes)),
        Answer::Number(typed) => typed
            .trim()
            .parse()
            .is_ok_and(|number| spec.write(document, rules::Answer::Number(number))),
        Answer::Text(text) => spec.write(document, rules::Answer::Text(text.trim())),
        Answer::Date(date) => spec.write(document, rules::Answer::Date(*date)),
    };
    debug_assert!(written, "{} was checked when it was answered", spec.key);
}

fn registers(visit: &Visit) -> Value {
    Register::ALL
        .into_iter()
        .map(|register| {
            let word = match visit.look_ups.get(&register) {
                Some(LookUp::Answered) => "answered",
                Some(LookUp::Unanswered(Unanswered::Stale)) => "stale",
                Some(LookUp::Asked | LookUp::Unanswered(Unanswered::Down)) | None => "down",
            };
            (register.as_str().to_owned(), json!(word))
        })
        .collect::<serde_json::Map<String, Value>>()
        .into()
}

/// An address without what one register writes before it and another leaves out.
pub(super) fn place(address: &str) -> String {
    let bare: String = address.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = bare.strip_prefix("山东省").unwrap_or(&bare);
    bare.strip_prefix("淄博市").unwrap_or(bare).to_owned()
}

/// A permit as the register has it. `applied_for` is the address a new one would be for, where it is known:
/// whether this one stands there already.
fn held(permit: &super::event::HeldPermit, applied_for: Option<&str>) -> Value {
    let mut value = json!({
        "kind": permit.kind, "number": permit.number, "status": permit.status,
    });
    if let Some(issued) = permit.issued {
        value["issued_on"] = json!(issued.to_string());
    }
    if let Some(valid_to) = permit.valid_to {
        value["valid_to"] = json!(valid_to.to_string());
    }
    // What the register does not say stays unknown, and the rules refer.
    if let Some(address) =
        applied_for.filter(|address| !address.is_empty() && !permit.premises.is_empty())
    {
        value["here"] = json!(place(&permit.premises) == place(address));
    }
    if let ("hygiene", Some(kind)) = (permit.kind.as_str(), draft::place(&permit.subject)) {
        value["place_kind"] = json!(kind);
    }
    // An item in words nobody here knows leaves all of them unknown, and the rules refer.
    if let Some(items) = items::read(&permit.items) {
        value["items"] = items;
    }
    value
}

fn role(relation: &Relation) -> &'static str {
    match relation {
        Relation::LegalRepresentative => "legal_representative",
        Relation::Agent { .. } => "agent",
        Relation::None => "none",
    }
}

fn status(status: BusinessStatus) -> &'static str {
    match status {
        BusinessStatus::Live => "live",
        BusinessStatus::Cancelled => "cancelled",
        BusinessStatus::Revoked => "revoked",
    }
}
