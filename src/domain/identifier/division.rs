//! Division codes (GB/T 2260, GB/T 10114), with the table of Zhangdian and its neighbours.

use super::{Identifier, IdentifierError, IdentifierErrorKind as Kind};

/// A division: six digits for a county or district, nine for a street or town.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DivisionCode(String);

impl DivisionCode {
    /// Checks the layout. Codes are abolished and created every year, so whether one exists is a
    /// matter of tables.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let expected = if text.chars().count() == 9 { 9 } else { 6 };
        let digits = Identifier::Division.exact(text, expected, |_, byte| byte.is_ascii_digit())?;
        if !matches!(digits.first(), Some(b'1'..=b'8')) {
            return Err(Identifier::Division.error(Kind::Prefix));
        }
        Ok(Self(text.to_owned()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Six digits of the county or district.
    pub fn county(&self) -> &str {
        self.0.get(..6).expect("a checked code has six digits at least")
    }

    /// Whether `self` is `other` or lies in it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Its entry in the table of Zhangdian, for a street or town there.
    pub fn in_zhangdian(&self) -> Option<&'static Division> {
        ZHANGDIAN.iter().find(|division| division.code == self.0)
    }

    /// Its name, if it is Zhangdian, a street or town of it, or a neighbour.
    pub fn name(&self) -> Option<&'static str> {
        if self.0 == ZHANGDIAN_CODE {
            return Some("张店区");
        }
        let neighbour = || NEIGHBOURS.iter().find(|neighbour| neighbour.code == self.0);
        self.in_zhangdian()
            .map(|division| division.name)
            .or_else(|| neighbour().map(|neighbour| neighbour.name))
    }

    /// The organ to turn to, as far as the tables know. Which organ *is* competent is configured.
    pub fn organ(&self) -> Option<&'static str> {
        if self.0 == ZHANGDIAN_CODE {
            return Some(RunBy::District.organ());
        }
        if let Some(division) = self.in_zhangdian() {
            return Some(division.run_by.organ());
        }
        let county = self.county();
        let neighbour = NEIGHBOURS.iter().find(|neighbour| neighbour.code == county);
        neighbour.map(|neighbour| neighbour.organ)
    }
}

impl std::fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The district of the product's home.
pub const ZHANGDIAN_CODE: &str = "370303";

/// A street or town of Zhangdian.
#[derive(Debug, PartialEq, Eq)]
pub struct Division {
    /// Nine digits.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Who runs it.
    pub run_by: RunBy,
}

/// A district or county beside Zhangdian.
#[derive(Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Six digits.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The organ there.
    pub organ: &'static str,
}

/// Who runs a street or town. Jurisdiction is this table and not the first six digits: two zones run
/// towns inside the district. To be confirmed by the district before real use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunBy {
    /// The district itself.
    District,
    /// 淄博高新技术产业开发区.
    HighTechZone,
    /// 淄博经济开发区.
    EconomicZone,
}

impl RunBy {
    /// The organ to turn to.
    pub fn organ(self) -> &'static str {
        match self {
            Self::District => "淄博市张店区行政审批服务局",
            Self::HighTechZone => "淄博高新技术产业开发区行政审批服务机构",
            Self::EconomicZone => "淄博经济开发区行政审批服务机构",
        }
    }
}

/// The streets and towns of Zhangdian, from the statistical codes of 2022-10.
pub const ZHANGDIAN: [Division; 13] = [
    Division { code: "370303001", name: "车站街道", run_by: RunBy::District },
    Division { code: "370303002", name: "公园街道", run_by: RunBy::District },
    Division { code: "370303003", name: "湖田街道", run_by: RunBy::EconomicZone },
    Division { code: "370303004", name: "和平街道", run_by: RunBy::District },
    Division { code: "370303005", name: "科苑街道", run_by: RunBy::District },
    Division { code: "370303006", name: "体育场街道", run_by: RunBy::District },
    Division { code: "370303008", name: "四宝山街道", run_by: RunBy::HighTechZone },
    Division { code: "370303009", name: "马尚街道", run_by: RunBy::District },
    Division { code: "370303101", name: "南定镇", run_by: RunBy::EconomicZone },
    Division { code: "370303102", name: "沣水镇", run_by: RunBy::EconomicZone },
    Division { code: "370303104", name: "傅家镇", run_by: RunBy::EconomicZone },
    Division { code: "370303105", name: "中埠镇", run_by: RunBy::HighTechZone },
    Division { code: "370303107", name: "房镇镇", run_by: RunBy::District },
];

/// The other districts and counties of Zibo.
pub const NEIGHBOURS: [Neighbour; 7] = [
    Neighbour {
        code: "370302", name: "淄川区", organ: "淄博市淄川区行政审批服务局"
    },
    Neighbour {
        code: "370304", name: "博山区", organ: "淄博市博山区行政审批服务局"
    },
    Neighbour {
        code: "370305", name: "临淄区", organ: "淄博市临淄区行政审批服务局"
    },
    Neighbour {
        code: "370306", name: "周村区", organ: "淄博市周村区行政审批服务局"
    },
    Neighbour { code: "370321", name: "桓台县", organ: "桓台县行政审批服务局" },
    Neighbour { code: "370322", name: "高青县", organ: "高青县行政审批服务局" },
    Neighbour { code: "370323", name: "沂源县", organ: "沂源县行政审批服务局" },
];
