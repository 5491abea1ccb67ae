//! Why an edition is not decided by, in the words of the technician's screen.

use jiff::{Timestamp, civil::Date};

use super::status::{EditionName, Refusal};
use crate::domain::Bilingual;
use crate::durable;
use crate::fault::{Chain, FaultCode};
use crate::wire::v1::EditionError;

/// Why an edition is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// It is none, or not one for us.
    #[error("it does not verify")]
    Edition(#[source] EditionError),
    /// A number behind the mark.
    #[error("this kiosk had edition {}.{} already", mark.0, mark.1)]
    Older {
        /// What is never gone back behind.
        mark: (u64, u64),
    },
    /// The mark's number and another content.
    #[error("this kiosk had an edition of this number already, and it was another one")]
    SameNumber,
    /// Too old to decide by.
    #[error("it may be used until {reject_after} only")]
    Expired {
        /// Its last day.
        reject_after: Date,
    },
    /// It could not be kept.
    #[error("it is good, and could not be kept")]
    NotKept {
        /// What the system said.
        source: durable::Error,
    },
    /// A file of the shelf cannot be read.
    #[error("its file cannot be read")]
    NotRead {
        /// What the system said.
        source: durable::Error,
    },
    /// A file of the shelf is not what it was.
    #[error("its file is damaged; it was set aside")]
    Damaged,
}

/// Characters of a reason at most: an edition with a hundred mistakes needs no screen of its own.
const WHY_CHARS_MAX: usize = 400;

impl Refused {
    /// Whether the file itself is broken, so that there is nothing to come back to.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged => true,
            Self::Edition(_)
            | Self::Older { .. }
            | Self::SameNumber
            | Self::Expired { .. }
            | Self::NotKept { .. }
            | Self::NotRead { .. } => false,
        }
    }

    /// What a technician has to know.
    pub(super) fn fault(&self) -> FaultCode {
        match self {
            Self::Older { .. } | Self::SameNumber => FaultCode::RulebookRolledBack,
            Self::Edition(EditionError::OtherEpoch { found, trusted }) if found < trusted => {
                FaultCode::RulebookRolledBack
            }
            Self::NotKept { .. } => FaultCode::DiskLow,
            Self::Edition(_) | Self::Expired { .. } | Self::NotRead { .. } | Self::Damaged => {
                FaultCode::RulebookInvalid
            }
        }
    }

    /// The same for the screen, the journal and central.
    pub(super) fn refusal(&self, edition: Option<EditionName>, at: Timestamp) -> Refusal {
        let (code, zh) = self.words();
        let en: String = Chain(self).to_string().chars().take(WHY_CHARS_MAX).collect();
        Refusal { edition, at, code, why: Bilingual::new(zh, en) }
    }

    fn words(&self) -> (&'static str, String) {
        let (code, words) = match self {
            Self::Older { mark: (epoch, version) } => {
                let words = format!("本机已用过 {epoch}.{version} 版，不能退回更低的版本");
                return ("OLDER", words);
            }
            Self::Expired { reject_after } => {
                return ("EXPIRED", format!("规则只能用到{reject_after}，已过使用期限"));
            }
            Self::SameNumber => ("SAME_NUMBER", "编号与本机已用过的版本相同，内容却不同"),
            Self::NotKept { .. } => ("NOT_KEPT", "规则无法保存到磁盘"),
            Self::NotRead { .. } => ("NOT_READ", "规则文件无法读取"),
            Self::Damaged => ("DAMAGED", "规则文件已损坏，已另行保存"),
            Self::Edition(error) => match error {
                EditionError::NotSigned { .. } => ("NOT_SIGNED", "发布人的签名不足"),
                EditionError::SignedOtherwise { .. } => {
                    ("MANIFEST_CHANGED", "清单在发布人签名之后被改动过")
                }
                EditionError::OtherRulebook { .. } => ("OTHER_RULEBOOK", "不是本机使用的规则"),
                EditionError::OtherChannel { .. } => ("OTHER_CHANNEL", "不是发给本机的版本"),
                EditionError::OtherEpoch { .. } => {
                    ("OTHER_EPOCH", "不是现任发布人的密钥签署的版本")
                }
                EditionError::FileMissing { .. }
                | EditionError::FileChanged { .. }
                | EditionError::FileAdded { .. } => ("FILES_CHANGED", "文件与签名的清单不符"),
                EditionError::Wrong { .. } => ("MISTAKES", "规则有错误，或自带的案例没有通过"),
                EditionError::ManifestsDisagree => ("MANIFESTS_DISAGREE", "两份清单的内容不一致"),
                EditionError::OtherFormat { .. } | EditionError::OtherLanguage { .. } => {
                    ("OTHER_FORMAT", "本机的程序版本不能读取这种规则")
                }
                EditionError::TooLong { .. }
                | EditionError::TooManyFiles { .. }
                | EditionError::TooManySignatures { .. }
                | EditionError::NotAnEdition { .. }
                | EditionError::NotAManifest { .. } => ("UNREADABLE", "不是规则发布文件"),
            },
        };
        (code, words.to_owned())
    }
}
