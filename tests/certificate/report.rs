//! A report of many pages, read back by programs we did not write.

use jiff::civil::date;
use permit_kiosk::certificate::report::{Block, Column, Table, grouped, render};

use super::{oracle, sample};

fn column(head: &str, share: u8, right: bool) -> Column {
    Column { head: head.to_owned(), share, right }
}

/// Two hundred rows, one of them longer than a page, and one of every other piece.
fn blocks() -> Vec<Block> {
    let text = |text: &str| text.to_owned();
    let mut rows: Vec<Vec<String>> = (1..=200)
        .map(|row| vec![format!("row-{row}"), text("一行"), grouped(row * 7919)])
        .collect();
    rows[150][1] = "很长的一行。".repeat(600);
    vec![
        Block::Title { zh: text("审计核验报告"), en: text("Audit"), about: text("bundle-x") },
        Block::Answer {
            good: false, zh: text("核验未通过"), more: vec![text("first: line 7")]
        },
        Block::Heading { zh: text("办理量"), en: text("Cases") },
        Block::Figures(vec![(grouped(1_234_567), text("次办理 visits")); 4]),
        Block::Bars(vec![(text("REFER"), 30), (text("none"), 0), (text("ISSUE"), 60)]),
        Block::Columns((1..=366).map(|day| (format!("day-{day}"), day % 9)).collect()),
        Block::Table(Table {
            columns: vec![column("行", 2, false), column("内容", 5, false), column("数", 2, true)],
            rows,
        }),
        // No font of the four has it: it is shown, and the report is made.
        Block::Note(text("末尾\u{1f600}完")),
    ]
}

#[test]
fn every_row_of_a_long_report_stands_on_some_page() {
    let pdf = render(sample::fonts(), "报告", date(2026, 11, 23), &blocks()).unwrap();
    let Some(text) = oracle::text("pdftotext", &["-layout", "-", "-"], &pdf) else { return };
    for row in 1..=200 {
        let name = format!("row-{row}");
        assert_eq!(text.split_whitespace().filter(|word| *word == name).count(), 1, "{name}");
    }
    assert!(text.contains("1 583 800"), "the last row's number");
    let all: String = text.split_whitespace().collect();
    assert_eq!(all.matches('很').count(), 600, "nothing of the long row is lost");
    assert!(all.contains("末尾□完") && all.contains("核验未通过first:line7"), "{all}");
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() >= 7, "{} pages", pages.len());
    for (index, page) in pages.iter().enumerate() {
        let last = page.split_whitespace().last().unwrap();
        assert_eq!(last, (index + 1).to_string(), "the number at the foot of the page");
        // A table that goes on says again what its columns are.
        assert!(index == 0 || !page.contains("row-") || page.contains("内容"), "page {index}");
    }
}

#[test]
fn a_report_is_a_valid_pdf_a_1b_and_the_same_twice() {
    let render = || render(sample::fonts(), "报告", date(2026, 11, 23), &blocks()).unwrap();
    let pdf = render();
    assert_eq!(pdf, render());
    let Some(class_path) = oracle::preflight_class_path() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = oracle::file(folder.path(), "report.pdf", &pdf);
    let class = "org.apache.pdfbox.preflight.Validator_A1b";
    let arguments = ["-cp", &class_path, class, path.to_str().unwrap()];
    let Some(report) = oracle::text("java", &arguments, b"") else { return };
    assert!(report.contains("is a valid PDF/A-1b file"), "{report}");
}

#[test]
fn a_report_without_anything_is_one_page() {
    let pdf = render(sample::fonts(), "", date(2026, 11, 23), &[]).unwrap();
    let Some(text) = oracle::text("pdftotext", &["-", "-"], &pdf) else { return };
    assert_eq!(text.trim(), "1");
}
