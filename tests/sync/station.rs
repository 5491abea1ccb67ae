//! Central in a test's memory: strict about chain and signatures, behind a line that can be disturbed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use permit_kiosk::sync::{CallError, Central};
use permit_kiosk::wire::v1::api::{
    Acknowledgement, BlockRequest, Head, Heartbeat, HeartbeatAnswer, Push, PushOutcome,
    Revocations, RevocationsRequest, SignedText, Standing,
};
use permit_kiosk::wire::v1::{BlockGrant, Hash, Header, KioskId, SignedBlock, SignedRecord};

use crate::journal::{NOON, at, central_key, device_key, kiosk_id, leased};

/// What the line does to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// It carries the question and the answer.
    Clear,
    /// The question is lost.
    LosesQuestion,
    /// The answer is lost: central has done it all the same.
    LosesAnswer,
    /// The question arrives twice; the second answer is the one that comes back.
    Repeats,
    /// The answer to an earlier question of the same kind comes back.
    AnswersLate,
    /// A portal on the way answers instead.
    Garbles,
    /// Central is too busy.
    Busy,
}

impl Line {
    pub(super) const ALL: [Self; 7] = [
        Self::Clear,
        Self::LosesQuestion,
        Self::LosesAnswer,
        Self::Repeats,
        Self::AnswersLate,
        Self::Garbles,
        Self::Busy,
    ];
}

/// Clones are the same station.
#[derive(Clone)]
pub(super) struct Station(Arc<Mutex<Inside>>);

pub(super) struct Inside {
    records: Vec<SignedRecord>,
    earlier: Vec<SignedText>,
    blocks: BTreeMap<String, SignedBlock>,
    /// Disturbances to come; clear when it is empty.
    pub(super) line: VecDeque<Line>,
    /// Positions central says it cannot make sense of.
    pub(super) not_understood: Vec<u64>,
    /// A record with this text makes central refuse the whole batch.
    pub(super) refuses: Option<String>,
    /// Central leases none of these series.
    pub(super) no_such_series: Vec<String>,
    /// What central revoked, in order.
    pub(super) revocations: Vec<SignedText>,
    pub(super) standing: Standing,
    pub(super) incarnation: u32,
    /// In whose name answers are signed, and by which key.
    pub(super) kiosk: KioskId,
    pub(super) key: permit_kiosk::seal::SigningKey,
    pub(super) pushes: Vec<usize>,
    pub(super) calls: usize,
    pub(super) heartbeats: Vec<Heartbeat>,
}

impl Station {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inside {
            records: Vec::new(),
            earlier: Vec::new(),
            blocks: BTreeMap::new(),
            line: VecDeque::new(),
            not_understood: Vec::new(),
            refuses: None,
            no_such_series: Vec::new(),
            revocations: Vec::new(),
            standing: Standing::Enrolled,
            incarnation: 1,
            kiosk: kiosk_id(),
            key: central_key(),
            pushes: Vec::new(),
            calls: 0,
            heartbeats: Vec::new(),
        })))
    }

    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.inside().records.iter().map(|record| record.record.reveal().to_owned()).collect()
    }

    /// Central falls over to a copy that knows only the first `kept` records.
    pub(super) fn forgets_after(&self, kept: usize) {
        self.inside().records.truncate(kept);
    }

    pub(super) fn blocks_leased(&self) -> usize {
        self.inside().blocks.len()
    }

    /// The next calls are disturbed like this.
    pub(super) fn disturb(&self, line: impl IntoIterator<Item = Line>) {
        self.inside().line.extend(line);
    }

    fn call<R: Clone>(
        &self,
        earlier: impl Fn(&Inside) -> Option<R>,
        mut work: impl FnMut(&mut Inside) -> Result<R, CallError>,
    ) -> Result<R, CallError> {
        let mut inside = self.inside();
        inside.calls += 1;
        let lost = || CallError::Unanswered { reason: "connection reset".to_owned() };
        match inside.line.pop_front().unwrap_or(Line::Clear) {
            Line::Clear => work(&mut inside),
            Line::LosesQuestion => Err(lost()),
            Line::LosesAnswer => {
                let _unheard = work(&mut inside);
                Err(lost())
            }
            Line::Repeats => {
                let _unheard = work(&mut inside);
                work(&mut inside)
            }
            Line::AnswersLate => {
                let late = earlier(&inside);
                let _unheard = work(&mut inside);
                late.ok_or_else(lost)
            }
            Line::Garbles => {
                Err(CallError::Garbage { reason: "an HTML page: please log in".to_owned() })
            }
            Line::Busy => Err(CallError::NotNow {
                code: "TOO_SLOW".to_owned(),
                message: "not done within 10 s".to_owned(),
            }),
        }
    }
}

impl Inside {
    fn head(&self) -> Head {
        let position = u64::try_from(self.records.len()).unwrap();
        Head { position, hash: self.records.last().map_or(Hash::ZERO, SignedRecord::hash) }
    }

    fn take(&mut self, push: &Push) -> PushOutcome {
        let (mut new, mut duplicates) = (0, 0);
        let kept = self.records.clone();
        for record in &push.records {
            assert!(record.verify(&device_key().verifying_key()), "not the device's signature");
            let header = Header::read(record.record.reveal()).unwrap();
            let head = self.head();
            if header.position > head.position + 1 {
                self.records = kept;
                return PushOutcome::Gap { expected: head.position + 1 };
            }
            let index = usize::try_from(header.position - 1).unwrap();
            match self.records.get(index) {
                Some(known) if known == record => duplicates += 1,
                None if header.previous == head.hash => {
                    self.records.push(record.clone());
                    new += 1;
                }
                Some(_) | None => {
                    self.records = kept;
                    return PushOutcome::Fork { position: header.position };
                }
            }
        }
        PushOutcome::Taken { new, duplicates }
    }
}

impl Central for Station {
    async fn push(&self, push: Push) -> Result<SignedText, CallError> {
        self.call(
            |inside| inside.earlier.first().cloned(),
            |inside| {
                let refused = inside.refuses.clone().is_some_and(|text| {
                    push.records.iter().any(|record| record.record.reveal().contains(&text))
                });
                inside.pushes.push(push.records.len());
                if refused {
                    return Err(CallError::Refused {
                        code: "MALFORMED".to_owned(),
                        message: "a record of the push has no readable header".to_owned(),
                    });
                }
                let outcome = inside.take(&push);
                let acknowledgement = Acknowledgement {
                    format: Acknowledgement::FORMAT.to_owned(),
                    kiosk: inside.kiosk.clone(),
                    outcome,
                    head: inside.head(),
                    quarantined: inside.not_understood.clone(),
                    at: at(NOON),
                };
                let context = Acknowledgement::SIGNATURE_CONTEXT;
                let answer = SignedText::sign(context, acknowledgement.to_text(), &inside.key);
                inside.earlier.push(answer.clone());
                Ok(answer)
            },
        )
    }

    async fn lease(&self, request: BlockRequest) -> Result<SignedBlock, CallError> {
        self.call(
            |inside| inside.blocks.values().next().cloned(),
            |inside| {
                if inside.no_such_series.contains(&request.series) {
                    return Err(CallError::Refused {
                        code: "NO_SUCH_SERIES".to_owned(),
                        message: "central leases no such series".to_owned(),
                    });
                }
                let known = inside.blocks.get(&request.nonce).cloned();
                let block = known.unwrap_or_else(|| {
                    let of_series = |block: &&SignedBlock| {
                        BlockGrant::read(&block.grant).unwrap().series == request.series
                    };
                    let next = inside.blocks.values().filter(of_series).count();
                    leased(&request.series, u64::try_from(next).unwrap(), 10)
                });
                inside.blocks.insert(request.nonce.clone(), block.clone());
                Ok(block)
            },
        )
    }

    async fn revocations(&self, request: RevocationsRequest) -> Result<Revocations, CallError> {
        self.call(
            |_inside| None,
            |inside| {
                let known = usize::try_from(request.after).unwrap();
                // Two at a time: more than one answer is needed for three.
                let next = inside.revocations.iter().skip(known).take(2).cloned();
                let last = u64::try_from(inside.revocations.len()).unwrap();
                Ok(Revocations { last, revocations: next.collect() })
            },
        )
    }

    async fn heartbeat(&self, heartbeat: Heartbeat) -> Result<HeartbeatAnswer, CallError> {
        self.call(
            |_inside| None,
            |inside| {
                inside.heartbeats.push(heartbeat.clone());
                Ok(HeartbeatAnswer {
                    standing: inside.standing,
                    incarnation: inside.incarnation,
                    head: inside.head(),
                    at: at(NOON),
                })
            },
        )
    }
}
