//! The source tidied by a test: module order, file heads, leftovers, links and lists that must agree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The pure modules, and the thin edges: every module below may use them.
const PURE: &[&str] = &["domain", "fault", "rules", "seal", "certificate", "wire"];
const EDGES: &[&str] = &["clock", "durable", "config"];

/// The modules in their order; whether a module may use all of [`PURE`] and [`EDGES`]; what else it
/// may use (docs/architecture.md).
const MODULES: &[(&str, bool, &[&str])] = &[
    ("domain", false, &[]),
    ("fault", false, &["domain"]),
    ("rules", false, &["domain"]),
    ("seal", false, &["domain"]),
    ("certificate", false, &["domain", "seal"]),
    ("wire", false, &["domain", "fault", "rules", "seal", "certificate"]),
    ("clock", false, &["domain"]),
    ("durable", false, &[]),
    ("systemd", false, &[]),
    ("config", false, &["domain", "durable"]),
    ("audit", true, &[]),
    ("session", false, &["domain", "rules", "fault"]),
    ("staff", false, &["wire", "durable", "fault"]),
    ("journal", true, &[]),
    ("rulebooks", true, &[]),
    ("registers", true, &[]),
    ("device", false, &["domain", "fault", "clock"]),
    ("speech", false, &["domain", "config"]),
    ("sync", true, &["journal", "rulebooks", "registers"]),
    (
        "terminal",
        true,
        &["audit", "session", "staff", "journal", "rulebooks", "registers", "device", "sync"],
    ),
    ("ui", true, &["session", "staff", "device", "speech", "systemd", "terminal"]),
    ("central", true, &["audit"]),
];

#[test]
fn modules_are_declared_in_their_order() {
    let declared: Vec<String> = read("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    let expected: Vec<&str> = MODULES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(declared, expected, "src/lib.rs and the list above must agree");
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let mut wrong = Vec::new();
    for (module, uses_all_above, may_use) in MODULES {
        let may = |used: &str| {
            let above = PURE.contains(&used) || EDGES.contains(&used);
            used == *module || may_use.contains(&used) || (*uses_all_above && above)
        };
        for file in files_of_module(module) {
            for (number, line) in read(&file).lines().enumerate() {
                for used in used_modules(line) {
                    let known = MODULES.iter().any(|(name, ..)| *name == used);
                    if known && !may(&used) {
                        wrong.push(format!("{file}:{}: {module} uses {used}", number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows against the order:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_in_its_first_line() {
    let silent: Vec<String> =
        sources().into_iter().filter(|file| !read(file).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "files without a first sentence: {silent:#?}");
}

#[test]
fn nothing_is_called_utils_and_nothing_is_left_for_later() {
    let mut wrong = Vec::new();
    for file in sources() {
        let path = Path::new(&file);
        for part in path.iter().filter_map(|part| part.to_str()) {
            let stem = part.trim_end_matches(".rs");
            if ["utils", "util", "common", "manager", "helper", "helpers", "misc"].contains(&stem) {
                wrong.push(format!("{file}: `{stem}` says nothing"));
            }
        }
        if file == "tests/tidy.rs" {
            continue;
        }
        for (number, line) in read(&file).lines().enumerate() {
            if ["TODO", "FIXME", "XXX:", "HACK"].iter().any(|word| line.contains(word)) {
                wrong.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut broken = Vec::new();
    let mut documents = vec!["README.md".to_owned()];
    documents.extend(walk("docs", "md"));
    for document in documents {
        let folder = Path::new(&document).parent().unwrap().to_owned();
        for (number, line) in read(&document).lines().enumerate() {
            for target in link_targets(line) {
                if target.contains("://") || target.starts_with('#') {
                    continue;
                }
                let file = target.split('#').next().unwrap();
                if !root().join(&folder).join(file).exists() {
                    broken.push(format!("{document}:{}: {target}", number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_handbook_lists_every_fault_code_and_no_other() {
    let handbook = read("docs/operations.md");
    let listed: BTreeSet<&str> = handbook
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code)
        .filter(|code| code.contains('.'))
        .collect();
    let real: BTreeSet<&str> =
        permit_kiosk::fault::FaultCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed, real, "docs/operations.md and FaultCode must list the same codes");
}

#[test]
fn the_handbook_says_of_every_loss_what_still_works() {
    use permit_kiosk::session::event::Loss;
    let handbook = read("docs/operations.md");
    let (_, table) = handbook.split_once("**What still works").unwrap();
    let (table, _) = table.split_once("**The log**").unwrap();
    let listed: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(word, _)| word)
        .collect();
    let real: BTreeSet<&str> = Loss::ALL.iter().map(|loss| loss.as_str()).collect();
    assert_eq!(listed, real, "docs/operations.md and Loss must list the same");
}

#[test]
fn the_readme_lists_every_command_and_no_other() {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_permit-kiosk"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let word = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let there: BTreeSet<String> =
        commands.lines().map(word).filter(|command| command != "help").collect();
    let readme = read("README.md");
    let listed: BTreeSet<String> =
        readme.lines().filter_map(|line| line.strip_prefix("permit-kiosk ")).map(word).collect();
    assert_eq!(listed, there);
}

fn used_modules(line: &str) -> Vec<String> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    line.match_indices("crate::")
        .map(|(at, found)| {
            line[at + found.len()..]
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect()
        })
        .collect()
}

fn link_targets(line: &str) -> Vec<&str> {
    line.match_indices("](")
        .filter_map(|(at, found)| line[at + found.len()..].split(')').next())
        .collect()
}

fn files_of_module(module: &str) -> Vec<String> {
    let single = format!("src/{module}.rs");
    if root().join(&single).exists() { vec![single] } else { walk(&format!("src/{module}"), "rs") }
}

fn sources() -> Vec<String> {
    let mut files = walk("src", "rs");
    files.extend(walk("tests", "rs"));
    files
}

fn walk(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
