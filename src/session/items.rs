//! 经营项目 in the words of certificates: from the facts to what is printed, and from what stands on a
//! permit that is held to the facts.

use serde_json::{Value, json};

/// 经营项目 as printed (食品经营许可管理办法 10, 食品经营许可和备案管理办法 12).
const ITEMS: &[(&str, &str)] = &[
    ("sale_prepackaged", "预包装食品销售"),
    ("sale_bulk", "散装食品销售"),
    ("sale_bulk_and_prepackaged", "散装食品和预包装食品销售"),
    ("sale_special", "特殊食品销售"),
    ("sale_other", "其他类食品销售"),
    ("hot_food", "热食类食品制售"),
    ("cold_food", "冷食类食品制售"),
    ("raw_food", "生食类食品制售"),
    ("pastry", "糕点类食品制售"),
    ("semi_finished", "半成品制售"),
    ("self_made_drink", "自制饮品制售"),
    ("other_making", "其他类食品制售"),
    ("chain_sale_management", "食品销售连锁管理"),
    ("chain_catering_management", "餐饮服务连锁管理"),
    ("catering_management", "餐饮服务管理"),
];

/// Marks printed in brackets after an item.
const MARKS: &[(&str, &str)] = &[
    ("chilled_frozen", "含冷藏冷冻食品"),
    ("cooked_bulk", "含散装熟食"),
    ("cold_meat", "含冷荤类"),
    ("cold_pastry", "含冷加工糕点"),
    ("decorated_cake", "含裱花蛋糕"),
    ("simple", "仅简单制售"),
];

/// How else the marks stand on permits, those of the law of 2015 above all. What says nothing about the
/// risk has no mark.
const SPELLINGS: &[(&str, Option<&str>)] = &[
    ("含冷藏冷冻", Some("chilled_frozen")),
    ("含冷荤", Some("cold_meat")),
    ("含冷加工糕点类", Some("cold_pastry")),
    ("含裱花", Some("decorated_cake")),
    ("含裱花类糕点", Some("decorated_cake")),
    ("含生食水产品", Some("raw_aquatic")),
    ("含使用压力容器制作饮品", Some("pressure_container")),
    ("含压力容器制作饮品", Some("pressure_container")),
    ("含自酿酒", Some("home_brewed")),
    ("含自酿酒制售", Some("home_brewed")),
    ("含使用生鲜乳", Some("raw_milk")),
    ("简单制售", Some("simple")),
    // The kinds of 特殊食品.
    ("保健食品", None),
    ("特殊医学用途配方食品", None),
    ("婴幼儿配方乳粉", None),
    ("其他婴幼儿配方食品", None),
];

/// Characters of an item at most: the longest of the law has forty.
const CHARS_MAX: usize = 100;

/// `冷食类食品制售(含冷荤类)`: marks in the order of the table, so that the same facts print the same.
pub(super) fn printed(line: &Value) -> Option<String> {
    let key = line.get("item")?.as_str()?;
    let (_, word) = ITEMS.iter().find(|(known, _)| *known == key)?;
    Some(with_marks(word, MARKS, line.get("marks").and_then(Value::as_array)))
}

/// A word with its marks in brackets.
pub(super) fn with_marks(word: &str, table: &[(&str, &str)], marks: Option<&Vec<Value>>) -> String {
    let printed: Vec<&str> = table
        .iter()
        .filter(|(key, _)| marks.is_some_and(|marks| marks.iter().any(|mark| mark == key)))
        .map(|(_, printed)| *printed)
        .collect();
    if printed.is_empty() { word.to_owned() } else { format!("{word}({})", printed.join("，")) }
}

/// The items of a permit as facts; `None` where there are none or one is in words nobody here knows:
/// half of them would be taken for all.
pub(super) fn read(items: &[String]) -> Option<Value> {
    if items.is_empty() {
        return None;
    }
    items.iter().map(|item| line(item)).collect::<Option<Vec<Value>>>().map(Value::Array)
}

fn line(text: &str) -> Option<Value> {
    if text.chars().count() > CHARS_MAX {
        return None;
    }
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '（' | '［' | '[' => '(',
            '）' | '］' | ']' => ')',
            '、' | ',' | '；' | ';' => '，',
            other => other,
        })
        .collect();
    let (word, marks) = match plain.split_once('(') {
        None => (plain.as_str(), ""),
        Some((word, rest)) => (word, rest.strip_suffix(')')?),
    };
    let (item, _) = ITEMS.iter().find(|(_, printed)| *printed == word)?;
    let mut found: Vec<&str> = Vec::new();
    for mark in marks.split('，').filter(|mark| !mark.is_empty()) {
        // 不含 says that there is no mark.
        if mark.starts_with("不含") {
            continue;
        }
        let known = MARKS.iter().find(|(_, printed)| *printed == mark).map(|(key, _)| Some(*key));
        let spelt = || SPELLINGS.iter().find(|(spelt, _)| *spelt == mark).map(|(_, key)| *key);
        if let Some(key) = known.or_else(spelt)?
            && !found.contains(&key)
        {
            found.push(key);
        }
    }
    Some(json!({ "item": item, "marks": found }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, item: &str, marks: &[&str]) {
        let read = read(&[text.to_owned()]).unwrap_or_else(|| panic!("{text} is not read"));
        assert_eq!(read, json!([{ "item": item, "marks": marks }]), "{text}");
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for (item, _) in ITEMS {
            for marks in [&["simple"][..], &["cold_meat", "cold_pastry"], &["cooked_bulk"], &[]] {
                let line = json!({ "item": item, "marks": marks });
                check(&printed(&line).unwrap(), item, marks);
            }
        }
    }

    #[test]
    fn permits_of_the_law_of_2015_are_read() {
        check("预包装食品销售（含冷藏冷冻食品）", "sale_prepackaged", &["chilled_frozen"]);
        check("散装食品销售(不含冷藏冷冻食品、不含散装熟食)", "sale_bulk", &[]);
        check("特殊食品销售(保健食品，婴幼儿配方乳粉)", "sale_special", &[]);
        check("糕点类食品制售(不含裱花蛋糕)", "pastry", &[]);
        check("糕点类食品制售 (含裱花蛋糕)", "pastry", &["decorated_cake"]);
        check(
            "自制饮品制售(不含使用压力容器制作饮品,含自酿酒)",
            "self_made_drink",
            &["home_brewed"],
        );
    }

    #[test]
    fn one_unknown_word_leaves_all_unknown() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        for unknown in [
            &[][..],
            &["住宿"],
            &["热食类食品制售", "酒类零售"],
            &["冷食类食品制售(含凉菜)"],
            &["冷食类食品制售(含冷荤类"],
            &["热食类食品制售)"],
        ] {
            assert_eq!(read(&texts(unknown)), None, "{unknown:?}");
        }
        assert_eq!(read(&["热食类食品制售".repeat(20)]), None);
    }
}
