//! The sRGB profile that says what the colours of a PDF/A mean, built here from its definition.

/// Entries of the tone curve. 1024 keep it within 1/4096 of the formula.
const CURVE_ENTRIES: u16 = 1024;

/// An ICC profile of version 2.1 for sRGB (ICC.1:2001-04; IEC 61966-2-1).
pub(super) fn srgb() -> Vec<u8> {
    let curve = curve();
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", description()),
        (b"cprt", text("No copyright")),
        (b"wtpt", xyz([0.950_5, 1.0, 1.089_1])),
        // The primaries as seen under D50 (IEC 61966-2-1, Bradford).
        (b"rXYZ", xyz([0.436_07, 0.222_49, 0.013_92])),
        (b"gXYZ", xyz([0.385_15, 0.716_87, 0.097_08])),
        (b"bXYZ", xyz([0.143_07, 0.060_61, 0.714_10])),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let table_bytes = 4 + 12 * tags.len();
    let mut table = number(tags.len()).to_vec();
    let mut data: Vec<u8> = Vec::new();
    let mut written: Vec<(Vec<u8>, usize)> = Vec::new();
    for (signature, content) in tags {
        let known = written.iter().find(|(bytes, _)| *bytes == content).map(|(_, at)| *at);
        let at = known.unwrap_or(128 + table_bytes + data.len());
        table.extend_from_slice(signature);
        table.extend_from_slice(&number(at));
        table.extend_from_slice(&number(content.len()));
        if known.is_none() {
            data.extend_from_slice(&content);
            data.resize(data.len().next_multiple_of(4), 0);
            written.push((content, at));
        }
    }
    let mut profile = header(128 + table.len() + data.len());
    profile.extend(table);
    profile.extend(data);
    profile
}

fn header(bytes: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(128);
    header.extend(number(bytes));
    header.extend([0; 4]); // no preferred engine
    header.extend([2, 0x10, 0, 0]); // version 2.1
    header.extend(b"mntrRGB XYZ ");
    for part in [2026_u16, 1, 1, 0, 0, 0] {
        header.extend(part.to_be_bytes());
    }
    header.extend(b"acsp");
    header.extend([0; 4 + 4 + 4 + 4 + 8 + 4]); // platform, flags, maker, model, attributes, intent
    header.extend(xyz([0.964_2, 1.0, 0.824_9]).split_off(8)); // D50
    header.resize(128, 0);
    header
}

fn curve() -> Vec<u8> {
    let mut bytes = b"curv\0\0\0\0".to_vec();
    bytes.extend(u32::from(CURVE_ENTRIES).to_be_bytes());
    for entry in 0..CURVE_ENTRIES {
        let value = f64::from(entry) / f64::from(CURVE_ENTRIES - 1);
        // IEC 61966-2-1, 5.2.
        let linear =
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
        bytes.extend(to_u16(linear).to_be_bytes());
    }
    bytes
}

/// A value of 0 to 1 as 0 to 65 535.
fn to_u16(value: f64) -> u16 {
    let (mut low, mut high) = (0_u16, u16::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if f64::from(middle) + 0.5 < value * 65_535.0 { low = middle + 1 } else { high = middle }
    }
    low
}

/// An XYZ tag: three s15Fixed16 numbers below 2.
fn xyz(values: [f64; 3]) -> Vec<u8> {
    let mut bytes = b"XYZ \0\0\0\0".to_vec();
    for value in values {
        let whole = u16::from(value >= 1.0);
        bytes.extend(whole.to_be_bytes());
        bytes.extend(to_u16((value - f64::from(whole)) * 65_536.0 / 65_535.0).to_be_bytes());
    }
    bytes
}

fn text(words: &str) -> Vec<u8> {
    let mut bytes = b"text\0\0\0\0".to_vec();
    bytes.extend(words.as_bytes());
    bytes.push(0);
    bytes
}

fn description() -> Vec<u8> {
    const NAME: &[u8] = b"sRGB IEC61966-2.1\0";
    let mut bytes = b"desc\0\0\0\0".to_vec();
    bytes.extend(number(NAME.len()));
    bytes.extend(NAME);
    bytes.extend([0; 8]); // no Unicode name
    bytes.extend([0; 2 + 1 + 67]); // no Macintosh name
    bytes
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).expect("a profile has some kilobytes").to_be_bytes()
}
