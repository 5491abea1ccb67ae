//! What somebody at central decided: lives of kiosks closed, permits revoked. Each act is signed, and what it
//! says has to agree with the records and the numbers.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::report::{ActsCounted, Check};
use crate::seal::VerifyingKey;
use crate::wire::v1::api::{Closing, NumberRange, SignedText};
use crate::wire::v1::{Hash, Header, KioskId, Revocation, is_signed};

/// The acts of a bundle.
#[derive(Debug, Default)]
pub(super) struct Acts {
    closings: BTreeMap<(KioskId, u32), Closing>,
    /// When a permit was revoked, by its number.
    revoked: BTreeMap<String, Timestamp>,
    /// The number and the text's hash of the last revocation.
    last: Option<(u64, Hash)>,
    /// How many there are.
    pub(super) counted: ActsCounted,
}

impl Acts {
    /// Enters an act.
    pub(super) fn enter(
        &mut self,
        signed: &SignedText,
        central: Option<&VerifyingKey>,
        tell: &mut dyn FnMut(Check, String),
    ) {
        let is_signed = |context: &str| {
            central.is_some_and(|key| is_signed(key, context, &signed.text, &signed.signature))
        };
        if let Ok(act) = serde_json::from_str::<Closing>(&signed.text)
            && act.format == Closing::FORMAT
        {
            if !is_signed(Closing::SIGNATURE_CONTEXT) {
                tell(Check::Act, "it is not signed by central".to_owned());
            }
            self.counted.closings += 1;
            let life = (act.kiosk.clone(), act.incarnation);
            if self.closings.contains_key(&life) {
                tell(Check::Act, format!("life {} of {} is closed twice", life.1, life.0));
            }
            self.closings.insert(life, act);
        } else if let Ok(act) = Revocation::read(&signed.text) {
            if !is_signed(Revocation::SIGNATURE_CONTEXT) {
                tell(Check::Act, "it is not signed by central".to_owned());
            }
            self.counted.revocations += 1;
            let (number, previous) =
                self.last.map_or((1, Hash::ZERO), |(last, hash)| (last + 1, hash));
            if (act.number, act.previous) != (number, previous) {
                tell(Check::Act, format!("revocation {number} should stand here"));
            }
            self.last = Some((act.number, Hash::of(signed.text.as_bytes())));
            if self.revoked.insert(act.permit.clone(), act.at).is_some() {
                tell(Check::Act, format!("permit {} is revoked twice", act.permit));
            }
        } else {
            tell(Check::Act, "it is no act that this version knows".to_owned());
        }
    }

    /// A record: none may stand behind the one a life was closed at.
    pub(super) fn record(&self, header: &Header, hash: Hash, tell: &mut dyn FnMut(Check, String)) {
        let Some(act) = self.closings.get(&(header.kiosk.clone(), header.incarnation)) else {
            return;
        };
        let (life, closed_at) = (act.incarnation, act.head.position);
        if header.position > closed_at {
            tell(Check::Act, format!("life {life} was closed at position {closed_at}"));
        }
        if header.position == closed_at && hash != act.head.hash {
            tell(Check::Act, format!("life {life} was closed at another record than this"));
        }
    }

    /// A permit is issued anew under its number: whether it had been revoked.
    pub(super) fn is_revoked(&self, permit: &str, at: Timestamp) -> bool {
        self.revoked.get(permit).is_some_and(|revoked_at| *revoked_at < at)
    }

    /// What is left of a block of a life that is over: frozen by its act, number for number. `None` where the
    /// life was not closed by an act.
    pub(super) fn is_frozen(&self, life: (&KioskId, u32), left: &NumberRange) -> Option<bool> {
        let act = self.closings.get(&(life.0.clone(), life.1))?;
        Some(act.frozen.contains(left))
    }
}
