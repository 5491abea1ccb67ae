//! Somebody pulls the page printer's own power while a certificate is printed, and switches it on again: its
//! memory is gone, a sheet stands in its path, and the journal claims no more than what lies in the tray.

use std::time::Duration;

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_printer_that_forgets_a_certificate_leaves_no_sheet_unaccounted_for() {
    let mut lobby = Lobby::new();
    for pause_ms in [0, 15] {
        let before = lobby.sheets();
        let application = lobby.issue();
        lobby.until_paper(Paper::Original, |state| *state == PaperState::Printing);
        // The moment: nothing is waited for, the time just passes.
        drop(lobby.take(Duration::from_millis(pause_ms)));
        lobby.hand("page_printer power off");
        lobby.hand("page_printer clear jam");
        lobby.hand("page_printer power on");
        for paper in [Paper::Original, Paper::Copy] {
            lobby.until_paper(paper, |state| {
                matches!(state, PaperState::Printed | PaperState::Unknown)
            });
        }
        let came_out = lobby.sheets() - before;
        let steps = [Document::Original, Document::Copy].map(|is| lobby.step(application, is));
        let confirmed =
            steps.iter().filter(|step| matches!(step, PrintStep::Confirmed { .. })).count();
        let unknown = steps.iter().filter(|step| **step == PrintStep::Unknown).count();
        assert!(
            (confirmed..=confirmed + unknown).contains(&came_out),
            "after {pause_ms} ms {steps:?} with {came_out} sheets in the tray"
        );
        lobby.until("the printer", |lobby| lobby.equipment.page_printer);
    }
    lobby.end();
}
