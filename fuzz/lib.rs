//! What the fuzzer calls: the kiosk's rules and the codecs of its devices, and the same functions that `make test`
//! runs over every input kept in `tests/rules/inputs/` and `tests/device/inputs/`.

extern crate self as permit_kiosk;

#[path = "../src/domain/mod.rs"]
pub mod domain;
#[path = "../src/rules/mod.rs"]
pub mod rules;
pub mod device;

#[path = "../tests/rules/inputs.rs"]
mod inputs;
#[path = "../tests/device/inputs.rs"]
mod device_inputs;

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

/// Any bytes on the line of a device, for one of its codecs.
pub fn devices(target: &str, input: &[u8]) {
    for (name, run) in device_inputs::TARGETS {
        if name == target {
            run(input);
        }
    }
}
