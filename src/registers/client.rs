//! The line to central: HTTPS with a certificate on both sides, one authority trusted, every answer
//! limited in time and size.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, StatusCode, Url};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde::{Serialize, de::DeserializeOwned};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use zeroize::Zeroizing;

use crate::durable;
use crate::wire::v1::api::{self, Problem};

/// How long central may take for everything, unless the configuration says otherwise: people wait in
/// front of the screen, and 15 s is what the province's own terminals give its services.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a certificate or key file at most.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// Who we are to central, and whom we take for central.
pub struct Identity {
    ca: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// The private authority's certificate.
    pub const CA: &str = "ca.pem";
    /// This kiosk's certificate.
    pub const CERTIFICATE: &str = "kiosk-tls.pem";
    /// The key to it.
    pub const KEY: &str = "kiosk-tls.key";

    /// Until when the certificate in the kiosk's key folder holds; `None` where it cannot be read.
    pub fn valid_until(folder: &Path) -> Option<Timestamp> {
        let pem = durable::read_limited(&folder.join(Self::CERTIFICATE), FILE_BYTES_MAX).ok()?;
        let der = CertificateDer::from_pem_slice(&pem).ok()?;
        let (_rest, certificate) = X509Certificate::from_der(&der).ok()?;
        Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
    }

    /// Reads the three files from the kiosk's key folder.
    pub fn load(folder: &Path) -> Result<Self, ClientError> {
        let read = |file: &str| {
            durable::read_limited(&folder.join(file), FILE_BYTES_MAX)
                .map(Zeroizing::new)
                .map_err(|source| ClientError::ReadKey { source })
        };
        let pem = |file: &str| {
            let path = folder.join(file);
            move |source| ClientError::Pem { path, source }
        };
        let certificate =
            |file: &str| CertificateDer::from_pem_slice(&read(file)?).map_err(pem(file));
        Ok(Self {
            ca: certificate(Self::CA)?,
            certificate: certificate(Self::CERTIFICATE)?,
            key: PrivateKeyDer::from_pem_slice(&read(Self::KEY)?).map_err(pem(Self::KEY))?,
        })
    }
}

/// The line to central. Clones share one pool of connections and one thread that drives it, so its
/// futures may be awaited anywhere.
#[derive(Clone)]
pub struct Client {
    url: Url,
    http: reqwest::Client,
    timeout: Duration,
    runtime: Arc<Runtime>,
}

/// Why central gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A key file.
    #[error("cannot read a key")]
    ReadKey {
        /// What the system said.
        source: durable::Error,
    },
    /// A key file.
    #[error("{} is not a PEM file of a certificate or key", path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What was wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// The keys do not fit together.
    #[error("cannot use this kiosk's certificate")]
    Tls {
        /// What was wrong.
        source: rustls::Error,
    },
    /// The address of central.
    #[error("`{url}` is not the address of central: https://host:port")]
    Address {
        /// As it was given.
        url: String,
    },
    /// The client.
    #[error("cannot set up the line to central")]
    Build {
        /// What was wrong.
        source: reqwest::Error,
    },
    /// Its thread.
    #[error("cannot start the thread of the line to central")]
    Thread {
        /// What the system said.
        source: std::io::Error,
    },
    /// Too late.
    #[error("no answer within {} ms", timeout.as_millis())]
    TimedOut {
        /// How long was waited.
        timeout: Duration,
    },
    /// No connection, or it broke.
    #[error("central cannot be reached")]
    Unreachable {
        /// What happened.
        source: reqwest::Error,
    },
    /// Central said no.
    #[error("central answered {status}: {code}, {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable word, for example `NOT_ENROLLED`; empty where it is not an answer of central's.
        code: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// Too much.
    #[error("an answer of more than {bytes_max} bytes")]
    TooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// Not what was asked for. The parser's own text would repeat a piece of the answer.
    #[error("not an answer: {bytes} bytes, wrong at line {line}, column {column}")]
    Nonsense {
        /// Its length.
        bytes: usize,
        /// Where it is wrong.
        line: usize,
        /// Where it is wrong.
        column: usize,
    },
    /// The kiosk is ending.
    #[error("the line to central is closed")]
    Closed,
}

impl Client {
    /// A line to central at `https://host:port`. Nothing is sent yet.
    pub fn new(url: &str, identity: Identity, timeout: Duration) -> Result<Self, ClientError> {
        let address = || ClientError::Address { url: url.to_owned() };
        let url = Url::parse(url).ok().filter(|url| url.scheme() == "https").ok_or_else(address)?;
        let tls = tls(identity).map_err(|source| ClientError::Tls { source })?;
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .https_only(true)
            // A proxy of the environment has no business between kiosk and central.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|source| ClientError::Build { source })?;
        let runtime = Runtime::start().map_err(|source| ClientError::Thread { source })?;
        Ok(Self { url, http, timeout, runtime: Arc::new(runtime) })
    }

    /// Posts a message and reads the answer.
    pub async fn post_json<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        message: &Q,
    ) -> Result<A, ClientError> {
        let body = serde_json::to_vec(message).expect("messages have only string keys");
        parse(&self.post(path, body, api::ANSWER_BYTES_MAX).await?)
    }

    /// Posts a message and gives the answer's bytes, at most `bytes_max`.
    pub async fn post_for_bytes<Q: Serialize>(
        &self,
        path: &str,
        message: &Q,
        bytes_max: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let body = serde_json::to_vec(message).expect("messages have only string keys");
        self.post(path, body, bytes_max).await
    }

    /// Gets a message of at most `bytes_max` bytes.
    pub async fn get_json<A: DeserializeOwned>(
        &self,
        path: &str,
        bytes_max: usize,
    ) -> Result<A, ClientError> {
        parse(&self.ask(Method::GET, path, Vec::new(), bytes_max).await?)
    }

    /// Posts a body and gives the answer's bytes.
    pub(super) async fn post(
        &self,
        path: &str,
        body: Vec<u8>,
        bytes_max: usize,
    ) -> Result<Vec<u8>, ClientError> {
        self.ask(Method::POST, path, body, bytes_max).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        bytes_max: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let url = self
            .url
            .join(path)
            .map_err(|_not_a_path| ClientError::Address { url: format!("{}{path}", self.url) })?;
        let request = self
            .http
            .request(method, url)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body);
        let timeout = self.timeout;
        let answer = self.runtime.spawn(answer(request, bytes_max)).await;
        match answer.unwrap_or(Err(ClientError::Closed)) {
            Err(ClientError::Unreachable { source }) if source.is_timeout() => {
                Err(ClientError::TimedOut { timeout })
            }
            other => other,
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.url)
    }
}

/// Reads the answer's JSON.
pub(super) fn parse<A: DeserializeOwned>(bytes: &[u8]) -> Result<A, ClientError> {
    serde_json::from_slice(bytes).map_err(|error| ClientError::Nonsense {
        bytes: bytes.len(),
        line: error.line(),
        column: error.column(),
    })
}

async fn answer(
    request: reqwest::RequestBuilder,
    bytes_max: usize,
) -> Result<Vec<u8>, ClientError> {
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status();
    let bytes_max = if status == StatusCode::OK { bytes_max } else { api::REQUEST_BYTES_MAX };
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(ClientError::TooLong { bytes_max });
        }
        bytes.extend_from_slice(&chunk);
    }
    if status == StatusCode::OK {
        return Ok(bytes);
    }
    let problem: Option<Problem> = serde_json::from_slice(&bytes).ok();
    let (code, message) = match problem {
        Some(problem) => (problem.code, problem.message),
        None => (String::new(), "not an answer of central's".to_owned()),
    };
    Err(ClientError::Refused { status: status.as_u16(), code, message })
}

fn broken(error: reqwest::Error) -> ClientError {
    // The address stands in no log: it is always central's.
    ClientError::Unreachable { source: error.without_url() }
}

fn tls(identity: Identity) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(identity.ca)?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![identity.certificate], identity.key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// One thread that drives the connections, so that callers need no runtime of their own.
struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    fn start() -> std::io::Result<Self> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("line-to-central")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.0.as_ref().expect("it is there until it is dropped").spawn(future)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // The last clone may be dropped inside another runtime, where waiting is not allowed.
            runtime.shutdown_background();
        }
    }
}
