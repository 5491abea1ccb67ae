//! The voice: a program of the system that is given each text on its standard input.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use permit_kiosk::config;
use permit_kiosk::domain::Language;
use permit_kiosk::speech::Speech;

/// A voice whose words come out of a pipe; after them it goes on making sounds for an hour.
fn listened_to(pipe: &Path) -> (Speech, BufReader<File>) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let speak = format!("echo $0 > {0}; cat > {0}; exec sleep 3600", pipe.display());
    let program =
        |language: &str| vec!["sh".to_owned(), "-c".to_owned(), speak.clone(), language.to_owned()];
    let programs = config::Speech { zh: program("zh"), en: program("en") };
    let speech = Speech::start(programs).unwrap();
    // Open for both, so that the pipe never ends between two texts.
    let file = File::options().read(true).write(true).open(pipe).unwrap();
    (speech, BufReader::new(file))
}

fn heard(pipe: &mut BufReader<File>) -> String {
    let mut line = String::new();
    pipe.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn a_text_is_said_in_its_language_and_a_new_one_ends_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let (speech, mut pipe) = listened_to(&folder.path().join("voice"));
    speech.say(Language::Zh, "请证明您是谁。\n".to_owned());
    assert_eq!((heard(&mut pipe), heard(&mut pipe)), ("zh".into(), "请证明您是谁。".into()));
    // The first program would go on for an hour.
    speech.say(Language::En, "Please show who you are.\n".to_owned());
    assert_eq!(
        (heard(&mut pipe), heard(&mut pipe)),
        ("en".into(), "Please show who you are.".into())
    );
    speech.hush();
    speech.say(Language::Zh, "下一步。\n".to_owned());
    assert_eq!((heard(&mut pipe), heard(&mut pipe)), ("zh".into(), "下一步。".into()));
}

#[test]
fn without_a_program_everything_is_silent_and_nothing_fails() {
    let none = config::Speech { zh: Vec::new(), en: vec!["/no/such/voice".to_owned()] };
    let speech = Speech::start(none).unwrap();
    for _ in 0..100 {
        speech.say(Language::Zh, "一".repeat(20_000));
        speech.say(Language::En, "one".to_owned());
        speech.hush();
    }
}
