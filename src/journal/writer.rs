//! The one thread that owns the file, and the handles that ask it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use super::{Error, store::Store};

/// Calls that wait at most. Whoever calls waits for the answer, so there are never more than callers:
/// one visit, two printers, the network and a technician, with room for the tests.
const WAITING_MAX: usize = 32;
/// When this long nobody has asked for anything, the mark is written: after each step of a visit, and
/// never between two records of one.
const PAUSE: Duration = Duration::from_millis(100);
/// When this long nobody has asked for anything, the WAL is moved into the file.
const QUIET: Duration = Duration::from_secs(20);

enum Call {
    Work(Box<dyn FnOnce(&mut Store) + Send>),
    Close(SyncSender<()>),
}

/// A handle of the writer thread. The thread ends with its last handle.
#[derive(Clone)]
pub(super) struct Writer(SyncSender<Call>);

impl Writer {
    /// Gives the store to a thread of its own.
    pub(super) fn start(store: Store) -> Result<Self, Error> {
        let path = store.settings().path.clone();
        let (sender, receiver) = mpsc::sync_channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || work(store, &receiver))
            .map_err(|source| Error::File { doing: "start the writer of", path, source })?;
        Ok(Self(sender))
    }

    /// Runs `work` on the writer thread and waits for its answer.
    pub(super) fn call<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let (answer, answered) = mpsc::sync_channel(1);
        let call = Call::Work(Box::new(move |store| {
            // Whoever asked may have gone; what was asked for is done all the same.
            if answer.send(work(store)).is_err() {
                tracing::debug!("nobody waits for the journal's answer any more");
            }
        }));
        if self.0.send(call).is_err() {
            return Err(Error::Closed);
        }
        answered.recv().unwrap_or(Err(Error::Closed))
    }

    pub(super) fn close(self) {
        let (closed, waiting) = mpsc::sync_channel(1);
        if self.0.send(Call::Close(closed)).is_ok() {
            // An error means that the thread has gone already.
            if waiting.recv().is_err() {
                tracing::debug!("the journal was closed already");
            }
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

fn work(mut store: Store, calls: &Receiver<Call>) {
    let mut left = Left::Nothing;
    loop {
        let patience = if left == Left::Mark { PAUSE } else { QUIET };
        match calls.recv_timeout(patience) {
            Ok(Call::Work(work)) => {
                work(&mut store);
                left = Left::Mark;
            }
            Ok(Call::Close(closed)) => {
                store.mark();
                drop(store);
                if closed.send(()).is_err() {
                    tracing::debug!("nobody waits for the journal to close any more");
                }
                return;
            }
            Err(RecvTimeoutError::Timeout) => match left {
                Left::Mark => {
                    store.mark();
                    left = Left::Wal;
                }
                Left::Wal => {
                    store.tidy();
                    left = Left::Nothing;
                }
                Left::Nothing => {}
            },
            Err(RecvTimeoutError::Disconnected) => {
                store.mark();
                return;
            }
        }
    }
}

/// What is left to do when nobody asks for anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Mark,
    Wal,
    Nothing,
}
