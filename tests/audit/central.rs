//! A bundle of the permit book: every kiosk's records, and central vouches for their keys.

use std::sync::Arc;

use jiff::SignedDuration;
use permit_kiosk::audit::{Asked, Check, Order, Source, Trust, Verify};
use permit_kiosk::central::intake::{Keys, Origin, judge};
use permit_kiosk::central::store::{
    self, CloseOrder, Life, LookUpRow, PublishedEdition, RevokeOrder, Revoked, Store,
};
use permit_kiosk::central::{self, export};
use permit_kiosk::config::PermitBook;
use permit_kiosk::seal::Keyring;
use permit_kiosk::wire::v1::api::{Closing, Head, SignedText};
use permit_kiosk::wire::v1::{Body, Hash, KioskId, Record, Revocation};

use super::{Day, auditor, edition, publishers};
use crate::central::cluster::Cluster;
use crate::journal::{NOON, central_key, device_key, id, kiosk_id, records, seal_key, vault_key};

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
    in_book(book, async |store| {
        store.enrol(kiosk_id(), life).await.unwrap();
    });
    // The lease itself is central's own act, which this test's journal took by hand.
    let grant = crate::journal::leased(crate::journal::FOOD_SELLERS, 0, 10);
    let (series, kiosk) = (crate::journal::FOOD_SELLERS, kiosk_id());
    write(&format!(
        "INSERT INTO blocks VALUES ('{series}', 0, 1, 10, '{kiosk}', 1, 'n', '{}', '{}')",
        grant.grant, grant.signature
    ));

    in_book(book, async |store| {
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

    // What central was asked, as its records say, and of applications nobody has.
    let asked = look_ups_of(&day);
    let first = asked[0].clone();
    let before = first.at - SignedDuration::from_hours(1);
    let unheard_of = LookUpRow { application: id(99), at: before, ..first.clone() };
    // And one whose record may still be on its way.
    let just_now = LookUpRow { application: id(98), ..first };
    in_book(book, async |store| {
        for row in asked.iter().cloned().chain([unheard_of, just_now]) {
            store.keep_look_up(row).await.unwrap();
        }
        let order = RevokeOrder {
            permit: "JY13703030000019".to_owned(),
            reason: "提供虚假材料".to_owned(),
            by: "officer wang".to_owned(),
            at: "2026-11-25T00:00:00Z".parse().unwrap(),
            sign: Arc::new(|act: &Revocation| {
                SignedText::sign(Revocation::SIGNATURE_CONTEXT, act.to_text(), &central_key())
            }),
        };
        assert!(matches!(store.revoke(order).await.unwrap(), Revoked::By(_)));
    });
    let report = verify(&export("asked", Asked::default()));
    assert!(report.holds, "{:#?}", report.problems);
    let told = &report.look_ups;
    assert_eq!((told.at_central, told.unrecorded), (asked.len() as u64 + 2, 1));
    assert_eq!(told.unrecorded_first[0].application, id(99));
    assert_eq!(told.unrecorded_first[0].kiosk, kiosk_id());
    assert_eq!((report.acts.closings, report.acts.revocations), (0, 1));
    assert_eq!(report.numbers[0].unused, 7);

    // The life is closed: what is left is frozen, number for number.
    let closing = in_book(book, async |store| {
        let order = CloseOrder {
            kiosk: kiosk_id(),
            reason: "硬盘损坏".to_owned(),
            by: "officer wang".to_owned(),
            at: "2026-11-25T00:00:00Z".parse().unwrap(),
            sign: Arc::new(|act: &Closing| {
                SignedText::sign(Closing::SIGNATURE_CONTEXT, act.to_text(), &central_key())
            }),
        };
        store.close(order).await.unwrap().unwrap()
    });
    let report = verify(&export("closed", Asked::default()));
    assert!(report.holds, "{:#?}", report.problems);
    assert_eq!((report.acts.closings, report.numbers[0].frozen), (1, 7));

    // Each lie in the acts and the list is found, even where central itself has signed the bundle.
    let act: Closing = serde_json::from_str(&closing.text).unwrap();
    let signed =
        |act: &Closing| SignedText::sign(Closing::SIGNATURE_CONTEXT, act.to_text(), &central_key());
    let mut fewer = act.clone();
    fewer.frozen[0].last -= 1;
    let mut earlier = act.clone();
    earlier.head.position -= 1;
    let other = Closing { head: Head { hash: Hash::of(b"x"), ..act.head }, ..act.clone() };
    let unsigned = SignedText { signature: "00".repeat(64), ..closing.clone() };
    let tampered =
        SignedText { text: closing.text.replace("硬盘损坏", "硬盘"), ..closing.clone() };
    let unknown =
        SignedText { text: r#"{"format":"permit-kiosk/pardon/1"}"#.to_owned(), ..closing.clone() };
    for (name, act, what) in [
        ("fewer", signed(&fewer), "does not freeze them"),
        ("earlier", signed(&earlier), "was closed at position"),
        ("another", signed(&other), "was closed at another record"),
        ("unsigned", unsigned, "not signed by central"),
        ("tampered", tampered, "not signed by central"),
        ("unknown", unknown, "no act that this version knows"),
    ] {
        let SignedText { text, signature } = act;
        write(&format!("UPDATE closings SET text = '{text}', signature = '{signature}'"));
        let report = verify(&export(name, Asked::default()));
        let found = report
            .problems
            .iter()
            .any(|problem| problem.check == Check::Act && problem.what.contains(what));
        assert!(found && !report.holds, "{name}: {:#?}", report.problems);
    }
    let SignedText { text, signature } = closing;
    write(&format!("UPDATE closings SET text = '{text}', signature = '{signature}'"));
    // A revocation that is left out leaves a hole.
    write("UPDATE revocations SET text = replace(text, '\"number\":1', '\"number\":2')");
    let report = verify(&export("hole", Asked::default()));
    let whats: Vec<&str> = report.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(whats, ["it is not signed by central", "revocation 1 should stand here"]);
    write("UPDATE revocations SET text = replace(text, '\"number\":2', '\"number\":1')");
    // A second life without an act for the first.
    write("DELETE FROM closings");
    in_book(book, async |store| {
        let life = Life {
            certificate: Hash::of(b"2"),
            device_key: device_key().verifying_key().to_pem(),
            seal_key: seal_key().verifying_key().to_pem(),
        };
        store.enrol(kiosk_id(), life).await.unwrap();
    });
    let report = verify(&export("no act", Asked::default()));
    let whats: Vec<&str> = report.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(whats, ["7 numbers of lives that are over are frozen by no act"]);

    // A kiosk nobody knows has no records.
    let other = Asked { kiosk: KioskId::parse("zd-k99"), ..Asked::default() };
    assert_eq!(verify(&export("other", other)).records, 0);
}

/// Does something with the permit book as central does.
fn in_book<T>(book: &PermitBook, what: impl AsyncFnOnce(&dyn Store) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { what(&*store::open(book).await.unwrap()).await })
}

/// What central was asked on a day, as the kiosk's records tell it.
fn look_ups_of(day: &Day) -> Vec<LookUpRow> {
    let placed = records(&day.kiosk.folder.path().join("journal.db"));
    let read = placed.iter().map(|placed| Record::read(placed.record.record.reveal()).unwrap());
    let rows = read.filter_map(|record| {
        let Body::LookedUp(look_up) = record.body else { return None };
        Some(LookUpRow {
            kiosk: record.kiosk,
            at: record.at,
            register: look_up.register,
            service: look_up.purpose,
            application: look_up.application,
            subject_digest: "00".repeat(32),
            outcome: "answered".to_owned(),
            reason: None,
            took_ms: look_up.took_ms,
        })
    });
    rows.collect()
}
