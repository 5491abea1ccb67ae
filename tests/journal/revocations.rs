//! A permit that central revoked is not printed, not changed and not renewed here, with or without a line.

use permit_kiosk::domain::{Grant, Kept, LastDay, PermitNumber, ServiceCode};
use permit_kiosk::journal::{Error, IssueRequest, Issued};
use permit_kiosk::wire::v1::{Document, PrintStep, SheetAnswer};

use super::{Kiosk, central_key, food_seller, id, request, revocation};

fn issued(kiosk: &Kiosk) -> Issued {
    kiosk.journal.issue(food_seller(id(1))).unwrap()
}

/// Central revokes it, and the kiosk hears of it.
fn revoke(kiosk: &Kiosk, issued: &Issued) {
    let act = revocation(None, &issued.permit.number.to_string(), &central_key());
    kiosk.journal.take_revocation(act).unwrap();
}

fn is_revoked(error: &Error) -> bool {
    matches!(error, Error::Revoked { number: 1, .. })
}

fn changed(number: &PermitNumber) -> IssueRequest {
    let grant = Grant::Food {
        subject: "食品销售经营者".to_owned(),
        items: vec!["散装食品销售".to_owned()],
    };
    let mut request = request(id(2), ServiceCode::FoodChange, grant);
    request.draft.kept =
        Some(Kept { number: number.clone(), issued: None, valid_to: LastDay::Counted });
    request
}

#[test]
fn a_revoked_permit_is_not_changed_and_nothing_is_recorded_of_it() {
    let kiosk = Kiosk::with_numbers(10);
    let issued = issued(&kiosk);
    let head = {
        revoke(&kiosk, &issued);
        kiosk.journal.head().unwrap()
    };
    let error = kiosk.journal.issue(changed(&issued.permit.number)).unwrap_err();
    assert!(is_revoked(&error), "{error}");
    assert_eq!(kiosk.journal.head().unwrap(), head);
    // Others are.
    kiosk.issue(3).unwrap();
    kiosk.check();
}

#[test]
fn a_permit_that_is_not_revoked_is_changed() {
    let kiosk = Kiosk::with_numbers(10);
    let issued = issued(&kiosk);
    let other = revocation(None, "JY10000000000000", &central_key());
    kiosk.journal.take_revocation(other).unwrap();
    kiosk.journal.issue(changed(&issued.permit.number)).unwrap();
    kiosk.check();
}

#[test]
fn a_certificate_of_a_revoked_permit_is_not_sent_to_the_printer_also_after_a_restart() {
    let kiosk = Kiosk::with_numbers(10);
    let issued = issued(&kiosk);
    revoke(&kiosk, &issued);
    let kiosk = kiosk.reopened();
    for job in issued.print_jobs {
        let sent = kiosk.journal.print_step(job.job, PrintStep::Sent);
        match job.document {
            Document::Original | Document::Copy => {
                let error = sent.unwrap_err();
                assert!(is_revoked(&error), "{error}");
                kiosk.journal.print_step(job.job, PrintStep::NotPrinted).unwrap();
            }
            Document::Receipt | Document::Slip | Document::DataReceipt => sent.unwrap(),
        }
    }
    kiosk.check();
}

#[test]
fn a_sheet_that_was_lost_or_destroyed_is_not_made_again_once_the_permit_is_revoked() {
    for answer in [SheetAnswer::Nothing, SheetAnswer::Spoiled] {
        let kiosk = Kiosk::with_numbers(10);
        let issued = issued(&kiosk);
        let job = issued.print_jobs[0].job;
        kiosk.journal.print_step(job, PrintStep::Sent).unwrap();
        kiosk.journal.print_step(job, PrintStep::Unknown).unwrap();
        revoke(&kiosk, &issued);
        assert_eq!(kiosk.journal.settle_sheet(job, answer, "wang".to_owned()).unwrap(), None);
        if answer == SheetAnswer::Spoiled {
            let error = kiosk.journal.replace_sheet(job).unwrap_err();
            assert!(is_revoked(&error), "{error}");
        }
        kiosk.check();
    }
}

#[test]
fn acts_are_taken_in_order_once_and_only_as_central_signed_them() {
    let kiosk = Kiosk::new();
    let key = central_key();
    let first = revocation(None, "JY1", &key);
    let second = revocation(Some(&first), "JY2", &key);
    let order = |error: Error| {
        let Error::RevocationOrder { found, after } = error else { panic!("{error}") };
        (found, after)
    };
    // The second alone, and one of another list.
    assert_eq!(order(kiosk.journal.take_revocation(second.clone()).unwrap_err()), (2, 0));
    kiosk.journal.take_revocation(first.clone()).unwrap();
    let other = revocation(Some(&revocation(None, "JY9", &key)), "JY2", &key);
    assert_eq!(order(kiosk.journal.take_revocation(other).unwrap_err()), (2, 1));
    // Another first one is older than what is here; the same one is nothing new.
    let older = revocation(None, "JY9", &key);
    assert_eq!(order(kiosk.journal.take_revocation(older).unwrap_err()), (1, 1));
    kiosk.journal.take_revocation(first).unwrap();
    let mut changed = second.clone();
    changed.text = changed.text.replace("JY2", "JY3");
    let error = kiosk.journal.take_revocation(changed).unwrap_err();
    assert!(matches!(error, Error::RevocationSignature), "{error}");
    kiosk.journal.take_revocation(second).unwrap();
    assert_eq!(kiosk.reopened().journal.last_revocation().unwrap(), 2);
}
