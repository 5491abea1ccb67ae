//! `permit-kiosk audit key`: an auditor's key pair.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use permit_kiosk::durable;
use permit_kiosk::seal::AuditorKey;

use super::say;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to make auditor.key and auditor.pub in.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (private, public) = (args.out.join("auditor.key"), args.out.join("auditor.pub"));
    for path in [&private, &public] {
        if path.exists() {
            bail!("{} exists, and a key is never replaced: it may open bundles", path.display());
        }
    }
    let mut random = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut_slice())
        .map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    let key = AuditorKey::generate(&random);
    durable::write_secret(&private, key.to_pem().as_bytes())?;
    durable::write(&public, key.public().to_pem().as_bytes())?;
    say(format_args!("made secret {}: it stays with you", private.display()));
    say(format_args!("made public {}: give it to whoever exports for you", public.display()));
    say(format_args!("key {}", key.public().id()));
    Ok(ExitCode::SUCCESS)
}
