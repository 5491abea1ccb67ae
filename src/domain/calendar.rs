//! Working days: all periods of the organ are counted in them (行政许可法 82), and every year the State
//! Council moves some, so the days are data.

use std::{collections::BTreeMap, ops::Range};

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Timestamp, tz};
use serde::Deserialize;
use toml::Spanned;

/// The working-day calendar of a rulebook edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// What the notices say of single days, against the weekday.
    days: BTreeMap<Date, Day>,
    /// The years with a notice.
    years: Vec<i16>,
    /// Which days of a year are worked, a bit each, for the years the notices speak of.
    worked: BTreeMap<i16, [u64; 6]>,
    /// Month and day of the holidays with a fixed date, for years without a notice.
    fixed: Vec<(i8, i8)>,
}

/// Something counted with the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<T> {
    /// What came out.
    pub value: T,
    /// True where a day counted lies in a year whose notice is not in the calendar: lunar holidays
    /// are unknown then, and the value may still move.
    pub provisional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Off,
    Work,
}

impl Calendar {
    /// Bytes of a calendar file at most: 2 KB a year for thirty years.
    pub const BYTES_MAX: usize = 64 * 1024;

    /// The longest range in a notice; the longest so far had nine days.
    pub const RANGE_DAYS_MAX: i32 = 31;

    /// Reads `calendar.toml`; of several mistakes the first is the error.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (calendar, errors) = Self::read(text);
        match (calendar, errors.into_iter().next()) {
            (Some(calendar), None) => Ok(calendar),
            (_, Some(error)) => Err(error),
            (None, None) => Err(Error::TooLong { bytes: text.len() }),
        }
    }

    /// Reads `calendar.toml`, and tells everything that is wrong with it; there is a calendar only where
    /// nothing is.
    pub fn read(text: &str) -> (Option<Self>, Vec<Error>) {
        if text.len() > Self::BYTES_MAX {
            return (None, vec![Error::TooLong { bytes: text.len() }]);
        }
        let written: Written = match toml::from_str(text) {
            Ok(written) => written,
            Err(source) => return (None, vec![Error::Toml { source }]),
        };
        let mut errors = Vec::new();
        let mut calendar = Self {
            days: BTreeMap::new(),
            years: Vec::new(),
            worked: BTreeMap::new(),
            fixed: Vec::new(),
        };
        for fixed in &written.fallback.off {
            // A leap year, so that 02-29 would be a date too.
            let date = format!("2000-{}", fixed.get_ref());
            match date.parse::<Date>() {
                Ok(date) => calendar.fixed.push((date.month(), date.day())),
                Err(source) => errors.push(Error::Date { span: fixed.span(), source }),
            }
        }
        for year in &written.year {
            let number = *year.year.get_ref();
            if calendar.years.contains(&number) {
                errors.push(Error::YearTwice { year: number, span: year.year.span() });
                continue;
            }
            calendar.years.push(number);
            for (entries, day) in [(&year.off, Day::Off), (&year.work, Day::Work)] {
                for entry in entries {
                    errors.extend(calendar.enter(number, entry, day).err());
                }
            }
        }
        if !errors.is_empty() {
            return (None, errors);
        }
        calendar.years.sort_unstable();
        calendar.worked = calendar.years.iter().map(|year| (*year, calendar.year(*year))).collect();
        (Some(calendar), errors)
    }

    /// Whether the organ works on `date`. Of a year without a notice: unless it is a weekend or a
    /// holiday of fixed date.
    pub fn is_working_day(&self, date: Date) -> bool {
        let Some(worked) = self.worked.get(&date.year()) else { return self.is_worked(date) };
        let (word, bit) = place_in_year(date);
        worked.get(word).is_some_and(|days| days >> bit & 1 == 1)
    }

    /// The days of a year with a notice.
    fn year(&self, year: i16) -> [u64; 6] {
        let mut worked = [0_u64; 6];
        let first = Date::new(year, 1, 1).ok().into_iter();
        let days = first.flat_map(|first| first.series(jiff::Span::new().days(1)));
        for date in days.take_while(|date| date.year() == year).filter(|date| self.is_worked(*date))
        {
            let (word, bit) = place_in_year(date);
            if let Some(days) = worked.get_mut(word) {
                *days |= 1 << bit;
            }
        }
        worked
    }

    fn is_worked(&self, date: Date) -> bool {
        match self.days.get(&date) {
            Some(Day::Off) => false,
            Some(Day::Work) => true,
            None if is_weekend(date) => false,
            None if self.has_notice(date.year()) => true,
            None => !self.fixed.contains(&(date.month(), date.day())),
        }
    }

    /// Whether the calendar holds the notice of `year`.
    pub fn has_notice(&self, year: i16) -> bool {
        self.years.binary_search(&year).is_ok()
    }

    /// The last year with a notice.
    pub fn last_year(&self) -> Option<i16> {
        self.years.last().copied()
    }

    /// The last day of a period of `count` working days; the day it begins is not counted.
    pub fn add_workdays(&self, start: Date, count: u16) -> Counted<Date> {
        let mut counted = Counted { value: start, provisional: false };
        let mut left = count;
        while left > 0 {
            // The calendar ends in the year 9999, long after every period.
            let Ok(next) = counted.value.tomorrow() else { return counted };
            counted.value = next;
            counted.provisional |= !self.has_notice(next.year());
            left -= u16::from(self.is_working_day(next));
        }
        counted
    }

    /// The number of working days d with `from` < d ≤ `to`; negative where `to` is before `from`.
    pub fn workdays_between(&self, from: Date, to: Date) -> Counted<i64> {
        if to < from {
            let counted = self.workdays_between(to, from);
            return Counted { value: -counted.value, ..counted };
        }
        let mut counted = Counted { value: 0, provisional: false };
        let mut day = from;
        while day < to {
            let Ok(next) = day.tomorrow() else { return counted };
            day = next;
            counted.provisional |= !self.has_notice(day.year());
            counted.value += i64::from(self.is_working_day(day));
        }
        counted
    }

    /// The first day from which at most `count` working days are left until `end`: the day a window
    /// that opens so many working days before an expiry opens.
    pub fn window_opens(&self, end: Date, count: u16) -> Counted<Date> {
        let mut counted = Counted { value: end, provisional: false };
        let mut left = count;
        loop {
            // `value` itself is among the days left for anybody who stands before it.
            counted.provisional |= !self.has_notice(counted.value.year());
            if self.is_working_day(counted.value) {
                if left == 0 {
                    return counted;
                }
                left -= 1;
            }
            let Ok(before) = counted.value.yesterday() else { return counted };
            counted.value = before;
        }
    }

    fn enter(&mut self, year: i16, entry: &Spanned<String>, day: Day) -> Result<(), Error> {
        let date = |text: &str| -> Result<Date, Error> {
            text.trim().parse().map_err(|source| Error::Date { span: entry.span(), source })
        };
        let text = entry.get_ref();
        let (first, last) = match text.split_once("..") {
            Some((first, last)) => (date(first)?, date(last)?),
            None => (date(text)?, date(text)?),
        };
        let days = (last - first).get_days();
        if !(0..Self::RANGE_DAYS_MAX).contains(&days) {
            return Err(Error::Range { span: entry.span() });
        }
        // A notice reaches into the days before its year (New Year), never further.
        if last.year() != year || !(year - 1..=year).contains(&first.year()) {
            return Err(Error::OutsideYear { year, span: entry.span() });
        }
        for date in first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last) {
            if self.days.insert(date, day).is_some_and(|before| before != day) {
                return Err(Error::OffAndWork { date, span: entry.span() });
            }
        }
        Ok(())
    }
}

/// Why a calendar cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not TOML, or not of this shape.
    #[error("cannot read the working-day calendar as TOML")]
    Toml {
        /// What the parser says.
        source: toml::de::Error,
    },
    /// More than [`Calendar::BYTES_MAX`].
    #[error("the working-day calendar has {bytes} bytes, at most {} are read", Calendar::BYTES_MAX)]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// A date that is none.
    #[error("an entry of the working-day calendar is not a date or a range of dates")]
    Date {
        /// Where it stands in the file.
        span: Range<usize>,
        /// What is wrong with it.
        source: jiff::Error,
    },
    /// A range that runs backwards or is longer than any holiday.
    #[error("a range of the working-day calendar runs backwards or over a month")]
    Range {
        /// Where it stands in the file.
        span: Range<usize>,
    },
    /// An entry that is not of the year it stands under.
    #[error("an entry of the working-day calendar is not of the year {year} it stands under")]
    OutsideYear {
        /// The year it stands under.
        year: i16,
        /// Where it stands in the file.
        span: Range<usize>,
    },
    /// The same year two times.
    #[error("the working-day calendar has the year {year} twice")]
    YearTwice {
        /// Which.
        year: i16,
        /// Where it stands the second time.
        span: Range<usize>,
    },
    /// A day that is off and worked.
    #[error("{date} is both off and worked in the working-day calendar")]
    OffAndWork {
        /// Which day.
        date: Date,
        /// Where it stands the second time.
        span: Range<usize>,
    },
}

impl Error {
    /// Where in the file it is, for marking the place.
    pub fn span(&self) -> Option<Range<usize>> {
        match self {
            Self::Toml { source } => source.span(),
            Self::TooLong { .. } => None,
            Self::Date { span, .. }
            | Self::Range { span }
            | Self::OutsideYear { span, .. }
            | Self::YearTwice { span, .. }
            | Self::OffAndWork { span, .. } => Some(span.clone()),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Toml { .. } => "compare the line with the others of its kind",
            Self::TooLong { .. } => "take out years whose cases are closed",
            Self::Date { .. } => {
                "write 2026-02-14, or 2026-02-15..2026-02-23; under [fallback] only month and day"
            }
            Self::Range { .. } => "write the first day, two dots, the last day",
            Self::OutsideYear { .. } => "move the entry under the year of its notice",
            Self::YearTwice { .. } => "join the two tables into one",
            Self::OffAndWork { .. } => "compare both entries with the notice and keep one",
        }
    }
}

/// The day it is in China at an instant: the day of an issue, of a decision, of an application.
pub fn date_in_china(at: Timestamp) -> Date {
    datetime_in_china(at).date()
}

/// Date and time in China at an instant. One time for the whole country, UTC+8; summer time was kept
/// from 1986 to 1991 only, before any record of ours, so no time zone data is needed.
pub fn datetime_in_china(at: Timestamp) -> DateTime {
    tz::offset(8).to_datetime(at)
}

/// Which bit of which of six words stands for a day of its year.
fn place_in_year(date: Date) -> (usize, u32) {
    let day = u32::from(date.day_of_year().unsigned_abs());
    (usize::try_from(day / 64).unwrap_or(usize::MAX), day % 64)
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    fallback: WrittenFallback,
    year: Vec<WrittenYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFallback {
    off: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenYear {
    year: Spanned<i16>,
    /// Which notice of the State Council it is, for the reader.
    #[serde(rename = "notice")]
    _notice: String,
    off: Vec<Spanned<String>>,
    work: Vec<Spanned<String>>,
}
