//! The bundle's own papers: the signed manifest, the keys it names, the lines of the evidence.
//!
//! Described in `docs/formats/audit.md`. Nothing here reads or writes a file.

use std::collections::BTreeMap;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::domain::ApplicationId;
use crate::seal::{KeyId, Signature, SigningKey, VerifyingKey};
use crate::wire::v1::{Hash, KioskId, Record, Register, SignedEdition};

/// The records, one a line: the evidence everything else is made from.
pub const RECORDS: &str = "records.jsonl";
/// Central's grants of numbers, one a line.
pub(super) const GRANTS: &str = "grants.jsonl";
/// What somebody at central decided about kiosks and permits, signed, one act a line. In central's bundles.
pub(super) const ACTS: &str = "acts.jsonl";
/// What central was asked of the registers, one look-up a line. In central's bundles.
pub(super) const LOOK_UPS: &str = "look_ups.jsonl";
/// The public keys of central and of the kiosks' lives.
pub(super) const KEYS: &str = "keys.json";
/// The folder of the editions decisions were made by, each named by its digest.
pub(super) const EDITIONS: &str = "editions";
/// The folder of the views: tables for people, made from the evidence.
pub(super) const VIEWS: &str = "views";
/// What the bundle holds, signed.
pub const MANIFEST: &str = "manifest.json";
/// The signature over the manifest's exact bytes.
pub(super) const SIGNATURE: &str = "manifest.sig";
/// The same digests as in the manifest, for `sha256sum -c`.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Bytes of a manifest at most: 1024 kiosks and 2048 files at 300 bytes each, rounded up.
pub(super) const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of the list of keys at most: 4096 lives at 700 bytes.
pub(super) const KEYS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of one line of the evidence at most: a record of which every byte is escaped, its signature.
pub(super) const LINE_BYTES_MAX: usize = 2 * Record::BYTES_MAX + 1024;
/// Bytes of the acts at most: 10 000 at 6 KiB.
pub(super) const ACTS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a line of the look-ups at most.
pub(super) const LOOK_UP_BYTES_MAX: usize = 8 * 1024;
/// Bytes of an edition at most.
pub(super) const EDITION_BYTES_MAX: u64 = SignedEdition::BYTES_MAX as u64;
/// Files of a bundle at most: an edition a week for fifteen years, and the views.
pub(super) const FILES_MAX: usize = 2048;

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`Manifest::FORMAT`].
    pub format: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// By which software.
    pub software: String,
    /// Who asked for it, as they called themselves.
    pub made_by: String,
    /// Where it was made.
    pub source: Source,
    /// What was asked for.
    pub asked: Asked,
    /// How many records of each kiosk, and where its chain begins and ends.
    pub chains: Vec<Chain>,
    /// Records altogether.
    pub records: u64,
    /// Records of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// Every file but this one, its signature and the list of sums.
    pub files: Vec<FileEntry>,
}

/// Where a bundle was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From one kiosk's journal; signed by its device key.
    Kiosk,
    /// From the permit book; signed by central's key.
    Central,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// From this day on, in Asia/Shanghai.
    pub from: Option<Date>,
    /// Until this day.
    pub to: Option<Date>,
    /// Only this kiosk.
    pub kiosk: Option<KioskId>,
    /// Only these kinds of records in the views. The evidence always has all of them: a chain with
    /// holes proves nothing.
    pub kinds: Vec<String>,
}

impl Asked {
    /// The first instant wanted, and the first one after what is wanted.
    pub fn instants(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        // Asia/Shanghai has had no summer time since 1991.
        let zone = TimeZone::fixed(Offset::constant(8));
        let begin = |day: Date| day.to_zoned(zone.clone()).ok().map(|begin| begin.timestamp());
        let after = self.to.and_then(|day| day.tomorrow().ok()).and_then(begin);
        (self.from.and_then(begin), after)
    }
}

/// The records of one kiosk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Whose.
    pub kiosk: KioskId,
    /// Position of the first record.
    pub first: u64,
    /// Position of the last one.
    pub last: u64,
    /// What the first one names as the hash before it.
    pub previous: Hash,
    /// Hash of the last one.
    pub hash: Hash,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path inside the bundle.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// Its length.
    pub bytes: u64,
    /// Lines of the evidence, rows of a view; none for what has neither.
    pub rows: Option<u64>,
}

impl Manifest {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/audit-manifest/1";
    /// What the signature is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/audit-manifest/1";

    /// The text that is signed. People read it too, so it has lines.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a manifest has only string keys")
    }

    /// Reads a manifest's text. That it can be read does not make it true.
    pub fn read(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if manifest.format != Self::FORMAT {
            return Err(format!("it has the format `{}`", manifest.format));
        }
        if manifest.files.len() > FILES_MAX {
            return Err(format!("it names more than {FILES_MAX} files"));
        }
        Ok(manifest)
    }

    /// The list for `sha256sum -c`, which must say the same as the manifest.
    pub fn sums(&self) -> String {
        let mut sums = String::new();
        for file in &self.files {
            sums.extend([&file.sha256.to_string(), "  ", &file.path, "\n"]);
        }
        sums
    }

    /// The file of a path.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// The line of `manifest.sig`: which key signed, and the signature.
pub(super) fn sign_manifest(text: &str, key: &SigningKey) -> String {
    let signature = key.sign(Manifest::SIGNATURE_CONTEXT, text.as_bytes());
    format!("{} {signature}\n", key.id())
}

/// Reads the line of `manifest.sig`.
pub(super) fn read_signature(line: &str) -> Option<(KeyId, Signature)> {
    let (key, signature) = line.strip_suffix('\n')?.split_once(' ')?;
    let lower = |text: &str| text.bytes().all(|b| !b.is_ascii_uppercase());
    let mut bytes = [0; Signature::BYTES];
    hex::decode_to_slice(signature, &mut bytes).ok()?;
    (lower(key) && lower(signature))
        .then(|| Some((KeyId::parse(key).ok()?, Signature::from_bytes(bytes))))?
}

/// The public keys a bundle's contents are signed with. They prove nothing by standing here: the
/// auditor brings the keys that are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Always [`Keys::FORMAT`].
    pub format: String,
    /// Central's public key, PEM: grants.
    pub central: String,
    /// Every life of every kiosk in the bundle.
    pub lives: Vec<Life>,
}

/// One life of a kiosk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Life {
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Which life.
    pub incarnation: u32,
    /// Its public device key, PEM: records.
    pub device_key: String,
    /// Its public seal key, PEM: seals.
    pub seal_key: String,
}

impl Keys {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/audit-keys/1";

    /// A list of keys.
    pub fn new(central: String, mut lives: Vec<Life>) -> Self {
        lives.sort_by(|a, b| (&a.kiosk, a.incarnation).cmp(&(&b.kiosk, b.incarnation)));
        Self { format: Self::FORMAT.to_owned(), central, lives }
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("keys have only string keys")
    }

    /// Reads the file's text.
    pub fn read(text: &str) -> Result<Self, String> {
        let keys: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if keys.format == Self::FORMAT {
            Ok(keys)
        } else {
            Err(format!("it has the format `{}`", keys.format))
        }
    }
}

/// A look-up as central keeps it: which kiosk asked which register, when, for what, and what kind of answer it
/// got. Whom it was about stays at central.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentralLookUp {
    /// When central was asked.
    pub at: Timestamp,
    /// Which kiosk asked.
    pub kiosk: KioskId,
    /// For which application.
    pub application: ApplicationId,
    /// Which register.
    pub register: Register,
    /// For which service: the purpose.
    pub service: String,
    /// `answered`, `refused` or `down`.
    pub outcome: String,
    /// Why it was refused or down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took.
    pub took_ms: u64,
}

/// One line of the evidence.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    /// The record's exact text.
    #[serde(borrow)]
    pub(super) record: std::borrow::Cow<'a, str>,
    /// By the kiosk's device key, hexadecimal.
    #[serde(borrow)]
    pub(super) signature: std::borrow::Cow<'a, str>,
    /// The data key that opens its envelope, wrapped with the bundle's own key ([`super::lock`]).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<std::borrow::Cow<'a, str>>,
}

/// What of a record an export must know to describe it.
#[derive(Debug, Deserialize)]
pub(super) struct Outline<'a> {
    pub(super) kiosk: KioskId,
    pub(super) position: u64,
    /// A hash, read only where a chain begins.
    #[serde(borrow)]
    pub(super) previous: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    pub(super) body: Kind<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(borrow)]
    pub(super) kind: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) decision: Option<Decided<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Decided<'a> {
    #[serde(borrow)]
    pub(super) edition_digest: std::borrow::Cow<'a, str>,
}

/// A public key in PEM, and the short name it is called by.
pub(super) fn key_of(pem: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_pem(pem).ok()
}
