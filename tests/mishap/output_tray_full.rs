//! Nobody takes the sheets away: with its output tray full the printer stops, and goes on once it is emptied.

use permit_kiosk::session::event::Paper;
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn certificates_wait_until_somebody_empties_the_tray() {
    let mut lobby = Lobby::new();
    lobby.hand("page_printer tray full");
    lobby.until_fault("page.output-full", true);
    assert!(!lobby.equipment.page_printer);
    let application = lobby.issue();
    lobby.until_printed(Paper::Receipt);
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Queued);
    assert_eq!(lobby.sheets(), 0);
    lobby.hand("page_printer tray empty");
    lobby.until_printed(Paper::Original);
    lobby.until_printed(Paper::Copy);
    lobby.until_fault("page.output-full", false);
    assert_eq!(lobby.sheets(), 2);
    lobby.end();
}
