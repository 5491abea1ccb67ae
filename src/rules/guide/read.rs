//! Reading `guide.toml`: every reference is found, every path and value is checked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Badge, Elsewhere, Guide, Life, Means, Mode, Paper, PaperSource, Part, Phase, Question, Reply,
    Sheet, Step, Undertaking, Where,
};
use crate::domain::{Bilingual, ServiceCode};
use crate::rules::catalogue::{Catalogue, values};
use crate::rules::check::{Scope, condition};
use crate::rules::document::{Section, Source, Text, Toml, is_empty_list};
use crate::rules::facts::bind;
use crate::rules::node::Node;
use crate::rules::params::Params;
use crate::rules::path;
use crate::rules::problem::{Problems, hint};
use crate::rules::schema::{Record, Type, Types};
use crate::rules::syntax::{Mistake, parse};

/// What the rest of the edition offers for reference.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Known<'k> {
    pub(in crate::rules) roots: &'k Record,
    pub(in crate::rules) types: &'k Types,
    pub(in crate::rules) catalogue: &'k Catalogue,
    pub(in crate::rules) params: &'k Params,
    /// The ids of the catalogue's entries, also of those with mistakes.
    pub(in crate::rules) entries: &'k BTreeSet<&'k str>,
}

/// Undertakings at most: seven pages of the screen.
const UNDERTAKINGS_MAX: usize = 84;
/// Questions of an undertaking at most: what fits on one page of the screen.
const QUESTIONS_MAX: usize = 5;
/// Options of a question at most: one row of the screen.
const OPTIONS_MAX: usize = 3;
/// Other words of an undertaking at most.
const WORDS_MAX: usize = 24;

/// Reads `guide.toml`.
pub(in crate::rules) fn read(toml: &Toml<'_>, known: Known<'_>, problems: &mut Problems) -> Guide {
    let (source, table) = (toml.source, toml.root());
    let mut root = Section::new(source, "guide", 0, table);
    let assumed = values(&mut root, "assume", known.roots, false, problems);
    for key in ["part", "mode", "elsewhere", "question", "undertaking", "paper", "sheet", "life"] {
        root.value(key);
    }
    let complain =
        if table.contains_key("sheet") { root.bilingual("complain", problems) } else { None };
    root.finish(problems);
    let mut reader = Reader { source, known, used: BTreeSet::new() };
    let parts = reader.each(toml, "part", problems, Reader::part);
    let modes = reader.each(toml, "mode", problems, Reader::mode);
    let elsewhere = reader.each(toml, "elsewhere", problems, Reader::elsewhere);
    let names = Names {
        parts: parts.iter().map(|part| (part.id.clone(), part.clone())).collect(),
        elsewhere: elsewhere.iter().map(|one| (one.id.clone(), one.clone())).collect(),
        written: Written {
            parts: toml.names("part", "id"),
            elsewhere: toml.names("elsewhere", "id"),
            questions: toml.names("question", "id"),
            papers: toml.names("paper", "code"),
            modes: toml.names("mode", "id"),
        },
    };
    let told = problems.len();
    let questions = reader.each(toml, "question", problems, |reader, section, problems| {
        reader.question(section, &names, problems)
    });
    let questions: BTreeMap<String, Question> =
        questions.into_iter().map(|question| (question.id.clone(), question)).collect();
    let undertakings = reader.each(toml, "undertaking", problems, |reader, section, problems| {
        reader.undertaking(section, &names, &questions, problems)
    });
    if undertakings.len() > UNDERTAKINGS_MAX {
        let text = format!("{} undertakings, at most {UNDERTAKINGS_MAX}", undertakings.len());
        problems.push(source.problem(0, text, "nobody turns more pages: put like to like"));
    }
    let papers = reader.each(toml, "paper", problems, Reader::paper);
    let papers: BTreeMap<String, Paper> =
        papers.into_iter().map(|paper| (paper.code.clone(), paper)).collect();
    let sheets = reader.each(toml, "sheet", problems, |reader, section, problems| {
        reader.sheet(section, &modes, &papers, &names.written, complain.as_ref(), problems)
    });
    let lives = reader.each(toml, "life", problems, Reader::life);
    let read = Guide {
        undertakings,
        sheets,
        lives,
        questions,
        elsewhere: names.elsewhere,
        modes,
        assumed,
        parts,
    };
    if problems.len() > told {
        // What would have referred to it may be what has the mistake.
        return read;
    }
    reader.tell_unused("question", read.questions.keys(), problems);
    reader.tell_unused("elsewhere", read.elsewhere.keys(), problems);
    reader.tell_unused("paper", papers.keys(), problems);
    reader.tell_unused("mode", read.modes.iter().map(|mode| &mode.id), problems);
    read
}

/// What means may refer to.
struct Names<'n> {
    parts: BTreeMap<String, Part>,
    elsewhere: BTreeMap<String, Elsewhere>,
    written: Written<'n>,
}

/// The ids of what is written, also of what has mistakes: who refers to it is not wrong.
struct Written<'n> {
    parts: BTreeSet<&'n str>,
    elsewhere: BTreeSet<&'n str>,
    questions: BTreeSet<&'n str>,
    papers: BTreeSet<&'n str>,
    modes: BTreeSet<&'n str>,
}

struct Reader<'r> {
    source: Source<'r>,
    known: Known<'r>,
    /// Kind and id of everything that was referred to.
    used: BTreeSet<(&'static str, String)>,
}

impl<'r> Reader<'r> {
    /// Reads every table of a kind; an id that stands twice is told.
    fn each<'t, T: Identified>(
        &mut self,
        toml: &'t Toml<'r>,
        kind: &'static str,
        problems: &mut Problems,
        mut read: impl FnMut(&mut Self, Section<'r, 't>, &mut Problems) -> Option<T>,
    ) -> Vec<T> {
        let mut all: Vec<T> = Vec::new();
        for section in toml.each(kind, problems) {
            let at = section.at;
            let Some(one) = read(self, section, problems) else { continue };
            if all.iter().any(|before| before.id() == one.id()) {
                let text = format!("{kind} '{}' stands twice", one.id());
                problems.push(self.source.problem(at, text, "take one out, or rename it"));
            } else {
                all.push(one);
            }
        }
        all
    }

    fn tell_unused(
        &self,
        kind: &'static str,
        ids: impl Iterator<Item = impl AsRef<str>>,
        problems: &mut Problems,
    ) {
        for id in ids {
            let id = id.as_ref();
            if self.used.contains(&(kind, id.to_owned())) {
                continue;
            }
            let text = format!("nothing refers to {kind} '{id}'");
            problems.push(self.source.problem(0, text, "use it, or take it out"));
        }
    }

    /// Names a reference that leads nowhere; remembers one that does.
    fn refer(
        &mut self,
        kind: &'static str,
        text: &Text,
        name: &str,
        names: &BTreeSet<&str>,
        problems: &mut Problems,
    ) -> bool {
        let exists = names.contains(text.value.as_str());
        if exists {
            self.used.insert((kind, text.value.clone()));
        } else {
            let hint = hint(&text.value, names.iter().copied());
            let wrong = format!("{name}: unknown {kind} '{}'{hint}", text.value);
            let remedy = match kind {
                "entry" => "entries stand in catalogue.toml".to_owned(),
                kind => format!("those there are stand here under [[{kind}]]"),
            };
            problems.push(self.source.problem(text.at, wrong, remedy));
        }
        exists
    }

    fn part(&mut self, mut section: Section<'r, '_>, problems: &mut Problems) -> Option<Part> {
        let id = named(&mut section, "id", problems);
        let where_fact = section.required("where", problems);
        if let Some(fact) = &where_fact
            && let Err(text) = path::type_at(self.known.roots, &fact.value)
        {
            let wrong = format!("{}: {text}", section.name);
            let remedy = "facts are declared in schema.toml";
            problems.push_by_facts(self.source.problem(fact.at, wrong, remedy));
        }
        let service = self.service(&mut section, "service", problems);
        let filing_service = self.service(&mut section, "filing_service", problems);
        let mut title = |key: &'static str| section.bilingual(key, problems);
        let (licence, filing) = (title("licence"), title("filing"));
        let (registration, nothing) = (title("registration"), title("nothing"));
        section.finish(problems);
        Some(Part {
            id: id?,
            where_fact: where_fact?.value,
            service: service?,
            licence: licence?,
            filing: filing?,
            filing_service: filing_service?,
            registration: registration?,
            nothing: nothing?,
        })
    }

    fn service(
        &self,
        section: &mut Section<'r, '_>,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<ServiceCode> {
        let text = section.required(key, problems)?;
        let service = ServiceCode::parse(&text.value);
        if service.is_none() {
            let hint = hint(&text.value, ServiceCode::ALL.into_iter().map(ServiceCode::as_str));
            let wrong = format!("{}: unknown service '{}'{hint}", section.name, text.value);
            problems.push(self.source.problem(text.at, wrong, "write food/new and the like"));
        }
        service
    }

    #[expect(clippy::unused_self, reason = "every kind of table is read by a method")]
    fn mode(&mut self, mut section: Section<'r, '_>, problems: &mut Problems) -> Option<Mode> {
        let id = named(&mut section, "id", problems);
        let title = section.bilingual("title", problems);
        let about = section.bilingual("about", problems);
        section.finish(problems);
        Some(Mode { id: id?, title: title?, about: about? })
    }

    fn elsewhere(
        &mut self,
        mut section: Section<'r, '_>,
        problems: &mut Problems,
    ) -> Option<Elsewhere> {
        let id = named(&mut section, "id", problems);
        let badges = [
            ("licence", Badge::Licence),
            ("filing", Badge::Filing),
            ("registration", Badge::Registration),
            ("nothing", Badge::Nothing),
        ];
        let badge = self.one_of(&mut section, "badge", &badges, problems);
        let title = section.bilingual("title", problems);
        let why = section.bilingual("why", problems);
        let cite = section.required("cite", problems);
        let organ = section.bilingual("organ", problems);
        let place = section.bilingual("place", problems);
        let phone = section.required("phone", problems);
        let time = section.bilingual("time", problems);
        let bring = section.bilingual("bring", problems);
        section.finish(problems);
        Some(Elsewhere {
            id: id?,
            title: title?,
            badge: badge?,
            why: why?,
            cite: cite?.value,
            organ: organ?,
            place: place?,
            phone: phone?.value,
            time: time?,
            bring: bring?,
        })
    }

    fn one_of<T: Copy>(
        &self,
        section: &mut Section<'r, '_>,
        key: &'static str,
        values: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = section.required(key, problems)?;
        let found = values.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let names = || values.iter().map(|(name, _)| *name);
            let hint = hint(&text.value, names());
            let wrong = format!("{}: unknown {key} '{}'{hint}", section.name, text.value);
            let remedy = format!("one of {}", names().collect::<Vec<_>>().join(", "));
            problems.push(self.source.problem(text.at, wrong, remedy));
        }
        found.map(|(_, value)| *value)
    }

    fn question(
        &mut self,
        mut section: Section<'r, '_>,
        names: &Names<'_>,
        problems: &mut Problems,
    ) -> Option<Question> {
        let id = named(&mut section, "id", problems);
        let ask = section.bilingual("ask", problems);
        let mut options: Vec<Reply> = Vec::new();
        let written = section.value("options").and_then(|value| value.get_ref().as_array());
        for element in written.into_iter().flatten() {
            let Some(table) = element.get_ref().as_table() else {
                problems
                    .push(section.problem("an option is a table", "{ value = …, zh = …, en = … }"));
                continue;
            };
            let name = format!("{}: option", section.name);
            let mut option = Section::new(self.source, name, element.span().start, table);
            let value = option.required("value", problems);
            let both = option.languages(problems);
            let means = self.means(&mut option, names, problems);
            option.finish(problems);
            let (Some(value), Some((zh, en))) = (value, both) else { continue };
            if options.iter().any(|before| before.value == value.value) {
                let text = format!("{}: option '{}' stands twice", section.name, value.value);
                let remedy = "take one out, or rename it";
                problems.push(self.source.problem(value.at, text, remedy));
            }
            let label = Bilingual::new(zh.value, en.value);
            options.push(Reply { value: value.value, label, means });
        }
        if !(2..=OPTIONS_MAX).contains(&options.len()) {
            let text = format!("{} options; two or three fit on the screen", options.len());
            problems.push(section.problem(text, "options = [{ value = …, zh = …, en = … }, …]"));
        }
        if options.iter().all(|option| option.means == Means::default()) {
            let remedy = "let an option set or add a fact, or name another organ's permit";
            problems.push(section.problem("no answer changes what is needed", remedy));
        }
        section.finish(problems);
        Some(Question { id: id?, ask: ask?, options })
    }

    fn means(
        &mut self,
        section: &mut Section<'r, '_>,
        names: &Names<'_>,
        problems: &mut Problems,
    ) -> Means {
        let set = values(section, "set", self.known.roots, false, problems);
        let add = self.added(section, problems);
        let mut leads = BTreeMap::new();
        if let Some(table) = section.table("leads", problems) {
            for (part, entry) in table.entries() {
                let text = |value: &str, at: usize| Text { value: value.to_owned(), at };
                let part = text(part.get_ref(), part.span().start);
                let at = entry.span().start;
                let entry = text(entry.get_ref().as_str().unwrap_or_default(), at);
                let of = names.parts.get(&part.value);
                self.refer("part", &part, &table.name, &names.written.parts, problems);
                let found = self.known.catalogue.entry(&entry.value);
                let entries = self.known.entries;
                self.refer("entry", &entry, &table.name, entries, problems);
                if let (Some(part), Some(found)) = (of, found)
                    && found.service != part.service
                    && found.service != part.filing_service
                {
                    let wrong = format!(
                        "{}: entry '{}' applies for {}, not for {}",
                        table.name, entry.value, found.service, part.service
                    );
                    let remedy = "lead to an entry that applies for what the part is";
                    problems.push(self.source.problem(at, wrong, remedy));
                }
                leads.insert(part.value, entry.value);
            }
        }
        let mut elsewhere = Vec::new();
        for id in section.texts("elsewhere", problems) {
            if self.refer("elsewhere", &id, &section.name, &names.written.elsewhere, problems) {
                elsewhere.push(id.value);
            }
        }
        Means { set, add, leads, elsewhere }
    }

    /// A table path → list, each element checked as an element of the list at the path.
    fn added(
        &self,
        section: &mut Section<'r, '_>,
        problems: &mut Problems,
    ) -> BTreeMap<String, Vec<Value>> {
        let mut added = BTreeMap::new();
        for (path, value) in values(section, "add", self.known.roots, false, problems) {
            if let Value::Array(elements) = value {
                added.insert(path, elements);
                continue;
            }
            // Already told where the type is wrong; a value that fits is no list.
            let fits = path::type_at(self.known.roots, &path)
                .is_ok_and(|ty| bind(&value, &ty, &path).is_ok());
            if fits {
                problems.push(section.problem(format!("'{path}' is not a list"), "use set"));
            }
        }
        added
    }

    fn undertaking(
        &mut self,
        mut section: Section<'r, '_>,
        names: &Names<'_>,
        questions: &BTreeMap<String, Question>,
        problems: &mut Problems,
    ) -> Option<Undertaking> {
        let id = named(&mut section, "id", problems);
        let title = section.bilingual("title", problems);
        let about = section.bilingual("about", problems);
        let words = section.texts("words", problems);
        for (at, word) in words.iter().enumerate() {
            if words[..at].iter().any(|before| before.value == word.value) {
                let text = format!("{}: word '{}' stands twice", section.name, word.value);
                problems.push(self.source.problem(word.at, text, "take one out"));
            }
        }
        if words.len() > WORDS_MAX {
            let text = format!("{} words, at most {WORDS_MAX}", words.len());
            problems.push(section.problem(text, "keep those people type"));
        }
        let asked = section.texts("questions", problems);
        let mut ways = 1_usize;
        for question in &asked {
            let found = questions.get(&question.value);
            self.refer("question", question, &section.name, &names.written.questions, problems);
            ways = ways.saturating_mul(found.map_or(1, |found| found.options.len()));
        }
        if asked.len() > QUESTIONS_MAX || ways > Guide::WAYS_MAX {
            let text = format!(
                "{} questions with {ways} ways to answer, at most {QUESTIONS_MAX} with {}",
                asked.len(),
                Guide::WAYS_MAX
            );
            problems.push(section.problem(text, "ask what changes the answer, no more"));
        }
        let means = self.means(&mut section, names, problems);
        let reaches = |means: &Means| {
            !means.elsewhere.is_empty() || !means.add.is_empty() || !means.set.is_empty()
        };
        let replies = asked.iter().filter_map(|text| questions.get(&text.value));
        let mut replies = replies.flat_map(|question| &question.options);
        if !reaches(&means) && !replies.any(|reply| reaches(&reply.means)) {
            let remedy = "say with set, add or elsewhere what it is to the law";
            problems.push(section.problem("neither it nor its questions reach a need", remedy));
        }
        let combined = section.boolean("combined", problems).unwrap_or(false);
        section.finish(problems);
        Some(Undertaking {
            id: id?,
            title: title?,
            about: about?,
            words: words.into_iter().map(|word| word.value).collect(),
            questions: asked.into_iter().map(|question| question.value).collect(),
            means,
            combined,
        })
    }

    fn paper(&mut self, mut section: Section<'r, '_>, problems: &mut Problems) -> Option<Paper> {
        let code = section.required("code", problems);
        if let Some(code) = &code {
            section.name = format!("paper {}", code.value);
            match self.known.types.parse("material") {
                Ok(Type::Enum(materials)) => {
                    if let Err(mistake) = materials.check(&code.value, 0) {
                        let wrong = format!("{}: {}", section.name, mistake.text);
                        problems.push_by_facts(self.source.problem(code.at, wrong, mistake.remedy));
                    }
                }
                _ => problems.push_by_facts(section.problem(
                    "schema.toml has no enum 'material'",
                    "papers are named there, so that rules can speak of them",
                )),
            }
        }
        let title = section.bilingual("title", problems);
        let issuer = section.bilingual("issuer", problems);
        let sources = [
            ("register", PaperSource::Register),
            ("made_here", PaperSource::MadeHere),
            ("applicant", PaperSource::Applicant),
            ("premises", PaperSource::Premises),
        ];
        let source = self.one_of(&mut section, "source", &sources, problems);
        let form = section.bilingual("form", problems);
        let cite = section.required("cite", problems);
        section.finish(problems);
        Some(Paper {
            code: code?.value,
            title: title?,
            issuer: issuer?,
            source: source?,
            form: form?,
            cite: cite?.value,
            when: None,
            may_follow: false,
            condition: None,
        })
    }

    fn sheet(
        &mut self,
        mut section: Section<'r, '_>,
        modes: &[Mode],
        papers: &BTreeMap<String, Paper>,
        written: &Written<'_>,
        complain: Option<&Bilingual>,
        problems: &mut Problems,
    ) -> Option<Sheet> {
        let service = self.service(&mut section, "service", problems);
        if let Some(service) = service {
            section.name = format!("sheet {service}");
        }
        let mut tags = Vec::new();
        for id in section.texts("modes", problems) {
            let found = modes.iter().find(|mode| mode.id == id.value);
            self.refer("mode", &id, &section.name, &written.modes, problems);
            tags.extend(found.cloned());
        }
        if section.value("modes").is_none_or(is_empty_list) {
            problems.push(section.problem("no modes", "say how it is given: modes = [\"self\"]"));
        }
        let told = self.papers(&mut section, papers, written, problems);
        if section.value("papers").is_none_or(is_empty_list) {
            problems.push(section.problem("no papers", "at least the proof of who applies"));
        }
        let conditions = conditions(&mut section, problems);
        let mut text = |key: &'static str| section.bilingual(key, problems);
        let (limit, here, fee) = (text("limit"), text("here"), text("fee"));
        let (result, validity) = (text("result"), text("validity"));
        let cite = section.required("cite", problems);
        section.finish(problems);
        Some(Sheet {
            service: service?,
            modes: tags,
            papers: told,
            conditions,
            limit: limit?,
            here: here?,
            fee: fee?,
            result: result?,
            validity: validity?,
            complain: complain?.clone(),
            cite: cite?.value,
        })
    }

    /// `if`: when a paper is needed, in the language of the rules.
    fn condition(
        &self,
        one: &mut Section<'r, '_>,
        in_words: bool,
        problems: &mut Problems,
    ) -> Option<Node> {
        let written = one.text("if", problems)?;
        if !in_words {
            problems.push(one.problem("'if' without 'when'", "say the same in words: when = {…}"));
        }
        let (roots, params) = (self.known.roots, self.known.params);
        let scope = Scope { roots, params, defines: &BTreeMap::new(), whole: true };
        let problem = |mistake: Mistake| {
            let text = format!("{}: {}", one.name, mistake.text);
            self.source.problem_in(&written, mistake.at, text, mistake.remedy)
        };
        let expr = parse(&written.value).map_err(|mistake| problems.push(problem(mistake))).ok()?;
        let checked = condition(&written.value, &expr, scope, None);
        let tell = |mistakes: Vec<Mistake>| {
            for mistake in mistakes {
                problems.push_by_facts(problem(mistake));
            }
        };
        Some(checked.map_err(tell).ok()?.node)
    }

    fn papers(
        &mut self,
        section: &mut Section<'r, '_>,
        papers: &BTreeMap<String, Paper>,
        written: &Written<'_>,
        problems: &mut Problems,
    ) -> Vec<Paper> {
        let mut told: Vec<Paper> = Vec::new();
        let tables = section.value("papers").and_then(|value| value.get_ref().as_array());
        for element in tables.into_iter().flatten() {
            let Some(table) = element.get_ref().as_table() else {
                problems.push(section.problem("a paper is a table", "papers = [{ code = … }]"));
                continue;
            };
            let name = format!("{}: paper", section.name);
            let mut one = Section::new(self.source, name, element.span().start, table);
            let code = one.required("code", problems);
            let may_follow = one.boolean("may_follow", problems).unwrap_or(false);
            let when = match one.value("when") {
                Some(_) => one.bilingual("when", problems),
                None => None,
            };
            let condition = self.condition(&mut one, when.is_some(), problems);
            let name = one.name.clone();
            one.finish(problems);
            let Some(code) = code else { continue };
            let found = papers.get(&code.value);
            self.refer("paper", &code, &name, &written.papers, problems);
            if told.iter().any(|before| before.code == code.value) {
                let text = format!("{}: paper '{}' stands twice", section.name, code.value);
                problems.push(self.source.problem(code.at, text, "take one out"));
            }
            if may_follow
                && found.is_some_and(|paper| {
                    matches!(paper.source, PaperSource::Register | PaperSource::MadeHere)
                })
            {
                let text = format!("{}: '{}' is made or fetched here", section.name, code.value);
                problems.push(self.source.problem(code.at, text, "it cannot follow later"));
            }
            told.extend(found.cloned().map(|paper| Paper { when, may_follow, condition, ..paper }));
        }
        told
    }

    fn life(&mut self, mut section: Section<'r, '_>, problems: &mut Problems) -> Option<Life> {
        let of = named(&mut section, "of", problems);
        let title = section.bilingual("title", problems);
        let phases = [
            ("enter", Phase::Enter),
            ("run", Phase::Run),
            ("change", Phase::Change),
            ("leave", Phase::Leave),
        ];
        let places = [
            ("kiosk", Where::Kiosk),
            ("counter", Where::Counter),
            ("online", Where::Online),
            ("premises", Where::Premises),
            ("other", Where::Other),
        ];
        let mut steps: Vec<Step> = Vec::new();
        let written = section.value("steps").and_then(|value| value.get_ref().as_array());
        for element in written.into_iter().flatten() {
            let Some(table) = element.get_ref().as_table() else { continue };
            let name = format!("{}: step", section.name);
            let mut one = Section::new(self.source, name, element.span().start, table);
            let phase = self.one_of(&mut one, "phase", &phases, problems);
            let what = one.bilingual("what", problems);
            let when = one.bilingual("when", problems);
            let place = self.one_of(&mut one, "where", &places, problems);
            let cite = one.required("cite", problems);
            one.finish(problems);
            if let (Some(phase), Some(what), Some(when), Some(place), Some(cite)) =
                (phase, what, when, place, cite)
            {
                steps.push(Step { phase, what, when, place, cite: cite.value });
            }
        }
        steps.sort_by_key(|step| step.phase);
        for (name, phase) in phases {
            if !steps.iter().any(|step| step.phase == phase) {
                let text = format!("no step of the phase '{name}'");
                problems.push(section.problem(text, "all four lists belong to a life"));
            }
        }
        section.finish(problems);
        Some(Life { of: of?, title: title?, steps })
    }
}

/// The id of a table, which from now on goes by it.
fn named(
    section: &mut Section<'_, '_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<String> {
    let id = section.required(key, problems)?.value;
    section.name = format!("{} {id}", section.name);
    Some(id)
}

fn conditions(section: &mut Section<'_, '_>, problems: &mut Problems) -> Vec<Bilingual> {
    let mut conditions = Vec::new();
    let written = section.value("conditions").and_then(|value| value.get_ref().as_array());
    for element in written.into_iter().flatten() {
        let Some(table) = element.get_ref().as_table() else {
            problems.push(section.problem("a condition is a table", "{ zh = …, en = … }"));
            continue;
        };
        let name = format!("{}: condition", section.name);
        let mut one = Section::new(section.source, name, element.span().start, table);
        let both = one.languages(problems);
        one.finish(problems);
        if let Some((zh, en)) = both {
            conditions.push(Bilingual::new(zh.value, en.value));
        }
    }
    conditions
}

/// What goes by an id.
trait Identified {
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($kind:ty = $field:ident)*) => {
        $(impl Identified for $kind {
            fn id(&self) -> &str {
                &self.$field
            }
        })*
    };
}

identified! {
    Part = id
    Mode = id
    Elsewhere = id
    Question = id
    Undertaking = id
    Paper = code
    Life = of
}

impl Identified for Sheet {
    fn id(&self) -> &str {
        self.service.as_str()
    }
}
