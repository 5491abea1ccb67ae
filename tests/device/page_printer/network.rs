//! The page printer on the network, against a printer we did not write: `ippeveprinter` of CUPS.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use permit_kiosk::device::page_printer::{
    Command, Event, Evidence, Job, JobName, Outcome, Raster, Sheet, ipp,
};
use permit_kiosk::device::{DeviceHandle, Health, Report};
use permit_kiosk::fault::FaultCode;

use super::pcl::{A4, page};
use crate::device::{clock, event, until};

/// What the printer does with a document: it fails for three seconds as the file `fault` says and gives
/// up, for nobody tells it that its job was cancelled; it takes its time while there is a file `slow`; and
/// then it counts its sheet.
const PRINTS: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "ATTR: job-impressions-completed=0" >&2
if [ -e "$here/fault" ]; then
  reason=$(cat "$here/fault")
  echo "STATE: +$reason" >&2
  sleep 3
  echo "STATE: -$reason" >&2
  exit 1
fi
while [ -e "$here/slow" ]; do touch "$here/printing"; sleep 0.05; done
cp "$1" "$here/printed.pwg"
echo "ATTR: job-impressions-completed=1" >&2
"#;

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=BUS</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"#;

const AVAHI: &str = "[server]\nhost-name=kiosk-test\nuse-ipv6=no\nallow-interfaces=lo\n";

/// A printer on this machine's network; it ends with the test. It wants a service-discovery daemon, which
/// wants a message bus: both are private ones.
pub(crate) struct Printer {
    /// One at a time: the discovery daemon tolerates no other.
    _turn: MutexGuard<'static, ()>,
    programs: Vec<Child>,
    folder: tempfile::TempDir,
    port: u16,
    pub(crate) uri: String,
}

impl Printer {
    /// `None`, with the reason printed, where the programs are missing.
    pub(crate) fn start() -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        if !rustix::process::geteuid().is_root() {
            crate::skipped::here("avahi-daemon, which ippeveprinter needs, wants root");
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let (bus, command) = (bus(folder.path()), folder.path().join("prints"));
        write(folder.path(), "bus.conf", &BUS.replace("BUS\u{3c}", &format!("{}<", bus.display())));
        write(folder.path(), "avahi.conf", AVAHI);
        write(folder.path(), "prints", PRINTS);
        std::fs::set_permissions(&command, PermissionsExt::from_mode(0o755)).unwrap();
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut printer = Self {
            _turn: turn,
            programs: Vec::new(),
            folder,
            port,
            uri: format!("ipp://localhost:{port}/ipp/print"),
        };
        let bus_config =
            format!("--config-file={}", printer.folder.path().join("bus.conf").display());
        printer.run("dbus-daemon", &bus, &[&bus_config, "--nofork", "--nopidfile"])?;
        wait(|| bus.exists());
        let avahi_config = printer.folder.path().join("avahi.conf");
        let avahi_config = avahi_config.to_str().unwrap();
        let bare = ["--no-drop-root", "--no-chroot", "--no-rlimits", "-f", avahi_config];
        printer.run("avahi-daemon", &bus, &bare)?;
        printer.switch_on();
        Some(printer)
    }

    /// Starts the printer itself, at its port: what it knew before is forgotten.
    pub(crate) fn switch_on(&mut self) {
        let bus = bus(self.folder.path());
        let (port, spool) = (self.port.to_string(), self.folder.path().display().to_string());
        let command = self.folder.path().join("prints").display().to_string();
        let formats = "image/pwg-raster,application/pdf";
        let how = ["-r", "off", "-d", &spool, "-p", &port, "-f", formats, "-c", &command, "kiosk"];
        // It ends at once while the discovery daemon is still starting.
        wait(|| {
            let is_up = ipp::round_trip(&self.uri, clock().as_ref()).is_ok();
            let has_ended = self.programs.len() < 3
                || self.programs[2].try_wait().is_ok_and(|ended| ended.is_some());
            if !is_up && has_ended {
                self.programs.truncate(2);
                let _started = self.run("ippeveprinter", &bus, &how);
            }
            is_up
        });
    }

    /// Pulls its power.
    pub(crate) fn switch_off(&mut self) {
        let mut program = self.programs.pop().unwrap();
        program.kill().unwrap();
        program.wait().unwrap();
    }

    /// From now on a document is on its way until the power goes.
    pub(crate) fn is_slow(&self) {
        write(self.folder.path(), "slow", "");
    }

    pub(crate) fn is_fast(&self) {
        std::fs::remove_file(self.folder.path().join("slow")).unwrap();
    }

    /// Waits until a document is on its way.
    #[track_caller]
    pub(crate) fn until_printing(&self) {
        wait(|| self.folder.path().join("printing").exists());
    }

    fn run(&mut self, program: &str, bus: &Path, arguments: &[&str]) -> Option<()> {
        let log = std::fs::File::create(self.folder.path().join(format!("{program}.log"))).unwrap();
        let started = Program::new(program)
            .args(arguments)
            .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", bus.display()))
            .env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        match started {
            Ok(child) => {
                self.programs.push(child);
                Some(())
            }
            Err(error) => {
                crate::skipped::without(format_args!("{program}: {error}"));
                None
            }
        }
    }

    fn fails(&self, reason: &str) {
        write(self.folder.path(), "fault", reason);
    }

    fn is_well(&self) {
        std::fs::remove_file(self.folder.path().join("fault")).unwrap();
    }

    fn printed(&self) -> PathBuf {
        self.folder.path().join("printed.pwg")
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        for program in self.programs.iter_mut().rev() {
            // Gone already, perhaps.
            let _killed = program.kill();
            let _ended = program.wait();
        }
    }
}

/// Where the printer finds its message bus.
fn bus(folder: &Path) -> PathBuf {
    folder.join("bus")
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::File::create(folder.join(name)).unwrap().write_all(text.as_bytes()).unwrap();
}

#[track_caller]
fn wait(mut is_so: impl FnMut() -> bool) {
    let until = clock().monotonic() + crate::device::PATIENCE;
    while !is_so() {
        assert!(clock().monotonic() < until, "it does not come up");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

fn job(number: u64, bits: &[u8]) -> Job {
    let name = JobName::new(&format!("K03-{number}")).unwrap();
    let picture = Raster::new(A4.0, A4.1, bits).unwrap();
    Job::for_network(number, name, Sheet::A4, &[picture]).unwrap()
}

fn ready(uri: &str, unfinished: bool) -> (DeviceHandle<Command>, Receiver<Report<Event>>) {
    let (device, reports) = ipp::start("page_printer", uri, unfinished, clock()).unwrap();
    until(&reports, |health| matches!(health, Health::Ready { .. }));
    (device, reports)
}

/// The dots of a PWG raster page of grey, by the standard's own words (PWG 5102.4, section 4.4).
fn unpacked(raster: &[u8]) -> (usize, usize, Vec<u8>) {
    let number = |at: usize| {
        let bytes: [u8; 4] = raster[4 + at..4 + at + 4].try_into().unwrap();
        usize::try_from(u32::from_be_bytes(bytes)).unwrap()
    };
    assert_eq!((&raster[..4], &raster[4..14]), (&b"RaS2"[..], &b"PwgRaster\0"[..]));
    let (width, height) = (number(372), number(376));
    let mut data = raster[4 + 1796..].iter().copied();
    let mut grey = Vec::with_capacity(width * height);
    while grey.len() < width * height {
        let times = usize::from(data.next().unwrap()) + 1;
        let mut row = Vec::with_capacity(width);
        while row.len() < width {
            let control = data.next().unwrap();
            if control < 128 {
                row.extend(vec![data.next().unwrap(); usize::from(control) + 1]);
            } else {
                row.extend(data.by_ref().take(257 - usize::from(control)));
            }
        }
        assert_eq!(row.len(), width, "a row ends where it ends");
        grey.extend(row.repeat(times));
    }
    assert_eq!(data.next(), None, "nothing follows");
    (width, height, grey)
}

#[test]
fn a_certificate_is_printed_once_over_the_network_and_its_dots_arrive() {
    let Some(printer) = Printer::start() else { return };
    let (device, reports) = ready(&printer.uri, false);
    let bits = page(A4);
    device.send(Command::Print(job(7, &bits))).unwrap();
    assert_eq!(event(&reports), Event::JobSent { job: 7, page_count: None });
    let confirmed = Event::JobConfirmed { job: 7, evidence: Evidence::JobEnd };
    assert_eq!(event(&reports), confirmed);
    let (width, height, grey) = unpacked(&std::fs::read(printer.printed()).unwrap());
    assert_eq!((width, height), A4);
    let picture = Raster::new(A4.0, A4.1, &bits).unwrap();
    let differing = (0..width * height)
        .filter(|at| (grey[*at] == 0) != picture.is_black(at % width, at / width));
    assert_eq!(differing.count(), 0);
    assert!(device.shutdown());
}

#[test]
fn a_printer_on_the_network_that_runs_out_of_paper_gives_the_certificate_back() {
    let Some(printer) = Printer::start() else { return };
    let (device, reports) = ready(&printer.uri, false);
    printer.fails("media-empty-error");
    device.send(Command::Print(job(8, &page(A4)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 8, .. }));
    let Event::JobFailed { job: 8, outcome, fault, .. } = event(&reports) else { panic!("no end") };
    assert_eq!((outcome, fault.code), (Outcome::NotPrinted, FaultCode::PagePaperOut));
    assert!(!printer.printed().exists(), "nothing comes out after the refill");
    printer.is_well();
    // Once there is paper again the same certificate is printed.
    until(&reports, |health| matches!(health, Health::Ready { .. }));
    device.send(Command::Print(job(9, &page(A4)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 9, .. }));
    assert!(matches!(event(&reports), Event::JobConfirmed { job: 9, .. }));
    assert!(device.shutdown());
}

/// A line to the printer that loses the answer to a document: it hangs up once the whole document is there,
/// and hands it over a second later, where `delivers`. What else is asked goes through.
struct BadLine {
    uri: String,
    documents: Arc<AtomicUsize>,
}

impl BadLine {
    fn to(printer: &Printer, delivers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("ipp://localhost:{}/ipp/print", listener.local_addr().unwrap().port());
        let far = printer.uri.trim_start_matches("ipp://").split('/').next().unwrap().to_owned();
        let documents = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&documents);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (far, count) = (far.clone(), Arc::clone(&count));
                std::thread::spawn(move || carry(near, &far, delivers, &count));
            }
        });
        Self { uri, documents }
    }
}

/// RFC 8011, 5.4.15.
const PRINT_JOB: [u8; 2] = [0, 2];

fn carry(mut near: TcpStream, far: &str, delivers: bool, documents: &AtomicUsize) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    // As far as tells what is asked: the operation stands before the first attribute (RFC 8010, 3.1).
    let first = b"attributes-charset";
    let asked = loop {
        if let Some(at) = seen.windows(first.len()).position(|window| window == first) {
            break [seen[at - 10], seen[at - 9]];
        }
        match near.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => seen.extend(&buffer[..count]),
        }
    };
    let mut onward = TcpStream::connect(far).unwrap();
    if asked == PRINT_JOB {
        documents.fetch_add(1, Ordering::SeqCst);
        // An empty chunk ends it.
        while !seen.ends_with(b"\r\n0\r\n\r\n") {
            match near.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(count) => seen.extend(&buffer[..count]),
            }
        }
        near.shutdown(Shutdown::Both).unwrap();
        if delivers {
            std::thread::park_timeout(Duration::from_secs(1));
            onward.write_all(&seen).unwrap();
            // Nobody hears the answer; hung up on, the printer would give up.
            let _gone = std::io::copy(&mut onward, &mut std::io::sink());
        }
        return;
    }
    onward.write_all(&seen).unwrap();
    let (mut from, mut to) = (near.try_clone().unwrap(), onward.try_clone().unwrap());
    std::thread::spawn(move || {
        let _gone = std::io::copy(&mut from, &mut to);
        let _gone = to.shutdown(Shutdown::Both);
    });
    let _gone = std::io::copy(&mut onward, &mut near);
    let _gone = near.shutdown(Shutdown::Both);
}

#[test]
fn a_document_whose_answer_is_lost_is_found_in_the_printers_list_and_not_sent_again() {
    let Some(printer) = Printer::start() else { return };
    let line = BadLine::to(&printer, true);
    let (device, reports) = ready(&line.uri, false);
    device.send(Command::Print(job(11, &page(A4)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 11, .. }));
    let confirmed = Event::JobConfirmed { job: 11, evidence: Evidence::JobEnd };
    assert_eq!(event(&reports), confirmed);
    assert!(printer.printed().exists());
    assert_eq!(line.documents.load(Ordering::SeqCst), 1);
    assert!(device.shutdown());
}

#[test]
fn a_document_nobody_can_find_again_is_a_persons_question() {
    let Some(printer) = Printer::start() else { return };
    let line = BadLine::to(&printer, false);
    let (device, reports) = ready(&line.uri, false);
    device.send(Command::Print(job(12, &page(A4)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 12, .. }));
    let Event::JobFailed { job: 12, outcome, fault, .. } = event(&reports) else {
        panic!("no end")
    };
    assert_eq!((outcome, fault.code), (Outcome::Unknown, FaultCode::PageOffline));
    assert_eq!(line.documents.load(Ordering::SeqCst), 1);
    // It holds nothing of ours: it goes on.
    until(&reports, |health| matches!(health, Health::Ready { .. }));
    assert!(device.shutdown());
}

#[test]
fn a_printer_that_forgot_a_document_is_a_persons_question_and_goes_on() {
    let Some(mut printer) = Printer::start() else { return };
    let (device, reports) = ready(&printer.uri, false);
    printer.is_slow();
    device.send(Command::Print(job(13, &page(A4)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 13, .. }));
    printer.until_printing();
    printer.switch_off();
    printer.switch_on();
    // It answers that it knows no such job: nobody waits for more.
    let Event::JobFailed { job: 13, outcome, fault, .. } = event(&reports) else {
        panic!("no end")
    };
    assert_eq!((outcome, fault.code), (Outcome::Unknown, FaultCode::PageUnconfirmed));
    printer.is_fast();
    until(&reports, |health| matches!(health, Health::Ready { .. }));
    assert!(device.shutdown());
}

/// A cable that may be pulled: what is connected while it is goes nowhere.
struct Cable {
    uri: String,
    pulled: Arc<AtomicBool>,
}

impl Cable {
    fn to(printer: &Printer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("ipp://localhost:{}/ipp/print", listener.local_addr().unwrap().port());
        let (far, pulled) = (printer.port, Arc::new(AtomicBool::new(false)));
        let is_pulled = Arc::clone(&pulled);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if is_pulled.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(onward) = TcpStream::connect(("localhost", far)) else { continue };
                for (mut from, mut to) in
                    [(near.try_clone().unwrap(), onward.try_clone().unwrap()), (onward, near)]
                {
                    std::thread::spawn(move || {
                        let _gone = std::io::copy(&mut from, &mut to);
                        let _gone = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { uri, pulled }
    }
}

#[test]
fn a_printer_that_counts_anew_does_not_pass_off_a_strangers_job_as_ours() {
    let Some(mut printer) = Printer::start() else { return };
    let cable = Cable::to(&printer);
    let (device, reports) = ready(&cable.uri, false);
    printer.is_slow();
    device.send(Command::Print(job(14, &page(A4)))).unwrap();
    assert!(matches!(event(&reports), Event::JobSent { job: 14, .. }));
    printer.until_printing();
    // Its power goes, and before we hear of it somebody else has printed: under the number ours had.
    cable.pulled.store(true, Ordering::SeqCst);
    printer.switch_off();
    printer.is_fast();
    printer.switch_on();
    let (stranger, theirs) = ready(&printer.uri, false);
    stranger.send(Command::Print(job(77, &page(A4)))).unwrap();
    assert!(matches!(event(&theirs), Event::JobSent { job: 77, .. }));
    assert!(matches!(event(&theirs), Event::JobConfirmed { job: 77, .. }));
    assert!(stranger.shutdown());
    cable.pulled.store(false, Ordering::SeqCst);
    let Event::JobFailed { job: 14, outcome, fault, .. } = event(&reports) else {
        panic!("no end")
    };
    assert_eq!((outcome, fault.code), (Outcome::Unknown, FaultCode::PageUnconfirmed));
    assert!(device.shutdown());
}

#[test]
fn a_printer_on_the_network_that_is_switched_off_is_offline_and_takes_nothing() {
    let Some(mut printer) = Printer::start() else { return };
    let (device, reports) = ready(&printer.uri, true);
    printer.switch_off();
    device.send(Command::Print(job(10, &page(A4)))).unwrap();
    let Event::JobFailed { job: 10, outcome, fault, .. } = event(&reports) else {
        panic!("no end")
    };
    assert_eq!((outcome, fault.code), (Outcome::NotPrinted, FaultCode::PageOffline));
    until(&reports, |health| matches!(health, Health::Offline { .. }));
    assert!(device.shutdown());
}
