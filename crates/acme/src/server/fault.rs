//! A CA that misbehaves as told: faults are data, requests are logged, and both are the same on a socket and off it.

use notafter_cert::Time;
use serde_json::{Value, json};

use super::{Ca, Effect, Random, Request, RequestKind, Response};
use crate::http_date;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This answer comes instead; the CA does nothing.
    Answer {
        /// Status code.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// Body.
        body: String,
    },
    /// The connection closes; the CA does nothing.
    NoAnswer,
    /// The CA does what was asked, and then the connection closes.
    LoseReply,
    /// The CA does what was asked, and answers with this member of the JSON changed.
    Lie {
        /// Which member.
        member: String,
        /// Its value.
        value: Value,
    },
    /// The request is refused for its nonce.
    RejectNonce,
}

impl Fault {
    /// An internal error as a problem document.
    #[must_use]
    pub fn server_error() -> Self {
        Self::problem(500, "serverInternal", "the database is on fire", None)
    }

    /// A limit, with the seconds after which it is lifted.
    #[must_use]
    pub fn rate_limited(seconds: u32) -> Self {
        Self::problem(429, "rateLimited", "too many requests of this kind", Some(seconds))
    }

    /// A page of some proxy.
    #[must_use]
    pub fn html() -> Self {
        let body =
            "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        Self::Answer { status: 502, headers, body: body.to_owned() }
    }

    /// A problem document.
    #[must_use]
    pub fn problem(status: u16, kind: &str, detail: &str, retry_after: Option<u32>) -> Self {
        let body = json!({
            "type": format!("{}{kind}", crate::problem::NAMESPACE), "detail": detail, "status": status,
        });
        let mut headers = vec![("content-type".to_owned(), "application/problem+json".to_owned())];
        headers.extend(retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
        Self::Answer { status, headers, body: body.to_string() }
    }

    /// The order comes back with other identifiers than were asked for.
    #[must_use]
    pub fn lie_about_order() -> Self {
        let value = json!([{ "type": "dns", "value": "somebody-else.example" }]);
        Self::Lie { member: "identifiers".to_owned(), value }
    }

    /// The order sends the client to an address that is not the CA's.
    #[must_use]
    pub fn foreign_url() -> Self {
        Self::Lie { member: "finalize".to_owned(), value: json!("https://169.254.169.254/latest/meta-data") }
    }
}

/// A fault with the requests it hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Requests of this kind.
    pub on: RequestKind,
    /// The first one hit, counted from 1 since the plan was made.
    pub from: u32,
    /// How many in a row.
    pub count: u32,
    /// What goes wrong.
    pub fault: Fault,
}

impl Planned {
    /// One fault at the n-th request of a kind from now on.
    #[must_use]
    pub const fn nth(on: RequestKind, nth: u32, fault: Fault) -> Self {
        Self { on, from: nth, count: 1, fault }
    }

    /// The fault at every request of a kind from now on.
    #[must_use]
    pub const fn always(on: RequestKind, fault: Fault) -> Self {
        Self { on, from: 1, count: u32::MAX, fault }
    }
}

/// One request as the CA saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When.
    pub at: Time,
    /// What it was about.
    pub kind: RequestKind,
    /// Its path.
    pub path: String,
    /// What was answered; `None` when nothing was.
    pub status: Option<u16>,
    /// Whether the CA acted on it, rather than refuse it or play a fault.
    pub acted: bool,
}

/// A CA with planned faults and a log.
#[derive(Clone, Debug)]
pub struct Misbehaving {
    /// The CA.
    pub ca: Ca,
    plan: Vec<(Planned, u32)>,
    log: Vec<Logged>,
}

/// What comes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What to send back; `None` closes the connection.
    pub response: Option<Response>,
    /// What to do.
    pub effects: Vec<Effect>,
}

impl Misbehaving {
    /// A CA that behaves until told otherwise.
    #[must_use]
    pub const fn new(ca: Ca) -> Self {
        Self { ca, plan: Vec::new(), log: Vec::new() }
    }

    /// Adds a fault.
    pub fn plan(&mut self, planned: Planned) {
        self.plan.push((planned, 0));
    }

    /// Forgets every planned fault.
    pub fn behave(&mut self) {
        self.plan.clear();
    }

    /// Every request so far.
    #[must_use]
    pub fn log(&self) -> &[Logged] {
        &self.log
    }

    /// Answers a request, or not.
    pub fn handle(&mut self, request: &Request, now: Time, random: Random) -> Outcome {
        let kind = request.kind();
        let fault = self.next_fault(kind);
        if fault == Some(Fault::RejectNonce) {
            self.ca.forget_nonces();
        }
        let answered = match &fault {
            Some(Fault::Answer { .. } | Fault::NoAnswer) => None,
            _ => Some(self.ca.handle(request, now, random)),
        };
        let acted = answered.as_ref().is_some_and(|handled| handled.response.status < 400);
        let (honest, effects) =
            answered.map_or((None, Vec::new()), |handled| (Some(handled.response), handled.effects));
        let response = match fault {
            None | Some(Fault::RejectNonce) => honest,
            Some(Fault::Answer { status, mut headers, body }) => {
                if !headers.iter().any(|(name, _)| name == "date") {
                    let date = now + self.ca.settings.clock_ahead;
                    headers.push(("date".to_owned(), http_date::format(date)));
                }
                Some(Response { status, headers, body: body.into_bytes() })
            }
            Some(Fault::NoAnswer | Fault::LoseReply) => None,
            Some(Fault::Lie { member, value }) => honest.map(|response| lie(response, &member, &value)),
        };
        let status = response.as_ref().map(|response| response.status);
        self.log.push(Logged { at: now, kind, path: request.path.clone(), status, acted });
        Outcome { response, effects }
    }

    /// The first planned fault that this request meets; every plan for its kind counts it.
    fn next_fault(&mut self, kind: RequestKind) -> Option<Fault> {
        let mut met = None;
        for (planned, seen) in self.plan.iter_mut().filter(|(planned, _)| planned.on == kind) {
            *seen += 1;
            let hit = *seen >= planned.from && *seen - planned.from < planned.count;
            met = met.or_else(|| hit.then(|| planned.fault.clone()));
        }
        met
    }
}

fn lie(response: Response, member: &str, value: &Value) -> Response {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(&response.body) else { return response };
    object.insert(member.to_owned(), value.clone());
    Response { body: Value::Object(object).to_string().into_bytes(), ..response }
}
