//! A kiosk as a benchmark needs it: keys made from one byte, applications by number, journals filled
//! without a sync for each record.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use permit_kiosk_bench_journal::clock::SystemClock;
use permit_kiosk_bench_journal::domain::{
    Applicant, ApplicationId, Decision, Grant, Holder, IdentitySource, Issuer, PermitDraft, Private,
    Promise, ServiceCode, Sex, Signature, Stroke, Uscc, Verdict,
};
use permit_kiosk_bench_journal::journal::{
    Case, ElicenceTypes, Head, IssueRequest, Journal, Prefixes, Settings,
};
use permit_kiosk_bench_journal::seal::{LogOrigin, Profile, SigningKey, VaultKey};
use permit_kiosk_bench_journal::wire::v1::{
    BlockGrant, Body, Document, EditionActivated, Hash, KioskId, PrintStep, Printed, Record,
    SessionEnded, SignedBlock, SignedRecord,
};
use sha2::{Digest as _, Sha256};

pub(crate) const SERIES: &str = "food/1/370303";

pub(crate) fn kiosk_id() -> KioskId {
    KioskId::parse("zd-k01").unwrap()
}

fn central_key() -> SigningKey {
    SigningKey::generate(Profile::Ed25519, &[3; 32])
}

/// As a kiosk is set up, with seals by SM2.
pub(crate) fn settings(folder: &Path) -> Settings {
    let elicence_type = |digits: &str| format!("11100000MB0143028R{digits}");
    Settings {
        path: folder.join("journal.db"),
        mark: folder.join("journal.mark"),
        kiosk: kiosk_id(),
        incarnation: 1,
        boot_id: "b5f0a1c2".to_owned(),
        device_key: SigningKey::generate(Profile::Ed25519, &[1; 32]),
        seal_key: SigningKey::generate(Profile::Sm2, &[2; 32]),
        vault_key: VaultKey::new([4; 32]),
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
        clock: Arc::new(SystemClock),
        bytes_max: Settings::BYTES_MAX,
        ballast_bytes: 0,
        on_milestone: None,
    }
}

pub(crate) fn leased(block: u64, size: u64) -> SignedBlock {
    let (first, last) = BlockGrant::range(block, size).unwrap();
    let grant = BlockGrant {
        format: BlockGrant::FORMAT.to_owned(),
        series: SERIES.to_owned(),
        block,
        first,
        last,
        kiosk: kiosk_id(),
        incarnation: 1,
        granted_at: Timestamp::UNIX_EPOCH,
    };
    SignedBlock::sign(grant.to_text(), &central_key())
}

pub(crate) fn application(number: u32) -> ApplicationId {
    let mut bits = [0; 16];
    bits[..4].copy_from_slice(&number.to_be_bytes());
    ApplicationId::from_random(bits)
}

/// A food seller's licence, with the facts document of a usual application in length.
pub(crate) fn issue_request(application: ApplicationId) -> IssueRequest {
    let facts = format!(r#"{{"application":{{"service":"food/new","answers":"{}"}}}}"#, "x".repeat(2000));
    let strokes = (0..6).map(|n| Stroke((0..40).map(|at| (n * 30 + at, at * 5)).collect()));
    let case = Case {
        application,
        service: ServiceCode::FoodNew,
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
        decision: Decision {
            verdict: Verdict::Issue,
            code: "ALL_CLEAR".to_owned(),
            findings: Vec::new(),
            rule_set: "R2025".to_owned(),
            edition: "zhangdian 2026.11".to_owned(),
            edition_digest: "ab".repeat(32),
            facts_digest: hex::encode(Sha256::digest(&facts)),
            today: jiff::civil::date(2026, 11, 23),
        },
        facts: Private::new(facts),
        promise: Some(Promise {
            text_version: "food-new/1".to_owned(),
            text_digest: "cd".repeat(32),
            reading_ms: 12_000,
            signed_at: Timestamp::UNIX_EPOCH,
            signature: Signature { strokes: strokes.collect() },
        }),
        documents: vec![Document::Original, Document::Copy, Document::Receipt],
    };
    let draft = PermitDraft {
        application,
        holder: Holder {
            name: "张店区好滋味食品店".to_owned(),
            uscc: Uscc::parse("92370303MAXX01018Y").unwrap(),
            legal_representative: "李测试".to_owned(),
            address: "淄博市张店区人民西路9号".to_owned(),
        },
        premises: "淄博市张店区人民西路9号".to_owned(),
        grant: Grant::Food {
            subject: "食品销售经营者".to_owned(),
            items: vec!["散装食品销售".to_owned()],
        },
        issuer: Issuer {
            name: "淄博市张店区行政审批服务局".to_owned(),
            uscc: Uscc::parse("11370303MBXX09005U").unwrap(),
        },
        division: "370303".to_owned(),
        kept: None,
    };
    IssueRequest { case, draft }
}

/// Records that mean nothing to the permit book beyond standing in their place: the steps of papers, ends
/// of visits. The first activates an edition.
pub(crate) struct Chain {
    key: SigningKey,
    position: u64,
    previous: Hash,
}

impl Chain {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key, position: 0, previous: Hash::ZERO }
    }
}

impl Iterator for Chain {
    type Item = (u64, SignedRecord);

    fn next(&mut self) -> Option<Self::Item> {
        self.position += 1;
        let application = application(u32::try_from(self.position / 4).unwrap());
        let body = match self.position {
            1 => Body::EditionActivated(EditionActivated {
                name: "zhangdian".to_owned(),
                channel: "all".to_owned(),
                epoch: 1,
                version: 7,
                digest: "ab".repeat(32),
                issued: jiff::civil::date(2026, 11, 1),
                signed_by: vec!["publisher-1".to_owned(), "publisher-3".to_owned()],
            }),
            at if at % 4 == 0 => Body::SessionEnded(SessionEnded {
                screen: "done".to_owned(),
                took_ms: 213_000,
                failed_reads: 1,
                unanswered: 0,
                steps: [("identifying".to_owned(), 9_000), ("filling".to_owned(), 41_000)].into(),
            }),
            at => Body::Printed(Printed {
                job: at,
                application,
                document: Document::Original,
                serial: Some(format!("K03-1-{at:06}")),
                seal: None,
                step: if at % 4 == 1 {
                    PrintStep::Sent
                } else {
                    let evidence = format!("page counter {at} -> {}", at + 1);
                    PrintStep::Confirmed { evidence }
                },
                counts: None,
            }),
        };
        let record = Record {
            format: Record::FORMAT.to_owned(),
            kiosk: kiosk_id(),
            incarnation: 1,
            position: self.position,
            at: Timestamp::from_millisecond(1_790_000_000_000).unwrap(),
            monotonic_ms: self.position * 100,
            boot_id: "b5f0a1c2".to_owned(),
            previous: self.previous,
            body,
        };
        let signed = SignedRecord::sign(record.to_text(), &self.key);
        self.previous = signed.hash();
        Some((self.position, signed))
    }
}

/// A journal of the kiosk in `folder` with so many records, written in one transaction.
pub(crate) fn fill(folder: &Path, records: u64) {
    fill_with(settings(folder), records);
}

pub(crate) fn fill_with(settings: Settings, records: u64) {
    Journal::provision(settings.clone(), Head::START).unwrap().close();
    let mut connection = rusqlite::Connection::open(&settings.path).unwrap();
    let transaction = connection.transaction().unwrap();
    let mut last = (0, Hash::ZERO);
    let mut insert = transaction.prepare("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?5, NULL)").unwrap();
    let count = usize::try_from(records).unwrap();
    for (position, signed) in Chain::new(settings.device_key.clone()).take(count) {
        last = (position, signed.hash());
        let row = (
            i64::try_from(position).unwrap(),
            signed.record.reveal(),
            &signed.signature,
            last.1.as_bytes(),
            1_790_000_000_000_i64,
        );
        insert.execute(row).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_row| Ok(())).unwrap();
    let mark = serde_json::json!({
        "kiosk": kiosk_id(), "incarnation": 1, "position": last.0, "hash": last.1,
    });
    std::fs::write(&settings.mark, mark.to_string()).unwrap();
}
