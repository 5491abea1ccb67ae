//! The Zhangdian edition, and a small one to break.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use permit_kiosk::rulebooks;
use permit_kiosk::rules::Rulebook;

pub(super) type Files = BTreeMap<String, String>;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config/rulebook");

pub(super) fn zhangdian_files() -> Files {
    rulebooks::read(Path::new(DIRECTORY)).unwrap()
}

/// Loaded once: it runs its cases each time.
pub(super) fn zhangdian() -> &'static Rulebook {
    static RULEBOOK: OnceLock<Rulebook> = OnceLock::new();
    RULEBOOK.get_or_init(|| {
        Rulebook::load(&zhangdian_files()).unwrap_or_else(|problems| panic!("{problems}"))
    })
}

/// An edition with a schema for every type and no rules; `rules` become `rules/all.toml`.
pub(super) fn small(rules: &str) -> Files {
    let fallbacks: String = ["silent", "rule_failed", "no_rule_set", "edition_expired", "facts_incomplete"]
        .map(|key| {
            let code = key.to_uppercase();
            format!(
                "[fallback.{key}]\ncode = \"{code}\"\ncite = \"c\"\nmessage = {{ zh = \"话\", en = \"m\" }}\n\
                 remedy = {{ zh = \"话\", en = \"r\" }}\n"
            )
        })
        .concat();
    let manifest = format!(
        "name = \"small\"\nepoch = 1\nversion = 1\nissued = 2020-01-01\nrefresh_by = 2099-01-01\n\
         reject_after = 2099-01-01\n[[rule_set]]\nname = \"R1\"\nfrom = 2000-01-01\n{fallbacks}"
    );
    let schema = "
        [enum]
        service = [\"food/new\", \"hygiene/new\"]
        zone = [\"mixed\", \"commercial\", \"residential\"]
        mark = [\"cold\", \"hot\", \"raw\"]
        [record.application]
        service = \"service\"
        accepted_on = \"date?\"
        [record.line]
        kind = \"zone\"
        marks = \"[mark; 4]\"
        count = \"int\"
        until = \"date?\"
        [record.shop]
        zone = \"zone\"
        seats = \"int\"
        fee = \"money\"
        opened = \"date\"
        closed = \"date?\"
        grade = \"int?\"
        name = \"string\"
        live = \"bool\"
        lines = \"[line; 6]\"
        marks = \"[mark; 4]\"
        [record.annex]
        seats = \"int\"
        name = \"string?\"
        [facts]
        application = \"application\"
        shop = \"shop\"
        annex = \"annex?\"
    ";
    let schema = labelled(schema);
    let params = "
        [[param]]
        name = \"seats.max\"
        type = \"int\"
        source = \"s\"
        values = [{ from = 2000-01-01, is = 50 }]
        [[param]]
        name = \"zones\"
        type = \"[zone; 3]\"
        source = \"s\"
        values = [{ from = 2000-01-01, is = [\"mixed\", \"residential\"] }]
    ";
    let catalogue = "
        [[group]]
        id = \"g\"
        title = { zh = \"话\", en = \"g\" }
    ";
    let calendar = zhangdian_files().remove("calendar.toml").unwrap();
    [
        ("manifest.toml", manifest),
        ("schema.toml", schema),
        ("params.toml", params.to_owned()),
        ("catalogue.toml", catalogue.to_owned()),
        ("guide.toml", String::new()),
        ("calendar.toml", calendar),
        ("rules/all.toml", rules.to_owned()),
    ]
    .map(|(file, text)| (file.to_owned(), text))
    .into()
}

/// A rule of the small edition with this condition.
pub(super) fn rule(id: &str, when: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ncode = \"FOUND\"\nrule_set = [\"R1\"]\napplies = [\"any\"]\n\
         outcome = \"refer\"\nwhen = '''{when}'''\ncite = \"c\"\n\
         message = {{ zh = \"话\", en = \"m\" }}\nremedy = {{ zh = \"话\", en = \"r\" }}\n"
    )
}

/// The schema with a label for everything it declares: its own name.
pub(super) fn labelled(schema: &str) -> String {
    let tables: toml::Table = schema.parse().unwrap();
    let mut text = schema.to_owned();
    let mut group = |head: String, names: Vec<String>| {
        text.extend(["\n[", &head, "]\n"]);
        for name in names {
            text.extend(["\"", &name, "\" = { zh = \"话", &name, "\", en = \"", &name, "\" }\n"]);
        }
    };
    let keys = |table: &toml::Value| table.as_table().unwrap().keys().cloned().collect();
    for (name, fields) in tables["record"].as_table().unwrap() {
        group(format!("label.{name}"), keys(fields));
    }
    group("label.facts".to_owned(), keys(&tables["facts"]));
    for (name, values) in tables["enum"].as_table().unwrap() {
        let words = values.as_array().unwrap();
        let words = words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        group(format!("word.{name}"), words);
    }
    text
}
