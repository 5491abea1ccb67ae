//! The public keys a verifier trusts, each with the name it was given.

use std::collections::BTreeMap;

use super::{KeyId, VerifyingKey};

/// A trusted key with its name.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// Whose key it is, as whoever installed it wrote.
    pub name: String,
    /// The key.
    pub key: VerifyingKey,
}

/// Keys by their ids.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: BTreeMap<KeyId, TrustedKey>,
}

impl Keyring {
    /// An empty keyring: it trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a key. The same key again only takes its new name.
    pub fn trust(&mut self, name: impl Into<String>, key: VerifyingKey) {
        self.keys.insert(key.id(), TrustedKey { name: name.into(), key });
    }

    /// The key of an id.
    pub fn get(&self, id: &KeyId) -> Option<&TrustedKey> {
        self.keys.get(id)
    }

    /// How many keys are trusted.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All keys, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.keys.values()
    }
}

impl FromIterator<(String, VerifyingKey)> for Keyring {
    fn from_iter<I: IntoIterator<Item = (String, VerifyingKey)>>(keys: I) -> Self {
        let mut ring = Self::new();
        for (name, key) in keys {
            ring.trust(name, key);
        }
        ring
    }
}
