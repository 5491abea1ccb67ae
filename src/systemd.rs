//! Tells systemd that the kiosk is ready, and again and again that it is alive (`sd_notify`): when it
//! has not heard so for a while, it ends and starts it again (`WatchdogSec=`).
//!
//! The protocol is one datagram of `KEY=value` lines to the socket named in `NOTIFY_SOCKET`
//! (`sd_notify(3)`). No library is needed for that.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// The line to systemd.
#[derive(Debug)]
pub struct Notify {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Notify {
    /// The line named by the value of `NOTIFY_SOCKET`: a path, or a name that begins with `@`.
    pub fn to(name: &str) -> io::Result<Self> {
        let address = match name.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name.as_bytes())?,
            None => SocketAddr::from_pathname(Path::new(name))?,
        };
        let socket = UnixDatagram::unbound()?;
        // Whoever waits for systemd would be the one that hangs.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address })
    }

    /// The window is open and the devices are started.
    pub fn ready(&self) {
        self.tell("READY=1\nSTATUS=the kiosk's screen is open\n");
    }

    /// Screen and terminal have both answered just now.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1\n");
    }

    fn tell(&self, words: &str) {
        if let Err(error) = self.socket.send_to_addr(words.as_bytes(), &self.address) {
            tracing::warn!(%error, "systemd was not told");
        }
    }
}
