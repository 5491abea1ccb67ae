//! Visit after visit at full speed, each with a card, a code and its papers, with faults by chance and power
//! cuts: no permit is lost, nothing is printed twice unasked, every device comes back.
//!
//! The short form runs with the other tests; `make soak` runs a thousand visits
//! (`KIOSK_SOAK_VISITS`, `KIOSK_SOAK_SEED`).

use std::collections::BTreeMap;
use std::time::Duration;

use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Event, Paper, PaperState};
use permit_kiosk::wire::v1::{Body, Document, PrintStep};

use super::Lobby;

/// Each fault and how somebody ends it.
const FAULTS: [(&str, &str); 10] = [
    ("page_printer paper 1", "page_printer paper ok"),
    ("page_printer jam", "page_printer clear jam"),
    ("page_printer cover open", "page_printer cover close"),
    ("page_printer unplug", "page_printer replug"),
    ("receipt_printer paper out", "receipt_printer paper ok"),
    ("receipt_printer cover open", "receipt_printer cover close"),
    ("receipt_printer jam cutter", "receipt_printer clear cutter"),
    ("receipt_printer unplug", "receipt_printer replug"),
    ("id_reader unplug", "id_reader replug"),
    ("scanner fault silence", "scanner fault none"),
];

/// What may happen to a card while it is read.
const CARD_FAULTS: [&str; 4] = ["noise", "badsum", "truncate 700", "none"];

/// The power is cut in one of so many visits.
const VISITS_BETWEEN_POWER_CUTS: u64 = 20;

/// A line lost five times in ten minutes is tried every half minute only, which is another test's
/// (`device/actor.rs`): nobody pulls a plug more often than this.
const VISITS_BETWEEN_UNPLUGS: u64 = 100;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// `SplitMix64`: the same faults for the same seed.
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Memory this process has in use, in kilobytes.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Between a card that is taken away and the next one. A reader asks for a card every 400 ms and believes that
/// one is gone when it was not there twice: no two people are as quick as that, but this test is.
const BETWEEN_CARDS: Duration = Duration::from_secs(1);

/// A card is laid down, read at last whatever chance does to it, and taken away; a code is shown; and
/// sometimes somebody opens the cabinet.
fn identify(lobby: &mut Lobby, chance: u64, taken_at: &mut Duration) {
    std::thread::sleep((*taken_at + BETWEEN_CARDS).saturating_sub(SystemClock.monotonic()));
    let [fault, door, ..] = chance.to_le_bytes().map(usize::from);
    let fault = CARD_FAULTS.get(fault % 20).unwrap_or(&"none");
    lobby.perform(Effect::ReadId);
    lobby.hand("id_reader read-ms 5");
    lobby.hand(&format!("id_reader fault {fault}"));
    lobby.hand("id_reader place P01");
    let is_end = |event: &Event| matches!(event, Event::Identified(_) | Event::IdentityFailed(_));
    while !matches!(lobby.event("the card's end", is_end), Event::Identified(_)) {
        lobby.hand("id_reader fault none");
        lobby.hand("id_reader remove");
        lobby.hand("id_reader place P01");
    }
    lobby.hand("id_reader fault none");
    lobby.hand("id_reader remove");
    *taken_at = SystemClock.monotonic();
    lobby.perform(Effect::ReleaseReader);
    lobby.perform(Effect::ArmScanner);
    lobby.hand("wait scanner looking");
    lobby.hand("scanner show 91370303MAXX01026W");
    lobby.event("the code", |event| matches!(event, Event::Scanned(_)));
    lobby.perform(Effect::DisarmScanner);
    if door % 16 == 0 {
        lobby.hand("panel door open");
        lobby.until_fault("panel.door-open", true);
        lobby.hand("panel door close");
    }
}

#[test]
fn visit_after_visit_with_faults_by_chance() {
    let visits = number("KIOSK_SOAK_VISITS", 6);
    let seed = number("KIOSK_SOAK_SEED", 2026);
    let mut state = seed;
    let mut lobby = Lobby::new();
    let mut resident = Vec::new();
    // Not the first visits: they fill what stays.
    let sampled_every = (visits / 20).max(2);
    let mut unplugged = BTreeMap::new();
    let mut taken_at = SystemClock.monotonic();
    for visit in 1..=visits {
        let faults = [chance(&mut state) % 14, chance(&mut state) % 28];
        let faults: Vec<(&str, &str)> = faults
            .iter()
            .filter_map(|fault| FAULTS.get(usize::try_from(*fault).unwrap()).copied())
            .filter(|(begins, _)| {
                if !begins.ends_with("unplug") {
                    return true;
                }
                let last = unplugged.get(begins).copied();
                let again = last.is_none_or(|last| visit - last >= VISITS_BETWEEN_UNPLUGS);
                if again {
                    unplugged.insert(*begins, visit);
                }
                again
            })
            .collect();
        identify(&mut lobby, chance(&mut state), &mut taken_at);
        let application = lobby.issue();
        for (begins, _) in &faults {
            lobby.hand(begins);
        }
        // What a visit waits for is a person with the paper, then the end of it.
        drop(lobby.take(Duration::from_millis(chance(&mut state) % 50)));
        // The short form has one, too.
        let is_cut = chance(&mut state).is_multiple_of(VISITS_BETWEEN_POWER_CUTS) || visit == 4;
        if is_cut {
            lobby.restart();
        }
        for (_, ends) in &faults {
            lobby.hand(ends);
        }
        // A jam that has not come yet may come with the next sheet.
        lobby.hand("page_printer clear jam");
        if is_cut {
            // Its applicant is gone; what is owed comes out for staff.
            for document in [Document::Original, Document::Copy] {
                lobby.until_step(application, document, |step| {
                    matches!(step, PrintStep::Confirmed { .. } | PrintStep::Unknown)
                });
            }
        } else {
            for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
                lobby.until_paper(paper, |state| {
                    matches!(state, PaperState::Printed | PaperState::Unknown)
                });
            }
        }
        lobby.perform(Effect::Wipe);
        lobby.until(&format!("all devices after visit {visit} of seed {seed}"), |lobby| {
            let kit = lobby.equipment;
            kit.id_reader && kit.scanner && kit.receipt_printer && kit.page_printer
        });
        assert!(lobby.kiosk.journal.find_issued(application).unwrap().is_some());
        if visit % sampled_every == 0 {
            resident.push(resident_kb());
        }
    }
    // Nothing is left over that tells of a visit.
    while let Some(event) = lobby.take(Duration::from_millis(200)) {
        assert!(!matches!(event, Event::Identified(_) | Event::Scanned(_)), "{event:?}");
    }
    if let [.., last] = resident[..] {
        // The allocator has found its size after a quarter of a long run; in half a dozen visits it has not.
        let early = resident[resident.len() / 4];
        let more = if visits < 100 { early } else { early / 4 };
        assert!(last < early + more, "memory grows: {resident:?} kB");
    }
    let sheets = lobby.sheets();
    let bodies = lobby.end();
    let issued = bodies.iter().filter(|body| matches!(body, Body::Issued(_))).count();
    assert_eq!(u64::try_from(issued).unwrap(), visits);
    let count = |is_step: fn(&PrintStep) -> bool| {
        bodies
            .iter()
            .filter(|body| {
                matches!(body, Body::Printed(printed)
                    if matches!(printed.document, Document::Original | Document::Copy)
                        && is_step(&printed.step))
            })
            .count()
    };
    let confirmed = count(|step| matches!(step, PrintStep::Confirmed { .. }));
    let unknown = count(|step| *step == PrintStep::Unknown);
    assert!(
        (confirmed..=confirmed + unknown).contains(&sheets),
        "{sheets} sheets in the tray, {confirmed} confirmed, {unknown} unknown"
    );
}
