//! Power cuts, kills and full disks: what is left is judged by a program that knows nothing of ours.

mod cuts; // the disk as a power cut leaves it, at any write
pub(crate) mod disks; // full, read-only
mod disk; // what a program did to its files, and what a cut leaves of that
mod kills; // kill -9 at random instants

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::json;

pub(crate) use disk::Random;

/// `checker.py`, running: it is asked about one kiosk after the other.
pub(crate) struct Checker {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What the world outside remembers of a kiosk, however its disk looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct World {
    /// Application and permit number, as applicants were told.
    pub(crate) told: Vec<(String, String)>,
    /// Serials of the sheets that came out of the printer.
    pub(crate) paper: Vec<String>,
    /// Pictures of paper that came out of simulated printers: the checker reads the codes on it itself.
    pub(crate) pictures: Vec<PathBuf>,
}

impl Checker {
    pub(crate) fn start() -> Self {
        let python = std::env::var("KIOSK_TEST_PYTHON").unwrap_or("python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/checker.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, questions, answers }
    }

    /// What is wrong with a closed journal, and with central's closed permit book where there is one.
    pub(crate) fn judge(
        &mut self,
        journal: &Path,
        central: Option<&Path>,
        world: &World,
    ) -> Result<(), String> {
        let told: serde_json::Map<String, serde_json::Value> =
            world.told.iter().map(|(id, number)| (id.clone(), json!(number))).collect();
        let question = json!({
            "journal": journal, "central": central, "told": told, "paper": world.paper,
            "pictures": world.pictures,
        });
        let questions = self.questions.as_mut().unwrap();
        writeln!(questions, "{question}").unwrap();
        questions.flush().unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        match answer.trim_end() {
            "ok" => Ok(()),
            "" => Err("the checker ended".to_owned()),
            wrong => Err(wrong.to_owned()),
        }
    }

    #[track_caller]
    pub(crate) fn check(&mut self, journal: &Path, central: Option<&Path>, world: &World) {
        if let Err(wrong) = self.judge(journal, central, world) {
            panic!("{wrong}");
        }
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.questions.take();
        drop(self.child.wait());
    }
}

/// How often a test repeats itself: `short` times, or as often as the variable says.
pub(crate) fn times(variable: &str, short: u32) -> u32 {
    std::env::var(variable).map_or(short, |count| count.parse().unwrap())
}
