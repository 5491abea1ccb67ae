//! The bench: a small window beside the kiosk from which one plays the world around it.
