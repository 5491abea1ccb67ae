//! The verification page: what a permit is worth today, not what a print once said.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::page::{Page, Sign, Speaks, Words, apology, guard, sign};
use crate::central::store::{self, BookEntry};
use crate::central::{Central, verify};
use crate::domain::{self, ElicenceId};
use crate::fault::Chain;
use crate::seal::Keyring;
use crate::wire::v1::api::{PermitState, SealWorth};
use crate::wire::v1::{Grant, Permit};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The text of the QR code, if it was scanned and is to be compared.
    #[serde(default)]
    s: Option<String>,
}

fn class(state: PermitState) -> &'static str {
    match state {
        PermitState::Valid => "valid",
        PermitState::NotYet => "not-yet",
        PermitState::Expired => "expired",
        PermitState::Superseded | PermitState::Cancelled | PermitState::Revoked => "ended",
        PermitState::Damaged => "damaged",
    }
}

pub(super) fn tag(state: PermitState) -> &'static str {
    match state {
        PermitState::Valid => "tag good",
        PermitState::NotYet | PermitState::Superseded => "tag wait",
        PermitState::Expired
        | PermitState::Cancelled
        | PermitState::Revoked
        | PermitState::Damaged => "tag bad",
    }
}

fn sign_of(state: PermitState) -> Sign {
    match state {
        PermitState::Valid => Sign::Tick,
        PermitState::NotYet => Sign::Clock,
        PermitState::Expired
        | PermitState::Superseded
        | PermitState::Cancelled
        | PermitState::Revoked => Sign::Cross,
        PermitState::Damaged => Sign::Warning,
    }
}

pub(super) fn words_of(state: PermitState) -> (&'static str, &'static str) {
    match state {
        PermitState::Valid => ("有效", "Valid"),
        PermitState::NotYet => ("尚未生效", "Not valid yet"),
        PermitState::Expired => ("已过期", "Expired"),
        PermitState::Superseded => ("已被新证替代", "Replaced by a newer permit"),
        PermitState::Cancelled => ("已注销", "Cancelled"),
        PermitState::Revoked => ("已吊销", "Revoked"),
        PermitState::Damaged => ("登记内容异常", "Record damaged"),
    }
}

pub(super) async fn show(
    State(central): State<Arc<Central>>,
    Path(id): Path<String>,
    Query(speaks): Query<Speaks>,
    Query(asked): Query<Asked>,
) -> Response {
    let words = speaks.words();
    let (id, as_json) = match id.strip_suffix(".json") {
        Some(id) => (id.to_owned(), true),
        None => (id, false),
    };
    let found = match find(&central, &id).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the verification page has no permit book");
            return if as_json { json(StatusCode::SERVICE_UNAVAILABLE, None) } else { down(words) };
        }
    };
    let Some((entry, keys)) = found else {
        return if as_json { json(StatusCode::NOT_FOUND, None) } else { unknown(words) };
    };
    let today = central.clock.today();
    let worth = verify::state_of(&entry, &keys, today);
    if worth == PermitState::Damaged {
        tracing::error!(
            kiosk = %entry.kiosk, journal.position = entry.position,
            "a permit in the book does not agree with its seal"
        );
    }
    let scanned = asked.s.as_deref().map(|text| verify::compare(text, &entry, &keys));
    if as_json {
        return json(StatusCode::OK, Some(&Stated::of(&entry, worth, scanned, today)));
    }
    let other = words.one("en", "zh");
    let other = match &asked.s {
        Some(text) => format!("/v/{id}?s={}&lang={other}", percent(text)),
        None => format!("/v/{id}?lang={other}"),
    };
    let (zh, en) = words_of(worth);
    let title = format!("{} — {}", words.one(zh, en), entry.permit.number);
    let body = body(words, &entry, worth, scanned, today);
    Page { words, title, other, body }.respond(StatusCode::OK)
}

async fn find(central: &Central, id: &str) -> Result<Option<(BookEntry, Keyring)>, store::Error> {
    if ElicenceId::parse(id).is_err() {
        return Ok(None);
    }
    let Some(entry) = central.store.permit(id.to_owned()).await? else { return Ok(None) };
    Ok(Some((entry, verify::keyring(central).await?)))
}

fn body(
    words: Words,
    entry: &BookEntry,
    worth: PermitState,
    scanned: Option<SealWorth>,
    today: Date,
) -> Markup {
    let (zh, en) = words_of(worth);
    // Beside a code that does not agree, nothing may look like a good sign for the paper.
    let doubtful = scanned.is_some_and(|scanned| scanned != SealWorth::Agrees);
    html! {
        @if let Some(scanned) = scanned { (scanned_says(words, scanned)) }
        section class={ "card state " (if doubtful { "unknown" } else { class(worth) }) } {
            @if doubtful {
                (sign(Sign::Question))
                h1 { (words.both(&format!("登记中：{zh}"), &format!("In the register: {en}"))) }
            } @else {
                (sign(sign_of(worth)))
                h1 { (words.both(zh, en)) }
            }
            p { (explain(words, entry, worth, today)) }
        }
        section.card { (paper(words, entry)) }
        section.card {
            h2 { (words.both("二维码", "The 2D code")) }
            p { (words.both(
                "纸质许可证上的二维码由发证机关签名，不联网也能查验。",
                "The code on the paper is signed by the issuing organ and can be verified offline.",
            )) }
            p { a href=(words.link(&format!("/v/{}?s={}", entry.permit.elicence, percent(&entry.seal)))) {
                (words.one("查看正本二维码的内容与比对结果", "See what the original's code says, compared"))
            } }
            p.quiet {
                (words.both(
                    "本页只显示许可证上印有的内容。",
                    "This page shows only what is printed on the permit.",
                ))
                a href={ "/v/" (entry.permit.elicence) ".json" } { "JSON" }
            }
        }
    }
}

fn scanned_says(words: Words, scanned: SealWorth) -> Markup {
    let shout = |title: (&str, &str), text: (&str, &str)| {
        html! {
            section.shout role="alert" {
                (sign(Sign::Warning))
                h1 { (words.both(title.0, title.1)) }
                p { (words.both(text.0, text.1)) }
            }
        }
    };
    match scanned {
        SealWorth::Agrees => html! {
            section.code.good {
                (sign(Sign::Tick))
                p { (words.both(
                    "所扫二维码的签名真实，内容与登记一致。",
                    "The scanned code is genuinely signed and agrees with the register.",
                )) }
            }
        },
        SealWorth::StatesOtherwise => shout(
            ("二维码与登记不符！", "The code does not agree with the register!"),
            (
                "签名是真的，但说的是另一份许可证或旧版本。请以下面的登记为准，并逐项核对纸面；如有出入，请拨打12315。",
                "Its signature is genuine, but it states another permit or an older version. The \
                 register below counts: compare the paper with it, field by field. If they differ, call 12315.",
            ),
        ),
        SealWorth::Forged => shout(
            ("二维码是伪造或被改动的！", "The code is forged or was altered!"),
            (
                "它没有发证机关的有效签名。不要相信纸面内容，请以下面的登记为准，并拨打12315。",
                "It carries no valid signature of the issuing organ. Do not trust the paper: the register \
                 below counts. Please call 12315.",
            ),
        ),
    }
}

fn explain(words: Words, entry: &BookEntry, worth: PermitState, today: Date) -> Markup {
    let permit = &entry.permit;
    let as_of = (chinese(today), english(today));
    match (worth, permit.valid_to) {
        (PermitState::Valid, Some(last)) => words.both(
            &format!("截至{}，该许可证有效，有效期至{}。", as_of.0, chinese(last)),
            &format!("As of {}, this permit is valid, until {}.", as_of.1, english(last)),
        ),
        (PermitState::Valid, None) => words.both(
            &format!("截至{}，该备案有效。备案没有有效期。", as_of.0),
            &format!("As of {}, this filing stands. A filing does not expire.", as_of.1),
        ),
        (PermitState::NotYet, _) => words.both(
            &format!("自{}起生效。", chinese(permit.issued)),
            &format!("It will be valid from {}.", english(permit.issued)),
        ),
        (PermitState::Expired, Some(last)) => words.both(
            &format!("有效期至{}，已经届满。未经延续不得继续经营。", chinese(last)),
            &format!(
                "It ended on {}. Without a renewal the business may not go on.",
                english(last)
            ),
        ),
        (PermitState::Superseded, _) => html! {
            (words.both(
                "变更、延续、补办或新办后，以新证为准。",
                "After a change, renewal, reissue or new licence, the newer one counts.",
            ))
            @if let Some(newer) = &entry.superseded_by {
                " " a href=(words.link(&format!("/v/{newer}"))) {
                    (words.one("查看新证", "See the newer permit"))
                }
            }
        },
        (PermitState::Cancelled, _) => {
            words.both("该许可证已经注销，不再有效。", "This permit was cancelled and is void.")
        }
        (PermitState::Revoked, _) => {
            words.both("该许可证已被吊销，不再有效。", "This permit was revoked and is void.")
        }
        (PermitState::Damaged | PermitState::Expired, _) => words.both(
            "登记内容与其签名不一致，无法确认。请联系发证机关。",
            "What is kept here does not agree with its signature. Please ask the issuing organ.",
        ),
    }
}

fn paper(words: Words, entry: &BookEntry) -> Markup {
    let permit = &entry.permit;
    let (title, number, place) = match permit.grant {
        Grant::Food { .. } => (
            ("食品经营许可证", "Food business licence"),
            ("许可证编号", "Licence number"),
            ("经营场所", "Business premises"),
        ),
        Grant::Filing { .. } => (
            ("仅销售预包装食品备案", "Filing: prepackaged food only"),
            ("备案编号", "Filing number"),
            ("经营场所", "Business premises"),
        ),
        Grant::Hygiene { .. } => (
            ("公共场所卫生许可证", "Public-place hygiene licence"),
            ("编号", "Number"),
            ("地址", "Address"),
        ),
        Grant::HygieneFiling { .. } => (
            ("公共场所卫生备案", "Hygiene filing of a public place"),
            ("备案编号", "Filing number"),
            ("地址", "Address"),
        ),
        Grant::Combined { .. } => (
            ("行业综合许可证", "Combined permit of a trade"),
            ("证书编号", "Number"),
            ("经营场所", "Business premises"),
        ),
    };
    let field = |label: (&str, &str), value: Markup| {
        html! {
            div { dt { (words.both(label.0, label.1)) } dd { (value) } }
        }
    };
    let text = |value: &str| html! { (value) };
    html! {
        p.paper-title { (words.both(title.0, title.1)) }
        dl.fields {
            (field(number, html! { span.mono { (permit.number) } }))
            (field(("经营者名称", "Holder"), text(&permit.holder.name)))
            (field(
                ("统一社会信用代码", "Social credit code"),
                html! { span.mono { (permit.holder.uscc) } },
            ))
            (field(
                ("法定代表人(负责人)", "Legal representative"),
                text(permit.holder.legal_representative.reveal()),
            ))
            (field(("住所", "Registered address"), text(&permit.holder.address)))
            (field(place, text(&permit.premises)))
            (granted(permit, &field))
            (field(("发证机关", "Issued by"), text(&permit.issuer.name)))
            (field(("发证日期", "Date of issue"), text(&day(words, permit.issued))))
            @if let Some(last) = permit.valid_to {
                (field(("有效期至", "Valid until"), text(&day(words, last))))
            }
            (field(
                ("电子证照标识", "E-licence identifier"),
                html! { span.mono.small { (permit.elicence) } },
            ))
        }
    }
}

fn granted(permit: &Permit, field: &dyn Fn((&str, &str), Markup) -> Markup) -> Markup {
    match &permit.grant {
        Grant::Food { subject, items } => html! {
            (field(("主体业态", "Kind of business"), html! { (subject) }))
            (field(("经营项目", "Business items"), html! {
                @if let [only] = items.as_slice() { (only) } @else {
                    ul { @for item in items { li { (item) } } }
                }
            }))
        },
        Grant::Filing { trade } => field(("销售方式", "Trade"), html! { (trade) }),
        Grant::Hygiene { place } => field(("许可项目", "Permitted"), html! { (place) }),
        Grant::HygieneFiling { place } => field(("备案项目", "Filed"), html! { (place) }),
        Grant::Combined { trade, parts } => html! {
            (field(("行业", "Trade"), html! { (trade) }))
            (field(("包含的许可", "Permits in it"), html! {
                ul { @for part in parts { li { (domain::Part::from(part.clone()).line()) } } }
            }))
        },
    }
}

pub(super) fn day(words: Words, date: Date) -> String {
    words.one(&chinese(date), &english(date)).to_owned()
}

fn chinese(date: Date) -> String {
    format!("{}年{:02}月{:02}日", date.year(), date.month(), date.day())
}

fn english(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// Percent-encodes everything but letters, digits and `-._~` (RFC 3986, 2.3).
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
        encoded
    })
}

fn unknown(words: Words) -> Response {
    apology(
        words,
        StatusCode::NOT_FOUND,
        ("查无此证", "No such permit"),
        &[
            (
                "请核对地址或重新扫描许可证上的二维码，一个字符都不能少。",
                "Check the address, or scan the code on the permit again: not one character may be missing.",
            ),
            (
                "刚在自助终端办理的许可证，终端暂时断网时会稍后才能查到；二维码仍可离线查验。",
                "A permit issued minutes ago by a terminal without network appears here later; its code can \
                 still be verified offline.",
            ),
            (
                "如果纸质许可证上印着这个地址却查不到，可能是伪造的：请拨打12315。",
                "If a paper shows this address and it is still not found, it may be forged: call 12315.",
            ),
        ],
    )
}

fn down(words: Words) -> Response {
    apology(
        words,
        StatusCode::SERVICE_UNAVAILABLE,
        ("暂时无法查询", "The register cannot be asked at the moment"),
        &[(
            "请几分钟后再试。查不到不等于无效。",
            "Please try again in some minutes. Not being found now does not mean it is void.",
        )],
    )
}

/// The page for programs.
#[derive(Serialize)]
struct Stated<'a> {
    state: PermitState,
    as_of: Date,
    number: &'a str,
    elicence: &'a str,
    kind: &'a str,
    holder: &'a str,
    uscc: &'a str,
    legal_representative: &'a str,
    address: &'a str,
    premises: &'a str,
    grant: &'a Grant,
    issuer: &'a str,
    issuer_uscc: &'a str,
    issued: Date,
    valid_to: Option<Date>,
    superseded_by: Option<&'a str>,
    seal: &'a str,
    scanned: Option<SealWorth>,
}

impl<'a> Stated<'a> {
    fn of(
        entry: &'a BookEntry,
        state: PermitState,
        scanned: Option<SealWorth>,
        as_of: Date,
    ) -> Self {
        let permit = &entry.permit;
        Self {
            state,
            as_of,
            number: &permit.number,
            elicence: &permit.elicence,
            kind: &entry.kind,
            holder: &permit.holder.name,
            uscc: &permit.holder.uscc,
            legal_representative: permit.holder.legal_representative.reveal(),
            address: &permit.holder.address,
            premises: &permit.premises,
            grant: &permit.grant,
            issuer: &permit.issuer.name,
            issuer_uscc: &permit.issuer.uscc,
            issued: permit.issued,
            valid_to: permit.valid_to,
            superseded_by: entry.superseded_by.as_deref(),
            seal: &entry.seal,
            scanned,
        }
    }
}

fn json(status: StatusCode, stated: Option<&Stated<'_>>) -> Response {
    let text = match stated {
        Some(stated) => serde_json::to_string_pretty(stated),
        None if status == StatusCode::NOT_FOUND => Ok(r#"{"state": "unknown"}"#.to_owned()),
        None => Ok(r#"{"state": "not_available"}"#.to_owned()),
    };
    let text = text.expect("a stated permit has only string keys");
    guard((status, [(header::CONTENT_TYPE, "application/json")], text).into_response())
}
