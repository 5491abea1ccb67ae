//! A kiosk without a display says so.

use std::process::Command;

#[test]
fn a_kiosk_without_a_display_says_what_is_missing() {
    for (display, says) in [("", "DISPLAY is not set"), (":63999", "no display answers at :63999")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
            .args(["run", "--config", concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config")])
            .env("DISPLAY", display)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.contains(says), "{told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}
