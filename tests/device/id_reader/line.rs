//! Cards on a real pty: driver, actor and simulator with the bytes and the pace between them.

use std::io::BufRead as _;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use permit_kiosk::device::discovery::probe::set_reader_baud;
use permit_kiosk::device::id_reader::protocol::Speed;
use permit_kiosk::device::id_reader::{self, Command, Event, ReadFailure};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{DeviceHandle, Health, Report};
use permit_kiosk::fault::FaultCode;

use super::super::{Bench, clock, event, until};

struct Reader {
    bench: Bench,
    device: DeviceHandle<Command>,
    reports: Receiver<Report<Event>>,
}

impl Reader {
    /// A reader that works and is claimed.
    fn claimed(rate: LineRate) -> Self {
        let bench = Bench::new(rate);
        bench.hand("id_reader read-ms 100");
        let (device, reports) =
            id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
        device.send(Command::Claim).unwrap();
        until(&reports, |health| health == Health::READY);
        Self { bench, device, reports }
    }

    #[track_caller]
    fn read(&self) -> Box<id_reader::IdRecord> {
        match (event(&self.reports), event(&self.reports)) {
            (Event::CardFound, Event::IdRead(record)) => record,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn fail(&self) -> ReadFailure {
        match (event(&self.reports), event(&self.reports)) {
            (Event::CardFound, Event::ReadFailed(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    /// Nothing more came, and the thread ends when told.
    fn end(self) {
        assert!(self.device.shutdown());
        let left: Vec<_> =
            self.reports.try_iter().filter(|report| matches!(report, Report::Event(_))).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn is_offline(health: Health) -> bool {
    matches!(health, Health::Offline { .. })
}

#[test]
fn every_kind_of_card_is_read_and_each_card_once() {
    let reader = Reader::claimed(LineRate::Max);
    for (count, person) in (1..).zip(["P01", "P04", "M01", "X01", "X01-2017"]) {
        reader.bench.hand(&format!("id_reader place {person}"));
        reader.read();
        reader.bench.hand("id_reader remove");
        // The driver has seen it leave when it has asked for a card twice in vain.
        let asked: u64 = reader.bench.hand("id_reader requests").parse().unwrap();
        reader.bench.hand(&format!("wait id_reader requests {}", asked + 3));
        assert_eq!(reader.bench.hand("id_reader reads"), count.to_string());
    }
    reader.end();
}

#[test]
fn a_card_takes_its_time_on_the_line() {
    let reader = Reader::claimed(LineRate::Real);
    let before = clock().monotonic();
    reader.bench.hand("id_reader place P01");
    let record = reader.read();
    assert_eq!(record.name.reveal(), "林小满");
    // 100 ms of reading and 1295 bytes of ten bits at 115200 baud.
    assert!(clock().monotonic() >= before + Duration::from_millis(100 + 112));
    reader.end();
}

#[test]
fn a_moved_person_has_the_new_address() {
    let reader = Reader::claimed(LineRate::Max);
    reader.bench.hand("id_reader place P02 moved-to 山东省淄博市张店区新路9号");
    assert_eq!(reader.read().address.unwrap().reveal(), "山东省淄博市张店区新路9号");
    reader.end();
}

#[test]
fn a_card_pulled_while_it_is_read_is_told_and_can_be_laid_down_again() {
    let reader = Reader::claimed(LineRate::Max);
    reader.bench.hand("id_reader read-ms 1500");
    reader.bench.hand("id_reader place P01");
    reader.bench.hand("wait id_reader selected");
    reader.bench.hand("id_reader remove");
    assert_eq!(reader.fail(), ReadFailure::CardPulled);
    reader.bench.hand("id_reader read-ms 100");
    reader.bench.hand("id_reader place P01");
    assert_eq!(reader.read().name.reveal(), "林小满");
    reader.end();
}

#[test]
fn a_card_whose_frame_came_damaged_is_asked_for_again() {
    // A module that has sent a card counts it as read, so the applicant has to lift it.
    for fault in ["badsum", "truncate 700", "truncate 3"] {
        let reader = Reader::claimed(LineRate::Max);
        reader.bench.hand(&format!("id_reader fault {fault}"));
        reader.bench.hand("id_reader place P01");
        assert_eq!(reader.fail(), ReadFailure::Unreadable, "{fault}");
        reader.bench.hand("id_reader place P01");
        assert_eq!(reader.read().name.reveal(), "林小满", "{fault}");
        reader.end();
    }
}

#[test]
fn noise_before_every_answer_is_skipped() {
    let reader = Reader::claimed(LineRate::Max);
    reader.bench.hand("id_reader fault noise");
    reader.bench.hand("id_reader place X01-2017");
    assert_eq!(reader.read().id.reveal().as_str(), "USA370086041290");
    reader.end();
}

#[test]
fn another_kind_of_card_is_told_apart() {
    let reader = Reader::claimed(LineRate::Max);
    reader.bench.hand("id_reader place other-kind");
    assert_eq!(reader.fail(), ReadFailure::OtherDocument);
    reader.end();
}

#[test]
fn a_plug_pulled_in_the_middle_of_a_card_and_put_back() {
    let reader = Reader::claimed(LineRate::Real);
    reader.bench.hand("id_reader fault unplug-mid-frame 600");
    reader.bench.hand("id_reader place P03");
    assert_eq!(reader.fail(), ReadFailure::Unreadable);
    until(&reader.reports, is_offline);
    assert!(is_offline(reader.device.health()));
    reader.bench.hand("id_reader replug");
    until(&reader.reports, |health| health == Health::READY);
    reader.bench.hand("id_reader place P03");
    assert_eq!(reader.read().name.reveal(), "马知远");
    reader.end();
}

#[test]
fn a_reader_that_falls_silent_is_reopened_until_it_answers_again() {
    let reader = Reader::claimed(LineRate::Max);
    reader.bench.hand("id_reader fault silence");
    until(&reader.reports, |health| health != Health::READY);
    reader.bench.hand("id_reader fault none");
    until(&reader.reports, |health| health == Health::READY);
    reader.bench.hand("id_reader place P01");
    reader.read();
    reader.end();
}

#[test]
fn at_the_wrong_speed_the_reader_does_not_answer() {
    let bench = Bench::new(LineRate::Max);
    let (device, reports) = id_reader::start(bench.line("id_reader", 9600), clock()).unwrap();
    let wanted = Health::of(FaultCode::IdReaderNotResponding);
    let events = until(&reports, |health| health == wanted);
    assert!(events.is_empty(), "{events:?}");
    // The technician sets the speed of the reader.
    bench.hand("id_reader baud 9600");
    until(&reports, |health| health == Health::READY);
    assert!(device.shutdown());
}

#[test]
fn a_reader_that_is_not_there_yet_is_found_once_it_is() {
    let bench = Bench::new(LineRate::Max);
    bench.hand("id_reader unplug");
    let (device, reports) = id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
    until(&reports, is_offline);
    bench.hand("id_reader replug");
    until(&reports, |health| health == Health::READY);
    assert!(device.shutdown());
}

#[test]
fn a_kiosk_that_is_started_again_finds_its_reader() {
    let reader = Reader::claimed(LineRate::Max);
    let Reader { bench, device, reports } = reader;
    assert!(device.shutdown());
    drop(reports);
    bench.hand("wait id_reader disconnected");
    let (device, reports) = id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
    device.send(Command::Claim).unwrap();
    until(&reports, |health| health == Health::READY);
    bench.hand("id_reader place P01");
    Reader { bench, device, reports }.read();
}

#[test]
fn a_card_with_fingerprints_is_read_like_any_other() {
    let reader = Reader::claimed(LineRate::Max);
    for bytes in ["0", "512", "1024"] {
        reader.bench.hand(&format!("id_reader fingerprints {bytes}"));
        reader.bench.hand("id_reader place P01");
        reader.read();
        reader.bench.hand("id_reader remove");
        let asked: u64 = reader.bench.hand("id_reader requests").parse().unwrap();
        reader.bench.hand(&format!("wait id_reader requests {}", asked + 3));
    }
    reader.end();
}

#[test]
fn a_reader_goes_on_at_the_speed_it_is_told() {
    let bench = Bench::new(LineRate::Max);
    let port = bench.simulation.line("id_reader");
    let to = |baud| Speed::of(baud).unwrap();
    assert!(set_reader_baud(&port, 115_200, to(57_600), clock().as_ref()).unwrap());
    // It is not at the old speed any more.
    assert!(!set_reader_baud(&port, 115_200, to(9600), clock().as_ref()).unwrap());
    let (device, reports) = id_reader::start(bench.line("id_reader", 57_600), clock()).unwrap();
    until(&reports, |health| health == Health::READY);
    assert!(device.shutdown());
    assert_eq!(Speed::of(4800), None);
}

#[test]
fn a_port_that_another_program_holds_is_told_as_such() {
    let bench = Bench::new(LineRate::Max);
    let port = bench.simulation.line("id_reader");
    // A process of its own locks the port and says so.
    let mut holder = std::process::Command::new("flock")
        .arg(&port)
        .args(["sh", "-c", "echo held; read end"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    std::io::BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "held\n");
    let (device, reports) = id_reader::start(bench.line("id_reader", 115_200), clock()).unwrap();
    until(&reports, |health| health == Health::of(FaultCode::IdReaderPortBusy));
    drop(holder.stdin.take());
    holder.wait().unwrap();
    until(&reports, |health| health == Health::READY);
    assert!(device.shutdown());
}
