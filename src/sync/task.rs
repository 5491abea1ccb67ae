//! The one task that talks to central about the journal.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, watch};

use super::{
    Batch, CallError, Central, Error, Handle, LastError, NumberPlan, Retry, Settings, State,
};
use crate::domain::{Series, calendar};
use crate::fault::Chain;
use crate::journal::{self, Journal, Placed};
use crate::wire::v1::api::{
    self, Acknowledgement, BlockRequest, Heartbeat, Push, PushOutcome, RevocationsRequest,
    SignedText, Standing,
};
use crate::wire::v1::is_signed;

/// Gaps central may name in a row: one after a fail-over, one more if the answer crossed another.
const GAPS_MAX: u32 = 3;
/// A greeting that took longer is not used to compare clocks: half of it is how wrong the comparison
/// may be, and clocks are compared to the second.
const ROUND_TRIP_MS_MAX: i64 = 1000;

/// Pushes the outbox and fetches numbers, round after round.
pub struct Task<C> {
    central: C,
    journal: Journal,
    settings: Settings,
    retry: Retry,
    batch: Batch,
    nudge: Arc<Notify>,
    state: watch::Sender<State>,
}

impl<C: Central> Task<C> {
    /// A task that has not begun.
    pub fn new(central: C, journal: Journal, settings: Settings) -> (Self, Handle) {
        let nudge = Arc::new(Notify::new());
        let (state, watched) = watch::channel(State::default());
        let handle = Handle { nudge: Arc::clone(&nudge), state: watched };
        let (retry, batch) = (settings.retry, Batch::default());
        (Self { central, journal, settings, retry, batch, nudge, state }, handle)
    }

    /// Goes round until `ended` is ready.
    pub async fn run(mut self, ended: impl Future<Output = ()>) {
        tokio::pin!(ended);
        loop {
            let done = tokio::select! {
                // A round that is cut off has done nothing by halves: each call is whole or repeated.
                () = &mut ended => return,
                done = self.round() => done,
            };
            let nudge = Arc::clone(&self.nudge);
            let (wait, nudged) = match done {
                Ok(()) => {
                    self.retry.worked();
                    (self.settings.interval, Some(nudge.notified()))
                }
                // By the clock alone: neither a new record nor its absence changes when central is
                // asked again.
                Err(_reported) => (self.retry.failed((self.settings.random)()), None),
            };
            tokio::select! {
                () = &mut ended => return,
                () = tokio::time::sleep(wait) => {}
                () = notified(nudged) => {}
            }
        }
    }

    /// One round: say how we are, push what central has not, lease what numbers are low, take what central
    /// revoked. While central
    /// speaks each part is tried even if another failed; the first error is returned and shown.
    pub async fn round(&mut self) -> Result<(), Error> {
        let result = self.greet_push_and_lease().await;
        self.publish(&result).await;
        result
    }

    async fn greet_push_and_lease(&mut self) -> Result<(), Error> {
        let heard = self.greet().await;
        // Without an answer to a greeting there is none to anything bigger.
        if is_unanswered(&heard) {
            return heard;
        }
        // Before asking for numbers, since central counts those in use by the records it has.
        let pushed = self.push().await;
        if is_unanswered(&pushed) {
            return pushed;
        }
        let leased = self.lease().await;
        // A block taken is a record, too.
        let pushed_again = if pushed.is_ok() { self.push().await } else { Ok(()) };
        // Last: what is revoked has to be known before the next applicant, and there is time for that.
        let is_heard = !is_unanswered(&leased) && !is_unanswered(&pushed_again);
        let revoked = if is_heard { self.take_revocations().await } else { Ok(()) };
        heard.and(pushed).and(leased).and(pushed_again).and(revoked)
    }

    /// Says how we are, and compares memories: central must never know more of our past than we do.
    async fn greet(&mut self) -> Result<(), Error> {
        // Ours is read before central is asked: it can only have grown since.
        let ours = self.ask(Journal::head).await?;
        let outbox = self.ask(Journal::outbox_state).await?;
        let report = (self.settings.report)();
        let at = self.settings.clock.now();
        let heartbeat = Heartbeat {
            software: report.software,
            edition: report.edition,
            edition_digest: report.edition_digest,
            edition_refused: report.edition_refused,
            head: api::Head { position: ours.position, hash: ours.hash },
            outbox: outbox.unsent,
            numbers_left: self.numbers_left().await?,
            faults: report.faults,
            at,
        };
        let call = self.central.heartbeat(heartbeat);
        let answer = self.within_time("say how this kiosk is", call).await?;
        let (sent_ms, heard_ms) = (at.as_millisecond(), self.settings.clock.now().as_millisecond());
        // Central spoke at some moment between; a slow answer says nothing about the clocks.
        if (0..=ROUND_TRIP_MS_MAX).contains(&(heard_ms - sent_ms)) {
            let offset_ms = answer.at.as_millisecond() - i64::midpoint(sent_ms, heard_ms);
            self.state.send_modify(|state| state.clock_offset_ms = Some(offset_ms));
            self.ask(move |journal| journal.compare_clock(offset_ms)).await?;
        }

        match answer.standing {
            Standing::Enrolled => {}
            Standing::Forked => {
                return self.quarantine("central says that its journal forked").await;
            }
            Standing::Closed => {
                return self.quarantine("central has closed this life of the kiosk").await;
            }
        }
        if answer.incarnation != self.settings.incarnation {
            let (theirs, ours) = (answer.incarnation, self.settings.incarnation);
            let reason =
                format!("central expects life {theirs} of this kiosk, this is life {ours}");
            return self.quarantine(&reason).await;
        }
        if answer.head.position > ours.position {
            let (theirs, ours) = (answer.head.position, ours.position);
            let reason = format!(
                "central has records up to {theirs}, this journal ends at {ours}: \
                 it was restored from an old copy, or another kiosk uses its name"
            );
            return self.quarantine(&reason).await;
        }
        if answer.head.position < outbox.acknowledged {
            // Central failed over to a copy that had not heard of the last records.
            tracing::warn!(
                journal.position = answer.head.position,
                "central has less than it acknowledged; sending again"
            );
            let position = answer.head.position;
            self.ask(move |journal| journal.rewind(position)).await?;
        }
        Ok(())
    }

    /// Pushes batch after batch until central has everything. While central looks at one, the journal
    /// notes that it has the one before, and reads the one behind.
    async fn push(&mut self) -> Result<(), Error> {
        let mut gaps = 0;
        let mut after = self.ask(Journal::outbox_state).await?.acknowledged;
        let mut batch = self.batch_behind(after).await?;
        let mut had = None;
        while let Some(last) = batch.last() {
            let (pushed, hash, count) = (last.position, last.record.hash(), batch.len());
            let (answer, behind, noted) = tokio::join!(
                self.within_time("push records", self.central.push(push_of(batch))),
                self.batch_behind(pushed),
                self.acknowledge(had.take()),
            );
            noted?;
            let answer = match answer {
                Err(Error::Call { source: source @ CallError::Refused { .. }, .. }) => {
                    self.batch.refused(count);
                    return Err(Error::Refused { from: after + 1, count, source });
                }
                other => other?,
            };
            let acknowledgement = self.read(&answer)?;
            let head = acknowledgement.head;
            match acknowledgement.outcome {
                PushOutcome::Taken { .. } if head.position < pushed => {
                    return Err(Error::OldAnswer { head: head.position, pushed });
                }
                PushOutcome::Taken { .. } => {
                    self.batch.taken();
                    gaps = 0;
                    if head == (api::Head { position: pushed, hash }) {
                        had = Some(head);
                        (after, batch) = (pushed, behind?);
                    } else {
                        // More than was pushed, or another than was pushed: nothing goes before that is noted.
                        self.acknowledge(Some(head)).await?;
                        (after, batch) = (head.position, self.batch_behind(head.position).await?);
                    }
                }
                PushOutcome::Gap { expected } if gaps == GAPS_MAX => {
                    return Err(Error::GapRemains { expected });
                }
                PushOutcome::Gap { expected } => {
                    gaps += 1;
                    let last = expected.saturating_sub(1);
                    if last > after {
                        // It has more than it ever told us: an acknowledgement was lost.
                        self.acknowledge(Some(head)).await?;
                        after = head.position;
                    } else {
                        self.ask(move |journal| journal.rewind(last)).await?;
                        after = last;
                    }
                    batch = self.batch_behind(after).await?;
                }
                PushOutcome::Fork { position } => {
                    let reason = format!(
                        "central has another record at position {position} of this journal"
                    );
                    return self.quarantine(&reason).await;
                }
            }
            if !acknowledgement.quarantined.is_empty() {
                tracing::error!(
                    positions = ?acknowledgement.quarantined,
                    "central keeps records of this kiosk it cannot make sense of"
                );
                self.state.send_modify(|state| {
                    state.not_understood.extend(&acknowledgement.quarantined);
                    state.not_understood.sort_unstable();
                    state.not_understood.dedup();
                });
            }
            self.show_outbox().await?;
        }
        self.acknowledge(had).await
    }

    /// What to push behind a position.
    async fn batch_behind(&self, after: u64) -> Result<Vec<Placed>, Error> {
        let count_max = self.batch.count_max();
        self.ask(move |journal| journal.outbox(after, count_max, Batch::BYTES_MAX)).await
    }

    /// Takes an answer apart; only what central signed for this kiosk counts.
    fn read(&self, answer: &SignedText) -> Result<Acknowledgement, Error> {
        let context = Acknowledgement::SIGNATURE_CONTEXT;
        if !is_signed(&self.settings.central_key, context, &answer.text, &answer.signature) {
            return Err(Error::Signature);
        }
        let acknowledgement = Acknowledgement::read(&answer.text)
            .map_err(|source| Error::Acknowledgement { source })?;
        if acknowledgement.kiosk != self.settings.kiosk {
            return Err(Error::OtherKiosk { kiosk: acknowledgement.kiosk });
        }
        Ok(acknowledgement)
    }

    /// Notes what central has. A record we do not know is the end: somebody else writes in our name.
    async fn acknowledge(&self, head: Option<api::Head>) -> Result<(), Error> {
        let Some(head) = head else { return Ok(()) };
        let noted = self.ask(move |journal| journal.acknowledge(head.position, head.hash)).await;
        match noted {
            Err(Error::Journal { source: journal::Error::ForeignAcknowledgement { position } }) => {
                let reason = format!(
                    "central acknowledged a record at {position} this journal does not have"
                );
                self.quarantine(&reason).await
            }
            other => other,
        }
    }

    /// Leases blocks of every series that is low. One series that cannot be had keeps none of the
    /// others back.
    async fn lease(&mut self) -> Result<(), Error> {
        if self.ask(Journal::quarantined).await?.is_some() {
            return Ok(());
        }
        let today = calendar::date_in_china(self.settings.clock.now());
        let mut first_error = Ok(());
        for series in self.settings.numbers.series_on(today) {
            let leased = self.lease_series(series).await;
            if is_unanswered(&leased) {
                return leased;
            }
            first_error = first_error.and(leased);
        }
        first_error
    }

    async fn lease_series(&mut self, series: Series) -> Result<(), Error> {
        let plan = self.settings.numbers.clone();
        let asked = series.clone();
        let mut state = self.ask(move |journal| journal.series_state(&asked)).await?;
        if !plan.is_low(state) {
            return Ok(());
        }
        for _block in 0..NumberPlan::BLOCKS_PER_ROUND_MAX {
            let request = BlockRequest {
                series: series.to_string(),
                incarnation: self.settings.incarnation,
                nonce: self.nonce(&series, state.blocks),
            };
            let call = self.central.lease(request);
            let block = self.within_time("lease numbers", call).await?;
            let installed = self.ask(move |journal| journal.install_block(block)).await;
            if let Err(Error::Journal { source }) = installed {
                return Err(Error::Install { series, source });
            }
            installed?;
            let asked = series.clone();
            let before = state.blocks;
            state = self.ask(move |journal| journal.series_state(&asked)).await?;
            if plan.is_full(state) || state.blocks == before {
                break;
            }
        }
        Ok(())
    }

    /// Takes what central revoked since the last act that is here.
    async fn take_revocations(&mut self) -> Result<(), Error> {
        loop {
            let ours = self.ask(Journal::last_revocation).await?;
            let call = self.central.revocations(RevocationsRequest { after: ours });
            let answer = self.within_time("ask for revocations", call).await?;
            if answer.last < ours {
                return Err(Error::RevocationsLost { ours, theirs: answer.last });
            }
            if answer.revocations.is_empty() {
                return Ok(());
            }
            let count = answer.revocations.len();
            tracing::warn!(count, "central revoked {count} permits");
            for act in answer.revocations {
                self.ask(move |journal| journal.take_revocation(act)).await?;
            }
            if self.ask(Journal::last_revocation).await? == ours {
                // Nothing of what came was new: asked again, it would be the same.
                return Ok(());
            }
        }
    }

    /// The same question has the same nonce, also after a crash: until a block is installed, central
    /// answers with the same one, and no numbers are lost on the way.
    fn nonce(&self, series: &Series, installed: u64) -> String {
        let Settings { kiosk, incarnation, .. } = &self.settings;
        let question = format!("number-block\n{kiosk}\n{incarnation}\n{series}\n{installed}");
        let digits = hex::encode(Sha256::digest(question));
        digits.chars().take(api::NONCE_LEN).collect()
    }

    /// Nothing is issued from now on. The error says why, each round, until somebody has looked.
    async fn quarantine(&self, reason: &str) -> Result<(), Error> {
        tracing::error!("this kiosk issues nothing any more: {reason}");
        let text = reason.to_owned();
        self.ask(move |journal| journal.quarantine(text)).await?;
        Err(Error::Quarantined { reason: reason.to_owned() })
    }

    async fn numbers_left(&self) -> Result<BTreeMap<String, u64>, Error> {
        let today = calendar::date_in_china(self.settings.clock.now());
        let wanted = self.settings.numbers.series_on(today);
        self.ask(move |journal| {
            wanted
                .into_iter()
                .map(|series| Ok((series.to_string(), journal.series_state(&series)?.left)))
                .collect()
        })
        .await
    }

    /// Shows how far the outbox is, also in the middle of a long round.
    async fn show_outbox(&self) -> Result<(), Error> {
        let outbox = self.ask(Journal::outbox_state).await?;
        self.state.send_modify(|state| {
            state.connected = true;
            state.unsent = outbox.unsent;
            state.oldest_unsent_at = outbox.oldest_at;
        });
        Ok(())
    }

    /// Shows how the round ended.
    async fn publish(&self, result: &Result<(), Error>) {
        let outbox = self.ask(Journal::outbox_state).await;
        let quarantined = self.ask(Journal::quarantined).await;
        let numbers_left = self.numbers_left().await;
        let now = self.settings.clock.now();
        self.state.send_modify(|state| {
            state.connected = !is_unanswered(result);
            // What the journal does not say stays as it was: unknown is not zero.
            if let Ok(outbox) = outbox {
                state.unsent = outbox.unsent;
                state.oldest_unsent_at = outbox.oldest_at;
            }
            if let Ok(quarantined) = quarantined {
                state.quarantined = quarantined;
            }
            if let Ok(numbers_left) = numbers_left {
                state.numbers_left = numbers_left;
            }
            let text = result.as_ref().err().map(|error| Chain(error).to_string());
            let known = state.last_error.as_ref().map(|error| error.text.as_str());
            if text.as_deref() != known {
                match &text {
                    Some(text) => tracing::warn!("synchronising does not work: {text}"),
                    None => tracing::info!("synchronising works again"),
                }
                state.last_error = text.map(|text| LastError { since: now, text });
            }
        });
    }

    async fn within_time<R>(
        &self,
        doing: &'static str,
        call: impl Future<Output = Result<R, CallError>>,
    ) -> Result<R, Error> {
        let timeout = self.settings.timeout;
        match tokio::time::timeout(timeout, call).await {
            Ok(answer) => answer.map_err(|source| Error::Call { doing, source }),
            Err(_elapsed) => Err(Error::TimeOut { doing, timeout }),
        }
    }

    /// Asks the journal on a thread that may wait.
    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Journal) -> Result<R, journal::Error> + Send + 'static,
    ) -> Result<R, Error> {
        let journal = self.journal.clone();
        tokio::task::spawn_blocking(move || question(&journal))
            .await
            .map_err(|source| Error::Ask { source })?
            .map_err(|source| Error::Journal { source })
    }
}

impl<C> std::fmt::Debug for Task<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Task({:?})", self.settings)
    }
}

/// Whether central did not speak at all.
fn is_unanswered(result: &Result<(), Error>) -> bool {
    match result {
        Err(Error::TimeOut { .. }) => true,
        Err(Error::Call { source, .. }) => !source.came_from_central(),
        Ok(())
        | Err(
            Error::Journal { .. }
            | Error::Ask { .. }
            | Error::Signature
            | Error::Acknowledgement { .. }
            | Error::Refused { .. }
            | Error::OtherKiosk { .. }
            | Error::OldAnswer { .. }
            | Error::GapRemains { .. }
            | Error::Install { .. }
            | Error::RevocationsLost { .. }
            | Error::Quarantined { .. },
        ) => false,
    }
}

async fn notified(nudged: Option<tokio::sync::futures::Notified<'_>>) {
    match nudged {
        Some(nudged) => nudged.await,
        None => std::future::pending().await,
    }
}

/// The records as they travel, with the key of each application once.
fn push_of(records: Vec<Placed>) -> Push {
    let mut keys = BTreeMap::new();
    let mut push = Push { records: Vec::with_capacity(records.len()), keys: Vec::new() };
    for placed in records {
        push.records.push(placed.record);
        keys.extend(placed.key.map(|key| (key.application, key)));
    }
    push.keys.extend(keys.into_values());
    push
}
