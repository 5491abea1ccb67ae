//! How articles of a law are written: 第九条第二款、第三款、第十二条至第十四条.

/// An article, a paragraph of it, an item of that; zero where it is not named. 第二十八条之一 counts as its
/// own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Article {
    number: u16,
    beside: u16,
    paragraph: u16,
    item: u16,
}

/// The articles a text names, ranges by their ends; or the part that names none.
pub(super) fn articles(text: &str) -> Result<Vec<Article>, &str> {
    let mut all: Vec<Article> = Vec::new();
    for part in text.split('、') {
        // What a part leaves out is that of the part before it.
        let before = all.last().copied();
        match part.split_once('至') {
            None => all.push(article(part, before).ok_or(part)?),
            Some((first, last)) => {
                let first = article(first, before).ok_or(part)?;
                let last = article(last, Some(first)).filter(|last| *last > first).ok_or(part)?;
                all.extend([first, last]);
            }
        }
    }
    Ok(all)
}

fn article(text: &str, before: Option<Article>) -> Option<Article> {
    let mut rest = text;
    let mut one = match before {
        Some(before) if !text.contains('条') => before,
        _ => Article { number: 0, beside: 0, paragraph: 0, item: 0 },
    };
    if let Some((number, after)) = counted(rest, '条') {
        (one.number, rest) = (number, after);
        if let Some(after) = rest.strip_prefix('之') {
            let end = after.find('第').unwrap_or(after.len());
            let (number, after) = after.split_at(end);
            (one.beside, rest) = (numeral(number)?, after);
        }
    }
    if let Some((number, after)) = counted(rest, '款') {
        (one.paragraph, one.item, rest) = (number, 0, after);
    }
    if let Some((number, after)) = counted(rest, '项') {
        (one.item, rest) = (number, after);
    }
    (one.number > 0 && !text.is_empty() && rest.is_empty()).then_some(one)
}

/// A number before its unit, and what follows.
fn counted(text: &str, unit: char) -> Option<(u16, &str)> {
    let (number, rest) = text.strip_prefix('第')?.split_once(unit)?;
    Some((numeral(number)?, rest))
}

/// A number from 1 to 999 as laws count: 十, 十二, 二十, 一百零一, 一百一十二.
fn numeral(text: &str) -> Option<u16> {
    const DIGITS: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let digit = |c: char| {
        let at = DIGITS.iter().position(|digit| *digit == c)?;
        u16::try_from(at + 1).ok()
    };
    let chars: Vec<char> = text.chars().collect();
    let (hundreds, rest) = match chars[..] {
        [digit_of, '百', ref rest @ ..] => (Some(digit(digit_of)?), rest),
        ref all => (None, all),
    };
    let below = match (hundreds, rest) {
        (Some(_), []) => 0,
        (Some(_), ['零', one]) | (None, [one]) if *one != '十' => digit(*one)?,
        (None, ['十']) => 10,
        (None, ['十', one]) => 10 + digit(*one)?,
        (_, [ten, '十']) => tens(hundreds, digit(*ten)?)?,
        (_, [ten, '十', one]) => tens(hundreds, digit(*ten)?)? + digit(*one)?,
        _ => return None,
    };
    Some(hundreds.unwrap_or(0) * 100 + below)
}

/// 一十 is written only after hundreds.
fn tens(hundreds: Option<u16>, ten: u16) -> Option<u16> {
    (hundreds.is_some() || ten > 1).then_some(ten * 10)
}

#[cfg(test)]
mod tests {
    use super::{articles, numeral};

    #[test]
    fn numbers_are_those_of_laws() {
        for (text, number) in
            [("一", 1), ("十", 10), ("十九", 19), ("二十", 20), ("九十九", 99), ("一百", 100)]
        {
            assert_eq!(numeral(text), Some(number), "{text}");
        }
        assert_eq!(numeral("一百零一"), Some(101));
        assert_eq!(numeral("一百一十二"), Some(112));
        for text in
            ["", "零", "一十", "十零", "二三", "一百十二", "一百一", "百", "12", "〇", "一百零十"]
        {
            assert_eq!(numeral(text), None, "{text}");
        }
    }

    #[test]
    fn articles_are_counted_as_the_law_counts_them() {
        for text in [
            "第九条",
            "第九条第二款",
            "第二十八条之一第三项",
            "第五条第一款、第三款、第三十条第六项",
            "第三十条第二项、第三项",
            "第二条、第四十一条至第四十五条",
        ] {
            assert!(articles(text).is_ok(), "{text}");
        }
        for text in [
            "第零条",
            "第〇条",
            "第9条",
            "九条",
            "第九",
            "第二款",
            "第九条、",
            "第九条至第九条",
            "第九条至第八条",
            "第九条;第十条",
            "第九条 第十条",
            "第九条，第十条",
            "第九条第二款第三款",
            "第九条之",
            "第九条，",
            "附件",
        ] {
            assert!(articles(text).is_err(), "{text}");
        }
    }
}
