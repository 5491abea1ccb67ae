//! A bundle of the permit book: every kiosk's records, and central vouches for their keys.

use permit_kiosk::audit::{Asked, Order, Source, Trust, Verify};
use permit_kiosk::central::intake::{Keys, Origin, judge};
use permit_kiosk::central::store::{self, Life, PublishedEdition};
use permit_kiosk::central::{self, export};
use permit_kiosk::config::PermitBook;
use permit_kiosk::seal::Keyring;
use permit_kiosk::wire::v1::{Hash, KioskId};

use super::{Day, auditor, edition, publishers};
use crate::central::cluster::Cluster;
use crate::journal::{NOON, central_key, device_key, kiosk_id, records, seal_key, vault_key};

#[test]
fn what_central_has_verifies_with_centrals_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("central.db");
    check(&PermitBook::File(path.clone()), |sql| {
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    });
}

#[test]
fn what_a_fleets_database_has_verifies_too() {
    let Some(cluster) = Cluster::shared() else { return };
    let address = cluster.database();
    let (_, database) = address.rsplit_once('/').unwrap();
    let book = PermitBook::Postgres { address: address.clone(), password: None };
    check(&book, |sql| {
        cluster.server.run(database, sql);
    });
}

/// Keeps a day of a kiosk in an empty permit book, exports it and verifies that. `write` writes what no
/// question to the book does.
fn check(book: &PermitBook, write: impl Fn(&str)) {
    let day = Day::full();
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys {
        device_key: device_key().verifying_key(),
        seal_key: Keyring::from_iter([("seal".to_owned(), seal_key().verifying_key())]),
    };
    let origin = Origin { kiosk: kiosk_id(), lives: [(1, keys)].into() };
    let placed = records(&day.kiosk.folder.path().join("journal.db"));
    let count = placed.len();
    let (push, data_keys): (Vec<_>, Vec<_>) =
        placed.into_iter().map(|placed| (placed.record, placed.key)).unzip();
    let life = Life {
        certificate: Hash::of(b"1"),
        device_key: device_key().verifying_key().to_pem(),
        seal_key: seal_key().verifying_key().to_pem(),
    };
    let (rulebook, text) = edition();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let store = store::open(book).await.unwrap();
        store.enrol(kiosk_id(), life).await.unwrap();
        let wrap = |application, key: &_| central::wrap(&vault_key(), application, key);
        let data_keys = data_keys.into_iter().flatten().collect();
        let judged = judge(&origin, push, data_keys, &wrap).unwrap();
        store.take(kiosk_id(), judged, NOON.parse().unwrap()).await.unwrap();
        let published = PublishedEdition {
            name: rulebook.name().to_owned(),
            channel: "all".to_owned(),
            epoch: rulebook.epoch(),
            version: rulebook.version(),
            digest: rulebook.digest().to_owned(),
            signed_by: vec!["publisher-1".to_owned(), "publisher-2".to_owned()],
            published_at: NOON.parse().unwrap(),
            text: text.clone(),
        };
        store.keep_edition(published).await.unwrap();
    });
    // The lease itself is central's own act, which this test's journal took by hand.
    let grant = crate::journal::leased(crate::journal::FOOD_SELLERS, 0, 10);
    let (series, kiosk) = (crate::journal::FOOD_SELLERS, kiosk_id());
    write(&format!(
        "INSERT INTO blocks VALUES ('{series}', 0, 1, 10, '{kiosk}', 1, 'n', '{}', '{}')",
        grant.grant, grant.signature
    ));

    let export = |name: &str, asked: Asked| {
        let order = Order {
            folder: folder.path().join(name),
            made_at: NOON.parse().unwrap(),
            made_by: "auditor 12".to_owned(),
            source: Source::Central,
            asked,
            views: Vec::new(),
            unlock_for: Some(auditor().public()),
        };
        export::export(book, &central_key(), &vault_key(), order, |_, _| {}).unwrap();
        folder.path().join(name)
    };
    let mut trust = Trust::new();
    trust.key("central", central_key().verifying_key());
    trust.publishers(publishers());
    let auditor = auditor();
    let verify = |folder: &std::path::Path| {
        Verify { folder, trust: &trust, unlock: Some(&auditor), threads: 1 }.run(|_, _| {}).unwrap()
    };
    let report = verify(&export("all", Asked::default()));
    assert!(report.holds, "{:#?}", report.problems);
    assert_eq!(report.records, u64::try_from(count).unwrap());
    assert_eq!((report.decisions.equal, report.seals, report.numbers[0].issued), (3, 5, 2));
    assert!(report.reservations.is_empty(), "{:?}", report.reservations);

    // A kiosk nobody knows has no records.
    let other = Asked { kiosk: KioskId::parse("zd-k99"), ..Asked::default() };
    assert_eq!(verify(&export("other", other)).records, 0);
}
