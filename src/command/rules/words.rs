//! The words of the law's terms, in both languages, for those who read about editions.

use permit_kiosk::domain::{Language, ServiceCode, Verdict};

/// One of two texts.
pub(super) fn pick<'t>(language: Language, zh: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// A language of the command line.
pub(super) fn language(text: &str) -> Result<Language, String> {
    match text {
        "zh" => Ok(Language::Zh),
        "en" => Ok(Language::En),
        _ => Err("zh or en".to_owned()),
    }
}

/// What a verdict comes to.
pub(super) fn verdict(verdict: Verdict, language: Language) -> &'static str {
    let (zh, en) = match verdict {
        Verdict::Stop => ("本次不能办理", "the visit ends here"),
        Verdict::RefuseAccept => {
            ("拟不予受理（由工作人员确认）", "proposed not to be accepted (an officer confirms)")
        }
        Verdict::NotCompetent => ("不属于本机关", "another organ decides"),
        Verdict::NotRequired => ("无需办理", "no permit is needed"),
        Verdict::NewApplication => ("应当重新申请", "a new application is needed"),
        Verdict::TooEarly => ("尚未到可以办理的时间", "too early"),
        Verdict::FixOnSpot => ("当场更正", "to be mended on the spot"),
        Verdict::Supplement => ("一次告知补正", "papers to be supplied, all named at once"),
        Verdict::ReferOnsite => ("受理，现场核查", "accepted, officers inspect the premises"),
        Verdict::Refer => ("受理，由工作人员审查", "accepted, an officer decides"),
        Verdict::ShowPartial => ("逐项显示状态", "each part is shown with its own state"),
        Verdict::OfferRegistration => ("先提供登记办法", "the simpler registration is offered"),
        Verdict::File => ("当场备案", "filed on the spot"),
        Verdict::Issue => ("当场发证", "issued on the spot"),
    };
    pick(language, zh, en)
}

/// A service by its code.
pub(super) fn service(code: &str, language: Language) -> String {
    let Some(service) = ServiceCode::parse(code) else { return code.to_owned() };
    match language {
        Language::Zh => service.title().to_owned(),
        Language::En => english(service).to_owned(),
    }
}

fn english(service: ServiceCode) -> &'static str {
    match service {
        ServiceCode::FoodNew => "food business licence (new)",
        ServiceCode::FoodChange => "food business licence (change)",
        ServiceCode::FoodRenew => "food business licence (renewal)",
        ServiceCode::FoodReissue => "food business licence (reissue)",
        ServiceCode::FoodCancel => "food business licence (cancellation)",
        ServiceCode::FoodFile => "filing of prepackaged food sale",
        ServiceCode::FoodFileChange => "filing of prepackaged food sale (change)",
        ServiceCode::HygieneNew => "public-place hygiene licence (new)",
        ServiceCode::HygieneFile => "public-place hygiene filing",
        ServiceCode::HygieneChange => "public-place hygiene licence (change)",
        ServiceCode::HygieneRenew => "public-place hygiene licence (renewal)",
        ServiceCode::HygieneReissue => "public-place hygiene licence (reissue)",
        ServiceCode::HygieneCancel => "public-place hygiene licence (cancellation)",
        ServiceCode::CombinedChange => "combined permit (change)",
        ServiceCode::CombinedShow => "combined permit (state of its parts)",
        ServiceCode::CombinedNew => "combined permit (new)",
        ServiceCode::ResultShow => "results",
    }
}

/// Some services, or all of them.
pub(super) fn services(codes: &[String], language: Language) -> String {
    if codes.is_empty() {
        return pick(language, "所有事项", "every service").to_owned();
    }
    let names: Vec<String> = codes.iter().map(|code| service(code, language)).collect();
    names.join(pick(language, "、", ", "))
}

/// Columns of a terminal: Chinese characters take two.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

/// The lines of a text, none wider than `width` columns.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if columns(&line) + columns(word.trim_end()) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for character in word.chars() {
                // Chinese has no blanks to break at.
                if columns(&line) >= width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(character);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Two texts beside each other, the old one left.
pub(super) fn beside(old: &str, new: &str, width: usize) -> Vec<String> {
    let (old, new) = (wrap(old, width), wrap(new, width));
    (0..old.len().max(new.len()))
        .map(|row| {
            let left = old.get(row).map_or("", String::as_str);
            let right = new.get(row).map_or("", String::as_str);
            let blank = " ".repeat(width.saturating_sub(columns(left)));
            format!("{left}{blank} │ {right}").trim_end().to_owned()
        })
        .collect()
}
