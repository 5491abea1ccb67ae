//! Every button of the bench is a command the simulators know.

use std::sync::Arc;

use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::device::simulation::{LineRate, People, Simulation};
use permit_kiosk::ui::bench::{Cast, commands};

const PEOPLE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config/demo/demo.json"));

#[test]
fn every_button_is_a_command_the_simulators_know() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("devices");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let people = People::parse(PEOPLE).unwrap();
    let simulation = Simulation::start(&dir, people, LineRate::Max, &clock).unwrap();
    let refused: Vec<String> = commands()
        .filter_map(|command| Some(format!("{command}: {}", simulation.command(command).err()?)))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn the_people_of_the_demonstration_can_be_played() {
    assert!(Cast::parse(PEOPLE).is_ok());
    assert!(Cast::parse(r#"{"persons": [], "businesses": []}"#).is_err(), "nobody to play");
}
