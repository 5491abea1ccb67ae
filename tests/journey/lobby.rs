//! The whole product with its real window, and somebody who touches it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::window::BINARY;

/// A part of the product may take so long to come up on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// The whole product with its window on a display.
pub(super) struct Lobby {
    demo: Child,
    stage: PathBuf,
    display: String,
    probe: BufReader<UnixStream>,
    devices: BufReader<UnixStream>,
}

impl Lobby {
    pub(super) fn open(folder: &Path, display: &str, session: &str) -> Self {
        let stage = folder.join("demo");
        let config = super::window::any_port(folder);
        if !session.is_empty() {
            let file = config.join("kiosk.toml");
            let text = std::fs::read_to_string(&file).unwrap();
            let (before, after) = text.split_once("[session]").unwrap();
            let (_, rest) = after.split_once("total_min").unwrap();
            let text = format!("{before}[session]\n{session}\ntotal_min{rest}");
            std::fs::write(&file, text).unwrap();
        }
        let said = folder.join("demo.log");
        let mut demo = Command::new(BINARY)
            .args(["demo", "--fullscreen", "--without-bench", "--line-rate", "max", "--dir"])
            .arg(&stage)
            .arg("--config")
            .arg(&config)
            .env("DISPLAY", display)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::null())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let mut connect = |socket: &str| connect(&stage.join(socket), &mut demo, &said);
        let (probe, devices) = (connect("probe"), connect("devices/control"));
        let mut lobby = Self { demo, stage, display: display.to_owned(), probe, devices };
        // Until central has sent one, everything is referred.
        lobby.until("the published edition", |lobby| lobby.ask("edition").starts_with("zhangdian"));
        lobby
    }

    /// Up to the keyboard of the credit code.
    pub(super) fn come_to_the_keyboard(&mut self) {
        self.come_to_the_keyboard_of("P02");
    }

    /// The same with somebody else's card.
    pub(super) fn come_to_the_keyboard_of(&mut self, card: &str) {
        self.come_to_the_reader();
        self.lay_card_of(card);
        self.touch("type-uscc");
        self.until("the keyboard", |lobby| lobby.ask("find key:1") != "none");
    }

    /// Up to where a card is wanted, from a welcome screen on which everything works.
    pub(super) fn come_to_the_reader(&mut self) {
        self.until("the devices work", |lobby| {
            let texts = lobby.ask("texts");
            lobby.ask("stage") == "welcome" && !texts.contains("现在有这些不能用")
        });
        for touched in ["primary", "group:food", "entry:convenience-shop"] {
            self.touch(touched);
        }
        self.until("it is told", |lobby| lobby.ask("stage") == "telling");
        while self.ask("stage") == "telling" {
            self.turn();
        }
        self.until("a card is wanted", |lobby| lobby.ask("stage") == "identifying");
    }

    /// 秦一舟 lays his card down, and it is read.
    pub(super) fn lay_card(&mut self) {
        self.lay_card_of("P02");
    }

    /// Somebody's card is laid down, and read.
    pub(super) fn lay_card_of(&mut self, card: &str) {
        self.hand(&format!("id_reader place {card}"));
        self.until("the card is read", |lobby| lobby.ask("stage") == "proving_business");
    }

    /// Touches the button that goes on, and waits for another page.
    pub(super) fn turn(&mut self) {
        let before = self.ask("texts");
        self.touch("primary");
        self.until("another page", |lobby| lobby.ask("texts") != before);
    }

    /// Hands at the devices.
    #[track_caller]
    pub(super) fn hand(&mut self, command: &str) -> String {
        let told = request(&mut self.devices, command);
        assert!(told.starts_with("ok"), "{command}: {told}");
        told
    }

    /// Waits for words on the screen.
    #[track_caller]
    pub(super) fn until_shown(&mut self, words: &str) {
        self.until(words, |lobby| lobby.ask("texts").contains(words));
    }

    /// Ends the visit by the two touches everybody has, and waits for the welcome screen.
    pub(super) fn leave(&mut self) {
        self.touch("end");
        self.touch("end-confirm");
        self.until("the end", |lobby| ["ended", "welcome"].contains(&&*lobby.ask("stage")));
        if self.ask("stage") == "ended" {
            self.touch("primary");
        }
        self.until("the welcome", |lobby| lobby.ask("stage") == "welcome");
    }

    /// Where the parts of the kiosk keep their files.
    pub(super) fn folder(&self) -> &Path {
        &self.stage
    }

    /// Where the window is.
    pub(super) fn display(&self) -> &str {
        &self.display
    }

    pub(super) fn touch(&mut self, wanted: &str) {
        self.until(wanted, |lobby| lobby.ask(&format!("find {wanted}")) != "none");
        let place = self.middle(wanted);
        mouse(&self.display, &[place]);
    }

    pub(super) fn middle(&mut self, wanted: &str) -> (f64, f64) {
        let told = self.ask(&format!("find {wanted}"));
        let numbers: Vec<f64> = told.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [x, y, width, height] = numbers[..] else { panic!("{wanted}: {told}") };
        (x + width / 2.0, y + height / 2.0)
    }

    pub(super) fn ask(&mut self, question: &str) -> String {
        request(&mut self.probe, question)
    }

    #[track_caller]
    pub(super) fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < PATIENCE, "{what} did not come: {}", self.ask("texts"));
        }
    }

    /// What stands in the boxes of the code.
    pub(super) fn until_typed(&mut self, wanted: &str) {
        let mut typed = String::new();
        self.until(&format!("`{wanted}`"), |lobby| {
            let told = lobby.ask("texts uscc");
            typed = serde_json::from_str::<Vec<String>>(&told).unwrap().concat();
            typed == wanted
        });
    }

    /// Stops a process of the product, `run` or `central`, until it goes on.
    pub(super) fn stall(&mut self, part: &str) {
        self.signal(part, rustix::process::Signal::STOP);
    }

    pub(super) fn go_on(&mut self, part: &str) {
        self.signal(part, rustix::process::Signal::CONT);
    }

    fn signal(&self, part: &str, signal: rustix::process::Signal) {
        let part = format!("\0{part}\0");
        let is_it = |id: &u32| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            line.contains(&part) && line.contains(self.stage.to_str().unwrap())
        };
        let id = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .find(is_it)
            .expect("it runs");
        let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Lobby {
    fn drop(&mut self) {
        // The demonstration ends with its kiosk, and ends everything it has started.
        self.go_on("run");
        self.signal("run", rustix::process::Signal::KILL);
        self.demo.wait().unwrap();
    }
}

/// Connects once the demonstration is there; `said` is the file with what it said if it does not come up.
fn connect(socket: &Path, demo: &mut Child, said: &Path) -> BufReader<UnixStream> {
    let began = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return BufReader::new(stream),
            Err(error) => {
                let waits = began.elapsed() < PATIENCE && demo.try_wait().unwrap().is_none();
                let said = || std::fs::read_to_string(said).unwrap();
                assert!(waits, "{}: {error}\n{}", socket.display(), said());
            }
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

/// Clicks, one after the other, as fast as the X server takes them.
pub(super) fn mouse(display: &str, places: &[(f64, f64)]) {
    let mut xdotool = Command::new("xdotool");
    xdotool.env("DISPLAY", display);
    for (x, y) in places {
        xdotool.args(["mousemove", &format!("{x:.0}"), &format!("{y:.0}"), "click", "1"]);
    }
    assert!(xdotool.status().unwrap().success());
}

/// Starts an X server on a display it chooses; `None` where it does not come up.
pub(super) fn displayed(mut server: Command) -> Option<(Child, String)> {
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
