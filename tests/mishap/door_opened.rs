//! Somebody opens the cabinet, somebody turns the key: both are told, and neither touches a visit.

use permit_kiosk::session::effect::Effect;
use permit_kiosk::session::event::Event;

use super::Lobby;

#[test]
fn an_open_door_is_a_fault_and_the_key_asks_for_the_console() {
    let mut lobby = Lobby::new();
    lobby.hand("panel door open");
    lobby.until_fault("panel.door-open", true);
    assert!(lobby.equipment.can_serve());
    lobby.hand("panel door close");
    lobby.until_fault("panel.door-open", false);
    lobby.hand("panel key turn");
    lobby.event("the key", |event| matches!(event, Event::MaintenanceAsked));
    lobby.hand("panel key back");
    // A hand is wanted at the reader.
    lobby.perform(Effect::ReadId);
    lobby.hand("wait panel lamps 00000001");
    lobby.perform(Effect::ReleaseReader);
    lobby.hand("wait panel lamps 00000000");
    lobby.hand("panel unplug");
    lobby.until_fault("panel.offline", true);
    assert!(lobby.equipment.can_serve(), "nothing of a visit needs the panel");
    lobby.end();
}
