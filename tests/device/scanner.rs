//! The scanner: bytes of the engines, the driver in simulated time, and codes on a real pty.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use permit_kiosk::device::scanner::protocol::{Frame, Framer, Reply, Request};
use permit_kiosk::device::scanner::{self, Code, Command, Config, Driver, Engine, Event, Suffix};
use permit_kiosk::device::simulation::LineRate;
use permit_kiosk::device::{DeviceHandle, Driver as _, Health, Input, Output, Report};
use permit_kiosk::fault::FaultCode;

use super::{Bench, clock, event, until};

#[test]
fn commands_are_the_bytes_of_the_manuals() {
    for (engine, request, frame) in [
        (Engine::Newland, Request::Trigger, Some(&b"\x7E\x010000#SCNTRG1;\x03"[..])),
        (Engine::Newland, Request::Release, Some(b"\x7E\x010000#SCNTRG0;\x03")),
        (Engine::Newland, Request::Identify, Some(b"\x7E\x010000#QRYSYS;\x03")),
        (Engine::Honeywell, Request::Trigger, Some(b"\x16T\r")),
        (Engine::Honeywell, Request::Release, Some(b"\x16U\r")),
        (Engine::Honeywell, Request::Identify, None),
        (Engine::Plain, Request::Trigger, None),
    ] {
        assert_eq!(request.frame(engine).as_deref(), frame, "{engine:?} {request:?}");
    }
}

/// What a framer makes of `bytes` up to a pause, wherever they are split.
#[track_caller]
fn check(
    engine: Engine,
    suffix: Suffix,
    bytes: &[u8],
    expected: Option<Frame>,
    expected_replies: &[Reply],
) {
    for split in 0..=bytes.len() {
        let mut framer = Framer::new(engine, suffix);
        let (first, second) = bytes.split_at(split);
        let replies = [framer.feed(first), framer.feed(second)].concat();
        assert_eq!(replies, expected_replies, "split at {split}");
        assert_eq!(framer.pause(), expected, "split at {split}");
        assert!(!framer.is_partial());
    }
}

fn code(payload: &[u8]) -> Frame {
    Frame::Code(payload.to_vec().into())
}

#[test]
fn a_frame_ends_with_its_suffix_and_a_pause() {
    check(Engine::Plain, Suffix::CarriageReturn, b"https://a\r", Some(code(b"https://a")), &[]);
    check(Engine::Plain, Suffix::LineFeed, b"A\n", Some(code(b"A")), &[]);
    check(Engine::Plain, Suffix::CarriageReturnLineFeed, b"A\r\n", Some(code(b"A")), &[]);
    check(Engine::Plain, Suffix::StartAndEnd, b"\x02A\x03", Some(code(b"A")), &[]);
    check(Engine::Plain, Suffix::None, b"A\r", Some(code(b"A\r")), &[]);
    // A text of two lines is one code.
    check(Engine::Plain, Suffix::CarriageReturn, b"A\rB\r", Some(code(b"A\rB")), &[]);
    check(Engine::Plain, Suffix::CarriageReturn, b"https://", Some(Frame::Partial), &[]);
    check(Engine::Plain, Suffix::CarriageReturn, b"", None, &[]);
}

#[test]
fn replies_and_codes_share_the_line_in_any_order() {
    let ack = b"\x02\x010000#SCNTRG1\x06;\x03";
    let nak = b"\x02\x010000#ORTSET\x15;\x03";
    let enq = b"\x02\x010000#NOSUCH\x05;\x03";
    let bytes = [&ack[..], b"CODE\r", nak, enq].concat();
    let replies = [Reply::Acknowledged, Reply::Refused, Reply::Unknown];
    check(Engine::Newland, Suffix::CarriageReturn, &bytes, Some(code(b"CODE")), &replies);
    check(Engine::Newland, Suffix::CarriageReturn, ack, None, &[Reply::Acknowledged]);
}

#[test]
fn a_code_of_4096_bytes_is_the_longest() {
    let mut longest = vec![b'7'; 4095];
    longest.push(b'\r');
    let mut framer = Framer::new(Engine::Plain, Suffix::CarriageReturn);
    framer.feed(&longest);
    assert_eq!(framer.pause(), Some(code(&longest[..4095])));
    longest.insert(0, b'7');
    framer.feed(&longest);
    assert_eq!(framer.pause(), Some(Frame::TooLong));
    framer.feed(&vec![b'7'; 100_000]);
    assert_eq!(framer.pause(), Some(Frame::TooLong));
    framer.feed(b"A\r");
    assert_eq!(framer.pause(), Some(code(b"A")));
}

#[test]
fn a_payload_is_utf_8_or_gb_18030_and_never_guessed() {
    let text = |bytes: &[u8]| Code::decode(bytes).map(|code| code.text.reveal().clone());
    assert_eq!(text("张店区清汀牛肉面馆".as_bytes()).unwrap(), "张店区清汀牛肉面馆");
    // 张店 in GB18030.
    assert_eq!(text(&[0xD5, 0xC5, 0xB5, 0xEA]).unwrap(), "张店");
    assert_eq!(text(&[0xFF, 0xFF, 0xFF]), None);
    let code = Code::decode(&[0xD5, 0xC5]).unwrap();
    assert_eq!(code.bytes.reveal(), &[0xD5, 0xC5]);
    assert!(!format!("{code:?}").contains('张'));
}

/// A driver and the time.
struct Desk {
    driver: Driver,
    now: Duration,
    sent: Vec<Vec<u8>>,
    events: Vec<Event>,
    reopened: usize,
}

impl Desk {
    fn opened(engine: Engine) -> Self {
        let config = Config { engine, suffix: Suffix::CarriageReturn };
        let mut desk = Self {
            driver: Driver::new(config),
            now: Duration::from_secs(1000),
            sent: vec![],
            events: vec![],
            reopened: 0,
        };
        desk.tell(Input::Opened);
        desk
    }

    fn tell(&mut self, input: Input<'_, Command>) {
        for output in self.driver.on(self.now, input) {
            match output {
                Output::Send(frame) => self.sent.push(frame),
                Output::Event(event) => self.events.push(event),
                Output::Reopen => self.reopened += 1,
                Output::DiscardUnsent => {}
            }
        }
    }

    fn wait(&mut self) {
        let due = self.driver.deadline().expect("something is due");
        self.now = self.now.max(due);
        self.tell(Input::Due);
        let next = self.driver.deadline();
        assert!(next.is_none_or(|next| next > self.now), "a deadline that stays due is a loop");
    }

    fn arm(&mut self) {
        self.tell(Input::Command(Command::Arm));
    }

    /// Bytes, and a pause.
    fn scan(&mut self, bytes: &[u8]) {
        self.tell(Input::Received(bytes));
        let pause = self.now + Duration::from_millis(40);
        while self.now < pause {
            self.wait();
        }
    }

    fn scanned(&mut self) -> Vec<String> {
        self.events
            .drain(..)
            .map(|event| match event {
                Event::Scanned(code) => code.text.reveal().clone(),
                Event::Unreadable => "(unreadable)".to_owned(),
                Event::TooLong => "(too long)".to_owned(),
            })
            .collect()
    }
}

#[test]
fn an_arming_brings_one_code_and_what_nobody_asked_for_is_dropped() {
    let mut desk = Desk::opened(Engine::Plain);
    assert_eq!(desk.driver.health(), Health::READY);
    desk.scan(b"EARLY\r");
    desk.arm();
    desk.scan(b"WANTED\r");
    desk.scan(b"AGAIN\r");
    assert_eq!(desk.scanned(), ["WANTED"]);
    assert_eq!(desk.driver.unarmed_codes(), 2);
    desk.arm();
    desk.tell(Input::Command(Command::Disarm));
    desk.scan(b"LATE\r");
    assert!(desk.events.is_empty());
}

#[test]
fn a_code_half_in_before_the_arming_is_not_for_it() {
    let mut desk = Desk::opened(Engine::Plain);
    desk.tell(Input::Received(b"OLD-CRE"));
    desk.arm();
    desk.scan(b"DENTIAL\r");
    desk.scan(b"NEW\r");
    assert_eq!(desk.scanned(), ["NEW"]);
}

#[test]
fn an_unreadable_code_leaves_the_scanner_armed() {
    let mut desk = Desk::opened(Engine::Plain);
    desk.arm();
    desk.scan(b"\xFF\xFF\r");
    desk.scan(b"CUT OFF");
    desk.scan(&[b'7'; 5000]);
    desk.scan(b"\r");
    desk.scan(b"GOOD\r");
    assert_eq!(desk.scanned(), ["(unreadable)", "(unreadable)", "(too long)", "GOOD"]);
}

#[test]
fn a_honeywell_engine_is_triggered_while_armed_and_again_every_three_seconds() {
    let mut desk = Desk::opened(Engine::Honeywell);
    assert!(desk.sent.is_empty());
    desk.arm();
    let armed_at = desk.now;
    desk.wait();
    assert_eq!(desk.sent, [b"\x16T\r", b"\x16T\r"]);
    assert_eq!(desk.now, armed_at + Duration::from_secs(3));
    desk.tell(Input::Command(Command::Disarm));
    assert_eq!(desk.sent.last().unwrap(), b"\x16U\r");
    assert_eq!(desk.driver.deadline(), None);
}

#[test]
fn a_newland_engine_answers_before_it_counts_as_ready_and_is_reopened_when_it_stops() {
    let identify = Request::Identify.frame(Engine::Newland).unwrap();
    let mut desk = Desk::opened(Engine::Newland);
    assert_eq!(desk.sent, std::slice::from_ref(&identify));
    assert_eq!(desk.driver.health(), Health::Starting);
    desk.tell(Input::Received(b"\x02\x010000#QRYSYSEngine\x06;\x03"));
    assert_eq!(desk.driver.health(), Health::READY);
    // Idle, it is asked every ten seconds; three answers missing are enough.
    desk.sent.clear();
    while desk.reopened == 0 {
        desk.wait();
    }
    assert_eq!(desk.sent, vec![identify; 3]);
    desk.tell(Input::Closed);
    desk.tell(Input::Opened);
    while desk.reopened == 1 {
        desk.wait();
    }
    assert_eq!(desk.driver.health(), Health::of(FaultCode::ScannerNotResponding));
}

struct Scanner {
    bench: Bench,
    device: DeviceHandle<Command>,
    reports: Receiver<Report<Event>>,
}

impl Scanner {
    fn ready(engine: Engine, kind: &str) -> Self {
        let bench = Bench::new(LineRate::Real);
        bench.hand(&format!("scanner engine {kind}"));
        let config = Config { engine, suffix: Suffix::CarriageReturn };
        let (device, reports) =
            scanner::start(bench.line("scanner", 115_200), config, clock()).unwrap();
        until(&reports, |health| health == Health::READY);
        bench.hand("wait scanner connected");
        Self { bench, device, reports }
    }

    #[track_caller]
    fn scanned(&self) -> String {
        let event = event(&self.reports);
        let Event::Scanned(code) = event else { panic!("{event:?}") };
        code.text.reveal().clone()
    }
}

#[test]
fn every_engine_scans_a_chinese_text_on_a_real_line() {
    for (engine, kind) in [
        (Engine::Plain, "plain"),
        (Engine::Newland, "newland"),
        (Engine::Honeywell, "honeywell"),
        (Engine::Newland, "any"),
        (Engine::Honeywell, "any"),
    ] {
        let scanner = Scanner::ready(engine, kind);
        let text = "电子营业执照 92370303MAXX01034L";
        scanner.device.send(Command::Arm).unwrap();
        // An engine that looks all the time may be faster than the arming; then the applicant
        // holds the code there once more.
        let report = (0..60).find_map(|_| {
            scanner.bench.hand(&format!("scanner show {text}"));
            scanner.reports.recv_timeout(Duration::from_millis(500)).ok()
        });
        let Some(Report::Event(Event::Scanned(code))) = report else { panic!("{report:?}") };
        assert_eq!(code.text.reveal(), text, "{kind}");
        assert!(scanner.device.shutdown());
    }
}

#[test]
fn the_largest_code_comes_whole_from_a_file_and_a_cut_one_does_not_pass() {
    let scanner = Scanner::ready(Engine::Newland, "newland");
    let largest = "7089".repeat(738);
    let path = scanner.bench.dir.path().join("largest.txt");
    std::fs::File::create(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, largest.as_bytes()))
        .unwrap();
    scanner.device.send(Command::Arm).unwrap();
    scanner.bench.hand("scanner fault truncate 1000");
    scanner.bench.hand(&format!("scanner show @{}", path.display()));
    assert_eq!(event(&scanner.reports), Event::Unreadable);
    scanner.bench.hand(&format!("scanner show @{}", path.display()));
    assert_eq!(scanner.scanned(), largest);
}

#[test]
fn a_scanner_that_is_unplugged_and_put_back_scans_on() {
    let scanner = Scanner::ready(Engine::Newland, "newland");
    scanner.device.send(Command::Arm).unwrap();
    scanner.bench.hand("scanner unplug");
    until(&scanner.reports, |health| matches!(health, Health::Offline { .. }));
    scanner.bench.hand("scanner replug");
    until(&scanner.reports, |health| health == Health::READY);
    scanner.bench.hand("scanner show BACK AGAIN");
    assert_eq!(scanner.scanned(), "BACK AGAIN");
}
