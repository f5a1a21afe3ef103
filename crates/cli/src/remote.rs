//! The inventory of a server elsewhere, over its API (docs/api.md).

use std::collections::BTreeMap;
use std::path::PathBuf;

use notafter_cert::Span;
use notafter_engine::operate::Fault;
use notafter_engine::operate::inventory::{File, Planned};
use notafter_inventory::code::{Kind, Prune};
use notafter_net::dns::Resolver;
use notafter_net::http::{Client, HttpError, Options, Request, Response};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::{Choice, Trust};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::failure::Failure;
use crate::file;
use crate::session::Session;

const TOKEN: &str = "NOTAFTER_TOKEN";
const JSON: &str = "application/json";
const TOML: &str = "application/toml";

/// A server reads, compares and writes a large inventory within this.
const WITHIN: Span = Span::minutes(5);
const RESOLVING: Span = Span::seconds(10);
/// As long as an inventory that an API gives may be.
const LONGEST: usize = 64 * 1024 * 1024;

/// Somewhere else than here.
#[derive(clap::Args, Debug)]
pub(crate) struct Elsewhere {
    /// Of the server at this address, over its API (docs/api.md), instead of this machine's
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The file with the token to come in by; without it, the token is in the variable NOTAFTER_TOKEN
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

/// A server elsewhere.
pub(crate) struct Remote {
    client: Client,
    site: Url,
    token: String,
}

/// A refusal of the API (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    hint: String,
    #[serde(default)]
    retry: bool,
}

/// An answer that carries the state of the inventory.
pub(crate) struct Seen<T> {
    /// What was asked for.
    pub(crate) thing: T,
    /// The state that it was read from.
    pub(crate) tag: String,
}

impl Elsewhere {
    /// The server, where one is named.
    pub(crate) fn server(&self, session: &Session) -> Result<Option<Remote>, Failure> {
        let Some(address) = &self.server else { return Ok(None) };
        session.strangers.refer(&format!("env:{TOKEN}"));
        let (site, token) = (site(address)?, self.token()?);
        let Ok(choice) = session.settings.trust.parse::<Choice>();
        let trust = Some(Trust::load(&choice)?);
        let options = Options::new(Resolver::system(RESOLVING), AddressPolicy::Anywhere, trust);
        let client = Client::new(Options { within: WITHIN, body_limit: LONGEST, ..options });
        Ok(Some(Remote { client, site, token }))
    }

    fn token(&self) -> Result<String, Failure> {
        let hint = "make one where the server runs: notafter token make NAME --role admin";
        let read = match &self.token_file {
            Some(path) => file::read_text(path).map_err(|error| {
                Failure::new(format!("cannot read the token in {}", path.display()), hint).because(error)
            })?,
            None => std::env::var(TOKEN).map_err(|error| {
                let hint = format!("set the variable, or name a file with --token-file; {hint}");
                Failure::new(format!("there is no token in {TOKEN}"), hint).because(error)
            })?,
        };
        Ok(read.trim().to_owned())
    }
}

/// A token that crosses a network in the clear is everybody's.
fn site(address: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| {
        let hint = "write the address of the pages, such as https://notafter.example.org";
        Failure::usage(format!("{address:?} is no address of a server"), hint).because(why)
    };
    let url = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        "http" => Err(wrong("over plain http, whoever is between would read the token")),
        _ => Err(wrong("it begins with neither https:// nor, for this machine, http://")),
    }
}

impl Remote {
    /// The inventory, or a part of it, as a file.
    pub(crate) async fn get(&self, kind: Option<Kind>, name: Option<&str>) -> Result<Seen<String>, Failure> {
        let mut url = self.at("inventory");
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(kind.map(|kind| ("kind", kind.name())));
            query.extend_pairs(name.map(|name| ("name", name)));
        }
        let answer = self.send(Request::get(url).header("accept", TOML)).await?;
        let tag = answer.header("etag").unwrap_or("*").to_owned();
        let thing = String::from_utf8(answer.body).map_err(|error| self.other(&error.to_string()))?;
        Ok(Seen { thing, tag })
    }

    /// What a file would change, and the state that this was thought out from.
    pub(crate) async fn plan(&self, file: &File) -> Result<Seen<Planned>, Failure> {
        // Before the plan: what is written in between is seen when the file is applied.
        let tag = self.get(Some(Kind::Owner), None).await?.tag;
        let body = json!({ "text": file.text, "prune": prunes(file), "unread": file.unread });
        let url = self.at("inventory/plan");
        let answer = self.send(Request::post(url, JSON, body.to_string())).await?;
        Ok(Seen { thing: self.read(&answer)?, tag })
    }

    /// Applies a file to that state, or to none.
    pub(crate) async fn apply(
        &self,
        file: &File,
        secrets: &BTreeMap<String, String>,
        tag: &str,
    ) -> Result<Planned, Failure> {
        let body = json!({ "text": file.text, "prune": prunes(file), "secrets": secrets });
        let request = Request::put(self.at("inventory"), JSON, body.to_string()).header("if-match", tag);
        let answer = self.send(request).await?;
        self.read(&answer)
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.site.clone();
        url.set_path(&format!("{}/api/v1/{path}", self.site.path().trim_end_matches('/')));
        url.set_query(None);
        url
    }

    async fn send(&self, request: Request) -> Result<Response, Failure> {
        let request = request.header("authorization", &format!("Bearer {}", self.token));
        let answer = self.client.send(request).await.map_err(|error| match error {
            // It may have arrived.
            HttpError::Broken { .. } | HttpError::Timeout { .. } => {
                Failure::from(error).with_unknown_outcome()
            }
            _ => Failure::from(error),
        })?;
        if answer.status == 200 {
            return Ok(answer);
        }
        match serde_json::from_slice(&answer.body) {
            Ok(Problem { code, detail, hint, retry }) => {
                Err(Failure::of(Fault { code, what: detail, why: None, hint, retry }))
            }
            Err(_) => Err(self.other(&format!("it answers with status {}", answer.status))),
        }
    }

    fn read<T: DeserializeOwned>(&self, answer: &Response) -> Result<T, Failure> {
        let value: Result<Value, _> = serde_json::from_slice(&answer.body);
        value.and_then(serde_json::from_value).map_err(|error| self.other(&error.to_string()))
    }

    /// Something answers there, and not as a server of ours does.
    fn other(&self, why: &str) -> Failure {
        let what =
            format!("{} does not answer as a notafter server does", self.site.host_str().unwrap_or_default());
        let hint = "write the address of its pages; the server must be of this version, or a later one";
        Failure::new(what, hint).because(why)
    }
}

fn prunes(file: &File) -> bool {
    file.prune == Prune::Everything
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        for address in [
            "https://notafter.example.org",
            "https://example.org/notafter/",
            "http://127.0.0.1:8400",
            "http://[::1]:8400",
            "http://localhost:8400",
        ] {
            assert!(site(address).is_ok(), "{address}");
        }
        for address in
            ["http://notafter.example.org", "http://10.0.0.1:8400", "ftp://localhost", "notafter", ""]
        {
            assert_eq!(site(address).unwrap_err().exit_code(), crate::exit::USAGE, "{address}");
        }
    }
}
