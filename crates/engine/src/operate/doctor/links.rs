//! Links in messages about alerts: whether there are any, and whether what they lead to answers.

use notafter_cert::path::Anchors;
use notafter_inventory::model::Severity;
use notafter_net::http::{Client, HttpError, HttpFailure, Options, Request};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::{Choice, Trust};

use super::{Fault, Row};
use crate::alert_link::Site;
use crate::context::Context;

const NAME: &str = "links in alerts";

/// Whether what people are told can be taken on a phone. Nothing where nobody is told.
pub(super) async fn examine(context: &Context) -> Result<Option<Row>, Fault> {
    let owners = context.store.owners(&context.scope).await?;
    if owners.iter().all(|owner| owner.contacts.is_empty()) {
        return Ok(None);
    }
    Ok(Some(match Site::of(&context.settings) {
        // Without a server, nothing answers: that none runs is told elsewhere.
        Site::Elsewhere(site) if context.progress.beats().is_empty() => {
            Row::ok(NAME, format!("they lead to {site}, which is asked while the server runs"))
        }
        Site::Elsewhere(site) => match client(context).await {
            Ok(client) => {
                let answer = client.send(Request::get(format!("{site}/healthz"))).await;
                judged(site, answer.map(|answer| (answer.status, answer.body)))
            }
            Err(fault) => Row::fault(NAME, Severity::Unknown, fault),
        },
        // Nobody said that the pages can be reached from elsewhere: that is a choice.
        Site::Absent => {
            Row::ok(NAME, "none, as base_url is not set: alerts are taken here, or after signing in")
        }
        Site::Loopback(site) => {
            let text = format!("none: base_url is {site}, which is this machine alone");
            let hint = "set it to the address at which people reach the pages from elsewhere, and start the server anew";
            Row::bad(NAME, Severity::Warning, text, hint)
        }
    }))
}

/// An administrator wrote the address; whom a look trusts is whom people here trust. The pages may be served with a certificate
/// of our own CA, whose root people have who reach them.
async fn client(context: &Context) -> Result<Client, Fault> {
    let Ok(choice) = context.settings.trust.parse::<Choice>();
    let policy = AddressPolicy::Server { private_allowed: true };
    let mut trust = Trust::load(&choice)?;
    for issuer in context.store.issuers(&context.scope).await? {
        let root = issuer.private().and_then(|private| private.authority.as_ref()).map(|made| &made.root);
        let anchors = root.and_then(|root| Anchors::from_pem(issuer.name(), root.pem.as_bytes()).ok());
        trust = anchors.map_or(trust.clone(), |anchors| trust.and(&Trust::of(anchors)));
    }
    Ok(Client::new(Options::new(context.resolver.clone(), policy, Some(trust))))
}

/// What came back from the address at which this very server should answer. Names and ways may be others on a phone: that nothing
/// answers here says something, and that it does is no proof.
fn judged(site: &str, answer: Result<(u16, Vec<u8>), HttpError>) -> Row {
    match answer {
        Ok((200, body)) if body == b"ok\n" => {
            Row::ok(NAME, format!("an alert is taken on a phone, at {site}, which answers from here"))
        }
        Ok((status, _)) => Row::bad(
            NAME,
            Severity::Warning,
            format!("they lead to {site}, which answers {status}, and not what this server does"),
            "let base_url name the address at which people reach the pages, and whatever answers there pass on every path",
        ),
        Err(error) => {
            let verdict = match error.class() {
                HttpFailure::Timeout | HttpFailure::Dns => Severity::Unknown,
                _ => Severity::Warning,
            };
            let text = format!("they lead to {site}, which does not answer from here: {error}");
            let hint = "open it on a phone; where it answers there, names or ways differ, else mend base_url or what stands there";
            Row::bad(NAME, verdict, text, hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_answer_ourselves_is_taken_for_us() {
        for (status, body, verdict) in [
            (200, &b"ok\n"[..], Severity::Ok),
            (200, b"<html>Welcome to nginx!</html>", Severity::Warning),
            (502, b"", Severity::Warning),
            (503, b"loop scan does not turn any more\n", Severity::Warning),
        ] {
            assert_eq!(
                judged("https://na.example", Ok((status, body.to_vec()))).verdict,
                verdict,
                "{status}"
            );
        }
    }
}
