//! The actor: one thread, exact deadlines, bounded queues, a line that comes and goes.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use permit_kiosk::device::pty::{Effect, Happening, Simulator};
use permit_kiosk::device::simulation::{LineRate, Simulation};
use permit_kiosk::device::{
    DeviceHandle, Driver, FlowControl, Health, Input, LineConfig, Output, Port, Report, SendError,
    spawn,
};
use permit_kiosk::fault::FaultCode;

use super::{PATIENCE, clock, event, until};

/// A driver that does as it is told, and tells everything that happens to it.
#[derive(Default)]
struct Scripted {
    alarm: Option<Duration>,
    open: bool,
    calls: usize,
}

#[derive(Debug)]
enum Order {
    Send(Vec<u8>),
    Discard,
    Reopen,
    Burst(usize),
    AlarmIn(Duration),
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Opened,
    Closed,
    Got(Vec<u8>),
    Sent,
    Alarm { calls: usize },
    Number(usize),
}

impl Driver for Scripted {
    type Command = Order;
    type Event = Told;

    fn on(&mut self, now: Duration, input: Input<'_, Order>) -> Vec<Output<Told>> {
        self.calls += 1;
        match input {
            Input::Opened => {
                self.open = true;
                vec![Output::Event(Told::Opened)]
            }
            Input::Closed => {
                self.open = false;
                vec![Output::Event(Told::Closed)]
            }
            Input::Received(bytes) => vec![Output::Event(Told::Got(bytes.to_vec()))],
            Input::Sent => vec![Output::Event(Told::Sent)],
            Input::Due => {
                assert!(self.alarm.take().is_some_and(|alarm| alarm <= now), "called too early");
                vec![Output::Event(Told::Alarm { calls: self.calls })]
            }
            Input::Command(Order::Send(bytes)) => vec![Output::Send(bytes)],
            Input::Command(Order::Discard) => vec![Output::DiscardUnsent],
            Input::Command(Order::Reopen) => vec![Output::Reopen],
            Input::Command(Order::Burst(count)) => {
                (0..count).map(|number| Output::Event(Told::Number(number))).collect()
            }
            Input::Command(Order::AlarmIn(time)) => {
                self.alarm = Some(now + time);
                self.calls = 0;
                vec![]
            }
        }
    }

    fn deadline(&self) -> Option<Duration> {
        self.alarm
    }

    fn health(&self) -> Health {
        if self.open { Health::READY } else { Health::Starting }
    }
}

/// A device that keeps what it gets, as far as it takes anything.
#[derive(Default)]
struct Sink {
    received: Vec<u8>,
    full: bool,
    say: Vec<u8>,
}

impl Simulator for Sink {
    fn name(&self) -> &'static str {
        "sink"
    }

    fn baud(&self) -> u32 {
        115_200
    }

    fn on(&mut self, _now: Duration, happening: Happening<'_>) -> Vec<Effect> {
        match happening {
            Happening::Received(bytes) => self.received.extend(bytes),
            Happening::Connected | Happening::HungUp | Happening::Due => {}
        }
        if self.say.is_empty() {
            return vec![];
        }
        vec![Effect::Send(std::mem::take(&mut self.say))]
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    fn command(&mut self, _now: Duration, command: &str) -> Result<String, String> {
        match command.split_once(' ').unwrap_or((command, "")) {
            ("full", _) => self.full = true,
            ("say", text) => self.say = text.as_bytes().to_vec(),
            ("received", _) => return Ok(hex::encode(&self.received)),
            _ => return Err(command.to_owned()),
        }
        Ok(String::new())
    }

    fn holds(&self, _now: Duration, condition: &str) -> Option<bool> {
        Some(self.received.len() >= condition.parse().ok()?)
    }

    fn room(&self) -> usize {
        if self.full { 0 } else { usize::MAX }
    }
}

struct Stage {
    simulation: Simulation,
    _dir: tempfile::TempDir,
    device: DeviceHandle<Order>,
    reports: Receiver<Report<Told>>,
}

impl Stage {
    fn opened(rate: LineRate) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sink: Box<dyn Simulator> = Box::<Sink>::default();
        let simulation = Simulation::of(vec![sink], dir.path(), rate, &clock()).unwrap();
        let line = LineConfig {
            port: Port::Path(simulation.line("sink")),
            baud: 115_200,
            flow_control: FlowControl::None,
        };
        let (device, reports) = spawn("sink", line, Scripted::default(), clock()).unwrap();
        assert_eq!(event(&reports), Told::Opened);
        simulation.command("wait sink connected").unwrap();
        Self { simulation, _dir: dir, device, reports }
    }

    #[track_caller]
    fn order(&self, order: Order) {
        self.device.send(order).unwrap();
    }
}

#[test]
fn what_is_handed_over_goes_out_in_order_at_the_pace_of_the_line() {
    let stage = Stage::opened(LineRate::Real);
    let bytes: Vec<u8> = (0..8192_u32).map(|index| (index * 31).to_le_bytes()[1]).collect();
    let before = clock().monotonic();
    stage.order(Order::Send(bytes.clone()));
    assert_eq!(event(&stage.reports), Told::Sent);
    stage.simulation.command("wait sink 8192").unwrap();
    assert_eq!(stage.simulation.command("sink received").unwrap(), hex::encode(&bytes));
    assert!(clock().monotonic() >= before + Duration::from_millis(711));
    assert!(stage.device.shutdown());
}

#[test]
fn every_byte_value_passes_in_both_directions() {
    let stage = Stage::opened(LineRate::Max);
    let all: Vec<u8> = (0..=255).collect();
    stage.order(Order::Send(all.clone()));
    stage.simulation.command("wait sink 256").unwrap();
    assert_eq!(stage.simulation.command("sink received").unwrap(), hex::encode(&all));
    stage.simulation.command("sink say \u{3}\u{4}\u{11}\u{13}\u{7f}").unwrap();
    assert_eq!(event(&stage.reports), Told::Sent);
    assert_eq!(event(&stage.reports), Told::Got(b"\x03\x04\x11\x13\x7F".to_vec()));
}

#[test]
fn a_deadline_is_kept_and_nothing_ticks_before_it() {
    let stage = Stage::opened(LineRate::Max);
    let time = Duration::from_millis(400);
    let before = clock().monotonic();
    stage.order(Order::AlarmIn(time));
    let alarm = event(&stage.reports);
    assert_eq!(alarm, Told::Alarm { calls: 1 }, "the driver was called for nothing");
    assert!(clock().monotonic() >= before + time);
}

#[test]
fn a_device_that_takes_nothing_neither_blocks_commands_nor_the_end() {
    let stage = Stage::opened(LineRate::Max);
    stage.simulation.command("sink full").unwrap();
    // Until nothing goes any more: the driver is told Sent as long as the system takes bytes.
    let mut sent = 0;
    loop {
        stage.order(Order::Send(vec![0x55; 8192]));
        stage.order(Order::AlarmIn(Duration::from_millis(200)));
        let first = event(&stage.reports);
        if first != Told::Sent {
            assert!(matches!(first, Told::Alarm { .. }), "{first:?}");
            break;
        }
        assert!(matches!(event(&stage.reports), Told::Alarm { .. }));
        sent += 8192;
        assert!(sent < 1_000_000, "somebody takes the bytes after all");
    }
    // It still listens to commands, forgets what was not sent, and takes new bytes.
    stage.order(Order::Discard);
    stage.order(Order::Burst(1));
    assert_eq!(event(&stage.reports), Told::Number(0));
    assert!(stage.device.shutdown());
}

#[test]
fn a_line_that_is_reopened_is_told_as_closed_and_opened() {
    let stage = Stage::opened(LineRate::Max);
    stage.order(Order::Reopen);
    assert_eq!(event(&stage.reports), Told::Closed);
    assert_eq!(event(&stage.reports), Told::Opened);
}

#[test]
fn who_is_answered_faster_than_bytes_go_out_loses_the_line_and_not_the_kiosk() {
    let stage = Stage::opened(LineRate::Real);
    for _ in 0..3 {
        stage.order(Order::Send(vec![0; 8192]));
    }
    assert_eq!(event(&stage.reports), Told::Closed);
    assert_eq!(event(&stage.reports), Told::Opened);
    assert!(stage.device.shutdown());
}

#[test]
fn what_came_while_nobody_listened_is_not_delivered() {
    let stage = Stage::opened(LineRate::Max);
    stage.simulation.command("sink unplug").unwrap();
    assert_eq!(event(&stage.reports), Told::Closed);
    stage.simulation.command("sink say old").unwrap();
    stage.simulation.command("sink replug").unwrap();
    assert_eq!(event(&stage.reports), Told::Opened);
    stage.simulation.command("wait sink connected").unwrap();
    stage.simulation.command("sink say new").unwrap();
    assert_eq!(event(&stage.reports), Told::Got(b"new".to_vec()));
}

#[test]
fn a_line_lost_five_times_in_ten_minutes_needs_a_technician() {
    let stage = Stage::opened(LineRate::Max);
    for loss in 1..=5 {
        stage.simulation.command("sink replug").unwrap();
        assert_eq!(event(&stage.reports), Told::Closed, "loss {loss}");
        if loss < 5 {
            assert_eq!(event(&stage.reports), Told::Opened, "loss {loss}");
            stage.simulation.command("wait sink connected").unwrap();
        }
    }
    until(&stage.reports, |health| health == Health::of(FaultCode::DeviceLineUnstable));
}

#[test]
fn a_flicker_of_the_line_is_not_shown() {
    let stage = Stage::opened(LineRate::Max);
    until(&stage.reports, |health| health == Health::READY);
    stage.simulation.command("sink replug").unwrap();
    assert_eq!(event(&stage.reports), Told::Closed);
    assert_eq!(event(&stage.reports), Told::Opened);
    // Health settles in 300 ms; the line was back after 100 ms.
    stage.order(Order::AlarmIn(Duration::from_millis(600)));
    let report = stage.reports.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(report, Report::Event(Told::Alarm { .. })), "{report:?}");
}

#[test]
fn a_second_kiosk_does_not_get_the_line() {
    let stage = Stage::opened(LineRate::Max);
    let line = LineConfig {
        port: Port::Path(stage.simulation.line("sink")),
        baud: 115_200,
        flow_control: FlowControl::None,
    };
    let (device, reports) = spawn("second", line, Scripted::default(), clock()).unwrap();
    until(&reports, |health| matches!(health, Health::Offline { .. }));
    assert!(device.shutdown());
}

#[test]
fn events_nobody_takes_wait_and_a_listener_that_leaves_ends_the_device() {
    let stage = Stage::opened(LineRate::Max);
    stage.order(Order::Burst(1000));
    for number in 0..500 {
        assert_eq!(event(&stage.reports), Told::Number(number));
    }
    drop(stage.reports);
    assert!(stage.device.shutdown());
}

#[test]
fn commands_a_device_does_not_take_are_refused() {
    let stage = Stage::opened(LineRate::Max);
    // The device waits for its listener, who does not listen.
    stage.order(Order::Burst(1000));
    let refused = (0..100).find_map(|_| stage.device.send(Order::Discard).err());
    assert!(matches!(refused, Some(SendError::Full { device: "sink" })), "{refused:?}");
    drop(stage.reports);
    assert!(stage.device.shutdown());
}
