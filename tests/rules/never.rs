//! What is never granted: anything under a live ban, and no combined permit its food part would not get alone.

use jiff::civil::{Date, date};
use permit_kiosk::domain::{Decision, Verdict};
use permit_kiosk::rules::{Facts, decide};
use serde_json::{Value, json};

use super::edition::zhangdian;

const TODAY: Date = date(2026, 11, 23);

fn decided(document: &Value) -> Decision {
    let facts =
        Facts::bind(zhangdian(), document).unwrap_or_else(|problems| panic!("{problems:?}"));
    decide(zhangdian(), &facts, TODAY)
}

fn document(case: &str) -> Value {
    zhangdian().cases().iter().find(|known| known.id == case).unwrap().document.clone()
}

fn granted(decision: &Decision) -> bool {
    matches!(decision.verdict, Verdict::Issue | Verdict::File)
}

/// An application of each service that is granted where nothing stands against it.
fn granted_applications() -> Vec<(&'static str, Value)> {
    let mut applications = Vec::new();
    for known in zhangdian().cases() {
        let service = known.document["application"]["service"].as_str().unwrap_or_default();
        let fresh = applications.iter().all(|(seen, _)| *seen != service);
        let clean = known.document["bans"].as_array().is_some_and(Vec::is_empty);
        if fresh && clean && known.today == TODAY && granted(&decided(&known.document)) {
            applications.push((service, known.document.clone()));
        }
    }
    applications
}

/// Bans that bar nobody from this: the agent's, and food-safety penalties outside food.
fn allowed(service: &str, kind: &str, who: &str) -> bool {
    who == "agent"
        || matches!(service, "food/reissue" | "food/cancel" | "hygiene/reissue" | "hygiene/cancel")
        || (service.starts_with("hygiene/") && matches!(kind, "revoked" | "food_crime"))
}

#[test]
fn nothing_is_granted_under_a_live_ban() {
    let applications = granted_applications();
    let services: Vec<&str> = applications.iter().map(|(service, _)| *service).collect();
    for service in [
        "food/new",
        "food/file",
        "food/file-change",
        "food/change",
        "food/renew",
        "food/reissue",
        "food/cancel",
        "hygiene/new",
        "hygiene/file",
        "hygiene/change",
        "hygiene/reissue",
        "hygiene/cancel",
        "combined/new",
        "combined/change",
    ] {
        assert!(services.contains(&service), "no application of {service} is granted");
    }
    for (service, document) in applications {
        for kind in ["revoked", "false_material", "fraud", "food_crime"] {
            for who in ["operator", "legal_representative", "responsible", "manager", "agent"] {
                let mut barred = document.clone();
                barred["bans"] = json!([{ "kind": kind, "who": who, "on": "2026-06-01" }]);
                let decision = decided(&barred);
                assert_eq!(
                    granted(&decision),
                    allowed(service, kind, who),
                    "{service} {kind} {who}: {}",
                    decision.code
                );
            }
        }
    }
}

#[test]
fn a_combined_permit_is_not_granted_where_its_food_part_alone_would_not_be() {
    let combined = document("Y01");
    assert!(granted(&decided(&combined)));
    let mut refused = 0;
    for item in [
        "sale_prepackaged",
        "sale_bulk",
        "sale_bulk_and_prepackaged",
        "sale_other",
        "hot_food",
        "cold_food",
        "raw_food",
        "pastry",
        "semi_finished",
        "self_made_drink",
        "agricultural",
    ] {
        for marks in
            [json!([]), json!(["simple"]), json!(["cooked_bulk"]), json!(["decorated_cake"])]
        {
            for (pointer, value) in [
                ("/promise/accepted", json!(true)),
                ("/application/subject_types", json!([])),
                ("/application/subject_types", json!(["caterer", "canteen"])),
                ("/application/subject_marks", json!(["school"])),
                ("/application/food_safety_manager", Value::Null),
                ("/application/food_safety_manager", json!(false)),
                ("/business/scope", json!(["出版物零售"])),
                ("/premises/stall", json!(true)),
                ("/premises/occupied", json!(true)),
                ("/premises/division", json!("370390001")),
                ("/permits", json!([{ "kind": "filing", "number": "YB1", "status": "valid" }])),
            ] {
                let mut whole = combined.clone();
                whole["application"]["items"] = json!([{ "item": item, "marks": marks }]);
                let (parent, field) = pointer.rsplit_once('/').unwrap();
                whole.pointer_mut(parent).unwrap()[field] = value.clone();
                let mut alone = whole.clone();
                alone["application"]["service"] = json!("food/new");
                alone["application"]["parts"] = json!([]);
                let alone = decided(&alone);
                if !granted(&alone) && alone.verdict != Verdict::OfferRegistration {
                    refused += 1;
                    let whole = decided(&whole);
                    assert!(!granted(&whole), "{item} {marks} {pointer}: alone {}", alone.code);
                }
            }
        }
    }
    assert!(refused > 100, "only {refused} refusals were compared");
}
