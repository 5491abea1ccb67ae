//! What the fuzzer calls: the kiosk's rules, and the same functions that `make test` runs over every input
//! kept in `tests/rules/inputs/`.

extern crate self as permit_kiosk;

#[path = "../src/domain/mod.rs"]
pub mod domain;
#[path = "../src/rules/mod.rs"]
pub mod rules;

#[path = "../tests/rules/inputs.rs"]
mod inputs;

/// Any text as a condition.
pub fn parse(input: &[u8]) {
    inputs::parse(input);
}

/// Any text as a condition over the facts of the law.
pub fn check(input: &[u8]) {
    inputs::check(input);
}

/// Any text as a file of an edition.
pub fn edition(input: &[u8]) {
    inputs::edition(input);
}
