//! What changed between two editions: what it does to decisions, and what nobody may overlook.

use permit_kiosk::rules::Rulebook;
use permit_kiosk::rules::diff::{Action, Change, Diff, Edition, Effect, Subject, Turn, diff};

use super::edition::{Files, rule, small, zhangdian, zhangdian_files};

/// The differences of two small editions that are to be found: effect, subject, id, action.
type Wanted<'w> = (Effect, Subject, &'w str, Action);

/// A fact of its own for the shop, with its label.
pub(super) const YARD: [(&str, &str, &str); 2] = [
    ("schema.toml", "live = \"bool\"", "live = \"bool\"\n        yard = \"bool\""),
    ("schema.toml", "[label.shop]\n", "[label.shop]\nyard = { zh = \"院子\", en = \"yard\" }\n"),
];

fn compare(old: &Files, new: &Files) -> Diff {
    let load = |files| Rulebook::load(files).unwrap_or_else(|problems| panic!("{problems}"));
    let (before, after) = (load(old), load(new));
    diff(Edition { files: old, rulebook: &before }, Edition { files: new, rulebook: &after })
}

/// The small edition with two rules and a case, the base of most comparisons here.
pub(super) fn base() -> Files {
    let issue = rule("ISSUE", r#"shop.zone == "commercial""#)
        .replace("refer", "issue")
        .replace("\"FOUND\"", "\"OK\"");
    let seats = rule("SEATS", r#"shop.seats > param("seats.max")"#);
    let mut files = small(&format!("{issue}{seats}"));
    let shop = r#"{"application":{"service":"food/new"},"shop":{"zone":"commercial","seats":40,
        "fee":"0.00","opened":"2026-01-05","name":"n","live":true,"lines":[],"marks":[]}}"#;
    files.insert("cases/base/shop.json".to_owned(), shop.to_owned());
    let cases = r#"
[[case]]
id = "C1"
name = "a small shop"
today = 2026-11-23
base = "base/shop.json"
verdict = "ISSUE"
code = "OK"
fired = ["ISSUE"]
"#;
    files.insert("cases/all.toml".to_owned(), cases.to_owned());
    let promise = r#"
[[promise]]
version = "food/1"
title = { zh = "题", en = "t" }
text = { zh = "我承诺。", en = "I promise." }
"#;
    files.get_mut("catalogue.toml").unwrap().push_str(promise);
    files
}

/// The edition that follows: the next number, issued on 2026-12-01, with these edits.
pub(super) fn next(edits: &[(&str, &str, &str)]) -> Files {
    let mut files = base();
    let numbers = [
        ("manifest.toml", "version = 1", "version = 2"),
        ("manifest.toml", "issued = 2020-01-01", "issued = 2026-12-01"),
    ];
    for (file, old, new) in numbers.iter().chain(edits) {
        let text = files.get_mut(*file).unwrap();
        assert!(text.contains(old), "{file} has no {old}");
        *text = text.replace(old, new);
    }
    files
}

/// `edits` make these changes, besides the numbers of the edition, and these warnings.
#[track_caller]
fn check(edits: &[(&str, &str, &str)], wanted: &[Wanted<'_>], warnings: &[&str]) {
    let found = compare(&base(), &next(edits));
    let changes = found.changes.iter().filter(|change| change.subject != Subject::Manifest);
    let changes: Vec<Wanted<'_>> =
        changes.map(|c| (c.effect, c.subject, c.id.as_str(), c.action)).collect();
    assert_eq!(changes, wanted);
    let told: Vec<String> =
        found.warnings.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
    assert_eq!(told.len(), warnings.len(), "{told:#?}");
    for (told, wanted) in told.iter().zip(warnings) {
        assert!(told.contains(wanted), "{told} is not about {wanted}");
    }
}

#[test]
fn an_edition_does_not_differ_from_itself() {
    let files = zhangdian_files();
    let edition = Edition { files: &files, rulebook: zhangdian() };
    let found = diff(edition, edition);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(found.cases, zhangdian().cases().len());
}

#[test]
fn each_edit_has_its_effect() {
    use Action::{Added, Changed, Removed};
    use Effect::{Different, Milder, Stricter, Worded};
    let rules = "rules/all.toml";
    let outcome = [(rules, "outcome = \"refer\"", "outcome = \"supplement\"")];
    check(&outcome, &[(Stricter, Subject::Rule, "SEATS", Changed)], &[]);
    let outcome = [(rules, "outcome = \"refer\"", "outcome = \"offer_registration\"")];
    check(&outcome, &[(Milder, Subject::Rule, "SEATS", Changed)], &[]);

    let old = rule("SEATS", r#"shop.seats > param("seats.max")"#);
    let seats = old.as_str();
    let added = format!("{}{seats}", rule("NEW", "!shop.live"));
    check(&[(rules, seats, &added)], &[(Stricter, Subject::Rule, "NEW", Added)], &[]);
    check(&[(rules, seats, "")], &[(Milder, Subject::Rule, "SEATS", Removed)], &[]);

    let value = "is = 50 }";
    let later = [("params.toml", value, "is = 50 }, { from = 2027-01-01, is = 30 }")];
    check(&later, &[(Stricter, Subject::Parameter, "seats.max", Changed)], &[]);
    let later = [("params.toml", value, "is = 50 }, { from = 2027-01-01, is = 60 }")];
    check(&later, &[(Milder, Subject::Parameter, "seats.max", Changed)], &[]);

    let words = [("rules/all.toml", "message = { zh = \"话\"", "message = { zh = \"另一句话\"")];
    let both =
        [(Worded, Subject::Rule, "ISSUE", Changed), (Worded, Subject::Rule, "SEATS", Changed)];
    check(&words, &both, &[]);

    let labels = (Worded, Subject::Other, "schema.toml: label", Changed);
    let optional = [YARD[0], YARD[1], ("schema.toml", "yard = \"bool\"", "yard = \"bool?\"")];
    check(&optional, &[labels, (Effect::None, Subject::Fact, "shop.yard", Added)], &[]);
    let words = (Worded, Subject::Other, "schema.toml: word", Changed);
    let hot = [
        ("schema.toml", "\"cold\", \"hot\", \"raw\"", "\"cold\", \"hot\""),
        ("schema.toml", "\"raw\" = { zh = \"话raw\", en = \"raw\" }\n", ""),
    ];
    check(&hot, &[(Different, Subject::Words, "mark", Changed), words], &[]);
    let year = [(
        "calendar.toml",
        "[[year]]\nyear = 2026",
        "[[year]]\nyear = 2031\nnotice = \"n\"\noff = [\"2031-01-01\"]\nwork = []\n\n[[year]]\nyear = 2026",
    )];
    check(&year, &[(Different, Subject::Calendar, "2031", Added)], &[]);
}

#[test]
fn what_lawyers_must_not_miss_is_told_first() {
    use Action::Changed;
    use Effect::{Different, Milder, Worded};
    let past = [("params.toml", "is = 50 }", "is = 60 }")];
    let parameter = (Milder, Subject::Parameter, "seats.max", Changed);
    check(
        &past,
        &[parameter],
        &["past_value_edited\",\"parameter\":\"seats.max\",\"from\":\"2000-01-01"],
    );

    let code = [("rules/all.toml", "code = \"FOUND\"", "code = \"TOO_LARGE\"")];
    check(
        &code,
        &[(Different, Subject::Rule, "SEATS", Changed)],
        &["id_reused\",\"rule\":\"SEATS\",\"because\":\"code"],
    );
    let facts = [(
        "rules/all.toml",
        "shop.seats > param(\"seats.max\")",
        "has(shop.grade) && shop.grade > 3",
    )];
    check(&facts, &[(Different, Subject::Rule, "SEATS", Changed)], &["\"because\":\"facts"]);

    let promise = [("catalogue.toml", "I promise.", "I promise more.")];
    check(
        &promise,
        &[(Worded, Subject::Promise, "food/1", Changed)],
        &["promise_rewritten\",\"version\":\"food/1"],
    );

    let first_day = [("manifest.toml", "from = 2000-01-01", "from = 2001-01-01")];
    check(
        &first_day,
        &[(Different, Subject::RuleSet, "R1", Changed)],
        &["rule_set_moved\",\"rule_set\":\"R1"],
    );

    let day = [("calendar.toml", "\"2026-06-19..2026-06-21\"", "\"2026-06-18..2026-06-21\"")];
    check(
        &day,
        &[(Different, Subject::Calendar, "2026", Changed)],
        &["past_days_edited\",\"days\":[\"2026-06-18\"],\"count\":1"],
    );

    let number = [("manifest.toml", "version = 2", "version = 1")];
    check(&number, &[], &["number_not_raised"]);

    // The law that follows: only one of the two rules is written into it.
    let follows = [
        (
            "manifest.toml",
            "from = 2000-01-01\n",
            "from = 2000-01-01\n[[rule_set]]\nname = \"R2\"\nfrom = 2027-03-01\n",
        ),
        (
            "rules/all.toml",
            "code = \"OK\"\nrule_set = [\"R1\"]",
            "code = \"OK\"\nrule_set = [\"R1\", \"R2\"]",
        ),
    ];
    let wanted = [
        (Milder, Subject::Rule, "SEATS", Changed),
        (Different, Subject::RuleSet, "R2", Action::Added),
        (Effect::None, Subject::Rule, "ISSUE", Changed),
    ];
    check(&follows, &wanted, &["rule_not_carried\",\"rule\":\"SEATS\",\"into\":[\"R2\"]"]);
}

#[test]
fn a_condition_written_otherwise_is_the_same_and_its_turn_is_proved_from_the_text() {
    let same = None;
    let (wider, narrower, other) = (Some(Turn::Wider), Some(Turn::Narrower), Some(Turn::Other));
    for (old, new, turn) in [
        ("shop.seats > 5", "(5 <   shop.seats)", same),
        ("shop.live && shop.seats > 5", "shop.seats > 5 && (shop.live == true)", same),
        ("!(shop.live && shop.seats > 5)", "!shop.live || shop.seats <= 5", same),
        (r#"shop.zone == "mixed""#, "shop.zone in ['mixed']", same),
        ("shop.lines.exists(l, l.count > 3)", "shop.lines.exists(x, 3 < x.count)", same),
        ("shop.seats > 5", "shop.seats > 4", wider),
        ("shop.seats > 5", "shop.seats >= 5", wider),
        ("shop.seats > 5", "shop.seats > 5 && shop.live", narrower),
        ("shop.seats > 5", "shop.seats > 5 || shop.live", wider),
        ("shop.seats > 5 && shop.live", "shop.seats > 4 && shop.live", wider),
        (r#"!(shop.zone in ["mixed"])"#, r#"!(shop.zone in ["mixed", "commercial"])"#, narrower),
        ("shop.lines.exists(l, l.count > 3)", "shop.lines.exists(l, l.count > 4)", narrower),
        ("shop.lines.all(l, l.count > 3)", "shop.lines.exists(l, l.count > 3)", other),
        ("shop.seats > 5", "shop.live", other),
        ("shop.seats > 5 && shop.live", "shop.seats > 4 && !shop.live", other),
        ("shop.seats > 5", "annex != null && annex.seats > 5", other),
    ] {
        let found = compare(&small(&rule("A", old)), &small(&rule("A", new)));
        let aspects = found.changes.iter().flat_map(|change: &Change| &change.aspects);
        let when = aspects.filter(|aspect| aspect.key == "when").map(|aspect| aspect.turn).next();
        assert_eq!(when.flatten(), turn, "{old}\n{new}");
    }
}

#[test]
fn a_case_of_either_edition_is_an_example_where_its_verdict_differs() {
    // A shop of 40 seats: issued before, referred after.
    let cases = [
        ("params.toml", "is = 50 }", "is = 50 }, { from = 2026-11-01, is = 30 }"),
        (
            "cases/all.toml",
            "verdict = \"ISSUE\"\ncode = \"OK\"\nfired = [\"ISSUE\"]",
            "verdict = \"REFER\"\ncode = \"FOUND\"\nfired = [\"SEATS\", \"ISSUE\"]",
        ),
    ];
    let found = compare(&base(), &next(&cases));
    let examples = serde_json::to_value(&found.examples).unwrap();
    let wanted = serde_json::json!([{
        "case": "C1", "name": "a small shop", "of": "both", "service": "food/new",
        "today": "2026-11-23",
        "old": {"decided": {"verdict": "ISSUE", "code": "OK", "rules": ["ISSUE"]}},
        "new": {"decided": {"verdict": "REFER", "code": "FOUND", "rules": ["SEATS", "ISSUE"]}},
    }]);
    assert_eq!(examples, wanted);
    assert_eq!(found.cases, 1);

    // The facts of a case that the other schema cannot take are told, not skipped.
    let yard = [
        YARD[0],
        YARD[1],
        ("cases/base/shop.json", "\"live\":true", "\"live\":true,\"yard\":true"),
    ];
    let found = compare(&base(), &next(&yard));
    let told = serde_json::to_string(&found.examples).unwrap();
    assert!(told.contains(r#""of":"new""#) && told.contains(r#""of":"old""#), "{told}");
    assert!(told.contains("shop.yard: unknown field"), "{told}");
    assert!(told.contains("shop.yard: missing"), "{told}");
}

/// An edition's files in a folder.
pub(super) fn write(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn the_command_says_it_in_words_a_lawyer_reads() {
    let tells = |rules: &str, zh: &str, en: &str| {
        rules.replace("zh = \"话\", en = \"m\"", &format!("zh = \"{zh}\", en = \"{en}\""))
    };
    let yard = rule("YARD", "!shop.live && size(shop.lines) > 0");
    let yard =
        tells(&yard, "停业的店不能当场办理。", "A shop that is closed is not served on the spot.");
    let edits = [
        ("params.toml", "is = 50 }", "is = 55 }, { from = 2027-01-01, is = 30 }"),
        ("params.toml", "\"mixed\", \"residential\"", "\"mixed\""),
        ("catalogue.toml", "我承诺。", "我郑重承诺。"),
        ("rules/all.toml", "outcome = \"issue\"", "outcome = \"file\""),
        ("rules/all.toml", "shop.seats > param", "shop.live && shop.seats > param"),
        ("cases/all.toml", "ISSUE\"\ncode", "FILE\"\ncode"),
    ];
    let mut new = next(&edits);
    new.get_mut("rules/all.toml").unwrap().push_str(&yard);
    let (old, new) = (write(&base()), write(&new));
    for (form, golden) in [
        (&["--lang", "zh"][..], "diff.zh.txt"),
        (&["--lang", "en"], "diff.en.txt"),
        (&["--json"], "diff.json"),
    ] {
        let folders = [old.path(), new.path()].map(|path| path.to_str().unwrap());
        let arguments = [&["rules", "diff"], &folders[..], form].concat();
        let output = super::command::run(&arguments, "");
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        // Every text of the edition counts into its digest, those of no rule too.
        let said = String::from_utf8(output.stdout).unwrap();
        let said: String =
            said.split_inclusive('\n').filter(|line| !line.contains("\"digest\":")).collect();
        let path = format!("{}/tests/golden/rules/{golden}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &said).unwrap();
        }
        assert_eq!(said, std::fs::read_to_string(&path).unwrap(), "{golden}");
    }
    let same = [old.path().to_str().unwrap(); 2];
    let output = super::command::run(&[&["rules", "diff"], &same[..]].concat(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn articles_and_laws_are_told_in_words() {
    let mut old = base();
    let manifest = old.get_mut("manifest.toml").unwrap();
    manifest.push_str("\n[[law]]\nname = \"c\"\n[[law]]\nname = \"旧法\"\n");
    let mut new = old.clone();
    let text = new.get_mut("rules/all.toml").unwrap();
    let article =
        "cite = [{ about = [\"food\"], until = 2009-12-31, is = \"旧法 第二条\" }, { is = \"c\" }]";
    *text = text.replacen("cite = \"c\"", article, 1);
    let text = new.get_mut("manifest.toml").unwrap();
    *text = text.replacen("name = \"旧法\"", "name = \"旧法\"\nuntil = 2020-12-31", 1);
    text.push_str("[[law]]\nname = \"新法\"\nfrom = 2021-01-01\nabout = [\"food\"]\n");
    let (old, new) = (write(&old), write(&new));
    for (lang, wanted) in [
        (
            "zh",
            [
                "旧法 第二条（食品经营，至 2009-12-31）",
                "可引用的法律 新法",
                "食品经营，自 2021-01-01",
                "截止日：（无） → 2020-12-31",
            ],
        ),
        (
            "en",
            [
                "旧法 第二条 (food business, until 2009-12-31)",
                "law that may be cited 新法",
                "food business, from 2021-01-01",
                "last day: (none) → 2020-12-31",
            ],
        ),
    ] {
        let folders = [old.path(), new.path()].map(|path| path.to_str().unwrap());
        let arguments = [&["rules", "diff"], &folders[..], &["--lang", lang]].concat();
        let output = super::command::run(&arguments, "");
        let said = String::from_utf8(output.stdout).unwrap();
        for wanted in wanted {
            assert!(said.contains(wanted), "{said}\ndoes not say: {wanted}");
        }
        assert!(!said.contains(['{', '}']), "{said}");
    }
}
