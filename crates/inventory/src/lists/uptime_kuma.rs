//! The backup of Uptime Kuma (JSON): its monitors.

use super::read::{Json, Lines, Node};
use super::{Finds, Format, Found, Unreadable, authority, target};

pub(super) const FORMAT: Format =
    Format { name: "uptime-kuma", title: "Uptime Kuma's backup (JSON): its `monitorList`", read };

const SHAPE: Unreadable = Unreadable::Shape("it is no backup of Uptime Kuma: there is no `monitorList`");

fn read(text: &str) -> Result<Finds, Unreadable> {
    let lines = Lines::of(text);
    let backup = lines.json()?.pairs().ok_or(SHAPE)?;
    let monitors = *backup.get("monitorList").ok_or(SHAPE)?;
    // A list in backups; by identity in what its interface sends.
    let monitors: Vec<Json<'_>> = match (monitors.list(), monitors.pairs()) {
        (Some(list), _) => list,
        (None, Some(pairs)) => pairs.into_values().collect(),
        (None, None) => return Err(SHAPE),
    };
    let mut finds = Finds::default();
    for one in monitors {
        monitor(&mut finds, &*one.node()?);
    }
    Ok(finds)
}

fn monitor(finds: &mut Finds, node: &Node) {
    let (line, name) = (node.line, node.say("name").unwrap_or_default());
    if node.is("active", false) {
        return finds.leave_out(line, name, "it is paused there");
    }
    if node.is("upsideDown", true) {
        return finds.leave_out(line, name, "it is upside down: there, no answer is the good one");
    }
    let found = address(node).and_then(|written| target(&written));
    let mut found = match found {
        Ok(target) => Found::new(line, target),
        Err(why) => return finds.leave_out(line, name, why),
    };
    finds.label(&mut found, "name", name);
    for tag in node.get("tags").and_then(Node::list).unwrap_or_default() {
        let value = tag.say("value").filter(|value| !value.is_empty()).unwrap_or("true");
        finds.label(&mut found, tag.say("name").unwrap_or_default(), value);
    }
    not_kept(finds, node);
    finds.found.push(found);
}

/// Where it is asked, as notafter writes it, where that is over TLS. No reason repeats what it is asked with: a password may
/// be in it.
fn address(node: &Node) -> Result<String, String> {
    let kind = node.say("type").unwrap_or_default();
    let part = |name: &str| node.say(name).map(str::trim).filter(|text| !text.is_empty());
    let at = |scheme: &str, usual: &str| {
        let host = part("hostname").ok_or_else(|| "it has no host".to_owned())?;
        let host =
            if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        Ok(format!("{scheme}{host}:{}", part("port").unwrap_or(usual)))
    };
    match kind {
        "http" | "keyword" | "json-query" | "real-browser" => {
            let url = part("url").ok_or_else(|| "it has no url".to_owned())?;
            match url.split_once("://") {
                Some((scheme, rest)) if ["https", "wss"].contains(&scheme.to_ascii_lowercase().as_str()) => {
                    Ok(format!("https://{}", authority::of(rest)))
                }
                Some((scheme, _)) => Err(format!("{scheme}:// speaks no TLS")),
                None => Err("its url is none".to_owned()),
            }
        }
        "grpc-keyword" if node.is("grpcEnableTls", true) => {
            let url = part("grpcUrl").ok_or_else(|| "it has no address".to_owned())?;
            Ok(authority::of(url.split_once("://").map_or(url, |(_, rest)| rest)))
        }
        "smtp" => match part("smtpSecurity") {
            Some("secure") => at("", "465"),
            Some("nostarttls") => Err("it asks without TLS".to_owned()),
            _ => at("smtp://", "25"),
        },
        "mqtt"
            if part("hostname")
                .is_some_and(|host| host.starts_with("mqtts://") || host.starts_with("wss://")) =>
        {
            let host = part("hostname").unwrap_or_default();
            let place = authority::of(host.split_once("://").map_or(host, |(_, rest)| rest));
            Ok(format!("{place}:{}", part("port").unwrap_or("8883")))
        }
        "" => Err("it is of no kind".to_owned()),
        other => Err(format!("a monitor of the kind {other} looks at no certificate")),
    }
}

fn not_kept(finds: &mut Finds, node: &Node) {
    let line = node.line;
    let says = |name: &str| node.say(name).is_some_and(|text| !text.is_empty());
    if says("interval") {
        finds.not_kept(line, "interval: notafter looks as often as lifetime and criticality ask for");
    }
    if node.get("notificationIDList").is_some_and(|list| !list.pairs().is_empty()) {
        finds.not_kept(line, "notifications: owners and their contacts say who is told (docs/alerts.md)");
    }
    if node.is("ignoreTls", true) {
        finds.not_kept(
            line,
            "ignoreTls: notafter judges the certificate; private anchors are named by `trust`",
        );
    }
    if says("parent") {
        finds.not_kept(line, "the group that it is in");
    }
}
