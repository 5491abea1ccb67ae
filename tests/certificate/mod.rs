//! Certificates as PDF, as dots and on paper: what independent programs make of them.

mod bitmap;
pub(crate) mod oracle;
mod picture;
mod print;
mod report;
pub(crate) mod sample;
mod signature;
mod slip;
mod template;
mod verify;
