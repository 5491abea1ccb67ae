//! The toner is used up before a certificate: the welcome screen knows, the certificate waits for a cartridge
//! and comes out once.

use permit_kiosk::session::event::Paper;
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn certificates_wait_for_toner_and_come_out_once() {
    let mut lobby = Lobby::new();
    lobby.hand("page_printer toner low");
    lobby.until_fault("page.toner-low", true);
    assert!(lobby.equipment.page_printer, "low toner is a warning");
    lobby.hand("page_printer toner out");
    lobby.until_fault("page.toner-out", true);
    assert!(!lobby.equipment.page_printer);
    let application = lobby.issue();
    lobby.until_printed(Paper::Receipt);
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Queued);
    lobby.hand("page_printer toner ok");
    lobby.until_printed(Paper::Original);
    lobby.until_printed(Paper::Copy);
    lobby.until_fault("page.toner-out", false);
    assert_eq!(lobby.sheets(), 2);
    lobby.end();
}
