//! Why a message was not taken.

use notafter_cert::{Retry, Span, Time, Trouble};
use notafter_net::http::HttpError;
use notafter_net::trust::TrustError;

use crate::command::CommandError;

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The channel cannot be used as it is configured.
    #[error("the channel cannot be used: {0}")]
    Settings(String),
    /// An address that is none.
    #[error("{address:?} is not an address that this channel can reach: {why}")]
    Address {
        /// As configured.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The channel's own trust anchors.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The other side will not take this message, now or later.
    #[error("{peer} refused the message: {said}")]
    Refused {
        /// Who.
        peer: String,
        /// Its words.
        said: String,
        /// What to mend, where its words tell.
        mend: Option<&'static str>,
    },
    /// The other side accepted something, but not in the words of the product that should be there.
    #[error("{peer} did not answer as it should: {said}")]
    Strange {
        /// Who.
        peer: String,
        /// Its words.
        said: String,
    },
    /// The other side asks to come again.
    #[error("{peer} cannot take the message now: {said}")]
    Deferred {
        /// Who.
        peer: String,
        /// Its words.
        said: String,
        /// Not before this instant, it says.
        until: Option<Time>,
    },
    /// The connection could not be secured as the channel demands, or the certificate is not trusted.
    #[error("no trusted TLS connection to {peer}: {why}")]
    Tls {
        /// Who.
        peer: String,
        /// What went wrong.
        why: String,
    },
    /// No connection, or it broke. The message may have been taken.
    #[error("no answer from {peer}: {why}")]
    Unreachable {
        /// Who.
        peer: String,
        /// What went wrong.
        why: String,
    },
    /// It took too long. The message may have been taken.
    #[error("{peer} did not take the message within {within}")]
    Timeout {
        /// Who.
        peer: String,
        /// The limit.
        within: Span,
    },
    /// The channel's command did not do its work.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A webhook's request got no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl NotifyError {
    /// Before when the other side does not want to be asked again.
    #[must_use]
    pub const fn until(&self) -> Option<Time> {
        match self {
            Self::Deferred { until, .. } => *until,
            _ => None,
        }
    }

    /// What somebody has to mend before trying again can help, where it is known.
    #[must_use]
    pub const fn mend(&self) -> Option<&'static str> {
        match self {
            Self::Refused { mend, .. } => *mend,
            _ => None,
        }
    }
}

impl Trouble for NotifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "notify.settings",
            Self::Address { .. } => "notify.address",
            Self::Trust(error) => error.code(),
            Self::Refused { .. } => "notify.refused",
            Self::Strange { .. } => "notify.strange",
            Self::Deferred { .. } => "notify.deferred",
            Self::Tls { .. } => "notify.tls",
            Self::Unreachable { .. } => "notify.unreachable",
            Self::Timeout { .. } => "notify.timeout",
            Self::Command(error) => error.code(),
            Self::Http(error) => error.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Settings(_) | Self::Address { .. } => {
                "correct the channel or the contact in the inventory file and `notafter apply` it".to_owned()
            }
            Self::Trust(error) => error.hint(),
            Self::Refused { mend: Some(mend), .. } => {
                format!("{mend}; then prove the path with `notafter alert test`")
            }
            Self::Strange { peer, .. } => {
                format!(
                    "look whether {peer} is what it should be: a proxy or another program may answer there"
                )
            }
            Self::Refused { peer, .. } => {
                format!("ask whoever runs {peer}; then prove the path with `notafter alert test`")
            }
            Self::Deferred { .. } => "nothing: it is tried again by itself".to_owned(),
            Self::Tls { peer, .. } => format!(
                "look at it with `notafter check {peer}`; a private CA's root belongs into the channel's `trust` file"
            ),
            Self::Unreachable { peer, .. } | Self::Timeout { peer, .. } => {
                format!("check that {peer} is up and that a firewall lets us out")
            }
            Self::Command(error) => error.hint(),
            Self::Http(error) => error.hint(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            // It is not there, or may not run: somebody must mend that first.
            Self::Command(CommandError::NotStarted { .. } | CommandError::Denied(_))
            | Self::Settings(_)
            | Self::Address { .. }
            | Self::Trust(_)
            | Self::Refused { .. } => Retry::Never,
            Self::Strange { .. }
            | Self::Deferred { .. }
            | Self::Tls { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. } => Retry::Later,
            Self::Command(error) => error.retry(),
            Self::Http(error) => error.retry(),
        }
    }
}
