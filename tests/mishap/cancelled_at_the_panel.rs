//! Somebody presses the printer's own cancel button: a certificate that was thrown away comes out once more,
//! one that is in the tray is not printed again.

use std::time::Duration;

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_certificate_cancelled_at_the_printer_ends_known_at_every_moment() {
    let mut lobby = Lobby::new();
    for pause_ms in [0, 30] {
        let before = lobby.sheets();
        let application = lobby.issue();
        lobby.until_paper(Paper::Original, |state| *state == PaperState::Printing);
        // The moment: nothing is waited for, the time just passes.
        drop(lobby.take(Duration::from_millis(pause_ms)));
        lobby.hand("page_printer panel cancel");
        for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
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
        assert!(came_out <= 2, "after {pause_ms} ms {came_out} sheets for two papers");
        lobby.until("the printer", |lobby| lobby.equipment.page_printer);
    }
    lobby.end();
}
