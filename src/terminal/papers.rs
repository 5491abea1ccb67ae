//! Makes the papers: certificates as PDF and dots, receipts and slips as dots.
//!
//! The desk opens the fonts when the first paper of a visit is made and drops them with the visit.

use std::path::PathBuf;

use crate::certificate::slip::{self, Slip};
use crate::certificate::{
    self, Bitmap, FaceName, FontFiles, Fonts, Rgba, Sheet, Templates, check_glyphs, check_template,
    picture, raster, render,
};
use crate::config;
use crate::domain::{Permit, PermitDraft};
use crate::durable;
use crate::journal::PrintJob;
use crate::wire::v1::Document;

/// Resolution of the page printer's dots.
const PRINT_DPI: u16 = 300;
/// A3 drawn with these for every inch is A4 when it is printed: 300 by the root of two, rounded down.
const SHRUNK_DPI: u16 = 212;
/// Resolution of the picture on the screen: an A3 sheet becomes 992 × 702 dots.
const PREVIEW_DPI: u16 = 60;
/// The long side of A4.
const A4_MM: f32 = 297.0;

/// What papers are made with.
#[derive(Debug, Clone)]
pub struct PaperSettings {
    /// Where the fonts are.
    pub fonts: config::Fonts,
    /// The page templates.
    pub templates: Templates,
    /// Where finished certificates are kept as PDF, if they are: for demonstrations and tests.
    pub keep_in: Option<PathBuf>,
}

/// Why a paper could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate could not be made.
    #[error("cannot make the {document}")]
    Make {
        /// Which paper.
        document: &'static str,
        /// Why.
        source: certificate::Error,
    },
    /// There is no page template for the sheet.
    #[error("no page template for the {document} of a {kind} permit")]
    NoTemplate {
        /// Which paper.
        document: &'static str,
        /// Which kind.
        kind: &'static str,
    },
    /// A certificate without serial or seal, which the journal never makes.
    #[error("the journal gave no seal for the {document}")]
    NoSeal {
        /// Which paper.
        document: &'static str,
    },
    /// The case it belongs to is over.
    #[error("no case is at hand for the {document}")]
    NoCase {
        /// Which paper.
        document: &'static str,
    },
    /// The finished certificate could not be kept.
    #[error("cannot keep the certificate")]
    Keep {
        /// Why.
        source: durable::Error,
    },
}

impl Error {
    /// The character no font has, where that is the reason.
    pub(super) fn missing_glyph(&self) -> Option<char> {
        match self {
            Self::Make { source: certificate::Error::GlyphMissing { character }, .. } => {
                Some(*character)
            }
            Self::Make { .. }
            | Self::NoTemplate { .. }
            | Self::NoSeal { .. }
            | Self::NoCase { .. }
            | Self::Keep { .. } => None,
        }
    }
}

/// A certificate sheet as PDF.
pub(super) struct Certificate {
    pdf: Vec<u8>,
    document: &'static str,
    is_larger_than_a4: bool,
}

impl PaperSettings {
    /// Whether the fonts have every character the templates themselves print, and those of the number
    /// prefixes: asked once at start, so that no citizen is the first to find out.
    pub fn check_texts(&self, prefixes: &str) -> Result<(), Error> {
        let fonts = self.fonts()?;
        let made = |source| Error::Make { document: "certificate", source };
        for template in self.templates.iter() {
            check_template(&fonts, template).map_err(made)?;
        }
        fonts.face(FaceName::Serif).check(prefixes).map_err(made)
    }

    /// Whether everything a draft would print can be printed; asked before a number is taken.
    pub(super) fn check(&self, fonts: &Fonts, draft: &PermitDraft) -> Result<(), Error> {
        check_glyphs(fonts, &self.templates, draft)
            .map_err(|source| Error::Make { document: "certificate", source })
    }

    /// The sheet of a print job, the same bytes each time.
    pub(super) fn certificate(
        &self,
        fonts: &Fonts,
        job: &PrintJob,
        permit: &Permit,
    ) -> Result<Certificate, Error> {
        let document = job.document.as_str();
        let sheet = match job.document {
            Document::Original => Sheet::Original,
            Document::Copy => Sheet::Copy,
            Document::Receipt | Document::Slip | Document::DataReceipt => {
                return Err(Error::NoSeal { document });
            }
        };
        let kind = permit.grant.kind();
        // What has no 副本 is printed again as it was.
        let sheet = if kind.has_copy() { sheet } else { Sheet::Original };
        let template = self
            .templates
            .of(kind)
            .find(|template| template.sheet() == sheet)
            .ok_or(Error::NoTemplate { document, kind: kind.as_str() })?;
        let (Some(seal), Some(serial)) = (&job.seal, &job.serial) else {
            return Err(Error::NoSeal { document });
        };
        let pdf = render(fonts, template, permit, seal, serial)
            .map_err(|source| Error::Make { document, source })?;
        if let Some(folder) = &self.keep_in {
            let file = folder.join(format!("{}-{document}.pdf", permit.number));
            durable::write(&file, &pdf).map_err(|source| Error::Keep { source })?;
        }
        let [width_mm, height_mm] = template.page_mm();
        Ok(Certificate { pdf, document, is_larger_than_a4: width_mm.max(height_mm) > A4_MM })
    }

    /// A slip as dots, `width_dots` across.
    pub(super) fn slip(fonts: &Fonts, slip: &Slip, width_dots: u32) -> Result<Bitmap, Error> {
        slip::render(slip, fonts, width_dots)
            .map_err(|source| Error::Make { document: "slip", source })
    }

    /// Opens the four font files.
    pub(super) fn fonts(&self) -> Result<Fonts, Error> {
        let config::Fonts { serif, serif_bold, sans, sans_bold, .. } = self.fonts.clone();
        Fonts::open(&FontFiles { serif, serif_bold, sans, sans_bold })
            .map_err(|source| Error::Make { document: "certificate", source })
    }
}

impl Certificate {
    /// Whether a printer whose largest sheet is `largest` prints it as large as it is.
    pub(super) fn fits(&self, largest: config::Paper) -> bool {
        !self.is_larger_than_a4 || largest == config::Paper::A3
    }

    /// The sheet as the dots of a printer whose largest sheet is `largest`.
    pub(super) fn dots(&self, largest: config::Paper) -> Result<Bitmap, Error> {
        let dpi = if self.fits(largest) { PRINT_DPI } else { SHRUNK_DPI };
        raster(&self.pdf, dpi, 0).map_err(|source| Error::Make { document: self.document, source })
    }

    /// The sheet as a file.
    pub(super) fn into_pdf(self) -> Vec<u8> {
        self.pdf
    }

    /// The sheet as a picture for the screen.
    pub(super) fn preview(&self) -> Result<Rgba, Error> {
        picture(&self.pdf, PREVIEW_DPI, 0)
            .map_err(|source| Error::Make { document: self.document, source })
    }
}
