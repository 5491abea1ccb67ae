//! Who may sign in at the kiosk's console: named persons with a role and a PIN, and how often it may
//! be tried.

mod door;
mod pin;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::durable;
pub use crate::wire::v1::Role;

pub use door::{Door, Lockout, Refusal};
pub use pin::{Pin, PinProblem};

/// The file of the staff in the kiosk's key folder.
pub const FILE_NAME: &str = "technicians.toml";
/// Persons at most: three shifts of attendants and technicians, many times over.
const PEOPLE_MAX: usize = 200;
/// Bytes of the file at most: 200 persons at 250 bytes, rounded up.
const BYTES_MAX: u64 = 64 * 1024;
/// Characters of a sign-in name at most.
const NAME_LEN_MAX: usize = 24;

/// Why the staff's file could not be read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("cannot read the staff")]
    Read {
        /// Why.
        source: durable::Error,
    },
    /// The file's rights could not be looked at.
    #[error("cannot look at {}", path.display())]
    Look {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others than its owner may read the file.
    #[error("{} may be read by others: `chmod 600` it", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
    },
    /// The file is none of the staff.
    #[error("{} is not as `permit-kiosk technician add` writes it", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: toml::de::Error,
    },
    /// A hash in the file is not made as this version makes them.
    #[error(
        "the PIN of {name} is not hashed as this version does: remove {name} and add them again"
    )]
    Hash {
        /// Whose.
        name: String,
    },
    /// The name is none.
    #[error("`{name}` is no sign-in name: write 2 to 24 small letters, digits and hyphens")]
    Name {
        /// What was written.
        name: String,
    },
    /// The name is taken.
    #[error("{name} is there already: remove them first")]
    Known {
        /// Which name.
        name: String,
    },
    /// Nobody has the name.
    #[error("nobody is called {name}")]
    Unknown {
        /// Which name.
        name: String,
    },
    /// There are too many.
    #[error("more than {max} persons cannot be entered", max = PEOPLE_MAX)]
    TooMany,
    /// The file could not be written.
    #[error("cannot write the staff")]
    Write {
        /// Why.
        source: durable::Error,
    },
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their sign-in name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Everybody who may sign in.
#[derive(Default)]
pub struct Staff {
    people: BTreeMap<String, Entry>,
}

struct Entry {
    role: Role,
    hash: pin::Hash,
}

/// Hashes stay out.
impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.people.keys()).finish()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    technician: Vec<WrittenEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    name: String,
    role: Role,
    pin: String,
}

impl Staff {
    /// Reads the staff from the key folder; without a file nobody may sign in.
    pub fn read(keys: &Path) -> Result<Self, Error> {
        let path = keys.join(FILE_NAME);
        let bytes = match durable::read_limited(&path, BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(Self::default()),
            Err(source) => return Err(Error::Read { source }),
        };
        let look = |source| Error::Look { path: path.clone(), source };
        if std::fs::metadata(&path).map_err(look)?.permissions().mode() & 0o077 != 0 {
            return Err(Error::Open { path });
        }
        let written: Written =
            toml::from_slice(&bytes).map_err(|source| Error::Parse { path, source })?;
        if written.technician.len() > PEOPLE_MAX {
            return Err(Error::TooMany);
        }
        let mut people = BTreeMap::new();
        for WrittenEntry { name, role, pin } in written.technician {
            check_name(&name)?;
            let Some(hash) = pin::Hash::parse(&pin) else { return Err(Error::Hash { name }) };
            if people.contains_key(&name) {
                return Err(Error::Known { name });
            }
            people.insert(name, Entry { role, hash });
        }
        Ok(Self { people })
    }

    /// Writes the staff into the key folder, for its owner's eyes alone.
    pub fn write(&self, keys: &Path) -> Result<(), Error> {
        let entry = |(name, entry): (&String, &Entry)| WrittenEntry {
            name: name.clone(),
            role: entry.role,
            pin: entry.hash.as_str().to_owned(),
        };
        let written = Written { technician: self.people.iter().map(entry).collect() };
        let text = toml::to_string(&written).expect("names, roles and hashes are plain texts");
        let head =
            "# Who may sign in at the kiosk's console. Written by `permit-kiosk technician`.\n\n";
        durable::write_secret(&keys.join(FILE_NAME), format!("{head}{text}").as_bytes())
            .map_err(|source| Error::Write { source })
    }

    /// Enters somebody; `salt` is fresh random bits.
    pub fn add(&mut self, name: &str, role: Role, pin: &Pin, salt: [u8; 16]) -> Result<(), Error> {
        check_name(name)?;
        if self.people.contains_key(name) {
            return Err(Error::Known { name: name.to_owned() });
        }
        if self.people.len() == PEOPLE_MAX {
            return Err(Error::TooMany);
        }
        self.people.insert(name.to_owned(), Entry { role, hash: pin::Hash::make(pin, salt) });
        Ok(())
    }

    /// Takes somebody out.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        match self.people.remove(name) {
            Some(_) => Ok(()),
            None => Err(Error::Unknown { name: name.to_owned() }),
        }
    }

    /// Everybody, by name.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.people.iter().map(|(name, entry)| Member { name: name.clone(), role: entry.role })
    }

    /// Whether somebody of this name is a technician: they alone change a configuration.
    pub fn has_technician(&self, name: &str) -> bool {
        self.people.get(name).is_some_and(|entry| entry.role == Role::Technician)
    }

    /// Whether somebody has this name.
    pub fn knows(&self, name: &str) -> bool {
        self.people.contains_key(name)
    }

    /// Who this is, if name and PIN belong together. It takes as long for a name nobody has.
    pub fn verify(&self, name: &str, pin: &Pin) -> Option<Member> {
        let entry = self.people.get(name);
        let is_right = entry.map_or_else(pin::Hash::nobody, |entry| entry.hash.clone()).fits(pin);
        entry.filter(|_| is_right).map(|entry| Member { name: name.to_owned(), role: entry.role })
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (2..=NAME_LEN_MAX).contains(&name.len()) && name.bytes().all(fits) {
        Ok(())
    } else {
        Err(Error::Name { name: name.to_owned() })
    }
}
