//! What kiosks ask of central over HTTPS: `/v1/…`, as described in `docs/formats/api.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;

use super::Central;
use super::door::Peer;
use super::intake::{self, Judged, Keys, Origin};
use super::store::{self, BookEntry, Kiosk, Lease, Leased, LookUpRow};
use super::verify;

use crate::domain::{self, Series, ServiceCode};
use crate::fault::Chain;
use crate::seal::{Keyring, VerifyingKey};
use crate::wire::v1::{
    BlockGrant, Grant, SignedBlock, SignedRecord,
    api::{
        self, Acknowledgement, Answer, BlockRequest, DistrictRecord, EditionRequest, Heartbeat,
        HeartbeatAnswer, HeldPermit, LookUpOutcome, LookUpRequest, LookUpResponse, Problem, Push,
        PushOutcome, Query, Revocations, RevocationsRequest, Snapshot, SnapshotEntry, Standing,
        Supervision, VerificationRequest,
    },
};

/// How long any request may take, longer than a register may and longer than the kiosk waits.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The routes, each behind the question who asks.
pub(super) fn router(central: Arc<Central>) -> Router {
    let small = DefaultBodyLimit::max(api::REQUEST_BYTES_MAX);
    Router::new()
        .route(api::RECORDS_PATH, post(records))
        .layer(DefaultBodyLimit::max(api::RECORDS_BYTES_MAX))
        .route(api::NUMBER_BLOCKS_PATH, post(number_blocks).layer(small))
        .route(api::LOOK_UPS_PATH, post(look_ups).layer(small))
        .route(api::VERIFICATIONS_PATH, post(verifications).layer(small))
        .route(api::HEARTBEAT_PATH, post(heartbeat).layer(small))
        .route(api::REVOCATIONS_PATH, post(revocations).layer(small))
        .route(api::SNAPSHOTS_PATH, get(snapshot))
        .route(api::EDITIONS_PATH, post(newest_edition).layer(small))
        .route(&format!("{}/{{digest}}", api::EDITIONS_PATH), get(edition))
        .fallback(|| async {
            Refused::new(StatusCode::NOT_FOUND, "NO_SUCH_PATH", "central has no such path")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&central), admit))
        .with_state(central)
}

/// An answer of 400 or above.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    problem: Problem,
}

impl Refused {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, problem: Problem { code: code.to_owned(), message: message.into() } }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = json(self.status, &self.problem);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        tracing::error!(error = %Chain(&error), "the permit book did not answer");
        let message = "the permit book cannot be used at the moment; try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "STORE_DOWN", message)
    }
}

fn json<T: serde::Serialize>(status: StatusCode, value: &T) -> Response {
    let text = serde_json::to_string(value).expect("messages have only string keys");
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Lets enrolled kiosks through, and says to others why not.
async fn admit(
    State(central): State<Arc<Central>>,
    Extension(peer): Extension<Option<Peer>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let not_enrolled =
        |message: String| Refused::new(StatusCode::FORBIDDEN, "NOT_ENROLLED", message);
    let peer = peer.ok_or_else(|| {
        not_enrolled("the certificate names no kiosk; provision this kiosk again".to_owned())
    })?;
    let kiosk = central.store.kiosk(peer.kiosk.clone()).await?;
    let kiosk = kiosk.ok_or_else(|| {
        tracing::warn!(kiosk = %peer.kiosk, "a kiosk that is not enrolled asked for something");
        not_enrolled(format!("kiosk `{}` is not enrolled; provision it", peer.kiosk))
    })?;
    let present = kiosk.life().is_some_and(|life| life.certificate == peer.certificate);
    if !present {
        tracing::warn!(kiosk = %kiosk.id, "a kiosk used a certificate of an earlier life");
        return Err(not_enrolled(format!(
            "this certificate of kiosk `{}` was replaced; use the keys of its last provisioning",
            kiosk.id
        )));
    }
    request.extensions_mut().insert(Arc::new(kiosk));
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => Ok(response),
        Err(_elapsed) => Err(Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "TOO_SLOW",
            format!("not done within {} s; try again", REQUEST_TIMEOUT.as_secs()),
        )),
    }
}

fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refused> {
    let bytes = body.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = "the request is longer than this path takes";
            Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LONG", message)
        } else {
            Refused::bad_request("the request's body did not arrive whole")
        }
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // The parser's own text would repeat a piece of the request.
        Refused::bad_request(format!(
            "not a request of this path: line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

async fn records(
    State(central): State<Arc<Central>>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let push: Push = read(body)?;
    if push.records.len() > api::RECORDS_MAX {
        let message = format!("a push has at most {} records", api::RECORDS_MAX);
        return Err(Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LONG", message));
    }
    let origin = origin(&kiosk)?;
    let judged = judged(&central, origin, push).await?;
    let at = central.clock.now();
    let taken = central.store.take(kiosk.id.clone(), judged, at).await?;
    // From here on the records are central's: whatever happens to this answer, they are kept.
    for (position, reason) in &taken.quarantined {
        tracing::error!(
            kiosk = %kiosk.id, journal.position = position, reason,
            "a record of kiosk {} makes no sense and was set apart: {reason}", kiosk.id,
        );
    }
    match taken.outcome {
        PushOutcome::Taken { new, duplicates } => {
            tracing::info!(kiosk = %kiosk.id, new, duplicates, "took records of {}", kiosk.id);
        }
        PushOutcome::Gap { expected } => {
            tracing::warn!(kiosk = %kiosk.id, expected, "records of {} are missing", kiosk.id);
        }
        PushOutcome::Fork { position } => {
            tracing::error!(
                kiosk = %kiosk.id, journal.position = position,
                "the journal of kiosk {} forked; it gets no numbers until a technician has looked",
                kiosk.id,
            );
        }
    }
    let acknowledgement = Acknowledgement {
        format: Acknowledgement::FORMAT.to_owned(),
        kiosk: kiosk.id.clone(),
        outcome: taken.outcome,
        head: taken.head,
        quarantined: taken.quarantined.into_keys().collect(),
        at,
    };
    let text = acknowledgement.to_text();
    Ok(json(StatusCode::OK, &central.sign(Acknowledgement::SIGNATURE_CONTEXT, text)))
}

/// Looks at a push. A thousand signatures take a tenth of a second: off the threads that answer others,
/// and on as many as there are processors.
async fn judged(central: &Central, origin: Origin, push: Push) -> Result<Vec<Judged>, Refused> {
    /// Fewer records are not worth another thread.
    const SHARE_MIN: usize = 64;
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = push.records.len().div_ceil(threads).max(SHARE_MIN);
    let (origin, keys) = (Arc::new(origin), Arc::new(push.keys));
    let mut records = push.records.into_iter();
    let mut shares = Vec::new();
    loop {
        let part: Vec<SignedRecord> = records.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        let (origin, keys, vault) = (Arc::clone(&origin), Arc::clone(&keys), central.vault.clone());
        shares.push(tokio::task::spawn_blocking(move || {
            let wrap = |application, key: &_| super::wrap(&vault, application, key);
            intake::judge(&origin, part, keys.to_vec(), &wrap)
        }));
    }
    let mut judged = Vec::new();
    for part in shares {
        let part = part.await.map_err(|error| {
            tracing::error!(%error, "looking at pushed records failed");
            let message = "central failed; try again";
            Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", message)
        })?;
        judged.extend(part.map_err(|malformed| {
            let message = Chain(&malformed.behind(judged.len())).to_string();
            Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "MALFORMED", message)
        })?);
    }
    Ok(judged)
}

fn origin(kiosk: &Kiosk) -> Result<Origin, Refused> {
    let mut lives = BTreeMap::new();
    for (incarnation, life) in &kiosk.lives {
        let key = |pem: &str| {
            VerifyingKey::from_pem(pem).map_err(|error| {
                tracing::error!(kiosk = %kiosk.id, %error, "an enrolled key cannot be read");
                let message = "an enrolled key of this kiosk cannot be read; provision it again";
                Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "KEY_DAMAGED", message)
            })
        };
        let seal_key = Keyring::from_iter([(kiosk.id.to_string(), key(&life.seal_key)?)]);
        lives.insert(*incarnation, Keys { device_key: key(&life.device_key)?, seal_key });
    }
    Ok(Origin { kiosk: kiosk.id.clone(), lives })
}

async fn number_blocks(
    State(central): State<Arc<Central>>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let request: BlockRequest = read(body)?;
    let conflict = |code: &str, message: String| Refused::new(StatusCode::CONFLICT, code, message);
    if !api::is_nonce(&request.nonce) {
        return Err(Refused::bad_request("a nonce is 32 lower-case hexadecimal digits"));
    }
    if kiosk.standing == Standing::Forked {
        let message =
            "the journal of this kiosk forked; a technician has to look before it gets numbers";
        return Err(conflict("FORKED", message.to_owned()));
    }
    if kiosk.standing == Standing::Closed {
        let message =
            "this life of the kiosk was closed and its numbers are frozen; provision it again";
        return Err(conflict("CLOSED", message.to_owned()));
    }
    if request.incarnation != kiosk.incarnation {
        let message =
            format!("this kiosk is in its life {}; provision it again", kiosk.incarnation);
        return Err(conflict("OTHER_INCARNATION", message));
    }
    let settings = Series::parse(&request.series)
        .and_then(|series| central.numbers.of(series.as_str()))
        .ok_or_else(|| {
            let message = "central leases no such series; see numbers.toml";
            Refused::new(StatusCode::NOT_FOUND, "NO_SUCH_SERIES", message)
        })?;
    let signer = Arc::clone(&central);
    let lease = Lease {
        kiosk: kiosk.id.clone(),
        incarnation: kiosk.incarnation,
        series: request.series.clone(),
        first_block: settings.first_block,
        size: settings.size,
        sequence_max: settings.sequence_max,
        unused_max: settings.unused_max,
        nonce: request.nonce,
        at: central.clock.now(),
        sign: Arc::new(move |grant| {
            let signed = signer.sign(BlockGrant::SIGNATURE_CONTEXT, grant.to_owned());
            SignedBlock { grant: signed.text, signature: signed.signature }
        }),
    };
    match central.store.lease(lease).await? {
        Leased::Granted(block) => {
            tracing::info!(kiosk = %kiosk.id, series = request.series, "leased numbers to {}", kiosk.id);
            Ok(json(StatusCode::OK, &block))
        }
        Leased::Exhausted => {
            tracing::error!(
                series = request.series,
                "the number series {} is used up",
                request.series
            );
            Err(conflict("EXHAUSTED", "the series has no numbers left".to_owned()))
        }
        Leased::TooMany { unused } => Err(conflict(
            "TOO_MANY_NUMBERS",
            format!(
                "this kiosk holds {unused} unused numbers of the series; push its records first"
            ),
        )),
        Leased::NonceTaken => {
            Err(conflict("NONCE_TAKEN", "the nonce was used for another question".to_owned()))
        }
    }
}

async fn look_ups(
    State(central): State<Arc<Central>>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let request: LookUpRequest = read(body)?;
    if !api::is_nonce(&request.nonce) {
        return Err(Refused::bad_request("a nonce is 32 lower-case hexadecimal digits"));
    }
    if let Query::ElectronicId { code } | Query::ElectronicLicence { code } = &request.query
        && code.reveal().len() > api::CODE_BYTES_MAX
    {
        let message = format!("a code has at most {} bytes", api::CODE_BYTES_MAX);
        return Err(Refused::bad_request(message));
    }
    let at = central.clock.now();
    let began = central.clock.monotonic();
    let mut looked_up = central.registers.look_up(&request, super::random()).await;
    if let LookUpOutcome::Answered { answer } = &mut looked_up.outcome
        && let Some(reason) = add_own_knowledge(&central, &request.query, answer).await?
    {
        looked_up.outcome = LookUpOutcome::Down { reason };
    }
    let took = central.clock.monotonic().saturating_sub(began);
    let (outcome, reason) = match &looked_up.outcome {
        LookUpOutcome::Answered { .. } => ("answered", None),
        LookUpOutcome::Refused { reason } => ("refused", Some(reason.as_str().to_owned())),
        LookUpOutcome::Down { reason } => ("down", Some(reason.clone())),
    };
    let register = request.query.register();
    if let Some(reason) = &reason {
        let application = request.purpose.application.to_string();
        tracing::warn!(
            kiosk = %kiosk.id, application.id = application, ?register, outcome, reason,
            "register {register:?} gave no answer: {reason}",
        );
    }
    // Who asked what and why is kept before anybody learns the answer.
    central
        .store
        .keep_look_up(LookUpRow {
            kiosk: kiosk.id.clone(),
            at,
            register,
            service: request.purpose.service,
            application: request.purpose.application,
            subject_digest: looked_up.subject_digest,
            outcome: outcome.to_owned(),
            reason,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        })
        .await?;
    let response = LookUpResponse { nonce: request.nonce, outcome: looked_up.outcome };
    Ok(json(StatusCode::OK, &response))
}

/// Adds what the permit book knows and the registers may not know yet: permits issued by kiosks, and
/// applications an officer has to decide. Where it cannot tell what to look for, says why: half an
/// answer is none.
async fn add_own_knowledge(
    central: &Central,
    query: &Query,
    answer: &mut Answer,
) -> Result<Option<String>, store::Error> {
    match (query, answer) {
        (Query::FoodAndDrug { uscc, premises }, Answer::FoodAndDrug(supervision)) => {
            add_permits(central, uscc, supervision).await?;
            let premises = match premises {
                Some(premises) => Ok(Some(premises.clone())),
                None => central.registers.registered_address(uscc).await,
            };
            match premises {
                Ok(Some(premises)) => {
                    let today = central.clock.today();
                    let occupied = central.store.is_occupied(premises, uscc.clone(), today).await?;
                    supervision.address_occupied |= occupied;
                }
                Ok(None) => {}
                Err(reason) => {
                    return Ok(Some(format!("the registered address is not known: {reason}")));
                }
            }
        }
        (Query::MicroService { uscc }, Answer::MicroService(record)) => {
            add_open_applications(central, uscc, record).await?;
        }
        _ => {}
    }
    Ok(None)
}

async fn add_open_applications(
    central: &Central,
    uscc: &str,
    record: &mut DistrictRecord,
) -> Result<(), store::Error> {
    let open = central.store.open_applications(uscc.to_owned()).await?;
    let all: BTreeSet<ServiceCode> = record.open_applications.drain(..).chain(open).collect();
    record.open_applications = all.into_iter().collect();
    Ok(())
}

async fn add_permits(
    central: &Central,
    uscc: &str,
    supervision: &mut Supervision,
) -> Result<(), store::Error> {
    for entry in central.store.permits_of(uscc.to_owned()).await? {
        let held = held(entry);
        // The book is newer than the register: a permit it changed stands there in its old form.
        supervision.permits.retain(|other| other.number != held.number || is_own(other, &held));
        supervision.permits.push(held);
    }
    Ok(())
}

/// Whether an entry already came from the book: of one number, its versions differ in date or state.
fn is_own(other: &HeldPermit, held: &HeldPermit) -> bool {
    other.status != held.status || other.issued != held.issued
}

fn held(entry: BookEntry) -> HeldPermit {
    let (subject, items) = match entry.permit.grant {
        Grant::Food { subject, items } => (subject, items),
        Grant::Filing { trade } => (trade, Vec::new()),
        Grant::Hygiene { place } | Grant::HygieneFiling { place } => (place.clone(), vec![place]),
        Grant::Combined { trade, parts } => {
            (trade, parts.into_iter().map(|part| domain::Part::from(part).line()).collect())
        }
    };
    HeldPermit {
        kind: entry.kind,
        number: entry.permit.number,
        subject,
        items,
        premises: entry.permit.premises,
        issued: Some(entry.permit.issued),
        valid_to: entry.permit.valid_to,
        status: entry.status,
    }
}

async fn verifications(
    State(central): State<Arc<Central>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let request: VerificationRequest = read(body)?;
    if let VerificationRequest::Seal { text } = &request
        && text.len() > verify::SCANNED_BYTES_MAX
    {
        let message = format!("a seal has at most {} bytes", verify::SCANNED_BYTES_MAX);
        return Err(Refused::bad_request(message));
    }
    Ok(json(StatusCode::OK, &verify::answer(&central, &request).await?))
}

async fn heartbeat(
    State(central): State<Arc<Central>>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let heartbeat: Heartbeat = read(body)?;
    let at = central.clock.now();
    central.store.heard(kiosk.id.clone(), heartbeat, at).await?;
    let answer = HeartbeatAnswer {
        standing: kiosk.standing,
        incarnation: kiosk.incarnation,
        head: central.store.head(kiosk.id.clone()).await?,
        at,
    };
    Ok(json(StatusCode::OK, &answer))
}

async fn revocations(
    State(central): State<Arc<Central>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let request: RevocationsRequest = read(body)?;
    let asked = central.store.revocations(request.after, api::REVOCATIONS_MAX);
    let (last, revocations) = asked.await?;
    Ok(json(StatusCode::OK, &Revocations { last, revocations }))
}

/// The newest edition for the kiosk's channel; nothing where it has it already.
async fn newest_edition(
    State(central): State<Arc<Central>>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let request: EditionRequest = read(body)?;
    let newest = central.editions.newest(&*central.store, &request.channel).await;
    let newest = newest.map_err(|error| {
        tracing::error!(error = %Chain(&error), "no edition can be served");
        let message = "the newest edition cannot be served; it has to be published again";
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, "EDITION_DAMAGED", message)
    })?;
    match newest {
        None => {
            let message = "no edition is published for this channel";
            Err(Refused::new(StatusCode::NOT_FOUND, "NO_EDITION", message))
        }
        Some((digest, _)) if request.present.as_ref() == Some(&digest) => {
            Ok(json(StatusCode::OK, &serde_json::Value::Null))
        }
        Some((digest, text)) => {
            tracing::info!(kiosk = %kiosk.id, digest, "an edition is sent to {}", kiosk.id);
            Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], text.to_string())
                .into_response())
        }
    }
}

/// The edition of a digest, as it was published: for deciding an old case again.
async fn edition(
    State(central): State<Arc<Central>>,
    Path(digest): Path<String>,
) -> Result<Response, Refused> {
    match central.store.edition(digest).await? {
        Some(edition) => {
            Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], edition.text)
                .into_response())
        }
        None => {
            let message = "no edition of this digest was published here";
            Err(Refused::new(StatusCode::NOT_FOUND, "NO_EDITION", message))
        }
    }
}

async fn snapshot(State(central): State<Arc<Central>>) -> Result<Response, Refused> {
    let taken_at = central.clock.now();
    let mut businesses = BTreeMap::new();
    for uscc in central.registers.businesses() {
        let mut entry: SnapshotEntry = central.registers.snapshot_entry(&uscc).await;
        if let Some(supervision) = &mut entry.food_and_drug {
            add_permits(&central, &uscc, supervision).await?;
            if let Some(business) = &entry.business {
                let (premises, today) = (business.address.clone(), central.clock.today());
                let occupied = central.store.is_occupied(premises, uscc.clone(), today).await?;
                supervision.address_occupied |= occupied;
            }
        }
        if let Some(record) = &mut entry.micro_service {
            add_open_applications(&central, &uscc, record).await?;
        }
        businesses.insert(uscc, entry);
    }
    let snapshot = Snapshot { format: Snapshot::FORMAT.to_owned(), taken_at, businesses };
    Ok(json(StatusCode::OK, &central.sign(Snapshot::SIGNATURE_CONTEXT, snapshot.to_text())))
}
