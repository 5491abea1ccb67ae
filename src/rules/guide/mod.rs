//! "What do I need for my shop?": undertakings in plain words, and what each of them needs.
//!
//! What the kiosk's own services come to is never written down here: the rules are asked, on the law
//! of the day. Only what other organs decide is plain data.

mod initials;
mod read;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::Rulebook;
use super::decide::decide_document;
use super::facts::Facts;
use super::node::{Node, Silent};
use super::path;
use crate::domain::{Bilingual, Finding, ServiceCode, Verdict};

pub(super) use read::{Known, read};

/// Undertakings with their questions, and what is told about each service. It is part of an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guide {
    /// What people want to open, in the order shown.
    pub undertakings: Vec<Undertaking>,
    /// What is told at once about each service (一次告知).
    pub sheets: Vec<Sheet>,
    /// The four lists of a permit's life (全生命周期清单), in the order shown.
    pub lives: Vec<Life>,
    questions: BTreeMap<String, Question>,
    elsewhere: BTreeMap<String, Elsewhere>,
    modes: Vec<Mode>,
    /// What is taken as given of an applicant of whom nothing is known yet: path → value.
    assumed: BTreeMap<String, Value>,
    parts: Vec<Part>,
}

/// Something people open: "a bookshop with coffee".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undertaking {
    /// Its id, for example `bookshop-cafe`.
    pub id: String,
    /// The words on the button.
    pub title: Bilingual,
    /// One line under them.
    pub about: Bilingual,
    /// Other words people use for it.
    pub words: Vec<String>,
    /// What is asked before it can be told, in order; [`Guide::question`] finds them.
    pub questions: Vec<String>,
    /// What it is to the law: facts it sets, facts it adds, entries, other organs.
    pub means: Means,
    /// Whether the district puts its permits on one certificate (一业一证).
    pub combined: bool,
}

/// A question about an undertaking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What is asked.
    pub ask: Bilingual,
    /// One of these is chosen.
    pub options: Vec<Reply>,
}

/// A possible answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its value.
    pub value: String,
    /// The words.
    pub label: Bilingual,
    /// What it changes.
    pub means: Means,
}

/// What an undertaking or an answer is to the law.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Means {
    /// Facts it sets: path → value.
    pub set: BTreeMap<String, Value>,
    /// Facts it adds to lists: path of the list → elements.
    pub add: BTreeMap<String, Vec<Value>>,
    /// The catalogue entry a part is applied for with: part → entry.
    pub leads: BTreeMap<String, String>,
    /// Other organs' permits; [`Guide::elsewhere`] finds them.
    pub elsewhere: Vec<String>,
}

/// What another organ decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: Bilingual,
    /// Whether it is a licence, a filing or a registration there.
    pub badge: Badge,
    /// Why it is needed.
    pub why: Bilingual,
    /// The article.
    pub cite: String,
    /// Whose power it is.
    pub organ: Bilingual,
    /// Where to go.
    pub place: Bilingual,
    /// Whom to call.
    pub phone: String,
    /// How long it takes.
    pub time: Bilingual,
    /// What to bring.
    pub bring: Bilingual,
}

/// A way a service is given (八办): "at once", "self-service", …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode {
    /// Its id.
    pub id: String,
    /// The tag.
    pub title: Bilingual,
    /// What it means, in one sentence.
    pub about: Bilingual,
}

/// Everything told at once about one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Of which service.
    pub service: ServiceCode,
    /// How it is given.
    pub modes: Vec<Mode>,
    /// Papers, in the order told.
    pub papers: Vec<Paper>,
    /// What must be the case.
    pub conditions: Vec<Bilingual>,
    /// The law's time limit, with its article.
    pub limit: Bilingual,
    /// This kiosk's.
    pub here: Bilingual,
    /// What it costs.
    pub fee: Bilingual,
    /// What one gets.
    pub result: Bilingual,
    /// How long that is valid.
    pub validity: Bilingual,
    /// How to complain.
    pub complain: Bilingual,
    /// The articles.
    pub cite: String,
}

/// A paper of a [`Sheet`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its code, one of `material` in the schema.
    pub code: String,
    /// What it is called.
    pub title: Bilingual,
    /// Who issues or makes it.
    pub issuer: Bilingual,
    /// Where it comes from.
    pub source: PaperSource,
    /// Original or copy, how many.
    pub form: Bilingual,
    /// The article.
    pub cite: String,
    /// When it is needed; `None`: always.
    pub when: Option<Bilingual>,
    /// Whether it may follow later where an officer decides (容缺).
    pub may_follow: bool,
    /// The same for the rules: where this is known not to hold, it is not asked.
    condition: Option<Node>,
}

/// Where a paper comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaperSource {
    /// The kiosk gets it from a register: not asked again (国务院令第716号).
    Register,
    /// It is made here: filled in or signed on the screen.
    MadeHere,
    /// The applicant shows or brings it.
    Applicant,
    /// The applicant has it at the premises; it is looked at there.
    Premises,
}

/// One of the four lists of a permit's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Of which part: `food`, `hygiene`, …
    pub of: String,
    /// What it is about.
    pub title: Bilingual,
    /// What has to be done and when, from the beginning to the end.
    pub steps: Vec<Step>,
}

/// One thing to do in a permit's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In which of the four lists it stands.
    pub phase: Phase,
    /// What is done.
    pub what: Bilingual,
    /// When.
    pub when: Bilingual,
    /// Where.
    pub place: Where,
    /// The article.
    pub cite: String,
}

/// The four lists (全生命周期清单).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// 准入: opening.
    Enter,
    /// 经营: running.
    Run,
    /// 变更: changing.
    Change,
    /// 退出: leaving.
    Leave,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Enter, Self::Run, Self::Change, Self::Leave];
}

/// Where a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    /// At this terminal.
    Kiosk,
    /// At the counter of the approval bureau.
    Counter,
    /// On the network.
    Online,
    /// At the premises.
    Premises,
    /// With another organ.
    Other,
}

/// A kiosk's own permit that an undertaking may need.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    id: String,
    /// It is asked about where this list or record is not empty.
    where_fact: String,
    service: ServiceCode,
    licence: Bilingual,
    filing: Bilingual,
    filing_service: ServiceCode,
    registration: Bilingual,
    nothing: Bilingual,
}

/// What kind of thing is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Badge {
    /// 许可.
    Licence,
    /// 备案.
    Filing,
    /// 登记.
    Registration,
    /// 不需要.
    Nothing,
}

/// One thing an undertaking needs, or expressly does not need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Which part it is: `food`, `hygiene`, or the id of an [`Elsewhere`].
    pub id: String,
    /// Licence, filing, registration, nothing.
    pub badge: Badge,
    /// What it is called.
    pub title: Bilingual,
    /// Who decides it.
    pub by: By,
}

/// Who decides a [`Need`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// This authority; the rules were asked.
    Here {
        /// What was decided of an applicant with nothing in the way.
        verdict: Verdict,
        /// The finding that says so, with its article.
        finding: Box<Finding>,
        /// The catalogue entry that leads on; `None` where nothing is to be applied for.
        entry: Option<String>,
        /// The service whose [`Sheet`] tells the papers.
        service: ServiceCode,
        /// Of these papers those that can be needed, by what was answered; none for what the counter
        /// registers.
        papers: Vec<Paper>,
    },
    /// Another organ.
    Other(Box<Elsewhere>),
}

impl Guide {
    /// The undertaking of this id.
    pub fn undertaking(&self, id: &str) -> Option<&Undertaking> {
        self.undertakings.iter().find(|undertaking| undertaking.id == id)
    }

    /// The question of this id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.get(id)
    }

    /// The questions of an undertaking, in order.
    pub fn questions_of<'g>(
        &'g self,
        undertaking: &'g Undertaking,
    ) -> impl Iterator<Item = &'g Question> {
        undertaking.questions.iter().filter_map(|id| self.question(id))
    }

    /// What is told about a service.
    pub fn sheet(&self, service: ServiceCode) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.service == service)
    }

    /// The life of a part.
    pub fn life(&self, part: &str) -> Option<&Life> {
        self.lives.iter().find(|life| life.of == part)
    }

    /// The undertakings that fit all of these words, the best first: Chinese or English, or the first
    /// letters of the pinyin.
    pub fn search(&self, typed: &str) -> Vec<&Undertaking> {
        let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<(usize, &Undertaking)> = self
            .undertakings
            .iter()
            .filter_map(|undertaking| {
                let fits = words.iter().map(|word| initials::fit(undertaking, word));
                fits.sum::<Option<usize>>().map(|fit| (fit, undertaking))
            })
            .collect();
        // The sort is stable: what fits as well stays in the order of the edition.
        found.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
        found.into_iter().map(|(_, undertaking)| undertaking).collect()
    }
}

impl Rulebook {
    /// What `undertaking` needs on `today`, by these answers: question → value. A question without an
    /// answer takes nothing for granted: it adds nothing.
    pub fn needs(
        &self,
        undertaking: &Undertaking,
        answers: &BTreeMap<String, String>,
        today: Date,
    ) -> Vec<Need> {
        let guide = self.guide();
        let replies = guide.questions_of(undertaking).filter_map(|question| {
            let value = answers.get(&question.id)?;
            question.options.iter().find(|reply| reply.value == *value)
        });
        let means: Vec<&Means> =
            std::iter::once(&undertaking.means).chain(replies.map(|reply| &reply.means)).collect();
        let document = document(guide, &means);
        let mut needs: Vec<Need> = guide
            .parts
            .iter()
            .filter(|part| is_there(&document, &part.where_fact))
            .filter_map(|part| self.need(part, &document, &means, today))
            .collect();
        for id in means.iter().flat_map(|means| &means.elsewhere) {
            if let Some(elsewhere) = guide.elsewhere.get(id)
                && !needs.iter().any(|need| need.id == *id)
            {
                needs.push(Need {
                    id: id.clone(),
                    badge: elsewhere.badge,
                    title: elsewhere.title.clone(),
                    by: By::Other(Box::new(elsewhere.clone())),
                });
            }
        }
        needs
    }

    fn need(&self, part: &Part, document: &Value, means: &[&Means], today: Date) -> Option<Need> {
        let mut document = document.clone();
        let service = Value::from(part.service.as_str());
        let written = path::put(&mut document, "application.service", service);
        debug_assert!(written, "the path was checked when the edition was loaded");
        let decision = decide_document(self, &document, today);
        let verdict = decision.verdict;
        let finding = decision.findings.into_iter().next()?;
        let (badge, title, service) = match verdict {
            Verdict::File => (Badge::Filing, &part.filing, part.filing_service),
            Verdict::OfferRegistration => (Badge::Registration, &part.registration, part.service),
            Verdict::NotRequired => (Badge::Nothing, &part.nothing, part.service),
            // Whatever else is said, it is a licence: granted here or by an officer.
            Verdict::Issue
            | Verdict::Refer
            | Verdict::ReferOnsite
            | Verdict::Supplement
            | Verdict::FixOnSpot
            | Verdict::TooEarly
            | Verdict::NewApplication
            | Verdict::NotCompetent
            | Verdict::RefuseAccept
            | Verdict::ShowPartial
            | Verdict::Stop => (Badge::Licence, &part.licence, part.service),
        };
        // The last one said counts: an answer knows better than the undertaking.
        let entry = means.iter().rev().find_map(|means| means.leads.get(&part.id)).cloned();
        let entry = entry.filter(|_| badge != Badge::Nothing);
        let papers = match badge {
            Badge::Licence | Badge::Filing => self.papers(service, &document, today),
            Badge::Registration | Badge::Nothing => Vec::new(),
        };
        Some(Need {
            id: part.id.clone(),
            badge,
            title: title.clone(),
            by: By::Here { verdict, finding: Box::new(finding), entry, service, papers },
        })
    }

    /// The papers of a service without those whose condition does not hold of these facts.
    fn papers(&self, service: ServiceCode, document: &Value, today: Date) -> Vec<Paper> {
        let facts = Facts::bind(self, document).ok();
        let said = self.nothing_said();
        let asked = |paper: &&Paper| {
            let Some((facts, condition)) = facts.as_ref().zip(paper.condition.as_ref()) else {
                return true;
            };
            let world = self.world(facts, today, today, &said);
            world.holds(condition, &mut Silent) != Ok(false)
        };
        let sheet = self.guide().sheet(service);
        sheet.into_iter().flat_map(|sheet| &sheet.papers).filter(asked).cloned().collect()
    }

    /// What the guide would promise and the kiosk cannot keep: a service that no entry offers or no
    /// sheet tells about, a way to answer an undertaking's questions that the rules do not take up.
    pub fn guide_gaps(&self, today: Date) -> Vec<String> {
        let guide = self.guide();
        let mut gaps = Vec::new();
        for service in ServiceCode::ALL {
            if !self.catalogue().entries.iter().any(|entry| entry.service == service) {
                gaps.push(format!("{service}: no [[entry]] of catalogue.toml offers it"));
            }
            if guide.sheet(service).is_none() {
                gaps.push(format!("{service}: no [[sheet]] of guide.toml tells its papers"));
            }
        }
        for undertaking in &guide.undertakings {
            for answers in guide.ways(undertaking) {
                let needs = self.needs(undertaking, &answers, today);
                let wrong = |what: String| format!("{} {answers:?}: {what}", undertaking.id);
                if needs.is_empty() {
                    gaps.push(wrong("comes to nothing".to_owned()));
                }
                for need in &needs {
                    let By::Here { verdict, finding, entry, .. } = &need.by else { continue };
                    let kept = matches!(
                        verdict,
                        Verdict::Issue
                            | Verdict::File
                            | Verdict::Refer
                            | Verdict::ReferOnsite
                            | Verdict::OfferRegistration
                            | Verdict::NotRequired
                    );
                    if !kept {
                        gaps.push(wrong(format!("{} is {verdict:?} {}", need.id, finding.code)));
                    }
                    if need.badge != Badge::Nothing && entry.is_none() {
                        gaps.push(wrong(format!("{} leads to no entry", need.id)));
                    }
                }
            }
        }
        gaps
    }
}

impl Guide {
    /// Ways to answer at most: five questions of three options are 243.
    const WAYS_MAX: usize = 256;

    /// Every way to answer the questions of an undertaking.
    pub fn ways(&self, undertaking: &Undertaking) -> Vec<BTreeMap<String, String>> {
        let mut ways = vec![BTreeMap::new()];
        for question in self.questions_of(undertaking) {
            ways = ways
                .into_iter()
                .flat_map(|way: BTreeMap<String, String>| {
                    question.options.iter().map(move |reply| {
                        let mut way = way.clone();
                        way.insert(question.id.clone(), reply.value.clone());
                        way
                    })
                })
                .collect();
        }
        ways
    }
}

/// The facts of an applicant with nothing in the way who undertakes this.
fn document(guide: &Guide, means: &[&Means]) -> Value {
    let mut document = Value::Object(serde_json::Map::new());
    let mut written = true;
    for (path, value) in guide.assumed.iter().chain(means.iter().flat_map(|means| &means.set)) {
        written &= path::put(&mut document, path, value.clone());
    }
    for (path, values) in means.iter().flat_map(|means| &means.add) {
        for value in values {
            written &= path::add(&mut document, path, value.clone());
        }
    }
    debug_assert!(written, "the paths were checked when the edition was loaded");
    document
}

/// Whether the fact at `path` is there and says something.
fn is_there(document: &Value, path: &str) -> bool {
    let found = path.split('.').try_fold(document, |place, segment| place.get(segment));
    match found {
        None | Some(Value::Null) => false,
        Some(Value::Array(elements)) => !elements.is_empty(),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => true,
    }
}
