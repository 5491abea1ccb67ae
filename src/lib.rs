//! Self-service terminal that decides and prints food and hygiene permits on the spot.
//!
//! The modules stand in dependency order: one uses only those above it.

// Pure: no files, sockets, clock, threads, randomness.
pub mod domain;
pub mod fault;

// Edges: thin, shared.
pub mod clock;
pub mod durable;
