//! Self-service terminal that decides and prints food and hygiene permits on the spot.
//!
//! The modules stand in dependency order: one uses only those above it.

// Pure: no files, sockets, clock, threads, randomness.
pub mod domain;
pub mod fault;
pub mod rules;
pub mod seal;
pub mod certificate;
pub mod wire;

// Edges: thin, shared.
pub mod clock;
pub mod durable;
pub mod systemd;
pub mod config;

// Audit: sees neither kiosk nor central.
pub mod audit;

// Kiosk.
pub mod session;
pub mod staff;
pub mod journal;
pub mod rulebooks;
pub mod registers;
pub mod device;
pub mod speech;
pub mod sync;
pub mod terminal;
pub mod ui;

// Central: never sees the kiosk.
pub mod central;
