//! The receipt printer's knife sticks: certificates come out all the same, the slip ends known.

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_stuck_knife_holds_up_the_receipt_and_nothing_else() {
    let mut lobby = Lobby::new();
    lobby.hand("receipt_printer jam cutter");
    let application = lobby.issue();
    lobby.until_printed(Paper::Original);
    lobby.until_printed(Paper::Copy);
    lobby.until_fault("receipt.cutter", true);
    lobby.hand("receipt_printer clear cutter");
    lobby.until_fault("receipt.cutter", false);
    lobby.until_paper(Paper::Receipt, |state| {
        matches!(state, PaperState::Printed | PaperState::Unknown)
    });
    let step = lobby.step(application, Document::Receipt);
    assert!(matches!(step, PrintStep::Confirmed { .. } | PrintStep::Unknown), "{step:?}");
    lobby.end();
}
