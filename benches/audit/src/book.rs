//! The records of one kiosk as its journal has them, visit after visit decided by the rules and, where
//! that comes of it, issued, printed and rated. Making them is not measured.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use permit_kiosk_bench_audit::audit::{Asked, Keys, Life, Order, Source, Trust, Writer};
use permit_kiosk_bench_audit::domain::{
    ApplicationId, ElicenceId, FoodLicenceNumber, Grant, Holder, Issuer, Permit, PermitNumber,
    ServiceCode, Uscc,
};
use permit_kiosk_bench_audit::rules::{Case, Rulebook, canonical_json, decide_document};
use permit_kiosk_bench_audit::seal::{
    AuditorKey, Claims, CopySerial, DataKey, LogOrigin, NONCE_BYTES, Profile, Seal, SigningKey,
};
use permit_kiosk_bench_audit::wire::v1::{
    self, Applicant, BlockGrant, BlockInstalled, Body, BusinessName, Closing, Decided,
    DecidedPersonal, Decision, Document, EditionManifest, Hash, Issued, KioskId, LookUp,
    LookUpOutcome, LookedUp, LookedUpPersonal, Personal, PrintStep, Printed, Publishers, Rated,
    Record, Register, SessionEnded, Sheet, SignedBlock, SignedEdition, SignedRecord,
};
use rusqlite::Connection;
use serde_json::Value;

const SERIES: &str = "food/1/370303";
const AT: &str = "2026-11-23T04:00:00.123Z";
/// The day of all of it.
const TODAY: Date = date(2026, 11, 23);

/// Records of one kiosk in an SQLite file, as its journal has them.
pub(crate) struct Book {
    pub(crate) path: PathBuf,
    pub(crate) auditor: AuditorKey,
    device: SigningKey,
    seal: SigningKey,
    central: SigningKey,
    publishers: [SigningKey; 2],
    edition: SignedEdition,
    rulebook: Rulebook,
    grants: Vec<SignedBlock>,
}

impl Book {
    pub(crate) fn make(path: &Path, records: u64) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kiosk-config/rulebook");
        let files = read(&folder);
        let rulebook = Rulebook::load(&files).unwrap_or_else(|problems| panic!("{problems}"));
        let publishers = [1, 2].map(|n| SigningKey::generate(Profile::Ed25519, &[n; 32]));
        let manifest = EditionManifest::describe(&rulebook, &files, "all");
        let mut edition = SignedEdition::unsigned(&manifest, files);
        publishers.iter().for_each(|key| edition.sign(key));
        let mut book = Self {
            path: path.to_owned(),
            auditor: AuditorKey::generate(&[9; 32]),
            device: SigningKey::generate(Profile::Ed25519, &[3; 32]),
            seal: SigningKey::generate(Profile::Sm2, &[4; 32]),
            central: SigningKey::generate(Profile::Ed25519, &[5; 32]),
            publishers,
            edition,
            rulebook,
            grants: Vec::new(),
        };
        let mut making = Making::new(&book, path);
        making.all(records);
        book.grants = making.grants;
        book
    }

    pub(crate) fn trust(&self) -> Trust {
        let mut trust = Trust::new();
        trust.key("central", self.central.verifying_key());
        trust.key("device", self.device.verifying_key());
        trust.key("seal", self.seal.verifying_key());
        let keys = self.publishers.iter().enumerate();
        let keys = keys.map(|(n, key)| (format!("publisher-{n}"), key.verifying_key()));
        let (name, epoch) = (self.rulebook.name(), self.rulebook.epoch());
        trust.publishers(Publishers::new(name, "all", epoch, 2, keys).unwrap());
        trust
    }

    pub(crate) fn each(&self, mut give: impl FnMut(&str, &str, Option<&[u8]>)) {
        let db = Connection::open(&self.path).unwrap();
        let mut select =
            db.prepare("SELECT text, signature, application FROM record ORDER BY position").unwrap();
        let mut rows = select.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let text = row.get_ref(0).unwrap().as_str().unwrap();
            let signature = row.get_ref(1).unwrap().as_str().unwrap();
            give(text, signature, row.get_ref(2).unwrap().as_blob_or_null().unwrap());
        }
    }

    pub(crate) fn export(&self, folder: &Path, for_auditor: bool) {
        let order = Order {
            folder: folder.to_owned(),
            made_at: AT.parse().unwrap(),
            made_by: "bench".to_owned(),
            source: Source::Kiosk,
            asked: Asked::default(),
            views: Vec::new(),
            unlock_for: for_auditor.then(|| self.auditor.public()),
        };
        let mut writer = Writer::begin(order).unwrap();
        self.each(|text, signature, application| {
            let key = application.map(|id| {
                let id: [u8; 16] = id.try_into().unwrap();
                (ApplicationId::from_random(id), data_key(id))
            });
            let key = key.as_ref().map(|(id, key)| (*id, key));
            writer.record(text, signature, key).unwrap();
        });
        writer.grants(&self.grants).unwrap();
        let life = Life {
            kiosk: kiosk(),
            incarnation: 1,
            device_key: self.device.verifying_key().to_pem(),
            seal_key: self.seal.verifying_key().to_pem(),
        };
        writer.keys(&Keys::new(self.central.verifying_key().to_pem(), vec![life])).unwrap();
        writer.edition(self.rulebook.digest(), self.edition.to_text().as_bytes()).unwrap();
        writer.finish(&self.device).unwrap();
    }
}

fn kiosk() -> KioskId {
    KioskId::parse("zd-k01").unwrap()
}

fn data_key(application: [u8; 16]) -> DataKey {
    let mut bytes = [7; 32];
    bytes[..16].copy_from_slice(&application);
    DataKey::new(bytes)
}

/// Records being made.
struct Making<'a> {
    book: &'a Book,
    db: Connection,
    position: u64,
    previous: Hash,
    sequence: u64,
    job: u64,
    grants: Vec<SignedBlock>,
}

impl<'a> Making<'a> {
    fn new(book: &'a Book, path: &Path) -> Self {
        let db = Connection::open(path).unwrap();
        db.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             CREATE TABLE record (position INTEGER PRIMARY KEY, text TEXT NOT NULL,
                                  signature TEXT NOT NULL, application BLOB) STRICT;
             BEGIN",
        )
        .unwrap();
        Self { book, db, position: 0, previous: Hash::ZERO, sequence: 0, job: 0, grants: Vec::new() }
    }

    /// Visits, until there are so many records: two of three end with a permit, the others as the
    /// rulebook's own cases of first licences do.
    fn all(&mut self, records: u64) {
        let of_food = |case: &&Case| case.document["application"]["service"] == "food/new";
        let cases = self.book.rulebook.cases().iter().filter(of_food);
        let (granted, other): (Vec<Value>, Vec<Value>) =
            cases.map(|case| case.document.clone()).partition(|document| {
                let decision = decide_document(&self.book.rulebook, document, TODAY);
                decision.verdict.grants_number()
            });
        let mut number = 0_usize;
        while self.position < records {
            let of = if number.is_multiple_of(3) { &other } else { &granted };
            let document = of[number / 3 % of.len()].clone();
            number += 1;
            let id = u64::try_from(number).unwrap();
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&id.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
            bytes[8..].copy_from_slice(&id.to_be_bytes());
            self.visit(bytes, document);
        }
        self.db.execute_batch("COMMIT").unwrap();
    }

    fn visit(&mut self, bytes: [u8; 16], document: Value) {
        let application = ApplicationId::from_random(bytes);
        let (key, kiosk) = (data_key(bytes), kiosk());
        let closing = |nonce: u8| Closing {
            kiosk: &kiosk,
            application,
            key: &key,
            nonce: [nonce; NONCE_BYTES],
        };
        for (nonce, register) in
            [(1, Register::Business), (2, Register::FoodAndDrug), (3, Register::MicroService)]
        {
            let look_up = LookUp {
                application,
                register,
                purpose: ServiceCode::FoodNew,
                personal: LookedUpPersonal {
                    subject_digest: "5f".repeat(32),
                    answer_digest: Some("a0".repeat(32)),
                },
                snapshot_taken_at: None,
                outcome: LookUpOutcome::Answered,
                took_ms: 120,
            };
            self.append(Body::LookedUp(LookedUp::close(closing(nonce), &look_up)), Some(&bytes));
        }
        let decision = decide_document(&self.book.rulebook, &document, TODAY);
        let granted = decision.verdict.grants_number();
        if granted && self.sequence.is_multiple_of(BlockGrant::SIZE_MAX) {
            self.lease();
        }
        let personal = DecidedPersonal {
            applicant: Applicant {
                name: Personal::new("李测试"),
                id_masked: "370303********9988".to_owned(),
                id_digest: "5f".repeat(32),
            },
            business: Some(BusinessName {
                uscc: "92370303MAXX01018Y".to_owned(),
                name: "张店区好滋味食品店".to_owned(),
            }),
            decision: Decision::from(&decision),
            facts: Personal::new(canonical_json(&document)),
            promise: None,
        };
        let decided = Decided::close(closing(4), ServiceCode::FoodNew, &personal);
        let hash = self.append(Body::Decided(Box::new(decided)), Some(&bytes));
        let jobs = if granted { self.issue(application, closing(5), hash, &bytes) } else { Vec::new() };
        for (job, document, serial) in jobs {
            for step in [PrintStep::Sent, PrintStep::Confirmed { evidence: "counter 1 -> 2".into() }] {
                let serial = serial.clone();
                let printed = Printed { job, application, document, serial, seal: None, step, counts: None };
                self.append(Body::Printed(printed), None);
            }
        }
        self.append(Body::Rated(Rated { application, grade: 5 }), None);
        let ended = SessionEnded {
            screen: "done".to_owned(),
            took_ms: 200_000,
            failed_reads: 0,
            unanswered: 0,
            steps: [
                ("choosing", 21_000),
                ("telling", 14_000),
                ("identifying", 12_000),
                ("proving_business", 17_000),
                ("looking_up", 900),
                ("filling", 48_000),
                ("promising", 41_000),
                ("decided", 39_000),
                ("rating", 7_100),
            ]
            .map(|(screen, ms)| (screen.to_owned(), ms))
            .into(),
        };
        self.append(Body::SessionEnded(ended), None);
    }

    fn lease(&mut self) {
        let block = self.sequence / BlockGrant::SIZE_MAX;
        let (first, last) = BlockGrant::range(block, BlockGrant::SIZE_MAX).unwrap();
        let grant = BlockGrant {
            format: BlockGrant::FORMAT.to_owned(),
            series: SERIES.to_owned(),
            block,
            first,
            last,
            kiosk: kiosk(),
            incarnation: 1,
            granted_at: AT.parse().unwrap(),
        };
        let signed = SignedBlock::sign(grant.to_text(), &self.book.central);
        let grant_digest = signed.digest();
        self.grants.push(signed);
        let installed =
            BlockInstalled { series: SERIES.to_owned(), block, first, last, grant_digest };
        self.append(Body::BlockInstalled(installed), None);
    }

    fn issue(
        &mut self,
        application: ApplicationId,
        closing: Closing<'_>,
        decided: Hash,
        id: &[u8; 16],
    ) -> Vec<(u64, Document, Option<String>)> {
        self.sequence += 1;
        let sequence = u32::try_from(self.sequence).unwrap();
        let number = FoodLicenceNumber::new(1, "370303", sequence).unwrap();
        let issuer = Uscc::parse("11370303MBXX09005U").unwrap();
        let digits: String = number.as_str().chars().filter(char::is_ascii_digit).collect();
        let elicence =
            ElicenceId::new("11100000MB0143028R011", &issuer, &format!("20261123{digits}"), 1).unwrap();
        let permit = Permit {
            number: PermitNumber::Food(number),
            elicence,
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
            issuer: Issuer { name: "淄博市张店区行政审批服务局".to_owned(), uscc: issuer },
            issued: TODAY,
            valid_to: Some(jiff::civil::date(2031, 11, 22)),
        };
        let origin = LogOrigin::parse("permits.zhangdian.gov.cn/log").unwrap();
        let mut sheets = Vec::new();
        let mut jobs = Vec::new();
        for document in [Document::Original, Document::Copy, Document::Receipt] {
            self.job += 1;
            let sealed = document != Document::Receipt;
            let serial = sealed.then(|| CopySerial::parse(&format!("K01-1-{:06}", self.job)).unwrap());
            let seal = serial.as_ref().map(|serial| {
                let key = &self.book.seal;
                Seal::make(key, &Claims::of(&permit, serial, &origin, key.id())).to_string()
            });
            let serial = serial.map(|serial| serial.to_string());
            jobs.push((self.job, document, serial.clone()));
            sheets.push(Sheet { job: self.job, document, serial, seal });
        }
        let issued = Issued {
            application,
            service: ServiceCode::FoodNew,
            number: permit.number.to_string(),
            elicence: permit.elicence.to_string(),
            issued: permit.issued,
            valid_to: permit.valid_to,
            series: SERIES.to_owned(),
            sequence: self.sequence,
            decided,
            sheets,
            personal: Issued::close(closing, &v1::Permit::from(&permit)),
        };
        self.append(Body::Issued(Box::new(issued)), Some(id));
        jobs
    }

    fn append(&mut self, body: Body, application: Option<&[u8; 16]>) -> Hash {
        self.position += 1;
        let record = Record {
            format: Record::FORMAT.to_owned(),
            kiosk: kiosk(),
            incarnation: 1,
            position: self.position,
            at: AT.parse::<Timestamp>().unwrap(),
            monotonic_ms: self.position,
            boot_id: "b5f0a1c2".to_owned(),
            previous: self.previous,
            body,
        };
        let signed = SignedRecord::sign(record.to_text(), &self.book.device);
        self.previous = signed.hash();
        self.db
            .prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4)")
            .unwrap()
            .execute((
                i64::try_from(self.position).unwrap(),
                signed.record.reveal(),
                &signed.signature,
                application.map(<[u8; 16]>::as_slice),
            ))
            .unwrap();
        self.previous
    }
}

/// The edition's files, path → text.
fn read(folder: &Path) -> std::collections::BTreeMap<String, String> {
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(&inside).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}
