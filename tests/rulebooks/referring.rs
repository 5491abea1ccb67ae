//! Without a valid edition every application is accepted and referred, whatever its facts.

use std::collections::BTreeSet;

use jiff::civil::date;
use permit_kiosk::domain::{ServiceCode, Verdict};
use permit_kiosk::rulebooks::referring;
use permit_kiosk::rules;
use serde_json::json;

#[test]
fn every_service_is_offered_in_both_languages() {
    let rulebook = referring();
    let entries = &rulebook.catalogue().entries;
    let offered: BTreeSet<ServiceCode> = entries.iter().map(|entry| entry.service).collect();
    assert_eq!(offered, ServiceCode::ALL.into());
    for entry in entries {
        assert!(!entry.title.zh.is_empty() && !entry.title.en.is_empty());
        assert!(rulebook.catalogue().groups.iter().any(|group| group.id == entry.group));
    }
}

#[test]
fn every_decision_refers_and_says_why() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config/rulebook/cases/base/");
    let mut documents = vec![json!({}), json!({ "application": "nonsense" })];
    for entry in std::fs::read_dir(root).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        documents.push(serde_json::from_str(&text).unwrap());
    }
    assert!(documents.len() > 5);
    for document in documents {
        for today in [date(1999, 1, 1), date(2026, 11, 23), date(2199, 1, 1)] {
            let decision = rules::decide_document(&referring(), &document, today);
            assert_eq!(decision.verdict, Verdict::Refer);
            assert_eq!(decision.code, "NO_EDITION");
            assert_eq!(decision.edition, "no-edition 1.1");
            assert!(decision.findings[0].citation.contains("第三十四条"));
        }
    }
}
