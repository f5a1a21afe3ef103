//! The story as it happens, told on the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;

use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::operate::user::Link;
use notafter_inventory::model::{Event, Subject};
use owo_colors::OwoColorize;

use super::stage::{BLOG, POOL, SHOP, Stage};
use super::verdict::{self, Expected};
use crate::failure::Failure;
use crate::output::{reader, terminal};

/// Between two looks at what happened.
const BEAT: Span = Span::millis(150);

/// After so long without news it is said what is waited for.
const SILENCE: Span = Span::seconds(3);

fn say(line: &str) -> Result<(), Failure> {
    reader::or_gone(writeln!(anstream::stdout(), "{line}")).map_err(|error| {
        Failure::new("cannot tell the story", "check where standard output goes").because(error)
    })
}

/// Where the second and the third column of the stage begin.
const WHAT: usize = 21;
const WHERE: usize = WHAT + 39;
/// Where the words of an event begin.
const WORDS: usize = 37;
/// Where the words of an outcome begin.
const OUTCOME: usize = 26;

/// Who is on the stage.
pub(super) fn scene(stage: &Stage) -> Result<(), Failure> {
    let width = terminal::width();
    say(&format!("{}", "notafter demo: five services on this machine, each dying in its own way".bold()))?;
    let part = |name: &str, what: &str, place: &str| -> Result<(), Failure> {
        for line in actor(name, what, place, width) {
            say(&line)?;
        }
        Ok(())
    };
    for service in &stage.services {
        let addresses: Vec<String> = service.servers.iter().map(|server| server.address().to_string()).collect();
        part(service.name, service.what, &addresses.join(", "))?;
    }
    part("a CA", "ACME, validates http-01 for real", &stage.ca_url)?;
    part("a mailbox", "ops@demo.example", &stage.mail.address().to_string())?;
    say("")?;
    Ok(())
}

/// One part: the place goes below where it does not fit beside.
fn actor(name: &str, what: &str, place: &str, width: usize) -> Vec<String> {
    let first = format!("  {name:<18} {what:<38}");
    if WHERE + place.len() <= width {
        vec![format!("{first} {}", place.dimmed())]
    } else {
        vec![first.trim_end().to_owned(), format!("{}{}", " ".repeat(WHAT), place.dimmed())]
    }
}

/// A lead, and words that hang below themselves.
fn hung(lead: &str, words: &str, at: usize, width: usize) -> Vec<String> {
    let lines = terminal::wrap(words, "", width.saturating_sub(at).max(30));
    let hanging = " ".repeat(at);
    lines.iter().zip(0..).map(|(line, index)| if index == 0 { format!("{lead}{line}") } else { format!("{hanging}{line}") }).collect()
}

/// Tells what happens until every promise was seen, or the deadline.
pub(super) async fn tell(context: &Context, stage: &Stage, deadline: Time) -> Result<Vec<Expected>, Failure> {
    let began = context.clock.now();
    let names = names(context, stage).await?;
    let (said, ordered) = (BTreeSet::new(), BTreeSet::new());
    let mut teller = Teller { began, last: began, names, said, ordered, sequence: 0, mails: 1 };
    loop {
        for event in context.store.events_after(&context.scope, teller.sequence, 500).await? {
            teller.sequence = event.sequence;
            teller.event(&event)?;
        }
        teller.mails(context.clock.now(), stage)?;
        teller.waits(context.clock.now())?;
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
    /// When the last line was told.
    last: Time,
    names: BTreeMap<String, String>,
    said: BTreeSet<String>,
    /// Services for which a certificate was ordered.
    ordered: BTreeSet<String>,
    sequence: i64,
    mails: usize,
}

impl Teller {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        let Some(name) = self.names.get(&event.subject.to_string()).cloned() else { return Ok(()) };
        let text = |key: &str| event.data.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let (verb, words) = match event.kind.as_str() {
            "notafter.finding.opened.v1" => ("found", text("text")),
            "notafter.finding.closed.v1" => ("mended", format!("no longer: {}", text("text"))),
            "notafter.renewal.planned.v1" => {
                self.ordered.insert(name.clone());
                ("planned", format!("a certificate to order from the CA now: {}", text("why")))
            }
            "notafter.version.issued.v1" => {
                let until = text("not_after").parse::<Time>().map_or_else(|_| text("not_after"), Time::for_people);
                match self.ordered.contains(&name) {
                    true => ("issued", format!("a new certificate, valid until {until}")),
                    false => ("read", format!("the new pair on its disk, valid until {until}")),
                }
            }
            // Nothing reloads it: that is its part.
            "notafter.deployment.activated.v1" if name == BLOG => {
                ("deployed", "swapped the files; it has no command that reloads its server".to_owned())
            }
            "notafter.deployment.validated.v1" => ("staged", text("what")),
            "notafter.deployment.activated.v1" => ("deployed", text("what")),
            "notafter.deployment.proven.v1" => ("proven", text("what")),
            "notafter.renewal.failed.v1" => ("failed", text("message")),
            _ => return Ok(()),
        };
        if words.is_empty() || !self.said.insert(format!("{verb} {name} {words}")) {
            return Ok(());
        }
        self.line(event.at, verb, &name, &words)
    }

    /// The first mail proved the path; the rest are news to the owner.
    fn mails(&mut self, now: Time, stage: &Stage) -> Result<(), Failure> {
        let mails = stage.mail.mails();
        for mail in mails.iter().skip(self.mails) {
            self.line(now, "told", "ops@demo.example", &mail.header("Subject").unwrap_or_default())?;
        }
        self.mails = self.mails.max(mails.len());
        Ok(())
    }

    fn waits(&mut self, now: Time) -> Result<(), Failure> {
        let words = "looking at every address again and again, before one is called stale";
        if now.since(self.last) >= SILENCE && self.said.insert(words.to_owned()) {
            self.line(now, "waiting", "", words)?;
        }
        Ok(())
    }

    fn line(&mut self, at: Time, verb: &str, name: &str, words: &str) -> Result<(), Failure> {
        self.last = at;
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
        for line in hung(&lead, words, WORDS, terminal::width()) {
            say(&line)?;
        }
        Ok(())
    }
}

/// How it ended, who was told, and what is left to do.
pub(super) fn close(expected: &[Expected]) -> Result<(), Failure> {
    let width = terminal::width();
    say("")?;
    say(&format!("{}", "What came of it, as the wire and the mailbox show it".bold()))?;
    for line in expected.iter().flat_map(|one| outcome(one, width)) {
        say(&line)?;
    }
    Ok(())
}

fn outcome(one: &Expected, width: usize) -> Vec<String> {
    let mark = if one.seen { "yes".green().to_string() } else { "NO ".red().to_string() };
    let mut lines = hung(&format!("  {mark}  {:<18} ", one.service), one.text, OUTCOME, width);
    if let Some(to_do) = &one.to_do {
        let lead = format!("{}{} ", " ".repeat(OUTCOME), "to do:".bold());
        lines.extend(hung(&lead, to_do, OUTCOME + 7, width));
    }
    lines
}

/// How to look behind the story while everything still runs.
pub(super) fn see_for_yourself(
    context: &Context,
    stage: &Stage,
    http: SocketAddr,
    link: Option<&Link>,
) -> Result<(), Failure> {
    say("")?;
    say(&format!("{}", "See for yourself".bold()))?;
    if let Some(Link { site, path, .. }) = link {
        say("  the pages, in a browser (this link leads in once):")?;
        say(&format!("      {site}{path}"))?;
    }
    for name in [SHOP, POOL] {
        for server in stage.service(name).into_iter().flat_map(|service| &service.servers) {
            say(&format!("  openssl s_client -connect {} -servername {name} \\", server.address()))?;
            say(&format!("      -CAfile {} </dev/null \\", stage.root_file.display()))?;
            say("      | openssl x509 -noout -dates")?;
        }
    }
    say(&format!("  curl http://{http}/metrics"))?;
    let program = std::env::current_exe().unwrap_or_else(|_| "notafter".into());
    say(&format!("  {} --data {} status", program.display(), context.data.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a stream without colour shows it.
    fn plain(lines: &[String]) -> String {
        let mut stream = anstream::StripStream::new(Vec::new());
        for line in lines {
            assert!(line.is_empty() || !line.ends_with(' '), "{line:?}");
            std::io::Write::write_all(&mut stream, format!("{line}\n").as_bytes()).unwrap();
        }
        String::from_utf8(stream.into_inner()).unwrap()
    }

    #[test]
    fn the_story_is_set_in_eighty_columns() {
        let mut lines = actor("shop.demo.example", "its certificate ends in two hours", "127.0.0.1:40001", 80);
        let both = "127.0.0.2:40002, 127.0.0.3:40002";
        lines.extend(actor("pool.demo.example", "two nodes, of which one never reloads", both, 80));
        lines.extend(actor("a CA", "ACME, validates http-01 for real", "https://127.0.0.1:40003/directory", 80));
        lines.extend(outcome(
            &Expected {
                service: POOL,
                text: "renewed; one node proven, the stale one named to its owner",
                seen: true,
                to_do: Some("Reload the service behind the stale addresses; notafter looks again by itself and closes the case.".to_owned()),
            },
            80,
        ));
        let text = plain(&lines);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!("eighty_columns", text);
    }
}
