//! The commands of permit-kiosk.

fn main() {}
