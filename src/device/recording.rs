//! Recordings of a line: every byte of a session with its time, one JSON object a line.
//!
//! Only builds with the feature `recordings` can write them, for they hold what cards and codes say; a
//! lobby never runs such a build. Dropped into `tests/recordings/`, a recording is replayed as a test.

use std::time::Duration;

use super::Seen;

/// One line of a recording.
pub fn line(at: Duration, seen: Seen<'_>) -> String {
    let at = at.as_micros();
    match seen {
        Seen::Opened => format!(r#"{{"at_us":{at},"seen":"opened"}}"#),
        Seen::Closed => format!(r#"{{"at_us":{at},"seen":"closed"}}"#),
        Seen::Received(bytes) => {
            format!(r#"{{"at_us":{at},"seen":"received","hex":"{}"}}"#, Hex(bytes))
        }
        Seen::Sent(bytes) => format!(r#"{{"at_us":{at},"seen":"sent","hex":"{}"}}"#, Hex(bytes)),
        // The words of commands are those of enums: letters, digits and brackets.
        Seen::Command(command) => {
            format!(r#"{{"at_us":{at},"seen":"command","command":"{command}"}}"#)
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Writes a device's line into a file from now on; what cannot be written is told once.
#[cfg(feature = "recordings")]
pub fn tap(path: &std::path::Path) -> std::io::Result<super::Tap> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path)?;
    let mut failed = false;
    Ok(Box::new(move |now, seen| {
        if let Err(error) = writeln!(file, "{}", line(now, seen))
            && !std::mem::replace(&mut failed, true)
        {
            tracing::error!(%error, "a recording ends early");
        }
    }))
}
