//! A report as a PDF for the files, with what the page for browsers shows.

use jiff::civil::Date;

use super::numbers::{BadRating, Counts, Day};
use super::report::{ActsCounted, Report};
use super::shown::{self, decided_by_day, grade, most, named, reservation_zh, seconds, step};
use super::table::in_china;
use crate::certificate::report::{Block, Column, Table, grouped, render};
use crate::certificate::{Error, Fonts};
use crate::domain::calendar::date_in_china;

/// Problems told one by one at most; all are in the JSON report.
const PROBLEMS_MAX: usize = 100;
/// Days and kiosks in the table at most.
const DAYS_MAX: usize = 366;

/// The report of a verification. It bears the day the bundle was made.
pub fn verification(fonts: &Fonts, report: &Report) -> Result<Vec<u8>, Error> {
    let title = format!("审计核验报告 {}", report.bundle);
    let day = report.made_at.map_or(Date::ZERO, date_in_china);
    let mut blocks = vec![
        Block::Title {
            zh: "审计核验报告".to_owned(),
            en: "Audit verification".to_owned(),
            about: report.bundle.clone(),
        },
        answer(report),
        figures(report),
    ];
    if !report.problems.is_empty() {
        blocks.extend(problems(report));
    }
    if !report.reservations.is_empty() {
        blocks.push(heading("未能核验的内容", "What could not be looked at"));
        let rows = report.reservations.iter();
        let row = |(what, count): (&String, &u64)| {
            vec![format!("{}\n{what}", reservation_zh(what)), grouped(*count)]
        };
        blocks.push(table([("", 9, false), ("", 1, true)], rows.map(row).collect()));
    }
    blocks.extend(about(report));
    blocks.extend(accounts(report));
    blocks.extend(sheets_and_look_ups(report));
    blocks.extend(numbers(&report.days, &report.bad_ratings));
    render(fonts, &title, day, &blocks)
}

fn heading(zh: &str, en: &str) -> Block {
    Block::Heading { zh: zh.to_owned(), en: en.to_owned() }
}

fn table<const N: usize>(columns: [(&str, u8, bool); N], rows: Vec<Vec<String>>) -> Block {
    let column =
        |(head, share, right): (&str, u8, bool)| Column { head: head.to_owned(), share, right };
    Block::Table(Table { columns: columns.map(column).to_vec(), rows })
}

fn answer(report: &Report) -> Block {
    let (zh, en) = shown::answer(report);
    let first = report.first_problem().map(|first| format!("首处问题 First: {first}"));
    let more = [en.to_owned()].into_iter().chain(first).collect();
    Block::Answer { good: report.holds, zh: zh.to_owned(), more }
}

fn figures(report: &Report) -> Block {
    let figure = |(count, zh, en)| (grouped(count), format!("{zh} {en}"));
    Block::Figures(shown::figures(report).map(figure).to_vec())
}

fn problems(report: &Report) -> Vec<Block> {
    let row = |problem: &super::Problem| {
        let line = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        let of = problem.kiosk.as_ref().zip(problem.position);
        let of = of.map_or_else(String::new, |(kiosk, position)| format!("\n{kiosk} #{position}"));
        let check = problem.check.as_str().to_owned();
        vec![format!("{}{line}{of}", problem.file), check, problem.what.clone()]
    };
    let rows = report.problems.iter().take(PROBLEMS_MAX).map(row).collect();
    let columns = [("位置 where", 4, false), ("检查 check", 2, false), ("问题 what", 7, false)];
    let mut blocks = vec![heading("问题", "Problems"), table(columns, rows)];
    if report.problem_count > PROBLEMS_MAX as u64 {
        let count = grouped(report.problem_count);
        let text = format!("共 {count} 处，此处列前 {PROBLEMS_MAX} 处；其余见 JSON 报告。");
        blocks.push(Block::Note(text));
    }
    blocks
}

fn about(report: &Report) -> Vec<Block> {
    let none = || "–".to_owned();
    let asked = report.asked.as_ref();
    let day = |day: Option<Date>| day.map_or_else(none, |day| day.to_string());
    let span = match asked.map(|asked| (asked.from, asked.to)) {
        Some((from, to)) if from.is_some() || to.is_some() => {
            format!("{} 至 {}", day(from), day(to))
        }
        _ => "全部 all".to_owned(),
    };
    let rows = [
        ("制作时间 made (UTC+8)", report.made_at.map_or_else(none, in_china)),
        ("制作人 by", report.made_by.clone().unwrap_or_else(none)),
        ("签名密钥 signed by", report.signed_by.clone().unwrap_or_else(none)),
        ("期间 days", span),
        (
            "manifest.json SHA-256",
            report.manifest_sha256.map_or_else(none, |hash| hash.to_string()),
        ),
    ];
    let rows = rows.map(|(what, is)| vec![what.to_owned(), is]).to_vec();
    let chain = |chain: &super::Chain| {
        vec![
            chain.kiosk.to_string(),
            chain.first.to_string(),
            chain.last.to_string(),
            chain.hash.to_string(),
        ]
    };
    let chains = report.chains.iter().map(chain).collect();
    let columns = [
        ("终端 kiosk", 4, false),
        ("首条 first", 2, true),
        ("末条 last", 2, true),
        ("末条哈希 its hash", 8, false),
    ];
    vec![
        heading("证据包", "The bundle"),
        table([("", 3, false), ("", 8, false)], rows),
        heading("记录链", "Chains"),
        table(columns, chains),
    ]
}

fn accounts(report: &Report) -> Vec<Block> {
    let columns = [
        ("编号序列 series", 5, false),
        ("已分配 leased", 2, true),
        ("已发证 issued", 2, true),
        ("作废 void", 2, true),
        ("退回 returned", 2, true),
        ("未用 unused", 2, true),
        ("冻结 frozen", 2, true),
        ("早先 earlier", 2, true),
    ];
    let row = |of: &super::SeriesAccount| {
        let counts = [of.leased, of.issued, of.void, of.returned, of.unused, of.frozen, of.earlier];
        [of.series.clone()].into_iter().chain(counts.map(grouped)).collect()
    };
    let rows = report.numbers.iter().map(row).collect();
    vec![heading("编号去向", "What became of every number"), table(columns, rows)]
}

fn sheets_and_look_ups(report: &Report) -> Vec<Block> {
    let mut blocks = vec![
        heading("纸张", "Sheets"),
        Block::Bars(most(&shown::sheets(&report.sheets))),
        heading("空白证书纸", "Blank sheets"),
        Block::Bars(most(&shown::blanks(&report.blanks))),
        heading("查询", "Look-ups"),
        Block::Bars(most(&shown::look_ups(&report.look_ups))),
        Block::Bars(most(&named(&report.look_ups.asked))),
    ];
    if report.acts != ActsCounted::default() {
        let acts = Block::Bars(most(&shown::acts(&report.acts)));
        blocks.extend([heading("中心决定", "Acts of central's"), acts]);
    }
    blocks
}

fn numbers(days: &[Day], bad: &[BadRating]) -> Vec<Block> {
    let together = Counts::of(days);
    let figures = [
        (grouped(together.visits), "次办理 visits"),
        (grouped(together.decided()), "件决定 decided"),
        (grouped(together.issued), "件当场发证 issued on the spot"),
        (format!("{}%", together.rated_percent()), "已评价 rated"),
        (bad.len().to_string(), "件差评 bad ratings"),
    ];
    let mut blocks = vec![
        heading("办理量", "Cases"),
        Block::Figures(figures.map(|(count, what)| (count, what.to_owned())).to_vec()),
        Block::Columns(decided_by_day(days)),
    ];
    for (zh, en, bars) in [
        ("决定", "Verdicts", most(&named(&together.verdicts))),
        ("未当场办结的原因", "Why not at once", most(&named(&together.reasons))),
        ("事项", "Services", most(&named(&together.services))),
        ("评价", "Ratings", shown::ratings(&together)),
        ("规则", "Rules that spoke", most(&named(&together.rules))),
        ("故障", "Faults", most(&named(&together.faults))),
    ] {
        if !bars.is_empty() {
            blocks.extend([heading(zh, en), Block::Bars(bars)]);
        }
    }
    let took = together.steps().into_iter().map(|(what, took)| {
        let (mean, longest) = (seconds(took.mean_ms()), seconds(took.longest_ms));
        vec![step(what).to_owned(), grouped(took.count), mean, longest]
    });
    let columns = [
        ("步骤 step", 6, false),
        ("次数 times", 2, true),
        ("平均 mean", 2, true),
        ("最长 longest", 2, true),
    ];
    blocks.extend([heading("用时", "How long it took"), table(columns, took.collect())]);
    if !bad.is_empty() {
        blocks.extend(follow_up(bad));
    }
    blocks.extend(by_day(days));
    blocks
}

fn follow_up(bad: &[BadRating]) -> [Block; 2] {
    let by = |day: Option<Date>| day.map_or_else(|| "–".to_owned(), |day| day.to_string());
    let row = |rating: &BadRating| {
        vec![
            in_china(rating.at),
            rating.kiosk.to_string(),
            rating.application.to_string(),
            grade(rating.grade).to_owned(),
            by(rating.call_back_by),
            by(rating.answer_by),
            by(rating.answer_complex_by),
        ]
    };
    let columns = [
        ("评价时间", 4, false),
        ("终端", 3, false),
        ("申请", 4, false),
        ("评价", 2, false),
        ("回访期限", 3, false),
        ("答复期限（简单）", 3, false),
        ("答复期限（复杂）", 3, false),
    ];
    [
        heading("差评整改期限", "Bad ratings and their clocks"),
        table(columns, bad.iter().map(row).collect()),
    ]
}

fn by_day(days: &[Day]) -> [Block; 2] {
    let row = |day: &Day| {
        let took = day.counts.took.get("visit");
        vec![
            day.day.to_string(),
            day.kiosk.to_string(),
            grouped(day.counts.visits),
            grouped(day.counts.decided()),
            grouped(day.counts.issued),
            grouped(day.counts.ratings.values().sum()),
            took.map_or_else(|| "–".to_owned(), |took| seconds(took.mean_ms())),
        ]
    };
    let columns = [
        ("日期 day", 3, false),
        ("终端 kiosk", 3, false),
        ("办理 visits", 2, true),
        ("决定 decided", 2, true),
        ("发证 issued", 2, true),
        ("评价 rated", 2, true),
        ("平均 mean", 2, true),
    ];
    [
        heading("按日按终端", "By day and kiosk"),
        table(columns, days.iter().rev().take(DAYS_MAX).map(row).collect()),
    ]
}
