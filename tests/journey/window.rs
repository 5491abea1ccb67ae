//! The real binaries end to end: central, simulators and kiosk as processes, touches on the real
//! window under Xvfb, codes read back from the printed paper by an independent program.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::ToSpan as _;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::domain::calendar::date_in_china;

#[test]
fn applicants_touch_the_window_and_leave_with_what_is_theirs() {
    for (program, package) in [
        ("Xvfb", "xvfb"),
        ("xdotool", "xdotool"),
        ("import", "imagemagick"),
        ("zbarimg", "zbar-tools"),
    ] {
        let there = Command::new(program).arg("-version").output().is_ok();
        assert!(there, "{program} is not installed; `make deps` installs the package {package}");
    }
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join("demo");
    let config = any_port(folder.path());
    let told = demonstrate(&stage, &config, &["--visit", "F01,H01,F03,F-reissue,F-cancel"]);
    for expected in ["JY13703039901011", "第0001号", "REFER_ONSITE"] {
        assert!(told.contains(expected), "{expected} is missing:\n{told}");
    }
    for (visit, number) in [("F01", "JY13703039901011"), ("H01", "第0001号")] {
        for paper in ["original", "copy"] {
            let sheet = stage.join(format!("pictures/{visit}-paper-{paper}.png"));
            check_code(&sheet, &stage.join("keys"), number);
        }
        assert!(stage.join(format!("pictures/{visit}-paper-receipt.png")).exists());
        let page = std::fs::read_to_string(stage.join(format!("pictures/{visit}-page.html")));
        let page = page.unwrap();
        assert!(page.contains("有效") && page.contains(number), "{page}");
    }
    // A lost paper comes out again with its own number; then the licence ends, for everybody to see.
    check_code(
        &stage.join("pictures/F-reissue-paper-original.png"),
        &stage.join("keys"),
        "JY23703039900037",
    );
    let page = std::fs::read_to_string(stage.join("pictures/F-cancel-page.html")).unwrap();
    assert!(page.contains("已经注销") && page.contains("JY23703039900037"), "{page}");
    assert!(stage.join("pictures/F-cancel-paper-receipt.png").exists());
    assert!(
        !stage.join("pictures/F-cancel-paper-original.png").exists(),
        "no certificate of an end"
    );
    check_journal(&stage, 4);
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        picture(&stage.join("certificates/JY13703039901011-original.pdf"), "certificate-food");
        let hygiene = std::fs::read_dir(stage.join("certificates")).unwrap().flatten();
        let hygiene = hygiene.map(|entry| entry.path()).find(|path| {
            path.to_str().unwrap().contains("卫公证") && path.to_str().unwrap().contains("original")
        });
        picture(&hygiene.unwrap(), "certificate-hygiene");
    }
}

/// Who renews, changes, files, joins two permits on one certificate, or acts for somebody else.
#[test]
fn errands_of_every_kind_go_through_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join("demo");
    let config = any_port(folder.path());
    // A licence is renewed in the months before its last day alone.
    let people = config.join("demo/demo.json");
    let told = std::fs::read_to_string(&people).unwrap();
    let last = date_in_china(SystemClock.now()).saturating_add(60.days());
    assert!(told.contains("2028-12-10"), "the last day of the licence");
    std::fs::write(&people, told.replace("2028-12-10", &last.to_string())).unwrap();
    let visits = "F-agent,F-renew,F-change,H-file,Y01";
    demonstrate(&stage, &config, &["--line-rate", "max", "--visit", visits]);
    let keys = stage.join("keys");
    for (visit, number) in [
        ("F-agent", "JY13703039901011"),
        ("F-renew", "JY23703039900037"),
        ("F-change", "JY23703039900037"),
        ("H-file", "第0001号"),
        ("Y01", "第0001号"),
    ] {
        check_code(&stage.join(format!("pictures/{visit}-paper-original.png")), &keys, number);
    }
    check_journal(&stage, 5);
}

/// The scripted applicant's visits in a virtual display; what was told of them.
#[track_caller]
fn demonstrate(stage: &Path, config: &Path, more: &[&str]) -> String {
    let done = Command::new(BINARY)
        .args(["demo", "--headless"])
        .args(more)
        .arg("--dir")
        .arg(stage)
        .arg("--config")
        .arg(config)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let told = String::from_utf8(done.stdout).unwrap();
    let complained = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{told}\n{complained}\n{}", last_words(stage));
    told
}

/// The shipped configuration, with a central that takes any free port: another one may be running.
pub(super) fn any_port(folder: &Path) -> PathBuf {
    let config = folder.join("kiosk-config");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config");
    assert!(Command::new("cp").arg("-r").args([&shipped, &config]).status().unwrap().success());
    let central = std::fs::read_to_string(config.join("central.toml")).unwrap();
    let central = central.replace("127.0.0.1:8443", "127.0.0.1:0");
    let central = central.replace("127.0.0.1:8080", "127.0.0.1:0");
    std::fs::write(config.join("central.toml"), central).unwrap();
    config
}

/// A picture of a certificate for the README, drawn by poppler.
fn picture(pdf: &Path, name: &str) {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens").join(name);
    let drawn = Command::new("pdftoppm")
        .args(["-png", "-singlefile", "-scale-to", "1000"])
        .args([pdf, &target])
        .status()
        .unwrap();
    assert!(drawn.success());
}

/// The code on the paper as the simulator received it: read by zbarimg, verified without a network.
#[track_caller]
fn check_code(sheet: &Path, keys: &Path, number: &str) {
    let read = Command::new("zbarimg")
        .args(["--nodbus", "-q", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(sheet)
        .output()
        .unwrap();
    let code = String::from_utf8(read.stdout).unwrap();
    assert!(code.starts_with("PK1:"), "{}: no code was read: `{code}`", sheet.display());
    let verified = Command::new(BINARY)
        .args(["verify", "--qr", code.trim(), "--keys"])
        .arg(keys)
        .output()
        .unwrap();
    let told = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && told.contains(number), "{told}");
    // One character changed anywhere is found.
    let mut forged = code.trim().to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    let verified = Command::new(BINARY)
        .args(["verify", "--qr", &forged, "--keys"])
        .arg(keys)
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(1));
}

/// The kiosk's journal after its visits: whole, and central has all of it.
#[track_caller]
fn check_journal(stage: &Path, issued: usize) {
    use permit_kiosk::journal::Reader;
    use permit_kiosk::seal::VerifyingKey;
    use permit_kiosk::wire::v1::{Body, Record, SessionEnded};
    let key = std::fs::read_to_string(stage.join("keys/device.pub")).unwrap();
    let reader = Reader::open(&stage.join("data/journal.db")).unwrap();
    let head = reader.verify(&VerifyingKey::from_pem(&key).unwrap()).unwrap().unwrap();
    let records = reader.records(0, 10_000, usize::MAX).unwrap();
    let bodies: Vec<Body> = records
        .iter()
        .map(|placed| Record::read(placed.record.record.reveal()).unwrap().body)
        .collect();
    let count = |wanted: &str| bodies.iter().filter(|body| body.kind() == wanted).count();
    assert_eq!(count("issued"), issued);
    assert_eq!(count("rated"), 5);
    // How each visit went; the last applicant may still stand before the last page.
    let went: Vec<&SessionEnded> = bodies
        .iter()
        .filter_map(|body| if let Body::SessionEnded(went) = body { Some(went) } else { None })
        .collect();
    assert!((4..=5).contains(&went.len()), "{went:#?}");
    for went in went {
        assert!(went.steps.contains_key("identifying"), "{went:?}");
        // Each screen's is rounded down.
        let steps = went.steps.values().sum::<u64>();
        assert!((steps..steps + 20).contains(&went.took_ms), "{went:?}");
    }
    assert!(count("looked_up") >= 5 * 4, "every register asked is on record");
    assert!(head.position > 0);
    // No plain identity number of the applicants is anywhere on record.
    let database = std::fs::read(stage.join("data/journal.db")).unwrap();
    let wal = std::fs::read(stage.join("data/journal.db-wal")).unwrap_or_default();
    for number in ["370303198506129975", "370303199003169988"] {
        for bytes in [&database, &wal] {
            let found = bytes.windows(number.len()).any(|window| window == number.as_bytes());
            assert!(!found, "an identity number stands in the journal");
        }
    }
    for log in ["run", "central", "simulate"] {
        let log = std::fs::read_to_string(stage.join(format!("logs/{log}.log"))).unwrap();
        assert!(!log.contains("370303198506129975") && !log.contains("秦一舟"), "{log}");
    }
}

fn last_words(stage: &Path) -> String {
    let mut words = String::new();
    for name in ["run", "central", "simulate"] {
        let log = std::fs::read_to_string(stage.join(format!("logs/{name}.log")));
        let log = log.unwrap_or_default();
        words += name;
        words += ":\n";
        for line in log.lines().rev().take(5) {
            words += line;
            words += "\n";
        }
    }
    words
}

pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_permit-kiosk");
