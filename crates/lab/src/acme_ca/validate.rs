//! Looks for the answer to an `http-01` challenge as a CA does: over plain HTTP, from the name, following redirects.

use std::net::IpAddr;
use std::sync::PoisonError;

use notafter_acme::challenge::Kind;
use notafter_acme::problem::{NAMESPACE, Problem};
use notafter_acme::server::Validate;
use notafter_cert::{Identifier, Span};
use notafter_net::dns::{Override, Resolver};
use notafter_net::http::{Client, Options, Request, Response};
use notafter_net::limits::AddressPolicy;

use super::Shared;

/// As many redirects as Let's Encrypt follows.
const MAX_REDIRECTS: u8 = 10;
const WITHIN: Span = Span::seconds(10);

impl Shared {
    /// Looks, and tells the CA what was seen.
    pub(super) async fn validate(&self, look: Validate) {
        let problem = self.see(&look).await.err();
        let now = self.options.clock.now();
        self.state().ca.validated(look.authorization, look.index, problem, now);
        self.validations.send_modify(|under_way| *under_way -= 1);
    }

    async fn see(&self, look: &Validate) -> Result<(), Problem> {
        let challenge = &look.challenge;
        if challenge.kind != Kind::Http01 {
            return Err(problem(
                "serverInternal",
                format!("{} cannot be validated here", challenge.kind.name()),
            ));
        }
        let port = self.options.http01_port;
        let addresses = self.addresses(&challenge.identifier);
        if addresses.is_empty() {
            return Err(problem("dns", format!("DNS problem: no address for {}", challenge.identifier)));
        }
        let host = match &challenge.identifier {
            Identifier::Ip(IpAddr::V6(address)) => format!("[{address}]"),
            other => other.to_string(),
        };
        let url = format!("http://{host}:{port}{}", challenge.http01_path());
        let known = Override::new(challenge.identifier.clone(), port, addresses);
        let resolver = Resolver::system(WITHIN).with_overrides(vec![known]);
        let mut options = Options::new(resolver, AddressPolicy::Anywhere, None);
        options.connect_within = WITHIN;
        options.within = WITHIN;
        options.body_limit = 4096;
        let response = Client::new(options)
            .send(Request::get(&url).follow(MAX_REDIRECTS))
            .await
            .map_err(|error| problem("connection", format!("{url}: {error}")))?;
        judge(&response, &challenge.key_authorization, &url)
    }

    fn addresses(&self, identifier: &Identifier) -> Vec<IpAddr> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        match (hosts.get(identifier), identifier) {
            (Some(addresses), _) => addresses.clone(),
            (None, Identifier::Ip(address)) => vec![*address],
            (None, Identifier::Dns(_)) => self.options.otherwise.into_iter().collect(),
        }
    }
}

fn judge(response: &Response, expected: &str, url: &str) -> Result<(), Problem> {
    let seen = String::from_utf8_lossy(&response.body);
    if response.status != 200 {
        return Err(problem("unauthorized", format!("Invalid response from {url}: {}", response.status)));
    }
    // RFC 8555 section 8.3: whitespace at the end is allowed.
    if seen.trim_end() != expected {
        let shown: String = seen.chars().take(80).collect();
        let text = format!("The key authorization at {url} is {shown:?}, not {expected:?}");
        return Err(problem("unauthorized", text));
    }
    Ok(())
}

fn problem(kind: &str, detail: String) -> Problem {
    let status = if kind == "unauthorized" { 403 } else { 400 };
    Problem { kind: format!("{NAMESPACE}{kind}"), detail, status: Some(status), subproblems: Vec::new() }
}
