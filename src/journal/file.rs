//! The journal's file: made once, opened with care, never replaced by an empty one.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::error::during;
use super::{Condition, Error, Head, Settings, migration, store::Int};
use crate::durable::{self, Lock};

/// `PKJ1`: what `file` and SQLite's `application_id` show.
const APPLICATION_ID: u32 = u32::from_be_bytes(*b"PKJ1");
/// Where `application_id` stands in an SQLite file (SQLite file format, 1.3).
const APPLICATION_ID_AT: usize = 68;
/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of a page: SQLite's default, and the block size of the disk.
pub(super) const PAGE_BYTES: u64 = 4096;

/// Takes the lock that keeps a second writer out. It lies beside the file and stays there.
pub(super) fn lock(path: &Path) -> Result<Lock, Error> {
    Lock::acquire(&beside(path, ".lock")).map_err(|source| match source {
        durable::Error::Locked { .. } => Error::InUse { source },
        durable::Error::Open { .. }
        | durable::Error::Read { .. }
        | durable::Error::TooLong { .. }
        | durable::Error::Name { .. }
        | durable::Error::Write { .. }
        | durable::Error::Rename { .. }
        | durable::Error::Remove { .. }
        | durable::Error::SyncFolder { .. }
        | durable::Error::Lock { .. } => Error::Lock { source },
    })
}

/// Makes the journal of a new kiosk. It appears under its name only when it is whole and on the disk.
pub(super) fn provision(settings: &Settings, start: Head) -> Result<(), Error> {
    let path = &settings.path;
    for in_the_way in [path.clone(), beside(path, "-wal"), beside(path, "-shm")] {
        // Also a `-wal` alone: SQLite would take its contents for the new file's.
        if in_the_way.exists() {
            return Err(Error::Exists { path: in_the_way });
        }
    }
    let new = beside(path, ".new");
    for rest in [new.clone(), beside(&new, "-wal"), beside(&new, "-shm"), beside(&new, "-journal")]
    {
        // Of a provisioning that a power cut ended: it never had a record.
        durable::remove(&rest).map_err(|source| Error::Remove { source })?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(&new, flags).map_err(during("make the journal's file"))?;
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(during("mark the journal's file"))?;
    configure(&connection, settings)?;
    migration::run(&mut connection)?;
    connection
        .execute(
            "INSERT INTO identity VALUES (1, ?1, ?2, ?3, ?4)",
            (
                settings.kiosk.as_str(),
                settings.incarnation,
                Int(start.position),
                start.hash.as_bytes(),
            ),
        )
        .and_then(|_one| {
            connection.execute("INSERT INTO outbox VALUES (1, ?1)", (Int(start.position),))
        })
        .map_err(during("name the journal's kiosk"))?;
    // Everything from the WAL into the file, so that the file alone is the journal.
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_row| Ok(()))
        .map_err(during("complete the journal's file"))?;
    connection.close().map_err(|(_connection, source)| Error::Database {
        doing: "close the journal's file",
        source,
    })?;
    // A crash before the next lines: there is no journal yet, and enrolling starts over.
    move_durably(&new, path)
}

/// Opens the journal: whole and ours, or moved aside with an error that says so.
pub(super) fn open(settings: &Settings) -> Result<Connection, Error> {
    let path = &settings.path;
    match first_look(path)? {
        Look::Missing => return Err(Error::Missing { path: path.clone() }),
        Look::Foreign(what) => return Err(set_aside(settings, what.to_owned())),
        Look::Plausible => {}
    }
    let mut connection = match open_checked(path) {
        Ok(connection) => connection,
        Err(error) => {
            return Err(match damage(&error) {
                Some(what) => set_aside(settings, what),
                None => during("open the journal")(error),
            });
        }
    };
    configure(&connection, settings)?;
    migration::run(&mut connection)?;
    check_identity(&connection, settings)?;
    Ok(connection)
}

enum Look {
    Missing,
    Foreign(&'static str),
    Plausible,
}

/// Looks at the file's head without SQLite, which would already repair what it finds.
fn first_look(path: &Path) -> Result<Look, Error> {
    let read = |source| Error::File { doing: "read", path: path.to_owned(), source };
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut head).map_err(read)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Look::Missing),
        Err(source) => return Err(read(source)),
    };
    if !head.starts_with(MAGIC) {
        return Ok(Look::Foreign("it is not an SQLite file"));
    }
    let id = head.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    if id != Some(&APPLICATION_ID.to_be_bytes()) {
        return Ok(Look::Foreign("it is an SQLite file of something else"));
    }
    Ok(Look::Plausible)
}

/// Opens the file and looks at every page, writing nothing: a damaged file stays as it was found.
fn open_checked(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Some 500 MB a second: a million records take one or two seconds.
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    if verdict != "ok" {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
            Some(verdict),
        ));
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// What is wrong with the file, if it is the file and not the machine around it.
fn damage(error: &rusqlite::Error) -> Option<String> {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        .then(|| format!("SQLite says: {error}"))
}

/// How a connection of ours is set up, on every opening.
fn configure(connection: &Connection, settings: &Settings) -> Result<(), Error> {
    let configured = during("configure the journal");
    let pragmas = || {
        // EXTRA before WAL, in this order. The change to WAL is itself a transaction with a rollback
        // journal. Under the default, FULL, the removal of that rollback journal is not made durable;
        // a power cut can bring it back, and it then undoes the first tables: seen in 13 of 20 000
        // simulated power cuts, and in none with EXTRA. EXTRA costs nothing measurable in WAL mode.
        connection.pragma_update(None, "synchronous", "EXTRA")?;
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        // Only readers beside us: a wait here is a reader's checkpoint lock.
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        // A log that a reader held open is cut back to this once it is begun anew, not only in a quiet
        // moment.
        let log_bytes = Int(Condition::WAL_BYTES_MAX / 2);
        connection.pragma_update_and_check(None, "journal_size_limit", log_bytes, |_row| Ok(()))?;
        let pages = Int(settings.bytes_max / PAGE_BYTES);
        connection.pragma_update_and_check(None, "max_page_count", pages, |_row| Ok(()))?;
        Ok(mode)
    };
    let mode: String = pragmas().map_err(configured)?;
    if mode == "wal" {
        Ok(())
    } else {
        let why = format!("SQLite stays in journal mode {mode} on this file system");
        Err(Error::Setting { setting: "path", why })
    }
}

fn check_identity(connection: &Connection, settings: &Settings) -> Result<(), Error> {
    let (found_kiosk, found_incarnation): (String, u32) = connection
        .query_row("SELECT kiosk, incarnation FROM identity", (), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(during("read whose journal it is"))?;
    if found_kiosk == settings.kiosk.as_str() && found_incarnation == settings.incarnation {
        return Ok(());
    }
    Err(Error::OtherKiosk {
        found_kiosk,
        found_incarnation,
        kiosk: settings.kiosk.to_string(),
        incarnation: settings.incarnation,
    })
}

/// Moves the file and what belongs to it into a folder beside it, byte for byte, and says so.
pub(super) fn set_aside(settings: &Settings, what: String) -> Error {
    let path = settings.path.clone();
    match move_aside(&path, settings.clock.now()) {
        Ok(set_aside) => {
            tracing::error!(journal.set_aside = %set_aside.display(), "the journal is set aside: {what}");
            Error::Damaged { path, what, set_aside }
        }
        Err(source) => Error::SetAside { path, what, source },
    }
}

fn move_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    let folder = folder_of(path);
    let set_aside = (1..=100)
        .map(|attempt| folder.join(format!("set-aside-{stamp}-{attempt}")))
        .find(|candidate| !candidate.exists())
        .ok_or(std::io::ErrorKind::AlreadyExists)?;
    fs::create_dir(&set_aside)?;
    // The file goes last: a crash before leaves one that is found damaged again, never none at all.
    for part in [beside(path, "-wal"), beside(path, "-shm"), path.to_owned()] {
        if let Some(name) = part.file_name()
            && part.exists()
        {
            #[expect(clippy::disallowed_methods, reason = "the file is moved, not written")]
            fs::rename(&part, set_aside.join(name))?;
        }
    }
    File::open(&set_aside)?.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(set_aside)
}

/// Puts a finished file in its place: contents, name and folder on the disk.
pub(super) fn move_durably(from: &Path, to: &Path) -> Result<(), Error> {
    let file = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    };
    File::open(from).and_then(|file| file.sync_all()).map_err(file("sync", from))?;
    #[expect(clippy::disallowed_methods, reason = "SQLite wrote the file, durably as said above")]
    fs::rename(from, to).map_err(file("put in place", to))?;
    let folder = folder_of(to);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file("sync", folder))
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}
