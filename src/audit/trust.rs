//! What the auditor trusts: keys brought on a medium of their own, never those of the bundle.

use crate::seal::{KeyId, Keyring, VerifyingKey};
use crate::wire::v1::{Publishers, SignedEdition};

/// The keys an auditor trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: Keyring,
    publishers: Vec<Publishers>,
}

impl Trust {
    /// Trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a public key: central's, or a kiosk's device or seal key.
    pub fn key(&mut self, name: &str, key: VerifyingKey) {
        self.keys.trust(name, key);
    }

    /// Trusts the publishers of an epoch of the rulebook.
    pub fn publishers(&mut self, publishers: Publishers) {
        self.publishers.push(publishers);
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.publishers.is_empty()
    }

    /// Whether no publishers are trusted.
    pub fn has_no_publishers(&self) -> bool {
        self.publishers.is_empty()
    }

    /// The name a key was brought under.
    pub(super) fn name(&self, id: KeyId) -> Option<&str> {
        self.keys.get(&id).map(|trusted| trusted.name.as_str())
    }

    /// A trusted key.
    pub(super) fn get(&self, id: KeyId) -> Option<&VerifyingKey> {
        self.keys.get(&id).map(|trusted| &trusted.key)
    }

    /// The edition's rules, if publishers trusted for its epoch signed it; else why not.
    pub(super) fn edition(
        &self,
        edition: &SignedEdition,
    ) -> Result<crate::wire::v1::Edition, String> {
        let mut why = "no publishers are trusted: bring publishers.json".to_owned();
        for publishers in &self.publishers {
            match edition.verify(publishers) {
                Ok(edition) => return Ok(edition),
                Err(error) => why = crate::fault::Chain(&error).to_string(),
            }
        }
        Err(why)
    }
}
