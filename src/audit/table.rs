//! The views' tables: which fields of which records stand in which column.
//!
//! They are data, so that a kind of record that comes later needs a line here and nothing else; until
//! then it stands in the table `other`, whole.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::tree::Tree;
use crate::domain::calendar::datetime_in_china;

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
    /// Names of fields, each behind a slash, of the body or, behind `@`, of the element.
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
pub(super) enum Cell<'a> {
    /// There is nothing.
    Empty,
    /// A text.
    Text(Cow<'a, str>),
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
            "maintenance_tested",
            "maintenance_exported",
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
            text("device", "/device"),
            text("passed", "/passed"),
            number("records", "/records"),
            text("manifest", "/manifest"),
        ],
    },
    Table {
        name: "configured",
        kinds: &["maintenance_configured"],
        each: None,
        columns: &[
            text("by", "/by"),
            text("why", "/why"),
            text("file", "/file"),
            text("changes", "/changes"),
            text("outcome", "/outcome"),
            text("fault", "/fault"),
            text("before", "/before"),
            text("wanted", "/wanted"),
        ],
    },
    Table {
        name: "blanks",
        kinds: &["blanks_counted", "blanks_spent"],
        each: None,
        columns: &[
            text("paper", "/paper"),
            number("first", "/first"),
            number("last", "/last"),
            text("on", "/on"),
            number("job", "/job"),
            text("by", "/by"),
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
pub(super) struct Read<'a> {
    record: Tree<'a>,
    body: Tree<'a>,
}

impl<'a> Read<'a> {
    /// Reads a record's text; none where it is no record. What its envelope holds stands in the
    /// envelope's place where it is opened.
    pub(super) fn of(record: &'a str, opened: Option<Value>) -> Option<Self> {
        let mut record: Tree<'a> = serde_json::from_str(record).ok()?;
        let mut body = std::mem::replace(record.field_mut("body")?, Tree::Null);
        if let Some(opened) = opened
            && let Some(envelope) = body.field_mut("personal")
        {
            *envelope = opened.into();
        }
        Some(Self { record, body })
    }

    /// The word in `kind`.
    pub(super) fn kind(&self) -> &str {
        self.body.field("kind").and_then(Tree::text).unwrap_or_default()
    }

    /// Gives each row this record has in a table.
    pub(super) fn rows<E>(
        &self,
        table: &Table,
        mut give: impl FnMut(&[Cell<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let first = [
            cell(self.record.field("kiosk"), Holds::Text),
            cell(self.record.field("position"), Holds::Number),
            cell(self.record.field("at"), Holds::Time),
            cell(self.body.field("kind"), Holds::Text),
        ];
        let mut cells = Vec::with_capacity(FIRST.len() + table.columns.len());
        let nothing = [Tree::Null];
        let elements = match table.each {
            None => &nothing[..],
            Some(list) => self.body.at(list).map_or(&[][..], Tree::elements),
        };
        for element in elements {
            cells.clear();
            cells.extend_from_slice(&first);
            cells.extend(table.columns.iter().map(|column| {
                let value = match column.path.strip_prefix('@') {
                    Some(path) => element.at(path),
                    None => self.body.at(column.path),
                };
                cell(value, column.holds)
            }));
            give(&cells)?;
        }
        Ok(())
    }
}

fn cell<'a>(value: Option<&'a Tree<'_>>, holds: Holds) -> Cell<'a> {
    match (value, holds) {
        (None | Some(Tree::Null), _) => Cell::Empty,
        (Some(Tree::Text(text)), Holds::Time) => {
            Cell::Text(text.parse().map_or(Cow::Borrowed(text), |at| in_china(at).into()))
        }
        (Some(Tree::Whole(number)), Holds::Number) => Cell::Number(*number),
        (Some(Tree::Text(text)), _) => Cell::Text(Cow::Borrowed(text)),
        (Some(other), _) => {
            let text = serde_json::to_string(other).expect("a tree has only texts as names");
            Cell::Text(text.into())
        }
    }
}

/// An instant as the views show it: the day and time in UTC+8, which has no summer time.
pub(super) fn in_china(at: Timestamp) -> String {
    let at = datetime_in_china(at);
    let (date, time) = (at.date(), at.time());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{date} {hour:02}:{minute:02}:{second:02}.{:03}", time.millisecond())
}
