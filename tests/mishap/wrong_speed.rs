//! A device was replaced by one set to another speed: the technician is told which, the rest goes on.

use super::Lobby;

#[test]
fn a_device_at_another_speed_is_told_by_name_and_the_rest_goes_on() {
    let mut lobby = Lobby::new();
    lobby.hand("receipt_printer baud 9600");
    // The fault shows when the printer is asked again: at the latest after its heartbeat.
    lobby.hand("receipt_printer unplug");
    lobby.hand("receipt_printer replug");
    lobby.until_fault("receipt.not-responding", true);
    assert!(!lobby.equipment.receipt_printer && lobby.equipment.page_printer);
    lobby.hand("receipt_printer baud 115200");
    lobby.until_fault("receipt.not-responding", false);
    lobby.until("the printer", |lobby| lobby.equipment.receipt_printer);
    lobby.end();
}
