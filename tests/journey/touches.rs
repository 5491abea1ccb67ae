//! Touches on a kiosk whose thread is stalled: eighteen quick taps arrive as eighteen different keys, by
//! the mouse and by real touches of a touch screen (XI2), through a real X server.
//!
//! Xorg with its `dummy` screen and its `inputtest` driver plays the touch screen: what it is told over a
//! socket reaches the window as a driver's own touches would. Where no such server can run, for it wants
//! a console of its own, the test says so and looks at the mouse alone, under Xvfb.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A part of the product may take so long to come up on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// Eighteen different keys of the credit code's keyboard.
const KEYS: &str = "1234567890QWERTYUP";

const BINARY: &str = env!("CARGO_BIN_EXE_permit-kiosk");

#[test]
fn eighteen_taps_on_a_stalled_kiosk_are_eighteen_keys_by_mouse_and_by_touch() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let mut lobby = Lobby::open(folder.path(), &server.display);
    lobby.come_to_the_keyboard();
    let places: Vec<(f64, f64)> =
        KEYS.chars().map(|key| lobby.middle(&format!("key:{key}"))).collect();

    lobby.stall();
    mouse(&server.display, &places);
    lobby.go_on();
    lobby.until_typed(KEYS);

    let clear = lobby.middle("key:clear");
    mouse(&server.display, &[clear]);
    lobby.until_typed("");
    let Some(screen) = &mut server.touch_screen else {
        println!("SKIPPED: no Xorg with the inputtest driver can run here; touches were not tried");
        return;
    };
    lobby.stall();
    for (finger, place) in (0..).zip(&places) {
        screen.tap(finger, *place);
    }
    screen.sync();
    lobby.go_on();
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

/// Clicks, one after the other, as fast as the X server takes them.
fn mouse(display: &str, places: &[(f64, f64)]) {
    let mut xdotool = Command::new("xdotool");
    xdotool.env("DISPLAY", display);
    for (x, y) in places {
        xdotool.args(["mousemove", &format!("{x:.0}"), &format!("{y:.0}"), "click", "1"]);
    }
    assert!(xdotool.status().unwrap().success());
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

/// Starts an X server on a display it chooses; `None` where it does not come up.
fn displayed(mut server: Command) -> Option<(Child, String)> {
    let mut process = server
        .args(["-displayfd", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if let Ok(number) = line.trim().parse::<u32>() {
        return Some((process, format!(":{number}")));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    None
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

/// The whole product with its window on a display.
struct Lobby {
    demo: Child,
    stage: PathBuf,
    display: String,
    probe: BufReader<UnixStream>,
    devices: BufReader<UnixStream>,
}

impl Lobby {
    fn open(folder: &Path, display: &str) -> Self {
        let stage = folder.join("demo");
        let config = super::window::any_port(folder);
        let demo = Command::new(BINARY)
            .args(["demo", "--fullscreen", "--without-bench", "--line-rate", "max", "--dir"])
            .arg(&stage)
            .arg("--config")
            .arg(&config)
            .env("DISPLAY", display)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let probe = connect(&stage.join("probe"));
        let devices = connect(&stage.join("devices/control"));
        Self { demo, stage, display: display.to_owned(), probe, devices }
    }

    /// Up to the keyboard of the credit code.
    fn come_to_the_keyboard(&mut self) {
        self.until("the devices work", |lobby| {
            let texts = lobby.ask("texts");
            lobby.ask("stage") == "welcome" && !texts.contains("现在有这些不能用")
        });
        for touched in ["primary", "group:food", "entry:convenience-shop"] {
            self.touch(touched);
        }
        self.until("it is told", |lobby| lobby.ask("stage") == "telling");
        while self.ask("stage") == "telling" {
            let before = self.ask("texts");
            self.touch("primary");
            self.until("another page", |lobby| lobby.ask("texts") != before);
        }
        self.until("a card is wanted", |lobby| lobby.ask("stage") == "identifying");
        let laid = request(&mut self.devices, "id_reader place P02");
        assert!(laid.starts_with("ok"), "{laid}");
        self.until("the card is read", |lobby| lobby.ask("stage") == "proving_business");
        self.touch("type-uscc");
        self.until("the keyboard", |lobby| lobby.ask("find key:1") != "none");
    }

    fn touch(&mut self, wanted: &str) {
        self.until(wanted, |lobby| lobby.ask(&format!("find {wanted}")) != "none");
        let place = self.middle(wanted);
        mouse(&self.display, &[place]);
    }

    fn middle(&mut self, wanted: &str) -> (f64, f64) {
        let told = self.ask(&format!("find {wanted}"));
        let numbers: Vec<f64> = told.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [x, y, width, height] = numbers[..] else { panic!("{wanted}: {told}") };
        (x + width / 2.0, y + height / 2.0)
    }

    fn ask(&mut self, question: &str) -> String {
        request(&mut self.probe, question)
    }

    #[track_caller]
    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < PATIENCE, "{what} did not come: {}", self.ask("texts"));
        }
    }

    /// What stands in the boxes of the code.
    fn until_typed(&mut self, wanted: &str) {
        let mut typed = String::new();
        self.until(&format!("`{wanted}`"), |lobby| {
            let told = lobby.ask("texts uscc");
            typed = serde_json::from_str::<Vec<String>>(&told).unwrap().concat();
            typed == wanted
        });
    }

    fn stall(&mut self) {
        self.signal(rustix::process::Signal::STOP);
    }

    fn go_on(&mut self) {
        self.signal(rustix::process::Signal::CONT);
    }

    /// Stops or continues the kiosk's own process.
    fn signal(&self, signal: rustix::process::Signal) {
        let data = self.stage.join("data");
        let is_kiosk = |id: &u32| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            line.contains("\0run\0") && line.contains(data.to_str().unwrap())
        };
        let id = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .find(is_kiosk)
            .expect("the kiosk runs");
        let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Lobby {
    fn drop(&mut self) {
        // The demonstration ends with its kiosk, and ends everything it has started.
        self.go_on();
        self.signal(rustix::process::Signal::KILL);
        self.demo.wait().unwrap();
    }
}

fn connect(socket: &Path) -> BufReader<UnixStream> {
    let began = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return BufReader::new(stream),
            Err(error) => assert!(began.elapsed() < PATIENCE, "{}: {error}", socket.display()),
        }
        std::thread::yield_now();
    }
}

fn request(line: &mut BufReader<UnixStream>, question: &str) -> String {
    line.get_mut().write_all(format!("{question}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_line(&mut answer).unwrap();
    answer.trim_end().to_owned()
}
