//! What stands around the screen in the lobby: the voice, and systemd.

mod speech; // the voice says the newest, silently where there is none
mod systemd; // the kiosk says that it is ready and alive; the units fit
