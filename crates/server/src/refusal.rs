//! An answer that is not what was asked for: what, why, and what to do.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use notafter_engine::access::Caller;
use notafter_engine::operate::Fault;
use notafter_inventory::model::{Actor, Needed};
use notafter_store::StoreError;

use crate::auth::Presented;
use crate::misread::in_words;
use crate::web::sentence;

const INVALID_TOKEN: &str = "access.invalid-token";

/// A page that says why there is no other, for whoever is not known.
#[derive(Template, Debug)]
#[template(path = "refusal.html")]
pub(crate) struct Refusal {
    status: StatusCode,
    fault: Fault,
}

impl Refusal {
    const fn new(status: StatusCode, fault: Fault) -> Self {
        Self { status, fault }
    }

    /// What is the matter, as the title of the page.
    fn title(&self) -> String {
        sentence(&self.fault.what).replace('`', "")
    }

    /// What leads in, where that is what is left to do.
    fn leads_in(&self) -> bool {
        ["access.link-is-over", "access.sign-in", "access.session-is-over"]
            .contains(&self.fault.code.as_str())
    }

    /// What is said where the request is answered by a page that has room for it.
    pub(crate) fn into_fault(self) -> Fault {
        self.fault
    }

    /// With a status of its own.
    pub(crate) const fn with(status: StatusCode, fault: Fault) -> Self {
        Self::new(status, fault)
    }

    /// The status that it is answered with.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// Of an operation that failed.
    pub(crate) fn of(fault: Fault) -> Self {
        Self::new(status_of(&fault), fault)
    }

    /// A request that the person whose browser sent it did not mean.
    pub(crate) fn forged() -> Self {
        let fault = Fault::new(
            "access.not-from-our-page",
            "this request does not come from a page of notafter, and nothing was done",
            "go back, load the page anew, and do it again; a script sends the page's form key in the header X-Form-Key",
        );
        Self::new(StatusCode::FORBIDDEN, fault)
    }

    pub(crate) fn too_long() -> Self {
        let fault = Fault::new("access.too-long", "no form of notafter is that long", "send less");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, fault)
    }

    pub(crate) fn too_slow() -> Self {
        let fault = Fault::new("access.too-slow", "the form did not arrive in time", "do it again");
        Self::new(StatusCode::REQUEST_TIMEOUT, fault)
    }

    /// Nobody who is known. Whether what was presented never was, has ended or was revoked is nobody's business.
    pub(crate) fn nobody(presented: Presented) -> Self {
        let fault = match presented {
            Presented::Nothing => Fault::new(
                "access.sign-in",
                "this takes an account or a token, and neither was presented",
                "sign in, or send the header `Authorization: Bearer TOKEN` with a token of: notafter token make",
            ),
            Presented::Token => Fault::new(
                INVALID_TOKEN,
                "the token that was presented opens nothing: it is none of this installation, has ended, or was revoked",
                "see `notafter token list`, and make another one with `notafter token make`",
            ),
            Presented::Session => Fault::new(
                "access.session-is-over",
                "the session that was presented has ended, and nothing was done",
                "sign in again, and do it again",
            ),
        };
        Self::new(StatusCode::UNAUTHORIZED, fault)
    }

    /// Known, and not enough.
    pub(crate) fn not_allowed(needed: Needed, caller: &Caller) -> Self {
        let reach = if needed.whole { " over the whole installation" } else { "" };
        let hint = match caller.actor {
            Actor::Token(_) => {
                "ask an administrator for a token of that role: notafter token make NAME --role ROLE; no token's role changes"
            }
            _ => "ask an administrator: notafter user change NAME --role ROLE",
        };
        let kept = if caller.grant.owner.is_some() { " kept to one owner" } else { "" };
        let fault = Fault::new(
            "access.not-allowed",
            format!("this takes the role {}{reach}; yours is {}{kept}", needed.role, caller.grant.role),
            hint,
        );
        Self::new(StatusCode::FORBIDDEN, fault)
    }

    /// An address or a form in which something is left out, or cannot be read.
    pub(crate) fn unreadable(what: &str, why: String) -> Self {
        let fault = Fault::new(
            "access.unreadable",
            format!("{what} cannot be read, and nothing was done"),
            "go back, load the page anew, and do it again",
        );
        Self::new(StatusCode::BAD_REQUEST, fault.because(in_words(&why)))
    }

    /// A form in which something that must be said is left out.
    pub(crate) fn half_filled(what: &str, hint: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Fault::new("access.unreadable", what, hint))
    }

    /// There is a page, which is not asked like this.
    pub(crate) fn other_method() -> Self {
        let fault = Fault::new(
            "access.other-method",
            "this address is not asked in this way",
            "look at it with GET; what changes something is a form of a page",
        );
        Self::new(StatusCode::METHOD_NOT_ALLOWED, fault)
    }

    /// There is no such page, or none that the caller may see.
    pub(crate) fn absent(what: &str) -> Self {
        let fault = Fault::new(
            "access.no-such-page",
            format!("there is no {what}, or none within your reach"),
            "look for it in the lists",
        );
        Self::new(StatusCode::NOT_FOUND, fault)
    }
}

fn status_of(fault: &Fault) -> StatusCode {
    let name = fault.code.split_once('.').map_or("", |(_, name)| name);
    match fault.code.as_str() {
        "access.wrong-password" | "access.not-private" => StatusCode::FORBIDDEN,
        "access.too-many-attempts" => StatusCode::TOO_MANY_REQUESTS,
        "access.link-is-over" | "alert.link-spent" => StatusCode::GONE,
        "alert.link-leads-nowhere"
        | "owner.link-leads-nowhere"
        | "status-page.link-leads-nowhere"
        | "status-page.no-mail" => StatusCode::NOT_FOUND,
        "alert.silence-refused"
        | "alert.unknown-name"
        | "inventory.file-invalid"
        | "inventory.secret-missing"
        | "drill.issuer"
        | "revoke.unknown-reason"
        | "status-page.no-address"
        | "status-page.refused"
        | "status-page.unknown-component"
        | "target.unparsable"
        | "why.not-yet" => StatusCode::UNPROCESSABLE_ENTITY,
        "alert.silence-unknown" | "status-page.no-subscriber" => StatusCode::NOT_FOUND,
        "inventory.changed-meanwhile" => StatusCode::PRECONDITION_FAILED,
        "server.page-failed" | "socket.protocol" => StatusCode::INTERNAL_SERVER_ERROR,
        "store.overtaken" | "store.duplicate" | "status-page.told-meanwhile" => StatusCode::CONFLICT,
        _ if name == "unknown" || name.starts_with("no-such") => StatusCode::NOT_FOUND,
        _ if fault.code.starts_with("store.") => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = match self.render() {
            Ok(page) => (self.status, Html(page)).into_response(),
            Err(_) => self.status.into_response(),
        };
        let Self { status, fault } = self;
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750, section 3.1: no error where no token was presented.
            let challenge = match fault.code == INVALID_TOKEN {
                true => "Bearer error=\"invalid_token\"",
                false => "Bearer",
            };
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        // For those who write it otherwise than as a page.
        response.extensions_mut().insert(fault);
        response
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::of(fault)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::of(Fault::from(error))
    }
}
