//! The conformance suite of the permit book: what every engine does with pushes, numbers and permits.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use permit_kiosk::central::store::plan::{Link, Plan, plan};
use permit_kiosk::central::store::{Lease, Leased, Life, Sqlite, Store, Taken};
use permit_kiosk::domain::ServiceCode;
use permit_kiosk::wire::v1::api::{Head, HeldStatus, PushOutcome, Standing};
use permit_kiosk::wire::v1::{BlockGrant, Hash, KioskId, SignedBlock};
use proptest::prelude::*;

use super::harness::{Book, NOW, SERIES, next_version, permit};

/// An engine with one enrolled kiosk that has the first block of numbers, 990101 to 990200.
struct Bench {
    store: Sqlite,
    book: Book,
    _dir: tempfile::TempDir,
}

impl Bench {
    async fn set() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("central.db")).unwrap();
        let bench = Self { store, book: Book::invented("k01", 1), _dir: dir };
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

#[tokio::test]
async fn new_records_are_kept_and_become_the_head() {
    let mut bench = Bench::set().await;
    bench.book.write_started(3);
    let outcome = bench.push(0).await;
    assert_eq!(outcome.outcome, taken(3, 0));
    assert_eq!(outcome.head, Head { position: 3, hash: bench.book.hash() });
    assert_eq!(bench.head().await, outcome.head);
}

#[tokio::test]
async fn the_same_push_again_changes_nothing() {
    let mut bench = Bench::set().await;
    bench.book.write_started(3);
    let first = bench.push(0).await;
    let again = bench.push(0).await;
    assert_eq!(again.outcome, taken(0, 3));
    assert_eq!(again.head, first.head);
}

#[tokio::test]
async fn a_push_that_overlaps_adds_only_what_is_new() {
    let mut bench = Bench::set().await;
    bench.book.write_started(3);
    bench.push(0).await;
    bench.book.write_started(2);
    assert_eq!(bench.push(1).await.outcome, taken(2, 2));
    assert_eq!(bench.head().await.position, 5);
}

#[tokio::test]
async fn an_empty_push_asks_for_the_head() {
    let mut bench = Bench::set().await;
    bench.book.write_started(2);
    bench.push(0).await;
    let asked = bench.push(2).await;
    assert_eq!((asked.outcome, asked.head.position), (taken(0, 0), 2));
}

#[tokio::test]
async fn a_gap_keeps_nothing_and_names_what_is_missing() {
    let mut bench = Bench::set().await;
    bench.book.write_started(2);
    bench.push(0).await;
    bench.book.write_started(3);
    assert_eq!(bench.push(3).await.outcome, PushOutcome::Gap { expected: 3 });
    assert_eq!(bench.head().await.position, 2);
    assert_eq!(bench.push(2).await.outcome, taken(3, 0), "from there on it goes");
}

#[tokio::test]
async fn another_record_at_a_kept_position_is_a_fork_and_stays_one() {
    let mut bench = Bench::set().await;
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

#[tokio::test]
async fn a_new_record_on_another_past_is_a_fork() {
    let mut bench = Bench::set().await;
    bench.book.write_started(2);
    bench.push(0).await;
    let mut clone = bench.book.clone();
    clone.records.truncate(1);
    clone.write_voided(7);
    clone.write_started(1);
    assert_eq!(bench.push_of(&clone, 2).await.outcome, PushOutcome::Fork { position: 2 });
}

#[tokio::test]
async fn the_next_life_of_a_kiosk_is_no_longer_forked() {
    let mut bench = Bench::set().await;
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

#[tokio::test]
async fn a_permit_enters_the_book_once() {
    let mut bench = Bench::set().await;
    let elicence = bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    assert!(bench.push(0).await.quarantined.is_empty());
    bench.push(0).await;
    let entry = bench.store.permit(elicence).await.unwrap().unwrap();
    assert_eq!(entry.permit.number, "JY13703039901011");
    assert_eq!(entry.status, HeldStatus::Valid);
    assert_eq!(bench.store.newest(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_number_given_out_twice_is_set_apart_and_the_head_goes_on() {
    let mut bench = Bench::set().await;
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

#[tokio::test]
async fn a_number_nobody_leased_to_this_kiosk_is_set_apart() {
    let mut bench = Bench::set().await;
    let other = Book::invented("k02", 9);
    bench.enrol(&other, 2).await;
    assert_eq!(grant(&bench.lease("k02", "second").await).first, 990_201);
    bench.book.write_issued(&permit(990_201), ServiceCode::FoodNew);
    assert_eq!(bench.push(0).await.quarantined, [(1, "number_not_leased")].into());
}

#[tokio::test]
async fn a_voided_number_cannot_be_issued_any_more() {
    let mut bench = Bench::set().await;
    bench.book.write_voided(990_105);
    bench.book.write_issued(&permit(990_105), ServiceCode::FoodNew);
    bench.book.write_voided(u64::MAX);
    let outcome = bench.push(0).await;
    assert_eq!(outcome.quarantined, [(2, "number_taken"), (3, "number_not_leased")].into());
}

#[tokio::test]
async fn a_change_keeps_the_number_and_supersedes_the_version_before() {
    let mut bench = Bench::set().await;
    let first = bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let changed = next_version(&permit(990_101), 2);
    let second = bench.book.write_issued(&changed, ServiceCode::FoodChange);
    assert!(bench.push(0).await.quarantined.is_empty());
    let entry = bench.store.permit(first).await.unwrap().unwrap();
    assert_eq!(entry.status, HeldStatus::Superseded);
    assert_eq!(entry.superseded_by.as_deref(), Some(second.as_str()));
    assert_eq!(bench.store.permit(second).await.unwrap().unwrap().status, HeldStatus::Valid);
}

#[tokio::test]
async fn nobody_changes_the_permit_of_another_holder() {
    let mut bench = Bench::set().await;
    bench.book.write_issued(&permit(990_101), ServiceCode::FoodNew);
    let mut stolen = next_version(&permit(990_101), 2);
    stolen.holder.uscc = permit_kiosk::domain::Uscc::parse("92370303MAXX01165G").unwrap();
    bench.book.write_issued(&stolen, ServiceCode::FoodChange);
    assert_eq!(bench.push(0).await.quarantined, [(2, "nothing_to_change")].into());
}

#[tokio::test]
async fn a_living_licence_of_another_holder_occupies_its_premises_until_it_ends() {
    let mut bench = Bench::set().await;
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

#[tokio::test]
async fn referred_applications_stand_in_the_inbox_with_the_name_masked() {
    let mut bench = Bench::set().await;
    bench.book.write_referred(3, None);
    bench.push(0).await;
    bench.push(0).await;
    let cases = bench.store.cases().await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].case.applicant, "林**");
    let open = bench.store.open_applications("92370303MAXX01018Y".to_owned()).await.unwrap();
    assert_eq!(open, [ServiceCode::FoodNew]);
}

#[tokio::test]
async fn a_block_begins_where_the_settings_say_and_the_same_nonce_gets_it_again() {
    let bench = Bench::set().await;
    let first = bench.lease("k01", "first").await;
    assert_eq!((grant(&first).first, grant(&first).last), (990_101, 990_200));
    assert_eq!(grant(&bench.lease("k01", "next").await).first, 990_201);
    assert_eq!(bench.lease("k01", "first").await, first);
    let other_series = Lease { series: "food/2/370303".to_owned(), ..lease("k01", "first") };
    assert_eq!(bench.store.lease(other_series).await.unwrap(), Leased::NonceTaken);
}

#[tokio::test]
async fn a_kiosk_cannot_hoard_numbers_and_used_ones_make_room() {
    let mut bench = Bench::set().await;
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

#[tokio::test]
async fn a_series_ends_with_its_last_whole_block() {
    let bench = Bench::set().await;
    let last = Lease { first_block: 9_998, ..lease("k01", "last") };
    assert_eq!(grant(&bench.store.lease(last).await.unwrap()).last, 999_900);
    assert_eq!(bench.lease("k01", "beyond").await, Leased::Exhausted);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_kiosks_asking_at_once_get_disjoint_blocks() {
    let bench = Bench::set().await;
    let store = Arc::new(bench.store);
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..64_u8 {
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
            grant(&store.lease(lease(&kiosk, "once")).await.unwrap()).block
        });
    }
    let blocks: BTreeSet<u64> = asking.join_all().await.into_iter().collect();
    // The first was leased before.
    assert_eq!(blocks, (9_902..9_966).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_deliveries_of_one_push_at_once_keep_it_once() {
    let mut bench = Bench::set().await;
    bench.book.write_started(50);
    let store = Arc::new(bench.store);
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

#[tokio::test]
async fn what_was_told_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("central.db");
    let mut book = Book::invented("k01", 1);
    book.write_started(2);
    let life = Life {
        certificate: Hash::of(b"1"),
        device_key: book.device_key.verifying_key().to_pem(),
        seal_key: book.seal_key.verifying_key().to_pem(),
    };
    let store = Sqlite::open(&path).unwrap();
    store.enrol(book.kiosk.clone(), life.clone()).await.unwrap();
    let told = store.take(book.kiosk.clone(), book.judged(0), NOW.parse().unwrap()).await.unwrap();
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.head(book.kiosk.clone()).await.unwrap(), told.head);
    let kiosk = store.kiosk(book.kiosk).await.unwrap().unwrap();
    assert_eq!(kiosk.life(), Some(&life));
}

#[tokio::test]
async fn a_book_of_later_software_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("central.db");
    drop(Sqlite::open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    let error = Sqlite::open(&path).unwrap_err();
    assert_eq!(error.to_string(), "the permit book has version 99, this software knows up to 2");
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
            match plan(head, push, hash_at) {
                Plan::Take { duplicates } => kept.extend_from_slice(&push[duplicates..]),
                Plan::Gap { expected } => {
                    prop_assert_eq!(expected, head.position + 1);
                    prop_assert!(push[0].position > expected);
                }
                Plan::Fork { position } => prop_assert!(false, "no fork at {position}"),
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
        let is_taken = matches!(plan(head, push, hash_at), Plan::Take { .. });
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
