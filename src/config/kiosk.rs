//! `kiosk.toml`: who this kiosk is, for whom it decides, how it looks and where it keeps what.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Time;

use super::written::{File, Refusal, Section};
use crate::domain::{
    CombinedNumber, DivisionCode, ElicenceId, HygieneFilingNumber, HygieneNumber, Issuer, Language,
    Uscc,
};

/// What `kiosk.toml` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kiosk {
    /// The kiosk's own name, unique in the fleet: 3 to 24 capitals, digits and hyphens.
    pub id: String,
    /// Where it stands, as printed on slips.
    pub place: String,
    /// The telephone of the staff on site, as printed on slips.
    pub phone: String,
    /// The organ that signs.
    pub issuer: Issuer,
    /// 投诉举报电话, printed on licences.
    pub complaints_phone: String,
    /// The district whose number series the kiosk issues from.
    pub district: DivisionCode,
    /// The streets and towns the issuer is competent for.
    pub competent: Vec<DivisionCode>,
    /// The screen.
    pub screen: Screen,
    /// How long a visit may pause and last.
    pub session: SessionTimes,
    /// The programs that read the screens aloud.
    pub speech: Speech,
    /// The fonts of certificates and screens.
    pub fonts: Fonts,
    /// The journal, editions and snapshots.
    pub data_folder: PathBuf,
    /// The kiosk's keys and certificates.
    pub keys_folder: PathBuf,
    /// The journal's high-water mark.
    pub mark_folder: PathBuf,
    /// Where a technician's USB stick is mounted.
    pub stick_folder: PathBuf,
    /// Central's address, `https://host:port`.
    pub central_url: String,
    /// How long the registers may take to answer.
    pub register_timeout: Duration,
    /// The signature scheme of seals and records.
    pub seal_profile: SealProfile,
    /// The host of the verification page in QR codes.
    pub verify_host: String,
    /// How permits are numbered.
    pub numbers: Numbers,
    /// When to warn and when to stop.
    pub limits: Limits,
    /// How long this kiosk can read what it recorded about people.
    pub retention: Retention,
}

/// The screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The language a visit begins in.
    pub language: Language,
    /// Whether the window fills the screen; a window is for demonstrations.
    pub fullscreen: bool,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Width of the glass in millimetres.
    pub width_mm: u32,
    /// Height of the glass in millimetres.
    pub height_mm: u32,
    /// From when to when the welcome screen is dark; `None` where it never is.
    pub night: Option<(Time, Time)>,
    /// The light behind the panel; `None` where the kernel does not have it.
    pub backlight: Option<Backlight>,
}

/// The light behind a panel, as the kernel shows it under `/sys/class/backlight`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlight {
    /// Its folder.
    pub folder: PathBuf,
    /// How bright it is at night, of a hundred.
    pub night_percent: u32,
}

/// The programs that read the screens aloud: a text comes to their standard input. What somebody has
/// recorded is played instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// For Mandarin; empty where there is none.
    pub zh: Vec<String>,
    /// For English; empty where there is none.
    pub en: Vec<String>,
    /// Where recordings lie, in `zh/` and `en/`; `None` where there are none.
    pub recordings: Option<PathBuf>,
    /// What plays one: the file comes as its last argument.
    pub player: Vec<String>,
}

impl Speech {
    /// The program of a language, and what it is called with.
    pub fn command(&self, language: Language) -> &[String] {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// How long a visit may pause and last. Large print multiplies all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// Without a touch until the count-down begins.
    pub idle: Duration,
    /// The count-down, during which one tap goes on.
    pub countdown: Duration,
    /// A whole visit.
    pub total: Duration,
    /// By how much large print makes them longer.
    pub large_print_factor: u32,
}

/// The fonts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fonts {
    /// The family name of the sans-serif face, for screens.
    pub sans_family: String,
    /// Sans-serif: screens, slips.
    pub sans: PathBuf,
    /// Sans-serif, bold.
    pub sans_bold: PathBuf,
    /// The family name of the serif face.
    pub serif_family: String,
    /// Serif: certificates.
    pub serif: PathBuf,
    /// Serif, bold.
    pub serif_bold: PathBuf,
}

/// The signature scheme of seals and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealProfile {
    /// SM2 with SM3.
    Sm2,
    /// Ed25519: a test profile.
    Ed25519,
}

impl SealProfile {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sm2 => "sm2",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// How permits are numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The words before the year of a hygiene licence number.
    pub hygiene_prefix: String,
    /// The words before the year of a hygiene filing number.
    pub hygiene_filing_prefix: String,
    /// The words before the year of a combined permit's number.
    pub combined_prefix: String,
    /// E-licence type code of the food licence.
    pub food_type: String,
    /// E-licence type code of the filing.
    pub filing_type: String,
    /// E-licence type code of the hygiene licence.
    pub hygiene_type: String,
    /// E-licence type code of the hygiene filing.
    pub hygiene_filing_type: String,
    /// E-licence type code of the combined permit.
    pub combined_type: String,
}

/// When to warn and when to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Beyond this drift of the clock nothing is issued.
    pub clock_drift: Duration,
    /// Below this free space the kiosk goes out of service.
    pub disk_free_bytes: u64,
    /// From this many left numbers of a series the technician is warned.
    pub numbers_low: u32,
}

pub(super) const NAME: &str = "kiosk.toml";

/// Smallest pause before a visit is ended: 无障碍环境建设 asks that nobody is hurried.
const PAUSE_S_MIN: u32 = 30;

pub(super) fn read(folder: &Path) -> (File, Option<Kiosk>) {
    File::read(folder, NAME, |file| {
        let station = file.section("kiosk", station);
        let issuer = file.section("issuer", issuer);
        let competence = file.section("competence", competence);
        let screen = file.section("screen", screen);
        let session = file.section("session", session);
        let speech = file.section("speech", speech);
        let fonts = file.section("fonts", fonts);
        let folders = file.section("folders", folders);
        let central = file.section("central", central);
        let seal = file.section("seal", seal);
        let numbers = file.section("numbers", numbers);
        let limits = file.section("limits", limits);
        let retention = file.section("retention", |section| retention(section, 30));

        let (id, place, phone) = station?;
        let (issuer, complaints_phone) = issuer?;
        let (district, competent) = competence?;
        let (data_folder, keys_folder, mark_folder, stick_folder) = folders?;
        let (central_url, register_timeout) = central?;
        let (seal_profile, verify_host) = seal?;
        Some(Kiosk {
            id,
            place,
            phone,
            issuer,
            complaints_phone,
            district,
            competent,
            screen: screen?,
            session: session?,
            speech: speech?,
            fonts: fonts?,
            data_folder,
            keys_folder,
            mark_folder,
            stick_folder,
            central_url,
            register_timeout,
            seal_profile,
            verify_host,
            numbers: numbers?,
            limits: limits?,
            retention: retention?,
        })
    })
}

fn station(section: &Section<'_>) -> Option<(String, String, String)> {
    let id = section.parsed("id", "ZD-K01", |text| {
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        if (3..=24).contains(&text.len()) && text.bytes().all(fits) {
            Ok(text.to_owned())
        } else {
            Err(Refusal::new(
                "is not a name for a kiosk",
                "write 3 to 24 capitals, digits and hyphens",
            ))
        }
    });
    let place = section.text("place", "张店区市民中心一楼大厅");
    let phone = section.parsed("phone", "0533-2345678", phone);
    Some((id?, place?, phone?))
}

fn issuer(section: &Section<'_>) -> Option<(Issuer, String)> {
    let name = section.text("name", "淄博市张店区行政审批服务局");
    let uscc = section.parsed("uscc", "11370303MBXX09005U", Uscc::parse);
    let complaints = section.parsed("complaints_phone", "12315", phone);
    Some((Issuer { name: name?, uscc: uscc? }, complaints?))
}

/// A phone number: digits and hyphens, three digits or more.
fn phone(text: &str) -> Result<String, Refusal> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let fits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if fits && (3..=15).contains(&digits) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::new("is not a telephone number", "write digits and hyphens"))
    }
}

fn competence(section: &Section<'_>) -> Option<(DivisionCode, Vec<DivisionCode>)> {
    let district = section.parsed("district", "370303", |text| {
        let code = DivisionCode::parse(text)?;
        if code.as_str() == code.county() {
            Ok(code)
        } else {
            Err(Refusal::new("is a street or town", "write the six digits of the district"))
        }
    });
    // A district has two or three dozen streets and towns at most.
    let divisions = section.list("divisions", "370303001", 100, DivisionCode::parse);
    let (district, divisions) = (district?, divisions?);
    for division in &divisions {
        if !division.is_within(&district) {
            section.note(
                "divisions",
                format!("division {division} is not in the district {district}"),
                "one of these",
                "take it out, or correct the district: numbers are issued from its series",
            );
            return None;
        }
    }
    Some((district, divisions))
}

fn screen(section: &Section<'_>) -> Option<Screen> {
    let language = section.choice("language", &[("zh", Language::Zh), ("en", Language::En)]);
    let fullscreen = section.flag("fullscreen", true);
    let width_px = section.number("width_px", 800..=7680, 1080);
    let height_px = section.number("height_px", 600..=7680, 1920);
    let width_mm = section.number("width_mm", 150..=2000, 268);
    let height_mm = section.number("height_mm", 150..=2000, 476);
    let night = section.parsed("night", "22:00-06:00", night);
    let folder = section.parsed("backlight", NONE, |text| {
        Ok::<_, Refusal>((text != NONE).then(|| PathBuf::from(text)))
    });
    let night_percent = section.number("night_percent", 1..=100, 30);
    let (folder, night_percent) = (folder?, night_percent?);
    let screen = Screen {
        language: language?,
        fullscreen: fullscreen?,
        width_px: width_px?,
        height_px: height_px?,
        width_mm: width_mm?,
        height_mm: height_mm?,
        night: night?,
        backlight: folder.map(|folder| Backlight { folder, night_percent }),
    };
    // Pixels are square on every panel built for kiosks: the two densities agree within a tenth.
    let across = u64::from(screen.width_px) * u64::from(screen.height_mm);
    let down = u64::from(screen.height_px) * u64::from(screen.width_mm);
    if across.abs_diff(down) * 10 > across.max(down) {
        section.note(
            "width_mm",
            "the screen's pixels are not square: pixels and millimetres do not fit together",
            "this, or one of the other three",
            "measure the lit glass, and see whether width and height are exchanged",
        );
        return None;
    }
    Some(screen)
}

/// The word for something there is not.
const NONE: &str = "none";

/// Two times of day with a hyphen between them.
fn night(text: &str) -> Result<Option<(Time, Time)>, Refusal> {
    if text == NONE {
        return Ok(None);
    }
    let time = |text: &str| text.trim().parse::<Time>().ok();
    text.split_once('-')
        .and_then(|(from, until)| Some((time(from)?, time(until)?)))
        .filter(|(from, until)| from != until)
        .map(Some)
        .ok_or_else(|| {
            Refusal::new(
                "is not from one time of day to another",
                "write both as hours and minutes with a hyphen between, or \"none\"",
            )
        })
}

fn speech(section: &Section<'_>) -> Option<Speech> {
    let program = |key: &'static str, example: &str| {
        section.parsed(key, example, |text| {
            let words = text.split_whitespace().map(str::to_owned);
            Ok::<_, Refusal>(if text == NONE { Vec::new() } else { words.collect() })
        })
    };
    let zh = program("zh", "espeak-ng -v cmn-latn-pinyin -s 145 --stdin");
    let en = program("en", "espeak-ng -v en -s 150 --stdin");
    let player = program("player", "aplay -q");
    let recordings = section.parsed("recordings", "/var/lib/permit-kiosk/voice", |text| {
        Ok::<_, Refusal>((text != NONE).then(|| PathBuf::from(text)))
    });
    Some(Speech { zh: zh?, en: en?, recordings: recordings?, player: player? })
}

fn session(section: &Section<'_>) -> Option<SessionTimes> {
    let idle_s = section.number("idle_s", PAUSE_S_MIN..=600, 60);
    let countdown_s = section.number("countdown_s", 10..=120, 30);
    let total_min = section.number("total_min", 5..=60, 15);
    let factor = section.number("large_print_factor", 1..=4, 2);
    let (idle_s, countdown_s, total_min) = (idle_s?, countdown_s?, total_min?);
    if idle_s + countdown_s >= total_min * 60 {
        section.note(
            "total_min",
            format!(
                "a visit of {total_min} minutes would end before its pause of {idle_s} s and \
                 count-down of {countdown_s} s"
            ),
            "too short",
            "make the total longer or the pause shorter",
        );
        return None;
    }
    Some(SessionTimes {
        idle: seconds(idle_s),
        countdown: seconds(countdown_s),
        total: seconds(total_min * 60),
        large_print_factor: factor?,
    })
}

fn fonts(section: &Section<'_>) -> Option<Fonts> {
    const FOLDER: &str = "/usr/share/fonts/opentype/noto";
    let file = |key, name: &str| section.readable_file(key, &format!("{FOLDER}/{name}"));
    let sans_family = section.text("sans_family", "Noto Sans CJK SC");
    let sans = file("sans", "NotoSansCJK-Regular.ttc");
    let sans_bold = file("sans_bold", "NotoSansCJK-Bold.ttc");
    let serif_family = section.text("serif_family", "Noto Serif CJK SC");
    let serif = file("serif", "NotoSerifCJK-Regular.ttc");
    let serif_bold = file("serif_bold", "NotoSerifCJK-Bold.ttc");
    Some(Fonts {
        sans_family: sans_family?,
        sans: sans?,
        sans_bold: sans_bold?,
        serif_family: serif_family?,
        serif: serif?,
        serif_bold: serif_bold?,
    })
}

fn folders(section: &Section<'_>) -> Option<(PathBuf, PathBuf, PathBuf, PathBuf)> {
    let data = section.path("data", "/var/lib/permit-kiosk/data");
    let keys = section.path("keys", "/var/lib/permit-kiosk/keys");
    let mark = section.path("mark", "/media/permit-kiosk-mark");
    let stick = section.path("stick", "/media/permit-kiosk");
    let (data, keys, mark, stick) = (data?, keys?, mark?, stick?);
    if keys.starts_with(&data) {
        section.note(
            "keys",
            "the keys would lie in the data folder",
            "inside of `folders.data`",
            "give them a folder of their own: the data folder is copied for support, keys never are",
        );
        return None;
    }
    Some((data, keys, mark, stick))
}

fn central(section: &Section<'_>) -> Option<(String, Duration)> {
    let url = section.parsed("url", "https://central.example:8443", |text| {
        let text = text.strip_suffix('/').unwrap_or(text);
        let host = text.strip_prefix("https://");
        if host.is_some_and(is_host) {
            Ok(text.to_owned())
        } else {
            Err(Refusal::new("is not the address of a server", "write https://host:port"))
        }
    });
    let timeout_s = section.number("register_timeout_s", 1..=60, 15);
    Some((url?, seconds(timeout_s?)))
}

fn seal(section: &Section<'_>) -> Option<(SealProfile, String)> {
    let profile =
        section.choice("profile", &[("sm2", SealProfile::Sm2), ("ed25519", SealProfile::Ed25519)]);
    let host = section.parsed("verify_host", "verify.example", host);
    Some((profile?, host?))
}

fn numbers(section: &Section<'_>) -> Option<Numbers> {
    let hygiene_prefix = section.parsed("hygiene_prefix", "张审卫公证", |text| {
        HygieneNumber::new(text, 2026, 1).map(|number| number.prefix().to_owned()).map_err(
            |_not_a_prefix| {
                Refusal::new(
                    "is not the prefix of a hygiene licence number",
                    "write Chinese characters that end in 卫公证, 卫公证字 or 卫公字",
                )
            },
        )
    });
    let hygiene_filing_prefix = section.parsed("hygiene_filing_prefix", "张卫公备", |text| {
        HygieneFilingNumber::new(text, 2026, 1).map(|number| number.prefix().to_owned()).map_err(
            |_not_a_prefix| {
                Refusal::new(
                    "is not the prefix of a hygiene filing number",
                    "write Chinese characters that end in 卫公备 or 卫公备字",
                )
            },
        )
    });
    let combined_prefix = section.parsed("combined_prefix", "张行综", |text| {
        CombinedNumber::new(text, 2026, 1).map(|number| number.prefix().to_owned()).map_err(
            |_not_a_prefix| {
                Refusal::new(
                    "is not the prefix of a combined permit's number",
                    "write Chinese characters that end in 行综 or 行综字",
                )
            },
        )
    });
    let types = section.section("elicence", |section| {
        const KEYS: [&str; 5] = ["food", "filing", "hygiene", "hygiene_filing", "combined"];
        let [food, filing, hygiene, hygiene_filing, combined] =
            KEYS.map(|key| elicence_type(section, key));
        let types = [food?, filing?, hygiene?, hygiene_filing?, combined?];
        for (at, (key, code)) in KEYS.into_iter().zip(&types).enumerate() {
            if types.iter().take(at).any(|other| other == code) {
                section.note(
                    key,
                    "two kinds of permit have the same e-licence type code",
                    "again",
                    "give each kind its own code, or identifiers would collide",
                );
                return None;
            }
        }
        Some(types)
    });
    let [food_type, filing_type, hygiene_type, hygiene_filing_type, combined_type] = types?;
    Some(Numbers {
        hygiene_prefix: hygiene_prefix?,
        hygiene_filing_prefix: hygiene_filing_prefix?,
        combined_prefix: combined_prefix?,
        food_type,
        filing_type,
        hygiene_type,
        hygiene_filing_type,
        combined_type,
    })
}

fn elicence_type(section: &Section<'_>, key: &'static str) -> Option<String> {
    section.parsed(key, "11100000MB0143028R901", |text| {
        // Any issuer shows whether an identifier with this type code is one.
        let issuer = Uscc::parse("11100000MB0143028R").expect("a published code");
        ElicenceId::new(text, &issuer, "1", 1).map(|id| id.type_code().to_owned()).map_err(
            |_not_valid| {
                Refusal::new(
                    "is not a type code of e-licences",
                    "write the ministry's 18 characters and three digits (GB/T 36904)",
                )
            },
        )
    })
}

fn limits(section: &Section<'_>) -> Option<Limits> {
    let drift_s = section.number("clock_drift_s", 1..=60, 5);
    let disk_mb = section.number("disk_free_mb", 64..=1_000_000, 512);
    let numbers_low = section.number("numbers_low", 1..=10_000, 20);
    Some(Limits {
        clock_drift: seconds(drift_s?),
        disk_free_bytes: u64::from(disk_mb?) * 1024 * 1024,
        numbers_low: numbers_low?,
    })
}

/// How long personal data can be read, by how far an application came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// After a permit was issued or a filing numbered.
    pub issued: Duration,
    /// After a decision that granted no number.
    pub decided: Duration,
    /// After an application that came to no decision began.
    pub begun: Duration,
}

/// A hundred years at most.
const DAYS_MAX: u32 = 36_525;

/// The section of the same name, in both files.
pub(super) fn retention(section: &Section<'_>, issued_days_min: u32) -> Option<Retention> {
    let issued = section.number("issued_days", issued_days_min..=DAYS_MAX, 10_958);
    let decided = section.number("decided_days", 30..=DAYS_MAX, 730);
    let begun = section.number("begun_days", 1..=DAYS_MAX, 183);
    let days = |count: u32| seconds(count * 24 * 60 * 60);
    Some(Retention { issued: days(issued?), decided: days(decided?), begun: days(begun?) })
}

/// A host, with or without a port.
pub(super) fn host(text: &str) -> Result<String, Refusal> {
    if is_host(text) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::new("is not a host name", "write the name alone, without https:// and path"))
    }
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|p| p > 0))
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}
