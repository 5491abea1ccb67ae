//! `permit-kiosk audit` as a process: a key, an export, a verified report, a replayed case.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};

use super::{Day, auditor, bundle, copy, publishers};
use crate::certificate::oracle;
use crate::journal::{central_key, device_key, id, seal_key};

/// Exit code, standard output, standard error.
fn run(arguments: &[&str], paths: &[&Path]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .arg("audit")
        .args(arguments)
        .args(paths)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A folder as an auditor brings it: what is trusted, and the auditor's own key.
fn brought() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write("central.pub", central_key().verifying_key().to_pem());
    write("device.pub", device_key().verifying_key().to_pem());
    write("seal.pub", seal_key().verifying_key().to_pem());
    write("publishers.json", publishers().to_text());
    write("auditor.key", auditor().to_pem().to_string());
    write("auditor.pub", auditor().public().to_pem());
    folder
}

#[test]
fn a_bundle_is_verified_with_reports_for_machines_and_for_people() {
    let own = brought();
    let file = |name: &str| own.path().join(name);
    let (key, json) = (file("auditor.key"), file("report.json"));
    let (html, pdf) = (file("report.html"), file("report.pdf"));
    let (code, said, error) = run(
        &["verify", "--keys"],
        &[
            own.path(),
            Path::new("--unlock"),
            &key,
            Path::new("--json"),
            &json,
            Path::new("--html"),
            &html,
            Path::new("--pdf"),
            &pdf,
            bundle(),
        ],
    );
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    assert!(said.starts_with("核验通过 HOLDS"), "{said}");
    let report: Json = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!((&report["holds"], &report["problem_count"]), (&json!(true), &json!(0)));
    assert_eq!(report["decisions"]["equal"], 3);
    let html = std::fs::read_to_string(&html).unwrap();
    assert!(html.contains("核验通过") && html.matches("<svg").count() >= 8);
    // One page that needs nothing else, and shows nobody.
    for outside in ["http://", "https://", "<script", "<link", "src=", "李测试"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let pdf = std::fs::read(&pdf).unwrap();
    if let Ok(keep) = std::env::var("KEEP_REPORT") {
        std::fs::write(format!("{keep}.pdf"), &pdf).unwrap();
        std::fs::write(keep, html).unwrap();
    }
    if let Some(text) = oracle::text("pdftotext", &["-layout", "-", "-"], &pdf) {
        for told in ["核验通过", "条记录 records", "编号去向", "Rules that spoke"] {
            assert!(text.contains(told), "{told}: {text}");
        }
        let hash = report["manifest_sha256"].as_str().unwrap();
        assert!(text.contains(hash) && !text.contains("李测试"), "{text}");
    }

    // A spoiled one: exit code 1, and the first bad row.
    let folder = copy(bundle());
    let mut lines = super::forged::lines(folder.path());
    lines[6]["signature"] = json!("00".repeat(64));
    super::forged::rewrite(folder.path(), &lines, &device_key());
    let (code, said, _) = run(&["verify", "--keys"], &[own.path(), folder.path()]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("first: records.jsonl line 7 (zhangdian-03 #7): signature:"), "{said}");

    // No fonts to set a PDF in: told before anything is looked at.
    let pdf = [Path::new("--fonts"), own.path(), Path::new("--pdf"), &file("none.pdf")];
    let (code, said, error) =
        run(&["verify", "--keys"], &[&[own.path()], &pdf[..], &[bundle()]].concat());
    assert!(
        code == 3 && said.is_empty() && error.contains("install fonts-noto-cjk"),
        "{code} {error}"
    );
    assert!(!file("none.pdf").exists());

    // Nobody to trust, no such bundle.
    let empty = tempfile::tempdir().unwrap();
    let (code, _, error) = run(&["verify", "--keys"], &[empty.path(), bundle()]);
    assert!(code == 3 && error.contains("it must hold what you trust"), "{code} {error}");
    let (code, said, _) = run(&["verify", "--keys"], &[own.path(), empty.path()]);
    assert!(code == 1 && said.contains("first: manifest.json: file: it is missing"), "{said}");
}

#[test]
fn a_case_is_told_step_by_step_and_decided_again() {
    let own = brought();
    let key = own.path().join("auditor.key");
    let case = id(1).to_string();
    let unlock = [Path::new("--unlock"), &key];
    let replay = ["replay", &case, "--bundle", bundle().to_str().unwrap()];
    let (code, said, error) = run(&replay, &unlock);
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    for step in [
        "asked Business",
        "decided food/new: ISSUE OK",
        "issued JY13703030000019",
        "Confirmed",
        "rated 5",
        "visit ended",
    ] {
        assert!(said.contains(step), "{step}: {said}");
    }
    assert!(said.contains("相同") && !said.contains("李测试"), "{said}");
    let (_, said, _) = run(&replay, &[]);
    assert!(said.contains("sealed"), "{said}");
    let nobody = id(200).to_string();
    let replay = ["replay", &nobody, "--bundle", bundle().to_str().unwrap()];
    let (code, _, error) = run(&replay, &[]);
    assert!(code == 3 && error.contains("has no record of"), "{error}");
}

#[test]
fn the_numbers_are_counted_and_every_bad_rating_has_its_clocks() {
    let (code, said, _) = run(&["numbers"], &[bundle()]);
    assert_eq!(code, 0);
    let day = said.lines().nth(1).unwrap();
    let cells: Vec<&str> = day.split_whitespace().collect();
    assert_eq!(cells, ["2026-11-23", "zhangdian-03", "4", "3", "2", "2", "213.0"], "{said}");
    assert!(said.contains("grade 1: 2026-11-24 2026-11-30 2026-12-14"), "{said}");
    let (_, said, _) = run(&["numbers", "--json"], &[bundle()]);
    let counted: Json = serde_json::from_str(&said).unwrap();
    assert_eq!(counted["days"][0]["ratings"], json!({"1": 1, "5": 1}));
    assert_eq!(counted["days"][0]["faults"]["page-printer.jammed"], 1);
}

#[test]
fn a_kiosk_exports_to_a_stick_for_an_auditor_with_a_new_key() {
    let own = tempfile::tempdir().unwrap();
    let (code, said, error) = run(&["key", "--out"], &[own.path()]);
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    let (code, _, error) = run(&["key", "--out"], &[own.path()]);
    assert!(code == 3 && error.contains("a key is never replaced"), "{error}");

    let day = Day::full();
    let data = day.kiosk.folder.path();
    let settings = day.kiosk.settings();
    let keys = brought();
    let write = |name: &str, text: &str| std::fs::write(keys.path().join(name), text).unwrap();
    write("device.key", &device_key().to_pem());
    write("seal.key", &seal_key().to_pem());
    write("vault.key", &settings.vault_key.to_text());
    write("id-digest.key", &"ab".repeat(32));
    write("enrolment.json", r#"{"kiosk":"zhangdian-03","incarnation":1}"#);
    let stick = tempfile::tempdir().unwrap();
    let auditor = own.path().join("auditor.pub");
    let export = ["export", "--by", "auditor 12", "--format", "csv", "--from", "2026-11-01"];
    let paths = [
        Path::new("--out"),
        stick.path(),
        Path::new("--keys"),
        keys.path(),
        Path::new("--data"),
        data,
        Path::new("--for"),
        &auditor,
    ];
    let (code, said, error) = run(&export, &paths);
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    let bundle = PathBuf::from(said.lines().next().unwrap());
    assert!(bundle.join("views/issued.csv").exists());
    let key = own.path().join("auditor.key");
    let verify = [keys.path(), Path::new("--unlock"), &key, &bundle];
    let (code, said, _) = run(&["verify", "--keys"], &verify);
    assert!(code == 0 && said.contains("3 made again and equal"), "{said}");
    // Another auditor's key opens nothing.
    let verify = [keys.path(), Path::new("--unlock"), &keys.path().join("auditor.key"), &bundle];
    let (code, said, _) = run(&["verify", "--keys"], &verify);
    assert!(code == 1 && said.contains("it was made for the auditor's key"), "{said}");

    let (code, _, error) = run(&["export", "--by", "x", "--out", "/nowhere"], &[]);
    assert!(code == 3 && error.contains("there is no folder /nowhere"), "{error}");
}
