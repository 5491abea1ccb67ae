//! A report for the files: headings, tables and charts one below the other on as many pages as it takes.

use jiff::civil::Date;

use super::{
    Error, archive,
    canvas::{Canvas, Curve, PT_PER_MM, Setting},
    colour::Colour,
    fonts::{FaceName, Fonts},
    lines::wrap,
};

/// A piece of a report.
#[derive(Debug, Clone)]
pub enum Block {
    /// What it is, in Chinese and English, and what it is about.
    Title {
        /// In Chinese.
        zh: String,
        /// In English.
        en: String,
        /// Which one.
        about: String,
    },
    /// The answer in one line, with a tick or a cross, and more below.
    Answer {
        /// Whether it is good.
        good: bool,
        /// In Chinese.
        zh: String,
        /// What follows, in smaller print.
        more: Vec<String>,
    },
    /// What comes next.
    Heading {
        /// In Chinese.
        zh: String,
        /// In English.
        en: String,
    },
    /// Figures side by side, each with what it counts.
    Figures(Vec<(String, String)>),
    /// Rows and columns.
    Table(Table),
    /// Lying bars, in this order, each with its count.
    Bars(Vec<(String, u64)>),
    /// Standing columns, in this order: the first and the last are named.
    Columns(Vec<(String, u64)>),
    /// A sentence.
    Note(String),
}

/// Rows and columns.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The columns; their shares together are the width.
    pub columns: Vec<Column>,
    /// The rows, a text for each column.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it is about.
    pub head: String,
    /// Its part of the width, beside the parts of the others.
    pub share: u8,
    /// Numbers end at the right.
    pub right: bool,
}

/// A4, upright.
const PAGE_MM: [f32; 2] = [210.0, 297.0];
const MARGIN_MM: f32 = 18.0;
const WIDTH_MM: f32 = PAGE_MM[0] - 2.0 * MARGIN_MM;
/// Where the text ends and, below it, the number of the page stands.
const BOTTOM_MM: f32 = PAGE_MM[1] - 20.0;
const PAGE_NUMBER_MM: f32 = PAGE_MM[1] - 11.0;

const TEXT_PT: f32 = 9.0;
const SMALL_PT: f32 = 8.0;
const HEADING_PT: f32 = 12.5;
const TITLE_PT: f32 = 20.0;
const FIGURE_PT: f32 = 15.0;

/// Lines stand this many ems apart.
const LEADING_EM: f32 = 1.45;
/// How far the baseline lies below the top of a Chinese character, in ems.
const ASCENT_EM: f32 = 0.88;
/// Between the columns of a table.
const GAP_MM: f32 = 2.5;
/// Figures side by side.
const FIGURES_MAX: u16 = 3;
const COLUMNS_MM: f32 = 30.0;
/// Between the digits of a large number: a space no line ends in, which few fonts have.
const NARROW: char = '\u{202f}';

const INK: Colour = Colour::new(0x1d, 0x27, 0x33);
const SOFT: Colour = Colour::new(0x5b, 0x67, 0x75);
const LINE: Colour = Colour::new(0xd9, 0xde, 0xe5);
const GOOD: Colour = Colour::new(0x1b, 0x6e, 0x4b);
const BAD: Colour = Colour::new(0xa9, 0x23, 0x1c);
const BAR: Colour = Colour::new(0x2f, 0x6f, 0x9f);

/// Makes the PDF (PDF/A-1b) of a report: same input, same bytes. A character the fonts do not have is
/// shown as □: a report tells what it can.
pub fn render(fonts: &Fonts, title: &str, day: Date, blocks: &[Block]) -> Result<Vec<u8>, Error> {
    let mut paper = Paper {
        fonts,
        canvas: Canvas::new(fonts, PAGE_MM[0], PAGE_MM[1]),
        top_mm: MARGIN_MM,
        page: 1,
    };
    for block in blocks {
        paper.block(block)?;
    }
    paper.page_number()?;
    archive::write(paper.canvas.finish()?, title, day)
}

struct Paper<'f> {
    fonts: &'f Fonts,
    canvas: Canvas<'f>,
    /// Where the next piece begins.
    top_mm: f32,
    page: u16,
}

/// In which letters.
#[derive(Clone, Copy)]
struct Letters {
    face: FaceName,
    size_pt: f32,
    colour: Colour,
}

impl Letters {
    const TEXT: Self = Self { face: FaceName::Sans, size_pt: TEXT_PT, colour: INK };
    const SMALL: Self = Self { face: FaceName::Sans, size_pt: SMALL_PT, colour: SOFT };

    fn setting(self) -> Setting {
        let Self { face, size_pt, colour } = self;
        Setting { face, size_pt, colour, tracking_em: 0.0 }
    }

    fn line_mm(self) -> f32 {
        LEADING_EM * self.size_pt / PT_PER_MM
    }

    /// From the top of a line to its baseline.
    fn ascent_mm(self) -> f32 {
        (ASCENT_EM + (LEADING_EM - 1.0) / 2.0) * self.size_pt / PT_PER_MM
    }
}

impl Paper<'_> {
    fn block(&mut self, block: &Block) -> Result<(), Error> {
        match block {
            Block::Title { zh, en, about } => self.title(zh, en, about),
            Block::Answer { good, zh, more } => self.answer(*good, zh, more),
            Block::Heading { zh, en } => self.heading(zh, en),
            Block::Figures(figures) => self.figures(figures),
            Block::Table(table) => self.table(table),
            Block::Bars(bars) => self.bars(bars),
            Block::Columns(columns) => self.columns(columns),
            Block::Note(text) => self.paragraph(Letters::SMALL, text),
        }
    }

    fn title(&mut self, zh: &str, en: &str, about: &str) -> Result<(), Error> {
        let title = Letters { face: FaceName::SansBold, size_pt: TITLE_PT, colour: INK };
        self.pair(title, zh, Letters { size_pt: HEADING_PT, ..Letters::SMALL }, en)?;
        self.paragraph(Letters::SMALL, about)?;
        self.top_mm += 2.0;
        Ok(())
    }

    fn heading(&mut self, zh: &str, en: &str) -> Result<(), Error> {
        // A heading never stands alone at the end of a page.
        self.room(30.0)?;
        self.top_mm += 4.0;
        let heading = Letters { face: FaceName::SansBold, size_pt: HEADING_PT, colour: INK };
        self.pair(heading, zh, Letters::SMALL, en)?;
        self.top_mm += 1.0;
        Ok(())
    }

    /// A text and its translation in one line.
    fn pair(&mut self, first: Letters, zh: &str, then: Letters, en: &str) -> Result<(), Error> {
        let zh = self.shown(first.face, zh);
        let baseline = self.top_mm + first.ascent_mm();
        self.canvas.text(first.setting(), MARGIN_MM, baseline, &zh)?;
        let left = MARGIN_MM + self.canvas.width_mm(first.setting(), &zh)? + GAP_MM;
        let en = self.shown(then.face, en);
        self.canvas.text(then.setting(), left, baseline, &en)?;
        self.top_mm += first.line_mm();
        Ok(())
    }

    fn answer(&mut self, good: bool, zh: &str, more: &[String]) -> Result<(), Error> {
        const PAD_MM: f32 = 4.5;
        const SIGN_MM: f32 = 14.0;
        let large = Letters { face: FaceName::SansBold, size_pt: 15.0, colour: Colour::WHITE };
        let small = Letters { colour: Colour::WHITE, ..Letters::TEXT };
        let left = MARGIN_MM + SIGN_MM + 2.0 * PAD_MM;
        let width = WIDTH_MM - SIGN_MM - 3.0 * PAD_MM;
        let mut lines = Vec::new();
        for text in more {
            lines.extend(self.lines(small, text, width)?);
        }
        let height = 2.0 * PAD_MM + large.line_mm();
        let height = lines.iter().fold(height, |height, _line| height + small.line_mm());
        self.room(height + 4.0)?;
        let top = self.top_mm;
        let ground = Curve::rectangle(MARGIN_MM, top, WIDTH_MM, height);
        self.canvas.fill(if good { GOOD } else { BAD }, &[ground]);
        // Not by colour alone: a tick or a cross.
        let at = |across: f32, down: f32| {
            (
                [
                    MARGIN_MM + PAD_MM + across * SIGN_MM,
                    top + height / 2.0 + (down - 0.5) * SIGN_MM,
                ],
                false,
            )
        };
        let open = |points: &[([f32; 2], bool)]| Curve { points: points.to_vec(), closed: false };
        let sign = if good {
            vec![open(&[at(0.15, 0.5), at(0.4, 0.75), at(0.85, 0.25)])]
        } else {
            vec![open(&[at(0.2, 0.2), at(0.8, 0.8)]), open(&[at(0.8, 0.2), at(0.2, 0.8)])]
        };
        self.canvas.stroke(Colour::WHITE, 5.0, &sign);
        let mut line_top = top + PAD_MM;
        let zh = self.shown(large.face, zh);
        self.canvas.text(large.setting(), left, line_top + large.ascent_mm(), &zh)?;
        line_top += large.line_mm();
        for line in lines {
            self.canvas.text(small.setting(), left, line_top + small.ascent_mm(), &line)?;
            line_top += small.line_mm();
        }
        self.top_mm = top + height + 4.0;
        Ok(())
    }

    fn figures(&mut self, figures: &[(String, String)]) -> Result<(), Error> {
        let value = Letters { face: FaceName::SansBold, size_pt: FIGURE_PT, colour: INK };
        let caption = Letters::SMALL;
        let each = WIDTH_MM / f32::from(FIGURES_MAX);
        let height = value.line_mm() + caption.line_mm() + 3.0;
        for row in figures.chunks(usize::from(FIGURES_MAX)) {
            self.room(height)?;
            let top = self.top_mm;
            for (index, (count, what)) in (0_u16..).zip(row) {
                let left = MARGIN_MM + f32::from(index) * each;
                let rule = Curve::rectangle(left, top + 0.8, 0.8, height - 3.4);
                self.canvas.fill(BAR, &[rule]);
                let (count, what) = (self.shown(value.face, count), self.shown(caption.face, what));
                self.canvas.text(value.setting(), left + 3.0, top + value.ascent_mm(), &count)?;
                let baseline = top + value.line_mm() + caption.ascent_mm();
                self.canvas.text(caption.setting(), left + 3.0, baseline, &what)?;
            }
            self.top_mm += height;
        }
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result<(), Error> {
        self.head(table)?;
        for row in &table.rows {
            let cells = self.cells(Letters::TEXT, table, row)?;
            // A row that is longer than a page goes on on the next.
            let longest = cells.iter().map(Vec::len).max().unwrap_or_default();
            let height = (0..longest).fold(1.6, |height, _line| height + Letters::TEXT.line_mm());
            if height < BOTTOM_MM - 2.0 * MARGIN_MM && self.top_mm + height > BOTTOM_MM {
                self.turn()?;
                self.head(table)?;
            }
            for line in 0..longest {
                if self.top_mm + Letters::TEXT.line_mm() > BOTTOM_MM {
                    self.turn()?;
                    self.head(table)?;
                }
                self.row(Letters::TEXT, table, &cells, line)?;
            }
            self.rule();
        }
        self.top_mm += 2.0;
        Ok(())
    }

    fn head(&mut self, table: &Table) -> Result<(), Error> {
        if table.columns.iter().all(|column| column.head.is_empty()) {
            return Ok(());
        }
        let heads: Vec<String> = table.columns.iter().map(|column| column.head.clone()).collect();
        let cells = self.cells(Letters::SMALL, table, &heads)?;
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
            self.row(Letters::SMALL, table, &cells, line)?;
        }
        self.rule();
        Ok(())
    }

    fn cells(
        &self,
        letters: Letters,
        table: &Table,
        texts: &[String],
    ) -> Result<Vec<Vec<String>>, Error> {
        let widths = places(table).into_iter().map(|(_, width)| width - GAP_MM);
        texts.iter().zip(widths).map(|(text, width)| self.lines(letters, text, width)).collect()
    }

    /// One line of every cell.
    fn row(
        &mut self,
        letters: Letters,
        table: &Table,
        cells: &[Vec<String>],
        line: usize,
    ) -> Result<(), Error> {
        let baseline = self.top_mm + letters.ascent_mm();
        for ((column, (left, width)), cell) in table.columns.iter().zip(places(table)).zip(cells) {
            let Some(text) = cell.get(line) else { continue };
            let left = if column.right {
                left + width - GAP_MM - self.canvas.width_mm(letters.setting(), text)?
            } else {
                left
            };
            self.canvas.text(letters.setting(), left, baseline, text)?;
        }
        self.top_mm += letters.line_mm();
        Ok(())
    }

    fn rule(&mut self) {
        self.top_mm += 0.8;
        self.canvas.fill(LINE, &[Curve::rectangle(MARGIN_MM, self.top_mm, WIDTH_MM, 0.25)]);
        self.top_mm += 0.8;
    }

    fn bars(&mut self, bars: &[(String, u64)]) -> Result<(), Error> {
        const NAME_MM: f32 = 62.0;
        const BAR_MM: f32 = 84.0;
        const EACH_MM: f32 = 5.6;
        let most = bars.iter().map(|(_, count)| *count).max().unwrap_or_default();
        if bars.is_empty() {
            return self.paragraph(Letters::SMALL, "–");
        }
        for (name, count) in bars {
            self.room(EACH_MM)?;
            let baseline = self.top_mm + Letters::TEXT.ascent_mm();
            let setting = Letters::TEXT.setting();
            // A name is one line: what is longer is told by its beginning.
            let name = self.lines(Letters::TEXT, name, NAME_MM)?.into_iter().next();
            let name = name.unwrap_or_default();
            let left = MARGIN_MM + NAME_MM - self.canvas.width_mm(setting, &name)?;
            self.canvas.text(setting, left, baseline, &name)?;
            let long = (BAR_MM * part(*count, most)).max(0.4);
            let begin = MARGIN_MM + NAME_MM + 2.5;
            let bar = Curve::rectangle(begin, self.top_mm + 0.7, long, EACH_MM - 1.9);
            self.canvas.fill(BAR, &[bar]);
            let count = self.shown(FaceName::Sans, &grouped(*count));
            self.canvas.text(setting, begin + long + 1.5, baseline, &count)?;
            self.top_mm += EACH_MM;
        }
        self.top_mm += 2.0;
        Ok(())
    }

    fn columns(&mut self, columns: &[(String, u64)]) -> Result<(), Error> {
        let Some(((first, _), (last, _))) = columns.first().zip(columns.last()) else {
            return Ok(());
        };
        let most = columns.iter().map(|(_, count)| *count).max().unwrap_or_default();
        self.room(COLUMNS_MM + 14.0)?;
        self.paragraph(Letters::SMALL, &grouped(most))?;
        let base = self.top_mm + COLUMNS_MM;
        // Few days make no walls: a column is a fortieth of the width at most.
        let count = u16::try_from(columns.len()).unwrap_or(u16::MAX).max(40);
        let each = WIDTH_MM / f32::from(count);
        for (index, (_, value)) in (0_u16..).zip(columns) {
            let tall = COLUMNS_MM * part(*value, most);
            let left = MARGIN_MM + f32::from(index) * each;
            let column = Curve::rectangle(left, base - tall, each * 0.8, tall);
            self.canvas.fill(BAR, &[column]);
        }
        self.canvas.fill(LINE, &[Curve::rectangle(MARGIN_MM, base, WIDTH_MM, 0.25)]);
        self.top_mm = base + 1.0;
        let named = if first == last { first.clone() } else { format!("{first} – {last}") };
        self.paragraph(Letters::SMALL, &named)
    }

    fn paragraph(&mut self, letters: Letters, text: &str) -> Result<(), Error> {
        for line in self.lines(letters, text, WIDTH_MM)? {
            self.room(letters.line_mm())?;
            let baseline = self.top_mm + letters.ascent_mm();
            self.canvas.text(letters.setting(), MARGIN_MM, baseline, &line)?;
            self.top_mm += letters.line_mm();
        }
        Ok(())
    }

    /// A text in lines that fit a width.
    fn lines(&self, letters: Letters, text: &str, width_mm: f32) -> Result<Vec<String>, Error> {
        let face = self.fonts.face(letters.face);
        let text = self.shown(letters.face, text);
        wrap(&|c| face.advance_em(c), &text, width_mm * PT_PER_MM / letters.size_pt)
    }

    fn shown(&self, face: FaceName, text: &str) -> String {
        let face = self.fonts.face(face);
        let shown = |c: char| match c {
            '\n' => c,
            NARROW => ' ',
            _ if face.advance_em(c).is_ok() => c,
            _ => '□',
        };
        text.chars().map(shown).collect()
    }

    /// Turns the page where less than this is left.
    fn room(&mut self, height_mm: f32) -> Result<(), Error> {
        if self.top_mm + height_mm > BOTTOM_MM { self.turn() } else { Ok(()) }
    }

    fn turn(&mut self) -> Result<(), Error> {
        self.page_number()?;
        self.canvas.next_page();
        (self.top_mm, self.page) = (MARGIN_MM, self.page.saturating_add(1));
        Ok(())
    }

    fn page_number(&mut self) -> Result<(), Error> {
        let number = self.page.to_string();
        let setting = Letters::SMALL.setting();
        self.canvas.text_centred(setting, PAGE_MM[0] / 2.0, PAGE_NUMBER_MM, &number)
    }
}

/// Where each column begins, and how wide it is.
fn places(table: &Table) -> Vec<(f32, f32)> {
    let all: u16 = table.columns.iter().map(|column| u16::from(column.share)).sum();
    let mut left = MARGIN_MM;
    let place = |column: &Column| {
        let width = WIDTH_MM * f32::from(column.share) / f32::from(all.max(1));
        let begin = left;
        left += width;
        (begin, width)
    };
    table.columns.iter().map(place).collect()
}

/// How much of the most: 0 to 1, in thousandths.
fn part(count: u64, most: u64) -> f32 {
    let thousandths = (u128::from(count) * 1000).checked_div(u128::from(most));
    f32::from(u16::try_from(thousandths.unwrap_or_default()).unwrap_or(1000)) / 1000.0
}

/// 1234567 as 1 234 567, which no line breaks apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(NARROW);
        }
        text.push(digit);
    }
    text
}
