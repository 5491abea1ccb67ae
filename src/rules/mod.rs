//! The law as checked data: an edition is loaded whole or not at all, and decides the same way for ever.
//!
//! Conditions are written in a statically typed subset of CEL (see `docs/decisions`). Nothing here sees
//! a clock, a file, a network or a language.

mod case;
mod catalogue;
mod check;
mod decide;
pub mod diff;
mod document;
mod facts;
pub mod impact;
mod node;
mod params;
mod path;
mod problem;
mod rule;
mod rulebook;
mod schema;
mod syntax;
mod template;
mod value;

pub use case::Case;
pub use catalogue::{Answer, Catalogue, Choice, Entry, Field, FieldKind, Group, PromiseText};
pub use decide::{decide, decide_document};
pub use facts::{FactProblem, Facts};
pub use problem::{Problem, Problems};
pub use rulebook::Rulebook;
pub use value::canonical as canonical_json;
