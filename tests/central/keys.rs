//! Provisioning: it makes what is missing, keeps what is there, and touches nothing that is doubtful.

use std::os::unix::fs::PermissionsExt as _;

use permit_kiosk::central::keys::{self, CentralKeys, Error};
use permit_kiosk::central::store::Sqlite;
use permit_kiosk::registers::{ClientError, Identity};
use permit_kiosk::seal::{Profile, SigningKey};

use super::harness::order;

#[tokio::test]
async fn everything_is_made_once_and_secrets_are_for_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("keys");
    let store = Sqlite::open(&dir.path().join("central.db")).unwrap();
    let order = order(&folder, &folder, "zd-k01");
    let made = keys::provision(&order, &store).await.unwrap();
    assert_eq!(made.incarnation, 1);
    for path in &made.written {
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let name = path.file_name().unwrap().to_str().unwrap();
        let secret = path.extension().is_some_and(|end| end == "key" || end == "token");
        assert_eq!(mode, if secret { 0o600 } else { 0o644 }, "{name}");
    }
    CentralKeys::load(&folder).unwrap();
    Identity::load(&folder).unwrap();
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    assert_eq!(SigningKey::from_pem(&read("seal.key")).unwrap().profile(), Profile::Sm2);
    assert_eq!(SigningKey::from_pem(&read("device.key")).unwrap().profile(), Profile::Ed25519);
    let before: Vec<Vec<u8>> =
        made.written.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let again = keys::provision(&order, &store).await.unwrap();
    assert_eq!((again.incarnation, again.written.len()), (1, 0));
    let after: Vec<Vec<u8>> =
        made.written.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_second_kiosk_gets_a_folder_it_can_be_sent_off_with() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("central.db")).unwrap();
    keys::provision(&order(dir.path(), dir.path(), "zd-k01"), &store).await.unwrap();
    let folder = dir.path().join("zd-k02");
    keys::provision(&order(dir.path(), &folder, "zd-k02"), &store).await.unwrap();
    Identity::load(&folder).unwrap();
    for (file, is_there) in
        [("id-digest.key", true), ("central.pub", true), ("ca.key", false), ("central.key", false)]
    {
        assert_eq!(folder.join(file).exists(), is_there, "{file}");
    }
}

#[tokio::test]
async fn an_incomplete_set_of_keys_is_left_alone_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("central.db")).unwrap();
    let order = order(dir.path(), dir.path(), "zd-k01");
    keys::provision(&order, &store).await.unwrap();
    std::fs::remove_file(dir.path().join("seal.key")).unwrap();
    let error = keys::provision(&order, &store).await.unwrap_err();
    let Error::Incomplete { missing, .. } = &error else { panic!("{error:?}") };
    assert_eq!(missing, &["seal.key"]);
    assert!(!dir.path().join("seal.key").exists());
}

#[tokio::test]
async fn the_keys_of_one_kiosk_are_not_enrolled_for_another() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("central.db")).unwrap();
    keys::provision(&order(dir.path(), dir.path(), "zd-k01"), &store).await.unwrap();
    let other = order(dir.path(), dir.path(), "zd-k07");
    let error = keys::provision(&other, &store).await.unwrap_err();
    assert!(matches!(error, Error::OtherKiosk { .. }), "{error:?}");
}

#[test]
fn a_missing_key_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let Err(error) = Identity::load(dir.path()) else { panic!("there are no keys") };
    assert!(matches!(error, ClientError::ReadKey { .. }), "{error:?}");
    let text = permit_kiosk::fault::Chain(&error).to_string();
    assert!(text.contains("ca.pem"), "{text}");
}
