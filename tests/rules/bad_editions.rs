//! An edition with one mistake, each in another place: it is told once, with a remedy, and what only
//! follows from it is not.

use permit_kiosk::rules::{Problem, Rulebook};

use super::edition::{Files, rule, small, zhangdian_files};

fn problems(files: &Files) -> Vec<Problem> {
    let problems = Rulebook::load_tried(files, Vec::new());
    problems.err().map_or_else(Vec::new, |problems| problems.0)
}

/// One change of one file.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn edit(file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { file, from, to }
}

/// Each edit of the Zhangdian edition is one problem, which says this.
#[track_caller]
fn each_is_one_problem(table: &[(Edit, &str)]) {
    let whole = zhangdian_files();
    for (Edit { file, from, to }, told) in table {
        let mut files = whole.clone();
        let text = files.get_mut(*file).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        *text = text.replacen(from, to, 1);
        is_one_problem(&files, told, &format!("{file}: {from} → {to}"));
    }
}

#[track_caller]
fn is_one_problem(files: &Files, told: &str, what: &str) {
    let problems = problems(files);
    let [problem] = &problems[..] else {
        panic!("{what}: {} problems instead of one: {problems:#?}", problems.len());
    };
    let shown = problem.to_string();
    assert!(shown.contains(told), "{what}\n{shown}\ndoes not say: {told}");
    assert!(!problem.remedy.is_empty(), "no remedy: {problem:?}");
}

#[test]
fn one_cause_is_told_once() {
    each_is_one_problem(&[
        (edit("cases/base/food-new.json", "{", ""), "not JSON"),
        (
            edit("cases/base/food-new.json", "{", "{\"today\": 1, \"today\": 2,"),
            "'today' stands twice",
        ),
        (edit("cases/base/food-new.json", "\"permits\"", "\"permitts\""), "cases more"),
        (edit("schema.toml", "[ban; 64]", "[ban; 0]"), "a list's bound is a number from 1 to 1000"),
        (
            edit("schema.toml", "applicant = \"applicant\"", "applicant = \"aplicant\""),
            "did you mean",
        ),
        (edit("schema.toml", "[facts]", "[facts"), "mend the TOML"),
        (edit("rules/15-competence.toml", "outcome = \"", "outcome = "), "mend the TOML"),
        (edit("rules/15-competence.toml", "outcome = \"", "outcome = \"x"), "unknown outcome"),
        (edit("params.toml", "is = 20", "is = \"20\""), "expected a whole number"),
        (edit("params.toml", "[[param]]", "[[param]"), "mend the TOML"),
        (edit("manifest.toml", "[[law]]", "[[law]"), "mend the TOML"),
        (
            edit("manifest.toml", "name = \"行政许可法\"", "nam = \"行政许可法\""),
            "unknown key 'nam'",
        ),
        (edit("catalogue.toml", "kind = \"number\"", "kind = \"nummer\""), "unknown kind"),
        (edit("guide.toml", "[[question]]", "[[question]"), "mend the TOML"),
    ]);
}

#[test]
fn a_file_that_is_not_there_is_told_and_nothing_that_follows() {
    let whole = zhangdian_files();
    for file in [
        "manifest.toml",
        "schema.toml",
        "params.toml",
        "calendar.toml",
        "catalogue.toml",
        "guide.toml",
    ] {
        let mut files = whole.clone();
        files.remove(file);
        is_one_problem(&files, "the file is missing", file);
    }
    let mut files = whole.clone();
    files.retain(|file, _| !file.starts_with("rules/"));
    is_one_problem(&files, "the edition has no rules", "no rules");
    // But what is wrong by itself is told beside it.
    let mut files = whole;
    files.remove("schema.toml");
    let text = files.get_mut("rules/15-competence.toml").unwrap();
    *text = text.replacen("outcome = \"", "outcome = \"x", 1);
    assert_eq!(problems(&files).len(), 2, "{:#?}", problems(&files));
}

#[test]
fn texts_are_what_people_write() {
    let with = |from: &str, to: &str| {
        let rule = rule("A", "shop.live");
        assert!(rule.contains(from), "{from}");
        small(&rule.replacen(from, to, 1))
    };
    let one = |files: &Files| {
        let problems = Rulebook::load(files).err().map_or_else(Vec::new, |problems| problems.0);
        let [problem] = &problems[..] else { panic!("{problems:#?}") };
        problem.to_string()
    };
    // Tags, the Hangul filler, a variation selector, a blank that does not break, a soft hyphen, the
    // ideographic blank, letters of other alphabets, doubles of Chinese characters, letters of their width.
    for code in [
        0xe_0041, 0x3164, 0xfe0f, 0xa0, 0xad, 0x3000, 0x0430, 0x0391, 0x2f00, 0xf900, 0xff21,
        0x0301, 0x202e, 0x200b, 0x7, 0xfeff,
    ] {
        let told = format!("a character that no text has (U+{code:04X})");
        for (from, to) in [
            ("zh = \"话\"", format!("zh = \"话\\U{code:08x}\"")),
            ("cite = \"c\"", format!("cite = \"c\\U{code:08x}\"")),
            ("shop.live", format!("shop.name == \"{}\"", char::from_u32(code).unwrap())),
        ] {
            // TOML itself refuses a control character that stands there as it is.
            if code != 0x7 || !from.starts_with("shop") {
                let shown = one(&with(from, &to));
                assert!(shown.contains(&told), "{shown}\ndoes not say: {told}");
            }
        }
    }
    let long = |count: usize| format!("zh = \"{}\"", "话".repeat(count));
    assert!(one(&with("zh = \"话\"", &long(801))).contains("has 801 characters, at most 800"));
    assert_eq!(problems_of(&with("zh = \"话\"", &long(800))), []);
    let code = format!("code = \"{}\"", "F".repeat(49));
    assert!(one(&with("code = \"FOUND\"", &code)).contains("at most 48 characters"));
    let cite = format!("cite = \"{}\"", "c".repeat(201));
    assert!(one(&with("cite = \"c\"", &cite)).contains("'cite' has 201 characters"));
    // What the law and its addresses need is there.
    for text in ["〔2021〕7号：“甲”、《乙》——第①项…", "50 m² ≥ 3·é"] {
        assert_eq!(problems_of(&with("zh = \"话\"", &format!("zh = \"话{text}\""))), []);
    }
}

fn problems_of(files: &Files) -> Vec<Problem> {
    Rulebook::load(files).err().map_or_else(Vec::new, |problems| problems.0)
}

#[test]
fn laws_are_cited_one_by_one_and_each_is_cited() {
    let table: &[(Edit, &str)] = &[
        (edit("manifest.toml", "name = \"消防法\"", "name = \"消防法、民法典\""), "part citations"),
        (
            edit(
                "manifest.toml",
                "name = \"消防法\"\nabout = [\"combined\"]",
                "name = \"消防法\"\nabout = []",
            ),
            "'about' is empty",
        ),
        (
            edit("manifest.toml", "[[law]]", "[[law]]\nname = \"道路法\"\n[[law]]"),
            "law 道路法: nothing cites it",
        ),
        (
            edit("manifest.toml", "version = ", "version = 9223372036854775807 # "),
            "not from 1 to 999999",
        ),
        (edit("calendar.toml", "\"2026-01-01", "\"2026-13-01"), "not a date"),
    ];
    for (Edit { file, from, to }, told) in table {
        let mut files = zhangdian_files();
        let text = files.get_mut(*file).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        *text = text.replacen(from, to, 1);
        let problems = problems(&files);
        assert!(problems.iter().any(|one| one.to_string().contains(told)), "{told}: {problems:#?}");
        assert!(problems.len() <= 3, "{problems:#?}");
    }
}

#[test]
fn every_mistake_of_the_calendar_is_told() {
    let mut files = zhangdian_files();
    let text = files.get_mut("calendar.toml").unwrap();
    *text = text.replacen("\"2020-01-19\"", "\"2020-01-99\"", 1).replacen(
        "year = 2026",
        "year = 2025",
        1,
    );
    let problems = problems(&files);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems.iter().all(|one| !one.remedy.is_empty() && one.file == "calendar.toml"));
}

#[test]
fn a_name_of_a_file_is_shown_as_it_is_written() {
    let mut files = zhangdian_files();
    files.insert("rules/\u{202e}a\n.toml.swp".to_owned(), String::new());
    let shown = Rulebook::load(&files).unwrap_err().to_string();
    assert!(shown.contains(r"error: rules/\u{202e}a\u{a}.toml.swp:1: "), "{shown}");
}

#[test]
fn a_case_without_its_base_and_a_base_without_its_case() {
    let mut files = zhangdian_files();
    files.insert("cases/base/nobody.json".to_owned(), "{}".to_owned());
    is_one_problem(&files, "no case begins with base/nobody.json", "unused base");
}

#[test]
fn many_definitions_take_no_longer_and_too_many_are_refused() {
    let define = |at: usize| {
        let name: String = format!("{at:04}").bytes().map(|b| char::from(b + 49)).collect();
        format!("[[define]]\nname = \"{name}\"\nwhen = 'shop.seats > {at}'\n")
    };
    let many = |count: usize| (0..count).map(define).collect::<String>() + &rule("A", "shop.live");
    let told = Rulebook::load(&small(&many(1001))).unwrap_err().to_string();
    assert!(told.contains("more than 1000 definitions"), "{told}");
    assert!(told.ends_with("1 error; edition not loaded"), "{told}");
}

#[test]
fn what_the_language_has_is_no_name() {
    for name in ["has", "size", "exists", "today", "if", "in"] {
        let define = format!("[[define]]\nname = \"{name}\"\nwhen = 'shop.live'\n");
        let shown =
            Rulebook::load(&small(&(define + &rule("A", "shop.live")))).unwrap_err().to_string();
        assert!(shown.contains(&format!("the language has a '{name}'")), "{shown}");
    }
}

#[test]
fn twins_are_found_in_other_words() {
    let table = [
        ("shop.seats > 3", "shop.seats >= 4", true),
        ("shop.seats > 3", "!(shop.seats < 4)", true),
        ("shop.seats > 3", "5 <= shop.seats + 1", false),
        ("size(shop.lines) > 3", "4 <= size(shop.lines)", true),
        ("size(shop.lines) != 0", "size(shop.lines) > 0", true),
        ("size(shop.lines) == 0", "size(shop.lines) < 1", true),
        ("shop.fee > money(\"3.00\")", "shop.fee >= money(\"3.01\")", true),
        ("shop.opened > date(\"2026-02-28\")", "shop.opened >= date(\"2026-03-01\")", true),
        ("shop.seats > 3", "shop.seats >= 5", false),
        ("shop.seats > 3", "shop.seats <= 3", false),
    ];
    for (one, other, same) in table {
        let files = small(&[rule("A", one), rule("B", other)].concat());
        let told = Rulebook::load(&files).err().map_or_else(String::new, |told| told.to_string());
        assert_eq!(told.contains("says the same as A"), same, "{one} | {other}\n{told}");
    }
}
