//! A certificate that is held up after its visit has ordered everything: the receipt, with which it is
//! collected, says so.

use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Event, Paper, PaperState};

use super::Lobby;

/// How long the slip is that came out last, in dots.
fn slip_height(lobby: &Lobby) -> u32 {
    let path = lobby.folder.path().join("slip.png");
    lobby.hand(&format!("dump receipt_printer {}", path.display()));
    image::open(&path).unwrap().height()
}

#[test]
fn a_receipt_comes_behind_its_certificates_and_says_when_they_follow() {
    let mut lobby = Lobby::new();
    lobby.issue();
    // In order: nothing of the receipt before the last certificate lies in the tray.
    lobby.event("the receipt", |event| {
        matches!(event, Event::PaperChanged { paper: Paper::Receipt, state: PaperState::Printing })
    });
    assert_eq!(lobby.sheets(), 2);
    lobby.until_printed(Paper::Receipt);
    let plain = slip_height(&lobby);
    lobby.perform(Effect::Wipe);

    // Between the original and the copy the tray is empty.
    lobby.hand("page_printer paper 1");
    lobby.issue();
    lobby.until_paper(Paper::Copy, |state| matches!(state, PaperState::Held(_)));
    lobby.until_printed(Paper::Receipt);
    assert_eq!(lobby.papers[&Paper::Original], PaperState::Printed);
    let follows = slip_height(&lobby);
    assert!(follows > plain + 100, "{follows} dots with, {plain} without the words about the rest");
    lobby.perform(Effect::Wipe);
    lobby.end();
}
