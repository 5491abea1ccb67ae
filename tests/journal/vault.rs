//! Envelopes and their keys: nothing about a person stands open on the disk, and what is forgotten is gone.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use permit_kiosk::domain::ServiceCode;
use permit_kiosk::journal::{Error, Journal, Reader, Retention, Settings};
use permit_kiosk::seal::VaultKey;
use permit_kiosk::wire::v1::{self, LookUpOutcome, LookedUpPersonal, Register};

use super::{Kiosk, device_key, food_seller, id, records, referred, settings, vault_key};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const RETENTION: Retention = Retention {
    issued: SignedDuration::from_hours(24 * 400),
    decided: SignedDuration::from_hours(24 * 180),
    begun: SignedDuration::from_hours(24 * 30),
};

/// A kiosk that asked, referred and issued, for applications 1, 2 and 3.
fn busy() -> Kiosk {
    let kiosk = Kiosk::with_numbers(100);
    kiosk.journal.begin(id(1)).unwrap();
    kiosk.journal.record_look_up(look_up(1)).unwrap();
    kiosk.journal.record_decision(referred(id(2))).unwrap();
    kiosk.journal.issue(food_seller(id(3))).unwrap();
    kiosk
}

fn look_up(application: u8) -> v1::LookUp {
    v1::LookUp {
        application: id(application),
        register: Register::Business,
        purpose: ServiceCode::FoodNew,
        personal: LookedUpPersonal {
            subject_digest: "5f".repeat(32),
            answer_digest: Some("6e".repeat(32)),
        },
        snapshot_taken_at: None,
        outcome: LookUpOutcome::Answered,
        took_ms: 12,
    }
}

fn acknowledge_all(kiosk: &Kiosk) {
    let head = kiosk.journal.head().unwrap();
    kiosk.journal.acknowledge(head.position, head.hash).unwrap();
}

/// How many of the journal's records can still be opened.
fn openable(folder: &Path) -> usize {
    records(&folder.join("journal.db")).iter().filter(|placed| placed.key.is_some()).count()
}

#[test]
fn nothing_about_an_applicant_stands_open_on_the_disk() {
    let kiosk = busy();
    // The file as it is at work, and after everything went from the WAL into it.
    for closed in [false, true] {
        if closed {
            kiosk.journal.clone().close();
        }
        for entry in fs::read_dir(kiosk.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            for secret in
                ["李测试", "********9988", "好滋味", "人民西路", "5f5f5f5f5f5f", "6e6e6e6e6e6e"]
            {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "`{secret}` stands open in {}", path.display());
            }
        }
    }
    let bytes = fs::read(kiosk.folder.path().join("journal.db")).unwrap();
    let number = b"JY13703030000019";
    assert!(bytes.windows(number.len()).any(|part| part == number), "the search finds nothing");
}

#[test]
fn the_key_of_an_application_is_made_once_and_opens_all_of_it() {
    let kiosk = busy();
    kiosk.journal.begin(id(3)).unwrap();
    let placed = records(&kiosk.folder.path().join("journal.db"));
    let keys: Vec<_> = placed.into_iter().filter_map(|placed| placed.key).collect();
    let owners: Vec<_> = keys.iter().map(|key| key.application).collect();
    assert_eq!(owners, [id(1), id(2), id(3), id(3)]);
    assert_eq!(keys[2], keys[3]);
    assert_ne!(keys[0].key, keys[1].key);
}

#[test]
fn what_is_forgotten_cannot_be_opened_and_the_chain_stays_whole() {
    let kiosk = busy();
    acknowledge_all(&kiosk);
    let path = kiosk.folder.path().join("journal.db");
    let before = fs::read(kiosk.folder.path().join("journal.keys-wal")).unwrap();
    assert!(!before.is_empty(), "the keys were written");
    assert_eq!(openable(kiosk.folder.path()), 4);
    for (days, forgotten, left) in [(29, 0, 4), (31, 1, 3), (179, 0, 3), (181, 1, 2), (401, 1, 0)] {
        kiosk.clock.set(super::at(super::NOON) + DAY * days);
        assert_eq!(kiosk.journal.shred(RETENTION).unwrap(), forgotten, "after {days} days");
        assert_eq!(openable(kiosk.folder.path()), left, "after {days} days");
    }
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.verify(&device_key().verifying_key()).unwrap(), Ok(reader.head().unwrap()));
    // What exists exists, though nobody can read whose it is: it is not issued again.
    let error = kiosk.journal.issue(food_seller(id(3))).unwrap_err();
    assert!(matches!(error, Error::Erased { .. }), "{error}");
    assert_eq!(kiosk.journal.shred(RETENTION).unwrap(), 0);
    kiosk.check();
}

#[test]
fn a_destroyed_key_is_nowhere_in_the_files_of_the_vault() {
    let kiosk = busy();
    acknowledge_all(&kiosk);
    let files = || -> Vec<u8> {
        ["journal.keys", "journal.keys-wal"]
            .into_iter()
            .flat_map(|file| fs::read(kiosk.folder.path().join(file)).unwrap_or_default())
            .collect()
    };
    let connection = rusqlite::Connection::open(kiosk.folder.path().join("journal.keys")).unwrap();
    let wrapped: Vec<u8> = connection
        .query_row(
            "SELECT wrapped FROM data_key WHERE application = ?1",
            [id(2).as_bytes()],
            |row| row.get(0),
        )
        .unwrap();
    drop(connection);
    let stands = |bytes: &[u8]| bytes.windows(wrapped.len()).any(|part| part == wrapped);
    assert!(stands(&files()));
    kiosk.clock.set(super::at(super::NOON) + DAY * 181);
    assert_eq!(kiosk.journal.shred(RETENTION).unwrap(), 2);
    assert!(!stands(&files()));
}

#[test]
fn what_central_has_not_got_is_not_forgotten() {
    let kiosk = busy();
    kiosk.clock.set(super::at(super::NOON) + DAY * 1000);
    assert_eq!(kiosk.journal.shred(RETENTION).unwrap(), 0);
    assert_eq!(openable(kiosk.folder.path()), 4);
    acknowledge_all(&kiosk);
    assert_eq!(kiosk.journal.shred(RETENTION).unwrap(), 3);
}

#[test]
fn a_backup_is_worth_nothing_without_the_vault() {
    let kiosk = busy();
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("journal.db");
    Reader::open(&kiosk.folder.path().join("journal.db")).unwrap().back_up(&copy).unwrap();
    let reader = Reader::open(&copy).unwrap();
    assert!(reader.verify(&device_key().verifying_key()).unwrap().is_ok());
    let error = reader.with_vault(&copy, vault_key()).unwrap_err();
    assert!(matches!(error, Error::Vault { .. }), "{error}");
    // Nor does the vault open with another kiosk's key.
    fs::copy(kiosk.folder.path().join("journal.keys"), elsewhere.path().join("journal.keys"))
        .unwrap();
    let wrong = VaultKey::new([5; 32]);
    kiosk.journal.close();
    let path = kiosk.folder.path().join("journal.db");
    let reader = Reader::open(&path).unwrap().with_vault(&path, wrong).unwrap();
    let error = reader.records(0, 100, usize::MAX).unwrap_err();
    assert!(matches!(error, Error::VaultKey { .. }), "{error}");
}

#[test]
fn a_kiosk_without_its_vault_or_with_another_file_in_its_place_does_not_start() {
    let kiosk = busy();
    kiosk.journal.close();
    let (folder, clock) = (kiosk.folder, kiosk.clock);
    let vault = folder.path().join("journal.keys");
    let settings: Settings = settings(folder.path(), &clock);
    let kept = fs::read(&vault).unwrap();
    fs::remove_file(&vault).unwrap();
    let error = Journal::open(settings.clone()).unwrap_err();
    assert!(error.to_string().contains("it is missing"), "{error}");
    assert!(!vault.exists(), "no empty vault is made in its place");
    super::file::put(&vault, b"something else");
    let error = Journal::open(settings.clone()).unwrap_err();
    assert!(matches!(error, Error::Vault { .. }), "{error}");
    super::file::put(&vault, &kept);
    Journal::open(settings).unwrap().close();
}
