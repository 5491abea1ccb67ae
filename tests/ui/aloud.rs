//! Reading aloud: all of a page, also what is out of sight; every page that is turned to; nothing personal.

use permit_kiosk::domain::Language;
use permit_kiosk::session::event::Event;

use super::stand::{Stand, holdings};

#[test]
fn all_of_a_promise_is_read_also_what_does_not_fit_on_the_glass() {
    for (width, height, large, language) in [
        (1080.0, 1920.0, false, Language::Zh),
        (1280.0, 800.0, true, Language::Zh),
        (1280.0, 800.0, true, Language::En),
    ] {
        let mut stand = Stand::new();
        stand.resize(width, height);
        stand.come_to_the_form("convenience-shop");
        stand.happen(Event::LargePrintChosen(large));
        stand.speak(language);
        for (field, answer) in super::scenes::shop("no") {
            stand.happen(Event::Answered { field: field.to_owned(), answer });
        }
        stand.happen(Event::FormConfirmed);
        stand.listen();
        let said = stand.said();
        let heard: String = said.iter().map(|(_, text)| text.as_str()).collect();
        let promise = stand.session().promise().unwrap();
        for line in promise.text.get(language).lines() {
            assert!(heard.contains(line), "{width}x{height}: {line} is not in {heard}");
        }
        assert!(said.iter().all(|(spoken, _)| *spoken == language));
    }
}

#[test]
fn every_page_that_is_turned_to_is_read_and_none_twice() {
    let mut stand = Stand::new();
    stand.touch("primary");
    stand.listen();
    let heard = |stand: &Stand| stand.said().len();
    let count = heard(&stand);
    assert!(count >= 1, "the screen that is there");
    for (button, more) in [("group:food", 1), ("group:food", 0), ("group:held", 1), ("later", 1)] {
        if stand.place(button).is_none() {
            continue;
        }
        let before = heard(&stand);
        stand.touch(button);
        assert_eq!(heard(&stand) - before, more, "{button}: {:?}", stand.said().last());
    }
    stand.wait(3);
    let before = heard(&stand);
    stand.wait(3);
    assert_eq!(heard(&stand), before, "the same page is not read again");
}

#[test]
fn what_went_wrong_at_the_end_is_read() {
    let text = permit_kiosk::ui::text::strings(Language::Zh);
    let heard =
        |stand: &Stand| -> String { stand.said().into_iter().map(|(_, said)| said).collect() };
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.fill_shop("yes");
    stand.listen();
    stand.touch("primary");
    stand.happen(Event::NotRecorded);
    assert!(heard(&stand).contains(text.not_recorded_title), "{}", heard(&stand));

    let mut stand = Stand::new();
    stand.come_to_the_results(holdings(), Vec::new());
    stand.listen();
    stand.touch("copy");
    stand.happen(Event::NoCopy);
    assert!(heard(&stand).contains(text.results_elsewhere), "{}", heard(&stand));
}

/// Said once it has stood there for a second: the first digit is wrong only until the second.
#[test]
fn what_is_wrong_with_an_answer_is_said_beside_it() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.listen();
    let (mut pages, area) = (0, "key:0");
    while stand.place(area).is_none() {
        assert!(pages < 8, "{:?}", stand.texts());
        if stand.place("choice:370303002").is_some() {
            stand.touch("choice:370303002");
        }
        stand.touch("primary");
        pages += 1;
    }
    stand.wait(3);
    let count = |stand: &Stand| stand.said().len();
    let before = count(&stand);
    stand.touch("key:0");
    stand.wait(3);
    let said = stand.said();
    assert_eq!(said.len(), before + 1, "{said:?}");
    assert!(said.last().unwrap().1.contains("请填写"), "{said:?}");
    assert!(stand.shows(&said.last().unwrap().1), "as it stands there: {:?}", stand.texts());
    // It is mended within the second, and nothing more is said.
    stand.touch("key:clear");
    stand.touch("key:6");
    stand.touch("key:0");
    stand.wait(3);
    assert_eq!(count(&stand), before + 1, "{:?}", stand.said().last());
}

#[test]
fn what_registers_and_applicants_said_is_not_read() {
    let mut stand = Stand::new();
    stand.come_to_the_form("convenience-shop");
    stand.listen();
    let heard: String = stand.said().into_iter().map(|(_, text)| text).collect();
    let title = permit_kiosk::ui::text::strings(Language::Zh).registered_title;
    assert!(heard.contains(title), "{heard}");
    for personal in ["云帆", "秦", "91370303MAXX01026W"] {
        assert!(!heard.contains(personal), "{heard}");
    }
}
