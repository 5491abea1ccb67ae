//! The pictures in docs/screens, made by `UPDATE_SCREENS=1`; otherwise there is one of each screen.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageEncoder as _};
use permit_kiosk::domain::Language;

use super::scenes::{ALL, Scene};
use super::stand::Stand;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screens");

/// Bytes of a picture at most, so that the folder stays small.
const BYTES_MAX: u64 = 150 * 1024;

/// In which languages and sizes a screen is pictured.
struct Variant {
    name: &'static str,
    language: Language,
    large: bool,
    window: (f32, f32),
    of: fn(&str) -> bool,
}

impl Variant {
    /// Whether a file is a picture of this variant: `welcome.zh.png`.
    fn names(&self, file: &str) -> bool {
        file.strip_suffix(".png")
            .and_then(|stem| stem.split_once('.'))
            .is_some_and(|(_, name)| name == self.name)
    }
}

const VARIANTS: &[Variant] = &[
    Variant {
        name: "zh",
        language: Language::Zh,
        large: false,
        window: (1080.0, 1920.0),
        of: |_| true,
    },
    Variant {
        name: "en",
        language: Language::En,
        large: false,
        window: (1080.0, 1920.0),
        of: is_typical,
    },
    Variant {
        name: "zh-large",
        language: Language::Zh,
        large: true,
        window: (1080.0, 1920.0),
        of: is_typical,
    },
    Variant {
        name: "zh-wide",
        language: Language::Zh,
        large: false,
        window: (1280.0, 800.0),
        of: is_typical,
    },
];

/// Screens that show how the others look in another size.
fn is_typical(name: &str) -> bool {
    matches!(
        name,
        "welcome"
            | "choosing"
            | "telling"
            | "telling-papers"
            | "guide-questions"
            | "guide-needs"
            | "identifying"
            | "business-typing"
            | "form-choice"
            | "promise-signed"
            | "decision-issued"
            | "console-overview"
            | "console-papers"
    )
}

#[test]
fn every_screen_has_its_picture() {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test, not a setting")]
    let update = std::env::var("UPDATE_SCREENS").is_ok();
    let mut wanted = BTreeSet::new();
    for scene in ALL {
        for variant in VARIANTS.iter().filter(|variant| (variant.of)(scene.name)) {
            let file = format!("{}.{}.png", scene.name, variant.name);
            if update {
                picture(scene, variant, &Path::new(FOLDER).join(&file));
            }
            wanted.insert(file);
        }
    }
    let there: BTreeSet<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Others put pictures of papers here.
        .filter(|name| VARIANTS.iter().any(|variant| variant.names(name)))
        .collect();
    assert_eq!(there, wanted, "make them with UPDATE_SCREENS=1");
    for file in &there {
        let bytes = std::fs::metadata(Path::new(FOLDER).join(file)).unwrap().len();
        assert!(bytes <= BYTES_MAX, "{file} has {bytes} bytes");
    }
}

fn picture(scene: &Scene, variant: &Variant, file: &Path) {
    let mut stand = (scene.begin)();
    (scene.go)(&mut stand);
    stand.speak(variant.language);
    stand.resize(variant.window.0, variant.window.1);
    if variant.large {
        stand.happen(permit_kiosk::session::event::Event::LargePrintChosen(true));
    }
    stand.settle();
    let full = render(&stand);
    let (width, height) = if variant.window.0 > variant.window.1 { (800, 500) } else { (486, 864) };
    let mut small = imageops::resize(&full, width, height, FilterType::Triangle);
    // Six bits of each colour are enough for eyes, and halve the file.
    for channel in small.iter_mut() {
        *channel = (*channel & 0xFC) | (*channel >> 6);
    }
    let sink = BufWriter::new(File::create(file).unwrap());
    PngEncoder::new_with_quality(sink, CompressionType::Best, PngFilter::Adaptive)
        .write_image(&small, width, height, ExtendedColorType::Rgb8)
        .unwrap();
}

/// The screen as it is drawn, at twice its size.
pub(super) fn render(stand: &Stand) -> image::RgbImage {
    let folder = tempfile::tempdir().unwrap();
    let theme = stand.app.theme();
    let snapshot = stand.look().snapshot(&theme).unwrap();
    assert!(snapshot.matches_image(folder.path().join("screen")).unwrap());
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    image::open(file).unwrap().to_rgb8()
}
