//! Every input that `fuzz/` began with or found, through the functions it calls.

use std::path::Path;

use super::inputs;

/// Runs every file of `tests/rules/inputs/<name>`; whatever goes wrong names its file.
#[track_caller]
fn check(name: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/inputs").join(name);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let passed = std::panic::catch_unwind(|| run(&input));
        assert!(passed.is_ok(), "{} fails", path.display());
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

#[test]
fn no_text_of_a_condition_breaks_the_parser() {
    check("parse", inputs::parse);
}

#[test]
fn no_condition_takes_more_steps_than_were_counted() {
    check("check", inputs::check);
}

#[test]
fn no_file_of_an_edition_breaks_its_loading() {
    check("edition", inputs::edition);
}
