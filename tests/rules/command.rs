//! `permit-kiosk decide` and `permit-kiosk rules`, as processes.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use permit_kiosk::domain::Verdict;
use permit_kiosk::durable;
use permit_kiosk::wire::v1::{Decision, EditionManifest, SignedEdition};

use super::edition::{zhangdian, zhangdian_files};

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
        let output = run(&["decide", "--facts", "-", "--today", at], &base("food-new"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let decision: Decision = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((decision.verdict, decision.code.as_str()), (Verdict::Issue, "OK"));
        assert_eq!(decision.today.to_string(), today);
    }
}

#[test]
fn one_decision_a_line_and_a_wrong_line_stops_no_other() {
    let line = |name: &str| {
        let document: serde_json::Value = serde_json::from_str(&base(name)).unwrap();
        document.to_string()
    };
    let wrong = line("food-new").replace("\"bans\"", "\"ban\"");
    let long = format!("{}{}", line("food-new"), " ".repeat(300 * 1024));
    // The last line has no end.
    let input = [line("food-new"), wrong, long, String::new(), line("hygiene-new")].join("\n");
    let at = ["--today", "2026-11-23"];
    let output = run(&[&["decide", "--facts", "-", "--lines"][..], &at].concat(), &input);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told.len(), 5, "{told:#?}");
    for (index, name) in [(0, "food-new"), (4, "hygiene-new")] {
        let alone = run(&[&["decide", "--facts", "-"][..], &at].concat(), &base(name));
        let alone: Decision = serde_json::from_slice(&alone.stdout).unwrap();
        assert_eq!(told[index], serde_json::to_string(&alone).unwrap());
    }
    for (index, text) in [(1, "unknown field"), (2, "bytes, at most"), (3, "not JSON")] {
        let line: serde_json::Value = serde_json::from_str(told[index]).unwrap();
        assert_eq!(line["line"], index + 1);
        assert!(line["problems"][0]["text"].as_str().unwrap().contains(text), "{line}");
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
    assert_eq!(
        run(&["decide", "--facts", "-", "--today", "2026-02-30"], "").status.code(),
        Some(2)
    );
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

/// In Chinese the signs are Chinese too.
#[test]
fn what_changed_is_told_with_the_signs_of_its_language() {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in zhangdian_files() {
        let path = directory.path().join(&file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = match file.as_str() {
            "manifest.toml" => text.replace("version = 1\n", "version = 2\n"),
            "params.toml" => text.replace(
                "[{ from = 2019-12-01, is = 15 }]",
                "[{ from = 2019-12-01, is = 15 }, { from = 2027-01-01, is = 20 }]",
            ),
            "rules/90-identity.toml" => text
                .replacen("applies = [\"any\"]", "applies = [\"food/new\", \"hygiene/new\"]", 1)
                .replace("没有读到您证件的有效期。", "证件的有效期没有读到。"),
            _ => text,
        };
        std::fs::write(path, text).unwrap();
    }
    let new = directory.path().to_str().unwrap();
    for (language, colon) in [("zh", '：'), ("en", ':')] {
        let output = run(&["rules", "diff", "kiosk-config/rulebook", new, "--lang", language], "");
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("food.filing_change_workdays") && said.contains(colon), "{said}");
        let other = if language == "zh" { ": " } else { "：" };
        let wrong: Vec<&str> = said.lines().filter(|line| line.contains(other)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}\n{said}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let facts = base("food-new").replacen('{', r#"{ "bans": [],"#, 1);
    let output = run(&["decide", "--facts", "-"], &facts);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("`bans` stands twice"), "{complaint}");
}

/// The edition as `rules draft` writes it, in a folder of its own.
fn published() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("next.json");
    let files = zhangdian_files();
    let manifest = EditionManifest::describe(zhangdian(), &files, "all");
    let edition = SignedEdition::unsigned(&manifest, files);
    durable::write(&path, edition.to_text().as_bytes()).unwrap();
    (folder, path)
}

#[test]
fn a_published_edition_is_read_like_the_directory_it_came_from() {
    let (_folder, path) = published();
    let path = path.to_str().unwrap();
    let facts = base("food-new");
    let at = ["--today", "2026-11-23"];
    for (of_file, of_directory) in [
        (vec!["decide", "--facts", "-", "--rulebook", path], vec!["decide", "--facts", "-"]),
        (vec!["rules", "check", path], vec!["rules", "check"]),
        (
            vec!["rules", "guide", path, "奶茶"],
            vec!["rules", "guide", "kiosk-config/rulebook", "奶茶"],
        ),
        (
            vec!["rules", "explain", path, "--facts", "-", "--today", "2026-11-23"],
            vec!["rules", "explain", "--facts", "-", "--today", "2026-11-23"],
        ),
    ] {
        let at = if of_file[0] == "decide" { &at[..] } else { &[] };
        let file = run(&[&of_file[..], at].concat(), &facts);
        let directory = run(&[&of_directory[..], at].concat(), &facts);
        assert!(file.status.success(), "{of_file:?}: {}", String::from_utf8_lossy(&file.stderr));
        assert!(!file.stdout.is_empty());
        assert_eq!(file.stdout, directory.stdout, "{of_file:?}");
    }
}

#[test]
fn what_is_no_edition_is_said_with_what_would_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    durable::write(&text, b"notes").unwrap();
    let (nowhere, text) = (folder.path().join("nowhere"), text.to_str().unwrap());
    for command in [vec!["rules", "check"], vec!["decide", "--facts", "-", "--rulebook"]] {
        for (path, wanted) in [
            (nowhere.to_str().unwrap(), "there is no edition at"),
            (text, "neither a directory nor a file made by `rules draft`"),
        ] {
            let output = run(&[&command[..], &[path]].concat(), &base("food-new"));
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(3), "{told}");
            assert!(told.contains(wanted) && told.contains(path), "{told}");
        }
        // A directory of something else is told by its files.
        let output = run(&[&command[..], &[folder.path().to_str().unwrap()]].concat(), "{}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(!output.status.success());
        assert!(said.contains("notes.txt:1: the file is no part of an edition"), "{said}");
    }
}

#[test]
fn whoever_reads_only_the_first_line_ends_a_command_quietly() {
    for arguments in [
        &["rules", "explain", "--facts", "-"][..],
        &["decide", "--facts", "-"],
        &["rules", "explain", "--facts", "-", "--json"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
            .args(arguments)
            .args(["--today", "2026-11-23"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody reads any more before there is anything to say: it waits for the facts.
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(base("catering").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{arguments:?}: {told}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .args(["rules", "check"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(full)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("cannot write the answer"), "{told}");
}

/// A mistake at the command line: what is wrong, and what there is instead, in words.
#[test]
fn a_mistake_at_the_command_line_is_told_with_what_there_is_instead() {
    let book = "kiosk-config/rulebook";
    let table: &[(&[&str], &str, &[&str])] = &[
        (
            &["guide", book, "书店 咖啡", "--answer", "bookshop-drinks=maybe"],
            "",
            &["bookshop-drinks 没有答案 maybe", "--answer bookshop-drinks=yes"],
        ),
        (
            &["guide", book, "书店 咖啡", "--answer", "drinks=yes", "--lang", "en"],
            "",
            &["asks no 'drinks'", "--answer bookshop-drinks=no"],
        ),
        (&["guide", book, "书店", "--answer", "yes"], "", &["an answer is QUESTION=VALUE"]),
        (
            &["explain", "--facts", "-", "--today", "1800-01-01"],
            "food-new",
            &["no rule set of zhangdian", "R2020, begins on 2019-12-01"],
        ),
        (&["explain"], "", &["give --facts FILE", "--journal DB"]),
        (&["impact", book], "", &["--journal DB", "--central DB", "--keys DIR"]),
        (&["impact", book, "--central", "x.db"], "", &["give --keys DIR"]),
        (
            &["impact", book, "--central", "x", "--keys", "k", "--since", "yesterday"],
            "",
            &["neither a day (2026-11-23)"],
        ),
        (
            &["impact", book, "--central", "x", "--keys", "k", "--service", "food"],
            "",
            &["food/new"],
        ),
        (&["publish", "x.json", "--keys", "k"], "", &["--config DIR", "--data DIR"]),
    ];
    for (arguments, input, told) in table {
        let input = if input.is_empty() { String::new() } else { base(input) };
        let output = run(&[&["rules"][..], arguments].concat(), &input);
        assert!(!output.status.success(), "{arguments:?}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        for told in *told {
            assert!(said.contains(told), "{arguments:?}\n{said}\ndoes not say: {told}");
        }
    }
}
