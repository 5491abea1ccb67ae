//! What a kiosk decides by when it has no valid edition: every application is accepted and referred.
//!
//! It is an edition like any other, checked by the same loader, with a catalogue and no rules, so that
//! nothing else has to know that there is none.

use std::sync::{Arc, LazyLock};

use super::Files;
use crate::rules::Rulebook;

/// The edition without rules. It refers with `NO_EDITION`, whatever the facts are.
pub fn referring() -> Arc<Rulebook> {
    static REFERRING: LazyLock<Arc<Rulebook>> = LazyLock::new(|| {
        // Facts are collected in the words of the schema this software was built with.
        let files = [
            ("manifest.toml", include_str!("referring/manifest.toml")),
            ("catalogue.toml", include_str!("referring/catalogue.toml")),
            ("guide.toml", "# Without rules nobody can be told what is needed.\n"),
            ("params.toml", "# No rules, no parameters.\n"),
            ("calendar.toml", include_str!("../../kiosk-config/rulebook/calendar.toml")),
            ("schema.toml", include_str!("../../kiosk-config/rulebook/schema.toml")),
        ];
        let files: Files =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let rulebook = Rulebook::load(&files).expect("a test loads it before it is shipped");
        Arc::new(rulebook)
    });
    Arc::clone(&REFERRING)
}
