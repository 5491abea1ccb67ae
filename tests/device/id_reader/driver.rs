//! The driver of the ID reader without a line, in simulated time.

use std::time::Duration;

use permit_kiosk::device::id_reader::protocol::Request;
use permit_kiosk::device::id_reader::{Command, Driver, Event, ReadFailure};
use permit_kiosk::device::{Driver as _, Health, Input, Output};
use permit_kiosk::fault::FaultCode;

use super::{answer, card, vector};

/// A driver and the time.
struct Desk {
    driver: Driver,
    now: Duration,
    events: Vec<Event>,
    asked: Vec<(Duration, Vec<u8>)>,
    reopened: usize,
}

impl Desk {
    /// A desk whose reader has answered its probe.
    fn ready() -> Self {
        let mut desk = Self::opened();
        assert_eq!(desk.request(), Some(Request::Status));
        desk.answer(&answer(0x90, &[]));
        assert_eq!(desk.driver.health(), Health::READY);
        desk
    }

    /// And that a session has claimed.
    fn claimed() -> Self {
        let mut desk = Self::ready();
        desk.tell(Input::Command(Command::Claim));
        desk
    }

    fn opened() -> Self {
        let mut desk = Self {
            driver: Driver::new(),
            now: Duration::from_secs(1000),
            events: vec![],
            asked: vec![],
            reopened: 0,
        };
        desk.tell(Input::Opened);
        desk
    }

    fn tell(&mut self, input: Input<'_, Command>) {
        for output in self.driver.on(self.now, input) {
            match output {
                Output::Send(frame) => self.asked.push((self.now, frame)),
                Output::Event(event) => self.events.push(event),
                Output::Reopen => self.reopened += 1,
                Output::DiscardUnsent => {}
            }
        }
    }

    fn answer(&mut self, bytes: &[u8]) {
        self.now += Duration::from_millis(5);
        self.tell(Input::Received(bytes));
    }

    /// Time passes until the driver acts, or says that it has nothing to do.
    fn wait(&mut self) {
        let due = self.driver.deadline().expect("something is due");
        self.now = self.now.max(due);
        self.tell(Input::Due);
        let next = self.driver.deadline();
        assert!(next.is_none_or(|next| next > self.now), "a deadline that stays due is a loop");
    }

    /// The next request, however long it takes to come; `None` where nothing is due any more.
    fn request(&mut self) -> Option<Request> {
        for _ in 0..20 {
            if !self.asked.is_empty() {
                let (_, frame) = self.asked.remove(0);
                return [
                    Request::Reset,
                    Request::Status,
                    Request::Identify,
                    Request::Find,
                    Request::Select,
                    Request::Read,
                    Request::ReadNewAddress,
                ]
                .into_iter()
                .find(|request| request.frame() == frame);
            }
            self.driver.deadline()?;
            self.wait();
        }
        None
    }

    /// Answers the next requests, which must be these.
    #[track_caller]
    fn serve(&mut self, script: &[(Request, Vec<u8>)]) {
        for (expected, frame) in script {
            assert_eq!(self.request(), Some(*expected));
            self.answer(frame);
        }
    }

    /// A card is laid down and goes through to its end.
    #[track_caller]
    fn card(&mut self, last: &[u8]) {
        self.serve(&[(Request::Find, found()), (Request::Select, selected())]);
        self.serve(&[(Request::Read, last.to_vec())]);
    }

    #[track_caller]
    fn good_card(&mut self) {
        self.card(&card(&vector("P01").record));
        self.serve(&[(Request::ReadNewAddress, answer(0x91, &[]))]);
    }

    fn outcomes(&mut self) -> Vec<&'static str> {
        self.events
            .drain(..)
            .map(|event| match event {
                Event::Identified(_) => "identified",
                Event::CardFound => "found",
                Event::IdRead(_) => "read",
                Event::ReadFailed(ReadFailure::CardPulled) => "pulled",
                Event::ReadFailed(ReadFailure::Unreadable) => "unreadable",
                Event::ReadFailed(ReadFailure::OtherDocument) => "other",
                Event::ReadFailed(ReadFailure::Implausible) => "implausible",
            })
            .collect()
    }
}

fn found() -> Vec<u8> {
    answer(0x9F, &[0; 4])
}

fn selected() -> Vec<u8> {
    answer(0x90, &[0; 8])
}

fn no_card() -> Vec<u8> {
    answer(0x80, &[])
}

#[test]
fn an_unclaimed_reader_is_asked_for_its_health_every_three_seconds_and_for_no_card() {
    let mut desk = Desk::ready();
    // The first time it is asked which module it is, and never again, whatever it answers.
    let id = [5, 0, 3, 0, 0xF9, 0x8C, 0x32, 0x01, 0x39, 0x30, 0, 0, 0xF2, 0x35, 0x77, 0x28];
    for (request, data) in [(Request::Identify, &id[..]), (Request::Status, &[])]
        .into_iter()
        .chain([(Request::Status, &[][..]); 4])
    {
        let before = desk.now;
        assert_eq!(desk.request(), Some(request));
        assert_eq!(desk.now, before + Duration::from_secs(3));
        desk.answer(&answer(0x90, data));
    }
    let [Event::Identified(id)] = &desk.events[..] else { panic!("{:?}", desk.events) };
    assert_eq!(id.to_string(), "05.03-20090105-0000012345-0678901234");
}

#[test]
fn a_claimed_reader_is_asked_for_a_card_every_400_ms() {
    let mut desk = Desk::claimed();
    assert_eq!(desk.request(), Some(Request::Find));
    let mut before = desk.now;
    for _ in 0..5 {
        desk.answer(&no_card());
        assert_eq!(desk.request(), Some(Request::Find));
        assert_eq!(desk.now, before + Duration::from_millis(400));
        before = desk.now;
    }
}

#[test]
fn a_card_is_read_once_for_each_time_it_is_laid_down() {
    let mut desk = Desk::claimed();
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read"]);
    // A module that finds the resting card again each time.
    for _ in 0..10 {
        desk.serve(&[(Request::Find, found())]);
    }
    // And one that says for a moment that it does not.
    desk.serve(&[(Request::Find, no_card()), (Request::Find, found())]);
    assert!(desk.events.is_empty());
    // Lifted, and laid down again.
    desk.serve(&[(Request::Find, no_card()), (Request::Find, no_card())]);
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read"]);
}

#[test]
fn a_card_left_behind_is_not_read_into_the_next_session() {
    let mut desk = Desk::claimed();
    desk.good_card();
    desk.tell(Input::Command(Command::Release));
    desk.serve(&[(Request::Find, found()), (Request::Find, found())]);
    desk.tell(Input::Command(Command::Claim));
    desk.serve(&[(Request::Find, found()), (Request::Find, found())]);
    assert_eq!(desk.outcomes(), ["found", "read"]);
}

#[test]
fn a_card_laid_down_before_the_session_is_read_at_once() {
    let mut desk = Desk::claimed();
    desk.good_card();
    desk.tell(Input::Command(Command::Release));
    // The first applicant takes the card, the second lays theirs down.
    desk.serve(&[(Request::Find, no_card()), (Request::Find, no_card())]);
    desk.tell(Input::Command(Command::Claim));
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read", "found", "read"]);
}

#[test]
fn a_card_whose_session_ended_while_it_was_read_is_dropped() {
    let mut desk = Desk::claimed();
    desk.serve(&[(Request::Find, found()), (Request::Select, selected())]);
    assert_eq!(desk.request(), Some(Request::Read));
    desk.tell(Input::Command(Command::Release));
    desk.answer(&card(&vector("P01").record));
    assert_eq!(desk.outcomes(), ["found"]);
    assert_eq!(desk.driver.unclaimed_cards(), 1);
}

#[test]
fn an_appended_address_replaces_the_printed_one() {
    let mut blocks = vec![0; 280];
    for (block, text) in ["旧路1号", "新路2号"].iter().enumerate() {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        blocks[block * 70..block * 70 + bytes.len()].copy_from_slice(&bytes);
    }
    let mut desk = Desk::claimed();
    desk.card(&card(&vector("P01").record));
    desk.serve(&[(Request::ReadNewAddress, answer(0x90, &blocks))]);
    let Some(Event::IdRead(record)) = desk.events.pop() else { panic!("no card") };
    assert_eq!(record.address.unwrap().reveal(), "新路2号");
}

#[test]
fn a_reader_that_does_not_know_appended_addresses_still_reads_cards() {
    let mut desk = Desk::claimed();
    desk.card(&card(&vector("P01").record));
    // No answer at all.
    assert_eq!(desk.request(), Some(Request::ReadNewAddress));
    desk.wait();
    assert_eq!(desk.outcomes(), ["found", "read"]);
    // A foreigner's card has none: it is not asked for.
    desk.serve(&[(Request::Find, no_card()), (Request::Find, no_card())]);
    desk.card(&card(&vector("foreigner 2023").record));
    assert_eq!(desk.outcomes(), ["found", "read"]);
}

#[test]
fn what_the_module_says_decides_who_is_asked_for_help() {
    for (status, outcome, fault) in [
        (0x41, "pulled", FaultCode::IdReaderCardPulled),
        (0x81, "pulled", FaultCode::IdReaderCardPulled),
        (0x80, "pulled", FaultCode::IdReaderCardPulled),
        (0x31, "unreadable", FaultCode::IdReaderReadFailed),
        (0x32, "unreadable", FaultCode::IdReaderReadFailed),
        (0x33, "unreadable", FaultCode::IdReaderReadFailed),
        (0xC7, "unreadable", FaultCode::IdReaderReadFailed),
        (0x40, "other", FaultCode::IdReaderCardUnsupported),
        (0x91, "other", FaultCode::IdReaderCardUnsupported),
    ] {
        let mut desk = Desk::claimed();
        desk.card(&answer(status, &[]));
        assert_eq!(desk.outcomes(), ["found", outcome], "{status:02X}");
        assert_eq!(desk.driver.health(), Health::of(fault), "{status:02X}");
        desk.serve(&[(Request::Find, no_card())]);
        desk.good_card();
        assert_eq!(desk.driver.health(), Health::READY, "{status:02X}");
    }
}

#[test]
fn a_record_that_contradicts_itself_is_not_delivered() {
    let mut record = vector("P01").record;
    record[36] = b'2';
    let mut desk = Desk::claimed();
    desk.card(&card(&record));
    assert_eq!(desk.outcomes(), ["found", "implausible"]);
}

#[test]
fn three_failures_in_a_row_call_the_attendant_and_the_next_session_starts_afresh() {
    let mut desk = Desk::claimed();
    for fault in [
        FaultCode::IdReaderCardPulled,
        FaultCode::IdReaderCardPulled,
        FaultCode::IdReaderReadFailedAgain,
    ] {
        desk.card(&answer(0x41, &[]));
        assert_eq!(desk.driver.health(), Health::of(fault));
        desk.serve(&[(Request::Find, no_card())]);
    }
    desk.tell(Input::Command(Command::Release));
    assert_eq!(desk.driver.health(), Health::READY);
}

#[test]
fn a_card_that_failed_and_was_not_lifted_is_tried_again_after_a_while() {
    let mut desk = Desk::claimed();
    desk.card(&answer(0x41, &[]));
    let failed_at = desk.now;
    let mut finds = 0;
    while desk.request() == Some(Request::Find) {
        finds += 1;
        desk.answer(&found());
    }
    assert_eq!(desk.outcomes(), ["found", "pulled", "found"]);
    assert!(finds > 1);
    assert!(desk.now >= failed_at + Duration::from_millis(1500));
}

#[test]
fn one_damaged_answer_is_asked_for_again_and_three_call_the_technician() {
    let mut damaged = card(&vector("P01").record);
    damaged[800] ^= 0x10;
    let mut desk = Desk::claimed();
    desk.card(&damaged);
    desk.good_card();
    // The applicant is told once, and notices nothing of the second attempt.
    assert_eq!(desk.outcomes(), ["found", "read"]);

    desk.serve(&[(Request::Find, no_card()), (Request::Find, no_card())]);
    desk.card(&damaged);
    desk.card(&damaged);
    desk.card(&damaged);
    assert_eq!(desk.outcomes(), ["found", "unreadable"]);
    assert_eq!(desk.driver.health(), Health::of(FaultCode::IdReaderLineNoise));
}

#[test]
fn a_frame_that_stops_in_the_middle_is_given_up_after_100_ms() {
    let mut frame = card(&vector("P01").record);
    frame.truncate(700);
    let mut desk = Desk::claimed();
    desk.card(&frame);
    let stopped_at = desk.now;
    desk.wait();
    assert_eq!(desk.now, stopped_at + Duration::from_millis(100));
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read"]);
}

#[test]
fn an_answer_to_another_request_is_not_believed() {
    let mut desk = Desk::claimed();
    // A card read long ago, delivered late, where the answer to a search was due.
    desk.serve(&[(Request::Find, card(&vector("P01").record))]);
    assert!(desk.events.is_empty());
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read"]);
}

#[test]
fn three_unanswered_requests_reopen_the_line_and_after_that_the_sam_is_reset_once_a_minute() {
    let mut desk = Desk::opened();
    while desk.reopened == 0 {
        desk.wait();
    }
    let asked = desk.asked.drain(..).count();
    assert_eq!(asked, 3);
    assert_eq!(desk.driver.health(), Health::Starting);
    let mut resets = vec![];
    for opening in 2..=40 {
        desk.tell(Input::Closed);
        desk.now += Duration::from_millis(100);
        desk.tell(Input::Opened);
        while desk.reopened < opening {
            desk.wait();
        }
        let reset = Request::Reset.frame();
        resets.extend(desk.asked.drain(..).filter(|(_, frame)| *frame == reset).map(|(at, _)| at));
        assert_eq!(desk.driver.health(), Health::of(FaultCode::IdReaderNotResponding));
    }
    assert!(resets.len() > 1);
    for pair in resets.windows(2) {
        assert!(pair[1] >= pair[0] + Duration::from_mins(1), "{pair:?}");
    }
    // It answers again.
    desk.tell(Input::Closed);
    desk.tell(Input::Opened);
    while desk.request() != Some(Request::Status) {
        desk.answer(&answer(0x90, &[]));
    }
    desk.answer(&answer(0x90, &[]));
    assert_eq!(desk.driver.health(), Health::READY);
}

#[test]
fn a_failed_sam_is_reset_once_and_then_needs_a_technician_until_it_is_well() {
    let mut desk = Desk::claimed();
    desk.serve(&[(Request::Find, answer(0x60, &[])), (Request::Reset, answer(0x90, &[]))]);
    desk.serve(&[(Request::Status, answer(0x60, &[]))]);
    assert_eq!(desk.driver.health(), Health::of(FaultCode::IdReaderModuleFailed));
    // No card is looked for with a SAM that has failed, but it is asked how it is.
    desk.serve(&[(Request::Status, answer(0x66, &[])), (Request::Status, answer(0x90, &[]))]);
    assert_eq!(desk.driver.health(), Health::READY);
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read"]);
}

#[test]
fn a_cable_pulled_while_a_card_is_read_fails_the_reading() {
    let mut desk = Desk::claimed();
    desk.serve(&[(Request::Find, found())]);
    desk.tell(Input::Closed);
    assert_eq!(desk.outcomes(), ["found", "unreadable"]);
    assert_eq!(desk.driver.deadline(), None);
    desk.asked.clear();
    desk.tell(Input::Opened);
    desk.serve(&[(Request::Status, answer(0x90, &[]))]);
    desk.good_card();
    assert_eq!(desk.outcomes(), ["found", "read"]);
}
