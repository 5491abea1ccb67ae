//! Reads PCL 5e raster and paints it on a sheet, as the manual says a printer does.

/// A printed sheet at 300 dpi, 1 is black.
#[derive(Clone, PartialEq, Eq)]
pub struct SheetPicture {
    width_px: usize,
    height_px: usize,
    bits: Vec<u8>,
}

impl SheetPicture {
    fn blank(width_px: usize, height_px: usize) -> Self {
        Self { width_px, height_px, bits: vec![0; width_px.div_ceil(8) * height_px] }
    }

    pub fn width_px(&self) -> usize {
        self.width_px
    }

    pub fn height_px(&self) -> usize {
        self.height_px
    }

    /// Rows of packed dots.
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    pub fn is_black(&self, x: usize, y: usize) -> bool {
        self.bits[y * self.width_px.div_ceil(8) + x / 8] & (0x80 >> (x % 8)) != 0
    }

    fn blacken(&mut self, x: usize, y: usize) {
        if x < self.width_px && y < self.height_px {
            self.bits[y * self.width_px.div_ceil(8) + x / 8] |= 0x80 >> (x % 8);
        }
    }

    /// As a PNG file.
    pub fn png(&self) -> std::io::Result<Vec<u8>> {
        let size = |n: usize| u32::try_from(n).expect("a sheet has a few thousand dots a side");
        let picture =
            image::GrayImage::from_fn(size(self.width_px), size(self.height_px), |x, y| {
                let black = self.is_black(x as usize, y as usize);
                image::Luma([if black { 0 } else { 0xFF }])
            });
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).map_err(std::io::Error::other)?;
        Ok(png.into_inner())
    }
}

impl std::fmt::Debug for SheetPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SheetPicture({}×{})", self.width_px, self.height_px)
    }
}

/// What reading one command led to.
#[derive(Debug)]
pub(super) enum Event {
    Nothing,
    Ejected(SheetPicture),
    /// UEL.
    Left,
    Unknown(String),
}

#[derive(Debug)]
pub(super) struct PclDecoder {
    sheet: SheetPicture,
    is_dirty: bool,
    /// `ESC & l 26 A` or `27`.
    paper: u32,
    cursor: (usize, usize),
    lines_per_inch: usize,
    /// Vertical positions are counted from here.
    top_margin_px: usize,
    raster: Raster,
    /// Parameterised characters and group of a combined sequence that goes on, as in `ESC * b 3m`
    /// before `12W`.
    combined: Option<(u8, u8)>,
}

#[derive(Debug)]
struct Raster {
    width_px: usize,
    height_px: usize,
    /// Where the first row begins.
    origin: (usize, usize),
    row: usize,
    mode: u32,
    seed: Vec<u8>,
    is_on: bool,
}

/// HP, PCL 5 TRM, chapter 2: the logical page of an upright metric sheet begins 71 dots from its
/// left edge.
const LEFT_PX: usize = 71;

impl Default for PclDecoder {
    fn default() -> Self {
        let raster = Raster {
            width_px: 2338,
            height_px: 3507,
            origin: (0, 0),
            row: 0,
            mode: 0,
            seed: Vec::new(),
            is_on: false,
        };
        Self {
            sheet: SheetPicture::blank(2480, 3507),
            is_dirty: false,
            paper: 26,
            cursor: (0, 0),
            lines_per_inch: 6,
            top_margin_px: 0,
            raster,
            combined: None,
        }
    }
}

impl PclDecoder {
    pub(super) fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// Forget what is on the page.
    pub(super) fn throw_away(&mut self) {
        self.set_paper(self.paper);
    }

    /// The sheet, if there is anything on it.
    pub(super) fn eject(&mut self) -> Option<SheetPicture> {
        let is_dirty = self.is_dirty;
        let sheet = std::mem::replace(&mut self.sheet, SheetPicture::blank(0, 0));
        self.set_paper(self.paper);
        is_dirty.then_some(sheet)
    }

    fn set_paper(&mut self, paper: u32) {
        self.paper = paper;
        self.sheet = match paper {
            27 => SheetPicture::blank(3507, 4960),
            _ => SheetPicture::blank(2480, 3507),
        };
        self.is_dirty = false;
        self.cursor = (0, 0);
    }

    /// Read one command and how many bytes it takes. `None`: its end has not come yet.
    pub(super) fn read(&mut self, input: &[u8]) -> Option<(usize, Event)> {
        if let Some((character, group)) = self.combined {
            return self.read_parameter(input, 0, character, group);
        }
        match input {
            [0x1B, b'E', ..] => {
                let ejected = self.eject();
                *self = Self::default();
                Some((2, ejected.map_or(Event::Nothing, Event::Ejected)))
            }
            [0x1B, b'%', ..] => {
                let uel = b"\x1b%-12345X";
                if input.starts_with(uel) {
                    Some((uel.len(), Event::Left))
                } else if uel.starts_with(input) {
                    None
                } else {
                    Some((2, Event::Unknown("ESC %".to_owned())))
                }
            }
            [0x1B, character @ 33..=47, group @ 96..=126, ..] => {
                self.read_parameter(input, 3, *character, *group)
            }
            [] | [0x1B] | [0x1B, 33..=47] => None,
            [0x1B, other, ..] => Some((2, Event::Unknown(format!("ESC {other:02X}")))),
            [0x0C, ..] => {
                let ejected = self.eject();
                Some((1, ejected.map_or(Event::Nothing, Event::Ejected)))
            }
            [0x00 | b'\r' | b'\n', ..] => Some((1, Event::Nothing)),
            [other, ..] => Some((1, Event::Unknown(format!("text {other:02X}")))),
        }
    }

    /// A number and the letter that says what it means; after a small letter more of the group
    /// follows.
    fn read_parameter(
        &mut self,
        input: &[u8],
        at: usize,
        character: u8,
        group: u8,
    ) -> Option<(usize, Event)> {
        let number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.');
        let digits = input.get(at..)?.iter().take_while(|byte| number(byte)).count();
        let letter = *input.get(at + digits)?;
        let text = String::from_utf8_lossy(&input[at..at + digits]);
        let value = text.parse::<i64>().unwrap_or(0);
        let mut length = at + digits + 1;
        let meaning = [character, group, letter.to_ascii_uppercase()];
        let mut data: &[u8] = &[];
        if meaning == *b"*bW" {
            let data_length = usize::try_from(value).unwrap_or(0);
            data = input.get(length..length + data_length)?;
            length += data_length;
        }
        self.combined = letter.is_ascii_lowercase().then_some((character, group));
        let event = self.obey(meaning, value, data);
        Some((length, event))
    }

    fn obey(&mut self, meaning: [u8; 3], value: i64, data: &[u8]) -> Event {
        let size = usize::try_from(value).unwrap_or(0);
        match &meaning {
            b"&lA" => self.set_paper(u32::try_from(size).unwrap_or(26)),
            b"*rS" => self.raster.width_px = size,
            b"*rT" => self.raster.height_px = size,
            b"*rA" => {
                self.raster.is_on = true;
                self.raster.row = 0;
                self.raster.origin = if value == 1 { self.cursor } else { (0, self.cursor.1) };
                self.raster.seed = vec![0; self.raster.width_px.div_ceil(8)];
            }
            b"*rC" | b"*rB" => {
                self.raster.is_on = false;
                self.raster.mode = 0;
            }
            b"*bM" => self.raster.mode = u32::try_from(size).unwrap_or(0),
            b"*bY" => {
                self.raster.row += size;
                self.raster.seed.fill(0);
            }
            b"*bW" if self.raster.is_on => return self.paint(data),
            b"*pX" => self.cursor.0 = size,
            b"*pY" => self.cursor.1 = self.top_margin_px + size,
            // In decipoints: 720 to the inch.
            b"&aH" => self.cursor.0 = size * 300 / 720,
            b"&aV" => self.cursor.1 = self.top_margin_px + size * 300 / 720,
            b"&lD" if size > 0 => self.lines_per_inch = size,
            b"&lE" => self.top_margin_px = size * 300 / self.lines_per_inch,
            // Of text, which nobody sends.
            b"&kH" => {}
            // What this printer can do only one way.
            b"*rF" | b"&lO" | b"&lL" if value == 0 => {}
            b"&lX" if value == 1 => {}
            b"*tR" | b"&uD" if value == 300 => {}
            [character, group, letter] => {
                let name = [*character, *group, *letter].map(char::from).iter().collect::<String>();
                return Event::Unknown(format!("ESC {name} {value}"));
            }
        }
        Event::Nothing
    }

    fn paint(&mut self, data: &[u8]) -> Event {
        let raster = &mut self.raster;
        let row_bytes = raster.seed.len();
        match raster.mode {
            0 => {
                raster.seed.fill(0);
                for (to, from) in raster.seed.iter_mut().zip(data) {
                    *to = *from;
                }
            }
            2 => raster.seed = unpack(data, row_bytes),
            3 => replace(&mut raster.seed, data),
            mode => return Event::Unknown(format!("raster mode {mode}")),
        }
        let y = raster.origin.1 + raster.row;
        if raster.row < raster.height_px {
            for (at, byte) in raster.seed.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
                    let x = at * 8 + bit;
                    if x < raster.width_px {
                        self.sheet.blacken(LEFT_PX + raster.origin.0 + x, y);
                    }
                }
            }
        }
        self.is_dirty = true;
        self.raster.row += 1;
        Event::Nothing
    }
}

/// Mode 2.
fn unpack(data: &[u8], row_bytes: usize) -> Vec<u8> {
    let mut row = Vec::with_capacity(row_bytes);
    let mut data = data.iter();
    while let Some(control) = data.next() {
        match control {
            0..=127 => row.extend(data.by_ref().take(usize::from(*control) + 1)),
            128 => {}
            129..=255 => {
                let times = 257 - usize::from(*control);
                row.extend(
                    data.next().into_iter().flat_map(|byte| std::iter::repeat_n(*byte, times)),
                );
            }
        }
    }
    row.resize(row_bytes, 0);
    row
}

/// Mode 3.
fn replace(row: &mut [u8], data: &[u8]) {
    let mut data = data.iter();
    let mut at = 0;
    while let Some(command) = data.next() {
        let count = usize::from(command >> 5) + 1;
        at += usize::from(command & 0x1F);
        if command & 0x1F == 0x1F {
            for more in data.by_ref() {
                at += usize::from(*more);
                if *more != 255 {
                    break;
                }
            }
        }
        for byte in data.by_ref().take(count) {
            if let Some(to) = row.get_mut(at) {
                *to = *byte;
            }
            at += 1;
        }
    }
}
