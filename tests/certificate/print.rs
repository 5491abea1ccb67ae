//! Every sheet of every kind as a document.

use std::process::Command;

use permit_kiosk::{
    certificate::{Error, check_glyphs, check_template, render},
    domain::{ElicenceId, Grant, Permit, PermitKind},
    seal::{CopySerial, Profile},
};
use sha2::{Digest as _, Sha256};

use super::{oracle, sample};

/// Every sheet with its permit: name, permit, document.
fn all() -> Vec<(String, Permit, Vec<u8>)> {
    sample::permits()
        .into_iter()
        .flat_map(|permit| {
            let sheets = sample::sheets(&permit);
            sheets.into_iter().map(move |(name, pdf)| (name, permit.clone(), pdf))
        })
        .collect()
}

fn printed(pdf: &[u8]) -> Option<String> {
    let text = oracle::text("pdftotext", &["-raw", "-", "-"], pdf)?;
    Some(text.split_whitespace().collect())
}

#[test]
fn qpdf_finds_nothing_wrong() {
    for (name, _, pdf) in all() {
        let folder = tempfile::tempdir().unwrap();
        let path = oracle::file(folder.path(), "page.pdf", &pdf);
        let Some(report) = oracle::text("qpdf", &["--check", path.to_str().unwrap()], b"") else {
            return;
        };
        assert!(report.contains("No syntax or stream encoding errors"), "{name}: {report}");
    }
}

#[test]
fn preflight_calls_every_sheet_a_valid_pdf_a_1b() {
    let Some(class_path) = oracle::preflight_class_path() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, _, pdf) in all() {
        let path = oracle::file(folder.path(), &format!("{name}.pdf"), &pdf);
        let class = "org.apache.pdfbox.preflight.Validator_A1b";
        let arguments = ["-cp", &class_path, class, path.to_str().unwrap()];
        let Some(report) = oracle::text("java", &arguments, b"") else { return };
        assert!(report.contains("is a valid PDF/A-1b file"), "{name}: {report}");
    }
}

#[test]
fn every_font_is_embedded_and_cut_down() {
    for (name, _, pdf) in all() {
        let folder = tempfile::tempdir().unwrap();
        let path = oracle::file(folder.path(), "page.pdf", &pdf);
        let Some(fonts) = oracle::text("pdffonts", &[path.to_str().unwrap()], b"") else { return };
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert_eq!(fonts.len(), 2, "{name}: {fonts:?}");
        for font in fonts {
            // Embedded, a subset, with a map to Unicode.
            assert!(font.contains("yes yes yes"), "{name}: {font}");
        }
        assert!(pdf.len() < 400_000, "{name} has {} bytes", pdf.len());
    }
}

#[test]
fn the_text_of_a_sheet_is_the_text_of_the_permit() {
    let golden: [(&str, &[&str]); 5] = [
        (
            "food",
            &[
                "食品经营许可证",
                "经营者名称淄博云帆食品商贸有限公司(演示)",
                "统一社会信用代码91370303MAXX01026W",
                "秦一舟",
                "住所张店区公园街道示范大街5号",
                "经营场所张店区公园街道示范大街5号",
                "主体业态食品销售经营者",
                "经营项目散装食品和预包装食品销售",
                "许可证编号JY13703039901011",
                "有效期至2031年11月22日",
                "投诉举报电话12315",
                "发证机关淄博市张店区行政审批服务局",
                "发证日期2026年11月23日",
                "行政许可专用章",
                "印制序号K03-000017-",
                "演示样张不具有法律效力",
            ],
        ),
        (
            "hygiene",
            &[
                "公共场所卫生许可证",
                "编号张审卫公证〔2026〕第0001号",
                "单位名称张店区剪影理发店(演示)",
                "赵砚",
                "地址张店区车站街道示范路12号",
                "许可项目理发店",
                "有效期限2026年11月23日至2030年11月22日",
                "发证机关淄博市张店区行政审批服务局",
                "发证日期2026年11月23日",
                "印制序号K03-000017-",
                "演示样张不具有法律效力",
            ],
        ),
        (
            "filing",
            &[
                "仅销售预包装食品备案凭证",
                "备案编号YB23703039901023",
                "经营者名称张店区拾光便利店(演示)",
                "统一社会信用代码92370303MAXX01165G",
                "经营场所张店区马尚街道示范路8号",
                "经营方式零售",
                "备案机关淄博市张店区行政审批服务局",
                "备案日期2026年11月23日",
                "印制序号K03-000017-1",
            ],
        ),
        (
            "hygiene_filing",
            &[
                "公共场所卫生备案凭证",
                "备案编号张卫公备〔2026〕第0001号",
                "单位名称张店区小书虫书店(演示)",
                "统一社会信用代码92370303MAXX01085W",
                "温言",
                "地址张店区公园街道示范大街9号",
                "备案项目书店",
                "备案机关淄博市张店区行政审批服务局",
                "备案日期2026年11月23日",
                "印制序号K03-000017-1",
            ],
        ),
        (
            "combined",
            &[
                "行业综合许可证",
                "证书编号张行综〔2026〕第0001号",
                "有效期限以各项许可为准",
                "经营者名称张店区小书虫书店(演示)",
                "经营场所张店区公园街道示范大街9号",
                "行业书店",
                "食品经营许可JY23703039901015餐饮服务经营者：自制饮品制售(仅简单制售)",
                "2031年06月11日",
                "出版物零售新出发淄零字第0031号图书、期刊零售",
                "新闻出版主管部门",
                "印制序号K03-000017-1",
            ],
        ),
    ];
    for (name, permit, pdf) in all() {
        let Some(text) = printed(&pdf) else { return };
        let kind = permit.grant.kind().as_str();
        let (_, expected) = golden.iter().find(|(golden, _)| *golden == kind).unwrap();
        for words in *expected {
            assert!(text.contains(words), "{name} lacks {words}: {text}");
        }
        let mark = if name.ends_with("original") { "（正本）" } else { "（副本）" };
        assert_eq!(text.contains(mark), permit.grant.kind().has_copy(), "{name}: {text}");
    }
}

#[test]
fn originals_are_a3_and_copies_a4() {
    for (name, _, pdf) in all() {
        let Some(info) = oracle::text("pdfinfo", &["-"], &pdf) else { return };
        let size = info.lines().find(|line| line.starts_with("Page size:")).unwrap().to_owned();
        let expected = match name.as_str() {
            "filing-original" | "hygiene_filing-original" => "595.276 x 841.89 pts (A4)",
            name if name.ends_with("original") => "1190.55 x 841.89 pts (A3)",
            _ => "841.89 x 595.276 pts (A4)",
        };
        assert!(size.contains(expected), "{name}: {size}");
    }
}

#[test]
fn the_same_permit_makes_the_same_bytes() {
    let digests = || -> Vec<String> {
        all()
            .iter()
            .map(|(name, _, pdf)| format!("{name} {}", hex::encode(Sha256::digest(pdf))))
            .collect()
    };
    let first = digests();
    assert_eq!(first, digests());
    println!("digests: {}", first.join(", "));
    // And in a process of its own, where other documents were not made before.
    if std::env::vars().any(|(name, _)| name == CHILD) {
        return;
    }
    let name = "certificate::print::the_same_permit_makes_the_same_bytes";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--exact", name])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains(&format!("digests: {}", first.join(", "))), "{printed}");
}

/// Tells the test's second process that it is one.
const CHILD: &str = "PERMIT_KIOSK_SECOND_PROCESS";

#[test]
fn a_seal_agrees_with_its_own_permit_only() {
    let permit = sample::food();
    let copy = CopySerial::parse("K03-000017-1").unwrap();
    let claims = sample::seal(&permit, &copy, Profile::Sm2).verify(&sample::keyring()).unwrap();
    assert!(claims.agrees_with(&permit));
    let changes: [(&str, Change); 12] = [
        ("number", |permit| permit.number = sample::filing().number),
        ("e-licence", |permit| permit.elicence = other_elicence()),
        ("name", |permit| permit.holder.name.push('店')),
        ("code", |permit| permit.holder.uscc = sample::hygiene().holder.uscc),
        ("representative", |permit| permit.holder.legal_representative.clear()),
        ("address", |permit| permit.holder.address.push('1')),
        ("premises", |permit| permit.premises.push('1')),
        ("subject", |permit| {
            permit.grant = Grant::Food { subject: String::new(), items: Vec::new() };
        }),
        ("kind", |permit| permit.grant = sample::hygiene().grant),
        ("issuer", |permit| permit.issuer.name.push('分')),
        ("issued", |permit| permit.issued = permit.issued.tomorrow().unwrap()),
        ("valid to", |permit| permit.valid_to = None),
    ];
    for (what, change) in changes {
        let mut other = sample::food();
        change(&mut other);
        assert!(!claims.agrees_with(&other), "{what}");
    }
    // A word moved from one field to the next is another permit too.
    let mut moved = sample::food();
    let first = moved.holder.address.remove(0);
    moved.holder.legal_representative.push(first);
    assert!(!claims.agrees_with(&moved));
}

/// Changes one thing of a permit.
type Change = fn(&mut Permit);

fn other_elicence() -> ElicenceId {
    ElicenceId::parse("1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F")
        .unwrap()
}

#[test]
fn another_permit_or_sheet_has_another_identifier() {
    let id = |pdf: &[u8]| {
        let text = String::from_utf8_lossy(pdf).into_owned();
        let (_, id) = text.rsplit_once("/ID").expect("a trailer has an identifier");
        id.chars().take(75).collect::<String>()
    };
    let mut ids: Vec<String> = all().iter().map(|(.., pdf)| id(pdf)).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "{ids:?}");
}

#[test]
fn a_character_without_a_glyph_is_refused_before_a_number_is_taken() {
    // Private use: no font has it. The second is the rarest name character the fonts still have.
    for (name, missing) in [("赵\u{E000}", Some('\u{E000}')), ("欧阳䶮", None)] {
        let mut permit = sample::food();
        permit.holder.legal_representative = name.to_owned();
        let draft = sample::draft(&permit);
        let checked = check_glyphs(sample::fonts(), &sample::templates(), &draft);
        match missing {
            None => checked.unwrap(),
            Some(missing) => {
                let error = checked.unwrap_err();
                assert!(
                    matches!(error, Error::GlyphMissing { character } if character == missing),
                    "{error}"
                );
                let templates = sample::templates();
                let template = templates.of(PermitKind::Food).next().unwrap();
                let copy = CopySerial::parse("K03-000017-1").unwrap();
                let seal = sample::seal(&permit, &copy, Profile::Ed25519);
                let error = render(sample::fonts(), template, &permit, &seal, &copy).unwrap_err();
                assert!(matches!(error, Error::GlyphMissing { .. }), "{error}");
            }
        }
    }
}

#[test]
fn a_rare_character_is_printed() {
    let mut permit = sample::food();
    permit.holder.legal_representative = "欧阳䶮".to_owned();
    for (name, pdf) in sample::sheets(&permit) {
        let Some(text) = printed(&pdf) else { return };
        assert!(text.contains("欧阳䶮"), "{name}: {text}");
    }
}

#[test]
fn long_texts_wrap_and_nothing_is_cut() {
    let name = "淄博市张店区".to_owned() + &"云帆食品商贸".repeat(8) + "有限公司(演示)";
    assert!(name.chars().count() >= 60);
    let mut permit = sample::food();
    permit.holder.name = name.clone();
    permit.premises =
        "张店区公园街道示范大街5号示范商业中心一层东侧第三间、第四间、第五间及附属库房".to_owned();
    let items = [
        "热食类食品制售",
        "冷食类食品制售（含冷荤类）",
        "自制饮品制售",
        "散装食品和预包装食品销售",
    ];
    permit.grant = Grant::Food {
        subject: "餐饮服务经营者（中央厨房、集体用餐配送单位）".to_owned(),
        items: items.map(str::to_owned).to_vec(),
    };
    check_glyphs(sample::fonts(), &sample::templates(), &sample::draft(&permit)).unwrap();
    for (sheet, pdf) in sample::sheets(&permit) {
        let Some(text) = printed(&pdf) else { return };
        for words in [&name, &permit.premises, &items.join("；")] {
            assert!(text.contains(words.as_str()), "{sheet} lacks {words}: {text}");
        }
    }
}

#[test]
fn a_text_that_does_not_fit_at_the_smallest_size_is_refused() {
    let mut permit = sample::food();
    permit.premises = "示范大街".repeat(300);
    let draft = sample::draft(&permit);
    let error = check_glyphs(sample::fonts(), &sample::templates(), &draft).unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
}

#[test]
fn a_permit_is_not_printed_on_the_paper_of_another_kind() {
    let permit = sample::hygiene();
    let templates = sample::templates();
    let template = templates.of(PermitKind::Food).next().unwrap();
    let copy = CopySerial::parse("K03-000017-1").unwrap();
    let seal = sample::seal(&permit, &copy, Profile::Ed25519);
    let error = render(sample::fonts(), template, &permit, &seal, &copy).unwrap_err();
    assert_eq!(error.to_string(), "cannot print a permit of kind hygiene with a template for food");
}

#[test]
fn the_fonts_have_every_character_of_every_template() {
    for template in sample::templates().iter() {
        check_template(sample::fonts(), template).unwrap();
    }
}
