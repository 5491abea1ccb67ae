//! The kiosk's journal, its line to central, and central: what `make bench-journal` measures.

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
#[path = "../../../src/clock.rs"]
pub mod clock;
#[path = "../../../src/durable.rs"]
pub mod durable;
#[path = "../../../src/config/mod.rs"]
pub mod config;
/// The half that writes, which central's export needs; verifying stays out with its papers.
#[path = "../../../src/audit"]
#[allow(dead_code, unused_imports)]
pub mod audit {
    mod bundle;
    mod csv;
    mod lock;
    mod parquet;
    mod table;
    mod tree;
    mod views;
    mod writer;
    mod xlsx;

    pub use bundle::{
        Asked, CentralLookUp, Chain, FileEntry, Keys, Life, MANIFEST, Manifest, RECORDS, Source,
    };
    pub use views::{View, Views};
    pub use writer::{Error, Order, Writer};
}
#[path = "../../../src/journal/mod.rs"]
pub mod journal;
#[path = "../../../src/rulebooks/mod.rs"]
pub mod rulebooks;
#[path = "../../../src/registers/mod.rs"]
pub mod registers;
#[path = "../../../src/sync/mod.rs"]
pub mod sync;
#[path = "../../../src/central/mod.rs"]
pub mod central;
