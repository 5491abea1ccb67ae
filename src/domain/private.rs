//! A value about a person: it never shows itself by accident, and it is overwritten when dropped.

use jiff::civil::Date;
use zeroize::{Zeroize, Zeroizing};

use super::PersonId;

/// A private value. `Debug` and `Display` print `…`, there is no `Serialize`, and dropping overwrites
/// it. Whoever needs it says so with [`Private::reveal`], which is easy to search for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Private<T: Wipe>(T);

impl<T: Wipe> Private<T> {
    /// Makes a value private.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> Drop for Private<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Wipe> std::fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl<T: Wipe> std::fmt::Display for Private<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// What can be overwritten in place. A trait of ours, since `Zeroize` cannot be implemented for the
/// dates of another crate; a struct that derives `Zeroize` is wrapped as `Private<Zeroizing<_>>`.
pub trait Wipe {
    /// Overwrites the value so that memory no longer holds it.
    fn wipe(&mut self);
}

impl Wipe for String {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for PersonId {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for Date {
    fn wipe(&mut self) {
        *self = Self::ZERO;
        // The date is dead after this store; without the hint the compiler may leave the store out.
        std::hint::black_box(self);
    }
}

impl<T: Zeroize> Wipe for Vec<T> {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl<const N: usize> Wipe for [u8; N] {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl<T: Wipe> Wipe for Option<T> {
    fn wipe(&mut self) {
        if let Some(value) = self {
            value.wipe();
        }
    }
}

impl<T: Zeroize> Wipe for Zeroizing<T> {
    fn wipe(&mut self) {
        self.zeroize();
    }
}
