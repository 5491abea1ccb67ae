//! `permit-kiosk verify`: checks the signed text of a certificate's QR code, without a network.

use std::{io::Read as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use jiff::civil::Date;
use permit_kiosk::{
    clock::{Clock as _, SystemClock},
    domain::PermitKind,
    fault::Chain,
    seal::{self, Claims, Keyring},
    terminal::verifying::trusted,
};

use super::say;

/// Exit code for a text that is no valid seal.
const INVALID: u8 = 1;

/// Exit code for a call that cannot be answered: no text, no key. As clap's own.
const USAGE: u8 = 2;

/// Bytes at most read as a scanned text: ten of the largest QR codes.
const TEXT_BYTES_MAX: u64 = 50_000;

/// Verifies the text of a certificate's QR code offline and says what it states.
///
/// Exit code 0: the seal is genuine. 1: it is not. 2: the call was incomplete. 3: a file or a key
/// could not be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The scanned text, beginning with PK1:. Without --qr and --file it is read from standard input,
    /// for example: zbarimg --raw -q page.png | permit-kiosk verify --keys keys
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    qr: Option<String>,
    /// A file that holds the scanned text.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Whose seals to trust: a public key as PEM, or a folder with seal*.pub files; a file's name is the
    /// key's name.
    #[arg(long, value_name = "PATH")]
    keys: PathBuf,
    /// The day to judge the permit's dates by, for example 2026-11-23; today if left out.
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let text = scanned(&args)?;
    if text.trim().is_empty() {
        complain("there is no text: give it with --qr, --file or on standard input");
        return Ok(ExitCode::from(USAGE));
    }
    let keyring = trusted(&args.keys)?;
    if keyring.is_empty() {
        complain(&format!("no seal*.pub file in {}: nobody to trust", args.keys.display()));
        return Ok(ExitCode::from(USAGE));
    }
    // A seal neither begins nor ends with a space, though base45 has one inside: the last digit of a
    // group never reaches 36 (RFC 9285, 3).
    match seal::verify(text.trim(), &keyring) {
        Ok(claims) => {
            let today = args.on.unwrap_or_else(|| SystemClock.today());
            say(statement(&claims, &keyring, today));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            say(format!("NOT VALID: {}", Chain(&error)));
            Ok(ExitCode::from(INVALID))
        }
    }
}

/// What the seal states, in plain words.
fn statement(claims: &Claims, keyring: &Keyring, today: Date) -> String {
    let signer = keyring.get(&claims.issuer_key).map_or("?", |trusted| trusted.name.as_str());
    let kind = match claims.kind() {
        PermitKind::Food => "食品经营许可证 (food business licence)",
        PermitKind::Filing => "仅销售预包装食品备案 (filing of a seller of prepackaged food)",
        PermitKind::Hygiene => "公共场所卫生许可证 (hygiene licence of a public place)",
        PermitKind::HygieneFiling => "公共场所卫生备案 (hygiene filing of a public place)",
        PermitKind::Combined => "行业综合许可证 (combined permit of a trade)",
    };
    let term = match claims.valid_to {
        None => "without a last day".to_owned(),
        Some(last) if last < today => format!("until {last}: EXPIRED on {today}"),
        Some(last) => format!("until {last}: within its term on {today}"),
    };
    let issued = if claims.issued > today {
        format!("{}: AFTER {today}, look at the clock or the certificate", claims.issued)
    } else {
        claims.issued.to_string()
    };
    format!(
        "VALID: the seal was made with the key of {signer} ({key}).\n\
         It states:\n\
         \x20 permit   {number}\n\
         \x20 kind     {kind}\n\
         \x20 holder   {holder}\n\
         \x20 issued   {issued}\n\
         \x20 valid    {term}\n\
         \x20 sheet    {copy}\n\
         \x20 log      {origin}\n\
         \x20 items    {items}\n\
         \x20 fields   {fields}\n\
         Compare number, holder and dates with the paper. Whether the permit was changed or withdrawn \
         since, only the issuer's page knows.",
        key = claims.issuer_key,
        number = claims.number,
        holder = claims.holder,
        copy = claims.copy,
        origin = claims.origin,
        items = claims.items,
        fields = claims.fields,
    )
}

#[expect(clippy::print_stderr, reason = "the terminal is where a command tells what it lacks")]
fn complain(words: &str) {
    eprintln!("permit-kiosk verify: {words}");
}

fn scanned(args: &Args) -> anyhow::Result<String> {
    match (&args.qr, &args.file) {
        (Some(text), _) => Ok(text.clone()),
        (None, Some(path)) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("cannot open {}", path.display()))?;
            read(file).with_context(|| format!("cannot read {}", path.display()))
        }
        (None, None) => read(std::io::stdin().lock()).context("cannot read standard input"),
    }
}

fn read(source: impl std::io::Read) -> std::io::Result<String> {
    let mut text = String::new();
    source.take(TEXT_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
