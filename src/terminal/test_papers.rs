//! The papers a technician prints to try a printer. They name the kiosk and the time, and nobody.

use jiff::Timestamp;

use super::PaperSettings;
use super::devices::MakePageJob;
use crate::certificate::slip::{self, Align, Block, Size, Slip, SlipKind};
use crate::certificate::{Bitmap, Error, Fonts};
use crate::config::Kiosk;
use crate::device::{Raster, page_printer, receipt_printer};
use crate::domain::calendar::datetime_in_china;
use crate::fault::Chain;

/// Dots of A4 at 300 dpi.
const PAGE_PX: (u32, u32) = (2480, 3508);
/// The logical page of PCL begins 71 dots from the edge: nothing closer can be printed.
const EDGE_PX: u32 = 75;
/// Dots across the text: the widest a slip can be.
const TEXT_PX: u32 = 1664;

/// The slip.
pub(super) fn slip(kiosk: &Kiosk, now: Timestamp) -> Slip {
    let text = |text: &str, size, align| Block::Text {
        text: text.to_owned(),
        size,
        bold: size == Size::Title,
        align,
    };
    let pair = |label: &str, value: String| Block::Pair { label: label.to_owned(), value };
    let at = datetime_in_china(now).strftime("%Y-%m-%d %H:%M:%S").to_string();
    Slip {
        kind: SlipKind::Data,
        blocks: vec![
            text("打印测试", Size::Title, Align::Centre),
            text("Test print", Size::Normal, Align::Centre),
            Block::Rule,
            pair("终端 Kiosk", kiosk.id.clone()),
            pair("位置 Place", kiosk.place.clone()),
            pair("时间 Time", at),
            pair("软件 Software", env!("CARGO_PKG_VERSION").to_owned()),
            Block::Rule,
            text("细字 0123456789 食品经营许可证 卫生许可证", Size::Small, Align::Left),
            text("ABCDEFGHIJKLMNOPQRSTUVWXYZ 张店区行政审批服务局", Size::Normal, Align::Left),
            Block::Qr { text: format!("TEST {}", kiosk.id) },
            text("本页不含任何办件信息", Size::Normal, Align::Centre),
            text("Nobody's case stands on this paper", Size::Small, Align::Centre),
            Block::Feed { mm: 6 },
        ],
    }
}

/// The page: a frame at the edge of what can be printed, crosses to measure, steps of grey, and the
/// slip's text in the middle.
fn page(fonts: &Fonts, kiosk: &Kiosk, now: Timestamp) -> Result<Bitmap, Error> {
    let (width, height) = PAGE_PX;
    let mut page = Bitmap::white(width, height);
    let mut fill = |left: u32, top: u32, across: u32, down: u32, every: u32| {
        for y in top..(top + down).min(height) {
            for x in left..(left + across).min(width) {
                if (x + y * 2) % every == 0 {
                    page.blacken(x, y);
                }
            }
        }
    };
    let (right, bottom) = (width - EDGE_PX, height - EDGE_PX);
    fill(EDGE_PX, EDGE_PX, right - EDGE_PX, 4, 1);
    fill(EDGE_PX, bottom - 4, right - EDGE_PX, 4, 1);
    fill(EDGE_PX, EDGE_PX, 4, bottom - EDGE_PX, 1);
    fill(right - 4, EDGE_PX, 4, bottom - EDGE_PX, 1);
    // Crosses 20 mm (236 dots) apart, to be measured with a ruler.
    for step in 0..8 {
        let x = 400 + step * 236;
        fill(x - 30, 300, 61, 2, 1);
        fill(x, 270, 2, 61, 1);
    }
    // Black, a half, a third … a ninth.
    for every in 1..=9 {
        fill(180 + every * 220, bottom - 420, 200, 200, every);
    }
    let text = slip::render(&slip(kiosk, now), fonts, TEXT_PX)?;
    let left = (width - TEXT_PX) / 2;
    for y in 0..text.height_px {
        for x in 0..text.width_px {
            if text.is_black(x, y) {
                page.blacken(left + x, 600 + y);
            }
        }
    }
    Ok(page)
}

/// The slip as a job.
pub(super) fn slip_job(
    number: u64,
    kiosk: &Kiosk,
    papers: &PaperSettings,
    now: Timestamp,
    width_dots: u32,
) -> Result<receipt_printer::Job, String> {
    let made =
        papers.fonts().and_then(|fonts| PaperSettings::slip(&fonts, &slip(kiosk, now), width_dots));
    slip_job_of(number, &made.map_err(|error| Chain(&error).to_string())?)
}

/// A slip that is nobody's as a job.
pub(super) fn slip_job_of(number: u64, dots: &Bitmap) -> Result<receipt_printer::Job, String> {
    let raster = raster(dots).ok_or("the slip has no dots")?;
    Ok(receipt_printer::Job::new(number, raster))
}

/// The page as a job.
pub(super) fn page_job(
    number: u64,
    kiosk: &Kiosk,
    papers: &PaperSettings,
    now: Timestamp,
    make: MakePageJob,
) -> Result<page_printer::Job, String> {
    let fonts = papers.fonts().map_err(|error| Chain(&error).to_string())?;
    page_job_of(number, kiosk, &fonts, now, make)
}

/// The page as a job, with fonts that were read already.
pub(super) fn page_job_of(
    number: u64,
    kiosk: &Kiosk,
    fonts: &Fonts,
    now: Timestamp,
    make: MakePageJob,
) -> Result<page_printer::Job, String> {
    let dots = page(fonts, kiosk, now).map_err(|error| Chain(&error).to_string())?;
    let raster = raster(&dots).ok_or("the page has no dots")?;
    let name = page_printer::JobName::new(&format!("TEST-{}", number % 0x1_0000))
        .ok_or("the test has no job name")?;
    make(number, name, page_printer::Sheet::A4, &[raster])
        .map_err(|error| Chain(&error).to_string())
}

fn raster(dots: &Bitmap) -> Option<Raster<'_>> {
    Raster::new(dots.width_px as usize, dots.height_px as usize, dots.as_bytes())
}
