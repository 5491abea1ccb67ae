//! `permit-kiosk device`: find, set, check, watch and trace the devices.

mod baud;
mod check;
mod discover;
mod set;
mod trace;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use permit_kiosk::config;
use permit_kiosk::terminal::report::DeviceKind;

/// Finds, sets, checks, watches and traces the ID reader, the scanner and the printers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Lists every serial port, asks what is there and at which speed, and proposes a configuration.
    Discover(discover::Args),
    /// Changes devices.toml: tried first, kept only if every device it touches comes up.
    Set(set::Args),
    /// Has the ID reader itself go on at another speed; end the kiosk first.
    Baud(baud::Args),
    /// Opens every device, asks how it is, and tells it with its port, model and round trip.
    Check(check::Args),
    /// Tells each change of a device's health until it is ended.
    Watch(watch::Args),
    /// Shows the bytes on the line of one device, both ways, with their times.
    Trace(trace::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Discover(args) => discover::run(args),
        What::Set(args) => set::run(args),
        What::Baud(args) => baud::run(args),
        What::Check(args) => check::run(args),
        What::Watch(args) => watch::run(args),
        What::Trace(args) => trace::run(args),
    }
}

/// Which kiosk: its configuration, and where its data are if not as kiosk.toml says.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    pub(crate) config: PathBuf,
    /// The folder of the journal, where not as in kiosk.toml.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// The folder of simulated devices, where not as in devices.toml.
    #[arg(long, value_name = "DIR")]
    pub(crate) devices: Option<PathBuf>,
}

impl Where {
    /// Reads the configuration.
    pub(crate) fn load(&self) -> anyhow::Result<(config::Kiosk, config::Devices)> {
        anyhow::ensure!(
            self.config.is_dir(),
            "there is no folder {}: `--config` names the one with `kiosk.toml` and `devices.toml`",
            self.config.display()
        );
        let (mut kiosk, mut devices) = config::load_kiosk(&self.config)?;
        if let Some(data) = &self.data {
            kiosk.data_folder.clone_from(data);
        }
        if let Some(folder) = &self.devices {
            devices.simulated = Some(folder.clone());
        }
        Ok((kiosk, devices))
    }

    pub(crate) fn config(&self) -> &Path {
        &self.config
    }
}

fn device(word: &str) -> Result<DeviceKind, String> {
    DeviceKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
        let all: Vec<&str> = DeviceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("write one of {}", all.join(", "))
    })
}
