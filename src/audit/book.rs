//! What only shows when records are read in their order: chains, numbers, sheets, look-ups, ratings.
//!
//! What is kept in memory grows with the kiosks, the blocks of numbers and the days; of an application
//! it keeps 16 bytes, of a sheet 16 more.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::acts::Acts;
use super::blanks::{Ended, Trays};
use super::look::{Again, Seen};
use super::look_ups::Recorded;
use super::numbers::Numbers;
use super::report::{Blanks, Check, LookUps, SeriesAccount, Sheets};
use crate::domain::{Action, ApplicationId, ServiceCode, calendar::date_in_china};
use crate::wire::v1::api::NumberRange;
use crate::wire::v1::{
    BlockGrant, Body, Document, Hash, Header, Issued, KioskId, LookUpOutcome, PrintStep, Printed,
    Record,
};

/// All that was read so far.
#[derive(Debug, Default)]
pub(super) struct Book {
    kiosks: BTreeMap<KioskId, Journal>,
    blocks: BTreeMap<String, BTreeMap<u64, Block>>,
    /// The last life of each kiosk, as the keys say.
    pub(super) lives: BTreeMap<KioskId, u32>,
    decided: Vec<Named>,
    rated: Vec<Named>,
    pub(super) look_ups: LookUps,
    /// Only where there is a list of central's to compare with.
    pub(super) recorded: Option<Recorded>,
    pub(super) acts: Acts,
    /// Numbers left in lives that ended without an act of central's.
    pub(super) frozen_without_act: u64,
    pub(super) blanks: Blanks,
    pub(super) numbers: Numbers,
}

/// An application by half its id, and the line that names it: random ids of 64 bits meet once in a
/// million bundles of a million cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    application: u64,
    line: u64,
}

impl Named {
    fn of(application: ApplicationId, line: u64) -> Self {
        let (half, _rest) = application.as_bytes().split_first_chunk().expect("an id has 16 bytes");
        Self { application: u64::from_be_bytes(*half), line }
    }
}

/// The journal of one kiosk, as far as it was read.
#[derive(Debug)]
struct Journal {
    /// Where it begins in this bundle.
    first: u64,
    /// And with which life.
    first_life: u32,
    position: u64,
    hash: Hash,
    incarnation: u32,
    boot: String,
    monotonic_ms: u64,
    latest: Timestamp,
    /// The record just before, if it decided something.
    decided: Option<JustDecided>,
    /// Look-ups of the visit going on.
    looking: BTreeMap<ApplicationId, u64>,
    /// The application decided last, with its look-ups.
    served: Option<(ApplicationId, u64)>,
    sheets: Vec<Sheet>,
    /// The job of the first sheet known; 0 before there is one.
    first_job: u64,
    /// What the record just before says of a paper that came to its end.
    ended: Option<Ended>,
    trays: Trays,
    /// Lives that ended in this bundle.
    lives: u32,
}

#[derive(Debug)]
struct JustDecided {
    application: ApplicationId,
    grants: bool,
    holder: Option<String>,
}

/// One sheet.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    application: u64,
    document: Document,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Queued,
    Sent,
    Confirmed,
    Unknown,
    Voided,
    NotPrinted,
}

impl Step {
    fn of(step: &PrintStep) -> Self {
        match step {
            PrintStep::Queued => Self::Queued,
            PrintStep::Sent => Self::Sent,
            PrintStep::Confirmed { .. } => Self::Confirmed,
            PrintStep::Unknown => Self::Unknown,
            PrintStep::Voided => Self::Voided,
            PrintStep::NotPrinted => Self::NotPrinted,
        }
    }

    /// The table in docs/formats/journal.md.
    fn may_follow(self, before: Self) -> bool {
        matches!(
            (before, self),
            (Self::Queued, Self::Sent | Self::NotPrinted)
                | (Self::Sent, Self::Confirmed | Self::Unknown | Self::NotPrinted)
                | (Self::Unknown, Self::Confirmed | Self::Voided | Self::NotPrinted)
                | (Self::Confirmed, Self::Voided)
                | (Self::NotPrinted, Self::Queued)
        )
    }
}

/// One block of numbers.
#[derive(Debug)]
struct Block {
    last: u64,
    kiosk: KioskId,
    incarnation: u32,
    digest: Hash,
    installed: bool,
    /// The next number to be used; none before the first use.
    next: Option<u64>,
    /// Numbers used before the bundle begins.
    earlier: u64,
    issued: u64,
    void: u64,
    returned: u64,
}

/// What became of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Issued,
    Void,
    Returned,
}

/// Where a problem is, and what.
pub(super) type Tell<'a> = &'a mut dyn FnMut(Check, String);

impl Book {
    /// Enters a grant of central's.
    pub(super) fn grant(&mut self, grant: BlockGrant, digest: Hash, tell: Tell<'_>) {
        let blocks = self.blocks.entry(grant.series.clone()).or_default();
        let before = blocks.range(..=grant.last).next_back();
        if let Some((first, other)) = before
            && other.last >= grant.first
        {
            let (last, kiosk) = (other.last, &other.kiosk);
            tell(
                Check::Grant,
                format!(
                    "numbers {} to {} of {} are leased to {} and {first} to {last} to {kiosk}",
                    grant.first, grant.last, grant.series, grant.kiosk
                ),
            );
            return;
        }
        blocks.insert(
            grant.first,
            Block {
                last: grant.last,
                kiosk: grant.kiosk,
                incarnation: grant.incarnation,
                digest,
                installed: false,
                next: None,
                earlier: 0,
                issued: 0,
                void: 0,
                returned: 0,
            },
        );
    }

    /// The life a kiosk's first record in the bundle is of.
    pub(super) fn first_life(&self, kiosk: &KioskId) -> Option<u32> {
        self.kiosks.get(kiosk).map(|journal| journal.first_life)
    }

    /// Enters the next record.
    pub(super) fn record(&mut self, line: u64, seen: &Seen, tell: Tell<'_>) {
        let Some(header) = &seen.header else { return };
        self.follow(header, seen, tell);
        self.acts.record(header, seen.hash, tell);
        if let Some(recorded) = &mut self.recorded {
            recorded.record(&header.kiosk, header.position, header.at);
        }
        if let Some(record) = &seen.record {
            self.clocks(record, tell);
            self.body(line, record, seen, tell);
            self.numbers.record(record);
        }
    }

    fn follow(&mut self, header: &Header, seen: &Seen, tell: Tell<'_>) {
        let Header { kiosk, incarnation, position, at, previous, .. } = header;
        let Some(journal) = self.kiosks.get_mut(kiosk) else {
            if *position == 1 && *previous != Hash::ZERO {
                tell(Check::Chain, "the first record of a journal follows another".to_owned());
            }
            let journal = Journal {
                first: *position,
                first_life: *incarnation,
                position: *position,
                hash: seen.hash,
                incarnation: *incarnation,
                boot: String::new(),
                monotonic_ms: 0,
                latest: *at,
                decided: None,
                looking: BTreeMap::new(),
                served: None,
                sheets: Vec::new(),
                first_job: 0,
                ended: None,
                trays: Trays::default(),
                lives: 0,
            };
            self.kiosks.insert(kiosk.clone(), journal);
            return;
        };
        if *position != journal.position + 1 {
            let expected = journal.position + 1;
            tell(Check::Chain, format!("position {expected} should stand here"));
        }
        if *previous != journal.hash {
            tell(Check::Chain, "it does not follow the record before it".to_owned());
        }
        if *incarnation < journal.incarnation {
            tell(Check::Chain, format!("life {incarnation} is over"));
        }
        if *incarnation != journal.incarnation {
            // A new life has a new journal and begins its jobs anew.
            journal.end_life(&mut self.look_ups, &mut self.numbers.sheets, &mut self.blanks);
        }
        journal.position = *position;
        journal.hash = seen.hash;
        journal.incarnation = *incarnation;
        journal.latest = journal.latest.max(*at);
    }

    fn clocks(&mut self, record: &Record, tell: Tell<'_>) {
        let Some(journal) = self.kiosks.get_mut(&record.kiosk) else { return };
        if record.boot_id == journal.boot && record.monotonic_ms < journal.monotonic_ms {
            tell(Check::Time, "the clock that never steps went back".to_owned());
        }
        if record.boot_id != journal.boot {
            journal.boot.clone_from(&record.boot_id);
        }
        journal.monotonic_ms = record.monotonic_ms;
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a kind with nothing to look at here is chained and signed like any other"
    )]
    fn body(&mut self, line: u64, record: &Record, seen: &Seen, tell: Tell<'_>) {
        let Some(journal) = self.kiosks.get_mut(&record.kiosk) else { return };
        let just_decided = journal.decided.take();
        if let Some(before) = &just_decided
            && before.grants
            && !matches!(&record.body, Body::Issued(body) if body.application == before.application)
        {
            let what = "a decision that grants is not followed by its permit";
            tell(Check::Permit, what.to_owned());
        }
        let just_ended = journal.ended.take();
        match &record.body {
            Body::LookedUp(body) => {
                if let Some(recorded) = &mut self.recorded {
                    recorded.look_up(body.application, body.register);
                }
                match &mut journal.served {
                    // A register that answered after its time was up.
                    Some((served, asked)) if *served == body.application => {
                        *asked += 1;
                        self.look_ups.with_case += 1;
                    }
                    _ if body.purpose == ServiceCode::ResultShow => self.look_ups.for_results += 1,
                    _ => *journal.looking.entry(body.application).or_default() += 1,
                }
                let outcome = match body.outcome {
                    LookUpOutcome::Answered => "answered",
                    LookUpOutcome::Down => "down",
                    LookUpOutcome::Stale => "stale",
                };
                let register = super::numbers::word(&body.register);
                *self.look_ups.asked.entry(format!("{register} {outcome}")).or_default() += 1;
            }
            Body::Decided(body) => {
                self.decided.push(Named::of(body.application, line));
                let asked = journal.looking.remove(&body.application).unwrap_or_default();
                self.look_ups.with_case += asked;
                journal.served = Some((body.application, asked));
                journal.decided = Some(JustDecided {
                    application: body.application,
                    grants: body.decision.verdict.grants_number(),
                    holder: seen.holder.clone(),
                });
            }
            Body::Issued(body) => {
                self.issued(record, body, just_decided, seen, tell);
            }
            Body::Printed(body) => {
                journal.printed(body, tell);
                journal.ended = match body.step {
                    PrintStep::Confirmed { .. } => Some(Ended::Confirmed { job: body.job }),
                    PrintStep::Voided => Some(Ended::Voided { job: body.job }),
                    PrintStep::Queued
                    | PrintStep::Sent
                    | PrintStep::Unknown
                    | PrintStep::NotPrinted => None,
                };
            }
            Body::BlanksCounted(body) => journal.trays.counted(body, &mut self.blanks, tell),
            Body::BlanksSpent(body) => {
                let begins_later = journal.first != 1 && journal.lives == 0;
                journal.trays.spent(body, just_ended, begins_later, &mut self.blanks, tell);
            }
            Body::DataReceipt(body) => {
                let asked = journal.served.filter(|(served, _)| *served == body.application);
                match asked {
                    Some((_, asked)) if asked == body.look_ups => {}
                    // Of a bundle that begins later, some may stand in an earlier one.
                    Some((_, asked)) if journal.first != 1 && asked < body.look_ups => {}
                    None if journal.first != 1 && journal.served.is_none() => {}
                    Some((_, asked)) => tell(
                        Check::LookUp,
                        format!(
                            "it tells of {} look-ups, and {asked} are on record",
                            body.look_ups
                        ),
                    ),
                    None => tell(
                        Check::LookUp,
                        "it is of another application than the one decided last".to_owned(),
                    ),
                }
            }
            Body::Rated(body) => {
                self.rated.push(Named::of(body.application, line));
                if !(1..=5).contains(&body.grade) {
                    tell(Check::Rating, format!("there is no grade {}", body.grade));
                }
            }
            Body::NumberVoided(body) => {
                if body.reason.trim().is_empty() || body.by.trim().is_empty() {
                    tell(Check::Number, "it is void without a reason or a person".to_owned());
                }
                self.number(record, &body.series, (body.sequence, body.sequence), Fate::Void, tell);
            }
            Body::NumbersReturned(body) => {
                if body.reason.trim().is_empty() || body.by.trim().is_empty() {
                    tell(
                        Check::Number,
                        "they are returned without a reason or a person".to_owned(),
                    );
                }
                let numbers = (body.first, body.last);
                self.number(record, &body.series, numbers, Fate::Returned, tell);
            }
            Body::BlockInstalled(body) => {
                let block =
                    self.blocks.get_mut(&body.series).and_then(|of| of.get_mut(&body.first));
                match block {
                    Some(block)
                        if block.digest == body.grant_digest
                            && block.last == body.last
                            && block.kiosk == record.kiosk
                            && block.incarnation == record.incarnation =>
                    {
                        if std::mem::replace(&mut block.installed, true) {
                            tell(Check::Grant, "the block is installed a second time".to_owned());
                        }
                    }
                    _ => {
                        let what = "the block installed is none that central granted this kiosk";
                        tell(Check::Grant, what.to_owned());
                    }
                }
            }
            Body::SessionEnded(_) | Body::Started(_) => journal.end_visit(&mut self.look_ups),
            _other => {}
        }
    }

    fn issued(
        &mut self,
        record: &Record,
        body: &Issued,
        decided: Option<JustDecided>,
        seen: &Seen,
        tell: Tell<'_>,
    ) {
        match decided {
            Some(decided)
                if decided.application == body.application && record.previous == body.decided =>
            {
                if !decided.grants {
                    tell(Check::Permit, "the decision before it grants nothing".to_owned());
                }
                if decided.holder.is_some()
                    && seen.holder.is_some()
                    && decided.holder != seen.holder
                {
                    tell(Check::Permit, "it is not for the business decided upon".to_owned());
                }
            }
            _ => tell(Check::Permit, "its decision does not stand just before it".to_owned()),
        }
        if self.acts.is_revoked(&body.number, record.at) {
            let what = format!("permit {} had been revoked before", body.number);
            tell(Check::Permit, what);
        }
        let action = body.service.action();
        // A permit that is there keeps its number: none is used up.
        if action == Action::New {
            self.number(record, &body.series, (body.sequence, body.sequence), Fate::Issued, tell);
        }
        let Some(journal) = self.kiosks.get_mut(&record.kiosk) else { return };
        // A lost paper has the dates it had, and so has what has ended.
        let is_dated_anew = !matches!(action, Action::Reissue | Action::Cancel);
        // The moment of issue is the commit's, or the latest before it where the clock was set back.
        if is_dated_anew && body.issued != date_in_china(journal.latest) {
            tell(Check::Time, "the date of issue is not the day of the record".to_owned());
        }
        let (first, named) = if action == Action::Cancel {
            (Document::Receipt, "receipt of what has ended")
        } else {
            (Document::Original, "original")
        };
        if body.sheets.first().is_none_or(|sheet| sheet.document != first) {
            tell(Check::Sheet, format!("its first sheet is not the {named}"));
        }
        for sheet in &body.sheets {
            let serial = sheet.serial.as_deref();
            let (job, document) = (sheet.job, sheet.document);
            journal.new_sheet(job, body.application, document, serial, record.incarnation, tell);
        }
    }

    /// A number is used, or the rest of a block returned: the next of a block that this life of the kiosk
    /// has.
    fn number(
        &mut self,
        record: &Record,
        series: &str,
        (sequence, last): (u64, u64),
        fate: Fate,
        tell: Tell<'_>,
    ) {
        let (named, [was, is]) = if sequence == last {
            (format!("number {sequence} of {series}"), ["was", "is"])
        } else {
            (format!("numbers {sequence} to {last} of {series}"), ["were", "are"])
        };
        let whole = self.kiosks.get(&record.kiosk).is_some_and(|journal| journal.first == 1);
        let blocks = self.blocks.get_mut(series);
        let block = blocks.and_then(|of| of.range_mut(..=sequence).next_back());
        let Some((first, block)) =
            block.filter(|(_, block)| (sequence..=block.last).contains(&last))
        else {
            tell(Check::Number, format!("{named} {was} never leased"));
            return;
        };
        if block.kiosk != record.kiosk || block.incarnation != record.incarnation {
            let (kiosk, life) = (&block.kiosk, block.incarnation);
            tell(Check::Number, format!("{named} {was} leased to life {life} of {kiosk}"));
            return;
        }
        if whole && !block.installed {
            tell(Check::Number, format!("the block of number {sequence} is not installed"));
        }
        if fate == Fate::Returned && last != block.last {
            tell(Check::Number, format!("{named} {is} not all that is left of their block"));
        }
        let next = match block.next {
            Some(next) => next,
            None if whole || block.installed => *first,
            // The bundle begins later than the block: what came before is in an earlier one.
            None => {
                block.earlier = sequence - first;
                sequence
            }
        };
        match sequence.cmp(&next) {
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Less => {
                tell(Check::Number, format!("{named} {is} used a second time"));
                return;
            }
            std::cmp::Ordering::Greater => tell(
                Check::Number,
                format!("numbers {next} to {} of {series} are not explained", sequence - 1),
            ),
        }
        block.next = Some(last + 1);
        match fate {
            Fate::Issued => block.issued += 1,
            Fate::Void => block.void += 1,
            Fate::Returned => block.returned += last + 1 - sequence,
        }
    }

    /// What is left when everything is read.
    pub(super) fn end(
        &mut self,
        tell: &mut dyn FnMut(u64, Check, String),
        tell_of_acts: Tell<'_>,
    ) -> (Vec<SeriesAccount>, Sheets) {
        self.decided.sort_unstable();
        for pair in self.decided.windows(2) {
            if let [first, second] = pair
                && first.application == second.application
            {
                let what = format!("its application was decided in line {} already", first.line);
                tell(second.line, Check::Decision, what);
            }
        }
        self.rated.sort_unstable();
        let mut last = None;
        for rated in &self.rated {
            if last == Some(rated.application) {
                tell(rated.line, Check::Rating, "its application was rated before".to_owned());
            }
            last = Some(rated.application);
            let decided =
                self.decided.binary_search_by_key(&rated.application, |of| of.application);
            // Of a bundle that begins later, the decision may stand in an earlier one.
            if decided.is_err() && self.kiosks.values().all(|journal| journal.first == 1) {
                tell(rated.line, Check::Rating, "its application was never decided".to_owned());
            }
        }
        for journal in self.kiosks.values_mut() {
            self.look_ups.open += journal.looking.values().sum::<u64>();
            journal.looking.clear();
            journal.end_life(&mut self.look_ups, &mut self.numbers.sheets, &mut self.blanks);
        }
        let mut accounts = Vec::new();
        for (series, blocks) in &self.blocks {
            let mut account = SeriesAccount { series: series.clone(), ..Default::default() };
            for (first, block) in blocks {
                let size = block.last + 1 - first;
                let left = size - block.earlier - block.issued - block.void - block.returned;
                account.leased += size;
                account.issued += block.issued;
                account.void += block.void;
                account.returned += block.returned;
                account.earlier += block.earlier;
                let range = NumberRange {
                    series: series.clone(),
                    first: block.next.unwrap_or(*first),
                    last: block.last,
                };
                let life_goes_on =
                    self.lives.get(&block.kiosk).is_none_or(|life| *life <= block.incarnation);
                match self.acts.is_frozen((&block.kiosk, block.incarnation), &range) {
                    Some(is_frozen) => {
                        account.frozen += left;
                        // Of a bundle that begins later nobody knows here where the block stands.
                        let is_whole = block.installed || block.next.is_some();
                        if left > 0 && !is_frozen && is_whole {
                            let (from, to) = (range.first, range.last);
                            let what = format!(
                                "numbers {from} to {to} of {series} are left, and the act that closed \
                                 life {} of {} does not freeze them",
                                block.incarnation, block.kiosk
                            );
                            tell_of_acts(Check::Act, what);
                        }
                    }
                    None if life_goes_on => account.unused += left,
                    None => {
                        account.frozen += left;
                        self.frozen_without_act += left;
                    }
                }
            }
            accounts.push(account);
        }
        (accounts, self.numbers.sheets)
    }
}

impl Journal {
    fn end_visit(&mut self, look_ups: &mut LookUps) {
        look_ups.without_case += self.looking.values().sum::<u64>();
        self.looking.clear();
    }

    fn end_life(&mut self, look_ups: &mut LookUps, sheets: &mut Sheets, blanks: &mut Blanks) {
        self.end_visit(look_ups);
        for sheet in self.sheets.drain(..) {
            sheets.queued += 1;
            match sheet.step {
                Step::Queued | Step::Sent => sheets.under_way += 1,
                Step::Confirmed => sheets.confirmed += 1,
                Step::Unknown => sheets.unknown += 1,
                Step::Voided => sheets.voided += 1,
                Step::NotPrinted => sheets.not_printed += 1,
            }
        }
        self.trays.end(blanks);
        self.first_job = 0;
        self.lives += 1;
        self.decided = None;
    }

    fn place(&self, job: u64) -> Option<usize> {
        let place = job.checked_sub(self.first_job)?;
        usize::try_from(place).ok().filter(|_| self.first_job > 0)
    }

    fn new_sheet(
        &mut self,
        job: u64,
        application: ApplicationId,
        document: Document,
        serial: Option<&str>,
        incarnation: u32,
        tell: Tell<'_>,
    ) {
        let is_certificate = matches!(document, Document::Original | Document::Copy);
        // One serial a job: what comes twice in one comes twice in the other.
        let serial_fits = match serial {
            // The receipt of a permit that has ended bears a seal, and so a serial.
            Some(serial) => {
                !matches!(document, Document::Slip | Document::DataReceipt)
                    && serial.ends_with(&format!("-{incarnation}-{job:06}"))
            }
            None => !is_certificate,
        };
        if !serial_fits {
            tell(Check::Sheet, format!("the serial of job {job} is not the one of that job"));
        }
        if !self.make_place(job, tell) {
            return;
        }
        let new = Sheet {
            application: Named::of(application, 0).application,
            document,
            step: Step::Queued,
        };
        match self.place(job).and_then(|place| self.sheets.get_mut(place)) {
            Some(sheet) if sheet.is_unheard_of() => *sheet = new,
            _ => tell(Check::Sheet, format!("job {job} is brought into being a second time")),
        }
    }

    /// Jobs count up. Between two certificates there may be slips nobody has printed yet.
    fn make_place(&mut self, job: u64, tell: Tell<'_>) -> bool {
        if self.first_job == 0 {
            // A life that begins in this bundle begins with job 1.
            let begins = self.first == 1 || self.lives > 0;
            self.first_job = if begins { 1 } else { job.max(1) };
        }
        let Some(last) = job.checked_sub(self.first_job) else { return false };
        let count = u64::try_from(self.sheets.len()).unwrap_or(u64::MAX);
        if last > count + SLIPS_BETWEEN_MAX {
            tell(
                Check::Sheet,
                format!("jobs {} to {} are missing", self.first_job + count, job - 1),
            );
            return false;
        }
        let length = usize::try_from(last).map_or(0, |last| last + 1).max(self.sheets.len());
        self.sheets.resize(length, Sheet::UNHEARD_OF);
        true
    }

    fn printed(&mut self, body: &Printed, tell: Tell<'_>) {
        let step = Step::of(&body.step);
        let (job, document) = (body.job, body.document);
        let application = Named::of(body.application, 0).application;
        let is_certificate = matches!(document, Document::Original | Document::Copy);
        if self.first_job > 0 && job < self.first_job {
            // Of a permit in an earlier bundle.
            return;
        }
        let known = self.place(job).and_then(|place| self.sheets.get(place)).copied();
        let Some(before) = known.filter(|sheet| !sheet.is_unheard_of()) else {
            let replaces = self.sheets.iter().rev().any(|sheet| {
                sheet.step == Step::Voided
                    && (sheet.application, sheet.document) == (application, document)
            });
            let from_an_earlier_bundle = self.first != 1 && self.first_job == 0;
            // Another copy of a permit that is there, in this bundle or in an earlier one; never another
            // original.
            let copies = document == Document::Copy
                && (self.first != 1
                    || self.sheets.iter().any(|sheet| {
                        sheet.application == application && sheet.document == Document::Original
                    }));
            if is_certificate && !replaces && !copies && !from_an_earlier_bundle {
                tell(Check::Sheet, format!("job {job} prints a certificate of no permit"));
            }
            let serial = body.serial.as_deref();
            let incarnation = self.incarnation;
            self.new_sheet(job, body.application, document, serial, incarnation, tell);
            // A slip is queued by its decision: the first record of it may be the next step.
            let place = self.place(job);
            if let Some(sheet) = place.and_then(|place| self.sheets.get_mut(place))
                && step != Step::Queued
            {
                if !step.may_follow(Step::Queued) && !from_an_earlier_bundle {
                    tell(Check::Sheet, format!("job {job} comes to {step:?} without being sent"));
                }
                sheet.step = step;
            }
            return;
        };
        if (before.application, before.document) != (application, document) {
            tell(Check::Sheet, format!("job {job} is a sheet of another application"));
        }
        if !step.may_follow(before.step) {
            tell(Check::Sheet, format!("job {job} goes from {:?} to {step:?}", before.step));
        }
        if let Some(sheet) = self.place(job).and_then(|place| self.sheets.get_mut(place)) {
            sheet.step = step;
        }
    }
}

/// Slips between two sheets of certificates that may never have been printed: a month of a kiosk
/// without a receipt printer.
const SLIPS_BETWEEN_MAX: u64 = 10_000;

impl Sheet {
    const UNHEARD_OF: Self = Self { application: 0, document: Document::Slip, step: Step::Queued };

    fn is_unheard_of(self) -> bool {
        self.application == 0
    }
}

/// Counts what came of deciding again.
pub(super) fn count(again: Again, decisions: &mut super::report::Decisions) {
    let of = match again {
        Again::None => return,
        Again::Equal => &mut decisions.equal,
        Again::Differing => &mut decisions.differing,
        Again::Sealed => &mut decisions.sealed,
        Again::WithoutEdition => &mut decisions.without_edition,
        Again::WithoutRules => &mut decisions.without_rules,
    };
    *of += 1;
    decisions.decided += 1;
}
