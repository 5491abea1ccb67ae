//! What to do with a push, a question for numbers, an enrolment: pure, so that every engine of the
//! permit book decides alike. An engine reads what is asked for here, plans, and writes the plan.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lease, Leased, Taken};
use crate::central::intake::{Case, Entry, Judged, KeptKey, Meaning, Number, Poison};
use crate::domain::{ApplicationId, PermitKind, ServiceCode};
use crate::wire::v1::{
    BlockGrant, Hash, Holder, Permit, Personal, SignedBlock,
    api::{Head, HeldStatus, NumberRange, PushOutcome},
};

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

/// How a push fits to the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chained {
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
pub fn chain(head: Head, push: &[Link], kept: impl Fn(u64) -> Option<Hash>) -> Chained {
    let expected = head.position + 1;
    let mut duplicates = 0;
    let mut before: Option<Link> = None;
    for link in push {
        if let Some(before) = before {
            if link.position != before.position + 1 {
                return Chained::Gap { expected };
            }
            if link.previous != before.hash {
                return Chained::Fork { position: link.position };
            }
        }
        if link.position == 0 {
            // Positions count from 1.
            return Chained::Fork { position: 1 };
        } else if link.position <= head.position {
            if kept(link.position) != Some(link.hash) {
                return Chained::Fork { position: link.position };
            }
            duplicates += 1;
        } else if before.is_none() && link.position > expected {
            return Chained::Gap { expected };
        } else if link.position == expected && link.previous != head.hash {
            // The record before it is another one than ours; before the first there is none.
            return Chained::Fork { position: head.position.max(1) };
        }
        before = Some(*link);
    }
    Chained::Take { duplicates }
}

/// What a plan needs to know: the rows of the permit book that a push touches.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Permits with one of these e-licence identifiers, ...
    pub elicences: BTreeSet<String>,
    /// ... or of these applications, ...
    pub applications: BTreeSet<String>,
    /// ... or with one of these numbers.
    pub numbers: BTreeSet<String>,
    /// Filings of these holders.
    pub holders: BTreeSet<String>,
    /// What became of these places in their series, and in which block they are.
    pub places: BTreeSet<(String, u64)>,
    /// Whether these numbers of a series, first and last, are of one block, and any of them ended.
    pub ranges: BTreeSet<(String, u64, u64)>,
}

/// Says what to read before records are planned.
pub fn wanted(push: &[Judged]) -> Wanted {
    let mut wanted = Wanted::default();
    let place = |wanted: &mut Wanted, number: &Number| {
        wanted.places.insert((number.series.clone(), number.sequence));
    };
    for judged in push {
        match &judged.meaning {
            Meaning::Issued(entry) => {
                wanted.elicences.insert(entry.permit.elicence.clone());
                wanted.applications.insert(entry.application.to_string());
                wanted.numbers.insert(entry.permit.number.clone());
                wanted.holders.insert(entry.permit.holder.uscc.clone());
                place(&mut wanted, &entry.number);
            }
            Meaning::Voided(number) => place(&mut wanted, number),
            Meaning::Returned(range) => {
                wanted.ranges.insert((range.series.clone(), range.first, range.last));
            }
            Meaning::Referred(_) | Meaning::Other | Meaning::Poison(_) => {}
        }
    }
    wanted
}

/// What the permit book holds of what was [`wanted`].
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Permits, by e-licence identifier.
    pub permits: BTreeMap<String, KnownPermit>,
    /// Places given out, voided or returned already.
    pub ended: BTreeSet<(String, u64)>,
    /// Places in blocks leased to the kiosk that pushes.
    pub leased: BTreeSet<(String, u64)>,
    /// Places nobody could account for when the kiosk's life was closed; a record that turns up does.
    pub frozen: BTreeSet<(String, u64)>,
    /// Ranges within one block leased to the kiosk that pushes.
    pub leased_ranges: BTreeSet<(String, u64, u64)>,
    /// Ranges in which some number ended, other than by being frozen.
    pub begun_ranges: BTreeSet<(String, u64, u64)>,
}

/// Of a permit in the book, what the rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPermit {
    /// Its number.
    pub number: String,
    /// For which application.
    pub application: String,
    /// Kind of paper.
    pub kind: String,
    /// Its holder.
    pub uscc: String,
    /// Where.
    pub premises: String,
    /// Whether it lives.
    pub status: HeldStatus,
}

/// What to write for a push.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// Every new record, in order, and why it makes no sense.
    pub records: Vec<(&'a Judged, Option<Poison>)>,
    /// Numbers that came to an end.
    pub ended: Vec<Ended<'a>>,
    /// Numbers that were given back, and the record that says so.
    pub returned: Vec<(&'a NumberRange, u64)>,
    /// Permits to enter, with their status and the record each stands in.
    pub permits: Vec<NewPermit<'a>>,
    /// Permits of the book before this push that gave way: e-licence identifier, and that of the newer.
    pub superseded: BTreeMap<String, String>,
    /// Referred applications; one that is in the inbox already stays as it is.
    pub cases: Vec<(&'a Case, u64)>,
    /// The data keys of the push, one for each application, with how far it came.
    pub keys: BTreeMap<ApplicationId, &'a KeptKey>,
}

/// A number that came to an end.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Which.
    pub number: &'a Number,
    /// `issued` or `voided`.
    pub fate: &'static str,
    /// The record that says so.
    pub position: u64,
}

/// A permit to enter.
#[derive(Debug, Clone)]
pub struct NewPermit<'a> {
    /// What is entered.
    pub entry: &'a Entry,
    /// Whether it lives when the push is over.
    pub status: HeldStatus,
    /// What took its place within the same push.
    pub superseded_by: Option<String>,
    /// The record it stands in.
    pub position: u64,
}

/// Plans the records of a push behind the first `duplicates`, and says what the kiosk is told.
pub fn plan(head: Head, push: &[Judged], duplicates: usize, known: Known) -> (Plan<'_>, Taken) {
    let mut book = Book { known, plan: Plan::default() };
    let mut taken = Taken {
        outcome: PushOutcome::Taken { new: 0, duplicates: 0 },
        head,
        quarantined: BTreeMap::new(),
    };
    for judged in push.iter().skip(duplicates) {
        let poison = book.take(judged);
        if let Some(poison) = poison {
            taken.quarantined.insert(judged.link.position, poison.as_str());
        }
        if let Some(key) = &judged.key {
            let furthest = book.plan.keys.entry(key.application).or_insert(key);
            if furthest.stage < key.stage {
                *furthest = key;
            }
        }
        book.plan.records.push((judged, poison));
        taken.head = Head { position: judged.link.position, hash: judged.link.hash };
    }
    let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    taken.outcome =
        PushOutcome::Taken { new: count(book.plan.records.len()), duplicates: count(duplicates) };
    (book.plan, taken)
}

/// The book as it stands after the records planned so far.
struct Book<'a> {
    known: Known,
    plan: Plan<'a>,
}

impl<'a> Book<'a> {
    /// Plans what a record means, or says why it means nothing.
    fn take(&mut self, judged: &'a Judged) -> Option<Poison> {
        let position = judged.link.position;
        match &judged.meaning {
            Meaning::Issued(entry) => self.issue(entry, position),
            Meaning::Referred(case) => {
                self.plan.cases.push((case, position));
                None
            }
            Meaning::Voided(number) => self.end(number, "voided", position),
            Meaning::Returned(range) => self.give_back(range, position),
            Meaning::Other => None,
            Meaning::Poison(poison) => Some(*poison),
        }
    }

    fn issue(&mut self, entry: &'a Entry, position: u64) -> Option<Poison> {
        let permit = &entry.permit;
        let application = entry.application.to_string();
        let is_taken = self.known.permits.contains_key(&permit.elicence)
            || self.known.permits.values().any(|other| other.application == application);
        if is_taken {
            return Some(Poison::ElicenceTaken);
        }
        let mut status = HeldStatus::Valid;
        match entry.service {
            ServiceCode::FoodNew
            | ServiceCode::FoodFile
            | ServiceCode::HygieneNew
            | ServiceCode::HygieneFile
            | ServiceCode::CombinedNew => {
                if self.is_held(&permit.number) {
                    return Some(Poison::NumberTaken);
                }
                if let Some(poison) = self.end(&entry.number, "issued", position) {
                    return Some(poison);
                }
            }
            // The number survives change, renewal and reissue (食品经营许可和备案管理办法 35-39); only
            // the version before gives way.
            ServiceCode::FoodChange
            | ServiceCode::FoodRenew
            | ServiceCode::FoodReissue
            | ServiceCode::FoodCancel
            | ServiceCode::FoodFileChange
            | ServiceCode::HygieneChange
            | ServiceCode::HygieneRenew
            | ServiceCode::HygieneReissue
            | ServiceCode::HygieneCancel
            | ServiceCode::CombinedChange
            // Nothing is issued there; were it, no number would be taken.
            | ServiceCode::CombinedShow
            | ServiceCode::ResultShow => {
                let before: Vec<String> = self.living(|other| {
                    other.number == permit.number && other.uscc == permit.holder.uscc
                });
                let held_elsewhere = self.known.permits.iter().any(|(elicence, other)| {
                    other.number == permit.number
                        && other.status != HeldStatus::Superseded
                        && !before.contains(elicence)
                });
                // A permit from before this system has no version here to give way.
                let place = (entry.number.series.clone(), entry.number.sequence);
                let foreign = before.is_empty() && self.known.ended.contains(&place);
                if held_elsewhere || foreign {
                    return Some(Poison::NothingToChange);
                }
                self.supersede(before, &permit.elicence);
                if matches!(entry.service, ServiceCode::FoodCancel | ServiceCode::HygieneCancel) {
                    status = HeldStatus::Cancelled;
                }
            }
        }
        if entry.service == ServiceCode::FoodNew {
            // A filing lapses on the day a licence is obtained (同办法 5).
            let filings = self.living(|other| {
                other.kind == PermitKind::Filing.as_str()
                    && other.uscc == permit.holder.uscc
                    && other.premises == permit.premises
            });
            self.supersede(filings, &permit.elicence);
        }
        let known = KnownPermit {
            number: permit.number.clone(),
            application,
            kind: entry.kind.as_str().to_owned(),
            uscc: permit.holder.uscc.clone(),
            premises: permit.premises.clone(),
            status,
        };
        self.known.permits.insert(permit.elicence.clone(), known);
        self.plan.permits.push(NewPermit { entry, status, superseded_by: None, position });
        None
    }

    fn is_held(&self, number: &str) -> bool {
        self.known
            .permits
            .values()
            .any(|other| other.number == number && other.status != HeldStatus::Superseded)
    }

    /// Valid permits that `are`.
    fn living(&self, are: impl Fn(&KnownPermit) -> bool) -> Vec<String> {
        let living = self.known.permits.iter();
        let living = living.filter(|(_, other)| other.status == HeldStatus::Valid && are(other));
        living.map(|(elicence, _)| elicence.clone()).collect()
    }

    fn supersede(&mut self, elicences: Vec<String>, by: &str) {
        for elicence in elicences {
            if let Some(known) = self.known.permits.get_mut(&elicence) {
                known.status = HeldStatus::Superseded;
            }
            let new = self.plan.permits.iter_mut();
            match new.rev().find(|new| new.entry.permit.elicence == elicence) {
                Some(new) => {
                    new.status = HeldStatus::Superseded;
                    new.superseded_by = Some(by.to_owned());
                }
                None => {
                    self.plan.superseded.insert(elicence, by.to_owned());
                }
            }
        }
    }

    /// A number ends once, and at the kiosk it was leased to.
    fn end(&mut self, number: &'a Number, fate: &'static str, position: u64) -> Option<Poison> {
        let place = (number.series.clone(), number.sequence);
        if !self.known.leased.contains(&place) {
            return Some(Poison::NumberNotLeased);
        }
        let was_frozen = self.known.frozen.remove(&place);
        if !self.known.ended.insert(place) && !was_frozen {
            return Some(Poison::NumberTaken);
        }
        self.plan.ended.push(Ended { number, fate, position });
        None
    }

    /// The rest of a block is given back: none of it may have ended, before this push or in it.
    fn give_back(&mut self, range: &'a NumberRange, position: u64) -> Option<Poison> {
        let NumberRange { series, first, last } = range;
        let asked = (series.clone(), *first, *last);
        if first > last || !self.known.leased_ranges.contains(&asked) {
            return Some(Poison::NumberNotLeased);
        }
        let (from, to) = ((series.clone(), *first), (series.clone(), *last));
        let mut ended = self.known.ended.range(from..=to);
        if self.known.begun_ranges.contains(&asked)
            || ended.any(|place| !self.known.frozen.contains(place))
        {
            return Some(Poison::NumberTaken);
        }
        // Within one block, which has 10 000 numbers at most.
        for sequence in *first..=*last {
            let place = (series.clone(), sequence);
            self.known.frozen.remove(&place);
            self.known.ended.insert(place);
        }
        self.plan.returned.push((range, position));
        None
    }
}

/// What a question for numbers needs to know of its series.
#[derive(Debug, Clone, Default)]
pub struct KnownBlocks {
    /// What this kiosk's nonce got before: series, life, block.
    pub before: Option<(String, u32, SignedBlock)>,
    /// Numbers of the series this life of the kiosk holds unused. Those of a lost disk are frozen, and
    /// never leased again.
    pub unused: u64,
    /// The block behind the last one leased.
    pub next: u64,
}

/// Answers a question for numbers; a new grant has to be kept before it is told.
pub fn plan_lease(known: KnownBlocks, lease: &Lease) -> (Leased, Option<BlockGrant>) {
    if let Some((series, incarnation, block)) = known.before {
        let same = series == lease.series && incarnation == lease.incarnation;
        return (if same { Leased::Granted(block) } else { Leased::NonceTaken }, None);
    }
    if known.unused.saturating_add(lease.size) > lease.unused_max {
        return (Leased::TooMany { unused: known.unused }, None);
    }
    let Some(grant) = lease.grant(known.next.max(lease.first_block)) else {
        return (Leased::Exhausted, None);
    };
    (Leased::Granted((lease.sign)(&grant.to_text())), Some(grant))
}

/// The numbers of a block that did not end, as ranges.
pub fn unaccounted(series: &str, first: u64, last: u64, ended: &BTreeSet<u64>) -> Vec<NumberRange> {
    let mut ranges: Vec<NumberRange> = Vec::new();
    for number in (first..=last).filter(|number| !ended.contains(number)) {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == number => range.last = number,
            Some(_) | None => {
                ranges.push(NumberRange { series: series.to_owned(), first: number, last: number });
            }
        }
    }
    ranges
}

/// A permit of which only the number and its dates are remembered.
pub fn without_holder(permit: Permit) -> Permit {
    let holder = Holder {
        name: String::new(),
        uscc: String::new(),
        legal_representative: Personal::new(""),
        address: String::new(),
    };
    Permit { holder, premises: String::new(), ..permit }
}

/// What stands in the way of an edition with this number and digest: `None` where it may be kept or is
/// kept already, and whether it is new.
pub fn plan_edition(
    newest: Option<((u64, u64), &str)>,
    number: (u64, u64),
    digest: &str,
) -> Result<bool, (u64, u64)> {
    match newest {
        Some((newest, kept)) if number == newest && digest == kept => Ok(false),
        Some((newest, _)) if number <= newest => Err(newest),
        Some(_) | None => Ok(true),
    }
}
