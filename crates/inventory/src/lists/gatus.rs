//! The configuration of gatus (YAML): what it asks regularly.

use super::read::{Node, yaml};
use super::{Finds, Format, Found, Unreadable, authority, target};

pub(super) const FORMAT: Format =
    Format { name: "gatus", title: "gatus's configuration (YAML): its `endpoints`", read };

/// What gatus says of an endpoint that an endpoint of notafter has no place for, and what is there instead.
const NOT_KEPT: &[(&str, &str)] = &[
    ("interval", "interval: notafter looks as often as lifetime and criticality ask for"),
    ("alerts", "alerts: owners and their contacts say who is told (docs/alerts.md)"),
    ("client", "client: notafter looks at certificates without trusting them, and judges afterwards"),
    ("dns", "dns: a question to a name server is no look at a certificate"),
    ("ssh", "ssh: it speaks no TLS"),
    ("maintenance-windows", "maintenance-windows: silence findings while you work (notafter alert silence)"),
];

fn read(text: &str) -> Result<Finds, Unreadable> {
    let config = yaml(text)?;
    if !config.is_map() {
        return Err(Unreadable::Shape("it is no configuration of gatus: there are no `endpoints`"));
    }
    let mut finds = Finds::default();
    let mut lists = 0;
    for (name, node) in config.pairs() {
        match (name, node.list()) {
            // The second is its name until 2023.
            ("endpoints" | "services", Some(endpoints)) => {
                lists += 1;
                endpoints.iter().for_each(|one| endpoint(&mut finds, one));
            }
            ("suites", Some(suites)) => {
                lists += 1;
                suites.iter().for_each(|suite| in_suite(&mut finds, suite));
            }
            ("external-endpoints", Some(endpoints)) => endpoints.iter().for_each(|one| {
                finds.leave_out(
                    one.line,
                    name_of(one),
                    "gatus does not ask it itself: others push what they found",
                );
            }),
            _ => {}
        }
    }
    if lists == 0 {
        return Err(Unreadable::Shape("it is no configuration of gatus: there are no `endpoints`"));
    }
    Ok(finds)
}

fn in_suite(finds: &mut Finds, suite: &Node) {
    finds.not_kept(suite.line, "suites: the order of their endpoints, and what one hands to the next");
    for one in suite.get("endpoints").and_then(Node::list).unwrap_or_default() {
        endpoint(finds, one);
    }
}

fn name_of(node: &Node) -> &str {
    node.say("name").unwrap_or_default()
}

fn endpoint(finds: &mut Finds, node: &Node) {
    let (line, name) = (node.line, name_of(node));
    if node.is("enabled", false) {
        return finds.leave_out(line, name, "it is not enabled there");
    }
    let Some(url) = node.say("url").map(str::trim) else {
        return finds.leave_out(line, name, "it has no url");
    };
    if url.contains("${") {
        return finds.leave_out(line, name, "its url has a variable in it, which gatus alone knows");
    }
    let written = match address(node, url) {
        Ok(written) => written,
        Err(why) => return finds.leave_out(line, name, why),
    };
    let target = match target(&written) {
        Ok(target) => target,
        Err(why) => return finds.leave_out(line, if name.is_empty() { &written } else { name }, why),
    };
    let mut found = Found::new(line, target);
    finds.label(&mut found, "name", name);
    finds.label(&mut found, "group", node.say("group").unwrap_or_default());
    for (key, value) in node.get("extra-labels").map(Node::pairs).unwrap_or_default() {
        finds.label(&mut found, key, value.word().unwrap_or_default());
    }
    for (key, what) in NOT_KEPT {
        if node.get(key).is_some() {
            finds.not_kept(line, *what);
        }
    }
    conditions(finds, node);
    finds.found.push(found);
}

/// The address as notafter writes it, where something is asked that speaks TLS.
fn address(node: &Node, url: &str) -> Result<String, String> {
    if node.get("dns").is_some() || node.get("ssh").is_some() {
        return Err("it is asked otherwise than over TLS".to_owned());
    }
    let Some((scheme, rest)) = url.split_once("://") else { return Ok(url.to_owned()) };
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "wss" | "tls" | "grpcs" => Ok(format!("https://{}", authority::of(rest))),
        "starttls" => Ok(format!("smtp://{}", authority::of(rest))),
        other => Err(format!("{other}:// speaks no TLS")),
    }
}

fn conditions(finds: &mut Finds, node: &Node) {
    let conditions = node.get("conditions").and_then(Node::list).unwrap_or_default();
    for condition in conditions.iter().filter_map(|condition| condition.word()) {
        let what = match condition.contains("CERTIFICATE_EXPIRATION") {
            true => {
                let condition = crate::words::one_line(condition, 80);
                format!(
                    "condition {condition}: notafter warns by shares of the lifetime (notafter check --help: --warning)"
                )
            }
            false => "conditions that are not about the certificate".to_owned(),
        };
        finds.not_kept(node.line, what);
    }
}
