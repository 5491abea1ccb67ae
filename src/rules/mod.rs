//! The law as checked data: an edition is loaded whole or not at all, and decides the same way for ever.
//!
//! Conditions are written in a statically typed subset of CEL (see `docs/decisions`). Nothing here sees
//! a clock, a file, a network or a language.

mod article;
mod case;
mod catalogue;
mod check;
mod cite;
mod decide;
pub mod diff;
mod document;
mod edges;
mod explain;
mod facts;
mod guide;
pub mod impact;
mod near;
mod index;
mod node;
mod params;
mod path;
mod place;
mod possible;
mod problem;
mod rule;
mod rulebook;
mod same;
mod schema;
mod syntax;
mod template;
mod text;
mod told;
mod value;
mod words;

pub use case::Case;
pub use catalogue::{Answer, Catalogue, Choice, Entry, Field, FieldKind, Group, PromiseText};
pub use decide::{decide, decide_document, decision_json, fired, steps};
pub use explain::{Explanation, Read, Spoken, Used, explain};
pub use facts::{FactProblem, Facts};
pub use guide::{
    Badge, By, Elsewhere, Guide, Life, Means, Mode, Need, Paper, PaperSource, Phase, Question,
    Reply, Sheet, Step, Undertaking, Where,
};
pub use near::{Blocking, Change, Near, Way};
pub use problem::{Problem, Problems};
pub use rulebook::Rulebook;
pub use value::canonical as canonical_json;
