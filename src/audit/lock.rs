//! Data keys that travel with a bundle: closed with a key of the bundle's own, which only the auditor
//! it was made for can unlock.

use serde::{Deserialize, Serialize};

use crate::domain::ApplicationId;
use crate::seal::{
    AuditorKey, AuditorPublicKey, DataKey, KeyId, NONCE_BYTES, VaultKey, WrappedKey,
};

/// Where the bundle's own key lies, closed.
pub(super) const UNLOCK: &str = "unlock.json";
/// Bytes of that file at most.
pub(super) const UNLOCK_BYTES_MAX: u64 = 4096;

/// The bundle's own key, closed to one auditor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlock {
    /// Always [`Unlock::FORMAT`].
    format: String,
    /// Whose key unlocks it.
    auditor: String,
    /// The bundle's key under SM2 encryption (GB/T 32918.4; DER as in GB/T 35276), hexadecimal.
    closed: String,
}

impl Unlock {
    const FORMAT: &str = "permit-kiosk/audit-unlock/1";
}

/// The bundle's own key while it is being made.
#[derive(Debug)]
pub(super) struct Locking {
    key: VaultKey,
    /// The last application and its key as wrapped: its records stand together.
    last: Option<(ApplicationId, String)>,
}

impl Locking {
    /// A new key; and the file that holds it, closed.
    pub(super) fn begin(auditor: &AuditorPublicKey) -> (Self, String) {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        random(bytes.as_mut_slice());
        let key = VaultKey::new(*bytes);
        let closed = auditor.close(&mut random, key.to_text().as_bytes());
        let unlock = Unlock {
            format: Unlock::FORMAT.to_owned(),
            auditor: auditor.id().to_string(),
            closed: hex::encode(closed),
        };
        let text = serde_json::to_string_pretty(&unlock).expect("it has only string keys");
        (Self { key, last: None }, text)
    }

    /// The data key of an application, wrapped.
    pub(super) fn wrap(&mut self, application: ApplicationId, key: &DataKey) -> &str {
        if self.last.as_ref().is_none_or(|(last, _)| *last != application) {
            let mut nonce = [0; NONCE_BYTES];
            random(&mut nonce);
            let wrapped = self.key.wrap(&application.to_string(), key, &nonce).to_string();
            self.last = Some((application, wrapped));
        }
        self.last.as_ref().map_or("", |(_, wrapped)| wrapped)
    }
}

fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bits");
}

/// The bundle's own key in the auditor's hands.
#[derive(Debug)]
pub(super) struct Unlocked(VaultKey);

impl Unlocked {
    /// Unlocks a bundle; else why not.
    pub(super) fn open(file: &str, auditor: &AuditorKey) -> Result<Self, String> {
        let unlock: Unlock = serde_json::from_str(file).map_err(|error| error.to_string())?;
        if unlock.format != Unlock::FORMAT {
            return Err(format!("it has the format `{}`", unlock.format));
        }
        let id = auditor.public().id();
        if KeyId::parse(&unlock.auditor).ok() != Some(id) {
            return Err(format!(
                "it was made for the auditor's key {}, not for {id}",
                unlock.auditor
            ));
        }
        let closed = hex::decode(&unlock.closed).map_err(|error| error.to_string())?;
        let key = auditor.open(&closed).ok_or("it does not open")?;
        let key = std::str::from_utf8(&key).ok().and_then(VaultKey::parse);
        key.map(Self).ok_or_else(|| "what it holds is no key".to_owned())
    }

    /// The data key of an application.
    pub(super) fn data_key(&self, application: ApplicationId, wrapped: &str) -> Option<DataKey> {
        self.0.unwrap(&application.to_string(), &WrappedKey::parse(wrapped)?)
    }
}
