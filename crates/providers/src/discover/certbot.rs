//! certbot's configuration directory and logs: `renewal/*.conf`, `live`, `archive`, `accounts`.

use std::collections::BTreeSet;

use notafter_cert::{KeySpec, Span, Time};
use notafter_inventory::adopt::fact::{
    AccountTrace, Challenge, Installs, Kept, Known, Run, RunResult, Software, Survey, Validity, Wishes,
};
use notafter_inventory::model::Renewer;

use super::machine::{Entry, Machine, join};
use super::{Discoverer, Meta, files, meant, note, option, seen};
use crate::hand_over::CERTBOTS_ASIDE;

/// certbot.
pub(super) struct Certbot;

const HOME: &str = "/etc/letsencrypt";
const LOGS: &str = "/var/log/letsencrypt";
/// As much of a log's end as is searched; one run of certbot writes some 100 KiB.
const LOG_TAIL: u64 = 2 << 20;
/// Rotated logs that are read.
const MOST_LOGS: usize = 10;
/// Past certificates that are read for the habit.
const MOST_HISTORY: usize = 12;

impl Discoverer for Certbot {
    fn meta(&self) -> Meta {
        Meta {
            name: "certbot",
            title: "certificates that certbot keeps, and how its last runs went",
            reads: &["/etc/letsencrypt", "/var/log/letsencrypt"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let mut homes = vec![HOME.to_owned()];
        homes.extend(meant(machine, "renewal"));
        let started = survey.triggers.iter().filter(|trigger| trigger.starts == Renewer::Certbot);
        homes.extend(
            started.filter_map(|trigger| option(&trigger.command, "--config-dir")).map(str::to_owned),
        );
        homes.sort();
        homes.dedup();
        for home in homes {
            let logs = lineages(machine, survey, &home);
            for directory in logs {
                runs(machine, survey, &home, &directory);
            }
        }
    }
}

/// Adds the home's certificates; gives back where its logs are.
fn lineages(machine: &Machine, survey: &mut Survey, home: &str) -> Vec<String> {
    let directory = join(home, "renewal");
    let entries = machine.list(&directory);
    let mut logs = Vec::new();
    let entries = seen(survey, &directory, entries).unwrap_or_default();
    for entry in &entries {
        let Some((name, config)) = renewal(entry, &entries) else { continue };
        let text = machine.read_text(&entry.path);
        let Some(text) = seen(survey, &entry.path, text) else { continue };
        let settings = Settings::parse(&text);
        logs.push(settings.renewal("logs_dir").unwrap_or(LOGS).to_owned());
        match lineage(machine, survey, home, name, &settings) {
            Some(kept) => {
                let enabled = if config == entry.path { kept.enabled } else { given_away(name, &entry.path) };
                super::keep(survey, Kept { config_file: Some(config.to_owned()), enabled, ..kept });
            }
            None => note(survey, &entry.path, "it names no certificate: certbot calls such a file broken"),
        }
    }
    forgotten(machine, survey, home);
    logs.sort();
    logs.dedup();
    logs
}

/// The certificate whose renewal configuration that is, and where certbot looks for it. One that notafter set aside counts
/// as long as certbot has made no other.
fn renewal<'a>(entry: &'a Entry, all: &[Entry]) -> Option<(&'a str, &'a str)> {
    let name = entry.name.strip_suffix(CERTBOTS_ASIDE).unwrap_or(&entry.name);
    let is_another = entry.name == name || !all.iter().any(|other| other.name == name);
    let config = entry.path.strip_suffix(CERTBOTS_ASIDE).unwrap_or(&entry.path);
    is_another.then_some((name.strip_suffix(".conf")?, config))
}

fn given_away(name: &str, aside: &str) -> Known {
    Known::No(format!(
        "notafter took it over: certbot's settings lie aside as {aside}, and `notafter adopt --undo {name}` brings them back"
    ))
}

/// What lies in `live` and no renewal configuration names: certbot got it, and renews it no more.
fn forgotten(machine: &Machine, survey: &mut Survey, home: &str) {
    let directory = join(home, "live");
    let entries = machine.list(&directory);
    let folder = |kept: &Kept| kept.chain_file.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let renewed: BTreeSet<String> = survey.kept.iter().filter_map(folder).collect();
    for entry in seen(survey, &directory, entries).unwrap_or_default() {
        let chain = format!("{}/fullchain.pem", entry.path);
        if !entry.is_directory || renewed.contains(&entry.path) || !matches!(machine.exists(&chain), Ok(true))
        {
            continue;
        }
        let config = format!("{home}/renewal/{}.conf", entry.name);
        let state = if matches!(machine.exists(&config), Ok(true)) { "is broken" } else { "does not exist" };
        let blank = lineage(machine, survey, home, &entry.name, &Settings::of_live(&entry.path));
        let enabled = Known::No(format!("{config} {state}: certbot does not renew it"));
        if let Some(kept) = blank {
            super::keep(survey, Kept { enabled, ..kept });
        }
    }
}

fn lineage(
    machine: &Machine,
    survey: &mut Survey,
    home: &str,
    name: &str,
    settings: &Settings,
) -> Option<Kept> {
    let fullchain = machine.own(settings.top("fullchain")?);
    let archive = settings.top("archive_dir").map_or_else(|| format!("{home}/archive/{name}"), str::to_owned);
    let server = settings.renewal("server").map(str::to_owned);
    Some(Kept {
        renewer: Renewer::Certbot,
        name: name.to_owned(),
        home: home.to_owned(),
        chain_file: fullchain,
        key_file: settings.top("privkey").map(|path| machine.own(path)),
        copies: vec![],
        installs: Installs::default(),
        config_file: None,
        account: account(machine, survey, home, settings),
        directory: server,
        challenge: challenge(settings),
        wishes: wishes(settings),
        hooks_before: hooks(machine, survey, home, settings, &BEFORE),
        hooks: hooks(machine, survey, home, settings, &AFTER),
        enabled: match settings.renewal("autorenew").map(str::to_ascii_lowercase).as_deref() {
            Some("false" | "no" | "off" | "0") => {
                Known::No("its renewal configuration says autorenew = False".to_owned())
            }
            _ => Known::Yes,
        },
        renews_before: settings.top("renew_before_expiry").and_then(duration),
        planned_at: None,
        history: history(machine, survey, &machine.own(&archive)),
    })
}

/// What certbot runs at a moment: by the names of settings, of directories below its home, and of options.
struct Moment {
    settings: &'static [&'static str],
    directories: &'static [&'static str],
    options: &'static [&'static str],
}

const BEFORE: Moment = Moment { settings: &["pre_hook"], directories: &["pre"], options: &["--pre-hook"] };
const AFTER: Moment = Moment {
    settings: &["renew_hook", "deploy_hook", "post_hook"],
    directories: &["deploy", "post"],
    options: &["--renew-hook", "--deploy-hook", "--post-hook"],
};

fn hooks(machine: &Machine, survey: &Survey, home: &str, settings: &Settings, when: &Moment) -> Vec<String> {
    let written = when.settings.iter().filter_map(|key| settings.wish(key));
    let mut hooks: Vec<String> = written.collect();
    for kind in when.directories {
        let scripts = machine.list(&format!("{home}/renewal-hooks/{kind}")).unwrap_or_default();
        hooks.extend(scripts.into_iter().filter(|it| !it.is_directory).map(|it| it.path));
    }
    // The command that a timer or cron entry starts may bring its own.
    let started = survey.triggers.iter().filter(|trigger| trigger.starts == Renewer::Certbot);
    let here = started.filter(|trigger| {
        option(&trigger.command, "--config-dir").map_or(home == HOME, |path| machine.own(path) == home)
    });
    for trigger in here {
        let options = when.options.iter().filter_map(|name| option(&trigger.command, name));
        hooks.extend(options.map(str::to_owned));
    }
    let mut seen = Vec::new();
    hooks.retain(|hook| {
        !seen.contains(hook) && {
            seen.push(hook.clone());
            true
        }
    });
    hooks
}

fn wishes(settings: &Settings) -> Wishes {
    let is = |key: &str| settings.wish(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let key = match (settings.wish("key_type").as_deref(), settings.wish("elliptic_curve").as_deref()) {
        (Some("ecdsa"), None | Some("secp256r1")) => Some(KeySpec::EcdsaP256),
        (Some("ecdsa"), Some("secp384r1")) => Some(KeySpec::EcdsaP384),
        (Some("rsa"), _) => match settings.wish("rsa_key_size").as_deref() {
            None | Some("2048") => Some(KeySpec::Rsa2048),
            Some("3072") => Some(KeySpec::Rsa3072),
            Some("4096") => Some(KeySpec::Rsa4096),
            Some(_) => None,
        },
        _ => None,
    };
    Wishes {
        key,
        reuse_key: is("reuse_key"),
        preferred_chain: settings.wish("preferred_chain"),
        profile: settings.wish("required_profile").or_else(|| settings.wish("preferred_profile")),
        others: ["must_staple"].into_iter().filter(|key| is(key)).map(str::to_owned).collect(),
    }
}

/// `30 days`, as certbot writes it.
fn duration(text: &str) -> Option<Span> {
    let (number, unit) = text.split_once(' ')?;
    let number: i64 = number.parse().ok()?;
    match unit.trim_end_matches('s') {
        "day" => Some(Span::days(number)),
        "week" => Some(Span::days(number * 7)),
        "hour" => Some(Span::hours(number)),
        "minute" => Some(Span::minutes(number)),
        _ => None,
    }
}

fn challenge(settings: &Settings) -> Challenge {
    let name = settings.renewal("authenticator").unwrap_or("unknown");
    match name {
        "standalone" => Challenge::Standalone {
            port: settings
                .renewal("http01_port")
                .and_then(|port| port.parse().ok())
                .filter(|&port| port != 80),
        },
        "webroot" => {
            let mut roots: Vec<&str> = settings.webroots.iter().map(String::as_str).collect();
            let path = settings.renewal("webroot_path").unwrap_or_default();
            roots.extend(path.split(',').map(str::trim).filter(|root| !root.is_empty()));
            roots.sort_unstable();
            roots.dedup();
            match roots.as_slice() {
                [root] => Challenge::Webroot { root: (*root).to_owned() },
                several => {
                    Challenge::Other { name: format!("webroot with {} document roots", several.len()) }
                }
            }
        }
        "nginx" => {
            let root = settings.renewal("nginx_server_root").filter(|root| *root != "/etc/nginx");
            let config = root.map(|root| join(root, "nginx.conf"));
            Challenge::WebServer { software: Software::Nginx, config }
        }
        "apache" => Challenge::WebServer { software: Software::Apache, config: None },
        dns if dns.starts_with("dns-") => {
            Challenge::Dns { provider: dns.trim_start_matches("dns-").to_owned() }
        }
        "manual" if settings.renewal("pref_challs").is_some_and(|it| it.contains("dns")) => {
            Challenge::Dns { provider: "manual hook".to_owned() }
        }
        other => Challenge::Other { name: other.to_owned() },
    }
}

/// `accounts/HOST/PATH/ID/` holds the key as JWK, the registration and when it was made.
fn account(machine: &Machine, survey: &mut Survey, home: &str, settings: &Settings) -> Option<AccountTrace> {
    let id = settings.renewal("account")?;
    let server = settings.renewal("server")?.split_once("://")?.1;
    let directory = format!("{home}/accounts/{server}/{id}");
    let path = join(&directory, "regr.json");
    let text = machine.read(&path);
    let registration: serde_json::Value = serde_json::from_slice(&seen(survey, &path, text)?).ok()?;
    let contact = registration["body"]["contact"].as_array().cloned().unwrap_or_default();
    Some(AccountTrace {
        key_file: join(&directory, "private_key.json"),
        url: registration["uri"].as_str().map(str::to_owned),
        contact: contact.iter().filter_map(|it| it.as_str()).map(str::to_owned).collect(),
    })
}

/// `archive/NAME/cert1.pem`, `cert2.pem`, ...: all that certbot ever got.
fn history(machine: &Machine, survey: &mut Survey, archive: &str) -> Vec<Validity> {
    let entries = machine.list(archive);
    let entries = seen(survey, archive, entries).unwrap_or_default();
    let number = |name: &str| name.strip_prefix("cert")?.strip_suffix(".pem")?.parse::<u32>().ok();
    let mut numbered: Vec<(u32, String)> =
        entries.into_iter().filter_map(|it| Some((number(&it.name)?, it.path))).collect();
    numbered.sort();
    let skip = numbered.len().saturating_sub(MOST_HISTORY);
    numbered.into_iter().skip(skip).filter_map(|(_, path)| files::validity(machine, &path)).collect()
}

/// The newest runs of `certbot renew` that the logs tell of.
fn runs(machine: &Machine, survey: &mut Survey, home: &str, directory: &str) {
    let entries = machine.list(directory);
    let logs = seen(survey, directory, entries).unwrap_or_default();
    let number = |name: &str| match name.strip_prefix("letsencrypt.log")? {
        "" => Some(0),
        rest => rest.strip_prefix('.')?.parse::<u32>().ok(),
    };
    let mut logs: Vec<(u32, String)> =
        logs.into_iter().filter_map(|it| Some((number(&it.name)?, it.path))).collect();
    logs.sort();
    let mut found = Vec::new();
    for (_, log) in logs.into_iter().take(MOST_LOGS) {
        let text = machine.read_tail(&log, LOG_TAIL);
        let Some(text) = seen(survey, &log, text) else { continue };
        found.extend(read_log(&String::from_utf8_lossy(&text), machine.modified(&log), home, &log));
    }
    found.sort_by_key(|run| run.at);
    survey.runs.append(&mut found);
}

/// A log holds one run or, where Debian leaves rotation to logrotate, many.
fn read_log(text: &str, written: Option<Time>, home: &str, log: &str) -> Vec<Run> {
    const START: &str = ":DEBUG:certbot._internal.main:certbot version:";
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        if line.contains(START) || parts.is_empty() {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(line);
        }
    }
    let last = parts.len();
    let read = |(at, part): (usize, Vec<&str>)| {
        // Lines carry local time without a zone: exact enough for all but the last run, whose end the file's own
        // stamp tells.
        let at = if at + 1 == last { written } else { None }.or_else(|| stamp(part.last()?))?;
        read_run(&part, at, home, log)
    };
    parts.into_iter().enumerate().filter_map(read).collect()
}

fn stamp(line: &str) -> Option<Time> {
    let text = line.get(..19)?;
    format!("{}T{}Z", text.get(..10)?, text.get(11..)?).parse().ok()
}

/// `None` when it was no renewal.
fn read_run(lines: &[&str], at: Time, home: &str, log: &str) -> Option<Run> {
    const FAILED: &str = "Failed to renew certificate ";
    let is_renewal = lines.iter().any(|line| line.contains("certbot._internal.renewal:"));
    let failures: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line.contains(":ERROR:"))
        .filter_map(|line| line.split_once(FAILED)?.1.split_once(" with error: "))
        .collect();
    let any = |text: &str| lines.iter().any(|line| line.contains(text));
    let error = lines.iter().rev().find_map(|line| Some(line.split_once(":ERROR:")?.1.split_once(':')?.1));
    let (result, detail) = match (failures.first(), error) {
        (Some((name, why)), _) => (RunResult::Failed, format!("{name}: {why}")),
        (None, _) if any("certbot._internal.renewal:no renewal failures") => {
            let renewed = any("renewals succeeded");
            (RunResult::Succeeded, if renewed { "renewed" } else { "nothing was due" }.to_owned())
        }
        (None, Some(error)) if is_renewal => (RunResult::Failed, error.to_owned()),
        _ if is_renewal => (RunResult::Unknown, "the log does not tell how it ended".to_owned()),
        _ => return None,
    };
    Some(Run {
        renewer: Renewer::Certbot,
        home: Some(home.to_owned()),
        at,
        result,
        detail,
        source: log.to_owned(),
        failed: failures.iter().map(|(name, _)| (*name).to_owned()).collect(),
    })
}

/// A renewal configuration: `key = value`, one section of parameters, below it the map of document roots.
#[derive(Default)]
struct Settings {
    top: Vec<(String, String)>,
    renewal: Vec<(String, String)>,
    webroots: Vec<String>,
}

impl Settings {
    /// All that is known where certbot's own configuration is lost.
    fn of_live(directory: &str) -> Self {
        let file = |key: &str, name: &str| (key.to_owned(), format!("{directory}/{name}"));
        let top = vec![file("fullchain", "fullchain.pem"), file("privkey", "privkey.pem")];
        Self { top, ..Self::default() }
    }

    fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).trim().to_owned();
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            match section.as_str() {
                "" => settings.top.push((key.trim().to_owned(), value)),
                "renewalparams" => settings.renewal.push((key.trim().to_owned(), value)),
                "webroot_map" => settings.webroots.push(value),
                _ => {}
            }
        }
        settings
    }

    fn top(&self, key: &str) -> Option<&str> {
        value(&self.top, key)
    }

    fn renewal(&self, key: &str) -> Option<&str> {
        value(&self.renewal, key)
    }

    /// What was really asked for: certbot writes `None` for what was not.
    fn wish(&self, key: &str) -> Option<String> {
        self.renewal(key).filter(|value| !["", "None"].contains(value)).map(str::to_owned)
    }
}

fn value<'a>(values: &'a [(String, String)], key: &str) -> Option<&'a str> {
    values.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use notafter_inventory::adopt::fact::{Trigger, TriggerKind};

    use super::*;

    /// Written by certbot 2.1.0.
    const CONF: &str = "# renew_before_expiry = 30 days\nversion = 2.1.0\narchive_dir = \
        /etc/letsencrypt/archive/shop.example\ncert = /etc/letsencrypt/live/shop.example/cert.pem\nprivkey = \
        /etc/letsencrypt/live/shop.example/privkey.pem\nchain = /etc/letsencrypt/live/shop.example/chain.pem\n\
        fullchain = /etc/letsencrypt/live/shop.example/fullchain.pem\n\n# Options used in the renewal process\n\
        [renewalparams]\naccount = 1a79ee58b6dc9432627a89fec340fb47\nserver = \
        https://acme-v02.api.letsencrypt.org/directory\nkey_type = ecdsa\n";

    fn settings(more: &str) -> Settings {
        Settings::parse(&format!("{CONF}{more}"))
    }

    #[test]
    fn every_way_of_showing_control_is_told_apart() {
        let dns = |provider: &str| Challenge::Dns { provider: provider.to_owned() };
        let other = |name: &str| Challenge::Other { name: name.to_owned() };
        let table = [
            ("authenticator = standalone\n", Challenge::Standalone { port: None }),
            ("authenticator = standalone\nhttp01_port = 8080\n", Challenge::Standalone { port: Some(8080) }),
            (
                "authenticator = webroot\nwebroot_path = /var/www/shop,\n[[webroot_map]]\nshop.example = /var/www/shop\n",
                Challenge::Webroot { root: "/var/www/shop".to_owned() },
            ),
            (
                "authenticator = webroot\n[[webroot_map]]\na = /var/www/a\nb = /var/www/b\n",
                other("webroot with 2 document roots"),
            ),
            ("authenticator = nginx\n", Challenge::WebServer { software: Software::Nginx, config: None }),
            (
                "authenticator = nginx\nnginx_server_root = /opt/nginx\n",
                Challenge::WebServer {
                    software: Software::Nginx,
                    config: Some("/opt/nginx/nginx.conf".to_owned()),
                },
            ),
            ("authenticator = dns-cloudflare\n", dns("cloudflare")),
            ("authenticator = manual\npref_challs = dns-01,\n", dns("manual hook")),
            ("authenticator = manual\n", other("manual")),
            ("", other("unknown")),
        ];
        for (more, expected) in table {
            assert_eq!(challenge(&settings(more)), expected, "{more:?}");
        }
    }

    /// The one appeared nowhere; of the other the broken file was named, and not the certificate that will die.
    #[test]
    fn a_certificate_whose_renewal_configuration_is_lost_or_broken_is_found_and_not_renewed() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join("etc/letsencrypt").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("live/README", "");
        for name in ["shop.example", "noconf.test", "broken.test"] {
            write(&format!("live/{name}/fullchain.pem"), "");
        }
        write("renewal/shop.example.conf", CONF);
        write("renewal/broken.test.conf", "[renewalparams]\n");
        let mut survey = Survey::default();
        Certbot.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        let found: Vec<_> = survey
            .kept
            .iter()
            .map(|kept| format!("{} {}: {:?}", kept.name, kept.chain_file, kept.enabled))
            .collect();
        insta::assert_snapshot!(found.join("\n"));
    }

    /// Only the certificate was found then, as one that nobody is known to renew.
    #[test]
    fn a_home_below_the_directory_that_was_named_is_found() {
        let directory = tempfile::tempdir().unwrap();
        for home in ["srv/a/letsencrypt", "srv/b", "srv/c/d/letsencrypt"] {
            let renewal = directory.path().join(home).join("renewal");
            std::fs::create_dir_all(&renewal).unwrap();
            std::fs::write(renewal.join("shop.example.conf"), CONF).unwrap();
        }
        let mut survey = Survey::default();
        Certbot.discover(&Machine::new(directory.path(), vec!["/srv".to_owned()]), &mut survey);
        let homes: Vec<&str> = survey.kept.iter().map(|kept| kept.home.as_str()).collect();
        assert_eq!(homes, ["/srv/a/letsencrypt", "/srv/b"], "three levels below is too far");
    }

    /// What notafter renews is known by it; and a take-over that broke off is finished with what it says.
    #[test]
    fn what_notafter_set_aside_is_read_until_certbot_makes_another() {
        let directory = tempfile::tempdir().unwrap();
        let renewal = directory.path().join("etc/letsencrypt/renewal");
        std::fs::create_dir_all(&renewal).unwrap();
        let found = || {
            let mut survey = Survey::default();
            Certbot.discover(&Machine::new(directory.path(), vec![]), &mut survey);
            assert_eq!(survey.unseen, []);
            let [kept] = survey.kept.as_slice() else { panic!("{survey:?}") };
            assert_eq!(kept.config_file.as_deref(), Some("/etc/letsencrypt/renewal/shop.example.conf"));
            kept.clone()
        };
        std::fs::write(renewal.join("shop.example.conf.notafter"), CONF).unwrap();
        let aside = found();
        assert_eq!(aside.directory.as_deref(), Some("https://acme-v02.api.letsencrypt.org/directory"));
        let why = "notafter took it over: certbot's settings lie aside as /etc/letsencrypt/renewal/shop.example.conf.notafter, \
                   and `notafter adopt --undo shop.example` brings them back";
        assert_eq!(aside.enabled, Known::No(why.to_owned()));
        std::fs::write(renewal.join("shop.example.conf"), CONF).unwrap();
        assert_eq!(found().enabled, Known::Yes);
    }

    #[test]
    fn what_is_asked_of_keys_and_chains_is_read() {
        let all = wishes(&settings(
            "elliptic_curve = secp384r1\nreuse_key = True\npreferred_chain = ISRG Root X1\nmust_staple = True\n\
             preferred_profile = shortlived\n",
        ));
        let expected = Wishes {
            key: Some(KeySpec::EcdsaP384),
            reuse_key: true,
            preferred_chain: Some("ISRG Root X1".to_owned()),
            profile: Some("shortlived".to_owned()),
            others: vec!["must_staple".to_owned()],
        };
        assert_eq!(all, expected);
        let none = wishes(&settings("reuse_key = False\npreferred_chain = None\n"));
        assert_eq!(none, Wishes { key: Some(KeySpec::EcdsaP256), ..Wishes::default() });
        let key = |text: &str| wishes(&Settings::parse(&format!("[renewalparams]\n{text}"))).key;
        assert_eq!(key("key_type = rsa\nrsa_key_size = 4096\n"), Some(KeySpec::Rsa4096));
        assert_eq!(key("key_type = ecdsa\nelliptic_curve = secp521r1\n"), None);
        assert_eq!(key(""), None, "an old certbot's own choice: the key itself tells");
    }

    #[test]
    fn hooks_are_read_from_settings_directories_and_the_command_that_starts_it() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("etc/letsencrypt/renewal-hooks/pre/stop");
        std::fs::create_dir_all(script.parent().unwrap()).unwrap();
        std::fs::write(script, "").unwrap();
        let machine = Machine::new(directory.path(), vec![]);
        let settings =
            settings("pre_hook = systemctl stop nginx\nrenew_hook = nginx -s reload\npost_hook = None\n");
        let trigger = Trigger {
            kind: TriggerKind::Cron,
            name: "/etc/cron.d/certbot:1".to_owned(),
            command: "certbot renew --pre-hook /opt/pre --deploy-hook 'systemctl reload haproxy'".to_owned(),
            starts: Renewer::Certbot,
            enabled: Known::Yes,
            schedule: String::new(),
            every: None,
            last: None,
            file: "/etc/cron.d/certbot".to_owned(),
        };
        let survey = Survey { triggers: vec![trigger], ..Survey::default() };
        let read = |home: &str, when: &Moment| hooks(&machine, &survey, home, &settings, when);
        assert_eq!(
            read(HOME, &BEFORE),
            ["systemctl stop nginx", "/etc/letsencrypt/renewal-hooks/pre/stop", "/opt/pre"]
        );
        assert_eq!(read(HOME, &AFTER), ["nginx -s reload", "systemctl reload haproxy"]);
        assert_eq!(
            read("/opt/other", &AFTER),
            ["nginx -s reload"],
            "that command starts another home's renewals"
        );
    }

    const START: &str = "2026-11-22 07:14:35,187:DEBUG:certbot._internal.main:certbot version: 2.1.0\n";

    fn read(log: &str) -> Vec<Run> {
        read_log(log, Some("2026-11-22T08:00:00Z".parse().unwrap()), "/etc/letsencrypt", "log")
    }

    #[test]
    fn a_failed_run_names_what_failed_and_why() {
        let log = format!(
            "{START}2026-11-22 07:14:37,001:ERROR:certbot._internal.renewal:Failed to renew certificate shop.example \
             with error: Some challenges have failed.\n2026-11-22 07:14:37,414:ERROR:certbot._internal.log:1 renew \
             failure(s), 0 parse failure(s)\n"
        );
        let runs = read(&log);
        assert_eq!(runs.len(), 1);
        assert_eq!(
            (runs[0].result, runs[0].failed.as_slice()),
            (RunResult::Failed, &["shop.example".to_owned()][..])
        );
        assert_eq!(runs[0].detail, "shop.example: Some challenges have failed.");
    }

    #[test]
    fn a_log_of_several_runs_is_taken_apart() {
        let quiet = "2026-11-22 07:10:13,155:DEBUG:certbot._internal.renewal:no renewal failures\n";
        let other = "2026-11-22 07:11:00,000:DEBUG:certbot._internal.main:Arguments: ['certificates']\n";
        let cut = "2026-11-22 07:12:00,000:DEBUG:certbot._internal.renewal:Processing\n";
        let runs = read(&format!("{START}{quiet}{START}{other}{START}{cut}"));
        let results: Vec<_> = runs.iter().map(|run| (run.at.to_string(), run.result)).collect();
        assert_eq!(
            results,
            [
                ("2026-11-22T07:10:13Z".to_owned(), RunResult::Succeeded),
                ("2026-11-22T08:00:00Z".to_owned(), RunResult::Unknown),
            ]
        );
        assert_eq!(runs[0].detail, "nothing was due");
        assert!(read("").is_empty());
    }

    #[test]
    fn times_before_expiry_are_understood() {
        assert_eq!(duration("30 days"), Some(Span::days(30)));
        assert_eq!(duration("1 week"), Some(Span::days(7)));
        assert_eq!(duration("soon"), None);
    }
}
