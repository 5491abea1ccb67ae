//! Breaking text into lines by the rules of Chinese typesetting (避头尾: GB/T 15834-2011, 5.1).

use super::{Error, fonts::Face};

/// What must not begin a line: closing marks stay with what they close.
const NOT_FIRST: &str = "，。、；：？！）》】〕」』”’…—～·％,.;:?!)]}%";

/// What must not end a line: opening marks go with what they open.
const NOT_LAST: &str = "（《【〔「『“‘([{";

/// Breaks a text into lines of at most `width_em`. A line feed always breaks; Chinese may break
/// between any two characters that the rules do not hold together; digits and Latin letters keep
/// together unless one word alone is longer than a line.
pub(super) fn wrap(face: &Face, text: &str, width_em: f32) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(face, paragraph, width_em, &mut lines)?;
    }
    Ok(lines)
}

fn wrap_paragraph(
    face: &Face,
    text: &str,
    width_em: f32,
    lines: &mut Vec<String>,
) -> Result<(), Error> {
    let pieces = pieces(face, text, width_em)?;
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
fn pieces(face: &Face, text: &str, width_em: f32) -> Result<Vec<(String, f32)>, Error> {
    let mut pieces: Vec<(String, f32)> = Vec::new();
    let mut before: Option<char> = None;
    for character in text.chars() {
        let em = face.advance_em(character)?;
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
    // 2026年11月23日 stays in one line: a date torn apart is easily misread.
    let unit = |character: char| matches!(character, '年' | '月' | '日');
    let date = (before.is_ascii_digit() && unit(after)) || (unit(before) && after.is_ascii_digit());
    (word(before) && word(after)) || date || NOT_FIRST.contains(after) || NOT_LAST.contains(before)
}
