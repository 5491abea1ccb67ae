//! The terminal as the screen's performer.

use tokio::sync::oneshot;

use super::app::Performer;
use crate::domain::ApplicationId;
use crate::session::effect::Effect;
use crate::session::event::Moment;
use crate::terminal::Terminal;
use crate::terminal::console::{Ask, Told};

impl Performer for Terminal {
    fn perform(&self, effect: Effect) {
        Self::perform(self, effect);
    }

    fn moment(&self) -> Moment {
        Self::moment(self)
    }

    fn new_application(&self) -> ApplicationId {
        Self::new_application()
    }

    fn ask(&self, ask: Ask) -> oneshot::Receiver<Told> {
        Self::ask(self, ask)
    }
}
