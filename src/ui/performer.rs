//! What stands behind the screen: the terminal, the voice, the light of the panel, and the line to
//! systemd.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::app::Performer;
use crate::config::Backlight;
use crate::domain::{ApplicationId, Language};
use crate::session::effect::Effect;
use crate::session::event::Moment;
use crate::speech::Speech;
use crate::systemd::Notify;
use crate::terminal::Terminal;
use crate::terminal::console::{Ask, Told};

/// A whole kiosk behind its screen.
#[derive(Debug)]
pub struct Station {
    /// Performs what visits want.
    pub terminal: Terminal,
    /// Reads aloud, where there is a voice.
    pub speech: Option<Speech>,
    /// The panel's light, where it can be set.
    pub backlight: Option<Backlight>,
    /// Who has to hear that the kiosk is alive.
    pub notify: Option<Arc<Notify>>,
}

impl Performer for Station {
    fn perform(&self, effect: Effect) {
        self.terminal.perform(effect);
    }

    fn moment(&self) -> Moment {
        self.terminal.moment()
    }

    fn new_application(&self) -> ApplicationId {
        Terminal::new_application()
    }

    fn ask(&self, ask: Ask) -> oneshot::Receiver<Told> {
        self.terminal.ask(ask)
    }

    fn say(&self, language: Language, text: String) {
        if let Some(speech) = &self.speech {
            speech.say(language, text);
        }
    }

    fn hush(&self) {
        if let Some(speech) = &self.speech {
            speech.hush();
        }
    }

    fn opened(&self) {
        if let Some(notify) = &self.notify {
            notify.ready();
        }
    }

    /// The screen is alive, or this would not be called; the terminal's thread has to say so itself.
    fn alive(&self) {
        if let Some(notify) = &self.notify {
            let notify = Arc::clone(notify);
            self.terminal.then(move || notify.alive());
        }
    }

    fn light(&self, night: bool) {
        let Some(backlight) = &self.backlight else { return };
        let percent = if night { backlight.night_percent } else { 100 };
        if let Err(error) = set(backlight.folder.clone(), percent) {
            let folder = backlight.folder.display();
            tracing::warn!(%error, %folder, "the light of the panel cannot be set");
        }
    }
}

/// Writes the brightness as the kernel takes it: a number up to that in `max_brightness`.
fn set(folder: PathBuf, percent: u32) -> std::io::Result<()> {
    let most = std::fs::read_to_string(folder.join("max_brightness"))?;
    let most: u64 = most.trim().parse().map_err(std::io::Error::other)?;
    // Never dark altogether: nobody would know that the kiosk can be touched.
    let brightness = (most.saturating_mul(u64::from(percent)) / 100).max(1);
    let mut file = OpenOptions::new().write(true).truncate(true).open(folder.join("brightness"))?;
    file.write_all(brightness.to_string().as_bytes())
}
