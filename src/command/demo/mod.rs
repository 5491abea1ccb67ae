//! The whole product on one machine: keys, central, simulated devices, the kiosk, and beside it a
//! bench, or, without a display, an applicant who touches the real window.

mod applicant;
mod child;
mod summary;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::say;
use child::Child;

/// Where the demonstration lives and what it shows.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// Keys, data, devices, pictures and logs of the demonstration.
    #[arg(long, default_value = "target/demo")]
    dir: PathBuf,
    /// Have a scripted applicant touch the window under Xvfb, even where there is a display.
    #[arg(long)]
    headless: bool,
    /// Which visits the scripted applicant makes, from `demo/visits.toml`; several in a row.
    #[arg(long, default_value = "F01", value_delimiter = ',')]
    visit: Vec<String>,
    /// Fill the screen, as in the lobby.
    #[arg(long)]
    fullscreen: bool,
    /// The kiosk's window alone, without the bench beside it.
    #[arg(long)]
    without_bench: bool,
    /// Pace of the simulated lines.
    #[arg(long, default_value = "real")]
    line_rate: String,
}

/// Marks a folder as a demonstration's: only such a one is ever cleared.
const MARKER: &str = ".permit-kiosk-demo";
/// How long a part of the product may take to come up on a busy machine.
pub(super) const START: Duration = Duration::from_mins(1);

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let display = args.display();
    // The phone of the scripted applicant speaks plain HTTP; its client wants a provider all the same.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        match display {
            Some(display) => show(&args, &display).await,
            None => script(&args).await,
        }
    })
}

impl Args {
    fn display(&self) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "DISPLAY is how X tells where the screen is")]
        let display = std::env::var("DISPLAY").ok().filter(|display| !display.is_empty());
        display.filter(|_| !self.headless)
    }
}

/// What runs beside the kiosk, and where.
struct Stage {
    dir: PathBuf,
    config: PathBuf,
    web: String,
    api: String,
    /// Dropped last: their ends are the end of the demonstration.
    _children: Vec<Child>,
}

impl Stage {
    /// Makes the keys, starts central and the simulators.
    async fn set(args: &Args) -> anyhow::Result<Self> {
        let dir = absolute(&args.dir)?;
        let config = absolute(&args.config)?;
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        permit_kiosk::durable::write(&dir.join(MARKER), b"")
            .with_context(|| format!("cannot mark {}", dir.display()))?;
        for part in ["keys", "data", "devices", "pictures", "logs"] {
            std::fs::create_dir_all(dir.join(part))
                .with_context(|| format!("cannot make {}", dir.join(part).display()))?;
        }
        if dir.join("keys/ca.pem").exists() && dir.join("keys/publishers.json").exists() {
            say("keys      are there");
        } else {
            say("keys      making them, and enrolling the kiosk");
            Child::complete(
                &dir,
                "provision",
                &[
                    "--config",
                    text(&config)?,
                    "--keys",
                    text(&dir.join("keys"))?,
                    "--data",
                    text(&dir.join("data"))?,
                ],
            )
            .await?;
        }
        publish(&dir, &config).await?;
        let addresses = dir.join("data/central.json");
        remove_if_there(&addresses)?;
        let central = Child::start(
            &dir,
            "central",
            &[
                "--config",
                text(&config)?,
                "--keys",
                text(&dir.join("keys"))?,
                "--data",
                text(&dir.join("data"))?,
            ],
            &[],
        )?;
        let told: serde_json::Value = child::until(START, "central to listen", async || {
            Ok(std::fs::read_to_string(&addresses)
                .ok()
                .and_then(|text| serde_json::from_str(&text).ok()))
        })
        .await?;
        let (Some(api), Some(web)) = (told["api"].as_str(), told["web"].as_str()) else {
            bail!("{} does not say where central listens", addresses.display());
        };
        say(format_args!("central   api https://{api}  pages http://{web}"));
        let control = dir.join("devices/control");
        remove_if_there(&control)?;
        let people = config.join("demo/demo.json");
        let simulate = Child::start(
            &dir,
            "simulate",
            &[
                "--dir",
                text(&dir.join("devices"))?,
                "--people",
                text(&people)?,
                "--line-rate",
                &args.line_rate,
            ],
            &[],
        )?;
        child::until(START, "the simulated devices", async || Ok(control.exists().then_some(())))
            .await?;
        say(format_args!("devices   simulated on ptys in {}", dir.join("devices").display()));
        Ok(Self {
            api: format!("https://{api}"),
            web: format!("http://{web}"),
            dir,
            config,
            _children: vec![central, simulate],
        })
    }

    /// Starts the kiosk on a display.
    fn kiosk(&self, display: &str, more: &[&str]) -> anyhow::Result<Child> {
        let probe = self.dir.join("probe");
        remove_if_there(&probe)?;
        let keys = self.dir.join("keys");
        let data = self.dir.join("data");
        let devices = self.dir.join("devices");
        let certificates = self.dir.join("certificates");
        let mut arguments = vec![
            "--config",
            text(&self.config)?,
            "--keys",
            text(&keys)?,
            "--data",
            text(&data)?,
            "--devices",
            text(&devices)?,
            "--central",
            &self.api,
            "--probe",
            text(&probe)?,
            "--keep-certificates",
            text(&certificates)?,
        ];
        arguments.extend_from_slice(more);
        Child::start(&self.dir, "run", &arguments, &[("DISPLAY", display)])
    }
}

/// Publishes the rulebook of the configuration, if it is not the one published before: two of the three
/// publishers sign what everybody else may only read.
async fn publish(dir: &Path, config: &Path) -> anyhow::Result<()> {
    let keys = dir.join("keys");
    let edition = dir.join("edition.json");
    let edition = text(&edition)?;
    let rulebook = config.join("rulebook");
    let rulebook = text(&rulebook)?;
    Child::complete(dir, "rules", &["draft", rulebook, "--out", edition]).await?;
    for publisher in ["publisher-1.key", "publisher-3.key"] {
        let key = keys.join("publishers").join(publisher);
        Child::complete(dir, "rules", &["sign", edition, "--key", text(&key)?]).await?;
    }
    let data = dir.join("data");
    let to = ["publish", edition, "--keys", text(&keys)?, "--data", text(&data)?];
    Child::complete(dir, "rules", &to).await.context(
        "the rulebook cannot be published: if it was changed, count up `version` in its \
             manifest.toml, or begin anew in an empty folder",
    )?;
    say("rulebook  drafted, signed by two publishers, published at central");
    Ok(())
}

/// With a display: the kiosk, and beside it the bench, until the kiosk is closed.
async fn show(args: &Args, display: &str) -> anyhow::Result<ExitCode> {
    let stage = Stage::set(args).await?;
    let more: &[&str] = if args.fullscreen { &["--fullscreen"] } else { &[] };
    let mut kiosk = stage.kiosk(display, more)?;
    if args.without_bench {
        say(format_args!("pages     {}", stage.web));
        return kiosk.wait().await;
    }
    let devices = stage.dir.join("devices");
    let people = stage.config.join("demo/demo.json");
    let _bench = Child::start(
        &stage.dir,
        "bench",
        &["--dir", text(&devices)?, "--phone", &stage.web, "--people", text(&people)?],
        &[("DISPLAY", display)],
    )?;
    say("kiosk     its window is open, and the bench beside it: place a card, show a code");
    say(format_args!("pages     {}", stage.web));
    kiosk.wait().await
}

/// Without a display: Xvfb, the kiosk full screen, an applicant who touches it, and a summary.
async fn script(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = absolute(&args.dir)?;
    let visits = applicant::Visit::read(&args.config.join("demo/visits.toml"), &args.visit)?;
    if dir.join(MARKER).exists() {
        std::fs::remove_dir_all(&dir).with_context(|| format!("cannot clear {}", dir.display()))?;
    } else if std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!(
            "{} holds something that is not a demonstration's: name an empty or a new folder",
            dir.display()
        );
    }
    let stage = Stage::set(args).await?;
    let xvfb = child::Xvfb::start(&stage.dir, 1080, 1920).await?;
    say(format_args!("screen    none here, so a virtual one of 1080×1920 on {}", xvfb.display()));
    let _kiosk = stage.kiosk(xvfb.display(), &["--fullscreen", "--size", "1080x1920"])?;
    let catalogue = std::sync::Arc::clone(
        permit_kiosk::rulebooks::load(&args.config.join("rulebook"))
            .context("cannot read the catalogue of services")?
            .catalogue(),
    );
    let mut applicant =
        applicant::Applicant::at(&stage.dir, xvfb.display(), &stage.web, catalogue).await?;
    let mut outcomes = Vec::new();
    for visit in &visits {
        say(format_args!("visit     {}: {}", visit.name, visit.about));
        outcomes.push(applicant.make(visit).await?);
    }
    summary::tell(&stage.dir, &stage.web, &outcomes).await?;
    Ok(ExitCode::SUCCESS)
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot resolve {}", path.display()))
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
    }
}
