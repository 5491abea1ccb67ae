//! Which rules speak about which service under which law, found once when an edition is loaded.

use std::sync::Arc;

use super::problem::Problem;
use super::rulebook::Rulebook;
use super::schema::{Enum, Record, Type};

/// Where the facts stand that the engine itself asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) service: usize,
    pub(super) accepted_on: usize,
    services: Arc<Enum>,
}

impl Asked {
    /// Nothing if the schema does not have them.
    pub(super) fn find(roots: &Record) -> Option<Self> {
        let (_, root) = roots.field("application").filter(|(_, field)| !field.optional)?;
        let Type::Record(application) = &root.ty else { return None };
        let (_, service) = application.field("service").filter(|(_, field)| !field.optional)?;
        let (_, accepted) = application.field("accepted_on").filter(|(_, field)| field.optional)?;
        let Type::Enum(services) = &service.ty else { return None };
        (accepted.ty == Type::Date).then(|| Self {
            service: root.at + service.at,
            accepted_on: root.at + accepted.at,
            services: services.clone(),
        })
    }

    /// The name of a service.
    pub(super) fn word(&self, service: u32) -> &str {
        self.services.word(service)
    }
}

/// What is wrong with a schema without them.
pub(super) fn not_asked() -> Problem {
    Problem {
        file: "schema.toml".to_owned(),
        line: 1,
        text:
            "facts: application.service (an enum) and application.accepted_on (date?) are missing"
                .to_owned(),
        mark: None,
        remedy: "the engine chooses rules by service and acceptance day".to_owned(),
    }
}

/// For each rule set, for each service, the rules in the order of the rulebook.
#[derive(Debug, Clone, Default)]
pub(super) struct Index(Vec<Vec<Vec<usize>>>);

impl Index {
    pub(super) fn of(rulebook: &Rulebook) -> Self {
        let services = &rulebook.asked.services.values;
        let mut index = Self(vec![vec![Vec::new(); services.len()]; rulebook.rule_sets.len()]);
        for (place, rule) in rulebook.rules.iter().enumerate() {
            // Asked once for each, and not for each with each other.
            let about: Vec<bool> = services.iter().map(|service| rule.is_about(service)).collect();
            for ((law, _), hearing) in rulebook.rule_sets.iter().zip(&mut index.0) {
                if rule.is_of(law) {
                    let hearing = hearing.iter_mut().zip(&about).filter(|(_, about)| **about);
                    hearing.for_each(|(rules, _)| rules.push(place));
                }
            }
        }
        index
    }

    /// The rules of a rule set about a service, by their places in the rulebook.
    pub(super) fn rules(&self, rule_set: usize, service: u32) -> &[usize] {
        let service = usize::try_from(service).unwrap_or(usize::MAX);
        self.0.get(rule_set).and_then(|services| services.get(service)).map_or(&[], Vec::as_slice)
    }
}
