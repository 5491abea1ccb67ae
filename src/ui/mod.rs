//! The touch screen: every screen is a view of the session's stage, and decides nothing.

pub mod app;
mod aloud;
pub mod performer;
mod pinyin;
pub mod bench;
pub mod probe;
mod screen;
pub mod text;
pub mod theme;
mod widget;
