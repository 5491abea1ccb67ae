//! Index of the tests: one line each, from what decides to what the world touches.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test may panic, and makes its own files"
)]

mod domain; // identifiers, masking and the calendar, by the vectors of the standards
