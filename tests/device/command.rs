//! The commands of a technician where no kiosk runs: every device on its pty, the journal and the configuration
//! on disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::journal::{Head, Journal, Reader, SheetSize, Tray};
use permit_kiosk::registers::Identity;
use permit_kiosk::wire::v1::{Body, ConfigurationOutcome, Record};

use super::Bench;
use crate::sync::end_to_end::Place;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config");

/// A kiosk that is switched off, with its devices.
struct Off {
    bench: Bench,
    folder: tempfile::TempDir,
    disk: PathBuf,
}

impl Off {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = runtime.block_on(async { Place::new().await.end().await });
        let disk = folder.path().join("disk");
        std::fs::create_dir(&disk).unwrap();
        let (settings, _) = Place::settings_of(folder.path(), &disk);
        let journal = Journal::provision(settings, Head::START).unwrap();
        journal
            .count_blanks("wang".to_owned(), SheetSize::A4, Tray::counted(1, 50).unwrap())
            .unwrap();
        journal.close();
        let (config, keys) = (folder.path().join("kiosk-config"), folder.path().join("keys"));
        crate::staff::enrol(&keys);
        let copied = Command::new("cp").arg("-r").args([Path::new(CONFIG), &config]).status();
        assert!(copied.unwrap().success());
        let kiosk = std::fs::read_to_string(config.join("kiosk.toml")).unwrap();
        let kiosk = kiosk
            .replace("../target/demo/data/kiosk", disk.to_str().unwrap())
            .replace("../target/demo/keys/kiosk", keys.to_str().unwrap());
        std::fs::write(config.join("kiosk.toml"), kiosk).unwrap();
        Self { bench: Bench::new(LineRate::Max), folder, disk }
    }

    /// `permit-kiosk device …`; exit code and what it said.
    fn device(&self, words: &[&str], input: &str) -> (i32, String) {
        self.run(&[&["device"], words].concat(), input)
    }

    /// `permit-kiosk …`; exit code and what it said.
    fn run(&self, words: &[&str], input: &str) -> (i32, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
            .args(words)
            .arg("--config")
            .arg(self.folder.path().join("kiosk-config"))
            .arg("--devices")
            .arg(self.bench.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    }

    fn recorded(&self) -> Vec<Body> {
        let reader = Reader::open(&self.disk.join(Journal::FILE_NAME)).unwrap();
        let records = reader.records(0, 1000, usize::MAX).unwrap();
        let body = |text: &str| Record::read(text).unwrap().body;
        records.iter().map(|placed| body(placed.record.record.reveal())).collect()
    }

    fn devices_toml(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("kiosk-config/devices.toml")).unwrap()
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only what a test leaves behind")]
#[test]
fn tests_by_hand_are_on_record_and_a_test_page_is_a_sheet_less() {
    let off = Off::new();
    let (code, said) = off.device(&["check", "--interactive"], "");
    assert!(code == 2 && said.contains("--by"), "{said}");
    let (code, said) = off.device(&["check", "--interactive", "--by", "mallory"], "");
    assert!(code == 3 && said.contains("mallory is no technician"), "{said}");
    assert!(!off.recorded().iter().any(|body| matches!(body, Body::MaintenanceTested(_))));

    // Whoever tries the printers looks at the paper: the slip is fine, the page is not.
    for (device, word, code) in [("receipt_printer", "y\n", 0), ("page_printer", "n\n", 1)] {
        let (ended, said) = off.device(&["check", device, "--interactive", "--by", "liu"], word);
        assert_eq!(ended, code, "{said}");
        // Nothing is said of a kiosk of which one device was looked at.
        assert!(!said.contains("ready to serve"), "{said}");
    }
    let mut tested = Vec::new();
    for body in off.recorded() {
        match body {
            Body::MaintenanceTested(test) => {
                tested.push(format!("{} {} {}", test.by, test.device, test.passed));
            }
            Body::BlanksSpent(spent) => tested.push(format!("{} {}", spent.paper, spent.first)),
            _ => {}
        }
    }
    assert_eq!(tested, ["liu receipt_printer true", "A4 1", "liu page_printer false"]);
}

#[test]
fn every_device_says_what_it_is() {
    let off = Off::new();
    let (code, said) = off.device(&["check", "--json"], "");
    assert_eq!(code, 0, "{said}");
    let told: serde_json::Value = serde_json::from_str(&said).unwrap();
    let model = |kind: &str| {
        let all = told.as_array().unwrap();
        let device = all.iter().find(|device| device["device"] == kind).unwrap();
        assert_eq!(device["well"], true, "{device}");
        device["model"].as_str().unwrap_or_default().to_owned()
    };
    assert!(model("id_reader").starts_with("SAM 05.03-"), "{told:#}");
    assert_eq!(model("receipt_printer"), "PERMIT SIMULATED-80");
    assert_eq!(model("page_printer"), "PERMIT SIMULATED LASER");
}

#[test]
fn a_setting_is_kept_only_where_the_device_comes_up_with_it_and_is_on_record_either_way() {
    let off = Off::new();
    let before = off.devices_toml();
    let set = |baud: &str| {
        let baud = format!("receipt_printer.baud={baud}");
        off.device(&["set", &baud, "--by", "liu", "--why", "another cable"], "")
    };
    let (code, said) = set("9600");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("receipt.not-responding") && said.contains("not kept"), "{said}");
    assert_eq!(off.devices_toml(), before);

    off.bench.hand("receipt_printer baud 9600");
    let (code, said) = set("9600");
    assert_eq!(code, 0, "{said}");
    let after = off.devices_toml();
    let differing: Vec<(&str, &str)> =
        before.lines().zip(after.lines()).filter(|(before, after)| before != after).collect();
    assert_eq!(differing.len(), 1, "comments and all else stay: {differing:?}");
    assert!(differing[0].1.contains("9600"), "{differing:?}");

    let mut outcomes = Vec::new();
    for body in off.recorded() {
        if let Body::MaintenanceConfigured(change) = body {
            assert_eq!((&*change.by, &*change.why), ("liu", "another cable"));
            outcomes.push(change.outcome);
        }
    }
    assert_eq!(outcomes, [ConfigurationOutcome::RolledBack, ConfigurationOutcome::TakenUp]);
}

#[test]
fn a_code_that_is_of_no_use_is_told_to_whoever_tests_the_scanner() {
    let off = Off::new();
    let path = off.folder.path().join("code.txt");
    let show = format!("scanner show @{}", path.display());
    // It looks when it is told to, and only then.
    off.bench.hand("scanner engine newland");
    for (code, text, fault) in [
        ("scanner.unreadable", "7089".repeat(738), "scanner fault truncate 1000"),
        ("scanner.too-long", "7089".repeat(2_000), "scanner fault none"),
    ] {
        std::fs::write(&path, text).unwrap();
        off.bench.hand(fault);
        off.bench.hand(&show);
        let (_, said) = off.device(&["check", "scanner", "--interactive", "--by", "liu"], "\n");
        assert!(said.contains(code), "{code}: {said}");
    }
}

#[test]
fn a_port_that_another_program_holds_is_told_of_every_device() {
    let off = Off::new();
    let held = [
        ("scanner", "scanner.port-busy"),
        ("receipt_printer", "receipt.port-busy"),
        ("page_printer", "page.port-busy"),
        ("panel", "panel.port-busy"),
    ];
    let mut holders = Vec::new();
    for (device, _) in held {
        let mut holder = Command::new("flock")
            .arg(off.bench.simulation.line(device))
            .args(["sh", "-c", "echo held; read end"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 5];
        std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut said).unwrap();
        holders.push(holder);
    }
    let (_, said) = off.device(&["check"], "");
    for (_, code) in held {
        assert!(said.contains(code), "{code}: {said}");
    }
    for mut holder in holders {
        drop(holder.stdin.take());
        holder.wait().unwrap();
    }
}

#[test]
fn the_doctor_names_what_keeps_a_kiosk_from_starting() {
    let off = Off::new();
    let (_, said) = off.run(&["doctor"], "");
    for code in ["key.missing", "key.certificate-expired", "journal.damaged"] {
        assert!(!said.contains(code), "{code}: {said}");
    }
    // A certificate of last year.
    let certificate = off.folder.path().join("keys").join(Identity::CERTIFICATE);
    let mut wanted = rcgen::CertificateParams::new(vec!["kiosk".to_owned()]).unwrap();
    wanted.not_before = rcgen::date_time_ymd(2024, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let old = wanted.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    let good = std::fs::read(&certificate).unwrap();
    std::fs::write(&certificate, old).unwrap();
    let (code, said) = off.run(&["doctor"], "");
    assert!(code != 0 && said.contains("key.certificate-expired"), "{code}: {said}");
    std::fs::write(&certificate, good).unwrap();
    // Its first page is noise.
    let journal = off.disk.join(Journal::FILE_NAME);
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[..64].fill(0xA5);
    std::fs::write(&journal, bytes).unwrap();
    let (code, said) = off.run(&["doctor"], "");
    assert!(code != 0 && said.contains("journal.damaged"), "{code}: {said}");
    std::fs::remove_file(off.folder.path().join("keys/device.key")).unwrap();
    let (code, said) = off.run(&["doctor"], "");
    assert!(code != 0 && said.contains("key.missing"), "{code}: {said}");
}
