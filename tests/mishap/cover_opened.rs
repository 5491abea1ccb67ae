//! Somebody opens the cover while a certificate prints: it is told, and printing ends known.

use permit_kiosk::session::event::Paper;
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn an_open_cover_is_told_and_no_sheet_comes_out_twice() {
    let mut lobby = Lobby::new();
    lobby.hand("page_printer cover open");
    lobby.until_fault("page.cover-open", true);
    assert!(!lobby.equipment.page_printer, "the screen knows before anybody begins");
    let application = lobby.issue();
    lobby.until_printed(Paper::Receipt);
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Queued);
    lobby.hand("page_printer cover close");
    lobby.until_printed(Paper::Original);
    lobby.until_printed(Paper::Copy);
    assert_eq!(lobby.sheets(), 2);
    lobby.end();
}
