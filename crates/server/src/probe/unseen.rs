//! What nobody looked at, told as that (law 6): the scrape fails and says why. A 0 would tell of a peer that is down.

use std::fmt::{self, Display};
use std::net::IpAddr;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use notafter_cert::Trouble;
use notafter_engine::context::Context;
use notafter_net::limits::{Class, Forbidden, class};
use notafter_store::StoreError;
use notafter_tls::Target;

/// Why it is not known how a target is.
#[derive(Debug)]
pub(super) enum Unseen {
    /// The server does not go to its address (law 10).
    Forbidden {
        /// As the inventory would name it.
        target: Target,
        /// The address.
        forbidden: Forbidden,
        /// Whether a redirect of what was asked for led there.
        redirected: bool,
    },
    /// What the inventory has of it could not be read.
    Inventory {
        /// As the inventory would name it.
        target: Target,
        /// Why.
        error: StoreError,
    },
}

impl Unseen {
    fn status(&self) -> StatusCode {
        match self {
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::Inventory { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Why nobody looked, in one line.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Forbidden { forbidden, .. } => forbidden.to_string(),
            Self::Inventory { error, .. } => format!("whether the inventory has it cannot be read: {error}"),
        }
    }
}

/// What, why, and what to do, in three lines.
impl Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, hint, redirected) = match self {
            Self::Forbidden { target, forbidden, redirected } => {
                (target, hint(target, forbidden.address), *redirected)
            }
            Self::Inventory { target, error } => (target, error.hint(), false),
        };
        let led = if redirected { ", to which a redirect leads," } else { "" };
        writeln!(f, "error: {target}{led} was not looked at: it is not known whether it serves")?;
        writeln!(f, "  why: {}", self.why())?;
        write!(f, " hint: {hint}")
    }
}

fn hint(target: &Target, address: IpAddr) -> String {
    match class(address) {
        Class::Private => format!(
            "if it is meant, write it into an inventory file, [[endpoint]] with target = \"{target}\", and let notafter \
             apply read that"
        ),
        _ => "correct the DNS record or the redirect that leads there: no inventory opens such an address"
            .to_owned(),
    }
}

impl IntoResponse for Unseen {
    fn into_response(self) -> Response {
        (self.status(), format!("{self}\n")).into_response()
    }
}

/// Private addresses only for what an administrator wrote into the inventory (law 10).
pub(super) async fn private_allowed(context: &Context, target: &Target) -> Result<bool, Unseen> {
    match context.store.endpoint_at(&context.scope, target).await {
        Ok(known) => Ok(known.is_some_and(|known| known.written_by_admin)),
        Err(error) => Err(Unseen::Inventory { target: target.clone(), error }),
    }
}

#[cfg(test)]
mod tests {
    use notafter_net::limits::AddressPolicy;

    use super::*;

    #[test]
    fn what_was_not_looked_at_is_told_with_what_opens_it() {
        let refused = |target: &str, address: &str, redirected| {
            let policy = AddressPolicy::Server { private_allowed: false };
            let forbidden = policy.check(address.parse().unwrap()).unwrap_err();
            Unseen::Forbidden { target: target.parse().unwrap(), forbidden, redirected }.to_string()
        };
        insta::assert_snapshot!(
            [
                refused("smtp://mail.example", "10.0.0.7", false),
                refused("mail.example:8080", "127.0.0.1", true),
                refused("meta.example", "169.254.169.254", false),
            ]
            .join("\n\n")
        );
    }
}
