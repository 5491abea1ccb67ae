//! Tampering: whatever byte of the file's records is changed, the check finds it.

use permit_kiosk::journal::{ChainFault, Error, Journal, Reader};
use rusqlite::Connection;

use super::{Kiosk, device_key};

/// A journal of eight records, closed, with the triggers that protect them removed.
fn opened_by_an_attacker() -> (Kiosk, Connection) {
    let kiosk = Kiosk::with_numbers(10);
    for n in 1..=3 {
        kiosk.issue(n).unwrap();
    }
    kiosk.journal.record(super::issuing::started()).unwrap();
    kiosk.check();
    kiosk.journal.clone().close();
    let connection = Connection::open(kiosk.folder.path().join("journal.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             DROP TRIGGER record_is_never_updated; DROP TRIGGER record_is_never_deleted;",
        )
        .unwrap();
    (kiosk, connection)
}

fn verify(kiosk: &Kiosk) -> Result<u64, ChainFault> {
    let reader = Reader::open(&kiosk.folder.path().join("journal.db")).unwrap();
    reader.verify(&device_key().verifying_key()).unwrap().map(|head| head.position)
}

#[track_caller]
fn check(change: &str, expected: &ChainFault) {
    let (kiosk, connection) = opened_by_an_attacker();
    assert_eq!(verify(&kiosk), Ok(8));
    connection.execute_batch(change).unwrap();
    assert_eq!(verify(&kiosk).unwrap_err(), *expected, "{change}");
}

#[test]
fn each_way_of_tampering_is_found_and_named() {
    check(
        "UPDATE record SET text = replace(text, '理', '李') || ' ' WHERE position = 4",
        &ChainFault::Changed { position: 4 },
    );
    check("DELETE FROM record WHERE position = 5", &ChainFault::Gap { expected: 5, found: 6 });
    check(
        "UPDATE record SET signature = (SELECT signature FROM record WHERE position = 1)
         WHERE position = 6",
        &ChainFault::Unsigned { position: 6 },
    );
    check(
        "UPDATE record SET (text, hash, signature) =
             (SELECT text, hash, signature FROM record WHERE position = 2) WHERE position = 3",
        &ChainFault::Misplaced { position: 3 },
    );
}

#[test]
fn a_record_cannot_be_changed_by_mistake() {
    let kiosk = Kiosk::with_numbers(10);
    let connection = Connection::open(kiosk.folder.path().join("journal.db")).unwrap();
    for statement in [
        "UPDATE record SET text = '{}'",
        "DELETE FROM record",
        "UPDATE block SET next = next - 1 WHERE next > first",
    ] {
        kiosk.issue(1).unwrap();
        assert!(connection.execute_batch(statement).is_err(), "{statement}");
    }
    kiosk.check();
}

#[test]
fn every_changed_byte_of_a_record_is_found() {
    let (kiosk, connection) = opened_by_an_attacker();
    for position in 1..=8 {
        let (text, signature): (String, String) = connection
            .query_row(
                "SELECT text, signature FROM record WHERE position = ?1",
                [position],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        // Every seventh byte: with eight records of different lengths, every field is met.
        for index in (0..text.len()).step_by(7) {
            let mut bytes = text.clone().into_bytes();
            bytes[index] ^= 1;
            set(&connection, "text", position, &bytes);
            assert!(verify(&kiosk).is_err(), "byte {index} of record {position}");
        }
        set(&connection, "text", position, text.as_bytes());
        for index in 0..signature.len() {
            let mut bytes = signature.clone().into_bytes();
            bytes[index] = if bytes[index] == b'0' { b'1' } else { b'0' };
            set(&connection, "signature", position, &bytes);
            assert!(verify(&kiosk).is_err(), "digit {index} of signature {position}");
        }
        set(&connection, "signature", position, signature.as_bytes());
    }
    assert_eq!(verify(&kiosk), Ok(8));
}

/// Writes bytes, valid UTF-8 or not, into a column of texts.
fn set(connection: &Connection, column: &str, position: i64, bytes: &[u8]) {
    let sql = format!("UPDATE record SET {column} = CAST(?2 AS TEXT) WHERE position = ?1");
    connection.execute(&sql, (position, bytes)).unwrap();
}

#[test]
fn a_journal_tampered_with_at_its_end_is_set_aside_when_it_is_opened() {
    let (kiosk, connection) = opened_by_an_attacker();
    connection.execute_batch("UPDATE record SET text = text || ' ' WHERE position = 8").unwrap();
    drop(connection);
    let error = Journal::open(kiosk.settings()).unwrap_err();
    let Error::Damaged { what, set_aside, .. } = error else { panic!("{error}") };
    assert_eq!(what, "the record at position 8 was changed: its hash does not fit");
    assert!(set_aside.join("journal.db").exists());
}
