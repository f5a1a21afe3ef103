//! acme.sh's home: `DOMAIN/DOMAIN.conf` with `Le_*` settings, `ca/HOST/PATH/` with accounts.

use notafter_cert::{KeySpec, Span, Time};
use notafter_inventory::adopt::fact::{
    AccountTrace, Challenge, Installs, Kept, Known, Run, RunResult, Software, Survey, Validity, Wishes,
};
use notafter_inventory::model::Renewer;

use super::machine::{Blind, Machine, join};
use super::{Discoverer, Meta, files, meant, option, seen};

/// acme.sh.
pub(super) struct AcmeSh;

/// What lies in every home of acme.sh, for itself.
const ACCOUNT: &str = "account.conf";
/// As much of a log's end as is searched.
const LOG_TAIL: u64 = 1 << 20;

impl Discoverer for AcmeSh {
    fn meta(&self) -> Meta {
        Meta {
            name: "acme_sh",
            title: "certificates that acme.sh keeps",
            reads: &["~/.acme.sh", "--home of cron entries", "its log, where it keeps one"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let mut homes: Vec<String> = machine.homes().iter().map(|home| join(home, ".acme.sh")).collect();
        homes.extend(machine.also().iter().map(|also| join(also, ".acme.sh")));
        homes.extend(meant(machine, ACCOUNT));
        let started = survey.triggers.iter().filter(|trigger| trigger.starts == Renewer::AcmeSh);
        homes.extend(started.filter_map(|it| option(&it.command, "--home")).map(|path| machine.own(path)));
        homes.sort();
        homes.dedup();
        for home in homes {
            let before = survey.kept.len();
            keep(machine, survey, &home);
            if survey.kept.len() > before {
                runs(machine, survey, &home);
            }
        }
    }
}

fn keep(machine: &Machine, survey: &mut Survey, home: &str) {
    let entries = machine.list(home);
    // In another program's directory no settings of acme.sh are missed.
    let is_its_home = home.ends_with("/.acme.sh") || machine.exists(&join(home, ACCOUNT)) != Ok(false);
    for entry in seen(survey, home, entries).unwrap_or_default() {
        if !entry.is_directory {
            continue;
        }
        let domain = entry.name.strip_suffix("_ecc").unwrap_or(&entry.name);
        let config = format!("{}/{domain}.conf", entry.path);
        let text = match machine.read_text(&config) {
            Err(_) if !is_its_home => continue,
            text => text,
        };
        let Some(text) = seen(survey, &config, text) else { continue };
        if let Some(kept) = lineage(machine, survey, (home, &entry.path), &Settings(&text)) {
            super::keep(survey, Kept { config_file: Some(config), ..kept });
        }
    }
}

fn lineage(
    machine: &Machine,
    survey: &mut Survey,
    (home, directory): (&str, &str),
    settings: &Settings<'_>,
) -> Option<Kept> {
    let domain = settings.get("Le_Domain")?;
    let chain_file = join(directory, "fullchain.cer");
    let time = |key: &str| settings.get(key)?.parse().ok().map(Time::from_unix_seconds);
    let installed = |key: &str| settings.get(key).map(|path| machine.own(&path));
    let installs = Installs {
        key: installed("Le_RealKeyPath"),
        certificate: installed("Le_RealCertPath"),
        chain: installed("Le_RealCACertPath"),
        full_chain: installed("Le_RealFullChainPath"),
    };
    let history: Vec<Validity> = files::validity(machine, &chain_file).into_iter().collect();
    Some(Kept {
        renewer: Renewer::AcmeSh,
        // Two key types of one name live in two directories: the directory is the name.
        name: directory.rsplit('/').next().unwrap_or(&domain).to_owned(),
        home: home.to_owned(),
        key_file: Some(join(directory, &format!("{domain}.key"))),
        copies: installs.full_chain.iter().chain(&installs.certificate).cloned().collect(),
        installs,
        config_file: None,
        account: settings.get("Le_API").and_then(|url| account(machine, survey, home, &url)),
        directory: settings.get("Le_API"),
        challenge: challenge(settings),
        wishes: wishes(settings),
        hooks_before: settings.get("Le_PreHook").into_iter().collect(),
        hooks: ["Le_ReloadCmd", "Le_RenewHook", "Le_PostHook", "Le_DeployHook"]
            .into_iter()
            .filter_map(|key| settings.get(key))
            .collect(),
        enabled: Known::Yes,
        renews_before: history
            .first()
            .zip(time("Le_NextRenewTime"))
            .map(|(newest, next)| newest.not_after.since(next))
            .filter(|&margin| margin > Span::ZERO),
        planned_at: time("Le_NextRenewTime"),
        history,
        chain_file,
    })
}

/// acme.sh keeps a key until it is told to make a new one each time (`--always-force-new-domain-key`).
fn wishes(settings: &Settings<'_>) -> Wishes {
    let is = |key: &str| settings.get(key).as_deref() == Some("1");
    Wishes {
        key: match settings.get("Le_Keylength").as_deref() {
            Some("ec-256") => Some(KeySpec::EcdsaP256),
            Some("ec-384") => Some(KeySpec::EcdsaP384),
            Some("2048") => Some(KeySpec::Rsa2048),
            Some("3072") => Some(KeySpec::Rsa3072),
            Some("4096") => Some(KeySpec::Rsa4096),
            _ => None,
        },
        reuse_key: !is("Le_ForceNewDomainKey"),
        preferred_chain: settings.get("Le_Preferred_Chain"),
        profile: settings.get("Le_Certificate_Profile"),
        others: ["Le_OCSP_Staple"].into_iter().filter(|key| is(key)).map(str::to_owned).collect(),
    }
}

fn challenge(settings: &Settings<'_>) -> Challenge {
    let webroot = settings.get("Le_Webroot").unwrap_or_default();
    let mut ways: Vec<&str> = webroot.split(',').filter(|way| !way.is_empty()).collect();
    ways.dedup();
    let [way] = ways.as_slice() else { return Challenge::Other { name: webroot } };
    match *way {
        "no" => Challenge::Standalone {
            port: settings.get("Le_HTTPPort").and_then(|port| port.parse().ok()).filter(|&port| port != 80),
        },
        "dns" => Challenge::Dns { provider: "manual".to_owned() },
        "apache" => Challenge::WebServer { software: Software::Apache, config: None },
        // `nginx:` or, with a configuration file of one's own, `nginx:/path`.
        way if way.starts_with("nginx") => {
            let config = way.split_once(':').map(|(_, path)| path.to_owned());
            Challenge::WebServer {
                software: Software::Nginx,
                config: config.filter(|path| path.starts_with('/')),
            }
        }
        way if way.starts_with("dns_") => {
            Challenge::Dns { provider: way.trim_start_matches("dns_").to_owned() }
        }
        way if way.starts_with('/') => Challenge::Webroot { root: way.to_owned() },
        way => Challenge::Other { name: way.to_owned() },
    }
}

/// `ca/HOST/PATH`, without a port (acme.sh's `_initpath`).
fn account(machine: &Machine, survey: &mut Survey, home: &str, api: &str) -> Option<AccountTrace> {
    let (host, path) = api.split_once("://")?.1.split_once('/')?;
    let host = host.split(':').next()?;
    let directory = format!("{home}/ca/{host}/{path}");
    let key_file = join(&directory, "account.key");
    if !seen(survey, &key_file, machine.exists(&key_file))? {
        return None;
    }
    let about = join(&directory, "ca.conf");
    let text = match machine.read_text(&about) {
        Err(Blind::Missing) => String::new(),
        read => seen(survey, &about, read)?,
    };
    let settings = Settings(&text);
    let contact = settings.get("CA_EMAIL").map(|mail| format!("mailto:{mail}"));
    Some(AccountTrace { key_file, url: settings.get("ACCOUNT_URL"), contact: contact.into_iter().collect() })
}

/// acme.sh keeps a log only where it is told to (`LOG_FILE` in `account.conf`).
fn runs(machine: &Machine, survey: &mut Survey, home: &str) {
    let text = machine.read_text(&join(home, "account.conf")).unwrap_or_default();
    let Some(log) = Settings(&text).get("LOG_FILE") else { return };
    let tail = machine.read_tail(&log, LOG_TAIL);
    let (Some(tail), Some(at)) = (seen(survey, &log, tail), machine.modified(&log)) else { return };
    survey.runs.extend(read_log(&String::from_utf8_lossy(&tail), at, home, &log));
}

fn read_log(text: &str, at: Time, home: &str, log: &str) -> Option<Run> {
    let last = text.rfind("===Starting cron===")?;
    let run = &text[last..];
    let plain = |line: &str| line.split_once("] ").map_or(line, |(_, rest)| rest).to_owned();
    let failed: Vec<String> = run
        .lines()
        .filter_map(|line| line.split_once("Error renewing ").or_else(|| line.split_once("Error renew ")))
        .map(|(_, name)| name.trim_end_matches('.').trim().to_owned())
        .collect();
    let complaint = run.lines().find(|line| line.contains("Error")).map(plain);
    let (result, detail) = match complaint {
        Some(complaint) => (RunResult::Failed, complaint),
        None if run.contains("===End cron===") => (RunResult::Succeeded, "ended without an error".to_owned()),
        None => (RunResult::Unknown, "the log does not tell how it ended".to_owned()),
    };
    Some(Run {
        renewer: Renewer::AcmeSh,
        home: Some(home.to_owned()),
        at,
        result,
        detail,
        source: log.to_owned(),
        failed,
    })
}

/// Shell assignments: `Le_Domain='shop.example'`; commands are wrapped in base64.
struct Settings<'a>(&'a str);

impl Settings<'_> {
    fn get(&self, key: &str) -> Option<String> {
        let line = self.0.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?;
        let value = line.trim().trim_matches(['\'', '"']);
        let wrapped =
            value.strip_prefix("__ACME_BASE64__START_").and_then(|it| it.strip_suffix("__ACME_BASE64__END_"));
        let value = match wrapped.map(notafter_cert::base64::decode) {
            Some(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => value.to_owned(),
        };
        (!value.is_empty()).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = "Le_Domain='shop.example'\nLe_Alt='www.shop.example'\nLe_Webroot='/var/www/shop'\n\
        Le_PreHook=''\nLe_PostHook=''\nLe_RenewHook=''\nLe_API='https://acme-v02.api.letsencrypt.org/directory'\n\
        Le_Keylength='ec-256'\nLe_CertCreateTime='1732250000'\nLe_NextRenewTime='1737350000'\n\
        Le_RealFullChainPath='/etc/nginx/ssl/shop.pem'\n\
        Le_ReloadCmd='__ACME_BASE64__START_c3lzdGVtY3RsIHJlbG9hZCBuZ2lueA==__ACME_BASE64__END_'\n";

    #[test]
    fn settings_are_unwrapped() {
        let settings = Settings(CONF);
        assert_eq!(settings.get("Le_ReloadCmd").as_deref(), Some("systemctl reload nginx"));
        assert_eq!(settings.get("Le_PreHook"), None);
        let usual = Wishes { key: Some(KeySpec::EcdsaP256), reuse_key: true, ..Wishes::default() };
        assert_eq!(wishes(&settings), usual);
        let told =
            Settings("Le_ForceNewDomainKey='1'\nLe_Preferred_Chain='ISRG Root X1'\nLe_Keylength='4096'\n");
        assert_eq!(
            wishes(&told),
            Wishes {
                key: Some(KeySpec::Rsa4096),
                preferred_chain: Some("ISRG Root X1".to_owned()),
                ..Wishes::default()
            }
        );
        assert_eq!(challenge(&settings), Challenge::Webroot { root: "/var/www/shop".to_owned() });
    }

    #[test]
    fn a_home_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("root/.acme.sh/shop.example_ecc");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("shop.example.conf"), CONF).unwrap();
        let mut survey = Survey::default();
        AcmeSh.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        let [kept] = survey.kept.as_slice() else { panic!("{survey:?}") };
        assert_eq!(kept.name, "shop.example_ecc");
        assert_eq!(kept.chain_file, "/root/.acme.sh/shop.example_ecc/fullchain.cer");
        assert_eq!(kept.copies, ["/etc/nginx/ssl/shop.pem"]);
        assert_eq!(kept.hooks, ["systemctl reload nginx"]);
        assert_eq!(kept.planned_at.unwrap().unix_seconds(), 1_737_350_000);
    }

    /// "accounts/accounts.conf: permission denied", of a file that certbot never had.
    #[test]
    fn settings_of_acme_sh_are_not_missed_where_another_program_lives() {
        let directory = tempfile::tempdir().unwrap();
        let unseen = || {
            let mut survey = Survey::default();
            AcmeSh.discover(&Machine::new(directory.path(), vec!["/srv/le".to_owned()]), &mut survey);
            survey.unseen
        };
        std::fs::create_dir_all(directory.path().join("srv/le/accounts/accounts.conf")).unwrap();
        assert_eq!(unseen(), []);
        std::fs::write(directory.path().join("srv/le/account.conf"), "").unwrap();
        assert_eq!(unseen().len(), 1, "its own are");
    }

    /// As acme.sh 3.1.4 wrote it for `--server https://127.0.0.1:24000/dir`.
    #[test]
    fn an_account_lies_below_its_host_without_the_port() {
        let directory = tempfile::tempdir().unwrap();
        let account_of = directory.path().join("root/.acme.sh/ca/127.0.0.1/dir");
        std::fs::create_dir_all(&account_of).unwrap();
        std::fs::write(account_of.join("account.key"), "").unwrap();
        let settings = "CA_EMAIL='ops@shop.example'\nACCOUNT_URL='https://127.0.0.1:24000/my-account/3b'\n";
        std::fs::write(account_of.join("ca.conf"), settings).unwrap();
        let machine = Machine::new(directory.path(), vec![]);
        let mut survey = Survey::default();
        let found = account(&machine, &mut survey, "/root/.acme.sh", "https://127.0.0.1:24000/dir").unwrap();
        assert_eq!(found.key_file, "/root/.acme.sh/ca/127.0.0.1/dir/account.key");
        assert_eq!(found.url.as_deref(), Some("https://127.0.0.1:24000/my-account/3b"));
        assert_eq!(found.contact, ["mailto:ops@shop.example"]);

        // Its files were "not found", whatever kept them from being read.
        std::fs::remove_file(account_of.join("ca.conf")).unwrap();
        std::fs::create_dir(account_of.join("ca.conf")).unwrap();
        assert_eq!(account(&machine, &mut survey, "/root/.acme.sh", "https://127.0.0.1:24000/dir"), None);
        assert_eq!(survey.unseen[0].what, "/root/.acme.sh/ca/127.0.0.1/dir/ca.conf");
    }

    #[test]
    fn every_way_of_showing_control_is_told_apart() {
        let table = [
            ("no", Challenge::Standalone { port: None }),
            ("dns_cf", Challenge::Dns { provider: "cf".to_owned() }),
            ("nginx:", Challenge::WebServer { software: Software::Nginx, config: None }),
            ("alpn", Challenge::Other { name: "alpn".to_owned() }),
            ("/a,/b", Challenge::Other { name: "/a,/b".to_owned() }),
        ];
        for (written, expected) in table {
            assert_eq!(challenge(&Settings(&format!("Le_Webroot='{written}'\n"))), expected, "{written}");
        }
    }

    #[test]
    fn a_failing_run_is_read_from_the_log() {
        let at = "2026-11-22T04:40:00Z".parse().unwrap();
        let log = "[Sat] ===Starting cron===\n[Sat] ===End cron===\n[Sun Nov 22 04:37:01 UTC 2026] ===Starting \
                   cron===\n[Sun] Error renewing shop.example.\n[Sun] ===End cron===\n";
        let run = read_log(log, at, "/root/.acme.sh", "log").unwrap();
        assert_eq!((run.result, run.failed), (RunResult::Failed, vec!["shop.example".to_owned()]));
        assert_eq!(run.detail, "Error renewing shop.example.");
    }
}
