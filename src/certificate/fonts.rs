//! The typefaces certificates and slips are set in: which characters they have, how wide each is, and
//! the small font with only the characters of one document.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use allsorts::{
    binary::read::ReadScope,
    error::{ParseError, ReadWriteError},
    font::read_cmap_subtable,
    font_data::FontData,
    get_name::fontcode_get_name,
    subset::{CmapTarget, SubsetError, SubsetProfile, subset},
    tables::{FontTableProvider, HeadTable, HheaTable, HmtxTable, MaxpTable, cmap::Cmap},
    tag,
};

use super::Error;

/// Faces at most in a collection. Noto CJK has ten.
const FACES_MAX: usize = 64;

/// Which of the four faces a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaceName {
    /// Song: what is filled into a certificate.
    Serif,
    /// Heavy Song: titles, labels, the seal.
    SerifBold,
    /// Hei: slips.
    Sans,
    /// Heavy Hei: headings of slips.
    SansBold,
}

impl FaceName {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Serif, Self::SerifBold, Self::Sans, Self::SansBold];

    /// Its name in messages and in a PDF's list of fonts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serif => "Serif",
            Self::SerifBold => "SerifBold",
            Self::Sans => "Sans",
            Self::SansBold => "SansBold",
        }
    }
}

/// The four font files, whole. Of a collection the face for simplified Chinese is taken.
#[derive(Clone)]
pub struct FontFiles {
    /// For example `NotoSerifCJK-Regular.ttc`.
    pub serif: Arc<[u8]>,
    /// For example `NotoSerifCJK-Bold.ttc`.
    pub serif_bold: Arc<[u8]>,
    /// For example `NotoSansCJK-Regular.ttc`.
    pub sans: Arc<[u8]>,
    /// For example `NotoSansCJK-Bold.ttc`.
    pub sans_bold: Arc<[u8]>,
}

/// The four faces, ready to be measured and set.
#[derive(Debug)]
pub struct Fonts {
    serif: Face,
    serif_bold: Face,
    sans: Face,
    sans_bold: Face,
}

impl Fonts {
    /// Reads the four files. Takes about 20 ms each; done once.
    pub fn read(files: FontFiles) -> Result<Self, Error> {
        Ok(Self {
            serif: Face::read(FaceName::Serif, &files.serif)?,
            serif_bold: Face::read(FaceName::SerifBold, &files.serif_bold)?,
            sans: Face::read(FaceName::Sans, &files.sans)?,
            sans_bold: Face::read(FaceName::SansBold, &files.sans_bold)?,
        })
    }

    /// One of the faces.
    pub fn face(&self, name: FaceName) -> &Face {
        match name {
            FaceName::Serif => &self.serif,
            FaceName::SerifBold => &self.serif_bold,
            FaceName::Sans => &self.sans,
            FaceName::SansBold => &self.sans_bold,
        }
    }
}

/// One face.
pub struct Face {
    name: FaceName,
    file: Arc<[u8]>,
    index: usize,
    units_per_em: u16,
    /// Character, glyph, advance in font units; sorted by character.
    glyphs: Vec<(char, u16, u16)>,
}

impl Face {
    /// The advance of a character in ems.
    pub fn advance_em(&self, character: char) -> Result<f32, Error> {
        let (_, advance) = self.glyph(character)?;
        Ok(f32::from(advance) / f32::from(self.units_per_em))
    }

    /// The width of a text in ems.
    pub fn width_em(&self, text: &str) -> Result<f32, Error> {
        text.chars().map(|character| self.advance_em(character)).sum()
    }

    /// Refuses the first character that has no glyph. A PDF would silently leave it out.
    pub fn check(&self, text: &str) -> Result<(), Error> {
        text.chars().try_for_each(|character| self.glyph(character).map(|_glyph| ()))
    }

    /// A font with the glyphs of these characters alone, for embedding.
    pub(super) fn subset(&self, characters: &BTreeSet<char>) -> Result<Vec<u8>, Error> {
        let mut glyphs = BTreeSet::from([0]);
        for character in characters {
            glyphs.insert(self.glyph(*character)?.0);
        }
        let glyphs: Vec<u16> = glyphs.into_iter().collect();
        let cut = || -> Result<Vec<u8>, SubsetError> {
            let data = ReadScope::new(&self.file).read::<FontData<'_>>()?;
            let provider = data.table_provider(self.index).map_err(read_part)?;
            subset(&provider, &glyphs, &SubsetProfile::Pdf, CmapTarget::Unicode)
        };
        cut().map_err(|source| Error::SubsetFont { face: self.name, source })
    }

    fn glyph(&self, character: char) -> Result<(u16, u16), Error> {
        self.glyphs
            .binary_search_by_key(&character, |(known, ..)| *known)
            .ok()
            .and_then(|at| self.glyphs.get(at))
            .map(|(_, glyph, advance)| (*glyph, *advance))
            .ok_or(Error::GlyphMissing { character })
    }

    fn read(name: FaceName, file: &Arc<[u8]>) -> Result<Self, Error> {
        let fail = |part: &'static str| {
            move |source: ParseError| Error::ReadFont { face: name, part, source }
        };
        let data = ReadScope::new(file).read::<FontData<'_>>().map_err(fail("header"))?;
        let index = simplified_chinese(&data);
        let provider = data.table_provider(index).map_err(read_part).map_err(fail("tables"))?;
        let table = |tag: u32, part| provider.read_table_data(tag).map_err(fail(part));
        let head = table(tag::HEAD, "table head")?;
        let maxp = table(tag::MAXP, "table maxp")?;
        let hhea = table(tag::HHEA, "table hhea")?;
        let hmtx = table(tag::HMTX, "table hmtx")?;
        let cmap = table(tag::CMAP, "table cmap")?;
        let head = ReadScope::new(&head).read::<HeadTable>().map_err(fail("table head"))?;
        let maxp = ReadScope::new(&maxp).read::<MaxpTable>().map_err(fail("table maxp"))?;
        let hhea = ReadScope::new(&hhea).read::<HheaTable>().map_err(fail("table hhea"))?;
        let hmtx = ReadScope::new(&hmtx)
            .read_dep::<HmtxTable<'_>>((
                usize::from(maxp.num_glyphs),
                usize::from(hhea.num_h_metrics),
            ))
            .map_err(fail("table hmtx"))?;
        let cmap = ReadScope::new(&cmap).read::<Cmap<'_>>().map_err(fail("table cmap"))?;
        let (_, cmap) = read_cmap_subtable(&cmap)
            .and_then(|found| found.ok_or(ParseError::UnsuitableCmap))
            .map_err(fail("map from Unicode"))?;
        let mut glyphs = Vec::new();
        cmap.mappings_fn(|code, glyph| {
            if let Some(character) = char::from_u32(code)
                && glyph != 0
                && let Ok(advance) = hmtx.horizontal_advance(glyph)
            {
                glyphs.push((character, glyph, advance));
            }
        })
        .map_err(fail("map from Unicode"))?;
        glyphs.sort_unstable();
        glyphs.dedup_by_key(|(character, ..)| *character);
        if head.units_per_em == 0 || glyphs.is_empty() {
            return Err(fail("glyphs")(ParseError::MissingValue));
        }
        Ok(Self { name, units_per_em: head.units_per_em, index, glyphs, file: Arc::clone(file) })
    }
}

/// A face is megabytes: only its name is worth showing.
impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Face({} of {} characters)", self.name.as_str(), self.glyphs.len())
    }
}

/// Nothing is written here, so it can only be the reading that failed.
fn read_part(error: ReadWriteError) -> ParseError {
    match error {
        ReadWriteError::Read(source) => source,
        ReadWriteError::Write(_) => ParseError::BadValue,
    }
}

/// The face of a collection whose family name ends in SC, else the first.
fn simplified_chinese(data: &FontData<'_>) -> usize {
    let is_simplified = |index: &usize| {
        data.table_provider(*index)
            .ok()
            .and_then(|provider| provider.read_table_data(tag::NAME).ok().map(Cow::into_owned))
            .and_then(|names| fontcode_get_name(&names, 1).ok().flatten())
            .is_some_and(|family| {
                let family = family.to_string_lossy();
                family.ends_with(" SC") && !family.contains("Mono")
            })
    };
    (0..FACES_MAX)
        .take_while(|index| data.table_provider(*index).is_ok())
        .find(is_simplified)
        .unwrap_or(0)
}
