//! The pages: verification for everybody, the inbox for officers, phones for demonstrations.

mod cases;
mod demo;
mod page;
mod permit;
mod start;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query};
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;

use self::page::Speaks;
use super::Central;

/// Bytes of a form or of an order to the embedded registers at most.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// The routes.
pub(super) fn router(central: Arc<Central>) -> Router {
    Router::new()
        .route("/", get(start::show))
        .route("/v/{elicence}", get(permit::show))
        .route("/cases", get(cases::show).post(cases::enter))
        .route("/demo", get(demo::show))
        .route("/demo/show", post(demo::code))
        .route("/demo/switch", post(demo::switched))
        .route("/demo/phone", post(demo::phone))
        .route("/demo/registers", post(demo::registers))
        .fallback(|Query(speaks): Query<Speaks>| async move {
            page::apology(
                speaks.words(),
                StatusCode::NOT_FOUND,
                ("没有这个页面", "There is no such page"),
                &[("请从首页开始。", "Please begin at the start page.")],
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(central)
}

/// Reads a form; `None` where it is not the one expected.
fn form<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    // A form's body is written like a query (application/x-www-form-urlencoded).
    let uri: Uri = format!("/?{}", std::str::from_utf8(body).ok()?).parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(form)| form)
}
