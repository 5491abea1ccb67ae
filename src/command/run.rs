//! `permit-kiosk run`: the kiosk itself, from its keys and its journal to the window.

use std::collections::BTreeSet;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::SignedDuration;
use permit_kiosk::certificate::Templates;
use permit_kiosk::clock::{Clock, SystemClock};
use permit_kiosk::config::{self, Devices, Kiosk};
use permit_kiosk::domain::{PermitKind, Series};
use permit_kiosk::durable;
use permit_kiosk::fault::Chain;
use permit_kiosk::journal::{self, ElicenceTypes, Head, Journal, Prefixes};
use permit_kiosk::registers::{AGE_MAX, Client, DigestKey, Identity, Registers, Snapshots};
use permit_kiosk::rulebooks::Shelf;
use permit_kiosk::rules::Rulebook;
use permit_kiosk::seal::{LogOrigin, SigningKey, VaultKey, VerifyingKey};
use permit_kiosk::session::event::Equipment;
use permit_kiosk::session::{Pace, Session, Terms};
use permit_kiosk::speech::Speech;
use permit_kiosk::sync::{
    self, Central as _, EditionTask, NumberPlan, Report, Retry, SeriesPlan, Taken, Task,
};
use permit_kiosk::systemd::Notify;
use permit_kiosk::terminal::report::Board;
use permit_kiosk::terminal::{self, PaperSettings, Terminal};
use permit_kiosk::ui::app::{self, Night, Opening, Shown};
use permit_kiosk::ui::performer::Station;
use permit_kiosk::ui::theme;
use permit_kiosk::wire::v1::api::Heartbeat;
use permit_kiosk::wire::v1::{Body, KioskId, Publishers, SignedEdition, Started};
use serde::Deserialize;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::start_logging;

/// Runs the kiosk until its window is closed; in the lobby, until the machine is switched off.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration folder.
    #[arg(long, default_value = "kiosk-config")]
    config: PathBuf,
    /// The kiosk's keys, where not as in kiosk.toml.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The folder of the journal, where not as in kiosk.toml.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The folder of simulated devices, where not as in devices.toml.
    #[arg(long)]
    devices: Option<PathBuf>,
    /// Central's address, where not as in kiosk.toml.
    #[arg(long)]
    central: Option<String>,
    /// Fill the screen, without a cursor and without a way out.
    #[arg(long)]
    fullscreen: bool,
    /// The window's size, for example 1080x1920.
    #[arg(long, value_parser = size)]
    size: Option<(u16, u16)>,
    /// A unix socket that tells scripts where things stand on the screen; it can press nothing.
    #[arg(long)]
    probe: Option<PathBuf>,
    /// A folder to keep every certificate in as PDF, for demonstrations.
    #[arg(long)]
    keep_certificates: Option<PathBuf>,
    /// An edition of the rulebook from a medium, offered at the start; central sends newer ones.
    #[arg(long, value_name = "FILE")]
    edition: Option<PathBuf>,
    /// Begin an empty journal after the records central has of this kiosk: its old journal is lost.
    #[arg(long)]
    new_life: bool,
    /// A folder for recordings of every byte on the devices' lines. They hold what cards and codes say:
    /// for the laboratory alone.
    #[cfg(feature = "recordings")]
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

/// How long the kiosk waits for central at its very first start.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// Bytes of a key file at most.
const KEY_BYTES_MAX: u64 = 16 * 1024;
/// The snapshot of the registers stands in for them for a day at most.
const SNAPSHOT_EVERY: Duration = Duration::from_mins(30);
/// How often dates of editions are compared with the clock.
const EDITIONS_LOOKED_AT_EVERY: Duration = Duration::from_mins(1);
/// As a published edition itself is limited.
const EDITION_BYTES_MAX: u64 = SignedEdition::BYTES_MAX as u64;
/// GB/T 37668 and the hands of the old: what is touched is so high at least.
const LEAST_TARGET_MM: f32 = 15.0;
/// Numbers held of each series: 40 visits a day for seven days without central.
const NUMBERS_HELD: u64 = 280;

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    start_logging();
    let (mut kiosk, mut devices) = config::load_kiosk(&args.config)?;
    let found = find_display()?;
    if let Some(folder) = &args.devices {
        devices.simulated = Some(folder.clone());
    }
    if let Some(central) = &args.central {
        kiosk.central_url.clone_from(central);
    }
    if let Some(keys) = &args.keys {
        kiosk.keys_folder.clone_from(keys);
    }
    if let Some(data) = &args.data {
        kiosk.data_folder.clone_from(data);
        kiosk.mark_folder.clone_from(data);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let fullscreen = args.fullscreen || kiosk.screen.fullscreen;
    if fullscreen {
        measure(&kiosk.screen);
    }
    let opening = Opening { fullscreen, size: args.size };
    let handle = runtime.handle().clone();
    // Journal and rulebook are read while the display is asked for its window.
    let starting = std::thread::Builder::new()
        .name("start".to_owned())
        .spawn(move || start(&args, kiosk, devices, &handle))
        .context("cannot start a thread")?;
    app::run(opening, move || {
        // The window has a connection of its own by now.
        drop(found);
        let started = starting.join().map_err(|_panic| anyhow::anyhow!("the start failed"));
        started.and_then(|started| started).map_err(Into::into)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where no display answers, the toolkit ends the program without a word that helps: it is looked for
/// before. What is found has to stay connected until the window is: when its last client goes, an X server
/// begins anew, and whoever comes in that moment is turned away.
fn find_display() -> anyhow::Result<Option<UnixStream>> {
    #[expect(clippy::disallowed_methods, reason = "DISPLAY is how X tells where the screen is")]
    let display = std::env::var("DISPLAY").ok().filter(|display| !display.is_empty());
    let Some(display) = display else {
        bail!("no display: DISPLAY is not set; docs/kiosk-computer.md says how one is started");
    };
    // One that is not on this machine is reached by other ways.
    let Some(rest) = display.strip_prefix(':') else { return Ok(None) };
    let path = format!("/tmp/.X11-unix/X{}", rest.split('.').next().unwrap_or_default());
    UnixStream::connect(&path)
        .or_else(|_no_file| UnixStream::connect_addr(&SocketAddr::from_abstract_name(&path)?))
        .map(Some)
        .with_context(|| format!("no display answers at {display}"))
}

/// Everything from the keys to the devices: what the window shows.
fn start(args: &Args, kiosk: Kiosk, devices: Devices, runtime: &Handle) -> anyhow::Result<Shown> {
    let (keys_folder, data_folder) = (kiosk.keys_folder.clone(), kiosk.data_folder.clone());
    std::fs::create_dir_all(&data_folder)
        .with_context(|| format!("cannot make {}", data_folder.display()))?;
    let papers = PaperSettings {
        fonts: kiosk.fonts.clone(),
        templates: templates(&args.config.join("certificate"))?,
        keep_in: args.keep_certificates.clone(),
    };
    // Beside the journal and the rulebook, which take as long.
    let fonts = check_fonts(papers.clone(), &kiosk.numbers)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = Keys::read(&keys_folder)?;
    let identity = Identity::load(&keys_folder)?;
    let client = Client::new(&kiosk.central_url, identity, kiosk.register_timeout)?;
    let journal = open_journal(args, &kiosk, &keys, &data_folder, &client, runtime, &clock)?;
    let shelf = open_shelf(&data_folder, keys.publishers.clone(), &journal, &clock)?;
    let active = shelf.active();
    journal.record(Body::Started(Started {
        software: env!("CARGO_PKG_VERSION").to_owned(),
        edition: active.as_ref().map(|_| shelf.rulebook().edition()),
        edition_digest: active.map(|active| active.digest),
    }))?;
    let editions = EditionTask::new(client.clone(), journal.clone(), Arc::clone(&shelf));
    take_first_edition(args.edition.as_deref(), &shelf, &journal, &editions, runtime)?;
    let snapshot_file = data_folder.join("registers.snapshot");
    let central_key = keys.central.clone();
    let snapshots = match Snapshots::open(&snapshot_file, central_key.clone(), AGE_MAX) {
        Ok(snapshots) => snapshots,
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the registers' snapshot cannot be used");
            Snapshots::none(&snapshot_file, central_key, AGE_MAX)
        }
    };
    let registers =
        Registers::new(client.clone(), keys.digest, Arc::new(snapshots), Arc::clone(&clock));
    let board = Board::default();
    let incarnation = keys.enrolment.incarnation;
    let settings = sync_settings(&kiosk, &keys.enrolment, keys.central, &shelf, &clock, &board);
    let numbers = settings.numbers.clone();
    let (task, syncing) = Task::new(client, journal.clone(), settings);
    // Runs as long as the process: there is nothing to wind down, everything is durable when told.
    runtime.spawn(task.run(std::future::pending()));
    runtime.spawn(editions.run(random, std::future::pending()));
    runtime.spawn(forget_in_time(journal.clone(), kiosk.retention));

    let snapshot_registers = registers.clone();
    fonts.join().map_err(|_panic| anyhow::anyhow!("looking at the fonts failed"))??;
    if let Some(folder) = &papers.keep_in {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let first_terms = terms(&kiosk, &shelf.rulebook());
    let own_kiosk = kiosk.clone();
    let speech = start_speech(kiosk.speech.clone());
    let screen = kiosk.screen.clone();
    let phone = kiosk.phone.clone();
    let (terminal, events) = Terminal::start(terminal::Settings {
        kiosk,
        devices,
        config_folder: args.config.clone(),
        journal,
        registers,
        papers,
        runtime: runtime.clone(),
        clock,
        seed: random(),
        incarnation,
        numbers,
        board,
        certificate_until: Identity::valid_until(&keys_folder),
        #[cfg(feature = "recordings")]
        record_in: args.record.clone(),
    })?;
    runtime.spawn(carry_word(syncing, terminal.clone(), snapshot_registers));
    runtime.spawn(carry_editions(shelf, terminal.clone(), move |rulebook| {
        terms(&own_kiosk, rulebook)
    }));
    let session = Session::new(first_terms, Equipment::NONE).beginning_in(screen.language);
    let station =
        Station { terminal, speech, backlight: screen.backlight, notify: notify().map(Arc::new) };
    Ok(Shown {
        session,
        performer: Box::new(station),
        events,
        probe: args.probe.clone(),
        night: screen.night.map(|(from, until)| Night { from, until }),
        phone,
    })
}

/// Looks on a thread of its own whether screens and papers can show their texts, so that no citizen is the
/// first to find out.
fn check_fonts(
    papers: PaperSettings,
    numbers: &config::Numbers,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let config::Numbers { hygiene_prefix, hygiene_filing_prefix, combined_prefix, .. } = numbers;
    let prefixes = format!("{hygiene_prefix}{hygiene_filing_prefix}{combined_prefix}");
    std::thread::Builder::new()
        .name("fonts".to_owned())
        .spawn(move || {
            app::check_fonts()?;
            Ok(papers.check_texts(&prefixes)?)
        })
        .context("cannot start a thread")
}

/// Tells a technician who has put the kiosk behind glass too small for fingers.
fn measure(screen: &config::Screen) {
    let [width, height, width_mm] = [screen.width_px, screen.height_px, screen.width_mm]
        .map(|count| f32::from(u16::try_from(count).unwrap_or(u16::MAX)));
    let least_mm = theme::least_target_mm(iced::Size::new(width, height), width / width_mm);
    if least_mm < LEAST_TARGET_MM {
        tracing::warn!(
            least_mm,
            "the smallest keys are lower than {LEAST_TARGET_MM} mm on this glass: take a larger one, \
             or correct its measures in kiosk.toml"
        );
    }
}

/// Starts the voice. A kiosk without one works.
fn start_speech(programs: config::Speech) -> Option<Speech> {
    match Speech::start(programs) {
        Ok(speech) => Some(speech),
        Err(error) => {
            tracing::warn!(%error, "no voice: its thread could not be started");
            None
        }
    }
}

/// The line to systemd, where the kiosk runs under it.
fn notify() -> Option<Notify> {
    #[expect(clippy::disallowed_methods, reason = "systemd tells a service its socket this way")]
    let name = std::env::var("NOTIFY_SOCKET").ok()?;
    match Notify::to(&name) {
        Ok(notify) => Some(notify),
        Err(error) => {
            tracing::error!(%error, "systemd cannot be told that the kiosk is alive");
            None
        }
    }
}

/// The kiosk's keys and its name.
pub(crate) struct Keys {
    pub(crate) enrolment: Enrolment,
    pub(crate) device: SigningKey,
    pub(crate) seal: SigningKey,
    pub(crate) vault: VaultKey,
    pub(crate) central: VerifyingKey,
    pub(crate) digest: DigestKey,
    pub(crate) publishers: Publishers,
}

/// Name and life of the kiosk, as `provision` wrote them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enrolment {
    pub(crate) kiosk: KioskId,
    pub(crate) incarnation: u32,
}

impl Keys {
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let text = |file: &str| -> anyhow::Result<Zeroizing<String>> {
            let path = folder.join(file);
            let bytes = durable::read_limited(&path, KEY_BYTES_MAX).with_context(|| {
                format!("cannot read {}; `permit-kiosk provision` makes the keys", path.display())
            })?;
            let text = String::from_utf8(bytes)
                .with_context(|| format!("{} is not text", path.display()))?;
            Ok(Zeroizing::new(text))
        };
        let named = |file: &str| format!("{} is no key", folder.join(file).display());
        Ok(Self {
            enrolment: serde_json::from_str(&text("enrolment.json")?)
                .context("enrolment.json is not as `permit-kiosk provision` writes it")?,
            device: SigningKey::from_pem(&text("device.key")?).context(named("device.key"))?,
            seal: SigningKey::from_pem(&text("seal.key")?).context(named("seal.key"))?,
            vault: VaultKey::parse(&text("vault.key")?).with_context(|| named("vault.key"))?,
            central: VerifyingKey::from_pem(&text("central.pub")?).context(named("central.pub"))?,
            digest: DigestKey::parse(&text("id-digest.key")?)
                .with_context(|| named("id-digest.key"))?,
            publishers: Publishers::read(text(Publishers::FILE_NAME)?.as_bytes())
                .with_context(|| folder.join(Publishers::FILE_NAME).display().to_string())?,
        })
    }
}

/// Opens the journal; makes it at the kiosk's first start, when central has nothing of this kiosk.
fn open_journal(
    args: &Args,
    kiosk: &Kiosk,
    keys: &Keys,
    data: &Path,
    client: &Client,
    runtime: &Handle,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Journal> {
    let settings = journal_settings(kiosk, keys, data, clock)?;
    if settings.path.exists() {
        return Ok(Journal::open(settings)?);
    }
    let heartbeat = Heartbeat {
        software: env!("CARGO_PKG_VERSION").to_owned(),
        edition: None,
        edition_digest: None,
        edition_refused: None,
        head: permit_kiosk::wire::v1::api::Head::START,
        outbox: 0,
        numbers_left: std::collections::BTreeMap::new(),
        faults: Vec::new(),
        at: clock.now(),
    };
    let answer = runtime
        .block_on(async { tokio::time::timeout(FIRST_WORD, client.heartbeat(heartbeat)).await })
        .context("central did not answer")
        .and_then(|answer| answer.context("central did not answer"))
        .context("a kiosk without a journal has to ask central first whether it had one")?;
    let start = Head { position: answer.head.position, hash: answer.head.hash };
    // A first life has no life before it, so its missing journal is a loss, not a beginning.
    let is_new_life = args.new_life
        && keys.enrolment.incarnation > 1
        && keys.enrolment.incarnation == answer.incarnation;
    if start.position > 0 && !is_new_life {
        bail!(
            "{} is missing, but central has {} records of this kiosk: put the journal back, or give \
             the kiosk a new life (`provision` into a fresh key folder, then `run --new-life` with it)",
            settings.path.display(),
            start.position
        );
    }
    Ok(Journal::provision(settings, start)?)
}

/// Opens the journal of a kiosk that does not run, for a command that has something to record.
pub(super) fn open_journal_beside(
    kiosk: &Kiosk,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Journal> {
    let keys = Keys::read(&kiosk.keys_folder)?;
    Ok(Journal::open(journal_settings(kiosk, &keys, &kiosk.data_folder, clock)?)?)
}

/// The line of a kiosk that does not run to central, without screen, rulebook and hunger for numbers.
pub(super) fn sync_beside(
    kiosk: &Kiosk,
    journal: &Journal,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Task<Client>> {
    let keys = Keys::read(&kiosk.keys_folder)?;
    let identity = Identity::load(&kiosk.keys_folder)?;
    let client = Client::new(&kiosk.central_url, identity, kiosk.register_timeout)?;
    let settings = sync::Settings {
        kiosk: keys.enrolment.kiosk,
        incarnation: keys.enrolment.incarnation,
        central_key: keys.central,
        numbers: NumberPlan { series: Vec::new(), reserve: 0 },
        retry: Retry::default(),
        interval: sync::Settings::INTERVAL,
        timeout: sync::Settings::TIMEOUT,
        clock: Arc::clone(clock),
        random: Arc::new(random),
        report: Arc::new(|| Report {
            software: env!("CARGO_PKG_VERSION").to_owned(),
            ..Report::default()
        }),
    };
    let (task, _handle) = Task::new(client, journal.clone(), settings);
    Ok(task)
}

/// Whether all keys are there and are keys.
pub(super) fn check_keys(folder: &Path) -> anyhow::Result<()> {
    Keys::read(folder).map(drop)
}

/// Who publishes editions for this kiosk.
pub(super) fn publishers(folder: &Path) -> anyhow::Result<Publishers> {
    Ok(Keys::read(folder)?.publishers)
}

fn journal_settings(
    kiosk: &Kiosk,
    keys: &Keys,
    data: &Path,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<journal::Settings> {
    Ok(journal::Settings {
        path: data.join(Journal::FILE_NAME),
        mark: kiosk.mark_folder.join("journal.mark"),
        kiosk: keys.enrolment.kiosk.clone(),
        incarnation: keys.enrolment.incarnation,
        boot_id: boot_id(),
        device_key: keys.device.clone(),
        seal_key: keys.seal.clone(),
        vault_key: keys.vault.clone(),
        central_key: keys.central.clone(),
        log_origin: LogOrigin::parse(&format!("{}/log", kiosk.verify_host))
            .context("the host of the verification page is too long for a seal")?,
        serial_prefix: kiosk.id.replace('-', ""),
        prefixes: Prefixes {
            hygiene: kiosk.numbers.hygiene_prefix.clone(),
            hygiene_filing: kiosk.numbers.hygiene_filing_prefix.clone(),
            combined: kiosk.numbers.combined_prefix.clone(),
        },
        elicence_types: ElicenceTypes {
            food: kiosk.numbers.food_type.clone(),
            filing: kiosk.numbers.filing_type.clone(),
            hygiene: kiosk.numbers.hygiene_type.clone(),
            hygiene_filing: kiosk.numbers.hygiene_filing_type.clone(),
            combined: kiosk.numbers.combined_type.clone(),
        },
        clock: Arc::clone(clock),
        bytes_max: journal::Settings::BYTES_MAX,
        ballast_bytes: journal::Settings::BALLAST_BYTES,
        on_milestone: None,
    })
}

fn sync_settings(
    kiosk: &Kiosk,
    enrolment: &Enrolment,
    central_key: VerifyingKey,
    shelf: &Arc<Shelf>,
    clock: &Arc<dyn Clock>,
    board: &Board,
) -> sync::Settings {
    let shelf = Arc::clone(shelf);
    let board = board.clone();
    sync::Settings {
        kiosk: enrolment.kiosk.clone(),
        incarnation: enrolment.incarnation,
        central_key,
        numbers: number_plan(kiosk),
        retry: Retry::new(Duration::from_secs(1), Duration::from_mins(1)),
        interval: sync::Settings::INTERVAL,
        timeout: sync::Settings::TIMEOUT,
        clock: Arc::clone(clock),
        random: Arc::new(random),
        report: Arc::new(move || report(&shelf, &board)),
    }
}

/// Which numbers a kiosk holds.
pub(super) fn number_plan(kiosk: &Kiosk) -> NumberPlan {
    let district = kiosk.district.as_str();
    let lasting = |series| SeriesPlan::Lasting(series);
    let yearly = |kind, prefix: &String| SeriesPlan::Yearly(kind, prefix.clone());
    NumberPlan {
        series: vec![
            lasting(Series::food(1, district)),
            lasting(Series::food(2, district)),
            lasting(Series::food(3, district)),
            lasting(Series::filing(1, district)),
            lasting(Series::filing(2, district)),
            yearly(PermitKind::Hygiene, &kiosk.numbers.hygiene_prefix),
            yearly(PermitKind::HygieneFiling, &kiosk.numbers.hygiene_filing_prefix),
            yearly(PermitKind::Combined, &kiosk.numbers.combined_prefix),
        ],
        reserve: NUMBERS_HELD,
    }
}

/// What a heartbeat says of the editions and of the faults that stand.
fn report(shelf: &Shelf, board: &Board) -> Report {
    let status = shelf.status();
    let edition = status.active.map(|active| active.edition);
    Report {
        software: env!("CARGO_PKG_VERSION").to_owned(),
        edition: edition.as_ref().map(ToString::to_string),
        edition_digest: edition.map(|edition| edition.digest),
        edition_refused: status.refused.first().map(|refusal| {
            let named = refusal.edition.as_ref().map(|edition| format!(" {edition}"));
            format!("{}{}: {}", refusal.code, named.unwrap_or_default(), refusal.why.en)
        }),
        // The board takes over what the shelf says a little later.
        faults: board
            .standing()
            .iter()
            .map(|standing| standing.fault.code)
            .chain(status.faults)
            .collect::<BTreeSet<_>>()
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

/// Opens the shelf of editions, and records what it decides by if a crash kept the journal from it.
fn open_shelf(
    data: &Path,
    publishers: Publishers,
    journal: &Journal,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<Shelf>> {
    let recorded = journal.last_edition()?;
    let folder = data.join(Shelf::FOLDER);
    let shelf = Shelf::open(&folder, publishers, recorded.as_ref(), Arc::clone(clock))?;
    if let Some(active) = shelf.active()
        && recorded.as_ref() != Some(&active)
    {
        journal.record(Body::EditionActivated(active))?;
    }
    Ok(Arc::new(shelf))
}

/// Offers an edition from a medium, and asks central for the first one, so that the first screen a new
/// kiosk shows is already the one it decides by. Neither keeps it from starting: without an edition it
/// refers.
fn take_first_edition(
    medium: Option<&Path>,
    shelf: &Shelf,
    journal: &Journal,
    editions: &EditionTask,
    runtime: &Handle,
) -> anyhow::Result<()> {
    if let Some(path) = medium {
        if path.is_dir() {
            bail!(
                "{} is a folder: a kiosk decides by published editions only. `permit-kiosk rules \
                 draft`, `rules sign` and `rules publish` make one of it",
                path.display()
            );
        }
        let bytes = durable::read_limited(path, EDITION_BYTES_MAX)?;
        if let Taken::Refused(refusal) = sync::take_edition(shelf, journal, &bytes)? {
            tracing::error!("{} was refused: {}", path.display(), refusal.why.en);
        }
    }
    if shelf.active().is_none() {
        let fetched =
            runtime.block_on(async { tokio::time::timeout(FIRST_WORD, editions.fetch()).await });
        match fetched {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::error!(error = %Chain(&error), "no edition: every application is referred");
            }
            Err(_elapsed) => {
                tracing::error!("central sent no edition: every application is referred");
            }
        }
    }
    Ok(())
}

/// How often it is looked whose time is over.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Destroys the keys of personal data whose time is over.
async fn forget_in_time(journal: Journal, retention: config::Retention) {
    let keep = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    let retention = journal::Retention {
        issued: keep(retention.issued),
        decided: keep(retention.decided),
        begun: keep(retention.begun),
    };
    let mut tick = tokio::time::interval(FORGET_EVERY);
    loop {
        tick.tick().await;
        let journal = journal.clone();
        let shredded = tokio::task::spawn_blocking(move || journal.shred(retention)).await;
        match shredded {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => {
                tracing::info!(count, "erased the personal data of {count} applications");
            }
            Ok(Err(error)) => {
                tracing::error!(error = %Chain(&error), "personal data could not be erased");
            }
            // The runtime is ending.
            Err(_cancelled) => return,
        }
    }
}

/// Carries word of a new edition to the screen: it is taken up when nobody stands there. Dates pass
/// without an edition changing, so how they are is looked at each minute.
async fn carry_editions(
    shelf: Arc<Shelf>,
    terminal: Terminal,
    terms: impl Fn(&Arc<Rulebook>) -> Terms,
) {
    let mut changes = shelf.watch();
    // What decides now was there before the screen.
    let mut known = changes.borrow_and_update().digest().to_owned();
    let mut look = tokio::time::interval(EDITIONS_LOOKED_AT_EVERY);
    loop {
        terminal.set_rulebooks(shelf.status());
        tokio::select! {
            _tick = look.tick() => {}
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        let rulebook = changes.borrow_and_update().clone();
        if rulebook.digest() != known {
            rulebook.digest().clone_into(&mut known);
            terminal.set_terms(terms(&rulebook));
        }
    }
}

fn terms(kiosk: &Kiosk, rulebook: &Arc<Rulebook>) -> Terms {
    Terms {
        catalogue: Arc::clone(rulebook.catalogue()),
        rulebook: Arc::clone(rulebook),
        issuer: kiosk.issuer.clone(),
        division: kiosk.district.as_str().to_owned(),
        pace: Pace {
            idle: kiosk.session.idle,
            countdown: kiosk.session.countdown,
            total: kiosk.session.total,
            look_up: kiosk.register_timeout,
            large_print_factor: kiosk.session.large_print_factor,
        },
    }
}

pub(super) fn templates(folder: &Path) -> anyhow::Result<Templates> {
    let files = super::read_templates(folder)?;
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Templates::parse(files).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", all.join("\n"))
    })
}

/// Carries word between the terminal and the line to central: whether central answers, and that
/// something was recorded which should go there at once, not at the next interval. Now and then it has
/// the registers' snapshot made fresh.
async fn carry_word(syncing: sync::Handle, terminal: Terminal, registers: Registers) {
    let mut snapshot_due = tokio::time::interval(SNAPSHOT_EVERY);
    let mut states = syncing.watch();
    let recorded = terminal.recorded();
    terminal.set_sync(states.borrow_and_update().clone());
    loop {
        tokio::select! {
            () = recorded.notified() => syncing.nudge(),
            // Beside, not here: a slow answer must not hold up what was recorded.
            _tick = snapshot_due.tick() => drop(tokio::spawn(refresh_snapshot(registers.clone()))),
            changed = states.changed() => {
                if changed.is_err() {
                    return;
                }
                terminal.set_sync(states.borrow_and_update().clone());
            }
        }
    }
}

/// Fetches a fresh snapshot of the registers, so that the kiosk can go on for a day when the line is
/// down.
async fn refresh_snapshot(registers: Registers) {
    match registers.refresh_snapshot().await {
        Ok(taken_at) => tracing::info!(%taken_at, "the registers' snapshot is fresh"),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the registers' snapshot was not refreshed");
        }
    }
}

/// The kernel's name for this boot, so that monotonic times of different boots are not compared.
fn boot_id() -> String {
    let read = durable::read_limited(Path::new("/proc/sys/kernel/random/boot_id"), 64);
    let text = read.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// 64 random bits.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((width, height)) if width >= 640 && height >= 480 => Ok((width, height)),
        Some(_) => Err("at least 640x480".to_owned()),
        None => Err("write it as 1080x1920".to_owned()),
    }
}
