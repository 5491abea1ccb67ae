//! Plausible mistakes of an author of rules: each is refused when the edition is loaded, and told so
//! that it can be mended. Elsewhere they load, and decide wrongly in silence.

use jiff::civil::date;
use permit_kiosk::rulebooks;
use permit_kiosk::rules::{Problem, Rulebook, decide_document};
use serde_json::json;

use super::edition::{Files, rule, small, zhangdian_files};

fn problems(files: &Files) -> Vec<Problem> {
    let problems = Rulebook::load(files).err().map_or_else(Vec::new, |problems| problems.0);
    assert!(problems.iter().all(|problem| !problem.remedy.is_empty()), "{problems:#?}");
    problems
}

/// The edition has one problem, and its text or remedy says `told`.
#[track_caller]
fn check(files: &Files, told: &str) {
    let problems = problems(files);
    let [problem] = &problems[..] else {
        panic!("{} problems instead of one: {problems:#?}", problems.len());
    };
    let shown = problem.to_string();
    assert!(shown.contains(told), "{shown}\ndoes not say: {told}");
}

#[track_caller]
fn check_when(when: &str, told: &str) {
    check(&small(&rule("A", when)), told);
}

#[track_caller]
fn check_good(when: &str) {
    let problems = problems(&small(&rule("A", when)));
    assert!(problems.is_empty(), "{when}\n{problems:#?}");
}

#[test]
fn each_plausible_mistake_in_a_condition_is_refused() {
    let table = [
        // names
        ("shop.seatz > 5", "shop has no field 'seatz' (did you mean 'seats'?)"),
        ("shp.seats > 5", "unknown name 'shp' (did you mean 'shop'?)"),
        ("!shop.livee", "shop has no field 'livee' (did you mean 'live'?)"),
        ("has(shop.grad)", "shop has no field 'grad' (did you mean 'grade'?)"),
        ("shop.lines.kind == \"mixed\"", "has no field 'kind'"),
        ("shop.zone.name == \"mixed\"", "has no field 'name'"),
        // closed enums
        (
            "shop.zone == \"residental\"",
            "\"residental\" is not a value of enum(mixed|commercial|residential) (did you mean 'residential'?)",
        ),
        ("shop.zone != \"Mixed\"", "\"Mixed\" is not a value of"),
        ("shop.zone in [\"mixed\", \"comercial\"]", "did you mean 'commercial'?"),
        ("\"colt\" in shop.marks", "\"colt\" is not a value of"),
        ("shop.lines.exists(l, \"colt\" in l.marks)", "\"colt\" is not a value of"),
        ("application.service == \"food/nwe\"", "did you mean 'food/new'?"),
        // types
        ("shop.marks == \"cold\"", "cannot be compared with"),
        ("shop.zone in \"mixed\"", "`in` needs a list"),
        ("shop.fee > 5000", "write amounts as money(\"5000.00\")"),
        ("shop.fee > money(\"5000\")", "\"5000\" is not an amount"),
        ("shop.fee > 5000.00", "there are no decimal fractions"),
        ("shop.opened > \"2026-01-01\"", "write days as date(\"2026-11-23\")"),
        ("shop.opened > date(\"2026-02-30\")", "\"2026-02-30\" is not a day"),
        ("shop.opened + 30 < today", "use add_days()"),
        ("shop.live == \"true\"", "true and false are written without quotes"),
        ("shop.seats", "the condition is an int, not bool"),
        ("shop.seats == \"5\"", "cannot be compared with"),
        ("shop.zone > \"mixed\"", "cannot be ordered against"),
        ("shop.name > \"a\"", "cannot be ordered against"),
        ("size(shop.name) > 3", "it counts lists"),
        ("!shop.seats", "expected a bool"),
        // guards
        ("shop.closed < today", "shop.closed may be missing: guard with has(shop.closed)"),
        ("has(shop.closed) || shop.closed < today", "guard with has(shop.closed)"),
        ("!has(shop.closed) && shop.closed < today", "guard with has(shop.closed)"),
        ("shop.closed < today && has(shop.closed)", "guard with has(shop.closed)"),
        ("annex.seats > 5", "annex may be missing: guard with annex != null"),
        ("annex == null && annex.seats > 5", "guard with annex != null"),
        ("annex != null && annex.name == \"x\"", "guard with has(annex.name)"),
        ("shop.lines.exists(l, l.until < today)", "guard with has(l.until)"),
        ("(has(shop.closed) ? shop.live : shop.closed < today)", "guard with has(shop.closed)"),
        ("has(shop.closed) && shop.closed == null", "write has(shop.closed)"),
        ("has(annex)", "for a root write annex != null"),
        ("has(shop.seats)", "this has() is always true"),
        ("shop != null", "shop is always there"),
        // nonsense that would hold always or never
        ("true", "looks at no fact"),
        ("today > date(\"2026-01-01\")", "use from and until"),
        ("accepted > date(\"2026-01-01\")", "use from and until"),
        ("shop.live || 1 == 1", "compares a thing with itself"),
        ("shop.live || 1 == 2", "compares two constants"),
        ("shop.seats >= shop.seats", "compares a thing with itself"),
        ("shop.zone == \"mixed\" && shop.zone == \"commercial\"", "this can never be true"),
        ("shop.zone != \"mixed\" || shop.zone != \"commercial\"", "this is always true"),
        ("shop.lines.exists(l, shop.live)", "does not look at 'l'"),
        ("shop.name.contains(\"\")", "every text contains the empty one"),
        ("shop.zone in []", "nothing is in an empty list"),
        ("shop.zone in [\"mixed\", \"mixed\"]", "in the list twice"),
        // functions and syntax
        (
            "add_dais(shop.opened, 3) < today",
            "unknown function 'add_dais' (did you mean 'add_days'?)",
        ),
        ("now() > shop.opened", "no clock"),
        ("add_days(shop.opened) < today", "takes 2 arguments, here are 1"),
        ("exists(shop.lines, l, l.count > 1)", "write list.exists(…)"),
        ("shop.lines.any(l, l.count > 1)", "unknown method 'any'"),
        ("shop.lines.exists(shop, shop.count > 1)", "'shop' already means something else here"),
        (
            "shop.lines.exists(l, shop.lines.exists(l, l.count > 1))",
            "'l' already means something else",
        ),
        (
            "shop.seats > param(\"seat.max\")",
            "unknown parameter \"seat.max\" (did you mean 'seats.max'?)",
        ),
        ("shop.seats = 5", "equality is written =="),
        ("shop.live & shop.live", "and is written &&"),
        ("shop.seats > 5 and shop.live", "found 'and'"),
        ("(shop.seats > 5", "found the end, expected ')'"),
        ("shop.name == \"x", "the text is not closed"),
        ("shop.lines[0].count > 1", "lists have no index"),
        ("shop.live，", "use the signs of a Latin keyboard"),
        ("1 < shop.seats < 9", "found '<', expected the expression to end here"),
    ];
    for (when, told) in table {
        check_when(when, told);
    }
}

#[test]
fn guards_flow_as_the_values_do() {
    for when in [
        "has(shop.closed) && shop.closed < today",
        "!has(shop.closed) || shop.closed < today",
        "!(!has(shop.closed)) && shop.closed < today",
        "!(!has(shop.closed) || shop.closed < today)",
        "shop.live && has(shop.closed) && (shop.seats > 1 || shop.closed < today)",
        "(has(shop.closed) && has(shop.grade)) && shop.closed < today && shop.grade > 1",
        "(has(shop.closed) || has(shop.closed) && shop.live) && shop.closed < today",
        "has(shop.closed) ? shop.closed < today : shop.live",
        "annex != null && annex.seats > 5",
        "annex == null || annex.seats > 5",
        "annex != null && has(annex.name) && annex.name == \"x\"",
        "shop.lines.exists(l, has(l.until) && l.until < today)",
        "has(shop.closed) && shop.lines.all(l, shop.closed > today || l.count > 1)",
        "shop.zone in param(\"zones\")",
        "param(\"zones\").exists(z, z == shop.zone)",
        "size(shop.lines.filter(l, l.count > 2)) >= 2",
    ] {
        check_good(when);
    }
}

/// A rule with one line replaced.
fn with(line: &str, by: &str) -> Files {
    let rule = rule("A", "has(shop.closed) && shop.closed < today && shop.live");
    assert!(rule.contains(line), "the rule has no line {line}");
    small(&rule.replace(line, by))
}

#[test]
fn each_plausible_mistake_around_a_condition_is_refused() {
    let table = [
        ("cite = \"c\"\n", "", "'cite' is missing"),
        ("cite = \"c\"", "cite = \" \"", "'cite' is empty"),
        ("en = \"m\" }", "}", "'en' is missing"),
        (
            "message = { zh = \"话\", en = \"m\" }\n",
            "",
            "'message.zh' and 'message.en' are missing",
        ),
        ("outcome = \"refer\"", "outcome = \"reject\"", "unknown outcome 'reject'"),
        ("outcome = \"refer\"", "outcome = \"refer_onsit\"", "did you mean 'refer_onsite'?"),
        ("cite =", "unles = \"x\"\ncite =", "unknown key 'unles'"),
        ("applies =", "aplies =", "unknown key 'aplies' (did you mean 'applies'?)"),
        ("[\"any\"]", "[\"food/nwe\"]", "unknown service 'food/nwe' (did you mean 'food/new'?)"),
        ("[\"any\"]", "[]", "'applies' is missing"),
        ("[\"R1\"]", "[\"R2\"]", "unknown rule set 'R2'"),
        ("[\"R1\"]", "[]", "'rule_set' is missing"),
        ("cite =", "from = 2026-02-01\nuntil = 2026-01-01\ncite =", "'until' is before 'from'"),
        ("cite =", "from = \"2026-02-01\"\ncite =", "'from' is not a date"),
        ("cite =", "due_workdays = 0\ncite =", "not between 1 and 250"),
        ("cite =", "due_workdays = 5\ndue = 'today'\ncite =", "both 'due' and 'due_workdays'"),
        ("cite =", "due = 'shop.seats'\ncite =", "'due' is int, not a date"),
        ("cite =", "due = 'shop.grade'\ncite =", "guard with has(shop.grade)"),
        (
            "en = \"m\"",
            "en = \"{shop.grade}\"",
            "{shop.grade}: shop.grade may be missing: guard with has(shop.grade)",
        ),
        ("en = \"m\"", "en = \"{shop.seatz}\"", "did you mean 'seats'?"),
        ("en = \"m\"", "en = \"{shop.zone}\"", "has no words of its own"),
        ("en = \"m\"", "en = \"{due}\"", "unknown name 'due'"),
        ("en = \"m\"", "en = \"{shop.seats\"", "a brace without its other"),
        ("id = \"A\"", "id = \"a rule\"", "'id' is not made of capitals and digits"),
        ("when = ", "when = 5 #", "'when' is not a text"),
        ("code = \"FOUND\"", "code = \"FOUND", "error:"),
        ("[\"R1\"]", "[\"R1\", \"R1\"]", "'rule_set' names 'R1' twice"),
        (
            "applies = [\"any\"]",
            "applies = [\"food/new\", \"food/new\"]",
            "'applies' names 'food/new' twice",
        ),
        ("cite = \"c\"", "cite = \"c {shop.seats}\"", "'cite' has a brace"),
        ("cite = \"c\"", "cite = \"c }\"", "'cite' has a brace"),
        ("cite = \"c\"", "cite = \"c\\u0007\"", "a character that no text has (U+0007)"),
        ("zh = \"话\"", "zh = \"words\"", "'zh' has no Chinese character"),
        ("en = \"m\"", "en = \"the 话\"", "'en' has a Chinese character"),
        ("en = \"m\"", "en = \"m\\u202e\"", "a character that no text has (U+202E)"),
        ("zh = \"话\"", "zh = \"话\\u200b\"", "a character that no text has (U+200B)"),
        (
            "cite =",
            "due = 'add_workdays(today, -3)'\ncite =",
            "counts 0 to 1000 working days, not -3",
        ),
        ("cite =", "due = 'add_workdays(today, 1001)'\ncite =", "not 1001"),
        ("cite = \"c\"", "cite = []", "'cite' is empty"),
        ("cite = \"c\"", "cite = [\"c\"]", "an element of 'cite' is not a table"),
        ("cite = \"c\"", "cite = [{ about = [\"food\"] }]", "'is' is missing"),
        ("cite = \"c\"", "cite = [{ abuot = [\"food\"], is = \"c\" }]", "unknown key 'abuot'"),
        (
            "cite = \"c\"",
            "cite = [{ about = [\"fod\"], is = \"c\" }]",
            "no service begins with 'fod/' (did you mean 'food'?)",
        ),
        (
            "cite = \"c\"",
            "cite = [{ about = [\"food\"], is = \"c\" }]",
            "'cite' names no article for combined/… under R1",
        ),
        (
            "cite = \"c\"",
            "cite = [{ from = 2010-01-01, is = \"c\" }]",
            "no article for combined/… under R1 on 2000-01-01",
        ),
        (
            "cite = \"c\"",
            "cite = [{ is = \"c\" }, { about = [\"food\"], is = \"d\" }]",
            "this article is never cited",
        ),
    ];
    for (line, by, told) in table {
        let files = with(line, by);
        let shown: Vec<String> = problems(&files).iter().map(ToString::to_string).collect();
        assert!(!shown.is_empty(), "{line} → {by} was accepted");
        assert!(
            shown.iter().any(|one| one.contains(told)),
            "{line} → {by}\n{shown:#?}\nno: {told}"
        );
    }
    // What the guard of the condition covers may be named in the texts.
    let good = with("en = \"m\"", "en = \"closed on {shop.closed}, {shop.seats} seats\"");
    assert_eq!(problems(&good), []);
}

#[test]
fn every_problem_is_told_at_once_with_file_line_and_mark() {
    let rules = [
        rule("A", "shop.zone == \"residental\" && shop.seats > 22"),
        rule("B", "shop.live").replace("en = \"m\"", "en = \"{shop.closed}\""),
    ]
    .concat();
    let shown = Rulebook::load(&small(&rules)).unwrap_err().to_string();
    let wanted = "\
error: rules/all.toml:7: A: \"residental\" is not a value of enum(mixed|commercial|residential) (did you mean 'residential'?)
   | shop.zone == \"residental\" && shop.seats > 22
   |              ^
   = the values of zone are declared in schema.toml
error: rules/all.toml:19: B: message.en: {shop.closed}: shop.closed may be missing: guard with has(shop.closed)
   | {shop.closed}
   |  ^
   = of what may be missing nothing is asked before it is known to be there
2 errors; edition not loaded";
    assert_eq!(shown, wanted);
}

/// A rule that cites by law, where the manifest says what may be cited.
#[track_caller]
fn check_cited(cite: &str, told: Option<&str>) {
    let mut files =
        small(&rule("A", "shop.live").replace("cite = \"c\"", &format!("cite = {cite}")));
    let manifest = files.get_mut("manifest.toml").unwrap();
    manifest.push_str(
        "\n[[rule_set]]\nname = \"R2\"\nfrom = 2010-01-01\n[[law]]\nname = \"c\"\n\
         [[law]]\nname = \"旧法\"\nuntil = 2009-12-31\nabout = [\"food\"]\n\
         [[law]]\nname = \"新法\"\nfrom = 2010-01-01\n",
    );
    let rules = files.get_mut("rules/all.toml").unwrap();
    *rules = rules.replacen("[\"R1\"]", "[\"R1\", \"R2\"]", 1);
    match told {
        Some(told) => {
            let shown: Vec<String> = problems(&files).iter().map(ToString::to_string).collect();
            assert!(shown.iter().any(|one| one.contains(told)), "{shown:#?}\ndoes not say: {told}");
            // One problem of each kind for one citation, not one for each service.
            assert!(shown.len() <= 2, "{shown:#?}");
        }
        None => assert_eq!(problems(&files), []),
    }
}

#[test]
fn only_the_law_of_the_day_and_of_the_matter_is_cited() {
    check_cited("\"c\"", None);
    check_cited("\"c 第一条；c\"", None);
    check_cited("\"cc 第一条\"", Some("'cc 第一条' cites no law known here (did you mean 'c'?)"));
    check_cited("\"新法 第一条\"", Some("cites 新法 for 2000-01-01, when it is not in force"));
    check_cited("\"c；旧法 第二条\"", Some("cites 旧法 about combined/…"));
    let split = |rest: &str| {
        format!("[{{ about = [\"food\"], until = 2009-12-31, is = \"旧法 第二条\" }}, {rest}]")
    };
    check_cited(&split("{ rule_set = [\"R1\"], is = \"c\" }, { is = \"新法 第一条\" }"), None);
    check_cited(
        &split("{ is = \"新法 第一条\" }"),
        Some("for 2000-01-01, when it is not in force"),
    );
    let late = "[{ about = [\"food\"], is = \"旧法\" }, { is = \"c\" }]";
    check_cited(late, Some("cites 旧法 for 9999-12-31, when it is not in force"));
}

/// What an applicant is told by its law: the same rule, under two laws and about two kinds of permit.
#[test]
fn a_rule_cites_what_holds_where_it_speaks() {
    let cite = "[{ about = [\"food\"], until = 2019-12-31, is = \"old\" }, \
                { about = [\"food\"], is = \"food\" }, { is = \"all\" }]";
    let written = rule("A", "shop.live").replace("cite = \"c\"", &format!("cite = {cite}"));
    let rulebook = Rulebook::load(&small(&written)).unwrap_or_else(|problems| panic!("{problems}"));
    for (service, today, wanted) in [
        ("food/new", date(2019, 12, 31), "old"),
        ("food/new", date(2020, 1, 1), "food"),
        ("hygiene/new", date(2019, 12, 31), "all"),
    ] {
        let document = json!({
            "application": { "service": service },
            "shop": {
                "zone": "mixed", "seats": 30, "fee": "1.00", "opened": "2016-01-01", "name": "n",
                "live": true, "lines": [], "marks": [],
            },
        });
        let decision = decide_document(&rulebook, &document, today);
        assert_eq!(decision.findings[0].citation, wanted, "{service} {today}");
        // The law of one day for every day has its article too.
        let law = rulebook.with_law_of(today).unwrap();
        let later = decide_document(&law, &document, date(2026, 11, 23));
        assert_eq!(later.findings[0].citation, wanted, "{service} {today}, later");
    }
}

#[test]
fn conditions_that_say_the_same_in_other_words_are_one() {
    let table = [
        ("shop.live && shop.seats > 5", "shop.seats > 5 && shop.live"),
        ("shop.live && shop.seats > 5", "5 < shop.seats && shop.live"),
        ("shop.live || shop.seats > 5", "!(shop.seats <= 5 && !shop.live)"),
        ("shop.zone in [\"mixed\", \"commercial\"]", "shop.zone in [\"commercial\", \"mixed\"]"),
        ("shop.name in [\"a\", \"b\"]", "shop.name in [\"b\", \"a\"]"),
        ("shop.lines.exists(l, l.count > 1)", "!shop.lines.all(m, m.count <= 1)"),
        ("days_between(shop.opened, today) > 3", "3 < days_between( shop.opened,today )"),
    ];
    for (one, other) in table {
        check(&small(&[rule("A", one), rule("B", other)].concat()), "B: says the same as A");
        check(&small(&[rule("A", other), rule("B", one)].concat()), "B: says the same as A");
    }
    for (one, other) in [
        ("shop.live && shop.seats > 5", "shop.live && shop.seats >= 5"),
        ("shop.live && shop.seats > 5", "shop.live || shop.seats > 5"),
        ("days_between(shop.opened, today) > 3", "days_between(today, shop.opened) > 3"),
        ("shop.lines.exists(l, l.count > 1)", "shop.lines.all(l, l.count > 1)"),
        ("shop.seats - 1 > 5", "1 - shop.seats > 5"),
    ] {
        assert_eq!(problems(&small(&[rule("A", one), rule("B", other)].concat())), []);
    }
}

#[test]
fn no_grant_is_the_exception_to_a_stop() {
    let general = |outcome: &str| {
        rule("GENERAL", "shop.live").replace("\"refer\"", &format!("\"{outcome}\""))
    };
    let exception = |outcome: &str| {
        let by = format!("\"{outcome}\"\noverrides = [\"GENERAL\"]");
        rule("EXCEPTION", "shop.seats < 50").replace("\"refer\"", &by)
    };
    for barred in ["stop", "refuse_accept", "not_competent"] {
        for grant in ["issue", "file"] {
            let files = small(&[general(barred), exception(grant)].concat());
            check(
                &files,
                "EXCEPTION: grants, and overrides GENERAL, which says that nothing may be granted",
            );
        }
        assert_eq!(problems(&small(&[general(barred), exception("refer")].concat())), []);
    }
    assert_eq!(problems(&small(&[general("refer_onsite"), exception("issue")].concat())), []);
}

#[test]
fn what_follows_from_another_mistake_is_not_told() {
    // A parameter that cannot be read, and a file of them that cannot be.
    let rules = [
        rule("A", "shop.seats > param(\"seats.max\")"),
        rule("B", "shop.zone in param(\"zones\")"),
        "[[define]]\nname = \"full\"\nwhen = 'shop.seats > param(\"seats.max\")'\n".to_owned(),
        rule("C", "shop.live && full"),
    ]
    .concat();
    let good = small(&rules);
    assert_eq!(problems(&good), []);
    let edited = |from: &str, to: &str| {
        let mut files = good.clone();
        let params = files.get_mut("params.toml").unwrap();
        assert!(params.contains(from));
        *params = params.replacen(from, to, 1);
        files
    };
    check(
        &edited(
            "values = [{ from = 2000-01-01, is = 50 }]",
            "values = [{ from = 2000-01-01, is = 50 }",
        ),
        "mend the TOML",
    );
    check(&edited("type = \"int\"", "type = \"itn\""), "unknown type 'itn'");
    // But what is really not there is.
    let shown = problems(&small(&rule("A", "shop.seats > param(\"seats.mx\")")));
    assert_eq!(shown.len(), 1, "{shown:#?}");
}

#[test]
fn an_edition_to_decide_by_was_tried_and_its_switches_are_connected() {
    let tried = |files: &Files| {
        let problems = Rulebook::load_tried(files, Vec::new());
        problems.err().map_or_else(Vec::new, |problems| problems.0)
    };
    let whole = zhangdian_files();
    assert_eq!(tried(&whole), []);
    let mut untried = whole.clone();
    untried.retain(|file, _| !file.starts_with("cases/"));
    let [problem] = &tried(&untried)[..] else { panic!("{:#?}", tried(&untried)) };
    assert!(
        problem.to_string().starts_with("error: cases/:1: the edition has no cases"),
        "{problem}"
    );
    let mut loose = whole;
    loose.get_mut("params.toml").unwrap().push_str(
        "\n[[param]]\nname = \"loose\"\ntype = \"int\"\nsource = \"s\"\nvalues = [{ from = 2019-12-01, is = 1 }]\n",
    );
    let [problem] = &tried(&loose)[..] else { panic!("{:#?}", tried(&loose)) };
    assert!(problem.text.contains("param loose: no rule reads it"), "{problem}");
}

/// What cannot be read is one problem of its file; the others are told all the same.
#[test]
fn an_unreadable_file_hides_no_other_mistake() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in small(&rule("A", "shop.seatz > 5")) {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let rules = folder.path().join("rules");
    std::fs::create_dir_all(folder.path().join("cases")).unwrap();
    std::fs::write(folder.path().join("cases/none.toml"), "").unwrap();
    std::fs::write(rules.join("long.toml"), " ".repeat(Rulebook::FILE_BYTES_MAX + 1)).unwrap();
    std::fs::write(rules.join("picture.toml"), b"# one\n# two\n\xff\xd8").unwrap();
    std::os::unix::fs::symlink("all.toml", rules.join("link.toml")).unwrap();
    std::fs::write(folder.path().join("calendar.toml"), b"\xff").unwrap();
    let (files, unread) = rulebooks::examine(folder.path()).unwrap();
    let shown = Rulebook::load_tried(&files, unread).unwrap_err().to_string();
    for told in [
        "rules/all.toml:7: A: shop has no field 'seatz'",
        "rules/long.toml:1: has more than 524288 bytes",
        "rules/picture.toml:3: is not UTF-8 text from byte 12 on",
        "rules/link.toml:1: is a link, a pipe or a folder too deep",
        "calendar.toml:1: is not UTF-8 text",
        "\n5 errors; edition not loaded",
    ] {
        assert!(shown.contains(told), "{shown}\ndoes not say {told}");
    }
    // A published file has its limits too, and the rest of it is looked at.
    let mut files = small(&rule("A", "shop.seatz > 5"));
    files.insert("rules/long.toml".to_owned(), " ".repeat(Rulebook::FILE_BYTES_MAX + 1));
    assert_eq!(problems(&files).len(), 2);
}

#[test]
fn two_rules_with_one_id_are_refused() {
    let rules = [rule("A", "shop.live"), rule("A", "shop.seats > 5")].concat();
    check(&small(&rules), "A: the id stands in rules/all.toml:1 too");
}

#[test]
fn what_never_speaks_is_refused() {
    let unused = "[[define]]\nname = \"full\"\nwhen = 'shop.seats > 9'\n";
    check(&small(&format!("{unused}{}", rule("A", "shop.live"))), "define full: no rule uses it");
    let good = small(&format!("{unused}{}", rule("A", "shop.live && full")));
    assert!(problems(&good).is_empty(), "{:#?}", problems(&good));

    // The small edition's one rule set begins with 2000.
    let table = [
        ("until = 1999-12-31", Some("A: never speaks: no day of its own period")),
        ("until = 2000-01-01", None),
        ("from = 2010-06-01", Some("A: never speaks: no day of its own period")),
        ("from = 2010-05-31", None),
        ("from = 2010-05-31\nuntil = 2030-01-01", None),
    ];
    for (period, told) in table {
        let written = rule("A", "shop.live").replace("outcome", &format!("{period}\noutcome"));
        let mut files = small(&written);
        // A second one takes its place on the first of June 2010.
        files
            .get_mut("manifest.toml")
            .unwrap()
            .push_str("\n[[rule_set]]\nname = \"R2\"\nfrom = 2010-06-01\n");
        match told {
            Some(told) => check(&files, told),
            None => assert!(problems(&files).is_empty(), "{period}: {:#?}", problems(&files)),
        }
    }
}

#[test]
fn any_stands_alone() {
    for applies in ["[\"any\", \"food/new\"]", "[\"food/new\", \"any\"]"] {
        let written = rule("A", "shop.live").replace("[\"any\"]", applies);
        assert!(written.contains(applies), "{written}");
        check(&small(&written), "\"any\" stands alone: it is every service");
    }
}

#[test]
fn what_only_follows_from_an_unreadable_manifest_is_not_told() {
    let mut files = zhangdian_files();
    let manifest = files.get_mut("manifest.toml").unwrap();
    *manifest = manifest.replace("epoch = 1", "epoch = -1");
    check(&files, "'epoch' is not from 1 to 999999");
}

#[test]
fn a_condition_that_could_run_for_ever_is_refused() {
    // Six quantifiers over six lines each; a list of at most 400 would do with fewer.
    let mut when = "a.count + b.count + c.count + d.count + e.count + f.count > 9".to_owned();
    for var in ["f", "e", "d", "c", "b", "a"] {
        when = format!("shop.lines.exists({var}, {when})");
    }
    check_when(&when, "600000 are allowed; A alone takes");
}

#[test]
fn definitions_that_name_each_other_many_times_are_refused_before_they_are_written_out() {
    // Each names the one before forty times: written out, a hundred million parts.
    let define =
        |name: &str, when: &str| format!("[[define]]\nname = \"{name}\"\nwhen = '{when}'\n");
    let mut text = define("a", "shop.live");
    for (name, before) in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")] {
        let part = |at: usize| format!("({before} || shop.seats == {at})");
        let parts: Vec<String> = (1..=40).map(part).collect();
        text += &define(name, &parts.join(" && "));
    }
    // Two rules that look at the same: each would be looked for in the other.
    text += &[rule("A", "e && shop.seats < 9"), rule("B", "shop.seats < 9 && e")].concat();
    check(&small(&text), "600000 are allowed");
}

#[test]
fn a_condition_that_is_too_long_or_too_deep_is_refused() {
    let long = vec!["shop.live"; 400].join(" || ");
    check_when(&long, "at most 4096 are read");
    check_when(&format!("{}shop.live{}", "(".repeat(70), ")".repeat(70)), "more than 64 levels");
    check_when(&format!("{}shop.live", "!".repeat(1000)), "more than 64 levels");
    check_when(&format!("shop.seats{} > 0", " + 1".repeat(300)), "more than 64 levels");
    check_when(&format!("shop{} == 1", ".a".repeat(300)), "more than 64 levels");
    // A chain of 300 is long, not deep.
    check_good(&vec!["shop.live"; 300].join(" || "));
}

#[test]
fn definitions_are_checked_where_they_stand() {
    let define =
        |name: &str, when: &str| format!("[[define]]\nname = \"{name}\"\nwhen = '{when}'\n");
    let good = [define("big", "shop.seats > 50"), rule("A", "big && shop.live")].concat();
    assert_eq!(problems(&small(&good)), []);
    let table = [
        (define("big", "shop.seatz > 50"), "did you mean 'seats'?"),
        (define("big", "shop.seats"), "the condition is an int"),
        (define("big", "big && shop.live"), "uses itself"),
        (define("shop", "shop.live"), "the name is taken"),
        (define("big", "shop.closed < today"), "guard with has(shop.closed)"),
    ];
    for (define, told) in table {
        let shown: Vec<String> =
            problems(&small(&define)).iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|one| one.contains(told)), "{define}\n{shown:#?}");
    }
}

/// The Zhangdian edition with one piece of a file replaced.
#[track_caller]
fn check_edited(file: &str, from: &str, to: &str, told: &str) {
    let mut files = zhangdian_files();
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replacen(from, to, 1);
    let shown: Vec<String> = problems(&files).iter().map(ToString::to_string).collect();
    assert!(!shown.is_empty(), "{file}: {from} → {to} was accepted");
    assert!(shown.iter().any(|one| one.contains(told)), "{file}: {from} → {to}\n{shown:#?}");
}

#[test]
fn mistakes_in_the_other_files_are_refused_too() {
    let (from, to) = ("applicant = \"applicant\"", "applicant = \"aplicant\"");
    check_edited("schema.toml", from, to, "unknown type 'aplicant' (did you mean 'applicant'?)");
    check_edited("schema.toml", "[ban; 64]", "[ban]", "has no bound");
    let (from, to) = ("accepted_on = \"date?\"", "accepted_on = \"datetime?\"");
    check_edited("schema.toml", from, to, "unknown type 'datetime'");
    check_edited(
        "schema.toml",
        "service = \"service\"",
        "servis = \"service\"",
        "application.service",
    );
    check_edited("params.toml", "is = 20", "is = \"20\"", "expected a whole number");
    check_edited(
        "params.toml",
        "from = 2019-12-01",
        "from = 2020-12-01",
        "rules hold from 2019-12-01",
    );
    check_edited(
        "params.toml",
        "\"hotel\", \"inn\"",
        "\"hotle\", \"inn\"",
        "did you mean 'hotel'?",
    );
    check_edited(
        "manifest.toml",
        "[fallback.silent]",
        "[fallback.silence]",
        "unknown key 'silence' (did you mean 'silent'?)",
    );
    check_edited("manifest.toml", "epoch = 1", "epoch = 0", "'epoch' is not from 1 to 999999");
    check_edited(
        "catalogue.toml",
        "\"hair_salon\" }",
        "\"hair_saloon\" }",
        "did you mean 'hair_salon'?",
    );
    check_edited(
        "catalogue.toml",
        "\"place.kind\" = \"hair",
        "\"plac.kind\" = \"hair",
        "did you mean 'place'?",
    );
    check_edited(
        "catalogue.toml",
        "\"hygiene-plan\"",
        "\"hygiene-plans\"",
        "did you mean 'hygiene-plan'?",
    );
    check_edited(
        "catalogue.toml",
        "promise = \"food-new/1\"",
        "promise = \"food-new/2\"",
        "unknown promise",
    );
    check_edited(
        "catalogue.toml",
        "kind = \"number\"",
        "kind = \"nummer\"",
        "did you mean 'number'?",
    );
    check_edited("calendar.toml", "2026-01-01", "2026-13-01", "not a date");
    // The law of food, cited to a hair salon; and the law of 2023, cited in 2020.
    check_edited(
        "rules/10-visit.toml",
        "cite = \"GB 32100-2015\"",
        "cite = \"食品经营许可和备案管理办法 第十四条\"",
        "VISIT-USCC: cites 食品经营许可和备案管理办法 about hygiene/…",
    );
    check_edited(
        "rules/61-food-held.toml",
        "cite = \"食品经营许可管理办法 第二十九条\"",
        "cite = \"食品经营许可和备案管理办法 第三十二条\"",
        "cites 食品经营许可和备案管理办法 for 2019-12-01, when it is not in force",
    );
    check_edited(
        "cases/30-food.toml",
        "verdict = \"ISSUE\"",
        "verdict = \"FILE\"",
        "verdict is ISSUE, the case says FILE",
    );
    check_edited(
        "cases/30-food.toml",
        "base/food-new.json",
        "base/food-nwe.json",
        "did you mean 'base/food-new.json'?",
    );
    check_edited(
        "cases/base/food-new.json",
        "\"permits\"",
        "\"permitts\"",
        "did you mean 'permits'?",
    );
}

#[test]
fn an_edition_is_complete_or_nothing() {
    for file in [
        "manifest.toml",
        "schema.toml",
        "params.toml",
        "calendar.toml",
        "catalogue.toml",
        "guide.toml",
    ] {
        let mut files = zhangdian_files();
        files.remove(file);
        let shown = Rulebook::load(&files).unwrap_err().to_string();
        assert!(shown.contains(&format!("{file}:1: the file is missing")), "{shown}");
    }
    let mut files = zhangdian_files();
    files.insert("rules/extra.toml.swp".to_owned(), String::new());
    check(&files, "no part of an edition");
    let mut files = zhangdian_files();
    files.insert("rules/huge.toml".to_owned(), " ".repeat(Rulebook::FILE_BYTES_MAX + 1));
    check(&files, "at most 524288 are read");
}

#[test]
fn every_fact_and_every_word_has_a_label_and_no_label_is_of_nothing() {
    let (from, to) = ("central_air = { zh", "central_aire = { zh");
    check_edited("schema.toml", from, to, "place.central_air has no label");
    check_edited(
        "schema.toml",
        from,
        to,
        "label.place.central_aire: it is not declared (did you mean 'place.central_air'?)",
    );
    check_edited("schema.toml", from, to, "under [label.place] write central_air = { zh = ");
    check_edited(
        "schema.toml",
        "hotel = { zh = \"宾馆\", en = \"hotel\" }",
        "",
        "place_kind.hotel has no label",
    );
    check_edited(
        "schema.toml",
        "en = \"hotel\"",
        "en = \"\"",
        "word.place_kind.hotel: 'en' is empty",
    );
    check_edited(
        "schema.toml",
        "\"place.central_air\"",
        "\"place.central_aire\"",
        "answers: no field 'place.central_aire' (did you mean 'place.central_air'?)",
    );
    // Of what is no list nothing can be left out.
    check_edited(
        "schema.toml",
        "\"application.items\", \"change.kinds\"",
        "\"application.items\", \"premises.area_m2\"",
        "left_out: no list 'premises.area_m2'",
    );
}
