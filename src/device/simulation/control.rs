//! Commands over a unix socket: one line in, one line of answer out once it has taken effect.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Devices, Error};

/// Hands at the devices at once: a test, a bench window, a scripted applicant, and some to spare.
const CONNECTIONS_MAX: usize = 16;
/// Bytes of a command: a whole code of 4096 bytes, each written as a three-byte character.
const LINE_BYTES_MAX: u64 = 16 * 1024;
/// A client waits longer than the longest command takes.
const ANSWER_WITHIN: Duration = Duration::from_secs(150);

fn socket(dir: &Path) -> PathBuf {
    dir.join("control")
}

/// Somebody who handles the devices of a running simulation.
#[derive(Debug)]
pub struct Control {
    stream: BufReader<UnixStream>,
}

impl Control {
    /// Connects to the simulation that runs in `dir`.
    pub fn connect(dir: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket(dir))?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Gives a command; the answer comes once it has taken effect. A command that the device does
    /// not take is an error of kind `InvalidInput` with what it said.
    pub fn command(&mut self, command: &str) -> io::Result<String> {
        if command.contains('\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a command is one line"));
        }
        self.stream.get_mut().write_all(format!("{command}\n").as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.trim_end().split_once(' ') {
            Some(("ok", answer)) => Ok(answer.to_owned()),
            Some(("error", answer)) => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, answer.to_owned()))
            }
            Some(_) | None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Takes the socket of `dir`, also from a simulation that has died.
pub(super) fn bind(dir: &Path) -> Result<UnixListener, Error> {
    let socket = socket(dir);
    if UnixStream::connect(&socket).is_ok() {
        return Err(Error::InUse { dir: dir.to_owned() });
    }
    let failed = |source| Error::Control { socket: socket.clone(), source };
    match std::fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    UnixListener::bind(&socket).map_err(failed)
}

/// The listening end.
pub(super) struct Server {
    socket: PathBuf,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    devices: Arc<Devices>,
    stop: AtomicBool,
    connections: Mutex<BTreeMap<u64, Connection>>,
}

struct Connection {
    stream: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(
        listener: UnixListener,
        dir: &Path,
        devices: Arc<Devices>,
    ) -> Result<Self, Error> {
        let socket = socket(dir);
        let shared = Arc::new(Shared {
            devices,
            stop: AtomicBool::new(false),
            connections: Mutex::new(BTreeMap::new()),
        });
        let listening = std::thread::Builder::new()
            .name("simulation control".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || listen(&listener, &shared)
            })
            .map_err(|source| Error::Control { socket: socket.clone(), source })?;
        Ok(Self { socket, shared, listening: Some(listening) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // Commands under way end with their devices.
        self.shared.devices.stop();
        // The listener waits for a connection: give it its last one.
        let woken = UnixStream::connect(&self.socket).is_ok();
        if woken && let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
        let connections = std::mem::take(&mut *self.shared.lock());
        for Connection { stream, thread } in connections.into_values() {
            drop(stream.shutdown(Shutdown::Both));
            drop(thread.map(JoinHandle::join));
        }
        drop(std::fs::remove_file(&self.socket));
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listen(listener: &UnixListener, shared: &Arc<Shared>) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if shared.stop.load(Ordering::Acquire) {
            return;
        }
        let opened = stream.and_then(|stream| open(number, stream, shared));
        if let Err(error) = opened {
            tracing::warn!(%error, "a connection to the simulation failed: {error}");
        }
    }
}

fn open(number: u64, mut stream: UnixStream, shared: &Arc<Shared>) -> io::Result<()> {
    let mut connections = shared.lock();
    if connections.len() >= CONNECTIONS_MAX {
        return stream.write_all(b"error too many connections\n");
    }
    let ours = stream.try_clone()?;
    let thread = std::thread::Builder::new().name("simulation hand".to_owned()).spawn({
        let shared = Arc::clone(shared);
        move || {
            if let Err(error) = serve(&stream, &shared.devices) {
                tracing::debug!(%error, "a connection to the simulation ended: {error}");
            }
            shared.lock().remove(&number);
        }
    })?;
    connections.insert(number, Connection { stream: ours, thread: Some(thread) });
    Ok(())
}

fn serve(stream: &UnixStream, devices: &Devices) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
        let (word, answer) = match String::from_utf8(line) {
            Ok(command) => match devices.command(&command) {
                Ok(answer) => ("ok", answer),
                Err(answer) => ("error", answer),
            },
            Err(error) => ("error", error.to_string()),
        };
        let answer = answer.replace('\n', " ");
        (&mut &*stream).write_all(format!("{word} {answer}\n").as_bytes())?;
    }
}
