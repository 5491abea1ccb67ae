//! The receipt printer's head is too hot: it says so, waits, and goes on by itself where it stopped.

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_receipt_waits_for_the_head_to_cool_and_comes_out_once() {
    let mut lobby = Lobby::new();
    lobby.hand("receipt_printer hot");
    lobby.until_fault("receipt.head-hot", true);
    let application = lobby.issue();
    lobby.until_printed(Paper::Original);
    lobby.until_printed(Paper::Copy);
    assert_eq!(lobby.step(application, Document::Receipt), PrintStep::Queued);
    assert_eq!(lobby.hand("receipt_printer slips"), "0");
    lobby.hand("receipt_printer cool");
    lobby.until_printed(Paper::Receipt);
    lobby.until_fault("receipt.head-hot", false);
    assert_eq!(lobby.hand("receipt_printer slips"), "1");
    lobby.end();
}

#[test]
fn a_head_that_grows_hot_in_mid_slip_ends_known() {
    let mut lobby = Lobby::new();
    let application = lobby.issue();
    lobby.until_paper(Paper::Receipt, |state| *state == PaperState::Printing);
    lobby.hand("receipt_printer hot");
    lobby.until_printed(Paper::Copy);
    lobby.hand("receipt_printer cool");
    lobby.until_paper(Paper::Receipt, |state| {
        matches!(state, PaperState::Printed | PaperState::Unknown)
    });
    let step = lobby.step(application, Document::Receipt);
    assert!(matches!(step, PrintStep::Confirmed { .. }), "{step:?}");
    assert_eq!(lobby.hand("receipt_printer slips"), "1");
    lobby.end();
}
