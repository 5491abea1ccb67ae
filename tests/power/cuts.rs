//! A kiosk's whole working day, cut off at any of its writes: nothing told is lost, nothing is issued
//! twice, and the day goes on.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use permit_kiosk::domain::{ApplicationId, ServiceCode};
use permit_kiosk::journal::{Error, Head, Journal, Settings, SheetSize, Tray};
use permit_kiosk::seal::{Profile, SigningKey};
use permit_kiosk::wire::v1::{
    Document, LookUp, LookUpOutcome, LookedUpPersonal, PrintStep, Register,
};

use super::disk::{Deed, Disk, Random, read};
use super::{Checker, World, times};
use crate::journal::{FOOD_SELLERS, clock, food_seller, leased, referred, settings};

/// In the child's working folder: the folder of its disk.
const PLAN: &str = "permit-kiosk-power-plan";
/// Where the child writes what applicants were told; not part of the disk.
pub(super) const TOLD: &str = "told";
/// What came out of the printer; not part of the disk.
pub(super) const PAPER: &str = "paper";
/// While this file is in the child's working folder, its disk fails every sync.
pub(super) const BROKEN: &str = "broken";
/// Applications of the day: some 6 000 writes, with the WAL moved into the file several times.
const APPLICATIONS: u32 = 80;
/// Numbers of the block the kiosk has.
pub(super) const NUMBERS: u64 = 10_000;

fn application(number: u32) -> ApplicationId {
    let mut bits = [0; 16];
    bits[..4].copy_from_slice(&number.to_be_bytes());
    ApplicationId::from_random(bits)
}

/// Seals by the fast profile: what is tested here is below them.
pub(super) fn settings_in(folder: &Path) -> Settings {
    let seal_key = SigningKey::generate(Profile::Ed25519, &[2; 32]);
    Settings { seal_key, ..settings(folder, &clock()) }
}

fn note(folder: &Path, file: &str, line: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(folder.join(file)).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// One visit: registers asked, then referred or issued and printed.
pub(super) fn visit(journal: &Journal, number: u32, folder: &Path) {
    let id = application(number);
    journal.begin(id).unwrap();
    let look_up = LookUp {
        application: id,
        register: Register::Business,
        purpose: ServiceCode::FoodNew,
        personal: LookedUpPersonal { subject_digest: "5f".repeat(32), answer_digest: None },
        snapshot_taken_at: None,
        outcome: LookUpOutcome::Answered,
        took_ms: 3,
    };
    journal.record_look_up(look_up).unwrap();
    if number.is_multiple_of(5) {
        journal.record_decision(referred(id)).unwrap();
        return;
    }
    let issued = journal.issue(food_seller(id)).unwrap();
    note(folder, TOLD, &format!("{id} {}", issued.permit.number));
    for job in issued.print_jobs {
        match job.document {
            Document::Original => journal.print_on(job.job, SheetSize::A3).unwrap(),
            Document::Copy => journal.print_on(job.job, SheetSize::A4).unwrap(),
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                journal.print_step(job.job, PrintStep::Sent).unwrap();
            }
        }
        if let Some(serial) = &job.serial {
            note(folder, PAPER, serial.as_str());
        }
        let evidence = "page counter 1 -> 2".to_owned();
        journal.print_step(job.job, PrintStep::Confirmed { evidence }).unwrap();
    }
    let head = journal.head().unwrap();
    journal.acknowledge(head.position, head.hash).unwrap();
}

/// Runs in a child under `disk.c`, where there is a plan.
#[test]
fn a_working_day() {
    let Ok(folder) = std::fs::read_to_string(PLAN) else {
        let folder = tempfile::tempdir().unwrap();
        day(folder.path(), 3);
        return;
    };
    day(Path::new(&folder), APPLICATIONS);
}

fn day(folder: &Path, applications: u32) {
    let journal = Journal::provision(settings_in(folder), Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, NUMBERS)).unwrap();
    fill_trays(&journal);
    let noon = applications / 2;
    (1..=noon).for_each(|number| visit(&journal, number, folder));
    journal.close();
    let journal = Journal::open(settings_in(folder)).unwrap();
    (noon + 1..=applications).for_each(|number| visit(&journal, number, folder));
    // Nobody closes it in the evening.
    std::mem::forget(journal);
}

/// Numbered blank sheets for the day; the tray for copies is empty before evening.
pub(super) fn fill_trays(journal: &Journal) {
    for (paper, first, last) in [(SheetSize::A3, 120_001, 122_000), (SheetSize::A4, 7, 9)] {
        let tray = Tray::counted(first, last).unwrap();
        journal.count_blanks("wang".to_owned(), paper, tray).unwrap();
    }
}

/// What a child did to its disk.
fn trace() -> Vec<Deed> {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("disk");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(place.path().join(PLAN), folder.to_str().unwrap()).unwrap();
    let module = module_path!().split_once("::").unwrap().1;
    let path = under_disk(&format!("{module}::a_working_day"), place.path(), &folder);
    read(&std::fs::read(path).unwrap())
}

/// Runs a test in a child in `place`, with everything it does to `folder` written down; gives the file
/// with that. The disk is broken while there is a file `broken` in `place`.
pub(super) fn under_disk(test: &str, place: &Path, folder: &Path) -> PathBuf {
    let library = place.join("disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/disk.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status()
        .unwrap();
    assert!(built.success(), "disk.c does not compile");
    let path = place.join("trace");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"])
        .current_dir(place)
        .env("LD_PRELOAD", &library)
        .env("POWER_WATCH", folder)
        .env("POWER_TRACE", &path)
        .env("POWER_BROKEN", place.join(BROKEN))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    path
}

/// The names of the files that are no part of the disk: what the world remembers.
fn outside(deeds: &[Deed]) -> BTreeMap<u32, &str> {
    let names = deeds.iter().filter_map(|deed| match deed {
        Deed::Create { file, name } if name == TOLD || name == PAPER => {
            Some((*file, name.as_str()))
        }
        Deed::Create { .. }
        | Deed::Rename { .. }
        | Deed::Remove { .. }
        | Deed::Write { .. }
        | Deed::Truncate { .. }
        | Deed::Sync { .. }
        | Deed::SyncFolder => None,
    });
    names.collect()
}

/// Goes through the deeds and calls `cut` with the disk and what the world remembers, at `count` of
/// them.
fn at_cuts(deeds: &[Deed], mut disk: Disk, count: u32, mut cut: impl FnMut(&Disk, &World, usize)) {
    let outside = outside(deeds);
    let mut world = World::default();
    let (count, all) = (count as usize, deeds.len());
    let mut made = 0;
    for (index, deed) in deeds.iter().enumerate() {
        // Evenly over all deeds, however many there are of either.
        while made * all < count * (index + 1) && made < count {
            cut(&disk, &world, made);
            made += 1;
        }
        match deed {
            Deed::Write { file, bytes, .. } if outside.contains_key(file) => {
                let line = std::str::from_utf8(bytes).unwrap().trim_end();
                match line.split_once(' ') {
                    Some((id, number)) => world.told.push((id.to_owned(), number.to_owned())),
                    None => world.paper.push(line.to_owned()),
                }
            }
            Deed::Create { file, .. } | Deed::Sync { file } if outside.contains_key(file) => {}
            Deed::Create { .. }
            | Deed::Rename { .. }
            | Deed::Remove { .. }
            | Deed::Write { .. }
            | Deed::Truncate { .. }
            | Deed::Sync { .. }
            | Deed::SyncFolder => disk.take(deed),
        }
    }
}

/// A folder in memory, where there is room for that: nothing in here has to outlive the test.
fn folder() -> tempfile::TempDir {
    match tempfile::tempdir_in("/dev/shm") {
        Ok(folder) => folder,
        Err(_no_such_place) => tempfile::tempdir().unwrap(),
    }
}

fn lay_out(files: &BTreeMap<String, Vec<u8>>, folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A journal that cannot be used is set aside in a folder.
        let remove = if path.is_dir() { std::fs::remove_dir_all } else { std::fs::remove_file };
        match remove(path) {
            // SQLite takes its own side files away when the last journal closes, on that one's thread.
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.unwrap(),
        }
    }
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The morning after: the kiosk starts, says again what it said, and goes on. Gives what is wrong.
pub(super) fn morning(folder: &Path, world: &World, checker: &mut Checker) -> Result<(), String> {
    let journal = match Journal::open(settings_in(folder)) {
        Ok(journal) => journal,
        // Cut off while the journal was made: enrolling starts over, and nobody was told anything.
        Err(Error::Missing { .. }) if world.told.is_empty() => {
            Journal::provision(settings_in(folder), Head::START)
                .map_err(|error| error.to_string())?
        }
        Err(error) => return Err(format!("{}", permit_kiosk::fault::Chain(&error))),
    };
    let wrong = |error: Error| permit_kiosk::fault::Chain(&error).to_string();
    journal.install_block(leased(FOOD_SELLERS, 0, NUMBERS)).map_err(wrong)?;
    let mut world = world.clone();
    if let Some((id, number)) = world.told.last() {
        let again = journal.issue(food_seller(ApplicationId::parse(id).unwrap())).map_err(wrong)?;
        if again.permit.number.to_string() != *number {
            return Err(format!("{number} was told, and now it is {}", again.permit.number));
        }
    }
    for job in journal.unfinished_print_jobs().map_err(wrong)? {
        // Certainly not printed, so it is printed now; what may have come out is a person's question.
        if job.step == PrintStep::Queued {
            journal.print_step(job.job, PrintStep::Sent).map_err(wrong)?;
            world.paper.extend(job.serial.map(|serial| serial.to_string()));
        }
    }
    let new = application(1_000_000);
    let issued = journal.issue(food_seller(new)).map_err(wrong)?;
    world.told.push((new.to_string(), issued.permit.number.to_string()));
    journal.close();
    checker.judge(&folder.join("journal.db"), None, &world)
}

#[test]
fn a_power_cut_at_any_write_loses_nothing_that_was_told_and_repeats_nothing() {
    let deeds = trace();
    let (folder, mut checker) = (folder(), Checker::start());
    let count = times("KIOSK_POWER_CUTS", 1000);
    let (mut told, mut begun) = (0, 0);
    at_cuts(&deeds, Disk::default(), count, |disk, world, cut| {
        let files = disk.cut(&mut Random(cut as u64));
        lay_out(&files, folder.path());
        if let Err(wrong) = morning(folder.path(), world, &mut checker) {
            panic!("cut {cut} of {count}, {} deeds: {wrong}", deeds.len());
        }
        told += world.told.len();
        begun += usize::from(world.told.is_empty());
    });
    println!("{count} cuts in {} deeds, {told} times a permit was told before", deeds.len());
    assert!(told > 0 && begun > 0, "the cuts miss the beginning or the day");
}

#[test]
fn a_disk_that_lies_about_its_syncs_is_found_out() {
    let deeds = trace();
    let (folder, mut checker) = (folder(), Checker::start());
    let mut found = Vec::new();
    at_cuts(&deeds, Disk::lying_about(".db-wal"), 200, |disk, world, cut| {
        let files = disk.cut(&mut Random(cut as u64));
        lay_out(&files, folder.path());
        found.extend(morning(folder.path(), world, &mut checker).err());
    });
    let lost = found.iter().filter(|wrong| wrong.contains("was told")).count();
    assert!(lost > 20, "of 200 cuts of a disk that lies {lost} lost something told: {found:#?}");
}

/// What the checker must find, and by which word.
#[test]
fn the_checker_finds_every_kind_of_loss() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::provision(settings_in(folder.path()), Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, NUMBERS)).unwrap();
    (1..=4).for_each(|number| visit(&journal, number, folder.path()));
    journal.close();
    let path: PathBuf = folder.path().join("journal.db");
    let whole = std::fs::read(&path).unwrap();
    let lines = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let pair = |line: &String| {
        let (id, number) = line.split_once(' ').unwrap();
        (id.to_owned(), number.to_owned())
    };
    let world = World {
        told: lines(TOLD).iter().map(pair).collect(),
        paper: lines(PAPER),
        pictures: Vec::new(),
    };
    let mut checker = Checker::start();
    checker.check(&path, None, &world);

    let with = |change: &dyn Fn(&mut World)| {
        let mut changed = world.clone();
        change(&mut changed);
        changed
    };
    for (world, word) in [
        (with(&|w| w.told.push(("00".repeat(16), "JY1".to_owned()))), "is not issued"),
        (with(&|w| w.told[0].1 = w.told[1].1.clone()), "is not issued"),
        (with(&|w| w.paper.push("K03-1-999999".to_owned())), "nobody issued it"),
        (with(&|w| w.paper.push(w.paper[0].clone())), "came out twice"),
    ] {
        let wrong = checker.judge(&path, None, &world).unwrap_err();
        assert!(wrong.contains(word), "{wrong}");
    }
    let issued = "(SELECT max(position) FROM record WHERE text LIKE '%\"kind\":\"issued\"%')";
    let drop = "DROP TRIGGER record_is_never_deleted; DROP TRIGGER record_is_never_updated;
                PRAGMA foreign_keys = OFF;";
    for (sql, word) in [
        ("DELETE FROM record WHERE position = 5".to_owned(), "missing or misplaced"),
        (format!("DELETE FROM record WHERE position >= {issued}"), "is not issued"),
        (
            "UPDATE record SET text = replace(text, 'answered', 'down') WHERE position = 2"
                .to_owned(),
            "does not follow",
        ),
        (
            "UPDATE record SET position = position + 1000 WHERE position > 5".to_owned(),
            "missing or misplaced",
        ),
    ] {
        std::fs::write(&path, &whole).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(&format!("{drop} {sql};")).unwrap();
        connection.close().unwrap();
        let wrong = checker.judge(&path, None, &world).unwrap_err();
        assert!(wrong.contains(word), "{sql}: {wrong}");
    }
    // A page overwritten by nonsense.
    let mut torn = whole.clone();
    let page = torn.len() / 4096 / 2 * 4096;
    torn[page..page + 512].fill(0x55);
    std::fs::write(&path, torn).unwrap();
    checker.judge(&path, None, &world).unwrap_err();
}
