//! Verifies a paper held before the scanner: at once with the keys that lie here, then at central, which
//! alone knows what has happened to the permit since.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::domain::{ElicenceId, PermitKind};
use crate::durable;
use crate::fault::Chain;
use crate::registers::Registers;
use crate::seal::{self, Claims, KeyError, Keyring, VerifyingKey};
use crate::session::event::{CodeWorth, ShownPermit, Standing, Verified};
use crate::wire::v1::api::{PermitState, SealWorth, VerificationAnswer, VerificationRequest};

/// Bytes of a public key file at most.
const KEY_BYTES_MAX: u64 = 16 * 1024;
/// What a seal begins with, of whatever version.
const SEAL: &str = "PK";

/// Why the keys of seals could not be read.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Their folder.
    #[error("cannot open the folder of keys {}", path.display())]
    Folder {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// One of them.
    #[error("cannot read the key {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: durable::Error,
    },
    /// One of them.
    #[error("cannot trust {}", path.display())]
    Trust {
        /// Which.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

/// The keys to trust: one file, or every `seal*.pub` of a folder; a file's name is the key's name. Other
/// public keys of a kiosk lie in the same folder and sign other things, so they are no seals' keys.
pub fn trusted(keys: &Path) -> Result<Keyring, KeysError> {
    let mut paths = BTreeSet::new();
    if keys.is_file() {
        paths.insert(keys.to_owned());
    } else {
        let folder = |source| KeysError::Folder { path: keys.to_owned(), source };
        for entry in std::fs::read_dir(keys).map_err(folder)? {
            let path = entry.map_err(folder)?.path();
            let is_public = path.extension().is_some_and(|extension| extension == "pub");
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            if is_public && stem.is_some_and(|stem| stem.starts_with("seal")) {
                paths.insert(path);
            }
        }
    }
    let mut keyring = Keyring::new();
    for path in paths {
        let pem = durable::read_limited(&path, KEY_BYTES_MAX)
            .map_err(|source| KeysError::Read { path: path.clone(), source })?;
        let key = VerifyingKey::from_pem(&String::from_utf8_lossy(&pem))
            .map_err(|source| KeysError::Trust { path: path.clone(), source })?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        keyring.trust(name.unwrap_or_default(), key);
    }
    Ok(keyring)
}

/// What a code is, by itself.
pub(super) enum Code {
    /// A seal, as it was scanned.
    Seal(String),
    /// The page of a permit, by its e-licence identifier.
    Link(String),
    /// Nothing of ours.
    Foreign,
}

impl Code {
    /// Tells seals and addresses of our pages at `host` from everything else.
    pub(super) fn of(scanned: &str, host: &str) -> Self {
        let scanned = scanned.trim();
        if scanned.starts_with(SEAL) {
            return Self::Seal(scanned.to_owned());
        }
        // Of another host than ours a page may say whatever it likes.
        let ours = scanned.strip_prefix("https://").and_then(|rest| rest.strip_prefix(host));
        let id = ours.and_then(|path| path.strip_prefix("/v/"));
        let id = id.map(|id| id.split(['?', '#']).next().unwrap_or_default());
        match id {
            Some(id) if ElicenceId::parse(id).is_ok() => Self::Link(id.to_owned()),
            _ => Self::Foreign,
        }
    }

    /// What the code is worth without asking anybody.
    pub(super) fn look(&self, scan: u32, keyring: &Keyring) -> Verified {
        let (code, standing, permit) = match self {
            Self::Foreign => (CodeWorth::Foreign, Standing::Unknown, None),
            Self::Link(_) => (CodeWorth::Link, Standing::Asked, None),
            Self::Seal(text) => match seal::verify(text, keyring) {
                Ok(claims) => (CodeWorth::Genuine, Standing::Asked, Some(stated(&claims))),
                Err(seal::Error::UnknownKey { .. }) => {
                    (CodeWorth::KeyUnknown, Standing::Asked, None)
                }
                Err(_not_one) => (CodeWorth::Forged, Standing::Unknown, None),
            },
        };
        Verified { scan, code, standing, permit }
    }

    fn request(&self) -> Option<VerificationRequest> {
        match self {
            Self::Seal(text) => Some(VerificationRequest::Seal { text: text.clone() }),
            Self::Link(elicence) => Some(VerificationRequest::Link { elicence: elicence.clone() }),
            Self::Foreign => None,
        }
    }

    /// What central says of it, put to what was seen at once.
    pub(super) async fn ask(self, registers: Registers, seen: Verified) -> Verified {
        let Some(request) = self.request() else { return seen };
        match registers.verify_paper(&request).await {
            Ok(answer) => told(seen, answer),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "central does not say what a paper is worth");
                Verified { standing: Standing::Unreachable, ..seen }
            }
        }
    }
}

fn told(seen: Verified, answer: VerificationAnswer) -> Verified {
    let code = match answer.seal {
        None => seen.code,
        Some(SealWorth::Forged) => CodeWorth::Forged,
        Some(SealWorth::Agrees) => CodeWorth::Genuine,
        // A genuine paper of a permit the book does not have yet.
        Some(SealWorth::StatesOtherwise) if answer.permit.is_none() => CodeWorth::Genuine,
        Some(SealWorth::StatesOtherwise) => CodeWorth::StatesOtherwise,
    };
    let standing = match answer.state {
        None => Standing::Unknown,
        Some(PermitState::Valid) => Standing::Valid,
        Some(PermitState::NotYet) => Standing::NotYet,
        Some(PermitState::Expired) => Standing::Expired,
        Some(PermitState::Superseded) => Standing::Superseded,
        Some(PermitState::Cancelled) => Standing::Cancelled,
        Some(PermitState::Revoked) => Standing::Revoked,
        Some(PermitState::Damaged) => Standing::Damaged,
    };
    let known = answer.permit.and_then(|permit| {
        let kind = PermitKind::parse(&permit.kind)?;
        Some(ShownPermit {
            kind,
            number: permit.number,
            holder: Some(permit.holder),
            uscc: permit.uscc,
            premises: Some(permit.premises),
            granted: permit.granted,
            issued: permit.issued,
            valid_to: permit.valid_to,
        })
    });
    // Of a forged paper nothing may be repeated as if it were true.
    let permit = if code == CodeWorth::Forged { None } else { known.or(seen.permit) };
    Verified { scan: seen.scan, code, standing, permit }
}

fn stated(claims: &Claims) -> ShownPermit {
    ShownPermit {
        kind: claims.kind(),
        number: claims.number.to_string(),
        holder: None,
        uscc: claims.holder.to_string(),
        premises: None,
        granted: Vec::new(),
        issued: claims.issued,
        valid_to: claims.valid_to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scanned: &str, expected: &str) {
        let told = match Code::of(scanned, "zs.example.gov.cn") {
            Code::Seal(_) => "seal".to_owned(),
            Code::Link(id) => id,
            Code::Foreign => "foreign".to_owned(),
        };
        assert_eq!(told, expected, "{scanned}");
    }

    #[test]
    fn only_a_seal_or_an_address_of_our_own_pages_is_a_paper_of_ours() {
        let issuer = crate::domain::Uscc::parse("11370303MBXX09005U").unwrap();
        let id = ElicenceId::new("11100000MB0143028R001", &issuer, "20261123990001", 1).unwrap();
        let id = id.as_str();
        check("PK1:ABC", "seal");
        check(" PK1:ABC\r\n", "seal");
        check(&format!("https://zs.example.gov.cn/v/{id}"), id);
        check(&format!("https://zs.example.gov.cn/v/{id}?lang=en"), id);
        for foreign in [
            format!("https://zs.example.gov.cn.evil.example/v/{id}"),
            format!("https://evil.example/v/{id}"),
            format!("http://zs.example.gov.cn/v/{id}"),
            "https://zs.example.gov.cn/v/1".to_owned(),
            "{eid}".to_owned(),
            String::new(),
        ] {
            check(&foreign, "foreign");
        }
    }
}
