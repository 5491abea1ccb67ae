//! Permits of invented businesses, with everything needed to print them.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use jiff::civil::date;
use permit_kiosk::{
    certificate::{
        FontFiles, Fonts, Templates, render,
        slip::{Align, Block, Size, Slip, SlipKind},
    },
    domain::{
        ApplicationId, CombinedNumber, ElicenceId, FilingNumber, FoodLicenceNumber, Grant, Holder,
        HygieneFilingNumber, HygieneNumber, Issuer, Part, Permit, PermitDraft, PermitNumber, Uscc,
    },
    seal::{Claims, CopySerial, Keyring, LogOrigin, Profile, Seal, SigningKey},
};

const FONTS: &str = "/usr/share/fonts/opentype/noto";
const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config/certificate");

/// The fonts of `fonts-noto-cjk`, opened once.
pub(crate) fn fonts() -> &'static Fonts {
    static FONT: OnceLock<Fonts> = OnceLock::new();
    FONT.get_or_init(|| Fonts::open(&FontFiles::noto_cjk(Path::new(FONTS))).unwrap())
}

/// A slip with every kind of block.
pub(crate) fn slip() -> Slip {
    let text =
        |text: &str, size, bold, align| Block::Text { text: text.to_owned(), size, bold, align };
    let pair =
        |label: &str, value: &str| Block::Pair { label: label.to_owned(), value: value.to_owned() };
    Slip {
        kind: SlipKind::Supplement,
        blocks: vec![
            text("淄博市张店区行政审批服务局", Size::Normal, false, Align::Centre),
            text("一次性告知", Size::Title, true, Align::Centre),
            text("C3C3-C3C3", Size::Large, true, Align::Centre),
            Block::Rule,
            pair("办理事项", "食品经营许可 新办"),
            pair("申请人", "秦**"),
            pair("证件号码", "370303********9975"),
            pair("经营场所", "张店区公园街道示范大街5号（示范商业中心一层东侧第三间）"),
            Block::Rule,
            text(
                "1. 经营场所平面图未上传，请补充标明面积和功能区的平面图。",
                Size::Normal,
                false,
                Align::Left,
            ),
            text("依据：《食品经营许可和备案管理办法》第二十一条", Size::Small, false, Align::Left),
            Block::Feed { mm: 2 },
            Block::Qr { text: QUERY.to_owned() },
            text("2026-11-23 09:41", Size::Small, false, Align::Right),
        ],
    }
}

/// What the code on the slip says.
pub(crate) const QUERY: &str = "https://verify.example/c/C3C3-C3C3";

/// The text of every shipped page template, by file name.
pub(crate) fn template_files() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(TEMPLATES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The shipped page templates.
pub(crate) fn templates() -> Templates {
    let files = template_files();
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Templates::parse(files).unwrap_or_else(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", texts.join("\n"))
    })
}

/// The demo issuer's key.
pub(crate) fn key(profile: Profile) -> SigningKey {
    SigningKey::generate(profile, &[7; 32])
}

/// A keyring that trusts the demo issuer.
pub(crate) fn keyring() -> Keyring {
    Profile::ALL
        .into_iter()
        .map(|profile| ("演示发证机关".to_owned(), key(profile).verifying_key()))
        .collect()
}

/// The seal of one sheet.
pub(crate) fn seal(permit: &Permit, copy: &CopySerial, profile: Profile) -> Seal {
    let key = key(profile);
    let origin = LogOrigin::parse("log.zhangdian.example/permits").unwrap();
    Seal::make(&key, &Claims::of(permit, copy, &origin, key.id()))
}

/// Every sheet of a permit: a name, and the PDF.
pub(crate) fn sheets(permit: &Permit) -> Vec<(String, Vec<u8>)> {
    templates()
        .of(permit.grant.kind())
        .zip(1..)
        .map(|(template, sheet)| {
            let copy = CopySerial::parse(&format!("K03-000017-{sheet}")).unwrap();
            let seal = seal(permit, &copy, Profile::Sm2);
            let pdf = render(fonts(), template, permit, &seal, &copy).unwrap();
            let name = format!("{}-{}", permit.grant.kind().as_str(), template.sheet().as_str());
            (name, pdf)
        })
        .collect()
}

/// The golden food licence (case F01), hygiene licence (case H01), a filing of each kind and a combined
/// permit.
pub(crate) fn permits() -> [Permit; 5] {
    [food(), hygiene(), filing(), hygiene_filing(), combined()]
}

pub(crate) fn food() -> Permit {
    Permit {
        number: PermitNumber::Food(FoodLicenceNumber::parse("JY13703039901011").unwrap()),
        elicence: elicence(),
        application: ApplicationId::from_random([1; 16]),
        holder: Holder {
            name: "淄博云帆食品商贸有限公司(演示)".to_owned(),
            uscc: Uscc::parse("91370303MAXX01026W").unwrap(),
            legal_representative: "秦一舟".to_owned(),
            address: "张店区公园街道示范大街5号".to_owned(),
        },
        premises: "张店区公园街道示范大街5号".to_owned(),
        grant: Grant::Food {
            subject: "食品销售经营者".to_owned(),
            items: vec!["散装食品和预包装食品销售".to_owned()],
        },
        issuer: issuer(),
        issued: date(2026, 11, 23),
        valid_to: Some(date(2031, 11, 22)),
    }
}

pub(crate) fn hygiene() -> Permit {
    Permit {
        number: PermitNumber::Hygiene(HygieneNumber::parse("张审卫公证〔2026〕第0001号").unwrap()),
        holder: Holder {
            name: "张店区剪影理发店(演示)".to_owned(),
            uscc: Uscc::parse("92370303MAXX01050A").unwrap(),
            legal_representative: "赵砚".to_owned(),
            address: "张店区车站街道示范路12号".to_owned(),
        },
        premises: "张店区车站街道示范路12号".to_owned(),
        grant: Grant::Hygiene { place: "理发店".to_owned() },
        valid_to: Some(date(2030, 11, 22)),
        ..food()
    }
}

pub(crate) fn filing() -> Permit {
    Permit {
        number: PermitNumber::Filing(FilingNumber::new(2, "370303", 990_102).unwrap()),
        holder: Holder {
            name: "张店区拾光便利店(演示)".to_owned(),
            uscc: Uscc::parse("92370303MAXX01165G").unwrap(),
            legal_representative: "周既明".to_owned(),
            address: "张店区马尚街道示范路8号".to_owned(),
        },
        premises: "张店区马尚街道示范路8号".to_owned(),
        grant: Grant::Filing { trade: "零售".to_owned() },
        valid_to: None,
        ..food()
    }
}

pub(crate) fn hygiene_filing() -> Permit {
    let number = HygieneFilingNumber::parse("张卫公备〔2026〕第0001号").unwrap();
    Permit {
        number: PermitNumber::HygieneFiling(number),
        holder: bookshop(),
        premises: "张店区公园街道示范大街9号".to_owned(),
        grant: Grant::HygieneFiling { place: "书店".to_owned() },
        valid_to: None,
        ..food()
    }
}

/// Case Y01: a bookshop with a café.
pub(crate) fn combined() -> Permit {
    let part = |title: &str, number: &str, scope: &str, valid_to, organ: &str| Part {
        title: title.to_owned(),
        number: number.to_owned(),
        scope: scope.to_owned(),
        valid_to,
        organ: organ.to_owned(),
    };
    Permit {
        number: PermitNumber::Combined(CombinedNumber::parse("张行综〔2026〕第0001号").unwrap()),
        holder: bookshop(),
        premises: "张店区公园街道示范大街9号".to_owned(),
        grant: Grant::Combined {
            trade: "书店".to_owned(),
            parts: vec![
                part(
                    "食品经营许可",
                    "JY23703039901015",
                    "餐饮服务经营者：自制饮品制售(仅简单制售)",
                    Some(date(2031, 6, 11)),
                    &issuer().name,
                ),
                part(
                    "出版物零售",
                    "新出发淄零字第0031号",
                    "图书、期刊零售",
                    None,
                    "新闻出版主管部门",
                ),
            ],
        },
        valid_to: None,
        ..food()
    }
}

fn bookshop() -> Holder {
    Holder {
        name: "张店区小书虫书店(演示)".to_owned(),
        uscc: Uscc::parse("92370303MAXX01085W").unwrap(),
        legal_representative: "温言".to_owned(),
        address: "张店区公园街道示范大街9号".to_owned(),
    }
}

/// The same permit before it has a number.
pub(crate) fn draft(permit: &Permit) -> PermitDraft {
    PermitDraft {
        application: permit.application,
        holder: permit.holder.clone(),
        premises: permit.premises.clone(),
        grant: permit.grant.clone(),
        issuer: permit.issuer.clone(),
        division: "370303".to_owned(),
        kept: None,
    }
}

fn issuer() -> Issuer {
    Issuer {
        name: "淄博市张店区行政审批服务局".to_owned(),
        uscc: Uscc::parse("11370303MBXX09005U").unwrap(),
    }
}

fn elicence() -> ElicenceId {
    ElicenceId::parse(
        "1.2.156.3005.2.11100000MB0143028R001.11370303MBXX09005U.20261123990001.001.S",
    )
    .unwrap()
}
