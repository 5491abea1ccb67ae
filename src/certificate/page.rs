//! Draws one sheet of a permit.

use jiff::civil::Date;

use super::{
    Error, archive,
    canvas::{Canvas, PT_PER_MM, Setting},
    fonts::{FaceName, Fonts},
    lines::wrap,
    ornament,
    qr::Qr,
    template::{Column, Content, Field, Heading, Template, Templates, Value},
};
use crate::{
    domain::{Grant, Holder, Issuer, Permit, PermitDraft},
    seal::{CopySerial, Seal},
};

/// Lines stand this many ems apart.
const LEADING_EM: f32 = 1.42;

/// How far the baseline lies below the top of a Chinese character, in ems (ideographic em box).
const ASCENT_EM: f32 = 0.88;

/// Makes the PDF of one sheet: PDF/A-1b, one page, the same bytes for the same arguments.
pub fn render(
    fonts: &Fonts,
    template: &Template,
    permit: &Permit,
    seal: &Seal,
    copy: &CopySerial,
) -> Result<Vec<u8>, Error> {
    let words = Words::of_permit(permit);
    words.check_kind(template)?;
    let [width_mm, height_mm] = template.page_mm;
    let serif = fonts.face(FaceName::Serif);
    let mut canvas = Canvas::new(fonts, width_mm, height_mm);
    let sheet = &mut canvas;

    ornament::border(sheet, template.page_mm, &template.border);
    if let Some(ground) = &template.ground {
        ornament::ground_rosette(sheet, ground.colour, ground.centre_mm, ground.radius_mm);
    }
    if let Some(demo) = &template.demo {
        demo_marks(sheet, template, &demo.mark, demo.mark_pt, demo.colour)?;
    }
    if let Some(emblem) = &template.emblem {
        ornament::emblem(sheet, emblem.centre_mm, emblem.height_mm);
    }
    // The seal lies under the text, which stays readable on a printer without colour too.
    ornament::seal(sheet, &template.seal, words.issuer.name.as_str())?;
    heading(sheet, template, &template.title, FaceName::SerifBold, "")?;
    if let Some(subtitle) = &template.subtitle {
        heading(sheet, template, subtitle, FaceName::SerifBold, "")?;
    }
    for column in &template.columns {
        Set::of(fonts, column, &words)?.draw(sheet, template)?;
    }
    for note in &template.notes {
        let setting = setting(template, FaceName::Serif, note.size_pt);
        let width_em = ems(note.width_mm, note.size_pt);
        let lines = wrap(&|c| serif.advance_em(c), &note.text, width_em)?;
        let mut baseline = note.top_mm + mm(ASCENT_EM, note.size_pt);
        for line in lines {
            sheet.text(setting, note.left_mm, baseline, &line)?;
            baseline += mm(LEADING_EM, note.size_pt);
        }
    }
    qr(sheet, template, seal)?;
    heading(sheet, template, &template.serial, FaceName::Serif, copy.as_str())?;
    if let Some(demo) = &template.demo {
        heading(sheet, template, &demo.line, FaceName::SerifBold, "")?;
    }

    let title = format!("{} {}", template.title.text.replace('\u{3000}', ""), permit.number);
    archive::write(canvas.finish()?, &title, permit.issued)
}

/// Whether everything a draft would print has a glyph and fits, on every sheet of its kind. Called
/// before a number is taken: what cannot be printed whole is referred.
pub fn check_glyphs(
    fonts: &Fonts,
    templates: &Templates,
    draft: &PermitDraft,
) -> Result<(), Error> {
    let words = Words::of_draft(draft);
    for template in templates.of(draft.grant.kind()) {
        for character in words.issuer.name.chars() {
            fonts.face(FaceName::SerifBold).advance_em(character)?;
        }
        for column in &template.columns {
            Set::of(fonts, column, &words)?;
        }
    }
    Ok(())
}

/// Whether the fonts have every character a template itself prints, and those of numbers and dates.
/// Called once at start.
pub fn check_template(fonts: &Fonts, template: &Template) -> Result<(), Error> {
    let bold = fonts.face(FaceName::SerifBold);
    let serif = fonts.face(FaceName::Serif);
    bold.check(&template.title.text)?;
    bold.check(&template.seal.below)?;
    if let Some(subtitle) = &template.subtitle {
        bold.check(&subtitle.text)?;
    }
    if let Some(demo) = &template.demo {
        bold.check(&demo.mark)?;
        bold.check(&demo.line.text)?;
    }
    serif.check(&template.serial.text)?;
    serif.check(&template.qr.caption)?;
    serif.check("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.〔〕第号年月日至；")?;
    for note in &template.notes {
        serif.check(&note.text.replace('\n', ""))?;
    }
    for field in template.columns.iter().flat_map(|column| &column.fields) {
        bold.check(&field.label.replace('\n', ""))?;
        if let Content::Text(text) = &field.content {
            serif.check(text)?;
        }
    }
    Ok(())
}

/// What of a permit, or of what will become one, is printed.
struct Words<'a> {
    holder: &'a Holder,
    premises: &'a str,
    grant: &'a Grant,
    issuer: &'a Issuer,
    number: String,
    elicence: String,
    issued: Date,
    valid_to: Option<Date>,
}

impl<'a> Words<'a> {
    fn of_permit(permit: &'a Permit) -> Self {
        Self {
            holder: &permit.holder,
            premises: &permit.premises,
            grant: &permit.grant,
            issuer: &permit.issuer,
            number: permit.number.to_string(),
            elicence: permit.elicence.to_string(),
            issued: permit.issued,
            valid_to: permit.valid_to,
        }
    }

    /// What is not known yet stands in its widest form.
    fn of_draft(draft: &'a PermitDraft) -> Self {
        let widest_day = jiff::civil::date(2026, 12, 28);
        Self {
            holder: &draft.holder,
            premises: &draft.premises,
            grant: &draft.grant,
            issuer: &draft.issuer,
            number: match draft.grant {
                Grant::Food { .. } => "JY00000000000000".to_owned(),
                Grant::Filing { .. } => "YB00000000000000".to_owned(),
                Grant::Hygiene { .. } => "张审卫公证〔0000〕第000000号".to_owned(),
                Grant::HygieneFiling { .. } => "张卫公备〔0000〕第000000号".to_owned(),
                Grant::Combined { .. } => "张行综〔0000〕第000000号".to_owned(),
            },
            elicence:
                "1.2.156.3005.2.00000000000000000M000.00000000000000000M.00000000000000.000.M"
                    .to_owned(),
            issued: widest_day,
            valid_to: draft.valid_to(widest_day),
        }
    }

    fn check_kind(&self, template: &Template) -> Result<(), Error> {
        let kind = self.grant.kind();
        if kind == template.kind {
            return Ok(());
        }
        Err(Error::WrongTemplate { permit: kind.as_str(), template: template.kind.as_str() })
    }

    /// The text of a value, empty where this permit has none.
    fn text(&self, value: Value) -> String {
        match value {
            Value::Number => self.number.clone(),
            Value::Elicence => self.elicence.clone(),
            Value::HolderName => self.holder.name.clone(),
            Value::HolderUscc => self.holder.uscc.to_string(),
            Value::LegalRepresentative => self.holder.legal_representative.clone(),
            Value::HolderAddress => self.holder.address.clone(),
            Value::Premises => self.premises.to_owned(),
            Value::Subject | Value::Items | Value::Trade | Value::Place | Value::Parts => {
                self.granted(value)
            }
            Value::Issuer => self.issuer.name.clone(),
            Value::Issued => chinese(self.issued),
            Value::ValidTo => self.valid_to.map(chinese).unwrap_or_default(),
            Value::Validity => match self.valid_to {
                Some(last) => format!("{} 至 {}", chinese(self.issued), chinese(last)),
                None => String::new(),
            },
        }
    }

    /// The text of a value of the grant, empty where this grant has none.
    fn granted(&self, value: Value) -> String {
        match (value, self.grant) {
            (Value::Subject, Grant::Food { subject, .. }) => subject.clone(),
            (Value::Items, Grant::Food { items, .. }) => items.join("；"),
            (Value::Trade, Grant::Filing { trade } | Grant::Combined { trade, .. }) => {
                trade.clone()
            }
            (Value::Place, Grant::Hygiene { place } | Grant::HygieneFiling { place }) => {
                place.clone()
            }
            (Value::Parts, Grant::Combined { parts, .. }) => {
                let lines = (1..).zip(parts).map(|(at, part)| format!("{at}. {}", part.line()));
                lines.collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        }
    }
}

/// A date as certificates print it: 2026年07月09日.
fn chinese(date: Date) -> String {
    format!("{:04}年{:02}月{:02}日", date.year(), date.month(), date.day())
}

/// A column with its texts broken into lines, in the largest size in which all of them fit.
struct Set<'a> {
    column: &'a Column,
    size_pt: f32,
    fields: Vec<(&'a Field, Vec<String>)>,
    /// Space between two fields.
    gap_mm: f32,
}

impl<'a> Set<'a> {
    fn of(fonts: &Fonts, column: &'a Column, words: &Words<'_>) -> Result<Self, Error> {
        const STEP_PT: f32 = 0.5;
        let mut size_pt = column.size_pt;
        while size_pt >= column.size_min_pt {
            let set = Self::at(fonts, column, words, size_pt)?;
            // Where texts are many, the gaps may shrink by half before the size does.
            let gaps = f32::from(u16::try_from(set.fields.len()).unwrap_or(u16::MAX)) - 1.0;
            let free_mm = column.height_mm - set.height_mm();
            if free_mm >= gaps * column.gap_mm / 2.0 {
                let gap_mm = if gaps > 0.0 { (free_mm / gaps).min(column.gap_mm) } else { 0.0 };
                return Ok(Self { gap_mm, ..set });
            }
            size_pt -= STEP_PT;
        }
        let label = column.fields.first().map(|field| field.label.clone()).unwrap_or_default();
        Err(Error::TooLong { label })
    }

    fn at(
        fonts: &Fonts,
        column: &'a Column,
        words: &Words<'_>,
        size_pt: f32,
    ) -> Result<Self, Error> {
        let face = fonts.face(FaceName::Serif);
        let value_em = ems(column.width_mm - column.value_inset_mm(), size_pt);
        let fields = column
            .fields
            .iter()
            .map(|field| {
                let text = match &field.content {
                    Content::Value(value) => words.text(*value),
                    Content::Text(text) => text.clone(),
                };
                Ok((field, wrap(&|c| face.advance_em(c), &text, value_em)?))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { column, size_pt, fields, gap_mm: 0.0 })
    }

    /// The height of a field: its value's lines, or its label's if those are more. A second line of
    /// a label may use half the gap below it.
    fn field_mm(&self, field: &Field, lines: &[String]) -> f32 {
        let value = mm(LEADING_EM, self.size_pt) * count(lines.len());
        let label_lines = count(field.label.lines().count());
        let label = mm(LEADING_EM, self.size_pt)
            + mm(1.0, self.column.label_pt) * (label_lines - 1.0)
            - self.column.gap_mm / 2.0;
        value.max(label)
    }

    fn height_mm(&self) -> f32 {
        self.fields.iter().map(|(field, lines)| self.field_mm(field, lines)).sum()
    }

    fn draw(&self, sheet: &mut Canvas<'_>, template: &Template) -> Result<(), Error> {
        let column = self.column;
        let value = setting(template, FaceName::Serif, self.size_pt);
        let mut top = column.top_mm;
        for (field, lines) in &self.fields {
            let mut baseline = top + mm(ASCENT_EM + (LEADING_EM - 1.0) / 2.0, self.size_pt);
            self.label(sheet, template, field, baseline)?;
            for line in lines {
                sheet.text(value, column.left_mm + column.value_inset_mm(), baseline, line)?;
                baseline += mm(LEADING_EM, self.size_pt);
            }
            top += self.field_mm(field, lines) + self.gap_mm;
        }
        Ok(())
    }

    /// A label is spread over its width (分散对齐), so that labels of any length end in one line. A
    /// second line of it stands smaller below.
    fn label(
        &self,
        sheet: &mut Canvas<'_>,
        template: &Template,
        field: &Field,
        baseline: f32,
    ) -> Result<(), Error> {
        let column = self.column;
        let (first, second) = field.label.split_once('\n').unwrap_or((field.label.as_str(), ""));
        let plain = setting(template, FaceName::SerifBold, column.label_pt);
        let width_mm = sheet.width_mm(plain, first)?;
        let gaps = count(first.chars().count()) - 1.0;
        let spread_em =
            if gaps > 0.0 { ems(column.label_mm - width_mm, column.label_pt) / gaps } else { 0.0 };
        let spread = Setting { tracking_em: spread_em.max(0.0), ..plain };
        sheet.text(spread, column.left_mm, baseline, first)?;
        let small = setting(template, FaceName::SerifBold, column.label_pt * 0.8);
        let below = baseline + mm(1.05, column.label_pt);
        sheet.text_centred(small, column.left_mm + column.label_mm / 2.0, below, second)
    }
}

impl Column {
    /// How far from the column's left edge values begin: label, and one em of it between.
    fn value_inset_mm(&self) -> f32 {
        self.label_mm + mm(1.0, self.label_pt)
    }
}

fn heading(
    sheet: &mut Canvas<'_>,
    template: &Template,
    heading: &Heading,
    face: FaceName,
    more: &str,
) -> Result<(), Error> {
    let setting =
        Setting { tracking_em: heading.tracking_em, ..setting(template, face, heading.size_pt) };
    let text = format!("{}{more}", heading.text);
    sheet.text_centred(setting, heading.centre_mm, heading.baseline_mm, &text)
}

fn qr(sheet: &mut Canvas<'_>, template: &Template, seal: &Seal) -> Result<(), Error> {
    const DOTS_PER_MM: f32 = 300.0 / 25.4;
    let place = &template.qr;
    let code = Qr::encode(seal.as_str())?;
    let side_dots = code.place_modules() * place.module_dots;
    let side_mm = f32::from(side_dots) / DOTS_PER_MM;
    if side_mm > place.side_mm {
        return Err(Error::QrTooLarge { side_mm, place_mm: place.side_mm });
    }
    let [left, top] = place.centre_mm.map(|middle_mm| {
        let dots = middle_mm * DOTS_PER_MM - f32::from(side_dots) / 2.0;
        (0..u16::MAX).find(|dot| f32::from(*dot) + 0.5 > dots).unwrap_or(0)
    });
    let ground = [left, top, side_dots, side_dots];
    sheet.fill_dots(super::colour::Colour::WHITE, &[ground]);
    sheet.fill_dots(super::colour::Colour::BLACK, &code.rectangles(left, top, place.module_dots));
    let caption = setting(template, FaceName::Serif, place.caption_pt);
    let [x, y] = place.centre_mm;
    let baseline = y + place.side_mm / 2.0 + mm(1.0, place.caption_pt);
    sheet.text_centred(caption, x, baseline, &place.caption)
}

/// Pale words across the sheet that tell it from a real one.
fn demo_marks(
    sheet: &mut Canvas<'_>,
    template: &Template,
    mark: &str,
    size_pt: f32,
    colour: super::colour::Colour,
) -> Result<(), Error> {
    let [width, height] = template.page_mm;
    let setting = Setting { face: FaceName::SerifBold, size_pt, colour, tracking_em: 0.3 };
    // Rising at 30°: cos 30° = 0.866, sin 30° = 0.5.
    let direction = [0.866, -0.5];
    let length = sheet.width_mm(setting, mark)?;
    for [across, down] in [[0.18, 0.29], [0.82, 0.29], [0.5, 0.57], [0.18, 0.83], [0.82, 0.83]] {
        let centre = [width * across, height * down];
        let origin = [
            centre[0] - direction[0] * length / 2.0 + mm(0.35, size_pt) * 0.5,
            centre[1] - direction[1] * length / 2.0 + mm(0.35, size_pt) * 0.866,
        ];
        sheet.text_turned(setting, origin, direction, 1.0, mark)?;
    }
    Ok(())
}

fn setting(template: &Template, face: FaceName, size_pt: f32) -> Setting {
    Setting { face, size_pt, colour: template.ink, tracking_em: 0.0 }
}

fn mm(em: f32, size_pt: f32) -> f32 {
    em * size_pt / PT_PER_MM
}

fn ems(mm: f32, size_pt: f32) -> f32 {
    mm * PT_PER_MM / size_pt
}

fn count(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}
