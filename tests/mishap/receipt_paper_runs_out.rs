//! The roll ends in the middle of a receipt and is refilled when its applicant has left: what comes out
//! then is nobody's data.

use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Paper, PaperState};

use super::Lobby;

#[test]
fn after_a_refill_the_next_applicant_gets_their_own_receipt_and_no_other() {
    let mut lobby = Lobby::new();
    lobby.hand("receipt_printer paper after 100");
    lobby.issue();
    lobby.until_printed(Paper::Copy);
    lobby.until_fault("receipt.paper-out", true);
    // The applicant leaves.
    lobby.perform(Effect::Wipe);
    let slips: usize = lobby.hand("receipt_printer slips").parse().unwrap();
    lobby.hand("receipt_printer paper ok");
    lobby.until("the printer", |lobby| lobby.equipment.receipt_printer);
    lobby.issue();
    lobby.until_paper(Paper::Receipt, |state| *state == PaperState::Printed);
    // The end of the old roll, the piece that is cut off before the next slip, and that slip: the rest of
    // the first receipt is never printed, or there would be a fourth.
    let more = lobby.hand("receipt_printer slips").parse::<usize>().unwrap() - slips;
    assert!((1..=3).contains(&more), "{more} slips came out");
    lobby.end();
}
