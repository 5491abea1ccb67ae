//! Who may talk to central: kiosks with a certificate of its authority that are enrolled with it.

use permit_kiosk::registers::ClientError;
use permit_kiosk::wire::v1::api::{Push, RECORDS_PATH, SignedText};

use super::harness::{Stage, enrol, kiosk_in, order};
use permit_kiosk::central::keys;
use permit_kiosk::central::store::Sqlite;

async fn knock(client: &permit_kiosk::registers::Client) -> Result<SignedText, ClientError> {
    client.post_json(RECORDS_PATH, &Push { records: vec![], keys: vec![] }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolled_kiosk_comes_in() {
    let stage = Stage::set().await;
    knock(&stage.client()).await.unwrap();
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_a_certificate() {
    let stage = Stage::set().await;
    let ca = std::fs::read(stage.dir.path().join("ca.pem")).unwrap();
    let ca = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(&ca);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder().use_preconfigured_tls(config).build().unwrap();
    let url = format!("https://{}{RECORDS_PATH}", stage.running.api);
    let error = client.post(url).body("{}").send().await.unwrap_err();
    assert!(error.status().is_none(), "refused before any request was read: {error:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_worth_nothing() {
    let stage = Stage::set().await;
    let foreign = tempfile::tempdir().unwrap();
    enrol(foreign.path(), foreign.path(), "zd-k01").await;
    // It trusts our central and shows a certificate of its own authority.
    std::fs::copy(stage.dir.path().join("ca.pem"), foreign.path().join("ca.pem")).unwrap();
    let error = knock(&stage.client_of(foreign.path())).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_does_not_talk_to_a_central_of_another_authority() {
    let stage = Stage::set().await;
    let foreign = tempfile::tempdir().unwrap();
    enrol(foreign.path(), foreign.path(), "zd-k01").await;
    std::fs::copy(foreign.path().join("ca.pem"), stage.dir.path().join("ca.pem")).unwrap();
    let error = knock(&stage.client()).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_of_our_authority_that_is_not_enrolled_is_told_so() {
    let stage = Stage::set().await;
    // Enrolled in another permit book, with a certificate of the same authority.
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = stage.dir.path().join("zd-k02");
    let order = order(stage.dir.path(), &folder, "zd-k02");
    let other_book = Sqlite::open(&elsewhere.path().join("central.db")).unwrap();
    keys::provision(&order, &other_book).await.unwrap();
    match knock(&stage.client_of(&folder)).await {
        Err(ClientError::Refused { status: 403, code, message }) => {
            assert_eq!(code, "NOT_ENROLLED");
            assert!(message.contains("zd-k02"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_of_an_earlier_life_opens_no_door() {
    let stage = Stage::set().await;
    let client = stage.client();
    knock(&client).await.unwrap();
    // The kiosk got a new disk: new keys in another folder, enrolled while central runs.
    let folder = stage.dir.path().join("again");
    assert_eq!(enrol(stage.dir.path(), &folder, "zd-k01").await, 2);
    match knock(&client).await {
        Err(ClientError::Refused { status: 403, code, .. }) => assert_eq!(code, "NOT_ENROLLED"),
        other => panic!("{other:?}"),
    }
    knock(&stage.client_of(&folder)).await.unwrap();
    let store = Sqlite::open(&stage.dir.path().join("central.db")).unwrap();
    assert_eq!(kiosk_in(&store, "zd-k01").await.unwrap().lives.len(), 2);
    stage.end().await;
}
