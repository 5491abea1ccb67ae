//! A check that cannot run here says so, and why, past the harness that keeps what tests print.

use std::fmt::Display;
use std::io::Write as _;

/// The machine cannot do it, whatever is installed.
pub(crate) fn here(reason: impl Display) {
    // Not by `eprintln!`, which the harness keeps to itself.
    let mut told = std::io::stderr();
    writeln!(told, "SKIPPED: {reason}").unwrap();
}

/// Something is not installed. Never so in `make test`, which installs it and names its Python.
#[track_caller]
pub(crate) fn without(missing: impl Display) {
    let installed = std::env::var_os("KIOSK_TEST_PYTHON").is_some();
    assert!(!installed, "{missing}: `make deps` installs it");
    here(format_args!("{missing}: `make deps` installs it"));
}
