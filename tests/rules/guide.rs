//! "What do I need?": the guide says what the rules say, for every undertaking and every answer.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use permit_kiosk::domain::Verdict;
use permit_kiosk::rules::{
    Answer as A, Badge, By, Entry, Facts, FieldKind, Need, PaperSource, Phase, Rulebook, decide,
    decide_document,
};
use serde_json::{Value, json};

use super::edition::{zhangdian, zhangdian_files};

const TODAY: Date = date(2026, 11, 23);

fn needs(id: &str, answers: &[(&str, &str)], today: Date) -> Vec<Need> {
    let guide = zhangdian().guide();
    let undertaking = guide.undertaking(id).unwrap();
    let mut given: BTreeMap<String, String> = guide
        .questions_of(undertaking)
        .map(|question| (question.id.clone(), question.options[0].value.clone()))
        .collect();
    for (question, value) in answers {
        let asked = guide.question(question).unwrap();
        assert!(undertaking.questions.contains(&asked.id), "{id} does not ask {question}");
        assert!(asked.options.iter().any(|reply| reply.value == *value), "{question}: {value}");
        given.insert((*question).to_owned(), (*value).to_owned());
    }
    zhangdian().needs(undertaking, &given, today)
}

/// This undertaking, answered like this, needs exactly this; other organs by their ids.
#[track_caller]
fn check(id: &str, answers: &[(&str, &str)], today: Date, wanted: &[&str]) {
    let found: Vec<String> = needs(id, answers, today)
        .iter()
        .map(|need| match &need.by {
            By::Here { finding, .. } => format!("{} {:?} {}", need.id, need.badge, finding.code),
            By::Other(_) => need.id.clone(),
        })
        .collect();
    assert_eq!(found, wanted, "{id} {answers:?} on {today}");
}

#[test]
fn a_bookshop_with_coffee_needs_what_the_law_of_the_day_says() {
    let coffee = &[("bookshop-drinks", "yes")];
    check(
        "bookshop-cafe",
        coffee,
        TODAY,
        &["food Licence OK_SIMPLE", "hygiene Filing FILING_797", "publication"],
    );
    // The day before Order 797 a bookshop still needed the hygiene licence.
    check(
        "bookshop-cafe",
        coffee,
        date(2025, 1, 19),
        &["food Licence OK_SIMPLE", "hygiene Licence OK", "publication"],
    );
    check(
        "bookshop-cafe",
        &[("bookshop-drinks", "bottled")],
        TODAY,
        &["food Filing PREPACKAGED_FILING", "hygiene Filing FILING_797", "publication"],
    );
    check("bookshop-cafe", &[], TODAY, &["hygiene Filing FILING_797", "publication"]);
}

/// What `rules guide` prints.
fn told(arguments: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["rules", "guide", "kiosk-config/rulebook"])
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn what_is_told_is_what_applies() {
    // A small shop is registered at the counter: not the licence's papers, nor its life.
    let small = ["面馆", "--answer", "small-shop=yes", "--answer", "cold-raw=no"];
    let (code, registered) =
        told(&[&small[..], &["--today", "2026-11-23", "--lang", "en"]].concat());
    assert_eq!(code, Some(0), "{registered}");
    assert!(
        registered.contains("[registration]") && registered.contains("Register at the counter"),
        "{registered}"
    );
    for licence in ["→ restaurant", "Plan of equipment", "Renew"] {
        assert!(!registered.contains(licence), "{licence} is the licence's:\n{registered}");
    }
    let large = ["面馆", "--answer", "small-shop=large", "--answer", "cold-raw=no"];
    let (_, licensed) = told(&[&large[..], &["--today", "2026-11-23", "--lang", "en"]].concat());
    assert!(
        licensed.contains("Plan of equipment") && licensed.contains("(may follow later)"),
        "{licensed}"
    );
    // Papers of other trades are not told.
    let (_, seller) = told(&["便利店", "--today", "2026-11-23", "--lang", "en"]);
    assert!(!seller.contains("Plan of equipment") && !seller.contains("vending"), "{seller}");
    let (_, salon) = told(&["理发", "--answer", "central-air=no", "--today", "2026-11-23"]);
    assert!(!salon.contains("集中空调检测") && salon.contains("可容缺后补"), "{salon}");
    let (_, cooled) = told(&["理发", "--answer", "central-air=yes", "--today", "2026-11-23"]);
    assert!(cooled.contains("集中空调"), "{cooled}");
    // Articles are named in Chinese; the words around them are English.
    for text in [&registered, &licensed, &seller] {
        let text = text.replace("条例（2017）", "条例");
        assert!(!text.contains(['（', '）', '：']) && !text.contains("容缺"), "{text}");
    }
    let (code, early) = told(&["理发", "--today", "1999-01-01"]);
    assert_eq!(code, Some(2), "{early}");
    assert!(
        early.contains("holds on 1999-01-01: its first, R2020, begins on 2019-12-01"),
        "{early}"
    );
}

/// Ways to answer that no shop could give are not asked for.
#[test]
fn no_shop_is_small_and_large_at_once() {
    let guide = zhangdian().guide();
    for undertaking in &guide.undertakings {
        for way in guide.ways(undertaking) {
            let needs = zhangdian().needs(undertaking, &way, TODAY);
            let has = |what: &dyn Fn(&Need) -> bool| needs.iter().any(what);
            let small = has(&|need| need.badge == Badge::Registration);
            assert!(!(small && has(&|need| need.id == "fire")), "{} {way:?}", undertaking.id);
        }
    }
}

#[test]
fn every_trade_of_the_table_comes_to_what_the_table_says() {
    check("noodle-shop", &[], TODAY, &["food Registration SMALL_CATERING", "signboard"]);
    check(
        "noodle-shop",
        &[("small-shop", "large")],
        TODAY,
        &["food Licence HOT_KITCHEN", "signboard", "fire"],
    );
    check(
        "hotel",
        &[("breakfast", "heated")],
        TODAY,
        &["food Licence OK_SIMPLE", "hygiene Licence OK", "special-trade", "fire"],
    );
    check(
        "hotel",
        &[("rooms", "many")],
        TODAY,
        &["hygiene Licence HOTEL_SIZE", "special-trade", "fire"],
    );
    check(
        "gym",
        &[("has-pool", "yes"), ("sells-drinks", "made")],
        TODAY,
        &["food Licence OK_SIMPLE", "hygiene Licence POOL", "sports"],
    );
    check("gym", &[], TODAY, &["hygiene Nothing NO_PERMIT_8", "sports-filing"]);
    check(
        "cinema",
        &[("snacks", "made")],
        TODAY,
        &["food Licence OK_SIMPLE", "hygiene Licence OK", "film", "fire"],
    );
    check(
        "ktv",
        &[("central-air", "yes")],
        TODAY,
        &["hygiene Licence CENTRAL_AIR", "entertainment", "fire"],
    );
    check(
        "pharmacy",
        &[("sells-health-food", "yes"), ("devices", "third")],
        TODAY,
        &["food Filing PREPACKAGED_FILING", "drug", "device-licence"],
    );
    check(
        "pharmacy",
        &[("sells-health-food", "formula")],
        TODAY,
        &["food Nothing MEDICAL_FORMULA", "drug"],
    );
    check(
        "supermarket",
        &[("cooked-bulk", "yes"), ("bakes", "yes")],
        TODAY,
        &["food Licence HIGH_RISK_COOKED_BULK", "hygiene Licence OK", "fire", "signboard"],
    );
    check(
        "bakery",
        &[("cake-kind", "yes")],
        TODAY,
        &["food Licence HIGH_RISK_COLD_PASTRY", "signboard"],
    );
    check(
        "teahouse",
        &[],
        TODAY,
        &["food Licence OK_SIMPLE", "hygiene Nothing MERGED_INTO_FOOD", "signboard"],
    );
    check("fruit-vegetables", &[], TODAY, &["food Nothing AGRI_PRODUCT"]);
    check("canteen", &[], TODAY, &["food Licence SCHOOL_CANTEEN"]);
    check("central-kitchen", &[], TODAY, &["food Licence CENTRAL_KITCHEN", "fire"]);
    check("food-stall", &[], TODAY, &["stall"]);
}

#[test]
fn the_guide_promises_nothing_the_kiosk_cannot_keep() {
    for day in [TODAY, date(2025, 6, 1), date(2024, 6, 3)] {
        let gaps = zhangdian().guide_gaps(day);
        assert!(gaps.is_empty(), "{day}: {} gaps\n{}", gaps.len(), gaps.join("\n"));
    }
}

#[test]
fn at_least_twenty_five_undertakings_are_explained_by_the_guide() {
    let guide = zhangdian().guide();
    assert!(guide.undertakings.len() >= 25, "{}", guide.undertakings.len());
    let mut whole = 0_usize;
    for undertaking in &guide.undertakings {
        whole += guide.ways(undertaking).len();
    }
    assert!(whole > 100, "only {whole} ways to answer");
}

/// Every way to answer the form of an entry whose questions matter here, as a document.
fn documents(rulebook: &Rulebook, entry: &Entry) -> Vec<Value> {
    let mut base: Value =
        serde_json::from_str(&zhangdian_files()["cases/base/food-new.json"]).unwrap();
    for list in ["subject_types", "items"] {
        base["application"][list] = json!([]);
    }
    base["business"]["scope"] = json!(["食品销售", "餐饮服务"]);
    base["promise"]["accepted"] = json!(entry.promise.is_some());
    base["application"]["machines"] = json!([{ "division": "370303002", "address": "-" }]);
    entry.begin(&mut base);
    let mut documents = vec![base];
    for field in rulebook.catalogue().fields_of(entry) {
        let mut next = Vec::new();
        for document in &documents {
            let mut write = |answer: A<'_>| {
                let mut document = document.clone();
                assert!(field.write(&mut document, answer), "{}", field.key);
                next.push(document);
            };
            match (&field.kind, field.key.as_str()) {
                (_, "premises.division") => write(A::Choice("370303002")),
                (_, "application.food_safety_manager") => write(A::YesNo(true)),
                // Which papers follow decides no kind of permit.
                (_, "food-papers-later" | "hygiene-papers-later" | "parts-later") => {
                    write(A::Choices(&[]));
                }
                (FieldKind::YesNo, _) => {
                    for yes in [true, false] {
                        write(A::YesNo(yes));
                    }
                }
                (FieldKind::Choice(choices), _) => {
                    for choice in choices {
                        write(A::Choice(&choice.value));
                    }
                }
                (FieldKind::Choices(choices), _) => {
                    let values: Vec<&String> = choices.iter().map(|choice| &choice.value).collect();
                    if field.optional {
                        write(A::Choices(&[]));
                    }
                    for (at, first) in values.iter().enumerate() {
                        write(A::Choices(&[(*first).clone()]));
                        for second in &values[at + 1..] {
                            write(A::Choices(&[(*first).clone(), (*second).clone()]));
                        }
                    }
                }
                (FieldKind::Number { min, .. }, _) => {
                    for number in [*min, 20.max(*min), 120] {
                        write(A::Number(number));
                    }
                }
                (FieldKind::Text { .. }, _) => write(A::Text("x")),
                (FieldKind::Date, _) => write(A::Date(TODAY)),
            }
        }
        documents = next;
    }
    documents
}

#[test]
fn whoever_follows_the_guide_can_come_to_the_verdict_it_told() {
    let rulebook = zhangdian();
    let guide = rulebook.guide();
    let mut reached: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for entry in &rulebook.catalogue().entries {
        let action = entry.service.as_str();
        if !action.ends_with("/new") && !action.ends_with("/file") {
            continue;
        }
        let mut verdicts: Vec<Verdict> = documents(rulebook, entry)
            .iter()
            .map(|document| {
                let facts = Facts::bind(rulebook, document).unwrap();
                decide(rulebook, &facts, TODAY).verdict
            })
            .collect();
        verdicts.sort_unstable();
        verdicts.dedup();
        reached.insert(entry.id.clone(), verdicts);
    }
    let mut checked = 0_usize;
    for undertaking in &guide.undertakings {
        for answers in guide.ways(undertaking) {
            for need in rulebook.needs(undertaking, &answers, TODAY) {
                let By::Here { verdict, entry: Some(entry), .. } = need.by else { continue };
                assert!(
                    reached[&entry].contains(&verdict),
                    "{} {answers:?} promises {verdict:?}; '{entry}' comes to {:?}",
                    undertaking.id,
                    reached[&entry]
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 150, "only {checked} needs lead on");
}

#[test]
fn what_is_not_answered_is_not_taken_for_granted() {
    let rulebook = zhangdian();
    let undertaking = rulebook.guide().undertaking("hotel").unwrap();
    let unanswered = rulebook.needs(undertaking, &BTreeMap::new(), TODAY);
    assert!(unanswered.iter().all(|need| need.id != "food"), "{unanswered:?}");
    let strange = BTreeMap::from([("breakfast".to_owned(), "nonsense".to_owned())]);
    assert_eq!(rulebook.needs(undertaking, &strange, TODAY), unanswered);
}

/// Typing this finds this undertaking first.
#[track_caller]
fn finds(typed: &str, first: &str) {
    let found = zhangdian().guide().search(typed);
    let ids: Vec<&str> = found.iter().map(|undertaking| undertaking.id.as_str()).collect();
    assert_eq!(ids.first(), Some(&first), "{typed:?} finds {ids:?}");
}

#[test]
fn people_find_their_shop_by_the_words_they_have() {
    finds("书店 咖啡", "bookshop-cafe");
    finds("卖书", "bookshop-cafe");
    finds("bookshop coffee", "bookshop-cafe");
    finds("Coffee", "milk-tea");
    finds("面馆", "noodle-shop");
    finds("mg", "noodle-shop");
    finds("lfd", "hair-salon");
    finds("KTV", "ktv");
    finds("ktv", "ktv");
    finds("婚礼 蛋糕", "bakery");
    finds("夜市", "food-stall");
    finds("爆米花", "cinema");
    assert_eq!(zhangdian().guide().search("").len(), zhangdian().guide().undertakings.len());
    assert!(zhangdian().guide().search("飞机").is_empty());
    assert!(zhangdian().guide().search("'; drop").is_empty());
}

/// The papers that may follow, as the rules know them.
fn deficient() -> Vec<String> {
    let params: toml::Table = zhangdian_files()["params.toml"].parse().unwrap();
    let params = params["param"].as_array().unwrap();
    let found = params.iter().find(|one| one["name"].as_str() == Some("deficiency.materials"));
    let papers = found.unwrap()["values"][0]["is"].as_array().unwrap();
    papers.iter().map(|paper| paper.as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_is_told_at_once_about_every_service_that_is_offered() {
    let rulebook = zhangdian();
    let deficient = deficient();
    for entry in &rulebook.catalogue().entries {
        let sheet = rulebook.guide().sheet(entry.service).unwrap();
        let of = |source: PaperSource| sheet.papers.iter().filter(move |p| p.source == source);
        assert!(of(PaperSource::Applicant).any(|p| p.code == "applicant_id"), "{}", entry.id);
        // What a register answers is not asked again (国务院令第716号).
        assert!(of(PaperSource::Register).all(|paper| !paper.may_follow), "{}", entry.id);
        let instant = sheet.modes.iter().any(|mode| mode.id == "instant");
        let promises = entry.promise.is_some();
        let files = entry.service.as_str().ends_with("/file");
        assert!(instant || !(promises || files), "{}: granted here, but not 'at once'", entry.id);
        let follows = sheet.papers.iter().any(|paper| paper.may_follow);
        let tagged = sheet.modes.iter().any(|mode| mode.id == "deficiency");
        assert_eq!(tagged, follows, "{}: 容缺办 is where papers may follow", entry.id);
        for paper in &sheet.papers {
            let listed = paper.may_follow == deficient.contains(&paper.code);
            assert!(listed, "{}: {} in deficiency.materials?", entry.id, paper.code);
        }
    }
}

#[test]
fn the_kinds_that_file_are_those_the_law_lets_file() {
    // Asked of the rules, not of the guide: the guide's badge must agree with them.
    let rulebook = zhangdian();
    for undertaking in &rulebook.guide().undertakings {
        for answers in rulebook.guide().ways(undertaking) {
            for need in rulebook.needs(undertaking, &answers, TODAY) {
                let By::Here { verdict, finding, .. } = &need.by else { continue };
                let wanted = if *verdict == Verdict::File {
                    Badge::Filing
                } else if *verdict == Verdict::OfferRegistration {
                    Badge::Registration
                } else if *verdict == Verdict::NotRequired {
                    Badge::Nothing
                } else {
                    Badge::Licence
                };
                assert_eq!(need.badge, wanted, "{} {answers:?}", undertaking.id);
                assert!(!finding.citation.is_empty() && !finding.message.zh.is_empty());
                assert!(rulebook.rule_ids().any(|id| id == finding.rule), "{}", finding.rule);
            }
        }
    }
    let document = json!({});
    assert_eq!(decide_document(rulebook, &document, TODAY).verdict, Verdict::Refer);
}

#[test]
fn a_permit_has_its_four_lists() {
    for part in ["food", "hygiene"] {
        let life = zhangdian().guide().life(part).unwrap();
        for phase in Phase::ALL {
            let steps = life.steps.iter().filter(|step| step.phase == phase).count();
            assert!(steps > 0, "{part} {phase:?}");
        }
        assert!(life.steps.is_sorted_by_key(|step| step.phase), "{part}");
    }
}

/// The guide, with a mistake written into it, is refused with these words.
#[track_caller]
fn refused(from: &str, to: &str, words: &str) {
    let mut files = zhangdian_files();
    let text = files.get_mut("guide.toml").unwrap();
    assert!(text.contains(from), "{from:?} does not stand in guide.toml");
    *text = text.replacen(from, to, 1);
    let shown = match Rulebook::load(&files) {
        Ok(_) => panic!("{to:?} was taken"),
        Err(problems) => problems.to_string(),
    };
    assert!(shown.contains(words) && shown.contains("guide.toml:"), "{words:?} is not in\n{shown}");
}

#[test]
fn every_plausible_mistake_in_the_guide_is_told_with_its_place() {
    refused("title.en = \"Hair salon\"\n", "", "undertaking hair-salon.title: 'en' is missing");
    refused(
        "questions = [\"bookshop-drinks\"]",
        "questions = [\"bookshop-drink\"]",
        "did you mean 'bookshop-drinks'?",
    );
    refused(
        "elsewhere = [\"publication\"]",
        "elsewhere = [\"publicaton\"]",
        "did you mean 'publication'?",
    );
    refused("food = \"drinks\"", "food = \"drink\"", "did you mean 'drinks'?");
    refused(
        "hygiene = \"hair-salon\"",
        "hygiene = \"drinks\"",
        "applies for food/new, not for hygiene/new",
    );
    refused("hygiene = \"hair-salon\"", "hygene = \"hair-salon\"", "did you mean 'hygiene'?");
    refused("kind = \"hair_salon\"", "kind = \"hair_saloon\"", "did you mean 'hair_salon'?");
    refused("words = [\"理发\", ", "words = [\"理发\", \"理发\", ", "word '理发' stands twice");
    refused(
        "id = \"hair-salon\"",
        "id = \"beauty-salon\"",
        "undertaking 'beauty-salon' stands twice",
    );
    refused(
        "code = \"air_report\"\ntitle",
        "code = \"air_raport\"\ntitle",
        "did you mean 'air_report'?",
    );
    refused("modes = [\"instant\", ", "modes = [\"instnat\", ", "did you mean 'instant'?");
    refused("phase = \"leave\"", "phase = \"leaf\"", "did you mean 'leave'?");
    refused("where = \"kiosk\"", "where = \"kisok\"", "did you mean 'kiosk'?");
    refused("badge = \"licence\"", "badge = \"license\"", "did you mean 'licence'?");
    refused("combined = true", "combind = true", "did you mean 'combined'?");
    refused(
        "{ code = \"application_form\" }",
        "{ code = \"application_form\", may_follow = true }",
        "it cannot follow later",
    );
    refused(
        "    { code = \"application_form\" },\n",
        "    { code = \"application_form\" },\n    { code = \"application_form\" },\n",
        "paper 'application_form' stands twice",
    );
    refused(
        "elsewhere = [\"stall\"]",
        "elsewhere = []",
        "neither it nor its questions reach a need",
    );
    refused(
        "[[undertaking]]\n",
        "[[question]]\nid = \"idle\"\nask = { zh = \"话\", en = \"a\" }\noptions = [{ value = \"a\", zh = \"话\", en = \"a\" }]\n\n[[undertaking]]\n",
        "1 options; two or three fit",
    );
}

#[test]
fn all_mistakes_of_the_guide_are_told_at_once() {
    let mut files = zhangdian_files();
    let text = files.get_mut("guide.toml").unwrap();
    *text = text
        .replacen("food = \"drinks\"", "food = \"drink\"", 1)
        .replacen("\"publication\"]", "\"publicaton\"]", 1)
        .replacen("modes = [\"instant\", ", "modes = [\"instnat\", ", 1)
        .replace("phase = \"leave\"", "phase = \"run\"");
    let problems = Rulebook::load(&files).unwrap_err();
    let told = |words: &str| problems.0.iter().any(|problem| problem.text.contains(words));
    for words in ["'drink'", "'publicaton'", "'instnat'", "no step of the phase 'leave'"] {
        assert!(told(words), "{words}: {problems}");
    }
}
