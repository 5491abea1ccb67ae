//! The tables, read back by programs we did not write.

use std::path::Path;
use std::process::Command;

use permit_kiosk::audit::{self, View};
use serde_json::{Value as Json, json};

use super::{Asked, Day, auditor};
use crate::journal::id;

/// Reads all tables of a folder in all three forms, checks that they say the same, and gives them.
const PYTHON: &str = r#"
import csv, glob, json, os, sys
import openpyxl, pyarrow.parquet

def plain(text):
    return text[1:] if text.startswith("'") else text

folder, tables = sys.argv[1], {}
book = openpyxl.load_workbook(os.path.join(folder, "records.xlsx"), read_only=True)
for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
    name = os.path.basename(path)[:-4]
    raw = open(path, "rb").read()
    assert raw.startswith(b"\xef\xbb\xbf"), name
    with open(path, encoding="utf-8-sig", newline="") as file:
        head, *rows = [[plain(cell) for cell in row] for row in csv.reader(file, strict=True)]
    assert raw.count(b"\r\n") == len(rows) + 1 and raw.endswith(b"\r\n"), name
    shown = lambda value: "" if value is None else str(value)
    sheet = [[shown(cell) for cell in row] for row in book[name].iter_rows(values_only=True)]
    width = len(head)
    sheet = [row[:width] + [""] * (width - len(row)) for row in sheet]
    assert sheet == [head] + rows, (name, "xlsx", sheet, rows)
    table = pyarrow.parquet.read_table(os.path.join(folder, name + ".parquet"))
    assert table.column_names == head, name
    columns = [[shown(value) for value in column.to_pylist()] for column in table.columns]
    assert [list(row) for row in zip(*columns)] == rows, (name, "parquet")
    tables[name] = [dict(zip(head, row)) for row in rows]
print(json.dumps(tables))
"#;

/// The tables of a folder by their names. `None`, and a line that says so, where Python or a library
/// is missing.
fn read_back(folder: &Path) -> Option<Json> {
    let python = std::env::var("KIOSK_TEST_PYTHON").unwrap_or("python3".to_owned());
    let has = Command::new(&python).args(["-c", "import openpyxl, pyarrow"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        crate::skipped::without(format_args!("{python} has no openpyxl and pyarrow"));
        return None;
    }
    let output = Command::new(python).args(["-c", PYTHON]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn python_reads_the_same_tables_from_csv_workbook_and_parquet() {
    let day = Day::full();
    let views = [View::Csv, View::Xlsx, View::Parquet];
    let sealed = day.export("tables", &views, true, Asked::default());
    super::holds(&sealed);
    let Some(tables) = read_back(&sealed.join("views")) else { return };
    let rows = |name: &str| tables[name].as_array().unwrap().clone();
    assert_eq!(rows("issued").len(), 2);
    assert_eq!(rows("decided").len(), 3);
    assert_eq!(rows("looked_up").len(), 4);
    let first = &rows("issued")[0];
    assert_eq!(first["number"], "JY13703030000019");
    assert_eq!(first["at_utc8"], "2026-11-23 12:00:00.000");
    // Sealed: what is personal is not there.
    assert_eq!((&first["holder"], &first["legal_representative"]), (&json!(""), &json!("")));
    assert!(tables.get("findings").is_none_or(|rows| rows == &json!([])), "{tables}");
    // All of an identifier that is digits alone.
    assert!(rows("printed").iter().any(|row| row["application"] == id(1).to_string()));

    let opened = day.kiosk.folder.path().join("opened");
    audit::view(&sealed, &opened, &views, Some(&auditor()), |_, _| {}).unwrap();
    let tables = read_back(&opened).unwrap();
    assert_eq!(tables["issued"][0]["legal_representative"], "李测试");
    assert_eq!(tables["decided"][0]["applicant_masked"], "370303********9988");
    let findings = tables["findings"].as_array().unwrap();
    assert!(findings.iter().all(|row| !row["citation"].as_str().unwrap().is_empty()));
    assert!(findings.iter().any(|row| row["values"] != "[]"), "{findings:#?}");
}

#[test]
fn a_void_numbers_reason_is_no_formula_in_a_spreadsheet() {
    let day = Day::full();
    let journal = &day.kiosk.journal;
    let series = crate::journal::series(crate::journal::FOOD_SELLERS);
    let reason = "=HYPERLINK(\"http://x\",\"see\")\nand, \"more\"";
    journal.void_number(series, reason.to_owned(), "370303199001019988".to_owned()).unwrap();
    let views = [View::Csv, View::Xlsx, View::Parquet];
    let bundle = day.export("formula", &views, false, Asked::default());
    let csv = std::fs::read_to_string(bundle.join("views/numbers.csv")).unwrap();
    assert!(csv.contains(r#""'=HYPERLINK(""http://x"",""see"")"#), "{csv}");
    assert!(csv.contains(",'370303199001019988,"), "{csv}");
    let Some(tables) = read_back(&bundle.join("views")) else { return };
    let numbers = tables["numbers"].as_array().unwrap();
    assert_eq!(numbers.last().unwrap()["reason"], reason);
    assert_eq!(numbers.last().unwrap()["by"], "370303199001019988");
}

/// What an attacker, a careless hand or a broken record could put into a cell.
#[test]
fn a_workbook_holds_whatever_a_text_holds() {
    let day = Day::full();
    let journal = &day.kiosk.journal;
    let series = crate::journal::series(crate::journal::FOOD_SELLERS);
    let reason =
        "  </t></is></c>&amp;<x> ]]> _x0041_ __x0041_ \u{1}\u{b}\u{7f}\r\n\t\u{fffe}😀测试 ";
    journal.void_number(series, reason.to_owned(), "370303199001019988".to_owned()).unwrap();
    let bundle = day.export("hostile", &[View::Xlsx], false, Asked::default());
    let script = "import json, openpyxl, sys\n\
        from openpyxl.utils.escape import unescape\n\
        book = openpyxl.load_workbook(sys.argv[1])\n\
        head, *rows = [[cell.value for cell in row] for row in book['numbers'].iter_rows()]\n\
        row = dict(zip(head, rows[-1]))\n\
        bold = all(cell.font.b for cell in book['numbers'][1])\n\
        print(json.dumps([unescape(row['reason']), bold, book['numbers'].freeze_panes]))";
    let python = std::env::var("KIOSK_TEST_PYTHON").unwrap_or("python3".to_owned());
    let read = Command::new(&python)
        .args(["-c", script])
        .arg(bundle.join("views/records.xlsx"))
        .output()
        .unwrap();
    if !read.status.success() {
        let error = String::from_utf8_lossy(&read.stderr);
        assert!(error.contains("No module named 'openpyxl'"), "{error}");
        return crate::skipped::without(format_args!("{python} has no openpyxl"));
    }
    let read: Json = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(read, json!([reason, true, "A2"]));
}
