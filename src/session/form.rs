//! The form: prefilled fields from the registers, the missing facts, each checked as it is answered.

use crate::domain::Bilingual;
use crate::session::event::Answer;

/// One line of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The path of the fact it answers, for example `place.central_air`.
    pub key: String,
    /// What is asked.
    pub label: Bilingual,
    /// One sentence of help, may be empty.
    pub help: Bilingual,
    /// How it is answered.
    pub kind: FieldKind,
    /// Whether it may be left unanswered.
    pub optional: bool,
    /// The answer so far.
    pub answer: Option<Answer>,
    /// The register it comes from; such a field is shown, not asked.
    pub source: Option<Bilingual>,
    /// What is wrong with the answer, told beside the field.
    pub problem: Option<Bilingual>,
}

/// How a field is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// One of these.
    Choice(Vec<Choice>),
    /// Any of these.
    Choices(Vec<Choice>),
    /// Yes or no.
    YesNo,
    /// A whole number in this range, with its unit.
    Number {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// For example m².
        unit: Bilingual,
    },
    /// A text of at most so many characters.
    Text {
        /// Most characters.
        chars_max: usize,
    },
    /// A day.
    Date,
}

/// One choice of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value of the fact.
    pub value: String,
    /// The words.
    pub label: Bilingual,
}

impl Field {
    /// Takes an answer and checks it at once.
    pub fn answer(&mut self, answer: Answer) {
        self.problem = self.check(&answer);
        self.answer = Some(answer);
    }

    /// Whether nothing is left to do about it.
    pub fn is_complete(&self) -> bool {
        self.problem.is_none() && (self.optional || self.source.is_some() || self.answer.is_some())
    }

    fn check(&self, answer: &Answer) -> Option<Bilingual> {
        let offered =
            |choices: &[Choice], value: &String| choices.iter().any(|c| c.value == *value);
        match (&self.kind, answer) {
            (FieldKind::Choice(choices), Answer::Choice(value)) if offered(choices, value) => None,
            (FieldKind::Choices(choices), Answer::Choices(values))
                if (self.optional || !values.is_empty())
                    && values.iter().all(|value| offered(choices, value)) =>
            {
                None
            }
            (FieldKind::Choices(_), Answer::Choices(_)) => {
                Some(Bilingual::new("请至少选择一项", "Choose at least one"))
            }
            (FieldKind::YesNo, Answer::YesNo(_)) => None,
            (FieldKind::Number { min, max, unit }, Answer::Number(typed)) => {
                check_number(typed, *min, *max, unit)
            }
            (FieldKind::Text { chars_max }, Answer::Text(typed)) => check_text(typed, *chars_max),
            (FieldKind::Date, Answer::Date(_)) => None,
            _ => Some(Bilingual::new("请重新选择", "Please choose again")),
        }
    }
}

fn check_number(typed: &str, min: i64, max: i64, unit: &Bilingual) -> Option<Bilingual> {
    match typed.trim().parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => None,
        Ok(_) => Some(Bilingual::new(
            format!("请填写 {min} 到 {max} 之间的数（{}）", unit.zh),
            format!("Enter a number between {min} and {max} ({})", unit.en),
        )),
        Err(_) => Some(Bilingual::new("请填写整数", "Enter a whole number")),
    }
}

fn check_text(typed: &str, chars_max: usize) -> Option<Bilingual> {
    let count = typed.trim().chars().count();
    if count == 0 {
        Some(Bilingual::new("请填写此项", "Please fill this in"))
    } else if count > chars_max {
        Some(Bilingual::new(
            format!("最多 {chars_max} 个字"),
            format!("At most {chars_max} characters"),
        ))
    } else if typed.chars().any(char::is_control) {
        Some(Bilingual::new("含有无法打印的字符", "Contains characters that cannot be printed"))
    } else {
        None
    }
}
