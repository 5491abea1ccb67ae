//! When a visit has ended, the identity number of the applicant is nowhere in the kiosk: not in its memory,
//! not in its files.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::window::{BINARY, any_port};

/// The identity number of the first applicant (P02 of the demonstration).
const NUMBER: &str = "370303198506129975";

/// The process a process has started with this word among its arguments.
fn child_with(parent: u32, word: &str) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    for child in children.unwrap().split_whitespace() {
        let arguments = std::fs::read(format!("/proc/{child}/cmdline")).unwrap();
        if arguments.split(|byte| *byte == 0).nth(1) == Some(word.as_bytes()) {
            return child.parse().unwrap();
        }
    }
    panic!("no `{word}` is running");
}

/// How often `needle` stands in what a process may write to.
fn times_in_memory(process: u32, needle: &[u8]) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut found = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (begin, end) = range.split_once('-').unwrap();
        let begin = u64::from_str_radix(begin, 16).unwrap();
        let length = u64::from_str_radix(end, 16).unwrap() - begin;
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        if memory.seek(SeekFrom::Start(begin)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            found += bytes.windows(needle.len()).filter(|part| *part == needle).count();
        }
    }
    found
}

fn files_with(folder: &Path, needle: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_with(&path, needle, found);
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(needle.len()).any(|part| part == needle)
        {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn the_identity_number_is_nowhere_when_the_visit_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join("demo");
    let config = any_port(folder.path());
    let mut demo = Command::new(BINARY)
        .args(["demo", "--headless", "--visit", "F01,H01", "--dir"])
        .arg(&stage)
        .arg("--config")
        .arg(&config)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = |beginning: &str| lines.any(|line| line.starts_with(beginning));
    let whole = Pid::from_child(&demo);
    assert!(told("visit     F01"), "the first visit does not begin");
    let kiosk = child_with(demo.id(), "run");
    // The second applicant stands there, with another card: the first has left.
    assert!(told("visit     H01"), "the second visit does not begin");
    kill_process(whole, Signal::STOP).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{kiosk}/limits")).unwrap();
    let wide: Vec<u8> = NUMBER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let seen = [times_in_memory(kiosk, NUMBER.as_bytes()), times_in_memory(kiosk, &wide)];
    // What must be found, is: or the search looks in the wrong place.
    let control = times_in_memory(kiosk, b"permit-kiosk/record/1");
    let mut files = Vec::new();
    for place in ["data", "logs", "certificates"] {
        files_with(&stage.join(place), NUMBER.as_bytes(), &mut files);
    }
    // Central's own file of invented people is no trace of this visit.
    kill_process(whole, Signal::CONT).unwrap();
    let ended = demo.wait().unwrap();
    assert!(ended.success(), "the demonstration did not end well");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(
        core.split_whitespace().rev().nth(1),
        Some("0"),
        "a crash would show the memory: {core}"
    );
    assert!(control > 0, "nothing of the journal is found in the kiosk's memory");
    assert_eq!(seen, [0, 0], "the number stands in the kiosk's memory");
    assert_eq!(files, Vec::<String>::new());
}
