//! Pages for people, one file each, with a template of the same name in `templates/`. They hold no judgement: what they
//! show comes from `engine::operate`, by the same names as on the command line.

pub(crate) mod account;
pub(crate) mod alert;
pub(crate) mod alert_link;
pub(crate) mod alerts;
mod browser;
pub(crate) mod ca;
mod chain;
pub(crate) mod code;
pub(crate) mod drill;
pub(crate) mod drills;
pub(crate) mod endpoint;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod fields;
pub(crate) mod files;
pub(crate) mod finding;
pub(crate) mod findings;
pub(crate) mod incident;
pub(crate) mod incidents;
pub(crate) mod inventory;
pub(crate) mod lifetimes;
pub(crate) mod lineage;
pub(crate) mod lineages;
pub(crate) mod openid;
mod outcome;
pub(crate) mod overview;
pub(crate) mod owner_link;
mod part;
pub(crate) mod passkey;
pub(crate) mod path_link;
mod picture;
mod quiet;
pub(crate) mod refused;
mod run_book;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod silences;
pub(crate) mod why;

use axum::response::Html;
use notafter_cert::Time;
use notafter_engine::operate::status::Need;
use notafter_engine::operate::{self, Fault};
use notafter_inventory::model::{Actor, AlertId, FindingId, Grant, Role, Severity, Subject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::router::lets_in;

/// What a page answers.
pub(crate) type Page = Result<Html<String>, Refusal>;

/// The pages that the navigation leads to, with their names.
const PAGES: [(&str, &str); 13] = [
    ("/", "Overview"),
    ("/endpoints", "Endpoints"),
    ("/lineages", "Lineages"),
    ("/lifetimes", "Lifetimes"),
    ("/findings", "Findings"),
    ("/alerts", "Alerts"),
    ("/drills", "Drills"),
    ("/incidents", "Public"),
    ("/events", "Events"),
    ("/why", "Why"),
    ("/inventory", "Inventory"),
    ("/settings", "Settings"),
    ("/accounts", "Accounts"),
];

/// Pages that others lead to.
const BESIDE: [(&str, &str); 2] = [("/silences", "Silences"), ("/account", "Account")];

/// What stands around every page.
pub(crate) struct Frame {
    pub(crate) who: String,
    pub(crate) form_key: String,
    pub(crate) may_operate: bool,
    /// Whether what cannot be undone is offered.
    pub(crate) may_revoke: bool,
    grant: Grant,
    at: &'static str,
    /// How far the log was before the page was made.
    seen: i64,
}

impl Frame {
    /// Around the page at `at`, for whoever visits.
    fn of(visit: &Visit, at: &'static str) -> Self {
        let who = match &visit.caller.actor {
            Actor::User(name) | Actor::Token(name) | Actor::Person(name) => name.clone(),
            // None of them signs in.
            Actor::Engine | Actor::Link { .. } | Actor::Answer(_) | Actor::Reply(_) => String::new(),
        };
        let grant = visit.caller.grant;
        Self {
            who,
            form_key: visit.form_key.clone(),
            may_operate: grant.role >= Role::Operator,
            may_revoke: grant.role >= Role::Admin,
            grant,
            at,
            seen: visit.seen,
        }
    }

    /// Those that whoever visits may read.
    fn pages(&self) -> Vec<(&'static str, &'static str)> {
        PAGES.into_iter().filter(|(path, _)| self.may("GET", path)).collect()
    }

    /// Whether whoever visits may ask for this route.
    fn may(&self, method: &str, path: &str) -> bool {
        lets_in(method, path, self.grant)
    }

    /// The list in which what lies at this path would be, with its name; the first page where there is none within reach.
    fn list_of(&self, path: &str) -> (&'static str, &'static str) {
        let list = match path.split('/').nth(1).unwrap_or_default() {
            "maintenances" => "incidents",
            "codes" => "findings",
            own => own,
        };
        let is_it = |(path, _): &(&str, &str)| path.strip_prefix('/') == Some(list) && self.may("GET", path);
        PAGES.into_iter().chain(BESIDE).find(is_it).unwrap_or(PAGES[0])
    }

    fn is_at(&self, path: &str) -> bool {
        self.at == path
    }
}

/// Writes a template out.
fn written(template: &impl askama::Template) -> Page {
    template.render().map(Html).map_err(|error| {
        let fault = Fault::new("server.page-failed", "the page cannot be written", "report this");
        Refusal::of(fault.because(error.to_string()))
    })
}

/// Words of ours as HTML: what stands between backticks is to be typed or written as it stands.
pub(crate) fn coded(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut parts = text.split('`').peekable();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        let is_closed = is_code && parts.peek().is_some();
        html.push_str(match (is_closed, is_code) {
            (true, _) => "<code>",
            // It stands alone, and begins nothing.
            (false, true) => "`",
            (false, false) => "",
        });
        part.chars().for_each(|sign| put(sign, &mut html));
        if is_closed {
            html.push_str("</code>");
        }
        is_code = !is_code;
    }
    html
}

/// Writes a sign as HTML that shows it.
fn put(sign: char, html: &mut String) {
    match sign {
        '&' => html.push_str("&#38;"),
        '<' => html.push_str("&#60;"),
        '>' => html.push_str("&#62;"),
        '"' => html.push_str("&#34;"),
        '\'' => html.push_str("&#39;"),
        other => html.push(other),
    }
}

/// A name as HTML that breaks, where it has to, before a dot or the port rather than within.
pub(crate) fn breaking(name: &str) -> String {
    let mut html = String::with_capacity(name.len());
    for (at, sign) in name.char_indices() {
        if at > 0 && ".:".contains(sign) {
            html.push_str("<wbr>");
        }
        put(sign, &mut html);
    }
    html
}

/// Words of ours, which begin small, as a sentence. What begins with a name, an address or something to type stays as it is.
pub(crate) fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_word = first.trim_end_matches([',', ':', ';']).chars().all(|letter| letter.is_ascii_lowercase());
    let mut letters = text.chars();
    match letters.next() {
        Some(letter) if is_word => format!("{}{}", letter.to_ascii_uppercase(), letters.as_str()),
        _ => text.to_owned(),
    }
}

/// Carries out an operation as whoever visits.
pub(crate) async fn operate<T: DeserializeOwned>(
    visit: &Visit,
    name: &'static str,
    args: impl Serialize,
) -> Result<T, Refusal> {
    let unreadable = |error: serde_json::Error| {
        Fault::new("server.page-failed", "the answer cannot be read", "report this")
            .because(error.to_string())
    };
    let args = serde_json::to_value(args).map_err(unreadable)?;
    let answer = carry_out(visit, name, args).await?;
    Ok(serde_json::from_value(answer).map_err(unreadable)?)
}

/// It goes on when nobody waits any more: a browser that was closed must not end a renewal between two steps, with its task
/// claimed until the lease is over.
pub(crate) async fn carry_out(visit: &Visit, name: &'static str, args: Value) -> Result<Value, Fault> {
    let (context, actor) = (visit.context.clone(), visit.caller.actor.clone());
    let carried_out = tokio::spawn(async move { operate::call(&context, &actor, name, args).await });
    carried_out.await.unwrap_or_else(|error| {
        let fault = Fault::new(
            "server.page-failed",
            "the operation broke off",
            "report this, with the log of the server",
        );
        Err(fault.because(error.to_string()))
    })
}

/// A severity's class in the style sheet.
const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Unknown => "unknown",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// Something that needs a person.
struct NeedView {
    class: &'static str,
    severity: Severity,
    name: String,
    owner: String,
    text: String,
    hint: String,
    code: String,
    since: String,
    acknowledged: bool,
    silenced_until: Option<String>,
    id: FindingId,
    alert: Option<AlertId>,
    /// Since when it does not hold any more.
    closed_at: Option<String>,
    /// Where its subject is shown; nothing where that is here.
    path: Option<String>,
}

/// Where a subject is shown, or what mends it.
fn path_of(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Endpoint(id) => Some(format!("/endpoints/{id}")),
        Subject::Lineage(id) => Some(format!("/lineages/{id}")),
        Subject::Drill(id) => Some(format!("/drills/{id}")),
        Subject::Channel(_) | Subject::Owner(_) | Subject::Issuer(_) => Some("/settings".to_owned()),
        Subject::Place(_) | Subject::Installation | Subject::Named(_) => None,
    }
}

impl NeedView {
    fn of(need: Need) -> Self {
        let path = path_of(&need.subject).or_else(|| need.behind.as_ref().and_then(path_of));
        Self {
            // What is over looks like nothing that holds.
            class: if need.closed_at.is_some() { "" } else { class(need.severity) },
            closed_at: need.closed_at.map(Time::for_people),
            severity: need.severity,
            name: need.name,
            owner: need.owner,
            text: need.text,
            hint: need.hint,
            code: need.code,
            since: need.since.for_people(),
            acknowledged: need.acknowledged,
            silenced_until: need.silenced_until.map(Time::for_people),
            id: need.finding,
            alert: need.alert,
            path,
        }
    }

    /// On the page of its subject.
    fn here(need: Need) -> Self {
        Self { path: None, ..Self::of(need) }
    }
}

#[cfg(test)]
mod tests {
    use super::{breaking, coded, sentence};

    /// At 390 px, the heading of an endpoint was "partner.shop.example:44" and "3" below.
    #[test]
    fn a_port_was_broken_in_two() {
        for (name, html) in [
            ("partner.shop.example:443", "partner<wbr>.shop<wbr>.example<wbr>:443"),
            ("[::1]:443", "[<wbr>:<wbr>:1]<wbr>:443"),
            (".a<b>", ".a&#60;b&#62;"),
            ("", ""),
        ] {
            assert_eq!(breaking(name), html);
        }
    }

    #[test]
    fn headings_began_in_lower_case() {
        for (text, told) in [
            ("there is no such page", "There is no such page"),
            ("shop.example:443 is not known", "shop.example:443 is not known"),
            ("`a` is left out", "`a` is left out"),
            ("\"x\" is no instant", "\"x\" is no instant"),
            ("refused: too long", "Refused: too long"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), told);
        }
    }

    /// Hints showed their backticks.
    #[test]
    fn what_is_to_be_typed_is_code_and_everything_else_is_text() {
        for (text, html) in [
            ("try `notafter look`, then wait", "try <code>notafter look</code>, then wait"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("one ` alone", "one ` alone"),
            ("`<b>` & \"c\"", "<code>&#60;b&#62;</code> &#38; &#34;c&#34;"),
            ("'", "&#39;"),
            ("", ""),
        ] {
            assert_eq!(coded(text), html);
        }
    }
}
