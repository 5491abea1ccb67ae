//! Outbox and numbers: lost, repeated, late, forged answers; a forgetful central; two kiosks of one name.

pub(crate) mod end_to_end; // with the real central over mutual TLS
mod failover; // a database that lost what it had acknowledged
mod pushing; // records reach central, each once, in order
mod line; // two processes, and a line that is cut anywhere
mod numbers; // blocks are leased in time, and none is lost
mod policy; // when to try again, pure
mod revocations; // what central revoked comes down, and never goes back
mod station; // central in a test's memory, with a line that can be disturbed

use std::sync::Arc;
use std::time::Duration;

use permit_kiosk::domain::Series;
use permit_kiosk::sync::{Error, Handle, NumberPlan, Report, Retry, SeriesPlan, Settings, Task};

use crate::journal::{FOOD_SELLERS, Kiosk, central_key, kiosk_id};
use station::Station;

fn settings(kiosk: &Kiosk) -> Settings {
    Settings {
        kiosk: kiosk_id(),
        incarnation: 1,
        central_key: central_key().verifying_key(),
        numbers: NumberPlan {
            series: vec![SeriesPlan::Lasting(Series::parse(FOOD_SELLERS).unwrap())],
            reserve: 30,
        },
        retry: Retry::new(Duration::from_millis(1), Duration::from_millis(4)),
        interval: Duration::from_millis(2),
        timeout: Duration::from_secs(20),
        clock: Arc::new(kiosk.clock.clone()),
        random: Arc::new(|| u64::MAX / 2),
        report: Arc::new(|| Report { software: "0.1.0".to_owned(), ..Report::default() }),
    }
}

fn task(kiosk: &Kiosk, station: &Station) -> (Task<Station>, Handle) {
    Task::new(station.clone(), kiosk.journal.clone(), settings(kiosk))
}

/// Rounds until one goes well; fails when that takes more than `rounds_max`.
async fn settle(task: &mut Task<Station>, rounds_max: usize) {
    let mut last: Option<Error> = None;
    for _round in 0..rounds_max {
        match task.round().await {
            Ok(()) => return,
            Err(error) => last = Some(error),
        }
    }
    panic!("not settled after {rounds_max} rounds: {last:?}");
}

/// What every test of records ends with: central has all of the journal, exactly, and knows it.
#[track_caller]
fn check_all_arrived(kiosk: &Kiosk, station: &Station) {
    let ours: Vec<String> = kiosk
        .journal
        .outbox(0, 100_000, usize::MAX)
        .unwrap()
        .into_iter()
        .map(|placed| placed.record.record.reveal().to_owned())
        .collect();
    let theirs = station.texts();
    let different = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
    assert_eq!((theirs.len(), different), (ours.len(), None), "count, first difference");
    let outbox = kiosk.journal.outbox_state().unwrap();
    assert_eq!((outbox.unsent, outbox.oldest_at), (0, None));
    kiosk.check();
}
