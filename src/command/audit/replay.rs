//! `permit-kiosk audit replay`: a visit step by step, and its decision made and explained again.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use permit_kiosk::audit::{self, Case};
use permit_kiosk::domain::ApplicationId;
use permit_kiosk::rules::explain;
use permit_kiosk::wire::v1::{Body, Decision, Record};

use super::{BROKEN, auditor_key, say};
use crate::command::rules::explained;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The application: 32 digits.
    #[arg(value_name = "CASE", value_parser = application)]
    case: ApplicationId,
    /// The bundle's folder.
    #[arg(long, value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Your private key: without it the decision's facts stay sealed.
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
}

fn application(text: &str) -> Result<ApplicationId, String> {
    ApplicationId::parse(text)
        .ok_or_else(|| "an application's id has 32 digits of 0-9 a-f".to_owned())
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let unlock = args.unlock.as_deref().map(auditor_key).transpose()?;
    let case = audit::case(&args.bundle, args.case, unlock.as_ref())?;
    let Some(first) = case.records.first() else {
        bail!("the bundle {} has no record of {}", args.bundle.display(), args.case);
    };
    say(format_args!("{}  {}", args.case, first.kiosk));
    for record in &case.records {
        let after = record.at.duration_since(first.at).as_millis();
        say(format_args!(
            "#{:<8} {}  +{:>4}.{:03} s  {}",
            record.position,
            record.at,
            after / 1000,
            after.rem_euclid(1000),
            step(record)
        ));
    }
    say("");
    again(case)
}

fn again(case: Case) -> anyhow::Result<ExitCode> {
    let Case { records, personal, rulebook } = case;
    let decided = records.iter().any(|record| matches!(record.body, Body::Decided(_)));
    match (decided, personal, rulebook) {
        (false, ..) => say("it was never decided: there is nothing to decide again"),
        (true, None, _) => say("not decided again: sealed (give your key with --unlock)"),
        (true, Some(_), None) => say("not decided again: its edition is not in the bundle"),
        (true, Some(personal), Some(rulebook)) => {
            let document = serde_json::from_str(personal.facts.reveal())
                .context("the facts of the record are not JSON")?;
            let recorded = personal.decision;
            let (decision, explanation) = explain(&rulebook, &document, recorded.today);
            say(explained(&explanation, &recorded, &decision));
            if !audit::same_by_law(&recorded, &Decision::from(&decision)) {
                say("\nALARM: something else was recorded than comes out again");
                return Ok(ExitCode::from(BROKEN));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A record in one line.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only what belongs to a case is told here; a kind that comes later is told by its name"
)]
fn step(record: &Record) -> String {
    match &record.body {
        Body::LookedUp(body) => format!(
            "asked {:?} for {}: {:?} after {} ms",
            body.register, body.purpose, body.outcome, body.took_ms
        ),
        Body::Decided(body) => {
            let decision = &body.decision;
            format!("decided {}: {} {}", body.service, decision.verdict, decision.code)
        }
        Body::Issued(body) => format!("issued {} ({} sheets)", body.number, body.sheets.len()),
        Body::Printed(body) => {
            let serial = body.serial.as_deref().unwrap_or("-");
            format!("{} {serial}: {:?}", body.document.as_str(), body.step)
        }
        Body::DataReceipt(body) => {
            let how = if body.shown { "shown" } else { "offered" };
            format!("{how} which registers were asked: {}", body.look_ups)
        }
        Body::Rated(body) => format!("rated {}", body.grade),
        Body::SessionEnded(body) => {
            format!("visit ended on {} after {} s", body.screen, body.took_ms / 1000)
        }
        other => other.kind().to_owned(),
    }
}
