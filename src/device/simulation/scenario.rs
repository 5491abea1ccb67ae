//! A scenario: commands at their times, and seeded random ones between them.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use super::Devices;

/// What happens when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in any order.
    #[serde(default)]
    step: Vec<Step>,
    /// What happens by chance.
    random: Option<Random>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Time since the beginning, such as `2s` or `1m 30s`.
    at: SignedDuration,
    /// The command.
    #[serde(rename = "do")]
    command: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Random {
    /// The same seed gives the same commands at the same times.
    seed: u64,
    /// Mean time between two.
    every: SignedDuration,
    /// When the last of them may come.
    until: SignedDuration,
    /// One of these each time.
    #[serde(rename = "do")]
    commands: Vec<String>,
}

/// What is wrong with a scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It is not what the format says.
    #[error("the scenario cannot be read")]
    Syntax {
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// A time is before the beginning, or random commands come without a pause.
    #[error("the scenario has a time of {time} where more is needed")]
    Time {
        /// The time.
        time: SignedDuration,
    },
}

impl Scenario {
    /// Reads a scenario.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)
            .map_err(|source| ScenarioError::Syntax { source: Box::new(source) })?;
        let before = scenario.step.iter().map(|step| step.at).find(SignedDuration::is_negative);
        let unpaced = scenario.random.as_ref().map(|random| random.every);
        match before.or(unpaced.filter(|every| *every < SignedDuration::from_millis(10))) {
            Some(time) => Err(ScenarioError::Time { time }),
            None => Ok(scenario),
        }
    }

    /// All commands in the order of their times.
    pub fn schedule(&self) -> Vec<(Duration, String)> {
        let mut schedule: Vec<(Duration, String)> =
            self.step.iter().map(|step| (step.at.unsigned_abs(), step.command.clone())).collect();
        if let Some(random) = &self.random {
            schedule.extend(random.schedule());
        }
        schedule.sort_by_key(|(at, _)| *at);
        schedule
    }
}

impl Random {
    /// Pauses between none and twice the mean.
    fn schedule(&self) -> Vec<(Duration, String)> {
        let mut state = self.seed;
        let mut schedule = Vec::new();
        let mut at = Duration::ZERO;
        let (every, until) = (self.every.unsigned_abs(), self.until.unsigned_abs());
        while let Ok(count) = u64::try_from(self.commands.len())
            && count > 0
        {
            let per_mille = u32::try_from(split_mix(&mut state) % 2001).unwrap_or(0);
            at += every * per_mille / 1000;
            if at > until {
                break;
            }
            let index = usize::try_from(split_mix(&mut state) % count).unwrap_or(0);
            schedule.extend(self.commands.get(index).map(|command| (at, command.clone())));
        }
        schedule
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): small, and the same everywhere.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Plays a scenario on a thread of its own until dropped.
pub(super) struct Player {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    pub(super) fn start(scenario: Scenario, devices: Arc<Devices>) -> io::Result<Self> {
        let (stop, stopped) = sync_channel::<()>(1);
        let thread = std::thread::Builder::new().name("scenario".to_owned()).spawn(move || {
            let mut now = Duration::ZERO;
            for (at, command) in scenario.schedule() {
                if stopped.recv_timeout(at.saturating_sub(now)) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                now = at;
                match devices.command(&command) {
                    Ok(answer) => tracing::info!(command, answer, "scenario: {command}"),
                    Err(answer) => tracing::warn!(command, answer, "scenario: {command}: {answer}"),
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}
