//! Which article a rule rests on. A rule that speaks under several laws, or about several kinds of
//! permit, cites for each what holds there; the manifest's `[[law]]`s say which law that can be.

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::civil::Date;

use super::article::{Article, articles};
use super::document::{Section, Source, Text, Toml, is_empty_list};
use super::problem::{Problems, hint};
use crate::domain::ServiceCode;

/// What a rule cites: the first entry that fits.
#[derive(Debug, Clone)]
pub(super) struct Cites(Vec<Cite>);

#[derive(Debug, Clone)]
struct Cite {
    fit: Fit,
    text: String,
    /// Where it stands in its file.
    at: usize,
}

/// Where an article is cited; what is empty is everything.
#[derive(Debug, Clone, Default)]
struct Fit {
    rule_sets: BTreeSet<String>,
    /// The part of a service before the slash.
    about: BTreeSet<String>,
    from: Option<Date>,
    until: Option<Date>,
}

/// A law, regulation or list that may be cited.
#[derive(Debug, Clone)]
pub(super) struct Law {
    name: String,
    about: BTreeSet<String>,
    from: Option<Date>,
    until: Option<Date>,
    /// Where it stands in the manifest.
    at: usize,
    /// Whether anything cites it.
    cited: Cell<bool>,
}

/// Where a rule speaks.
pub(super) struct Speaks<'r> {
    pub(super) rule: &'r str,
    /// Its rule sets, each with its first and last day, inside the rule's own period.
    pub(super) days: Vec<(&'r str, Date, Date)>,
    /// Empty for every service.
    pub(super) services: &'r BTreeSet<String>,
}

impl Cites {
    /// The article for a decision under `rule_set` about `service`, accepted on `day`.
    pub(super) fn of(&self, rule_set: &str, service: &str, day: Date) -> &str {
        let mut fitting = self.0.iter().filter(|cite| cite.fit.fits(rule_set, about(service), day));
        fitting.next().map_or("", |cite| &cite.text)
    }

    /// What is cited on `day`, for every day.
    pub(super) fn timeless(&self, day: Date) -> Self {
        let fit = |fit: &Fit| Fit { from: None, until: None, ..fit.clone() };
        let on = self.0.iter().filter(|cite| cite.fit.covers(day));
        Self(on.map(|cite| Cite { fit: fit(&cite.fit), ..cite.clone() }).collect())
    }

    /// Reads `cite`: one text for all, or a list of `{ rule_set, about, from, until, is }`.
    pub(super) fn read(section: &mut Section<'_, '_>, problems: &mut Problems) -> Option<Self> {
        let found = section.value("cite");
        let Some(array) = found.and_then(|found| found.get_ref().as_array()) else {
            let text = section.required("cite", problems)?;
            let cite =
                Cite { fit: Fit::default(), at: text.at, text: words(section, text, problems)? };
            return Some(Self(vec![cite]));
        };
        let mut cites = Vec::new();
        let mut whole = !array.is_empty();
        if array.is_empty() {
            problems.push(section.problem("'cite' is empty", "name the article"));
        }
        for element in array {
            let at = element.span().start;
            let Some(table) = element.get_ref().as_table() else {
                let text = format!("{}: an element of 'cite' is not a table", section.name);
                let remedy = r#"{ rule_set = ["…"], is = "law and article" }"#;
                problems.push(section.source.problem(at, text, remedy));
                whole = false;
                continue;
            };
            let name = format!("{}: cite", section.name);
            let mut entry = Section::new(section.source, name, at, table);
            let fit = Fit::read(&mut entry, problems);
            let text = entry.required("is", problems);
            let text = text.and_then(|text| words(&entry, text, problems));
            entry.finish(problems);
            match (fit, text) {
                (Some(fit), Some(text)) => cites.push(Cite { fit, text, at }),
                _ => whole = false,
            }
        }
        whole.then_some(Self(cites))
    }

    /// Tells where nothing is cited, what is never cited, and what is cited where it is no law.
    pub(super) fn check(
        &self,
        source: Source<'_>,
        speaks: &Speaks<'_>,
        laws: Option<&[Law]>,
        problems: &mut Problems,
    ) {
        let mut used = vec![false; self.0.len()];
        let mut told = BTreeSet::new();
        let badly = |cite: &Cite| laws.and_then(|laws| written_wrongly(&cite.text, laws));
        let badly: Vec<Option<Wrong>> = self.0.iter().map(badly).collect();
        let at = self.0.first().map_or(0, |cite| cite.at);
        let mut tell = |at: usize, text: String, remedy: &str| {
            // One of each kind: what is wrong for one service is wrong for its neighbours.
            if told.insert((at, remedy.to_owned())) {
                problems.push(source.problem(at, format!("{}: {text}", speaks.rule), remedy));
            }
        };
        let abouts = abouts(speaks.services);
        for (rule_set, first, last) in &speaks.days {
            for about in &abouts {
                for (begin, end) in self.spans(*first, *last) {
                    let fits = |cite: &&Cite| cite.fit.fits(rule_set, about, begin);
                    let Some(index) = self.0.iter().position(|cite| fits(&cite)) else {
                        let text = format!(
                            "'cite' names no article for {about}/… under {rule_set} on {begin}"
                        );
                        tell(
                            at,
                            text,
                            r#"add one, or { is = "…" } at the end for all that is left"#,
                        );
                        continue;
                    };
                    let Some(cite) = self.0.get(index) else { continue };
                    if let Some(used) = used.get_mut(index) {
                        *used = true;
                    }
                    if badly.get(index).is_some_and(Option::is_some) {
                        continue;
                    }
                    for (law, part) in laws.iter().flat_map(|laws| named(&cite.text, laws)) {
                        let wrong = law.map_or_else(
                            || Some(unknown(part, laws.unwrap_or_default())),
                            |law| not_there(law, about, begin, end),
                        );
                        if let Some((text, remedy)) = wrong {
                            tell(cite.at, text, remedy);
                        }
                    }
                }
            }
        }
        for (cite, wrong) in self.0.iter().zip(badly) {
            if let Some((text, remedy)) = wrong {
                tell(cite.at, text, remedy);
            }
        }
        for (cite, used) in self.0.iter().zip(used) {
            if !used && !speaks.days.is_empty() {
                let text = "this article is never cited".to_owned();
                tell(cite.at, text, "the rule does not speak there, or one above it fits already");
            }
        }
    }

    /// A period in the parts in which the same entries fit.
    fn spans(&self, first: Date, last: Date) -> Vec<(Date, Date)> {
        let mut begins = BTreeSet::from([first]);
        for cite in &self.0 {
            let after = cite.fit.until.and_then(|until| until.tomorrow().ok());
            let inside = |day: &Date| first < *day && *day <= last;
            begins.extend(cite.fit.from.into_iter().chain(after).filter(inside));
        }
        let begins: Vec<Date> = begins.into_iter().collect();
        let ends = begins.iter().skip(1).map(|next| next.yesterday().unwrap_or(*next));
        let ends: Vec<Date> = ends.chain([last]).collect();
        begins.into_iter().zip(ends).collect()
    }
}

impl Fit {
    fn fits(&self, rule_set: &str, about: &str, day: Date) -> bool {
        (self.rule_sets.is_empty() || self.rule_sets.contains(rule_set))
            && (self.about.is_empty() || self.about.contains(about))
            && self.covers(day)
    }

    fn covers(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    fn read(entry: &mut Section<'_, '_>, problems: &mut Problems) -> Option<Self> {
        let rule_sets = entry.texts("rule_set", problems);
        let about = read_about(entry, problems)?;
        let (from, until) = (entry.date("from", problems), entry.date("until", problems));
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            problems.push(entry.problem("'until' is before 'from'", "it would never be cited"));
            return None;
        }
        let rule_sets = rule_sets.into_iter().map(|name| name.value).collect();
        Some(Self { rule_sets, about, from, until })
    }
}

/// Reads the `[[law]]`s of the manifest; `None` where there are none, or one could not be read.
pub(super) fn laws(toml: &Toml<'_>, problems: &mut Problems) -> Option<Vec<Law>> {
    toml.root().get("law")?;
    let mut laws: Vec<Law> = Vec::new();
    let mut whole = true;
    for mut section in toml.each("law", problems) {
        let name = section.required("name", problems);
        if let Some(name) = &name {
            section.name = format!("law {}", name.value);
            if laws.iter().any(|known| known.name == name.value) {
                problems.push(section.problem("it stands twice", "take one out"));
            }
            if name.value.contains(['；', ';', '、', ',', '{', '}', '\n']) {
                let remedy = "these marks part citations: write the name as the law has it";
                problems.push(section.problem("its name has a mark no law's name has", remedy));
                whole = false;
            }
        }
        if section.value("about").is_some_and(is_empty_list) {
            let remedy = "leave it out where the law speaks of everything";
            problems.push(section.problem("'about' is empty", remedy));
        }
        let about = read_about(&mut section, problems);
        let (from, until) = (section.date("from", problems), section.date("until", problems));
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            problems.push(section.problem("'until' is before 'from'", "its last day in force"));
        }
        let at = section.at;
        section.finish(problems);
        if let (Some(name), Some(about)) = (name, about) {
            laws.push(Law { name: name.value, about, from, until, at, cited: Cell::new(false) });
        } else {
            whole = false;
        }
    }
    whole.then_some(laws)
}

/// Tells the laws that nothing cites. To be asked when all rules are checked.
pub(super) fn unused(source: Source<'_>, laws: &[Law], problems: &mut Problems) {
    for law in laws.iter().filter(|law| !law.cited.get()) {
        let text = format!("law {}: nothing cites it", law.name);
        let remedy = "take it out, or cite it where it is what a rule rests on";
        problems.push(source.problem(law.at, text, remedy));
    }
}

/// Tells what of a text that is cited about everything, from `begin` on, is no law.
pub(super) fn check_everywhere(
    text: &str,
    laws: &[Law],
    begin: Date,
) -> Option<(String, &'static str)> {
    let all = BTreeSet::new();
    let all = abouts(&all);
    let wrong = named(text, laws).find_map(|(law, part)| match law {
        None => Some(unknown(part, laws)),
        Some(law) => all.iter().find_map(|about| not_there(law, about, begin, Date::MAX)),
    });
    wrong.or_else(|| written_wrongly(text, laws))
}

type Wrong = (String, &'static str);

/// The parts of a citation, each with its law where that is known; it counts as cited.
fn named<'c, 'l: 'c>(
    text: &'c str,
    laws: &'l [Law],
) -> impl Iterator<Item = (Option<&'l Law>, &'c str)> {
    text.split('；').map(|part| {
        let law = laws.iter().find(|law| articles_of(part, law).is_some());
        law.inspect(|law| law.cited.set(true));
        (law, part)
    })
}

/// What follows the name of a law, if a part of a citation is of it.
fn articles_of<'c>(part: &'c str, law: &Law) -> Option<&'c str> {
    let rest = part.strip_prefix(law.name.as_str())?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

fn unknown(part: &str, laws: &[Law]) -> Wrong {
    let name = part.split(' ').next().unwrap_or(part);
    let hint = hint(name, laws.iter().map(|law| law.name.as_str()));
    let remedy = "a law stands in manifest.toml under [[law]]; its articles follow after a blank, the next law after ；";
    (format!("'{part}' cites no law known here{hint}"), remedy)
}

/// Why a law cannot be cited in one kind of service and one period.
fn not_there(law: &Law, about: &str, begin: Date, end: Date) -> Option<Wrong> {
    if !law.about.is_empty() && !law.about.contains(about) {
        let text = format!("cites {} about {about}/…, and that law does not speak of it", law.name);
        return Some((
            text,
            r#"cite another there: cite = [{ about = ["…"], is = "…" }, { is = "…" }]"#,
        ));
    }
    if law.from.is_some_and(|from| begin < from) || law.until.is_some_and(|until| until < end) {
        let day = if law.from.is_some_and(|from| begin < from) { begin } else { end };
        let text = format!("cites {} for {day}, when it is not in force", law.name);
        return Some((
            text,
            r#"cite another then: cite = [{ until = …, is = "…" }, { is = "…" }]"#,
        ));
    }
    None
}

/// Articles that are none, and what is cited twice. Laws that are not known are told elsewhere.
fn written_wrongly(text: &str, laws: &[Law]) -> Option<Wrong> {
    let mut cited: BTreeSet<(&str, Option<Article>)> = BTreeSet::new();
    for (law, part) in named(text, laws) {
        let Some((law, rest)) = law.and_then(|law| Some((law, articles_of(part, law)?))) else {
            continue;
        };
        let all = match rest {
            "" => vec![None],
            rest => match articles(rest) {
                Ok(all) => all.into_iter().map(Some).collect(),
                Err(wrong) => {
                    let remedy =
                        "write articles as the law counts them: 第九条第二款、第十二条至第十四条";
                    return Some((format!("'{wrong}' is no article of {}", law.name), remedy));
                }
            },
        };
        for article in all {
            if !cited.insert((&law.name, article)) {
                let text = format!("'{part}' cites an article that was cited before");
                return Some((text, "once is enough"));
            }
        }
    }
    None
}

/// The kinds of services before the slash, of some or of all.
fn abouts(services: &BTreeSet<String>) -> BTreeSet<&str> {
    if services.is_empty() {
        return ServiceCode::ALL.into_iter().map(|service| about(service.as_str())).collect();
    }
    services.iter().map(|service| about(service)).collect()
}

fn about(service: &str) -> &str {
    service.split('/').next().unwrap_or(service)
}

fn read_about(section: &mut Section<'_, '_>, problems: &mut Problems) -> Option<BTreeSet<String>> {
    let all = BTreeSet::new();
    let known = abouts(&all);
    let mut about = BTreeSet::new();
    for one in section.texts("about", problems) {
        if !known.contains(one.value.as_str()) {
            let hint = hint(&one.value, known.iter().copied());
            let text = format!("{}: no service begins with '{}/'{hint}", section.name, one.value);
            let known: Vec<&str> = known.iter().copied().collect();
            problems.push(section.source.problem(one.at, text, known.join(", ")));
            return None;
        }
        about.insert(one.value);
    }
    Some(about)
}

/// A citation is printed as it stands, on one line: nothing is filled in.
fn words(section: &Section<'_, '_>, text: Text, problems: &mut Problems) -> Option<String> {
    if let Some(at) = text.value.find(['{', '}']) {
        let wrong = format!("{}: 'cite' has a brace, and nothing is filled in there", section.name);
        problems.push(section.source.problem_in(&text, at, wrong, "name the article itself"));
        return None;
    }
    if text.value.contains('\n') {
        let wrong = format!("{}: 'cite' has several lines", section.name);
        problems.push(section.source.problem(text.at, wrong, "part laws by ；"));
        return None;
    }
    Some(text.value)
}
