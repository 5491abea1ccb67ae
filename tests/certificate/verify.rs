//! `permit-kiosk verify` as an inspector uses it.

use std::path::Path;

use permit_kiosk::seal::{CopySerial, Profile};

use super::{oracle, sample};

const PROGRAM: &str = env!("CARGO_BIN_EXE_permit-kiosk");

fn qr(profile: Profile) -> String {
    let copy = CopySerial::parse("K03-000017-1").unwrap();
    sample::seal(&sample::food(), &copy, profile).to_string()
}

/// Runs `verify` with the demo issuer trusted; the exit code, and what was printed on each stream.
fn verify(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    for profile in Profile::ALL {
        let name = format!("seal-demo-{profile}.pub");
        oracle::file(
            folder.path(),
            &name,
            sample::key(profile).verifying_key().to_pem().as_bytes(),
        );
    }
    run(folder.path(), arguments, input)
}

fn run(keys: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let keys = ["verify", "--keys", keys.to_str().unwrap()];
    let arguments = [keys.as_slice(), arguments].concat();
    let output = oracle::run(PROGRAM, &arguments, input.as_bytes()).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_genuine_seal_is_told_in_plain_words() {
    for profile in Profile::ALL {
        let text = qr(profile);
        let day = ["--on", "2026-11-24"];
        let (code, told, _) = verify(&[day.as_slice(), &["--qr", &text]].concat(), "");
        assert_eq!(code, Some(0), "{told}");
        for words in [
            &format!("VALID: the seal was made with the key of seal-demo-{profile} ("),
            "permit   JY13703039901011",
            "食品经营许可证",
            "holder   91370303MAXX01026W",
            "issued   2026-11-23",
            "until 2031-11-22: within its term on 2026-11-24",
            "sheet    K03-000017-1",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
        // From standard input, with the line feed a scanner sends.
        let (code, also, _) = verify(&day, &format!("{text}\n"));
        assert_eq!((code, also), (Some(0), told));
    }
}

#[test]
fn an_expired_permit_is_told_so() {
    let (code, told, _) = verify(&["--on", "2031-11-23", "--qr", &qr(Profile::Sm2)], "");
    assert_eq!(code, Some(0), "the seal is genuine");
    assert!(told.contains("until 2031-11-22: EXPIRED on 2031-11-23"), "{told}");
}

#[test]
fn a_changed_character_is_told() {
    let text = qr(Profile::Sm2);
    let changed = text.replacen('A', "B", 1);
    assert_ne!(text, changed);
    let (code, told, _) = verify(&["--qr", &changed], "");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("NOT VALID: "), "{told}");
    let (code, told, _) = verify(&["--qr", "https://verify.example/v/1"], "");
    assert_eq!(code, Some(1));
    assert!(told.contains("not one of ours"), "{told}");
}

#[test]
fn an_incomplete_call_is_no_verdict() {
    let (code, told, complaint) = verify(&[], "");
    assert_eq!((code, told.as_str()), (Some(2), ""));
    assert!(complaint.contains("there is no text"), "{complaint}");
    let empty = tempfile::tempdir().unwrap();
    let (code, told, complaint) = run(empty.path(), &["--qr", &qr(Profile::Sm2)], "");
    assert_eq!((code, told.as_str()), (Some(2), ""));
    assert!(complaint.contains("nobody to trust"), "{complaint}");
}

#[test]
fn a_broken_key_is_no_verdict_either() {
    let folder = tempfile::tempdir().unwrap();
    oracle::file(folder.path(), "seal-broken.pub", b"-----BEGIN PUBLIC KEY-----\n");
    let (code, told, complaint) = run(folder.path(), &["--qr", &qr(Profile::Sm2)], "");
    assert_eq!((code, told.as_str()), (Some(3), ""));
    assert!(complaint.contains("seal-broken.pub"), "{complaint}");
}
