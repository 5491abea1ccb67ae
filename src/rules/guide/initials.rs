//! Searching by what people type: words in both languages, and the first letters of the pinyin.

use super::Undertaking;

/// How well a word fits, or `None`: 3 in the title or as a whole word, 2 inside another word, 1 in
/// the first letters.
pub(super) fn fit(undertaking: &Undertaking, word: &str) -> Option<usize> {
    let in_title = undertaking.title.zh.contains(word)
        || undertaking.title.en.to_lowercase().contains(word)
        || undertaking.words.iter().any(|known| known.to_lowercase() == word);
    if in_title {
        return Some(3);
    }
    // "卖书": people say more than the word that is written down.
    let inside = |known: &String| {
        let known = known.to_lowercase();
        known.contains(word) || (known.chars().count() >= 2 && word.contains(&known))
    };
    if undertaking.words.iter().any(inside) || undertaking.about.zh.contains(word) {
        return Some(2);
    }
    let letters = word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut texts =
        std::iter::once(&undertaking.title.zh).chain(undertaking.words.iter()).map(|text| of(text));
    (letters && texts.any(|initials| initials.contains(word))).then_some(1)
}

/// The first letters of the pinyin of a text; what is no common character is left out.
fn of(text: &str) -> String {
    let (bytes, _, _) = encoding_rs::GBK.encode(text);
    let mut initials = String::new();
    let mut bytes = bytes.iter().copied();
    while let Some(first) = bytes.next() {
        if first.is_ascii() {
            if first.is_ascii_alphanumeric() {
                initials.push(char::from(first.to_ascii_lowercase()));
            }
            continue;
        }
        let Some(second) = bytes.next() else { break };
        initials.extend(letter(u16::from_be_bytes([first, second])));
    }
    initials
}

/// The 3755 common characters of GB/T 2312 level 1 stand in the order of their pinyin: the first one
/// of each letter, and the end.
const FIRST: [(u16, Option<char>); 24] = [
    (0xB0A1, Some('a')),
    (0xB0C5, Some('b')),
    (0xB2C1, Some('c')),
    (0xB4EE, Some('d')),
    (0xB6EA, Some('e')),
    (0xB7A2, Some('f')),
    (0xB8C1, Some('g')),
    (0xB9FE, Some('h')),
    (0xBBF7, Some('j')),
    (0xBFA6, Some('k')),
    (0xC0AC, Some('l')),
    (0xC2E8, Some('m')),
    (0xC4C3, Some('n')),
    (0xC5B6, Some('o')),
    (0xC5BE, Some('p')),
    (0xC6DA, Some('q')),
    (0xC8BB, Some('r')),
    (0xC8F6, Some('s')),
    (0xCBFA, Some('t')),
    (0xCDDA, Some('w')),
    (0xCEF4, Some('x')),
    (0xD1B9, Some('y')),
    (0xD4D1, Some('z')),
    (0xD7FA, None),
];

fn letter(code: u16) -> Option<char> {
    FIRST.iter().rev().find(|(first, _)| *first <= code)?.1
}

#[cfg(test)]
mod tests {
    #[test]
    fn common_characters_have_the_first_letter_of_their_pinyin() {
        for (text, initials) in [
            ("书店", "sd"),
            ("咖啡店", "kfd"),
            ("理发店", "lfd"),
            ("KTV、歌厅", "ktvgt"),
            ("面馆", "mg"),
            ("网吧", "wb"),
            ("座", "z"),
            ("阿波", "ab"),
        ] {
            assert_eq!(super::of(text), initials, "{text}");
        }
    }
}
