//! The way out: names, the CAs, and the clock by theirs.

use notafter_acme::message::Directory;
use notafter_acme::{Answer, http_date};
use notafter_cert::Span;
use notafter_inventory::model::{AcmeIssuer, Issuer, PrivateIssuer, Severity};
use notafter_net::http::{HttpError, HttpFailure, Request};

use super::{Fault, Row};
use crate::access::openid;
use crate::ca;
use crate::context::Context;

/// A clock that is off by more than this cannot be right; certificates begin in its future.
const NOTICEABLE: Span = Span::minutes(1);

pub(super) async fn examine(context: &Context) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    for issuer in context.store.issuers(&context.scope).await? {
        rows.extend(match &issuer {
            Issuer::Acme(acme) => issuer_rows(context, acme).await,
            Issuer::Private(private) => vec![private_row(context, private).await],
        });
    }
    rows.extend(resolver(context).await?);
    rows.extend(provider(context).await);
    Ok(rows)
}

/// Whether people can sign in through the provider of the settings. They come in by a link while they cannot.
async fn provider(context: &Context) -> Option<Row> {
    let (name, looked) = openid::examine(context).await?;
    let name = format!("sign-in through {name}");
    Some(match looked {
        Ok(text) => Row::ok(name, text),
        Err(fault) => Row::fault(name, Severity::Warning, fault),
    })
}

/// Whether the private CA could sign now.
async fn private_row(context: &Context, private: &PrivateIssuer) -> Row {
    let name = format!("CA {}", private.name);
    let Some(authority) = &private.authority else {
        return Row::bad(
            name,
            Severity::Warning,
            "its root was not made yet",
            "the first certificate of a lineage makes it; or apply the inventory file again",
        );
    };
    for certified in [&authority.root, &authority.intermediate] {
        if let Err(fault) = context.open_authority_key(certified.key_id).await {
            return Row::fault(name, Severity::Critical, fault);
        }
    }
    let (root, now) = (&authority.root, context.clock.now());
    Row::ok(name, format!("{} can sign; it {}", root.common_name, root.not_after.as_end(now)))
}

async fn issuer_rows(context: &Context, issuer: &AcmeIssuer) -> Vec<Row> {
    let name = format!("CA {}", issuer.name);
    let client = match ca::client(context, issuer.trust.as_deref()) {
        Ok(client) => client,
        Err(fault) => return vec![Row::fault(name, Severity::Critical, fault)],
    };
    let asked_at = context.clock.now();
    let response = match client.send(Request::get(&issuer.directory)).await {
        Ok(response) => response,
        Err(error) => return vec![Row::fault(name, verdict(&error), error)],
    };
    let received_at = context.clock.now();
    let took = received_at.since(asked_at);
    if response.status != 200 {
        let text = format!("{} answers {}", issuer.directory, response.status);
        let hint = "look at the CA's status page; renewals try again by themselves";
        return vec![Row::bad(name, Severity::Warning, text, hint)];
    }
    let date = response.header("date").and_then(http_date::parse);
    // As a renewal reads it: a page of some portal answers too, and orders nothing.
    let answer =
        Answer { status: response.status, headers: response.headers, body: response.body, received_at };
    if let Err(failure) = Directory::read(&issuer.directory, &answer) {
        return vec![Row::fault(name, Severity::Critical, failure)];
    }
    let mut rows = vec![Row::ok(name, format!("{} answers", issuer.directory))];
    let clock = format!("clock, by {}", issuer.name);
    rows.push(match date {
        None => Row::bad(
            clock,
            Severity::Unknown,
            "the CA does not say what time it is",
            "compare with another clock: date -u",
        ),
        // Its date has whole seconds, and was written somewhere between question and answer.
        Some(theirs) => judge_clock(clock, asked_at.since(theirs), took + Span::seconds(1)),
    });
    rows
}

fn judge_clock(name: String, ahead: Span, uncertain: Span) -> Row {
    let off = ahead.abs();
    let text = format!("{off} {}", if ahead.is_negative() { "behind" } else { "ahead" });
    let hint = "set the clock, and let it be kept: timedatectl set-ntp true";
    if off > ca::MAX_CLOCK_SKEW {
        Row::bad(name, Severity::Critical, text, hint)
    } else if off > NOTICEABLE + uncertain {
        Row::bad(name, Severity::Warning, text, hint)
    } else {
        Row::ok(name, "agrees")
    }
}

/// Refused or reset is an observed fact; silence may have other reasons.
const fn verdict(error: &HttpError) -> Severity {
    match error.class() {
        HttpFailure::Timeout | HttpFailure::Dns => Severity::Unknown,
        _ => Severity::Critical,
    }
}

/// Whether names resolve, by one that is needed anyway.
async fn resolver(context: &Context) -> Result<Option<Row>, Fault> {
    let name = "names";
    let first = context.store.endpoints_after(&context.scope, None, 100).await?;
    let named = |target: &notafter_tls::Target| !matches!(target.host, notafter_cert::Identifier::Ip(_));
    let Some(endpoint) = first.into_iter().find(|endpoint| named(&endpoint.target)) else { return Ok(None) };
    let target = endpoint.target;
    Ok(Some(match context.resolver.resolve(&target.host, target.port).await {
        Ok(found) => {
            let count = match found.addresses.len() {
                1 => "1 address".to_owned(),
                count => format!("{count} addresses"),
            };
            Row::ok(name, format!("{} has {count}", target.host))
        }
        Err(error) => Row::fault(name, Severity::Unknown, error),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        let table = [
            (Span::seconds(0), Severity::Ok),
            (Span::seconds(-45), Severity::Ok),
            (Span::minutes(5), Severity::Warning),
            (Span::minutes(-61), Severity::Critical),
        ];
        for (ahead, verdict) in table {
            assert_eq!(judge_clock("clock".to_owned(), ahead, Span::seconds(2)).verdict, verdict, "{ahead}");
        }
        assert_eq!(judge_clock("c".to_owned(), Span::hours(-2), Span::seconds(2)).text, "2 h behind");
    }
}
