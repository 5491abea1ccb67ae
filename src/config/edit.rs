//! Changes of `devices.toml` by whoever tends the kiosk: comments and order stay, the new text is
//! checked before it is put in place, and the old file is kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use toml::de::{DeTable, DeValue};
use toml_edit::{DocumentMut, InlineTable, Item, Key, Table, Value};

use super::{Devices, Problems, devices, devices_of, devices_text};
use crate::durable;

/// Old files kept; each is some kilobytes, and a kiosk is set up a few times in its life.
const KEPT_MAX: usize = 20;
/// Between the file's name and the time it was replaced.
const OLD: &str = ".old-";

/// One key of one section, and what it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The section: a device, or `simulate`.
    pub section: String,
    /// The key.
    pub key: String,
    /// Its new value, as a person writes it; `usb` as `0400:c35a`, `0400:c35a:SERIAL` or
    /// `0400:c35a@1-2.3`.
    pub value: String,
}

impl Change {
    /// Reads `scanner.baud=115200`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.split_once('=')?;
        let (section, key) = name.trim().split_once('.')?;
        let change = Self {
            section: section.trim().to_owned(),
            key: key.trim().to_owned(),
            value: value.trim().trim_matches('"').to_owned(),
        };
        (!change.section.is_empty() && !change.key.is_empty()).then_some(change)
    }
}

/// A text that may become `devices.toml`: it was read and means something.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// What it means.
    pub devices: Devices,
    /// What differs from the text before, one key each: `scanner.baud: 9600 -> 115200`.
    pub changes: Vec<String>,
}

/// What a key can be set to at the console; empty for one that is typed or found.
pub fn choices(section: &str, key: &str) -> &'static [&'static str] {
    match (section, key) {
        ("id_reader", "profile") => &["sam", "none"],
        ("scanner", "profile") => &["serial", "none"],
        ("scanner", "commands") => &["newland", "honeywell", "plain"],
        ("receipt_printer", "profile") => &["escpos", "none"],
        ("receipt_printer", "flow_control") => &["hardware", "software", "none"],
        ("receipt_printer", "paper_mm") => &["80", "58"],
        ("panel", "profile") => &["modbus", "none"],
        ("id_reader" | "scanner" | "receipt_printer" | "panel", "baud") => {
            &["9600", "19200", "38400", "57600", "115200"]
        }
        ("page_printer", "profile") => &["pcl-serial", "pdf-serial", "none"],
        ("page_printer", "flow_control") => &["hardware", "none"],
        ("page_printer", "baud") => &["57600", "115200", "230400", "460800", "921600"],
        ("page_printer", "paper") => &["A3", "A4"],
        ("page_printer", "sheets_low") => &["10", "20", "50", "100"],
        _ => &[],
    }
}

/// Why a text could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text before is no TOML.
    #[error("devices.toml is not TOML: `permit-kiosk check-config` shows where")]
    NotToml {
        /// What the parser said.
        source: toml_edit::TomlError,
    },
    /// There is no such section.
    #[error("devices.toml has no section [{section}]")]
    NoSection {
        /// The name that was given.
        section: String,
    },
    /// The value does not suit the key.
    #[error("`{value}` is no value of {section}.{key}: {wanted}")]
    Value {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// The changed text would not be a configuration.
    #[error("the changed devices.toml would not be right")]
    Problems {
        /// Everything that is wrong with it.
        source: Problems,
    },
}

/// Changes some keys of a text and checks what comes out.
pub fn apply(folder: &Path, before: &str, changes: &[Change]) -> Result<Edited, EditError> {
    let mut document: DocumentMut =
        before.parse().map_err(|source| EditError::NotToml { source })?;
    for change in changes {
        set(&mut document, change)?;
    }
    let text = document.to_string();
    let devices = devices_of(folder, &text).map_err(|source| EditError::Problems { source })?;
    let changes = differences(before, &text);
    Ok(Edited { text, devices, changes })
}

fn set(document: &mut DocumentMut, change: &Change) -> Result<(), EditError> {
    let table = document
        .get_mut(&change.section)
        .and_then(Item::as_table_mut)
        .ok_or_else(|| EditError::NoSection { section: change.section.clone() })?;
    let value = value_of(change)?;
    let key = change.key.as_str();
    match key {
        // A port is named in one of two ways.
        "port" => rename(table, "usb", "port"),
        "usb" => rename(table, "port", "usb"),
        // What only the other kind of page printer has would be an unknown key.
        "profile" if change.value == "ipp" => {
            for other in ["port", "usb", "baud", "flow_control"] {
                table.remove(other);
            }
        }
        "profile" if matches!(change.value.as_str(), "pcl-serial" | "pdf-serial") => {
            table.remove("uri");
        }
        _ => {}
    }
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
    Ok(())
}

/// Gives an entry another name in its place, with its comments.
fn rename(table: &mut Table, from: &str, to: &str) {
    if !table.contains_key(from) || table.contains_key(to) {
        return;
    }
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    let entries: Vec<(Key, Item)> =
        names.iter().filter_map(|name| table.remove_entry(name)).collect();
    for (key, item) in entries {
        let key = if key.get() == from {
            Key::new(to).with_leaf_decor(key.leaf_decor().clone())
        } else {
            key
        };
        table.insert_formatted(&key, item);
    }
}

fn value_of(change: &Change) -> Result<Value, EditError> {
    let refuse = |wanted| EditError::Value {
        section: change.section.clone(),
        key: change.key.clone(),
        value: change.value.clone(),
        wanted,
    };
    let text = change.value.as_str();
    match change.key.as_str() {
        "baud"
        | "paper_mm"
        | "sheets_low"
        | "address"
        | "door"
        | "key"
        | "proximity"
        | "lamp_id_reader"
        | "lamp_scanner"
        | "lamp_receipt_printer"
        | "lamp_page_printer" => {
            text.parse::<i64>().map(Value::from).map_err(|_not_a_number| refuse("a whole number"))
        }
        "enabled" => {
            text.parse::<bool>().map(Value::from).map_err(|_neither| refuse("true or false"))
        }
        "usb" => usb(text).ok_or_else(|| {
            refuse("four hexadecimal digits, a colon, four more; then :SERIAL or @SOCKET")
        }),
        _ => Ok(Value::from(text)),
    }
}

fn usb(text: &str) -> Option<Value> {
    let (ids, socket) = match text.split_once('@') {
        Some((ids, socket)) => (ids, Some(socket)),
        None => (text, None),
    };
    let mut parts = ids.splitn(3, ':');
    let mut table = InlineTable::new();
    table.insert("vendor", parts.next()?.to_ascii_lowercase().into());
    table.insert("product", parts.next()?.to_ascii_lowercase().into());
    if let Some(serial) = parts.next() {
        table.insert("serial", serial.into());
    }
    if let Some(socket) = socket {
        table.insert("socket", socket.into());
    }
    Some(Value::InlineTable(table))
}

/// One key as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The section.
    pub section: String,
    /// The key.
    pub key: String,
    /// The value as it is written.
    pub value: String,
    /// The line it stands in, from 1.
    pub line: usize,
}

/// Every key of a text with its line, in the order of the text. A text that is no TOML has none.
pub fn settings(text: &str) -> Vec<Setting> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Vec::new();
    }
    let mut settings = Vec::new();
    for (section, value) in document.get_ref() {
        let DeValue::Table(table) = value.get_ref() else { continue };
        for (key, value) in table {
            let span = value.span();
            let before = text.get(..span.start).unwrap_or_default();
            settings.push(Setting {
                section: section.get_ref().to_string(),
                key: key.get_ref().to_string(),
                value: text.get(span).unwrap_or_default().to_owned(),
                line: before.matches('\n').count() + 1,
            });
        }
    }
    settings.sort_by_key(|setting| setting.line);
    settings
}

fn differences(before: &str, after: &str) -> Vec<String> {
    let values = |text: &str| -> BTreeMap<String, String> {
        settings(text)
            .into_iter()
            .map(|setting| (format!("{}.{}", setting.section, setting.key), setting.value))
            .collect()
    };
    let (before, after) = (values(before), values(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| match (before.get(name), after.get(name)) {
            (old, new) if old == new => None,
            (old, new) => {
                let word = |value: Option<&String>| value.map_or("none", |value| value).to_owned();
                Some(format!("{name}: {} -> {}", word(old), word(new)))
            }
        })
        .collect()
}

/// Why a file was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// It could not be read.
    #[error("cannot read devices.toml before it is replaced")]
    Read {
        /// Why.
        source: durable::Error,
    },
    /// Somebody changed it meanwhile.
    #[error("devices.toml was changed by somebody else meanwhile: look at it and begin again")]
    Changed,
    /// The old text could not be kept.
    #[error("cannot keep the old devices.toml")]
    Keep {
        /// Why.
        source: durable::Error,
    },
    /// The new text could not be written.
    #[error("cannot write devices.toml")]
    Write {
        /// Why.
        source: durable::Error,
    },
}

/// Puts a text in the place of `devices.toml`, if that still is `before`, and keeps the old one beside
/// it. Answers where.
pub fn replace(
    folder: &Path,
    before: &str,
    after: &str,
    now: Timestamp,
) -> Result<PathBuf, ReplaceError> {
    let standing = devices_text(folder).map_err(|source| ReplaceError::Read { source })?;
    if standing != before {
        return Err(ReplaceError::Changed);
    }
    // To the millisecond: two changes within a second are two.
    let kept = folder.join(format!("{}{OLD}{}", devices::NAME, now.strftime("%Y%m%dT%H%M%S%3fZ")));
    durable::write(&kept, before.as_bytes()).map_err(|source| ReplaceError::Keep { source })?;
    let file = folder.join(devices::NAME);
    let was = std::fs::metadata(&file).ok();
    // A crash before this line leaves the old file in place, and a copy of it beside it.
    durable::write(&file, after.as_bytes()).map_err(|source| ReplaceError::Write { source })?;
    if let Some(was) = was {
        for path in [&file, &kept] {
            readable_as_before(path, &was);
        }
    }
    forget_oldest(folder);
    Ok(kept)
}

/// What root has replaced must stay readable for the kiosk's own user, whatever root's files are by default.
fn readable_as_before(path: &Path, was: &std::fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let done = std::fs::set_permissions(path, was.permissions())
        .and_then(|()| chown(path, Some(was.uid()), Some(was.gid())));
    if let Err(error) = done {
        tracing::warn!(%error, "{} may be unreadable for others", path.display());
    }
}

/// More than [`KEPT_MAX`] old files help nobody. One that cannot be removed stays.
fn forget_oldest(folder: &Path) {
    let prefix = format!("{}{OLD}", devices::NAME);
    let mut kept: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    kept.sort();
    let surplus = kept.len().saturating_sub(KEPT_MAX);
    for path in kept.iter().take(surplus) {
        if let Err(error) = durable::remove(path) {
            tracing::warn!(%error, "an old devices.toml stays");
        }
    }
}
