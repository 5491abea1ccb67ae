//! A kiosk and the real central as two processes, and between them a line that is cut, anywhere, again and
//! again, while central itself is killed now and then: in the end both say the same.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use permit_kiosk::journal::{Head, Journal};
use permit_kiosk::registers::{Client, Identity, TIMEOUT};
use permit_kiosk::sync::{CallError, Retry, Settings, Task};
use permit_kiosk::wire::v1::SignedBlock;
use permit_kiosk::wire::v1::api::{
    BlockRequest, Heartbeat, HeartbeatAnswer, Push, Revocations, RevocationsRequest, SignedText,
};

use super::end_to_end::Place;
use crate::journal::{food_seller, id};
use crate::power::{Checker, World, times};

/// Central in a process of its own.
struct Central(Child);

impl Central {
    fn start(config: &Path, folder: &Path) -> (Self, SocketAddr) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
            .args(["central", "--config"])
            .arg(config)
            .arg("--keys")
            .arg(folder.join("keys"))
            .arg("--data")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("central starts").unwrap();
        let api = line.split_once("api=https://").unwrap().1.split(' ').next().unwrap();
        (Self(child), api.parse().unwrap())
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The line between them.
#[derive(Clone)]
struct Line {
    address: SocketAddr,
    central: Arc<Mutex<SocketAddr>>,
    clear: Arc<AtomicBool>,
}

impl Line {
    /// A line whose every connection ends after some bytes one way or the other: in the handshake, in a
    /// question, in an answer. The same seed, the same line.
    fn lay(central: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Self {
            address: listener.local_addr().unwrap(),
            central: Arc::new(Mutex::new(central)),
            clear: Arc::new(AtomicBool::new(false)),
        };
        let this = line.clone();
        std::thread::spawn(move || {
            let mut state = seed;
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(*this.central.lock().unwrap()) else { continue };
                let mut limit = || {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    // A handshake has some 3 KB, an hour's records some 100 KB.
                    1_u64 << (6 + (state >> 33) % 12)
                };
                let limits = [limit(), limit()];
                for (from, to, limit) in [(&near, &far, limits[0]), (&far, &near, limits[1])] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let limit = if this.clear.load(Ordering::SeqCst) { u64::MAX } else { limit };
                    std::thread::spawn(move || carry(from, to, limit));
                }
            }
        });
        line
    }
}

/// Carries bytes until there are none or the limit is reached; then both ends are closed.
fn carry(mut from: TcpStream, mut to: TcpStream, mut limit: u64) {
    let mut bytes = [0; 700];
    while limit > 0 {
        let Ok(count @ 1..) = from.read(&mut bytes) else { break };
        let count = count.min(usize::try_from(limit).unwrap_or(usize::MAX));
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
        limit -= count as u64;
    }
    for end in [from, to] {
        // The other direction may have closed it already.
        drop(end.shutdown(Shutdown::Both));
    }
}

fn config(folder: &Path) -> std::path::PathBuf {
    let config = folder.join("config");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config");
    assert!(Command::new("cp").args(["-r", shipped]).arg(&config).status().unwrap().success());
    let central = std::fs::read_to_string(config.join("central.toml")).unwrap();
    let central = central.replace("127.0.0.1:8443", "127.0.0.1:0");
    std::fs::write(config.join("central.toml"), central.replace("127.0.0.1:8080", "127.0.0.1:0"))
        .unwrap();
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_anywhere_and_a_central_killed_anywhere_end_with_the_same_records_on_both_sides()
{
    let place = Place::new().await;
    let folder = place.end().await;
    let config = config(folder.path());
    let (mut central, address) = Central::start(&config, folder.path());
    let line = Line::lay(address, 20_261_123);
    let disk = tempfile::tempdir().unwrap();
    let (journal_settings, sync) = Place::settings_of(folder.path(), disk.path());
    let journal = Journal::provision(journal_settings, Head::START).unwrap();
    let identity = Identity::load(&folder.path().join("keys")).unwrap();
    let client = Client::new(&format!("https://{}", line.address), identity, TIMEOUT).unwrap();
    let settings = Settings { retry: Retry::default(), ..sync };
    let (mut task, handle) = Task::new(client, journal.clone(), settings);

    let mut world = World::default();
    let (mut failed, mut issued) = (0, 0_u8);
    for round in 0..times("KIOSK_LINE_ROUNDS", 120) {
        failed += u32::from(task.round().await.is_err());
        if issued < 250
            && let Ok(permit) = journal.issue(food_seller(id(issued + 1)))
        {
            issued += 1;
            world.told.push((id(issued).to_string(), permit.permit.number.to_string()));
        }
        if round % 40 == 39 {
            central.kill();
            let (again, address) = Central::start(&config, folder.path());
            central = again;
            *line.central.lock().unwrap() = address;
        }
    }
    line.clear.store(true, Ordering::SeqCst);
    // The connection that is still open is one of the bad ones.
    let mut last = task.round().await;
    for _ in 0..5 {
        if last.is_ok() {
            break;
        }
        last = task.round().await;
    }
    last.unwrap();
    assert_eq!((handle.state().unsent, handle.state().not_understood.len()), (0, 0));
    assert!(failed > 20, "of all rounds only {failed} met a fault");
    assert!(issued > 20, "only {issued} were issued");
    journal.close();
    central.kill();
    let book = folder.path().join("central.db");
    Checker::start().check(&disk.path().join("journal.db"), Some(&book), &world);
}

/// The line as a careless network makes it: requests that arrive twice, or after later ones, answers that
/// come too late or are those to earlier requests. TLS keeps anybody between from doing this to single
/// requests; what does it is whoever sends them: retries, queues, a process that was asleep.
struct Careless {
    client: Client,
    inside: Mutex<Inside>,
}

struct Inside {
    state: u64,
    /// Requests on their way: they arrive after the next one.
    late: Vec<Push>,
    /// The answer before the last.
    earlier: Option<SignedText>,
}

impl Careless {
    fn new(client: Client, seed: u64) -> Self {
        let inside = Inside { state: seed, late: Vec::new(), earlier: None };
        Self { client, inside: Mutex::new(inside) }
    }

    fn chance(&self) -> u64 {
        let mut inside = self.inside.lock().unwrap();
        inside.state = inside.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (inside.state >> 33) % 5
    }

    fn lost() -> CallError {
        CallError::Unanswered { reason: "it takes too long".to_owned() }
    }
}

impl permit_kiosk::sync::Central for Careless {
    async fn push(&self, push: Push) -> Result<SignedText, CallError> {
        let late = std::mem::take(&mut self.inside.lock().unwrap().late);
        let chance = self.chance();
        if chance == 4 {
            // Slower than any later one.
            self.inside.lock().unwrap().late.push(push);
            return Err(Self::lost());
        }
        let answer = match chance {
            // Twice, at once: the second answer is heard.
            1 => {
                let twice = tokio::join!(self.client.push(push.clone()), self.client.push(push));
                drop(twice.0);
                twice.1
            }
            _ => self.client.push(push).await,
        };
        for late in late {
            // Nobody waits for its answer any more.
            drop(self.client.push(late).await);
        }
        let earlier = match &answer {
            Ok(answer) => self.inside.lock().unwrap().earlier.replace(answer.clone()),
            Err(_) => None,
        };
        match (chance, earlier) {
            (2, _) => Err(Self::lost()),
            (3, Some(earlier)) => Ok(earlier),
            _ => answer,
        }
    }

    async fn lease(&self, request: BlockRequest) -> Result<SignedBlock, CallError> {
        let answer = self.client.lease(request.clone()).await;
        match self.chance() {
            1 => self.client.lease(request).await,
            2 => Err(Self::lost()),
            _ => answer,
        }
    }

    async fn heartbeat(&self, heartbeat: Heartbeat) -> Result<HeartbeatAnswer, CallError> {
        self.client.heartbeat(heartbeat).await
    }

    async fn revocations(&self, request: RevocationsRequest) -> Result<Revocations, CallError> {
        self.client.revocations(request).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_come_twice_late_or_out_of_order_change_nothing() {
    let folder = Place::new().await.end().await;
    let config = config(folder.path());
    let (central, address) = Central::start(&config, folder.path());
    let disk = tempfile::tempdir().unwrap();
    let (journal_settings, sync) = Place::settings_of(folder.path(), disk.path());
    let journal = Journal::provision(journal_settings, Head::START).unwrap();
    let identity = || Identity::load(&folder.path().join("keys")).unwrap();
    let url = format!("https://{address}");
    let mut world = World::default();
    let (mut failed, mut issued) = (0, 0_u8);
    for seed in 0..times("KIOSK_LINE_SEEDS", 4) {
        let client = Client::new(&url, identity(), TIMEOUT).unwrap();
        let careless = Careless::new(client, u64::from(seed));
        let (mut task, _handle) = Task::new(careless, journal.clone(), sync.clone());
        for _round in 0..12 {
            failed += u32::from(task.round().await.is_err());
            if issued < 250
                && let Ok(permit) = journal.issue(food_seller(id(issued + 1)))
            {
                issued += 1;
                world.told.push((id(issued).to_string(), permit.permit.number.to_string()));
            }
        }
    }
    let client = Client::new(&url, identity(), TIMEOUT).unwrap();
    let (mut task, handle) = Task::new(client, journal.clone(), sync);
    task.round().await.unwrap();
    let state = handle.state();
    assert_eq!((state.unsent, state.not_understood.len(), state.quarantined), (0, 0, None));
    assert!(failed > 5 && issued > 20, "{failed} rounds failed, {issued} were issued");
    journal.close();
    central.kill();
    let book = folder.path().join("central.db");
    Checker::start().check(&disk.path().join("journal.db"), Some(&book), &world);
}
