//! The ID reader's cable comes out while a card is read: the applicant is told, and can go on.

use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Event, IdentityProblem};

use super::Lobby;

#[test]
fn a_reader_pulled_out_mid_card_is_told_and_reads_on_when_it_is_back() {
    let mut lobby = Lobby::new();
    lobby.perform(Effect::ReadId);
    lobby.hand("id_reader read-ms 50");
    lobby.hand("id_reader fault unplug-mid-frame 600");
    lobby.hand("id_reader place P01");
    let is_failed = |event: &Event| matches!(event, Event::IdentityFailed(_));
    let event = lobby.event("the failure", is_failed);
    assert!(matches!(event, Event::IdentityFailed(IdentityProblem::Unreadable)), "{event:?}");
    lobby.until("the loss", |lobby| !lobby.equipment.id_reader);
    lobby.until_fault("id-reader.offline", true);
    assert!(lobby.equipment.can_serve(), "the scanner is still there");
    lobby.hand("id_reader replug");
    lobby.until("the reader", |lobby| lobby.equipment.id_reader);
    lobby.hand("id_reader place P01");
    lobby.event("the card", |event| matches!(event, Event::Identified(_)));
    lobby.until_fault("id-reader.offline", false);
    lobby.end();
}
