//! `permit-kiosk decide` and `permit-kiosk rules`, as processes.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use permit_kiosk::domain::Verdict;
use permit_kiosk::wire::v1::Decision;

use super::edition::zhangdian_files;

pub(super) fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn base(name: &str) -> String {
    zhangdian_files()[&format!("cases/base/{name}.json")].clone()
}

#[test]
fn facts_in_decision_out() {
    for (at, today) in [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-22T23:59:58+08:00", "2026-11-22"),
        ("2026-11-22T16:00:01Z", "2026-11-23"),
    ] {
        let output = run(&["decide", "--facts", "-", "--at", at], &base("food-new"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let decision: Decision = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((decision.verdict, decision.code.as_str()), (Verdict::Issue, "OK"));
        assert_eq!(decision.today.to_string(), today);
    }
}

#[test]
fn wrong_facts_are_told_at_once_and_nothing_is_decided() {
    let facts = base("food-new")
        .replace("\"sale_bulk_and_prepackaged\"", "\"bulk\"")
        .replace("\"bans\"", "\"ban\"");
    let output = run(&["decide", "--facts", "-"], &facts);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    for wanted in [
        "3 things wrong",
        "application.items[0].item: \"bulk\" is not",
        "ban: unknown field (did you mean 'bans'?)",
        "bans: missing",
    ] {
        assert!(told.contains(wanted), "{told}\ndoes not say: {wanted}");
    }
    assert_eq!(run(&["decide", "--facts", "-"], "{").status.code(), Some(2));
    assert_eq!(run(&["decide", "--facts", "-", "--at", "2026-02-30"], "").status.code(), Some(2));
}

#[test]
fn the_rulebook_that_is_shipped_passes_its_own_test() {
    let output = run(&["rules", "test"], "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("cases hold, and each of"), "{said}");
}

#[test]
fn a_broken_rulebook_is_told_with_its_lines() {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in zhangdian_files() {
        let path = directory.path().join(&file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = text
            .replace("bans.exists(b, b.kind == \"fraud\"", "bans.exists(b, b.kind == \"frauds\"");
        std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }
    let output = run(&["rules", "check", directory.path().to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("rules/20-bans.toml:") && said.contains("did you mean 'fraud'?"),
        "{said}"
    );
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let facts = base("food-new").replacen('{', r#"{ "bans": [],"#, 1);
    let output = run(&["decide", "--facts", "-"], &facts);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("`bans` stands twice"), "{complaint}");
}
