//! The kiosk goes down between "sent" and "confirmed": at the next start the sheet is a person's
//! question, and what was certainly not sent is printed.

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn what_was_sent_is_asked_about_and_what_was_not_is_printed() {
    let mut lobby = Lobby::new();
    let application = lobby.issue();
    lobby.until_paper(Paper::Original, |state| *state == PaperState::Printing);
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Sent);
    // The process is gone; its printer is not.
    lobby.terminal = None;
    let (_, events) = tokio::sync::mpsc::channel(1);
    lobby.events = events;
    lobby.start();
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Unknown);
    lobby.until_fault("page.unconfirmed", true);
    let until = |lobby: &mut Lobby| {
        let step = lobby.step(application, Document::Copy);
        matches!(step, PrintStep::Confirmed { .. } | PrintStep::Unknown)
    };
    while !until(&mut lobby) {
        drop(lobby.take(std::time::Duration::from_millis(20)));
    }
    assert!(lobby.sheets() <= 2, "{} sheets for two jobs", lobby.sheets());
    lobby.end();
}
