//! The invented people of the demonstration, and their cards as the chip holds them. The records
//! are written here by a table of their own; the driver's is not used.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The people whose cards can be laid on the simulated reader, by their keys.
#[derive(Debug, Clone)]
pub struct People {
    cards: BTreeMap<String, [u8; 256]>,
}

/// What is wrong with a file of people.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// It is not what the format says.
    #[error("the people cannot be read")]
    Syntax {
        /// Where and what.
        source: serde_json::Error,
    },
    /// A text does not fit into its field of the record.
    #[error("{field} of {key} does not fit into its {bytes} bytes")]
    TooLong {
        /// Whose.
        key: String,
        /// Which field.
        field: &'static str,
        /// How many bytes there are.
        bytes: usize,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    persons: Vec<Person>,
    #[serde(default)]
    hmt: Vec<Hmt>,
    #[serde(default)]
    foreign: Vec<Foreigner>,
}

#[derive(Deserialize)]
struct Person {
    key: String,
    name: String,
    sex: String,
    nation: String,
    id: String,
    valid_from: String,
    valid_to: String,
    #[serde(default = "home")]
    address: String,
    #[serde(default = "police")]
    authority: String,
}

#[derive(Deserialize)]
struct Hmt {
    key: String,
    name: String,
    id: String,
    #[serde(default = "hmt_home")]
    address: String,
    #[serde(default = "police")]
    authority: String,
}

#[derive(Deserialize)]
struct Foreigner {
    key: String,
    name: String,
    id2023: String,
    id2017: String,
}

fn home() -> String {
    "山东省淄博市张店区示范路1号".to_owned()
}

fn hmt_home() -> String {
    "山东省淄博市张店区示范路2号".to_owned()
}

fn police() -> String {
    "淄博市公安局张店分局".to_owned()
}

impl People {
    /// Reads a file of people (`persons`, `hmt`, `foreign`; whatever else it holds is not ours).
    /// A foreigner has two cards: `X01` is the one of 2023, `X01-2017` the one before.
    pub fn parse(json: &str) -> Result<Self, PeopleError> {
        let file: File =
            serde_json::from_str(json).map_err(|source| PeopleError::Syntax { source })?;
        let mut cards = BTreeMap::new();
        for person in file.persons {
            cards.insert(person.key.clone(), person.card()?);
        }
        for person in file.hmt {
            cards.insert(person.key.clone(), person.card()?);
        }
        for person in file.foreign {
            cards.insert(person.key.clone(), person.card_2023()?);
            cards.insert(format!("{}-2017", person.key), person.card_2017()?);
        }
        Ok(Self { cards })
    }

    /// Nobody: only cards given as records can be laid down.
    pub fn nobody() -> Self {
        Self { cards: BTreeMap::new() }
    }

    /// Who there is.
    pub fn keys(&self) -> Vec<&str> {
        self.cards.keys().map(String::as_str).collect()
    }

    /// The text record on somebody's chip.
    pub fn card(&self, key: &str) -> Result<[u8; 256], String> {
        let unknown = || format!("nobody is called {key}; there are {}", self.keys().join(" "));
        self.cards.get(key).copied().ok_or_else(unknown)
    }
}

impl Person {
    fn card(&self) -> Result<[u8; 256], PeopleError> {
        let sex = match self.sex.as_str() {
            "M" => "1",
            "F" => "2",
            _ => "0",
        };
        let mut card = Card::new(&self.key);
        card.put("name", 0, 30, &self.name)?;
        card.put("sex", 30, 2, sex)?;
        card.put("nation", 32, 4, &self.nation)?;
        card.put("birth", 36, 16, part(&self.id, 6, 14))?;
        card.put("address", 52, 70, &self.address)?;
        card.put("id", 122, 36, &self.id)?;
        card.put("authority", 158, 30, &self.authority)?;
        card.put("valid_from", 188, 16, &self.valid_from)?;
        card.put("valid_to", 204, 16, &self.valid_to)?;
        Ok(card.bytes)
    }
}

impl Hmt {
    fn card(&self) -> Result<[u8; 256], PeopleError> {
        // Hong Kong, Macao, Taiwan: the letter of the travel permit, Taiwan has none.
        let permit = match part(&self.id, 0, 2) {
            "81" => "H12345678",
            "82" => "M12345678",
            _ => "12345678",
        };
        let mut card = Card::new(&self.key);
        card.put("name", 0, 30, &self.name)?;
        card.put("sex", 30, 2, sex_of(&self.id))?;
        card.put("birth", 36, 16, part(&self.id, 6, 14))?;
        card.put("address", 52, 70, &self.address)?;
        card.put("id", 122, 36, &self.id)?;
        card.put("authority", 158, 30, &self.authority)?;
        card.put("valid_from", 188, 16, "20230101")?;
        card.put("valid_to", 204, 16, "20280101")?;
        card.put("travel permit", 220, 18, permit)?;
        card.put("issues", 238, 4, "01")?;
        card.put("letter", 248, 2, "J")?;
        Ok(card.bytes)
    }
}

impl Foreigner {
    /// `SURNAME GIVEN` is printed `SURNAME, GIVEN` on the card.
    fn latin(&self) -> String {
        self.name.replacen(' ', ", ", 1)
    }

    fn country(&self) -> &str {
        part(&self.id2017, 0, 3)
    }

    fn card_2023(&self) -> Result<[u8; 256], PeopleError> {
        let mut card = Card::new(&self.key);
        card.put("name", 0, 30, "样例")?;
        card.put("sex", 30, 2, sex_of(&self.id2023))?;
        card.put("renewals", 32, 4, "01")?;
        card.put("birth", 36, 16, part(&self.id2023, 6, 14))?;
        let latin = self.latin();
        let count = latin.chars().count().min(35);
        card.put("Latin name", 52, 70, part(&latin, 0, count))?;
        card.put("id2023", 122, 36, &self.id2023)?;
        card.put("valid_from", 188, 16, "20240301")?;
        card.put("valid_to", 204, 16, "20340228")?;
        card.put("Latin name", 220, 22, part(&latin, count, latin.len()))?;
        card.put("country", 242, 6, self.country())?;
        card.put("letter", 248, 2, "Y")?;
        card.put("old number", 250, 6, "001")?;
        Ok(card.bytes)
    }

    fn card_2017(&self) -> Result<[u8; 256], PeopleError> {
        let mut card = Card::new(&self.key);
        card.put("Latin name", 0, 120, &self.latin())?;
        card.put("sex", 120, 2, sex_of(&self.id2023))?;
        card.put("id2017", 122, 30, &self.id2017)?;
        card.put("country", 152, 6, self.country())?;
        card.put("name", 158, 30, "样例")?;
        card.put("valid_from", 188, 16, "20200301")?;
        card.put("valid_to", 204, 16, "20300228")?;
        card.put("birth", 220, 16, part(&self.id2023, 6, 14))?;
        card.put("version", 236, 4, "01")?;
        card.put("authority", 240, 8, "1500")?;
        card.put("letter", 248, 2, "I")?;
        Ok(card.bytes)
    }
}

/// A part of a number; empty where the number is too short, so that a wrong number in the file
/// makes a card that a driver must not believe.
fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// The 17th digit is odd for men (GB 11643).
fn sex_of(id: &str) -> &'static str {
    match id.as_bytes().get(16) {
        Some(digit) if digit % 2 == 1 => "1",
        Some(_) => "2",
        None => "0",
    }
}

/// A record being written: blanks, then field by field.
struct Card<'a> {
    key: &'a str,
    bytes: [u8; 256],
}

impl<'a> Card<'a> {
    fn new(key: &'a str) -> Self {
        let mut bytes = [0; 256];
        for blank in bytes.chunks_exact_mut(2) {
            blank.copy_from_slice(&[0x20, 0]);
        }
        Self { key, bytes }
    }

    fn put(
        &mut self,
        field: &'static str,
        start: usize,
        bytes: usize,
        text: &str,
    ) -> Result<(), PeopleError> {
        let too_long = || PeopleError::TooLong { key: self.key.to_owned(), field, bytes };
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if text.len() > bytes {
            return Err(too_long());
        }
        let place = self.bytes.get_mut(start..start + text.len()).ok_or_else(too_long)?;
        place.copy_from_slice(&text);
        Ok(())
    }
}
