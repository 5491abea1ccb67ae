//! What goes wrong in the middle of a visit, through the real window: devices that come and go, papers that
//! do not come out, papers that are forged, and people who walk away. One kiosk for all of it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use permit_kiosk::journal::Reader;
use permit_kiosk::wire::v1::{Body, Record};

use super::lobby::{Lobby, displayed, mouse};

/// A mishap: what it is, and how it goes from welcome screen to welcome screen.
type Mishap = (&'static str, fn(&mut Lobby));

/// What takes minutes of waiting, or is like another: for `make mishaps`.
const MORE: &[Mishap] = &[
    ("the card reader is unplugged while a card is wanted", |lobby| {
        lobby.come_to_the_reader();
        lobby.hand("id_reader unplug");
        lobby.until_shown("现在只能用手机电子身份证");
        lobby.hand("id_reader replug");
        lobby.until_shown("两种办法，任选一种");
        lobby.leave();
    }),
    ("the scanner falls silent before the licence is shown", |lobby| {
        lobby.come_to_the_reader();
        lobby.lay_card();
        lobby.hand("scanner unplug");
        lobby.until_shown("现在不能扫码");
        lobby.hand("scanner replug");
        lobby.until("the scanner", |lobby| !lobby.ask("texts").contains("现在不能扫码"));
        lobby.leave();
    }),
    ("a licence's code that is none is refused, and the next one may be shown", |lobby| {
        lobby.come_to_the_reader();
        lobby.lay_card();
        lobby.hand("wait scanner looking");
        lobby.hand("scanner show https://example.com/menu");
        lobby.until_shown("这不是电子营业执照的二维码");
        lobby.leave();
    }),
    ("central does not answer: the e-ID is not waited for for ever, and a card will do", |lobby| {
        lobby.come_to_the_reader();
        lobby.stall("central");
        lobby.hand("wait scanner looking");
        lobby.hand("scanner show {\"e-id\":1}");
        lobby.until_shown("电子身份证服务没有回应");
        lobby.lay_card();
        lobby.go_on("central");
        lobby.leave();
    }),
    ("the registers do not answer: the applicant is told, and goes on to the form", |lobby| {
        come_to_the_typed_code(lobby, YUNFAN);
        lobby.stall("central");
        lobby.touch("primary");
        lobby.until("the form", |lobby| lobby.ask("stage") == "filling");
        lobby.go_on("central");
        lobby.leave();
    }),
    ("somebody hesitates, goes on, and walks away", |lobby| {
        lobby.touch("primary");
        lobby.until_shown("您还在吗");
        // One tap anywhere goes on.
        mouse(lobby.display(), &[(540.0, 300.0)]);
        lobby.until("it goes on", |lobby| !lobby.ask("texts").contains("您还在吗"));
        assert_eq!(lobby.ask("stage"), "choosing");
        walks_away(lobby);
    }),
    ("somebody walks away from the form", |lobby| {
        come_to_the_form(lobby, YUNFAN, "no");
        walks_away(lobby);
    }),
    ("somebody walks away from the promise", |lobby| {
        // A shop that may have a licence, and has none.
        come_to_the_form(lobby, TIANAN, "no");
        lobby.touch("primary");
        lobby.until("the promise", |lobby| lobby.ask("stage") == "promising");
        walks_away(lobby);
    }),
    ("somebody leaves without their slip", |lobby| {
        come_to_the_form(lobby, YUNFAN, "yes");
        lobby.touch("primary");
        lobby.until("the decision", |lobby| lobby.ask("stage") == "decided");
        lobby.until("the welcome", |lobby| lobby.ask("stage") == "welcome");
    }),
    (
        "the journal cannot be written at the moment of issuance: nothing happened, and it is said",
        |lobby| {
            come_to_the_signature(lobby, TIANAN);
            let journal = lobby.folder().join("data/journal.db");
            let other = rusqlite::Connection::open(&journal).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            lobby.touch("primary");
            lobby.until_shown("本机不能保存您的申请，什么也没有发生，证号也没有使用");
            other.execute_batch("ROLLBACK").unwrap();
            lobby.touch("primary");
            lobby.until("it serves again", |lobby| {
                lobby.ask("stage") == "welcome" && !lobby.ask("texts").contains("暂停服务")
            });
        },
    ),
    ("a jam nobody clears is an attendant's, and the visit goes on without the paper", |lobby| {
        lobby.hand("page_printer jam");
        // Another shop: that of the visits before has its licence.
        come_to_the_decision(lobby, TIANAN);
        lobby.until("what a person is wanted for", |lobby| {
            let visit = lobby.ask("visit");
            visit.contains("\"held\"") || visit.contains("\"unknown\"")
        });
        lobby.touch("primary");
        lobby.until("the rating", |lobby| lobby.ask("stage") == "rating");
        lobby.until("the welcome", |lobby| lobby.ask("stage") == "welcome");
        lobby.hand("page_printer clear jam");
    }),
];

const MISHAPS: &[Mishap] = &[
    ("the card is pulled while it is read", |lobby| {
        lobby.come_to_the_reader();
        lobby.hand("id_reader read-ms 4000");
        lobby.hand("id_reader place P02");
        lobby.until_shown("正在读取");
        lobby.hand("id_reader remove");
        lobby.until_shown("身份证拿开得太早");
        lobby.hand("id_reader read-ms 100");
        lobby.lay_card();
        lobby.leave();
    }),
    ("paper runs out between original and copy, and is refilled", |lobby| {
        lobby.hand("page_printer paper 1");
        come_to_the_decision(lobby, YUNFAN);
        lobby.until_shown("JY13703039901011");
        lobby.until("a held paper", |lobby| lobby.ask("visit").contains("\"held\""));
        lobby.hand("page_printer paper ok");
        lobby.until("both papers", |lobby| lobby.ask("visit").matches("\"printed\"").count() == 3);
        // Which registers were asked, on the screen and on paper.
        lobby.touch("data");
        lobby.until_shown("秦**");
        lobby.touch("primary");
        lobby.until("the list", |lobby| lobby.ask("visit").matches("\"printed\"").count() == 4);
        lobby.touch("primary");
        lobby.until_shown("信息查询清单");
        lobby.leave();
    }),
    ("its paper is genuine, and one letter of it changed is forged", |lobby| {
        let seal = last_seal(&lobby.folder().join("data/journal.db"));
        lobby.touch("verify");
        lobby.until("the scanner is armed", |lobby| lobby.ask("stage") == "verifying");
        lobby.hand("wait scanner looking");
        lobby.hand(&format!("scanner show {seal}"));
        lobby.until_shown("二维码：由发证机关签名");
        lobby.touch("primary");
        let mut forged = seal;
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        lobby.until_shown("把证照上的二维码对准扫码口");
        lobby.hand("wait scanner looking");
        lobby.hand(&format!("scanner show {forged}"));
        lobby.until_shown("二维码是伪造的或者被改动过");
        lobby.leave();
    }),
    ("what the rules do not grant goes to an officer, with a slip", |lobby| {
        come_to_the_form(lobby, YUNFAN, "yes");
        lobby.touch("primary");
        lobby.until("the decision", |lobby| lobby.ask("stage") == "decided");
        let visit = lobby.ask("visit");
        assert!(visit.contains("REFER_ONSITE"), "{visit}");
        lobby.until("the slip", |lobby| lobby.ask("visit").contains("\"printed\""));
        lobby.leave();
    }),
    ("somebody walks away", |lobby| {
        lobby.touch("primary");
        walks_away(lobby);
    }),
];

#[test]
fn whatever_happens_in_a_visit_the_screen_says_what_to_do_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut xvfb = Command::new("Xvfb");
    xvfb.args(["-screen", "0", "1080x1920x24", "-nolisten", "tcp"]);
    let (mut server, display) = displayed(xvfb).expect("Xvfb is installed by `make deps`");
    {
        // The shortest pauses a kiosk may have.
        let mut lobby = Lobby::open(folder.path(), &display, "idle_s = 30\ncountdown_s = 10");
        // `all`, or some words of one.
        let which = std::env::var("KIOSK_TEST_MISHAPS").unwrap_or_default();
        let chosen = MISHAPS.iter().chain(MORE).filter(|(what, _)| match &*which {
            "" => !MORE.iter().any(|(more, _)| more == what),
            "all" => true,
            words => what.contains(words),
        });
        for (what, goes) in chosen {
            let began = Instant::now();
            goes(&mut lobby);
            println!("{what}: {:.1} s", began.elapsed().as_secs_f32());
            assert_eq!(lobby.ask("stage"), "welcome", "{what}");
            for secret in ["秦一舟", "370303198506129975"] {
                assert!(!lobby.ask("texts").contains(secret), "{what} leaves {secret}");
            }
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

/// Nobody touches anything any more: a countdown, and nothing is left.
fn walks_away(lobby: &mut Lobby) {
    lobby.until_shown("您还在吗");
    lobby.until("the end", |lobby| ["ended", "welcome"].contains(&&*lobby.ask("stage")));
    if lobby.ask("stage") == "ended" {
        lobby.touch("primary");
    }
    lobby.until("the welcome", |lobby| lobby.ask("stage") == "welcome");
}

/// A shop of the demonstration.
#[derive(Clone, Copy)]
struct Shop {
    /// The card of its head.
    card: &'static str,
    uscc: &'static str,
    /// The code of its street office.
    street: &'static str,
}

/// 淄博云帆食品商贸有限公司, of 秦一舟.
const YUNFAN: Shop = Shop { card: "P02", uscc: "91370303MAXX01026W", street: "370303002" };
/// 张店区甜岸蛋糕坊, of 白露.
const TIANAN: Shop = Shop { card: "P15", uscc: "92370303MAXX01130X", street: "370303004" };

/// The credit code of a shop, typed.
fn come_to_the_typed_code(lobby: &mut Lobby, shop: Shop) {
    lobby.come_to_the_keyboard_of(shop.card);
    for key in shop.uscc.chars() {
        let key = lobby.middle(&format!("key:{key}"));
        mouse(lobby.display(), &[key]);
    }
    lobby.until_typed(shop.uscc);
}

/// A food shop with or without loose cooked food, up to where the answers are confirmed.
fn come_to_the_form(lobby: &mut Lobby, shop: Shop, cooked: &str) {
    come_to_the_typed_code(lobby, shop);
    lobby.touch("primary");
    lobby.until("the form", |lobby| lobby.ask("stage") == "filling");
    lobby.turn();
    let (street, cooked) = (format!("choice:{}", shop.street), format!("choice:{cooked}"));
    for answer in [&[street.as_str()][..], &["key:6", "key:0"], &[cooked.as_str()], &[], &["yes"]] {
        for touched in answer {
            lobby.touch(touched);
        }
        lobby.turn();
    }
    lobby.until_shown("请确认您的回答");
}

/// A food shop, up to where its licence exists.
fn come_to_the_decision(lobby: &mut Lobby, shop: Shop) {
    come_to_the_signature(lobby, shop);
    lobby.touch("primary");
    lobby.until("the decision", |lobby| lobby.ask("stage") == "decided");
}

/// A food shop, up to where its promise is read and signed.
fn come_to_the_signature(lobby: &mut Lobby, shop: Shop) {
    come_to_the_form(lobby, shop, "no");
    lobby.touch("primary");
    lobby.until("the promise", |lobby| lobby.ask("stage") == "promising");
    let began = Instant::now();
    lobby.until_shown("请用手指在框里签名");
    let (x, y) = lobby.middle("signature");
    let mut xdotool = Command::new("xdotool");
    xdotool.env("DISPLAY", lobby.display());
    for stroke in 0..3_u8 {
        let left = x - 200.0 + 130.0 * f64::from(stroke);
        xdotool.args(["mousemove", &format!("{left:.0}"), &format!("{y:.0}"), "mousedown", "1"]);
        for step in 1..14_u8 {
            let (along, down) = (left + 8.0 * f64::from(step), y + 5.0 * f64::from(step % 5));
            xdotool.args(["mousemove", &format!("{along:.0}"), &format!("{down:.0}")]);
        }
        xdotool.args(["mouseup", "1"]);
    }
    assert!(xdotool.status().unwrap().success());
    // Read for as long as the rulebook wants it read.
    lobby.until("it was read", |_| began.elapsed() >= Duration::from_secs(4));
}

/// The seal of the permit issued last.
fn last_seal(journal: &Path) -> String {
    let records = Reader::open(journal).unwrap().records(0, 10_000, usize::MAX).unwrap();
    records
        .iter()
        .rev()
        .find_map(|placed| {
            let body = Record::read(placed.record.record.reveal()).unwrap().body;
            let Body::Issued(issued) = body else { return None };
            issued.seal().map(str::to_owned)
        })
        .expect("a permit was issued")
}
