//! Editions: forged, replayed, expired, cut off; what was accepted once is never gone back behind.

mod forged; // every way to offer something the publishers did not publish for this kiosk
mod shelf; // what is kept, what decides, what a power cut leaves
mod published; // from a folder to central by the commands, through two hands
mod end_to_end; // published at central, fetched over TLS, decided by
mod referring; // without a valid edition the kiosk refers

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::{Date, date};
use permit_kiosk::clock::SimulatedClock;
use permit_kiosk::rulebooks::{Offered, Refusal, Shelf};
use permit_kiosk::rules::Rulebook;
use permit_kiosk::seal::{Profile, SigningKey};
use permit_kiosk::wire::v1::{EditionActivated, EditionManifest, Publishers, SignedEdition};

pub(crate) type Files = BTreeMap<String, String>;

/// Noon in China on 2026-11-23.
const NOON: &str = "2026-11-23T04:00:00Z";
const CHANNEL: &str = "all";

/// A publisher's key. The bureau has publishers 1, 2 and 3.
pub(crate) fn key(publisher: u8) -> SigningKey {
    let profile = if publisher == 2 { Profile::Sm2 } else { Profile::Ed25519 };
    SigningKey::generate(profile, &[publisher; 32])
}

/// Who is trusted in an epoch: in the first, publishers 1 to 3; in the second, 4 to 6.
fn publishers(epoch: u64) -> Publishers {
    let first = if epoch == 1 { 1 } else { 4 };
    let keys = (first..first + 3).map(|n| (format!("publisher-{n}"), key(n).verifying_key()));
    Publishers::new("small", CHANNEL, epoch, 2, keys).unwrap()
}

/// What an edition of the tests is about.
#[derive(Debug, Clone)]
struct Plan {
    name: &'static str,
    channel: &'static str,
    epoch: u64,
    version: u64,
    issued: Date,
    refresh_by: Date,
    reject_after: Date,
    /// The verdict its only case expects; the rule says REFER.
    expected: &'static str,
}

impl Plan {
    fn of(epoch: u64, version: u64) -> Self {
        Self {
            name: "small",
            channel: CHANNEL,
            epoch,
            version,
            issued: date(2026, 11, 1),
            refresh_by: date(2027, 1, 31),
            reject_after: date(2027, 6, 30),
            expected: "REFER",
        }
    }

    fn files(&self) -> Files {
        let fallbacks: String =
            ["silent", "rule_failed", "no_rule_set", "edition_expired", "facts_incomplete"]
                .map(|key| {
                    let code = key.to_uppercase();
                    format!(
                        "[fallback.{key}]\ncode = \"{code}\"\ncite = \"c\"\n\
                         message = {{ zh = \"话\", en = \"m\" }}\nremedy = {{ zh = \"话\", en = \"r\" }}\n"
                    )
                })
                .concat();
        let Self { name, epoch, version, issued, refresh_by, reject_after, expected, .. } = self;
        let manifest = format!(
            "name = \"{name}\"\nepoch = {epoch}\nversion = {version}\nissued = {issued}\n\
             refresh_by = {refresh_by}\nreject_after = {reject_after}\n\
             [[rule_set]]\nname = \"R1\"\nfrom = 2000-01-01\n{fallbacks}"
        );
        let schema = "[enum]\nservice = [\"food/new\"]\n[record.application]\n\
                      service = \"service\"\naccepted_on = \"date?\"\nwants_person = \"bool\"\n\
                      [facts]\napplication = \"application\"\n\
                      [word.service]\n\"food/new\" = { zh = \"话\", en = \"a\" }\n\
                      [label.application]\nservice = { zh = \"话\", en = \"a\" }\n\
                      accepted_on = { zh = \"话\", en = \"b\" }\n\
                      wants_person = { zh = \"话\", en = \"c\" }\n\
                      [label.facts]\napplication = { zh = \"话\", en = \"a\" }\n";
        let rules = "[[rule]]\nid = \"PERSON\"\ncode = \"PERSON_WANTED\"\nrule_set = [\"R1\"]\n\
                     applies = [\"any\"]\noutcome = \"refer\"\nwhen = \"application.wants_person\"\n\
                     cite = \"c\"\nmessage = { zh = \"话\", en = \"m\" }\nremedy = { zh = \"话\", en = \"r\" }\n";
        let cases = format!(
            "[[case]]\nid = \"C1\"\nname = \"a person is wanted\"\ntoday = {issued}\n\
             base = \"base/one.json\"\nverdict = \"{expected}\"\ncode = \"PERSON_WANTED\"\n\
             fired = [\"PERSON\"]\n"
        );
        let base = r#"{"application":{"service":"food/new","wants_person":true}}"#;
        let catalogue = "[[group]]\nid = \"g\"\ntitle = { zh = \"话\", en = \"g\" }\n";
        let calendar = include_str!("../../kiosk-config/rulebook/calendar.toml");
        [
            ("manifest.toml", manifest.as_str()),
            ("schema.toml", schema),
            ("params.toml", ""),
            ("guide.toml", ""),
            ("catalogue.toml", catalogue),
            ("calendar.toml", calendar),
            ("rules/all.toml", rules),
            ("cases/all.toml", &cases),
            ("cases/base/one.json", base),
        ]
        .map(|(file, text)| (file.to_owned(), text.to_owned()))
        .into()
    }

    fn manifest(&self) -> EditionManifest {
        let files = self.files();
        // One whose cases fail cannot be loaded, but it can be described and signed.
        let good = Self { expected: "REFER", ..self.clone() };
        let rulebook = Rulebook::load(&good.files()).unwrap();
        let mut manifest = EditionManifest::describe(&rulebook, &files, self.channel);
        manifest.digest = Rulebook::digest_of(&files);
        manifest
    }

    fn signed(&self, signers: &[u8]) -> SignedEdition {
        let mut signed = SignedEdition::unsigned(&self.manifest(), self.files());
        for signer in signers {
            signed.sign(&key(*signer));
        }
        signed
    }

    /// Published as it should be: signed by two.
    fn published(&self) -> SignedEdition {
        if self.epoch == 1 { self.signed(&[1, 2]) } else { self.signed(&[4, 5]) }
    }
}

fn clock() -> SimulatedClock {
    SimulatedClock::new(NOON.parse().unwrap())
}

fn open(folder: &Path, epoch: u64, clock: &SimulatedClock) -> Shelf {
    open_after(folder, epoch, clock, None)
}

fn open_after(
    folder: &Path,
    epoch: u64,
    clock: &SimulatedClock,
    recorded: Option<&EditionActivated>,
) -> Shelf {
    Shelf::open(folder, publishers(epoch), recorded, Arc::new(clock.clone())).unwrap()
}

/// Offers it, and activates it if it is good.
fn offer(shelf: &Shelf, signed: &SignedEdition) -> Result<(), Box<Refusal>> {
    offer_bytes(shelf, signed.to_text().as_bytes())
}

fn offer_bytes(shelf: &Shelf, bytes: &[u8]) -> Result<(), Box<Refusal>> {
    match shelf.offer(bytes) {
        Offered::Good(candidate) => {
            shelf.activate(candidate);
            Ok(())
        }
        Offered::Present => Ok(()),
        Offered::Refused { refusal, .. } => Err(Box::new(refusal)),
    }
}

/// Epoch and version of what decides.
fn number(shelf: &Shelf) -> Option<(u64, u64)> {
    shelf.active().map(|active| (active.epoch, active.version))
}
