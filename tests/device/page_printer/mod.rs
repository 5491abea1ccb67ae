//! The page printer: dots that survive two independent readings of the manual, and certificates
//! through every mishap.

#![expect(clippy::wildcard_enum_match_arm, reason = "any other event is a failed test")]

mod line;
mod mishaps;
pub(crate) mod network;
mod pcl;
mod peer;
mod pjl;
