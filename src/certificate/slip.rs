//! What the receipt printer prints, as a list of blocks; `render` makes the dots of it.

/// The longest slip: a supplement notice with twenty findings.
pub const LENGTH_MAX_MM: u32 = 600;

/// One slip or receipt. The printer cuts after the last block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Which slip it is.
    pub kind: SlipKind,
    /// What stands on it, from the top.
    pub blocks: Vec<Block>,
}

/// The slips a kiosk prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlipKind {
    /// A finished case.
    Receipt,
    /// An officer takes over.
    Referral,
    /// What is missing, said once (一次性告知).
    Supplement,
    /// What the kiosk read and kept, on request.
    Data,
}

/// One block of a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Text, wrapped at the paper's width.
    Text {
        /// The text.
        text: String,
        /// How large.
        size: Size,
        /// Whether heavy.
        bold: bool,
        /// Where on the line.
        align: Align,
    },
    /// A label with its value; the value wraps beside the label.
    Pair {
        /// The label.
        label: String,
        /// The value.
        value: String,
    },
    /// A line across the paper.
    Rule,
    /// A QR code in the middle of the paper.
    Qr {
        /// What it says.
        text: String,
    },
    /// Blank paper.
    Feed {
        /// How much, in millimetres.
        mm: u8,
    },
}

/// Sizes of text on a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 20 dots, 2.5 mm: citations.
    Small,
    /// 25 dots, 3.1 mm: running text.
    Normal,
    /// 36 dots, 4.5 mm: numbers to be read aloud.
    Large,
    /// 46 dots, 5.8 mm: what slip it is.
    Title,
}

/// Where text stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// From the left edge.
    Left,
    /// In the middle.
    Centre,
    /// To the right edge.
    Right,
}
