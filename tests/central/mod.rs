//! Central: what it keeps, whom it lets in, what it tells, and what it shows.

pub(crate) mod cluster;
pub(crate) mod harness;

mod doors; // certificates: none, foreign, not enrolled, replaced
pub(crate) mod failover; // two servers, the first killed in the middle of a push
mod keys; // provisioning makes, keeps, and never overwrites
mod numbers; // numbers.toml: every problem at once
mod pages; // verification, inbox, phones
mod pushes; // records over HTTPS: taken, repeated, missing, forked, poisoned
mod postgres_versions; // what earlier software left in a database moves forward
mod store; // the conformance suite every engine of the permit book passes
