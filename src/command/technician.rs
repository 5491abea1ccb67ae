//! `permit-kiosk technician`: who may sign in at the kiosk's console.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use permit_kiosk::staff::{Door, Pin, Role, Staff};
use rustix::termios::{self, LocalModes, OptionalActions};
use zeroize::Zeroizing;

use super::say;

/// Enters, lists and removes the persons who may sign in at the kiosk's console.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Enters somebody. The PIN is asked on the terminal, or read as the first line of standard input.
    Add {
        /// The sign-in name: small letters, digits and hyphens.
        name: String,
        /// What they may do: attendant (see how the kiosk fares, settle sheets) or technician (all).
        #[arg(long, value_parser = role)]
        role: Role,
        /// The kiosk's keys.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
    },
    /// Lists everybody, without their PINs.
    List {
        /// The kiosk's keys.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
    },
    /// Takes somebody out. Who is signed in at that moment stays so until they leave.
    Remove {
        /// The sign-in name.
        name: String,
        /// The kiosk's keys.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
    },
    /// Opens a console that wrong PINs have locked. Restart the kiosk afterwards.
    Unlock {
        /// The folder of the journal.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

/// Bytes of a line at most that could be a PIN.
const LINE_BYTES_MAX: u64 = 256;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Add { name, role, keys } => {
            let mut staff = Staff::read(&keys)?;
            let pin = Pin::choose(read_pin()?)?;
            let mut salt = [0; 16];
            getrandom::fill(&mut salt)
                .map_err(|error| anyhow!("the operating system gives no random bits: {error}"))?;
            staff.add(&name, role, &pin, salt)?;
            staff.write(&keys)?;
            say(format!("{name} may sign in as {}", role.as_str()));
        }
        What::List { keys } => {
            for member in Staff::read(&keys)?.members() {
                say(format!("{:<24}  {}", member.name, member.role.as_str()));
            }
        }
        What::Remove { name, keys } => {
            let mut staff = Staff::read(&keys)?;
            staff.remove(&name)?;
            staff.write(&keys)?;
            say(format!("{name} may not sign in any more"));
        }
        What::Unlock { data } => {
            Door::unlock(&data)?;
            say("the wrong PINs are forgotten; restart the kiosk");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| "write attendant or technician".to_owned())
}

/// Asks for the PIN twice on a terminal, without showing it; else takes the first line that comes in.
fn read_pin() -> anyhow::Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        return read_line();
    }
    let pin = ask("PIN, at least six digits: ")?;
    if *ask("the same again: ")? != *pin {
        bail!("the two are not the same");
    }
    Ok(pin)
}

#[expect(clippy::print_stderr, reason = "the person at the terminal is asked")]
fn ask(question: &str) -> anyhow::Result<Zeroizing<String>> {
    let stdin = std::io::stdin();
    eprint!("{question}");
    std::io::stderr().flush().context("cannot write to the terminal")?;
    let shown = termios::tcgetattr(&stdin).context("cannot look at the terminal")?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    termios::tcsetattr(&stdin, OptionalActions::Flush, &hidden)
        .context("cannot keep the terminal from showing the PIN")?;
    let line = read_line();
    termios::tcsetattr(&stdin, OptionalActions::Flush, &shown)
        .context("cannot give the terminal back as it was")?;
    eprintln!();
    line
}

fn read_line() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(usize::try_from(LINE_BYTES_MAX)?));
    std::io::Read::take(std::io::stdin().lock(), LINE_BYTES_MAX)
        .read_line(&mut line)
        .context("cannot read the PIN")?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}
