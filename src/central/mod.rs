//! Central: the permit book, the registers behind it, the API for kiosks and the pages for everybody.

mod api;
mod door;
pub mod editions;
pub mod export;
pub mod intake;
pub mod keys;
pub mod numbers;
pub mod registers;
pub mod store;
mod verify;
mod web;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use self::door::Door;
use self::intake::Stage;
use self::keys::CentralKeys;
use self::numbers::Numbers;
use self::registers::{Connector, Embedded, Registers};
use self::store::Store;
use crate::clock::Clock;
use crate::config::{PermitBook, Retention};
use crate::domain::ApplicationId;
use crate::domain::calendar::Calendar;
use crate::fault::Chain;
use crate::seal::{DataKey, NONCE_BYTES, SigningKey, VaultKey, WrappedKey};
use crate::wire::v1::api::SignedText;

/// How long a register may take. The kiosk itself waits 15 s; central must have given up before.
pub const REGISTER_TIMEOUT: Duration = Duration::from_secs(10);

/// Everything central needs to run.
pub struct Config {
    /// Where kiosks connect; port 0 takes any free one.
    pub api: SocketAddr,
    /// Where everybody's pages are; port 0 takes any free one.
    pub web: SocketAddr,
    /// The permit book.
    pub permit_book: PermitBook,
    /// The folder of central's keys.
    pub keys: PathBuf,
    /// The embedded registers' file.
    pub embedded_registers: PathBuf,
    /// How long a register may take.
    pub register_timeout: Duration,
    /// The number series.
    pub numbers: Numbers,
    /// Working days, for the officers' clocks.
    pub calendar: Calendar,
    /// How long personal data can be read.
    pub retention: Retention,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// A running central.
#[derive(Debug)]
pub struct Running {
    /// Where kiosks connect.
    pub api: SocketAddr,
    /// Where everybody's pages are.
    pub web: SocketAddr,
    finished: JoinHandle<()>,
}

impl Running {
    /// Waits until central was told to stop and open requests are answered.
    pub async fn finished(self) {
        // A panic in a request ends that request's task, never these two.
        drop(self.finished.await);
    }
}

/// Why central does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The permit book.
    #[error("cannot start central without its permit book")]
    Store {
        /// What the store said.
        source: store::Error,
    },
    /// The keys.
    #[error("cannot start central without its keys; `permit-kiosk provision` makes them")]
    Keys {
        /// What was wrong.
        source: keys::Error,
    },
    /// The registers.
    #[error("cannot start central without its registers")]
    Registers {
        /// What was wrong.
        source: registers::Error,
    },
    /// TLS.
    #[error("cannot use central's certificate")]
    Tls {
        /// What was wrong.
        source: rustls::Error,
    },
    /// A port.
    #[error("cannot listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What the API and the pages share.
struct Central {
    store: Arc<dyn Store>,
    registers: Registers,
    numbers: Numbers,
    calendar: Calendar,
    signing: SigningKey,
    vault: VaultKey,
    officer_token: Zeroizing<String>,
    editions: editions::Served,
    clock: Arc<dyn Clock>,
}

impl Central {
    fn sign(&self, context: &str, text: String) -> SignedText {
        SignedText::sign(context, text, &self.signing)
    }
}

/// Wraps the data key of an application for keeping in the permit book.
pub fn wrap(vault: &VaultKey, application: ApplicationId, key: &DataKey) -> WrappedKey {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).expect("the system always has random numbers after its start");
    vault.wrap(&application.to_string(), key, &nonce)
}

/// Starts central. It listens when this returns, and stops when `stop` becomes true.
pub async fn serve(config: Config, stop: watch::Receiver<bool>) -> Result<Running, Error> {
    let keys = CentralKeys::load(&config.keys).map_err(|source| Error::Keys { source })?;
    let acceptor = door::acceptor(&keys).map_err(|source| Error::Tls { source })?;
    let store = store::open(&config.permit_book).await.map_err(|source| Error::Store { source })?;
    let embedded = Embedded::load(&config.embedded_registers, Arc::clone(&config.clock))
        .map_err(|source| Error::Registers { source })?;
    let connector: Arc<dyn Connector> = Arc::new(embedded);
    let clock = Arc::clone(&config.clock);
    let central = Arc::new(Central {
        store,
        registers: Registers::new(connector, keys.digest, config.register_timeout, clock),
        numbers: config.numbers,
        calendar: config.calendar,
        signing: keys.signing,
        vault: keys.vault,
        officer_token: keys.officer_token,
        editions: editions::Served::new(keys.publishers),
        clock: config.clock,
    });
    let api = listen(config.api).await?;
    let web = listen(config.web).await?;
    let (api_at, web_at) = (address(&api, config.api)?, address(&web, config.web)?);
    let forgetting = forget_in_time(Arc::clone(&central), config.retention, stop.clone());
    let routes = api::router(Arc::clone(&central));
    let kiosks = door::serve(api, Door::Kiosks(acceptor), routes, stop.clone());
    let pages = door::serve(web, Door::Public, web::router(central), stop);
    let finished = tokio::spawn(async move {
        tokio::join!(kiosks, pages, forgetting);
    });
    Ok(Running { api: api_at, web: web_at, finished })
}

/// How often it is looked whose time is over.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Destroys the data keys whose time is over, as long as central runs.
async fn forget_in_time(
    central: Arc<Central>,
    retention: Retention,
    mut stop: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(FORGET_EVERY);
    loop {
        tokio::select! {
            _tick = tick.tick() => {}
            _told = stop.wait_for(|stop| *stop) => return,
        }
        let stages = [
            (Stage::Begun, retention.begun),
            (Stage::Decided, retention.decided),
            (Stage::Issued, retention.issued),
        ];
        for (stage, keeping) in stages {
            let now = central.clock.now();
            let Ok(before) = now.checked_sub(keeping) else { continue };
            match central.store.shred(stage, before).await {
                Ok(0) => {}
                Ok(count) => {
                    let stage = stage.as_str();
                    tracing::info!(
                        count,
                        stage,
                        "erased the personal data of {count} applications"
                    );
                }
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "personal data could not be erased");
                }
            }
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

fn address(listener: &TcpListener, asked: SocketAddr) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|source| Error::Listen { address: asked, source })
}

/// 128 random bits for a code or a proof.
fn random() -> [u8; 16] {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the system always has random numbers after its start");
    bits
}
