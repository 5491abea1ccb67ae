//! The commands of permit-kiosk: a table of contents.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};

/// Self-service terminal that decides and prints food and hygiene permits on the spot.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the kiosk: the screen, the devices, the journal, the line to central.
    Run(command::run::Args),
    /// Show the whole product on this machine: central, simulated devices, kiosk.
    Demo(command::demo::Args),
    /// Run the central system.
    Central(command::central::Args),
    /// Simulate the five devices on ptys.
    Simulate(command::simulate::Args),
    /// Open the bench: place cards, show codes, take paper out, pull cables.
    Bench(command::bench::Args),
    /// Find, set, check, watch and trace the devices.
    Device(command::device::Args),
    /// Tell whether the kiosk is ready: devices, keys, rulebook, journal, disk, clock.
    Doctor(command::doctor::Args),
    /// Make the keys of a kiosk and its central system, and enrol the kiosk.
    Provision(command::provision::Args),
    /// Close the life of a kiosk whose disk is lost: its numbers are frozen, never leased again.
    CloseKiosk(command::close_kiosk::Args),
    /// Take this kiosk out of service: what is left of its numbers is given back.
    ReturnNumbers(command::return_numbers::Args),
    /// Take the next number of a series out of use, with a reason.
    VoidNumber(command::void_number::Args),
    /// Revoke a permit: every kiosk learns it, and prints, changes and renews it no more.
    Revoke(command::revoke::Args),
    /// Enter, list and remove who may sign in at the kiosk's console.
    Technician(command::technician::Args),
    /// Report every problem of every configuration file at once.
    CheckConfig(command::check_config::Args),
    /// Decide over a facts document and print the decision as JSON.
    Decide(command::decide::Args),
    /// Check, test or compare rulebooks, and preview what a new one would change.
    Rules(command::rules::Args),
    /// Verify the signed code of a certificate without any network.
    Verify(command::verify::Args),
    /// List, verify and back up the journal of a kiosk.
    Journal(command::journal::Args),
    /// Make bundles of evidence for auditors, verify them offline, look into them.
    Audit(command::audit::Args),
}

fn main() -> ExitCode {
    // Journal, permit book, keys and pictures are the business of their owner alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = Cli::parse();
    // A picture of our memory may show who stands at the screen: none is written, whoever starts us.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        let error = anyhow::Error::new(error).context("cannot forbid pictures of the memory");
        return command::finish(Err(error));
    }
    command::finish(match cli.command {
        Command::Run(args) => command::run::run(args),
        Command::Demo(args) => command::demo::run(args),
        Command::Central(args) => command::central::run(args),
        Command::Simulate(args) => command::simulate::run(args),
        Command::Bench(args) => command::bench::run(args),
        Command::Device(args) => command::device::run(args),
        Command::Doctor(args) => command::doctor::run(args),
        Command::Provision(args) => command::provision::run(args),
        Command::CloseKiosk(args) => command::close_kiosk::run(args),
        Command::ReturnNumbers(args) => command::return_numbers::run(args),
        Command::VoidNumber(args) => command::void_number::run(args),
        Command::Revoke(args) => command::revoke::run(args),
        Command::Technician(args) => command::technician::run(args),
        Command::CheckConfig(args) => Ok(command::check_config::run(args)),
        Command::Decide(args) => command::decide::run(args),
        Command::Rules(args) => command::rules::run(args),
        Command::Verify(args) => command::verify::run(args),
        Command::Journal(args) => command::journal::run(args),
        Command::Audit(args) => command::audit::run(args),
    })
}
