//! ESC/POS bytes: what is sent is what another program sends, and what comes in is understood
//! however it is cut up.

use std::process::Command;
use std::time::Duration;

use permit_kiosk::device::pty::{Happening, LineRate, Simulator as _};
use permit_kiosk::device::receipt_printer::protocol::{Classifier, Condition, Reply, bands};
use permit_kiosk::device::receipt_printer::{Model, Raster, SimulatedReceiptPrinter};

use super::{Dots, picture};

/// Print the bands on a simulated printer and give back its rows.
fn printed(bands: &[Vec<u8>]) -> Vec<u8> {
    let mut printer = SimulatedReceiptPrinter::new(Model::EPSON, LineRate::Max);
    // Whether a last 10h begins a command is known with the next byte.
    for bytes in bands.iter().map(Vec::as_slice).chain([[0x1B, 0x40].as_slice()]) {
        printer.on(Duration::ZERO, Happening::Received(bytes));
    }
    assert_eq!((printer.unknown(), printer.overrun_bytes()), ([].as_slice(), 0));
    assert_eq!(printer.clears(), 0, "dots were taken for a command");
    printer.hanging().bits()
}

#[test]
fn what_comes_out_on_paper_is_the_picture() {
    for seed in 0..40 {
        let bits = picture(seed, 1 + usize::try_from(seed).unwrap() * 7);
        let raster = Raster::new(576, bits.len() / 72, &bits).unwrap();
        let paper = printed(&bands(raster));
        assert_eq!(paper.len(), bits.len());
        // Except for a dot where a real-time command would have stood.
        let is_same =
            |(paper, bits): (&u8, &u8)| paper == bits || (*paper == 0x18 && *bits == 0x10);
        assert!(paper.iter().zip(&bits).all(is_same), "seed {seed}");
    }
}

/// A picture without anything that looks like a real-time command.
fn hide(bits: &[u8]) -> Vec<u8> {
    let mut bits = bits.to_vec();
    for i in 1..bits.len() {
        if bits[i - 1] == 0x10 && matches!(bits[i], 0x04 | 0x05 | 0x14) {
            bits[i - 1] = 0x18;
        }
    }
    bits
}

#[test]
fn no_picture_contains_a_real_time_command() {
    let commands: [&[u8]; 4] =
        [&[16, 4, 1], &[16, 5, 2], &[16, 20, 8, 1, 3, 20, 1, 6, 2, 8], &[16, 16, 4, 4]];
    for (command, at) in commands.into_iter().flat_map(|c| (0..200).map(move |at| (c, at))) {
        // A dark picture, so that bands are as wide as the paper and rows follow each other.
        let mut bits = vec![0x55; 72 * 60];
        bits[at..at + command.len()].copy_from_slice(command);
        let bytes = bands(Raster::new(576, 60, &bits).unwrap());
        for band in &bytes {
            let is_hit = band[8..].windows(2).any(|w| matches!(w, [16, 4 | 5 | 20]));
            assert!(!is_hit, "{command:?} at {at} survived");
        }
        let paper = printed(&bytes);
        let changed: u32 = paper.iter().zip(&bits).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert!(paper.len() == bits.len() && changed <= 1, "{command:?} at {at}: {changed} dots");
    }
}

#[test]
fn white_paper_costs_a_byte_a_row() {
    let bits = vec![0; 72 * 240];
    let bytes: usize = bands(Raster::new(576, 240, &bits).unwrap()).iter().map(Vec::len).sum();
    assert_eq!(bytes, 240 + 10 * 8);
}

#[test]
fn every_split_of_the_answers_reads_the_same() {
    let stream: Vec<u8> = [
        &[0x12, 0x16][..],
        &[0x10, 0x00, 0x00, 0x00],
        b"\x37\x220001\x00",
        &[0x38, 0x00, 0x0F, 0x00],
        b"_SIMULATED-80\x00",
        &[0x13, 0x11, 0x00, 0x0C],
        b"\x37\x25\x00",
        // Flow control and a real-time status in the middle of an automatic status.
        &[0x18, 0x13, 0x08, 0x12, 0x00, 0x11, 0x00],
        &[0xFF],
        b"\x3D\x40x\x00",
    ]
    .concat();
    let whole = Classifier::default().push(&stream);
    assert_eq!(whole.len(), 17);
    assert!(matches!(whole.get(16), Some(Reply::OtherBlock(0x40))), "{whole:?}");
    for a in 0..stream.len() {
        for b in a..stream.len() {
            let mut classifier = Classifier::default();
            let parts = [&stream[..a], &stream[a..b], &stream[b..]];
            let replies: Vec<Reply> =
                parts.into_iter().flat_map(|part| classifier.push(part)).collect();
            assert_eq!(replies, whole, "split at {a} and {b}");
            assert!(!classifier.is_partial());
        }
    }
}

#[test]
fn noise_is_bounded_and_does_not_hide_the_next_answer() {
    for seed in 0..200 {
        let mut dots = Dots::seeded(seed);
        let noise: Vec<u8> = (0..dots.below(400)).map(|_| dots.next().to_le_bytes()[0]).collect();
        let mut classifier = Classifier::default();
        classifier.push(&noise);
        // What the driver does after a gap on the line.
        assert!(classifier.reset() <= 82);
        assert_eq!(classifier.push(&[0x37, 0x25, 0x00]), [Reply::Cleared], "seed {seed}");
    }
}

#[track_caller]
fn check_status(real_time: [u8; 4], expected: Condition) {
    assert_eq!(Condition::from_real_time(real_time), Some(expected));
}

/// The bytes of an independent printer (emupos 0.4.0): in order, and out of paper.
#[test]
fn status_bytes_mean_what_the_manual_says() {
    check_status([0x12; 4], Condition::default());
    let out =
        Condition { offline: true, paper_out: true, paper_near_end: true, ..Condition::default() };
    check_status([0x1A, 0x32, 0x12, 0x7E], out);
    let cover = Condition { offline: true, cover_open: true, ..Condition::default() };
    check_status([0x1A, 0x16, 0x12, 0x12], cover);
    let knife = Condition { offline: true, cutter_error: true, ..Condition::default() };
    check_status([0x1A, 0x52, 0x1A, 0x12], knife);
    assert_eq!(Condition::from_real_time([0x12, 0x12, 0x12, 0x10]), None);

    let automatic = |bytes: [u8; 4]| match Classifier::default().push(&bytes).as_slice() {
        [Reply::Automatic(status)] => status.condition(),
        other => panic!("{other:?}"),
    };
    assert_eq!(automatic([0x10, 0, 0, 0]), Condition::default());
    assert_eq!(automatic([0x38, 0, 0, 0]), cover);
    assert_eq!(automatic([0x18, 0x08, 0, 0]), knife);
    assert_eq!(automatic([0x18, 0, 0x0F, 0]), out);
}

/// python-escpos is an independent renderer. It is looked for in `KIOSK_TEST_PYTHON`, else in
/// `python3`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no configuration file")]
fn the_bands_are_those_of_python_escpos() {
    const SCRIPT: &str = "
import sys
from PIL import Image
from escpos.printer import Dummy
rows = int(sys.argv[1])
bits = bytes.fromhex(sys.stdin.read())
picture = Image.frombytes('1', (576, rows), bytes(b ^ 255 for b in bits))
printer = Dummy()
printer.profile.profile_data['media']['width']['pixels'] = 576
printer.image(picture, impl='bitImageRaster', fragment_height=24)
print(printer.output.hex())
";
    let python = std::env::var("KIOSK_TEST_PYTHON").unwrap_or("python3".to_owned());
    let has_escpos = Command::new(&python).args(["-c", "import escpos.printer, PIL"]).output();
    if !has_escpos.is_ok_and(|output| output.status.success()) {
        crate::skipped::without(format_args!("{python} has no python-escpos"));
        return;
    }
    for seed in 0..3 {
        // Ink in the last column of each band: python-escpos always sends the whole width.
        let mut bits = hide(&picture(seed, 100));
        for row in bits.chunks_mut(72) {
            row[71] = 0x01;
        }
        let bits = hide(&bits);
        let mut child = Command::new(&python)
            .args(["-c", SCRIPT, "100"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let hex = hex::encode(&bits);
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), hex.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "python-escpos failed");
        let ours = bands(Raster::new(576, 100, &bits).unwrap()).concat();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(theirs.trim(), hex::encode(ours), "seed {seed}");
    }
}
