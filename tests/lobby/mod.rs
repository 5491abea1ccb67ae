//! What stands around the screen in the lobby: the display, the voice, and systemd.

mod display; // a kiosk without one says so
mod speech; // the voice says the newest, silently where there is none
mod systemd; // the kiosk says that it is ready and alive; the units fit
