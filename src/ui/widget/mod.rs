//! The parts screens are made of.

pub(super) mod calendar;
pub(super) mod hold;
pub(super) mod icon;
pub(super) mod keyboard;
pub(super) mod keypad;
pub(super) mod label;
pub(super) mod machine;
pub(super) mod pages;
pub(super) mod panel;
pub(super) mod press;
pub(super) mod signature;
pub(super) mod touch;
