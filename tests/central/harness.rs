//! A central in this process with its own keys, permit book and clock, and kiosks' journals to push.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, date};
use permit_kiosk::central::intake::{self, Judged, Keys, Origin};
use permit_kiosk::central::keys::{self, Order};
use permit_kiosk::central::numbers::Numbers;
use permit_kiosk::central::store::{Kiosk, Sqlite, Store};
use permit_kiosk::central::{self, Config, Running};
use permit_kiosk::clock::{Clock as _, SimulatedClock, SystemClock};
use permit_kiosk::config::{PermitBook, Retention};
use permit_kiosk::domain::calendar::Calendar;
use permit_kiosk::domain::{
    ApplicationId, Bilingual, ElicenceId, FoodLicenceNumber, Grant, Holder, Issuer, Permit,
    PermitNumber, ServiceCode, Uscc, Verdict,
};
use permit_kiosk::registers::{Client, DigestKey, Identity, Purpose, Registers, Snapshots};
use permit_kiosk::seal::{
    Claims, CopySerial, DataKey, Keyring, LogOrigin, NONCE_BYTES, Profile, Seal, SigningKey,
    VaultKey, VerifyingKey,
};
use permit_kiosk::wire::v1::{
    self, Applicant, Body, BusinessName, Closing, Decided, DecidedPersonal, Document, Due, Finding,
    Hash, Issued, KioskId, NumberVoided, NumbersReturned, Personal, Record, Sheet, SignedRecord,
    Started,
    api::{ApplicationKey, Push},
};
use tokio::sync::watch;

pub(crate) const SERIES: &str = "food/1/370303";
/// 10:00 in China on the day of the cases.
pub(crate) const NOW: &str = "2026-11-23T02:00:00Z";
pub(crate) const TODAY: Date = date(2026, 11, 23);

const NUMBERS: &str = r#"
    [[series]]
    name = "food/1/370303"
    first = 990101
    [[series]]
    name = "combined/张行综/*"
    first = 1
    [[series]]
    name = "hygiene/张审卫公证/*"
    first = 1
    block_size = 50
    blocks_unused_max = 2
"#;

/// As long as the shipped settings.
pub(crate) const RETENTION: Retention = Retention {
    issued: Duration::from_hours(24 * 10_958),
    decided: Duration::from_hours(24 * 730),
    begun: Duration::from_hours(24 * 183),
};

/// A running central, and the folder of its keys and data.
pub(crate) struct Stage {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: SimulatedClock,
    pub(crate) running: Running,
    stop: watch::Sender<bool>,
}

impl Stage {
    /// Central with one enrolled kiosk, `zd-k01`; its registers may take `register_timeout`.
    pub(crate) async fn set() -> Self {
        Self::with_register_timeout(Duration::from_secs(10)).await
    }

    pub(crate) async fn with_register_timeout(register_timeout: Duration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        enrol(dir.path(), dir.path(), "zd-k01").await;
        let clock = SimulatedClock::new(NOW.parse().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let calendar = std::fs::read_to_string(root.join("kiosk-config/rulebook/calendar.toml"));
        let config = Config {
            api: "127.0.0.1:0".parse().unwrap(),
            web: "127.0.0.1:0".parse().unwrap(),
            permit_book: PermitBook::File(dir.path().join("central.db")),
            keys: dir.path().to_owned(),
            embedded_registers: root.join("kiosk-config/demo/demo.json"),
            register_timeout,
            numbers: Numbers::parse(NUMBERS, Path::new("numbers.toml")).unwrap(),
            calendar: Calendar::parse(&calendar.unwrap()).unwrap(),
            retention: RETENTION,
            clock: Arc::new(clock.clone()),
        };
        let (stop, stopped) = watch::channel(false);
        let running = central::serve(config, stopped).await.unwrap();
        Self { dir, clock, running, stop }
    }

    /// The line of the kiosk whose keys are in `folder`.
    pub(crate) fn client_of(&self, folder: &Path) -> Client {
        let url = format!("https://{}", self.running.api);
        Client::new(&url, Identity::load(folder).unwrap(), Duration::from_secs(15)).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        self.client_of(self.dir.path())
    }

    /// The kiosk's registers through this central, with a snapshot that may be a day old.
    pub(crate) fn registers(&self) -> Registers {
        self.registers_through(self.client())
    }

    pub(crate) fn registers_through(&self, client: Client) -> Registers {
        let read = |file: &str| std::fs::read_to_string(self.dir.path().join(file)).unwrap();
        let central = VerifyingKey::from_pem(&read("central.pub")).unwrap();
        let path = self.dir.path().join("snapshot.json");
        let day = Duration::from_hours(24);
        let snapshots = Snapshots::open(&path, central, day).unwrap();
        let key = DigestKey::parse(&read("id-digest.key")).unwrap();
        Registers::new(client, key, Arc::new(snapshots), Arc::new(self.clock.clone()))
    }

    pub(crate) fn central_key(&self) -> VerifyingKey {
        let pem = std::fs::read_to_string(self.dir.path().join("central.pub")).unwrap();
        VerifyingKey::from_pem(&pem).unwrap()
    }

    /// The journal of the enrolled kiosk, still empty.
    pub(crate) fn book(&self) -> Book {
        Book::of("zd-k01", self.dir.path())
    }

    /// Asks a page.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.running.web);
        let response = browser().get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Posts to a page.
    pub(crate) async fn post(&self, path: &str, body: impl Into<String>) -> (u16, String) {
        let url = format!("http://{}{path}", self.running.web);
        let response = browser().post(url).body(body.into()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A code from a phone.
    pub(crate) async fn code(&self, show: &serde_json::Value) -> String {
        let (status, body) = self.post("/demo/phone", show.to_string()).await;
        assert_eq!(status, 200, "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["code"].as_str().unwrap().to_owned()
    }

    /// Ends central and waits until it has.
    pub(crate) async fn end(self) {
        self.stop.send_replace(true);
        self.running.finished().await;
    }
}

/// A browser without certificates, that shows redirects instead of following them.
pub(crate) fn browser() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().use_preconfigured_tls(tls).no_proxy();
    client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Makes keys in `kiosk_folder` and enrols the kiosk in the permit book of `folder`.
pub(crate) async fn enrol(folder: &Path, kiosk_folder: &Path, kiosk: &str) -> u32 {
    let order = order(folder, kiosk_folder, kiosk);
    let store = Sqlite::open(&folder.join("central.db")).unwrap();
    keys::provision(&order, &store).await.unwrap().incarnation
}

pub(crate) fn order(folder: &Path, kiosk_folder: &Path, kiosk: &str) -> Order {
    Order {
        folder: folder.to_owned(),
        kiosk_folder: kiosk_folder.to_owned(),
        kiosk: KioskId::parse(kiosk).unwrap(),
        profile: Profile::Sm2,
        rulebook: "small".to_owned(),
        central_names: ["192.0.2.1".to_owned()].into(),
        now: SystemClock.now(),
    }
}

pub(crate) fn application(number: u8) -> ApplicationId {
    ApplicationId::from_random([number; 16])
}

pub(crate) fn purpose() -> Purpose {
    Purpose { service: ServiceCode::FoodNew, application: application(1) }
}

/// A kiosk's journal, kept in memory: what is written can be pushed.
#[derive(Clone)]
pub(crate) struct Book {
    pub(crate) kiosk: KioskId,
    pub(crate) incarnation: u32,
    pub(crate) device_key: SigningKey,
    pub(crate) seal_key: SigningKey,
    pub(crate) records: Vec<SignedRecord>,
}

impl Book {
    pub(crate) fn of(kiosk: &str, folder: &Path) -> Self {
        let key = |file: &str| {
            SigningKey::from_pem(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap()
        };
        Self::with_keys(kiosk, key("device.key"), key("seal.key"))
    }

    /// A kiosk with keys made from one byte.
    pub(crate) fn invented(kiosk: &str, byte: u8) -> Self {
        let key = |profile, byte| SigningKey::generate(profile, &[byte; 32]);
        Self::with_keys(kiosk, key(Profile::Ed25519, byte), key(Profile::Sm2, byte + 1))
    }

    fn with_keys(kiosk: &str, device_key: SigningKey, seal_key: SigningKey) -> Self {
        let kiosk = KioskId::parse(kiosk).unwrap();
        Self { kiosk, incarnation: 1, device_key, seal_key, records: Vec::new() }
    }

    pub(crate) fn hash(&self) -> Hash {
        self.records.last().map_or(Hash::ZERO, SignedRecord::hash)
    }

    /// Appends a record.
    pub(crate) fn write(&mut self, body: Body) -> SignedRecord {
        let record = Record {
            format: Record::FORMAT.to_owned(),
            kiosk: self.kiosk.clone(),
            incarnation: self.incarnation,
            position: self.records.len() as u64 + 1,
            at: NOW.parse().unwrap(),
            monotonic_ms: 1,
            boot_id: "boot".to_owned(),
            previous: self.hash(),
            body,
        };
        self.append(record.to_text())
    }

    /// Appends any text as a record.
    pub(crate) fn append(&mut self, text: String) -> SignedRecord {
        let signature = self.device_key.sign(Record::SIGNATURE_CONTEXT, text.as_bytes());
        let record = SignedRecord { record: Personal::new(text), signature: signature.to_string() };
        self.records.push(record.clone());
        record
    }

    /// Appends `count` records that mean nothing to the permit book.
    pub(crate) fn write_started(&mut self, count: usize) {
        for _ in 0..count {
            self.write(Body::Started(Started {
                software: "0.1.0".to_owned(),
                edition: None,
                edition_digest: None,
            }));
        }
    }

    /// Appends an issued permit and gives its e-licence identifier.
    pub(crate) fn write_issued(&mut self, permit: &Permit, service: ServiceCode) -> String {
        let issued = self.issued(permit, service);
        let elicence = issued.elicence.clone();
        self.write(Body::Issued(Box::new(issued)));
        elicence
    }

    pub(crate) fn issued(&self, permit: &Permit, service: ServiceCode) -> Issued {
        let (series, sequence) = permit.number.place();
        let key = data_key(permit.application);
        Issued {
            application: permit.application,
            service,
            number: permit.number.to_string(),
            elicence: permit.elicence.to_string(),
            issued: permit.issued,
            valid_to: permit.valid_to,
            series: series.to_string(),
            sequence,
            decided: Hash::ZERO,
            sheets: vec![Sheet {
                job: 1,
                document: Document::Original,
                serial: Some("ZD-K01-1".to_owned()),
                seal: Some(seal(&self.seal_key, permit)),
            }],
            personal: Issued::close(
                self.closing(permit.application, &key),
                &v1::Permit::from(permit),
            ),
        }
    }

    /// Appends a referred application.
    pub(crate) fn write_referred(&mut self, number: u8, due: Option<Due>) {
        let text = |zh: &str, en: &str| Bilingual::new(zh, en);
        let finding = Finding {
            rule: "FOOD-ITEM-HOT".to_owned(),
            code: "HOT_KITCHEN".to_owned(),
            outcome: Verdict::ReferOnsite,
            citation: "O78 21".to_owned(),
            message: text("热食类需要现场核查", "Hot food is inspected on site"),
            remedy: text("等待两名工作人员上门", "Two officers will come"),
            due,
            readings: vec![],
            overridden_by: None,
            private: false,
        };
        let personal = DecidedPersonal {
            applicant: Applicant {
                name: Personal::new("林小满"),
                id_masked: "370303********9988".to_owned(),
                id_digest: Hash::ZERO.to_string(),
            },
            business: Some(BusinessName {
                uscc: "92370303MAXX01018Y".to_owned(),
                name: "张店区晚风小馆(演示)".to_owned(),
            }),
            decision: v1::Decision {
                verdict: Verdict::ReferOnsite,
                code: "HOT_KITCHEN".to_owned(),
                findings: vec![finding],
                rule_set: "R2025".to_owned(),
                edition: "test 1".to_owned(),
                edition_digest: Hash::ZERO.to_string(),
                facts_digest: Hash::ZERO.to_string(),
                today: TODAY,
            },
            facts: Personal::new("{}"),
            promise: None,
        };
        let key = data_key(application(number));
        let closing = self.closing(application(number), &key);
        let decided = Decided::close(closing, ServiceCode::FoodNew, &personal);
        self.write(Body::Decided(Box::new(decided)));
    }

    /// Appends a voided number.
    pub(crate) fn write_voided(&mut self, sequence: u64) {
        self.write(Body::NumberVoided(NumberVoided {
            series: SERIES.to_owned(),
            sequence,
            reason: "spoilt".to_owned(),
            by: "technician 7".to_owned(),
        }));
    }

    /// Appends numbers that are given back.
    pub(crate) fn write_returned(&mut self, first: u64, last: u64) {
        self.write(Body::NumbersReturned(NumbersReturned {
            series: SERIES.to_owned(),
            first,
            last,
            reason: "the hall is closed".to_owned(),
            by: "technician 7".to_owned(),
        }));
    }

    /// The journal as it is pushed to a store without the network.
    pub(crate) fn judged(&self, from: usize) -> Vec<Judged> {
        self.judged_in(from..self.records.len())
    }

    /// Some of the records, as they are pushed to a store without the network.
    pub(crate) fn judged_in(&self, range: std::ops::Range<usize>) -> Vec<Judged> {
        let origin = self.origin();
        let Push { records, keys } = push(self.records[range].to_vec());
        let wrap = |application, key: &_| central::wrap(&vault_key(), application, key);
        intake::judge(&origin, records, keys, &wrap).unwrap()
    }

    /// Where records must come from.
    pub(crate) fn origin(&self) -> Origin {
        let seal_key = Keyring::from_iter([("test".to_owned(), self.seal_key.verifying_key())]);
        let keys = Keys { device_key: self.device_key.verifying_key(), seal_key };
        Origin { kiosk: self.kiosk.clone(), lives: [(1, keys)].into() }
    }

    /// The records behind the first `from` as they are pushed, with the keys to their envelopes.
    pub(crate) fn push(&self, from: usize) -> Push {
        push(self.records[from..].to_vec())
    }

    fn closing<'a>(&'a self, application: ApplicationId, key: &'a DataKey) -> Closing<'a> {
        // The place makes it another nonce each time, as far as a test needs.
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.records.len().to_be_bytes());
        Closing { kiosk: &self.kiosk, application, key, nonce }
    }
}

/// The data key a test's kiosk has for an application.
pub(crate) fn data_key(application: ApplicationId) -> DataKey {
    DataKey::new(Hash::of(application.as_bytes()).as_bytes().to_owned())
}

/// What wraps data keys where no central runs.
pub(crate) fn vault_key() -> VaultKey {
    VaultKey::new([6; 32])
}

/// Records as they are pushed, with the keys to their envelopes.
pub(crate) fn push(records: Vec<SignedRecord>) -> Push {
    let read = |record: &SignedRecord| Record::read(record.record.reveal()).ok();
    let applications: std::collections::BTreeSet<ApplicationId> =
        records.iter().filter_map(|record| read(record)?.body.envelope_of()).collect();
    let keys = applications
        .into_iter()
        .map(|application| ApplicationKey { application, key: data_key(application) })
        .collect();
    Push { records, keys }
}

pub(crate) fn seal(key: &SigningKey, permit: &Permit) -> String {
    let copy = CopySerial::parse("ZD-K01-1").unwrap();
    let origin = LogOrigin::parse("permits.example/log").unwrap();
    Seal::make(key, &Claims::of(permit, &copy, &origin, key.id())).as_str().to_owned()
}

/// A food licence with the number `sequence` of the demonstration's series.
pub(crate) fn permit(sequence: u32) -> Permit {
    let issuer = Uscc::parse("11370303MBXX09005U").unwrap();
    let serial = format!("20261123{sequence:06}");
    Permit {
        number: PermitNumber::Food(FoodLicenceNumber::new(1, "370303", sequence).unwrap()),
        elicence: ElicenceId::new("11100000MB0143028R901", &issuer, &serial, 1).unwrap(),
        application: ApplicationId::from_random(u128::from(sequence).to_be_bytes()),
        holder: Holder {
            name: "淄博云帆食品商贸有限公司(演示)".to_owned(),
            uscc: Uscc::parse("91370303MAXX01026W").unwrap(),
            legal_representative: "秦一舟".to_owned(),
            address: "张店区公园街道示范大街5号".to_owned(),
        },
        premises: "张店区公园街道示范大街5号".to_owned(),
        grant: Grant::Food {
            subject: "食品销售经营者".to_owned(),
            items: vec!["散装食品和预包装食品销售".to_owned()],
        },
        issuer: Issuer {
            name: "淄博市张店区行政审批服务局(演示代码)".to_owned(), uscc: issuer
        },
        issued: TODAY,
        valid_to: Some(date(2031, 11, 22)),
    }
}

/// The same permit in its next version, after a change.
pub(crate) fn next_version(permit: &Permit, version: u16) -> Permit {
    let elicence = &permit.elicence;
    let issuer = Uscc::parse(elicence.issuer()).unwrap();
    let serial = elicence.serial();
    let elicence = ElicenceId::new(elicence.type_code(), &issuer, serial, version).unwrap();
    let mut bits = *permit.application.as_bytes();
    bits[0] = u8::try_from(version).unwrap();
    Permit { elicence, application: ApplicationId::from_random(bits), ..permit.clone() }
}

/// Whether a store knows a kiosk.
pub(crate) async fn kiosk_in(store: &dyn Store, id: &str) -> Option<Kiosk> {
    store.kiosk(KioskId::parse(id).unwrap()).await.unwrap()
}
