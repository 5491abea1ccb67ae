//! The power goes while a certificate is on its way. What its printer has counted since says whether anybody
//! has to look.

use permit_kiosk::domain::ApplicationId;
use permit_kiosk::session::event::Paper;
use permit_kiosk::wire::v1::{Body, Document, PrintStep};

use super::Lobby;

/// Goes on until the original is on its way and the counter before its first byte is on record.
fn until_sent(lobby: &mut Lobby, application: ApplicationId) {
    lobby.until_paper(Paper::Original, |state| !state.is_settled());
    loop {
        let jobs = lobby.kiosk.journal.print_jobs(application).unwrap();
        let original = jobs.iter().find(|job| job.document == Document::Original).unwrap();
        assert!(matches!(original.step, PrintStep::Queued | PrintStep::Sent), "{original:?}");
        if original.sent.is_some_and(|sent| sent.count_before.is_some()) {
            return;
        }
        std::thread::yield_now();
    }
}

/// Its original's steps, with what the counter said around each attempt.
fn steps(bodies: Vec<Body>, application: ApplicationId) -> Vec<(PrintStep, Option<i64>)> {
    let mut steps = Vec::new();
    for body in bodies {
        if let Body::Printed(printed) = body
            && (printed.application, printed.document) == (application, Document::Original)
        {
            let counted = printed
                .counts
                .and_then(|counts| Some(counts.after?.cast_signed() - counts.before.cast_signed()));
            steps.push((printed.step, counted));
        }
    }
    steps
}

#[test]
fn a_certificate_cut_off_on_its_way_is_printed_when_the_counter_has_stood_still() {
    let mut lobby = Lobby::slow();
    let application = lobby.issue();
    until_sent(&mut lobby, application);
    lobby.restart();
    lobby.until_confirmed(application, Document::Original);
    lobby.until_confirmed(application, Document::Copy);
    assert_eq!(lobby.sheets(), 2, "what was cut off is not on paper");
    let job_end = PrintStep::Confirmed { evidence: "JobEnd".to_owned() };
    let expected = [
        (PrintStep::Sent, None),
        (PrintStep::Unknown, None),
        (PrintStep::NotPrinted, Some(0)),
        (PrintStep::Queued, None),
        (PrintStep::Sent, None),
        (job_end, None),
    ];
    assert_eq!(steps(lobby.end(), application), expected);
}

#[test]
fn a_certificate_that_came_out_unheard_of_is_asked_for_and_not_printed_again() {
    let mut lobby = Lobby::new();
    // It does not tell when a job ends: the kiosk asks for its counter once a second.
    lobby.hand("page_printer jobs unknown");
    // Where the kiosk has asked before the cut came, once more.
    let application = loop {
        let (application, sheets) = (lobby.issue(), lobby.sheets());
        lobby.hand(&format!("wait page_printer printed {}", sheets + 1));
        lobby.restart();
        lobby.until("the printer", |lobby| lobby.equipment.page_printer);
        // The copy, which had not been sent, is printed; of the original a person is asked.
        lobby.until_confirmed(application, Document::Copy);
        assert_eq!(lobby.sheets(), sheets + 2);
        if lobby.step(application, Document::Original) == PrintStep::Unknown {
            break application;
        }
        assert!(lobby.sheets() < 8, "the kiosk always hears of it in time");
    };
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Unknown);
    let expected = [(PrintStep::Sent, None), (PrintStep::Unknown, None)];
    assert_eq!(steps(lobby.end(), application), expected);
}
