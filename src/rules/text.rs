//! What the texts of an edition may be made of, and how long they may be: they stand on screens, slips
//! and in records for decades, and whoever signs an edition must see what it says.

use super::document::{Source, Text};
use super::problem::Problems;

/// Marks besides the signs of a Latin keyboard: of Chinese sentences, of laws' numbers, of measures.
const MARKS: &str = "、。，；：？！…—·（）〔〕【】《》〈〉「」『』“”‘’–％＋－～￥〇²³°×÷±≤≥§→€";

/// Whether a character is one that people write on purpose and tell from every other: letters of Latin
/// and Chinese, digits, marks. Everything else is nobody's text: what cannot be seen, what turns the order
/// around it, blanks that do not break, letters of other alphabets that look like Latin ones, doubles of
/// Chinese ones kept for other encodings.
fn is_written(c: char) -> bool {
    matches!(c, ' '..='~' | '\n' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ž' | '①'..='⑳')
        || is_han(c)
        || MARKS.contains(c)
}

/// Chinese characters, as names and laws are written with them: the unified ones, as far as they are
/// assigned.
pub(super) fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0x2_0000..=0x2_a6df | 0x2_a700..=0x2_ebe0 | 0x2_ebf0..=0x2_ee5d | 0x3_0000..=0x3_23af)
}

/// Characters of a single text at most, by the key it stands under. The longest of the law have about
/// half.
pub(super) fn chars_max(key: &str) -> usize {
    match key {
        // Expressions; their own reader counts their bytes.
        "when" | "due" | "if" => usize::MAX,
        "id" | "code" | "key" | "value" | "version" | "group" | "rule_set" | "overrides"
        | "fired" | "type" | "outcome" | "service" | "kind" => 64,
        _ => CHARS_MAX,
    }
}

/// Characters of a text in both languages at most.
pub(super) fn chars_max_of_both(key: &str) -> usize {
    match key {
        // A promise is read on the screen, page by page.
        "text" => 4000,
        "message" | "remedy" | "complain" => 800,
        _ => CHARS_MAX,
    }
}

/// Characters of what stands on few lines: a title, a citation, a source, a sentence.
const CHARS_MAX: usize = 200;

/// Tells what is wrong with a text as a text; false where something is.
pub(super) fn check(
    source: Source<'_>,
    name: &str,
    key: &str,
    text: &Text,
    most: usize,
    problems: &mut Problems,
) -> bool {
    if let Some(found) = text.value.chars().find(|c| !is_written(*c)) {
        let code = u32::from(found);
        let wrong = format!("{name}: '{key}' has a character that no text has (U+{code:04X})");
        let remedy = "type it anew: letters of Latin and Chinese, digits and common marks";
        problems.push(source.problem(text.at, wrong, remedy));
        return false;
    }
    let has = text.value.chars().count();
    if has > most {
        let wrong = format!("{name}: '{key}' has {has} characters, at most {most} are read");
        problems.push(source.problem(text.at, wrong, "say it shorter"));
        return false;
    }
    true
}
