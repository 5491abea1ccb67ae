//! A report as one HTML page that needs nothing else: no script, no font, no address.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::numbers::{BadRating, Counts, Day};
use super::report::{ActsCounted, Blanks, Report};
use super::shown::{
    self, COLUMNS_MAX, decided_by_day, grade, most, named, reservation_zh, seconds, step,
};
use super::table::in_china;
use crate::certificate::report::grouped;

const STYLE: &str = "
:root { --ink: #1d2733; --soft: #5b6775; --line: #d9dee5; --good: #1b6e4b; --bad: #a9231c; --bar: #2f6f9f; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #f5f6f8;
  font: 15px/1.55 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 12px; }
p { margin: 6px 0; } .soft { color: var(--soft); }
.verdict { display: flex; gap: 18px; align-items: center; border-radius: 10px; padding: 18px 22px; color: #fff; margin: 22px 0; }
.verdict.good { background: var(--good); } .verdict.bad { background: var(--bad); }
.verdict b { font-size: 22px; display: block; } .verdict svg { flex: none; }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 4px 22px 20px; margin: 16px 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } td.n, th.n { text-align: right; }
tr:last-child td { border-bottom: 0; } .mono { font-family: monospace; font-size: 13px; word-break: break-all; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 0 36px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; padding-top: 16px; }
.facts + svg { margin-top: 20px; } .facts div { border-left: 3px solid var(--bar); padding-left: 10px; } .facts b { font-size: 22px; display: block; }
svg text { font: 13px 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; fill: var(--ink); }
@media print { body { background: #fff; } section { break-inside: avoid; } }
";

/// The report of a verification.
pub fn verification(report: &Report) -> String {
    let title = format!("审计核验报告 {}", report.bundle);
    page(
        &title,
        html! {
            h1 { "审计核验报告" span.soft { " Audit verification" } }
            p.soft.mono { (report.bundle) }
            (verdict(report))
            section {
                div.facts {
                    @for (count, zh, en) in shown::figures(report) { (fact(count, zh, en)) }
                }
            }
            @if !report.problems.is_empty() { (problems(report)) }
            @if !report.reservations.is_empty() { (reservations(report)) }
            (about(report))
            (chains(report))
            (accounts(report))
            (sheets_and_look_ups(report))
            (numbers_of(&report.days, &report.bad_ratings))
        },
    )
}

/// The numbers for managers alone.
pub fn numbers(days: &[Day], bad: &[BadRating]) -> String {
    let span = match (days.first(), days.last()) {
        (Some(first), Some(last)) => format!("{} – {}", first.day, last.day),
        _ => "–".to_owned(),
    };
    page(
        &format!("办理情况 {span}"),
        html! {
            h1 { "办理情况" span.soft { " Numbers" } }
            p.soft { (span) }
            (numbers_of(days, bad))
        },
    )
}

fn page(title: &str, body: Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
    .into_string()
}

fn verdict(report: &Report) -> Markup {
    // Not by colour alone: a tick or a cross, and words.
    let (zh, en) = shown::answer(report);
    let (class, path) = if report.holds {
        ("verdict good", "M8 20 l8 8 l16 -18")
    } else {
        ("verdict bad", "M10 10 l20 20 M30 10 l-20 20")
    };
    html! {
        div class=(class) {
            svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" {
                path d=(path) fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" {}
            }
            div {
                b { (zh) }
                (en)
                @if let Some(first) = report.first_problem() {
                    p { "首处问题 First: " (first) }
                }
            }
        }
    }
}

fn fact(count: u64, zh: &str, en: &str) -> Markup {
    html! { div { b { (grouped(count)) } (zh) br; span.soft { (en) } } }
}

fn problems(report: &Report) -> Markup {
    html! {
        section {
            h2 { "问题" span.soft { " Problems" } }
            table {
                tr { th { "位置" } th { "检查" } th { "问题" } }
                @for problem in report.problems.iter().take(100) {
                    tr {
                        td.mono {
                            (problem.file)
                            @if let Some(line) = problem.line { ":" (line) }
                            @if let (Some(kiosk), Some(position)) = (&problem.kiosk, problem.position) {
                                br; (kiosk) " #" (position)
                            }
                        }
                        td { (problem.check.as_str()) }
                        td { (problem.what) }
                    }
                }
            }
            @if report.problem_count > 100 {
                p.soft { "共 " (report.problem_count) " 处，此处列前 100 处；其余见 JSON 报告。" }
            }
        }
    }
}

fn reservations(report: &Report) -> Markup {
    html! {
        section {
            h2 { "未能核验的内容" span.soft { " What could not be looked at" } }
            table {
                @for (what, count) in &report.reservations {
                    tr { td { (reservation_zh(what)) br; span.soft { (what) } } td.n { (grouped(*count)) } }
                }
            }
        }
    }
}

fn about(report: &Report) -> Markup {
    let none = || "–".to_owned();
    let asked = report.asked.as_ref();
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(none, |day| day.to_string());
    html! {
        section {
            h2 { "证据包" span.soft { " The bundle" } }
            table {
                tr { th { "制作时间 (UTC+8)" } td { (report.made_at.map_or_else(none, in_china)) } }
                tr { th { "制作人" } td { (report.made_by.as_deref().unwrap_or("–")) } }
                tr { th { "签名密钥" } td.mono { (report.signed_by.as_deref().unwrap_or("–")) } }
                tr { th { "期间" } td {
                    @match asked.map(|asked| (asked.from, asked.to)) {
                        Some((from, to)) if from.is_some() || to.is_some() => {
                            (day(from)) " 至 " (day(to))
                        }
                        _ => { "全部 all" }
                    }
                } }
                tr { th { "manifest.json SHA-256" } td.mono {
                    (report.manifest_sha256.map_or_else(none, |hash| hash.to_string()))
                } }
            }
        }
    }
}

fn chains(report: &Report) -> Markup {
    html! {
        section {
            h2 { "记录链" span.soft { " Chains" } }
            table {
                tr { th { "终端" } th.n { "首条" } th.n { "末条" } th { "末条哈希" } }
                @for chain in &report.chains {
                    tr {
                        td { (chain.kiosk) }
                        td.n { (chain.first) }
                        td.n { (chain.last) }
                        td.mono { (chain.hash) }
                    }
                }
            }
        }
    }
}

fn accounts(report: &Report) -> Markup {
    html! {
        section {
            h2 { "编号去向" span.soft { " What became of every number" } }
            table {
                tr {
                    th { "编号序列" } th.n { "已分配" } th.n { "已发证" } th.n { "作废" } th.n { "退回" }
                    th.n { "未用" } th.n { "冻结" } th.n { "早先已用" }
                }
                @for of in &report.numbers {
                    tr {
                        td.mono { (of.series) }
                        @for count in [of.leased, of.issued, of.void, of.returned, of.unused, of.frozen, of.earlier] {
                            td.n { (grouped(count)) }
                        }
                    }
                }
            }
        }
    }
}

fn sheets_and_look_ups(report: &Report) -> Markup {
    let look_ups = &report.look_ups;
    html! {
        div.grid {
            section {
                h2 { "纸张" span.soft { " Sheets" } }
                (bars(&shown::sheets(&report.sheets)))
                @if report.blanks != Blanks::default() {
                    h2 { "空白证书纸" span.soft { " Blank sheets" } }
                    (bars(&shown::blanks(&report.blanks)))
                }
            }
            section {
                h2 { "查询" span.soft { " Look-ups" } }
                (bars(&shown::look_ups(look_ups)))
                (bars(&named(&look_ups.asked)))
                @if report.acts != ActsCounted::default() {
                    h2 { "中心决定" span.soft { " Acts of central's" } }
                    (bars(&shown::acts(&report.acts)))
                }
            }
        }
    }
}

fn numbers_of(days: &[Day], bad: &[BadRating]) -> Markup {
    let (together, by_day) = (Counts::of(days), decided_by_day(days));
    html! {
        section {
            h2 { "办理量" span.soft { " Cases" } }
            div.facts {
                (fact(together.visits, "次办理", "visits"))
                (fact(together.decided(), "件决定", "decided"))
                (fact(together.issued, "件当场发证", "issued on the spot"))
                (fact(together.rated_percent(), "% 已评价", "% rated"))
                (fact(bad.len() as u64, "件差评", "bad ratings"))
            }
            (columns(&by_day))
        }
        div.grid {
            section { h2 { "决定" span.soft { " Verdicts" } } (bars(&named(&together.verdicts))) }
            section { h2 { "未当场办结的原因" span.soft { " Why not at once" } } (bars(&named(&together.reasons))) }
            section { h2 { "事项" span.soft { " Services" } } (bars(&named(&together.services))) }
            section {
                h2 { "评价" span.soft { " Ratings" } }
                (bars(&shown::ratings(&together)))
            }
            section { h2 { "规则" span.soft { " Rules that spoke" } } (bars(&named(&together.rules))) }
            section { h2 { "故障" span.soft { " Faults" } } (bars(&named(&together.faults))) }
        }
        section {
            h2 { "用时" span.soft { " How long it took" } }
            table {
                tr { th { "步骤" } th.n { "次数" } th.n { "平均" } th.n { "最长" } }
                @for (what, took) in together.steps() {
                    tr {
                        td { (step(what)) }
                        td.n { (grouped(took.count)) }
                        td.n { (seconds(took.mean_ms())) }
                        td.n { (seconds(took.longest_ms)) }
                    }
                }
            }
        }
        @if !bad.is_empty() { (follow_up(bad)) }
        section {
            h2 { "按日按终端" span.soft { " By day and kiosk" } }
            table {
                tr { th { "日期" } th { "终端" } th.n { "办理" } th.n { "决定" } th.n { "发证" } th.n { "评价" } th.n { "平均用时" } }
                @for day in days.iter().rev().take(COLUMNS_MAX) {
                    tr {
                        td { (day.day) }
                        td { (day.kiosk) }
                        td.n { (day.counts.visits) }
                        td.n { (day.counts.decided()) }
                        td.n { (day.counts.issued) }
                        td.n { (day.counts.ratings.values().sum::<u64>()) }
                        td.n { (day.counts.took.get("visit").map_or("–".to_owned(), |took| seconds(took.mean_ms()))) }
                    }
                }
            }
        }
    }
}

fn follow_up(bad: &[BadRating]) -> Markup {
    let by = |day: Option<jiff::civil::Date>| day.map_or("–".to_owned(), |day| day.to_string());
    html! {
        section {
            h2 { "差评整改期限" span.soft { " Bad ratings and their clocks" } }
            table {
                tr { th { "评价时间" } th { "终端" } th { "申请" } th { "评价" } th { "回访期限" } th { "答复期限（简单）" } th { "答复期限（复杂）" } }
                @for rating in bad {
                    tr {
                        td { (in_china(rating.at)) }
                        td { (rating.kiosk) }
                        td.mono { (rating.application) }
                        td { (grade(rating.grade)) }
                        td { (by(rating.call_back_by)) }
                        td { (by(rating.answer_by)) }
                        td { (by(rating.answer_complex_by)) }
                    }
                }
            }
        }
    }
}

/// Lying bars; values are written out.
fn bars(values: &[(String, u64)]) -> Markup {
    let values = most(values);
    let longest = values.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    let height = 26 * values.len().max(1);
    html! {
        svg viewBox=(format!("0 0 520 {height}")) width="100%" role="img" {
            @if values.is_empty() { text x="0" y="18" { "–" } }
            @for (index, (name, count)) in values.iter().enumerate() {
                @let y = 26 * index;
                @let width = (count * 220) / longest;
                text x="200" y=(y + 18) text-anchor="end" { (name) }
                rect x="208" y=(y + 5) width=(width.max(1)) height="16" rx="3" fill="#2f6f9f" {}
                text x=(216 + width) y=(y + 18) { (grouped(*count)) }
            }
        }
    }
}

/// Standing columns, one a day.
fn columns(values: &[(String, u64)]) -> Markup {
    let most = values.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    let each = 960 / (values.len() as u64).clamp(12, 366);
    let (first, last) = (values.first(), values.last());
    html! {
        svg viewBox="0 0 1000 190" width="100%" role="img" {
            line x1="20" y1="150" x2="990" y2="150" stroke="#d9dee5" {}
            text x="20" y="16" { (grouped(most)) }
            @for (index, (day, count)) in (0_u64..).zip(values) {
                @let height = (count * 120) / most;
                rect x=(20 + index * each) y=(150 - height) width=((each * 4 / 5).max(1))
                    height=(height) fill="#2f6f9f" { title { (day) ": " (count) } }
            }
            @if let (Some((first, _)), Some((last, _))) = (first, last) {
                text x="20" y="174" { (first) }
                @if first != last {
                    text x=(20 + values.len() as u64 * each) y="174" text-anchor="end" { (last) }
                }
            }
        }
    }
}
