//! Literal bytes of the formats that outlive the code. If a test here fails, the test is right: a
//! changed format is a new version beside the old one.

mod journal_v1; // records and number blocks, as in docs/formats/journal.md
