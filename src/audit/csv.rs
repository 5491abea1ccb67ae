//! A table as CSV that Excel opens right in Chinese: byte order mark, CRLF, nothing a spreadsheet
//! would compute with or round.

use std::io::{self, Write};

use super::table::{Cell, Column};

/// Excel takes a file for UTF-8 only if it begins with this.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Digits a spreadsheet shows of a number as they are (Excel: 11 in a cell of standard format, 15 at
/// all).
const DIGITS_MAX: usize = 11;

/// Writes one table.
#[derive(Debug)]
pub(super) struct Csv<W: Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Csv<W> {
    /// Begins a table with the names of its columns.
    pub(super) fn begin(
        mut out: W,
        columns: impl Iterator<Item = &'static Column>,
    ) -> io::Result<Self> {
        out.write_all(BYTE_ORDER_MARK)?;
        let mut csv = Self { out, line: Vec::with_capacity(1024) };
        for (index, column) in columns.enumerate() {
            csv.comma(index);
            csv.quoted(column.name);
        }
        csv.end_line()?;
        Ok(csv)
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (index, cell) in cells.iter().enumerate() {
            self.comma(index);
            match cell {
                Cell::Empty => {}
                Cell::Number(number) => write!(self.line, "{number}")?,
                Cell::Text(text) => {
                    if must_stay_text(text) {
                        // The sign spreadsheets themselves use for "this is text".
                        self.quoted(&format!("'{text}"));
                    } else {
                        self.quoted(text);
                    }
                }
            }
        }
        self.end_line()
    }

    /// Ends the table.
    pub(super) fn finish(self) -> W {
        self.out
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.line.push(b',');
        }
    }

    fn quoted(&mut self, text: &str) {
        if !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
            self.line.extend_from_slice(text.as_bytes());
            return;
        }
        self.line.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                self.line.push(b'"');
            }
            self.line.push(byte);
        }
        self.line.push(b'"');
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.extend_from_slice(b"\r\n");
        self.out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

/// Whether a spreadsheet would take a text for a formula or for a number it cannot show: then it gets
/// an apostrophe, and whoever reads the file by program takes one apostrophe off.
fn must_stay_text(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    // OWASP, CSV Injection: what a formula can begin with. An apostrophe, so that taking one off is
    // always right.
    if matches!(first, b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\'') {
        return true;
    }
    // Also a digest such as 12e4…: digits with one `e` among them are a number.
    first.is_ascii_digit() && text.len() > DIGITS_MAX && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::must_stay_text;

    #[test]
    fn what_a_spreadsheet_would_compute_or_round_stays_text() {
        for text in
            ["=1+1", "+86", "-1", "@SUM", "\tx", "'x", "370303199001019988", "1234567890e12"]
        {
            assert!(must_stay_text(text), "{text}");
        }
        for text in ["", "JY13703030000019", "2026-11-23", "37030319900101998X", "12345", "张三"]
        {
            assert!(!must_stay_text(text), "{text}");
        }
    }
}
