//! Forward-only migrations: numbered SQL, each applied once, in one transaction with its own SHA-256.

use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest as _, Sha256};

use super::{Error, error::during, store::Int};

/// The migrations of the journal, in order; the first has the number 1. One that has been released is
/// never changed: its recorded digest would no longer fit.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];

/// Brings a file to the newest version, or refuses it.
pub(super) fn run(connection: &mut Connection) -> Result<(), Error> {
    apply(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), Error> {
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS migration (
                 number INTEGER PRIMARY KEY, digest BLOB NOT NULL CHECK (length(digest) = 32)
             ) STRICT",
        )
        .map_err(during("prepare migrations"))?;
    let applied = read_applied(connection)?;
    if applied.len() > migrations.len() {
        return Err(Error::Newer { found: applied.len(), known: migrations.len() });
    }
    for (index, sql) in migrations.iter().enumerate() {
        let number = index + 1;
        let digest: [u8; 32] = Sha256::digest(sql).into();
        match applied.get(index) {
            Some(recorded) if *recorded == digest => {}
            Some(_) => return Err(Error::OtherSchema { number }),
            None => {
                // A crash anywhere before the commit leaves the version before, whole.
                let migrate = |source| Error::Migrate { number, source };
                let transaction = connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)
                    .map_err(migrate)?;
                transaction.execute_batch(sql).map_err(migrate)?;
                transaction
                    .execute(
                        "INSERT INTO migration VALUES (?1, ?2)",
                        (Int::of_index(number), digest),
                    )
                    .map_err(migrate)?;
                transaction.commit().map_err(migrate)?;
            }
        }
    }
    Ok(())
}

fn read_applied(connection: &Connection) -> Result<Vec<[u8; 32]>, Error> {
    let mut statement = connection
        .prepare("SELECT digest FROM migration ORDER BY number")
        .map_err(during("read migrations"))?;
    let rows = statement.query_map((), |row| row.get(0)).map_err(during("read migrations"))?;
    rows.collect::<Result<_, _>>().map_err(during("read migrations"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);";
    const TWO: &str = "ALTER TABLE a ADD COLUMN y INTEGER;";

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM a", (), |row| row.get(0)).unwrap()
    }

    #[test]
    fn each_migration_runs_once_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[ONE]).unwrap();
        apply(&mut connection, &[ONE, TWO]).unwrap();
        apply(&mut connection, &[ONE, TWO]).unwrap();
        assert_eq!(rows(&connection), 1);
        connection.execute("UPDATE a SET y = 2", ()).unwrap();
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[ONE, TWO]).unwrap();
        let error = apply(&mut connection, &[ONE]).unwrap_err();
        assert!(matches!(error, Error::Newer { found: 2, known: 1 }), "{error}");
    }

    #[test]
    fn a_file_made_by_another_text_of_the_same_number_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[ONE]).unwrap();
        let error = apply(&mut connection, &[TWO]).unwrap_err();
        assert!(matches!(error, Error::OtherSchema { number: 1 }), "{error}");
    }

    #[test]
    fn a_migration_that_fails_halfway_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[ONE]).unwrap();
        let broken = "INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (1);";
        let error = apply(&mut connection, &[ONE, broken]).unwrap_err();
        assert!(matches!(error, Error::Migrate { number: 2, .. }), "{error}");
        assert_eq!(rows(&connection), 1);
        apply(&mut connection, &[ONE, TWO]).unwrap();
    }
}
