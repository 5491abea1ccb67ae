//! All devices in software, as somebody at the kiosk would handle them: `permit-kiosk simulate`,
//! the tests and the scripted applicant lay cards, show codes and pull cables through here.

mod control;
mod host;
mod people;
mod scenario;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

pub use control::Control;
pub use people::{People, PeopleError};
pub use scenario::{Scenario, ScenarioError};

use super::id_reader::{self, SimulatedIdReader};
use super::page_printer::SimulatedPagePrinter;
use super::panel::SimulatedPanel;
pub use super::pty::LineRate;
use super::pty::Simulator;
use super::receipt_printer::{Model, SimulatedReceiptPrinter};
use super::scanner::{self, SimulatedScanner};
use crate::clock::Clock;
use host::{Host, Request};

/// How long a command may take to take effect; a simulator does it at its next step.
const COMMAND_WITHIN: Duration = Duration::from_secs(10);
/// How long a condition is waited for: longer than the slowest sheet on the slowest line used.
const WAIT_WITHIN: Duration = Duration::from_mins(2);

/// Running simulators. Dropping it pulls all the plugs.
pub struct Simulation {
    dir: PathBuf,
    // Dropped in this order: who gives commands before who takes them.
    scenario: Option<scenario::Player>,
    _control: control::Server,
    devices: Arc<Devices>,
}

/// Why the simulation cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder could not be made or looked at.
    #[error("cannot use the folder {dir}")]
    Folder {
        /// Which folder.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others could put lines of their own in the place of the devices.
    #[error("others can write to the folder {dir}: chmod 700 {dir}")]
    NotPrivate {
        /// Which folder.
        dir: PathBuf,
    },
    /// Another simulation runs there.
    #[error("another simulation runs in {dir}")]
    InUse {
        /// Which folder.
        dir: PathBuf,
    },
    /// A device could not be put up.
    #[error("cannot simulate {device}")]
    Device {
        /// Which device.
        device: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The control socket could not be made.
    #[error("cannot listen on {socket}")]
    Control {
        /// Which socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Simulation {
    /// Puts all five devices up in `dir`; when this returns, they can be opened and commanded.
    pub fn start(
        dir: &Path,
        people: People,
        rate: LineRate,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let simulators: Vec<Box<dyn Simulator>> = vec![
            Box::new(SimulatedIdReader::new(Arc::new(people))),
            Box::new(SimulatedScanner::new()),
            Box::new(SimulatedReceiptPrinter::new(Model::EPSON, rate)),
            Box::new(SimulatedPagePrinter::new(rate)),
            Box::new(SimulatedPanel::new()),
        ];
        Self::of(simulators, dir, rate, clock)
    }

    /// Puts these simulators up in `dir`.
    pub fn of(
        simulators: Vec<Box<dyn Simulator>>,
        dir: &Path,
        rate: LineRate,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        make_private(dir)?;
        let dir = &std::path::absolute(dir)
            .map_err(|source| Error::Folder { dir: dir.to_owned(), source })?;
        let listener = control::bind(dir)?;
        let mut hosts = BTreeMap::new();
        for simulator in simulators {
            let device = simulator.name();
            let host = Host::start(simulator, dir, rate, Arc::clone(clock))
                .map_err(|source| Error::Device { device, source })?;
            hosts.insert(device, host);
        }
        let devices = Arc::new(Devices { hosts });
        let control = control::Server::start(listener, dir, Arc::clone(&devices))?;
        Ok(Self { dir: dir.to_owned(), scenario: None, _control: control, devices })
    }

    /// Plays a scenario from now on.
    pub fn play(&mut self, scenario: Scenario) -> io::Result<()> {
        self.scenario = Some(scenario::Player::start(scenario, Arc::clone(&self.devices))?);
        Ok(())
    }

    /// Gives a command, such as `id_reader place P01`; the answer comes once it has taken effect.
    pub fn command(&self, command: &str) -> Result<String, String> {
        self.devices.command(command)
    }

    /// Where a device's line can be opened.
    pub fn line(&self, device: &str) -> PathBuf {
        self.dir.join(device)
    }

    /// The settings of a kiosk that uses these devices.
    pub fn snippet(&self) -> String {
        let mut text = String::new();
        for (device, host) in &self.devices.hosts {
            let port = self.line(device);
            let port = toml::Value::from(port.to_string_lossy().into_owned());
            writeln!(text, "[{device}]\nport = {port}\nbaud = {}", host.baud)
                .expect("a String takes everything");
            text.push_str(match *device {
                id_reader::NAME => "profile = \"sam\"\n\n",
                scanner::NAME => "profile = \"serial\"\ncommands = \"newland\"\n\n",
                "receipt_printer" => {
                    "profile = \"escpos\"\nflow_control = \"hardware\"\npaper_mm = 80\n\n"
                }
                "page_printer" => {
                    "profile = \"pcl-serial\"\nflow_control = \"hardware\"\npaper = \"A3\"\n\
                     sheets_low = 20\n\n"
                }
                "panel" => {
                    "profile = \"modbus\"\naddress = 1\ndoor = 1\nkey = 2\nproximity = 3\n\
                     lamp_id_reader = 1\nlamp_scanner = 2\nlamp_receipt_printer = 3\n\
                     lamp_page_printer = 4\n\n"
                }
                _ => "\n",
            });
        }
        text
    }
}

fn make_private(dir: &Path) -> Result<(), Error> {
    let failed = |source| Error::Folder { dir: dir.to_owned(), source };
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let mode = std::fs::metadata(dir).map_err(failed)?.permissions().mode();
    // Whoever can write there could put a line of their own in the place of a device.
    let others_write = 0o022;
    if mode & others_write == 0 { Ok(()) } else { Err(Error::NotPrivate { dir: dir.to_owned() }) }
}

/// The simulators by their names.
struct Devices {
    hosts: BTreeMap<&'static str, Host>,
}

impl Devices {
    fn command(&self, line: &str) -> Result<String, String> {
        let line = line.trim();
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        // "wait id_reader read" reads better than "id_reader wait read"; both will do.
        let (device, command) = match first {
            "help" | "" => return Ok(self.help()),
            "wait" | "dump" => {
                let (device, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                (device, format!("{first} {rest}"))
            }
            device => (device, rest.to_owned()),
        };
        let host = self
            .hosts
            .get(device)
            .ok_or_else(|| format!("no such device: {device}; {}", self.help()))?;
        let within = if command.starts_with("wait ") { WAIT_WITHIN } else { COMMAND_WITHIN };
        let (answer, answered) = sync_channel(1);
        host.request(Request { command: command.trim().to_owned(), answer })
            .map_err(|error| format!("{device} takes no commands: {error}"))?;
        match answered.recv_timeout(within) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("{line}: not within {} s", within.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(format!("{device} is gone")),
        }
    }

    fn help(&self) -> String {
        let devices: Vec<&str> = self.hosts.keys().copied().collect();
        format!(
            "DEVICE is one of {}; DEVICE unplug|replug|baud N|eat N|help, \
             wait DEVICE connected|disconnected|CONDITION, dump DEVICE FILE",
            devices.join(" ")
        )
    }

    fn stop(&self) {
        for host in self.hosts.values() {
            host.stop();
        }
    }
}
