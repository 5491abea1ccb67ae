//! What can be applied for.

use super::{PermitKind, Verdict};
use serde::{Deserialize, Serialize};

/// The services the kiosk takes applications for, by their codes in facts and records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ServiceCode {
    /// 食品经营许可 新办.
    #[serde(rename = "food/new")]
    FoodNew,
    /// 食品经营许可 变更.
    #[serde(rename = "food/change")]
    FoodChange,
    /// 食品经营许可 延续.
    #[serde(rename = "food/renew")]
    FoodRenew,
    /// 食品经营许可 补办.
    #[serde(rename = "food/reissue")]
    FoodReissue,
    /// 食品经营许可 注销.
    #[serde(rename = "food/cancel")]
    FoodCancel,
    /// 仅销售预包装食品备案.
    #[serde(rename = "food/file")]
    FoodFile,
    /// 仅销售预包装食品备案 变更.
    #[serde(rename = "food/file-change")]
    FoodFileChange,
    /// 公共场所卫生许可 新办.
    #[serde(rename = "hygiene/new")]
    HygieneNew,
    /// 公共场所卫生备案.
    #[serde(rename = "hygiene/file")]
    HygieneFile,
    /// 公共场所卫生许可 变更.
    #[serde(rename = "hygiene/change")]
    HygieneChange,
    /// 公共场所卫生许可 延续.
    #[serde(rename = "hygiene/renew")]
    HygieneRenew,
    /// 公共场所卫生许可 补办.
    #[serde(rename = "hygiene/reissue")]
    HygieneReissue,
    /// 公共场所卫生许可 注销.
    #[serde(rename = "hygiene/cancel")]
    HygieneCancel,
    /// 行业综合许可证 新办.
    #[serde(rename = "combined/new")]
    CombinedNew,
    /// 行业综合许可证 变更: one part changed, the same number, a new version.
    #[serde(rename = "combined/change")]
    CombinedChange,
    /// 行业综合许可证 查验: how each part stands today; nothing is applied for.
    #[serde(rename = "combined/show")]
    CombinedShow,
    /// 办理结果查询: what somebody holds and has applied for; nothing is applied for.
    #[serde(rename = "result/show")]
    ResultShow,
}

impl ServiceCode {
    /// Every service there are rules for. Who asks for results is judged by none.
    pub const ALL: [Self; 16] = [
        Self::FoodNew,
        Self::FoodChange,
        Self::FoodRenew,
        Self::FoodReissue,
        Self::FoodCancel,
        Self::FoodFile,
        Self::FoodFileChange,
        Self::HygieneNew,
        Self::HygieneFile,
        Self::HygieneChange,
        Self::HygieneRenew,
        Self::HygieneReissue,
        Self::HygieneCancel,
        Self::CombinedNew,
        Self::CombinedChange,
        Self::CombinedShow,
    ];

    /// The code used in facts, records and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FoodNew => "food/new",
            Self::FoodChange => "food/change",
            Self::FoodRenew => "food/renew",
            Self::FoodReissue => "food/reissue",
            Self::FoodCancel => "food/cancel",
            Self::FoodFile => "food/file",
            Self::FoodFileChange => "food/file-change",
            Self::HygieneNew => "hygiene/new",
            Self::HygieneFile => "hygiene/file",
            Self::HygieneChange => "hygiene/change",
            Self::HygieneRenew => "hygiene/renew",
            Self::HygieneReissue => "hygiene/reissue",
            Self::HygieneCancel => "hygiene/cancel",
            Self::CombinedNew => "combined/new",
            Self::CombinedChange => "combined/change",
            Self::CombinedShow => "combined/show",
            Self::ResultShow => "result/show",
        }
    }

    /// What it is called in law and on slips.
    pub fn title(self) -> &'static str {
        match self {
            Self::FoodNew => "食品经营许可（新办）",
            Self::FoodChange => "食品经营许可（变更）",
            Self::FoodRenew => "食品经营许可（延续）",
            Self::FoodReissue => "食品经营许可（补办）",
            Self::FoodCancel => "食品经营许可（注销）",
            Self::FoodFile => "仅销售预包装食品备案",
            Self::FoodFileChange => "仅销售预包装食品备案（变更）",
            Self::HygieneNew => "公共场所卫生许可（新办）",
            Self::HygieneFile => "公共场所卫生备案",
            Self::HygieneChange => "公共场所卫生许可（变更）",
            Self::HygieneRenew => "公共场所卫生许可（延续）",
            Self::HygieneReissue => "公共场所卫生许可（补办）",
            Self::HygieneCancel => "公共场所卫生许可（注销）",
            Self::CombinedNew => "行业综合许可证（新办）",
            Self::CombinedChange => "行业综合许可证（变更）",
            Self::CombinedShow => "行业综合许可证（查验）",
            Self::ResultShow => "办理结果（查询）",
        }
    }

    /// What it does to a permit.
    pub fn action(self) -> Action {
        match self {
            Self::FoodNew
            | Self::FoodFile
            | Self::HygieneNew
            | Self::HygieneFile
            | Self::CombinedNew => Action::New,
            Self::FoodChange
            | Self::FoodFileChange
            | Self::HygieneChange
            | Self::CombinedChange => Action::Change,
            Self::FoodRenew | Self::HygieneRenew => Action::Renew,
            Self::FoodReissue | Self::HygieneReissue => Action::Reissue,
            Self::FoodCancel | Self::HygieneCancel => Action::Cancel,
            Self::CombinedShow | Self::ResultShow => Action::Show,
        }
    }

    /// The kind of the permit it is about, where it is about one that exists already.
    pub fn held(self) -> Option<PermitKind> {
        match self {
            Self::FoodChange | Self::FoodRenew | Self::FoodReissue | Self::FoodCancel => {
                Some(PermitKind::Food)
            }
            Self::FoodFileChange => Some(PermitKind::Filing),
            Self::HygieneChange
            | Self::HygieneRenew
            | Self::HygieneReissue
            | Self::HygieneCancel => Some(PermitKind::Hygiene),
            Self::FoodNew
            | Self::FoodFile
            | Self::HygieneNew
            | Self::HygieneFile
            | Self::CombinedNew
            | Self::CombinedChange
            | Self::CombinedShow
            | Self::ResultShow => None,
        }
    }

    /// The kind of paper a verdict on it grants; nothing where this kiosk numbers none. A licence is
    /// issued and a filing filed: what was applied for as the one may be decided as the other.
    pub fn grants(self, verdict: Verdict) -> Option<PermitKind> {
        let kind = match self {
            // Prepackaged food alone is filed, also where a licence was asked for. Where one was to be
            // renewed an officer files it: a renewal keeps its number, and a filing has another.
            Self::FoodNew if verdict == Verdict::File => PermitKind::Filing,
            Self::FoodFile | Self::FoodFileChange => PermitKind::Filing,
            Self::FoodNew
            | Self::FoodChange
            | Self::FoodRenew
            | Self::FoodReissue
            | Self::FoodCancel => PermitKind::Food,
            // Some kinds of places file since 2025-01-20, whichever of the two was asked for.
            Self::HygieneNew if verdict == Verdict::File => PermitKind::HygieneFiling,
            Self::HygieneFile => PermitKind::HygieneFiling,
            Self::HygieneNew
            | Self::HygieneChange
            | Self::HygieneRenew
            | Self::HygieneReissue
            | Self::HygieneCancel => PermitKind::Hygiene,
            Self::CombinedNew => PermitKind::Combined,
            // A new version of a combined permit is made at the counter, where its parts are at hand.
            Self::CombinedChange | Self::CombinedShow | Self::ResultShow => return None,
        };
        let granted_by = match kind {
            PermitKind::Filing | PermitKind::HygieneFiling => Verdict::File,
            PermitKind::Food | PermitKind::Hygiene | PermitKind::Combined => Verdict::Issue,
        };
        (verdict == granted_by).then_some(kind)
    }

    /// The service of a code, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::ResultShow]).find(|service| service.as_str() == code)
    }
}

/// What a service does to a permit (domain.md 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// 新办, 备案: one that was not there.
    New,
    /// 变更: other words on it.
    Change,
    /// 延续: a later last day.
    Renew,
    /// 补办: another paper, the old one lost or damaged.
    Reissue,
    /// 注销: it ends, by its holder's wish.
    Cancel,
    /// 查验: it is looked at.
    Show,
}

impl std::fmt::Display for ServiceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
