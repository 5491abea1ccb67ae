//! What central revoked comes down, in order, and never goes back.

use permit_kiosk::journal;
use permit_kiosk::sync::Error;

use super::station::{Line, Station};
use super::{Kiosk, settle, task};
use crate::journal::{central_key, revocation};

/// Central's list, each act behind the one before.
fn list(permits: &[&str]) -> Vec<permit_kiosk::wire::v1::api::SignedText> {
    let mut acts = Vec::new();
    for permit in permits {
        acts.push(revocation(acts.last(), permit, &central_key()));
    }
    acts
}

#[tokio::test]
async fn what_central_revoked_comes_down_whatever_the_line_does() {
    for line in Line::ALL {
        let (kiosk, station) = (Kiosk::new(), Station::new());
        let (mut task, handle) = task(&kiosk, &station);
        settle(&mut task, 1).await;
        station.inside().revocations = list(&["JY1", "JY2", "JY3", "JY4", "JY5"]);
        station.disturb([Line::Clear, line, line]);
        settle(&mut task, 6).await;
        assert_eq!(kiosk.journal.last_revocation().unwrap(), 5, "{line:?}");
        assert_eq!(kiosk.journal.revocation_of("JY4").unwrap().unwrap().number, 4);
        assert_eq!(kiosk.journal.revocation_of("JY6").unwrap(), None);
        assert_eq!(handle.state().last_error, None);
    }
}

#[tokio::test]
async fn a_central_that_lost_some_is_told_so_and_nothing_is_forgotten_here() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    let (mut task, handle) = task(&kiosk, &station);
    station.inside().revocations = list(&["JY1", "JY2", "JY3"]);
    settle(&mut task, 1).await;

    station.inside().revocations.truncate(1);
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::RevocationsLost { ours: 3, theirs: 1 }), "{error}");
    assert!(handle.state().last_error.unwrap().text.contains("made again"));
    assert!(kiosk.journal.revocation_of("JY3").unwrap().is_some());

    // It goes on from where it was restored to: another list, of which nothing is taken.
    station.inside().revocations = list(&["JY1", "JY7", "JY8", "JY9"]);
    let error = task.round().await.unwrap_err();
    let Error::Journal { source: journal::Error::RevocationOrder { found: 4, after: 3 } } = error
    else {
        panic!("{error}");
    };
    assert_eq!(kiosk.journal.last_revocation().unwrap(), 3);
}

#[tokio::test]
async fn an_act_that_central_did_not_sign_revokes_nothing() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    let (mut task, _handle) = task(&kiosk, &station);
    station.inside().revocations = vec![revocation(None, "JY1", &crate::journal::device_key())];
    let error = task.round().await.unwrap_err();
    let Error::Journal { source: journal::Error::RevocationSignature } = error else {
        panic!("{error}");
    };
    assert_eq!(kiosk.journal.revocation_of("JY1").unwrap(), None);
}
