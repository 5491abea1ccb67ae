//! Central takes a backlog: over mutual TLS into SQLite and PostgreSQL, beside what the databases do with
//! the same rows.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use permit_kiosk_bench_journal::central::intake::{self, Judged, Keys, Origin};
use permit_kiosk_bench_journal::central::keys::{self, Order};
use permit_kiosk_bench_journal::central::numbers::Numbers;
use permit_kiosk_bench_journal::central::store::{self, Life, Postgres, Store};
use permit_kiosk_bench_journal::central::{self, Config};
use permit_kiosk_bench_journal::clock::{Clock as _, SystemClock};
use permit_kiosk_bench_journal::config::{PermitBook, Retention};
use permit_kiosk_bench_journal::domain::calendar::Calendar;
use permit_kiosk_bench_journal::journal::{self, Journal};
use permit_kiosk_bench_journal::registers::{Client, Identity};
use permit_kiosk_bench_journal::seal::{Keyring, Profile, SigningKey, VaultKey, VerifyingKey};
use permit_kiosk_bench_journal::sync::{NumberPlan, Report, Retry, Settings, Task};
use permit_kiosk_bench_journal::wire::v1::{Hash, api};
use tokio::sync::watch;
use tokio_postgres::NoTls;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use crate::kiosk::{Chain, fill_with, kiosk_id, settings};
use crate::{Table, cluster, folder, median};

/// Records of the backlog.
const BACKLOG: u64 = 100_000;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../kiosk-config");

pub(crate) fn sqlite(table: &mut Table) {
    let runtime = runtime();
    let folder = folder();
    let book = PermitBook::File(folder.path().join("central.db"));
    let (mut rates, mut bare) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let place = folder.path().join(format!("round-{round}"));
        std::fs::create_dir(&place).unwrap();
        let book = match &book {
            PermitBook::File(_) => PermitBook::File(place.join("central.db")),
            PermitBook::Postgres { .. } => unreachable!("it is a file"),
        };
        rates.push(runtime.block_on(pushed(&place, book)));
        table.told("a round", &rate(rates[round]));
        bare.push(bare_sqlite(&place));
    }
    let (ours, theirs) = (median(&mut rates), median(&mut bare));
    table.told("bare inserts of the same rows, 1 000 to a commit", &rate(theirs));
    let holds = BACKLOG as f64 / ours.as_secs_f64() >= 50_000.0;
    table.limit("backlog of 100,000 over mutual TLS into SQLite", &rate(ours), ">= 50000/s", holds);
}

fn rate(time: Duration) -> String {
    format!("{:.0}/s", BACKLOG as f64 / time.as_secs_f64())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// How long a kiosk with a backlog takes until central has all of it, by the kiosk's own task.
async fn pushed(place: &Path, book: PermitBook) -> Duration {
    let order = Order {
        folder: place.join("keys"),
        kiosk_folder: place.join("keys"),
        kiosk: kiosk_id(),
        profile: Profile::Sm2,
        rulebook: "small".to_owned(),
        central_names: ["127.0.0.1".to_owned()].into(),
        now: SystemClock.now(),
    };
    std::fs::create_dir(&order.folder).unwrap();
    let store = store::open(&book).await.unwrap();
    keys::provision(&order, &*store).await.unwrap();
    drop(store);
    let calendar = std::fs::read_to_string(Path::new(CONFIG).join("rulebook/calendar.toml"));
    let year = Duration::from_hours(24 * 365);
    let config = Config {
        api: "127.0.0.1:0".parse().unwrap(),
        web: "127.0.0.1:0".parse().unwrap(),
        permit_book: book,
        keys: order.folder.clone(),
        embedded_registers: Path::new(CONFIG).join("demo/demo.json"),
        register_timeout: central::REGISTER_TIMEOUT,
        numbers: Numbers::load(Path::new(CONFIG)).unwrap(),
        calendar: Calendar::parse(&calendar.unwrap()).unwrap(),
        retention: Retention { issued: year, decided: year, begun: year },
        clock: Arc::new(SystemClock),
    };
    let (stop, stopped) = watch::channel(false);
    let running = central::serve(config, stopped).await.unwrap();

    let read = |file: &str| std::fs::read_to_string(order.folder.join(file)).unwrap();
    let central_key = VerifyingKey::from_pem(&read(keys::CENTRAL_PUBLIC)).unwrap();
    let journal_settings = journal::Settings {
        device_key: SigningKey::from_pem(&read(keys::DEVICE_KEY)).unwrap(),
        central_key: central_key.clone(),
        ..settings(place)
    };
    fill_with(journal_settings.clone(), BACKLOG);
    let journal = Journal::open(journal_settings).unwrap();
    let identity = Identity::load(&order.folder).unwrap();
    let url = format!("https://{}", running.api);
    let client = Client::new(&url, identity, Duration::from_secs(30)).unwrap();
    let sync = Settings {
        kiosk: kiosk_id(),
        incarnation: 1,
        central_key,
        numbers: NumberPlan { series: Vec::new(), reserve: 0 },
        retry: Retry::default(),
        interval: Settings::INTERVAL,
        timeout: Settings::TIMEOUT,
        clock: Arc::new(SystemClock),
        random: Arc::new(|| 0),
        report: Arc::new(Report::default),
    };
    let (mut task, _handle) = Task::new(client, journal.clone(), sync);
    let began = Instant::now();
    task.round().await.unwrap();
    let took = began.elapsed();
    assert_eq!(journal.outbox_state().unwrap().unsent, 0);
    journal.close();
    stop.send_replace(true);
    running.finished().await;
    took
}

/// SQLite alone: the rows of the backlog into the same table, a thousand to a commit.
fn bare_sqlite(place: &Path) -> Duration {
    let source = rusqlite::Connection::open(place.join("central.db")).unwrap();
    let path = place.join("bare.db");
    let bare = rusqlite::Connection::open(&path).unwrap();
    bare.pragma_update(None, "synchronous", "EXTRA").unwrap();
    bare.pragma_update_and_check(None, "journal_mode", "WAL", |_row| Ok(())).unwrap();
    let schema: String = source
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'records'", (), |row| row.get(0))
        .unwrap();
    // The kiosks its rows refer to are not here.
    bare.pragma_update(None, "foreign_keys", false).unwrap();
    bare.execute_batch(&schema).unwrap();
    type Row = (String, i64, String, i64, String, String, String, Option<String>, String, String);
    let mut select = source
        .prepare(
            "SELECT kiosk, position, hash, incarnation, at, received_at, kind, quarantined, record,
             signature FROM records ORDER BY position",
        )
        .unwrap();
    let rows: Vec<Row> = select
        .query_map((), |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
                row.get(8)?,
                row.get(9)?,
            ))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let began = Instant::now();
    for batch in rows.chunks(1000) {
        bare.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut insert = bare
            .prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            .unwrap();
        for row in batch {
            insert.execute(row.clone()).unwrap();
        }
        bare.execute_batch("COMMIT").unwrap();
    }
    began.elapsed()
}

pub(crate) fn postgres(table: &mut Table) {
    let Some(cluster) = cluster::Cluster::shared() else {
        table.told("PostgreSQL", "not installed");
        return;
    };
    let runtime = runtime();
    let chain = Chain::new(SigningKey::generate(Profile::Ed25519, &[1; 32]));
    let records: Vec<_> = chain.take(BACKLOG as usize).map(|(_at, record)| record).collect();
    let device_key = SigningKey::generate(Profile::Ed25519, &[1; 32]).verifying_key();
    let seal_key = SigningKey::generate(Profile::Sm2, &[2; 32]).verifying_key();
    let keyring = Keyring::from_iter([("bench".to_owned(), seal_key.clone())]);
    let keys = Keys { device_key: device_key.clone(), seal_key: keyring };
    let origin = Origin { kiosk: kiosk_id(), lives: [(1, keys)].into() };
    let wrap = |application, key: &_| central::wrap(&VaultKey::new([6; 32]), application, key);
    let judged: Vec<Vec<Judged>> = records
        .chunks(api::RECORDS_MAX)
        .map(|batch| intake::judge(&origin, batch.to_vec(), Vec::new(), &wrap).unwrap())
        .collect();
    let life = Life {
        certificate: Hash::of(b"1"),
        device_key: device_key.to_pem(),
        seal_key: seal_key.to_pem(),
    };
    let (mut whole, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _round in 0..3 {
        let address = cluster.database();
        let times = runtime.block_on(async {
            let store = Postgres::open(&address, None).await.unwrap();
            store.enrol(kiosk_id(), life.clone()).await.unwrap();
            let (client, connection) = tokio_postgres::connect(&address, NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            client.batch_execute("CREATE TABLE bare (LIKE records INCLUDING ALL)").await.unwrap();
            let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
            // In turn, push by push: both see the same disk.
            for push in &judged {
                let (again, began) = (push.clone(), Instant::now());
                store.take(kiosk_id(), again, SystemClock.now()).await.unwrap();
                ours += began.elapsed();
                let began = Instant::now();
                copy(&client, push).await;
                theirs += began.elapsed();
            }
            drop(client);
            connection.await.unwrap().unwrap();
            (ours, theirs)
        });
        ours.push(times.0);
        theirs.push(times.1);
        let place = folder();
        let book = PermitBook::Postgres { address: cluster.database(), password: None };
        whole.push(runtime.block_on(pushed(place.path(), book)));
    }
    let (whole, ours, theirs) = (median(&mut whole), median(&mut ours), median(&mut theirs));
    let of = |time: Duration| theirs.as_secs_f64() / time.as_secs_f64();
    table.told("binary COPY of the same rows, 1 000 to a commit", &rate(theirs));
    table.told("taken by the store", &rate(ours));
    let ratio = of(ours);
    table.limit("taken by the store / binary COPY", &format!("{ratio:.2}"), ">= 0.75", ratio >= 0.75);
    table.told("the backlog over mutual TLS into PostgreSQL", &rate(whole));
    let ratio = of(whole);
    table.limit("over mutual TLS / binary COPY", &format!("{ratio:.2}"), ">= 0.75", ratio >= 0.75);
}

/// The rows of a push as fast as PostgreSQL takes any.
async fn copy(client: &tokio_postgres::Client, push: &[Judged]) {
    let into = "COPY bare (kiosk, position, hash, incarnation, at, received_at, kind, record, signature)
                FROM STDIN BINARY";
    let sink = client.copy_in(into).await.unwrap();
    let types = [
        Type::TEXT,
        Type::INT8,
        Type::TEXT,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
    ];
    let writer = BinaryCopyInWriter::new(sink, &types);
    let mut writer = std::pin::pin!(writer);
    let received_at = SystemClock.now().to_string();
    let kiosk = kiosk_id();
    for judged in push {
        let position = i64::try_from(judged.link.position).unwrap();
        let (hash, at) = (judged.link.hash.to_string(), judged.at.to_string());
        let incarnation = i64::from(judged.incarnation);
        writer
            .as_mut()
            .write(&[
                &kiosk.as_str(),
                &position,
                &hash,
                &incarnation,
                &at,
                &received_at,
                &judged.kind,
                &judged.record.record.reveal(),
                &judged.record.signature,
            ])
            .await
            .unwrap();
    }
    writer.finish().await.unwrap();
}
