//! `central.toml`: where central listens, what it keeps where, and which registers it asks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::kiosk::{Retention, host, retention};
use super::written::{File, Refusal, Section};
use crate::domain::Private;

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
    pub permit_book: PermitBook,
    /// Central's keys and certificates.
    pub keys_folder: PathBuf,
    /// Which registers are asked.
    pub registers: Registers,
    /// How long central can read what kiosks recorded about people.
    pub retention: Retention,
}

/// Where the permit book is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermitBook {
    /// One file on a local disk, for a single district.
    File(PathBuf),
    /// Servers of a fleet's database.
    Postgres {
        /// A `postgresql://` address without a password.
        address: String,
        /// The password, from a file of its own: this one's lines are shown where something is wrong.
        password: Option<Private<String>>,
    },
}

impl PermitBook {
    /// The file `central.db` in `folder` in place of another file; a database stays.
    pub fn in_folder(self, folder: &Path) -> Self {
        match self {
            Self::File(_) => Self::File(folder.join("central.db")),
            database @ Self::Postgres { .. } => database,
        }
    }
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
            let database = permit_book(folder, section);
            let keys = section.path("keys", "/var/lib/permit-kiosk/central-keys");
            Some((database?, keys?))
        });
        let registers = file.section("registers", registers);
        let retention = file.section("retention", |section| retention(section, ISSUED_DAYS_MIN));
        let (web_listen, web_host) = web?;
        let (permit_book, keys_folder) = store?;
        Some(Central {
            api_listen: api?,
            web_listen,
            web_host,
            permit_book,
            keys_folder,
            registers: registers?,
            retention: retention?,
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

fn permit_book(folder: &Path, section: &Section<'_>) -> Option<PermitBook> {
    let address = section.text("database", "/var/lib/permit-kiosk/central.db")?;
    let password = if section.has("password_file") {
        Some(section.readable_file("password_file", "/etc/permit-kiosk/database")?)
    } else {
        None
    };
    if !address.contains("://") {
        return Some(PermitBook::File(folder.join(address)));
    }
    // No line is shown, nor what the parser says: either may repeat a password.
    let refuse = |what: &str, remedy: &str| {
        section.note_unseen(format!("`store.database` {what}"), remedy);
        None
    };
    let example = "write a path, or postgresql://user@first,second/database";
    let Ok(servers) = address.parse::<tokio_postgres::Config>() else {
        return refuse("is no address of a database", example);
    };
    if servers.get_hosts().is_empty() || servers.get_dbname().is_none() {
        return refuse("names no server or no database", example);
    }
    if servers.get_password().is_some() {
        let remedy = "take it out of there, and write its file as `password_file`";
        return refuse("has a password in it", remedy);
    }
    let password = match password {
        None => None,
        Some(path) => {
            let read = crate::durable::read_limited(&path, PASSWORD_BYTES_MAX).ok();
            match read.and_then(|bytes| String::from_utf8(bytes).ok()) {
                Some(text) => Some(Private::new(text.trim_end().to_owned())),
                None => return refuse("has no readable password file", "write one line of text"),
            }
        }
    };
    Some(PermitBook::Postgres { address, password })
}

/// The longest a permit is valid, five years, and a year for whoever asks about it afterwards.
const ISSUED_DAYS_MIN: u32 = 6 * 366;

/// As long as PostgreSQL's own clients take one.
const PASSWORD_BYTES_MAX: u64 = 1024;

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
