//! `permit-kiosk rules draft | sign | verify | publish`, as policy staff go through them: the shipped
//! rulebook with other dates and the next number.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use jiff::ToSpan as _;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::rulebooks;

fn run(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    output.unwrap()
}

/// Runs it, and what it said.
#[track_caller]
fn check(arguments: &[&str], code: i32, wanted: &str) {
    let output = run(arguments);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(wanted), "{arguments:?} does not say '{wanted}': {said}");
}

/// The shipped rulebook in `folder`, its manifest changed.
fn copy(folder: &Path, change: &[(&str, String)]) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config/rulebook");
    for (file, mut text) in rulebooks::read(&shipped).unwrap() {
        let path = folder.join(&file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if file == "manifest.toml" {
            for (key, line) in change {
                let old = text.lines().find(|old| old.starts_with(key)).unwrap().to_owned();
                text = text.replace(&old, line);
            }
        }
        std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

/// The cases say what the law is. They hold under whatever dates an edition is published with, also
/// where its last day lies before the days its cases are about.
#[test]
fn an_edition_with_other_dates_is_drafted_signed_by_two_and_published() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (keys, data) = (place("keys"), place("data"));
    check(&["provision", "--keys", &keys, "--data", &data], 0, "");
    let rulebook = place("rulebook");
    let today = SystemClock.today();
    let day = |key: &str, days: i64| format!("{key} = {}", today.saturating_add(days.days()));
    let dates = |refresh_by: i64, reject_after: i64| {
        let manifest = [
            ("version", "version = 2".to_owned()),
            ("issued", day("issued", -60)),
            ("refresh_by", day("refresh_by", refresh_by)),
            ("reject_after", day("reject_after", reject_after)),
        ];
        copy(Path::new(&rulebook), &manifest);
    };
    let draft = place("next.json");
    // Nobody would take it.
    dates(-30, -1);
    check(&["rules", "draft", &rulebook, "--out", &draft], 2, "move `reject_after` on");
    // Cases are about days up to March 2027: long past its last day.
    dates(10, 20);
    check(&["rules", "draft", &rulebook, "--out", &draft], 0, "now two publishers sign it");

    let publishers = format!("{keys}/publishers.json");
    let verify = ["rules", "verify", &draft, "--publishers", &publishers];
    let publish = ["rules", "publish", &draft, "--keys", &keys, "--data", &data];
    check(&verify, 1, "INVALID");
    check(&publish, 3, "have another publisher sign it");
    for (publisher, code, word) in [("publisher-1", 1, "INVALID"), ("publisher-3", 0, "VALID")] {
        let key = format!("{keys}/publishers/{publisher}.key");
        let last = today.saturating_add(20.days()).to_string();
        check(&["rules", "sign", &draft, "--key", &key], 0, &last);
        check(&verify, code, word);
    }
    check(&publish, 0, "published zhangdian 1.2 for channel all");
    // What does not count up is neither drafted against it nor published after it.
    copy(Path::new(&rulebook), &[]);
    let again = place("again.json");
    let previous = ["rules", "draft", &rulebook, "--previous", &draft, "--out", &again];
    check(&previous, 2, "count up `version` in manifest.toml");
}
