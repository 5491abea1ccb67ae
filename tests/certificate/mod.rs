//! Certificates as PDF, as dots and on paper: what independent programs make of them.

mod bitmap;
mod oracle;
mod picture;
mod print;
pub(crate) mod sample;
mod signature;
mod slip;
mod template;
mod verify;
