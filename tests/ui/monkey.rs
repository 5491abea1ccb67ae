//! A monkey at the kiosk: touches, drumming, several fingers at once, keys, cards and codes at random.
//! Nothing panics, no screen is stuck, and when it has gone nothing of the last applicant is left.
//!
//! `KIOSK_MONKEY_EVENTS` sets how many events; `KIOSK_MONKEY_SEED` repeats a run.

use std::time::Duration;

use iced::keyboard::Key;
use iced::keyboard::key::Named;
use iced::{Event as Input, Point, touch};
use permit_kiosk::domain::Language;
use permit_kiosk::fault::{Fault, FaultCode};
use permit_kiosk::session::Stage;
use permit_kiosk::session::effect::{Effect, Query};
use permit_kiosk::session::event::{
    CodeWorth, DistrictRecord, Equipment, Event, IdentityProblem, LicenceProblem, LookUpAnswer,
    NotIssued, Paper, PaperState, Register, Relation, Standing, Verified,
};

use super::stand::{Kind, Stand, applicant, business, holdings, shown_permit, unanswered};

/// Events of an ordinary test run: some seconds.
const EVENTS: usize = 700;

/// What must not be left on the screen or in the application when nobody is here.
const SECRETS: [&str; 7] = [
    "370303198506129975",
    "秦一舟",
    "云帆",
    "91370303MAXX01026W",
    "JY13703039900024",
    "19850612",
    "370303********9975",
];

/// The next number of a simple generator: the same seed, the same monkey.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn point(&mut self, stand: &Stand) -> Point {
        let room = stand.app.room();
        let part = |dice: &mut Self| f32::from(u16::try_from(dice.roll(1000)).unwrap()) / 1000.0;
        Point::new(room.width * part(self), room.height * part(self))
    }
}

#[expect(clippy::disallowed_methods, reason = "switches of the test, not settings")]
fn switch<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_monkey_breaks_nothing_and_leaves_nobody_behind() {
    let events = switch("KIOSK_MONKEY_EVENTS", EVENTS);
    let seed = switch("KIOSK_MONKEY_SEED", 0x5EED_2026);
    println!("KIOSK_MONKEY_EVENTS={events} KIOSK_MONKEY_SEED={seed}");
    let mut dice = Dice(seed);
    let mut stand = Stand::new();
    let mut stages = std::collections::BTreeSet::new();
    for event in 0..events {
        act(&mut stand, &mut dice);
        answer(&mut stand, &mut dice);
        stages.insert(stand.stage().as_str());
        if event % 250 == 249 {
            walk_away(&mut stand, seed);
        }
    }
    walk_away(&mut stand, seed);
    println!("the monkey saw {stages:?}");
    assert!(stages.len() >= 6, "a monkey that sees so little tests little: {stages:?}");
}

/// One thing a monkey does.
fn act(stand: &mut Stand, dice: &mut Dice) {
    match dice.roll(100) {
        // Somewhere.
        0..30 => {
            let place = dice.point(stand);
            stand.tap(&[place]);
        }
        // On something that can be touched.
        30..58 => {
            let places: Vec<Point> = stand
                .everything()
                .into_iter()
                .filter(|found| matches!(&found.kind, Kind::Box(Some(_))))
                .filter_map(|found| Some(found.visible?.center()))
                .collect();
            if !places.is_empty() {
                let place = places[dice.roll(places.len())];
                stand.tap(&[place]);
            }
        }
        // On the button that goes on: a monkey that never does sees little.
        58..78 => {
            if let Some(place) = stand.place("primary") {
                stand.tap(&[place.center()]);
            }
        }
        // Drumming: eight quick taps in one batch.
        78..82 => {
            let places: Vec<Point> = (0..8).map(|_| dice.point(stand)).collect();
            stand.tap(&places);
        }
        // Five fingers at once, lifted in another order, one of them never.
        82..86 => hands(stand, dice),
        86..90 => {
            let keys =
                [Named::Tab, Named::Enter, Named::Escape, Named::ArrowDown, Named::Backspace];
            let keys: Vec<Key> = (0..4).map(|_| Key::Named(keys[dice.roll(keys.len())])).collect();
            stand.press_keys(&keys);
        }
        90..92 => {
            let points: Vec<Point> = (0..12).map(|_| dice.point(stand)).collect();
            stand.draw(&points);
        }
        92..94 => stand.wait(u64::try_from(dice.roll(40)).unwrap()),
        94 => stand.happen(Event::LanguageChosen(Language::En)),
        95 => {
            let (width, height) =
                [(1080.0, 1920.0), (1920.0, 1080.0), (1280.0, 800.0)][dice.roll(3)];
            stand.resize(width, height);
        }
        96 => {
            let works = |dice: &mut Dice| dice.roll(3) > 0;
            stand.happen(Event::EquipmentChanged(Equipment {
                id_reader: works(dice),
                scanner: true,
                receipt_printer: works(dice),
                page_printer: works(dice),
                connected: works(dice),
                journal: true,
            }));
        }
        97 => stand.happen(Event::EquipmentChanged(Equipment::ALL)),
        _ => {
            stand.happen(Event::CardFound);
            stand.happen(if dice.roll(4) == 0 {
                Event::IdentityFailed(IdentityProblem::CardPulled)
            } else {
                Event::Identified(Box::new(applicant()))
            });
            stand.happen(Event::Scanned("a code".to_owned()));
        }
    }
}

fn hands(stand: &mut Stand, dice: &mut Dice) {
    let places: Vec<Point> = (0..5).map(|_| dice.point(stand)).collect();
    let mut events: Vec<Input> = places
        .iter()
        .zip(0..)
        .map(|(place, finger)| {
            let id = touch::Finger(finger);
            Input::Touch(touch::Event::FingerPressed { id, position: *place })
        })
        .collect();
    for finger in [3, 0, 4, 1] {
        let id = touch::Finger(finger);
        let position = places[usize::try_from(finger).unwrap()];
        events.push(Input::Touch(if dice.roll(3) == 0 {
            touch::Event::FingerLost { id, position }
        } else {
            touch::Event::FingerLifted { id, position }
        }));
    }
    for message in stand.messages_of(events) {
        stand.send(message);
    }
}

/// The world answers what the visit wanted, one way or another.
fn answer(stand: &mut Stand, dice: &mut Dice) {
    // One answer leads to the next: what could not be issued is recorded, what is recorded is printed.
    let mut effects = std::collections::VecDeque::from(stand.effects());
    while let Some(effect) = effects.pop_front() {
        match effect {
            Effect::LookUp { query: Query::ElectronicId { .. }, .. } => {
                stand.happen(Event::LookedUp(if dice.roll(3) == 0 {
                    LookUpAnswer::NoPerson(IdentityProblem::CodeExpired)
                } else {
                    LookUpAnswer::Person(Box::new(applicant()))
                }));
            }
            Effect::LookUp { query: Query::ElectronicLicence { .. }, .. } => {
                stand.happen(Event::LookedUp(if dice.roll(3) == 0 {
                    LookUpAnswer::NoLicence(LicenceProblem::Expired)
                } else {
                    LookUpAnswer::Licence {
                        uscc: business().uscc,
                        holder: Box::new(Relation::LegalRepresentative),
                    }
                }));
            }
            Effect::LookUp { query: Query::Business { register, .. }, .. } => {
                stand.happen(if dice.roll(6) == 0 {
                    unanswered(register)
                } else {
                    Event::LookedUp(match register {
                        Register::Business => LookUpAnswer::Business(
                            Some(Box::new(business())),
                            Relation::LegalRepresentative,
                        ),
                        Register::FoodAndDrug => LookUpAnswer::FoodAndDrug(Box::new(holdings())),
                        Register::MicroService => {
                            LookUpAnswer::MicroService(DistrictRecord::default())
                        }
                    })
                });
            }
            Effect::Verify { scan, .. } => {
                let standing =
                    [Standing::Asked, Standing::Valid, Standing::Unreachable][dice.roll(3)];
                let (code, permit) = (CodeWorth::Genuine, Some(shown_permit()));
                stand.happen(Event::Verified(Box::new(Verified { scan, code, standing, permit })));
            }
            Effect::Record(_) => stand.happen(Event::Recorded),
            Effect::Issue(case) => {
                if dice.roll(4) == 0 {
                    stand.happen(Event::NotIssued(NotIssued::NumbersExhausted));
                } else {
                    stand.issue_case(*case);
                }
            }
            Effect::Print(paper) => {
                let state = match dice.roll(4) {
                    0 => PaperState::Held(Fault::of(FaultCode::PagePaperOut)),
                    1 => PaperState::Unknown,
                    2 => PaperState::NotAvailable,
                    _ => PaperState::Printed,
                };
                stand.paper(paper, state);
            }
            Effect::Reprint(_) => {
                stand.happen(if dice.roll(2) == 0 { Event::NoCopy } else { Event::CopyQueued });
            }
            Effect::PrintData(_) => stand.paper(Paper::Data, PaperState::Printed),
            Effect::RecordDataReceipt { .. }
            | Effect::ReadId
            | Effect::ReleaseReader
            | Effect::ArmScanner
            | Effect::DisarmScanner
            | Effect::RecordRating { .. }
            | Effect::RecordVisit(_)
            | Effect::CallHelp(_)
            | Effect::Wipe => {}
        }
        effects.extend(stand.effects());
    }
}

/// The monkey goes away: whatever the screen shows, it comes back to the welcome by itself, and nothing
/// of anybody is left.
#[track_caller]
fn walk_away(stand: &mut Stand, seed: u64) {
    stand.happen(Event::EquipmentChanged(Equipment::ALL));
    // The longest way: total of a visit in large print with the staff called, rating, farewell.
    for _ in 0..5 * 16 {
        stand.wait(60);
        if *stand.stage() == Stage::Maintenance {
            continue;
        }
        for effect in stand.effects() {
            if let Effect::Record(_) = effect {
                stand.happen(Event::Recorded);
            } else if let Effect::Print(paper) = effect {
                stand.paper(paper, PaperState::Printed);
            }
        }
        if *stand.stage() == Stage::Welcome {
            break;
        }
    }
    assert_eq!(*stand.stage(), Stage::Welcome, "seed {seed}: stuck");
    stand.rest(Duration::from_mins(2));
    let shown = stand.texts().join(" ");
    let kept = format!("{:?} {:?}", stand.app, stand.session());
    for secret in SECRETS {
        assert!(!shown.contains(secret), "seed {seed}: the screen still shows {secret}");
        assert!(!kept.contains(secret), "seed {seed}: {secret} is kept");
    }
    assert_eq!(stand.session().language(), Language::Zh);
    assert!(!stand.session().large_print() && !stand.session().help_called());
}
