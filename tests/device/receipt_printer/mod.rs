//! The receipt printer: bytes against an independent renderer, and slips through every mishap.

#![expect(clippy::wildcard_enum_match_arm, reason = "any other event is a failed test")]

pub(crate) mod bench;
mod line;
mod mishaps;
mod peer;
mod protocol;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use permit_kiosk::device::receipt_printer::{Job, Raster};
use permit_kiosk::device::{DeviceHandle, Health, Report};

use super::{PATIENCE, clock};

/// Waits until the printer would take a job. Its reports do not tell: a health that comes and goes
/// within 300 ms is not reported.
#[track_caller]
pub(crate) fn until_ready<C, E>(printer: &DeviceHandle<C>, reports: &Receiver<Report<E>>) {
    let clock = clock();
    let end = clock.monotonic() + PATIENCE;
    while printer.health() != Health::READY {
        assert!(clock.monotonic() < end, "{printer:?}");
        match reports.recv_timeout(Duration::from_millis(50)) {
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("{printer:?} has ended"),
        }
    }
}

/// Dots that repeat themselves: xorshift, so that a failure can be run again.
pub(crate) struct Dots(u64);

impl Dots {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// Bytes of which most are white and some repeat, as on paper.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            let byte = self.next().to_le_bytes()[0];
            match self.below(8) {
                0..=3 => bytes.extend(vec![0; 1 + self.below(60)]),
                4 => bytes.extend(vec![byte; 1 + self.below(30)]),
                _ => bytes.extend((0..1 + self.below(12)).map(|_| self.next().to_le_bytes()[0])),
            }
        }
        bytes.truncate(count);
        bytes
    }
}

/// A slip of 576 dots and so many rows, different for each seed, with ink in its first and last
/// row.
pub(super) fn picture(seed: u64, rows: usize) -> Vec<u8> {
    let mut bits = Dots::seeded(seed).bytes(72 * rows);
    bits[0] = 0xFF;
    bits[72 * rows - 72] = 0xFF;
    bits
}

fn job(number: u64, bits: &[u8]) -> Job {
    Job::new(number, Raster::new(576, bits.len() / 72, bits).unwrap())
}
