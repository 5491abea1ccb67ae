//! Somebody leaves without the certificates the kiosk could not print: they come out when staff stands at
//! the kiosk, in nobody else's visit, and are not forgotten.

use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Body, Document, PrintStep};

use super::Lobby;

/// A printer without paper; somebody's permit is issued, and they leave.
fn leaves_without(lobby: &mut Lobby) -> permit_kiosk::domain::ApplicationId {
    lobby.hand("page_printer paper out");
    lobby.until_fault("page.paper-out", true);
    let application = lobby.issue();
    lobby.until_printed(Paper::Receipt);
    lobby.perform(Effect::Wipe);
    application
}

#[test]
fn what_is_owed_comes_out_for_staff_and_in_nobody_elses_visit() {
    let mut lobby = Lobby::new();
    let owed = leaves_without(&mut lobby);
    lobby.restart();
    // Somebody else begins before the paper is refilled.
    lobby.perform(Effect::ReadId);
    lobby.hand("page_printer paper ok");
    lobby.until("the printer", |lobby| lobby.equipment.page_printer);
    let other = lobby.issue();
    for paper in [Paper::Original, Paper::Copy, Paper::Receipt] {
        lobby.until_printed(paper);
    }
    lobby.perform(Effect::Wipe);
    assert_eq!(lobby.sheets(), 2, "theirs alone");
    assert_eq!(lobby.step(owed, Document::Original), PrintStep::Queued);
    assert!(matches!(lobby.step(other, Document::Copy), PrintStep::Confirmed { .. }));
    lobby.restart();
    lobby.until_confirmed(owed, Document::Copy);
    assert_eq!(lobby.sheets(), 4);
    lobby.end();
}

#[test]
fn what_is_owed_and_fails_again_is_still_owed() {
    let mut lobby = Lobby::new();
    let owed = leaves_without(&mut lobby);
    lobby.hand("page_printer paper 1");
    lobby.restart();
    lobby.until_confirmed(owed, Document::Original);
    lobby.until_fault("page.paper-out", true);
    // Refilled while the attendant stands there, or at the next start.
    lobby.restart();
    lobby.hand("page_printer paper ok");
    lobby.until_confirmed(owed, Document::Copy);
    assert_eq!(lobby.sheets(), 2, "each once");
    let sent =
        |body: &Body| matches!(body, Body::Printed(printed) if printed.step == PrintStep::Sent);
    let attempts = lobby.end().iter().filter(|body| sent(body)).count();
    // Three papers, and the two certificates once more for each start and each pause between.
    assert!(attempts <= 12, "{attempts} attempts: a printer without paper is asked without end");
}

#[test]
fn a_printer_that_may_hold_somebodys_sheet_is_out_of_use_after_a_restart_too() {
    let mut lobby = Lobby::new();
    lobby.hand("page_printer cancel unknown");
    lobby.hand("page_printer jam");
    lobby.issue();
    lobby.until_paper(Paper::Original, |state| *state == PaperState::Unknown);
    lobby.perform(Effect::Wipe);
    lobby.restart();
    lobby.hand("page_printer clear jam");
    lobby.until_fault("page.may-hold-document", true);
    assert!(!lobby.equipment.page_printer);
    lobby.end();
}
