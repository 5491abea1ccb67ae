//! The recipe of the handbook, run as it stands there.

use std::path::Path;
use std::process::{Command, Output};

use super::{bundle, copy};
use crate::journal::device_key;

/// The shell blocks of the handbook.
fn blocks() -> Vec<String> {
    let handbook = include_str!("../../docs/auditor.md");
    let blocks = handbook.split("```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Runs a block in a folder. `None`, and a line that says so, where a program is missing.
fn run(block: &str, folder: &Path, trusted: &Path) -> Option<Output> {
    for program in ["sqlite3", "sha256sum", "openssl", "xxd"] {
        if Command::new(program).arg("--version").output().is_err() {
            crate::skipped::without(format_args!("{program} is missing"));
            return None;
        }
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", block]).current_dir(folder).env("TRUSTED", trusted);
    Some(shell.output().unwrap())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_recipe_of_the_handbook_holds_for_a_good_bundle_and_finds_a_changed_record() {
    let blocks = blocks();
    let [recipe, signature] = blocks.as_slice() else { panic!("{blocks:?}") };
    let trusted = tempfile::tempdir().unwrap();
    let pem = device_key().verifying_key().to_pem();
    std::fs::write(trusted.path().join("device.pub"), pem).unwrap();
    let Some(output) = run(recipe, bundle(), trusted.path()) else { return };
    let good = said(&output);
    assert!(output.status.success(), "{good}");
    for line in [
        "files as listed",
        "broken links 0",
        "numbers used twice 0",
        "numbers never leased 0",
        "numbers not explained 0",
        "issued 2",
        "number_voided 1",
    ] {
        assert!(good.lines().any(|said| said == line), "{line}: {good}");
    }
    let verified = run(signature, bundle(), trusted.path()).unwrap();
    assert!(said(&verified).contains("Signature Verified Successfully"), "{}", said(&verified));

    // Somebody changes a record and makes a list that fits.
    let folder = copy(bundle());
    let mut lines = super::forged::lines(folder.path());
    let changed = lines[3]["record"].as_str().unwrap().replace("took_ms\":1", "took_ms\":2");
    lines[3]["record"] = changed.into();
    super::forged::rewrite(folder.path(), &lines, &device_key());
    let found = said(&run(recipe, folder.path(), trusted.path()).unwrap());
    assert!(found.lines().any(|said| said == "broken links 1"), "{found}");
    // And one that does not fit.
    std::fs::write(folder.path().join("keys.json"), "{}").unwrap();
    let output = run(recipe, folder.path(), trusted.path()).unwrap();
    assert!(!output.status.success() && said(&output).contains("keys.json: FAILED"));
    std::fs::write(folder.path().join("manifest.json"), "{}").unwrap();
    assert!(!run(signature, folder.path(), trusted.path()).unwrap().status.success());
}
