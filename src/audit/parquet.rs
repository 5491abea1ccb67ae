//! A table as Parquet: plain encoding, no compression, one page a column and row group.
//!
//! The smallest part of the format that every reader must know (apache/parquet-format: README.md,
//! Encodings.md, src/main/thrift/parquet.thrift), which needs no library of half a million lines.

use std::io::{self, Write};

use super::table::{Cell, Column, Holds};

const MAGIC: &[u8; 4] = b"PAR1";

/// Rows of a group at most.
const GROUP_ROWS_MAX: usize = 16 * 1024;
/// Bytes of a group at most, about: memory does not grow with the table.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// `Type` of parquet.thrift.
const INT64: i64 = 2;
const BYTE_ARRAY: i64 = 6;
/// `Encoding` of parquet.thrift.
const PLAIN: i64 = 0;
const RLE: i64 = 3;

/// Writes one table.
#[derive(Debug)]
pub(super) struct Parquet<W: Write> {
    out: W,
    written: u64,
    columns: Vec<Buffer>,
    rows: usize,
    groups: Vec<Group>,
}

/// The values of one column in the group at hand.
#[derive(Debug)]
struct Buffer {
    name: &'static str,
    number: bool,
    /// One bit a row, the first one lowest: whether there is a value.
    present: Vec<u8>,
    values: Vec<u8>,
}

#[derive(Debug)]
struct Group {
    rows: usize,
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    offset: u64,
    bytes: u64,
}

impl<W: Write> Parquet<W> {
    /// Begins a table.
    pub(super) fn begin(
        mut out: W,
        columns: impl Iterator<Item = &'static Column>,
    ) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        let columns = columns.map(|column| Buffer {
            name: column.name,
            number: column.holds == Holds::Number,
            present: Vec::new(),
            values: Vec::new(),
        });
        let columns = columns.collect();
        Ok(Self { out, written: 4, columns, rows: 0, groups: Vec::new() })
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let mut bytes = 0;
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            if self.rows.is_multiple_of(8) {
                column.present.push(0);
            }
            let there = match (cell, column.number) {
                (Cell::Number(number), true) => {
                    column.values.extend_from_slice(&number.to_le_bytes());
                    true
                }
                // A number too large for the column has no place here; the evidence has it.
                (Cell::Empty, _) | (Cell::Text(_), true) => false,
                (Cell::Number(number), false) => column.text(&number.to_string())?,
                (Cell::Text(text), false) => column.text(text)?,
            };
            if there && let Some(byte) = column.present.last_mut() {
                *byte |= 1 << (self.rows % 8);
            }
            bytes += column.values.len();
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS_MAX || bytes > GROUP_BYTES_MAX {
            self.end_group()
        } else {
            Ok(())
        }
    }

    /// Ends the table.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.end_group()?;
        }
        let footer = self.footer();
        self.out.write_all(&footer)?;
        self.out.write_all(&length(&footer)?)?;
        self.out.write_all(MAGIC)?;
        Ok(self.out)
    }

    fn end_group(&mut self) -> io::Result<()> {
        let mut chunks = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            // Definition levels, bit-packed: the number of groups of eight, and a bit a row.
            let mut levels = Vec::with_capacity(column.present.len() + 8);
            varint(&mut levels, (wide(column.present.len()) << 1) | 1);
            levels.extend_from_slice(&column.present);
            let size = 4 + levels.len() + column.values.len();
            let mut head = Thrift::default();
            head.int(1, 0);
            head.int(2, signed(size));
            head.int(3, signed(size));
            head.begin(5);
            head.int(1, signed(self.rows));
            head.int(2, PLAIN);
            head.int(3, RLE);
            head.int(4, RLE);
            head.end();
            head.stop();
            self.out.write_all(&head.bytes)?;
            self.out.write_all(&length(&levels)?)?;
            self.out.write_all(&levels)?;
            self.out.write_all(&column.values)?;
            let bytes = wide(head.bytes.len() + size);
            chunks.push(Chunk { offset: self.written, bytes });
            self.written += bytes;
            column.present.clear();
            column.values.clear();
        }
        self.groups.push(Group { rows: self.rows, chunks });
        self.rows = 0;
        Ok(())
    }

    fn footer(&self) -> Vec<u8> {
        let mut meta = Thrift::default();
        meta.int(1, 1);
        meta.list(2, self.columns.len() + 1, Thrift::STRUCT);
        meta.element(|root| {
            root.text(4, "schema");
            root.int(5, signed(self.columns.len()));
        });
        for column in &self.columns {
            meta.element(|field| {
                field.int(1, column.kind());
                field.int(3, 1); // OPTIONAL
                field.text(4, column.name);
                if !column.number {
                    field.int(6, 0); // UTF8
                }
            });
        }
        meta.long(3, self.groups.iter().map(|group| signed(group.rows)).sum());
        meta.list(4, self.groups.len(), Thrift::STRUCT);
        for group in &self.groups {
            meta.element(|of| {
                of.list(1, group.chunks.len(), Thrift::STRUCT);
                for (chunk, column) in group.chunks.iter().zip(&self.columns) {
                    of.element(|of| {
                        of.long(2, long(chunk.offset));
                        of.begin(3);
                        of.int(1, column.kind());
                        of.list(2, 2, Thrift::I32);
                        of.bare(PLAIN);
                        of.bare(RLE);
                        of.list(3, 1, Thrift::BINARY);
                        of.bare_text(column.name);
                        of.int(4, 0); // UNCOMPRESSED
                        of.long(5, signed(group.rows));
                        of.long(6, long(chunk.bytes));
                        of.long(7, long(chunk.bytes));
                        of.long(9, long(chunk.offset));
                        of.end();
                    });
                }
                of.long(2, group.chunks.iter().map(|chunk| long(chunk.bytes)).sum());
                of.long(3, signed(group.rows));
            });
        }
        meta.text(6, concat!("permit-kiosk ", env!("CARGO_PKG_VERSION")));
        meta.stop();
        meta.bytes
    }
}

impl Buffer {
    fn text(&mut self, text: &str) -> io::Result<bool> {
        self.values.extend_from_slice(&length(text.as_bytes())?);
        self.values.extend_from_slice(text.as_bytes());
        Ok(true)
    }

    fn kind(&self) -> i64 {
        if self.number { INT64 } else { BYTE_ARRAY }
    }
}

/// Thrift's compact protocol, as far as it is needed (apache/thrift, thrift-compact-protocol.md).
#[derive(Debug, Default)]
struct Thrift {
    bytes: Vec<u8>,
    /// The last field of the structure at hand.
    last: u8,
    outer: Vec<u8>,
}

impl Thrift {
    const I32: u8 = 5;
    const I64: u8 = 6;
    const BINARY: u8 = 8;
    const LIST: u8 = 9;
    const STRUCT: u8 = 12;

    /// Fields come in their order, fewer than 16 apart.
    fn field(&mut self, id: u8, kind: u8) {
        self.bytes.push(((id - self.last) << 4) | kind);
        self.last = id;
    }

    fn int(&mut self, id: u8, value: i64) {
        self.field(id, Self::I32);
        self.bare(value);
    }

    fn long(&mut self, id: u8, value: i64) {
        self.field(id, Self::I64);
        self.bare(value);
    }

    fn text(&mut self, id: u8, text: &str) {
        self.field(id, Self::BINARY);
        self.bare_text(text);
    }

    fn list(&mut self, id: u8, count: usize, kind: u8) {
        self.field(id, Self::LIST);
        match u8::try_from(count) {
            Ok(few) if few < 15 => self.bytes.push((few << 4) | kind),
            _ => {
                self.bytes.push(0xf0 | kind);
                varint(&mut self.bytes, wide(count));
            }
        }
    }

    fn begin(&mut self, id: u8) {
        self.field(id, Self::STRUCT);
        self.outer.push(std::mem::take(&mut self.last));
    }

    fn end(&mut self) {
        self.stop();
        self.last = self.outer.pop().unwrap_or_default();
    }

    /// A structure that is an element of a list.
    fn element(&mut self, fields: impl FnOnce(&mut Self)) {
        self.outer.push(std::mem::take(&mut self.last));
        fields(self);
        self.end();
    }

    fn stop(&mut self) {
        self.bytes.push(0);
    }

    fn bare(&mut self, value: i64) {
        let zigzag = (value << 1) ^ (value >> 63);
        varint(&mut self.bytes, zigzag.cast_unsigned());
    }

    fn bare_text(&mut self, text: &str) {
        varint(&mut self.bytes, wide(text.len()));
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// A length of the format: four bytes, little-endian.
fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len())
        .map(u32::to_le_bytes)
        .map_err(|_large| io::Error::other("a value of more than 4 GiB"))
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory has at most 64 bits")
}

fn long(length: u64) -> i64 {
    i64::try_from(length).expect("no file has 2^63 bytes")
}

fn signed(length: usize) -> i64 {
    long(wide(length))
}
