//! Conditions that can only be true or only be false, by their own words or where their rule is asked, are
//! refused when an edition is loaded; every other is not.

use permit_kiosk::rules::{Problem, Rulebook};

use super::edition::{Files, rule, small};
use super::random::Random;

fn problems(files: &Files) -> Vec<Problem> {
    Rulebook::load(files).err().map_or_else(Vec::new, |problems| problems.0)
}

/// The rules have one problem, whose text says `told` and whose mark stands before `marked`.
#[track_caller]
fn check(files: &Files, told: &str, marked: &str) {
    let problems = problems(files);
    let [problem] = &problems[..] else {
        panic!("{} problems instead of one: {problems:#?}", problems.len());
    };
    assert!(problem.text.contains(told), "{problem}\ndoes not say: {told}");
    assert!(!problem.remedy.is_empty(), "{problem}\nhas no remedy");
    let (line, column) = problem.mark.as_ref().unwrap();
    let after: String = line.chars().skip(*column).collect();
    assert!(after.starts_with(marked), "{problem}\nmarks: {after}");
}

#[track_caller]
fn check_good(files: &Files) {
    let problems = problems(files);
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn ranges_that_exclude_or_cover_everything_are_refused() {
    let never =
        "A: unreachable: this can never be true: what stands before it leaves no such value of";
    let always = "A: this is always true: with what stands before it every value is covered of";
    for (when, told, of, marked) in [
        ("shop.seats > 5 && shop.seats < 3", never, "shop.seats", "shop.seats < 3"),
        ("shop.seats > 5 && shop.live && 6 > shop.seats", never, "shop.seats", "6 > shop.seats"),
        ("shop.seats >= 5 || shop.live || shop.seats < 6", always, "shop.seats", "shop.seats < 6"),
        ("shop.seats != 5 || shop.seats > -7", always, "shop.seats", "shop.seats > -7"),
        (
            "shop.opened > date(\"2026-02-28\") && shop.opened < date(\"2026-03-01\")",
            never,
            "shop.opened",
            "shop.opened < date(\"2026-03-01\")",
        ),
        (
            "has(shop.closed) && shop.closed < date(\"2026-03-01\") && shop.closed >= date(\"2026-03-01\")",
            never,
            "shop.closed",
            "shop.closed >= date(\"2026-03-01\")",
        ),
        (
            "shop.fee >= money(\"5.00\") && shop.fee < money(\"5.00\")",
            never,
            "shop.fee",
            "shop.fee < money(\"5.00\")",
        ),
        (
            "shop.fee > money(\"-0.01\") || shop.fee <= money(\"0.00\")",
            always,
            "shop.fee",
            "shop.fee <= money(\"0.00\")",
        ),
        ("size(shop.lines) > 2 && size(shop.lines) == 1", never, "size(shop.lines)", "size(shop"),
        ("shop.seats in [1, 2] && shop.seats == 3", never, "shop.seats", "shop.seats == 3"),
        ("shop.name in [\"a\", \"b\"] && shop.name == \"c\"", never, "shop.name", "shop.name =="),
        ("shop.name != \"a\" || shop.name != \"b\"", always, "shop.name", "shop.name != \"b\""),
    ] {
        check(&small(&rule("A", when)), &format!("{told} {of}"), marked);
    }
    for when in [
        "shop.seats > 5 && shop.seats < 7",
        "shop.seats >= 5 || shop.seats < 5 && shop.live",
        "shop.seats > 5 || shop.seats < 5",
        "shop.opened > date(\"2026-02-28\") && shop.opened < date(\"2026-03-02\")",
        "shop.fee >= money(\"5.00\") && shop.fee <= money(\"5.00\")",
        "shop.fee > money(\"0.00\") || shop.fee < money(\"0.00\")",
        "size(shop.lines) > 2 && size(shop.lines) == 3",
        "shop.seats in [1, 2] && shop.seats != 1",
        "shop.name != \"a\" && shop.name != \"b\"",
        // A parameter is changed without its rules.
        "shop.seats > param(\"seats.max\") && shop.seats < 50",
        "shop.seats + 1 > 5 && shop.seats < 3",
    ] {
        check_good(&small(&rule("A", when)));
    }
}

#[test]
fn what_no_value_of_its_type_can_be_is_refused() {
    for (when, told) in [
        ("size(shop.lines) < 0", "never be true: size(shop.lines) is from 0 to 6"),
        ("shop.live && size(shop.lines) > 6", "never be true: size(shop.lines) is from 0 to 6"),
        ("shop.live && size(shop.lines) <= 6", "always true: size(shop.lines) is from 0 to 6"),
        ("size(shop.lines.filter(l, l.count > 1)) > 6", "never be true"),
        ("size(shop.lines) + size(shop.marks) > 10", "never be true"),
        ("-size(shop.lines) > 0", "never be true"),
        (
            "shop.live && shop.zone in [\"mixed\", \"commercial\", \"residential\"]",
            "always true: shop.zone is one of the 3 words of its enum",
        ),
        ("shop.lines.exists(l, size(l.marks) == 5)", "never be true"),
    ] {
        let problems = problems(&small(&rule("A", when)));
        let [problem] = &problems[..] else { panic!("{when}: {problems:#?}") };
        assert!(problem.text.contains(told), "{problem}\ndoes not say: {told}");
    }
    for when in [
        "size(shop.lines) > 5",
        "size(shop.lines) > 0",
        "size(shop.lines) + size(shop.marks) > 9",
        "size(param(\"zones\")) > 3 && shop.live",
    ] {
        check_good(&small(&rule("A", when)));
    }
}

#[test]
fn the_same_said_and_denied_is_refused() {
    let never = "A: unreachable: this can never be true: what stands before it says the contrary";
    let always = "A: this is always true: what stands before it says the contrary";
    for (when, told, marked) in [
        ("shop.name.contains(\"a\") && !shop.name.contains(\"a\")", never, "!shop.name"),
        ("has(shop.grade) && !has(shop.grade)", never, "!has"),
        ("annex != null || annex == null", always, "annex == null"),
        ("\"cold\" in shop.marks || !(\"cold\" in shop.marks)", always, "!(\"cold\""),
        ("shop.opened < today && shop.opened > today", never, "shop.opened > today"),
        ("shop.opened < today || shop.opened >= today", always, "shop.opened >= today"),
        (
            "shop.lines.exists(l, l.count > 1) && !shop.lines.exists(l, l.count > 1)",
            never,
            "!shop.lines",
        ),
        (
            "shop.lines.exists(l, \"hot\" in l.marks) || shop.lines.all(l, !(\"hot\" in l.marks))",
            always,
            "shop.lines.all",
        ),
        ("big && !big", never, "!big"),
        ("(shop.live ? shop.seats > 50 : big) && !(shop.seats > 50)", never, "!(shop.seats > 50)"),
    ] {
        let define = if when.contains("big") {
            "[[define]]\nname = \"big\"\nwhen = 'shop.seats > 50 && shop.fee > money(\"1.00\")'\n"
        } else {
            ""
        };
        let files = small(&format!("{define}{}", rule("A", when)));
        let problems = problems(&files);
        let [problem] = &problems[..] else { panic!("{when}: {problems:#?}") };
        let (line, column) = problem.mark.as_ref().unwrap();
        assert!(line[*column..].starts_with(marked), "{problem}");
        let told =
            if when.contains("50") { "A: unreachable: this can never be true" } else { told };
        assert!(problem.text.starts_with(told), "{problem}\ndoes not say: {told}");
    }
    // Facts have names too.
    check(
        &small(&rule("A", "shop.live && !shop.live")),
        "what stands before it leaves no such value of shop.live",
        "!shop.live",
    );
    check(
        &small(&rule("A", "size(shop.lines) == 0 && shop.lines.exists(l, l.count > 1)")),
        "leaves no such value of size(shop.lines)",
        "shop.lines.exists",
    );
    // A definition is refused where it stands, not again where it is used.
    let define = "[[define]]\nname = \"never\"\nwhen = 'shop.seats > 9 && shop.seats < 5'\n";
    let told: Vec<String> = problems(&small(&format!("{define}{}", rule("A", "never"))))
        .iter()
        .map(|problem| problem.text.clone())
        .collect();
    let text = "this can never be true: what stands before it leaves no such value of shop.seats";
    assert_eq!(told, [format!("define never: {text}")]);
    for when in [
        "shop.lines.exists(l, l.count > 1) && !shop.lines.all(l, l.count > 1)",
        "shop.lines.exists(l, l.count > 1) && shop.lines.exists(l, !(l.count > 1))",
        "shop.lines.exists_one(l, l.count > 1) || shop.lines.exists(l, l.count > 1)",
        "shop.lines.all(l, l.count > 1) && size(shop.lines) == 0",
        "has(shop.grade) ? shop.grade > 1 : shop.live",
        "shop.opened <= today && shop.opened >= today",
        "shop.lines.exists(l, shop.marks.exists(m, m in l.marks) && !(\"hot\" in l.marks))",
        "annex == null || has(annex.name)",
    ] {
        check_good(&small(&rule("A", when)));
    }
}

#[test]
fn all_the_words_of_an_enum_together_are_refused() {
    let all =
        "shop.zone == \"mixed\" || shop.zone == \"commercial\" || shop.zone == \"residential\"";
    check(&small(&rule("A", all)), "this is always true", "shop.zone == \"residential\"");
    let none =
        "shop.zone != \"mixed\" && shop.live && !(shop.zone in [\"commercial\", \"residential\"])";
    check(&small(&rule("A", none)), "unreachable: this can never be true", "!(shop.zone in");
    // Spread over cases, and inside a quantifier.
    let cases = "(shop.zone == \"mixed\" || shop.seats > 9) && shop.zone == \"commercial\" && shop.seats < 5";
    check(&small(&rule("A", cases)), "unreachable: this can never be true", "shop.seats < 5");
    let inside =
        "shop.live || shop.lines.exists(l, l.kind == \"mixed\" && l.kind in [\"commercial\"])";
    check(&small(&rule("A", inside)), "A: this can never be true", "l.kind in");
    check_good(&small(&rule("A", "shop.zone != \"mixed\" && shop.zone != \"commercial\"")));
}

/// A rule about one service, under the first of two rule sets.
fn asked(when: &str, keys: &str) -> Files {
    let written = rule("A", when)
        .replace("[\"any\"]", "[\"food/new\"]")
        .replace("outcome", &format!("{keys}\noutcome"));
    let mut files = small(&written);
    files
        .get_mut("manifest.toml")
        .unwrap()
        .push_str("\n[[rule_set]]\nname = \"R2\"\nfrom = 2010-06-01\n");
    files
}

#[test]
fn a_rule_that_is_never_asked_what_it_speaks_of_is_unreachable() {
    for (when, told, marked) in [
        ("application.service == \"hygiene/new\"", "of the services in 'applies'", "application"),
        (
            "shop.live && application.service != \"food/new\" && shop.seats > 2",
            "of the services in 'applies'",
            "application.service !=",
        ),
        (
            "shop.live && has(application.accepted_on) && application.accepted_on < date(\"2000-01-01\")",
            "on no day of its rule sets",
            "application.accepted_on <",
        ),
        ("shop.live && today < date(\"2000-01-01\")", "on no day of its rule sets", "today <"),
        (
            "!has(application.accepted_on) && shop.live && today > date(\"2010-05-31\")",
            "on no day of its rule sets",
            "today >",
        ),
    ] {
        check(&asked(when, ""), told, marked);
        check(&asked(when, ""), "A: unreachable: ", marked);
    }
    let until = "until = 2005-12-31";
    let late = "has(application.accepted_on) && application.accepted_on > date(\"2006-01-01\") && today > date(\"2006-01-01\") && shop.live";
    check(&asked(late, until), "on no day of its rule sets", "today >");
    check_good(&asked(late, ""));
    for when in [
        "application.service == \"food/new\" && shop.live",
        // What is true of all that are asked may be said.
        "application.service == \"food/new\"",
        "application.service != \"hygiene/new\"",
        // Accepted under the old law, decided under the new.
        "has(application.accepted_on) && today > date(\"2020-01-01\") && shop.live",
        "has(application.accepted_on) && application.accepted_on == date(\"2010-05-31\")",
        // A day to come is the day of the decision.
        "has(application.accepted_on) && application.accepted_on > date(\"2020-01-01\")",
        "!has(application.accepted_on) && shop.live && today == date(\"2000-01-01\")",
    ] {
        check_good(&asked(when, ""));
    }
}

#[test]
fn what_would_take_too_many_cases_is_let_go() {
    // Never true, by one of 2^40 cases at a time.
    let pairs: Vec<String> =
        (0..40).map(|n| format!("(shop.seats == {n} || shop.grade != {n})")).collect();
    let when = format!("has(shop.grade) && {} && shop.grade != shop.seats", pairs.join(" && "));
    check_good(&small(&rule("A", &when)));
}

/// A condition about a few facts, as it is written and as it is meant.
enum Tree {
    Seats(&'static str, i64),
    Size(&'static str, i64),
    Opened(&'static str, i64),
    Zones(Vec<usize>),
    Live,
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    If(Box<[Tree; 3]>),
}

struct Shop {
    seats: i64,
    lines: i64,
    opened: i64,
    zone: usize,
    live: bool,
}

const ZONES: [&str; 3] = ["mixed", "commercial", "residential"];

impl Tree {
    fn random(random: &mut Random, depth: usize) -> Self {
        let comparison = *random.of(&["==", "!=", "<", "<=", ">", ">="]);
        let number = i64::try_from(random.below(5)).unwrap();
        match random.below(if depth == 0 { 5 } else { 11 }) {
            0 => Self::Seats(comparison, number),
            1 => Self::Size(comparison, number),
            2 => Self::Opened(comparison, number),
            3 => {
                let words = 1 + random.below(7);
                Self::Zones((0..3).filter(|zone| words >> zone & 1 == 1).collect())
            }
            4 => Self::Live,
            5 => Self::Not(Box::new(Self::random(random, depth - 1))),
            6..=7 => Self::And(
                (0..2 + random.below(2)).map(|_| Self::random(random, depth - 1)).collect(),
            ),
            8..=9 => Self::Or(
                (0..2 + random.below(2)).map(|_| Self::random(random, depth - 1)).collect(),
            ),
            _ => Self::If(Box::new([(); 3].map(|()| Self::random(random, depth - 1)))),
        }
    }

    fn text(&self) -> String {
        let joined = |all: &[Self], sign: &str| {
            format!("({})", all.iter().map(Self::text).collect::<Vec<_>>().join(sign))
        };
        match self {
            Self::Seats(comparison, number) => format!("shop.seats {comparison} {number}"),
            Self::Size(comparison, number) => format!("size(shop.lines) {comparison} {number}"),
            Self::Opened(comparison, day) => {
                format!("shop.opened {comparison} date(\"2026-03-0{}\")", day + 1)
            }
            Self::Zones(zones) => {
                let words: Vec<String> =
                    zones.iter().map(|zone| format!("\"{}\"", ZONES[*zone])).collect();
                format!("shop.zone in [{}]", words.join(", "))
            }
            Self::Live => "shop.live".to_owned(),
            Self::Not(of) => format!("!({})", of.text()),
            Self::And(all) => joined(all, " && "),
            Self::Or(all) => joined(all, " || "),
            Self::If(three) => {
                let [one, two, three] = &**three;
                format!("({} ? {} : {})", one.text(), two.text(), three.text())
            }
        }
    }

    fn holds(&self, shop: &Shop) -> bool {
        let compare = |left: i64, comparison: &str, right: i64| match comparison {
            "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            _ => left >= right,
        };
        match self {
            Self::Seats(comparison, number) => compare(shop.seats, comparison, *number),
            Self::Size(comparison, number) => compare(shop.lines, comparison, *number),
            Self::Opened(comparison, day) => compare(shop.opened, comparison, *day),
            Self::Zones(zones) => zones.contains(&shop.zone),
            Self::Live => shop.live,
            Self::Not(of) => !of.holds(shop),
            Self::And(all) => all.iter().all(|one| one.holds(shop)),
            Self::Or(all) => all.iter().any(|one| one.holds(shop)),
            Self::If(three) => {
                let [one, two, three] = &**three;
                if one.holds(shop) { two.holds(shop) } else { three.holds(shop) }
            }
        }
    }

    /// Whether it, or a part of it that the checker looks at by itself, comes out the same everywhere.
    fn is_one_sided(&self, shops: &[Shop], whole: bool) -> bool {
        let never = || !shops.iter().any(|shop| self.holds(shop));
        let always = || shops.iter().all(|shop| self.holds(shop));
        let (itself, parts): (bool, &[Self]) = match self {
            Self::And(all) => (never() || whole && always(), all),
            Self::Or(all) => (always() || whole && never(), all),
            Self::Not(of) => (whole && (never() || always()), std::slice::from_ref(of)),
            Self::If(three) => (whole && (never() || always()), &three[..]),
            Self::Seats(..) | Self::Size(..) | Self::Opened(..) | Self::Zones(_) | Self::Live => {
                (never() || always(), &[])
            }
        };
        itself || parts.iter().any(|part| part.is_one_sided(shops, false))
    }
}

/// Every shop that these conditions can tell from another.
fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for seats in -1..=5 {
        for lines in 0..=6 {
            for opened in -1..=5 {
                for zone in 0..3 {
                    shops.extend([true, false].map(|live| Shop {
                        seats,
                        lines,
                        opened,
                        zone,
                        live,
                    }));
                }
            }
        }
    }
    shops
}

#[test]
fn exactly_those_that_can_be_only_one_are_refused() {
    let mut random = Random::new(0x5EED_0FA1);
    let shops = shops();
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..12 {
        let mut trees: Vec<(String, Tree)> = Vec::new();
        while trees.len() < 50 {
            let tree = Tree::random(&mut random, 3);
            // Two rules with one condition are refused for another reason.
            if trees.iter().all(|(_, other)| other.text() != tree.text()) {
                trees.push((format!("R{}", trees.len()), tree));
            }
        }
        let rules: String = trees.iter().map(|(id, tree)| rule(id, &tree.text())).collect();
        let problems = problems(&small(&rules));
        // Two that say the same in other words are refused for another reason too.
        let here = |one: &&Problem, id: &str| {
            one.text.split(':').next() == Some(id) && !one.text.contains("says the same as")
        };
        let told = |id: &str| problems.iter().find(|one| here(one, id));
        for (id, tree) in &trees {
            let text = tree.text();
            match told(id) {
                Some(problem) => {
                    assert!(tree.is_one_sided(&shops, true), "{text}\n{problem}");
                    refused += 1;
                }
                None => {
                    assert!(!tree.is_one_sided(&shops, true), "let through: {text}");
                    taken += 1;
                }
            }
        }
    }
    assert!(refused > 100 && taken > 100, "{refused} refused, {taken} taken");
}
