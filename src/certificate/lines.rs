//! Breaking text into lines by the rules of Chinese typesetting (避头尾: GB/T 15834-2011, 5.1).

use super::Error;

/// What must not begin a line: closing marks stay with what they close.
const NOT_FIRST: &str = "，。、；：？！）》】〕」』”’…—～·％,.;:?!)]}%";

/// What must not end a line: opening marks go with what they open.
const NOT_LAST: &str = "（《【〔「『“‘([{";

/// Breaks a text into lines of at most `width_em`. A line feed always breaks; Chinese may break
/// between any two characters that the rules do not hold together; digits and Latin letters keep
/// together unless one word alone is longer than a line. `advance_em` measures a character.
pub(super) fn wrap(
    advance_em: &impl Fn(char) -> Result<f32, Error>,
    text: &str,
    width_em: f32,
) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(advance_em, paragraph, width_em, &mut lines)?;
    }
    Ok(lines)
}

fn wrap_paragraph(
    advance_em: &impl Fn(char) -> Result<f32, Error>,
    text: &str,
    width_em: f32,
    lines: &mut Vec<String>,
) -> Result<(), Error> {
    let pieces = pieces(advance_em, text, width_em)?;
    let mut line = String::new();
    let mut used_em = 0.0;
    for (piece, piece_em) in pieces {
        // A hundredth of an em of tolerance: sums of rounded advances must not break a full line.
        if used_em + piece_em > width_em + 0.01 && !line.is_empty() {
            lines.push(line.trim_end().to_owned());
            line = String::new();
            used_em = 0.0;
            if piece == " " {
                continue;
            }
        }
        line.push_str(&piece);
        used_em += piece_em;
    }
    lines.push(line.trim_end().to_owned());
    Ok(())
}

/// The unbreakable pieces of a text with their widths.
fn pieces(
    advance_em: &impl Fn(char) -> Result<f32, Error>,
    text: &str,
    width_em: f32,
) -> Result<Vec<(String, f32)>, Error> {
    let mut pieces: Vec<(String, f32)> = Vec::new();
    let mut before: Option<char> = None;
    for character in text.chars() {
        let em = advance_em(character)?;
        let held = before.is_some_and(|before| held_together(before, character));
        match pieces.last_mut() {
            // However strict the rules, no piece outgrows a line: nothing is ever cut off.
            Some((piece, piece_em)) if held && *piece_em + em <= width_em => {
                piece.push(character);
                *piece_em += em;
            }
            _ => pieces.push((character.to_string(), em)),
        }
        before = Some(character);
    }
    Ok(pieces)
}

fn held_together(before: char, after: char) -> bool {
    let word = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '*' | '-' | '/' | '_' | '&')
    };
    // 2026年11月23日 and 第0001号 stay in one line: torn apart they are easily misread.
    let unit = |character: char| matches!(character, '年' | '月' | '日' | '第' | '号');
    let counted =
        (before.is_ascii_digit() && unit(after)) || (unit(before) && after.is_ascii_digit());
    (word(before) && word(after))
        || counted
        || NOT_FIRST.contains(after)
        || NOT_LAST.contains(before)
}

#[cfg(test)]
mod tests {
    use super::wrap;

    /// Chinese is one em wide, everything in ASCII half an em.
    #[track_caller]
    fn check(text: &str, width_em: f32, expected: &[&str]) {
        let advance_em = |character: char| Ok(if character.is_ascii() { 0.5 } else { 1.0 });
        let lines = wrap(&advance_em, text, width_em).expect("every character is known here");
        assert_eq!(lines, expected, "{text:?} in {width_em} em");
    }

    #[test]
    fn chinese_breaks_anywhere_and_a_full_line_is_full() {
        check("张店区公园街道", 3.0, &["张店区", "公园街", "道"]);
        check("张店区", 3.0, &["张店区"]);
        check("", 3.0, &[""]);
    }

    #[test]
    fn closing_marks_do_not_begin_and_opening_marks_do_not_end_a_line() {
        check("热食，冷食，饮品", 2.0, &["热", "食，", "冷", "食，", "饮品"]);
        check("制售（含冷荤）类", 3.0, &["制售", "（含冷", "荤）类"]);
        check("公司(演示)", 3.0, &["公司", "(演示)"]);
        check("他说：“好。”", 4.0, &["他说：", "“好。”"]);
    }

    #[test]
    fn words_dates_and_numbers_stay_whole() {
        check("代码91370303MAXX01026W", 9.0, &["代码", "91370303MAXX01026W"]);
        check("自2026年11月23日起", 7.0, &["自", "2026年11月23日", "起"]);
        check("公证〔2026〕第0001号", 7.0, &["公证〔2026〕", "第0001号"]);
        check("one two", 2.0, &["one", "two"]);
    }

    #[test]
    fn a_line_feed_always_breaks() {
        check("本证\n长期", 10.0, &["本证", "长期"]);
    }

    #[test]
    fn no_rule_makes_a_line_longer_than_the_paper() {
        check("），）：；）", 2.0, &["），", "）：", "；）"]);
        check("ABCDEFGH", 2.0, &["ABCD", "EFGH"]);
    }
}
