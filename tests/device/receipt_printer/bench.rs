//! A driver and a simulator on a line of their own, in simulated time: the same every run, and an
//! hour takes a moment.

use std::collections::VecDeque;
use std::time::Duration;

use permit_kiosk::device::pty::{Effect, Happening, Simulator};
use permit_kiosk::device::{Driver, Input, Output};

/// What the operating system takes from the actor before it says "no more".
const SYSTEM_QUEUE_BYTES: usize = 4096;
/// Bytes that travel together.
const BURST_BYTES: usize = 32;
const REOPEN_AFTER: Duration = Duration::from_millis(100);

pub(crate) struct Bench<D: Driver, S> {
    pub(crate) now: Duration,
    pub(crate) driver: D,
    pub(crate) simulator: S,
    pub(crate) events: Vec<D::Event>,
    byte_time: Duration,
    line: Option<Line>,
    plugged: bool,
    open_at: Duration,
    /// Every how-manieth burst from the device gets lost, and what it is at.
    pub(crate) lose_every: Option<usize>,
    bursts: usize,
}

#[derive(Default)]
struct Line {
    unsent: VecDeque<u8>,
    system: VecDeque<u8>,
    to_device_free_at: Duration,
    to_device: Option<(Duration, Vec<u8>)>,
    from_device: VecDeque<u8>,
    from_device_free_at: Duration,
    to_driver: Option<(Duration, Vec<u8>)>,
}

impl<D: Driver, S: Simulator> Bench<D, S>
where
    D::Event: Clone,
{
    pub(crate) fn new(driver: D, simulator: S) -> Self {
        let byte_time = Duration::from_secs(10) / simulator.baud();
        Self {
            now: Duration::from_secs(1000),
            driver,
            simulator,
            events: Vec::new(),
            byte_time,
            line: None,
            plugged: true,
            open_at: Duration::ZERO,
            lose_every: None,
            bursts: 0,
        }
    }

    pub(crate) fn order(&mut self, command: D::Command) {
        self.tell(Input::Command(command));
    }

    /// A hand at the device, or at its plug.
    pub(crate) fn hand(&mut self, command: &str) {
        match command {
            "unplug" => {
                self.plugged = false;
                if self.line.take().is_some() {
                    self.effects(Happening::HungUp);
                    self.open_at = self.now + REOPEN_AFTER;
                    self.tell(Input::Closed);
                }
            }
            "replug" => self.plugged = true,
            _ => {
                self.simulator.command(self.now, command).expect("the simulator understands");
                self.effects(Happening::Due);
            }
        }
    }

    /// Let time pass until `is_done`; `false` when it was not after that long.
    pub(crate) fn run(&mut self, limit: Duration, is_done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + limit;
        while !is_done(self) {
            let Some(next) = self.next().filter(|next| *next <= end) else {
                self.now = end;
                return is_done(self);
            };
            self.now = self.now.max(next);
            self.step();
        }
        true
    }

    fn next(&self) -> Option<Duration> {
        let open = (self.plugged && self.line.is_none()).then_some(self.open_at);
        let line = self.line.as_ref().and_then(|line| {
            let arrivals = [&line.to_device, &line.to_driver];
            arrivals.into_iter().flatten().map(|(at, _)| *at).min()
        });
        [self.driver.deadline(), self.simulator.deadline(), open, line].into_iter().flatten().min()
    }

    fn step(&mut self) {
        if self.plugged && self.line.is_none() && self.open_at <= self.now {
            self.line = Some(Line::default());
            self.effects(Happening::Connected);
            self.tell(Input::Opened);
        }
        let now = self.now;
        let due = |arrival: &mut Option<(Duration, Vec<u8>)>| arrival.take_if(|(at, _)| *at <= now);
        if let Some((_, bytes)) = self.line.as_mut().and_then(|line| due(&mut line.to_device)) {
            self.travel();
            self.effects(Happening::Received(&bytes));
        }
        if let Some((_, bytes)) = self.line.as_mut().and_then(|line| due(&mut line.to_driver)) {
            self.travel();
            self.tell(Input::Received(&bytes));
        }
        if self.simulator.deadline().is_some_and(|due| due <= self.now) {
            self.effects(Happening::Due);
        }
        if self.driver.deadline().is_some_and(|due| due <= self.now) {
            self.tell(Input::Due);
        }
        self.travel();
    }

    /// Start what can start on the line.
    fn travel(&mut self) {
        let now = self.now;
        let Some(line) = &mut self.line else { return };
        let room = SYSTEM_QUEUE_BYTES - line.system.len();
        let had_unsent = !line.unsent.is_empty();
        let taken = line.unsent.len().min(room);
        line.system.extend(line.unsent.drain(..taken));
        let is_sent = had_unsent && line.unsent.is_empty();
        let time = |count: usize| self.byte_time * u32::try_from(count).expect("a burst is short");
        if line.to_device.is_none() && !line.system.is_empty() {
            let count = line.system.len().min(BURST_BYTES);
            line.to_device_free_at = line.to_device_free_at.max(now) + time(count);
            line.to_device = Some((line.to_device_free_at, line.system.drain(..count).collect()));
        }
        if line.to_driver.is_none() && !line.from_device.is_empty() {
            let count = line.from_device.len().min(BURST_BYTES);
            line.from_device_free_at = line.from_device_free_at.max(now) + time(count);
            let bytes: Vec<u8> = line.from_device.drain(..count).collect();
            self.bursts += 1;
            if self.lose_every.is_none_or(|every| !self.bursts.is_multiple_of(every)) {
                line.to_driver = Some((line.from_device_free_at, bytes));
            }
        }
        if is_sent {
            self.tell(Input::Sent);
        }
    }

    fn effects(&mut self, happening: Happening<'_>) {
        for effect in self.simulator.on(self.now, happening) {
            match (effect, &mut self.line) {
                (Effect::Send(bytes), Some(line)) => line.from_device.extend(bytes),
                (Effect::Send(_), None) => {}
                (Effect::SetBaud(baud), _) => panic!("a receipt printer goes to {baud} baud"),
                (Effect::Unplug, _) => self.hand("unplug"),
            }
        }
        self.travel();
    }

    fn tell(&mut self, input: Input<'_, D::Command>) {
        for output in self.driver.on(self.now, input) {
            match output {
                Output::Send(bytes) => {
                    if let Some(line) = &mut self.line {
                        line.unsent.extend(bytes);
                        assert!(
                            line.unsent.len() <= permit_kiosk::device::line::UNSENT_BYTES_MAX,
                            "the driver hands over more than it may"
                        );
                    }
                }
                Output::DiscardUnsent => {
                    if let Some(line) = &mut self.line {
                        line.unsent.clear();
                        line.system.clear();
                    }
                }
                Output::Event(event) => self.events.push(event),
                Output::Reopen => {
                    if self.line.take().is_some() {
                        self.open_at = self.now + REOPEN_AFTER;
                        self.tell(Input::Closed);
                    }
                }
            }
        }
        self.travel();
    }
}
