//! A database that falls over to a standby which was behind, seen from a kiosk: what central had
//! acknowledged and lost is sent again, without anybody's hand.

use permit_kiosk::config::PermitBook;
use permit_kiosk::journal::{Head, Journal};
use rustix::process::{Signal, kill_process};

use super::end_to_end::Place;
use crate::central::failover::Pair;
use crate::journal::{food_seller, id};

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_heals_a_central_whose_database_lost_what_it_had_acknowledged() {
    let Some(pair) = Pair::start(false) else { return };
    let book = PermitBook::Postgres { address: pair.address(), password: None };
    let place = Place::with_book(tempfile::tempdir().unwrap(), book).await;
    let disk = tempfile::tempdir().unwrap();
    let journal = Journal::provision(place.journal_settings(disk.path()), Head::START).unwrap();
    let (mut task, handle) = place.task(&journal);
    task.round().await.unwrap();
    let issue = |number: u8| journal.issue(food_seller(id(number))).unwrap();
    (1..=3).for_each(|number| drop(issue(number)));
    task.round().await.unwrap();

    // From here on the standby hears nothing, and nobody waits for it.
    let receiver = pair.receiver();
    kill_process(receiver, Signal::STOP).unwrap();
    (4..=8).for_each(|number| drop(issue(number)));
    task.round().await.unwrap();
    let acknowledged = journal.outbox_state().unwrap().acknowledged;
    assert_eq!(acknowledged, journal.head().unwrap().position);

    // The primary dies while the kiosk is pushing.
    let dying = std::thread::spawn(move || {
        pair.kill_first();
        kill_process(receiver, Signal::CONT).unwrap();
        pair.promote();
        pair
    });
    let mut failed = 0;
    for number in 9..=20 {
        issue(number);
        failed += u32::from(task.round().await.is_err());
    }
    let pair = tokio::task::spawn_blocking(move || dying.join().unwrap()).await.unwrap();
    let mut last = task.round().await;
    for _ in 0..20 {
        if last.is_ok() {
            break;
        }
        last = task.round().await;
    }
    last.unwrap();
    let head = journal.head().unwrap().position;
    let all: Vec<u64> = (1..=head).collect();
    assert_eq!(pair.kept(), all, "every record once, on the server that is left");
    let state = handle.state();
    assert_eq!((state.unsent, state.quarantined), (0, None), "{failed} rounds failed");
    assert_eq!(state.not_understood, Vec::<u64>::new());
    journal.close();
}
