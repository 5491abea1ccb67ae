//! The screens, without a window: every one in both languages and large print, by real touches.

mod bench; // every button is a command of the simulators
mod catalogue; // the words: none empty, none drawn without a glyph
mod console; // the way in for staff, and what their pages say
mod journey; // visits from touch to wipe; nothing personal stays
mod keyboard; // the keyboards offer what can stand in a field, and no more
mod layout; // titles, primary buttons, nothing clipped, contrast
mod maintenance; // staff at a kiosk with real devices and a real journal
mod pictures; // docs/screens
mod scenes; // every screen there is
mod signature; // strokes become thousandths of the box
mod stand; // an application, a clock and hands
mod touch; // each tap acts where it happened
