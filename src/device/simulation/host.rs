//! One simulator at the end of one pty, on a thread of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mio::{Events, Poll, Token, Waker};

use crate::clock::Clock;
use crate::device::pty::{Arrival, Cable, Effect, Happening, LineRate, Pty, Simulator, garble};

const WAKER: Token = Token(0);
const MASTER: Token = Token(1);
const OPENED: Token = Token(2);

/// Commands waiting for a simulator: one of each connection and one of the scenario.
const REQUESTS_MAX: usize = 32;

/// Bursts taken before the simulator's deadline and commands get their turn.
const BURSTS_IN_A_ROW_MAX: usize = 16;

/// A command, and where its answer goes.
pub(super) struct Request {
    pub(super) command: String,
    pub(super) answer: SyncSender<Result<String, String>>,
}

/// The handle of a simulator's thread.
pub(super) struct Host {
    name: &'static str,
    /// The speed it starts with.
    pub(super) baud: u32,
    requests: SyncSender<Request>,
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Host {
    /// Publishes the simulator's pty in `dir`; when this returns, the device can be opened.
    pub(super) fn start(
        simulator: Box<dyn Simulator>,
        dir: &Path,
        rate: LineRate,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let (name, baud) = (simulator.name(), simulator.baud());
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let stop = Arc::new(AtomicBool::new(false));
        let (requests, queue) = sync_channel(REQUESTS_MAX);
        let mut bench = Bench {
            cable: Cable::new(rate, baud),
            simulator,
            link: dir.join(name),
            clock,
            poll,
            pty: None,
            readable: false,
            connected: false,
            waiting: Vec::new(),
        };
        bench.plug_in()?;
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name(format!("simulated {name}"))
            .spawn(move || bench.run(queue, &stopped))?;
        Ok(Self { name, baud, requests, waker, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Gives the simulator a command; the answer comes once it has taken effect.
    pub(super) fn request(&self, request: Request) -> io::Result<()> {
        self.requests.try_send(request).map_err(io::Error::other)?;
        self.waker.wake()
    }

    /// Pulls the plug for good; commands under way end with an error.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        let woken = self.waker.wake().is_ok();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if woken && thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(device.name = self.name, "simulated {} panicked", self.name);
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Bench {
    simulator: Box<dyn Simulator>,
    cable: Cable,
    link: PathBuf,
    clock: Arc<dyn Clock>,
    poll: Poll,
    /// `None` while unplugged.
    pty: Option<Pty>,
    readable: bool,
    connected: bool,
    /// Conditions that somebody waits for.
    waiting: Vec<(String, SyncSender<Result<String, String>>)>,
}

impl Bench {
    fn run(mut self, requests: Receiver<Request>, stop: &AtomicBool) {
        let mut events = Events::with_capacity(8);
        loop {
            let now = self.clock.monotonic();
            let mut due = [self.cable.deadline(), self.simulator.deadline()];
            if self.readable && self.cable.may_take(self.simulator.room()) > 0 {
                due = [Some(now), None];
            }
            let timeout = due.into_iter().flatten().min().map(|due| due.saturating_sub(now));
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "simulated {} cannot wait", self.simulator.name());
                return;
            }
            if stop.load(Ordering::Acquire) {
                return;
            }
            if let Err(error) = self.step(&events, &requests) {
                tracing::error!(%error, "simulated {} lost its pty", self.simulator.name());
                return;
            }
        }
    }

    fn step(&mut self, events: &Events, requests: &Receiver<Request>) -> io::Result<()> {
        self.readable |= events.iter().any(|event| event.token() == MASTER);
        if !self.connected && self.pty.as_ref().is_some_and(Pty::was_opened) {
            self.connected = true;
            self.tell(Happening::Connected);
        }
        self.take_in()?;
        while let Ok(Request { command, answer }) = requests.try_recv() {
            self.request(&command, answer)?;
        }
        let now = self.clock.monotonic();
        if self.simulator.deadline().is_some_and(|due| due <= now) {
            self.tell(Happening::Due);
        }
        self.give_out()?;
        self.answer_waiting();
        Ok(())
    }

    /// Application to device.
    fn take_in(&mut self) -> io::Result<()> {
        for _ in 0..BURSTS_IN_A_ROW_MAX {
            let now = self.clock.monotonic();
            if let Some(bytes) = self.cable.received(now)
                && !bytes.is_empty()
            {
                self.tell(Happening::Received(&bytes));
            }
            let count = self.cable.may_take(self.simulator.room());
            let Some(pty) = self.pty.as_ref().filter(|_| self.readable && count > 0) else {
                return Ok(());
            };
            let mut buffer = vec![0; count];
            match pty.read(&mut buffer) {
                // Both mean that nobody holds the near end any more.
                Ok(0) => return self.hang_up(),
                Err(error)
                    if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) =>
                {
                    return self.hang_up();
                }
                Ok(count) => {
                    buffer.truncate(count);
                    let heard = garble(&buffer, pty.baud()?, self.cable.baud());
                    self.cable.take(now, heard);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Device to application.
    fn give_out(&mut self) -> io::Result<()> {
        while let Some(arrival) = self.cable.arrive(self.clock.monotonic()) {
            match arrival {
                Arrival::Bytes(bytes) => {
                    // Nobody there, or nobody who reads: a UART loses such bytes as well.
                    let Some(pty) = self.pty.as_ref().filter(|_| self.connected) else { continue };
                    let heard = garble(&bytes, self.cable.baud(), pty.baud()?);
                    match pty.write(&heard) {
                        Ok(_) => {}
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                }
                Arrival::Unplugged => self.unplug(),
            }
        }
        Ok(())
    }

    fn tell(&mut self, happening: Happening<'_>) {
        let now = self.clock.monotonic();
        for effect in self.simulator.on(now, happening) {
            match effect {
                Effect::Send(bytes) => self.cable.send(now, bytes),
                Effect::Unplug => self.cable.unplug_after(now),
                Effect::SetBaud(baud) => self.cable.set_baud_after(now, baud),
            }
        }
    }

    /// The application has closed its end: forget what was on the line, lay out a fresh pty.
    fn hang_up(&mut self) -> io::Result<()> {
        self.connected = false;
        self.cable.clear();
        self.tell(Happening::HungUp);
        self.plug_in()
    }

    fn plug_in(&mut self) -> io::Result<()> {
        let pty = Pty::publish(&self.link)?;
        pty.register(self.poll.registry(), MASTER, OPENED)?;
        self.pty = Some(pty);
        self.readable = false;
        self.connected = false;
        Ok(())
    }

    fn unplug(&mut self) {
        self.cable.clear();
        if self.pty.take().is_some() {
            self.connected = false;
            self.tell(Happening::HungUp);
            self.cable.clear();
        }
    }

    fn request(
        &mut self,
        command: &str,
        answer: SyncSender<Result<String, String>>,
    ) -> io::Result<()> {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let result = match verb {
            "unplug" => {
                self.unplug();
                Ok("unplugged".to_owned())
            }
            "replug" => {
                self.unplug();
                self.plug_in()?;
                Ok("plugged in".to_owned())
            }
            "baud" => number(rest).map(|baud| {
                self.cable.set_baud(baud);
                format!("talks at {baud} baud")
            }),
            "eat" => number(rest).map(|count| {
                self.cable.eat(usize::try_from(count).unwrap_or(usize::MAX));
                format!("loses the next {count} bytes")
            }),
            "measure" => number(rest).map(|bytes| {
                self.cable.measure(u64::from(bytes));
                format!("counts the next {bytes} bytes")
            }),
            "line" => {
                let ledger = self.cable.ledger();
                let (busy, span) = (ledger.busy.as_micros(), ledger.span().as_micros());
                Ok(format!("{} bytes {busy} us of {span} us", ledger.bytes))
            }
            "wait" => match self.holds(rest) {
                Some(_) if self.waiting.len() >= REQUESTS_MAX => {
                    Err(format!("{REQUESTS_MAX} others are waiting"))
                }
                Some(_) => {
                    self.waiting.push((rest.to_owned(), answer));
                    return Ok(());
                }
                None => Err(format!("no such condition: {rest}")),
            },
            _ => {
                let result = self.simulator.command(self.clock.monotonic(), command);
                self.tell(Happening::Due);
                result
            }
        };
        // Whoever asked may have gone; the command has taken effect all the same.
        drop(answer.try_send(result));
        Ok(())
    }

    fn holds(&self, condition: &str) -> Option<bool> {
        match condition {
            "connected" => Some(self.connected),
            "disconnected" => Some(!self.connected),
            condition => self.simulator.holds(self.clock.monotonic(), condition),
        }
    }

    fn answer_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        for (condition, answer) in waiting {
            if self.holds(&condition) == Some(true) {
                drop(answer.try_send(Ok(condition)));
            } else {
                self.waiting.push((condition, answer));
            }
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    match text.trim().parse::<u32>() {
        Ok(number) if number > 0 => Ok(number),
        Ok(_) | Err(_) => Err(format!("not a number above 0: {text}")),
    }
}
