//! What to do with a push: pure, so that every engine of the permit book decides alike.

use crate::wire::v1::{Hash, api::Head};

/// Of one pushed record, what the chain needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its place in the journal.
    pub position: u64,
    /// The hash it names as that of the record before.
    pub previous: Hash,
    /// Its own hash.
    pub hash: Hash,
}

/// What to do with a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Keep it; the first `duplicates` records are here already.
    Take {
        /// How many.
        duplicates: usize,
    },
    /// Keep nothing: records from `expected` on are missing.
    Gap {
        /// The position the next push must begin with.
        expected: u64,
    },
    /// Keep nothing: at `position` another record stands, or one that names another before it.
    Fork {
        /// The first position that differs.
        position: u64,
    },
}

/// Compares a push with what is kept. `kept` knows the hash at each position up to the head.
pub fn plan(head: Head, push: &[Link], kept: impl Fn(u64) -> Option<Hash>) -> Plan {
    let expected = head.position + 1;
    let mut duplicates = 0;
    let mut before: Option<Link> = None;
    for link in push {
        if let Some(before) = before {
            if link.position != before.position + 1 {
                return Plan::Gap { expected };
            }
            if link.previous != before.hash {
                return Plan::Fork { position: link.position };
            }
        }
        if link.position == 0 {
            // Positions count from 1.
            return Plan::Fork { position: 1 };
        } else if link.position <= head.position {
            if kept(link.position) != Some(link.hash) {
                return Plan::Fork { position: link.position };
            }
            duplicates += 1;
        } else if before.is_none() && link.position > expected {
            return Plan::Gap { expected };
        } else if link.position == expected && link.previous != head.hash {
            // The record before it is another one than ours; before the first there is none.
            return Plan::Fork { position: head.position.max(1) };
        }
        before = Some(*link);
    }
    Plan::Take { duplicates }
}
