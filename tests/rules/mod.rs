//! The law as data: what it decides, what its checker refuses, and what never changes.

mod bad_rules;
mod catalogue;
mod command;
mod decisions;
mod edition;
mod facts;
mod oracle;
mod random;
