//! Keys and certificates: making them, enrolling a kiosk with them, and reading central's own.
//!
//! One folder holds central's and the first kiosk's; every other kiosk has a folder of its own inside,
//! which is carried to it and removed here. Nothing is ever overwritten.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use zeroize::Zeroizing;

use super::store::{self, Life, Store};
use crate::durable;
use crate::seal::{KeyError, Profile, SigningKey, VaultKey};
use crate::wire::v1::{Hash, KioskId, Publishers, PublishersError, api::DigestKey};

/// The private authority's certificate: what both sides trust.
pub const CA: &str = "ca.pem";
/// Its key. It belongs into a safe once all kiosks are enrolled.
pub const CA_KEY: &str = "ca.key";
/// Central's TLS certificate.
pub const CENTRAL_TLS: &str = "central-tls.pem";
/// Its key.
pub const CENTRAL_TLS_KEY: &str = "central-tls.key";
/// Central's Ed25519 key: acknowledgements, number blocks, snapshots.
pub const CENTRAL_KEY: &str = "central.key";
/// Its public half, which every kiosk has.
pub const CENTRAL_PUBLIC: &str = "central.pub";
/// What an officer shows to see the inbox.
pub const OFFICER_TOKEN: &str = "officer.token";
/// The key under which identity numbers become digests.
pub const ID_DIGEST_KEY: &str = "id-digest.key";
/// What wraps the data keys in the permit book.
pub const CENTRAL_VAULT_KEY: &str = "central-vault.key";
/// What wraps the data keys in a kiosk's vault.
pub const VAULT_KEY: &str = "vault.key";
/// A kiosk's TLS certificate.
pub const KIOSK_TLS: &str = "kiosk-tls.pem";
/// Its key.
pub const KIOSK_TLS_KEY: &str = "kiosk-tls.key";
/// The Ed25519 key a kiosk signs its records with.
pub const DEVICE_KEY: &str = "device.key";
/// Its public half.
pub const DEVICE_PUBLIC: &str = "device.pub";
/// The issuer's key a kiosk seals permits with.
pub const SEAL_KEY: &str = "seal.key";
/// Its public half: what inspectors need.
pub const SEAL_PUBLIC: &str = "seal.pub";
/// Name and life of the kiosk the folder belongs to, as JSON.
pub const ENROLMENT: &str = "enrolment.json";

/// The folder of the publishers' private keys, each for one person to carry away.
pub const PUBLISHERS_FOLDER: &str = "publishers";
/// For which kiosks the first editions are: all of them.
pub const CHANNEL: &str = "all";

/// Bytes of a key file at most: a certificate chain of three.
const FILE_BYTES_MAX: u64 = 16 * 1024;
/// Years the private authority lives: as long as the kiosks it is made for.
const CA_YEARS: i16 = 15;
/// Years a TLS certificate lives; central refuses a kiosk whose certificate is over.
const TLS_YEARS: i16 = 5;

/// Central's files, without which it does not start; one without the others is a mistake.
const CENTRAL_FILES: [&str; 9] = [
    CA,
    CA_KEY,
    CENTRAL_TLS,
    CENTRAL_TLS_KEY,
    CENTRAL_KEY,
    CENTRAL_PUBLIC,
    OFFICER_TOKEN,
    ID_DIGEST_KEY,
    CENTRAL_VAULT_KEY,
];
/// A kiosk's own files.
const KIOSK_FILES: [&str; 7] =
    [KIOSK_TLS, KIOSK_TLS_KEY, DEVICE_KEY, DEVICE_PUBLIC, SEAL_KEY, SEAL_PUBLIC, VAULT_KEY];
/// What a kiosk's own folder has from central's.
const SHARED_FILES: [&str; 3] = [CA, CENTRAL_PUBLIC, ID_DIGEST_KEY];

/// What to make.
#[derive(Debug, Clone)]
pub struct Order {
    /// Central's folder.
    pub folder: PathBuf,
    /// The kiosk's: the same, or one inside it.
    pub kiosk_folder: PathBuf,
    /// The kiosk.
    pub kiosk: KioskId,
    /// How it seals, and how publishers sign.
    pub profile: Profile,
    /// The rulebook whose publishers get keys.
    pub rulebook: String,
    /// Names and addresses central is called by, besides localhost.
    pub central_names: BTreeSet<String>,
    /// Now: certificates begin a day before.
    pub now: Timestamp,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioned {
    /// Which life of the kiosk is enrolled.
    pub incarnation: u32,
    /// Files written, by their full path.
    pub written: Vec<PathBuf>,
}

/// Why keys were not made or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Some are there and some are not: which is right, only a person can say.
    #[error(
        "the keys in {} are incomplete: {} is there and {} is not; nothing was made. If they were \
         never used, remove the folder and provision again; else put the missing files back",
        folder.display(), there.join(", "), missing.join(", ")
    )]
    Incomplete {
        /// Where.
        folder: PathBuf,
        /// What is there.
        there: Vec<String>,
        /// What is not.
        missing: Vec<String>,
    },
    /// The folder belongs to another kiosk.
    #[error(
        "the keys in {} are those of kiosk `{found}`, not of `{wanted}`; nothing was made", folder.display()
    )]
    OtherKiosk {
        /// Where.
        folder: PathBuf,
        /// Whose they are.
        found: String,
        /// Whose they should be.
        wanted: KioskId,
    },
    /// A folder.
    #[error("cannot make the folder {}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file.
    #[error("cannot keep a key")]
    Write {
        /// What the system said.
        source: durable::Error,
    },
    /// A file.
    #[error("cannot read a key")]
    Read {
        /// What the system said.
        source: durable::Error,
    },
    /// Random numbers.
    #[error("cannot draw random numbers for keys ({reason})")]
    Random {
        /// What the system said.
        reason: getrandom::Error,
    },
    /// A certificate.
    #[error("cannot make the certificate {name}")]
    Certificate {
        /// Which.
        name: &'static str,
        /// What was wrong.
        source: rcgen::Error,
    },
    /// A signing key.
    #[error("cannot use {}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What was wrong.
        source: KeyError,
    },
    /// A certificate or its key.
    #[error("{} is not a PEM file of a certificate or key", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What was wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// A text.
    #[error("{} does not hold {what}", path.display())]
    Text {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The publishers.
    #[error("the list of publishers cannot be used")]
    Publishers {
        /// What was wrong.
        source: PublishersError,
    },
    /// The permit book.
    #[error("cannot enrol the kiosk")]
    Enrol {
        /// What the store said.
        source: store::Error,
    },
}

/// Makes what is missing and enrols the kiosk. Keys that are there stay; a crash in between leaves
/// either nothing of a set, or a set that the next run tells to be incomplete.
pub async fn provision(order: &Order, store: &dyn Store) -> Result<Provisioned, Error> {
    let mut written = Vec::new();
    if is_missing(&order.folder, &CENTRAL_FILES)? {
        make_central(order, &mut written)?;
    }
    if !order.folder.join(Publishers::FILE_NAME).exists() {
        make_publishers(order, &mut written)?;
    }
    if is_missing(&order.kiosk_folder, &KIOSK_FILES)? {
        make_kiosk(order, &mut written)?;
    }
    let trusted = order.kiosk_folder.join(Publishers::FILE_NAME);
    if !trusted.exists() {
        let text = read_text(&order.folder.join(Publishers::FILE_NAME))?;
        Folder::make(&order.kiosk_folder, &mut written)?.public(Publishers::FILE_NAME, &text)?;
    }
    let certificate = read_certificate(&order.kiosk_folder.join(KIOSK_TLS))?;
    let found = name_in(&certificate);
    if found.as_deref() != Some(order.kiosk.as_str()) {
        return Err(Error::OtherKiosk {
            folder: order.kiosk_folder.clone(),
            found: found.unwrap_or_default(),
            wanted: order.kiosk.clone(),
        });
    }
    let life = Life {
        certificate: fingerprint(&certificate),
        device_key: read_text(&order.kiosk_folder.join(DEVICE_PUBLIC))?,
        seal_key: read_text(&order.kiosk_folder.join(SEAL_PUBLIC))?,
    };
    let incarnation =
        store.enrol(order.kiosk.clone(), life).await.map_err(|source| Error::Enrol { source })?;
    let path = order.kiosk_folder.join(ENROLMENT);
    let enrolment = serde_json::json!({ "kiosk": order.kiosk, "incarnation": incarnation });
    let enrolment = format!("{enrolment}\n");
    if !path.exists() || read_text(&path)? != enrolment {
        durable::write(&path, enrolment.as_bytes()).map_err(|source| Error::Write { source })?;
        written.push(path);
    }
    Ok(Provisioned { incarnation, written })
}

/// SHA-256 of a certificate, by which central knows a kiosk.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> Hash {
    Hash::of(certificate)
}

/// The common name in a certificate: the kiosk's name in those of kiosks.
pub fn name_in(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?.to_owned();
    Some(name)
}

/// What central needs of its folder to run.
pub struct CentralKeys {
    /// Who may sign certificates of kiosks.
    pub ca: CertificateDer<'static>,
    /// What central shows to kiosks.
    pub certificate: CertificateDer<'static>,
    /// The key to it.
    pub certificate_key: PrivateKeyDer<'static>,
    /// Signs acknowledgements, number blocks and snapshots.
    pub signing: SigningKey,
    /// Makes digests of identity numbers.
    pub digest: DigestKey,
    /// Wraps the data keys in the permit book.
    pub vault: VaultKey,
    /// What officers show.
    pub officer_token: Zeroizing<String>,
    /// Whose editions are published and served.
    pub publishers: Publishers,
}

impl CentralKeys {
    /// Reads central's folder.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(CENTRAL_KEY);
        let signing = SigningKey::from_pem(&read_secret(&path)?)
            .map_err(|source| Error::Key { path, source })?;
        let path = folder.join(ID_DIGEST_KEY);
        let digest = DigestKey::parse(&read_secret(&path)?);
        let digest = digest.ok_or(Error::Text { path, what: "64 hexadecimal digits" })?;
        let path = folder.join(CENTRAL_TLS_KEY);
        let certificate_key = PrivateKeyDer::from_pem_slice(read_secret(&path)?.as_bytes())
            .map_err(|source| Error::Pem { path, source })?;
        let path = folder.join(OFFICER_TOKEN);
        let token = Zeroizing::new(read_secret(&path)?.trim().to_owned());
        if token.len() < 2 * TOKEN_BYTES {
            return Err(Error::Text { path, what: "a token of 32 characters or more" });
        }
        Ok(Self {
            ca: read_certificate(&folder.join(CA))?,
            certificate: read_certificate(&folder.join(CENTRAL_TLS))?,
            certificate_key,
            signing,
            digest,
            vault: read_vault_key(&folder.join(CENTRAL_VAULT_KEY))?,
            officer_token: token,
            publishers: read_publishers(folder)?,
        })
    }
}

/// Reads a file with a vault key: a kiosk's or central's.
pub fn read_vault_key(path: &Path) -> Result<VaultKey, Error> {
    VaultKey::parse(&read_secret(path)?)
        .ok_or_else(|| Error::Text { path: path.to_owned(), what: "64 hexadecimal digits" })
}

/// Reads the list of publishers of a key folder.
pub fn read_publishers(folder: &Path) -> Result<Publishers, Error> {
    let text = read_text(&folder.join(Publishers::FILE_NAME))?;
    Publishers::read(text.as_bytes()).map_err(|source| Error::Publishers { source })
}

/// Random bytes in the officers' token.
const TOKEN_BYTES: usize = 16;

fn is_missing(folder: &Path, files: &[&str]) -> Result<bool, Error> {
    let (there, missing): (Vec<&str>, Vec<&str>) =
        files.iter().partition(|file| folder.join(file).exists());
    if there.is_empty() || missing.is_empty() {
        return Ok(there.is_empty());
    }
    let owned = |files: Vec<&str>| files.into_iter().map(str::to_owned).collect();
    Err(Error::Incomplete {
        folder: folder.to_owned(),
        there: owned(there),
        missing: owned(missing),
    })
}

fn make_central(order: &Order, written: &mut Vec<PathBuf>) -> Result<(), Error> {
    let ca_key = key_pair("of the authority")?;
    let ca = ca_params(order.now)
        .self_signed(&ca_key)
        .map_err(|source| Error::Certificate { name: "of the authority", source })?;
    let issuer = Issuer::new(ca_params(order.now), &ca_key);
    let tls_key = key_pair("of central")?;
    let mut names: Vec<String> = vec!["localhost".into(), "127.0.0.1".into(), "::1".into()];
    let more = order.central_names.iter().filter(|name| !names.contains(name)).cloned();
    names.extend(more.collect::<Vec<_>>());
    let mut params = tls_params(names, "central", order.now)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let tls = params
        .signed_by(&tls_key, &issuer)
        .map_err(|source| Error::Certificate { name: "of central", source })?;
    let signing = SigningKey::generate(Profile::Ed25519, &*random()?);
    let token = random::<TOKEN_BYTES>()?;
    let mut folder = Folder::make(&order.folder, written)?;
    folder.secret(CA_KEY, &Zeroizing::new(ca_key.serialize_pem()))?;
    folder.secret(CENTRAL_TLS_KEY, &Zeroizing::new(tls_key.serialize_pem()))?;
    folder.secret(CENTRAL_KEY, &signing.to_pem())?;
    folder.secret(OFFICER_TOKEN, &Zeroizing::new(format!("{}\n", hex::encode(*token))))?;
    let digest = DigestKey::new(*random()?).to_text();
    folder.secret(ID_DIGEST_KEY, &Zeroizing::new(format!("{}\n", digest.as_str())))?;
    let vault = VaultKey::new(*random()?).to_text();
    folder.secret(CENTRAL_VAULT_KEY, &Zeroizing::new(format!("{}\n", vault.as_str())))?;
    folder.public(CENTRAL_PUBLIC, &signing.verifying_key().to_pem())?;
    folder.public(CENTRAL_TLS, &tls.pem())?;
    folder.public(CA, &ca.pem())
}

/// Three publishers, of whom two sign: one may be ill, and none can publish law alone. The trusted file
/// comes last, so that a run cut off in between is made anew.
fn make_publishers(order: &Order, written: &mut Vec<PathBuf>) -> Result<(), Error> {
    let path = order.folder.join(PUBLISHERS_FOLDER);
    let mut keys = Vec::new();
    let mut folder = Folder::make(&path, written)?;
    for number in 1..=PUBLISHERS {
        let name = format!("publisher-{number}");
        let key = SigningKey::generate(order.profile, &*random()?);
        folder.secret(&format!("{name}.key"), &key.to_pem())?;
        folder.public(&format!("{name}.pub"), &key.verifying_key().to_pem())?;
        keys.push((name, key.verifying_key()));
    }
    let publishers = Publishers::new(&order.rulebook, CHANNEL, 1, Publishers::THRESHOLD_MIN, keys)
        .map_err(|source| Error::Publishers { source })?;
    Folder::make(&order.folder, written)?.public(Publishers::FILE_NAME, &publishers.to_text())
}

/// Publishers at the beginning.
const PUBLISHERS: usize = 3;

fn make_kiosk(order: &Order, written: &mut Vec<PathBuf>) -> Result<(), Error> {
    let pem = read_secret(&order.folder.join(CA_KEY))?;
    let ca_key = KeyPair::from_pem(&pem)
        .map_err(|source| Error::Certificate { name: "of the authority", source })?;
    let issuer = Issuer::new(ca_params(order.now), &ca_key);
    let tls_key = key_pair("of the kiosk")?;
    let mut params = tls_params(Vec::new(), order.kiosk.as_str(), order.now)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let tls = params
        .signed_by(&tls_key, &issuer)
        .map_err(|source| Error::Certificate { name: "of the kiosk", source })?;
    let device = SigningKey::generate(Profile::Ed25519, &*random()?);
    let seal = SigningKey::generate(order.profile, &*random()?);
    let mut folder = Folder::make(&order.kiosk_folder, written)?;
    if order.kiosk_folder != order.folder {
        for file in SHARED_FILES {
            let text = read_secret(&order.folder.join(file))?;
            if file == ID_DIGEST_KEY {
                folder.secret(file, &text)?;
            } else {
                folder.public(file, &text)?;
            }
        }
    }
    folder.secret(KIOSK_TLS_KEY, &Zeroizing::new(tls_key.serialize_pem()))?;
    folder.secret(DEVICE_KEY, &device.to_pem())?;
    folder.secret(SEAL_KEY, &seal.to_pem())?;
    let vault = VaultKey::new(*random()?).to_text();
    folder.secret(VAULT_KEY, &Zeroizing::new(format!("{}\n", vault.as_str())))?;
    folder.public(DEVICE_PUBLIC, &device.verifying_key().to_pem())?;
    folder.public(SEAL_PUBLIC, &seal.verifying_key().to_pem())?;
    folder.public(KIOSK_TLS, &tls.pem())
}

/// A folder that takes new files only.
struct Folder<'a> {
    path: &'a Path,
    written: &'a mut Vec<PathBuf>,
}

impl<'a> Folder<'a> {
    fn make(path: &'a Path, written: &'a mut Vec<PathBuf>) -> Result<Self, Error> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|source| Error::Folder { folder: path.to_owned(), source })?;
        Ok(Self { path, written })
    }

    fn secret(&mut self, file: &str, text: &str) -> Result<(), Error> {
        self.put(file, |path| durable::write_secret(path, text.as_bytes()))
    }

    fn public(&mut self, file: &str, text: &str) -> Result<(), Error> {
        self.put(file, |path| durable::write(path, text.as_bytes()))
    }

    fn put(
        &mut self,
        file: &str,
        write: impl FnOnce(&Path) -> Result<(), durable::Error>,
    ) -> Result<(), Error> {
        let path = self.path.join(file);
        write(&path).map_err(|source| Error::Write { source })?;
        self.written.push(path);
        Ok(())
    }
}

fn key_pair(name: &'static str) -> Result<KeyPair, Error> {
    KeyPair::generate().map_err(|source| Error::Certificate { name, source })
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|reason| Error::Random { reason })?;
    Ok(bytes)
}

/// The authority's description. Issuing needs only its name and key, so it is made anew each time.
fn ca_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished("permit-kiosk authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_life(&mut params, now, CA_YEARS);
    params
}

fn tls_params(
    names: Vec<String>,
    common_name: &str,
    now: Timestamp,
) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names)
        .map_err(|source| Error::Certificate { name: "of central", source })?;
    params.distinguished_name = distinguished(common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from_slice(random::<16>()?.as_slice()));
    set_life(&mut params, now, TLS_YEARS);
    Ok(params)
}

fn distinguished(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// From the day before, for clocks that are behind, for some years.
fn set_life(params: &mut CertificateParams, now: Timestamp, years: i16) {
    let begin = now.to_zoned(TimeZone::UTC).date().saturating_sub(Span::new().days(1));
    let end = begin.saturating_add(Span::new().years(years));
    let midnight = |date: Date| {
        let month = u8::try_from(date.month()).expect("months are 1 to 12");
        let day = u8::try_from(date.day()).expect("days are 1 to 31");
        rcgen::date_time_ymd(i32::from(date.year()), month, day)
    };
    params.not_before = midnight(begin);
    params.not_after = midnight(end);
}

fn read_certificate(path: &Path) -> Result<CertificateDer<'static>, Error> {
    CertificateDer::from_pem_slice(read_text(path)?.as_bytes())
        .map_err(|source| Error::Pem { path: path.to_owned(), source })
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, Error> {
    read_text(path).map(Zeroizing::new)
}

fn read_text(path: &Path) -> Result<String, Error> {
    let bytes =
        durable::read_limited(path, FILE_BYTES_MAX).map_err(|source| Error::Read { source })?;
    String::from_utf8(bytes)
        .map_err(|_not_text| Error::Text { path: path.to_owned(), what: "text" })
}
