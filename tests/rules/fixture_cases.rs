//! The domain's table of cases, row by row: verdict, code, law, day, and the articles it cites.

use jiff::civil::Date;
use permit_kiosk::domain::{Decision, Verdict};
use permit_kiosk::rules::{Case, Facts, decide};
use serde_json::Value;

use super::edition::zhangdian;

const TABLE: &str = include_str!("cases.json");

/// Rows that are not a decision of the rulebook, and where they are tested.
const ELSEWHERE: [(&str, &str); 1] = [("S02", "tests/journal/printing.rs: issued, not printed")];

/// Laws by the table's short names.
const LAWS: [(&str, &str); 13] = [
    ("FSL", "食品安全法"),
    ("ALL", "行政许可法"),
    ("O17", "食品经营许可管理办法"),
    ("O78", "食品经营许可和备案管理办法"),
    ("PIPL", "个人信息保护法"),
    ("Civil Code", "民法典"),
    ("ID Card Law", "居民身份证法"),
    ("细则", "公共场所卫生管理条例实施细则"),
    ("条例", "公共场所卫生管理条例"),
    ("国发〔2021〕7号", "国发〔2021〕7号"),
    ("国发〔2016〕12号", "国发〔2016〕12号"),
    ("鲁政办字〔2020〕58号", "鲁政办字〔2020〕58号"),
    ("State Council Order 797", "国务院令第797号"),
];

/// Sources without articles.
const SOURCES: [(&str, &str); 3] = [
    ("local promise list", "告知承诺事项清单"),
    ("GB 32100-2015", "GB 32100-2015"),
    ("山东省食品小作坊小餐饮和食品摊点管理条例", "山东省食品小作坊小餐饮和食品摊点管理条例"),
];

/// What is the product's own rule, or a remark: nothing to cite.
const REMARKS: [&str; 3] =
    ["project rule", "Shanxi promise form", "Shandong keeps the pool permit"];

fn rows() -> Vec<Value> {
    serde_json::from_str(TABLE).unwrap()
}

fn text<'r>(row: &'r Value, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_else(|| panic!("{row}: no {key}"))
}

fn decided(case: &Case, today: Date) -> Decision {
    let facts = Facts::bind(zhangdian(), &case.document).unwrap();
    decide(zhangdian(), &facts, today)
}

fn case(id: &str) -> &'static Case {
    let found = zhangdian().cases().iter().find(|case| case.id == id);
    found.unwrap_or_else(|| panic!("the edition has no case {id}"))
}

#[track_caller]
fn check(row: &Value) {
    let (id, today) = (text(row, "id"), text(row, "today").parse::<Date>().unwrap());
    if ELSEWHERE.iter().any(|(elsewhere, _)| *elsewhere == id) {
        return;
    }
    let case = case(id);
    assert_eq!(case.today, today, "{id}: today");
    let decision = decided(case, today);
    // S03 is F01 committed after midnight: the same facts, see below.
    let code = if id == "S03" { "OK" } else { text(row, "code") };
    assert_eq!(
        (decision.verdict.to_string().as_str(), decision.code.as_str()),
        (text(row, "verdict"), code),
        "{id}"
    );
    assert_eq!(decision.rule_set, text(row, "ruleset"), "{id}: rule set");
    let citation = &decision.findings[0].citation;
    for (law, article) in cited(text(row, "cite")) {
        let stands = match &article {
            Some(article) => articles(citation, law).contains(article),
            None => citation.contains(law),
        };
        assert!(stands, "{id}: {law} {article:?} does not stand in: {citation}");
    }
}

#[test]
fn every_row_of_the_table_is_decided_as_it_says_and_by_its_articles() {
    for row in rows() {
        check(&row);
    }
}

/// S03: decided at 23:59:58, committed at 00:00:01. The day of the decision is that of the commit.
#[test]
fn a_decision_carries_the_day_it_is_committed() {
    let next = "2026-11-23".parse().unwrap();
    let decision = decided(case("S03"), next);
    assert_eq!((decision.verdict, decision.today), (Verdict::Issue, next));
}

/// `O78 15(1) simplified …, 23; ALL 34(2)` → the law's full name with each article in Chinese.
fn cited(cite: &str) -> Vec<(&'static str, Option<String>)> {
    let mut found = Vec::new();
    for part in cite.split(';').map(str::trim) {
        if let Some((_, law)) = SOURCES.iter().find(|(short, _)| part.starts_with(short)) {
            found.push((*law, None));
        } else if let Some((short, law)) = LAWS.iter().find(|(short, _)| part.starts_with(short)) {
            let numbers = article_numbers(part.strip_prefix(short).unwrap());
            if numbers.is_empty() {
                found.push((*law, None));
            }
            found.extend(numbers.into_iter().map(|number| (*law, Some(chinese(number)))));
        } else {
            let remark = REMARKS.iter().any(|remark| part.starts_with(remark));
            assert!(remark || part.is_empty(), "what does '{part}' cite?");
        }
    }
    found
}

/// `12(2)(4), 41-45 (a remark)` → 12, 41, 45: paragraphs in brackets are not articles.
fn article_numbers(text: &str) -> Vec<u32> {
    let mut plain = String::new();
    let mut depth = 0_u32;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    // Words after the numbers are a remark: `15 simplified review`.
    let digits = |part: &str| part.split_whitespace().next().and_then(|word| word.parse().ok());
    plain.split([',', '-']).filter_map(digits).collect()
}

/// The articles a citation names of one law: `食品安全法 第三十五条第一款；…` → 三十五.
fn articles(citation: &str, law: &str) -> Vec<String> {
    citation
        .split('；')
        .filter_map(|part| part.trim().strip_prefix(law))
        .filter(|rest| rest.starts_with(' '))
        .flat_map(|rest| rest.split('第').filter_map(|piece| piece.split_once('条')))
        .map(|(number, _)| number.to_owned())
        .collect()
}

/// 135 → 一百三十五, as the articles of a law are counted.
fn chinese(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |value: u32| DIGITS[usize::try_from(value % 10).unwrap()];
    let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
    let mut text = String::new();
    if hundreds > 0 {
        text += digit(hundreds);
        text += "百";
    }
    if tens > 0 {
        if tens > 1 || hundreds > 0 {
            text += digit(tens);
        }
        text += "十";
    } else if hundreds > 0 && ones > 0 {
        text += "零";
    }
    text + digit(ones)
}

#[test]
fn articles_are_read_as_the_table_writes_them() {
    let article = |law, number: &str| (law, Some(number.to_owned()));
    assert_eq!(
        cited("O78 12(2)(4), 41-45 (seen); FSL 135(1); local promise list; project rule: x"),
        [
            article("食品经营许可和备案管理办法", "十二"),
            article("食品经营许可和备案管理办法", "四十一"),
            article("食品经营许可和备案管理办法", "四十五"),
            article("食品安全法", "一百三十五"),
            ("告知承诺事项清单", None),
        ]
    );
    assert_eq!([10, 11, 20, 105].map(chinese), ["十", "十一", "二十", "一百零五"]);
}
