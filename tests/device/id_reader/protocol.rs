//! The byte language of the SAM module: golden frames, and a stream that goes wrong in every way.

use permit_kiosk::device::id_reader::protocol::{Answer, Decoder, Item, Request, Speed};
use proptest::prelude::*;

use super::{answer, card, vectors};

#[test]
fn requests_are_the_frames_of_the_manuals() {
    // domain.md 5.3 as printed by the vendors: GA/T 467-2019, chapter 7.
    for (request, frame) in [
        (Request::Reset, "AAAAAA9669000310FFEC"),
        (Request::Status, "AAAAAA9669000311FFED"),
        (Request::Find, "AAAAAA96690003200122"),
        (Request::Select, "AAAAAA96690003200221"),
        (Request::Read, "AAAAAA96690003300132"),
        (Request::ReadNewAddress, "AAAAAA96690003300330"),
        (Request::Identify, "AAAAAA9669000312FFEE"),
        (Request::SetBaud(Speed::of(115_200).unwrap()), "AAAAAA96690003600063"),
        (Request::SetBaud(Speed::of(9600).unwrap()), "AAAAAA96690003600467"),
    ] {
        assert_eq!(hex::encode_upper(request.frame()), frame, "{request:?}");
    }
}

#[test]
fn answers_are_the_frames_of_the_manuals() {
    for (frame, status, data) in [
        ("AAAAAA9669000800009F0000000097", 0x9F, 4),
        ("AAAAAA9669000400008084", 0x80, 0),
        ("AAAAAA9669000C00009000000000000000009C", 0x90, 8),
        ("AAAAAA9669000400008185", 0x81, 0),
        ("AAAAAA9669000400004145", 0x41, 0),
        ("AAAAAA9669000400003135", 0x31, 0),
        ("AAAAAA9669000400003236", 0x32, 0),
    ] {
        let items = Decoder::new().feed(&hex::decode(frame).unwrap());
        let expected = Answer { status, data: vec![0; data].into() };
        assert_eq!(items, [Item::Answer(expected)], "{frame}");
    }
}

#[test]
fn the_five_cards_make_the_frames_of_the_vectors() {
    for vector in vectors() {
        let frame = card(&vector.record);
        assert_eq!(frame.len(), vector.frame_len, "{}", vector.name);
        assert_eq!(frame.last(), Some(&vector.check), "{}", vector.name);
        let items = Decoder::new().feed(&frame);
        let [Item::Answer(answer)] = items.as_slice() else { panic!("{items:?}") };
        let (text, photo) = answer.text_and_photo().unwrap();
        assert_eq!((text, photo), (&vector.record, &super::photo()), "{}", vector.name);
    }
}

#[test]
fn fingerprints_that_come_along_are_measured_and_left_out() {
    let record = &vectors()[0].record;
    let data = |told: u16, sent: usize| {
        let data = [&[1, 0, 4, 0][..], &told.to_be_bytes(), record, &super::photo()].concat();
        [data, vec![0xF1; sent]].concat()
    };
    for (length, whole) in [(0, 1297), (512, 1809), (1024, 2321)] {
        let frame = answer(0x90, &data(length, usize::from(length)));
        assert_eq!(frame.len(), whole, "with {length} bytes of fingerprints");
        let items = Decoder::new().feed(&frame);
        let [Item::Answer(answer)] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(answer.text_and_photo(), Some((record, &super::photo())));
    }
    // What is told and what is there must agree, and be a length that cards have.
    for (told, sent) in [(512, 0), (0, 512), (512, 511), (100, 100)] {
        let answer = Answer { status: 0x90, data: data(told, sent).into() };
        assert_eq!(answer.text_and_photo(), None, "{told} told, {sent} sent");
    }
    let cut = Answer { status: 0x90, data: data(0, 0)[..1285].to_vec().into() };
    assert_eq!(cut.text_and_photo(), None, "half a length");
}

#[test]
fn a_card_is_read_wherever_the_stream_is_split() {
    let frame = card(&vectors()[0].record);
    let whole = Decoder::new().feed(&frame);
    for split in 0..=frame.len() {
        let mut decoder = Decoder::new();
        let (first, second) = frame.split_at(split);
        let items = [decoder.feed(first), decoder.feed(second)].concat();
        assert_eq!(items, whole, "split at {split}");
        assert!(!decoder.is_partial(), "split at {split}");
    }
}

#[test]
fn noise_before_a_frame_is_skipped() {
    // A real capture has AA 00 AA AA before the preamble.
    let noise = [0xAA, 0x00, 0xAA, 0xAA];
    let items = Decoder::new().feed(&[&noise[..], &answer(0x80, &[])].concat());
    assert_eq!(items.len(), 2);
    assert!(matches!(items[0], Item::Skipped(_)));
    assert_eq!(items[1], Item::Answer(Answer { status: 0x80, data: vec![].into() }));
}

#[test]
fn a_good_frame_inside_a_damaged_one_is_found() {
    let mut damaged = card(&vectors()[0].record);
    damaged.truncate(700);
    let good = answer(0x9F, &[0; 4]);
    let mut decoder = Decoder::new();
    assert_eq!(decoder.feed(&[&damaged[..], &good].concat()), []);
    // The rest of what the damaged frame promised turns up later, and settles it.
    let items = decoder.feed(&[0; 1000]);
    assert_eq!(items[0], Item::BadChecksum);
    assert!(items.contains(&Item::Answer(Answer { status: 0x9F, data: vec![0; 4].into() })));
}

#[test]
fn a_length_beyond_the_limit_is_no_frame() {
    let mut decoder = Decoder::new();
    let items = decoder.feed(&[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x0B, 0xB9, 0, 0, 0x90]);
    assert_eq!(items, [Item::Skipped(10)]);
    assert!(!decoder.is_partial());
}

#[test]
fn what_came_in_is_not_shown_by_debug() {
    let items = Decoder::new().feed(&card(&vectors()[0].record));
    assert_eq!(format!("{items:?}"), "[Answer(Answer(90, 1284 bytes))]");
}

/// What may happen on a line.
#[derive(Debug, Clone)]
enum Op {
    /// A whole answer.
    Good(Vec<u8>),
    /// Bytes that are none.
    Noise(Vec<u8>),
    /// An answer that ends early.
    Truncated(Vec<u8>, usize),
    /// An answer with one bit wrong.
    Flipped(Vec<u8>, usize, u8),
    /// Silence.
    Gap,
}

fn op() -> impl Strategy<Value = Op> {
    let data = || prop::collection::vec(prop_oneof![any::<u8>(), Just(0xAA)], 0..40);
    prop_oneof![
        4 => data().prop_map(Op::Good),
        2 => prop::collection::vec(
            prop_oneof![any::<u8>(), Just(0xAA), Just(0x96), Just(0x69)], 1..20
        ).prop_map(Op::Noise),
        1 => (data(), 1..11_usize).prop_map(|(data, count)| Op::Truncated(data, count)),
        1 => (data(), any::<usize>(), 0..8_u8)
            .prop_map(|(data, at, bit)| Op::Flipped(data, at, bit)),
        3 => Just(Op::Gap),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_123),
        ..ProptestConfig::default()
    })]

    /// Every answer that follows a gap is found, whatever was before the gap; every byte is
    /// accounted for; and how the stream was split makes no difference.
    #[test]
    fn a_stream_that_goes_wrong_is_found_back_into(
        ops in prop::collection::vec(op(), 1..40),
        chunk in 1..64_usize,
    ) {
        let mut decoder = Decoder::new();
        let mut after_gap = true;
        for op in ops {
            let (bytes, expected) = match op {
                Op::Good(data) => {
                    (answer(0x90, &data), Some(Answer { status: 0x90, data: data.into() }))
                }
                Op::Noise(bytes) => (bytes, None),
                Op::Truncated(data, count) => {
                    let mut frame = answer(0x90, &data);
                    frame.truncate(frame.len().saturating_sub(count).max(1));
                    (frame, None)
                }
                Op::Flipped(data, at, bit) => {
                    let mut frame = answer(0x90, &data);
                    let at = at % frame.len();
                    frame[at] ^= 1 << bit;
                    (frame, None)
                }
                Op::Gap => {
                    decoder.give_up();
                    after_gap = true;
                    continue;
                }
            };
            let mut split = Decoder::new();
            let mut items = Vec::new();
            if after_gap {
                items = split.feed(&bytes);
            }
            let found: Vec<Item> =
                bytes.chunks(chunk).flat_map(|part| decoder.feed(part)).collect();
            if after_gap {
                let answers = |items: &[Item]| -> Vec<Item> {
                    items.iter().filter(|item| matches!(item, Item::Answer(_))).cloned().collect()
                };
                prop_assert_eq!(answers(&items), answers(&found));
                if let Some(expected) = expected {
                    prop_assert_eq!(answers(&found), vec![Item::Answer(expected)]);
                }
                let counted: usize = found
                    .iter()
                    .map(|item| match item {
                        Item::Answer(answer) => 11 + answer.data.len(),
                        Item::Skipped(count) => *count,
                        Item::BadChecksum => 0,
                    })
                    .sum();
                prop_assert_eq!(counted + decoder.give_up(), bytes.len());
            }
            // Only a whole answer leaves the stream in step.
            after_gap = after_gap && matches!(found.last(), Some(Item::Answer(_)));
        }
    }

    /// No bytes at all make the decoder panic, or keep more than a frame.
    #[test]
    fn any_bytes_are_survived(parts in prop::collection::vec(
        prop::collection::vec(prop_oneof![any::<u8>(), Just(0xAA), Just(0x96), Just(0x69)], 0..200),
        0..20,
    )) {
        let mut decoder = Decoder::new();
        for part in parts {
            decoder.feed(&part);
        }
        prop_assert!(decoder.give_up() <= 7 + 3000);
    }
}
