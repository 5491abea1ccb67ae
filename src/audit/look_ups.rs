//! Central's own list of look-ups against the kiosks' records: what central answered and no record tells of.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::bundle::CentralLookUp;
use super::report::{LookUps, Unrecorded};
use crate::domain::ApplicationId;
use crate::wire::v1::{KioskId, Register};

/// The look-ups the kiosks' records tell of.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    look_ups: Vec<(u128, Register)>,
    is_told: Vec<bool>,
    /// The times of the first and the last record of each kiosk, and whether the first is its journal's.
    spans: BTreeMap<KioskId, Span>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    is_whole: bool,
}

/// A kiosk's clock and central's may differ by this much, and the record is written after the answer.
const EDGE: SignedDuration = SignedDuration::from_mins(5);
/// Look-ups told one by one at most; all are counted.
const UNRECORDED_MAX: usize = 100;

impl Recorded {
    /// A record's time.
    pub(super) fn record(&mut self, kiosk: &KioskId, position: u64, at: Timestamp) {
        if let Some(span) = self.spans.get_mut(kiosk) {
            span.to = span.to.max(at);
        } else {
            let span = Span { from: at, to: at, is_whole: position == 1 };
            self.spans.insert(kiosk.clone(), span);
        }
    }

    /// A record of a look-up.
    pub(super) fn look_up(&mut self, application: ApplicationId, register: Register) {
        self.look_ups.push((u128::from_be_bytes(*application.as_bytes()), register));
    }

    /// All records are read.
    pub(super) fn sort(&mut self) {
        self.look_ups.sort_unstable();
        self.is_told = vec![false; self.look_ups.len()];
    }

    /// A look-up of central's list, which is line `line`.
    pub(super) fn compare(&mut self, line: u64, asked: &CentralLookUp, counted: &mut LookUps) {
        counted.at_central += 1;
        let wanted = (u128::from_be_bytes(*asked.application.as_bytes()), asked.register);
        let first = self.look_ups.partition_point(|of| *of < wanted);
        let same = self.look_ups.iter().skip(first).take_while(|of| **of == wanted).count();
        let mut told = self.is_told.iter_mut().skip(first).take(same);
        if let Some(told) = told.find(|told| !**told) {
            *told = true;
            return;
        }
        // At the edges of the bundle its record may stand in another one.
        let is_inside = self.spans.get(&asked.kiosk).is_some_and(|span| {
            (span.is_whole || span.from + EDGE <= asked.at) && asked.at + EDGE <= span.to
        });
        if !is_inside {
            return;
        }
        counted.unrecorded += 1;
        if counted.unrecorded_first.len() < UNRECORDED_MAX {
            counted.unrecorded_first.push(Unrecorded {
                line,
                at: asked.at,
                kiosk: asked.kiosk.clone(),
                application: asked.application,
                register: super::numbers::word(&asked.register),
            });
        }
    }
}
