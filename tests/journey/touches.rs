//! Touches on a kiosk whose thread is stalled: eighteen quick taps arrive as eighteen different keys, by
//! the mouse and by real touches of a touch screen (XI2), through a real X server.
//!
//! Xorg with its `dummy` screen and its `inputtest` driver plays the touch screen: what it is told over a
//! socket reaches the window as a driver's own touches would. Where no such server can run, for it wants
//! a console of its own, the test says so and looks at the mouse alone, under Xvfb.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command};

use super::lobby::{Lobby, displayed, mouse};

/// Eighteen different keys of the credit code's keyboard.
const KEYS: &str = "1234567890QWERTYUP";

#[test]
fn eighteen_taps_on_a_stalled_kiosk_are_eighteen_keys_by_mouse_and_by_touch() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let mut lobby = Lobby::open(folder.path(), &server.display, "");
    lobby.come_to_the_keyboard();
    let places: Vec<(f64, f64)> =
        KEYS.chars().map(|key| lobby.middle(&format!("key:{key}"))).collect();

    lobby.stall("run");
    mouse(&server.display, &places);
    lobby.go_on("run");
    lobby.until_typed(KEYS);

    let clear = lobby.middle("key:clear");
    mouse(&server.display, &[clear]);
    lobby.until_typed("");
    let Some(screen) = &mut server.touch_screen else {
        crate::skipped::here(
            "no Xorg with the inputtest driver can run here; touches were not tried",
        );
        return;
    };
    lobby.stall("run");
    for (finger, place) in (0..).zip(&places) {
        screen.tap(finger, *place);
    }
    screen.sync();
    lobby.go_on("run");
    lobby.until_typed(KEYS);

    // All ten fingers down before one of them is lifted.
    let clear = lobby.middle("key:clear");
    screen.tap(40, clear);
    lobby.until_typed("");
    for (finger, place) in (50..).zip(places.iter().take(4)) {
        screen.down(finger, *place);
    }
    for (finger, place) in (50..).zip(places.iter().take(4)) {
        screen.up(finger, *place);
    }
    lobby.until_typed("1234");
}

/// An X server, and its touch screen where it has one. Both end with it.
struct Server {
    process: Child,
    display: String,
    touch_screen: Option<TouchScreen>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        match Self::xorg(folder) {
            Some(server) => server,
            None => Self::xvfb(folder),
        }
    }

    fn xorg(folder: &Path) -> Option<Self> {
        let socket = folder.join("touch");
        let config = folder.join("xorg.conf");
        let text = XORG_CONF.replace("SOCKET", socket.to_str().unwrap());
        std::fs::write(&config, text).unwrap();
        let log = folder.join("xorg.log");
        let mut xorg = Command::new("Xorg");
        xorg.args(["-noreset", "-nolisten", "tcp", "-novtswitch", "-sharevts", "-config"])
            .arg(&config)
            .arg("-logfile")
            .arg(&log);
        let (process, display) = displayed(xorg)?;
        let touch_screen = TouchScreen::of(&socket)?;
        Some(Self { process, display, touch_screen: Some(touch_screen) })
    }

    fn xvfb(_folder: &Path) -> Self {
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-screen", "0", "1080x1920x24", "-nolisten", "tcp"]);
        let (process, display) = displayed(xvfb).expect("Xvfb is installed by `make deps`");
        Self { process, display, touch_screen: None }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

const XORG_CONF: &str = r#"
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "DontVTSwitch" "true"
    Option "BlankTime" "0"
EndSection
Section "Device"
    Identifier "dummy"
    Driver "dummy"
    VideoRam 65536
EndSection
Section "Monitor"
    Identifier "glass"
    HorizSync 5.0-1000.0
    VertRefresh 5.0-200.0
    Modeline "1080x1920" 176.50 1080 1168 1280 1480 1920 1923 1933 1989 -hsync +vsync
EndSection
Section "Screen"
    Identifier "screen"
    Device "dummy"
    Monitor "glass"
    DefaultDepth 24
    SubSection "Display"
        Depth 24
        Modes "1080x1920"
        Virtual 1080 1920
    EndSubSection
EndSection
Section "InputDevice"
    Identifier "touch"
    Driver "inputtest"
    Option "SocketPath" "SOCKET"
    Option "DeviceType" "Touch"
    Option "TouchCount" "20"
EndSection
Section "ServerLayout"
    Identifier "lobby"
    Screen "screen"
    InputDevice "touch"
EndSection
"#;

/// The touch screen, told over its socket (xf86-input-inputtest-protocol.h, version 1.1; native byte
/// order).
struct TouchScreen(UnixStream);

impl TouchScreen {
    /// The driver's axes reach from 0 to this, whatever the screen's size.
    const RANGE: f64 = 65_535.0;
    const BEGIN: u32 = 18; // XI_TouchBegin
    const END: u32 = 20; // XI_TouchEnd

    fn of(socket: &Path) -> Option<Self> {
        let mut stream = UnixStream::connect(socket).ok()?;
        let mut hello = Vec::new();
        hello.extend(12_u32.to_ne_bytes());
        hello.extend(0_u32.to_ne_bytes()); // client version
        hello.extend(1_u16.to_ne_bytes());
        hello.extend(1_u16.to_ne_bytes());
        stream.write_all(&hello).ok()?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).ok()?;
        Some(Self(stream))
    }

    fn tap(&mut self, finger: u32, place: (f64, f64)) {
        self.down(finger, place);
        self.up(finger, place);
    }

    fn down(&mut self, finger: u32, place: (f64, f64)) {
        self.touch(finger, Self::BEGIN, place);
    }

    fn up(&mut self, finger: u32, place: (f64, f64)) {
        self.touch(finger, Self::END, place);
    }

    fn touch(&mut self, finger: u32, kind: u32, (x, y): (f64, f64)) {
        let mut event = Vec::with_capacity(1056);
        event.extend(1056_u32.to_ne_bytes());
        event.extend(6_u32.to_ne_bytes()); // touch
        event.extend(finger.to_ne_bytes());
        event.extend(kind.to_ne_bytes());
        event.extend(0_u32.to_ne_bytes()); // nothing unaccelerated
        event.extend([0b11, 0, 0, 0, 0, 0, 0, 0]); // the first two axes
        event.extend(0_u32.to_ne_bytes()); // doubles begin at a multiple of eight
        event.extend((x / 1080.0 * Self::RANGE).to_ne_bytes());
        event.extend((y / 1920.0 * Self::RANGE).to_ne_bytes());
        event.resize(1056, 0);
        self.0.write_all(&event).unwrap();
    }

    /// Waits until the server has taken everything.
    fn sync(&mut self) {
        let mut wait = Vec::new();
        wait.extend(8_u32.to_ne_bytes());
        wait.extend(1_u32.to_ne_bytes()); // wait for sync
        self.0.write_all(&wait).unwrap();
        let mut answer = [0; 8];
        self.0.read_exact(&mut answer).unwrap();
    }
}
