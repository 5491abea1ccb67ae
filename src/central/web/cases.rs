//! The officers' inbox: applications a kiosk referred, with the working days that are left.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::page::{Page, Speaks, Words, apology, guard};
use super::permit::day;
use crate::central::Central;
use crate::central::store::InboxCase;
use crate::domain::{ServiceCode, Verdict};
use crate::fault::Chain;

/// Working days for a decision where the rule that referred named none: twenty (行政许可法 42(1)).
const DECISION_WORKDAYS: u16 = 20;
/// The cookie that carries the token.
const COOKIE: &str = "officer";

pub(super) async fn show(
    State(central): State<Arc<Central>>,
    Query(speaks): Query<Speaks>,
    headers: HeaderMap,
) -> Response {
    let words = speaks.words();
    if !shown(&headers).is_some_and(|token| is_officer(&central, token)) {
        return ask(words, StatusCode::UNAUTHORIZED, false);
    }
    match central.store.cases().await {
        Ok(cases) => {
            let body = body(words, &central, &cases);
            let title = words.one("转人工案件", "Referred applications").to_owned();
            let other = words.one("/cases?lang=en", "/cases?lang=zh").to_owned();
            Page { words, title, other, body }.respond(StatusCode::OK)
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the inbox has no permit book");
            apology(
                words,
                StatusCode::SERVICE_UNAVAILABLE,
                ("暂时无法查询", "The inbox cannot be read at the moment"),
                &[("请几分钟后再试。", "Please try again in some minutes.")],
            )
        }
    }
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

pub(super) async fn enter(
    State(central): State<Arc<Central>>,
    Query(speaks): Query<Speaks>,
    body: Bytes,
) -> Response {
    let words = speaks.words();
    let token = super::form::<Login>(&body).map(|login| login.token.trim().to_owned());
    let Some(token) = token.filter(|token| is_officer(&central, token)) else {
        tracing::warn!("somebody tried to open the officers' inbox with a wrong token");
        return ask(words, StatusCode::FORBIDDEN, true);
    };
    let mut response = Redirect::to(&words.link("/cases")).into_response();
    let cookie = format!("{COOKIE}={token}; Path=/cases; HttpOnly; SameSite=Strict; Max-Age=28800");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    guard(response)
}

/// Compares digests, so that the time it takes says nothing about the token.
fn is_officer(central: &Central, token: &str) -> bool {
    Sha256::digest(token.as_bytes()) == Sha256::digest(central.officer_token.as_bytes())
}

/// The token of a program (`Authorization: Bearer`) or of a browser (cookie).
fn shown(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) {
        return Some(token.trim());
    }
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| {
        cookie.trim().strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('='))
    })
}

fn ask(words: Words, status: StatusCode, wrong: bool) -> Response {
    let body = html! {
        section.card {
            h2 { (words.both("审批人员入口", "For officers")) }
            @if wrong {
                p { span class="tag bad" { (words.one("口令不对", "Wrong token")) } }
            }
            form.find method="post" action=(words.link("/cases")) {
                input type="password" name="token" required autocomplete="current-password"
                    aria-label=(words.one("口令", "Token"))
                    placeholder=(words.one("口令", "Token"));
                button { (words.one("进入", "Enter")) }
            }
        }
    };
    let title = words.one("审批人员入口", "For officers").to_owned();
    let other = words.one("/cases?lang=en", "/cases?lang=zh").to_owned();
    Page { words, title, other, body }.respond(status)
}

fn body(words: Words, central: &Central, cases: &[InboxCase]) -> Markup {
    let today = central.clock.today();
    html! {
        section.card {
            h2 { (words.both("转人工案件", "Referred applications")) }
            p.quiet { (words.both(
                "期限从受理次日起按工作日计算。标“暂定”的，要等次年放假安排公布后才能确定。",
                "Working days, the first day not counted. A provisional date waits for next year's holidays.",
            )) }
        }
        @if cases.is_empty() {
            section.card { p { (words.both("没有待办案件。", "Nothing waits.")) } }
        }
        @for inbox in cases { section.card.case { (row(words, central, inbox, today)) } }
    }
}

fn row(words: Words, central: &Central, inbox: &InboxCase, today: Date) -> Markup {
    let case = &inbox.case;
    let (due, provisional) = match &case.due {
        Some(due) => (due.date, due.provisional),
        None => {
            let counted = central.calendar.add_workdays(case.day, DECISION_WORKDAYS);
            (counted.value, counted.provisional)
        }
    };
    let left = central.calendar.workdays_between(today, due);
    let provisional = provisional || left.provisional;
    let class = match left.value {
        ..0 => "tag bad",
        0..=2 => "tag wait",
        _ => "tag good",
    };
    let clock = match left.value {
        days @ ..0 => words
            .one(&format!("超期{}个工作日", -days), &format!("{} working days late", -days))
            .to_owned(),
        0 => words.one("今天到期", "due today").to_owned(),
        days => {
            words.one(&format!("剩{days}个工作日"), &format!("{days} working days left")).to_owned()
        }
    };
    let (service_zh, service_en) = service(case.service);
    let (verdict_zh, verdict_en) = verdict(case.verdict);
    html! {
        div.row {
            b { (case.business.as_deref().unwrap_or(words.one("(未登记企业)", "(no business)"))) }
            span class=(class) { (clock) }
        }
        @if let Some(uscc) = &case.uscc { p.quiet.mono { (uscc) } }
        dl.fields {
            div { dt { (words.both("事项", "Service")) } dd { (words.one(service_zh, service_en)) } }
            div { dt { (words.both("原因", "Why")) } dd {
                (words.one(verdict_zh, verdict_en)) " · " span.mono { (case.code) }
                @if !case.message_zh.is_empty() {
                    div.small { (words.one(&case.message_zh, &case.message_en)) }
                }
            } }
            div { dt { (words.both("申请人", "Applicant")) } dd { (case.applicant) } }
            div { dt { (words.both("受理", "Accepted")) } dd { (day(words, case.day)) } }
            div { dt { (words.both("期限", "Due")) } dd {
                (day(words, due)) " "
                @if provisional { span class="tag wait" { (words.one("暂定", "provisional")) } }
            } }
            div { dt { (words.both("申请编号", "Application")) } dd.mono {
                (case.application.short()) " · " (inbox.kiosk.as_str().to_uppercase())
            } }
        }
    }
}

fn service(service: ServiceCode) -> (&'static str, &'static str) {
    match service {
        ServiceCode::FoodNew => ("食品经营许可 新办", "food licence, new"),
        ServiceCode::FoodChange => ("食品经营许可 变更", "food licence, change"),
        ServiceCode::FoodRenew => ("食品经营许可 延续", "food licence, renewal"),
        ServiceCode::FoodReissue => ("食品经营许可 补办", "food licence, reissue"),
        ServiceCode::FoodCancel => ("食品经营许可 注销", "food licence, cancellation"),
        ServiceCode::FoodFile => ("仅销售预包装食品备案", "prepackaged food, filing"),
        ServiceCode::FoodFileChange => {
            ("仅销售预包装食品备案 变更", "prepackaged food, change of filing")
        }
        ServiceCode::HygieneNew => ("公共场所卫生许可 新办", "hygiene licence, new"),
        ServiceCode::HygieneFile => ("公共场所卫生备案", "hygiene, filing"),
        ServiceCode::HygieneChange => ("公共场所卫生许可 变更", "hygiene licence, change"),
        ServiceCode::HygieneRenew => ("公共场所卫生许可 延续", "hygiene licence, renewal"),
        ServiceCode::HygieneReissue => ("公共场所卫生许可 补办", "hygiene licence, reissue"),
        ServiceCode::HygieneCancel => ("公共场所卫生许可 注销", "hygiene licence, cancellation"),
        ServiceCode::CombinedNew => ("行业综合许可证 新办", "combined permit, new"),
        ServiceCode::CombinedChange => ("行业综合许可证 变更", "combined permit, change"),
        ServiceCode::CombinedShow => ("行业综合许可证 查验", "combined permit, state"),
        ServiceCode::ResultShow => ("办理结果 查询", "results"),
    }
}

fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::ReferOnsite => ("需现场核查", "on-site inspection"),
        Verdict::RefuseAccept => ("拟不予受理，待确认", "refusal proposed, to be confirmed"),
        Verdict::Refer => ("转人工审批", "an officer decides"),
        Verdict::Stop
        | Verdict::NotCompetent
        | Verdict::NotRequired
        | Verdict::NewApplication
        | Verdict::TooEarly
        | Verdict::FixOnSpot
        | Verdict::Supplement
        | Verdict::ShowPartial
        | Verdict::OfferRegistration
        | Verdict::File
        | Verdict::Issue => (verdict.as_str(), verdict.as_str()),
    }
}
