//! Disks that are full, read-only or gone: nothing is half issued, and the work goes on by itself when there
//! is room again. On a small disk of its own, which only the superuser can mount.

use std::path::{Path, PathBuf};
use std::process::Command;

use permit_kiosk::journal::{Error, Head, Journal, Settings};

use super::cuts::{BROKEN, TOLD, under_disk};
use super::{Checker, World};
use crate::journal::{FOOD_SELLERS, clock, food_seller, id, leased, settings};

/// A disk of 4 MiB in memory.
pub(crate) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None`, and said so, where mounting is refused.
    pub(crate) fn mount() -> Option<Self> {
        let disk = Self(tempfile::tempdir().unwrap());
        if disk.run("mount", &["-t", "tmpfs", "-o", "size=4m", "tmpfs"]) {
            return Some(disk);
        }
        crate::skipped::here("no small disk can be mounted here (not the superuser?)");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn remount(&self, how: &str) {
        assert!(self.run("mount", &["-o", &format!("remount,{how}")]));
    }

    /// It is gone, as a stick is that somebody pulls out: the folder it was mounted on stays.
    pub(crate) fn pull_out(&self) {
        assert!(self.run("umount", &["-l"]));
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let done = Command::new(program).args(arguments).arg(self.path()).output();
        done.is_ok_and(|output| output.status.success())
    }

    /// Fills the disk to the last page; removed, there is room again.
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.path().join("somebody's-video");
        let mut bytes = Vec::new();
        loop {
            let longer = vec![7; bytes.len() + 4096];
            if std::fs::write(&path, &longer).is_err() {
                // What a failed write has taken it keeps.
                return path;
            }
            bytes = longer;
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.run("umount", &["-l"]);
    }
}

/// The journal on the small disk; its mark lies elsewhere, as it should.
fn settings_on(disk: &SmallDisk, mark: &Path, ballast_bytes: u64) -> Settings {
    Settings { mark: mark.join("journal.mark"), ballast_bytes, ..settings(disk.path(), &clock()) }
}

fn told(world: &mut World, application: u8, number: impl ToString) {
    world.told.push((id(application).to_string(), number.to_string()));
}

#[test]
fn a_full_disk_issues_nothing_half_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let journal = Journal::provision(settings_on(&disk, elsewhere.path(), 0), Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, 100)).unwrap();
    let mut world = World::default();
    let issue = |journal: &Journal, application: u8| {
        journal.begin(id(application))?;
        journal.issue(food_seller(id(application)))
    };
    told(&mut world, 1, issue(&journal, 1).unwrap().permit.number);
    let video = disk.fill();
    let mut refused = 0;
    for application in 2..30 {
        match issue(&journal, application) {
            Ok(issued) => told(&mut world, application, issued.permit.number),
            Err(Error::DiskFull { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0, "the disk was never full");
    // What exists can be read all the while.
    assert!(journal.find_issued(id(1)).unwrap().is_some());
    std::fs::remove_file(video).unwrap();
    journal.recover().unwrap();
    told(&mut world, 30, issue(&journal, 30).unwrap().permit.number);
    journal.close();
    Checker::start().check(&disk.path().join("journal.db"), None, &world);
}

#[test]
fn the_room_held_back_lets_what_was_begun_be_ended() {
    let Some(disk) = SmallDisk::mount() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let settings = settings_on(&disk, elsewhere.path(), 1024 * 1024);
    let ballast = disk.path().join("journal.db.ballast");
    let journal = Journal::provision(settings.clone(), Head::START).unwrap();
    assert_eq!(std::fs::metadata(&ballast).unwrap().len(), 1024 * 1024);
    journal.install_block(leased(FOOD_SELLERS, 0, 100)).unwrap();
    (1..=9).for_each(|application| journal.begin(id(application)).unwrap());
    let video = disk.fill();
    let mut world = World::default();
    for application in 1..=9 {
        let issued = journal.issue(food_seller(id(application))).unwrap();
        told(&mut world, application, issued.permit.number);
    }
    assert!(!ballast.exists(), "it was not needed");
    journal.close();
    // Taken aboard again at the next start with room.
    std::fs::remove_file(video).unwrap();
    Journal::open(settings).unwrap().close();
    assert!(ballast.exists());
    Checker::start().check(&disk.path().join("journal.db"), None, &world);
}

#[test]
fn a_disk_that_becomes_read_only_stops_the_kiosk_and_not_for_good() {
    let Some(disk) = SmallDisk::mount() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let settings = settings_on(&disk, elsewhere.path(), 0);
    let journal = Journal::provision(settings.clone(), Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, 100)).unwrap();
    let mut world = World::default();
    told(&mut world, 1, journal.issue(food_seller(id(1))).unwrap().permit.number);
    journal.close();
    disk.remount("ro");
    let error = Journal::open(settings.clone()).unwrap_err();
    assert!(!matches!(error, Error::Damaged { .. }), "{error}");
    disk.remount("rw");
    let journal = Journal::open(settings).unwrap();
    told(&mut world, 2, journal.issue(food_seller(id(2))).unwrap().permit.number);
    journal.close();
    Checker::start().check(&disk.path().join("journal.db"), None, &world);
}

/// In the child's working folder: the folder of its disk.
const PLAN: &str = "permit-kiosk-broken-plan";

/// Runs in a child under `disk.c`, where there is a plan.
#[test]
fn a_day_on_a_dying_disk() {
    let Ok(folder) = std::fs::read_to_string(PLAN) else { return };
    let folder = Path::new(&folder);
    let settings = settings(folder, &clock());
    let journal = Journal::provision(settings, Head::START).unwrap();
    journal.install_block(leased(FOOD_SELLERS, 0, 100)).unwrap();
    (1..=4).for_each(|application| journal.begin(id(application)).unwrap());
    let mut told = Vec::new();
    let mut issue = |application: u8| -> Result<(), Error> {
        let issued = journal.issue(food_seller(id(application)))?;
        told.push(format!("{} {}", id(application), issued.permit.number));
        Ok(())
    };
    issue(1).unwrap();
    std::fs::write(BROKEN, "").unwrap();
    let error = issue(2).unwrap_err();
    assert!(matches!(error, Error::Database { .. }), "{error}");
    // Nobody knows what became of it: nothing is tried on top of that, whatever the disk does now.
    std::fs::remove_file(BROKEN).unwrap();
    let error = issue(3).unwrap_err();
    assert!(matches!(error, Error::InDoubt), "{error}");
    // Still broken: opening it anew does not help yet, and does no harm.
    std::fs::write(BROKEN, "").unwrap();
    journal.recover().unwrap_err();
    std::fs::remove_file(BROKEN).unwrap();
    journal.recover().unwrap();
    (2..=4).for_each(|application| issue(application).unwrap());
    std::fs::write(TOLD, told.join("\n")).unwrap();
    journal.close();
}

#[test]
fn after_a_commit_that_failed_the_journal_is_opened_anew_and_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("disk");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(place.path().join(PLAN), folder.to_str().unwrap()).unwrap();
    let module = module_path!().split_once("::").unwrap().1;
    under_disk(&format!("{module}::a_day_on_a_dying_disk"), place.path(), &folder);
    let text = std::fs::read_to_string(place.path().join(TOLD)).unwrap();
    let told = text.lines().map(|line| {
        let (id, number) = line.split_once(' ').unwrap();
        (id.to_owned(), number.to_owned())
    });
    let world = World { told: told.collect(), ..World::default() };
    assert_eq!(world.told.len(), 4);
    Checker::start().check(&folder.join("journal.db"), None, &world);
}
