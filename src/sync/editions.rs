//! New editions of the rulebook: fetched on a timer of their own, put on the shelf, recorded, activated.

use std::sync::Arc;
use std::time::Duration;

use super::policy::Retry;
use crate::fault::Chain;
use crate::journal::{self, Journal};
use crate::registers::{Client, ClientError};
use crate::rulebooks::{Offered, Refusal, Shelf};
use crate::wire::v1::api::{self, EditionRequest};
use crate::wire::v1::{Body, EditionActivated, EditionRefused, SignedEdition};

/// Asks central for new editions.
#[derive(Debug)]
pub struct EditionTask {
    client: Client,
    journal: Journal,
    shelf: Arc<Shelf>,
}

/// What came of an offer.
#[derive(Debug)]
pub enum Taken {
    /// It decides from now on.
    Activated(EditionActivated),
    /// It decided already.
    Present,
    /// It was refused, and the journal says so.
    Refused(Refusal),
}

/// Why there was nothing to take, or nothing could be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditionError {
    /// Central.
    #[error("cannot fetch the newest edition of the rulebook")]
    Fetch {
        /// What happened.
        source: ClientError,
    },
    /// The journal: what it does not know does not decide.
    #[error("cannot record what came of an edition")]
    Record {
        /// What happened.
        source: journal::Error,
    },
    /// The thread for it.
    #[error("cannot look at an edition")]
    Look {
        /// What happened.
        source: tokio::task::JoinError,
    },
}

impl EditionTask {
    /// Between two questions. An edition comes some times a year, and law changes at midnight.
    pub const INTERVAL: Duration = Duration::from_mins(10);

    /// Fetches for this shelf and this journal.
    pub fn new(client: Client, journal: Journal, shelf: Arc<Shelf>) -> Self {
        Self { client, journal, shelf }
    }

    /// Asks once.
    pub async fn fetch(&self) -> Result<Taken, EditionError> {
        let request = EditionRequest {
            channel: self.shelf.channel().to_owned(),
            present: self.shelf.active().map(|active| active.digest),
        };
        let bytes_max = SignedEdition::BYTES_MAX;
        let answer = self.client.post_for_bytes(api::EDITIONS_PATH, &request, bytes_max);
        let bytes = answer.await.map_err(|source| EditionError::Fetch { source })?;
        if bytes == b"null" {
            return Ok(Taken::Present);
        }
        let (shelf, journal) = (Arc::clone(&self.shelf), self.journal.clone());
        // Running all cases takes tens of milliseconds: not on a thread that answers others.
        tokio::task::spawn_blocking(move || take_edition(&shelf, &journal, &bytes))
            .await
            .map_err(|source| EditionError::Look { source })?
    }

    /// Asks again and again until `ended` happens: soon after a failure, else on the timer. `random`
    /// gives 64 random bits: a fleet that was switched on together must not ask together.
    pub async fn run(self, random: impl Fn() -> u64 + Send, ended: impl Future<Output = ()>) {
        tokio::pin!(ended);
        let mut retry = Retry::default();
        loop {
            let fetched = tokio::select! {
                () = &mut ended => return,
                fetched = self.fetch() => fetched,
            };
            let wait = match fetched {
                Ok(_) => {
                    retry.worked();
                    pause(random())
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "no edition was fetched");
                    retry.failed(random())
                }
            };
            tokio::select! {
                () = &mut ended => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

/// Three quarters to five quarters of the interval.
fn pause(random: u64) -> Duration {
    let half = EditionTask::INTERVAL / 2;
    let jitter = (half.as_nanos() * u128::from(random)) >> 64;
    EditionTask::INTERVAL * 3 / 4 + Duration::from_nanos(u64::try_from(jitter).unwrap_or(u64::MAX))
}

/// Offers an edition's file to the shelf. First the journal knows of it, then it decides; a crash in
/// between is made up for at the next start.
pub fn take_edition(shelf: &Shelf, journal: &Journal, bytes: &[u8]) -> Result<Taken, EditionError> {
    let record = |body| journal.record(body).map_err(|source| EditionError::Record { source });
    match shelf.offer(bytes) {
        Offered::Good(candidate) => {
            let activated = candidate.record().clone();
            record(Body::EditionActivated(activated.clone()))?;
            shelf.activate(candidate);
            tracing::info!(
                "edition {} {}.{} decides from now on",
                activated.name,
                activated.epoch,
                activated.version
            );
            Ok(Taken::Activated(activated))
        }
        Offered::Present => Ok(Taken::Present),
        Offered::Refused { refusal, offered, again } => {
            if !again {
                record(Body::EditionRefused(EditionRefused {
                    code: refusal.code.to_owned(),
                    why: refusal.why.en.clone(),
                    edition: refusal.edition.as_ref().map(ToString::to_string),
                    offered,
                }))?;
            }
            Ok(Taken::Refused(refusal))
        }
    }
}
