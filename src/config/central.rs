//! `central.toml`: where central listens, what it keeps where, and which registers it asks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::kiosk::host;
use super::written::{File, Refusal, Section};

/// What `central.toml` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Central {
    /// Where kiosks call, over TLS.
    pub api_listen: SocketAddr,
    /// Where the public and the officers' pages are served, behind the bureau's own web server.
    pub web_listen: SocketAddr,
    /// The public host of the verification page.
    pub web_host: String,
    /// The permit book.
    pub database: PathBuf,
    /// Central's keys and certificates.
    pub keys_folder: PathBuf,
    /// Which registers are asked.
    pub registers: Registers,
}

/// Which registers are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registers {
    /// Invented people and businesses from one file, for demonstrations and training.
    Embedded {
        /// The file.
        file: PathBuf,
    },
}

pub(super) const NAME: &str = "central.toml";

pub(super) fn read(folder: &Path) -> (File, Option<Central>) {
    File::read(folder, NAME, |file| {
        let api = file.section("api", |section| listen(section, "0.0.0.0:8443"));
        let web = file.section("web", |section| {
            let listen = listen(section, "127.0.0.1:8080");
            let host = section.parsed("host", "verify.example", host);
            Some((listen?, host?))
        });
        let store = file.section("store", |section| {
            let database = section.path("database", "/var/lib/permit-kiosk/central.db");
            let keys = section.path("keys", "/var/lib/permit-kiosk/central-keys");
            Some((database?, keys?))
        });
        let registers = file.section("registers", registers);
        let (web_listen, web_host) = web?;
        let (database, keys_folder) = store?;
        Some(Central {
            api_listen: api?,
            web_listen,
            web_host,
            database,
            keys_folder,
            registers: registers?,
        })
    })
}

/// Notes two services that would listen at the same address.
pub(super) fn compare_addresses(file: &File, central: &Central) {
    // Port 0 is any free port: two of them never collide.
    if central.api_listen == central.web_listen && central.api_listen.port() != 0 {
        file.note_value(
            "web.listen",
            "the pages and the kiosks' interface have the same address",
            "again",
            "give one of them another port",
        );
    }
}

fn listen(section: &Section<'_>, example: &str) -> Option<SocketAddr> {
    section.parsed("listen", example, |text| {
        text.parse().map_err(|_not_valid| {
            Refusal::new("is not an address", "write the number of the interface, a colon, a port")
        })
    })
}

fn registers(section: &Section<'_>) -> Option<Registers> {
    let connector = section.choice("connector", &[("embedded", ())]);
    let file = section.readable_file("file", "demo/demo.json");
    connector?;
    Some(Registers::Embedded { file: file? })
}
