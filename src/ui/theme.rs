//! The design tokens: sizes, colours and type of every screen, in one place.
//!
//! All sizes are pixels of a 21.5 inch panel standing upright, 1080×1920 on 268×476 mm: one
//! millimetre is 4.03 pixels, one typographic point (0.353 mm) is 1.42 pixels. A screen of another
//! size is scaled as a whole ([`scale`]), so that nothing here depends on the display.

use iced::theme::Palette;
use iced::{Border, Color, Font, Size, Theme, border, font};

use crate::domain::Language;
use crate::ui::text::{Strings, strings};

/// The upright design size.
pub const UPRIGHT: Size = Size::new(1080.0, 1920.0);
/// The design size of a screen that is wider than high.
pub const WIDE: Size = Size::new(1600.0, 1000.0);
/// Pixels of a millimetre on the panel of the design size.
pub const PX_PER_MM: f32 = 1080.0 / 268.0;
/// Pixels of a typographic point on it.
pub const PX_PER_PT: f32 = PX_PER_MM * 0.352_778;
/// Large print enlarges everything so much: body text from 22.5 pt to 28.2 pt (28 pt wanted).
pub const LARGE_PRINT: f32 = 1.25;

/// The face of all texts: the mainland forms are decided by naming the SC face.
pub const FONT_FAMILY: &str = "Noto Sans CJK SC";
/// Running text.
pub const REGULAR: Font = Font::with_name(FONT_FAMILY);
/// Titles and what matters most.
pub const BOLD: Font = Font { weight: font::Weight::Bold, ..REGULAR };

/// Type sizes. The smallest is 18.3 pt, above the 18 pt asked of self-service terminals.
pub mod size {
    /// The one line of the welcome screen.
    pub const HERO: f32 = 84.0;
    /// The title of a screen.
    pub const TITLE: f32 = 50.0;
    /// A heading inside a screen, a big number.
    pub const HEADING: f32 = 38.0;
    /// Running text and buttons.
    pub const BODY: f32 = 32.0;
    /// What stands beside: sources, articles, hints.
    pub const CAPTION: f32 = 26.0;
}

/// Distances, each about one and a half times the one before.
pub mod space {
    /// Inside a word's neighbourhood: icon and label.
    pub const XS: f32 = 8.0;
    /// Between lines that belong together.
    pub const S: f32 = 16.0;
    /// Between parts of a card.
    pub const M: f32 = 24.0;
    /// Between cards.
    pub const L: f32 = 36.0;
    /// Margins of the screen.
    pub const XL: f32 = 56.0;
}

/// Heights of what is touched: 15 mm are 60.5 pixels on the panel of the design size, and 73 on the
/// smallest that is told to be good enough, 1280×800 on 331 mm, where everything is scaled by 0.8.
pub mod target {
    /// Nothing that can be touched is less high or wide.
    pub const LEAST: f32 = 73.0;
    /// A key of a keyboard.
    pub const KEY: f32 = 92.0;
    /// A secondary button, a choice.
    pub const BUTTON: f32 = 96.0;
    /// The one button that goes on.
    pub const PRIMARY: f32 = 112.0;
}

/// The colours of a screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colours {
    /// Behind everything.
    pub ground: Color,
    /// Cards and bars.
    pub surface: Color,
    /// Fields that cannot be changed, quiet areas.
    pub quiet: Color,
    /// Lines around cards.
    pub line: Color,
    /// Text.
    pub ink: Color,
    /// Text that stands beside.
    pub soft: Color,
    /// What is touched to go on, and what is chosen.
    pub primary: Color,
    /// Behind what is chosen.
    pub primary_soft: Color,
    /// Text on `primary`.
    pub on_primary: Color,
    /// The red of the seal.
    pub seal: Color,
    /// The light on the drawn machine.
    pub light: Color,
    /// It went well.
    pub good: Color,
    /// Behind it.
    pub good_soft: Color,
    /// Somebody has to look.
    pub warn: Color,
    /// Behind it.
    pub warn_soft: Color,
    /// It does not go on like this.
    pub bad: Color,
    /// Behind it.
    pub bad_soft: Color,
    /// Width of the lines around cards.
    pub line_px: f32,
}

/// The colours of the ordinary screens.
pub static CALM: Colours = Colours {
    ground: Color::from_rgb8(0xF2, 0xF5, 0xF9),
    surface: Color::WHITE,
    quiet: Color::from_rgb8(0xE9, 0xEE, 0xF4),
    line: Color::from_rgb8(0xC3, 0xCE, 0xDB),
    ink: Color::from_rgb8(0x12, 0x1E, 0x2D),
    soft: Color::from_rgb8(0x3F, 0x4D, 0x5E),
    primary: Color::from_rgb8(0x0A, 0x47, 0x8C),
    primary_soft: Color::from_rgb8(0xE3, 0xEE, 0xFA),
    on_primary: Color::WHITE,
    seal: Color::from_rgb8(0xB4, 0x23, 0x18),
    light: Color::from_rgb8(0xF0, 0x8C, 0x00),
    good: Color::from_rgb8(0x14, 0x5C, 0x36),
    good_soft: Color::from_rgb8(0xE4, 0xF4, 0xEA),
    warn: Color::from_rgb8(0x7A, 0x42, 0x00),
    warn_soft: Color::from_rgb8(0xFF, 0xF3, 0xDC),
    bad: Color::from_rgb8(0x96, 0x13, 0x17),
    bad_soft: Color::from_rgb8(0xFD, 0xEC, 0xEA),
    line_px: 2.0,
};

/// The colours of large print: every text at least 7:1, every edge drawn.
pub static CONTRAST: Colours = Colours {
    ground: Color::WHITE,
    surface: Color::WHITE,
    quiet: Color::from_rgb8(0xF0, 0xF0, 0xF0),
    line: Color::from_rgb8(0x33, 0x33, 0x33),
    ink: Color::BLACK,
    soft: Color::from_rgb8(0x26, 0x26, 0x26),
    primary: Color::from_rgb8(0x00, 0x2F, 0x6C),
    primary_soft: Color::from_rgb8(0xE3, 0xEE, 0xFA),
    on_primary: Color::WHITE,
    seal: Color::from_rgb8(0x8C, 0x10, 0x10),
    light: Color::from_rgb8(0xC2, 0x5E, 0x00),
    good: Color::from_rgb8(0x00, 0x48, 0x22),
    good_soft: Color::from_rgb8(0xE8, 0xF7, 0xEE),
    warn: Color::from_rgb8(0x5C, 0x30, 0x00),
    warn_soft: Color::from_rgb8(0xFF, 0xF6, 0xE3),
    bad: Color::from_rgb8(0x7A, 0x00, 0x08),
    bad_soft: Color::from_rgb8(0xFF, 0xF0, 0xEE),
    line_px: 3.0,
};

/// High contrast on request: light on black, which eyes with a clouded lens read best, every text at
/// least 7:1.
pub static BLACK: Colours = Colours {
    ground: Color::BLACK,
    surface: Color::from_rgb8(0x0C, 0x0C, 0x0C),
    quiet: Color::from_rgb8(0x20, 0x20, 0x20),
    line: Color::from_rgb8(0xC8, 0xC8, 0xC8),
    ink: Color::WHITE,
    soft: Color::from_rgb8(0xE6, 0xE6, 0xE6),
    primary: Color::from_rgb8(0xFF, 0xDD, 0x55),
    primary_soft: Color::from_rgb8(0x33, 0x2B, 0x00),
    on_primary: Color::BLACK,
    seal: Color::from_rgb8(0xFF, 0x9A, 0x8F),
    light: Color::from_rgb8(0xFF, 0xA6, 0x2B),
    good: Color::from_rgb8(0x9B, 0xF2, 0xBB),
    good_soft: Color::from_rgb8(0x07, 0x2A, 0x16),
    warn: Color::from_rgb8(0xFF, 0xD9, 0x8F),
    warn_soft: Color::from_rgb8(0x33, 0x22, 0x00),
    bad: Color::from_rgb8(0xFF, 0xC2, 0xBE),
    bad_soft: Color::from_rgb8(0x3A, 0x0A, 0x08),
    line_px: 3.0,
};

/// The welcome screen at night, between visits: little light in an empty hall, and none of it white.
/// The first touch brings the ordinary colours.
pub static NIGHT: Colours = Colours {
    ground: Color::from_rgb8(0x0B, 0x12, 0x1C),
    surface: Color::from_rgb8(0x12, 0x1B, 0x28),
    quiet: Color::from_rgb8(0x18, 0x23, 0x32),
    line: Color::from_rgb8(0x3A, 0x4B, 0x60),
    ink: Color::from_rgb8(0xD5, 0xDE, 0xEA),
    soft: Color::from_rgb8(0xB3, 0xC0, 0xD0),
    primary: Color::from_rgb8(0x8F, 0xBD, 0xF2),
    primary_soft: Color::from_rgb8(0x16, 0x2B, 0x45),
    on_primary: Color::from_rgb8(0x07, 0x14, 0x24),
    seal: Color::from_rgb8(0xE8, 0x84, 0x7B),
    light: Color::from_rgb8(0xD0, 0x86, 0x1E),
    good: Color::from_rgb8(0x8A, 0xCB, 0xA4),
    good_soft: Color::from_rgb8(0x0C, 0x26, 0x18),
    warn: Color::from_rgb8(0xE5, 0xC0, 0x82),
    warn_soft: Color::from_rgb8(0x2C, 0x20, 0x08),
    bad: Color::from_rgb8(0xF0, 0xAC, 0xA8),
    bad_soft: Color::from_rgb8(0x33, 0x12, 0x11),
    line_px: 2.0,
};

impl Colours {
    /// Text colours with the grounds they stand on, for the contrast test.
    pub fn pairs(&self) -> Vec<(Color, Color)> {
        vec![
            (self.ink, self.ground),
            (self.ink, self.surface),
            (self.ink, self.quiet),
            (self.soft, self.ground),
            (self.soft, self.surface),
            (self.soft, self.quiet),
            (self.on_primary, self.primary),
            (self.primary, self.surface),
            (self.primary, self.primary_soft),
            (self.good, self.good_soft),
            (self.warn, self.warn_soft),
            (self.bad, self.bad_soft),
            (self.bad, self.surface),
            (self.ink, self.primary_soft),
            (self.ink, self.good_soft),
            (self.ink, self.warn_soft),
            (self.ink, self.bad_soft),
            (self.seal, self.surface),
        ]
    }
}

/// What the applicant has asked of the screen, and what the hour asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// Large print.
    pub large: bool,
    /// Light on black.
    pub contrast: bool,
    /// Nobody is here and it is night.
    pub night: bool,
}

/// How a screen looks at the moment: language, print and room.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Its words.
    pub text: &'static Strings,
    /// Its language, for the texts of the rulebook.
    pub language: Language,
    /// Its colours.
    pub colours: &'static Colours,
    /// Its room, in pixels of the design size.
    pub room: Size,
    /// Whether large print is on.
    pub large: bool,
    /// Whether high contrast is on.
    pub contrast: bool,
}

impl Look {
    /// The look of a window of `window` pixels.
    pub fn new(language: Language, wishes: Wishes, window: Size) -> Self {
        let scale = scale(window, wishes.large);
        Self {
            text: strings(language),
            language,
            colours: match wishes {
                Wishes { contrast: true, .. } => &BLACK,
                Wishes { large: true, .. } => &CONTRAST,
                Wishes { night: true, .. } => &NIGHT,
                Wishes { .. } => &CALM,
            },
            room: Size::new(window.width / scale, window.height / scale),
            large: wishes.large,
            contrast: wishes.contrast,
        }
    }

    /// Whether the screen is wider than high: then what stands below stands beside.
    pub fn is_wide(&self) -> bool {
        self.room.width > self.room.height
    }

    /// The margin of the screen.
    pub fn margin(&self) -> f32 {
        if self.large { space::M } else { space::XL }
    }

    /// How many `of` pixels high fit one below the other in `height`, at least one.
    pub fn fit(height: f32, of: f32) -> usize {
        let mut count = 1_u8;
        while f32::from(count + 1) * of <= height && count < 40 {
            count += 1;
        }
        usize::from(count)
    }
}

/// How much a window of `window` pixels is scaled: the design size fills it in one direction.
pub fn scale(window: Size, large: bool) -> f32 {
    let design = if window.width > window.height { WIDE } else { UPRIGHT };
    let fit = (window.width / design.width).min(window.height / design.height);
    let fit = if fit.is_finite() && fit > 0.05 { fit } else { 0.05 };
    if large { fit * LARGE_PRINT } else { fit }
}

/// How high the smallest key is on a glass of `px_per_mm` pixels to the millimetre that fills `window`.
pub fn least_target_mm(window: Size, px_per_mm: f32) -> f32 {
    target::LEAST * scale(window, false) / px_per_mm
}

/// The toolkit's own theme for `colours`; widgets without a style of ours follow it.
pub fn theme(colours: &Colours) -> Theme {
    Theme::custom(
        "permit-kiosk",
        Palette {
            background: colours.ground,
            text: colours.ink,
            primary: colours.primary,
            success: colours.good,
            warning: colours.warn,
            danger: colours.bad,
        },
    )
}

/// A rounded edge of a card. Edges lift cards, not shadows: the software renderer repaints only what
/// changed, and what a shadow drew outside its widget would grow darker with every repaint.
pub fn edge(colour: Color, width: f32) -> Border {
    Border { color: colour, width, radius: border::radius(18.0) }
}
