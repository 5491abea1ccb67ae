//! The start page: how many permits there are, the newest, and how the kiosks are.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};

use super::page::{Page, Speaks, Words, apology};
use super::permit::{day, tag, words_of};
use crate::central::store::{self, BookEntry, KioskOverview, Totals};
use crate::central::{Central, verify};
use crate::fault::Chain;
use crate::seal::Keyring;
use crate::wire::v1::api::{Heartbeat, Standing};

/// Permits in the list.
const NEWEST: u32 = 10;
/// A kiosk says how it is every minute; after five without a word it is called silent.
const SILENT_SECONDS: i64 = 300;

pub(super) async fn show(
    State(central): State<Arc<Central>>,
    Query(speaks): Query<Speaks>,
) -> Response {
    let words = speaks.words();
    match read(&central).await {
        Ok(read) => {
            let body = body(words, &central, &read);
            let title = words.one("许可查验", "Permit verification").to_owned();
            let other = words.one("/?lang=en", "/?lang=zh").to_owned();
            Page { words, title, other, body }.respond(StatusCode::OK)
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the start page has no permit book");
            apology(
                words,
                StatusCode::SERVICE_UNAVAILABLE,
                ("暂时无法查询", "The register cannot be asked at the moment"),
                &[("请几分钟后再试。", "Please try again in some minutes.")],
            )
        }
    }
}

struct Read {
    totals: Totals,
    newest: Vec<BookEntry>,
    kiosks: Vec<KioskOverview>,
    keys: Keyring,
}

async fn read(central: &Central) -> Result<Read, store::Error> {
    Ok(Read {
        totals: central.store.totals(central.clock.today()).await?,
        newest: central.store.newest(NEWEST).await?,
        kiosks: central.store.overview().await?,
        keys: verify::keyring(central).await?,
    })
}

fn body(words: Words, central: &Central, read: &Read) -> Markup {
    let Read { totals, newest, kiosks, keys } = read;
    let today = central.clock.today();
    let now = central.clock.now();
    html! {
        div.numbers {
            (number(words, totals.permits(), "许可证", "permits"))
            (number(words, totals.today, "今日发证", "issued today"))
            (number(words, totals.cases, "转人工", "with officers"))
        }
        section.card {
            h2 { (words.both("最新许可证", "Newest permits")) }
            @if newest.is_empty() {
                p.quiet { (words.both("还没有许可证。", "There are no permits yet.")) }
            }
            ul.list { @for entry in newest {
                @let worth = verify::state_of(entry, keys, today);
                @let (zh, en) = words_of(worth);
                li {
                    div.row {
                        a.mono href=(words.link(&format!("/v/{}", entry.permit.elicence))) {
                            (entry.permit.number)
                        }
                        span class=(tag(worth)) { (words.one(zh, en)) }
                    }
                    div.row {
                        span { (entry.permit.holder.name) }
                        span.quiet { (day(words, entry.permit.issued)) }
                    }
                }
            } }
        }
        section.card {
            h2 { (words.both("自助终端", "Kiosks")) }
            @if kiosks.is_empty() {
                p.quiet { (words.both("还没有登记的终端。", "No kiosk is enrolled yet.")) }
            }
            ul.list { @for kiosk in kiosks { li { (row(words, kiosk, now)) } } }
        }
        @if central.registers.embedded().is_some() {
            section.card {
                h2 { (words.both("演示环境", "Demonstration")) }
                p { (words.both(
                    "人员、企业和许可证都是虚构的，没有法律效力。",
                    "People, businesses and permits are invented and mean nothing in law.",
                )) }
                p { a href=(words.link("/demo")) { (words.one("演示手机与数据源", "Demonstration phones and registers")) } }
            }
        }
    }
}

fn number(words: Words, count: u64, zh: &str, en: &str) -> Markup {
    html! { div.number { b { (count) } (words.both(zh, en)) } }
}

fn row(words: Words, overview: &KioskOverview, now: Timestamp) -> Markup {
    let silent =
        overview.heard_at.is_none_or(|heard| now.duration_since(heard).as_secs() > SILENT_SECONDS);
    let faults = overview.heartbeat.as_ref().map_or(0, |heartbeat| heartbeat.faults.len());
    let (class, zh, en) = if overview.kiosk.standing != Standing::Enrolled {
        ("tag bad", "日志分叉", "journal forked")
    } else if overview.quarantined > 0 {
        ("tag bad", "记录待查", "records set apart")
    } else if silent {
        ("tag none", "无消息", "silent")
    } else if faults > 0 {
        ("tag wait", "需要维护", "needs a person")
    } else {
        ("tag good", "正常", "well")
    };
    let hash = overview.head.hash.to_string();
    let short = hash.get(..12).unwrap_or_default();
    html! {
        div.row {
            b { (overview.kiosk.id.as_str().to_uppercase()) }
            span class=(class) { (words.one(zh, en)) }
        }
        div.row.quiet {
            span { (words.one("日志", "journal")) " " (overview.head.position) " · " span.mono { (short) } }
            span {
                @if let Some(heard) = overview.heard_at { (clock_in_china(heard)) }
                @else { (words.one("从未联系", "never heard")) }
            }
        }
        @if let Some(heartbeat) = &overview.heartbeat {
            div.row.quiet { (edition(words, heartbeat)) }
        }
    }
}

/// Which law the kiosk decides by, and why it did not take the newest, if it did not.
fn edition(words: Words, heartbeat: &Heartbeat) -> Markup {
    let digest = heartbeat.edition_digest.as_deref().and_then(|digest| digest.get(..12));
    html! {
        span {
            (words.one("规则", "rulebook")) " "
            (heartbeat.edition.as_deref().unwrap_or_else(|| words.one("无", "none")))
            @if let Some(digest) = digest { " · " span.mono { (digest) } }
        }
        @if let Some(refused) = &heartbeat.edition_refused {
            span.tag.wait { (words.one("未采用新版", "newer one refused")) " " (refused) }
        }
    }
}

fn clock_in_china(at: Timestamp) -> String {
    // +08:00 all year: China has had no summer time since 1991.
    let china = TimeZone::fixed(jiff::tz::offset(8));
    at.to_zoned(china).strftime("%Y-%m-%d %H:%M").to_string()
}
