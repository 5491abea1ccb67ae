//! The conformance suite of the permit book: what every engine does with pushes, numbers and permits.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use permit_kiosk::central;
use permit_kiosk::central::intake::{self, Stage};
use permit_kiosk::central::store::plan::{Chained, Link, chain as fit};
use permit_kiosk::central::store::{
    self, CloseOrder, Lease, Leased, Life, LookUpRow, PublishedEdition, RevokeOrder, Revoked,
    Sqlite, Store, Taken,
};
use permit_kiosk::config::PermitBook;
use permit_kiosk::domain::ServiceCode;
use permit_kiosk::wire::v1::api::{
    Closing, Head, HeldStatus, NumberRange, PushOutcome, SignedText, Standing,
};
use permit_kiosk::wire::v1::{BlockGrant, Hash, KioskId, Revocation, SignedBlock};
use proptest::prelude::*;

use super::cluster::Cluster;
use super::harness::{
    Book, NOW, SERIES, TODAY, application, data_key, next_version, permit, vault_key,
};

/// An engine with one enrolled kiosk that has the first block of numbers, 990101 to 990200.
struct Bench {
    store: Arc<dyn Store>,
    book: Book,
    _place: Place,
}

/// Where the permit book of a test lies; it goes with the test.
struct Place {
    book: PermitBook,
    _dir: tempfile::TempDir,
    _cluster: Option<Arc<Cluster>>,
}

/// Which engine a test runs on.
#[derive(Clone, Copy)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// An empty place, or none where there is no PostgreSQL.
    fn place(self) -> Option<Place> {
        let dir = tempfile::tempdir().unwrap();
        Some(match self {
            Self::Sqlite => {
                let book = PermitBook::File(dir.path().join("central.db"));
                Place { book, _dir: dir, _cluster: None }
            }
            Self::Postgres => {
                let cluster = Cluster::shared()?;
                let book = PermitBook::Postgres { address: cluster.database(), password: None };
                Place { book, _dir: dir, _cluster: Some(cluster) }
            }
        })
    }
}

impl Bench {
    async fn set(place: Place) -> Self {
        let store = store::open(&place.book).await.unwrap();
        let bench = Self { store, book: Book::invented("k01", 1), _place: place };
        bench.enrol(&bench.book, 1).await;
        bench.lease("k01", "first").await;
        bench
    }

    async fn enrol(&self, book: &Book, byte: u8) -> u32 {
        let life = Life {
            certificate: Hash::of(&[byte]),
            device_key: book.device_key.verifying_key().to_pem(),
            seal_key: book.seal_key.verifying_key().to_pem(),
        };
        self.store.enrol(book.kiosk.clone(), life).await.unwrap()
    }

    async fn lease(&self, kiosk: &str, nonce: &str) -> Leased {
        self.store.lease(lease(kiosk, nonce)).await.unwrap()
    }

    async fn push(&self, from: usize) -> Taken {
        self.push_of(&self.book, from).await
    }

    async fn push_of(&self, book: &Book, from: usize) -> Taken {
        let at = NOW.parse().unwrap();
        self.store.take(book.kiosk.clone(), book.judged(from), at).await.unwrap()
    }

    async fn head(&self) -> Head {
        self.store.head(self.book.kiosk.clone()).await.unwrap()
    }
}

fn lease(kiosk: &str, nonce: &str) -> Lease {
    Lease {
        kiosk: KioskId::parse(kiosk).unwrap(),
        incarnation: 1,
        series: SERIES.to_owned(),
        first_block: 9_901,
        size: 100,
        sequence_max: 999_999,
        unused_max: 600,
        nonce: nonce.to_owned(),
        at: NOW.parse().unwrap(),
        sign: Arc::new(|grant| SignedBlock {
            grant: grant.to_owned(),
            signature: "signed".to_owned(),
        }),
    }
}

fn grant(leased: &Leased) -> BlockGrant {
    let Leased::Granted(block) = leased else { panic!("no numbers: {leased:?}") };
    BlockGrant::read(&block.grant).unwrap()
}

fn taken(new: u64, duplicates: u64) -> PushOutcome {
    PushOutcome::Taken { new, duplicates }
}

macro_rules! on_both_engines {
    ($($test:ident)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Engine::Sqlite.place().unwrap()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let Some(place) = super::Engine::Postgres.place() else { return };
                super::$test(place).await;
            })+
        }
    };
}

on_both_engines! {
    new_records_are_kept_and_become_the_head
    the_same_push_again_changes_nothing
    a_push_that_overlaps_adds_only_what_is_new
    an_empty_push_asks_for_the_head
    a_gap_keeps_nothing_and_names_what_is_missing
    another_record_at_a_kept_position_is_a_fork_and_stays_one
    a_new_record_on_another_past_is_a_fork
    the_next_life_of_a_kiosk_is_no_longer_forked
    a_permit_enters_the_book_once
    a_number_given_out_twice_is_set_apart_and_the_head_goes_on
    a_number_nobody_leased_to_this_kiosk_is_set_apart
    a_voided_number_cannot_be_issued_any_more
    a_change_keeps_the_number_and_supersedes_the_version_before
    nobody_changes_the_permit_of_another_holder
    a_living_licence_of_another_holder_occupies_its_premises_until_it_ends
    referred_applications_stand_in_the_inbox_with_the_name_masked
    a_block_begins_where_the_settings_say_and_the_same_nonce_gets_it_again
    a_kiosk_cannot_hoard_numbers_and_used_ones_make_room
    a_series_ends_with_its_last_whole_block
    two_hundred_kiosks_asking_at_once_get_disjoint_blocks
    eight_deliveries_of_one_push_at_once_keep_it_once
    what_was_told_is_there_after_opening_again
    a_permit_changed_within_its_own_push_enters_superseded
    a_text_the_database_cannot_hold_is_kept_all_the_same
    two_kiosks_changing_one_permit_at_once_leave_one_alive
    editions_only_count_up
    look_ups_are_kept_in_order
    data_keys_are_kept_wrapped_until_their_time_is_over
    an_envelope_that_does_not_open_is_set_apart
    the_numbers_of_a_closed_kiosk_are_frozen_and_never_leased_again
    numbers_given_back_are_accounted_for_and_never_leased_again
    frozen_numbers_may_turn_out_to_have_been_given_back
    a_permit_is_revoked_once_by_a_numbered_act_that_names_the_one_before
    permits_revoked_at_once_get_numbers_without_gaps
}

async fn new_records_are_kept_and_become_the_head(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(3);
    let outcome = bench.push(0).await;
    assert_eq!(outcome.outcome, taken(3, 0));
    assert_eq!(outcome.head, Head { position: 3, hash: bench.book.hash() });
    assert_eq!(bench.head().await, outcome.head);
}

async fn the_same_push_again_changes_nothing(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(3);
    let first = bench.push(0).await;
    let again = bench.push(0).await;
    assert_eq!(again.outcome, taken(0, 3));
    assert_eq!(again.head, first.head);
}

async fn a_push_that_overlaps_adds_only_what_is_new(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(3);
    bench.push(0).await;
    bench.book.write_started(2);
    assert_eq!(bench.push(1).await.outcome, taken(2, 2));
    assert_eq!(bench.head().await.position, 5);
}

async fn an_empty_push_asks_for_the_head(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(2);
    bench.push(0).await;
    let asked = bench.push(2).await;
    assert_eq!((asked.outcome, asked.head.position), (taken(0, 0), 2));
}

async fn a_gap_keeps_nothing_and_names_what_is_missing(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(2);
    bench.push(0).await;
    bench.book.write_started(3);
    assert_eq!(bench.push(3).await.outcome, PushOutcome::Gap { expected: 3 });
    assert_eq!(bench.head().await.position, 2);
    assert_eq!(bench.push(2).await.outcome, taken(3, 0), "from there on it goes");
}

async fn another_record_at_a_kept_position_is_a_fork_and_stays_one(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(3);
    let mut clone = bench.book.clone();
    bench.push(0).await;
    clone.records.truncate(1);
    clone.write_voided(7);
    assert_eq!(bench.push_of(&clone, 0).await.outcome, PushOutcome::Fork { position: 2 });
    assert_eq!(bench.head().await.position, 3, "nothing of the fork is kept");
    let kiosk = bench.store.kiosk(clone.kiosk.clone()).await.unwrap().unwrap();
    assert_eq!(kiosk.standing, Standing::Forked);
    assert_eq!(bench.push(0).await.outcome, taken(0, 3), "the kept journal may still be pushed");
}

async fn a_new_record_on_another_past_is_a_fork(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(2);
    bench.push(0).await;
    let mut clone = bench.book.clone();
    clone.records.truncate(1);
    clone.write_voided(7);
    clone.write_started(1);
    assert_eq!(bench.push_of(&clone, 2).await.outcome, PushOutcome::Fork { position: 2 });
}

async fn the_next_life_of_a_kiosk_is_no_longer_forked(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(2);
    bench.push(0).await;
    let mut clone = Book::invented("k01", 1);
    clone.write_voided(7);
    bench.push_of(&clone, 0).await;
    assert_eq!(bench.enrol(&bench.book, 2).await, 2);
    let kiosk = bench.store.kiosk(clone.kiosk).await.unwrap().unwrap();
    assert_eq!((kiosk.standing, kiosk.incarnation), (Standing::Enrolled, 2));
    assert_eq!(bench.enrol(&bench.book, 2).await, 2, "the same certificate is the same life");
}

async fn a_permit_enters_the_book_once(place: Place) {
    let mut bench = Bench::set(place).await;
    let elicence = bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    assert!(bench.push(0).await.quarantined.is_empty());
    bench.push(0).await;
    let entry = bench.store.permit(elicence).await.unwrap().unwrap();
    assert_eq!(entry.permit.number, "JY13703039901011");
    assert_eq!(entry.status, HeldStatus::Valid);
    assert_eq!(bench.store.newest(10).await.unwrap().len(), 1);
}

async fn a_number_given_out_twice_is_set_apart_and_the_head_goes_on(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let twice = next_version(&permit(990_101), 2);
    bench.book.write_issued(&twice, ServiceCode::FoodNew);
    bench.book.write_started(1);
    let outcome = bench.push(0).await;
    assert_eq!(outcome.outcome, taken(3, 0));
    assert_eq!(outcome.quarantined, [(2, "number_taken")].into());
    assert!(bench.store.permit(twice.elicence.to_string()).await.unwrap().is_none());
    let apart = bench.store.quarantine(10).await.unwrap();
    assert_eq!((apart[0].position, apart[0].reason.as_str()), (2, "number_taken"));
}

async fn a_number_nobody_leased_to_this_kiosk_is_set_apart(place: Place) {
    let mut bench = Bench::set(place).await;
    let other = Book::invented("k02", 9);
    bench.enrol(&other, 2).await;
    assert_eq!(grant(&bench.lease("k02", "second").await).first, 990_201);
    bench.book.write_issued(&permit(990_201), ServiceCode::FoodNew);
    assert_eq!(bench.push(0).await.quarantined, [(1, "number_not_leased")].into());
}

async fn a_voided_number_cannot_be_issued_any_more(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_voided(990_105);
    bench.book.write_issued(&permit(990_105), ServiceCode::FoodNew);
    bench.book.write_voided(u64::MAX);
    let outcome = bench.push(0).await;
    assert_eq!(outcome.quarantined, [(2, "number_taken"), (3, "number_not_leased")].into());
}

async fn a_change_keeps_the_number_and_supersedes_the_version_before(place: Place) {
    let mut bench = Bench::set(place).await;
    let first = bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let changed = next_version(&permit(990_101), 2);
    let second = bench.book.write_issued(&changed, ServiceCode::FoodChange);
    assert!(bench.push(0).await.quarantined.is_empty());
    let entry = bench.store.permit(first).await.unwrap().unwrap();
    assert_eq!(entry.status, HeldStatus::Superseded);
    assert_eq!(entry.superseded_by.as_deref(), Some(second.as_str()));
    assert_eq!(bench.store.permit(second).await.unwrap().unwrap().status, HeldStatus::Valid);
}

async fn nobody_changes_the_permit_of_another_holder(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let mut stolen = next_version(&permit(990_101), 2);
    stolen.holder.uscc = permit_kiosk::domain::Uscc::parse("92370303MAXX01165G").unwrap();
    bench.book.write_issued(&stolen, ServiceCode::FoodChange);
    assert_eq!(bench.push(0).await.quarantined, [(2, "nothing_to_change")].into());
}

async fn a_living_licence_of_another_holder_occupies_its_premises_until_it_ends(place: Place) {
    let mut bench = Bench::set(place).await;
    let sold = permit(990_101);
    bench.book.write_issued(&sold, ServiceCode::FoodNew);
    bench.push(0).await;
    let asked = async |uscc: &str, day| {
        let (premises, uscc) = (sold.premises.clone(), uscc.to_owned());
        bench.store.is_occupied(premises, uscc, day).await.unwrap()
    };
    assert!(asked("92370303MAXX01165G", date(2031, 11, 22)).await);
    assert!(!asked("92370303MAXX01165G", date(2031, 11, 23)).await, "it ended the day before");
    assert!(!asked(sold.holder.uscc.as_str(), date(2027, 1, 1)).await, "its own is no obstacle");
}

async fn referred_applications_stand_in_the_inbox_with_the_name_masked(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_referred(3, None);
    bench.push(0).await;
    bench.push(0).await;
    let cases = bench.store.cases().await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].case.applicant, "林**");
    let open = bench.store.open_applications("92370303MAXX01018Y".to_owned()).await.unwrap();
    assert_eq!(open, [ServiceCode::FoodNew]);
}

async fn a_block_begins_where_the_settings_say_and_the_same_nonce_gets_it_again(place: Place) {
    let bench = Bench::set(place).await;
    let first = bench.lease("k01", "first").await;
    assert_eq!((grant(&first).first, grant(&first).last), (990_101, 990_200));
    assert_eq!(grant(&bench.lease("k01", "next").await).first, 990_201);
    assert_eq!(bench.lease("k01", "first").await, first);
    let other_series = Lease { series: "food/2/370303".to_owned(), ..lease("k01", "first") };
    assert_eq!(bench.store.lease(other_series).await.unwrap(), Leased::NonceTaken);
}

async fn a_kiosk_cannot_hoard_numbers_and_used_ones_make_room(place: Place) {
    let mut bench = Bench::set(place).await;
    for nonce in 2..=6 {
        grant(&bench.lease("k01", &nonce.to_string()).await);
    }
    assert_eq!(bench.lease("k01", "7").await, Leased::TooMany { unused: 600 });
    for sequence in 990_101..=990_200 {
        bench.book.write_voided(sequence);
    }
    bench.push(0).await;
    assert_eq!(grant(&bench.lease("k01", "7").await).first, 990_701);
}

async fn a_series_ends_with_its_last_whole_block(place: Place) {
    let bench = Bench::set(place).await;
    let last = Lease { first_block: 9_998, ..lease("k01", "last") };
    assert_eq!(grant(&bench.store.lease(last).await.unwrap()).last, 999_900);
    assert_eq!(bench.lease("k01", "beyond").await, Leased::Exhausted);
}

async fn two_hundred_kiosks_asking_at_once_get_disjoint_blocks(place: Place) {
    let bench = Bench::set(place).await;
    let store = Arc::clone(&bench.store);
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..200_u8 {
        let store = Arc::clone(&store);
        asking.spawn(async move {
            let kiosk = format!("many-{number}");
            let book = Book::invented(&kiosk, 1);
            let life = Life {
                certificate: Hash::of(kiosk.as_bytes()),
                device_key: book.device_key.verifying_key().to_pem(),
                seal_key: book.seal_key.verifying_key().to_pem(),
            };
            store.enrol(book.kiosk.clone(), life).await.unwrap();
            let lease = Lease {
                first_block: 50,
                series: "food/2/370303".to_owned(),
                ..lease(&kiosk, "once")
            };
            grant(&store.lease(lease).await.unwrap()).block
        });
    }
    let blocks: BTreeSet<u64> = asking.join_all().await.into_iter().collect();
    assert_eq!(blocks, (50..250).collect());
}

async fn eight_deliveries_of_one_push_at_once_keep_it_once(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(50);
    let store = Arc::clone(&bench.store);
    let mut pushing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, book) = (Arc::clone(&store), bench.book.clone());
        pushing.spawn(async move {
            let at = NOW.parse().unwrap();
            let taken = store.take(book.kiosk.clone(), book.judged(0), at).await.unwrap();
            let PushOutcome::Taken { new, .. } = taken.outcome else { panic!("{taken:?}") };
            new
        });
    }
    assert_eq!(pushing.join_all().await.into_iter().sum::<u64>(), 50);
}

async fn what_was_told_is_there_after_opening_again(place: Place) {
    let mut book = Book::invented("k01", 1);
    book.write_started(2);
    let life = Life {
        certificate: Hash::of(b"1"),
        device_key: book.device_key.verifying_key().to_pem(),
        seal_key: book.seal_key.verifying_key().to_pem(),
    };
    let store = store::open(&place.book).await.unwrap();
    store.enrol(book.kiosk.clone(), life.clone()).await.unwrap();
    let told = store.take(book.kiosk.clone(), book.judged(0), NOW.parse().unwrap()).await.unwrap();
    drop(store);
    let store = store::open(&place.book).await.unwrap();
    assert_eq!(store.head(book.kiosk.clone()).await.unwrap(), told.head);
    let kiosk = store.kiosk(book.kiosk).await.unwrap().unwrap();
    assert_eq!(kiosk.life(), Some(&life));
}

async fn a_permit_changed_within_its_own_push_enters_superseded(place: Place) {
    let mut bench = Bench::set(place).await;
    let first = bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    for version in 2..=4 {
        let next = next_version(&permit(990_101), version);
        bench.book.write_issued(&next, ServiceCode::FoodChange);
    }
    bench.push(0).await;
    let all = bench.store.permits_of("91370303MAXX01026W".to_owned()).await.unwrap();
    let living: Vec<u64> = all
        .iter()
        .filter(|entry| entry.status == HeldStatus::Valid)
        .map(|entry| entry.position)
        .collect();
    assert_eq!((all.len(), living), (4, vec![4]));
    let first = bench.store.permit(first).await.unwrap().unwrap();
    let second = next_version(&permit(990_101), 2).elicence;
    assert_eq!(first.superseded_by, Some(second.to_string()));
}

/// A character NUL, a length beyond every index: a record is kept, or those behind it would wait for ever.
async fn a_text_the_database_cannot_hold_is_kept_all_the_same(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_started(1);
    bench.book.records[0].signature = "\0".to_owned();
    let mut huge = permit(990_101);
    huge.premises = "张店区".repeat(2_000);
    bench.book.write_issued(&huge, ServiceCode::FoodNew);
    let outcome = bench.push(0).await;
    assert_eq!((outcome.outcome, outcome.head.position), (taken(2, 0), 2));
    assert_eq!(bench.store.permit("\0".to_owned()).await.unwrap(), None);
}

async fn two_kiosks_changing_one_permit_at_once_leave_one_alive(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    bench.push(0).await;
    let mut changing = tokio::task::JoinSet::new();
    for number in 2..10_u8 {
        let mut book = Book::invented(&format!("k{number:02}"), number);
        bench.enrol(&book, number).await;
        let changed = next_version(&permit(990_101), u16::from(number));
        book.write_issued(&changed, ServiceCode::FoodChange);
        let store = Arc::clone(&bench.store);
        changing.spawn(async move {
            let at = NOW.parse().unwrap();
            store.take(book.kiosk.clone(), book.judged(0), at).await.unwrap().quarantined.len()
        });
    }
    // Each change came after another one: all are in order, and one permit lives.
    assert_eq!(changing.join_all().await.into_iter().sum::<usize>(), 0);
    let all = bench.store.permits_of("91370303MAXX01026W".to_owned()).await.unwrap();
    let living = all.iter().filter(|entry| entry.status == HeldStatus::Valid).count();
    assert_eq!((all.len(), living), (9, 1));
}

async fn editions_only_count_up(place: Place) {
    let bench = Bench::set(place).await;
    let edition = |epoch, version, digest: &str| PublishedEdition {
        name: "small".to_owned(),
        channel: "pilot".to_owned(),
        epoch,
        version,
        digest: digest.to_owned(),
        signed_by: vec!["publisher 1".to_owned()],
        published_at: NOW.parse().unwrap(),
        text: "{}".to_owned(),
    };
    let keep =
        async |kept: &PublishedEdition| bench.store.keep_edition(kept.clone()).await.unwrap();
    let second = edition(1, 2, "b");
    assert_eq!(keep(&second).await, None);
    assert_eq!(keep(&second).await, None, "the same again");
    assert_eq!(keep(&edition(1, 2, "c")).await, Some((1, 2)));
    assert_eq!(keep(&edition(1, 1, "a")).await, Some((1, 2)));
    assert_eq!(keep(&edition(2, 1, "d")).await, None);
    let newest = bench.store.newest_edition("small".to_owned(), "pilot".to_owned()).await.unwrap();
    assert_eq!(newest, Some(edition(2, 1, "d")));
    assert_eq!(bench.store.edition("b".to_owned()).await.unwrap(), Some(second));
    assert_eq!(bench.store.edition("c".to_owned()).await.unwrap(), None);
}

async fn data_keys_are_kept_wrapped_until_their_time_is_over(place: Place) {
    let mut bench = Bench::set(place).await;
    let issued = permit(990_101);
    let elicence = bench.book.write_issued(&issued, ServiceCode::FoodNew);
    bench.book.write_referred(3, None);
    assert!(bench.push(0).await.quarantined.is_empty());
    let key = async |application| {
        bench.store.data_key(bench.book.kiosk.clone(), application).await.unwrap()
    };
    for application in [issued.application, application(3)] {
        let wrapped = key(application).await.unwrap();
        let unwrapped = vault_key().unwrap(&application.to_string(), &wrapped);
        assert_eq!(unwrapped, Some(data_key(application)));
    }
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let before = |days: i64| now + jiff::SignedDuration::from_hours(24 * days);
    assert_eq!(bench.store.shred(Stage::Begun, before(9)).await.unwrap(), 0);
    assert_eq!(bench.store.shred(Stage::Decided, before(-1)).await.unwrap(), 0);
    assert_eq!(bench.store.cases().await.unwrap().len(), 1);
    assert_eq!(bench.store.shred(Stage::Decided, before(1)).await.unwrap(), 1);
    assert_eq!(key(application(3)).await, None);
    assert_eq!(bench.store.cases().await.unwrap(), []);
    let entry = bench.store.permit(elicence.clone()).await.unwrap().unwrap();
    assert_eq!(entry.permit.holder.legal_representative.reveal(), "秦一舟");
    assert_eq!(bench.store.shred(Stage::Issued, before(1)).await.unwrap(), 1);
    assert_eq!(key(issued.application).await, None);
    // The number and its dates are remembered, whose it was is not; and the records are as they were.
    let entry = bench.store.permit(elicence).await.unwrap().unwrap();
    assert_eq!((entry.permit.number.as_str(), entry.permit.issued), ("JY13703039901011", TODAY));
    let holder = entry.permit.holder;
    assert_eq!((holder.legal_representative.reveal(), holder.uscc.as_str()), ("", ""));
    assert_eq!(bench.store.permits_of("91370303MAXX01026W".to_owned()).await.unwrap(), []);
    assert_eq!(bench.push(0).await.outcome, taken(0, 2), "the same records are still known");
}

async fn an_envelope_that_does_not_open_is_set_apart(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    bench.book.write_referred(3, None);
    bench.book.write_started(1);
    let origin = bench.book.origin();
    let wrap = |application, key: &_| central::wrap(&vault_key(), application, key);
    let mut push = bench.book.push(0);
    // Of one the key is another's, of the other there is none.
    push.keys.truncate(1);
    push.keys[0].key = data_key(application(99));
    let judged = intake::judge(&origin, push.records, push.keys, &wrap).unwrap();
    let at = NOW.parse().unwrap();
    let taken = bench.store.take(bench.book.kiosk.clone(), judged, at).await.unwrap();
    let quarantined: Vec<(u64, &str)> = taken.quarantined.into_iter().collect();
    assert_eq!(quarantined, [(1, "closed"), (2, "closed")]);
    assert_eq!(taken.head.position, 3, "and the head goes on");
}

fn close_order(kiosk: &KioskId) -> CloseOrder {
    CloseOrder {
        kiosk: kiosk.clone(),
        reason: "fire".to_owned(),
        by: "technician 7".to_owned(),
        at: NOW.parse().unwrap(),
        sign: Arc::new(|act| SignedText { text: act.to_text(), signature: "signed".to_owned() }),
    }
}

async fn the_numbers_of_a_closed_kiosk_are_frozen_and_never_leased_again(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    bench.book.write_voided(990_102);
    bench.push(0).await;
    // Issued on the disk that burned, and never pushed.
    let lost = bench.book.write_issued(&permit(990_103), ServiceCode::FoodNew);

    let act = bench.store.close(close_order(&bench.book.kiosk)).await.unwrap().unwrap();
    let closing: Closing = serde_json::from_str(&act.text).unwrap();
    let range = NumberRange { series: SERIES.to_owned(), first: 990_103, last: 990_200 };
    assert_eq!((closing.head.position, closing.frozen), (2, vec![range]));
    let mut later = close_order(&bench.book.kiosk);
    later.reason = "flood".to_owned();
    assert_eq!(bench.store.close(later).await.unwrap(), Some(act), "once closed, closed");
    let nobody = KioskId::parse("k99").unwrap();
    assert_eq!(bench.store.close(close_order(&nobody)).await.unwrap(), None);
    let kiosk = bench.store.kiosk(bench.book.kiosk.clone()).await.unwrap().unwrap();
    assert_eq!(kiosk.standing, Standing::Closed);

    // Its next life is enrolled, and gets the block behind.
    assert_eq!(bench.enrol(&bench.book, 2).await, 2);
    let kiosk = bench.store.kiosk(bench.book.kiosk.clone()).await.unwrap().unwrap();
    assert_eq!(kiosk.standing, Standing::Enrolled);
    let next = Lease { incarnation: 2, ..lease("k01", "second") };
    assert_eq!(grant(&bench.store.lease(next).await.unwrap()).first, 990_201);
    // The disk is found in the ashes: what it says counts, once.
    assert!(bench.push(2).await.quarantined.is_empty());
    assert!(bench.store.permit(lost).await.unwrap().is_some());
    bench.book.write_voided(990_103);
    assert_eq!(bench.push(3).await.quarantined.len(), 1);
}

async fn numbers_given_back_are_accounted_for_and_never_leased_again(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    bench.book.write_voided(990_102);
    bench.push(0).await;
    // 3 to 9: one that was voided, beyond the block, another's block, the wrong way round, whatever numbers;
    // then right, but for the first of them, which the record before took in the same push.
    bench.book.write_returned(990_102, 990_200);
    bench.book.write_returned(990_103, 990_201);
    bench.book.write_returned(990_201, 990_300);
    bench.book.write_returned(990_200, 990_103);
    bench.book.write_returned(0, u64::MAX);
    bench.book.write_voided(990_103);
    bench.book.write_returned(990_103, 990_200);
    // 10: right. 11, 12: afterwards nothing of it is there.
    bench.book.write_returned(990_104, 990_200);
    bench.book.write_returned(990_150, 990_200);
    bench.book.write_voided(990_104);
    let told: Vec<(u64, &str)> = bench.push(2).await.quarantined.into_iter().collect();
    let expected = [
        (3, "number_taken"),
        (4, "number_not_leased"),
        (5, "number_not_leased"),
        (6, "number_not_leased"),
        (7, "number_not_leased"),
        (9, "number_taken"),
        (11, "number_taken"),
        (12, "number_taken"),
    ];
    assert_eq!(told, expected);
    // In a push of its own it is the same.
    bench.book.write_returned(990_104, 990_200);
    bench.book.write_issued(&permit(990_110), ServiceCode::FoodNew);
    let told: Vec<(u64, &str)> = bench.push(12).await.quarantined.into_iter().collect();
    assert_eq!(told, [(13, "number_taken"), (14, "number_taken")]);

    let act = bench.store.close(close_order(&bench.book.kiosk)).await.unwrap().unwrap();
    let closing: Closing = serde_json::from_str(&act.text).unwrap();
    assert_eq!(closing.frozen, [], "every number is explained");
    assert_eq!(bench.enrol(&bench.book, 2).await, 2);
    let next = Lease { incarnation: 2, ..lease("k01", "second") };
    assert_eq!(grant(&bench.store.lease(next).await.unwrap()).first, 990_201);
}

async fn frozen_numbers_may_turn_out_to_have_been_given_back(place: Place) {
    let mut bench = Bench::set(place).await;
    bench.store.close(close_order(&bench.book.kiosk)).await.unwrap().unwrap();
    bench.book.write_voided(990_101);
    bench.book.write_returned(990_102, 990_200);
    bench.book.write_voided(990_150);
    let told: Vec<(u64, &str)> = bench.push(0).await.quarantined.into_iter().collect();
    assert_eq!(told, [(3, "number_taken")]);
}

fn revoke_order(permit: &permit_kiosk::domain::Permit) -> RevokeOrder {
    RevokeOrder {
        permit: permit.number.to_string(),
        reason: "以欺骗手段取得".to_owned(),
        by: "officer 7".to_owned(),
        at: NOW.parse().unwrap(),
        sign: Arc::new(|act| SignedText { text: act.to_text(), signature: "signed".to_owned() }),
    }
}

async fn a_permit_is_revoked_once_by_a_numbered_act_that_names_the_one_before(place: Place) {
    let mut bench = Bench::set(place).await;
    let permits = [permit(990_101), permit(990_102), permit(990_103)];
    let elicences: Vec<String> =
        permits.iter().map(|one| bench.book.write_issued(one, ServiceCode::FoodNew)).collect();
    bench.book.write_issued(&next_version(&permits[2], 2), ServiceCode::FoodCancel);
    bench.push(0).await;
    assert_eq!(bench.store.revocations(0, 20).await.unwrap(), (0, vec![]));
    let unknown = bench.store.revoke(revoke_order(&permit(990_150))).await.unwrap();
    assert_eq!(unknown, Revoked::Unknown);
    let ended = bench.store.revoke(revoke_order(&permits[2])).await.unwrap();
    assert_eq!(ended, Revoked::Cancelled);

    let mut acts = Vec::new();
    for one in &permits[..2] {
        let Revoked::By(act) = bench.store.revoke(revoke_order(one)).await.unwrap() else {
            panic!("not revoked");
        };
        acts.push(act);
    }
    let again = bench.store.revoke(revoke_order(&permits[0])).await.unwrap();
    assert_eq!(again, Revoked::By(acts[0].clone()), "once revoked, revoked");
    let read = |act: &SignedText| Revocation::read(&act.text).unwrap();
    assert_eq!((read(&acts[0]).number, read(&acts[0]).previous), (1, Hash::ZERO));
    assert_eq!(
        (read(&acts[1]).number, read(&acts[1]).previous),
        (2, Hash::of(acts[0].text.as_bytes()))
    );
    assert_eq!(read(&acts[1]).elicence, elicences[1]);
    assert_eq!(bench.store.revocations(0, 1).await.unwrap(), (2, vec![acts[0].clone()]));
    assert_eq!(bench.store.revocations(1, 20).await.unwrap(), (2, vec![acts[1].clone()]));
    let kept = bench.store.permit(elicences[0].clone()).await.unwrap().unwrap();
    assert_eq!(kept.status, HeldStatus::Revoked);

    // A kiosk that has not heard of it renews it: its record is set apart, and nothing lives again.
    bench.book.write_issued(&next_version(&permits[0], 2), ServiceCode::FoodRenew);
    assert_eq!(
        bench.push(4).await.quarantined.into_values().collect::<Vec<_>>(),
        ["nothing_to_change"]
    );
}

async fn permits_revoked_at_once_get_numbers_without_gaps(place: Place) {
    let mut bench = Bench::set(place).await;
    let permits: Vec<_> = (990_101..=990_116).map(permit).collect();
    for one in &permits {
        bench.book.write_issued(one, ServiceCode::FoodNew);
    }
    bench.push(0).await;
    let revoking = permits.iter().map(|one| {
        let (store, order) = (Arc::clone(&bench.store), revoke_order(one));
        tokio::spawn(async move { store.revoke(order).await.unwrap() })
    });
    for done in revoking.collect::<Vec<_>>() {
        assert!(matches!(done.await.unwrap(), Revoked::By(_)));
    }
    let (last, acts) = bench.store.revocations(0, 100).await.unwrap();
    let numbers: Vec<u64> =
        acts.iter().map(|act| Revocation::read(&act.text).unwrap().number).collect();
    assert_eq!((last, numbers), (16, (1..=16).collect()));
}

async fn look_ups_are_kept_in_order(place: Place) {
    let bench = Bench::set(place).await;
    let row = |took_ms| LookUpRow {
        kiosk: bench.book.kiosk.clone(),
        at: NOW.parse().unwrap(),
        register: permit_kiosk::wire::v1::Register::FoodAndDrug,
        service: ServiceCode::FoodNew,
        application: application(1),
        subject_digest: "d".to_owned(),
        outcome: "down".to_owned(),
        reason: Some("the line is cut".to_owned()),
        took_ms,
    };
    for took_ms in [3, 1, 2] {
        bench.store.keep_look_up(row(took_ms)).await.unwrap();
    }
    let kept = bench.store.look_ups(application(1)).await.unwrap();
    assert_eq!(kept, [row(3), row(1), row(2)]);
}

/// The tables as each version of the software made them.
const SCHEMAS: [&str; 5] = [
    include_str!("../../src/central/store/schema_1.sql"),
    include_str!("../../src/central/store/schema_2.sql"),
    include_str!("../../src/central/store/schema_3.sql"),
    include_str!("../../src/central/store/schema_4.sql"),
    include_str!("../../src/central/store/schema_5.sql"),
];

/// The book as the software of an earlier version left it.
fn book_of_version(version: u32, file: &std::path::Path) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(file).unwrap();
    for (_, schema) in (1..=version).zip(SCHEMAS) {
        db.execute_batch(schema).unwrap();
    }
    db.pragma_update(None, "application_id", 0x504b_4342).unwrap();
    db.pragma_update(None, "user_version", version).unwrap();
    db
}

fn texts(db: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut select = db.prepare(sql).unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn tables(db: &rusqlite::Connection) -> Vec<String> {
    // Kiosks first: the others name one.
    texts(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name <> 'kiosks', name")
}

/// Two rows in every table, whatever its columns are.
fn fill(db: &rusqlite::Connection) {
    for table in tables(db) {
        let columns =
            texts(db, &format!("SELECT name || ' ' || type FROM pragma_table_info('{table}')"));
        for row in [1, 2] {
            let value = |column: &String| match (table.as_str(), column.split_once(' ').unwrap()) {
                ("kiosks", ("id", _)) => format!("'k{row}'"),
                (_, ("kiosk", _)) => "'k1'".to_owned(),
                ("data_keys", ("stage", _)) => "'decided'".to_owned(),
                ("numbers", ("fate", _)) => "'frozen'".to_owned(),
                ("permits", ("kind", _)) => "'hygiene'".to_owned(),
                ("permits", ("status", _)) => "'cancelled'".to_owned(),
                ("look_ups", ("outcome", _)) => "'down'".to_owned(),
                (_, (_, "INTEGER")) => row.to_string(),
                (_, (column, _)) => format!("'{table} {column} {row}'"),
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            db.execute(&format!("INSERT INTO {table} VALUES ({})", values.join(", ")), ()).unwrap();
        }
    }
}

/// Every row of a table as text, by these columns.
fn rows(db: &rusqlite::Connection, table: &str, columns: &[String]) -> Vec<String> {
    let quoted = columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>();
    texts(db, &format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || ',' || ")))
}

#[test]
fn every_older_book_moves_forward_with_all_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    drop(Sqlite::open(&fresh).unwrap());
    // A table that was written anew has its name in quotation marks.
    let schema = |db: &rusqlite::Connection| {
        texts(
            db,
            "SELECT replace(sql, '\"', '') FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
        )
    };
    let wanted = schema(&rusqlite::Connection::open(&fresh).unwrap());
    for version in 1..=4 {
        let file = folder.path().join(format!("{version}.db"));
        let db = book_of_version(version, &file);
        fill(&db);
        let kept = |db: &rusqlite::Connection, tables: &[(String, Vec<String>)]| {
            let all = tables.iter().map(|(table, columns)| rows(db, table, columns));
            all.collect::<Vec<_>>()
        };
        let had: Vec<(String, Vec<String>)> = tables(&db)
            .into_iter()
            .map(|table| {
                let sql = format!("SELECT name FROM pragma_table_info('{table}')");
                let columns = texts(&db, &sql);
                (table, columns)
            })
            .collect();
        let before = kept(&db, &had);
        assert!(before.iter().all(|rows| rows.len() == 2), "{before:#?}");
        drop(db);
        drop(Sqlite::open(&file).unwrap());
        let db = rusqlite::Connection::open(&file).unwrap();
        assert_eq!(kept(&db, &had), before, "version {version} lost something");
        assert_eq!(schema(&db), wanted, "version {version} has become another book");
        let broken = texts(&db, "SELECT \"table\" FROM pragma_foreign_key_check");
        assert!(broken.is_empty(), "{broken:?}");
    }
}

/// The table of permits is written anew for the kinds that came later, and still refuses other words.
#[test]
fn a_book_of_three_kinds_takes_five() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("central.db");
    let db = book_of_version(3, &file);
    let insert = |db: &rusqlite::Connection, n: u8, kind: &str| {
        db.execute(
            "INSERT INTO permits (elicence, number, kind, series, sequence, application, uscc,
                 premises, issued, status, permit, seal, kiosk, position, received_at)
             VALUES (?1, ?1, ?2, 's', ?1, ?1, 'u', 'p', '2026-11-23', 'valid', '{}', 'PK1:', 'k', ?1, '')",
            (n, kind),
        )
    };
    insert(&db, 1, "food").unwrap();
    insert(&db, 2, "combined").unwrap_err();
    drop(db);
    drop(Sqlite::open(&file).unwrap());
    let db = rusqlite::Connection::open(&file).unwrap();
    insert(&db, 2, "combined").unwrap();
    insert(&db, 3, "hygiene_filing").unwrap();
    insert(&db, 4, "fish").unwrap_err();
    // One number, one living paper: the index came along.
    insert(&db, 1, "food").unwrap_err();
    let kinds = texts(&db, "SELECT kind FROM permits ORDER BY position");
    assert_eq!(kinds, ["food", "combined", "hygiene_filing"]);
}

#[tokio::test]
async fn a_book_of_later_software_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("central.db");
    drop(Sqlite::open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    let error = Sqlite::open(&path).unwrap_err();
    assert_eq!(error.to_string(), "the permit book has version 99, this software knows up to 5");
}

/// A journal of `length` links, each with a hash of its own.
fn chain(length: u64, salt: u8) -> Vec<Link> {
    let hash = |position: u64| match position {
        0 => Hash::ZERO,
        _ => Hash::of(format!("{salt}/{position}").as_bytes()),
    };
    (1..=length)
        .map(|position| Link { position, previous: hash(position - 1), hash: hash(position) })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever part of one journal is pushed in whatever order, what is kept is always its beginning.
    #[test]
    fn any_pushes_of_one_journal_keep_its_beginning(
        pushes in prop::collection::vec((0_usize..40, 0_usize..12), 1..30)
    ) {
        let journal = chain(40, 1);
        let mut kept: Vec<Link> = Vec::new();
        for (from, length) in pushes {
            let push = &journal[from..(from + length).min(journal.len())];
            let head = kept.last().map_or(Head::START, |link| {
                Head { position: link.position, hash: link.hash }
            });
            let hash_at = |position: u64| kept.get(usize::try_from(position).unwrap() - 1).map(|link| link.hash);
            match fit(head, push, hash_at) {
                Chained::Take { duplicates } => kept.extend_from_slice(&push[duplicates..]),
                Chained::Gap { expected } => {
                    prop_assert_eq!(expected, head.position + 1);
                    prop_assert!(push[0].position > expected);
                }
                Chained::Fork { position } => prop_assert!(false, "no fork at {position}"),
            }
            prop_assert_eq!(&kept[..], &journal[..kept.len()]);
        }
    }

    /// A journal that differs somewhere is never mixed with the one that is kept.
    #[test]
    fn another_journal_is_never_mixed_in(length in 1_u64..20, from in 0_usize..20, count in 1_usize..8) {
        let kept = chain(length, 1);
        let other = chain(30, 2);
        let push = &other[from..from + count];
        let head = kept.last().map_or(Head::START, |link| {
            Head { position: link.position, hash: link.hash }
        });
        let hash_at = |position: u64| kept.get(usize::try_from(position).unwrap() - 1).map(|link| link.hash);
        let is_taken = matches!(fit(head, push, hash_at), Chained::Take { .. });
        prop_assert!(!is_taken);
    }
}

#[test]
fn a_file_that_is_no_permit_book_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "not a database at all, but long enough to have a header ".repeat(40))
        .unwrap();
    let foreign = folder.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE precious (thesis TEXT)").unwrap();
    drop(other);
    for path in [garbage, foreign] {
        let before = std::fs::read(&path).unwrap();
        let refused = Sqlite::open(&path).unwrap_err();
        let told = refused.to_string();
        assert!(told.contains("is no permit book") && told.contains("backup"), "{told}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{told}");
    }
}
