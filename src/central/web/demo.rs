//! The phones and switches of the embedded registers; the pages are there only while those are on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};
use serde::{Deserialize, Serialize};

use super::page::{Page, Speaks, Words, guard};
use crate::central::Central;
use crate::central::registers::{CODE_LIFE, Conduct, Embedded, PhoneError};
use crate::wire::v1::{Register, api::Problem};

/// What a phone is asked to show.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Show {
    person: String,
    #[serde(rename = "show")]
    what: What,
    #[serde(default)]
    business: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    EId,
    ELicence,
}

/// `POST /demo/phone` for programs: `{"person": "P02", "show": "e_id"}` → `{"code": "…"}`.
pub(super) async fn phone(State(central): State<Arc<Central>>, body: Bytes) -> Response {
    let Some(embedded) = central.registers.embedded() else { return off() };
    let show: Show = match serde_json::from_slice(&body) {
        Ok(show) => show,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "BAD_REQUEST", &error.to_string()),
    };
    match draw(embedded, &show) {
        Ok(code) => {
            let life_s = CODE_LIFE.as_secs();
            json(StatusCode::OK, &serde_json::json!({ "code": code, "expires_in_s": life_s }))
        }
        Err(error) => problem(StatusCode::NOT_FOUND, "NOT_SHOWN", &error.to_string()),
    }
}

/// `POST /demo/registers` for programs: `{"food_and_drug": "down"}` → how all of them behave now.
pub(super) async fn registers(State(central): State<Arc<Central>>, body: Bytes) -> Response {
    let Some(embedded) = central.registers.embedded() else { return off() };
    let orders: BTreeMap<RegisterName, Conduct> = match serde_json::from_slice(&body) {
        Ok(orders) => orders,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "BAD_REQUEST", &error.to_string()),
    };
    for (register, conduct) in orders {
        embedded.set_conduct(register.0, conduct);
    }
    let now: BTreeMap<&str, &str> = REGISTERS
        .iter()
        .map(|(register, name, ..)| (*name, embedded.conduct(*register).as_str()))
        .collect();
    json(StatusCode::OK, &now)
}

/// `GET /demo`: the phones, and how the registers behave.
pub(super) async fn show(
    State(central): State<Arc<Central>>,
    Query(speaks): Query<Speaks>,
) -> Response {
    let Some(embedded) = central.registers.embedded() else { return off() };
    let words = speaks.words();
    let body = html! {
        section.card {
            h2 { (words.both("数据源", "Registers")) }
            @for (register, name, zh, en) in REGISTERS {
                (switch(words, embedded.conduct(register), name, zh, en))
            }
        }
        section.card {
            h2 { (words.both("演示手机", "Demonstration phones")) }
            p.quiet { (words.both(
                "二维码五分钟内有效，只能用一次。",
                "A code lives five minutes and is good once.",
            )) }
        }
        @for phone in embedded.phones() {
            section.card {
                div.row { b { (phone.name) } span.quiet { (phone.key) } }
                @if !phone.note.is_empty() { p.quiet { (phone.note) } }
                div.choices {
                    (choice(words, phone.key, "e_id", None, words.one("电子身份证", "e-ID")))
                    @for (key, name) in &phone.licences {
                        (choice(words, phone.key, "e_licence", Some(key), name))
                    }
                }
            }
        }
    };
    let title = words.one("演示手机", "Demonstration phones").to_owned();
    let other = words.one("/demo?lang=en", "/demo?lang=zh").to_owned();
    Page { words, title, other, body }.respond(StatusCode::OK)
}

/// `POST /demo/show` from the page: the code as a QR code to be held before the scanner.
pub(super) async fn code(
    State(central): State<Arc<Central>>,
    Query(speaks): Query<Speaks>,
    body: Bytes,
) -> Response {
    let Some(embedded) = central.registers.embedded() else { return off() };
    let words = speaks.words();
    let Some(show) = super::form::<Show>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the form is incomplete");
    };
    let code = match draw(embedded, &show) {
        Ok(code) => code,
        Err(error) => return problem(StatusCode::NOT_FOUND, "NOT_SHOWN", &error.to_string()),
    };
    let (zh, en) = match show.what {
        What::EId => ("电子身份证", "e-ID"),
        What::ELicence => ("电子营业执照", "e-licence"),
    };
    let body = html! {
        section.card.centred {
            h2 { (words.both(zh, en)) }
            (qr(&code))
            p.mono.small { (code) }
            p.quiet { (words.both(
                "把屏幕对准扫描窗。五分钟内有效，只能用一次。",
                "Hold the screen before the scanner. Good for five minutes, once.",
            )) }
            p { a.button href=(words.link("/demo")) { (words.one("返回", "Back")) } }
        }
    };
    let title = words.one(zh, en).to_owned();
    let other = words.one("/demo?lang=en", "/demo?lang=zh").to_owned();
    Page { words, title, other, body }.respond(StatusCode::OK)
}

#[derive(Deserialize)]
struct Switched {
    register: RegisterName,
    conduct: Conduct,
}

/// `POST /demo/switch` from the page.
pub(super) async fn switched(
    State(central): State<Arc<Central>>,
    Query(speaks): Query<Speaks>,
    body: Bytes,
) -> Response {
    let Some(embedded) = central.registers.embedded() else { return off() };
    let Some(order) = super::form::<Switched>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the form is incomplete");
    };
    embedded.set_conduct(order.register.0, order.conduct);
    guard(Redirect::to(&speaks.words().link("/demo")).into_response())
}

/// The registers by the names used here, which are those of `session` and of the facts.
const REGISTERS: [(Register, &str, &str, &str); 5] = [
    (Register::ElectronicId, "e_id", "电子身份", "e-ID"),
    (Register::ElectronicLicence, "e_licence", "电子营业执照", "e-licence"),
    (Register::Business, "business", "营业执照数据库", "business register"),
    (Register::FoodAndDrug, "food_and_drug", "食品药品业务系统", "food-and-drug system"),
    (Register::MicroService, "micro_service", "微服务管理系统", "district micro-service system"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct RegisterName(Register);

impl TryFrom<String> for RegisterName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let known = REGISTERS.iter().find(|(_, known, ..)| *known == name);
        known.map(|(register, ..)| Self(*register)).ok_or_else(|| {
            let names: Vec<&str> = REGISTERS.iter().map(|(_, name, ..)| *name).collect();
            format!("there is no register `{name}`; there are {}", names.join(", "))
        })
    }
}

fn draw(embedded: &Embedded, show: &Show) -> Result<String, PhoneError> {
    let random = crate::central::random();
    match (show.what, &show.business) {
        (What::EId, _) => embedded.show_e_id(&show.person, random),
        (What::ELicence, Some(business)) => embedded.show_e_licence(&show.person, business, random),
        (What::ELicence, None) => Err(PhoneError::NoBusiness(String::new())),
    }
}

fn switch(words: Words, now: Conduct, name: &str, zh: &str, en: &str) -> Markup {
    let conduct_words = |conduct| match conduct {
        Conduct::Normal => words.one("正常", "normal"),
        Conduct::Slow => words.one("不应答", "never answers"),
        Conduct::Down => words.one("断开", "down"),
        Conduct::Nonsense => words.one("乱码", "nonsense"),
    };
    html! {
        div.switch { div.row {
            span { (words.both(zh, en)) }
            span class=(if now == Conduct::Normal { "tag good" } else { "tag bad" }) {
                (conduct_words(now))
            }
        }
        div.choices { @for conduct in Conduct::ALL { @if conduct != now {
            form method="post" action=(words.link("/demo/switch")) {
                input type="hidden" name="register" value=(name);
                input type="hidden" name="conduct" value=(conduct.as_str());
                button.plain { (conduct_words(conduct)) }
            }
        } } } }
    }
}

fn choice(words: Words, person: &str, what: &str, business: Option<&str>, label: &str) -> Markup {
    html! {
        form method="post" action=(words.link("/demo/show")) {
            input type="hidden" name="person" value=(person);
            input type="hidden" name="show" value=(what);
            @if let Some(business) = business {
                input type="hidden" name="business" value=(business);
            }
            button.plain { (label) }
        }
    }
}

/// The code as a picture made of one path; modules are units, with the quiet zone of four.
fn qr(text: &str) -> Markup {
    let Ok(code) = qrcode::QrCode::new(text) else { return html! {} };
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate();
    let dark = dark.filter(|(_, colour)| *colour == qrcode::Color::Dark);
    let modules: Vec<String> =
        dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + 4, at / width + 4)).collect();
    let path = modules.concat();
    let side = width + 8;
    html! {
        svg.qr viewBox={ "0 0 " (side) " " (side) } role="img" aria-label="QR" shape-rendering="crispEdges" {
            path d=(PreEscaped(path)) fill="#000" {}
        }
    }
}

fn off() -> Response {
    problem(StatusCode::NOT_FOUND, "NO_SUCH_PATH", "the embedded registers are not on")
}

fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    json(status, &Problem { code: code.to_owned(), message: message.to_owned() })
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let text = serde_json::to_string(value).expect("answers have only string keys");
    guard((status, [(header::CONTENT_TYPE, "application/json")], text).into_response())
}
