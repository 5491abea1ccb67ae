//! Changes of devices.toml: comments stay, mistakes are told, the old file is kept.

use std::fs;

use permit_kiosk::config::{self, Change, EditError, Port, ReplaceError};

use super::{base, shipped};

fn changes(texts: &[&str]) -> Vec<Change> {
    texts.iter().map(|text| Change::parse(text).unwrap()).collect()
}

#[test]
fn a_changed_key_keeps_every_comment_and_every_other_byte() {
    let folder = shipped();
    let before = config::devices_text(&folder).unwrap();
    let edited =
        config::apply(&folder, &before, &changes(&["scanner.baud=9600", "scanner.commands=plain"]))
            .unwrap();
    let mut expected = before.clone();
    let at = expected.find("[scanner]").unwrap();
    let tail = expected[at..].replacen("baud = 115200", "baud = 9600", 1).replacen(
        "commands = \"newland\"",
        "commands = \"plain\"",
        1,
    );
    expected.replace_range(at.., &tail);
    assert_eq!(edited.text, expected);
    assert_eq!(
        edited.changes,
        ["scanner.baud: 115200 -> 9600", "scanner.commands: \"newland\" -> \"plain\""]
    );
    assert_eq!(edited.devices.scanner.unwrap().line.baud, 9600);
}

#[test]
fn a_port_becomes_an_adapter_and_back_in_its_place() {
    let folder = shipped();
    let before = config::devices_text(&folder).unwrap();
    let wanted = changes(&["id_reader.usb=1A86:7523@1-2.3"]);
    let edited = config::apply(&folder, &before, &wanted).unwrap();
    let reader = edited.devices.id_reader.unwrap();
    let socket = Some("1-2.3".to_owned());
    let usb = Port::Usb { vendor: 0x1a86, product: 0x7523, serial: None, socket };
    assert_eq!(reader.line.port, usb);
    let back = changes(&["id_reader.port=/dev/kiosk/id_reader"]);
    let again = config::apply(&folder, &edited.text, &back).unwrap();
    assert_eq!(again.text, before, "the way back leads to the same file");
}

#[test]
fn what_would_be_no_configuration_is_refused_with_its_line() {
    let folder = shipped();
    let before = config::devices_text(&folder).unwrap();
    let refused = |texts: &[&str]| config::apply(&folder, &before, &changes(texts)).unwrap_err();
    let EditError::Problems { source } = refused(&["scanner.baud=1234"]) else { panic!() };
    let problem = source.iter().next().unwrap();
    assert!(problem.message().contains("scanner.baud"), "{problem}");
    assert!(problem.place().is_some());
    // Two devices at one port.
    let error = refused(&["scanner.port=/dev/kiosk/id_reader"]);
    assert!(matches!(error, EditError::Problems { .. }), "{error}");
    assert!(matches!(refused(&["toaster.baud=9600"]), EditError::NoSection { .. }));
    assert!(matches!(refused(&["scanner.baud=fast"]), EditError::Value { .. }));
    assert!(matches!(refused(&["scanner.usb=1a86"]), EditError::Value { .. }));
    assert!(matches!(refused(&["scanner.colour=red"]), EditError::Problems { .. }));
}

#[test]
fn the_old_file_is_kept_and_nobody_elses_change_is_overwritten() {
    let folder = base();
    let before = config::devices_text(folder.path()).unwrap();
    let after = format!("{before}\n# one more line\n");
    let now = "2026-11-30T10:51:07.123Z".parse().unwrap();
    let kept = config::replace(folder.path(), &before, &after, now).unwrap();
    assert_eq!(kept.file_name().unwrap(), "devices.toml.old-20261130T105107123Z");
    assert_eq!(fs::read_to_string(&kept).unwrap(), before);
    assert_eq!(config::devices_text(folder.path()).unwrap(), after);
    let error = config::replace(folder.path(), &before, &before, now).unwrap_err();
    assert!(matches!(error, ReplaceError::Changed), "{error}");
    assert_eq!(config::devices_text(folder.path()).unwrap(), after);
}

#[test]
fn twenty_old_files_are_kept_and_the_newest_of_them() {
    let folder = base();
    let mut text = config::devices_text(folder.path()).unwrap();
    for second in 0..25 {
        let next = format!("{text}#\n");
        let now = jiff::Timestamp::from_second(1_795_000_000 + second).unwrap();
        config::replace(folder.path(), &text, &next, now).unwrap();
        text = next;
    }
    let kept = fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().starts_with("devices.toml.old-")
        })
        .count();
    assert_eq!(kept, 20);
}

#[test]
fn every_key_is_told_with_its_line() {
    let text = "# one\n[scanner]\nprofile = \"serial\"\n# two\nusb = { vendor = \"0400\" }\n";
    let told: Vec<String> = config::settings(text)
        .into_iter()
        .map(|setting| {
            format!("{} {}.{} {}", setting.line, setting.section, setting.key, setting.value)
        })
        .collect();
    assert_eq!(told, ["3 scanner.profile \"serial\"", "5 scanner.usb { vendor = \"0400\" }"]);
    assert!(config::settings("[").is_empty());
}
