//! How the ID reader is driven: find, select, read, and once more only for the next card.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bytes::status;
use super::protocol::{Answer, Decoder, Item, Request, SamId};
use super::record::{Document, IdRecord};
use crate::device::{Health, Input, Output};
use crate::fault::{FaultCode, Fixer};

/// What the kiosk asks of the ID reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A session wants cards from now on.
    Claim,
    /// The session is over: read nothing, forget what was read.
    Release,
}

/// What the ID reader tells the kiosk.
#[derive(Debug, Clone)]
pub enum Event {
    /// Which security module is in it; told once.
    Identified(SamId),
    /// A card is there and is being read; it must stay for about a second.
    CardFound,
    /// It was read; the applicant may take it.
    IdRead(Box<IdRecord>),
    /// It was not read; the applicant takes it off and, mostly, lays it down again.
    ReadFailed(ReadFailure),
}

/// Why a card was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFailure {
    /// It was taken away too early, or lies badly.
    CardPulled,
    /// Card and SAM do not accept each other, or the line was too noisy.
    Unreadable,
    /// A card of another kind.
    OtherDocument,
    /// What it says contradicts itself.
    Implausible,
}

/// The module is asked for a card this often; vendors ask for at least 300 ms between two.
const FIND_EVERY: Duration = Duration::from_millis(400);
/// An idle reader is asked whether it is well this often.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(3);
/// A pause within a frame this long means that the rest of it is not going to come. At 9600 baud
/// a byte takes 1 ms.
const GAP: Duration = Duration::from_millis(100);
/// After something went wrong the line is left alone for so long, so that a late answer is not
/// taken for the answer to the next request.
const PAUSE: Duration = Duration::from_millis(200);
/// A card that could not be read, and whose removal was not seen, is tried again after this.
const FAILED_CARD_RESTS: Duration = Duration::from_millis(1500);
/// The SAM is reset no more often than this.
const RESET_EVERY: Duration = Duration::from_mins(1);
/// So many of a kind in a row are no accident.
const IN_A_ROW: u8 = 3;

/// The time an answer may take, with its time on the line (a read at 9600 baud: 1.35 s).
fn answer_within(request: Request) -> Duration {
    Duration::from_millis(match request {
        Request::Status | Request::Identify | Request::Find | Request::Select => 500,
        Request::Reset | Request::SetBaud(_) => 1000,
        Request::Read => 3000,
        Request::ReadNewAddress => 1500,
    })
}

/// The state machine of the ID reader.
///
/// Cards are looked for only while a session has claimed the reader, with one exception: after a
/// read the module is asked on until the card is seen to leave, so that a card left behind is
/// never read into the next session. What lies there is not read for that.
#[derive(Default)]
pub struct Driver {
    decoder: Decoder,
    last_byte_at: Duration,
    open: bool,
    claimed: bool,
    /// The module has answered its probe since the line was opened.
    probed: bool,
    /// It was asked which module it is, whatever it said.
    introduced: bool,
    asked: Option<Asked>,
    /// No request before this.
    quiet_until: Duration,
    last_find_at: Option<Duration>,
    last_answer_at: Duration,
    last_reset_at: Option<Duration>,
    card: Card,
    /// `CardFound` was told, its outcome was not.
    reading: bool,
    /// Read already; waits for its newest address.
    record: Option<Box<IdRecord>>,
    fault: Option<FaultCode>,
    misses: u8,
    silent_openings: u8,
    noises: u8,
    failed_cards: u8,
    unclaimed_cards: u64,
}

#[derive(Clone, Copy)]
struct Asked {
    request: Request,
    due: Duration,
}

/// What is known of the card on the reader.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Card {
    /// None, or none that was looked at: the next one found is to be read.
    #[default]
    Fresh,
    /// It was read and may still be there. Most modules answer "no card" while a read card rests,
    /// some find it again each time; so neither answer alone says anything.
    Read { absent: u8 },
    /// It could not be read.
    Failed { since: Duration },
}

type Outputs = Vec<Output<Event>>;

impl crate::device::Driver for Driver {
    type Command = Command;
    type Event = Event;

    fn on(&mut self, now: Duration, input: Input<'_, Command>) -> Outputs {
        let mut outputs = Vec::new();
        match input {
            Input::Opened => self.opened(now, &mut outputs),
            Input::Closed => self.closed(&mut outputs),
            Input::Received(bytes) => {
                self.last_byte_at = now;
                for item in self.decoder.feed(bytes) {
                    self.item(now, item, &mut outputs);
                }
            }
            Input::Sent => {}
            Input::Command(Command::Claim) => {
                self.claimed = true;
                self.forgive();
            }
            Input::Command(Command::Release) => self.release(),
            Input::Due => self.due(now, &mut outputs),
        }
        outputs
    }

    fn deadline(&self) -> Option<Duration> {
        let gap = self.decoder.is_partial().then(|| self.last_byte_at + GAP);
        let next = match self.asked {
            Some(asked) => Some(asked.due),
            None => self.next_request().map(|(at, _)| at),
        };
        [gap, next].into_iter().flatten().min()
    }

    fn health(&self) -> Health {
        match self.fault {
            Some(fault) => Health::of(fault),
            None if !self.probed => Health::Starting,
            None if self.reading => Health::Busy,
            None => Health::READY,
        }
    }
}

impl Driver {
    /// A driver whose line is not open yet.
    pub fn new() -> Self {
        Self { decoder: Decoder::new(), ..Self::default() }
    }

    /// Cards whose reading ended after their session: dropped, never told.
    pub fn unclaimed_cards(&self) -> u64 {
        self.unclaimed_cards
    }

    fn opened(&mut self, now: Duration, outputs: &mut Outputs) {
        self.open = true;
        self.probed = false;
        self.asked = None;
        self.quiet_until = now;
        self.last_find_at = None;
        self.decoder.give_up();
        // It was silent before: perhaps the SAM hangs.
        if self.silent_openings > 0 && self.may_reset(now) {
            self.reset(now, outputs);
        } else {
            self.ask(now, Request::Status, outputs);
        }
    }

    fn closed(&mut self, outputs: &mut Outputs) {
        self.open = false;
        self.probed = false;
        self.asked = None;
        self.record = None;
        self.decoder.give_up();
        self.misses = 0;
        // Whoever pulled the cable may have taken the card as well.
        self.card = Card::Fresh;
        if std::mem::take(&mut self.reading) && self.claimed {
            outputs.push(Output::Event(Event::ReadFailed(ReadFailure::Unreadable)));
        }
    }

    fn release(&mut self) {
        self.claimed = false;
        self.reading = false;
        self.forgive();
        if self.record.take().is_some() {
            self.unclaimed_cards += 1;
            self.card = Card::Read { absent: 0 };
        }
        if let Card::Failed { .. } = self.card {
            self.card = Card::Fresh;
        }
    }

    /// The troubles of one applicant are not those of the next.
    fn forgive(&mut self) {
        self.failed_cards = 0;
        self.clear_faults_of(&[Fixer::Applicant, Fixer::Attendant]);
    }

    fn clear_faults_of(&mut self, fixers: &[Fixer]) {
        self.fault = self.fault.filter(|fault| !fixers.contains(&fault.fixer()));
    }

    fn item(&mut self, now: Duration, item: Item, outputs: &mut Outputs) {
        match item {
            Item::Answer(answer) => match self.asked.take() {
                Some(asked) => self.answered(now, asked.request, &answer, outputs),
                None => tracing::debug!("the ID reader answered late"),
            },
            Item::BadChecksum => {
                if self.asked.is_some() {
                    self.noise(now, outputs);
                }
            }
            // Noise before a preamble is common and harmless; if the answer does not follow, its
            // absence counts.
            Item::Skipped(count) => {
                tracing::debug!(count, "the ID reader sent {count} stray bytes");
            }
        }
    }

    fn due(&mut self, now: Duration, outputs: &mut Outputs) {
        if self.decoder.is_partial() && now >= self.last_byte_at + GAP {
            let count = self.decoder.give_up();
            tracing::debug!(count, "the ID reader stopped after {count} bytes of a frame");
            if self.asked.is_some() {
                self.noise(now, outputs);
            }
        }
        if self.asked.is_some_and(|asked| now >= asked.due) {
            self.silence(now, outputs);
        }
        if self.asked.is_none()
            && let Some((at, request)) = self.next_request()
            && now >= at
        {
            self.ask(now, request, outputs);
        }
    }

    /// What to ask when nothing is asked, and when.
    fn next_request(&self) -> Option<(Duration, Request)> {
        if !self.open {
            return None;
        }
        let sam_failed = self.fault == Some(FaultCode::IdReaderModuleFailed);
        let (at, request) = if !self.probed && !sam_failed {
            (self.quiet_until, Request::Status)
        } else if !sam_failed && (self.claimed || self.card != Card::Fresh) {
            (self.last_find_at.map_or(self.quiet_until, |at| at + FIND_EVERY), Request::Find)
        } else {
            let question = if self.probed && !self.introduced && !sam_failed {
                Request::Identify
            } else {
                Request::Status
            };
            (self.last_answer_at + HEARTBEAT_EVERY, question)
        };
        Some((at.max(self.quiet_until), request))
    }

    fn ask(&mut self, now: Duration, request: Request, outputs: &mut Outputs) {
        match request {
            Request::Find => self.last_find_at = Some(now),
            Request::Identify => self.introduced = true,
            Request::Reset
            | Request::Status
            | Request::Select
            | Request::Read
            | Request::ReadNewAddress
            | Request::SetBaud(_) => {}
        }
        self.asked = Some(Asked { request, due: now + answer_within(request) });
        outputs.push(Output::Send(request.frame()));
    }

    fn may_reset(&self, now: Duration) -> bool {
        self.last_reset_at.is_none_or(|last| now >= last + RESET_EVERY)
    }

    fn reset(&mut self, now: Duration, outputs: &mut Outputs) {
        self.last_reset_at = Some(now);
        self.ask(now, Request::Reset, outputs);
    }

    fn answered(
        &mut self,
        now: Duration,
        request: Request,
        answer: &Answer,
        outputs: &mut Outputs,
    ) {
        self.last_answer_at = now;
        self.misses = 0;
        self.silent_openings = 0;
        if self.fault == Some(FaultCode::IdReaderNotResponding) {
            self.fault = None;
        }
        match (request, answer.status, answer.data.len()) {
            (Request::Reset, status::OK, 0) => self.ask(now, Request::Status, outputs),
            (Request::Status, status::OK, 0) => {
                self.probed = true;
                self.noises = 0;
                self.clear_faults_of(&[Fixer::Technician]);
            }
            // A module that does not tell its number still reads cards.
            (Request::Identify, ..) => {
                if let Some(id) = SamId::read(&answer.data) {
                    outputs.push(Output::Event(Event::Identified(id)));
                }
            }
            (Request::Find, status::FOUND, _) => self.found(now, outputs),
            // It was found before, its frame came damaged, and now the module counts it as read, or
            // it was taken away: either way it must be laid down again.
            (Request::Find, status::NO_CARD, _) if self.reading => {
                self.failed(now, ReadFailure::Unreadable, outputs);
            }
            (Request::Find, status::NO_CARD, _) => self.found_none(),
            (Request::Select, status::OK, 8) if self.claimed => {
                self.ask(now, Request::Read, outputs);
            }
            (Request::Select, status::OK, 8) => {}
            (Request::Read, status::OK, _) => self.read(now, answer, outputs),
            (Request::ReadNewAddress, ..) => self.read_address(answer, outputs),
            (_, status::CHECKSUM | status::LENGTH | status::COMMAND, _) => self.noise(now, outputs),
            // An answer to some other request: out of step.
            (_, status::OK | status::FOUND, _) => self.noise(now, outputs),
            (_, status::SELF_TEST | status::NOT_AUTHORISED | status::RANDOM, _) => {
                self.sam_failed(now, outputs);
            }
            (Request::Status | Request::Reset, ..) => self.sam_failed(now, outputs),
            (_, status::CARD_TYPE | status::NO_ITEM, _) => {
                self.failed(now, ReadFailure::OtherDocument, outputs);
            }
            (_, status::READ_FAILED | status::SELECT_FAILED | status::NO_CARD, _) => {
                self.failed(now, ReadFailure::CardPulled, outputs);
            }
            // 31, 32, 33, and whatever else vendors answer.
            (Request::Find | Request::Select | Request::Read, ..) => {
                self.failed(now, ReadFailure::Unreadable, outputs);
            }
            // Only asked by a technician, who does without this driver.
            (Request::SetBaud(_), ..) => {}
        }
    }

    fn found(&mut self, now: Duration, outputs: &mut Outputs) {
        match self.card {
            Card::Read { .. } => {
                self.card = Card::Read { absent: 0 };
                return;
            }
            Card::Failed { since } if now < since + FAILED_CARD_RESTS => return,
            Card::Failed { .. } | Card::Fresh => {}
        }
        if !self.claimed {
            self.card = Card::Fresh;
            return;
        }
        self.card = Card::Fresh;
        if !std::mem::replace(&mut self.reading, true) {
            outputs.push(Output::Event(Event::CardFound));
        }
        self.clear_faults_of(&[Fixer::Applicant]);
        self.ask(now, Request::Select, outputs);
    }

    fn found_none(&mut self) {
        self.card = match self.card {
            // One "no card" may be the module's way to say that it has read this one.
            Card::Read { absent: 0 } => Card::Read { absent: 1 },
            Card::Read { .. } | Card::Failed { .. } | Card::Fresh => Card::Fresh,
        };
    }

    fn read(&mut self, now: Duration, answer: &Answer, outputs: &mut Outputs) {
        let Some((text, photo)) = answer.text_and_photo() else {
            return self.noise(now, outputs);
        };
        if !self.claimed {
            return self.drop_unclaimed();
        }
        match IdRecord::decode(text, photo) {
            Ok(record) => match record.document {
                Document::Resident | Document::HongKongMacaoTaiwan => {
                    self.record = Some(Box::new(record));
                    self.ask(now, Request::ReadNewAddress, outputs);
                }
                Document::Foreigner2017 | Document::Foreigner2023 => {
                    self.deliver(Box::new(record), outputs);
                }
            },
            Err(error) => {
                tracing::warn!(%error, "a card was not believed: {error}");
                self.failed(now, ReadFailure::Implausible, outputs);
            }
        }
    }

    /// The address on the chip is the newer one; without it the printed one stands.
    fn read_address(&mut self, answer: &Answer, outputs: &mut Outputs) {
        let Some(mut record) = self.record.take() else { return };
        if let Some(address) = answer.newest_address()
            && let Err(error) = record.move_to(address)
        {
            tracing::warn!(%error, "an appended address was not believed: {error}");
        }
        self.deliver(record, outputs);
    }

    fn deliver(&mut self, record: Box<IdRecord>, outputs: &mut Outputs) {
        self.reading = false;
        self.card = Card::Read { absent: 0 };
        self.fault = None;
        self.noises = 0;
        self.failed_cards = 0;
        outputs.push(Output::Event(Event::IdRead(record)));
    }

    fn drop_unclaimed(&mut self) {
        self.unclaimed_cards += 1;
        self.card = Card::Read { absent: 0 };
        tracing::info!(count = self.unclaimed_cards, "a card read after its session was dropped");
    }

    fn failed(&mut self, now: Duration, failure: ReadFailure, outputs: &mut Outputs) {
        self.reading = false;
        self.record = None;
        self.card = Card::Failed { since: now };
        if !self.claimed {
            self.card = Card::Fresh;
            return;
        }
        if let ReadFailure::CardPulled | ReadFailure::Unreadable = failure {
            self.failed_cards = self.failed_cards.saturating_add(1);
        }
        self.fault = Some(match failure {
            _ if self.failed_cards >= IN_A_ROW => FaultCode::IdReaderReadFailedAgain,
            ReadFailure::CardPulled => FaultCode::IdReaderCardPulled,
            ReadFailure::Unreadable => FaultCode::IdReaderReadFailed,
            ReadFailure::OtherDocument => FaultCode::IdReaderCardUnsupported,
            ReadFailure::Implausible => FaultCode::IdReaderRecordInvalid,
        });
        outputs.push(Output::Event(Event::ReadFailed(failure)));
    }

    /// An answer came damaged or out of step: ask anew, from the beginning.
    fn noise(&mut self, now: Duration, outputs: &mut Outputs) {
        self.start_over(now, outputs);
        self.noises = self.noises.saturating_add(1);
        if self.noises >= IN_A_ROW {
            self.fault = Some(FaultCode::IdReaderLineNoise);
            if std::mem::take(&mut self.reading) && self.claimed {
                self.card = Card::Failed { since: now };
                outputs.push(Output::Event(Event::ReadFailed(ReadFailure::Unreadable)));
            }
        }
    }

    /// No answer came.
    fn silence(&mut self, now: Duration, outputs: &mut Outputs) {
        self.decoder.give_up();
        self.start_over(now, outputs);
        self.misses += 1;
        if self.misses < IN_A_ROW {
            return;
        }
        self.misses = 0;
        self.silent_openings = self.silent_openings.saturating_add(1);
        if self.silent_openings > 1 {
            self.fault = Some(FaultCode::IdReaderNotResponding);
        }
        outputs.push(Output::Reopen);
    }

    /// Leaves the line alone for a moment. A record that only lacked its newest address is whole.
    fn start_over(&mut self, now: Duration, outputs: &mut Outputs) {
        self.asked = None;
        self.quiet_until = now + PAUSE;
        if let Some(record) = self.record.take() {
            self.deliver(record, outputs);
        }
    }

    fn sam_failed(&mut self, now: Duration, outputs: &mut Outputs) {
        self.record = None;
        if std::mem::take(&mut self.reading) && self.claimed {
            outputs.push(Output::Event(Event::ReadFailed(ReadFailure::Unreadable)));
        }
        if self.may_reset(now) {
            self.reset(now, outputs);
        } else {
            self.fault = Some(FaultCode::IdReaderModuleFailed);
        }
    }
}
