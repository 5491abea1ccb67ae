//! The right granted, and what it is before it has a number.

use jiff::{Span, civil::Date};

use super::{
    ApplicationId, CombinedNumber, ElicenceId, FilingNumber, FoodLicenceNumber,
    HygieneFilingNumber, HygieneNumber, IdentifierError, Uscc,
};

/// The organ that signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Name as it stands on the seal.
    pub name: String,
    /// Its unified social credit code.
    pub uscc: Uscc,
}

/// Who holds the permit, as printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// 经营者名称 / 单位名称.
    pub name: String,
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// 法定代表人(负责人).
    pub legal_representative: String,
    /// 住所.
    pub address: String,
}

/// The business is public, the person behind it is not: no name of a person reaches a log.
impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder")
            .field("name", &self.name)
            .field("uscc", &self.uscc)
            .finish_non_exhaustive()
    }
}

/// What is permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// 食品经营许可证: 主体业态 and 经营项目 in the words printed.
    Food {
        /// 主体业态, for example 食品销售经营者.
        subject: String,
        /// 经营项目, in order.
        items: Vec<String>,
    },
    /// 仅销售预包装食品备案.
    Filing {
        /// 批发 or 零售.
        trade: String,
    },
    /// 公共场所卫生许可证.
    Hygiene {
        /// 许可项目, one of the 28 kinds, for example 理发店.
        place: String,
    },
    /// 公共场所卫生备案.
    HygieneFiling {
        /// 备案项目, one of the kinds that file, for example 书店.
        place: String,
    },
    /// 行业综合许可证: the permits of one trade on one paper (行政许可法 26(2)).
    Combined {
        /// 行业, for example 书店.
        trade: String,
        /// The permits it joins. Each keeps its number, its term and its organ.
        parts: Vec<Part>,
    },
}

/// A permit that a combined permit joins, as its register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is, for example 食品经营许可.
    pub title: String,
    /// Its number.
    pub number: String,
    /// What it permits.
    pub scope: String,
    /// Its last day, if it has one.
    pub valid_to: Option<Date>,
    /// The organ that gave it.
    pub organ: String,
}

/// The kinds of paper, each with its template and its number series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PermitKind {
    /// 食品经营许可证.
    Food,
    /// 仅销售预包装食品经营者备案.
    Filing,
    /// 公共场所卫生许可证.
    Hygiene,
    /// 公共场所卫生备案凭证.
    HygieneFiling,
    /// 行业综合许可证.
    Combined,
}

impl PermitKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Food, Self::Filing, Self::Hygiene, Self::HygieneFiling, Self::Combined];

    /// The word in records, seals and template names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Filing => "filing",
            Self::Hygiene => "hygiene",
            Self::HygieneFiling => "hygiene_filing",
            Self::Combined => "combined",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it has a 副本 beside its 正本. A proof of filing is one sheet for the file, and a combined
    /// permit hangs beside the papers it joins.
    pub fn has_copy(self) -> bool {
        match self {
            Self::Food | Self::Hygiene => true,
            Self::Filing | Self::HygieneFiling | Self::Combined => false,
        }
    }
}

impl Grant {
    /// The kind of paper this grant is printed on.
    pub fn kind(&self) -> PermitKind {
        match self {
            Self::Food { .. } => PermitKind::Food,
            Self::Filing { .. } => PermitKind::Filing,
            Self::Hygiene { .. } => PermitKind::Hygiene,
            Self::HygieneFiling { .. } => PermitKind::HygieneFiling,
            Self::Combined { .. } => PermitKind::Combined,
        }
    }

    /// Every word of it, in the order sealed: a seal states their digest.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Food { subject, items } => {
                std::iter::once(subject).chain(items).cloned().collect()
            }
            Self::Filing { trade } => vec![trade.clone()],
            Self::Hygiene { place } | Self::HygieneFiling { place } => vec![place.clone()],
            Self::Combined { trade, parts } => {
                std::iter::once(trade.clone()).chain(parts.iter().flat_map(Part::words)).collect()
            }
        }
    }
}

impl Part {
    /// It as one line of the certificate: 食品经营许可　JY…　自制饮品制售　有效期至2031年11月22日　….
    pub fn line(&self) -> String {
        let last = self.valid_to.map_or_else(
            || "无有效期".to_owned(),
            |last| format!("有效期至{:04}年{:02}月{:02}日", last.year(), last.month(), last.day()),
        );
        [&self.title, &self.number, &self.scope, &last, &self.organ]
            .into_iter()
            .filter(|words| !words.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("　")
    }

    fn words(&self) -> [String; 5] {
        let Self { title, number, scope, valid_to, organ } = self.clone();
        let last = valid_to.map(|last| last.to_string()).unwrap_or_default();
        [title, number, scope, last, organ]
    }
}

/// The name of a number series, for example `food/1/370303` or `hygiene/张审卫公证/2026`. Blocks of
/// numbers are leased per series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series(String);

impl Series {
    /// Bytes at most in the name.
    pub const BYTES_MAX: usize = 96;

    /// 食品经营许可证, `kind` 1 to 3, six digits of division.
    pub fn food(kind: u8, division: &str) -> Self {
        Self(format!("food/{kind}/{division}"))
    }

    /// 备案, `kind` 1 wholesale or 2 retail, six digits of division.
    pub fn filing(kind: u8, division: &str) -> Self {
        Self(format!("filing/{kind}/{division}"))
    }

    /// 公共场所卫生许可证: gap-free per prefix and year.
    pub fn hygiene(prefix: &str, year: i16) -> Self {
        Self::yearly(PermitKind::Hygiene, prefix, year)
    }

    /// One that begins anew each year: gap-free per prefix and year.
    pub fn yearly(kind: PermitKind, prefix: &str, year: i16) -> Self {
        Self(format!("{}/{prefix}/{year}", kind.as_str()))
    }

    /// Reads a series name as it stands in records.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let known = parts.next().is_some_and(|kind| PermitKind::parse(kind).is_some());
        let two_more = parts.next().is_some_and(|p| !p.is_empty())
            && parts.next().is_some_and(|p| !p.is_empty())
            && parts.next().is_none();
        (known && two_more && text.len() <= Self::BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of permit numbered in it.
    pub fn kind(&self) -> PermitKind {
        let word = self.0.split('/').next().unwrap_or_default();
        PermitKind::parse(word).expect("a series begins with the word of its kind")
    }
}

impl std::fmt::Display for Series {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermitNumber {
    /// JY + 14 digits.
    Food(FoodLicenceNumber),
    /// YB + 14 digits.
    Filing(FilingNumber),
    /// 张审卫公证〔2026〕第0001号.
    Hygiene(HygieneNumber),
    /// 张卫公备〔2026〕第0001号.
    HygieneFiling(HygieneFilingNumber),
    /// 张行综〔2026〕第0001号.
    Combined(CombinedNumber),
}

impl PermitNumber {
    /// Reads the number of a permit of this kind.
    pub fn parse(kind: PermitKind, text: &str) -> Result<Self, IdentifierError> {
        match kind {
            PermitKind::Food => FoodLicenceNumber::parse(text).map(Self::Food),
            PermitKind::Filing => FilingNumber::parse(text).map(Self::Filing),
            PermitKind::Hygiene => HygieneNumber::parse(text).map(Self::Hygiene),
            PermitKind::HygieneFiling => HygieneFilingNumber::parse(text).map(Self::HygieneFiling),
            PermitKind::Combined => CombinedNumber::parse(text).map(Self::Combined),
        }
    }

    /// The series it is of, and its place there.
    pub fn place(&self) -> (Series, u64) {
        let kind = self.kind();
        let (series, sequence) = match self {
            Self::Food(number) => {
                (Series::food(number.kind(), number.division()), number.sequence())
            }
            Self::Filing(number) => {
                (Series::filing(number.kind(), number.division()), number.sequence())
            }
            Self::Hygiene(number) => {
                (Series::yearly(kind, number.prefix(), number.year()), number.sequence())
            }
            Self::HygieneFiling(number) => {
                (Series::yearly(kind, number.prefix(), number.year()), number.sequence())
            }
            Self::Combined(number) => {
                (Series::yearly(kind, number.prefix(), number.year()), number.sequence())
            }
        };
        (series, u64::from(sequence))
    }

    /// The kind of paper it is the number of.
    pub fn kind(&self) -> PermitKind {
        match self {
            Self::Food(_) => PermitKind::Food,
            Self::Filing(_) => PermitKind::Filing,
            Self::Hygiene(_) => PermitKind::Hygiene,
            Self::HygieneFiling(_) => PermitKind::HygieneFiling,
            Self::Combined(_) => PermitKind::Combined,
        }
    }
}

impl std::fmt::Display for PermitNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Food(number) => write!(f, "{number}"),
            Self::Filing(number) => write!(f, "{number}"),
            Self::Hygiene(number) => write!(f, "{number}"),
            Self::HygieneFiling(number) => write!(f, "{number}"),
            Self::Combined(number) => write!(f, "{number}"),
        }
    }
}

/// Everything of a permit but its number and dates: those exist only in a committed issuance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermitDraft {
    /// The application it answers.
    pub application: ApplicationId,
    /// Who will hold it.
    pub holder: Holder,
    /// 经营场所 / 地址.
    pub premises: String,
    /// What is permitted.
    pub grant: Grant,
    /// Who signs.
    pub issuer: Issuer,
    /// Six digits of the division whose series the number is taken from.
    pub division: String,
    /// The permit whose number is kept; `None` where a new one is taken.
    pub kept: Option<Kept>,
}

/// A permit that is changed, renewed, issued again or cancelled: its number survives
/// (食品经营许可和备案管理办法 35 to 39), and of its dates what the act leaves alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub number: PermitNumber,
    /// Its date of issue, where the act does not give it a new one: a lost paper is printed again with
    /// the dates it had.
    pub issued: Option<Date>,
    /// Its last day.
    pub valid_to: LastDay,
}

/// What becomes of the last day of a permit whose number is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastDay {
    /// It stays: this one, or none for a filing.
    Stays(Option<Date>),
    /// It is counted from the day of the decision, as of a new permit.
    Counted,
}

impl PermitDraft {
    /// Last day of a permit issued on `issued`: start + years − 1 day (five years for food, four for
    /// hygiene; a filing has none, and a combined permit holds as long as its parts), unless it keeps the
    /// one it had.
    pub fn valid_to(&self, issued: Date) -> Option<Date> {
        if let Some(Kept { valid_to: LastDay::Stays(last), .. }) = &self.kept {
            return *last;
        }
        let years = match self.grant.kind() {
            PermitKind::Food => 5,
            PermitKind::Hygiene => 4,
            PermitKind::Filing | PermitKind::HygieneFiling | PermitKind::Combined => return None,
        };
        Some(issued.saturating_add(Span::new().years(years)).saturating_sub(Span::new().days(1)))
    }
}

/// A permit. Only the journal makes one, in the transaction that takes its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// Its number.
    pub number: PermitNumber,
    /// The e-licence identifier (GB/T 36904), which the verification page goes by.
    pub elicence: ElicenceId,
    /// The application it answers.
    pub application: ApplicationId,
    /// Who holds it.
    pub holder: Holder,
    /// 经营场所 / 地址.
    pub premises: String,
    /// What is permitted.
    pub grant: Grant,
    /// Who signed.
    pub issuer: Issuer,
    /// Date of issue: the day of the commit in Asia/Shanghai, or that of the paper that was lost.
    pub issued: Date,
    /// Last day, `None` for a filing and for a combined permit.
    pub valid_to: Option<Date>,
}
