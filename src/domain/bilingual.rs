//! A text in the two languages of the screens.

use serde::{Deserialize, Serialize};

/// A language a screen, a slip or a page can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese (simplified), the language of the law texts.
    #[default]
    Zh,
    /// English.
    En,
}

/// A text of the rulebook or the catalogue: data, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// The Chinese text; the one that counts.
    pub zh: String,
    /// The English text, for understanding.
    pub en: String,
}

impl Bilingual {
    /// Both texts at once.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The text in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}
