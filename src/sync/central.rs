//! Central as this module sees it: four calls, and how they fail.

use std::future::Future;

use crate::fault::Chain;
use crate::registers::{Client, ClientError};
use crate::wire::v1::SignedBlock;
use crate::wire::v1::api::{
    self, BlockRequest, Heartbeat, HeartbeatAnswer, Push, Revocations, RevocationsRequest,
    SignedText,
};

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

    /// `POST /v1/revocations`.
    fn revocations(
        &self,
        request: RevocationsRequest,
    ) -> impl Future<Output = Result<Revocations, CallError>> + Send;
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

/// Central over HTTPS.
impl Central for Client {
    async fn push(&self, push: Push) -> Result<SignedText, CallError> {
        self.post_json(api::RECORDS_PATH, &push).await.map_err(CallError::from)
    }

    async fn lease(&self, request: BlockRequest) -> Result<SignedBlock, CallError> {
        self.post_json(api::NUMBER_BLOCKS_PATH, &request).await.map_err(CallError::from)
    }

    async fn heartbeat(&self, heartbeat: Heartbeat) -> Result<HeartbeatAnswer, CallError> {
        self.post_json(api::HEARTBEAT_PATH, &heartbeat).await.map_err(CallError::from)
    }

    async fn revocations(&self, request: RevocationsRequest) -> Result<Revocations, CallError> {
        self.post_json(api::REVOCATIONS_PATH, &request).await.map_err(CallError::from)
    }
}

impl From<ClientError> for CallError {
    fn from(error: ClientError) -> Self {
        match error {
            // Without a word of central's own it is something on the way that refuses.
            ClientError::Refused { status, code, .. } if code.is_empty() => {
                Self::Garbage { reason: format!("HTTP status {status} without a reason") }
            }
            // RFC 9110, 15.6 and RFC 6585, 4: the server's trouble, or too many requests.
            ClientError::Refused { status: 429 | 500..=599, code, message } => {
                Self::NotNow { code, message }
            }
            ClientError::Refused { code, message, .. } => Self::Refused { code, message },
            ClientError::TooLong { .. } | ClientError::Nonsense { .. } => {
                Self::Garbage { reason: Chain(&error).to_string() }
            }
            ClientError::ReadKey { .. }
            | ClientError::Pem { .. }
            | ClientError::Tls { .. }
            | ClientError::Address { .. }
            | ClientError::Build { .. }
            | ClientError::Thread { .. }
            | ClientError::TimedOut { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Closed => Self::Unanswered { reason: Chain(&error).to_string() },
        }
    }
}
