//! The law as data: what it decides, what its checker refuses, and what never changes.

mod bad_editions;
mod bad_rules;
mod catalogue;
mod command;
mod decisions;
mod diff;
mod edges;
mod edition;
mod explain;
mod facts;
mod fixture_cases;
mod guide;
mod impact;
mod inputs;
mod kept;
mod never;
mod oracle;
mod overrides;
mod possible;
mod random;
mod switches;
