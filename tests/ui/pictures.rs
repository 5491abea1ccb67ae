//! The pictures in docs/screens: every screen, and what is typical of them in English, on three kinds of
//! glass, in large print, in high contrast and at night. Made by `UPDATE_SCREENS=1`, or with a part of their names; otherwise there is one of each,
//! and those looked at show the screens as they are, give or take what another font version changes.
//! `KIOSK_ALL_PICTURES=1` looks at all of them. `KIOSK_SHEETS=FOLDER` draws every screen in both languages on all three kinds of
//! glass in every look into a folder, for whoever looks at them; `KIOSK_SHEETS_OF="large zh"` only those with these words in their
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use iced_test::core::renderer::{Headless as _, Style};
use iced_test::core::theme::Base as _;
use iced_test::core::{Event as Input, Size, clipboard, mouse, window};
use iced_test::runtime::{UserInterface, user_interface};
use image::imageops::FilterType;
use image::{DynamicImage, RgbImage, RgbaImage};
use jiff::civil::time;
use permit_kiosk::domain::Language;
use permit_kiosk::session::event::Event;
use permit_kiosk::ui::app::Night;

use super::scenes::{ALL, Scene};
use super::stand::{Stand, renderer};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screens");

/// Bytes of a picture at most, so that the folder stays small.
const BYTES_MAX: u64 = 64 * 1024;
/// Colours of a picture: screens have few, and the edges of letters their shades.
const COLOURS_MAX: usize = 64;

/// In which language, on which glass and how a screen is pictured.
struct Variant {
    name: &'static str,
    language: Language,
    look: Look,
    window: (f32, f32),
    of: fn(&str) -> bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Large,
    Contrast,
    Night,
}

const fn variant(
    name: &'static str,
    language: Language,
    look: Look,
    window: (f32, f32),
    of: fn(&str) -> bool,
) -> Variant {
    Variant { name, language, look, window, of }
}

impl Variant {
    /// Width and height of its pictures.
    fn size(&self) -> (u32, u32) {
        match self.window {
            (1080.0, _) => (486, 864),
            (1920.0, _) => (800, 450),
            _ => (800, 500),
        }
    }
}

const UPRIGHT: (f32, f32) = (1080.0, 1920.0);
const LYING: (f32, f32) = (1920.0, 1080.0);
const SMALL: (f32, f32) = (1280.0, 800.0);

const VARIANTS: &[Variant] = &[
    variant("zh", Language::Zh, Look::Plain, UPRIGHT, |_| true),
    variant("en", Language::En, Look::Plain, UPRIGHT, is_typical),
    variant("zh-1920x1080", Language::Zh, Look::Plain, LYING, is_typical),
    variant("en-1280x800", Language::En, Look::Plain, SMALL, is_typical),
    variant("zh-large", Language::Zh, Look::Large, UPRIGHT, is_typical),
    variant("zh-contrast", Language::Zh, Look::Contrast, UPRIGHT, is_typical),
    variant("zh-night", Language::Zh, Look::Night, UPRIGHT, |name| name == "welcome"),
];

/// Screens that show how the others look otherwise.
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
            | "verified"
            | "results"
            | "data"
            | "help"
            | "console-overview"
            | "console-papers"
            | "console-devices"
    )
}

/// Every screen on all three kinds of glass, in both languages, in each look: `night-en-1280x800`.
fn sheets() -> impl Iterator<Item = (String, Variant)> {
    let looks = [
        ("plain", Look::Plain),
        ("large", Look::Large),
        ("contrast", Look::Contrast),
        ("night", Look::Night),
    ];
    looks.into_iter().flat_map(|(look_name, look)| {
        let languages = [("zh", Language::Zh), ("en", Language::En)];
        languages.into_iter().flat_map(move |(language_name, language)| {
            let windows = [("1080x1920", UPRIGHT), ("1920x1080", LYING), ("1280x800", SMALL)];
            windows.into_iter().map(move |(window_name, window)| {
                let name = format!("{look_name}-{language_name}-{window_name}");
                (name, variant("", language, look, window, |_| true))
            })
        })
    })
}

/// Draws those sheets into a folder that have all of the words in their names.
fn draw_sheets(folder: &Path, words: &str) {
    for (name, variant) in sheets() {
        for scene in ALL {
            let file = format!("{name}.{}.png", scene.name);
            // The ordinary hours look the same, and by night the first touch makes them so.
            let is_told_apart = variant.look != Look::Night || scene.name.starts_with("welcome");
            if is_told_apart && words.split_whitespace().all(|word| file.contains(word)) {
                picture(scene, &variant).save(folder.join(file)).unwrap();
            }
        }
    }
}

/// Those every run looks at.
const LOOKED_AT: [&str; 17] = [
    "business-typing.en-1280x800",
    "console-overview.zh",
    "data.zh-1920x1080",
    "done.zh",
    "guide-needs.zh-large",
    "identifying-known.zh",
    "looking-up.zh",
    "results.en",
    "starting.zh",
    "telling.zh-contrast",
    "welcome.zh",
    "welcome.zh-night",
    "choosing.en",
    "form-choice.en-1280x800",
    "promise-signed.zh-contrast",
    "decision-issued.zh-1920x1080",
    "help.zh-large",
];

fn wanted() -> impl Iterator<Item = (String, &'static Scene, &'static Variant)> {
    ALL.iter().flat_map(|scene| {
        VARIANTS
            .iter()
            .filter(|variant| (variant.of)(scene.name))
            .map(move |variant| (format!("{}.{}", scene.name, variant.name), scene, variant))
    })
}

fn is_set(switch: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test, not a setting")]
    std::env::var(switch).is_ok()
}

#[test]
fn every_screen_has_its_picture_and_the_pictures_show_the_screens() {
    #[expect(clippy::disallowed_methods, reason = "a switch of the test, not a setting")]
    let update = std::env::var("UPDATE_SCREENS").ok();
    #[expect(clippy::disallowed_methods, reason = "a switch of the test, not a setting")]
    if let Ok(folder) = std::env::var("KIOSK_SHEETS") {
        draw_sheets(Path::new(&folder), &std::env::var("KIOSK_SHEETS_OF").unwrap_or_default());
    }
    let all = is_set("KIOSK_ALL_PICTURES");
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, scene, variant) in wanted() {
        let file = Path::new(FOLDER).join(format!("{name}.png"));
        if update.as_deref().is_some_and(|part| part == "1" || name.contains(part)) {
            write(&file, &picture(scene, variant));
        } else if all || LOOKED_AT.contains(&name.as_str()) {
            let differs = difference(&picture(scene, variant), &read(&file));
            if differs > DIFFERENCE_MAX {
                wrong.push(format!("{name} differs by {differs:.4}"));
            }
        }
        names.insert(format!("{name}.png"));
    }
    assert!(wrong.is_empty(), "look, then UPDATE_SCREENS=1: {wrong:#?}");
    let there: BTreeSet<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Others put pictures of papers here, whose names have no variant.
        .filter(|name| name.strip_suffix(".png").is_none_or(|stem| stem.contains('.')))
        .collect();
    assert_eq!(there, names, "make them with UPDATE_SCREENS=1");
    for file in &there {
        let bytes = std::fs::metadata(Path::new(FOLDER).join(file)).unwrap().len();
        assert!(bytes <= BYTES_MAX, "{file} has {bytes} bytes");
    }
}

#[test]
fn a_picture_of_another_screen_is_noticed() {
    let of = |name: &str| read(&Path::new(FOLDER).join(format!("{name}.png")));
    for (one, other) in [
        ("form-choice.zh", "form-number.zh"),
        ("promise.zh", "promise-signed.zh"),
        ("welcome.zh", "welcome.en"),
        ("help.zh", "help-called.zh"),
    ] {
        assert!(difference(&of(one), &of(other)) > DIFFERENCE_MAX, "{one}, {other}");
    }
    // So is a mark as small as a character.
    let welcome = of("welcome.zh");
    let mut marked = welcome.clone();
    for (x, y) in (0..12).flat_map(|x| (0..12).map(move |y| (x, y))) {
        marked.put_pixel(238 + x, 430 + y, image::Rgb([200, 0, 0]));
    }
    assert!(difference(&marked, &welcome) > DIFFERENCE_MAX);
}

/// How much of a tile may differ: the edges of letters by another version of font or renderer.
const DIFFERENCE_MAX: f64 = 0.1;
/// Pixels in width and height of a tile: a word in small print.
const TILE_PX: u32 = 24;

/// Which part of the pixels differs by more than an eye overlooks, in the tile that differs most.
fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    if one.dimensions() != other.dimensions() {
        return 1.0;
    }
    let mut differing: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for ((x, y, one), other) in one.enumerate_pixels().zip(other.pixels()) {
        if one.0.iter().zip(other.0).any(|(a, b)| a.abs_diff(b) > 40) {
            *differing.entry((x / TILE_PX, y / TILE_PX)).or_default() += 1;
        }
    }
    let most = differing.into_values().max().unwrap_or_default();
    f64::from(most) / f64::from(TILE_PX * TILE_PX)
}

fn picture(scene: &Scene, variant: &Variant) -> RgbImage {
    let mut stand = (scene.begin)();
    (scene.go)(&mut stand);
    stand.speak(variant.language);
    stand.resize(variant.window.0, variant.window.1);
    match variant.look {
        Look::Plain => {}
        Look::Large => stand.happen(Event::LargePrintChosen(true)),
        Look::Contrast => stand.choose_contrast(),
        Look::Night => {
            let always = Night { from: time(0, 0, 0, 0), until: time(23, 59, 0, 0) };
            stand.app.set_night(Some(always));
        }
    }
    drop(stand.settle());
    let (width, height) = variant.size();
    // Not the generic function: that one would be compiled here, without optimisation.
    render(&stand).resize_exact(width, height, FilterType::Triangle).into_rgb8()
}

/// The screen as it is drawn at the design size.
fn render(stand: &Stand) -> DynamicImage {
    let mut renderer = renderer();
    let room = stand.app.room();
    let mut ui = UserInterface::build(
        stand.app.view(),
        room,
        user_interface::Cache::default(),
        &mut renderer,
    );
    #[expect(clippy::disallowed_methods, reason = "the toolkit's own clock draws frames")]
    let now = iced::time::Instant::now();
    let redraw = [Input::Window(window::Event::RedrawRequested(now))];
    let mut messages = Vec::new();
    let cursor = mouse::Cursor::Unavailable;
    drop(ui.update(&redraw, cursor, &mut renderer, &mut clipboard::Null, &mut messages));
    let theme = stand.app.theme();
    let base = theme.base();
    ui.draw(&mut renderer, &theme, &Style { text_color: base.text_color }, cursor);
    let pixels = |length: f32| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a screen has some thousand pixels"
        )]
        let pixels = length.round() as u32;
        pixels
    };
    let size = Size::new(pixels(room.width), pixels(room.height));
    let rgba = renderer.screenshot(size, 1.0, base.background_color);
    DynamicImage::ImageRgba8(RgbaImage::from_raw(size.width, size.height, rgba).unwrap())
}

/// Writes a picture with a palette: the most frequent colours, every other pixel in the nearest of them.
fn write(file: &Path, picture: &RgbImage) {
    // Five bits of each colour are enough to tell the colours of a screen apart.
    let place = |pixel: &image::Rgb<u8>| {
        let [red, green, blue] = pixel.0.map(|channel| usize::from(channel >> 3));
        (red << 10) | (green << 5) | blue
    };
    let colour = |place: usize| {
        [place >> 10, place >> 5, place].map(|bits| {
            let bits = u8::try_from(bits & 31).unwrap();
            (bits << 3) | (bits >> 2)
        })
    };
    let mut count = vec![0_u32; 1 << 15];
    for pixel in picture.pixels() {
        count[place(pixel)] += 1;
    }
    let mut colours: Vec<([u8; 3], u32)> = count
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(place, count)| (colour(place), *count))
        .collect();
    colours.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    // Half by frequency, the rest such that no colour is far from all of them.
    let mut palette: Vec<[u8; 3]> =
        colours.iter().take(COLOURS_MAX / 2).map(|(colour, _)| *colour).collect();
    let mut off: Vec<u32> =
        colours.iter().map(|(colour, _)| nearest(&palette, *colour).1).collect();
    while palette.len() < COLOURS_MAX {
        let far = colours
            .iter()
            .zip(&off)
            .map(|((colour, count), off)| (u64::from(*off) * u64::from((*count).min(200)), *colour))
            .max();
        let Some((1.., added)) = far else { break };
        palette.push(added);
        for ((colour, _), off) in colours.iter().zip(&mut off) {
            *off = (*off).min(nearest(&[added], *colour).1);
        }
    }
    let index: Vec<u8> = count
        .iter()
        .enumerate()
        .map(|(place, count)| match count {
            0 => 0,
            _ => u8::try_from(nearest(&palette, colour(place)).0).unwrap(),
        })
        .collect();
    let pixels: Vec<u8> = picture.pixels().map(|pixel| index[place(pixel)]).collect();
    let mut encoder = png::Encoder::new(
        BufWriter::new(File::create(file).unwrap()),
        picture.width(),
        picture.height(),
    );
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
}

fn nearest(palette: &[[u8; 3]], colour: [u8; 3]) -> (usize, u32) {
    palette
        .iter()
        .enumerate()
        .map(|(at, known)| {
            let distance: u32 = known
                .iter()
                .zip(colour)
                .map(|(a, b)| u32::from(a.abs_diff(b)) * u32::from(a.abs_diff(b)))
                .sum();
            (at, distance)
        })
        .min_by_key(|(_, distance)| *distance)
        .unwrap_or((0, u32::MAX))
}

fn read(file: &Path) -> RgbImage {
    let opened = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let reader = BufReader::new(opened);
    image::load(reader, image::ImageFormat::Png).unwrap().to_rgb8()
}
