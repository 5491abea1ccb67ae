//! The permit book in PostgreSQL, for a fleet: several servers, of which one takes writes.
//!
//! Every question is one transaction at READ COMMITTED that first locks what it decides about: the
//! kiosk's row, its holders, its series. It may be asked again after a lost answer: each is planned
//! against what is kept, so the second time it finds its own work.

mod ask;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Client, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Transaction,
};
use tokio_postgres::{NoTls, config::TargetSessionAttrs};

use super::{
    Answer, BookEntry, CloseOrder, Error, InboxCase, Kiosk, KioskOverview, Lease, Leased, Life,
    LookUpRow, PublishedEdition, Quarantined, RevokeOrder, Revoked, Store, Taken, Totals,
};
use crate::central::intake::{Judged, Stage};
use crate::domain::{ApplicationId, Private, ServiceCode};
use crate::seal::WrappedKey;
use crate::wire::v1::{
    KioskId,
    api::{Head, Heartbeat, SignedText},
};
use jiff::{Timestamp, civil::Date};
use sha2::{Digest as _, Sha256};

/// Connections of one central. Measured: four and eight take pushes at the same rate.
const CONNECTIONS_MAX: usize = 8;
/// A try that hangs this long is given up: the server is frozen, or waits for its standby.
const TRY_TIMEOUT: Duration = Duration::from_secs(10);
/// Tries of one question; with the pauses between them 12 s, less than the 30 s a kiosk waits.
const TRIES_MAX: u32 = 7;
/// The pause after the first try; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// No statement of ours takes a second. It ends what a server still does for a central that is gone.
const STATEMENT_TIMEOUT_MS: u32 = 15_000;
/// The tables' versions, in order.
const MIGRATIONS: [&str; 4] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];
/// Our advisory locks are pairs with this first number and those after it: "PKCB".
pub(super) const LOCKS: i32 = 0x504b_4342;

/// The permit book of a fleet.
pub struct Postgres {
    pool: Pool,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// How the server that takes writes is reached: it has every record acknowledged, and no dead one is waited
/// for longer than a try.
pub(super) fn reach(
    address: &str,
    password: Option<&Private<String>>,
) -> Result<tokio_postgres::Config, Error> {
    let mut config: tokio_postgres::Config =
        address.parse().map_err(|_may_hold_a_password| Error::Address)?;
    if let Some(password) = password {
        config.password(password.reveal());
    }
    let connect_timeout = config.get_connect_timeout().copied().unwrap_or(TRY_TIMEOUT / 5);
    config
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .connect_timeout(connect_timeout)
        .tcp_user_timeout(TRY_TIMEOUT);
    Ok(config)
}

impl Postgres {
    /// Connects to the server that takes writes, and makes or brings up the tables.
    pub async fn open(address: &str, password: Option<&Private<String>>) -> Result<Self, Error> {
        let mut config = reach(address, password)?;
        config.application_name("permit-kiosk central").options(format!(
            "-c synchronous_commit=remote_apply -c statement_timeout={STATEMENT_TIMEOUT_MS} \
             -c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS} \
             -c client_min_messages=error"
        ));
        let servers = config.get_hosts().len();
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, recycling);
        let pool = Pool::builder(manager).max_size(CONNECTIONS_MAX).build();
        let pool = pool.map_err(|_no_runtime_needed| Error::Address)?;
        let store = Self { pool };
        migrate(&store).await?;
        store.check_durability(servers).await?;
        Ok(store)
    }

    /// An acknowledged record is one that survives: refuses a server that forgets, and says where only
    /// one has what is acknowledged.
    async fn check_durability(&self, servers: usize) -> Result<(), Error> {
        let asked = self.retried("read the database's settings", |client| {
            Box::pin(async move {
                let row = client
                    .query_one(
                        "SELECT current_setting('fsync'), current_setting('full_page_writes'),
                         current_setting('synchronous_standby_names')",
                        &[],
                    )
                    .await?;
                Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
            })
        });
        let (fsync, pages, standbys): (String, String, String) = asked.await?;
        if fsync != "on" || pages != "on" {
            return Err(Error::NotDurable);
        }
        if servers > 1 && standbys.is_empty() {
            // Not refused: after a fail-over one server stands alone, and a kiosk that cannot push is
            // no safer. What is lost with it the kiosks send again.
            tracing::error!(
                "the permit book has {servers} servers, and synchronous_standby_names is empty: \
                 what is acknowledged is on one of them only; name the standbys"
            );
        }
        Ok(())
    }

    /// Does one thing with a connection, again after what may pass: a lost server, a fail-over, a
    /// transaction that stood in another's way.
    async fn retried<T>(
        &self,
        operation: &'static str,
        work: impl for<'a> Fn(&'a mut Client) -> Working<'a, T>,
    ) -> Result<T, Error> {
        let mut pause = PAUSE;
        for left in (0..TRIES_MAX).rev() {
            let failure = match tokio::time::timeout(TRY_TIMEOUT, self.try_once(&work)).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(failure)) => failure,
                // It may have been kept. A hanging try is not repeated: the kiosk has waited enough.
                Err(_elapsed) => return Err(Error::Slow { operation }),
            };
            if left == 0 || !failure.may_pass {
                return Err(Error::Ask { operation, source: failure });
            }
            tracing::warn!(%failure, operation, "the database did not {operation}; trying again");
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(Error::Slow { operation })
    }

    async fn try_once<T>(
        &self,
        work: &impl for<'a> Fn(&'a mut Client) -> Working<'a, T>,
    ) -> Result<T, Failure> {
        let mut client = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => Failure::from(error),
            other @ (PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_)) => {
                Failure { code: None, message: other.to_string(), may_pass: true }
            }
        })?;
        let mut cut_off = CutOff(Some(client));
        let client_ref = cut_off.0.as_mut().expect("taken only below");
        let done = work(client_ref).await;
        client = cut_off.0.take().expect("set above");
        if done.is_err() {
            // A connection that failed is not used again: it may lead to a server that is none any more.
            drop(Client::take(client));
        }
        done
    }

    /// One transaction.
    fn ask<T: Send + 'static>(
        &self,
        operation: &'static str,
        question: impl for<'a> Fn(&'a Transaction<'a>) -> Working<'a, T> + Send + Sync + 'static,
    ) -> Answer<'_, T> {
        let question = Arc::new(question);
        Box::pin(async move {
            self.retried(operation, |client| {
                let question = Arc::clone(&question);
                Box::pin(async move {
                    let transaction = client.transaction().await?;
                    let answer = question(&transaction).await?;
                    transaction.commit().await?;
                    // A crash before this line: it is kept or it is not, and nobody was told.
                    Ok(answer)
                })
            })
            .await
        })
    }
}

/// Ends a connection whose work was given up in the middle: a late answer must not be taken for the
/// next one's.
struct CutOff(Option<Client>);

impl Drop for CutOff {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Client::take(client));
        }
    }
}

/// Work with a connection, awaited.
type Working<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// What the database said. Never the detail of its message, which repeats values.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database failed{}: {message}", code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct Failure {
    code: Option<String>,
    message: String,
    may_pass: bool,
}

impl Failure {
    /// A value in the book that is none of ours.
    pub(super) fn damaged(column: &str) -> Self {
        let message = format!("column {column} holds what no permit book has");
        Self { code: None, message, may_pass: false }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else {
            let message = crate::fault::Chain(&error).to_string();
            // Everything without a word from the server is a connection that broke or never was, or a
            // value that could not be read.
            return Self { code: None, message, may_pass: true };
        };
        let code = told.code().code();
        // 08 connection, 40 rolled back, 53 resources, 57 operator intervention (ending, starting);
        // 23505: another did the same at the same time; 25006: this server is a standby now.
        let may_pass = ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
            || matches!(code, "23505" | "25006");
        Self { code: Some(code.to_owned()), message: told.message().to_owned(), may_pass }
    }
}

/// Brings the tables to this version, one central at a time: `CREATE TABLE IF NOT EXISTS` alone fails
/// where two do it at once.
async fn migrate(store: &Postgres) -> Result<(), Error> {
    let known = u32::try_from(MIGRATIONS.len()).expect("a handful of versions");
    let migrated = store.ask("bring the tables to this version", move |db| {
        Box::pin(async move {
            db.execute("SELECT pg_advisory_xact_lock($1, 0)", &[&LOCKS]).await?;
            db.batch_execute(
                "CREATE TABLE IF NOT EXISTS migrations (
                    version BIGINT NOT NULL PRIMARY KEY,
                    sha256  TEXT   NOT NULL,
                    at      TIMESTAMPTZ NOT NULL DEFAULT now()
                )",
            )
            .await?;
            let rows =
                db.query("SELECT version, sha256 FROM migrations ORDER BY version", &[]).await?;
            let found = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            if found > known {
                return Ok(Migrated::TooNew { found });
            }
            for (index, (version, sql)) in (1_i64..).zip(MIGRATIONS).enumerate() {
                let digest = hex::encode(Sha256::digest(sql.as_bytes()));
                match rows.get(index) {
                    Some(row) => {
                        let there: (i64, String) = (row.try_get(0)?, row.try_get(1)?);
                        if there != (version, digest) {
                            return Ok(Migrated::Other);
                        }
                    }
                    None => {
                        db.batch_execute(sql).await?;
                        db.execute(
                            "INSERT INTO migrations (version, sha256) VALUES ($1, $2)",
                            &[&version, &digest],
                        )
                        .await?;
                    }
                }
            }
            Ok(Migrated::Done)
        })
    });
    match migrated.await? {
        Migrated::Done => Ok(()),
        Migrated::TooNew { found } => Err(Error::TooNew { found, known }),
        Migrated::Other => Err(Error::OtherTables),
    }
}

enum Migrated {
    Done,
    TooNew { found: u32 },
    Other,
}

impl Store for Postgres {
    fn enrol(&self, kiosk: KioskId, life: Life) -> Answer<'_, u32> {
        let life = Arc::new(life);
        self.ask("enrol a kiosk", move |db| {
            Box::pin(ask::enrol(db, kiosk.clone(), Arc::clone(&life)))
        })
    }

    fn kiosk(&self, id: KioskId) -> Answer<'_, Option<Kiosk>> {
        self.ask("read a kiosk", move |db| Box::pin(ask::kiosk(db, id.clone())))
    }

    fn seal_keys(&self) -> Answer<'_, Vec<(KioskId, String)>> {
        self.ask("read the seal keys", |db| Box::pin(ask::seal_keys(db)))
    }

    fn overview(&self) -> Answer<'_, Vec<KioskOverview>> {
        self.ask("read the kiosks", |db| Box::pin(ask::overview(db)))
    }

    fn head(&self, kiosk: KioskId) -> Answer<'_, Head> {
        self.ask("read the head of a journal", move |db| Box::pin(ask::head(db, kiosk.clone())))
    }

    fn take(&self, kiosk: KioskId, push: Vec<Judged>, at: Timestamp) -> Answer<'_, Taken> {
        let push = Arc::new(push);
        self.ask("keep pushed records", move |db| {
            Box::pin(ask::take(db, kiosk.clone(), Arc::clone(&push), at))
        })
    }

    fn lease(&self, lease: Lease) -> Answer<'_, Leased> {
        self.ask("lease numbers", move |db| Box::pin(ask::lease(db, lease.clone())))
    }

    fn close(&self, order: CloseOrder) -> Answer<'_, Option<SignedText>> {
        self.ask("close a kiosk", move |db| Box::pin(ask::close(db, order.clone())))
    }

    fn revoke(&self, order: RevokeOrder) -> Answer<'_, Revoked> {
        self.ask("revoke a permit", move |db| Box::pin(ask::revoke(db, order.clone())))
    }

    fn revocations(&self, after: u64, count_max: u32) -> Answer<'_, (u64, Vec<SignedText>)> {
        self.ask("read the revocations", move |db| Box::pin(ask::revocations(db, after, count_max)))
    }

    fn heard(&self, kiosk: KioskId, heartbeat: Heartbeat, at: Timestamp) -> Answer<'_, ()> {
        let heartbeat = ask::json(&heartbeat);
        self.ask("keep a heartbeat", move |db| {
            Box::pin(ask::heard(db, kiosk.clone(), heartbeat.clone(), at))
        })
    }

    fn keep_look_up(&self, look_up: LookUpRow) -> Answer<'_, ()> {
        let once = hex::encode(crate::central::random());
        self.ask("keep a look-up", move |db| {
            Box::pin(ask::keep_look_up(db, look_up.clone(), once.clone()))
        })
    }

    fn look_ups(&self, application: ApplicationId) -> Answer<'_, Vec<LookUpRow>> {
        self.ask("read look-ups", move |db| Box::pin(ask::look_ups(db, application)))
    }

    fn permit(&self, elicence: String) -> Answer<'_, Option<BookEntry>> {
        self.ask("read a permit", move |db| Box::pin(ask::permit(db, elicence.clone())))
    }

    fn permits_of(&self, uscc: String) -> Answer<'_, Vec<BookEntry>> {
        self.ask("read the permits of a holder", move |db| {
            Box::pin(ask::permits_of(db, uscc.clone()))
        })
    }

    fn is_occupied(&self, premises: String, uscc: String, today: Date) -> Answer<'_, bool> {
        self.ask("look who holds a licence on premises", move |db| {
            Box::pin(ask::is_occupied(db, premises.clone(), uscc.clone(), today))
        })
    }

    fn newest(&self, count: u32) -> Answer<'_, Vec<BookEntry>> {
        self.ask("read the newest permits", move |db| Box::pin(ask::newest(db, count)))
    }

    fn totals(&self, today: Date) -> Answer<'_, Totals> {
        self.ask("count permits", move |db| Box::pin(ask::totals(db, today)))
    }

    fn cases(&self) -> Answer<'_, Vec<InboxCase>> {
        self.ask("read the inbox", |db| Box::pin(ask::cases(db)))
    }

    fn open_applications(&self, uscc: String) -> Answer<'_, Vec<ServiceCode>> {
        self.ask("read the open applications of a business", move |db| {
            Box::pin(ask::open_applications(db, uscc.clone()))
        })
    }

    fn keep_edition(&self, edition: PublishedEdition) -> Answer<'_, Option<(u64, u64)>> {
        let edition = Arc::new(edition);
        self.ask("keep an edition", move |db| Box::pin(ask::keep_edition(db, Arc::clone(&edition))))
    }

    fn newest_edition(
        &self,
        name: String,
        channel: String,
    ) -> Answer<'_, Option<PublishedEdition>> {
        self.ask("read the newest edition", move |db| {
            Box::pin(ask::newest_edition(db, name.clone(), channel.clone()))
        })
    }

    fn edition(&self, digest: String) -> Answer<'_, Option<PublishedEdition>> {
        self.ask("read an edition", move |db| Box::pin(ask::edition(db, digest.clone())))
    }

    fn data_key(
        &self,
        kiosk: KioskId,
        application: ApplicationId,
    ) -> Answer<'_, Option<WrappedKey>> {
        self.ask("read a data key", move |db| {
            Box::pin(ask::data_key(db, kiosk.clone(), application))
        })
    }

    fn shred(&self, stage: Stage, before: Timestamp) -> Answer<'_, u64> {
        self.ask("destroy data keys", move |db| Box::pin(ask::shred(db, stage, before)))
    }

    fn quarantine(&self, count: u32) -> Answer<'_, Vec<Quarantined>> {
        self.ask("read the quarantine", move |db| Box::pin(ask::quarantine(db, count)))
    }
}
