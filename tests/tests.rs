//! Index of the tests: one line each, from what decides to what the world touches.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may panic, and makes its own files"
)]

mod domain; // identifiers, masking and the calendar, by the vectors of the standards
mod rules; // every case of the rulebook, every plausible mistake refused, an independent engine
mod seal; // signed codes, both profiles, against OpenSSL
mod certificate; // sheets and slips, read back by independent programs
mod format; // literal records of version 1: if one fails, add a version
mod config; // configuration folders with mistakes, and the exact report
mod staff; // PINs, the file of the staff, the door that locks itself
mod journal; // stopped at every step of the straight line: nothing lost, nothing twice
mod power; // power cuts, kills and full disks, judged by a program that knows nothing of ours
mod rulebooks; // forged, replayed, expired, cut off: what was accepted once is never gone back behind
mod registers; // slow, failing and lying registers are never a clean answer
mod device; // drivers against simulators on real ptys
mod mishap; // paper, cover, cable, power: what lies in the tray and what the journal says of it
mod sync; // lost, repeated, reordered, weeks late
mod audit; // a good bundle verifies, every single lie in it is found
mod central; // the kiosks' interface, the permit book, the pages
mod lobby; // the voice, and what systemd is told
mod ui; // every screen without a window, in both languages
mod journey; // whole visits, without a window and through the real one
mod skipped; // a check that cannot run here says so
mod tidy; // module order, file heads, links, lists that must agree
