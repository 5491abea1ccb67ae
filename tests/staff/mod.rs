//! Who may sign in: PINs, the file of the staff, and the door that locks itself.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use permit_kiosk::staff::{Door, Error, FILE_NAME, Lockout, Pin, PinProblem, Refusal, Role, Staff};
use zeroize::Zeroizing;

const RIGHT: &str = "270394";

fn noon() -> Timestamp {
    "2026-11-23T04:00:00Z".parse().unwrap()
}

pub(crate) fn pin(digits: &str) -> Pin {
    Pin::typed(Zeroizing::new(digits.to_owned()))
}

/// Enters an attendant and a technician, both with the same PIN.
pub(crate) fn enrol(keys: &Path) {
    let mut staff = Staff::default();
    staff.add("wang", Role::Attendant, &pin(RIGHT), [1; 16]).unwrap();
    staff.add("liu", Role::Technician, &pin(RIGHT), [2; 16]).unwrap();
    staff.write(keys).unwrap();
}

#[test]
fn a_pin_is_six_digits_or_more_and_none_of_the_first_anybody_tries() {
    let check = |text: &str, expected: Result<(), PinProblem>| {
        let chosen = Pin::choose(Zeroizing::new(text.to_owned())).map(drop);
        assert_eq!(chosen, expected, "{text}");
    };
    for good in ["270394", "112358", "908172", "123457", "100000", "270394270395"] {
        check(good, Ok(()));
    }
    for short in ["", "27039", "2703942703942"] {
        check(short, Err(PinProblem::Length));
    }
    for other in ["27039a", "２７０３９４", "270 394", "-27039"] {
        check(other, Err(PinProblem::NotDigits));
    }
    for trivial in
        ["000000", "111111", "123456", "234567", "890123", "654321", "135791", "121212", "123123"]
    {
        check(trivial, Err(PinProblem::Trivial));
    }
}

#[test]
fn a_pin_is_never_shown() {
    let shown = format!("{:?}", pin(RIGHT));
    assert!(!shown.contains(RIGHT), "{shown}");
}

#[test]
fn whoever_is_entered_is_known_by_name_and_pin_and_by_nothing_else() {
    let keys = tempfile::tempdir().unwrap();
    enrol(keys.path());
    let staff = Staff::read(keys.path()).unwrap();
    let found = staff.verify("liu", &pin(RIGHT)).unwrap();
    assert_eq!((found.name.as_str(), found.role), ("liu", Role::Technician));
    for (name, digits) in [("liu", "270395"), ("liu", ""), ("nobody", RIGHT), ("", RIGHT)] {
        assert_eq!(staff.verify(name, &pin(digits)), None, "{name} {digits}");
    }
    let path = keys.path().join(FILE_NAME);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(RIGHT));
    assert!(text.contains("$argon2id$v=19$m=65536,t=3,p=4$"), "{text}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_of_the_staff_that_is_not_ours_lets_nobody_in() {
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join(FILE_NAME);
    assert_eq!(Staff::read(keys.path()).unwrap().members().count(), 0);
    enrol(keys.path());
    let good = std::fs::read_to_string(&path).unwrap();

    let check = |text: String, expected: &str| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let error = Staff::read(keys.path()).unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
    };
    // Cheaper to guess, and quicker than for a name nobody has.
    check(good.replace("m=65536", "m=8"), "Hash");
    check(good.replace("liu", "Liu"), "Name");
    check(good.replace("liu", "wang"), "Known");
    check(good.replace("technician\"", "director\""), "Parse");
    check("pin = 1".to_owned(), "Parse");

    std::fs::write(&path, good).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Staff::read(keys.path()), Err(Error::Open { .. })));
}

#[test]
fn the_door_locks_for_longer_and_longer() {
    let mut lockout = Lockout::default();
    let mut now = noon();
    let mut minutes = Vec::new();
    for _ in 0..6 {
        for _ in 0..Lockout::TRIES {
            assert_eq!(lockout.until(now), None);
            lockout.tried(now);
        }
        let until = lockout.until(now).unwrap();
        minutes.push(until.duration_since(now).as_mins());
        // A clock somebody sets back makes it no longer.
        let before = now - SignedDuration::from_hours(24);
        assert_eq!(
            lockout.until(before).unwrap().duration_since(before).as_mins(),
            minutes[minutes.len() - 1]
        );
        now = until;
    }
    assert_eq!(minutes, [5, 10, 20, 40, 60, 60]);
    lockout.opened();
    assert_eq!((lockout.until(now), lockout.tries_left()), (None, Lockout::TRIES));
}

#[test]
fn five_wrong_pins_lock_the_door_also_across_a_restart_and_also_for_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    let open = |now| Door::open(folder.path(), folder.path(), now);
    let mut door = open(noon());
    for (name, tries_left) in [("liu", 4), ("nobody", 3), ("wang", 2), ("liu", 1)] {
        let refused = door.sign_in(noon(), name, &pin("270395")).unwrap_err();
        let is_known = name != "nobody";
        assert_eq!(refused, Refusal::Wrong { is_known, locked_until: None, tries_left });
    }
    // The plug is pulled before the fifth.
    let mut door = open(noon());
    let until = noon() + Lockout::FIRST;
    assert_eq!(
        door.sign_in(noon(), "liu", &pin("270395")).unwrap_err(),
        Refusal::Wrong { is_known: true, locked_until: Some(until), tries_left: 5 }
    );
    let mut door = open(noon());
    assert_eq!(door.sign_in(noon(), "liu", &pin(RIGHT)), Err(Refusal::Locked { until }));
    assert_eq!(door.sign_in(until, "liu", &pin(RIGHT)).unwrap().role, Role::Technician);
    // And everything is forgotten.
    let mut door = open(until);
    let refused = door.sign_in(until, "liu", &pin("270395")).unwrap_err();
    assert_eq!(refused, Refusal::Wrong { is_known: true, locked_until: None, tries_left: 4 });
}

#[test]
fn a_damaged_count_of_wrong_pins_locks_the_door() {
    let folder = tempfile::tempdir().unwrap();
    enrol(folder.path());
    std::fs::write(folder.path().join("sign-in.json"), "{").unwrap();
    let mut door = Door::open(folder.path(), folder.path(), noon());
    let refused = door.sign_in(noon(), "liu", &pin(RIGHT)).unwrap_err();
    assert_eq!(refused, Refusal::Locked { until: noon() + Lockout::FIRST });
}

#[test]
fn the_command_enters_lists_and_removes() {
    let keys = tempfile::tempdir().unwrap();
    let run = |words: &[&str], input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
            .arg("technician")
            .args(words)
            .arg("--keys")
            .arg(keys.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    };
    let add = ["add", "liu", "--role", "technician"];
    assert_eq!(run(&add, "123456\n").0, 3, "a trivial PIN");
    assert_eq!(run(&add, "270394\n"), (0, "liu may sign in as technician\n".to_owned()));
    let (code, text) = run(&add, "270394\n");
    assert!(code == 3 && text.contains("is there already"), "{text}");
    let (_, text) = run(&["list"], "");
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["liu", "technician"]);
    assert_eq!(run(&["remove", "liu"], "").0, 0);
    assert_eq!(run(&["list"], ""), (0, String::new()));
}
