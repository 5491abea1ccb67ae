//! What a scanned paper is worth: its seal against the keys of every kiosk, its permit against the book.

use jiff::civil::Date;

use super::Central;
use super::store::{self, BookEntry};
use crate::domain::{self, ElicenceId};
use crate::seal::{self, Keyring, VerifyingKey};
use crate::wire::v1::Grant;
use crate::wire::v1::api::{
    HeldStatus, PermitState, SealWorth, VerificationAnswer, VerificationRequest, VerifiedPermit,
};

/// Bytes of a scanned text at most: a seal has 483 characters, of which some are percent-encoded.
pub(super) const SCANNED_BYTES_MAX: usize = 2_048;

/// Every key permits were ever sealed with.
pub(super) async fn keyring(central: &Central) -> Result<Keyring, store::Error> {
    let mut keys = Keyring::new();
    for (kiosk, pem) in central.store.seal_keys().await? {
        match VerifyingKey::from_pem(&pem) {
            Ok(key) => keys.trust(kiosk.to_string(), key),
            Err(error) => tracing::error!(%kiosk, %error, "an enrolled seal key cannot be read"),
        }
    }
    Ok(keys)
}

/// What a permit of the book is worth on one day.
pub(super) fn state_of(entry: &BookEntry, keys: &Keyring, today: Date) -> PermitState {
    if !is_sealed(&entry.seal, entry, keys) {
        return PermitState::Damaged;
    }
    match entry.status {
        HeldStatus::Superseded => PermitState::Superseded,
        HeldStatus::Cancelled => PermitState::Cancelled,
        HeldStatus::Revoked => PermitState::Revoked,
        HeldStatus::Valid if today < entry.permit.issued => PermitState::NotYet,
        HeldStatus::Valid if entry.permit.valid_to.is_some_and(|last| last < today) => {
            PermitState::Expired
        }
        HeldStatus::Valid => PermitState::Valid,
    }
}

/// Whether a seal was made with a key of ours and states this permit.
fn is_sealed(text: &str, entry: &BookEntry, keys: &Keyring) -> bool {
    let permit = entry.permit.checked(entry.application);
    let claims = seal::verify(text, keys);
    permit.is_some_and(|permit| claims.is_ok_and(|claims| claims.agrees_with(&permit)))
}

/// What a scanned seal is worth beside a permit of the book.
pub(super) fn compare(text: &str, entry: &BookEntry, keys: &Keyring) -> SealWorth {
    if text.len() > SCANNED_BYTES_MAX {
        return SealWorth::Forged;
    }
    if is_sealed(text, entry, keys) {
        SealWorth::Agrees
    } else if seal::verify(text, keys).is_ok() {
        SealWorth::StatesOtherwise
    } else {
        SealWorth::Forged
    }
}

/// Answers a kiosk at which a paper was scanned.
pub(super) async fn answer(
    central: &Central,
    request: &VerificationRequest,
) -> Result<VerificationAnswer, store::Error> {
    let keys = keyring(central).await?;
    let today = central.clock.today();
    let (seal, entry) = match request {
        VerificationRequest::Link { elicence } if ElicenceId::parse(elicence).is_err() => {
            (None, None)
        }
        VerificationRequest::Link { elicence } => {
            (None, central.store.permit(elicence.clone()).await?)
        }
        VerificationRequest::Seal { text } => match seal::verify(text, &keys) {
            Err(_not_ours) => (Some(SealWorth::Forged), None),
            Ok(claims) => {
                let number = claims.number.to_string();
                let versions = central.store.permits_of(claims.holder.to_string()).await?;
                let mut versions: Vec<BookEntry> =
                    versions.into_iter().filter(|entry| entry.permit.number == number).collect();
                // The version the paper states, or the newest of that number.
                let stated = versions.iter().position(|entry| is_sealed(text, entry, &keys));
                let worth = match stated {
                    Some(_) => SealWorth::Agrees,
                    None => SealWorth::StatesOtherwise,
                };
                let at = stated.unwrap_or(0);
                let entry = (at < versions.len()).then(|| versions.swap_remove(at));
                (Some(worth), entry)
            }
        },
    };
    let state = entry.as_ref().map(|entry| state_of(entry, &keys, today));
    Ok(VerificationAnswer { seal, state, permit: entry.map(verified) })
}

fn verified(entry: BookEntry) -> VerifiedPermit {
    let permit = entry.permit;
    VerifiedPermit {
        kind: entry.kind,
        number: permit.number,
        holder: permit.holder.name,
        uscc: permit.holder.uscc,
        premises: permit.premises,
        granted: match permit.grant {
            Grant::Food { subject, items } => std::iter::once(subject).chain(items).collect(),
            Grant::Filing { trade } => vec![trade],
            Grant::Hygiene { place } | Grant::HygieneFiling { place } => vec![place],
            Grant::Combined { trade, parts } => std::iter::once(trade)
                .chain(parts.into_iter().map(|part| domain::Part::from(part).line()))
                .collect(),
        },
        issued: permit.issued,
        valid_to: permit.valid_to,
    }
}
