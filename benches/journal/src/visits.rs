//! A hundred thousand visits through one journal: its process must not grow with them.

use permit_kiosk_bench_journal::domain::ServiceCode;
use permit_kiosk_bench_journal::journal::{Head, Journal, Settings};
use permit_kiosk_bench_journal::seal::{Profile, SigningKey};
use permit_kiosk_bench_journal::wire::v1::{
    Body, LookUp, LookUpOutcome, LookedUpPersonal, PrintStep, Rated, Register, SessionEnded,
};

use crate::Table;
use crate::kiosk::{application, issue_request, leased, settings};

const VISITS: u32 = 100_000;
const EARLY: u32 = 10_000;
const BLOCK: u32 = 10_000;
/// SQLite's page caches are full long before; what else grows with a visit would show as much more: a
/// hundred bytes a visit are 9 MB.
const GROWTH_KIB_MAX: u64 = 4 * 1024;

pub(crate) fn memory(table: &mut Table) {
    // In memory: a hundred thousand visits are a million commits, and here no time is measured.
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let seal_key = SigningKey::generate(Profile::Ed25519, &[2; 32]);
    let settings = Settings { seal_key, ..settings(folder.path()) };
    let journal = Journal::provision(settings, Head::START).unwrap();
    let mut early = 0;
    for number in 0..VISITS {
        if number % BLOCK == 0 {
            journal.install_block(leased(u64::from(number / BLOCK), u64::from(BLOCK))).unwrap();
        }
        visit(&journal, number);
        if number + 1 == EARLY {
            early = resident_kib();
        }
    }
    let late = resident_kib();
    table.told("resident after 10,000 visits", &format!("{early} KiB"));
    table.told("resident after 100,000 visits", &format!("{late} KiB"));
    let grown = late.saturating_sub(early);
    let limit = format!("<= {GROWTH_KIB_MAX} KiB");
    table.limit("grown with 90,000 visits", &format!("{grown} KiB"), &limit, grown <= GROWTH_KIB_MAX);
    journal.close();
}

fn visit(journal: &Journal, number: u32) {
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
    let issued = journal.issue(issue_request(id)).unwrap();
    for job in issued.print_jobs {
        journal.print_step(job.job, PrintStep::Sent).unwrap();
        let evidence = "page counter 1 -> 2".to_owned();
        journal.print_step(job.job, PrintStep::Confirmed { evidence }).unwrap();
    }
    journal.record(Body::Rated(Rated { application: id, grade: 5 })).unwrap();
    let ended =
        SessionEnded {
            screen: "done".to_owned(),
            took_ms: 1,
            failed_reads: 0,
            unanswered: 0,
            steps: [("done".to_owned(), 1)].into(),
        };
    journal.record(Body::SessionEnded(ended)).unwrap();
    let after = journal.outbox_state().unwrap().acknowledged;
    let records = journal.outbox(after, 1000, usize::MAX).unwrap();
    let last = records.last().unwrap();
    journal.acknowledge(last.position, last.record.hash()).unwrap();
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
