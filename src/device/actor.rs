//! Runs one driver on one plain thread: line, commands and the exact next deadline, nothing else.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Events, Poll, Token, Waker};
use zeroize::Zeroize;

use super::line::{Line, LineConfig, READ_BYTES_MAX, UNSENT_BYTES_MAX};
use super::{Driver, Health, Input, Output};
use crate::clock::Clock;
use crate::fault::{Chain, FaultCode};

/// Commands waiting for the device. A session gives a handful; a certificate is one command.
const COMMANDS_MAX: usize = 16;
/// Reports waiting for the kiosk. A device reports a few times a second at most, so a full queue
/// means that nobody has listened for many seconds; the device then waits for its listener.
const REPORTS_MAX: usize = 64;
/// A health that does not last this long is not worth a flicker on the screen.
const HEALTH_SETTLES: Duration = Duration::from_millis(300);
/// Reads taken in a row before commands and deadlines get their turn: 16 × 4 KB is more than half
/// a second of the fastest line.
const READS_IN_A_ROW_MAX: usize = 16;
/// How long the end of the thread is waited for. It ends at its next step, well below this.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// What a device tells the kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report<E> {
    /// Its health is now this, and has been for a moment.
    Health(Health),
    /// Something happened.
    Event(E),
}

/// The kiosk's end of a device. Dropping it ends the device's thread.
pub struct DeviceHandle<C> {
    name: &'static str,
    commands: SyncSender<C>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    ended: Receiver<()>,
}

struct Shared {
    waker: Waker,
    stop: AtomicBool,
    health: Mutex<Health>,
}

/// Why a command was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The device's thread is gone.
    #[error("cannot send a command to {device}: its thread has ended")]
    Ended {
        /// Which device.
        device: &'static str,
    },
    /// It has not taken the commands before this one.
    #[error("cannot send a command to {device}: {COMMANDS_MAX} commands are waiting")]
    Full {
        /// Which device.
        device: &'static str,
    },
}

/// Why a device could not be started at all. A line that cannot be opened is no such reason: the
/// device is then offline and tried again.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the thread of {device}")]
pub struct SpawnError {
    device: &'static str,
    source: io::Error,
}

/// A started device: where commands go, and where what it tells comes from.
pub type Started<C, E> = (DeviceHandle<C>, Receiver<Report<E>>);

/// Somebody who watches a line: told the time, and what happens on it.
pub type Tap = Box<dyn FnMut(Duration, Seen<'_>) + Send>;

/// What is seen on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// It was opened.
    Opened,
    /// It is gone.
    Closed,
    /// The device said this.
    Received(&'a [u8]),
    /// This was handed to the line.
    Sent(&'a [u8]),
    /// The kiosk asked for this; papers show as their numbers.
    Command(&'a str),
}

/// Starts the thread of a device whose line somebody watches: for a technician's eyes, never for a
/// visit.
pub fn spawn_watched<D>(
    name: &'static str,
    line: LineConfig,
    driver: D,
    clock: Arc<dyn Clock>,
    tap: Tap,
) -> Result<Started<D::Command, D::Event>, SpawnError>
where
    D: Driver + Send + 'static,
    D::Command: fmt::Debug + Send + 'static,
    D::Event: Send + 'static,
{
    spawn_actor(name, line, driver, clock, Some(tap))
}

/// Starts the thread of a device. It opens the line by itself, and again whenever it was lost.
/// The receiver brings what the device tells, in order; once it is closed, the thread is gone.
pub fn spawn<D>(
    name: &'static str,
    line: LineConfig,
    driver: D,
    clock: Arc<dyn Clock>,
) -> Result<Started<D::Command, D::Event>, SpawnError>
where
    D: Driver + Send + 'static,
    D::Command: fmt::Debug + Send + 'static,
    D::Event: Send + 'static,
{
    spawn_actor(name, line, driver, clock, None)
}

/// Starts the thread of a device: `body` talks to it, and ends when the post does.
pub(super) fn spawn_plain<C, E>(
    name: &'static str,
    clock: Arc<dyn Clock>,
    body: impl FnOnce(Post<C, E>) + Send + 'static,
) -> Result<Started<C, E>, SpawnError>
where
    C: Send + 'static,
    E: Send + 'static,
{
    let failed = |source| SpawnError { device: name, source };
    let poll = Poll::new().map_err(failed)?;
    let shared = Arc::new(Shared {
        waker: Waker::new(poll.registry(), WAKER).map_err(failed)?,
        stop: AtomicBool::new(false),
        health: Mutex::new(Health::Starting),
    });
    let (commands, command_queue) = sync_channel(COMMANDS_MAX);
    let (report_queue, events) = sync_channel(REPORTS_MAX);
    let (ending, ended) = sync_channel(1);
    let post = Post {
        poll,
        shared: Arc::clone(&shared),
        commands: command_queue,
        reports: report_queue,
        told: None,
        clock,
    };
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Dropped at the end, also by a panic: that is what `shutdown` waits for.
            let _ending: SyncSender<()> = ending;
            body(post);
        })
        .map_err(failed)?;
    Ok((DeviceHandle { name, commands, shared, thread: Some(thread), ended }, events))
}

/// Where commands come from and reports go.
pub(super) struct Post<C, E> {
    poll: Poll,
    shared: Arc<Shared>,
    commands: Receiver<C>,
    reports: SyncSender<Report<E>>,
    told: Option<Health>,
    clock: Arc<dyn Clock>,
}

impl<C, E> Post<C, E> {
    /// Monotonic now.
    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The next command, or nothing once it is `until`.
    pub(super) fn wait(&mut self, until: Duration) -> Result<Option<C>, Ended> {
        loop {
            if self.shared.stop.load(Ordering::Acquire) {
                return Err(Ended);
            }
            if let Ok(command) = self.commands.try_recv() {
                return Ok(Some(command));
            }
            let left = until.saturating_sub(self.now());
            if left.is_zero() {
                return Ok(None);
            }
            self.sleep(left)?;
        }
    }

    /// Time passes; commands wait.
    pub(super) fn pause(&mut self, time: Duration) -> Result<(), Ended> {
        let until = self.now() + time;
        loop {
            if self.shared.stop.load(Ordering::Acquire) {
                return Err(Ended);
            }
            let left = until.saturating_sub(self.now());
            if left.is_zero() {
                return Ok(());
            }
            self.sleep(left)?;
        }
    }

    fn sleep(&mut self, time: Duration) -> Result<(), Ended> {
        match self.poll.poll(&mut Events::with_capacity(1), Some(time)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(Ended),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Tells the kiosk.
    pub(super) fn tell(&self, event: E) -> Result<(), Ended> {
        self.reports.send(Report::Event(event)).map_err(|_gone| Ended)
    }

    /// Tells how the device fares, if that is news.
    pub(super) fn fares(&mut self, health: Health) -> Result<(), Ended> {
        *self.shared.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
        if self.told.is_some_and(|told| same(told, health)) {
            return Ok(());
        }
        self.told = Some(health);
        self.reports.send(Report::Health(health)).map_err(|_gone| Ended)
    }
}

fn spawn_actor<D>(
    name: &'static str,
    line: LineConfig,
    driver: D,
    clock: Arc<dyn Clock>,
    tap: Option<Tap>,
) -> Result<Started<D::Command, D::Event>, SpawnError>
where
    D: Driver + Send + 'static,
    D::Command: fmt::Debug + Send + 'static,
    D::Event: Send + 'static,
{
    let opening = Opening::new(clock.monotonic());
    spawn_plain(name, clock, move |post| {
        let Post { poll, shared, commands, reports, told: _, clock } = post;
        let mut actor = Actor {
            name,
            config: line,
            driver,
            poll,
            shared,
            commands,
            reports,
            line: None,
            unsent: VecDeque::with_capacity(UNSENT_BYTES_MAX),
            opening,
            settling: Settling::new(),
            clock,
            tap,
        };
        actor.run();
    })
}

impl<C> DeviceHandle<C> {
    /// Which device this is.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks the device for something; the answer comes as an event.
    pub fn send(&self, command: C) -> Result<(), SendError> {
        match self.commands.try_send(command) {
            Ok(()) => {
                self.wake();
                Ok(())
            }
            Err(TrySendError::Full(_)) => Err(SendError::Full { device: self.name }),
            Err(TrySendError::Disconnected(_)) => Err(SendError::Ended { device: self.name }),
        }
    }

    /// The health at this very moment, flickers included.
    pub fn health(&self) -> Health {
        *self.shared.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the device's thread and waits for it; `false` when it did not end in time, which can
    /// only be when its reports are neither taken nor refused.
    pub fn shutdown(mut self) -> bool {
        self.stop();
        let ended = self.ended.recv_timeout(SHUTDOWN) == Err(RecvTimeoutError::Disconnected);
        if ended && let Some(thread) = self.thread.take() {
            return thread.join().is_ok();
        }
        ended
    }

    fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Err(error) = self.shared.waker.wake() {
            tracing::error!(device.name = self.name, %error, "cannot wake {}", self.name);
        }
    }
}

impl<C> Drop for DeviceHandle<C> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<C> fmt::Debug for DeviceHandle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceHandle({}, {:?})", self.name, self.health())
    }
}

const WAKER: Token = Token(0);
const LINE: Token = Token(1);

struct Actor<D: Driver> {
    name: &'static str,
    config: LineConfig,
    driver: D,
    clock: Arc<dyn Clock>,
    poll: Poll,
    shared: Arc<Shared>,
    commands: Receiver<D::Command>,
    reports: SyncSender<Report<D::Event>>,
    line: Option<OpenLine>,
    unsent: VecDeque<u8>,
    opening: Opening,
    settling: Settling,
    tap: Option<Tap>,
}

/// An open line with what mio's edges have told about it and we have not used up yet.
struct OpenLine {
    line: Line,
    readable: bool,
    writable: bool,
}

/// Why the thread ends.
pub(super) struct Ended;

impl<D: Driver> Actor<D>
where
    D::Command: fmt::Debug,
{
    fn run(&mut self) {
        let mut events = Events::with_capacity(8);
        while self.step(&mut events).is_ok() {}
        if let Some(open) = self.line.take() {
            open.line.close(&self.poll);
        }
    }

    /// One round: wait, take what came in, give way to commands, then to deadlines.
    fn step(&mut self, events: &mut Events) -> Result<(), Ended> {
        let timeout = self.timeout();
        if let Err(error) = self.poll.poll(events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            tracing::error!(device.name = self.name, %error, "{} cannot wait", self.name);
            return Err(Ended);
        }
        if self.shared.stop.load(Ordering::Acquire) {
            return Err(Ended);
        }
        if let Some(open) = &mut self.line {
            for event in events.iter().filter(|event| event.token() == LINE) {
                // A hang-up is told by the next read; until then it is one more readable edge.
                open.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
                open.writable |= event.is_writable();
            }
        }
        self.read()?;
        while let Ok(command) = self.commands.try_recv() {
            self.tell(Input::Command(command))?;
        }
        self.write()?;
        self.open_if_due()?;
        // Bytes that wait come before deadlines: a late thread must not take its own lateness
        // for a gap on the line.
        let waiting = self.line.as_ref().is_some_and(|open| open.readable);
        if !waiting && self.driver.deadline().is_some_and(|due| due <= self.clock.monotonic()) {
            self.tell(Input::Due)?;
            self.write()?;
        }
        self.note_health()
    }

    fn timeout(&self) -> Option<Duration> {
        let now = self.clock.monotonic();
        if self
            .line
            .as_ref()
            .is_some_and(|open| open.readable || (open.writable && !self.unsent.is_empty()))
        {
            return Some(Duration::ZERO);
        }
        let opening = if self.line.is_none() { Some(self.opening.next_try) } else { None };
        [self.driver.deadline(), opening, self.settling.deadline()]
            .into_iter()
            .flatten()
            .min()
            .map(|due| due.saturating_sub(now))
    }

    fn read(&mut self) -> Result<(), Ended> {
        let mut buffer = [0; READ_BYTES_MAX];
        for _ in 0..READS_IN_A_ROW_MAX {
            let Some(open) = self.line.as_mut().filter(|open| open.readable) else { return Ok(()) };
            match open.line.read(&mut buffer) {
                Ok(0) => return self.lose("unplugged"),
                Ok(count) => {
                    let told = self.tell(Input::Received(buffer.get(..count).unwrap_or_default()));
                    buffer.zeroize();
                    told?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => open.readable = false,
                Err(error) => return self.lose(&error.to_string()),
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Ended> {
        loop {
            let Some(open) = self.line.as_mut().filter(|open| open.writable) else { return Ok(()) };
            if self.unsent.is_empty() {
                return Ok(());
            }
            let (front, _) = self.unsent.as_slices();
            match open.line.write(front) {
                Ok(0) => return self.lose("unplugged"),
                Ok(count) => {
                    self.unsent.drain(..count);
                    if self.unsent.is_empty() {
                        self.tell(Input::Sent)?;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => open.writable = false,
                Err(error) => return self.lose(&error.to_string()),
            }
        }
    }

    fn open_if_due(&mut self) -> Result<(), Ended> {
        let now = self.clock.monotonic();
        if self.line.is_some() || now < self.opening.next_try {
            return Ok(());
        }
        match Line::open(&self.config, &self.poll, LINE) {
            Ok(line) => {
                tracing::info!(device.name = self.name, "{} has its line", self.name);
                self.opening.opened();
                // Assume both until the system says otherwise: mio tells edges, not levels.
                self.line = Some(OpenLine { line, readable: true, writable: true });
                self.tell(Input::Opened)?;
                self.write()
            }
            Err(error) => {
                self.opening.is_busy = error.is_busy();
                if self.opening.failed(now) {
                    let error = Chain(&error);
                    tracing::warn!(device.name = self.name, %error, "{} has no line", self.name);
                }
                Ok(())
            }
        }
    }

    fn lose(&mut self, why: &str) -> Result<(), Ended> {
        tracing::warn!(device.name = self.name, why, "{} lost its line: {why}", self.name);
        self.close()
    }

    fn close(&mut self) -> Result<(), Ended> {
        if let Some(open) = self.line.take() {
            open.line.close(&self.poll);
        }
        self.forget_unsent();
        self.opening.lost(self.clock.monotonic());
        self.tell(Input::Closed)
    }

    /// Tells the driver, and does what it wants. Outputs may close the line, which tells the
    /// driver in turn: hence the queue instead of a recursion.
    fn tell(&mut self, input: Input<'_, D::Command>) -> Result<(), Ended> {
        let now = self.clock.monotonic();
        if let Some(tap) = &mut self.tap {
            match input {
                Input::Opened => tap(now, Seen::Opened),
                Input::Closed => tap(now, Seen::Closed),
                Input::Received(bytes) => tap(now, Seen::Received(bytes)),
                Input::Command(ref command) => {
                    tap(now, Seen::Command(&format!("{command:?}")));
                }
                Input::Sent | Input::Due => {}
            }
        }
        let outputs = self.driver.on(now, input);
        let mut outputs = VecDeque::from(outputs);
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Send(mut bytes) => {
                    if self.line.is_some() {
                        if self.unsent.len() + bytes.len() > UNSENT_BYTES_MAX {
                            // Something answers faster than bytes go out: no device does that.
                            tracing::error!(
                                device.name = self.name,
                                "noise on the line of {}",
                                self.name
                            );
                            bytes.zeroize();
                            outputs.clear();
                            outputs.push_back(Output::Reopen);
                            continue;
                        }
                        if let Some(tap) = &mut self.tap {
                            tap(self.clock.monotonic(), Seen::Sent(&bytes));
                        }
                        self.unsent.extend(&bytes);
                    }
                    bytes.zeroize();
                }
                Output::DiscardUnsent => {
                    self.forget_unsent();
                    if let Some(open) = &self.line {
                        open.line.discard_output();
                    }
                }
                Output::Event(event) => self.report(Report::Event(event))?,
                Output::Reopen => {
                    let Some(open) = self.line.take() else { continue };
                    tracing::warn!(device.name = self.name, "{} does not answer", self.name);
                    open.line.close(&self.poll);
                    self.forget_unsent();
                    let now = self.clock.monotonic();
                    self.opening.lost(now);
                    outputs.extend(self.driver.on(now, Input::Closed));
                }
            }
        }
        Ok(())
    }

    fn forget_unsent(&mut self) {
        self.unsent.make_contiguous().zeroize();
        self.unsent.clear();
    }

    fn report(&self, report: Report<D::Event>) -> Result<(), Ended> {
        self.reports.send(report).map_err(|_gone| Ended)
    }

    fn note_health(&mut self) -> Result<(), Ended> {
        let now = self.clock.monotonic();
        let busy = FaultCode::port_busy(self.name).filter(|_| self.opening.is_busy);
        let health = match (&self.line, busy) {
            (Some(_), _) => self.driver.health(),
            (None, Some(busy)) => Health::of(busy),
            (None, None) => self.opening.health(),
        };
        let is_down = matches!(health, Health::Offline { .. } | Health::Starting);
        let health = if is_down && self.opening.is_unstable(now) {
            Health::of(FaultCode::DeviceLineUnstable)
        } else {
            health
        };
        *self.shared.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
        match self.settling.note(now, health) {
            Some(settled) => self.report(Report::Health(settled)),
            None => Ok(()),
        }
    }
}

/// When to open the line next.
struct Opening {
    next_try: Duration,
    back_off: Duration,
    lost_since: Option<Duration>,
    complained: bool,
    /// The port is there, and another program has it.
    is_busy: bool,
    /// When the line was lost lately, oldest first; at most `LOSSES_MAX`.
    losses: VecDeque<Duration>,
}

/// First wait after a loss; doubled with each failure.
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
/// Longest wait between two attempts.
const BACK_OFF_MAX: Duration = Duration::from_secs(2);
/// So many losses …
const LOSSES_MAX: usize = 5;
/// … within this time mean that the line is unstable …
const LOSSES_WITHIN: Duration = Duration::from_mins(10);
/// … and then it is tried only this often, so as not to fill the log and wear the device.
const UNSTABLE_BACK_OFF: Duration = Duration::from_secs(30);

impl Opening {
    fn new(now: Duration) -> Self {
        Self {
            next_try: now,
            back_off: BACK_OFF_MIN,
            lost_since: None,
            complained: false,
            is_busy: false,
            losses: VecDeque::with_capacity(LOSSES_MAX),
        }
    }

    fn opened(&mut self) {
        self.lost_since = None;
        self.complained = false;
        self.is_busy = false;
        self.back_off = BACK_OFF_MIN;
    }

    /// Whether this failure is the first of a row, and so worth a line in the log.
    fn failed(&mut self, now: Duration) -> bool {
        self.lost_since.get_or_insert(now);
        self.wait(now);
        !std::mem::replace(&mut self.complained, true)
    }

    fn lost(&mut self, now: Duration) {
        self.lost_since = Some(now);
        if self.losses.len() == LOSSES_MAX {
            self.losses.pop_front();
        }
        self.losses.push_back(now);
        self.wait(now);
    }

    fn wait(&mut self, now: Duration) {
        let back_off = if self.is_unstable(now) { UNSTABLE_BACK_OFF } else { self.back_off };
        self.next_try = now + back_off;
        self.back_off = (self.back_off * 2).min(BACK_OFF_MAX);
    }

    fn is_unstable(&self, now: Duration) -> bool {
        self.losses.len() == LOSSES_MAX
            && self.losses.front().is_some_and(|first| now < *first + LOSSES_WITHIN)
    }

    fn health(&self) -> Health {
        match self.lost_since {
            Some(since) => Health::Offline { since, next_try: self.next_try },
            None => Health::Starting,
        }
    }
}

/// Lets a health settle before it is told.
struct Settling {
    told: Option<Health>,
    candidate: Option<(Health, Duration)>,
}

impl Settling {
    fn new() -> Self {
        Self { told: None, candidate: None }
    }

    fn deadline(&self) -> Option<Duration> {
        self.candidate.map(|(_, due)| due)
    }

    /// The health to tell now, if one has settled.
    fn note(&mut self, now: Duration, health: Health) -> Option<Health> {
        if self.told.is_some_and(|told| same(told, health)) {
            self.candidate = None;
            return None;
        }
        let due = match self.candidate {
            Some((candidate, due)) if same(candidate, health) => due,
            Some(_) | None => now + HEALTH_SETTLES,
        };
        if now < due {
            self.candidate = Some((health, due));
            return None;
        }
        self.candidate = None;
        self.told = Some(health);
        Some(health)
    }
}

/// Whether the screen would show the same: the next try of an offline device moves all the time.
fn same(one: Health, other: Health) -> bool {
    match (one, other) {
        (Health::Offline { since: one, .. }, Health::Offline { since: other, .. }) => one == other,
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_opened_is_tried_ever_more_seldom_up_to_two_seconds() {
        let mut now = Duration::from_secs(1000);
        let mut opening = Opening::new(now);
        let mut waits_ms = vec![];
        for _ in 0..7 {
            opening.failed(now);
            waits_ms.push((opening.next_try.saturating_sub(now)).as_millis());
            now = opening.next_try;
        }
        assert_eq!(waits_ms, [100, 200, 400, 800, 1600, 2000, 2000]);
        opening.opened();
        opening.lost(now);
        assert_eq!(opening.next_try, now + BACK_OFF_MIN);
    }

    #[test]
    fn an_unstable_line_is_tried_every_half_minute_until_ten_minutes_have_passed() {
        let first = Duration::from_secs(1000);
        let mut opening = Opening::new(first);
        for loss in 0..5 {
            opening.lost(first + Duration::from_mins(loss));
        }
        let last = first + Duration::from_mins(4);
        assert_eq!(opening.next_try, last + UNSTABLE_BACK_OFF);
        assert!(opening.is_unstable(first + Duration::from_secs(599)));
        assert!(!opening.is_unstable(first + Duration::from_mins(10)));
    }

    #[test]
    fn only_a_health_that_lasts_is_told() {
        let offline = |next_try| Health::Offline {
            since: Duration::ZERO,
            next_try: Duration::from_secs(next_try),
        };
        let at = Duration::from_millis;
        let mut settling = Settling::new();
        assert_eq!(settling.note(at(0), Health::READY), None);
        assert_eq!(settling.deadline(), Some(at(300)));
        assert_eq!(settling.note(at(300), Health::READY), Some(Health::READY));
        // A flicker.
        assert_eq!(settling.note(at(400), offline(1)), None);
        assert_eq!(settling.note(at(500), Health::READY), None);
        assert_eq!(settling.deadline(), None);
        // An outage, whose next try moves on without being news.
        assert_eq!(settling.note(at(600), offline(1)), None);
        assert_eq!(settling.note(at(900), offline(2)), Some(offline(2)));
        assert_eq!(settling.note(at(1900), offline(4)), None);
        assert_eq!(settling.deadline(), None);
    }
}
