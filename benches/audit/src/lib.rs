//! The auditors' half: what `make bench-audit` measures.

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/fault.rs"]
pub mod fault;
#[path = "../../../src/rules/mod.rs"]
pub mod rules;
#[path = "../../../src/seal/mod.rs"]
pub mod seal;
#[path = "../../../src/wire/mod.rs"]
pub mod wire;
#[path = "../../../src/durable.rs"]
pub mod durable;
/// Without its papers.
#[path = "../../../src/audit"]
#[allow(dead_code, unused_imports)]
pub mod audit {
    mod acts;
    mod blanks;
    mod book;
    mod bundle;
    mod csv;
    mod lock;
    mod look;
    mod look_ups;
    mod numbers;
    mod parquet;
    mod report;
    mod table;
    mod tree;
    mod trust;
    mod verify;
    mod views;
    mod writer;
    mod xlsx;

    pub use bundle::{Asked, Keys, Life, Source};
    pub use trust::Trust;
    pub use verify::Verify;
    pub use views::{View, Views};
    pub use writer::{Order, Writer};
}
