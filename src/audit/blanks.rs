//! The numbered blank sheets of a kiosk: each that was counted in is on a certificate, spoiled, on a test
//! page, taken out again, or still in its tray.

use std::collections::BTreeMap;

use super::report::{Blanks, Check};
use crate::wire::v1::{BlankUse, BlanksCounted, BlanksSpent};

/// The trays of one life of a kiosk.
#[derive(Debug, Default)]
pub(super) struct Trays {
    /// By size of the paper.
    trays: BTreeMap<String, Tray>,
}

/// What lies in a tray, as far as somebody counted it.
#[derive(Debug)]
struct Tray {
    next: u64,
    last: u64,
}

/// A sheet of paper that just came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It counts as printed.
    Confirmed { job: u64 },
    /// It was destroyed.
    Voided { job: u64 },
}

impl Trays {
    /// Somebody counted sheets in.
    pub(super) fn counted(
        &mut self,
        body: &BlanksCounted,
        blanks: &mut Blanks,
        mut tell: impl FnMut(Check, String),
    ) {
        let BlanksCounted { by, paper, first, last } = body;
        if by.trim().is_empty() {
            tell(Check::Sheet, "blank sheets are counted by nobody".to_owned());
        }
        if first > last {
            tell(Check::Sheet, format!("a tray of {paper} from {first} to {last} holds nothing"));
            return;
        }
        let tray = Tray { next: *first, last: *last };
        if let Some(before) = self.trays.insert(paper.clone(), tray)
            && before.next <= before.last
        {
            let (next, last) = (before.next, before.last);
            let what = format!("blank sheets {next} to {last} of {paper} are not explained");
            tell(Check::Sheet, what);
        }
        blanks.counted += last + 1 - first;
    }

    /// Sheets left their tray; `before` is what the record just before says of a paper.
    pub(super) fn spent(
        &mut self,
        body: &BlanksSpent,
        before: Option<Ended>,
        begins_later: bool,
        blanks: &mut Blanks,
        mut tell: impl FnMut(Check, String),
    ) {
        let BlanksSpent { paper, first, last, on, job, by } = body;
        let named = format!("blank sheet {first} of {paper}");
        // Who counted it in may stand in an earlier bundle.
        if begins_later && !self.trays.contains_key(paper) {
            let tray = Tray { next: *first, last: u64::MAX };
            self.trays.insert(paper.clone(), tray);
        }
        let Some(tray) = self.trays.get_mut(paper) else {
            tell(Check::Sheet, format!("{named} was never counted in"));
            return;
        };
        let is_whole = *on == BlankUse::TakenOut;
        if *first != tray.next || *last > tray.last || *last < *first {
            let next = tray.next;
            tell(Check::Sheet, format!("{named} is not the next one of its tray, {next}"));
        } else if (is_whole && *last != tray.last && tray.last != u64::MAX)
            || (!is_whole && first != last)
        {
            tell(Check::Sheet, format!("{first} to {last} of {paper} cannot be spent at once"));
        }
        tray.next = last.saturating_add(1);
        let (count, fits) = match (on, job) {
            (BlankUse::Certificate, Some(job)) => {
                (&mut blanks.certificates, before == Some(Ended::Confirmed { job: *job }))
            }
            (BlankUse::Certificate, None) => (&mut blanks.certificates, false),
            (BlankUse::Spoiled, Some(job)) => {
                (&mut blanks.spoiled, before == Some(Ended::Voided { job: *job }))
            }
            (BlankUse::Spoiled, None) => (&mut blanks.spoiled, by.is_some()),
            (BlankUse::Test, job) => (&mut blanks.tests, job.is_none()),
            (BlankUse::TakenOut, job) => (&mut blanks.taken_out, job.is_none() && by.is_some()),
        };
        *count += last.saturating_sub(*first).saturating_add(1);
        if !fits {
            let what = format!("{named} was spent, and the record before it does not say on what");
            tell(Check::Sheet, what);
        }
    }

    /// The life, or the bundle, is over.
    pub(super) fn end(&mut self, blanks: &mut Blanks) {
        let known = std::mem::take(&mut self.trays).into_values();
        let left = known.filter(|tray| tray.last != u64::MAX);
        blanks.left += left.map(|tray| (tray.last + 1).saturating_sub(tray.next)).sum::<u64>();
    }
}
