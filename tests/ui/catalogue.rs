//! The words: none empty, none without a glyph, both languages different.

use std::path::Path;

use permit_kiosk::domain::Language;
use permit_kiosk::domain::identifier::IdentifierErrorKind;
use permit_kiosk::ui::app::undrawable;
use permit_kiosk::ui::text::strings;

#[test]
fn no_text_is_empty() {
    for language in [Language::Zh, Language::En] {
        for (key, words) in strings(language).words() {
            assert!(!words.trim().is_empty(), "{key} is empty in {language:?}");
            assert_eq!(words, words.trim(), "{key} has spaces around it in {language:?}");
        }
    }
}

#[test]
fn each_language_speaks_for_itself() {
    let is_han = |text: &str| text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let (zh, en) = (strings(Language::Zh), strings(Language::En));
    for ((key, chinese), (_, english)) in zh.words().into_iter().zip(en.words()) {
        // The switch names the other language in that language.
        if key == "other_language" {
            continue;
        }
        assert!(is_han(chinese), "{key}: {chinese}");
        assert!(!is_han(english), "{key}: {english}");
    }
}

#[test]
fn every_text_can_be_drawn() {
    for language in [Language::Zh, Language::En] {
        let all: String = strings(language).words().into_iter().map(|(_, words)| words).collect();
        assert_eq!(undrawable(&all), "", "{language:?}");
    }
    assert_ne!(undrawable("\u{E000}"), "", "a private-use character has no glyph");
}

#[test]
fn sentences_carry_their_arguments() {
    for language in [Language::Zh, Language::En] {
        let text = strings(language);
        for (sentence, argument) in [
            ((text.guide_other)("5 天", "执照"), "执照"),
            ((text.guide_why)("要许可。", "第五条"), "第五条"),
            ((text.telling_when)("清单", "有机器"), "有机器"),
            ((text.step)(3, 6), "3"),
            ((text.page)(2, 5), "5"),
            ((text.date)(jiff::civil::date(2026, 11, 20)), "2026"),
            ((text.month)(2026, 11), "2026"),
            ((text.privacy)("某局"), "某局"),
            ((text.person)("林**", "370303********9988"), "9988"),
            ((text.question)(2, 5), "5"),
            ((text.source)("营业执照数据库"), "营业执照数据库"),
            ((text.registers_answered)(1, 3), "1"),
            ((text.uscc_missing)(7), "7"),
            ((text.uscc_problem)(IdentifierErrorKind::Character { position: 4 }), "4"),
            ((text.number_range)(1, 500, "间"), "500"),
            ((text.characters_left)(12), "12"),
            ((text.due)("2026-12-01"), "2026-12-01"),
            ((text.still_there_more)(17), "17"),
            ((text.ends_in)(9), "9"),
            ((text.findings)(4), "4"),
            ((text.since)("11-20 09:12"), "09:12"),
            ((text.fixed_by)("x"), "x"),
            ((text.tries_left)(3), "3"),
            ((text.locked_until)("11-20 09:12"), "09:12"),
            ((text.faults_stand)(4), "4"),
            ((text.work_asking)("/dev/ttyUSB0", 1, 4), "/dev/ttyUSB0"),
            ((text.settings_line)(27), "27"),
            ((text.tray)(249, 120_001, 120_250), "120250"),
            ((text.records_of)(17, 20), "17"),
            ((text.records)(17), "17"),
            ((text.signed_in_as)("wang", "r"), "wang"),
        ] {
            assert!(sentence.contains(argument), "{sentence:?} lost {argument:?}");
        }
    }
}

#[test]
fn no_word_of_a_screen_stands_outside_the_catalogue() {
    let is_han = |letter: char| ('\u{4E00}'..='\u{9FFF}').contains(&letter);
    let mut folders = vec!["screen", "widget"]
        .into_iter()
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui").join(name))
        .collect::<Vec<_>>();
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            for (number, line) in (1..).zip(std::fs::read_to_string(&path).unwrap().lines()) {
                // What tests and comments say, no screen shows.
                if line == "#[cfg(test)]" {
                    break;
                }
                let code = line.split("//").next().unwrap();
                assert!(!code.chars().any(is_han), "{}:{number}: {line}", path.display());
            }
        }
    }
    assert!(files > 30, "{files} files were looked at");
}
