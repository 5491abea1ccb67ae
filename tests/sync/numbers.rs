//! Blocks are leased before they are needed, and a lost answer costs none.

use permit_kiosk::domain::{PermitKind, Series};
use permit_kiosk::sync::{Error, NumberPlan, SeriesPlan, Task};

use super::station::{Line, Station};
use super::{Kiosk, settings, settle, task};
use crate::journal::{FOOD_SELLERS, series};

fn left(kiosk: &Kiosk, name: &str) -> u64 {
    kiosk.journal.series_state(&series(name)).unwrap().left
}

#[tokio::test]
async fn numbers_are_leased_up_to_the_reserve_and_again_when_half_is_gone() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    let (mut task, handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    assert_eq!(left(&kiosk, FOOD_SELLERS), 30);

    for n in 1..=15 {
        kiosk.issue(n).unwrap();
    }
    settle(&mut task, 1).await;
    assert_eq!((left(&kiosk, FOOD_SELLERS), station.blocks_leased()), (15, 3));
    kiosk.issue(16).unwrap();
    settle(&mut task, 1).await;
    assert_eq!((left(&kiosk, FOOD_SELLERS), station.blocks_leased()), (34, 5));
    assert_eq!(handle.state().numbers_left[FOOD_SELLERS], 34);
    kiosk.check();
}

#[tokio::test]
async fn a_lost_or_repeated_answer_costs_no_numbers() {
    for line in [Line::LosesAnswer, Line::Repeats, Line::LosesQuestion, Line::Garbles, Line::Busy] {
        let (kiosk, station) = (Kiosk::new(), Station::new());
        let (mut task, _handle) = task(&kiosk, &station);
        // The greeting passes; the first question for numbers does not.
        station.disturb([Line::Clear, line]);
        settle(&mut task, 3).await;
        assert_eq!((left(&kiosk, FOOD_SELLERS), station.blocks_leased()), (30, 3), "{line:?}");
    }
}

#[tokio::test]
async fn a_question_repeated_after_a_restart_gets_the_same_block() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    {
        let (mut task, _handle) = task(&kiosk, &station);
        station.disturb([Line::Clear, Line::LosesAnswer]);
        task.round().await.unwrap_err();
    }
    assert_eq!((left(&kiosk, FOOD_SELLERS), station.blocks_leased()), (0, 1));
    let kiosk = kiosk.reopened();
    let (mut task, _handle) = task(&kiosk, &station);
    settle(&mut task, 1).await;
    assert_eq!((left(&kiosk, FOOD_SELLERS), station.blocks_leased()), (30, 3));
}

#[tokio::test]
async fn a_series_that_cannot_be_had_keeps_no_other_back() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    let yearly = "hygiene/张审卫公证/2026";
    station.inside().no_such_series.push(FOOD_SELLERS.to_owned());
    let mut settings = settings(&kiosk);
    settings.numbers = NumberPlan {
        series: vec![
            SeriesPlan::Lasting(Series::parse(FOOD_SELLERS).unwrap()),
            SeriesPlan::Yearly(PermitKind::Hygiene, "张审卫公证".to_owned()),
        ],
        reserve: 20,
    };
    let (mut task, handle) = Task::new(station.clone(), kiosk.journal.clone(), settings);
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::Call { .. }), "{error}");
    assert_eq!((left(&kiosk, FOOD_SELLERS), left(&kiosk, yearly)), (0, 20));
    let shown = handle.state().last_error.unwrap().text;
    assert!(shown.contains("NO_SUCH_SERIES"), "{shown}");
    assert!(handle.state().connected, "central did answer");
}

#[tokio::test]
async fn a_forged_block_is_not_installed() {
    let (kiosk, station) = (Kiosk::new(), Station::new());
    let mut settings = settings(&kiosk);
    settings.numbers.series = vec![SeriesPlan::Lasting(series("food/2/370303"))];
    // The kiosk trusts another central than this one.
    let folder = tempfile::tempdir().unwrap();
    let stranger =
        permit_kiosk::seal::SigningKey::generate(permit_kiosk::seal::Profile::Ed25519, &[9; 32]);
    let journal = permit_kiosk::journal::Journal::provision(
        permit_kiosk::journal::Settings {
            central_key: stranger.verifying_key(),
            ..crate::journal::settings(folder.path(), &kiosk.clock)
        },
        permit_kiosk::journal::Head::START,
    )
    .unwrap();
    let (mut task, _handle) = Task::new(station.clone(), journal.clone(), settings);
    let error = task.round().await.unwrap_err();
    assert!(matches!(error, Error::Install { .. }), "{error}");
    assert_eq!(journal.series_state(&series("food/2/370303")).unwrap().left, 0);
}
