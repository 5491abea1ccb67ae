//! The scanner hangs: it is reopened, told to the technician, and works again by itself.

use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::Event;

use super::Lobby;

#[test]
fn a_silent_scanner_is_told_and_works_again_by_itself() {
    let mut lobby = Lobby::new();
    lobby.hand("scanner fault silence");
    lobby.perform(Effect::ArmScanner);
    lobby.until("the loss", |lobby| !lobby.equipment.scanner);
    lobby.hand("scanner fault none");
    lobby.until("the scanner", |lobby| lobby.equipment.scanner);
    lobby.hand("scanner show SOMEBODYS-CODE");
    let event = lobby.event("the code", |event| matches!(event, Event::Scanned(_)));
    assert!(matches!(event, Event::Scanned(code) if code == "SOMEBODYS-CODE"));
    lobby.end();
}
