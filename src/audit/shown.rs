//! What a report tells, in the words the page and the PDF share.

use std::collections::BTreeMap;

use super::numbers::{Counts, Day};
use super::report::{ActsCounted, Blanks, LookUps, Report, Sheets};

/// Bars of a chart at most; the rest is one bar.
const BARS_MAX: usize = 24;
/// Days of a chart at most: a year of columns 3 px wide.
pub(super) const COLUMNS_MAX: usize = 366;

/// The answer, in Chinese and English.
pub(super) fn answer(report: &Report) -> (&'static str, &'static str) {
    if report.holds {
        ("核验通过", "Everything that was looked at holds.")
    } else {
        ("核验未通过", "It does NOT hold.")
    }
}

/// The figures everybody looks for first, in Chinese and English.
pub(super) fn figures(report: &Report) -> [(u64, &'static str, &'static str); 6] {
    [
        (report.records, "条记录", "records"),
        (report.signatures, "个签名有效", "signatures hold"),
        (report.seals, "个印章有效", "seals hold"),
        (report.decisions.equal, "件重新决定一致", "decided again, equal"),
        (report.numbers.iter().map(|of| of.issued).sum(), "个编号已发证", "numbers issued"),
        (report.problem_count, "处问题", "problems"),
    ]
}

/// What became of the sheets.
pub(super) fn sheets(sheets: &Sheets) -> Vec<(String, u64)> {
    words([
        ("已确认 confirmed", sheets.confirmed),
        ("已销毁 destroyed", sheets.voided),
        ("未打印 not printed", sheets.not_printed),
        ("待查 unknown", sheets.unknown),
        ("进行中 under way", sheets.under_way),
    ])
}

/// What became of the numbered blank sheets.
pub(super) fn blanks(blanks: &Blanks) -> Vec<(String, u64)> {
    words([
        ("用于证照 certificates", blanks.certificates),
        ("作废 spoiled", blanks.spoiled),
        ("测试页 test pages", blanks.tests),
        ("取出 taken out", blanks.taken_out),
        ("在纸盒 in the tray", blanks.left),
    ])
}

/// Whose the look-ups were.
pub(super) fn look_ups(look_ups: &LookUps) -> Vec<(String, u64)> {
    let mut counts = words([
        ("有案件 with a case", look_ups.with_case),
        ("查询结果 for results", look_ups.for_results),
        ("无案件 without a case", look_ups.without_case),
        ("进行中 still open", look_ups.open),
    ]);
    if look_ups.at_central > 0 {
        counts.extend(words([
            ("中心答复 answered by central", look_ups.at_central),
            ("终端无记录 in no record", look_ups.unrecorded),
        ]));
    }
    counts
}

/// What somebody at central decided.
pub(super) fn acts(acts: &ActsCounted) -> Vec<(String, u64)> {
    words([
        ("终端封存 lives closed", acts.closings),
        ("许可撤销 permits revoked", acts.revocations),
    ])
}

/// Ratings, the best grade first.
pub(super) fn ratings(counts: &Counts) -> Vec<(String, u64)> {
    words(
        GRADES.map(|(grade, word)| (word, counts.ratings.get(&grade).copied().unwrap_or_default())),
    )
}

fn words<const N: usize>(counts: [(&str, u64); N]) -> Vec<(String, u64)> {
    counts.map(|(word, count)| (word.to_owned(), count)).to_vec()
}

pub(super) fn reservation_zh(what: &str) -> &str {
    match what {
        "decisions not decided again: sealed" => "决定未重新作出：个人信息已密封，没有审计密钥",
        "decisions not decided again: their edition is not in the bundle" => {
            "决定未重新作出：证据包中没有当时的规则版本"
        }
        "records of a kind this version does not know" => "本软件版本不认识的记录种类",
        "journals of earlier lives, which are in other bundles" => {
            "终端此前各期的账本，在其他证据包中"
        }
        "envelopes whose key is not in the bundle" => "信封的密钥不在证据包中（已到期删除）",
        "editions, for no publishers are trusted" => "规则版本：没有可信的发布者名单",
        other => other,
    }
}

/// Decisions of each of the last [`COLUMNS_MAX`] days.
pub(super) fn decided_by_day(days: &[Day]) -> Vec<(String, u64)> {
    let mut by_day: BTreeMap<String, u64> = BTreeMap::new();
    for day in days {
        *by_day.entry(day.day.to_string()).or_default() += day.counts.decided();
    }
    let early = by_day.len().saturating_sub(COLUMNS_MAX);
    by_day.into_iter().skip(early).collect()
}

/// 国办发〔2019〕51号.
const GRADES: [(u8, &str); 5] =
    [(5, "非常满意"), (4, "满意"), (3, "基本满意"), (2, "不满意"), (1, "非常不满意")];

pub(super) fn grade(grade: u8) -> &'static str {
    GRADES.iter().find(|(of, _)| *of == grade).map_or("?", |(_, word)| word)
}

pub(super) fn step(what: &str) -> &str {
    match what {
        "visit" => "整次办理 a whole visit",
        "screen verifying" => "核验证件 verifying a paper",
        "screen choosing" => "选择事项 choosing",
        "screen guiding" => "问答引导 a few questions",
        "screen telling" => "一次告知 being told what is needed",
        "screen identifying" => "识别身份 showing who one is",
        "screen proving_business" => "证明主体 showing the business",
        "screen looking_up" => "查询登记 asking the registers",
        "screen filling" => "填写补充 filling in",
        "screen promising" => "承诺签名 promise and signature",
        "screen results" => "查看结果 looking at results",
        "screen decided" => "决定与打印 the decision, and printing",
        "screen rating" => "评价 rating",
        "screen done" => "结束页 the last page",
        "look_up" => "一次查询 one look-up",
        "certificate" => "打印证书 printing a certificate",
        "slip" => "打印凭条 printing a slip",
        other => other,
    }
}

pub(super) fn named(counts: &BTreeMap<String, u64>) -> Vec<(String, u64)> {
    counts.iter().map(|(name, count)| (name.clone(), *count)).collect()
}

/// The longest first, and of many the rest as one.
pub(super) fn most(values: &[(String, u64)]) -> Vec<(String, u64)> {
    let mut values = values.to_vec();
    values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if values.len() > BARS_MAX {
        let rest = values.split_off(BARS_MAX - 1);
        values.push(("其他 others".to_owned(), rest.iter().map(|(_, count)| count).sum()));
    }
    values
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}
