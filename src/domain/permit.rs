//! The right granted, and what it is before it has a number.

use jiff::{Span, civil::Date};

use super::{ApplicationId, ElicenceId, FilingNumber, FoodLicenceNumber, HygieneNumber, Uscc};

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
}

impl PermitKind {
    /// The word in records, seals and template names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Filing => "filing",
            Self::Hygiene => "hygiene",
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
        }
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
        Self(format!("hygiene/{prefix}/{year}"))
    }

    /// Reads a series name as it stands in records.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let known = matches!(parts.next(), Some("food" | "filing" | "hygiene"));
        let two_more = parts.next().is_some_and(|p| !p.is_empty())
            && parts.next().is_some_and(|p| !p.is_empty())
            && parts.next().is_none();
        (known && two_more && text.len() <= Self::BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
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
}

impl PermitNumber {
    /// The kind of paper it is the number of.
    pub fn kind(&self) -> PermitKind {
        match self {
            Self::Food(_) => PermitKind::Food,
            Self::Filing(_) => PermitKind::Filing,
            Self::Hygiene(_) => PermitKind::Hygiene,
        }
    }
}

impl std::fmt::Display for PermitNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Food(number) => write!(f, "{number}"),
            Self::Filing(number) => write!(f, "{number}"),
            Self::Hygiene(number) => write!(f, "{number}"),
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
    /// hygiene; a filing has none), unless it keeps the one it had.
    pub fn valid_to(&self, issued: Date) -> Option<Date> {
        if let Some(Kept { valid_to: LastDay::Stays(last), .. }) = &self.kept {
            return *last;
        }
        let years = match self.grant.kind() {
            PermitKind::Food => 5,
            PermitKind::Hygiene => 4,
            PermitKind::Filing => return None,
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
    /// Last day, `None` for a filing.
    pub valid_to: Option<Date>,
}
