//! Codes, remedies and error chains.

use std::collections::BTreeSet;

use permit_kiosk::domain::Language;
use permit_kiosk::fault::{Chain, Fault, FaultCode, Fixer, Retry};

#[test]
fn codes_are_distinct_and_have_the_form_device_dot_condition() {
    let codes: BTreeSet<&str> = FaultCode::ALL.into_iter().map(FaultCode::as_str).collect();
    assert_eq!(codes.len(), FaultCode::ALL.len());
    for code in FaultCode::ALL {
        let text = code.as_str();
        let parts: Vec<&str> = text.split('.').collect();
        let kebab = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        assert!(parts.len() == 2 && parts.iter().all(kebab), "{text}");
        assert_eq!(FaultCode::parse(text), Some(code));
    }
    assert_eq!(FaultCode::parse("receipt.paper"), None);
}

#[test]
fn every_code_says_what_is_the_matter_and_what_to_do_in_both_languages() {
    for code in FaultCode::ALL {
        for text in [code.title(Language::Zh), code.remedy(Language::Zh)] {
            assert!(
                text.chars().any(|symbol| ('\u{4E00}'..'\u{9FFF}').contains(&symbol)),
                "{code}"
            );
        }
        for text in [code.title(Language::En), code.remedy(Language::En)] {
            assert!(text.is_ascii() && text.len() > 10, "{code}: {text}");
            assert!(!text.ends_with('.'), "{code}: sentences are joined by their reader");
        }
    }
}

#[test]
fn a_fault_takes_fixer_and_retry_from_its_code() {
    let fault = Fault::of(FaultCode::ReceiptPaperOut);
    assert_eq!(fault.to_string(), "receipt.paper-out: the receipt printer is out of paper");
    assert_eq!((fault.fixer, fault.retry), (Fixer::Attendant, Retry::Yes));
    assert!(
        FaultCode::ReceiptPaperNearEnd.is_warning() && !FaultCode::ReceiptPaperOut.is_warning()
    );
}

#[test]
fn after_an_unconfirmed_print_a_person_looks_before_anything_is_repeated() {
    for code in FaultCode::ALL {
        let text = code.as_str();
        match text.split_once('.').unwrap().1 {
            "unconfirmed" | "jam" | "cutter" => {
                assert_eq!(code.retry(), Retry::Unknown, "{text}");
            }
            "may-hold-document" => {
                assert_eq!((code.retry(), code.fixer()), (Retry::No, Fixer::Attendant), "{text}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_chain_prints_each_cause_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot issue")]
    struct Outer {
        source: Middle,
    }
    #[derive(Debug, thiserror::Error)]
    #[error("cannot append record 7")]
    struct Middle {
        source: std::io::Error,
    }
    let error = Outer { source: Middle { source: std::io::Error::other("disk full") } };
    assert_eq!(Chain(&error).to_string(), "cannot issue: cannot append record 7: disk full");
}
