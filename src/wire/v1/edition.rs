//! An edition of the rulebook as it is published: one file with a signed list of its files, and them.
//!
//! The signed text travels as it is, inside a JSON string. Nothing in it is believed before enough of
//! the publishers have signed it. Described in `docs/formats/edition.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Hash;
use crate::rules::{Problems, Rulebook};
use crate::seal::{KeyId, Signature, SigningKey, VerifyingKey};

/// A published edition: the exact text that was signed, the signatures, and the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedEdition {
    /// Always [`SignedEdition::FORMAT`].
    pub format: String,
    /// The manifest's exact text: one JSON object.
    pub manifest: String,
    /// By publishers' keys over the manifest's text, under [`EditionManifest::SIGNATURE_CONTEXT`].
    pub signatures: Vec<EditionSignature>,
    /// The edition's files, path → text.
    pub files: BTreeMap<String, String>,
}

/// One publisher's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionSignature {
    /// The key's short name, 16 hexadecimal digits.
    pub key: String,
    /// Hexadecimal.
    pub signature: String,
}

/// What the publishers sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionManifest {
    /// Always [`EditionManifest::FORMAT`].
    pub format: String,
    /// Which rulebook, for example `zhangdian`.
    pub name: String,
    /// For which kiosks, for example `all`.
    pub channel: String,
    /// Counts up when the publishers' keys change.
    pub epoch: u64,
    /// Counts up within an epoch.
    pub version: u64,
    /// The day it was issued.
    pub issued: Date,
    /// After this day a newer one should be there.
    pub refresh_by: Date,
    /// After this day it decides nothing any more.
    pub reject_after: Date,
    /// The language its rules are written in: [`EditionManifest::LANGUAGE`].
    pub language: String,
    /// SHA-256 over all files with their names, as [`Rulebook::digest`] gives it.
    pub digest: String,
    /// Exactly the files there are, by path.
    pub files: BTreeMap<String, FileDigest>,
}

/// One file of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// SHA-256 of its text.
    pub sha256: Hash,
    /// Its length.
    pub bytes: u64,
}

impl EditionManifest {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/edition-manifest/1";
    /// What a publisher's signature is bound to.
    pub const SIGNATURE_CONTEXT: &str = "permit-kiosk/edition-manifest/1";
    /// The language of the rules this software decides by.
    pub const LANGUAGE: &str = "permit-kiosk/rules/1";
    /// Bytes of a manifest at most: 256 files at 256 bytes of path, digest and length, and the rest.
    pub const BYTES_MAX: usize = 68 * 1024;
    /// Characters of a channel at most.
    pub const CHANNEL_MAX: usize = 32;

    /// Describes an edition's files for a channel.
    pub fn describe(rulebook: &Rulebook, files: &BTreeMap<String, String>, channel: &str) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            name: rulebook.name().to_owned(),
            channel: channel.to_owned(),
            epoch: rulebook.epoch(),
            version: rulebook.version(),
            issued: rulebook.issued(),
            refresh_by: rulebook.refresh_by(),
            reject_after: rulebook.reject_after(),
            language: Self::LANGUAGE.to_owned(),
            digest: rulebook.digest().to_owned(),
            files: files.iter().map(|(path, text)| (path.clone(), FileDigest::of(text))).collect(),
        }
    }

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a manifest has only string keys")
    }

    /// Reads a manifest. That it can be read does not make it true.
    pub fn read(text: &str) -> Result<Self, EditionError> {
        if text.len() > Self::BYTES_MAX {
            return Err(EditionError::TooLong { what: "the manifest", bytes_max: Self::BYTES_MAX });
        }
        let manifest: Self =
            serde_json::from_str(text).map_err(|source| EditionError::NotAManifest { source })?;
        if manifest.format != Self::FORMAT {
            return Err(EditionError::OtherFormat { found: manifest.format });
        }
        if manifest.language != Self::LANGUAGE {
            return Err(EditionError::OtherLanguage { found: manifest.language });
        }
        Ok(manifest)
    }

    /// Whether a word can be a channel: small letters, digits and hyphens.
    pub fn is_channel(word: &str) -> bool {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=Self::CHANNEL_MAX).contains(&word.len()) && word.bytes().all(fits)
    }

    /// Epoch and version: what only ever counts up.
    pub fn number(&self) -> (u64, u64) {
        (self.epoch, self.version)
    }
}

impl FileDigest {
    fn of(text: &str) -> Self {
        let bytes =
            u64::try_from(text.len()).expect("a text in memory has at most 64 bits of bytes");
        Self { sha256: Hash::of(text.as_bytes()), bytes }
    }
}

/// An edition that may decide: signed by enough publishers, complete, checked, and its cases hold.
#[derive(Debug, Clone)]
pub struct Edition {
    /// What was signed.
    pub manifest: EditionManifest,
    /// Who signed it: names of publishers, in the order of their keys.
    pub signed_by: Vec<String>,
    /// What decides.
    pub rulebook: Arc<Rulebook>,
}

impl SignedEdition {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/edition/1";
    /// Bytes of a published edition at most: the district's has a quarter of a megabyte, in which
    /// every line end is escaped.
    pub const BYTES_MAX: usize = 8 * 1024 * 1024;
    /// Signatures at most: more than any bureau has publishers.
    pub const SIGNATURES_MAX: usize = Publishers::KEYS_MAX;

    /// An edition nobody has signed yet.
    pub fn unsigned(manifest: &EditionManifest, files: BTreeMap<String, String>) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            manifest: manifest.to_text(),
            signatures: Vec::new(),
            files,
        }
    }

    /// Reads an edition's file. Nothing of it is believed yet.
    pub fn read(bytes: &[u8]) -> Result<Self, EditionError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(EditionError::TooLong { what: "the edition", bytes_max: Self::BYTES_MAX });
        }
        let read: Self = serde_json::from_slice(bytes)
            .map_err(|source| EditionError::NotAnEdition { source })?;
        if read.format != Self::FORMAT {
            return Err(EditionError::OtherFormat { found: read.format });
        }
        if read.signatures.len() > Self::SIGNATURES_MAX {
            return Err(EditionError::TooManySignatures { count: read.signatures.len() });
        }
        if read.files.len() > Rulebook::FILES_MAX {
            return Err(EditionError::TooManyFiles { count: read.files.len() });
        }
        Ok(read)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("an edition has only string keys")
    }

    /// Adds a publisher's signature; one of the same key is replaced.
    pub fn sign(&mut self, key: &SigningKey) {
        let signature = EditionSignature {
            key: key.id().to_string(),
            signature: key
                .sign(EditionManifest::SIGNATURE_CONTEXT, self.manifest.as_bytes())
                .to_string(),
        };
        self.signatures.retain(|other| other.key != signature.key);
        self.signatures.push(signature);
        self.signatures.sort_by(|a, b| a.key.cmp(&b.key));
    }

    /// The manifest, once enough of the publishers are known to have signed it for this rulebook, this
    /// channel and this epoch; and who they are. The files are not looked at yet.
    pub fn signed_manifest(
        &self,
        publishers: &Publishers,
    ) -> Result<(EditionManifest, Vec<String>), EditionError> {
        if self.manifest.len() > EditionManifest::BYTES_MAX {
            let bytes_max = EditionManifest::BYTES_MAX;
            return Err(EditionError::TooLong { what: "the manifest", bytes_max });
        }
        // Distinct keys: two signatures of one publisher are one.
        let (mut signers, mut broken) = (BTreeSet::new(), BTreeSet::new());
        for EditionSignature { key, signature } in &self.signatures {
            let mut bytes = [0; Signature::BYTES];
            let Ok(id) = KeyId::parse(key) else { continue };
            let Some(publisher) = publishers.of(id) else { continue };
            let good = hex::decode_to_slice(signature, &mut bytes).is_ok()
                && publisher.key.verify(
                    EditionManifest::SIGNATURE_CONTEXT,
                    self.manifest.as_bytes(),
                    &Signature::from_bytes(bytes),
                );
            if good {
                signers.insert(id)
            } else {
                broken.insert(id)
            };
        }
        if signers.len() < publishers.threshold {
            let (good, needed) = (signers.len(), publishers.threshold);
            let broken = broken.difference(&signers).count();
            return Err(if broken > 0 {
                EditionError::SignedOtherwise { good, needed, broken }
            } else {
                EditionError::NotSigned { good, needed }
            });
        }
        // From here on the manifest is the publishers' word.
        let manifest = EditionManifest::read(&self.manifest)?;
        if manifest.name != publishers.rulebook {
            let expected = publishers.rulebook.clone();
            return Err(EditionError::OtherRulebook { found: manifest.name, expected });
        }
        if manifest.channel != publishers.channel {
            let expected = publishers.channel.clone();
            return Err(EditionError::OtherChannel { found: manifest.channel, expected });
        }
        if manifest.epoch != publishers.epoch {
            let (found, trusted) = (manifest.epoch, publishers.epoch);
            return Err(EditionError::OtherEpoch { found, trusted });
        }
        let names = signers.into_iter().filter_map(|id| publishers.of(id));
        Ok((manifest, names.map(|publisher| publisher.name.clone()).collect()))
    }

    /// Verifies everything: signatures, then files, then rules, then cases.
    pub fn verify(&self, publishers: &Publishers) -> Result<Edition, EditionError> {
        let (manifest, signed_by) = self.signed_manifest(publishers)?;
        let rulebook = self.check(&manifest)?;
        Ok(Edition { manifest, signed_by, rulebook: Arc::new(rulebook) })
    }

    /// Checks that the files are exactly those of a manifest, and an edition whose cases hold.
    pub fn check(&self, manifest: &EditionManifest) -> Result<Rulebook, EditionError> {
        for (path, expected) in &manifest.files {
            match self.files.get(path) {
                None => return Err(EditionError::FileMissing { path: path.clone() }),
                Some(text) if FileDigest::of(text) != *expected => {
                    return Err(EditionError::FileChanged { path: path.clone() });
                }
                Some(_) => {}
            }
        }
        if let Some(path) = self.files.keys().find(|path| !manifest.files.contains_key(*path)) {
            return Err(EditionError::FileAdded { path: path.clone() });
        }
        let rulebook = Rulebook::load_tried(&self.files, Vec::new())
            .map_err(|problems| EditionError::Wrong { problems: Box::new(problems) })?;
        let described = EditionManifest::describe(&rulebook, &self.files, &manifest.channel);
        if described == *manifest { Ok(rulebook) } else { Err(EditionError::ManifestsDisagree) }
    }
}

/// Whose word an edition is: brought to a kiosk and to central with their keys, never over the network.
#[derive(Debug, Clone)]
pub struct Publishers {
    /// Of which rulebook.
    pub rulebook: String,
    /// Of which channel.
    pub channel: String,
    /// Of which epoch; new keys are a new epoch.
    pub epoch: u64,
    /// So many of them must sign.
    pub threshold: usize,
    keys: BTreeMap<KeyId, Publisher>,
}

#[derive(Debug, Clone)]
struct Publisher {
    name: String,
    key: VerifyingKey,
}

/// The trusted file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishersFile {
    format: String,
    rulebook: String,
    channel: String,
    epoch: u64,
    threshold: usize,
    keys: BTreeMap<String, String>,
}

impl Publishers {
    /// The format's name and version.
    pub const FORMAT: &str = "permit-kiosk/publishers/1";
    /// What the trusted file is called in a key folder.
    pub const FILE_NAME: &str = "publishers.json";
    /// Bytes of the trusted file at most: sixteen keys of 200 bytes, and names.
    pub const BYTES_MAX: usize = 16 * 1024;
    /// Publishers at most.
    pub const KEYS_MAX: usize = 16;
    /// One person alone never publishes law.
    pub const THRESHOLD_MIN: usize = 2;

    /// Names and keys of the publishers of an epoch.
    pub fn new(
        rulebook: &str,
        channel: &str,
        epoch: u64,
        threshold: usize,
        keys: impl IntoIterator<Item = (String, VerifyingKey)>,
    ) -> Result<Self, PublishersError> {
        let mut publishers = BTreeMap::new();
        for (name, key) in keys {
            if let Some(twin) = publishers.insert(key.id(), Publisher { name: name.clone(), key }) {
                return Err(PublishersError::Twins { first: twin.name, second: name });
            }
        }
        if !(Self::THRESHOLD_MIN..=publishers.len()).contains(&threshold) {
            return Err(PublishersError::Threshold { threshold, keys: publishers.len() });
        }
        if publishers.len() > Self::KEYS_MAX {
            return Err(PublishersError::TooMany { keys: publishers.len() });
        }
        if epoch == 0 || rulebook.is_empty() || !EditionManifest::is_channel(channel) {
            return Err(PublishersError::Words);
        }
        let (rulebook, channel) = (rulebook.to_owned(), channel.to_owned());
        Ok(Self { rulebook, channel, epoch, threshold, keys: publishers })
    }

    /// Reads the trusted file.
    pub fn read(bytes: &[u8]) -> Result<Self, PublishersError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(PublishersError::TooLong { bytes: bytes.len() });
        }
        let wrong = |why: String| PublishersError::NotOne { why };
        let json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| wrong(format!("it is not JSON, {error}")))?;
        if !json.is_object() {
            return Err(wrong("it has no names and values in {…}".to_owned()));
        }
        let file: PublishersFile =
            serde_json::from_value(json).map_err(|error| wrong(error.to_string()))?;
        if file.format != Self::FORMAT {
            return Err(PublishersError::OtherFormat { found: file.format });
        }
        let keys = file.keys.into_iter().map(|(name, pem)| {
            let key = VerifyingKey::from_pem(&pem);
            let key = key.map_err(|source| PublishersError::Key { name: name.clone(), source })?;
            Ok((name, key))
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        Self::new(&file.rulebook, &file.channel, file.epoch, file.threshold, keys)
    }

    /// The trusted file's text.
    pub fn to_text(&self) -> String {
        let keys = self.keys.values();
        let file = PublishersFile {
            format: Self::FORMAT.to_owned(),
            rulebook: self.rulebook.clone(),
            channel: self.channel.clone(),
            epoch: self.epoch,
            threshold: self.threshold,
            keys: keys.map(|one| (one.name.clone(), one.key.to_pem())).collect(),
        };
        let text = serde_json::to_string_pretty(&file).expect("the file has only string keys");
        format!("{text}\n")
    }

    /// The name of the publisher whose key this is.
    pub fn name_of(&self, key: KeyId) -> Option<&str> {
        self.of(key).map(|publisher| publisher.name.as_str())
    }

    fn of(&self, key: KeyId) -> Option<&Publisher> {
        self.keys.get(&key)
    }
}

/// Why an edition is none, or not one for us.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditionError {
    /// Longer than it may be.
    #[error("{what} has more than {bytes_max} bytes")]
    TooLong {
        /// What.
        what: &'static str,
        /// The limit.
        bytes_max: usize,
    },
    /// Not a JSON object with the fields of an edition.
    #[error("it is not a published edition")]
    NotAnEdition {
        /// What was wrong, with line and column.
        source: serde_json::Error,
    },
    /// Another version of the format.
    #[error("it has the format `{found}`, which this software does not know")]
    OtherFormat {
        /// The format it names.
        found: String,
    },
    /// Rules in another language.
    #[error("its rules are written in `{found}`, which this software does not know")]
    OtherLanguage {
        /// The language it names.
        found: String,
    },
    /// Too many signatures.
    #[error("it has {count} signatures, at most {} are looked at", SignedEdition::SIGNATURES_MAX)]
    TooManySignatures {
        /// How many.
        count: usize,
    },
    /// Too many files.
    #[error("it has {count} files, at most {} are read", Rulebook::FILES_MAX)]
    TooManyFiles {
        /// How many.
        count: usize,
    },
    /// Not enough of the publishers.
    #[error("{good} of the trusted publishers have signed it, {needed} have to")]
    NotSigned {
        /// Good signatures of distinct trusted keys.
        good: usize,
        /// The threshold.
        needed: usize,
    },
    /// Signatures of trusted publishers that are not of this manifest.
    #[error(
        "{good} of the trusted publishers have signed it, {needed} have to; {broken} more signed something \
         else: the manifest is not the one they saw"
    )]
    SignedOtherwise {
        /// Good signatures of distinct trusted keys.
        good: usize,
        /// The threshold.
        needed: usize,
        /// Trusted keys whose signatures do not hold.
        broken: usize,
    },
    /// Signed, but not a manifest.
    #[error("its manifest cannot be read")]
    NotAManifest {
        /// What was wrong, with line and column.
        source: serde_json::Error,
    },
    /// Another rulebook of the same publishers.
    #[error("it is an edition of the rulebook `{found}`, not of `{expected}`")]
    OtherRulebook {
        /// Of which.
        found: String,
        /// Of which it should be.
        expected: String,
    },
    /// An edition for other kiosks.
    #[error("it is for the channel `{found}`, not for `{expected}`")]
    OtherChannel {
        /// For which.
        found: String,
        /// For which it should be.
        expected: String,
    },
    /// An edition of other keys' time.
    #[error("it is of epoch {found}, the trusted publishers are of epoch {trusted}")]
    OtherEpoch {
        /// Of which.
        found: u64,
        /// Of which it should be.
        trusted: u64,
    },
    /// A file of the manifest is not there.
    #[error("its file {path} is missing")]
    FileMissing {
        /// Which.
        path: String,
    },
    /// A file is not the one that was signed.
    #[error("its file {path} is not the one that was signed")]
    FileChanged {
        /// Which.
        path: String,
    },
    /// A file nobody signed.
    #[error("its file {path} was not signed")]
    FileAdded {
        /// Which.
        path: String,
    },
    /// Signed, and wrong all the same.
    #[error("it has mistakes")]
    Wrong {
        /// All of them.
        #[source]
        problems: Box<Problems>,
    },
    /// Its two manifests say different things.
    #[error("its manifest.toml and its signed manifest say different things")]
    ManifestsDisagree,
}

impl EditionError {
    /// What a publisher does about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotSigned { .. } => "have another publisher sign it: rules sign FILE --key KEY",
            Self::OtherRulebook { .. } | Self::OtherChannel { .. } => {
                "take the publishers.json of the central it is meant for, or draft it for that one"
            }
            Self::OtherEpoch { .. } => {
                "write the publishers' epoch in manifest.toml, draft it anew, and have it signed by them"
            }
            Self::SignedOtherwise { .. } => {
                "it was changed after it was signed: find out by whom, draft it anew and have it signed again"
            }
            Self::FileMissing { .. }
            | Self::FileChanged { .. }
            | Self::FileAdded { .. }
            | Self::ManifestsDisagree => {
                "it was changed after it was drafted: draft it anew and have it signed again"
            }
            Self::Wrong { .. } => "mend what is told, draft it anew and have it signed again",
            Self::OtherFormat { .. } | Self::OtherLanguage { .. } => {
                "draft it with the software that runs on the kiosks"
            }
            Self::TooLong { .. }
            | Self::TooManyFiles { .. }
            | Self::TooManySignatures { .. }
            | Self::NotAnEdition { .. }
            | Self::NotAManifest { .. } => "give a file made by `rules draft`",
        }
    }
}

/// Why a trusted file is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishersError {
    /// Longer than it may be.
    #[error("the list of publishers has {bytes} bytes, at most {} are read", Publishers::BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not a JSON object with the right fields.
    #[error(
        "it is not a list of publishers: {why}; one has format, rulebook, channel, epoch, threshold and keys, as \
         publishers.json in central's key folder"
    )]
    NotOne {
        /// What was wrong.
        why: String,
    },
    /// Another version of the format.
    #[error("the list of publishers has the format `{found}`")]
    OtherFormat {
        /// The format it names.
        found: String,
    },
    /// A key.
    #[error("the key of the publisher `{name}` cannot be used")]
    Key {
        /// Whose.
        name: String,
        /// What was wrong.
        source: crate::seal::KeyError,
    },
    /// One key under two names would be two persons that are one.
    #[error("the publishers `{first}` and `{second}` have the same key")]
    Twins {
        /// One name.
        first: String,
        /// The other.
        second: String,
    },
    /// Not a threshold.
    #[error(
        "{threshold} of {keys} publishers cannot be asked to sign: at least {} have to, at most all",
        Publishers::THRESHOLD_MIN
    )]
    Threshold {
        /// As written.
        threshold: usize,
        /// How many there are.
        keys: usize,
    },
    /// Too many.
    #[error("{keys} publishers, at most {} are known", Publishers::KEYS_MAX)]
    TooMany {
        /// How many.
        keys: usize,
    },
    /// Epoch, rulebook or channel.
    #[error(
        "epoch counts from 1, the rulebook has a name, and a channel is made of a-z, 0-9 and -"
    )]
    Words,
}
