//! Page templates: every problem of a file is told at once, with its line.

use permit_kiosk::certificate::{Problem, Template, Templates};

use super::sample;

fn food_copy() -> String {
    let files = sample::template_files();
    files.into_iter().find(|(name, _)| name == "food-copy.toml").unwrap().1
}

fn problems(text: &str) -> Vec<String> {
    let error = Template::parse("food-copy.toml", text).unwrap_err();
    error.problems.iter().map(|Problem { line, text }| format!("{line}: {text}")).collect()
}

/// Changes the one place `from` in the shipped template, and expects this one problem in that line.
#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    let text = food_copy();
    assert_eq!(text.matches(from).count(), 1, "{from:?} must stand once in the template");
    let line = 1 + text[..text.find(from).unwrap()].matches('\n').count();
    assert_eq!(problems(&text.replace(from, to)), [format!("{line}: {expected}")]);
}

#[test]
fn the_shipped_templates_are_good() {
    let templates = sample::templates();
    let kinds: Vec<String> = templates
        .iter()
        .map(|template| format!("{}-{}", template.kind().as_str(), template.sheet().as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            "food-original",
            "food-copy",
            "filing-original",
            "hygiene-original",
            "hygiene-copy",
            "hygiene_filing-original",
            "combined-original",
        ]
    );
}

#[test]
fn a_problem_has_the_line_it_is_in() {
    check("version = 1", "version = 2", "`version` must be a number from 1 to 1");
    check(
        "kind = \"food\"",
        "kind = \"fish\"",
        "`kind` must be one of: food, filing, hygiene, hygiene_filing or combined",
    );
    check("sheet = \"copy\"", "sheet = 4", "`sheet` must be one of: original or copy");
    check(
        "page_mm = [297, 210]",
        "page_mm = [297]",
        "`page_mm` must be two numbers, for example [297, 210]",
    );
    check(
        "page_mm = [297, 210]",
        "page_mm = [297, 2100]",
        "`page_mm` must be a number from 100 to 500",
    );
    check("ink = \"#1a1a1a\"", "ink = \"black\"", "`ink` must be one of: a colour as \"#rrggbb\"");
    check("fret_pt = 0.96", "fret_pt = 9", "`fret_pt` must be a number from 0.1 to 2");
    check("diameter_mm = 40", "diameter_mm = 20", "`diameter_mm` must be a number from 30 to 50");
    check("module_dots = 6", "module_dots = \"6\"", "`module_dots` must be a number from 4 to 12");
    check("mark = \"演示\"", "mark = \"\"", "`mark` must be a text of 1 to 400 characters");
}

#[test]
fn a_value_of_another_kind_is_told() {
    let text = food_copy().replace("value = \"subject\" }", "value = \"trade\" }");
    let line = 1 + text[..text.find("\"trade\"").unwrap()].matches('\n').count();
    let expected = [
        "1: no field prints `subject`, which a food sheet must".to_owned(),
        format!("{line}: a permit of kind food has no `trade`"),
    ];
    assert_eq!(problems(&text), expected);
}

#[test]
fn what_the_law_wants_printed_cannot_be_left_out() {
    let text = food_copy();
    let line = text.lines().find(|line| line.contains("\"valid-to\"")).unwrap();
    let without = text.replace(line, "");
    assert_eq!(problems(&without), ["1: no field prints `valid-to`, which a food sheet must"]);
}

#[test]
fn a_key_nobody_reads_is_told() {
    let text = food_copy().replace("band_mm = 9", "band_mm = 9\nbend_mm = 9");
    let line = 1 + text[..text.find("bend_mm").unwrap()].matches('\n').count();
    let expected =
        "[border] has no `bend_mm`; it has band_mm, fret, fret_pt, ground, line, margin_mm";
    assert_eq!(problems(&text), [format!("{line}: {expected}")]);
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    let text = food_copy()
        .replace("version = 1", "version = 7")
        .replace("caption = ", "captoin = ")
        .replace("band_mm = 9", "band_mm = \"wide\"")
        .replace("diameter_mm = 40", "");
    let problems = problems(&text);
    for expected in [
        "`version` must be",
        "[qr] lacks `caption`",
        "[qr] has no `captoin`",
        "`band_mm` must be a number",
        "[seal] lacks `diameter_mm`",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{problems:#?}");
    }
    assert_eq!(problems.len(), 5, "{problems:#?}");
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let problems = problems("version = 1\nkind = \"food\nsheet = \"copy\"\n");
    assert!(problems.iter().any(|problem| problem.starts_with("2: ")), "{problems:#?}");
}

#[test]
fn a_kind_without_a_template_and_a_template_twice_are_told() {
    let files = sample::template_files();
    let food: Vec<(&str, &str)> = files
        .iter()
        .filter(|(name, _)| name.starts_with("food"))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let errors = Templates::parse(food.iter().copied()).unwrap_err();
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let missing = ["filing", "hygiene", "hygiene_filing", "combined"]
        .map(|kind| format!("there is no template for permits of kind {kind}"));
    assert_eq!(texts.len(), missing.len(), "{texts:#?}");
    for (text, missing) in texts.iter().zip(missing) {
        assert!(text.ends_with(&missing), "{texts:#?}");
    }

    let twice =
        files.iter().chain(files.first()).map(|(name, text)| (name.as_str(), text.as_str()));
    let errors = Templates::parse(twice).unwrap_err();
    assert!(errors[0].to_string().contains("there is another template for"), "{errors:?}");
}
