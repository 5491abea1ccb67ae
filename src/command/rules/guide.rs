//! `permit-kiosk rules guide`: what somebody needs who wants to open a shop, as the kiosk tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::civil::Date;
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::domain::Language;
use permit_kiosk::rules::{
    Badge, By, Guide, Life, Need, Paper, PaperSource, Phase, Question, Rulebook, Sheet,
    Undertaking, Where,
};

use super::{Loaded, WRONG, load, no_law, say, words};
use crate::command::decide::day;

/// Ways to answer printed at most; `--answer` leaves fewer.
const WAYS_MAX: usize = 12;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rulebook's directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// What is to be opened, in any words; without, everything the guide knows.
    #[arg(value_name = "WORDS", default_value = "")]
    words: String,
    /// An answer to one of its questions, for example `bookshop-drinks=yes`.
    #[arg(long = "answer", value_name = "QUESTION=VALUE", value_parser = answer)]
    answers: Vec<(String, String)>,
    /// By the law of this day in China (2026-11-23), or of the day it there is at an instant (RFC 3339);
    /// today by default.
    #[arg(long, alias = "at", value_name = "DAY", value_parser = day)]
    today: Option<Date>,
    /// In which language.
    #[arg(long = "lang", value_name = "LANGUAGE", default_value = "zh")]
    language: Speech,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Speech {
    Zh,
    En,
}

fn answer(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').ok_or(
        "an answer is QUESTION=VALUE, for example bookshop-drinks=yes; without --answer the questions are told",
    )?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Loaded::Sound(rulebook) = load(Path::new(&args.directory))? else {
        return Ok(ExitCode::from(WRONG));
    };
    let today = args.today.unwrap_or_else(|| SystemClock.today());
    if rulebook.rule_set_on(today).is_none() {
        say(no_law(&rulebook, today));
        return Ok(ExitCode::from(WRONG));
    }
    let language = match args.language {
        Speech::Zh => Language::Zh,
        Speech::En => Language::En,
    };
    let found = rulebook.guide().search(&args.words);
    let Some((best, others)) = found.split_first() else {
        say(format!("nothing the guide knows fits '{}'", args.words));
        return Ok(ExitCode::from(WRONG));
    };
    if args.words.trim().is_empty() {
        for undertaking in &found {
            let (title, about) = (&undertaking.title, &undertaking.about);
            let id = &undertaking.id;
            say(format!("{id:<18} {} — {}", title.get(language), about.get(language)));
        }
        return Ok(ExitCode::SUCCESS);
    }
    for (question, value) in &args.answers {
        let mut asked = rulebook.guide().questions_of(best);
        let found = asked.find(|asked| asked.id == *question);
        if !found.is_some_and(|asked| asked.options.iter().any(|reply| reply.value == *value)) {
            say(not_asked(&rulebook, best, question, value, found, language));
            return Ok(ExitCode::from(WRONG));
        }
    }
    say(told(&rulebook, best, &args.answers, today, language));
    if !others.is_empty() {
        let titles = others.iter().take(8).map(|other| other.title.get(language));
        say(format!("\n? {}", titles.collect::<Vec<_>>().join(" | ")));
    }
    Ok(ExitCode::SUCCESS)
}

/// What can be answered, to somebody who gave an answer that cannot.
fn not_asked(
    rulebook: &Rulebook,
    undertaking: &Undertaking,
    question: &str,
    value: &str,
    found: Option<&Question>,
    language: Language,
) -> String {
    let title = undertaking.title.get(language);
    let wrong = match (language, found) {
        (Language::Zh, None) => format!("“{title}”没有问题 {question}。可以回答："),
        (Language::En, None) => format!("'{title}' asks no '{question}'. It can be answered:"),
        (Language::Zh, Some(_)) => format!("{question} 没有答案 {value}。可以回答："),
        (Language::En, Some(_)) => format!("'{question}' has no answer '{value}'. It can be:"),
    };
    let mut lines = vec![wrong];
    let asked: Vec<&Question> = match found {
        Some(found) => vec![found],
        None => rulebook.guide().questions_of(undertaking).collect(),
    };
    if asked.is_empty() {
        lines.push(words::pick(language, "（没有问题）", "(it asks nothing)").to_owned());
    }
    for asked in asked {
        lines.push(format!("  {}", asked.ask.get(language)));
        for reply in &asked.options {
            let label = reply.label.get(language);
            lines.push(format!("    --answer {}={}  {label}", asked.id, reply.value));
        }
    }
    lines.join("\n")
}

fn told(
    rulebook: &Rulebook,
    undertaking: &Undertaking,
    answers: &[(String, String)],
    today: Date,
    language: Language,
) -> String {
    let guide = rulebook.guide();
    let mut lines = vec![format!("{} ({today})", undertaking.title.get(language))];
    let mut ways = guide.ways(undertaking);
    ways.retain(|way| answers.iter().all(|(question, value)| way.get(question) == Some(value)));
    let left_out = ways.len().saturating_sub(WAYS_MAX);
    let mut parts: Vec<String> = Vec::new();
    for way in ways.iter().take(WAYS_MAX) {
        lines.push(String::new());
        lines.extend(answered(guide, undertaking, way, language));
        for need in rulebook.needs(undertaking, way, today) {
            lines.extend(one(guide, &need, language));
            // The life told is that of a licence or a filing; what the counter registers has another.
            if let By::Here { .. } = need.by
                && matches!(need.badge, Badge::Licence | Badge::Filing)
                && !parts.contains(&need.id)
            {
                parts.push(need.id.clone());
            }
        }
    }
    if left_out > 0 {
        lines.push(format!("… {left_out} more ways to answer: --answer QUESTION=VALUE"));
    }
    for life in parts.iter().filter_map(|part| guide.life(part)) {
        lines.push(String::new());
        lines.extend(lived(life, language));
    }
    lines.join("\n")
}

fn answered(
    guide: &Guide,
    undertaking: &Undertaking,
    way: &BTreeMap<String, String>,
    language: Language,
) -> Vec<String> {
    guide
        .questions_of(undertaking)
        .filter_map(|question| {
            let value = way.get(&question.id)?;
            let reply = question.options.iter().find(|reply| reply.value == *value)?;
            let (ask, label) = (question.ask.get(language), reply.label.get(language));
            Some(format!("  {ask} {label}  [{}={value}]", question.id))
        })
        .collect()
}

fn one(guide: &Guide, need: &Need, language: Language) -> Vec<String> {
    let title = need.title.get(language);
    let badge = badge(need.badge, language);
    match &need.by {
        By::Here { verdict, finding, entry, service, papers } => {
            let comes_to = words::verdict(*verdict, language);
            let mut lines = vec![format!("  [{badge}] {title} — {comes_to} ({})", finding.code)];
            let message = finding.message.get(language);
            lines.push(format!("      {message}{}", bracketed(&finding.citation, language)));
            if need.badge == Badge::Registration {
                // Not the licence's papers and times: the counter's.
                lines.push(format!("      {}", finding.remedy.get(language)));
            } else if let Some(entry) = entry {
                lines.push(format!("      → {entry}"));
                let told = guide.sheet(*service).into_iter();
                lines.extend(told.flat_map(|told| sheet(told, papers, language)));
            }
            lines
        }
        By::Other(other) => vec![
            format!("  [{badge}] {title} — {}", other.organ.get(language)),
            format!("      {}{}", other.why.get(language), bracketed(&other.cite, language)),
            format!(
                "      {} · {} · {} · {}",
                other.place.get(language),
                other.phone,
                other.time.get(language),
                other.bring.get(language)
            ),
        ],
    }
}

/// What stands in brackets behind a text, as each language writes them.
fn bracketed(text: &str, language: Language) -> String {
    match language {
        Language::Zh => format!("（{text}）"),
        Language::En => format!(" ({text})"),
    }
}

fn sheet(sheet: &Sheet, papers: &[Paper], language: Language) -> Vec<String> {
    let tags: Vec<&str> = sheet.modes.iter().map(|mode| mode.title.get(language)).collect();
    let mut lines = vec![
        format!("      {}", tags.join(" · ")),
        format!(
            "      {} | {} | {} | {} | {}",
            sheet.limit.get(language),
            sheet.here.get(language),
            sheet.fee.get(language),
            sheet.result.get(language),
            sheet.validity.get(language)
        ),
    ];
    for paper in papers {
        let mark = match paper.source {
            PaperSource::Register => "=",
            PaperSource::MadeHere => "+",
            PaperSource::Applicant => "!",
            PaperSource::Premises => "@",
        };
        let later = match (paper.may_follow, language) {
            (false, _) => String::new(),
            (true, Language::Zh) => bracketed("可容缺后补", language),
            (true, Language::En) => bracketed("may follow later", language),
        };
        let when = paper.when.as_ref().map(|when| bracketed(when.get(language), language));
        let colon = match language {
            Language::Zh => "：",
            Language::En => ": ",
        };
        lines.push(format!(
            "      {mark} {}{}{later}{colon}{}",
            paper.title.get(language),
            when.unwrap_or_default(),
            paper.form.get(language)
        ));
    }
    lines
}

fn lived(life: &Life, language: Language) -> Vec<String> {
    let mut lines = vec![life.title.get(language).to_owned()];
    for step in &life.steps {
        let phase = match (step.phase, language) {
            (Phase::Enter, Language::Zh) => "准入",
            (Phase::Enter, Language::En) => "open",
            (Phase::Run, Language::Zh) => "经营",
            (Phase::Run, Language::En) => "run",
            (Phase::Change, Language::Zh) => "变更",
            (Phase::Change, Language::En) => "change",
            (Phase::Leave, Language::Zh) => "退出",
            (Phase::Leave, Language::En) => "leave",
        };
        let place = match (step.place, language) {
            (Where::Kiosk, Language::Zh) => "本机",
            (Where::Kiosk, Language::En) => "this terminal",
            (Where::Counter, Language::Zh) => "窗口",
            (Where::Counter, Language::En) => "counter",
            (Where::Online, Language::Zh) => "网上",
            (Where::Online, Language::En) => "online",
            (Where::Premises, Language::Zh) => "经营场所",
            (Where::Premises, Language::En) => "premises",
            (Where::Other, Language::Zh) => "其他部门",
            (Where::Other, Language::En) => "other organ",
        };
        let (what, when) = (step.what.get(language), step.when.get(language));
        let cite = bracketed(&step.cite, language);
        lines.push(format!("  {phase}  {what} · {when} · {place}{cite}"));
    }
    lines
}

fn badge(badge: Badge, language: Language) -> &'static str {
    match (badge, language) {
        (Badge::Licence, Language::Zh) => "许可",
        (Badge::Licence, Language::En) => "licence",
        (Badge::Filing, Language::Zh) => "备案",
        (Badge::Filing, Language::En) => "filing",
        (Badge::Registration, Language::Zh) => "登记",
        (Badge::Registration, Language::En) => "registration",
        (Badge::Nothing, Language::Zh) => "不需要",
        (Badge::Nothing, Language::En) => "not needed",
    }
}
