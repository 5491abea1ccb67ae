//! Two PostgreSQL servers, the first killed in the middle of a push: what was acknowledged is on the second,
//! and what an unsafe fail-over lost the kiosk sends again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use permit_kiosk::central::store::{Life, Postgres, Store};
use permit_kiosk::wire::v1::{Hash, api::PushOutcome};
use rustix::process::{Pid, Signal, kill_process};

use super::cluster::{Server, address, folder, initialise, installed, output, user_command};
use super::harness::{Book, NOW};

/// Records in a push: some ten pushes are under way or done when the server dies.
const PUSH: usize = 50;
/// Records in all.
const RECORDS: usize = 4_000;

/// A server, its standby, and the folders of both.
pub(crate) struct Pair {
    first: Server,
    second: Server,
    folders: [tempfile::TempDir; 2],
}

impl Pair {
    /// Both running; the first waits for the second where it is `synchronous`.
    pub(crate) fn start(synchronous: bool) -> Option<Self> {
        if !installed() {
            return None;
        }
        let folders = [folder(), folder()];
        let [here, there] = [folders[0].path(), folders[1].path()];
        initialise(here);
        let first = Server::start(here);
        first.run("postgres", "CREATE DATABASE book STRATEGY file_copy");
        let line = format!("host={} user=central application_name=s1", here.display());
        let mut copy = user_command("pg_basebackup");
        copy.args(["-c", "fast", "-R", "-C", "-S", "s1", "-X", "stream", "-d", &line, "-D"]);
        output(copy.arg(there.join("data")));
        let second = Server::start(there);
        if synchronous {
            first.run("postgres", "ALTER SYSTEM SET synchronous_standby_names = 's1'");
            first.run("postgres", "SELECT pg_reload_conf()");
        }
        let streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        wait_until("the standby follows", || first.run("postgres", streams) == "1");
        Some(Self { first, second, folders })
    }

    pub(crate) fn address(&self) -> String {
        address(&[&self.first, &self.second], "book")
    }

    /// The first server with everything it runs ends as in a power cut.
    pub(crate) fn kill_first(&self) {
        let postmaster = postmaster(self.folders[0].path());
        let mut all = children(postmaster);
        all.insert(0, postmaster);
        for process in all {
            // A child may have ended with its parent.
            let killed = kill_process(process, Signal::KILL);
            assert!(killed.is_ok() || process != postmaster, "{killed:?}");
        }
    }

    /// The second server takes over.
    pub(crate) fn promote(&self) {
        let mut promote = user_command("pg_ctl");
        promote.args(["promote", "-w", "-D"]).arg(self.folders[1].path().join("data"));
        output(&mut promote);
    }

    /// The process of the second server that receives what the first writes.
    pub(crate) fn receiver(&self) -> Pid {
        let sql = "SELECT pid FROM pg_stat_wal_receiver";
        wait_until("the standby receives", || !self.second.run("postgres", sql).is_empty());
        Pid::from_raw(self.second.run("postgres", sql).parse().unwrap()).unwrap()
    }

    /// Positions the second server has, in order.
    pub(crate) fn kept(&self) -> Vec<u64> {
        let sql = "SELECT position FROM records ORDER BY position";
        self.second.run("book", sql).lines().map(|line| line.parse().unwrap()).collect()
    }
}

fn postmaster(folder: &Path) -> Pid {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap()).unwrap()
}

/// The processes a process has started.
fn children(parent: Pid) -> Vec<Pid> {
    let path = format!("/proc/{0}/task/{0}/children", parent.as_raw_nonzero());
    let listed = std::fs::read_to_string(path).unwrap();
    listed.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().unwrap())).collect()
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..4000 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{what}: not after a hundred seconds");
}

/// A kiosk with records to push, enrolled.
async fn enrolled(store: &dyn Store) -> Book {
    let mut book = Book::invented("k01", 1);
    book.write_started(RECORDS);
    let life = Life {
        certificate: Hash::of(b"1"),
        device_key: book.device_key.verifying_key().to_pem(),
        seal_key: book.seal_key.verifying_key().to_pem(),
    };
    store.enrol(book.kiosk.clone(), life).await.unwrap();
    book
}

/// Pushes as a kiosk does, from central's head on, until central has everything; `acknowledged` hears of
/// each answer. An answer that does not come says nothing.
async fn push_all(store: &dyn Store, book: &Book, acknowledged: impl Fn(u64)) {
    let mut failures = 0;
    loop {
        let head = store.head(book.kiosk.clone()).await;
        let Ok(head) = head else {
            failures += 1;
            assert!(failures < 50, "central never comes back: {}", head.unwrap_err());
            continue;
        };
        let from = usize::try_from(head.position).unwrap();
        if from == book.records.len() {
            return;
        }
        let push = book.judged_in(from..book.records.len().min(from + PUSH));
        if let Ok(taken) = store.take(book.kiosk.clone(), push, NOW.parse().unwrap()).await {
            assert!(matches!(taken.outcome, PushOutcome::Taken { .. }), "{taken:?}");
            acknowledged(taken.head.position);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_killed_in_the_middle_of_a_push_loses_nothing_acknowledged() {
    let Some(pair) = Pair::start(true) else { return };
    let store = Postgres::open(&pair.address(), None).await.unwrap();
    let book = enrolled(&store).await;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let killed = Arc::new(AtomicBool::new(false));
    let pair = Arc::new(pair);
    let killer = {
        let (pair, acknowledged, killed) =
            (Arc::clone(&pair), Arc::clone(&acknowledged), Arc::clone(&killed));
        std::thread::spawn(move || {
            wait_until("pushes are under way", || acknowledged.load(Ordering::SeqCst) > 500);
            pair.kill_first();
            pair.promote();
            killed.store(true, Ordering::SeqCst);
            // What the second server has at this moment, before the kiosk says anything again, is no less
            // than what was acknowledged by the first.
        })
    };
    let after = Arc::new(AtomicU64::new(0));
    push_all(&store, &book, |position| {
        if killed.load(Ordering::SeqCst) {
            after.fetch_add(1, Ordering::SeqCst);
        }
        let before = acknowledged.fetch_max(position, Ordering::SeqCst);
        assert!(
            position > before,
            "{position} was acknowledged after {before}: something was lost"
        );
    })
    .await;
    killer.join().unwrap();
    assert!(after.load(Ordering::SeqCst) > 0, "everything was pushed before the server died");
    let all: Vec<u64> = (1..=RECORDS as u64).collect();
    assert_eq!(pair.kept(), all, "every record once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_unsafe_failover_lost_is_sent_again() {
    // The negative control of the test above: nobody waits for the standby, which lags.
    let Some(pair) = Pair::start(false) else { return };
    let store = Postgres::open(&pair.address(), None).await.unwrap();
    let book = enrolled(&store).await;
    let receiver = pair.receiver();
    kill_process(receiver, Signal::STOP).unwrap();
    let mut half = book.clone();
    half.records.truncate(RECORDS / 2);
    let acknowledged = AtomicU64::new(0);
    push_all(&store, &half, |position| acknowledged.store(position, Ordering::SeqCst)).await;
    assert_eq!(acknowledged.load(Ordering::SeqCst), RECORDS as u64 / 2);
    pair.kill_first();
    kill_process(receiver, Signal::CONT).unwrap();
    pair.promote();
    let head = loop {
        // The second server may still be counting its processes after one of them was killed.
        if let Ok(head) = store.head(book.kiosk.clone()).await {
            break head;
        }
    };
    assert!(head.position < RECORDS as u64 / 2, "nothing was lost: the control proves nothing");
    push_all(&store, &book, |_position| {}).await;
    let all: Vec<u64> = (1..=RECORDS as u64).collect();
    assert_eq!(pair.kept(), all, "every record once");
}
