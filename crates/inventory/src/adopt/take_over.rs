//! Whether a certificate can be renewed by notafter instead of its present automation, and how.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::fact::{AccountTrace, Challenge, Installs, Site, Software, Wishes};
use crate::model::{Http01, Renewer};

/// Everything that taking over needs, read from the old automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The CA's directory.
    pub directory: String,
    /// The account there.
    pub account: AccountTrace,
    /// The key file.
    pub key_file: String,
    /// Who will answer challenges.
    pub http01: Http01,
    /// What it asks of keys and chains.
    #[serde(default)]
    pub wishes: Wishes,
    /// Where a server reads its pair, when that is not where the old program keeps its own.
    #[serde(default)]
    pub installs: Installs,
    /// The deployer that fits, and the command that tells the server, as its words.
    pub reload: Reload,
}

/// How the server is told that there is a new certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reload {
    /// The nginx deployer finds the files and reloads by itself; the names of the site.
    Nginx {
        /// A name that nginx answers for.
        server_name: String,
        /// Its main configuration file, where that is not the usual one.
        config: Option<String>,
    },
    /// Files are written, then this is run.
    Command(Vec<String>),
    /// Files are written; nobody is told.
    Nothing,
}

/// Why it cannot be taken over. It stays watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// notafter renews it already, as the lineage of this name.
    Ours(String),
    /// Nobody keeps it: there is nothing to take over.
    NobodyKeeps,
    /// The file cannot be read.
    Unread(String),
    /// It shows control in a way that notafter does not speak yet.
    Challenge(String),
    /// It runs a command that notafter does not know.
    Hook(String),
    /// It runs a command before it renews.
    HookBefore(String),
    /// Several products must be told, and a place tells one.
    Reloads(Vec<String>),
    /// It asks for something that notafter does not order.
    Wish(String),
    /// The CA is not known.
    NoDirectory,
    /// The account is not known.
    NoAccount,
    /// The account could not be read, and why.
    UnreadAccount(String),
    /// The key file is not known.
    NoKey,
    /// The certificate has no names.
    NoNames,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(lineage) => write!(f, "notafter renews it already, as lineage {lineage}"),
            Self::NobodyKeeps => f.write_str("no renewing program keeps it: there is nothing to take over"),
            Self::Unread(why) => write!(f, "its certificate cannot be read: {why}"),
            Self::Challenge(name) => {
                write!(f, "it shows control by {name}, and notafter speaks only http-01 so far")
            }
            Self::Hook(hook) => write!(f, "it runs a hook that notafter does not know: {hook}"),
            Self::HookBefore(hook) => {
                write!(f, "it runs a command before each renewal, and notafter runs none: {hook}")
            }
            Self::Reloads(who) => write!(
                f,
                "{} must each be told of a new certificate, and a place of notafter tells one product",
                who.join(" and ")
            ),
            Self::Wish(wish) => write!(f, "it asks for something that notafter does not order: {wish}"),
            Self::NoDirectory => f.write_str("the CA that issues it is not written anywhere"),
            Self::NoAccount => f.write_str("its account at the CA was not found"),
            Self::UnreadAccount(why) => write!(f, "its account at the CA could not be read: {why}"),
            Self::NoKey => f.write_str("its key file was not found"),
            Self::NoNames => f.write_str("its certificate carries no name"),
        }
    }
}

/// How notafter would renew it.
///
/// # Errors
/// Everything that stands against it.
pub fn plan(case: &Case) -> Result<Plan, Vec<Obstacle>> {
    if let Some(ours) = case.ours() {
        return Err(vec![Obstacle::Ours(ours.lineage.clone())]);
    }
    let Some(kept) = case.kept.as_ref().filter(|kept| kept.renewer != Renewer::Unknown) else {
        return Err(vec![Obstacle::NobodyKeeps]);
    };
    let mut obstacles = Vec::new();
    match (&case.newest, &case.unread) {
        (Some(newest), _) if newest.names().is_empty() => obstacles.push(Obstacle::NoNames),
        (None, why) => obstacles.push(Obstacle::Unread(why.clone().unwrap_or_default())),
        _ => {}
    }
    let http01 = http01(&kept.challenge).map_err(|name| obstacles.push(Obstacle::Challenge(name)));
    obstacles.extend(kept.hooks_before.iter().cloned().map(Obstacle::HookBefore));
    obstacles.extend(kept.wishes.others.iter().cloned().map(Obstacle::Wish));
    let reload = reload(case, &kept.hooks).map_err(|found| obstacles.extend(found));
    if kept.directory.is_none() {
        obstacles.push(Obstacle::NoDirectory);
    }
    if kept.account.is_none() {
        let unread = case.blind_to_account.clone().map(Obstacle::UnreadAccount);
        obstacles.push(unread.unwrap_or(Obstacle::NoAccount));
    }
    if kept.key_file.is_none() {
        obstacles.push(Obstacle::NoKey);
    }
    match (http01, reload, &kept.directory, &kept.account, &kept.key_file) {
        (Ok(http01), Ok(reload), Some(directory), Some(account), Some(key_file)) if obstacles.is_empty() => {
            Ok(Plan {
                directory: directory.clone(),
                account: account.clone(),
                key_file: key_file.clone(),
                http01,
                wishes: kept.wishes.clone(),
                installs: kept.installs.clone(),
                reload,
            })
        }
        _ => Err(obstacles),
    }
}

fn http01(challenge: &Challenge) -> Result<Http01, String> {
    match challenge {
        Challenge::Standalone { port } => {
            Ok(Http01::Listener { listen: format!("[::]:{}", port.unwrap_or(80)) })
        }
        Challenge::Webroot { root } => Ok(Http01::Webroot { root: root.clone() }),
        Challenge::WebServer { software: Software::Nginx, config } => {
            Ok(Http01::Nginx { config: config.clone() })
        }
        Challenge::WebServer { software, .. } => Err(format!("its plug-in for {}", software.name())),
        Challenge::Dns { provider } => Err(format!("DNS ({provider})")),
        Challenge::Other { name } => Err(name.clone()),
    }
}

/// Hooks that only tell a server to reload are understood; every other one may matter, and stays. So does a second
/// product: whoever is not told serves the old certificate to its end.
fn reload(case: &Case, hooks: &[String]) -> Result<Reload, Vec<Obstacle>> {
    let known: Vec<Option<Known>> = hooks.iter().map(|hook| known_reload(hook)).collect();
    let strange = hooks.iter().zip(&known).filter(|(_, known)| known.is_none());
    let strange: Vec<Obstacle> = strange.map(|(hook, _)| Obstacle::Hook(hook.clone())).collect();
    if !strange.is_empty() {
        return Err(strange);
    }
    let known: Vec<Known> = known.into_iter().flatten().collect();
    several(case, &known)?;
    let nginx = case.sites.iter().find(|site| site.software == Software::Nginx);
    let name = nginx.and_then(|site| site.names.iter().find(|name| !name.starts_with(['~', '_'])));
    let apache = case.sites.iter().find(|site| site.software == Software::Apache);
    Ok(match (name, known.into_iter().last()) {
        (Some(name), _) => {
            Reload::Nginx { server_name: name.clone(), config: nginx.and_then(|site| site.main.clone()) }
        }
        (_, Some(told)) => Reload::Command(told.command),
        // A server without a plain name is none that the deployer could find again; nginx reads its files all the same.
        (None, None) if nginx.is_some() => {
            let main = nginx.and_then(|site| site.main.clone());
            let config = main.into_iter().flat_map(|main| ["-c".to_owned(), main]);
            let words = std::iter::once("nginx".to_owned()).chain(config);
            Reload::Command(words.chain(["-s".to_owned(), "reload".to_owned()]).collect())
        }
        (_, None) => apache.map_or(Reload::Nothing, |site| {
            Reload::Command(graceful(site).split(' ').map(str::to_owned).collect())
        }),
    })
}

/// What makes this Apache read its files again; one with another main file is found by that.
pub(super) fn graceful(site: &Site) -> String {
    match &site.main {
        Some(main) => format!("apachectl -f {main} -k graceful"),
        None => "apachectl graceful".to_owned(),
    }
}

/// Products that read the files by their configuration, and those that hooks tell: with the hook, as it is written.
fn several(case: &Case, told: &[Known]) -> Result<(), Vec<Obstacle>> {
    let mut who: Vec<(&str, String)> = Vec::new();
    let by_hook =
        told.iter().map(|told| (told.product, format!("{} (`{}`)", told.product, told.command.join(" "))));
    let by_site = case.sites.iter().map(|site| match site.software {
        Software::Nginx => ("nginx", "nginx".to_owned()),
        Software::Apache => ("Apache", "Apache".to_owned()),
    });
    for (product, said) in by_hook.chain(by_site) {
        if !who.iter().any(|(known, _)| *known == product) {
            who.push((product, said));
        }
    }
    if who.len() < 2 {
        return Ok(());
    }
    Err(vec![Obstacle::Reloads(who.into_iter().map(|(_, said)| said).collect())])
}

/// A hook that tells a known product to read its files again.
struct Known {
    product: &'static str,
    command: Vec<String>,
}

fn known_reload(hook: &str) -> Option<Known> {
    const SERVERS: [(&str, &str); 4] =
        [("nginx", "nginx"), ("apache2", "Apache"), ("httpd", "Apache"), ("haproxy", "HAProxy")];
    let words: Vec<&str> = hook.split_whitespace().collect();
    let program = words.first()?.rsplit('/').next()?;
    let server = |name: &str| {
        let found = SERVERS.iter().find(|(known, _)| *known == name.trim_end_matches(".service"));
        found.map(|(_, product)| *product)
    };
    let product = match (program, &words[1..]) {
        ("systemctl", [verb, unit]) if ["reload", "restart", "reload-or-restart"].contains(verb) => {
            server(unit)?
        }
        ("service", [name, verb]) if ["reload", "restart"].contains(verb) => server(name)?,
        ("nginx", ["-s", "reload"]) => "nginx",
        ("apachectl" | "apache2ctl", ["graceful"]) => "Apache",
        _ => return None,
    };
    Some(Known { product, command: words.iter().map(ToString::to_string).collect() })
}
