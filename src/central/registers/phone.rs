//! The phone of the embedded registers: codes that live five minutes and are good once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::Private;
use crate::wire::v1::api::Refusal;

/// How long a code lives. The province's e-licence shows one for about five minutes.
pub const CODE_LIFE: Duration = Duration::from_mins(5);
/// Codes remembered at most: one a second for an hour, so that a used one is known as used for long
/// after it has expired.
const CODES_MAX: usize = 3_600;

/// What a phone shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// The e-ID of a person, by the person's key.
    ElectronicId { person: String },
    /// The e-licence of a business, by the keys of both.
    ElectronicLicence { person: String, business: String },
}

/// The codes given out. A code is drawn at random and says nothing by itself.
#[derive(Debug, Default)]
pub(super) struct Codes {
    by_code: BTreeMap<Private<String>, Code>,
}

#[derive(Debug)]
struct Code {
    shown: Shown,
    /// Monotonic time it was drawn.
    drawn_at: Duration,
    used: bool,
}

impl Codes {
    /// A new code for what a phone shows, from 128 random bits.
    pub(super) fn draw(&mut self, shown: Shown, random: [u8; 16], now: Duration) -> String {
        if self.by_code.len() >= CODES_MAX {
            let oldest = self.by_code.iter().min_by_key(|(_, code)| code.drawn_at);
            if let Some(oldest) = oldest.map(|(text, _)| text.clone()) {
                self.by_code.remove(&oldest);
            }
        }
        let text = hex::encode_upper(random);
        self.by_code.insert(text.clone().into(), Code { shown, drawn_at: now, used: false });
        text
    }

    /// Uses a code up. What was shown is judged by `wanted`: the e-ID service does not know the codes
    /// of the e-licence, and does not use them up.
    pub(super) fn redeem<T>(
        &mut self,
        text: &str,
        now: Duration,
        wanted: impl FnOnce(&Shown) -> Option<T>,
    ) -> Result<T, Refusal> {
        let code = self.by_code.get_mut(&Private::new(text.to_owned()));
        let code = code.ok_or(Refusal::CodeUnknown)?;
        let wanted = wanted(&code.shown).ok_or(Refusal::CodeUnknown)?;
        if code.used {
            return Err(Refusal::CodeUsed);
        }
        if now.saturating_sub(code.drawn_at) > CODE_LIFE {
            return Err(Refusal::CodeExpired);
        }
        code.used = true;
        Ok(wanted)
    }
}
