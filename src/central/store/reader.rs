//! Reading the permit book without writing to it, also while central is at work: a file or a fleet's
//! database, the same questions to both.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use tokio_postgres::{NoTls, types::ToSql};

use super::postgres::reach;
use super::sqlite::APPLICATION_ID;
use crate::audit::CentralLookUp;
use crate::config::PermitBook;
use crate::domain::{ApplicationId, Private};
use crate::seal::{DataKey, VaultKey, WrappedKey};
use crate::wire::v1::api::SignedText;
use crate::wire::v1::{KioskId, Personal, Record, SignedBlock};

/// Records read at once: 512 KiB each at most, a few KiB as a rule.
const PAGE_RECORDS_MAX: usize = 256;

/// A permit book open for reading.
#[derive(Debug)]
pub struct Reader {
    /// The file, or that it is the database.
    name: String,
    book: Book,
    vault: VaultKey,
}

enum Book {
    File(Connection),
    Server(Server),
}

/// A connection of our own, driven while we wait for its answers.
struct Server {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "File",
            Self::Server(_) => "Server",
        })
    }
}

/// A decided record and where it stands.
#[derive(Debug, Clone)]
pub struct DecidedRecord {
    /// Whose.
    pub kiosk: KioskId,
    /// Where in its journal.
    pub position: u64,
    /// Its exact text.
    pub text: Personal,
    /// The data key of its envelope; `None` where it was destroyed.
    pub key: Option<DataKey>,
}

/// The records of one kiosk that an export is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub kiosk: KioskId,
    /// From this position.
    pub first: u64,
    /// To this one.
    pub last: u64,
}

/// A record as it was pushed.
#[derive(Debug)]
pub struct KeptRecord {
    /// Its exact text.
    pub text: Personal,
    /// The kiosk's signature.
    pub signature: String,
    /// Whose envelope it has and the data key, where that was asked for and still exists.
    pub key: Option<(ApplicationId, DataKey)>,
}

/// A life of a kiosk and its public keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledLife {
    /// Which kiosk.
    pub kiosk: KioskId,
    /// Which life.
    pub incarnation: u32,
    /// SPKI PEM.
    pub device_key: String,
    /// SPKI PEM.
    pub seal_key: String,
}

impl Reader {
    /// Opens the permit book of a configuration.
    pub fn open(book: &PermitBook, vault: VaultKey) -> Result<Self, Error> {
        match book {
            PermitBook::File(path) => Self::file(path, vault),
            PermitBook::Postgres { address, password } => {
                Self::server(address, password.as_ref(), vault)
            }
        }
    }

    fn file(path: &Path, vault: VaultKey) -> Result<Self, Error> {
        let name = path.display().to_string();
        let open = || -> rusqlite::Result<Connection> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let db = Connection::open_with_flags(path, flags)?;
            let id: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
            if id == APPLICATION_ID { Ok(db) } else { Err(rusqlite::Error::InvalidQuery) }
        };
        match open() {
            Ok(db) => Ok(Self { name, book: Book::File(db), vault }),
            Err(why) => Err(Error { name, source: why.into() }),
        }
    }

    /// Connects to the servers of a fleet's database.
    fn server(
        address: &str,
        password: Option<&Private<String>>,
        vault: VaultKey,
    ) -> Result<Self, Error> {
        let name = "in the database".to_owned();
        let open = || -> Result<Server, Failure> {
            let mut config = reach(address, password)?;
            config.application_name("permit-kiosk export");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(Failure::Runtime)?;
            let (client, connection) = runtime.block_on(config.connect(NoTls))?;
            // Its end is told by the next question.
            runtime.spawn(async move { drop(connection.await) });
            Ok(Server { runtime, client })
        };
        match open() {
            Ok(server) => Ok(Self { name, book: Book::Server(server), vault }),
            Err(source) => Err(Error { name, source }),
        }
    }

    /// Holds on to what the book is now: until the reader is dropped nothing newer is seen.
    pub fn hold(&self) -> Result<(), Error> {
        let held = match &self.book {
            Book::File(db) => {
                db.execute_batch("BEGIN; SELECT 1 FROM kiosks LIMIT 1").map_err(Failure::from)
            }
            // The snapshot is taken by the first question.
            Book::Server(server) => server
                .runtime
                .block_on(server.client.batch_execute(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1 FROM kiosks LIMIT 1",
                ))
                .map_err(Failure::from),
        };
        self.told(held)
    }

    /// The decided records behind one of them, by kiosk and position; at most `count_max`.
    pub fn decided(
        &self,
        after: Option<(&KioskId, u64)>,
        count_max: usize,
    ) -> Result<Vec<DecidedRecord>, Error> {
        let (kiosk, position) = after.map_or(("", 0), |(kiosk, after)| (kiosk.as_str(), after));
        let (position, count_max) = (bound(position), bound(count_max as u64));
        let rows = match &self.book {
            Book::File(db) => {
                file_rows(db, &decided_sql(""), (kiosk, position, count_max), |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
            }
            Book::Server(server) => server.rows(
                &decided_sql("COLLATE \"C\""),
                &[&kiosk, &position, &count_max],
                |row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)),
            ),
        };
        let rows: Vec<(String, i64, String)> = self.told(rows)?;
        rows.into_iter()
            .map(|(kiosk, position, text)| {
                let key = application_of(&text)
                    .map(|application| self.keys(&kiosk, &[application]))
                    .transpose()?
                    .and_then(|keys| keys.into_values().next());
                let kiosk = self.told(kiosk_of(&kiosk))?;
                let position = self.told(position_of(position))?;
                Ok(DecidedRecord { kiosk, position, text: Personal::new(text), key })
            })
            .collect()
    }

    /// Where the records of each kiosk with a time in this span begin and end, by kiosk.
    pub fn spans(
        &self,
        kiosk: Option<&KioskId>,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Vec<Span>, Error> {
        let (from, to) = (from.map(instant), to.map(instant));
        let kiosk = kiosk.map(KioskId::as_str);
        let rows = match &self.book {
            Book::File(db) => file_rows(db, &spans_sql(""), (kiosk, from, to), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            }),
            Book::Server(server) => {
                server.rows(&spans_sql("COLLATE \"C\""), &[&kiosk, &from, &to], |row| {
                    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
                })
            }
        };
        let rows: Vec<(String, i64, i64)> = self.told(rows)?;
        let spans: Result<Vec<Span>, Failure> = rows
            .into_iter()
            .map(|(kiosk, first, last)| {
                Ok(Span {
                    kiosk: kiosk_of(&kiosk)?,
                    first: position_of(first)?,
                    last: position_of(last)?,
                })
            })
            .collect();
        self.told(spans)
    }

    /// Gives each record of a span in its order, until told to stop.
    pub fn records(
        &self,
        span: &Span,
        with_keys: bool,
        mut give: impl FnMut(KeptRecord) -> bool,
    ) -> Result<(), Error> {
        let kiosk = span.kiosk.as_str();
        let mut next = bound(span.first);
        loop {
            let page = self.page(kiosk, next, bound(span.last))?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            next = *last + 1;
            // What this version cannot read has no envelope it could open.
            let of: Vec<Option<ApplicationId>> = page
                .iter()
                .map(|(_, text, _)| if with_keys { application_of(text) } else { None })
                .collect();
            let asked: Vec<ApplicationId> = of.iter().flatten().copied().collect();
            let keys = self.keys(kiosk, &asked)?;
            for ((_, text, signature), application) in page.into_iter().zip(of) {
                let key = application
                    .and_then(|application| Some((application, keys.get(&application)?.clone())));
                if !give(KeptRecord { text: Personal::new(text), signature, key }) {
                    return Ok(());
                }
            }
        }
    }

    fn page(
        &self,
        kiosk: &str,
        first: i64,
        last: i64,
    ) -> Result<Vec<(i64, String, String)>, Error> {
        const SQL: &str = "SELECT position, record, signature FROM records
             WHERE kiosk = $1 AND position BETWEEN $2 AND $3 ORDER BY position LIMIT $4";
        let count_max = bound(PAGE_RECORDS_MAX as u64);
        let rows = match &self.book {
            Book::File(db) => file_rows(db, SQL, (kiosk, first, last, count_max), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            }),
            Book::Server(server) => server.rows(SQL, &[&kiosk, &first, &last, &count_max], |row| {
                Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
            }),
        };
        self.told(rows)
    }

    /// The data keys of these applications that still exist.
    fn keys(
        &self,
        kiosk: &str,
        applications: &[ApplicationId],
    ) -> Result<BTreeMap<ApplicationId, DataKey>, Error> {
        if applications.is_empty() {
            return Ok(BTreeMap::new());
        }
        let names: Vec<String> = applications.iter().map(ApplicationId::to_string).collect();
        let wrapped: Result<Vec<(String, String)>, Failure> = match &self.book {
            Book::File(db) => {
                let read = || -> rusqlite::Result<Vec<(String, String)>> {
                    let mut select = db.prepare_cached(
                        "SELECT application, wrapped FROM data_keys WHERE kiosk = $1 AND application = $2",
                    )?;
                    let one = |name: &String| {
                        select.query_row((kiosk, name), |row| Ok((row.get(0)?, row.get(1)?))).optional()
                    };
                    names.iter().map(one).filter_map(Result::transpose).collect()
                };
                read().map_err(Failure::from)
            }
            Book::Server(server) => server.rows(
                "SELECT application, wrapped FROM data_keys WHERE kiosk = $1 AND application = ANY($2)",
                &[&kiosk, &names],
                |row| Ok((row.try_get(0)?, row.try_get(1)?)),
            ),
        };
        let wrapped: BTreeMap<String, String> = self.told(wrapped)?.into_iter().collect();
        let open = |(application, name): (&ApplicationId, &String)| {
            let wrapped = wrapped.get(name)?;
            let key =
                WrappedKey::parse(wrapped).and_then(|wrapped| self.vault.unwrap(name, &wrapped));
            Some(key.map(|key| (*application, key)).ok_or(Failure::Content))
        };
        self.told(applications.iter().zip(&names).filter_map(open).collect())
    }

    /// Every block leased, or those of one kiosk.
    pub fn blocks(&self, kiosk: Option<&KioskId>) -> Result<Vec<SignedBlock>, Error> {
        const SQL: &str = "SELECT grant_text, signature FROM blocks
             WHERE CAST($1 AS TEXT) IS NULL OR kiosk = $1 ORDER BY series, block";
        let kiosk = kiosk.map(KioskId::as_str);
        let rows = match &self.book {
            Book::File(db) => file_rows(db, SQL, [kiosk], |row| {
                Ok(SignedBlock { grant: row.get(0)?, signature: row.get(1)? })
            }),
            Book::Server(server) => server.rows(SQL, &[&kiosk], |row| {
                Ok(SignedBlock { grant: row.try_get(0)?, signature: row.try_get(1)? })
            }),
        };
        self.told(rows)
    }

    /// Every life enrolled, or those of one kiosk.
    pub fn lives(&self, kiosk: Option<&KioskId>) -> Result<Vec<EnrolledLife>, Error> {
        const SQL: &str = "SELECT kiosk, incarnation, device_key, seal_key FROM lives
             WHERE CAST($1 AS TEXT) IS NULL OR kiosk = $1 ORDER BY kiosk, incarnation";
        let kiosk = kiosk.map(KioskId::as_str);
        let rows = match &self.book {
            Book::File(db) => file_rows(db, SQL, [kiosk], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            }),
            Book::Server(server) => server.rows(SQL, &[&kiosk], |row| {
                Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
            }),
        };
        let rows: Vec<(String, i64, String, String)> = self.told(rows)?;
        let lives: Result<Vec<EnrolledLife>, Failure> = rows
            .into_iter()
            .map(|(kiosk, incarnation, device_key, seal_key)| {
                let incarnation = u32::try_from(incarnation).map_err(|_large| Failure::Content)?;
                Ok(EnrolledLife { kiosk: kiosk_of(&kiosk)?, incarnation, device_key, seal_key })
            })
            .collect();
        self.told(lives)
    }

    /// The acts by which lives of kiosks, or of this one, were closed, and after them every revocation.
    pub fn acts(&self, kiosk: Option<&KioskId>) -> Result<Vec<SignedText>, Error> {
        const CLOSINGS: &str = "SELECT text, signature FROM closings
             WHERE CAST($1 AS TEXT) IS NULL OR kiosk = $1 ORDER BY kiosk, incarnation";
        const REVOCATIONS: &str = "SELECT text, signature FROM revocations ORDER BY number";
        let kiosk = kiosk.map(KioskId::as_str);
        let rows = match &self.book {
            Book::File(db) => {
                let row = |row: &rusqlite::Row<'_>| {
                    Ok(SignedText { text: row.get(0)?, signature: row.get(1)? })
                };
                file_rows(db, CLOSINGS, [kiosk], row).and_then(|mut acts| {
                    acts.extend(file_rows(db, REVOCATIONS, [], row)?);
                    Ok(acts)
                })
            }
            Book::Server(server) => {
                let row = |row: &tokio_postgres::Row| {
                    Ok(SignedText { text: row.try_get(0)?, signature: row.try_get(1)? })
                };
                server.rows(CLOSINGS, &[&kiosk], row).and_then(|mut acts| {
                    acts.extend(server.rows(REVOCATIONS, &[], row)?);
                    Ok(acts)
                })
            }
        };
        self.told(rows)
    }

    /// Gives what central was asked of the registers in this span, in the order it was asked, until told to
    /// stop.
    pub fn look_ups(
        &self,
        kiosk: Option<&KioskId>,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        mut give: impl FnMut(CentralLookUp) -> bool,
    ) -> Result<(), Error> {
        let kiosk = kiosk.map(KioskId::as_str);
        let (from, to) = (from.map(instant), to.map(instant));
        let count_max = bound(PAGE_RECORDS_MAX as u64);
        let mut after = 0_i64;
        loop {
            let rows = match &self.book {
                Book::File(db) => {
                    file_rows(db, &look_ups_sql(""), (after, kiosk, &from, &to, count_max), |row| {
                        Ok(LookUpTexts {
                            id: row.get(0)?,
                            at: row.get(1)?,
                            kiosk: row.get(2)?,
                            application: row.get(3)?,
                            register: row.get(4)?,
                            service: row.get(5)?,
                            outcome: row.get(6)?,
                            reason: row.get(7)?,
                            took_ms: row.get(8)?,
                        })
                    })
                }
                Book::Server(server) => server.rows(
                    &look_ups_sql("COLLATE \"C\""),
                    &[&after, &kiosk, &from, &to, &count_max],
                    |row| {
                        Ok(LookUpTexts {
                            id: row.try_get(0)?,
                            at: row.try_get(1)?,
                            kiosk: row.try_get(2)?,
                            application: row.try_get(3)?,
                            register: row.try_get(4)?,
                            service: row.try_get(5)?,
                            outcome: row.try_get(6)?,
                            reason: row.try_get(7)?,
                            took_ms: row.try_get(8)?,
                        })
                    },
                ),
            };
            let rows = self.told(rows)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            for row in rows {
                if !give(self.told(row.read())?) {
                    return Ok(());
                }
            }
        }
    }

    /// The file of an edition, by the digest of its rules.
    pub fn edition(&self, digest: &str) -> Result<Option<String>, Error> {
        const SQL: &str = "SELECT text FROM editions WHERE digest = $1 LIMIT 1";
        let rows = match &self.book {
            Book::File(db) => file_rows(db, SQL, [digest], |row| row.get(0)),
            Book::Server(server) => server.rows(SQL, &[&digest], |row| row.try_get(0)),
        };
        Ok(self.told(rows)?.pop())
    }

    fn told<T>(&self, result: Result<T, Failure>) -> Result<T, Error> {
        result.map_err(|source| Error { name: self.name.clone(), source })
    }
}

impl Server {
    fn rows<T>(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
        row: impl Fn(&tokio_postgres::Row) -> Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>, Failure> {
        let rows = self.runtime.block_on(self.client.query(sql, parameters))?;
        Ok(rows.iter().map(row).collect::<Result<_, _>>()?)
    }
}

fn file_rows<T>(
    db: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Failure> {
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map(parameters, row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A look-up as the book has it.
struct LookUpTexts {
    id: i64,
    at: String,
    kiosk: String,
    application: String,
    register: String,
    service: String,
    outcome: String,
    reason: Option<String>,
    took_ms: i64,
}

impl LookUpTexts {
    fn read(self) -> Result<CentralLookUp, Failure> {
        // A register by its word, as in the records.
        let register = self.register.trim_matches('"').to_owned();
        Ok(CentralLookUp {
            at: self.at.parse().map_err(|_not_a_time| Failure::Content)?,
            kiosk: kiosk_of(&self.kiosk)?,
            application: ApplicationId::parse(&self.application).ok_or(Failure::Content)?,
            register: serde_json::from_value(register.into())
                .map_err(|_not_a_register| Failure::Content)?,
            service: self.service,
            outcome: self.outcome,
            reason: self.reason,
            took_ms: position_of(self.took_ms)?,
        })
    }
}

/// A time as the book compares it. Without the Z: 16:00:00.123Z stands behind 16:00:00 and before 16:00:00Z.
fn instant(at: Timestamp) -> String {
    at.to_string().trim_end_matches('Z').to_owned()
}

fn look_ups_sql(order: &str) -> String {
    format!(
        "SELECT id, at, kiosk, application, register, service, outcome, reason, took_ms FROM look_ups
         WHERE id > $1
         AND (CAST($2 AS TEXT) IS NULL OR kiosk = $2)
         AND (CAST($3 AS TEXT) IS NULL OR at {order} >= $3)
         AND (CAST($4 AS TEXT) IS NULL OR at {order} < $4)
         ORDER BY id LIMIT $5"
    )
}

/// A database may sort text by its language, in which signs do not count: `order` says by its bytes.
fn decided_sql(order: &str) -> String {
    format!(
        "SELECT kiosk, position, record FROM records WHERE kind = 'decided' AND quarantined IS NULL
         AND (kiosk {order}, position) > ($1, $2)
         ORDER BY kiosk {order}, position LIMIT $3"
    )
}

fn spans_sql(order: &str) -> String {
    format!(
        "SELECT kiosk, min(position), max(position) FROM records
         WHERE (CAST($1 AS TEXT) IS NULL OR kiosk = $1)
         AND (CAST($2 AS TEXT) IS NULL OR at {order} >= $2)
         AND (CAST($3 AS TEXT) IS NULL OR at {order} < $3)
         GROUP BY kiosk ORDER BY kiosk {order}"
    )
}

/// Whose envelope a record has; none where this version cannot read it.
fn application_of(text: &str) -> Option<ApplicationId> {
    Record::read(text).ok().and_then(|record| record.body.envelope_of())
}

fn bound(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn kiosk_of(text: &str) -> Result<KioskId, Failure> {
    KioskId::parse(text).ok_or(Failure::Content)
}

fn position_of(position: i64) -> Result<u64, Failure> {
    u64::try_from(position).map_err(|_negative| Failure::Content)
}

/// It is no permit book, or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the permit book {name}")]
pub struct Error {
    /// The file, or that it is the database.
    name: String,
    source: Failure,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    File(#[from] rusqlite::Error),
    #[error(transparent)]
    Server(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Address(#[from] super::Error),
    #[error("cannot wait for its answers")]
    Runtime(#[source] std::io::Error),
    #[error("what it says of itself is not what central writes")]
    Content,
}
