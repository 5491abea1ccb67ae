//! `numbers.toml`: what is wrong with it is said at once, each with its line and what to write.

use std::path::Path;

use permit_kiosk::central::numbers::Numbers;

#[track_caller]
fn check_problems(text: &str, expected: &[&str]) {
    let error = Numbers::parse(text, Path::new("numbers.toml")).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().skip(1).map(str::trim).collect();
    assert_eq!(lines, expected);
}

#[test]
fn every_problem_is_said_with_its_line() {
    check_problems(
        "[[series]]\nname = \"drinks\"\nfirst = 1\n\n[[series]]\nname = \"food/1/370303\"\nfirst = \
         990150\n\n[[series]]\nname = \"food/1/370303\"\nfirst = 1\nblock_size = 20000\n",
        &[
            "line 2: `drinks` is no series: write `food/1/370303` or `hygiene/张审卫公证/*`",
            "line 7: first must begin a block of 100 and exist: write 990101",
            "line 12: block_size must be 1 to 10000",
            "line 10: series `food/1/370303` stands here twice: keep one",
        ],
    );
}

#[test]
fn the_numbers_of_the_demonstration_begin_where_no_real_licence_is() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/kiosk-config"));
    let numbers = Numbers::load(folder).unwrap();
    let food = numbers.of("food/1/370303").unwrap();
    assert_eq!(food.first_block * food.size + 1, 990_101);
    assert_eq!(numbers.of("hygiene/张审卫公证/2027").unwrap().first_block, 0);
    assert_eq!(numbers.of("hygiene/张审卫公证/27"), None);
    assert_eq!(numbers.of("food/1/370302"), None);
}
