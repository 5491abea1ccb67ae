//! The kiosk's devices and their simulators: what `make bench-devices` measures.

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/fault.rs"]
pub mod fault;
#[path = "../../../src/clock.rs"]
pub mod clock;
#[path = "../../../src/device/mod.rs"]
pub mod device;
