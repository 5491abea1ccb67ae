//! The tray holds one sheet: the original comes out, the copy waits for a refill and comes out once.

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_copy_waits_for_the_refill_and_comes_out_once() {
    let mut lobby = Lobby::new();
    lobby.hand("page_printer paper 1");
    let application = lobby.issue();
    lobby.until_printed(Paper::Original);
    lobby.until_paper(Paper::Copy, |state| matches!(state, PaperState::Held(_)));
    lobby.until_fault("page.paper-out", true);
    lobby.hand("page_printer paper ok");
    lobby.until_printed(Paper::Copy);
    lobby.until_fault("page.paper-out", false);
    assert!(matches!(lobby.step(application, Document::Copy), PrintStep::Confirmed { .. }));
    assert_eq!(lobby.sheets(), 2);
    lobby.end();
}
