//! The icons, drawn for this product, one stroke width, in the colour of the text beside them.

use iced::widget::svg::{self, Svg};
use iced::{Color, Element, Length};

use crate::rules::Undertaking;

macro_rules! icons {
    ($($icon:ident = $file:literal)*) => {
        /// Every icon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Icon { $($icon),* }

        impl Icon {
            fn bytes(self) -> &'static [u8] {
                match self {
                    $(Self::$icon => include_bytes!(
                        concat!("../../../assets/icons/", $file, ".svg")
                    ),)*
                }
            }
        }
    };
}

icons! {
    Alert = "alert"
    ArrowDown = "arrow-down"
    ArrowLeft = "arrow-left"
    ArrowRight = "arrow-right"
    ArrowUp = "arrow-up"
    Backspace = "backspace"
    Bath = "bath"
    Beauty = "beauty"
    Bed = "bed"
    Bell = "bell"
    Book = "book"
    Building = "building"
    Cake = "cake"
    Calendar = "calendar"
    Cancel = "cancel"
    Canteen = "canteen"
    Card = "card"
    Certificate = "certificate"
    Change = "change"
    Check = "check"
    CheckCircle = "check-circle"
    Clock = "clock"
    Close = "close"
    Code = "code"
    Contrast = "contrast"
    Cup = "cup"
    Emblem = "emblem"
    Eraser = "eraser"
    Face1 = "face-1"
    Face2 = "face-2"
    Face3 = "face-3"
    Face4 = "face-4"
    Face5 = "face-5"
    Film = "film"
    Hourglass = "hourglass"
    Info = "info"
    Keyboard = "keyboard"
    Language = "language"
    Leave = "leave"
    Lock = "lock"
    NoNetwork = "no-network"
    Package = "package"
    Pen = "pen"
    Person = "person"
    Phone = "phone"
    PhoneCode = "phone-code"
    PrintSize = "print-size"
    Printer = "printer"
    Produce = "produce"
    Question = "question"
    Receipt = "receipt"
    Register = "register"
    Reissue = "reissue"
    Renew = "renew"
    Restaurant = "restaurant"
    Scissors = "scissors"
    Shield = "shield"
    Shift = "shift"
    Snack = "snack"
    Sound = "sound"
    Stop = "stop"
    Store = "store"
    Swimming = "swimming"
    Take = "take"
    Touch = "touch"
}

impl Icon {
    /// The icon in `colour`, `px` wide and high.
    pub(crate) fn draw<'a, Message: 'a>(self, px: f32, colour: Color) -> Element<'a, Message> {
        Svg::new(svg::Handle::from_memory(self.bytes()))
            .width(Length::Fixed(px))
            .height(Length::Fixed(px))
            .style(move |_, _| svg::Style {
                // The emblem keeps its own colours.
                color: (self != Self::Emblem).then_some(colour),
            })
            .into()
    }

    /// The icon of a catalogue entry, by its id, else by what its heading stands for. An edition may
    /// bring entries this release has no drawing for.
    pub(crate) fn of_entry(id: &str, group: &str) -> Self {
        match id {
            "convenience-shop" => Self::Store,
            "prepackaged-only" => Self::Package,
            "shop-kitchen" => Self::Store,
            "drinks" => Self::Cup,
            "simple-snacks" => Self::Snack,
            "restaurant" => Self::Restaurant,
            "bakery" => Self::Cake,
            "canteen" => Self::Canteen,
            "farm-produce" => Self::Produce,
            "hair-salon" => Self::Scissors,
            "beauty-salon" => Self::Beauty,
            "hotel" => Self::Bed,
            "cinema-entertainment" => Self::Film,
            "swimming-pool" => Self::Swimming,
            "bath" => Self::Bath,
            "bookshop-culture" => Self::Book,
            "other-place" => Self::Building,
            "filing-change" | "combined-change" => Self::Change,
            "hygiene-reissue" => Self::Reissue,
            "hygiene-cancel" => Self::Cancel,
            "food-renew" | "hygiene-renew" => Self::Renew,
            "food-change" | "hygiene-change" => Self::Change,
            "food-reissue" => Self::Reissue,
            "food-cancel" => Self::Cancel,
            _ => Self::of_group(group),
        }
    }

    /// The icon of an undertaking: that of the first entry it leads to.
    pub(crate) fn of_undertaking(undertaking: &Undertaking) -> Self {
        let leads = undertaking.means.leads.values();
        let known =
            leads.map(|entry| Self::of_entry(entry, "place")).find(|i| *i != Self::Building);
        known.unwrap_or(Self::Store)
    }

    /// The icon of a heading.
    pub(crate) fn of_group(group: &str) -> Self {
        match group {
            "food" => Self::Store,
            "place" => Self::Building,
            _ => Self::Certificate,
        }
    }
}
