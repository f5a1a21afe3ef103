//! The story as it happens, told on the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_inventory::model::{Event, Subject};
use owo_colors::OwoColorize;

use super::stage::{POOL, SHOP, Stage};
use super::verdict::{self, Expected};
use crate::failure::Failure;
use crate::output::terminal;

/// Between two looks at what happened.
const BEAT: Span = Span::millis(150);

fn say(line: &str) {
    anstream::println!("{line}");
}

/// Who is on the stage.
pub(super) fn scene(stage: &Stage) -> Result<(), Failure> {
    say(&format!("{}", "notafter demo: five services on this machine, each dying in its own way".bold()));
    for service in &stage.services {
        let addresses: Vec<String> = service.servers.iter().map(|server| server.address().to_string()).collect();
        say(&format!("  {:<20} {:<40} {}", service.name, service.what, addresses.join(", ").dimmed()));
    }
    say(&format!("  {:<20} {:<40} {}", "a CA", "ACME, validates http-01 for real", stage.ca_url.dimmed()));
    say(&format!("  {:<20} {:<40} {}", "a mailbox", "ops@demo.example", stage.mail.address().dimmed()));
    say("");
    Ok(())
}

/// Tells what happens until every promise was seen, or the deadline.
pub(super) async fn tell(context: &Context, stage: &Stage, deadline: Time) -> Result<Vec<Expected>, Failure> {
    let began = context.clock.now();
    let mut teller = Teller { began, names: names(context, stage).await?, said: BTreeSet::new(), sequence: 0, mails: 1 };
    loop {
        for event in context.store.events_after(&context.scope, teller.sequence, 500).await? {
            teller.sequence = event.sequence;
            teller.event(&event);
        }
        teller.mails(context.clock.now(), stage);
        let expected = verdict::check(context, stage).await?;
        if expected.iter().all(|one| one.seen) || context.clock.now() >= deadline {
            return Ok(expected);
        }
        context.clock.sleep(BEAT).await;
    }
}

/// What subjects are called.
async fn names(context: &Context, stage: &Stage) -> Result<BTreeMap<String, String>, Failure> {
    let mut names = BTreeMap::new();
    for service in &stage.services {
        if let Some(endpoint) = context.store.endpoint_at(&context.scope, &service.target()).await? {
            names.insert(Subject::Endpoint(endpoint.id).to_string(), service.name.to_owned());
        }
        if let Some(lineage) = context.store.lineage_named(&context.scope, service.name).await? {
            names.insert(Subject::Lineage(lineage.id).to_string(), service.name.to_owned());
            for place in context.store.places_of(&context.scope, lineage.id).await? {
                names.insert(Subject::Place(place.id).to_string(), service.name.to_owned());
            }
        }
    }
    Ok(names)
}

struct Teller {
    began: Time,
    names: BTreeMap<String, String>,
    said: BTreeSet<String>,
    sequence: i64,
    mails: usize,
}

impl Teller {
    fn event(&mut self, event: &Event) {
        let Some(name) = self.names.get(&event.subject.to_string()).cloned() else { return };
        let text = |key: &str| event.data.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let (verb, words) = match event.kind.as_str() {
            "notafter.finding.opened.v1" => ("found", text("text")),
            "notafter.finding.closed.v1" => ("mended", text("text")),
            "notafter.version.issued.v1" => ("issued", format!("a new certificate, valid until {}", text("not_after"))),
            "notafter.deployment.validated.v1" => ("staged", text("what")),
            "notafter.deployment.activated.v1" => ("deployed", text("what")),
            "notafter.deployment.proven.v1" => ("proven", text("what")),
            "notafter.renewal.failed.v1" => ("failed", text("message")),
            _ => return,
        };
        if words.is_empty() || !self.said.insert(format!("{verb} {name} {words}")) {
            return;
        }
        self.line(event.at, verb, &name, &words);
    }

    /// The first mail proved the path; the rest are news to the owner.
    fn mails(&mut self, now: Time, stage: &Stage) {
        let mails = stage.mail.mails();
        for mail in mails.iter().skip(self.mails) {
            self.line(now, "told", "ops@demo.example", &mail.header("Subject").unwrap_or_default());
        }
        self.mails = self.mails.max(mails.len());
    }

    fn line(&self, at: Time, verb: &str, name: &str, words: &str) {
        let after = at.since(self.began);
        let stamp = format!("{:>5.1}s", after.to_std().as_secs_f64());
        let verb = format!("{verb:<9}");
        let verb = match verb.trim_end() {
            "found" | "failed" => verb.yellow().to_string(),
            "proven" | "mended" => verb.green().to_string(),
            "told" => verb.magenta().to_string(),
            _ => verb.cyan().to_string(),
        };
        let lead = format!("{} {verb} {:<18} ", stamp.dimmed(), name);
        let hanging = " ".repeat(37);
        for (index, part) in terminal::wrap(words, "", terminal::width().saturating_sub(37).max(30)).iter().enumerate() {
            if index == 0 { say(&format!("{lead}{part}")) } else { say(&format!("{hanging}{part}")) }
        }
    }
}

/// How it ended, who was told, and how to see for oneself.
pub(super) async fn close(
    context: &Context,
    stage: &Stage,
    expected: &[Expected],
    http: SocketAddr,
) -> Result<(), Failure> {
    say("");
    say(&format!("{}", "What came of it, as the wire and the mailbox show it".bold()));
    for one in expected {
        let mark = if one.seen { "yes".green().to_string() } else { "NO ".red().to_string() };
        say(&format!("  {mark}  {:<20} {}", one.service, one.text));
    }
    say("");
    say(&format!("{}", "See for yourself".bold()));
    for name in [SHOP, POOL] {
        for server in stage.service(name).into_iter().flat_map(|service| &service.servers) {
            say(&format!(
                "  openssl s_client -connect {} -servername {name} -CAfile {} </dev/null | openssl x509 -noout -dates",
                server.address(),
                stage.root_file.display()
            ));
        }
    }
    say(&format!("  curl http://{http}/metrics"));
    say(&format!("  notafter --data {} status", context.data.display()));
    Ok(())
}
