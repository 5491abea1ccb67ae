//! Versioned forms of everything that leaves the process; never used for computing.
//!
//! Inner types may change with the code. What is written here outlives it: a version is frozen by the
//! literal examples in `tests/format`, and a change is a new version beside the old one.

pub mod v1;
