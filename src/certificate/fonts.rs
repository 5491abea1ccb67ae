//! The typefaces certificates and slips are set in: which characters they have, how wide each is, and
//! the small font with only the characters of one document.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use allsorts::{
    binary::read::ReadScope,
    error::ParseError,
    font::read_cmap_subtable,
    get_name::fontcode_get_name,
    subset::{CmapTarget, SubsetProfile, subset},
    tables::{
        FontTableProvider, HeadTable, HheaTable, HmtxTable, MaxpTable, OffsetTable, TTCHeader,
        cmap::Cmap,
    },
    tag,
};

use super::Error;

/// Faces at most in a collection. Noto CJK has ten.
const FACES_MAX: usize = 64;
/// Bytes of a table at most: the outlines of Noto CJK have 16 MB.
const TABLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes looked at for a file's header: that of a collection of [`FACES_MAX`] has 268.
const HEADER_BYTES: usize = 512;
/// Bytes looked at for the list of a face's tables: 16 for each, and a face has some twenty.
const TABLE_LIST_BYTES: usize = 4096;

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

/// Where the four font files are. Of a collection the face for simplified Chinese is taken.
#[derive(Debug, Clone)]
pub struct FontFiles {
    /// For example `NotoSerifCJK-Regular.ttc`.
    pub serif: PathBuf,
    /// For example `NotoSerifCJK-Bold.ttc`.
    pub serif_bold: PathBuf,
    /// For example `NotoSansCJK-Regular.ttc`.
    pub sans: PathBuf,
    /// For example `NotoSansCJK-Bold.ttc`.
    pub sans_bold: PathBuf,
}

impl FontFiles {
    /// Those of Noto CJK in a folder, by the names they have in `fonts-noto-cjk`.
    pub fn noto_cjk(folder: &Path) -> Self {
        Self {
            serif: folder.join("NotoSerifCJK-Regular.ttc"),
            serif_bold: folder.join("NotoSerifCJK-Bold.ttc"),
            sans: folder.join("NotoSansCJK-Regular.ttc"),
            sans_bold: folder.join("NotoSansCJK-Bold.ttc"),
        }
    }
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
    /// Opens the four files, and reads what it takes to measure texts. The outlines are read when a
    /// document is made.
    pub fn open(files: &FontFiles) -> Result<Self, Error> {
        let open = |face, path: &PathBuf| {
            let file = File::open(path).map_err(|source| {
                let path = path.clone();
                Error::OpenFont { face, path, source }
            })?;
            Face::read(face, file)
        };
        Ok(Self {
            serif: open(FaceName::Serif, &files.serif)?,
            serif_bold: open(FaceName::SerifBold, &files.serif_bold)?,
            sans: open(FaceName::Sans, &files.sans)?,
            sans_bold: open(FaceName::SansBold, &files.sans_bold)?,
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
    tables: Tables,
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
        subset(&self.tables, &glyphs, &SubsetProfile::Pdf, CmapTarget::Unicode)
            .map_err(|source| Error::SubsetFont { face: self.name, source })
    }

    fn glyph(&self, character: char) -> Result<(u16, u16), Error> {
        self.glyphs
            .binary_search_by_key(&character, |(known, ..)| *known)
            .ok()
            .and_then(|at| self.glyphs.get(at))
            .map(|(_, glyph, advance)| (*glyph, *advance))
            .ok_or(Error::GlyphMissing { character })
    }

    fn read(name: FaceName, file: File) -> Result<Self, Error> {
        let fail = |part: &'static str| {
            move |source: ParseError| Error::ReadFont { face: name, part, source }
        };
        let tables = Tables::of(file).map_err(fail("header"))?;
        let table = |tag: u32, part| tables.read_table_data(tag).map_err(fail(part));
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
        let units_per_em = head.units_per_em;
        glyphs.shrink_to_fit();
        Ok(Self { name, tables, units_per_em, glyphs })
    }
}

/// A face is megabytes: only its name is worth showing.
impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Face({} of {} characters)", self.name.as_str(), self.glyphs.len())
    }
}

/// The tables of a face, each read from its file when it is asked for: a file of Noto CJK has 20 MB, and what
/// measures its texts less than one.
struct Tables {
    file: File,
    /// Tag, where it begins, bytes.
    places: BTreeMap<u32, (u64, usize)>,
}

impl Tables {
    /// Those of the face of a collection whose family name ends in SC, else of the first.
    fn of(file: File) -> Result<Self, ParseError> {
        let header = read_at(&file, 0, HEADER_BYTES)?;
        let faces: Vec<u64> = match ReadScope::new(&header).read::<TTCHeader<'_>>() {
            Ok(collection) => {
                collection.offset_tables.iter().take(FACES_MAX).map(u64::from).collect()
            }
            Err(_one_face) => vec![0],
        };
        let mut tables = Self { file, places: BTreeMap::new() };
        for face in &faces {
            tables.look_at(*face)?;
            if tables.is_simplified_chinese() {
                return Ok(tables);
            }
        }
        let first = faces.first().ok_or(ParseError::MissingValue)?;
        tables.look_at(*first)?;
        Ok(tables)
    }

    /// Notes where the tables of the face are whose list begins there.
    fn look_at(&mut self, list: u64) -> Result<(), ParseError> {
        let list = read_at(&self.file, list, TABLE_LIST_BYTES)?;
        let list = ReadScope::new(&list).read::<OffsetTable<'_>>()?;
        self.places = list
            .table_records
            .iter()
            .map(|record| Ok((record.table_tag, (record.offset.into(), record.length.try_into()?))))
            .collect::<Result<_, ParseError>>()?;
        Ok(())
    }

    fn is_simplified_chinese(&self) -> bool {
        let names = self.read_table_data(tag::NAME).ok();
        let family = names.and_then(|names| fontcode_get_name(&names, 1).ok().flatten());
        family.is_some_and(|family| {
            let family = family.to_string_lossy();
            family.ends_with(" SC") && !family.contains("Mono")
        })
    }
}

impl FontTableProvider for Tables {
    fn table_data(&self, tag: u32) -> Result<Option<Cow<'_, [u8]>>, ParseError> {
        let Some((at, bytes)) = self.places.get(&tag) else { return Ok(None) };
        let table = read_at(&self.file, *at, *bytes)?;
        if table.len() < *bytes {
            return Err(ParseError::BadEof);
        }
        Ok(Some(Cow::Owned(table)))
    }

    fn has_table(&self, tag: u32) -> bool {
        self.places.contains_key(&tag)
    }

    fn table_tags(&self) -> Option<Vec<u32>> {
        Some(self.places.keys().copied().collect())
    }
}

/// So many bytes of a file, or fewer where it ends before.
fn read_at(file: &File, at: u64, bytes: usize) -> Result<Vec<u8>, ParseError> {
    if bytes > TABLE_BYTES_MAX {
        return Err(ParseError::LimitExceeded);
    }
    let mut read = vec![0; bytes];
    let mut length = 0;
    while let Some(rest) = read.get_mut(length..).filter(|rest| !rest.is_empty()) {
        let from = at.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        match file.read_at(rest, from).map_err(|_unreadable| ParseError::BadEof)? {
            0 => break,
            more => length += more,
        }
    }
    read.truncate(length);
    Ok(read)
}
