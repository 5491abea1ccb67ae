//! The simulation as a whole: its folder, its control socket, its people, its scenarios.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use permit_kiosk::device::id_reader::IdRecord;
use permit_kiosk::device::simulation::{
    Control, Error, LineRate, People, Scenario, ScenarioError, Simulation,
};

use super::{Bench, clock, people};

#[test]
fn the_cards_of_the_people_are_the_records_of_the_vectors() {
    // P04 lives elsewhere in the vectors, and is left out.
    let people = people();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/id_reader/records.json");
    let vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (person, name) in [
        ("P01", "resident P01"),
        ("M01", "HMT M01"),
        ("X01", "foreigner 2023 X01"),
        ("X01-2017", "foreigner 2017 X01"),
    ] {
        let vector = vectors["records"].as_array().unwrap().iter().find(|v| v["name"] == name);
        let expected = vector.unwrap()["record_hex"].as_str().unwrap().to_owned();
        assert_eq!(hex::encode(people.card(person).unwrap()), expected, "{person}");
    }
}

#[test]
fn the_card_of_every_person_is_believed() {
    let people = people();
    assert_eq!(people.keys().len(), 20);
    for key in people.keys() {
        let record = IdRecord::decode(&people.card(key).unwrap(), &[0; 1024]);
        assert!(record.is_ok(), "{key}: {record:?}");
    }
}

#[test]
fn a_name_too_long_for_a_card_is_refused_when_the_people_are_read() {
    let name = "长".repeat(16);
    let error = People::parse(&format!(
        r#"{{"persons": [{{"key": "P01", "name": "{name}", "sex": "F", "nation": "01",
        "id": "370303199003169988", "valid_from": "20170801", "valid_to": "长期"}}]}}"#
    ))
    .unwrap_err();
    assert_eq!(error.to_string(), "name of P01 does not fit into its 30 bytes");
}

#[test]
fn two_hands_command_the_devices_over_the_socket() {
    let bench = Bench::new(LineRate::Max);
    let mut one = Control::connect(bench.dir.path()).unwrap();
    let mut other = Control::connect(bench.dir.path()).unwrap();
    assert_eq!(one.command("id_reader place P01").unwrap(), "P01 lies on the reader");
    assert_eq!(other.command("wait id_reader disconnected").unwrap(), "disconnected");
    assert_eq!(other.command("id_reader reads").unwrap(), "0");
    let error = one.command("id_reader place P99").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().starts_with("nobody is called P99"), "{error}");
    for wrong in ["coffee_machine on", "id_reader dance", "wait id_reader sunset", "scanner baud x"]
    {
        assert!(one.command(wrong).is_err(), "{wrong}");
    }
    assert!(one.command("two\nlines").is_err());
}

#[test]
fn a_folder_others_can_write_to_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o770)).unwrap();
    let error = Simulation::start(dir.path(), People::nobody(), LineRate::Max, &clock()).err();
    assert!(matches!(error, Some(Error::NotPrivate { .. })), "{error:?}");
}

#[test]
fn a_folder_has_one_simulation_and_its_end_leaves_nothing_behind() {
    let bench = Bench::new(LineRate::Max);
    let dir = bench.dir.path();
    let second = Simulation::start(dir, People::nobody(), LineRate::Max, &clock()).err();
    assert!(matches!(second, Some(Error::InUse { .. })), "{second:?}");
    let Bench { simulation, dir } = bench;
    drop(simulation);
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_a_killed_simulation_left_behind_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/pts/999999", dir.path().join("id_reader")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(dir.path().join("control")).unwrap());
    let simulation = Simulation::start(dir.path(), people(), LineRate::Max, &clock()).unwrap();
    let mut control = Control::connect(dir.path()).unwrap();
    assert_eq!(control.command("id_reader remove").unwrap(), "no card");
    assert!(simulation.line("id_reader").exists());
}

#[test]
fn the_settings_name_every_device_and_are_toml() {
    let bench = Bench::new(LineRate::Max);
    let settings: toml::Table = toml::from_str(&bench.simulation.snippet()).unwrap();
    for device in ["id_reader", "scanner", "receipt_printer", "page_printer", "panel"] {
        let port = settings[device]["port"].as_str().unwrap();
        assert!(std::path::Path::new(port).is_absolute(), "{port}");
        assert!(std::fs::symlink_metadata(port).unwrap().is_symlink(), "{port}");
    }
}

#[test]
fn a_scenario_plays_its_steps_in_their_order() {
    let scenario = Scenario::parse(
        r#"
        [[step]]
        at = "50ms"
        do = "scanner show SECOND"
        [[step]]
        at = "0s"
        do = "id_reader place P01"
        "#,
    )
    .unwrap();
    assert_eq!(
        scenario.schedule(),
        [
            (Duration::ZERO, "id_reader place P01".to_owned()),
            (Duration::from_millis(50), "scanner show SECOND".to_owned()),
        ]
    );
    let mut bench = Bench::new(LineRate::Max);
    bench.simulation.play(scenario).unwrap();
    // The scanner has decoded what the last step showed.
    bench.hand("wait scanner scanned");
    assert_eq!(bench.hand("id_reader reads"), "0");
}

#[test]
fn faults_by_chance_are_the_same_for_the_same_seed() {
    let scenario = |seed: u64| {
        Scenario::parse(&format!(
            "[random]\nseed = {seed}\nevery = '10s'\nuntil = '1h'\n\
             do = ['id_reader fault badsum', 'scanner unplug', 'scanner replug']"
        ))
        .unwrap()
        .schedule()
    };
    assert_eq!(scenario(7), scenario(7));
    assert_ne!(scenario(7), scenario(8));
    let count = scenario(7).len();
    assert!((270..450).contains(&count), "{count} in an hour, one in ten seconds was meant");
}

#[test]
fn a_scenario_with_a_time_that_cannot_be_is_refused() {
    for (text, is_time) in [
        ("[[step]]\nat = '-1s'\ndo = 'x'", true),
        ("[random]\nseed = 1\nevery = '0s'\nuntil = '1h'\ndo = ['x']", true),
        ("[[step]]\nat = '1s'\ndont = 'x'", false),
    ] {
        let error = Scenario::parse(text).unwrap_err();
        assert_eq!(matches!(error, ScenarioError::Time { .. }), is_time, "{error:?}");
    }
}
