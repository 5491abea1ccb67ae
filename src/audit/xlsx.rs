//! The tables as one workbook, a sheet each (ECMA-376, part 1, chapters 18.2 and 18.3); memory does not grow
//! with their rows.
//!
//! A zip holds one sheet after the other, and the records fill all of them at once: until the end each sheet is
//! a file of its own beside the workbook.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::table::{Cell, TABLES, Table};

/// Rows of a sheet at most (Excel's limit): then the table goes on in the next sheet.
const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Characters of a cell at most (Excel's limit), as UTF-16 counts them. The evidence has the rest.
const CELL_CHARS_MAX: usize = 32_767;
/// More than this, and a part of a zip needs the longer fields for its lengths.
const LONG_PART_BYTES: u64 = u32::MAX as u64 / 2;

/// A workbook being written.
pub(super) struct Xlsx {
    beside: PathBuf,
    /// By the place of its table in [`TABLES`]: the sheet that is being written to.
    open: Vec<Sheet>,
    full: Vec<Sheet>,
}

struct Sheet {
    name: String,
    table: &'static Table,
    part: u32,
    file: PathBuf,
    out: BufWriter<File>,
    rows: u32,
}

impl Xlsx {
    /// Begins a workbook; its sheets are files in this folder until it is finished.
    pub(super) fn begin(beside: &Path) -> io::Result<Self> {
        let open = TABLES.iter().map(|table| Sheet::begin(beside, table, 1));
        let open = open.collect::<io::Result<_>>()?;
        Ok(Self { beside: beside.to_owned(), open, full: Vec::new() })
    }

    /// Adds a row to the table of this place in [`TABLES`].
    pub(super) fn row(&mut self, table: usize, cells: &[Cell<'_>]) -> io::Result<()> {
        let Some(at) = self.open.get_mut(table) else { return Ok(()) };
        if at.rows == SHEET_ROWS_MAX {
            let next = Sheet::begin(&self.beside, at.table, at.part + 1)?;
            self.full.push(std::mem::replace(at, next));
        }
        at.row(cells, Style::Plain)
    }

    /// Ends the workbook.
    pub(super) fn finish<W: Write + Seek>(self, out: W) -> io::Result<()> {
        let mut sheets = self.open;
        sheets.extend(self.full);
        let mut zip = ZipWriter::new(out);
        let short = SimpleFileOptions::default();
        for (name, text) in [
            ("[Content_Types].xml", content_types(sheets.len())),
            ("_rels/.rels", RELATIONS.to_owned()),
            ("xl/workbook.xml", workbook(&sheets)),
            ("xl/_rels/workbook.xml.rels", workbook_relations(sheets.len())),
            ("xl/styles.xml", STYLES.to_owned()),
        ] {
            zip.start_file(name, short).map_err(said)?;
            zip.write_all(text.as_bytes())?;
        }
        for (number, mut sheet) in (1..).zip(sheets) {
            sheet.out.write_all(SHEET_END.as_bytes())?;
            let mut file = sheet.out.into_inner().map_err(io::IntoInnerError::into_error)?;
            let is_long = file.stream_position()? > LONG_PART_BYTES;
            file.rewind()?;
            let options = short.large_file(is_long);
            zip.start_file(format!("xl/worksheets/sheet{number}.xml"), options).map_err(said)?;
            io::copy(&mut BufReader::new(file), &mut zip)?;
            fs::remove_file(&sheet.file)?;
        }
        zip.finish().map_err(said)?.flush()
    }
}

/// What the system said, where it was that.
fn said(error: ZipError) -> io::Error {
    if let ZipError::Io(said) = error { said } else { error.into() }
}

#[derive(Clone, Copy)]
enum Style {
    Plain,
    Bold,
}

impl Sheet {
    fn begin(beside: &Path, table: &'static Table, part: u32) -> io::Result<Self> {
        let name = if part == 1 { table.name.to_owned() } else { format!("{}-{part}", table.name) };
        let file = beside.join(format!("{name}.sheet"));
        let opened = File::options().read(true).write(true).create_new(true).open(&file)?;
        let mut sheet = Self { name, table, part, file, out: BufWriter::new(opened), rows: 0 };
        sheet.out.write_all(SHEET_BEGIN.as_bytes())?;
        let names = table.all_columns().map(|column| Cell::Text(column.name.into()));
        sheet.row(&names.collect::<Vec<_>>(), Style::Bold)?;
        Ok(sheet)
    }

    fn row(&mut self, cells: &[Cell<'_>], style: Style) -> io::Result<()> {
        self.rows += 1;
        let (row, out) = (self.rows, &mut self.out);
        write!(out, r#"<row r="{row}">"#)?;
        for (column, cell) in (0..).zip(cells) {
            let column = Letters(column);
            match cell {
                Cell::Empty => {}
                // Typed as text: a spreadsheet neither computes it nor rounds it.
                Cell::Text(text) => {
                    let style = match style {
                        Style::Plain => "",
                        Style::Bold => r#" s="1""#,
                    };
                    write!(out, r#"<c r="{column}{row}"{style} t="inlineStr">"#)?;
                    out.write_all(br#"<is><t xml:space="preserve">"#)?;
                    write_text(out, text)?;
                    out.write_all(b"</t></is></c>")?;
                }
                Cell::Number(number) => {
                    write!(out, r#"<c r="{column}{row}"><v>{number}</v></c>"#)?;
                }
            }
        }
        out.write_all(b"</row>")
    }
}

/// A column from 0 as a spreadsheet calls it: A to Z, then AA.
struct Letters(u8);

impl std::fmt::Display for Letters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        if self.0 >= 26 {
            f.write_char(char::from(b'A' + self.0 / 26 - 1))?;
        }
        f.write_char(char::from(b'A' + self.0 % 26))
    }
}

/// A text as XML has it, cut at what a cell takes. What XML cannot have stands as `_x0001_` (part 1, 22.9.2.19),
/// and what looks like that has its first sign so written.
fn write_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    let mut chars_left = CELL_CHARS_MAX;
    let mut plain = 0;
    for (at, sign) in text.char_indices() {
        let Some(left) = chars_left.checked_sub(sign.len_utf16()) else {
            return out.write_all(text.as_bytes().get(plain..at).unwrap_or_default());
        };
        chars_left = left;
        let written = match sign {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                format!("_x{:04X}_", u32::from(sign))
            }
            '_' if looks_escaped(text.get(at..).unwrap_or_default()) => "_x005F_".to_owned(),
            _ => continue,
        };
        out.write_all(text.as_bytes().get(plain..at).unwrap_or_default())?;
        out.write_all(written.as_bytes())?;
        plain = at + sign.len_utf8();
    }
    out.write_all(text.as_bytes().get(plain..).unwrap_or_default())
}

fn looks_escaped(text: &str) -> bool {
    match text.as_bytes() {
        [b'_', b'x', a, b, c, d, b'_', ..] => {
            [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit())
        }
        _ => false,
    }
}

const SHEET_BEGIN: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" "#,
    r#"activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>"#,
    r#"<sheetFormatPr defaultColWidth="20" defaultRowHeight="15"/><sheetData>"#
);
const SHEET_END: &str = "</sheetData></worksheet>";

const RELATIONS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" "#,
    r#"Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" "#,
    r#"Target="xl/workbook.xml"/></Relationships>"#
);

/// Style 0 is plain, style 1 bold. The two fills are those Excel expects to be there.
const STYLES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>"#,
    r#"<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>"#,
    r#"<fills count="2"><fill><patternFill patternType="none"/></fill>"#,
    r#"<fill><patternFill patternType="gray125"/></fill></fills>"#,
    r#"<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"#,
    r#"<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>"#,
    r#"<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>"#,
    r#"<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>"#,
    r#"<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>"#,
    "</styleSheet>"
);

fn content_types(sheets: usize) -> String {
    const KINDS: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let part = |name: &str, kind: &str| {
        format!(r#"<Override PartName="/xl/{name}.xml" ContentType="{KINDS}.{kind}+xml"/>"#)
    };
    let mut text = vec![
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
            r#"<Default Extension="rels" "#,
            r#"ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
            r#"<Default Extension="xml" ContentType="application/xml"/>"#
        )
        .to_owned(),
        part("workbook", "sheet.main"),
        part("styles", "styles"),
    ];
    text.extend((1..=sheets).map(|sheet| part(&format!("worksheets/sheet{sheet}"), "worksheet")));
    text.push("</Types>".to_owned());
    text.concat()
}

/// Names of sheets are those of tables: letters, digits and hyphens.
fn workbook(sheets: &[Sheet]) -> String {
    let mut text = vec![
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" "#,
            r#"xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>"#
        )
        .to_owned(),
    ];
    text.extend((1..).zip(sheets).map(|(number, sheet): (usize, _)| {
        format!(r#"<sheet name="{}" sheetId="{number}" r:id="rId{number}"/>"#, sheet.name)
    }));
    text.push("</sheets></workbook>".to_owned());
    text.concat()
}

fn workbook_relations(sheets: usize) -> String {
    const KINDS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let part = |number: usize, kind: &str, target: &str| {
        format!(r#"<Relationship Id="rId{number}" Type="{KINDS}/{kind}" Target="{target}.xml"/>"#)
    };
    let mut text = vec![
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#
        )
        .to_owned(),
    ];
    text.extend(
        (1..=sheets).map(|sheet| part(sheet, "worksheet", &format!("worksheets/sheet{sheet}"))),
    );
    text.push(part(sheets + 1, "styles", "styles"));
    text.push("</Relationships>".to_owned());
    text.concat()
}
