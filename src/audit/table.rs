//! The views' tables: which fields of which records stand in which column.
//!
//! They are data, so that a kind of record that comes later needs a line here and nothing else; until
//! then it stands in the table `other`, whole.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

/// One table of a view.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name: of a CSV or Parquet file, of a sheet.
    pub name: &'static str,
    /// The kinds of records in it; none are all that are in no other table.
    pub kinds: &'static [&'static str],
    /// The list in the body that has a row for each element; none: one row a record.
    pub each: Option<&'static str>,
    /// The columns behind `kiosk`, `position`, `at`, `kind`.
    pub columns: &'static [Column],
}

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    /// Its name.
    pub name: &'static str,
    /// JSON pointer into the body, or, beginning with `@`, into the element.
    pub path: &'static str,
    /// What is in it.
    pub holds: Holds,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Text; what is no text stands as JSON.
    Text,
    /// A whole number.
    Number,
    /// An instant, shown in UTC+8.
    Time,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// There is nothing.
    Empty,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

const fn text(name: &'static str, path: &'static str) -> Column {
    Column { name, path, holds: Holds::Text }
}

const fn number(name: &'static str, path: &'static str) -> Column {
    Column { name, path, holds: Holds::Number }
}

const fn time(name: &'static str, path: &'static str) -> Column {
    Column { name, path, holds: Holds::Time }
}

/// The columns every table begins with.
pub(super) const FIRST: [Column; 4] =
    [text("kiosk", ""), number("position", ""), time("at_utc8", ""), text("kind", "")];

/// Every table, in the order of a workbook's sheets.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "issued",
        kinds: &["issued"],
        each: None,
        columns: &[
            text("application", "/application"),
            text("service", "/service"),
            text("number", "/number"),
            text("elicence", "/elicence"),
            text("series", "/series"),
            number("sequence", "/sequence"),
            text("issued", "/issued"),
            text("valid_to", "/valid_to"),
            text("decided", "/decided"),
            text("holder", "/personal/holder/name"),
            text("uscc", "/personal/holder/uscc"),
            text("legal_representative", "/personal/holder/legal_representative"),
            text("premises", "/personal/premises"),
            text("grant", "/personal/grant"),
            text("issuer", "/personal/issuer/name"),
        ],
    },
    Table {
        name: "sheets",
        kinds: &["issued"],
        each: Some("/sheets"),
        columns: &[
            text("application", "/application"),
            text("number", "/number"),
            number("job", "@/job"),
            text("document", "@/document"),
            text("serial", "@/serial"),
            text("seal", "@/seal"),
        ],
    },
    Table {
        name: "decided",
        kinds: &["decided"],
        each: None,
        columns: &[
            text("application", "/application"),
            text("service", "/service"),
            text("verdict", "/decision/verdict"),
            text("code", "/decision/code"),
            text("rule_set", "/decision/rule_set"),
            text("edition", "/decision/edition"),
            text("edition_digest", "/decision/edition_digest"),
            text("today", "/decision/today"),
            text("rules", "/decision/rules"),
            text("applicant", "/personal/applicant/name"),
            text("applicant_masked", "/personal/applicant/id_masked"),
            text("applicant_digest", "/personal/applicant/id_digest"),
            text("uscc", "/personal/business/uscc"),
            text("business", "/personal/business/name"),
            text("facts_digest", "/personal/decision/facts_digest"),
            text("facts", "/personal/facts"),
            text("promise", "/personal/promise/text_version"),
            number("promise_read_ms", "/personal/promise/reading_ms"),
            time("promise_signed_utc8", "/personal/promise/signed_at"),
        ],
    },
    Table {
        name: "findings",
        kinds: &["decided"],
        each: Some("/personal/decision/findings"),
        columns: &[
            text("application", "/application"),
            text("rule", "@/rule"),
            text("code", "@/code"),
            text("outcome", "@/outcome"),
            text("citation", "@/citation"),
            text("message", "@/message/zh"),
            text("remedy", "@/remedy/zh"),
            text("due", "@/due/date"),
            text("overridden_by", "@/overridden_by"),
            text("private", "@/private"),
            text("values", "@/readings"),
        ],
    },
    Table {
        name: "looked_up",
        kinds: &["looked_up"],
        each: None,
        columns: &[
            text("application", "/application"),
            text("register", "/register"),
            text("purpose", "/purpose"),
            text("outcome", "/outcome"),
            time("snapshot_utc8", "/snapshot_taken_at"),
            number("took_ms", "/took_ms"),
            text("subject_digest", "/personal/subject_digest"),
            text("answer_digest", "/personal/answer_digest"),
        ],
    },
    Table {
        name: "printed",
        kinds: &["printed"],
        each: None,
        columns: &[
            number("job", "/job"),
            text("application", "/application"),
            text("document", "/document"),
            text("serial", "/serial"),
            text("step", "/step"),
        ],
    },
    Table {
        name: "data_receipts",
        kinds: &["data_receipt"],
        each: None,
        columns: &[
            text("application", "/application"),
            number("look_ups", "/look_ups"),
            text("shown", "/shown"),
        ],
    },
    Table {
        name: "rated",
        kinds: &["rated"],
        each: None,
        columns: &[text("application", "/application"), number("grade", "/grade")],
    },
    Table {
        name: "numbers",
        kinds: &["block_installed", "number_voided", "numbers_returned"],
        each: None,
        columns: &[
            text("series", "/series"),
            number("block", "/block"),
            number("first", "/first"),
            number("last", "/last"),
            number("sequence", "/sequence"),
            text("reason", "/reason"),
            text("by", "/by"),
            text("grant_digest", "/grant_digest"),
        ],
    },
    Table {
        name: "editions",
        kinds: &["edition_activated", "edition_refused", "started"],
        each: None,
        columns: &[
            text("name", "/name"),
            text("channel", "/channel"),
            number("epoch", "/epoch"),
            number("version", "/version"),
            text("digest", "/digest"),
            text("signed_by", "/signed_by"),
            text("refused", "/code"),
            text("why", "/why"),
            text("software", "/software"),
            text("edition", "/edition"),
        ],
    },
    Table {
        name: "staff",
        kinds: &[
            "maintenance_signed_in",
            "maintenance_refused",
            "maintenance_signed_out",
            "maintenance_settled",
            "maintenance_emptied",
        ],
        each: None,
        columns: &[
            text("name", "/name"),
            text("role", "/role"),
            text("by", "/by"),
            text("reason", "/reason"),
            time("locked_until_utc8", "/locked_until"),
            number("job", "/job"),
            text("answer", "/answer"),
            text("printer", "/printer"),
        ],
    },
    Table {
        name: "faults",
        kinds: &["faulted"],
        each: None,
        columns: &[text("code", "/code"), text("cleared", "/cleared")],
    },
    Table {
        name: "visits",
        kinds: &["session_ended"],
        each: None,
        columns: &[
            text("screen", "/screen"),
            number("took_ms", "/took_ms"),
            number("failed_reads", "/failed_reads"),
            number("unanswered", "/unanswered"),
        ],
    },
    Table { name: "other", kinds: &[], each: None, columns: &[text("body", "")] },
];

impl Table {
    /// Whether records of this kind stand in it.
    pub(super) fn takes(&self, kind: &str) -> bool {
        if self.kinds.is_empty() {
            return !TABLES.iter().any(|table| table.kinds.contains(&kind));
        }
        self.kinds.contains(&kind)
    }

    /// All its columns, in order.
    pub(super) fn all_columns(&self) -> impl Iterator<Item = &'static Column> {
        FIRST.iter().chain(self.columns)
    }
}

/// A record read for the views: what it says, whatever its kind.
#[derive(Debug)]
pub(super) struct Read {
    first: [Cell; 4],
    body: Value,
}

impl Read {
    /// Reads a record's text; none where it is no record. What its envelope holds stands in the
    /// envelope's place where it is opened.
    pub(super) fn of(record: &str, opened: Option<Value>) -> Option<Self> {
        let mut record: Value = serde_json::from_str(record).ok()?;
        let mut body = record.get_mut("body")?.take();
        if let Some(opened) = opened
            && let Some(envelope) = body.get_mut("personal")
        {
            *envelope = opened;
        }
        let of =
            |name: &str, holds| record.get(name).map_or(Cell::Empty, |value| cell(value, holds));
        let kind = body.get("kind").map_or(Cell::Empty, |value| cell(value, Holds::Text));
        let first =
            [of("kiosk", Holds::Text), of("position", Holds::Number), of("at", Holds::Time), kind];
        Some(Self { first, body })
    }

    /// The word in `kind`.
    pub(super) fn kind(&self) -> &str {
        self.body.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// Gives each row this record has in a table.
    pub(super) fn rows<E>(
        &self,
        table: &Table,
        mut give: impl FnMut(&[Cell]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut cells = Vec::with_capacity(FIRST.len() + table.columns.len());
        let nothing = Value::Null;
        let whole = std::slice::from_ref(&nothing);
        let elements = match table.each {
            None => whole,
            Some(list) => {
                self.body.pointer(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
            }
        };
        for element in elements {
            cells.clear();
            cells.extend_from_slice(&self.first);
            cells.extend(table.columns.iter().map(|column| {
                let value = match column.path.strip_prefix('@') {
                    Some(path) => element.pointer(path),
                    None => self.body.pointer(column.path),
                };
                value.map_or(Cell::Empty, |value| cell(value, column.holds))
            }));
            give(&cells)?;
        }
        Ok(())
    }
}

fn cell(value: &Value, holds: Holds) -> Cell {
    match (value, holds) {
        (Value::Null, _) => Cell::Empty,
        (Value::String(text), Holds::Time) => {
            text.parse().map_or_else(|_odd| Cell::Text(text.clone()), |at| Cell::Text(in_china(at)))
        }
        (Value::Number(number), Holds::Number) => {
            number.as_i64().map_or_else(|| Cell::Text(number.to_string()), Cell::Number)
        }
        (Value::String(text), _) => Cell::Text(text.clone()),
        (other, _) => Cell::Text(other.to_string()),
    }
}

/// An instant as the views show it: the day and time in UTC+8, which has no summer time.
pub(super) fn in_china(at: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(8));
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
