//! The screens, without a window: every one in both languages and large print, by real touches.

mod aloud; // all there is to read is read, once, and nothing personal
mod bench; // every button is a command of the simulators
mod catalogue; // the words: none empty, none drawn without a glyph
mod console; // the way in for staff, and what their pages say
mod journey; // visits from touch to wipe; nothing personal stays
mod help; // contrast, reading aloud, calling the staff; the screen at night
mod keyboard; // the keyboards offer what can stand in a field, and no more
mod keypad; // every button is reached and pressed by a keypad alone
mod layout; // titles, primary buttons, nothing clipped, contrast
mod maintenance; // staff at a kiosk with real devices and a real journal
mod monkey; // touches at random break nothing and leave nobody behind
mod pictures; // docs/screens
mod scenes; // every screen there is
mod signature; // strokes become thousandths of the box
mod stand; // an application, a clock and hands
mod touch; // each tap acts where it happened
