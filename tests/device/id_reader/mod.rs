//! The ID reader: golden frames and records, its driver in simulated time, and cards on a real pty.

mod driver;
mod line;
mod peer;
mod protocol;
mod record;

/// The records and check bytes of `records.json`.
struct Vector {
    name: String,
    record: [u8; 256],
    frame_len: usize,
    check: u8,
}

fn vectors() -> Vec<Vector> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/id_reader/records.json");
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    file["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| Vector {
            name: text(&record["name"]),
            record: hex::decode(text(&record["record_hex"])).unwrap().try_into().unwrap(),
            frame_len: usize::try_from(record["frame_len"].as_u64().unwrap()).unwrap(),
            check: u8::from_str_radix(&text(&record["chk"]), 16).unwrap(),
        })
        .collect()
}

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name.contains(name)).unwrap()
}

pub(super) fn test_card() -> [u8; 256] {
    vector("P01").record
}

/// The photo of the vectors: byte i is 7i + 3.
fn photo() -> [u8; 1024] {
    std::array::from_fn(|index| (index * 7 + 3).to_le_bytes()[0])
}

/// An answer frame, built here anew so that neither driver nor simulator vouches for itself.
fn answer(status: u8, data: &[u8]) -> Vec<u8> {
    let mut checked = u16::try_from(data.len() + 4).unwrap().to_be_bytes().to_vec();
    checked.extend([0, 0, status]);
    checked.extend(data);
    let check = checked.iter().fold(0, |sum, byte| sum ^ byte);
    [&[0xAA, 0xAA, 0xAA, 0x96, 0x69][..], &checked, &[check]].concat()
}

/// The answer to a successful read.
fn card(record: &[u8; 256]) -> Vec<u8> {
    answer(0x90, &[&[1, 0, 4, 0][..], record, &photo()].concat())
}
