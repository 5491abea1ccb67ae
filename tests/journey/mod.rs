//! What an applicant experiences: a whole visit through the session, the real rulebook and the real
//! journal, without a window; and the same through the real window, ptys and central.

mod lobby; // the whole product with its real window, and somebody who touches it
mod memory; // where the number of an applicant is when the visit has ended
mod mishaps; // devices, papers and people that do not do what they should, through the real window
mod touches; // eighteen quick taps on a stalled kiosk, by mouse and by a real touch screen
mod visit; // from the touch to the wipe, in milliseconds
mod window; // the real binaries, the real window, paper out of the simulators
