//! Whatever stands in a rule file: problems are told, nothing panics, and no accepted condition takes more
//! steps than were counted. `fuzz/` calls the same functions.

use std::collections::BTreeMap;

use jiff::civil::date;
use permit_kiosk::rules::{Facts, Rulebook, decide_document, fired, steps};
use serde_json::{Value, json};

type Files = BTreeMap<String, String>;

const SCHEMA: &str = include_str!("../../kiosk-config/rulebook/schema.toml");
const PARAMS: &str = include_str!("../../kiosk-config/rulebook/params.toml");
const CALENDAR: &str = include_str!("../../kiosk-config/rulebook/calendar.toml");
const BASES: [&str; 6] = [
    include_str!("../../kiosk-config/rulebook/cases/base/catering.json"),
    include_str!("../../kiosk-config/rulebook/cases/base/combined.json"),
    include_str!("../../kiosk-config/rulebook/cases/base/food-held.json"),
    include_str!("../../kiosk-config/rulebook/cases/base/food-new.json"),
    include_str!("../../kiosk-config/rulebook/cases/base/hygiene-held.json"),
    include_str!("../../kiosk-config/rulebook/cases/base/hygiene-new.json"),
];

/// Any text as a condition, a definition and a place in a message, under a schema of one fact.
pub(crate) fn parse(input: &[u8]) {
    let Some(text) = words(input) else { return };
    let quoted = toml::Value::from(text.clone());
    let rule = rule(&quoted.to_string(), &toml::Value::from(format!("{{{text}}}")).to_string());
    let schema = "[enum]\nservice = [\"food/new\", \"food/file\"]\n[record.application]\nservice = \"service\"\n\
                  accepted_on = \"date?\"\n[facts]\napplication = \"application\"\n";
    let mut files = files(
        schema,
        "",
        "[fallback]\noff = []\n[[year]]\nyear = 2026\nnotice = \"n\"\noff = []\nwork = []\n",
    );
    files.insert(
        "rules/all.toml".to_owned(),
        format!("[[define]]\nname = \"d\"\nwhen = {quoted}\n{rule}"),
    );
    if let Ok(rulebook) = Rulebook::load(&files) {
        decided(&rulebook, &json!({ "application": { "service": "food/new" } }));
    }
}

/// Any text as a condition over the facts of the law; if it is accepted, it is evaluated.
pub(crate) fn check(input: &[u8]) {
    let Some(text) = words(input) else { return };
    let mut files = files(SCHEMA, PARAMS, CALENDAR);
    let quoted = toml::Value::from(text).to_string();
    files.insert("rules/all.toml".to_owned(), rule(&quoted, "\"m\""));
    let Ok(rulebook) = Rulebook::load(&files) else { return };
    for base in BASES {
        let document: Value = serde_json::from_str(base).unwrap_or_default();
        assert!(Facts::bind(&rulebook, &document).is_ok(), "a base does not bind");
        decided(&rulebook, &document);
    }
}

/// Any text as one of the files of an edition: the first byte says which.
pub(crate) fn edition(input: &[u8]) {
    let Some((which, text)) = input.split_first() else { return };
    let Some(text) = words(text) else { return };
    let names = [
        "manifest.toml",
        "schema.toml",
        "params.toml",
        "calendar.toml",
        "catalogue.toml",
        "rules/all.toml",
        "cases/all.toml",
        "cases/base/food-new.json",
        "guide.toml",
    ];
    let name = names[usize::from(*which) % names.len()];
    let mut files = files(SCHEMA, PARAMS, CALENDAR);
    files.insert("rules/all.toml".to_owned(), rule("\"application.wants_person\"", "\"m\""));
    files.insert("cases/base/food-new.json".to_owned(), BASES[3].to_owned());
    files.insert(name.to_owned(), text);
    match Rulebook::load(&files) {
        Ok(rulebook) => {
            for base in BASES {
                decided(&rulebook, &serde_json::from_str(base).unwrap_or_default());
            }
        }
        Err(problems) => assert!(!problems.0.is_empty(), "refused without a reason"),
    }
}

fn words(input: &[u8]) -> Option<String> {
    String::from_utf8(input.to_vec()).ok()
}

/// Decides, bare and explained; what is accepted keeps to its cost.
fn decided(rulebook: &Rulebook, document: &Value) {
    for today in [date(2019, 12, 31), date(2024, 2, 29), date(2026, 11, 23), date(2151, 1, 1)] {
        let decision = decide_document(rulebook, document, today);
        assert!(!decision.findings.is_empty(), "nothing told");
        let Ok(facts) = Facts::bind(rulebook, document) else { continue };
        let parsed = Facts::parse(rulebook, document.to_string().as_bytes());
        assert!(parsed.as_ref() == Ok(&facts), "read in two ways, and differently");
        let bare = fired(rulebook, &facts, today);
        let told = |id: &str| decision.findings.iter().any(|finding| finding.rule == id);
        // Findings that do not fit the verdict are not told: the gravest one always is.
        assert!(bare.is_empty() || bare.iter().any(|id| told(id)), "bare and explained differ");
        let (took, most) = (steps(rulebook, &facts, today), rulebook.cost());
        assert!(took <= most, "{took} steps, {most} were counted");
    }
}

fn files(schema: &str, params: &str, calendar: &str) -> Files {
    let fallbacks: String = [
        "silent",
        "rule_failed",
        "no_rule_set",
        "edition_expired",
        "facts_incomplete",
    ]
    .map(|key| {
        format!(
            "[fallback.{key}]\ncode = \"F\"\ncite = \"c\"\nmessage = {{ zh = \"话\", en = \"m\" }}\n\
                     remedy = {{ zh = \"话\", en = \"r\" }}\n"
        )
    })
    .concat();
    let manifest = format!(
        "name = \"small\"\nepoch = 1\nversion = 1\nissued = 2020-01-01\nrefresh_by = 2099-01-01\n\
         reject_after = 2099-01-01\n[[rule_set]]\nname = \"R1\"\nfrom = 2019-12-01\n{fallbacks}"
    );
    let catalogue = "[[group]]\nid = \"g\"\ntitle = { zh = \"话\", en = \"g\" }\n";
    [
        ("manifest.toml", manifest.as_str()),
        ("schema.toml", schema),
        ("params.toml", params),
        ("catalogue.toml", catalogue),
        ("calendar.toml", calendar),
        ("guide.toml", ""),
    ]
    .map(|(file, text)| (file.to_owned(), text.to_owned()))
    .into()
}

fn rule(when: &str, message: &str) -> String {
    format!(
        "[[rule]]\nid = \"R\"\ncode = \"FOUND\"\nrule_set = [\"R1\"]\napplies = [\"any\"]\n\
         outcome = \"refer\"\nwhen = {when}\ncite = \"c\"\n\
         message = {{ zh = \"话\", en = {message} }}\nremedy = {{ zh = \"话\", en = \"r\" }}\n"
    )
}
