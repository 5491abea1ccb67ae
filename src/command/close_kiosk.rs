//! `permit-kiosk close-kiosk`: the signed act that ends the life of a kiosk whose disk is lost.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use permit_kiosk::central::keys::CentralKeys;
use permit_kiosk::central::store::CloseOrder;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::wire::v1::KioskId;
use permit_kiosk::wire::v1::api::{Closing, SignedText};

use super::permit_book::{Folders, work_on};
use super::{check_words, say};

/// Closes the present life of a kiosk at central. Also while central runs.
///
/// The numbers it held and nobody can account for are frozen: never leased again, since some of them may
/// stand on paper. Should the disk be found, its records are still taken, and say what became of them.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    folders: Folders,
    /// Which kiosk.
    #[arg(long, value_name = "ID")]
    kiosk: String,
    /// Who decides this: role and name.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why, for example what was found of the disk.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let central = args.folders.central()?;
    let Some(kiosk) = KioskId::parse(&args.kiosk.to_ascii_lowercase()) else {
        bail!("`{}` is no name of a kiosk: write one like ZD-K01", args.kiosk);
    };
    check_words(&[("--by", &args.by), ("--reason", &args.reason)])?;
    let keys = CentralKeys::load(&central.keys_folder)?;
    let sign = move |act: &Closing| {
        SignedText::sign(Closing::SIGNATURE_CONTEXT, act.to_text(), &keys.signing)
    };
    let order = CloseOrder {
        kiosk,
        reason: args.reason,
        by: args.by,
        at: SystemClock.now(),
        sign: Arc::new(sign),
    };
    let act = work_on(&central.permit_book, async |store| Ok(store.close(order).await?))?;
    let Some(act) = act else { bail!("no kiosk `{}` is enrolled", args.kiosk) };
    say(serde_json::to_string(&act).context("cannot write the act")?);
    Ok(ExitCode::SUCCESS)
}
