//! The cable comes out while a certificate travels, at many moments: the journal never claims more than
//! what lies in the tray, and a sheet that may be there is a person's question.

use std::time::Duration;

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_cable_pulled_at_any_moment_leaves_no_sheet_unaccounted_for() {
    let mut lobby = Lobby::new();
    for pause_ms in [0, 3, 10, 40, 120] {
        let before = lobby.sheets();
        let application = lobby.issue();
        lobby.until_paper(Paper::Original, |state| *state == PaperState::Printing);
        // The moment: nothing is waited for, the time just passes.
        drop(lobby.take(Duration::from_millis(pause_ms)));
        lobby.hand("page_printer unplug");
        lobby.hand("page_printer replug");
        lobby.until_paper(Paper::Original, |state| {
            matches!(state, PaperState::Printed | PaperState::Unknown)
        });
        let came_out = lobby.sheets() - before;
        match lobby.step(application, Document::Original) {
            PrintStep::Confirmed { .. } => assert!(came_out >= 1, "confirmed, and not there"),
            PrintStep::Unknown => assert!(came_out <= 1, "{came_out} sheets of one job"),
            step @ (PrintStep::Queued
            | PrintStep::Sent
            | PrintStep::Voided
            | PrintStep::NotPrinted) => panic!("after {pause_ms} ms: {step:?}"),
        }
        lobby.until("the printer", |lobby| lobby.equipment.page_printer);
        lobby.perform(permit_kiosk::session::effect::Effect::Wipe);
    }
    lobby.end();
}
