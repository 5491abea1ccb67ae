//! The frame of every page: head, own style, language, and the headers that keep a page to itself.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use crate::domain::Language;

/// The style of all pages; no script, no font, no picture from anywhere.
const STYLE: &str = include_str!("style.css");

/// The part of every address's query that says the language.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Speaks {
    /// `?lang=en` or `?lang=zh`.
    #[serde(default)]
    lang: Option<Language>,
}

impl Speaks {
    pub(super) fn words(self) -> Words {
        Words(self.lang.unwrap_or_default())
    }
}

/// Says things in the page's language, and once more below in the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(Language);

impl Words {
    /// Both languages: the page's own large, the other small.
    pub(super) fn both(self, zh: &str, en: &str) -> Markup {
        let (first, first_lang, second, second_lang) = match self.0 {
            Language::Zh => (zh, "zh-CN", en, "en"),
            Language::En => (en, "en", zh, "zh-CN"),
        };
        html! {
            span.first lang=(first_lang) { (first) } " "
            span.second lang=(second_lang) { (second) }
        }
    }

    /// The page's language alone.
    pub(super) fn one<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// An address in the same language.
    pub(super) fn link(self, path: &str) -> String {
        match self.0 {
            Language::Zh => path.to_owned(),
            Language::En if path.contains('?') => format!("{path}&lang=en"),
            Language::En => format!("{path}?lang=en"),
        }
    }

    fn tag(self) -> &'static str {
        self.one("zh-CN", "en")
    }
}

/// One page.
pub(super) struct Page {
    /// Chinese or English first.
    pub(super) words: Words,
    /// For the browser's tab.
    pub(super) title: String,
    /// Where the other language is.
    pub(super) other: String,
    /// What stands in it.
    pub(super) body: Markup,
}

impl Page {
    /// The page as an answer.
    pub(super) fn respond(self, status: StatusCode) -> Response {
        let nonce: Arc<str> = hex::encode(crate::central::random()).into();
        let Self { words, title, other, body } = self;
        let page = html! {
            (DOCTYPE)
            html lang=(words.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    style nonce=(nonce) { (PreEscaped(STYLE)) }
                }
                body {
                    header.top {
                        a.brand href=(words.link("/")) {
                            (emblem())
                            span { (words.both("秒批秒办 · 许可查验", "Instant permits · verification")) }
                        }
                        a.lang href=(other) lang=(words.one("en", "zh-CN")) {
                            (words.one("English", "中文"))
                        }
                    }
                    main { (body) }
                    footer {
                        p { (words.both("举报投诉：12315", "Complaints: 12315")) }
                    }
                }
            }
        };
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::from_str(&policy).expect("hexadecimal digits fit a header");
        let mut response = (status, axum::response::Html(page.into_string())).into_response();
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        guard(response)
    }
}

/// Headers of every answer: nothing is cached, guessed, framed or told to others.
pub(super) fn guard(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page that says something is not so, and what to do.
pub(super) fn apology(
    words: Words,
    status: StatusCode,
    title: (&str, &str),
    what_to_do: &[(&str, &str)],
) -> Response {
    let body = html! {
        section.card.state.unknown {
            (sign(Sign::Question))
            h1 { (words.both(title.0, title.1)) }
        }
        section.card {
            h2 { (words.both("怎么办", "What to do")) }
            ul.steps {
                @for (zh, en) in what_to_do { li { (words.both(zh, en)) } }
            }
        }
    };
    let title = words.one(title.0, title.1).to_owned();
    let other = words.one("?lang=en", "?lang=zh").to_owned();
    Page { words, title, other, body }.respond(status)
}

/// A sign beside a state, so that nothing depends on colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Tick,
    Cross,
    Clock,
    Question,
    Warning,
}

pub(super) fn sign(sign: Sign) -> Markup {
    let path = match sign {
        Sign::Tick => "M14 25l7 7 14-15",
        Sign::Cross => "M16 16l16 16M32 16L16 32",
        Sign::Clock => "M24 13v12l8 5",
        Sign::Question => "M18 19a6 6 0 1 1 8.5 5.5c-1.700.8-2.5 2-2.5 3.500M24 34v.2",
        Sign::Warning => "M24 13v14M24 34v.2",
    };
    html! {
        svg.sign viewBox="0 0 48 48" aria-hidden="true" {
            circle cx="24" cy="24" r="21" {}
            path d=(path) {}
        }
    }
}

fn emblem() -> Markup {
    html! {
        svg.emblem viewBox="0 0 32 32" aria-hidden="true" {
            rect x="3" y="3" width="26" height="26" rx="7" {}
            path d="M9 16.500l5 5 9.500-11" {}
        }
    }
}
