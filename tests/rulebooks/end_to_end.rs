//! With the real central over mutual TLS: published, fetched, recorded, decided by; an older one told.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::date;
use permit_kiosk::central::editions::{self, Error};
use permit_kiosk::central::keys::read_publishers;
use permit_kiosk::central::store::Sqlite;
use permit_kiosk::fault::FaultCode;
use permit_kiosk::journal::{Head, Journal};
use permit_kiosk::registers::ClientError;
use permit_kiosk::rulebooks::Shelf;
use permit_kiosk::rules;
use permit_kiosk::seal::SigningKey;
use permit_kiosk::sync::{EditionError, EditionTask, Taken, take_edition};
use permit_kiosk::wire::v1::{Body, EditionActivated, SignedEdition};
use serde_json::json;

use super::Plan;
use crate::central::harness::{NOW, Stage};
use crate::journal::check_file;

/// A central, and a kiosk with its journal and its shelf.
struct Place {
    stage: Stage,
    folder: tempfile::TempDir,
    journal: Journal,
    shelf: Arc<Shelf>,
}

impl Place {
    async fn new() -> Self {
        let stage = Stage::set().await;
        let folder = tempfile::tempdir().unwrap();
        let settings = crate::journal::settings(folder.path(), &stage.clock);
        let journal = Journal::provision(settings, Head::START).unwrap();
        let shelf = open_shelf(&stage, folder.path(), None);
        Self { stage, folder, journal, shelf }
    }

    fn task(&self) -> EditionTask {
        EditionTask::new(self.stage.client(), self.journal.clone(), Arc::clone(&self.shelf))
    }

    /// Signed by two of the three publishers `provision` made.
    fn signed(&self, plan: &Plan) -> SignedEdition {
        let mut signed = plan.signed(&[]);
        for publisher in ["publisher-1", "publisher-3"] {
            let path = self.stage.dir.path().join(format!("publishers/{publisher}.key"));
            let pem = std::fs::read_to_string(path).unwrap();
            signed.sign(&SigningKey::from_pem(&pem).unwrap());
        }
        signed
    }

    async fn publish(&self, plan: &Plan) -> Result<(), Error> {
        let store = Sqlite::open(&self.stage.dir.path().join("central.db")).unwrap();
        let publishers = read_publishers(self.stage.dir.path()).unwrap();
        let text = self.signed(plan).to_text();
        let at = NOW.parse().unwrap();
        editions::publish(&store, &publishers, text.as_bytes(), at).await.map(drop)
    }

    fn code_of_a_decision(&self) -> String {
        let facts = json!({ "application": { "service": "food/new", "wants_person": true } });
        rules::decide_document(&self.shelf.rulebook(), &facts, date(2026, 11, 23)).code
    }

    fn bodies(&self) -> Vec<Body> {
        check_file(&self.folder.path().join("journal.db"))
    }
}

fn open_shelf(stage: &Stage, folder: &Path, recorded: Option<&EditionActivated>) -> Arc<Shelf> {
    let publishers = read_publishers(stage.dir.path()).unwrap();
    let clock = Arc::new(stage.clock.clone());
    Arc::new(Shelf::open(&folder.join(Shelf::FOLDER), publishers, recorded, clock).unwrap())
}

#[tokio::test]
async fn a_published_edition_reaches_the_kiosk_and_decides() {
    let place = Place::new().await;
    let task = place.task();
    // Nothing is published yet: the kiosk refers.
    let error = task.fetch().await.unwrap_err();
    let EditionError::Fetch { source: ClientError::Refused { code, .. } } = error else {
        panic!("{error}");
    };
    assert_eq!(code, "NO_EDITION");
    assert_eq!(place.code_of_a_decision(), "NO_EDITION");
    assert_eq!(place.shelf.status().faults, [FaultCode::RulebookMissing]);

    place.publish(&Plan::of(1, 2)).await.unwrap();
    let Taken::Activated(activated) = task.fetch().await.unwrap() else { panic!("it is new") };
    assert_eq!((activated.epoch, activated.version), (1, 2));
    assert_eq!(activated.signed_by.len(), 2);
    assert_eq!(place.code_of_a_decision(), "PERSON_WANTED");
    assert_eq!(place.shelf.status().faults, []);
    assert!(matches!(task.fetch().await.unwrap(), Taken::Present));
    assert_eq!(place.journal.last_edition().unwrap(), Some(activated.clone()));

    // After a restart, with the journal's word, the same edition decides.
    let shelf = open_shelf(&place.stage, place.folder.path(), Some(&activated));
    assert_eq!(shelf.active(), Some(activated.clone()));

    // What was published can be fetched by its digest too.
    let path = format!("/v1/editions/{}", activated.digest);
    let old: SignedEdition =
        place.stage.client().get_json(&path, SignedEdition::BYTES_MAX).await.unwrap();
    assert_eq!(old, place.signed(&Plan::of(1, 2)));
    let kinds: Vec<&str> = place.bodies().iter().map(Body::kind).collect();
    assert_eq!(kinds, ["edition_activated"]);
    place.stage.end().await;
}

#[tokio::test]
async fn an_older_edition_is_neither_published_nor_taken() {
    let place = Place::new().await;
    place.publish(&Plan::of(1, 3)).await.unwrap();
    place.publish(&Plan::of(1, 3)).await.unwrap();
    let error = place.publish(&Plan::of(1, 2)).await.unwrap_err();
    assert!(matches!(error, Error::NotNewer { newest: (1, 3), .. }), "{error}");
    let twin = Plan { refresh_by: date(2027, 2, 1), ..Plan::of(1, 3) };
    place.publish(&twin).await.unwrap_err();
    place.task().fetch().await.unwrap();

    // A central put back to an old backup offers an older one: told once, and never decided by.
    let older = place.signed(&Plan::of(1, 2)).to_text();
    for _ in 0..2 {
        let taken = take_edition(&place.shelf, &place.journal, older.as_bytes()).unwrap();
        let Taken::Refused(refusal) = taken else { panic!("it is older") };
        assert_eq!(refusal.code, "OLDER");
    }
    assert_eq!(place.shelf.rulebook().edition(), "small 1.3");
    assert_eq!(place.shelf.status().faults, [FaultCode::RulebookRolledBack]);
    let bodies = place.bodies();
    let [Body::EditionActivated(_), Body::EditionRefused(refused)] = bodies.as_slice() else {
        panic!("{bodies:?}");
    };
    assert_eq!((refused.code.as_str(), refused.edition.as_deref()), ("OLDER", Some("small 1.2")));
    place.stage.end().await;
}

#[tokio::test]
async fn central_publishes_only_what_verifies() {
    let place = Place::new().await;
    let store = Sqlite::open(&place.stage.dir.path().join("central.db")).unwrap();
    let publishers = read_publishers(place.stage.dir.path()).unwrap();
    let mut one_signature = place.signed(&Plan::of(1, 1));
    one_signature.signatures.pop();
    let mistaken = place.signed(&Plan { expected: "ISSUE", ..Plan::of(1, 1) });
    for bad in [one_signature.to_text(), mistaken.to_text(), "{}".to_owned()] {
        let at = NOW.parse().unwrap();
        let error = editions::publish(&store, &publishers, bad.as_bytes(), at).await.unwrap_err();
        assert!(matches!(error, Error::NotOne { .. }), "{error}");
    }
    place.task().fetch().await.unwrap_err();
    place.stage.end().await;
}
