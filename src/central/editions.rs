//! Published editions of the rulebook: verified before they are kept, and again before they are served.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;

use super::store::{self, PublishedEdition, Store};
use crate::domain::calendar::date_in_china;
use crate::wire::v1::{Edition, EditionError, Publishers, SignedEdition};

/// Verifies a published edition and keeps it, if it counts up. Keeping the newest again changes
/// nothing.
pub async fn publish(
    store: &dyn Store,
    publishers: &Publishers,
    bytes: &[u8],
    at: Timestamp,
) -> Result<Edition, Error> {
    let signed = SignedEdition::read(bytes).map_err(|source| Error::NotOne { source })?;
    let edition = signed.verify(publishers).map_err(|source| Error::NotOne { source })?;
    let reject_after = edition.manifest.reject_after;
    if date_in_china(at) > reject_after {
        return Err(Error::Expired { reject_after });
    }
    let row = PublishedEdition {
        name: edition.manifest.name.clone(),
        channel: edition.manifest.channel.clone(),
        epoch: edition.manifest.epoch,
        version: edition.manifest.version,
        digest: edition.manifest.digest.clone(),
        signed_by: edition.signed_by.clone(),
        published_at: at,
        text: signed.to_text(),
    };
    let (epoch, version) = (row.epoch, row.version);
    let in_the_way = store.keep_edition(row).await.map_err(|source| Error::Keep { source })?;
    match in_the_way {
        None => Ok(edition),
        Some(newest) => Err(Error::NotNewer { epoch, version, newest }),
    }
}

/// Why an edition was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is none, or not one of these publishers.
    #[error("this cannot be published")]
    NotOne {
        /// What is wrong with it.
        source: EditionError,
    },
    /// No kiosk would take it.
    #[error(
        "this cannot be published: it may be used until {reject_after} only, and every kiosk refuses it"
    )]
    Expired {
        /// Its last day.
        reject_after: Date,
    },
    /// Numbers only count up.
    #[error(
        "edition {epoch}.{version} cannot be published: {}.{} was published already, and numbers \
         only count up",
        newest.0, newest.1
    )]
    NotNewer {
        /// The offered epoch.
        epoch: u64,
        /// The offered version.
        version: u64,
        /// Epoch and version in the way.
        newest: (u64, u64),
    },
    /// The permit book.
    #[error("cannot keep the edition")]
    Keep {
        /// What the store said.
        source: store::Error,
    },
}

/// What kiosks are served.
pub(super) struct Served {
    publishers: Publishers,
    /// The digest that was verified last: a fleet asks for the same one again and again.
    verified: Mutex<Option<(String, Arc<String>)>>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotServed {
    /// The permit book.
    #[error("cannot read the editions")]
    Read {
        /// What the store said.
        source: store::Error,
    },
    /// What lies there is not what was published. An older one is never served in its place.
    #[error("edition {epoch}.{version} in the permit book does not verify any more")]
    Damaged {
        /// Its epoch.
        epoch: u64,
        /// Its version.
        version: u64,
        /// What is wrong.
        source: EditionError,
    },
}

impl Served {
    pub(super) fn new(publishers: Publishers) -> Self {
        Self { publishers, verified: Mutex::new(None) }
    }

    /// The newest edition of these publishers for a channel, as text; `None` where none is published.
    pub(super) async fn newest(
        &self,
        store: &dyn Store,
        channel: &str,
    ) -> Result<Option<(String, Arc<String>)>, NotServed> {
        let newest = store.newest_edition(self.publishers.rulebook.clone(), channel.to_owned());
        let newest = newest.await.map_err(|source| NotServed::Read { source })?;
        let Some(row) = newest else { return Ok(None) };
        {
            let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((digest, text)) = verified.as_ref()
                && *digest == row.digest
                && **text == row.text
            {
                return Ok(Some((digest.clone(), Arc::clone(text))));
            }
        }
        let (epoch, version) = (row.epoch, row.version);
        let damaged = |source| NotServed::Damaged { epoch, version, source };
        let signed = SignedEdition::read(row.text.as_bytes()).map_err(damaged)?;
        signed.verify(&self.publishers).map_err(damaged)?;
        let served = (row.digest, Arc::new(row.text));
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = Some(served.clone());
        Ok(Some(served))
    }
}
