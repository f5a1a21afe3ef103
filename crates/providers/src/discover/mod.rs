//! What is there: sources of facts about one machine. Everything is read, nothing is changed.

mod acme_sh;
mod apache;
mod certbot;
mod cron;
mod files;
mod key_uses;
mod lego;
mod machine;
mod nginx;
mod ports;
mod systemd;
mod timers;

use notafter_inventory::adopt::fact::{Kept, Survey, Unseen};
use notafter_inventory::model::Renewer;

use machine::join;
pub use machine::{Blind, Entry, Machine};
pub use timers::service_that;

/// What a source of facts is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its file's name.
    pub name: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// Where it looks.
    pub reads: &'static [&'static str],
}

/// A source of facts. It reads within the machine's budgets, changes nothing, and tells what it could not see.
pub trait Discoverer: Sync {
    /// What it is.
    fn meta(&self) -> Meta;

    /// Adds what it finds to the survey; may use what the sources before it found.
    fn discover(&self, machine: &Machine, survey: &mut Survey);
}

/// Every source, in the order in which they are asked: later ones build on what earlier ones found.
pub const ALL: &[&dyn Discoverer] = &[
    &ports::Ports,
    &timers::Timers,
    &cron::Cron,
    &nginx::NginxSites,
    &apache::Apache,
    &certbot::Certbot,
    &lego::Lego,
    &acme_sh::AcmeSh,
    &files::Files,
    &key_uses::KeyUses,
];

/// Looks at a machine with every source.
pub async fn survey(mut machine: Machine) -> Survey {
    if machine.is_this_one() && machine.exists("/run/systemd/system") == Ok(true) {
        machine.systemd = systemd::ask().await;
    }
    let reading = tokio::task::spawn_blocking(move || {
        let mut survey = Survey::default();
        for source in ALL {
            source.discover(&machine, &mut survey);
        }
        survey
    });
    reading.await.unwrap_or_else(|error| Survey {
        unseen: vec![Unseen {
            what: "the whole machine".to_owned(),
            why: format!("the survey broke off: {error}"),
        }],
        ..Survey::default()
    })
}

/// The directories of running processes (proc(5)); none where the machine does not run, or its `/proc` is elsewhere.
fn processes(machine: &Machine) -> Result<Vec<Entry>, Blind> {
    let mut entries = machine.list("/proc")?;
    entries.retain(|entry| entry.name.bytes().all(|byte| byte.is_ascii_digit()));
    Ok(entries)
}

/// The value, or nothing and a note why it is unknown. What does not exist needs no note.
fn seen<T>(survey: &mut Survey, what: &str, result: Result<T, Blind>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Blind::Missing) => None,
        Err(blind) => {
            note(survey, what, blind.to_string());
            None
        }
    }
}

/// More is not told of what could not be seen: nobody would read it.
const MOST_NOTES: usize = 1_000;

fn note(survey: &mut Survey, what: &str, why: impl Into<String>) {
    let unseen = Unseen { what: what.to_owned(), why: why.into() };
    if survey.unseen.len() > MOST_NOTES || survey.unseen.contains(&unseen) {
        return;
    }
    survey.unseen.push(if survey.unseen.len() < MOST_NOTES {
        unseen
    } else {
        Unseen {
            what: "more than is told".to_owned(),
            why: format!("{MOST_NOTES} things could not be seen already"),
        }
    });
}

/// Directories that are looked at on one level below those that were named.
const MOST_BELOW: usize = 1_000;

/// Where the person may mean a renewing program to have its home: the directories that were named, and those one or two
/// levels below them in which there is an entry of this name.
fn meant(machine: &Machine, entry: &str) -> Vec<String> {
    let mut homes = machine.also().to_vec();
    let mut level = homes.clone();
    for _ in 0..2 {
        let below = |directory: &String| {
            // What cannot be listed is told by whoever looks for certificates there.
            let entries = machine.list(directory).unwrap_or_default().into_iter();
            entries.filter(|it| it.is_directory && machine.link(&it.path).is_none()).map(|it| it.path)
        };
        level = level.iter().flat_map(below).take(MOST_BELOW).collect();
        let shows_it = |directory: &&String| machine.exists(&join(directory, entry)) == Ok(true);
        homes.extend(level.iter().filter(shows_it).cloned());
    }
    homes
}

/// Certificates that renewing programs keep on one machine; a hosting company's web server stays below.
const MOST_KEPT: usize = 10_000;

/// Adds what a renewing program keeps, or tells that there is more than is looked at.
fn keep(survey: &mut Survey, kept: Kept) {
    if survey.kept.len() < MOST_KEPT {
        survey.kept.push(kept);
    } else {
        note(
            survey,
            &kept.home,
            format!("it has more certificates than are looked at: {MOST_KEPT} on one machine"),
        );
    }
}

/// Which renewing program a command line starts.
fn started_by(command: &str) -> Option<Renewer> {
    let is_word = |wanted: &str| {
        command.match_indices(wanted).any(|(at, _)| {
            let before = command[..at].chars().next_back();
            let after = command[at + wanted.len()..].chars().next();
            before.is_none_or(|c| {
                matches!(c, '/' | ' ' | '"' | '\'' | '\t' | '(' | ';' | '&' | '|' | '.' | '=')
            }) && after.is_none_or(|c| matches!(c, ' ' | '"' | '\'' | '\t' | ')' | ';' | '&' | '|'))
        })
    };
    // A guard such as `test -x /usr/bin/certbot` alone starts nothing, but is always followed by the start.
    [("certbot", Renewer::Certbot), ("certbot-auto", Renewer::Certbot), ("letsencrypt", Renewer::Certbot)]
        .into_iter()
        .chain([("acme.sh", Renewer::AcmeSh), ("lego", Renewer::Lego)])
        .find_map(|(word, renewer)| is_word(word).then_some(renewer))
}

/// The command lines of all processes, one string each.
fn command_lines(machine: &Machine) -> Vec<String> {
    let processes = machine.list("/proc").unwrap_or_default();
    let numbered = processes.iter().filter(|entry| entry.name.bytes().all(|byte| byte.is_ascii_digit()));
    numbered
        .filter_map(|entry| machine.read_kernel(&format!("{}/cmdline", entry.path)).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}

/// The value of `--name VALUE` or `--name=VALUE` in a command line.
fn option<'a>(command: &'a str, name: &str) -> Option<&'a str> {
    let mut words = words(command).into_iter();
    while let Some(word) = words.next() {
        if word == name {
            return words.next().map(unquoted);
        }
        if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(unquoted(value));
        }
    }
    None
}

/// Whether a command line says this word.
fn says(command: &str, wanted: &str) -> bool {
    words(command).contains(&wanted)
}

/// Words as a shell tells them apart, with their quotes: `--deploy-hook "systemctl reload nginx"` are two.
fn words(command: &str) -> Vec<&str> {
    let mut quote = None;
    let split = command.split(move |letter: char| {
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            _ => {}
        }
        quote.is_none() && letter.is_whitespace()
    });
    split.filter(|word| !word.is_empty()).collect()
}

fn unquoted(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_source_in_the_folder() {
        let no_sources = ["mod", "machine", "systemd", "snapshots"];
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/discover"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .filter(|name| !no_sources.contains(&name.as_str()))
            .collect();
        let mut listed: Vec<&str> = ALL.iter().map(|source| source.meta().name).collect();
        files.sort();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }

    /// A hundred thousand of them were compared with one another, and printed.
    #[test]
    fn what_could_not_be_seen_is_told_up_to_a_number() {
        let mut survey = Survey::default();
        for number in 0..2 * MOST_NOTES {
            note(&mut survey, &format!("/home/{number}"), "it goes in circles");
        }
        assert_eq!(survey.unseen.len(), MOST_NOTES + 1);
        assert_eq!(survey.unseen[MOST_NOTES].what, "more than is told");
    }

    #[test]
    fn renewing_programs_are_known_by_the_word() {
        let table = [
            ("test -x /usr/bin/certbot && certbot -q renew", Some(Renewer::Certbot)),
            (
                "\"/root/.acme.sh\"/acme.sh --cron --home \"/root/.acme.sh\" > /dev/null",
                Some(Renewer::AcmeSh),
            ),
            ("/usr/local/bin/lego --path /etc/lego renew", Some(Renewer::Lego)),
            ("/usr/bin/legolas --renew", None),
            ("/opt/certbot-dns-check", None),
        ];
        for (command, expected) in table {
            assert_eq!(started_by(command), expected, "{command}");
        }
        assert_eq!(option("lego --path=/a renew", "--path"), Some("/a"));
        assert_eq!(option("lego --path '/a' renew", "--path"), Some("/a"));
        assert_eq!(option("lego renew", "--path"), None);
        let hook =
            "certbot renew --deploy-hook 'systemctl reload nginx' --post-hook=\"service haproxy reload\" -q";
        assert_eq!(option(hook, "--deploy-hook"), Some("systemctl reload nginx"));
        assert_eq!(option(hook, "--post-hook"), Some("service haproxy reload"));
        assert!(says(hook, "-q") && !says(hook, "reload"));
    }
}
