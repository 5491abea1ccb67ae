//! Chinese from the letters of pinyin: what is typed becomes words to choose from, best first.
//!
//! The dictionary and the composing of sentences are `inputx-pinyin`'s
//! (docs/decisions/0008-pinyin-without-unsafe-code.md). It learns nothing here: what one applicant
//! wrote must not be offered to the next, so picks are never recorded in it.

use std::sync::LazyLock;

use inputx_pinyin::{PinyinEngine, is_valid_syllable};

/// Letters of one go at most: the longest sentences composed here have eight words of five letters.
pub(super) const LETTERS_MAX: usize = 40;
/// Candidates at most: more than three pages of them nobody looks through.
const CANDIDATES_MAX: usize = 36;
/// Sentences composed of several words, before single words and characters.
const COMPOSED_MAX: usize = 3;

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The Chinese text.
    pub(super) text: String,
    /// How many of the typed letters it stands for, from the first.
    pub(super) letters: usize,
}

static ENGINE: LazyLock<PinyinEngine> = LazyLock::new(PinyinEngine::new);

/// What `typed` may mean: all of it first, then its longest beginnings, down to single characters, so
/// that any name can be put together.
pub(super) fn candidates(typed: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut offer = |text: String, letters: usize| {
        let is_new = found.iter().all(|known| known.text != text);
        if is_new && found.len() < CANDIDATES_MAX && text.chars().all(is_han) {
            found.push(Candidate { text, letters });
        }
    };
    let dictionary = ENGINE.dict();
    for word in dictionary.lookup(typed) {
        offer(word, typed.len());
    }
    for (_, sentence) in dictionary.top_k_compositions(typed, COMPOSED_MAX) {
        offer(sentence, typed.len());
    }
    for letters in beginnings(typed) {
        let Some(beginning) = typed.get(..letters) else { continue };
        for word in dictionary.lookup(beginning) {
            offer(word, letters);
        }
    }
    found
}

/// Letters of the longest syllable: zhuang, chuang, shuang.
const SYLLABLE_LETTERS_MAX: usize = 6;

/// The lengths of what `typed` begins with in whole syllables, longest first: split into as few
/// syllables as possible, up to the last that is not finished. The library would list every way to
/// split, which are hundreds of thousands for "ananan…".
fn beginnings(typed: &str) -> Vec<usize> {
    // At each length: how many syllables lead there at least, and the length before the last of them.
    let mut ways: Vec<Option<(usize, usize)>> = vec![None; typed.len() + 1];
    if let Some(start) = ways.first_mut() {
        *start = Some((0, 0));
    }
    for end in 1..=typed.len() {
        let from = end.saturating_sub(SYLLABLE_LETTERS_MAX);
        let best = (from..end)
            .filter_map(|begin| {
                let (count, _) = (*ways.get(begin)?)?;
                let syllable = typed.get(begin..end)?;
                is_valid_syllable(syllable).then_some((count + 1, begin))
            })
            .min();
        if let Some(way) = ways.get_mut(end) {
            *way = best;
        }
    }
    let mut ends = Vec::new();
    let mut at = (1..=typed.len()).rev().find(|end| ways.get(*end).is_some_and(Option::is_some));
    while let Some(end) = at.filter(|end| *end > 0) {
        ends.push(end);
        at = ways.get(end).copied().flatten().map(|(_, before)| before);
    }
    ends
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

#[cfg(test)]
mod tests {
    use super::{CANDIDATES_MAX, candidates};

    #[test]
    fn words_sentences_and_names_can_be_written() {
        for (typed, wanted) in [
            ("yingyezhizhao", "营业执照"),
            ("naicha", "奶茶"),
            ("zhangdianqu", "张店区"),
            ("lanzhoulamian", "兰州拉面"),
            ("shifanlusanhao", "示范路三号"),
        ] {
            let first = candidates(typed).remove(0);
            assert_eq!((first.text.as_str(), first.letters), (wanted, typed.len()));
        }
        // A name no dictionary has, character by character.
        for (typed, wanted) in [("qinyizhou", '秦'), ("yizhou", '一'), ("zhou", '舟')] {
            let all = candidates(typed);
            let one = all.iter().find(|one| one.text == wanted.to_string());
            let one = one.unwrap_or_else(|| panic!("{wanted} is not offered: {all:?}"));
            assert!(typed.is_char_boundary(one.letters) && one.letters <= typed.len());
        }
    }

    #[test]
    fn what_is_not_pinyin_offers_nothing_and_harms_nothing() {
        for typed in ["", "vvvv", "bcdfg", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "a1"] {
            assert!(candidates(typed).len() <= CANDIDATES_MAX, "{typed}");
        }
        assert!(candidates("").is_empty());
        // Thousands of ways to split are no thousands of steps: this ends at once.
        assert!(!candidates(&"an".repeat(20)).is_empty());
    }
}
