//! The check characters of the identifiers, pure arithmetic over their symbols' values.

/// Values of the first 17 digits times these weights, modulo 11 (GB 11643-1999, 4.2.5; the pure
/// system ISO 7064 MOD 11-2 written as weights 2^i mod 11).
const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Weights 3^i mod 31 of the unified social credit code (GB 32100-2015, 4.2.5).
const USCC_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// The 31 symbols of the unified social credit code: no I, O, S, V, Z (GB 32100-2015, 4.1).
pub(super) const USCC_SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Weights of the organisation code inside it (GB 11714-1997, 4.2).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The 18th character of a resident identity number, from the first 17 digits.
pub(super) fn resident(digits: &[u8]) -> Option<u8> {
    let sum = weighted(digits, &RESIDENT_WEIGHTS, digit_value)?;
    b"10X98765432".get(to_index(sum % 11)).copied()
}

/// The 18th character of a unified social credit code, from the first 17.
pub(super) fn uscc(symbols: &[u8]) -> Option<u8> {
    let sum = weighted(symbols, &USCC_WEIGHTS, uscc_value)?;
    USCC_SYMBOLS.get(to_index((31 - sum % 31) % 31)).copied()
}

/// The ninth character of an organisation code, from the first eight.
pub(super) fn organisation(symbols: &[u8]) -> Option<u8> {
    let sum = weighted(symbols, &ORGANISATION_WEIGHTS, alphanumeric_value)?;
    match 11 - sum % 11 {
        10 => Some(b'X'),
        11 => Some(b'0'),
        value => digit(value),
    }
}

/// The last digit of a food licence or filing number: ISO 7064 MOD 11,10 (GB/T 17710).
pub(super) fn mod_11_10(digits: &[u8]) -> Option<u8> {
    digit(hybrid(digits, 10, digit_value)?)
}

/// The check character of an e-licence identifier: ISO 7064 MOD 37,36 (GB/T 36904-2018, 5.6).
pub(super) fn mod_37_36(symbols: impl AsRef<[u8]>) -> Option<u8> {
    match hybrid(symbols.as_ref(), 36, alphanumeric_value)? {
        value @ 0..10 => digit(value),
        value => u8::try_from(value - 10).ok().map(|letter| b'A' + letter),
    }
}

/// Σ of a foreigner's 2017 card number under weights 7-3-1, modulo 10: nought where it fits, as on
/// the printed specimen. A chip specimen with another sum exists, so this is never more than a hint.
pub(super) fn foreign_2017(symbols: &[u8]) -> Option<u32> {
    let mut sum = 0;
    for (symbol, weight) in symbols.iter().zip([7, 3, 1].into_iter().cycle()) {
        sum += alphanumeric_value(*symbol)? * weight;
    }
    Some(sum % 10)
}

/// The hybrid systems of ISO 7064, MOD `modulus` + 1,`modulus`.
fn hybrid(symbols: &[u8], modulus: u32, value: fn(u8) -> Option<u32>) -> Option<u32> {
    let mut product = modulus;
    for symbol in symbols {
        let sum = match (product + value(*symbol)?) % modulus {
            0 => modulus,
            sum => sum,
        };
        product = 2 * sum % (modulus + 1);
    }
    Some((modulus + 1 - product) % modulus)
}

fn weighted(symbols: &[u8], weights: &[u32], value: fn(u8) -> Option<u32>) -> Option<u32> {
    if symbols.len() != weights.len() {
        return None;
    }
    symbols.iter().zip(weights).map(|(symbol, weight)| Some(value(*symbol)? * weight)).sum()
}

fn digit_value(symbol: u8) -> Option<u32> {
    char::from(symbol).to_digit(10)
}

/// 0-9 → 0-9, A-Z → 10-35; lower case is not a symbol.
fn alphanumeric_value(symbol: u8) -> Option<u32> {
    if symbol.is_ascii_lowercase() { None } else { char::from(symbol).to_digit(36) }
}

fn uscc_value(symbol: u8) -> Option<u32> {
    let index = USCC_SYMBOLS.iter().position(|known| *known == symbol)?;
    u32::try_from(index).ok()
}

fn digit(value: u32) -> Option<u8> {
    u8::try_from(value).ok().filter(|value| *value < 10).map(|value| b'0' + value)
}

/// Remainders are below 37, so the index always fits.
fn to_index(remainder: u32) -> usize {
    usize::try_from(remainder).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples_of_the_standards_come_out() {
        assert_eq!(resident(b"37030319900316998"), Some(b'8'), "Σ = 367, 367 mod 11 = 4");
        assert_eq!(uscc(b"91350100M000100Y4"), Some(b'3'), "Σ = 1640, 1640 mod 31 = 28");
        assert_eq!(uscc(b"92370303MAXX01018"), Some(b'Y'), "Σ = 2450, 2450 mod 31 = 1");
        assert_eq!(mod_11_10(b"2370303990001"), Some(b'2'), "S and P as in the worked example");
        assert_eq!(foreign_2017(b"CAN110081080310"), Some(0), "Σ = 220");
    }
}
