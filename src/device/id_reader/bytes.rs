//! The byte tables of the SAM module: what the driver and the simulator must agree on, and nothing
//! else. Commands and answers after GA/T 467-2019 chapter 7 and the vendors' manuals.

/// Begins every frame, in both directions.
pub const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// Most that a length field may say. The longest real answer is text, photo and two fingerprints:
/// 3 + 6 + 256 + 1024 + 1024 + 1 = 2314 bytes.
pub const LENGTH_MAX: usize = 3000;

/// CMD and PARA of the requests used.
pub mod request {
    /// Reset the SAM.
    pub const RESET: [u8; 2] = [0x10, 0xFF];
    /// Is the SAM well?
    pub const STATUS: [u8; 2] = [0x11, 0xFF];
    /// Which SAM is it?
    pub const SAM_ID: [u8; 2] = [0x12, 0xFF];
    /// Is a card there?
    pub const FIND: [u8; 2] = [0x20, 0x01];
    /// Take that card.
    pub const SELECT: [u8; 2] = [0x20, 0x02];
    /// Read text and photo.
    pub const READ: [u8; 2] = [0x30, 0x01];
    /// Read the address written after the card was made.
    pub const READ_NEW_ADDRESS: [u8; 2] = [0x30, 0x03];
    /// CMD of "go on at another speed"; PARA is the speed's place in [`super::BAUDS`].
    pub const SET_BAUD: u8 = 0x60;
}

/// SW3, the module's status.
pub mod status {
    /// Done.
    pub const OK: u8 = 0x90;
    /// A card was found.
    pub const FOUND: u8 = 0x9F;
    /// The card has no such item.
    pub const NO_ITEM: u8 = 0x91;
    /// The request's checksum was wrong.
    pub const CHECKSUM: u8 = 0x10;
    /// The request's length was wrong.
    pub const LENGTH: u8 = 0x11;
    /// The request was wrong.
    pub const COMMAND: u8 = 0x21;
    /// The card does not accept the SAM.
    pub const CARD_REJECTS_SAM: u8 = 0x31;
    /// The SAM does not accept the card.
    pub const SAM_REJECTS_CARD: u8 = 0x32;
    /// What the card says failed its verification.
    pub const INFORMATION: u8 = 0x33;
    /// A card of another kind.
    pub const CARD_TYPE: u8 = 0x40;
    /// Reading failed; the usual answer when the card is taken away.
    pub const READ_FAILED: u8 = 0x41;
    /// The SAM's random numbers failed.
    pub const RANDOM: u8 = 0x47;
    /// The SAM's self-test failed.
    pub const SELF_TEST: u8 = 0x60;
    /// The SAM is not authorised.
    pub const NOT_AUTHORISED: u8 = 0x66;
    /// No card.
    pub const NO_CARD: u8 = 0x80;
    /// The card found could not be taken.
    pub const SELECT_FAILED: u8 = 0x81;
}

/// The speeds of a module, in the order of their numbers in the command that sets them.
pub const BAUDS: [u32; 5] = [115_200, 57_600, 38_400, 19_200, 9600];
/// Bytes of the text record of a card.
pub const TEXT_BYTES: usize = 256;
/// Bytes of the photo of a card (WLT, 102 × 126 pixels once decoded).
pub const PHOTO_BYTES: usize = 1024;
/// What a card may hold of fingerprints: none, one, two.
pub const FINGERPRINTS_BYTES: [usize; 3] = [0, 512, 1024];
/// Bytes of one address.
pub const ADDRESS_BYTES: usize = 70;
