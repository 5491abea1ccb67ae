//! The tables as one workbook, a sheet each; memory does not grow with their rows.

use std::io::{Seek, Write};
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::table::{Cell, TABLES, Table};

/// Rows of a sheet at most (ECMA-376; Excel's own limit): then the table goes on in the next sheet.
const SHEET_ROWS_MAX: u32 = 1_048_576;

/// A workbook being written.
pub(super) struct Xlsx {
    workbook: Workbook,
    sheets: Vec<Sheet>,
    full: Vec<Worksheet>,
    bold: Format,
}

/// The sheet a table is being written to.
struct Sheet {
    table: &'static Table,
    part: u32,
    worksheet: Worksheet,
    rows: u32,
}

impl Xlsx {
    /// Begins a workbook; what does not stay in memory goes to files in this folder.
    pub(super) fn begin(beside: &Path) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(beside)?;
        let bold = Format::new().set_bold();
        let mut xlsx = Self { workbook, sheets: Vec::new(), full: Vec::new(), bold };
        for table in TABLES {
            let worksheet = xlsx.sheet(table, 1)?;
            xlsx.sheets.push(Sheet { table, part: 1, worksheet, rows: 1 });
        }
        Ok(xlsx)
    }

    /// Adds a row to the table of this place in [`TABLES`].
    pub(super) fn row(&mut self, table: usize, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
        let Some(at) = self.sheets.get_mut(table) else { return Ok(()) };
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Empty => {}
                // Typed as text: a spreadsheet neither computes it nor rounds it.
                Cell::Text(text) => {
                    // A cell has 32 767 characters at most; the evidence has the rest.
                    let cut: String = text.chars().take(CELL_CHARS_MAX).collect();
                    at.worksheet.write_string(at.rows, column, cut)?;
                }
                Cell::Number(number) => {
                    #[expect(
                        clippy::cast_precision_loss,
                        reason = "a cell is a double; positions and milliseconds stay below 2^53"
                    )]
                    let number = *number as f64;
                    at.worksheet.write_number(at.rows, column, number)?;
                }
            }
        }
        at.rows += 1;
        if at.rows == SHEET_ROWS_MAX {
            let (table_of, part) = (at.table, at.part + 1);
            let next = self.sheet(table_of, part)?;
            if let Some(at) = self.sheets.get_mut(table) {
                self.full.push(std::mem::replace(&mut at.worksheet, next));
                (at.part, at.rows) = (part, 1);
            }
        }
        Ok(())
    }

    /// Ends the workbook.
    pub(super) fn finish<W: Write + Seek + Send>(mut self, out: W) -> Result<(), XlsxError> {
        for sheet in self.sheets.into_iter().map(|at| at.worksheet).chain(self.full) {
            self.workbook.push_worksheet(sheet);
        }
        self.workbook.save_to_writer(out)
    }

    fn sheet(&mut self, table: &Table, part: u32) -> Result<Worksheet, XlsxError> {
        let mut sheet = self.workbook.new_worksheet_with_constant_memory()?;
        let name = if part == 1 { table.name.to_owned() } else { format!("{}-{part}", table.name) };
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, named) in (0_u16..).zip(table.all_columns()) {
            sheet.write_string_with_format(0, column, named.name, &self.bold)?;
        }
        Ok(sheet)
    }
}

/// Characters of a cell at most (Excel's own limit).
const CELL_CHARS_MAX: usize = 32_767;
