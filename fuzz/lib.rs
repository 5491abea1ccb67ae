//! What the fuzzer calls: the kiosk's rules, and the same functions that `make test` runs over every input
//! kept in `tests/rules/inputs/`.

extern crate self as permit_kiosk;

#[path = "../src/domain/mod.rs"]
pub mod domain;
#[path = "../src/rules/mod.rs"]
pub mod rules;

#[path = "../tests/rules/inputs.rs"]
pub mod inputs;
