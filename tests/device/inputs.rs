//! Whatever comes in on a line: nothing panics, nothing grows, every split gives the same, and what was
//! whole is read whatever noise stands around it. `fuzz/` calls the same functions.
//!
//! Checksums defeat blind bytes, so each codec has two forms: bytes as they come, and a stream built of
//! good frames, noise, cut frames, flipped bits and pauses.

use permit_kiosk::device::id_reader::bytes::{LENGTH_MAX, PREAMBLE};
use permit_kiosk::device::id_reader::protocol::{Decoder, Item};
use permit_kiosk::device::page_printer::pjl::{self, ReplyParser};
use permit_kiosk::device::panel::protocol as modbus;
use permit_kiosk::device::receipt_printer::protocol::{Classifier, Reply};
use permit_kiosk::device::scanner::protocol::{self as scan, Engine, Frame, Framer, Suffix};

/// One piece of a stream.
#[derive(Debug)]
enum Op<'a> {
    /// A frame as the codec's device sends it, with this content.
    Good(&'a [u8]),
    /// Bytes that mean nothing.
    Noise(&'a [u8]),
    /// A good frame that ends early.
    Cut(&'a [u8], usize),
    /// A good frame with one bit changed.
    Flip(&'a [u8], usize),
    /// Nothing, for longer than a pause within a frame.
    Pause,
}

/// Reads a stream out of the fuzzer's bytes: kind, length and place, then content.
fn ops(mut input: &[u8]) -> Vec<Op<'_>> {
    let mut ops = Vec::new();
    while let [kind, length, place, rest @ ..] = input {
        let (content, later) = rest.split_at(rest.len().min(usize::from(*length)));
        input = later;
        let place = usize::from(*place);
        ops.push(match kind % 5 {
            0 => Op::Good(content),
            1 => Op::Noise(content),
            2 => Op::Cut(content, place),
            3 => Op::Flip(content, place),
            _ => Op::Pause,
        });
        if ops.len() == 64 {
            break;
        }
    }
    ops
}

/// The bytes of a piece, and whether it is whole.
fn bytes_of(op: &Op<'_>, frame: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    match op {
        Op::Good(content) => frame(content),
        Op::Noise(noise) => noise.to_vec(),
        Op::Cut(content, at) => {
            let mut bytes = frame(content);
            bytes.truncate(at % bytes.len());
            bytes
        }
        Op::Flip(content, at) => {
            let mut bytes = frame(content);
            let bit = at % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        }
        Op::Pause => Vec::new(),
    }
}

/// An answer of the SAM module, written here anew.
fn sam_frame(data: &[u8]) -> Vec<u8> {
    let mut checked = u16::try_from(data.len() + 4).unwrap().to_be_bytes().to_vec();
    checked.extend([0, 0, 0x90]);
    checked.extend(data);
    let check = checked.iter().fold(0, |sum, byte| sum ^ byte);
    [&PREAMBLE[..], &checked, &[check]].concat()
}

/// Items with what was skipped added up: how noise is told apart depends on how it came.
fn read(decoder: &mut Decoder, bytes: &[u8], pieces: usize) -> (Vec<Item>, usize) {
    let (mut items, mut skipped) = (Vec::new(), 0);
    for piece in bytes.chunks(pieces.max(1)) {
        for item in decoder.feed(piece) {
            if let Item::Skipped(count) = item {
                skipped += count;
            } else {
                items.push(item);
            }
        }
    }
    (items, skipped)
}

/// Any bytes from an ID reader.
pub(crate) fn sam(input: &[u8]) {
    let (whole, skipped) = read(&mut Decoder::new(), input, input.len());
    for pieces in [1, 3, 64] {
        let mut decoder = Decoder::new();
        let (items, count) = read(&mut decoder, input, pieces);
        assert_eq!((&items, count), (&whole, skipped), "in pieces of {pieces}");
        let left = decoder.give_up();
        assert!(left <= 7 + LENGTH_MAX, "{left} bytes are kept");
        assert!(!decoder.is_partial());
    }
}

/// A stream of an ID reader: each whole answer after a pause is read, and nothing that was not sent.
pub(crate) fn sam_stream(input: &[u8]) {
    let mut decoder = Decoder::new();
    let mut clean = true;
    for op in ops(input) {
        let bytes = bytes_of(&op, sam_frame);
        let (items, _) = read(&mut decoder, &bytes, 17);
        let answers: Vec<&[u8]> = items
            .iter()
            .filter_map(|item| match item {
                Item::Answer(answer) => Some(answer.data.as_slice()),
                Item::BadChecksum | Item::Skipped(_) => None,
            })
            .collect();
        match op {
            Op::Good(content) if clean => assert_eq!(answers, [content]),
            // One bit of a frame is always found by an exclusive or over all of it. In the preamble it
            // leaves no frame; in the length it may leave a shorter one whose sum is right by chance,
            // and who asked sees that the answer is not of its length.
            Op::Flip(content, bit)
                if clean && !holds_preamble(content) && !in_length(content, bit) =>
            {
                assert!(answers.is_empty(), "{answers:02X?}");
            }
            Op::Good(_) | Op::Flip(..) | Op::Noise(_) | Op::Cut(..) | Op::Pause => {}
        }
        clean = matches!(op, Op::Good(_)) && clean || matches!(op, Op::Pause);
        if matches!(op, Op::Pause) {
            decoder.give_up();
        }
    }
}

/// Whether the changed bit of a frame with this content is one of its length.
fn in_length(content: &[u8], bit: usize) -> bool {
    let byte = bit % (sam_frame(content).len() * 8) / 8;
    (PREAMBLE.len()..PREAMBLE.len() + 2).contains(&byte)
}

/// A frame may stand inside a frame: what a card says could look like one.
fn holds_preamble(content: &[u8]) -> bool {
    content.windows(3).any(|window| window.contains(&PREAMBLE[0]))
}

/// Any bytes from a scan engine.
pub(crate) fn scanner(input: &[u8]) {
    for engine in [Engine::Plain, Engine::Newland, Engine::Honeywell] {
        let mut whole = Framer::new(engine, Suffix::CarriageReturn);
        let replies = whole.feed(input);
        let frame = whole.pause();
        for pieces in [1, 5, 100] {
            let mut framer = Framer::new(engine, Suffix::CarriageReturn);
            let mut told = Vec::new();
            for piece in input.chunks(pieces) {
                told.extend(framer.feed(piece));
            }
            assert_eq!(told, replies, "{engine:?} in pieces of {pieces}");
            assert_eq!(framer.pause(), frame, "{engine:?} in pieces of {pieces}");
            assert!(!framer.is_partial());
        }
    }
}

/// A stream of a Newland engine: codes and answers to commands, each read as what it is.
pub(crate) fn scanner_stream(input: &[u8]) {
    let mut framer = Framer::new(Engine::Newland, Suffix::CarriageReturn);
    for op in ops(input) {
        match op {
            Op::Good(content) => {
                // A payload that holds an answer of the engine is taken apart: no code does.
                if content.windows(6).any(|window| window == b"\x02\x010000") {
                    continue;
                }
                let mut sent = content.to_vec();
                sent.push(b'\r');
                sent.extend(b"\x02\x010000#SCNTRG1\x06;\x03");
                assert_eq!(framer.feed(&sent), [scan::Reply::Acknowledged]);
                let frame = framer.pause();
                assert_eq!(frame, Some(Frame::Code(content.to_vec().into())));
            }
            Op::Noise(noise) => {
                framer.feed(noise);
                framer.pause();
            }
            Op::Cut(content, _) | Op::Flip(content, _) => {
                framer.feed(content);
                framer.clear();
                assert!(!framer.is_partial());
            }
            Op::Pause => drop(framer.pause()),
        }
    }
}

/// Any bytes from a receipt printer.
pub(crate) fn receipt(input: &[u8]) {
    let mut whole = Classifier::default();
    let replies = whole.push(input);
    let mut single = Classifier::default();
    let told: Vec<Reply> = input.iter().flat_map(|byte| single.push(&[*byte])).collect();
    assert_eq!(told, replies);
    assert!(whole.reset() <= 82);
    assert!(!whole.is_partial());
}

/// A stream of a receipt printer: after a pause each message is read as what it is.
pub(crate) fn receipt_stream(input: &[u8]) {
    let mut classifier = Classifier::default();
    for op in ops(input) {
        let name = |content: &[u8]| {
            let text: Vec<u8> = content.iter().take(60).map(|byte| b' ' + byte % 90).collect();
            [&[0x5F], &text[..], &[0x00]].concat()
        };
        let bytes = bytes_of(&op, name);
        let replies = classifier.push(&bytes);
        if let Op::Good(_) = op
            && !replies.iter().any(|reply| matches!(reply, Reply::Unknown(_)))
        {
            assert!(matches!(replies.last(), Some(Reply::Block(_))), "{replies:?}");
        }
        classifier.reset();
    }
}

/// Any bytes from a page printer.
pub(crate) fn page(input: &[u8]) {
    let replies = ReplyParser::default().push(input);
    for pieces in [1, 7, 1000] {
        let mut parser = ReplyParser::default();
        let told: Vec<pjl::Reply> =
            input.chunks(pieces).flat_map(|piece| parser.push(piece)).collect();
        assert_eq!(told, replies, "in pieces of {pieces}");
    }
}

/// A stream of a page printer: an answer is read whatever stands before it in its message.
pub(crate) fn page_stream(input: &[u8]) {
    let mut parser = ReplyParser::default();
    for op in ops(input) {
        let echo = |content: &[u8]| {
            let word: String =
                content.iter().take(40).map(|byte| char::from(b'a' + byte % 26)).collect();
            format!("@PJL ECHO {word}\r\n\x0C").into_bytes()
        };
        let replies = parser.push(&bytes_of(&op, echo));
        if let Op::Good(_) = op {
            assert!(!replies.is_empty(), "a form feed ends a message");
        }
        if let Op::Pause = op {
            parser.reset();
        }
    }
}

/// Any bytes from the panel's board, and its answers with one bit changed.
pub(crate) fn panel(input: &[u8]) {
    // Whatever it is: it is read or it is not, and nothing panics.
    for address in [0, 1, 247] {
        let _read = modbus::answer(address, input);
    }
    let [address, inputs, bit, ..] = input else { return };
    let mut answer = vec![*address, modbus::READ_INPUTS, 1, *inputs];
    answer.extend(modbus::crc(&answer).to_le_bytes());
    let read = modbus::answer(*address, &answer);
    assert_eq!(read, Some(Some(modbus::Answer::Inputs(*inputs))));
    for length in 0..answer.len() {
        assert_eq!(modbus::answer(*address, &answer[..length]).flatten(), None, "cut at {length}");
    }
    let bit = usize::from(*bit) % (answer.len() * 8);
    answer[bit / 8] ^= 1 << (bit % 8);
    assert_eq!(modbus::answer(*address, &answer).flatten(), None, "a changed bit is found");
}

/// A stream of the panel's board, as the driver reads it: each question is answered by one message, and what
/// is no whole answer for this board is none.
pub(crate) fn panel_stream(input: &[u8]) {
    let frame = |content: &[u8]| {
        // An exception, the inputs, or the outputs set, by the first byte of the content.
        let mut answer = match content {
            [] => vec![1, modbus::WRITE_COILS, 0, 0, 0, modbus::CHANNELS],
            [code] => vec![1, modbus::READ_INPUTS | modbus::EXCEPTION, *code],
            [_, inputs, ..] => vec![1, modbus::READ_INPUTS, 1, *inputs],
        };
        answer.extend(modbus::crc(&answer).to_le_bytes());
        answer
    };
    let mut received = Vec::new();
    for op in ops(input) {
        let bytes = bytes_of(&op, frame);
        let clean = received.is_empty();
        // As bytes come: none before the last of a good answer gives one.
        let mut told = None;
        for (index, byte) in bytes.iter().enumerate() {
            received.push(*byte);
            let read = modbus::answer(1, &received).flatten();
            if let Op::Good(_) = op
                && clean
            {
                assert_eq!(read.is_some(), index + 1 == bytes.len(), "byte {index}");
            }
            told = told.or(read);
        }
        match op {
            Op::Good(content) if clean => {
                let wanted = match content {
                    [] => modbus::Answer::OutputsSet,
                    [code] => modbus::Answer::Refused(*code),
                    [_, inputs, ..] => modbus::Answer::Inputs(*inputs),
                };
                assert_eq!(told, Some(wanted));
            }
            Op::Cut(..) | Op::Flip(..) if clean => assert_eq!(told, None, "{op:?}"),
            Op::Good(_) | Op::Noise(_) | Op::Cut(..) | Op::Flip(..) | Op::Pause => {}
        }
        // An answer ends the question, and so does the time for it.
        if told.is_some() || matches!(op, Op::Pause) {
            received.clear();
        }
        // The driver keeps no more than this.
        if received.len() > 64 {
            received.clear();
        }
    }
}

/// What reads whatever comes.
pub(crate) type Target = fn(&[u8]);

/// The targets by their names, for the tests and the fuzzer.
pub(crate) const TARGETS: [(&str, Target); 10] = [
    ("sam", sam),
    ("sam_stream", sam_stream),
    ("scanner", scanner),
    ("scanner_stream", scanner_stream),
    ("receipt", receipt),
    ("receipt_stream", receipt_stream),
    ("page", page),
    ("page_stream", page_stream),
    ("panel", panel),
    ("panel_stream", panel_stream),
];
