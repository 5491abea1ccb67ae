//! The kiosk's rules and what they are measured against.

#[path = "../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../src/rules/mod.rs"]
pub mod rules;

#[path = "../../src/rules/syntax.rs"]

mod syntax;

pub mod applications;
pub mod plain;
pub mod translate;
