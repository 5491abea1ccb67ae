//! `permit-kiosk simulate`: all devices in software, on ptys, handled from the keyboard, over a
//! socket or by a scenario.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::device::simulation::{LineRate, People, Scenario, Simulation};

/// Simulate the ID reader, the scanner and both printers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to publish the devices; made if it is not there, and must be private.
    #[arg(long)]
    dir: PathBuf,
    /// Whose cards can be laid on the reader.
    #[arg(long, default_value = "kiosk-config/demo/demo.json")]
    people: PathBuf,
    /// What happens by itself, and when.
    #[arg(long)]
    scenario: Option<PathBuf>,
    /// How fast bytes travel.
    #[arg(long, value_enum, default_value_t = Rate::Real)]
    line_rate: Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rate {
    /// Ten bits a byte at the speed of each device.
    Real,
    /// As fast as the machine can.
    Max,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let people = People::parse(&read(&args.people)?)?;
    let scenario = match &args.scenario {
        Some(path) => Some(Scenario::parse(&read(path)?)?),
        None => None,
    };
    let rate = match args.line_rate {
        Rate::Real => LineRate::Real,
        Rate::Max => LineRate::Max,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut simulation = Simulation::start(&args.dir, people, rate, &clock)?;
    let mut out = std::io::stdout();
    writeln!(out, "# kiosk-config/devices.toml\n{}", simulation.snippet())?;
    writeln!(out, "# commands: here, or on {}/control; quit ends", args.dir.display())?;
    out.flush()?;
    if let Some(scenario) = scenario {
        simulation.play(scenario)?;
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim() == "quit" {
            return Ok(ExitCode::SUCCESS);
        }
        match simulation.command(&line) {
            Ok(answer) => writeln!(out, "{answer}")?,
            Err(answer) => writeln!(out, "error: {answer}")?,
        }
    }
    stay()
}

/// Nobody is at the keyboard: the socket and the scenario go on until the process is ended.
fn stay() -> ! {
    loop {
        std::thread::park();
    }
}
