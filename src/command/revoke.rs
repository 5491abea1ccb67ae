//! `permit-kiosk revoke`: the signed act that ends a permit against its holder's will.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use permit_kiosk::central::keys::CentralKeys;
use permit_kiosk::central::store::{RevokeOrder, Revoked};
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::wire::v1::{Revocation, api::SignedText};

use super::permit_book::{Folders, work_on};
use super::{check_words, say};

/// Revokes a permit at central. Also while central runs.
///
/// The public page shows it as revoked at once. Every kiosk learns it with its next word with central, and
/// from then on prints, changes and renews it no more, whether or not it has a line. There is no way back:
/// who gets the permit again gets a new one.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    folders: Folders,
    /// The number on the permit.
    #[arg(long, value_name = "NUMBER")]
    permit: String,
    /// Who decides this: role and name.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why: the decision and its day.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let central = args.folders.central()?;
    check_words(&[("--by", &args.by), ("--reason", &args.reason)])?;
    let keys = CentralKeys::load(&central.keys_folder)?;
    let sign = move |act: &Revocation| {
        SignedText::sign(Revocation::SIGNATURE_CONTEXT, act.to_text(), &keys.signing)
    };
    let order = RevokeOrder {
        permit: args.permit.trim().to_owned(),
        reason: args.reason,
        by: args.by,
        at: SystemClock.now(),
        sign: Arc::new(sign),
    };
    let revoked = work_on(&central.permit_book, async |store| Ok(store.revoke(order).await?))?;
    match revoked {
        Revoked::By(act) => {
            say(serde_json::to_string(&act).context("cannot write the act")?);
            Ok(ExitCode::SUCCESS)
        }
        Revoked::Unknown => bail!(
            "the permit book has no permit `{}`: write the number as it is printed, or wait until its \
             kiosk has sent it",
            args.permit
        ),
        Revoked::Cancelled => {
            bail!(
                "the permit `{}` was ended by its holder: there is nothing to revoke",
                args.permit
            )
        }
    }
}
