//! The two doors: kiosks come through TLS with a certificate on both sides, everybody else through
//! plain HTTP behind the bureau's own web server. Both have the same limits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::keys::{CentralKeys, fingerprint, name_in};
use crate::fault::Chain;
use crate::wire::v1::{Hash, KioskId};

/// Connections at once: a fleet of a hundred kiosks, each with one kept open and one being made.
const CONNECTIONS_MAX: usize = 256;
/// A handshake takes 2 ms; one that takes longer than this holds a place for nothing.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A request's head comes in one packet.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long open requests may take at the end: a register's time-out, and something.
const FINISH_TIMEOUT: Duration = Duration::from_secs(15);

/// What the certificate of a connection says. Whether it is enrolled is asked with every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    /// The kiosk's name in it.
    pub(super) kiosk: KioskId,
    /// SHA-256 of it.
    pub(super) certificate: Hash,
}

/// Who may come in.
#[derive(Clone)]
pub(super) enum Door {
    /// Kiosks, by certificate; requests carry an `Option<Peer>`.
    Kiosks(TlsAcceptor),
    /// Everybody.
    Public,
}

/// What TLS needs, made once.
pub(super) fn acceptor(keys: &CentralKeys) -> Result<TlsAcceptor, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(keys.ca.clone())?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![keys.certificate.clone()], keys.certificate_key.clone_key())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Takes connections until told to stop, then lets open requests finish.
pub(super) async fn serve(
    listener: TcpListener,
    door: Door,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let place = Arc::clone(&places).acquire_owned().await;
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, or the peer went away: the next one may come through.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (door, router) = (door.clone(), router.clone());
        let stop = stop.clone();
        connections.spawn(async move {
            let _place = place;
            match door {
                Door::Public => talk(stream, address, router, stop).await,
                Door::Kiosks(acceptor) => {
                    if let Some((stream, peer)) = shake_hands(&acceptor, stream, address).await {
                        talk(stream, address, router.layer(Extension(peer)), stop).await;
                    }
                }
            }
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH_TIMEOUT, all).await.is_err() {
        // What they were told is kept; what they were not told they will ask again.
        tracing::warn!("some requests did not finish before the end");
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    address: SocketAddr,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stopped(&mut stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%address, error = %Chain(&error), "a connection ended early");
    }
}

/// Ends when central is told to stop, or when nobody is left who could.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

type Stream = tokio_rustls::server::TlsStream<TcpStream>;

async fn shake_hands(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(Stream, Option<Peer>)> {
    let stream = match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(%address, %error, "a connection without a certificate of ours was refused");
            return None;
        }
        Err(_elapsed) => {
            tracing::info!(%address, "a connection did not finish its handshake");
            return None;
        }
    };
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let peer = certificate.and_then(|certificate| {
        let kiosk = KioskId::parse(&name_in(certificate)?)?;
        Some(Peer { kiosk, certificate: fingerprint(certificate) })
    });
    Some((stream, peer))
}
