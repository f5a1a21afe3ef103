//! Whether a certificate can be renewed by notafter instead of its present automation, and how.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::fact::{AccountTrace, Challenge, Installs, Software};
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
    /// Nobody keeps it: there is nothing to take over.
    NobodyKeeps,
    /// The file cannot be read.
    Unread(String),
    /// It shows control in a way that notafter does not speak yet.
    Challenge(String),
    /// It runs a command that notafter does not know.
    Hook(String),
    /// The CA is not known.
    NoDirectory,
    /// The account is not known.
    NoAccount,
    /// The key file is not known.
    NoKey,
    /// The certificate has no names.
    NoNames,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyKeeps => f.write_str("no renewing program keeps it: there is nothing to take over"),
            Self::Unread(why) => write!(f, "its certificate cannot be read: {why}"),
            Self::Challenge(name) => {
                write!(f, "it shows control by {name}, and notafter speaks only http-01 so far")
            }
            Self::Hook(hook) => write!(f, "it runs a hook that notafter does not know: {hook}"),
            Self::NoDirectory => f.write_str("the CA that issues it is not written anywhere"),
            Self::NoAccount => f.write_str("its account at the CA was not found"),
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
    let reload = reload(case, &kept.hooks).map_err(|hook| obstacles.push(Obstacle::Hook(hook)));
    if kept.directory.is_none() {
        obstacles.push(Obstacle::NoDirectory);
    }
    if kept.account.is_none() {
        obstacles.push(Obstacle::NoAccount);
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

/// Hooks that only tell a web server to reload are understood; every other one may matter, and stays.
fn reload(case: &Case, hooks: &[String]) -> Result<Reload, String> {
    let mut told = None;
    for hook in hooks {
        told = Some(known_reload(hook).ok_or_else(|| hook.clone())?);
    }
    let nginx = case.sites.iter().find(|site| site.software == Software::Nginx);
    let apache = case.sites.iter().any(|site| site.software == Software::Apache);
    let name = nginx.and_then(|site| site.names.iter().find(|name| !name.starts_with(['~', '_'])));
    Ok(match (name, told) {
        (Some(name), _) if !apache => {
            Reload::Nginx { server_name: name.clone(), config: nginx.and_then(|site| site.main.clone()) }
        }
        (_, Some(command)) => Reload::Command(command),
        (_, None) if apache => Reload::Command(vec!["apachectl".to_owned(), "graceful".to_owned()]),
        (_, None) => Reload::Nothing,
    })
}

fn known_reload(hook: &str) -> Option<Vec<String>> {
    const SERVERS: [&str; 4] = ["nginx", "apache2", "httpd", "haproxy"];
    let words: Vec<&str> = hook.split_whitespace().collect();
    let program = words.first()?.rsplit('/').next()?;
    let server = |name: &str| SERVERS.contains(&name.trim_end_matches(".service"));
    let known = match (program, &words[1..]) {
        ("systemctl", [verb, unit]) => {
            ["reload", "restart", "reload-or-restart"].contains(verb) && server(unit)
        }
        ("service", [name, verb]) => server(name) && ["reload", "restart"].contains(verb),
        ("nginx", ["-s", "reload"]) => true,
        ("apachectl" | "apache2ctl", ["graceful"]) => true,
        _ => false,
    };
    known.then(|| words.iter().map(ToString::to_string).collect())
}
