//! A page template: what is printed where. Written as TOML, read into checked types; every problem of
//! a file is reported at once, with its line.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive};

use toml::{
    Spanned,
    de::{DeFloat, DeInteger, DeTable, DeValue},
};

use super::colour::Colour;
use crate::domain::PermitKind;

/// Sheets at most for one kind of permit: an original, a copy, and as many again.
const SHEETS_MAX: usize = 4;

/// Bytes at most in a template file.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// Which sheet of a permit a template is for, in the order printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sheet {
    /// 正本, hung on the wall.
    Original,
    /// 副本.
    Copy,
}

impl Sheet {
    /// The word in template files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Copy => "copy",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Original, Self::Copy].into_iter().find(|sheet| sheet.as_str() == word)
    }
}

/// One page template.
#[derive(Debug, Clone)]
pub struct Template {
    pub(super) kind: PermitKind,
    pub(super) sheet: Sheet,
    pub(super) page_mm: [f32; 2],
    pub(super) ink: Colour,
    pub(super) border: Border,
    pub(super) ground: Option<GroundRosette>,
    pub(super) emblem: Option<EmblemPlace>,
    pub(super) title: Heading,
    pub(super) subtitle: Option<Heading>,
    pub(super) columns: Vec<Column>,
    pub(super) notes: Vec<Note>,
    pub(super) seal: SealPlace,
    pub(super) qr: QrPlace,
    pub(super) serial: Heading,
    pub(super) demo: Option<Demo>,
}

/// The band around the page.
#[derive(Debug, Clone)]
pub(super) struct Border {
    pub(super) margin_mm: f32,
    pub(super) band_mm: f32,
    pub(super) line: Colour,
    pub(super) fret: Colour,
    pub(super) fret_pt: f32,
    pub(super) ground: Colour,
}

/// The pale rosette behind the text.
#[derive(Debug, Clone)]
pub(super) struct GroundRosette {
    pub(super) centre_mm: [f32; 2],
    pub(super) radius_mm: f32,
    pub(super) colour: Colour,
}

/// Where the emblem stands.
#[derive(Debug, Clone)]
pub(super) struct EmblemPlace {
    pub(super) centre_mm: [f32; 2],
    pub(super) height_mm: f32,
}

/// A line of text around a middle.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub(super) text: String,
    pub(super) centre_mm: f32,
    pub(super) baseline_mm: f32,
    pub(super) size_pt: f32,
    pub(super) tracking_em: f32,
}

/// Fields one below the other, in one size that fits them all.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) left_mm: f32,
    pub(super) top_mm: f32,
    pub(super) width_mm: f32,
    pub(super) height_mm: f32,
    pub(super) label_mm: f32,
    pub(super) size_pt: f32,
    pub(super) size_min_pt: f32,
    pub(super) label_pt: f32,
    pub(super) gap_mm: f32,
    pub(super) fields: Vec<Field>,
}

/// A label and what is printed beside it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) label: String,
    pub(super) content: Content,
}

/// What is printed beside a label.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Something of the permit.
    Value(Value),
    /// The same on every sheet.
    Text(String),
}

/// What of a permit can be printed, by its word in templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Number,
    Elicence,
    HolderName,
    HolderUscc,
    LegalRepresentative,
    HolderAddress,
    Premises,
    Subject,
    Items,
    Trade,
    Place,
    Parts,
    Issuer,
    Issued,
    ValidTo,
    Validity,
}

impl Value {
    const ALL: [Self; 16] = [
        Self::Number,
        Self::Elicence,
        Self::HolderName,
        Self::HolderUscc,
        Self::LegalRepresentative,
        Self::HolderAddress,
        Self::Premises,
        Self::Subject,
        Self::Items,
        Self::Trade,
        Self::Place,
        Self::Parts,
        Self::Issuer,
        Self::Issued,
        Self::ValidTo,
        Self::Validity,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Elicence => "elicence",
            Self::HolderName => "holder-name",
            Self::HolderUscc => "holder-uscc",
            Self::LegalRepresentative => "legal-representative",
            Self::HolderAddress => "holder-address",
            Self::Premises => "premises",
            Self::Subject => "subject",
            Self::Items => "items",
            Self::Trade => "trade",
            Self::Place => "place",
            Self::Parts => "parts",
            Self::Issuer => "issuer",
            Self::Issued => "issued",
            Self::ValidTo => "valid-to",
            Self::Validity => "validity",
        }
    }

    /// Whether a permit of this kind has it.
    fn belongs_to(self, kind: PermitKind) -> bool {
        match self {
            Self::Subject | Self::Items => kind == PermitKind::Food,
            Self::Trade => matches!(kind, PermitKind::Filing | PermitKind::Combined),
            Self::Place => matches!(kind, PermitKind::Hygiene | PermitKind::HygieneFiling),
            Self::Parts => kind == PermitKind::Combined,
            // A filing has no last day, and a combined permit holds as long as its parts.
            Self::ValidTo | Self::Validity => {
                matches!(kind, PermitKind::Food | PermitKind::Hygiene)
            }
            Self::Number
            | Self::Elicence
            | Self::HolderName
            | Self::HolderUscc
            | Self::LegalRepresentative
            | Self::HolderAddress
            | Self::Premises
            | Self::Issuer
            | Self::Issued => true,
        }
    }

    /// What the law wants printed on every sheet of a kind (domain rules: O78 26, 细则 25).
    fn wanted_on(kind: PermitKind) -> &'static [Self] {
        match kind {
            PermitKind::Food => &[
                Self::HolderName,
                Self::HolderUscc,
                Self::LegalRepresentative,
                Self::HolderAddress,
                Self::Premises,
                Self::Subject,
                Self::Items,
                Self::Number,
                Self::ValidTo,
                Self::Issuer,
                Self::Issued,
            ],
            PermitKind::Hygiene => &[
                Self::Number,
                Self::HolderName,
                Self::LegalRepresentative,
                Self::Premises,
                Self::Place,
                Self::Validity,
                Self::Issuer,
                Self::Issued,
            ],
            PermitKind::Filing => &[
                Self::Number,
                Self::HolderName,
                Self::HolderUscc,
                Self::LegalRepresentative,
                Self::Premises,
                Self::Trade,
                Self::Issuer,
                Self::Issued,
            ],
            PermitKind::HygieneFiling => &[
                Self::Number,
                Self::HolderName,
                Self::HolderUscc,
                Self::LegalRepresentative,
                Self::Premises,
                Self::Place,
                Self::Issuer,
                Self::Issued,
            ],
            PermitKind::Combined => &[
                Self::Number,
                Self::HolderName,
                Self::HolderUscc,
                Self::LegalRepresentative,
                Self::Premises,
                Self::Trade,
                Self::Parts,
                Self::Issuer,
                Self::Issued,
            ],
        }
    }
}

/// A paragraph that is the same on every sheet.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) left_mm: f32,
    pub(super) top_mm: f32,
    pub(super) width_mm: f32,
    pub(super) size_pt: f32,
}

/// Where the red seal stands and what is written below its star.
#[derive(Debug, Clone)]
pub(super) struct SealPlace {
    pub(super) centre_mm: [f32; 2],
    pub(super) diameter_mm: f32,
    pub(super) colour: Colour,
    pub(super) below: String,
}

/// Where the QR code stands. It is laid on the printer's dots.
#[derive(Debug, Clone)]
pub(super) struct QrPlace {
    pub(super) centre_mm: [f32; 2],
    /// The side of the place; the code with its quiet zone must fit in.
    pub(super) side_mm: f32,
    /// Dots of 1/300 inch a module.
    pub(super) module_dots: u16,
    pub(super) caption: String,
    pub(super) caption_pt: f32,
}

/// What tells a sheet from a real one while the kiosk is being shown.
#[derive(Debug, Clone)]
pub(super) struct Demo {
    pub(super) mark: String,
    pub(super) mark_pt: f32,
    pub(super) colour: Colour,
    pub(super) line: Heading,
}

/// One thing wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

/// Everything wrong with one template file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The file's name.
    pub file: String,
    /// What is wrong, by line.
    pub problems: Vec<Problem>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use page template {}", self.file)?;
        for Problem { line, text } in &self.problems {
            write!(f, "\n  line {line}: {text}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// Reads a template. `file` is only for messages.
    pub fn parse(file: &str, text: &str) -> Result<Self, TemplateError> {
        let mut read = Reader { text, problems: Vec::new() };
        let template = read.template();
        read.problems.sort_by_key(|problem| problem.line);
        match template {
            Some(template) if read.problems.is_empty() => Ok(template),
            _ => Err(TemplateError { file: file.to_owned(), problems: read.problems }),
        }
    }

    /// The kind of permit it is for.
    pub fn kind(&self) -> PermitKind {
        self.kind
    }

    /// The sheet it is for.
    pub fn sheet(&self) -> Sheet {
        self.sheet
    }

    /// Width and height of the page in millimetres.
    pub fn page_mm(&self) -> [f32; 2] {
        self.page_mm
    }
}

/// All page templates of a kiosk.
#[derive(Debug, Clone)]
pub struct Templates {
    templates: Vec<Template>,
}

impl Templates {
    /// Reads template files, given as name and text. Reports the problems of all of them.
    pub fn parse<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<TemplateError>> {
        let mut templates: Vec<Template> = Vec::new();
        let mut errors = Vec::new();
        let mut whole = |file: &str, text: String| {
            let problems = vec![Problem { line: 1, text }];
            errors.push(TemplateError { file: file.to_owned(), problems });
        };
        let mut broken = Vec::new();
        for (file, text) in files {
            match Template::parse(file, text) {
                Ok(new) if templates.iter().any(|t| (t.kind, t.sheet) == (new.kind, new.sheet)) => {
                    let (kind, sheet) = (new.kind.as_str(), new.sheet.as_str());
                    whole(file, format!("there is another template for {kind}, {sheet}"));
                }
                Ok(new) => templates.push(new),
                Err(error) => broken.push(error),
            }
        }
        if broken.is_empty() {
            for kind in PermitKind::ALL {
                let sheets = templates.iter().filter(|template| template.kind == kind).count();
                if !(1..=SHEETS_MAX).contains(&sheets) {
                    let kind = kind.as_str();
                    whole("(all)", format!("there is no template for permits of kind {kind}"));
                }
            }
        }
        errors.extend(broken);
        templates.sort_by_key(|template| (template.kind, template.sheet));
        if errors.is_empty() { Ok(Self { templates }) } else { Err(errors) }
    }

    /// The sheets of a kind in the order printed.
    pub fn of(&self, kind: PermitKind) -> impl Iterator<Item = &Template> {
        self.templates.iter().filter(move |template| template.kind == kind)
    }

    /// Every template.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter()
    }
}

/// Reads one file and remembers what is wrong with it.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

/// A table with the keys asked for so far; what was never asked for is unknown.
struct Table<'a> {
    entries: &'a DeTable<'a>,
    line: usize,
    name: String,
    asked: BTreeSet<&'static str>,
}

/// Sizes of text in points.
const PT: RangeInclusive<f32> = 5.0..=120.0;

impl Reader<'_> {
    fn template(&mut self) -> Option<Template> {
        if self.text.len() > FILE_BYTES_MAX {
            self.problem(1, format!("the file has more than {FILE_BYTES_MAX} bytes"));
            return None;
        }
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = self.line_of(error.span().map_or(0, |span| span.start));
            self.problem(line, error.message().to_owned());
        }
        let mut root = Table {
            entries: root.get_ref(),
            line: 1,
            name: "the file".to_owned(),
            asked: BTreeSet::new(),
        };
        let root = &mut root;

        let version = self.number(root, "version", 1.0..=1.0);
        let kind = self.word(
            root,
            "kind",
            "food, filing, hygiene, hygiene_filing or combined",
            PermitKind::parse,
        );
        let sheet = self.word(root, "sheet", "original or copy", Sheet::parse);
        let page_mm = self.pair(root, "page_mm", 100.0..=500.0);
        let [width, height] = page_mm.unwrap_or([500.0, 500.0]);
        let (across, down) = (0.0..=width, 0.0..=height);
        let ink = self.colour(root, "ink");
        let border = self.table(root, "border").and_then(|mut table| self.border(&mut table));
        let ground = self.optional_table(root, "ground").map(|mut table| {
            let table = &mut table;
            let ground = (
                self.place(table, "centre_mm", &across, &down),
                self.number(table, "radius_mm", 5.0..=250.0),
                self.colour(table, "colour"),
            );
            self.end(table);
            ground
        });
        let emblem = self.optional_table(root, "emblem").map(|mut table| {
            let table = &mut table;
            let emblem = (
                self.place(table, "centre_mm", &across, &down),
                self.number(table, "height_mm", 5.0..=60.0),
            );
            self.end(table);
            emblem
        });
        let title = self.table(root, "title").and_then(|t| self.heading(t, &across, &down));
        let subtitle = self.optional_table(root, "subtitle");
        let subtitle = subtitle.map(|t| self.heading(t, &across, &down));
        let columns: Vec<Option<Column>> = self
            .tables(root, "column")
            .into_iter()
            .map(|mut table| self.column(&mut table, [width, height], kind))
            .collect();
        let notes: Vec<Option<Note>> = self
            .optional_tables(root, "note")
            .into_iter()
            .map(|mut table| {
                let table = &mut table;
                let note = (
                    self.string(table, "text"),
                    self.number(table, "left_mm", across.clone()),
                    self.number(table, "top_mm", down.clone()),
                    self.number(table, "width_mm", 10.0..=500.0),
                    self.number(table, "size_pt", PT),
                );
                self.end(table);
                let (text, left_mm, top_mm, width_mm, size_pt) = note;
                Some(Note {
                    text: text?,
                    left_mm: left_mm?,
                    top_mm: top_mm?,
                    width_mm: width_mm?,
                    size_pt: size_pt?,
                })
            })
            .collect();
        let seal = self.table(root, "seal").and_then(|mut table| {
            let table = &mut table;
            let seal = (
                self.place(table, "centre_mm", &across, &down),
                // 42 mm is what organs of a county use; smaller than 30 mm nobody can read.
                self.number(table, "diameter_mm", 30.0..=50.0),
                self.colour(table, "colour"),
                self.string(table, "below"),
            );
            self.end(table);
            let (centre_mm, diameter_mm, colour, below) = seal;
            Some(SealPlace {
                centre_mm: centre_mm?,
                diameter_mm: diameter_mm?,
                colour: colour?,
                below: below?,
            })
        });
        let qr = self.table(root, "qr").and_then(|mut table| {
            let table = &mut table;
            let qr = (
                self.place(table, "centre_mm", &across, &down),
                self.number(table, "side_mm", 20.0..=80.0),
                // 4 dots are 0.34 mm, the least a hand-held camera resolves.
                self.number(table, "module_dots", 4.0..=12.0),
                self.string(table, "caption"),
                self.number(table, "caption_pt", PT),
            );
            self.end(table);
            let (centre_mm, side_mm, module, caption, caption_pt) = qr;
            let module = module?;
            Some(QrPlace {
                centre_mm: centre_mm?,
                side_mm: side_mm?,
                module_dots: (4..=12).find(|dots| f32::from(*dots) >= module)?,
                caption: caption?,
                caption_pt: caption_pt?,
            })
        });
        let serial = self.table(root, "serial").and_then(|t| self.heading(t, &across, &down));
        let demo = self.optional_table(root, "demo").map(|mut table| {
            let table = &mut table;
            let demo = (
                self.string(table, "mark"),
                self.number(table, "mark_pt", PT),
                self.colour(table, "colour"),
                self.table(table, "line").and_then(|t| self.heading(t, &across, &down)),
            );
            self.end(table);
            demo
        });
        self.end(root);

        self.wanted(kind, &columns);

        version?;
        Some(Template {
            kind: kind?,
            sheet: sheet?,
            page_mm: page_mm?,
            ink: ink?,
            border: border?,
            ground: match ground {
                None => None,
                Some((centre_mm, radius_mm, colour)) => Some(GroundRosette {
                    centre_mm: centre_mm?,
                    radius_mm: radius_mm?,
                    colour: colour?,
                }),
            },
            emblem: match emblem {
                None => None,
                Some((centre_mm, height_mm)) => {
                    Some(EmblemPlace { centre_mm: centre_mm?, height_mm: height_mm? })
                }
            },
            title: title?,
            subtitle: match subtitle {
                None => None,
                Some(heading) => Some(heading?),
            },
            columns: columns.into_iter().collect::<Option<_>>()?,
            notes: notes.into_iter().collect::<Option<_>>()?,
            seal: seal?,
            qr: qr?,
            serial: serial?,
            demo: match demo {
                None => None,
                Some((mark, mark_pt, colour, line)) => {
                    Some(Demo { mark: mark?, mark_pt: mark_pt?, colour: colour?, line: line? })
                }
            },
        })
    }

    /// Reports what the law wants printed and no column prints.
    fn wanted(&mut self, kind: Option<PermitKind>, columns: &[Option<Column>]) {
        let (Some(kind), true) = (kind, columns.iter().all(Option::is_some)) else { return };
        let fields = columns.iter().flatten().flat_map(|column| &column.fields);
        let printed: Vec<Value> = fields
            .filter_map(|field| match &field.content {
                Content::Value(value) => Some(*value),
                Content::Text(_) => None,
            })
            .collect();
        for value in Value::wanted_on(kind) {
            if !printed.contains(value) {
                let (value, kind) = (value.as_str(), kind.as_str());
                self.problem(1, format!("no field prints `{value}`, which a {kind} sheet must"));
            }
        }
    }

    fn border(&mut self, table: &mut Table<'_>) -> Option<Border> {
        let margin_mm = self.number(table, "margin_mm", 4.0..=30.0);
        let band_mm = self.number(table, "band_mm", 4.0..=30.0);
        let line = self.colour(table, "line");
        let fret = self.colour(table, "fret");
        let fret_pt = self.number(table, "fret_pt", 0.1..=2.0);
        let ground = self.colour(table, "ground");
        self.end(table);
        Some(Border {
            margin_mm: margin_mm?,
            band_mm: band_mm?,
            line: line?,
            fret: fret?,
            fret_pt: fret_pt?,
            ground: ground?,
        })
    }

    fn heading(
        &mut self,
        mut table: Table<'_>,
        across: &RangeInclusive<f32>,
        down: &RangeInclusive<f32>,
    ) -> Option<Heading> {
        let table = &mut table;
        let text = self.string(table, "text");
        let centre_mm = self.number(table, "centre_mm", across.clone());
        let baseline_mm = self.number(table, "baseline_mm", down.clone());
        let size_pt = self.number(table, "size_pt", PT);
        let tracking_em = if table.entries.contains_key("tracking_em") {
            self.number(table, "tracking_em", 0.0..=2.0)
        } else {
            Some(0.0)
        };
        self.end(table);
        Some(Heading {
            text: text?,
            centre_mm: centre_mm?,
            baseline_mm: baseline_mm?,
            size_pt: size_pt?,
            tracking_em: tracking_em?,
        })
    }

    fn column(
        &mut self,
        table: &mut Table<'_>,
        [page_width, page_height]: [f32; 2],
        kind: Option<PermitKind>,
    ) -> Option<Column> {
        let left_mm = self.number(table, "left_mm", 0.0..=page_width);
        let top_mm = self.number(table, "top_mm", 0.0..=page_height);
        let width_mm = self.number(table, "width_mm", 20.0..=page_width);
        let height_mm = self.number(table, "height_mm", 5.0..=page_height);
        let label_mm = self.number(table, "label_mm", 5.0..=150.0);
        let size_pt = self.number(table, "size_pt", PT);
        let size_min_pt = self.number(table, "size_min_pt", PT);
        let label_pt = self.number(table, "label_pt", PT);
        let gap_mm = self.number(table, "gap_mm", 0.0..=50.0);
        if let (Some(left), Some(width)) = (left_mm, width_mm)
            && left + width > page_width
        {
            self.problem(table.line, "the column is wider than the page".to_owned());
        }
        if let (Some(top), Some(height)) = (top_mm, height_mm)
            && top + height > page_height
        {
            self.problem(table.line, "the column is longer than the page".to_owned());
        }
        if let (Some(size), Some(least)) = (size_pt, size_min_pt)
            && least > size
        {
            self.problem(table.line, "`size_min_pt` is larger than `size_pt`".to_owned());
        }
        let fields: Vec<Option<Field>> = self
            .tables(table, "field")
            .into_iter()
            .map(|mut table| self.field(&mut table, kind))
            .collect();
        self.end(table);
        Some(Column {
            left_mm: left_mm?,
            top_mm: top_mm?,
            width_mm: width_mm?,
            height_mm: height_mm?,
            label_mm: label_mm?,
            size_pt: size_pt?,
            size_min_pt: size_min_pt?,
            label_pt: label_pt?,
            gap_mm: gap_mm?,
            fields: fields.into_iter().collect::<Option<_>>()?,
        })
    }

    fn field(&mut self, table: &mut Table<'_>, kind: Option<PermitKind>) -> Option<Field> {
        let label = self.string(table, "label");
        let content = if table.entries.contains_key("text") {
            self.string(table, "text").map(Content::Text)
        } else {
            let known = Value::ALL.map(Value::as_str).join(", ");
            let value = self.word(table, "value", &known, |word| {
                Value::ALL.into_iter().find(|value| value.as_str() == word)
            });
            if let (Some(value), Some(kind)) = (value, kind)
                && !value.belongs_to(kind)
            {
                let (value, kind) = (value.as_str(), kind.as_str());
                self.problem(table.line, format!("a permit of kind {kind} has no `{value}`"));
            }
            value.map(Content::Value)
        };
        self.end(table);
        Some(Field { label: label?, content: content? })
    }

    fn string(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<String> {
        let (value, line) = self.entry(table, key)?;
        let text = value.as_str().filter(|text| (1..=400).contains(&text.chars().count()));
        if text.is_none() {
            self.problem(line, format!("`{key}` must be a text of 1 to 400 characters"));
        }
        text.map(str::to_owned)
    }

    fn word<T>(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        known: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (value, line) = self.entry(table, key)?;
        let parsed = value.as_str().and_then(parse);
        if parsed.is_none() {
            self.problem(line, format!("`{key}` must be one of: {known}"));
        }
        parsed
    }

    fn colour(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Colour> {
        self.word(table, key, "a colour as \"#rrggbb\"", Colour::parse)
    }

    fn number(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        range: RangeInclusive<f32>,
    ) -> Option<f32> {
        let (value, line) = self.entry(table, key)?;
        self.number_of(value, line, key, &range)
    }

    fn pair(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        range: RangeInclusive<f32>,
    ) -> Option<[f32; 2]> {
        self.place(table, key, &range, &range)
    }

    fn place(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        across: &RangeInclusive<f32>,
        down: &RangeInclusive<f32>,
    ) -> Option<[f32; 2]> {
        let (value, line) = self.entry(table, key)?;
        let numbers: Vec<_> = value.as_array().into_iter().flatten().collect();
        if let [x, y] = numbers.as_slice() {
            let x = self.number_of(x.get_ref(), line, key, across);
            let y = self.number_of(y.get_ref(), line, key, down);
            return Some([x?, y?]);
        }
        self.problem(line, format!("`{key}` must be two numbers, for example [297, 210]"));
        None
    }

    fn number_of(
        &mut self,
        value: &DeValue<'_>,
        line: usize,
        key: &str,
        range: &RangeInclusive<f32>,
    ) -> Option<f32> {
        let integer = value.as_integer().map(DeInteger::as_str);
        let written = integer.or_else(|| value.as_float().map(DeFloat::as_str));
        let number: Option<f32> = written.and_then(|number| number.parse().ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.problem(line, format!("`{key}` must be a number from {least} to {most}"));
        }
        number
    }

    fn table<'t>(&mut self, parent: &mut Table<'t>, key: &'static str) -> Option<Table<'t>> {
        let (value, line) = self.entry(parent, key)?;
        let Some(entries) = value.as_table() else {
            self.problem(line, format!("`{key}` must be a table [{key}]"));
            return None;
        };
        Some(Table { entries, line, name: format!("[{key}]"), asked: BTreeSet::new() })
    }

    fn optional_table<'t>(
        &mut self,
        parent: &mut Table<'t>,
        key: &'static str,
    ) -> Option<Table<'t>> {
        parent.asked.insert(key);
        parent.entries.contains_key(key).then(|| self.table(parent, key)).flatten()
    }

    fn tables<'t>(&mut self, parent: &mut Table<'t>, key: &'static str) -> Vec<Table<'t>> {
        let Some((value, line)) = self.entry(parent, key) else { return Vec::new() };
        let Some(values) = value.as_array() else {
            self.problem(line, format!("`{key}` must be tables [[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in values {
            let line = self.line_of(value.span().start);
            match value.get_ref().as_table() {
                Some(entries) => tables.push(Table {
                    entries,
                    line,
                    name: format!("[[{key}]]"),
                    asked: BTreeSet::new(),
                }),
                None => self.problem(line, format!("`{key}` must hold tables only")),
            }
        }
        tables
    }

    fn optional_tables<'t>(&mut self, parent: &mut Table<'t>, key: &'static str) -> Vec<Table<'t>> {
        parent.asked.insert(key);
        if parent.entries.contains_key(key) { self.tables(parent, key) } else { Vec::new() }
    }

    fn entry<'t>(
        &mut self,
        table: &mut Table<'t>,
        key: &'static str,
    ) -> Option<(&'t DeValue<'t>, usize)> {
        table.asked.insert(key);
        let Some(value) = table.entries.get(key) else {
            self.problem(table.line, format!("{} lacks `{key}`", table.name));
            return None;
        };
        Some((value.get_ref(), self.line_of(value.span().start)))
    }

    /// Reports the keys nobody asked for.
    fn end(&mut self, table: &Table<'_>) {
        for key in table.entries.keys() {
            let name: &Spanned<_> = key;
            if !table.asked.contains(name.get_ref().as_ref()) {
                let line = self.line_of(name.span().start);
                let known = table.asked.iter().copied().collect::<Vec<_>>().join(", ");
                let key = name.get_ref();
                self.problem(line, format!("{} has no `{key}`; it has {known}", table.name));
            }
        }
    }

    fn problem(&mut self, line: usize, text: String) {
        self.problems.push(Problem { line, text });
    }

    fn line_of(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }
}
