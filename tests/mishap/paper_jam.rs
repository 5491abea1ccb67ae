//! The original jams: whatever the printer makes of it, no second sheet of that serial comes out unasked.

use std::collections::BTreeSet;

use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;

#[test]
fn a_jammed_original_ends_known_and_is_never_printed_twice_unasked() {
    let mut lobby = Lobby::new();
    lobby.hand("page_printer jam");
    let application = lobby.issue();
    // The job is cancelled at once, so that the printer forgets the sheet; the paper stays in its path.
    lobby.until_fault("page.jam", true);
    lobby.until_paper(Paper::Original, |state| {
        matches!(state, PaperState::Unknown | PaperState::Held(_))
    });
    assert!(!lobby.equipment.page_printer);
    // The cancel button moves no paper.
    lobby.hand("page_printer panel cancel");
    assert_eq!(lobby.sheets(), 0);
    // The attendant pulls the sheet out and closes the cover.
    lobby.hand("page_printer clear jam");
    lobby.until_paper(Paper::Original, |state| {
        matches!(state, PaperState::Printed | PaperState::Unknown)
    });
    lobby.until_fault("page.jam", false);
    lobby.until_printed(Paper::Receipt);
    lobby.until_printed(Paper::Copy);
    let printed = [Document::Original, Document::Copy]
        .into_iter()
        .filter(|document| {
            matches!(lobby.step(application, *document), PrintStep::Confirmed { .. })
        })
        .count();
    assert!(printed <= lobby.sheets(), "confirmed {printed}, in the tray {}", lobby.sheets());
    assert!(lobby.sheets() <= 2, "{} sheets for two jobs", lobby.sheets());
    // The original was sent twice: what the printer says late of the one must not be taken for the other.
    let names = lobby.hand("page_printer names");
    let different: BTreeSet<&str> = names.split(' ').collect();
    assert_eq!((names.split(' ').count(), different.len()), (3, 3), "{names}");
    lobby.end();
}
