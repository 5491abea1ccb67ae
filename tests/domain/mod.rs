//! The nouns that check themselves, and the small edges everything stands on.

mod calendar; // working days, with the State Council's tables
mod clock; // wall and monotonic time, real and simulated
mod demo; // every invented person, business and licence of the demonstration data
mod durable; // files that survive a power cut
mod fault; // codes, remedies and error chains
mod identifiers; // good and bad numbers of every kind
mod masking; // what may be shown of a person
mod private; // what must not be shown
