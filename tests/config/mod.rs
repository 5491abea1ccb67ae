//! Configuration folders with mistakes, and the exact report a technician gets.
//!
//! Each file in `cases/` changes the good folder `base/` a little; the report is compared with the
//! text in `tests/golden/config/`. `UPDATE_GOLDEN=1` writes the texts anew; review the difference.

mod edit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use permit_kiosk::config::{self, Kiosk, PageConnection, Paper, Port, Problems, Registers};
use permit_kiosk::domain::Language;
use serde::Deserialize;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FILES: [&str; 3] = ["kiosk.toml", "devices.toml", "central.toml"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

/// The good folder, in a place of its own.
fn base() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        fs::copy(Path::new(ROOT).join("tests/config/base").join(file), folder.path().join(file))
            .unwrap();
    }
    fs::write(folder.path().join("font.ttc"), "").unwrap();
    fs::write(folder.path().join("registers.json"), "{}").unwrap();
    folder
}

/// The good folder with one text replaced.
fn edited(file: &str, from: &str, to: &str) -> TempDir {
    let folder = base();
    edit(folder.path(), file, from, to);
    folder
}

#[track_caller]
fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` must stand in {file} exactly once");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn shipped() -> PathBuf {
    Path::new(ROOT).join("kiosk-config")
}

/// Compares the report of a case with its golden text.
#[track_caller]
fn check(name: &str) {
    let text = fs::read_to_string(format!("{ROOT}/tests/config/cases/{name}.toml")).unwrap();
    let case: Case = toml::from_str(&text).unwrap();
    let folder = base();
    for file in &case.remove {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    for change in &case.edit {
        edit(folder.path(), &change.file, &change.from, &change.to);
    }
    let problems = config::check(folder.path()).unwrap_err();
    let report = format!("{}.\n\n{}", case.about, problems.drawn(false));
    compare_golden(name, &report);
}

#[track_caller]
fn compare_golden(name: &str, report: &str) {
    let path = format!("{ROOT}/tests/golden/config/{name}.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, report).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(report, golden, "{path} differs; UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn a_misspelt_key_is_told_with_the_key_that_was_meant() {
    check("misspelt");
}

#[test]
fn an_unknown_key_is_told_with_the_known_ones() {
    check("unknown");
}

#[test]
fn a_missing_key_is_told_with_the_line_to_add() {
    check("missing");
}

#[test]
fn a_value_of_the_wrong_type_is_told_with_an_example() {
    check("wrong-type");
}

#[test]
fn a_value_out_of_range_is_told_with_its_limits() {
    check("out-of-range");
}

#[test]
fn a_text_that_is_not_valid_is_told_with_its_reason() {
    check("not-valid");
}

#[test]
fn all_mistakes_of_writing_are_told_at_once() {
    check("not-toml");
}

#[test]
fn values_that_contradict_each_other_are_told() {
    check("contradictions");
}

#[test]
fn files_that_contradict_each_other_are_told_with_both_places() {
    check("two-files");
}

#[test]
fn devices_that_cannot_work_together_are_told() {
    check("devices-in-conflict");
}

#[test]
fn a_missing_file_is_told() {
    check("missing-file");
}

#[test]
fn an_empty_folder_is_told() {
    check("empty");
}

#[test]
fn every_case_has_its_report_and_every_report_its_case() {
    let names = |folder: &str| {
        let mut names: Vec<String> = fs::read_dir(format!("{ROOT}/{folder}"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("tests/config/cases"), names("tests/golden/config"));
}

#[test]
fn files_that_cannot_be_read_are_told_and_the_others_are_checked_all_the_same() {
    let folder = base();
    fs::write(folder.path().join("kiosk.toml"), b"[kiosk]\nid = \"\xC8\xCB\"\n").unwrap();
    fs::write(folder.path().join("devices.toml"), "#".repeat(256 * 1024 + 1)).unwrap();
    fs::remove_file(folder.path().join("central.toml")).unwrap();
    fs::create_dir(folder.path().join("central.toml")).unwrap();
    let problems = config::check(folder.path()).unwrap_err();
    let told: Vec<String> =
        problems.iter().map(|problem| format!("{}: {problem}", problem.file())).collect();
    let path = folder.path().display();
    assert_eq!(
        told,
        [
            format!("central.toml: cannot read {path}/central.toml: Is a directory (os error 21)"),
            format!("devices.toml: {path}/devices.toml is longer than 262144 bytes"),
            "kiosk.toml: line 2 is not UTF-8".to_owned(),
        ]
    );
}

#[test]
fn the_shipped_configuration_is_clean() {
    match config::check(&shipped()) {
        Ok(files) => assert_eq!(files, FILES),
        Err(problems) => panic!("{}", problems.drawn(false)),
    }
}

#[test]
fn what_was_written_is_what_is_meant() {
    let folder = base();
    let (kiosk, devices) = config::load_kiosk(folder.path()).unwrap();
    assert_eq!(kiosk.id, "ZD-K07");
    assert_eq!(kiosk.issuer.uscc.as_str(), "11370303MBXX09005U");
    assert_eq!(kiosk.district.as_str(), "370303");
    assert_eq!(kiosk.competent.len(), 3);
    assert_eq!((kiosk.screen.language, kiosk.screen.fullscreen), (Language::Zh, true));
    assert_eq!(kiosk.session.idle, Duration::from_mins(1));
    assert_eq!(kiosk.session.total, Duration::from_mins(15));
    assert_eq!(kiosk.data_folder, Path::new("/var/lib/permit-kiosk/data"));
    assert_eq!(kiosk.keys_folder, folder.path().join("keys"), "paths begin at the folder");
    assert_eq!(kiosk.central_url, "https://127.0.0.1:8443", "without the slash at the end");
    assert_eq!(kiosk.numbers.filing_type, "11100000MB0143028R902");
    assert_eq!(kiosk.limits.disk_free_bytes, 536_870_912);

    assert_eq!(devices.simulated, None);
    let usb = Port::Usb {
        vendor: 0x0400,
        product: 0xc35a,
        serial: Some("A10K3X".to_owned()),
        socket: None,
    };
    assert_eq!(devices.id_reader.unwrap().line.port, usb);
    assert_eq!(devices.scanner.unwrap().line.baud, 9600);
    let receipt_printer = devices.receipt_printer.unwrap();
    assert_eq!(receipt_printer.width_dots, 384);
    let page_printer = devices.page_printer.unwrap();
    assert_eq!(page_printer.paper, Paper::A3);
    let uri = "ipp://192.168.1.50:631/ipp/print".to_owned();
    assert_eq!(page_printer.connection, PageConnection::Ipp { uri });

    let central = config::load_central(folder.path()).unwrap();
    assert_eq!(central.api_listen.port(), 8443);
    let file = folder.path().join("registers.json");
    assert_eq!(central.registers, Registers::Embedded { file });
}

#[test]
fn a_device_that_is_absent_by_design_needs_no_other_key() {
    let folder = edited("devices.toml", "profile = \"ipp\"", "profile = \"none\"");
    edit(folder.path(), "devices.toml", "profile = \"sam\"\nusb", "profile = \"none\"\nusb");
    let (_, devices) = config::load_kiosk(folder.path()).unwrap();
    assert_eq!((devices.page_printer, devices.id_reader), (None, None));
}

#[test]
fn simulated_lines_stand_in_for_the_ports() {
    let folder = edited("devices.toml", "enabled = false", "enabled = true");
    let (_, devices) = config::load_kiosk(folder.path()).unwrap();
    assert_eq!(devices.simulated, Some(folder.path().join("devices")));
}

#[test]
fn a_host_with_only_central_needs_no_kiosk_files() {
    let folder = base();
    fs::remove_file(folder.path().join("kiosk.toml")).unwrap();
    fs::remove_file(folder.path().join("devices.toml")).unwrap();
    assert_eq!(config::check(folder.path()).unwrap(), ["central.toml"]);
    let folder = base();
    fs::remove_file(folder.path().join("central.toml")).unwrap();
    assert_eq!(config::check(folder.path()).unwrap(), ["kiosk.toml", "devices.toml"]);
}

#[test]
fn every_number_is_taken_up_to_its_limits_and_not_beyond() {
    for (line, min, max) in [
        ("idle_s = 60", 30, 600),
        ("countdown_s = 30", 10, 120),
        ("total_min = 15", 5, 60),
        ("large_print_factor = 2", 1, 4),
        ("register_timeout_s = 15", 1, 60),
        ("clock_drift_s = 5", 1, 60),
        ("disk_free_mb = 512", 64, 1_000_000),
        ("numbers_low = 20", 1, 10_000),
        ("issued_days = 400", 30, 36_525),
        ("decided_days = 180", 30, 36_525),
        ("begun_days = 30", 1, 36_525),
    ] {
        let (key, _) = line.split_once(" = ").unwrap();
        for (number, good) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
            let folder = edited("kiosk.toml", line, &format!("{key} = {number}"));
            let loaded = config::load_kiosk(folder.path());
            match loaded {
                Ok(_) => assert!(good, "{key} = {number} was taken"),
                Err(problems) => {
                    assert!(!good, "{}", problems.drawn(false));
                    let told = problems.iter().next().unwrap().message().to_owned();
                    assert!(told.ends_with(&format!("must be from {min} to {max}")), "{told}");
                }
            }
        }
    }
}

#[test]
fn taking_any_line_out_is_noticed_and_told_in_the_right_file() {
    for file in FILES {
        let good = fs::read_to_string(format!("{ROOT}/tests/config/base/{file}")).unwrap();
        for (number, line) in good.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let folder = base();
            let lines = good.lines().enumerate().filter(|(other, _)| *other != number);
            let lines: Vec<&str> = lines.map(|(_, line)| line).collect();
            fs::write(folder.path().join(file), lines.join("\n")).unwrap();
            let Err(problems) = config::check(folder.path()) else {
                panic!("{file} without `{line}` is taken");
            };
            assert!(problems.iter().all(|problem| problem.file() == file), "{line}");
            assert!(!problems.drawn(false).is_empty());
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_is_told_and_never_panics() {
    let good = fs::read_to_string(format!("{ROOT}/tests/config/base/kiosk.toml")).unwrap();
    let folder = base();
    let last_value = good.trim_end().len();
    for (at, _) in good.char_indices().filter(|(at, _)| *at + 1 < last_value) {
        fs::write(folder.path().join("kiosk.toml"), &good[..at]).unwrap();
        let problems = config::load_kiosk(folder.path()).unwrap_err();
        assert!(!problems.drawn(false).is_empty() && problems.json().is_array(), "cut at {at}");
    }
}

#[test]
fn problems_for_programs_have_file_line_and_column() {
    let folder = edited("kiosk.toml", "idle_s = 60", "idle_s = 5");
    let problems: Problems = config::load_kiosk(folder.path()).map(|_| ()).unwrap_err();
    assert_eq!(
        problems.json(),
        serde_json::json!([{
            "file": "kiosk.toml",
            "line": 27,
            "column": 10,
            "message": "`session.idle_s` must be from 30 to 600",
            "remedy": "for example `idle_s = 60`",
        }])
    );
    assert_eq!(
        problems.to_string(),
        "the configuration has a problem in kiosk.toml: `session.idle_s` must be from 30 to 600"
    );
}

#[test]
fn the_command_ends_with_nought_only_where_there_is_no_problem() {
    let run = |folder: &Path, json: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"));
        command.arg("check-config").arg("--config").arg(folder);
        if json {
            command.arg("--json");
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = run(&shipped(), false);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("rulebook/") && text.contains("certificate/"), "{text}");
    let broken = edited("kiosk.toml", "idle_s = 60", "idel_s = 60");
    let (code, text) = run(broken.path(), false);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("did you mean `idle_s`?"), "{text}");
    let (code, text) = run(broken.path(), true);
    assert_eq!(code, Some(1), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["problems"][0]["line"], 27);
}

#[test]
fn a_kiosk_is_the_same_however_often_it_is_read() {
    let read = || -> Kiosk { config::load_kiosk(&shipped()).unwrap().0 };
    assert_eq!(read(), read());
}
