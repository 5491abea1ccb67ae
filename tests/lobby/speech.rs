//! The voice: what was recorded is played, the rest is given to a program of the system on its standard
//! input.

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
    let settings = config::Speech {
        zh: program("zh"),
        en: program("en"),
        recordings: Some(pipe.parent().unwrap().to_owned()),
        player: ["sh", "-c", &format!("echo \"plays $0\" > {}", pipe.display())]
            .map(str::to_owned)
            .to_vec(),
    };
    let speech = Speech::start(settings).unwrap();
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
fn what_was_recorded_is_played_and_the_rest_is_said_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let recorded = folder.path().join("zh");
    std::fs::create_dir(&recorded).unwrap();
    for name in ["who.wav", "next.wav"] {
        std::fs::write(recorded.join(name), "RIFF").unwrap();
    }
    std::fs::write(folder.path().join("elsewhere.wav"), "RIFF").unwrap();
    // Neither a file that is not there nor one of another folder is played, and a line may be broken.
    let list =
        "who.wav\t请证明您是谁\nnext.wav\t下一步。\n\nlost.wav\t返回\n../elsewhere.wav\t帮助\n取消";
    std::fs::write(recorded.join("list.tsv"), list).unwrap();
    let (speech, mut pipe) = listened_to(&folder.path().join("voice"));
    let played = |name: &str| format!("plays {}", recorded.join(name).display());
    speech
        .say(Language::Zh, "请证明您是谁。\n下一步。\n返回。\n帮助。\n请证明您是谁。\n".to_owned());
    assert_eq!(heard(&mut pipe), played("who.wav"));
    assert_eq!(heard(&mut pipe), played("next.wav"));
    // What was not recorded is said in one go, and that goes on for an hour.
    let said = [heard(&mut pipe), heard(&mut pipe), heard(&mut pipe)];
    assert_eq!(said, ["zh", "返回。", "帮助。"]);
    // Nobody has recorded the other language.
    speech.say(Language::En, "Next.\n".to_owned());
    assert_eq!((heard(&mut pipe), heard(&mut pipe)), ("en".into(), "Next.".into()));
    speech.say(Language::Zh, "下一步。\n".to_owned());
    assert_eq!(heard(&mut pipe), played("next.wav"));
}

#[test]
fn without_a_program_everything_is_silent_and_nothing_fails() {
    let none = config::Speech {
        zh: Vec::new(),
        en: vec!["/no/such/voice".to_owned()],
        recordings: Some("/no/such/folder".into()),
        player: Vec::new(),
    };
    let speech = Speech::start(none).unwrap();
    for _ in 0..100 {
        speech.say(Language::Zh, "一".repeat(20_000));
        speech.say(Language::En, "one".to_owned());
        speech.hush();
    }
}
