//! Central as this module sees it: three calls, and how they fail.

use std::future::Future;

use crate::wire::v1::SignedBlock;
use crate::wire::v1::api::{BlockRequest, Heartbeat, HeartbeatAnswer, Push, SignedText};

/// Central, over whatever line. Every call may be lost, repeated or answered late.
pub trait Central: Send + Sync + 'static {
    /// `POST /v1/records`.
    fn push(&self, push: Push) -> impl Future<Output = Result<SignedText, CallError>> + Send;

    /// `POST /v1/number-blocks`.
    fn lease(
        &self,
        request: BlockRequest,
    ) -> impl Future<Output = Result<SignedBlock, CallError>> + Send;

    /// `POST /v1/heartbeat`.
    fn heartbeat(
        &self,
        heartbeat: Heartbeat,
    ) -> impl Future<Output = Result<HeartbeatAnswer, CallError>> + Send;
}

/// Why there is no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody answered; central may have done what was asked all the same.
    #[error("central does not answer: {reason}")]
    Unanswered {
        /// What the line said.
        reason: String,
    },
    /// Central is there, and busy or failing; later it may be otherwise.
    #[error("central cannot now: {code}: {message}")]
    NotNow {
        /// A stable word.
        code: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// Central says no to this request, and would again.
    #[error("central refuses: {code}: {message}")]
    Refused {
        /// A stable word.
        code: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// Something answered that does not speak as central does.
    #[error("the answer is not central's: {reason}")]
    Garbage {
        /// What was wrong with it.
        reason: String,
    },
}

impl CallError {
    /// Whether it was central that spoke.
    pub fn came_from_central(&self) -> bool {
        match self {
            Self::NotNow { .. } | Self::Refused { .. } => true,
            Self::Unanswered { .. } | Self::Garbage { .. } => false,
        }
    }
}
