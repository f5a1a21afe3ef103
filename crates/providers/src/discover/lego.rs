//! lego's directory (`--path`): `certificates/NAME.{crt,key,json}`, `accounts/HOST/EMAIL/`.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::{KeySpec, Span};
use notafter_inventory::adopt::fact::{
    AccountTrace, Challenge, Installs, Kept, Known, Survey, Trigger, Wishes,
};
use notafter_inventory::model::Renewer;

use super::machine::{Entry, Machine, join};
use super::{Discoverer, Meta, files, meant, note, option, says, seen};

/// lego.
pub(super) struct Lego;

const USUAL: [&str; 5] = ["/etc/lego", "/var/lib/lego", "/opt/lego", "/usr/local/etc/lego", "/.lego"];
/// The directory that lego asks when it is not told another.
const DEFAULT_DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// lego renews when this many days are left, if not told another number.
const DEFAULT_DAYS: i64 = 30;

impl Discoverer for Lego {
    fn meta(&self) -> Meta {
        Meta {
            name: "lego",
            title: "certificates that lego keeps",
            reads: &["~/.lego", "/etc/lego", "/var/lib/lego", "--path of timers and cron entries"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let mut homes: Vec<String> = USUAL.map(str::to_owned).to_vec();
        homes.extend(machine.homes().iter().map(|home| join(home, ".lego")));
        homes.extend(machine.also().iter().map(|also| join(also, ".lego")));
        homes.extend(meant(machine, "certificates"));
        let started = survey.triggers.iter().filter(|trigger| trigger.starts == Renewer::Lego);
        homes.extend(started.filter_map(|it| option(&it.command, "--path")).map(|path| machine.own(path)));
        homes.sort();
        homes.dedup();
        for home in homes {
            keep(machine, survey, &home);
        }
    }
}

fn keep(machine: &Machine, survey: &mut Survey, home: &str) {
    let directory = join(home, "certificates");
    let entries = machine.list(&directory);
    let entries = seen(survey, &directory, entries).unwrap_or_default();
    let files: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let commands = Commands::in_home(machine, survey, home);
    for file in &files {
        // `NAME.issuer.crt` has no `NAME.issuer.json`.
        let Some(name) = file.strip_suffix(".json") else { continue };
        let chain = join(&directory, &format!("{name}.crt"));
        let has = |ending: &str| files.contains(format!("{name}.{ending}").as_str());
        if !has("crt") {
            continue;
        }
        let command = commands.renewing(&name.replace('_', "*"));
        let kept = Kept {
            renewer: Renewer::Lego,
            name: name.replace('_', "*"),
            home: home.to_owned(),
            key_file: has("key").then(|| join(&directory, &format!("{name}.key"))),
            copies: vec![],
            installs: Installs::default(),
            config_file: None,
            directory: directory_url(machine, home, command),
            account: account(machine, survey, home, command),
            challenge: challenge(command),
            wishes: command.map(wishes).unwrap_or_default(),
            hooks_before: vec![],
            hooks: command.iter().filter_map(|it| option(it, "--renew-hook")).map(str::to_owned).collect(),
            enabled: Known::Yes,
            renews_before: Some(Span::days(
                command.and_then(|it| option(it, "--days")?.parse().ok()).unwrap_or(DEFAULT_DAYS),
            )),
            planned_at: None,
            history: files::validity(machine, &chain).into_iter().collect(),
            chain_file: chain,
        };
        super::keep(survey, kept);
    }
}

/// lego has no configuration: what it will do is written in the command that starts it.
struct Commands {
    all: Vec<String>,
    /// Which of them names a certificate, the first of several.
    by_name: BTreeMap<String, usize>,
}

impl Commands {
    /// Those that start it for this home.
    fn in_home(machine: &Machine, survey: &Survey, home: &str) -> Self {
        let in_home = |trigger: &&Trigger| {
            trigger.starts == Renewer::Lego
                && option(&trigger.command, "--path").is_none_or(|path| machine.own(path) == home)
        };
        let all: Vec<String> =
            survey.triggers.iter().filter(in_home).map(|trigger| trigger.command.clone()).collect();
        let mut by_name = BTreeMap::new();
        for (at, command) in all.iter().enumerate() {
            for name in ["-d", "--domains"].iter().filter_map(|it| option(command, it)) {
                by_name.entry(name.to_owned()).or_insert(at);
            }
        }
        Self { all, by_name }
    }

    /// The one that names this certificate, else the first one.
    fn renewing(&self, name: &str) -> Option<&str> {
        let at = self.by_name.get(name).copied().unwrap_or_default();
        self.all.get(at).map(String::as_str)
    }
}

fn wishes(command: &str) -> Wishes {
    let text = |name: &str| option(command, name).map(str::to_owned);
    Wishes {
        key: match text("--key-type").or_else(|| text("-k")).as_deref() {
            Some("ec256") => Some(KeySpec::EcdsaP256),
            Some("ec384") => Some(KeySpec::EcdsaP384),
            Some("rsa2048") => Some(KeySpec::Rsa2048),
            Some("rsa3072") => Some(KeySpec::Rsa3072),
            Some("rsa4096") => Some(KeySpec::Rsa4096),
            _ => None,
        },
        reuse_key: says(command, "--reuse-key"),
        preferred_chain: text("--preferred-chain"),
        profile: text("--profile"),
        others: ["--must-staple"].into_iter().filter(|it| says(command, it)).map(str::to_owned).collect(),
    }
}

fn challenge(command: Option<&str>) -> Challenge {
    let other = |name: &str| Challenge::Other { name: name.to_owned() };
    let Some(command) = command else {
        return other("a way that is written nowhere (no command that starts lego was found)");
    };
    if let Some(provider) = option(command, "--dns") {
        Challenge::Dns { provider: provider.to_owned() }
    } else if let Some(root) = option(command, "--http.webroot") {
        Challenge::Webroot { root: root.to_owned() }
    } else if says(command, "--http") {
        let port = option(command, "--http.port").and_then(|it| it.rsplit(':').next()?.parse().ok());
        Challenge::Standalone { port: port.filter(|&port| port != 80) }
    } else if says(command, "--tls") {
        other("tls-alpn-01")
    } else {
        other("a way that its command does not name")
    }
}

fn servers(machine: &Machine, home: &str) -> Vec<Entry> {
    let servers = machine.list(&join(home, "accounts")).unwrap_or_default();
    servers.into_iter().filter(|entry| entry.is_directory).collect()
}

fn directory_url(machine: &Machine, home: &str, command: Option<&str>) -> Option<String> {
    let told = command.and_then(|it| option(it, "--server").or_else(|| option(it, "-s")));
    let usual = servers(machine, home).iter().any(|entry| entry.name == "acme-v02.api.letsencrypt.org");
    told.map(str::to_owned).or_else(|| usual.then(|| DEFAULT_DIRECTORY.to_owned()))
}

/// The account, when there is only one, or the command names it.
fn account(
    machine: &Machine,
    survey: &mut Survey,
    home: &str,
    command: Option<&str>,
) -> Option<AccountTrace> {
    let email = command.and_then(|it| option(it, "--email").or_else(|| option(it, "-m")));
    let accounts = join(home, "accounts");
    let servers = seen(survey, &accounts, machine.list(&accounts)).unwrap_or_default();
    let mut all = Vec::new();
    for server in servers.into_iter().filter(|entry| entry.is_directory) {
        all.extend(seen(survey, &server.path, machine.list(&server.path)).unwrap_or_default());
    }
    let mut fitting = all.into_iter().filter(|entry| email.is_none_or(|email| entry.name == email));
    let (entry, None) = (fitting.next()?, fitting.next()) else { return None };
    let path = join(&entry.path, "account.json");
    let about = seen(survey, &path, machine.read(&path))?;
    let about: serde_json::Value = serde_json::from_slice(&about)
        .map_err(|error| note(survey, &path, format!("it is no account of lego: {error}")))
        .ok()?;
    let contact = about["registration"]["body"]["contact"].as_array().cloned().unwrap_or_default();
    Some(AccountTrace {
        key_file: format!("{}/keys/{}.key", entry.path, entry.name),
        url: about["registration"]["uri"].as_str().map(str::to_owned),
        contact: contact.iter().filter_map(|it| it.as_str()).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It was "not found", whatever kept it from being read.
    #[test]
    fn an_account_that_cannot_be_read_is_named_with_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let account_of = directory.path().join("root/.lego/accounts/ca.example/ops@shop.example");
        std::fs::create_dir_all(account_of.join("account.json")).unwrap();
        let machine = Machine::new(directory.path(), vec![]);
        let mut survey = Survey::default();
        assert_eq!(account(&machine, &mut survey, "/root/.lego", None), None);
        std::fs::remove_dir(account_of.join("account.json")).unwrap();
        std::fs::write(account_of.join("account.json"), "half").unwrap();
        assert_eq!(account(&machine, &mut survey, "/root/.lego", None), None);
        let path = "/root/.lego/accounts/ca.example/ops@shop.example/account.json";
        let said: Vec<_> = survey.unseen.iter().map(|unseen| unseen.what.as_str()).collect();
        assert_eq!(said, [path, path], "{:?}", survey.unseen);
        assert!(survey.unseen[1].why.starts_with("it is no account of lego: "), "{:?}", survey.unseen);
    }

    #[test]
    fn what_lego_will_do_is_read_from_its_command() {
        let table = [
            (Some("lego --http renew"), Challenge::Standalone { port: None }),
            (Some("lego --http --http.port :8080 renew"), Challenge::Standalone { port: Some(8080) }),
            (Some("lego --http --http.webroot /srv renew"), Challenge::Webroot { root: "/srv".to_owned() }),
            (Some("lego --dns=route53 renew"), Challenge::Dns { provider: "route53".to_owned() }),
            (Some("lego --tls renew"), Challenge::Other { name: "tls-alpn-01".to_owned() }),
        ];
        for (command, expected) in table {
            assert_eq!(challenge(command), expected, "{command:?}");
        }
        assert!(matches!(challenge(None), Challenge::Other { .. }));
        let told =
            wishes("lego -k rsa4096 --http renew --reuse-key --preferred-chain 'ISRG Root X1' --must-staple");
        let expected = Wishes {
            key: Some(KeySpec::Rsa4096),
            reuse_key: true,
            preferred_chain: Some("ISRG Root X1".to_owned()),
            profile: None,
            others: vec!["--must-staple".to_owned()],
        };
        assert_eq!(told, expected);
    }
}
