//! Links that are followed without signing in: what is tried is counted, so that nobody guesses.

use notafter_cert::Time;

use super::Peer;
use crate::context::Context;
use crate::operate::Fault;

/// What a link leads to; an attempt at one that leads nowhere is counted. Nothing tells why it does.
///
/// # Errors
/// Too many that lead nowhere were tried from there; or it could not be looked up.
pub(crate) async fn counted<T>(
    context: &Context,
    (text, peer): (&str, &Peer),
    found: impl Future<Output = Result<Option<T>, Fault>>,
) -> Result<Option<T>, Fault> {
    let tried = tried(text, peer);
    context.gate.begin(&tried, context.clock.now()).map_err(too_many)?;
    let found = found.await?;
    if found.is_some() {
        context.gate.went_well(&tried);
    }
    Ok(found)
}

/// The link first, which is forgiven by itself where it leads somewhere. Where no source is known nothing is counted, and 128
/// bits are what guards.
fn tried(text: &str, peer: &Peer) -> Vec<String> {
    let Some(source) = peer.source() else { return Vec::new() };
    let link: String = text.chars().take(64).collect();
    vec![format!("link {link} from {source}"), format!("links from {source}")]
}

fn too_many(until: Time) -> Fault {
    Fault::new(
        "access.too-many-attempts",
        format!("too many links were tried that lead nowhere; the next one is possible at {until}"),
        "wait, and open the link in the newest message",
    )
}
