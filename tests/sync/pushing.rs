//! Records reach central, each once, in order, whatever the line does; nothing waits in silence.

use std::sync::Arc;

use permit_kiosk::journal::{Journal, Reader};
use permit_kiosk::sync::{CallError, Error, Retry, Task};
use permit_kiosk::wire::v1::api::Standing;
use permit_kiosk::wire::v1::{Body, KioskId, Rated};

use super::station::{Line, Station};
use super::{Kiosk, check_all_arrived, settings, settle, task};
use crate::journal::{at, food_seller, id};

#[tokio::test]
async fn everything_recorded_reaches_central_and_nothing_is_deleted() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    for n in 1..=20 {
        kiosk.issue(n).unwrap();
    }
    let (mut task, handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    check_all_arrived(&kiosk, &station);
    let state = handle.state();
    assert!(state.connected);
    assert_eq!((state.unsent, state.oldest_unsent_at, state.last_error), (0, None, None));
    let heard = station.inside().heartbeats[0].clone();
    assert_eq!((heard.outbox, heard.head.position), (41, 41));

    // A second round with nothing new is a greeting and a question for revocations, and nothing else.
    let calls = station.inside().calls;
    settle(&mut task, 1).await;
    assert_eq!(station.inside().calls, calls + 2);
}

#[tokio::test]
async fn while_central_is_away_the_state_says_how_much_waits_and_since_when() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    kiosk.time_is("2026-11-23T06:00:00Z");
    kiosk.issue(1).unwrap();
    let (mut task, handle) = task(&kiosk, &station);
    station.disturb([Line::LosesQuestion, Line::LosesQuestion]);
    task.round().await.unwrap_err();
    let first = handle.state();
    assert!(!first.connected);
    assert_eq!((first.unsent, first.oldest_unsent_at), (3, Some(at("2026-11-23T04:00:00Z"))));
    kiosk.clock.set(at("2026-11-23T07:00:00Z"));
    task.round().await.unwrap_err();
    let since = handle.state().last_error.unwrap().since;
    assert_eq!(since, at("2026-11-23T06:00:00Z"), "the same trouble keeps its beginning");
    settle(&mut task, 1).await;
    assert_eq!(handle.state().last_error, None);
    check_all_arrived(&kiosk, &station);
}

#[tokio::test]
async fn a_round_that_failed_is_tried_again_by_the_clock_without_any_new_record() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    kiosk.issue(1).unwrap();
    station.disturb([
        Line::LosesQuestion,
        Line::Busy,
        Line::Garbles,
        Line::Clear,
        Line::LosesAnswer,
    ]);
    let (task, handle) = task(&kiosk, &station);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(task.run(async {
        ended.await.unwrap();
    }));
    let mut watch = handle.watch();
    watch.wait_for(|state| state.connected && state.unsent == 0).await.unwrap();
    // And what is recorded later arrives by the same clock, nudged or not.
    kiosk.journal.record(Body::Rated(Rated { application: id(1), grade: 4 })).unwrap();
    let arrived = |texts: Vec<String>| texts.last().is_some_and(|text| text.contains("rated"));
    while !arrived(station.texts()) {
        watch.changed().await.unwrap();
    }
    end.send(()).unwrap();
    running.await.unwrap();
    check_all_arrived(&kiosk, &station);
}

#[tokio::test]
async fn a_nudge_is_heard_before_the_interval_is_over() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    let mut settings = settings(&kiosk);
    settings.interval = std::time::Duration::from_hours(1);
    let (task, handle) = Task::new(station.clone(), kiosk.journal.clone(), settings);
    let running = tokio::spawn(task.run(std::future::pending()));
    let mut watch = handle.watch();
    watch.wait_for(|state| state.connected).await.unwrap();
    kiosk.issue(1).unwrap();
    handle.nudge();
    while !station.texts().last().is_some_and(|text| text.contains("issued")) {
        watch.changed().await.unwrap();
    }
    running.abort();
}

/// A generator of our own, so that a seed means the same for ever (Marsaglia, xorshift64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

#[tokio::test]
async fn every_kind_of_trouble_together_loses_and_repeats_nothing() {
    for seed in 1..=25 {
        let mut dice = Dice(seed * 0x9E37_79B9);
        let (kiosk, station) = (Kiosk::with_numbers(200), Station::new());
        let (mut task, _handle) = task(&kiosk, &station);
        let mut application = 0;
        for _step in 0..30 {
            for _issue in 0..dice.throw(3) {
                application += 1;
                kiosk.issue(application).unwrap();
            }
            let disturbances = dice.throw(4);
            let line: Vec<Line> =
                (0..disturbances).map(|_| Line::ALL[dice.throw(Line::ALL.len())]).collect();
            station.disturb(line);
            if dice.throw(8) == 0 {
                let known = station.texts().len();
                station.forgets_after(dice.throw(known + 1));
            }
            // Whether this one works is chance; the journal must hold whatever happens.
            let _by_chance = task.round().await;
            assert_eq!(kiosk.journal.quarantined().unwrap(), None, "seed {seed}");
        }
        station.inside().line.clear();
        settle(&mut task, 5).await;
        check_all_arrived(&kiosk, &station);
    }
}

#[tokio::test]
async fn a_central_that_forgot_gets_everything_again() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    for n in 1..=5 {
        kiosk.issue(n).unwrap();
    }
    let (mut task, _handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    for kept in [7, 0] {
        station.forgets_after(kept);
        settle(&mut task, 1).await;
        check_all_arrived(&kiosk, &station);
    }
    // Also when it answers no greeting, so that only the push tells: a gap.
    station.forgets_after(3);
    kiosk.issue(6).unwrap();
    station.disturb([Line::Busy]);
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::Call { .. }), "{error}");
    check_all_arrived(&kiosk, &station);
}

#[tokio::test]
async fn weeks_of_records_go_in_batches_within_the_limits() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    for _ in 0..1_050 {
        kiosk.journal.record(Body::Rated(Rated { application: id(1), grade: 5 })).unwrap();
    }
    let (mut task, _handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    assert_eq!(station.inside().pushes, [1_000, 50, 3]);
    check_all_arrived(&kiosk, &station);

    // By bytes: a record alone may be longer than the limit, two together may not.
    let records = |bytes_max| kiosk.journal.outbox(0, 1_000, bytes_max).unwrap();
    let both = records(usize::MAX)[..2]
        .iter()
        .map(|placed| placed.record.record.reveal().len() + placed.record.signature.len())
        .sum();
    assert_eq!(records(both).len(), 2);
    assert_eq!(records(both - 1).len(), 1);
    assert_eq!(records(1).len(), 1);
}

#[tokio::test]
async fn a_fork_stops_issuing_and_says_why() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    let (mut task, handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    // Another kiosk writes in our name: the same disk, copied.
    let other = Kiosk::with_numbers(100);
    kiosk.issue(1).unwrap();
    other.issue(2).unwrap();
    other.issue(3).unwrap();
    settle(&mut task, 1).await;
    let (mut others, _) = super::task(&other, &station);
    let error = others.round().await.unwrap_err();
    assert!(matches!(error, Error::Quarantined { .. }), "{error}");
    let error = other.issue(4).unwrap_err();
    assert!(matches!(error, permit_kiosk::journal::Error::Quarantined { .. }), "{error}");
    assert_eq!(handle.state().quarantined, None, "the one central knows goes on");
    check_all_arrived(&kiosk, &station);
}

#[tokio::test]
async fn a_journal_restored_from_an_old_copy_issues_nothing() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    kiosk.issue(1).unwrap();
    let copy = kiosk.folder.path().join("copy.db");
    Reader::open(&kiosk.folder.path().join("journal.db")).unwrap().back_up(&copy).unwrap();
    kiosk.issue(2).unwrap();
    let (mut before, _) = task(&kiosk, &station);
    settle(&mut before, 1).await;
    drop(before);

    let restored = tempfile::tempdir().unwrap();
    crate::journal::restore(&copy, kiosk.folder.path(), restored.path());
    let clock = kiosk.clock.clone();
    let journal = Journal::open(crate::journal::settings(restored.path(), &clock)).unwrap();
    let (mut task, handle) = Task::new(station.clone(), journal.clone(), settings(&kiosk));
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::Quarantined { .. }), "{error}");
    let why = handle.state().quarantined.unwrap();
    assert!(why.contains("up to 5, this journal ends at 3"), "{why}");
    let error = journal.issue(food_seller(id(3))).unwrap_err();
    assert!(matches!(error, permit_kiosk::journal::Error::Quarantined { .. }), "{error}");
}

#[tokio::test]
async fn a_kiosk_central_has_quarantined_or_given_a_new_life_issues_nothing() {
    for change in [
        |station: &Station| station.inside().standing = Standing::Forked,
        |station: &Station| station.inside().incarnation = 2,
    ] {
        let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
        change(&station);
        let (mut task, handle) = task(&kiosk, &station);
        let error = task.round().await.unwrap_err();
        assert!(matches!(error, Error::Quarantined { .. }), "{error}");
        assert!(handle.state().quarantined.is_some());
        kiosk.issue(1).unwrap_err();
        // What was recorded still belongs to central.
        check_all_arrived(&kiosk, &station);
    }
}

#[tokio::test]
async fn only_what_central_signed_for_this_kiosk_counts() {
    let forged = |station: &Station| {
        let other = [9; 32];
        station.inside().key =
            permit_kiosk::seal::SigningKey::generate(permit_kiosk::seal::Profile::Ed25519, &other);
    };
    let misdirected = |station: &Station| {
        station.inside().kiosk = KioskId::parse("zhangdian-04").unwrap();
    };
    for (change, expected) in [
        (&forged as &dyn Fn(&Station), "is not signed by central"),
        (&misdirected, "is for kiosk zhangdian-04"),
    ] {
        let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
        change(&station);
        let (mut task, handle) = task(&kiosk, &station);
        task.round().await.unwrap_err();
        let shown = handle.state().last_error.unwrap().text;
        assert!(shown.contains(expected), "{shown}");
        assert_eq!(kiosk.journal.outbox_state().unwrap().acknowledged, 0);
    }
}

#[tokio::test]
async fn an_answer_to_an_earlier_push_is_not_taken_for_this_one() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    let (mut task, _handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    let acknowledged = kiosk.journal.outbox_state().unwrap().acknowledged;
    kiosk.issue(1).unwrap();
    station.disturb([Line::Clear, Line::AnswersLate]);
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::OldAnswer { .. }), "{error}");
    assert_eq!(kiosk.journal.outbox_state().unwrap().acknowledged, acknowledged);
    settle(&mut task, 1).await;
    check_all_arrived(&kiosk, &station);
}

#[tokio::test]
async fn a_record_central_makes_no_sense_of_is_shown_and_keeps_none_back() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    kiosk.issue(1).unwrap();
    station.inside().not_understood = vec![2];
    let (mut task, handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    assert_eq!(handle.state().not_understood, [2]);
    check_all_arrived(&kiosk, &station);
}

#[tokio::test]
async fn a_refused_batch_is_narrowed_to_the_record_it_is_about() {
    let (kiosk, station) = (Kiosk::with_numbers(100), Station::new());
    for n in 1..=10 {
        kiosk.issue(n).unwrap();
    }
    // The seventh applicant's decision, at position 14.
    let poison = format!("\"kind\":\"decided\",\"application\":\"{}\"", id(7));
    station.inside().refuses = Some(poison);
    let (mut task, handle) = task(&kiosk, &station);
    let mut last = None;
    for _round in 0..12 {
        last = task.round().await.err();
    }
    let Some(Error::Refused { from: 14, count: 1, source: CallError::Refused { .. } }) = last
    else {
        panic!("{last:?}");
    };
    let shown = handle.state().last_error.unwrap().text;
    assert!(shown.contains("from position 14 on"), "{shown}");
    assert_eq!(kiosk.journal.outbox_state().unwrap().acknowledged, 13);
    station.inside().refuses = None;
    settle(&mut task, 1).await;
    check_all_arrived(&kiosk, &station);
}

/// A central that accepts the connection and then says nothing.
struct Silent;

impl permit_kiosk::sync::Central for Silent {
    async fn push(
        &self,
        _push: permit_kiosk::wire::v1::api::Push,
    ) -> Result<permit_kiosk::wire::v1::api::SignedText, CallError> {
        std::future::pending().await
    }

    async fn lease(
        &self,
        _request: permit_kiosk::wire::v1::api::BlockRequest,
    ) -> Result<permit_kiosk::wire::v1::SignedBlock, CallError> {
        std::future::pending().await
    }

    async fn heartbeat(
        &self,
        _heartbeat: permit_kiosk::wire::v1::api::Heartbeat,
    ) -> Result<permit_kiosk::wire::v1::api::HeartbeatAnswer, CallError> {
        std::future::pending().await
    }

    async fn revocations(
        &self,
        _request: permit_kiosk::wire::v1::api::RevocationsRequest,
    ) -> Result<permit_kiosk::wire::v1::api::Revocations, CallError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_central_that_says_nothing_is_given_up_in_time() {
    let kiosk = Kiosk::with_numbers(10);
    let mut settings = settings(&kiosk);
    settings.timeout = std::time::Duration::from_millis(1);
    settings.retry = Retry::default();
    settings.random = Arc::new(|| 0);
    let (mut task, handle) = Task::new(Silent, kiosk.journal.clone(), settings);
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::TimeOut { .. }), "{error}");
    assert!(!handle.state().connected);
    assert_eq!(handle.state().unsent, 1);
}
