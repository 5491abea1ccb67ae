//! The journal: issued once, gap-free, never lost, whatever stops the process.

mod blanks; // numbered sheets and their trays
mod chain; // a changed byte is found
mod condition; // a slow disk, a log that grows, a mark that cannot be written
mod clock; // set forwards, set back, wrong for years
mod crash; // the process stops itself at every point of the straight line
mod file; // missing, damaged, foreign, full, in use
mod issuing; // numbers, dates, seals, refusals
mod mark; // an old image of the disk is noticed
mod printing; // sheets and their steps
mod revocations; // a revoked permit is not printed, changed, renewed
mod vault; // envelopes, their keys, and forgetting

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use permit_kiosk::clock::SimulatedClock;
use permit_kiosk::domain::{
    Action, Applicant, ApplicationId, Decision, Grant, Holder, IdentitySource, Issuer, PermitDraft,
    Private, Promise, Series, ServiceCode, Sex, Signature, Stroke, Uscc, Verdict,
};
use permit_kiosk::journal::{
    Case, ElicenceTypes, Error, Head, IssueRequest, Journal, Placed, Prefixes, Reader, Settings,
};
use permit_kiosk::seal::{DataKey, LogOrigin, Profile, SigningKey, VaultKey};
use permit_kiosk::wire::v1::{
    self, BlockGrant, Body, Document, Hash, Issued, KioskId, Record, Revocation, SignedBlock,
    api::SignedText,
};
use sha2::{Digest as _, Sha256};

pub(crate) const NOON: &str = "2026-11-23T04:00:00Z";
pub(crate) const FOOD_SELLERS: &str = "food/1/370303";

/// A kiosk's journal in a folder of its own.
pub(crate) struct Kiosk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: SimulatedClock,
    pub(crate) journal: Journal,
}

impl Kiosk {
    /// A new kiosk without numbers.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = clock();
        let journal = Journal::provision(settings(folder.path(), &clock), Head::START).unwrap();
        Self { folder, clock, journal }
    }

    /// A new kiosk with the first block of `size` numbers of the food sellers.
    pub(crate) fn with_numbers(size: u64) -> Self {
        let kiosk = Self::new();
        kiosk.lease(FOOD_SELLERS, 0, size);
        kiosk
    }

    pub(crate) fn lease(&self, series: &str, block: u64, size: u64) {
        self.journal.install_block(leased(series, block, size)).unwrap();
    }

    pub(crate) fn settings(&self) -> Settings {
        settings(self.folder.path(), &self.clock)
    }

    /// The clock shows another time, and central says that it is right.
    pub(crate) fn time_is(&self, text: &str) {
        self.clock.set(at(text));
        self.journal.compare_clock(0).unwrap();
    }

    /// Closes and opens again, as after a restart.
    pub(crate) fn reopened(self) -> Self {
        let Self { folder, clock, journal } = self;
        journal.close();
        let journal = Journal::open(settings(folder.path(), &clock)).unwrap();
        Self { folder, clock, journal }
    }

    pub(crate) fn issue(&self, application: u8) -> Result<String, Error> {
        self.journal
            .issue(food_seller(id(application)))
            .map(|issued| issued.permit.number.to_string())
    }

    /// What a test ends with: the chain is whole, and the numbers issued and voided are the first of
    /// their blocks, each once. Returns the bodies of all records.
    #[track_caller]
    pub(crate) fn check(&self) -> Vec<Body> {
        check_file(&self.folder.path().join("journal.db"))
    }
}

/// A disk restored from a backup: journal, vault and mark as they were then.
pub(crate) fn restore(backup: &Path, vault: &Path, to: &Path) {
    let copy = to.join("journal.db");
    std::fs::copy(backup, &copy).unwrap();
    for file in ["journal.keys", "journal.keys-wal"] {
        std::fs::copy(vault.join(file), to.join(file)).unwrap();
    }
    let head = Reader::open(&copy).unwrap().head().unwrap();
    let mark = serde_json::json!({
        "kiosk": kiosk_id(), "incarnation": 1, "position": head.position, "hash": head.hash,
    });
    std::fs::write(to.join("journal.mark"), mark.to_string()).unwrap();
}

/// All records of a journal with the keys to their envelopes.
pub(crate) fn records(path: &Path) -> Vec<Placed> {
    let reader = Reader::open(path).unwrap().with_vault(path, vault_key()).unwrap();
    reader.records(0, 1_000_000, usize::MAX).unwrap()
}

/// The permit in an `issued` record of the journal.
pub(crate) fn opened_permit(path: &Path, issued: &Issued) -> v1::Permit {
    issued.open(&kiosk_id(), &data_key(path, issued.application)).unwrap()
}

/// The data key of an application.
pub(crate) fn data_key(path: &Path, application: ApplicationId) -> DataKey {
    let keys = records(path).into_iter().filter_map(|placed| placed.key);
    keys.filter(|key| key.application == application).map(|key| key.key).next().unwrap()
}

/// See [`Kiosk::check`].
#[track_caller]
pub(crate) fn check_file(path: &Path) -> Vec<Body> {
    let reader = Reader::open(path).unwrap();
    let head = reader.verify(&device_key().verifying_key()).unwrap().unwrap();
    let records = reader.records(0, 1_000_000, usize::MAX).unwrap();
    assert_eq!(head, reader.head().unwrap());
    assert_eq!(u64::try_from(records.len()).unwrap(), head.position);
    let bodies: Vec<Body> = records
        .iter()
        .map(|placed| Record::read(placed.record.record.reveal()).unwrap().body)
        .collect();
    check_numbers(&bodies);
    bodies
}

#[track_caller]
fn check_numbers(bodies: &[Body]) {
    let mut used = std::collections::BTreeMap::<&str, Vec<u64>>::new();
    let mut leased = std::collections::BTreeMap::<&str, std::collections::BTreeSet<u64>>::new();
    let mut applications = std::collections::BTreeSet::new();
    for body in bodies {
        match body {
            Body::BlockInstalled(block) => {
                leased.entry(&block.series).or_default().extend(block.first..=block.last);
            }
            Body::Issued(issued) => {
                // What keeps its number uses up none.
                if issued.service.action() == Action::New {
                    used.entry(&issued.series).or_default().push(issued.sequence);
                }
                assert!(applications.insert(issued.application), "issued twice: {issued:?}");
            }
            Body::NumberVoided(voided) => {
                used.entry(&voided.series).or_default().push(voided.sequence);
            }
            Body::NumbersReturned(back) => {
                used.entry(&back.series).or_default().extend(back.first..=back.last);
            }
            Body::Started(_)
            | Body::LookedUp(_)
            | Body::Decided(_)
            | Body::Printed(_)
            | Body::DataReceipt(_)
            | Body::Rated(_)
            | Body::EditionActivated(_)
            | Body::EditionRefused(_)
            | Body::Faulted(_)
            | Body::SessionEnded(_)
            | Body::MaintenanceSignedIn(_)
            | Body::MaintenanceRefused(_)
            | Body::MaintenanceSignedOut(_)
            | Body::MaintenanceSettled(_)
            | Body::MaintenanceEmptied(_)
            | Body::MaintenanceConfigured(_)
            | Body::MaintenanceTested(_)
            | Body::MaintenanceExported(_)
            | Body::BlanksCounted(_)
            | Body::BlanksSpent(_) => {}
        }
    }
    for (series, mut numbers) in used {
        numbers.sort_unstable();
        let expected: Vec<u64> = leased[series].iter().copied().take(numbers.len()).collect();
        assert_eq!(numbers, expected, "the numbers of {series} have a gap or a repetition");
    }
}

pub(crate) fn clock() -> SimulatedClock {
    SimulatedClock::new(NOON.parse().unwrap())
}

pub(crate) fn device_key() -> SigningKey {
    SigningKey::generate(Profile::Ed25519, &[1; 32])
}

pub(crate) fn seal_key() -> SigningKey {
    SigningKey::generate(Profile::Sm2, &[2; 32])
}

pub(crate) fn central_key() -> SigningKey {
    SigningKey::generate(Profile::Ed25519, &[3; 32])
}

pub(crate) fn vault_key() -> VaultKey {
    VaultKey::new([4; 32])
}

pub(crate) fn kiosk_id() -> KioskId {
    KioskId::parse("zhangdian-03").unwrap()
}

pub(crate) fn settings(folder: &Path, clock: &SimulatedClock) -> Settings {
    let elicence_type = |digits: &str| format!("11100000MB0143028R{digits}");
    Settings {
        path: folder.join("journal.db"),
        mark: folder.join("journal.mark"),
        kiosk: kiosk_id(),
        incarnation: 1,
        boot_id: "b5f0a1c2".to_owned(),
        device_key: device_key(),
        seal_key: seal_key(),
        vault_key: vault_key(),
        central_key: central_key().verifying_key(),
        log_origin: LogOrigin::parse("permits.zhangdian.gov.cn/log").unwrap(),
        serial_prefix: "K03".to_owned(),
        prefixes: Prefixes {
            hygiene: "张审卫公证".to_owned(),
            hygiene_filing: "张卫公备".to_owned(),
            combined: "张行综".to_owned(),
        },
        elicence_types: ElicenceTypes {
            food: elicence_type("011"),
            filing: elicence_type("012"),
            hygiene: elicence_type("013"),
            hygiene_filing: elicence_type("014"),
            combined: elicence_type("015"),
        },
        clock: Arc::new(clock.clone()),
        bytes_max: Settings::BYTES_MAX,
        ballast_bytes: 0,
        on_milestone: None,
    }
}

pub(crate) fn leased(series: &str, block: u64, size: u64) -> SignedBlock {
    let (first, last) = BlockGrant::range(block, size).unwrap();
    let grant = BlockGrant {
        format: BlockGrant::FORMAT.to_owned(),
        series: series.to_owned(),
        block,
        first,
        last,
        kiosk: kiosk_id(),
        incarnation: 1,
        granted_at: NOON.parse().unwrap(),
    };
    SignedBlock::sign(grant.to_text(), &central_key())
}

/// The revocation of a permit, behind the one before.
pub(crate) fn revocation(
    before: Option<&SignedText>,
    permit: &str,
    key: &SigningKey,
) -> SignedText {
    let number = before.map_or(0, |act| Revocation::read(&act.text).unwrap().number) + 1;
    let act = Revocation {
        format: Revocation::FORMAT.to_owned(),
        number,
        previous: before.map_or(Hash::ZERO, |act| Hash::of(act.text.as_bytes())),
        permit: permit.to_owned(),
        elicence: "E1".to_owned(),
        reason: "以欺骗手段取得".to_owned(),
        by: "officer 7".to_owned(),
        at: at(NOON),
    };
    SignedText::sign(Revocation::SIGNATURE_CONTEXT, act.to_text(), key)
}

pub(crate) fn id(application: u8) -> ApplicationId {
    ApplicationId::from_random([application; 16])
}

pub(crate) fn series(name: &str) -> Series {
    Series::parse(name).unwrap()
}

pub(crate) fn food_seller(application: ApplicationId) -> IssueRequest {
    request(
        application,
        ServiceCode::FoodNew,
        Grant::Food {
            subject: "食品销售经营者".to_owned(),
            items: vec!["散装食品销售".to_owned()],
        },
    )
}

pub(crate) fn request(
    application: ApplicationId,
    service: ServiceCode,
    grant: Grant,
) -> IssueRequest {
    let files = matches!(grant, Grant::Filing { .. } | Grant::HygieneFiling { .. });
    let case = case(application, service, if files { Verdict::File } else { Verdict::Issue });
    let draft = PermitDraft {
        application,
        holder: Holder {
            name: "张店区好滋味食品店".to_owned(),
            uscc: Uscc::parse("92370303MAXX01018Y").unwrap(),
            legal_representative: "李测试".to_owned(),
            address: "淄博市张店区人民西路9号".to_owned(),
        },
        premises: "淄博市张店区人民西路9号".to_owned(),
        grant,
        issuer: Issuer {
            name: "淄博市张店区行政审批服务局".to_owned(),
            uscc: Uscc::parse("11370303MBXX09005U").unwrap(),
        },
        division: "370303".to_owned(),
        kept: None,
    };
    IssueRequest { case, draft }
}

pub(crate) fn case(application: ApplicationId, service: ServiceCode, verdict: Verdict) -> Case {
    let facts = r#"{"application":{"service":"food/new"}}"#;
    Case {
        application,
        service,
        applicant: Applicant {
            name: Private::new("李测试".to_owned()),
            id_digest: "5f".repeat(32),
            id_masked: "370303********9988".to_owned(),
            sex: Sex::Female,
            birth: Private::new(jiff::civil::date(1990, 1, 1)),
            valid_to: None,
            source: IdentitySource::Card,
            document: "resident",
        },
        business: None,
        facts: Private::new(facts.to_owned()),
        decision: Decision {
            verdict,
            code: "ALL_CLEAR".to_owned(),
            findings: Vec::new(),
            rule_set: "R2025".to_owned(),
            edition: "zhangdian 2026.11".to_owned(),
            edition_digest: "ab".repeat(32),
            facts_digest: hex::encode(Sha256::digest(facts)),
            today: jiff::civil::date(2026, 11, 23),
        },
        promise: Some(Promise {
            text_version: "food-new/1".to_owned(),
            text_digest: "cd".repeat(32),
            reading_ms: 12_000,
            signed_at: NOON.parse().unwrap(),
            signature: Signature { strokes: vec![Stroke(vec![(100, 200), (110, 210)])] },
        }),
        documents: vec![Document::Original, Document::Copy, Document::Receipt],
    }
}

/// A case an officer decides: only a slip is printed.
pub(crate) fn referred(application: ApplicationId) -> Case {
    let case = case(application, ServiceCode::FoodNew, Verdict::Refer);
    Case { documents: vec![Document::Slip], ..case }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
