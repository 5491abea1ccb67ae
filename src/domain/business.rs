//! The business as the business register knows it.

use serde::{Deserialize, Serialize};

use super::{DivisionCode, Uscc};

/// Whether the business licence lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusinessStatus {
    /// 存续.
    Live,
    /// 注销.
    Cancelled,
    /// 吊销.
    Revoked,
}

/// A business, from the business register.
#[derive(Clone, PartialEq, Eq)]
pub struct Business {
    /// Name as registered.
    pub name: String,
    /// Unified social credit code.
    pub uscc: Uscc,
    /// Kind as registered, for example 个体工商户.
    pub kind: String,
    /// Legal representative, or person in charge.
    pub legal_representative: String,
    /// Keyed digest of the legal representative's identity number, hexadecimal.
    pub legal_representative_digest: String,
    /// Division of the registered address.
    pub division: DivisionCode,
    /// Registered address (住所).
    pub address: String,
    /// Business scope, one entry each.
    pub scope: Vec<String>,
    /// Whether the licence lives.
    pub status: BusinessStatus,
}

/// The business is public, the person behind it is not: no name of a person reaches a log.
impl std::fmt::Debug for Business {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Business")
            .field("name", &self.name)
            .field("uscc", &self.uscc)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
