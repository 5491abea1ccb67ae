//! What systemd is told, and whether the units fit to it.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use permit_kiosk::systemd::Notify;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn told(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let count = socket.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..count].to_vec()).unwrap()
}

#[test]
fn systemd_hears_on_a_path_and_on_an_abstract_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let by_path = UnixDatagram::bind(&path).unwrap();
    let name = format!("permit-kiosk-test-{}", std::process::id());
    let by_name =
        UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name.as_bytes()).unwrap()).unwrap();
    for (socket, address) in
        [(by_path, path.to_str().unwrap().to_owned()), (by_name, format!("@{name}"))]
    {
        let notify = Notify::to(&address).unwrap();
        notify.ready();
        assert!(told(&socket).starts_with("READY=1\n"));
        notify.alive();
        assert_eq!(told(&socket), "WATCHDOG=1\n");
    }
}

#[test]
fn nobody_waits_for_a_systemd_that_does_not_listen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let notify = Notify::to(path.to_str().unwrap()).unwrap();
    // A queue that is full, then no socket at all.
    for _ in 0..10_000 {
        notify.alive();
    }
    drop(socket);
    notify.alive();
}

#[test]
fn the_unit_waits_for_three_signs_of_life_and_starts_again() {
    let unit = std::fs::read_to_string(format!("{ROOT}/assets/systemd/permit-kiosk.service"));
    let unit = unit.unwrap();
    for line in [
        "Type=notify",
        "WatchdogSec=30",
        "Restart=always",
        "StartLimitIntervalSec=0",
        "LimitCORE=0",
        "Requires=permit-kiosk-display.service",
    ] {
        assert!(unit.lines().any(|one| one == line), "{line}");
    }
    let x = std::fs::read_to_string(format!("{ROOT}/assets/xorg/10-permit-kiosk.conf")).unwrap();
    for option in ["DontVTSwitch", "DontZap"] {
        assert!(x.contains(&format!("\"{option}\" \"true\"")), "{option}");
    }
}
