//! Settings of the process: flag, environment, file, default.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use notafter_engine::settings::Settings;
use notafter_inventory::openid::{Entitlement, is_plain_here};
use notafter_keys::vault::{Place, Source};
use notafter_net::dns::Override;

use crate::failure::Failure;

/// Options that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Global {
    /// Directory of all state [default: /var/lib/notafter as root, else ~/.local/share/notafter] [env: NOTAFTER_DATA]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) data: Option<PathBuf>,
    /// Settings file [default: /etc/notafter/notafter.toml as root, else ~/.config/notafter/notafter.toml] [env:
    /// NOTAFTER_CONFIG]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,
}

/// The settings in force.
pub(crate) fn load(global: &Global) -> Result<Settings, Failure> {
    let named = global.config.clone().or_else(|| std::env::var_os("NOTAFTER_CONFIG").map(PathBuf::from));
    let (path, must_exist) = named.map_or_else(|| (default_config(), false), |path| (path, true));
    let mut settings = read(&path, must_exist)?;
    override_from_environment(&mut settings)?;
    if let Some(data) = &global.data {
        settings.data = Some(data.clone());
    }
    make_sense(&settings)?;
    settings.data.get_or_insert_with(default_data);
    settings.key_encryption_key.get_or_insert_with(|| config_directory().join("key-encryption-key"));
    Ok(settings)
}

fn read(path: &Path, must_exist: bool) -> Result<Settings, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            Failure::usage(
                format!("{} is not a valid settings file", path.display()),
                "docs/settings.md lists every key; an unknown one is an error so that a typo cannot hide",
            )
            .because(error.to_string().trim_end())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(Settings::default()),
        Err(error) => {
            let hint = "check the path and its permissions, or leave --config out";
            Err(Failure::new(format!("cannot read the settings file {}", path.display()), hint)
                .because(error))
        }
    }
}

/// The keys whose values are lists of texts.
const LISTS: [&str; 1] = ["resolve"];

/// Every key is also `NOTAFTER_<KEY>`; values are read as TOML, and as plain text where they are not TOML.
fn override_from_environment(settings: &mut Settings) -> Result<(), Failure> {
    for key in Settings::KEYS {
        let name = format!("NOTAFTER_{}", key.to_uppercase());
        let Some(text) = std::env::var_os(&name) else { continue };
        let wrong = |why: String| {
            Failure::usage(
                format!("the variable {name} has a wrong value"),
                "docs/settings.md lists every key",
            )
            .because(why)
        };
        let text = text.into_string().map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        let mut table = toml::Table::try_from(&*settings).map_err(|error| {
            Failure::new("the settings cannot be written as TOML", "report this").because(error)
        })?;
        let value = format!("value = {text}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut parsed| parsed.remove("value"))
            .unwrap_or(toml::Value::String(text));
        let value = match value {
            toml::Value::String(text) if LISTS.contains(key) => entries(&text).into(),
            value => value,
        };
        table.insert((*key).to_owned(), value);
        *settings = table.try_into().map_err(|error: toml::de::Error| wrong(words(error.message())))?;
    }
    Ok(())
}

/// The entries of a list that is written as plain text, apart by commas or white space. An address alone goes on with the
/// addresses of the entry before it.
fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for part in
        text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|part| !part.is_empty())
    {
        let is_address = part.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        match entries.last_mut().filter(|_| is_address) {
            Some(entry) => entry.extend([",", part]),
            None => entries.push(part.to_owned()),
        }
    }
    entries
}

/// The kinds of values as a person knows them.
fn words(message: &str) -> String {
    let kinds = [
        ("usize", "a whole number"),
        ("u32", "a whole number"),
        ("u16", "a whole number"),
        ("a sequence", "a list"),
    ];
    kinds.iter().fold(message.to_owned(), |text, (ours, plain)| text.replace(ours, plain))
}

/// A minute less than the lease under which a message is sent.
const LONGEST_MESSAGE_MS: u32 = 240_000;

/// What a source of a key-encryption key looks like.
pub(crate) const SOURCES_OF_KEYS: &str = "a path, credential:NAME, passphrase:file:PATH, passphrase:env:NAME or passphrase:credential:NAME; never the passphrase \
     itself";

/// Whether a key-encryption key can come from there.
pub(crate) fn is_a_source_of_keys(text: &Path) -> bool {
    !text.as_os_str().is_empty() && Source::parse(text).is_ok()
}

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// Values that are of the right kind and cannot be meant: seen here, before anything is looked at.
pub(crate) fn make_sense(settings: &Settings) -> Result<(), Failure> {
    let begins = |value: &Option<String>, schemes: [&str; 2]| {
        value.as_ref().is_none_or(|value| schemes.iter().any(|scheme| value.starts_with(scheme)))
    };
    let rules = [
        (
            "key_encryption_key",
            settings.key_encryption_key.as_deref().is_none_or(is_a_source_of_keys),
            SOURCES_OF_KEYS,
        ),
        (
            "resolve",
            settings.resolve.iter().all(|text| text.parse::<Override>().is_ok()),
            "a list such as [\"shop.example:443:192.0.2.7\"]: host, port and addresses",
        ),
        ("log_level", LEVELS.contains(&settings.log_level.as_str()), "error, warn, info, debug or trace"),
        ("log_format", ["logfmt", "json"].contains(&settings.log_format.as_str()), "logfmt or json"),
        ("scan_parallel", settings.scan_parallel > 0, "at least 1"),
        ("renew_parallel", settings.renew_parallel > 0, "at least 1"),
        ("look_timeout_ms", settings.look_timeout_ms > 0, "at least 1"),
        (
            "message_timeout_ms",
            (1..=LONGEST_MESSAGE_MS).contains(&settings.message_timeout_ms),
            "from 1 to 240000: another loop takes a message that is on its way for longer",
        ),
        ("http01_port", settings.http01_port > 0, "80, but in tests"),
        (
            "database",
            begins(&settings.database, ["postgres://", "postgresql://"]),
            "postgres://USER@HOST/NAME, or left out for SQLite",
        ),
        (
            "base_url",
            settings.base_url.as_deref().is_none_or(is_a_site),
            "https:// or http:// with a host, and a port if need be; the pages are at its root",
        ),
        ("dead_man_url", begins(&settings.dead_man_url, ["https://", "http://"]), "an https or http URL"),
    ];
    for (key, makes_sense, wanted) in
        listeners(settings).into_iter().chain(status_page(settings)).chain(provider(settings)).chain(rules)
    {
        if !makes_sense {
            let hint = "docs/settings.md lists every key";
            return Err(Failure::usage(format!("the setting {key} has a wrong value"), hint)
                .because(format!("it must be {wanted}")));
        }
    }
    Ok(())
}

/// What is wanted of the settings of the status page.
fn status_page(settings: &Settings) -> [(&'static str, bool, &'static str); 5] {
    [
        (
            "status_url",
            settings.status_url.as_deref().is_none_or(is_a_site),
            "https:// or http:// with a host, and a port if need be; the page is at its root",
        ),
        (
            "status_name",
            !settings.status_name.trim().is_empty() && !settings.status_name.contains(char::is_control),
            "a few words on one line",
        ),
        (
            "status_contact",
            settings.status_contact.as_ref().is_none_or(|words| {
                !words.trim().is_empty() && words.len() <= 200 && !words.contains(char::is_control)
            }),
            "an address of mail or of the web, or a few words, on one line",
        ),
        (
            "status_mail",
            settings.status_mail.is_none() || settings.status_url.is_some() || settings.base_url.is_some(),
            "written beside status_url or base_url: the links of mails begin with it",
        ),
        (
            "status_folder",
            settings.status_folder.as_ref().is_none_or(|path| path.is_absolute()),
            "the whole path of a folder, such as /srv/status",
        ),
    ]
}

/// What is wanted of the settings of the listeners.
fn listeners(settings: &Settings) -> [(&'static str, bool, &'static str); 6] {
    let is_served = settings.tls_lineage.is_some() || settings.tls_certificate.is_some();
    [
        (
            "listen",
            settings.listen.parse::<SocketAddr>().is_ok(),
            "an address and a port, such as 127.0.0.1:8400",
        ),
        (
            "tls_listen",
            settings.tls_listen.as_ref().is_none_or(|text| text.parse::<SocketAddr>().is_ok()),
            "an address and a port, such as [::]:8443",
        ),
        (
            "status_listen",
            settings.status_listen.as_ref().is_none_or(|text| text.parse::<SocketAddr>().is_ok()),
            "an address and a port, such as 127.0.0.1:8401",
        ),
        (
            "tls_key",
            settings.tls_key.is_some() == settings.tls_certificate.is_some(),
            "written beside tls_certificate: the one is the key of the other",
        ),
        (
            "tls_lineage",
            settings.tls_lineage.is_none() || settings.tls_certificate.is_none(),
            "written alone: tls_certificate and tls_key say otherwise what is served",
        ),
        (
            "tls_listen",
            settings.tls_listen.is_none() || is_served,
            "written beside what is to be served there: tls_lineage, or tls_certificate and tls_key",
        ),
    ]
}

/// What is wanted of the settings of a provider that people sign in through.
fn provider(settings: &Settings) -> [(&'static str, bool, &'static str); 6] {
    let is_issuer = |text: &String| {
        let Ok(url) = url::Url::parse(text) else { return false };
        let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        is_bare && url.has_host() && (url.scheme() == "https" || is_plain_here(&url))
    };
    let is_set = settings.openid_issuer.is_some();
    let is_plain = |text: &String| !text.trim().is_empty() && !text.contains(char::is_control);
    let plain = |text: &Option<String>| text.as_ref().is_none_or(is_plain);
    [
        (
            "openid_issuer",
            settings.openid_issuer.as_ref().is_none_or(is_issuer),
            "the provider's issuer, as it writes it itself: https:// with a host (http:// at 127.0.0.1, [::1] or localhost), without a question mark",
        ),
        (
            "openid_client",
            settings.openid_client.is_some() == is_set && plain(&settings.openid_client),
            "written beside openid_issuer: what this installation is called at the provider",
        ),
        (
            "openid_secret",
            settings.openid_secret.as_ref().is_none_or(|text| Place::parse(text).is_ok()),
            "env:NAME, file:/PATH or credential:NAME; never the secret itself",
        ),
        ("openid_name", plain(&settings.openid_name), "a few words on one line"),
        (
            "openid_claim",
            settings.openid_claim.is_some() != settings.openid_rights.is_empty()
                && plain(&settings.openid_claim),
            "written beside openid_rights: the name of the claim whose values are in there",
        ),
        (
            "openid_rights",
            settings.openid_rights.values().all(|text| text.parse::<Entitlement>().is_ok()),
            "values of the claim, each with a role or a role for an owner: { admins = \"admin\", pay = \"operator:payments\" }",
        ),
    ]
}

/// A scheme and a host: pages and links begin at the root of it.
fn is_a_site(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let rest = &url[url::Position::BeforePath..];
    ["https", "http"].contains(&url.scheme()) && url.has_host() && url.username().is_empty() && rest == "/"
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn config_directory() -> PathBuf {
    if is_root() {
        return PathBuf::from("/etc/notafter");
    }
    base_directory("XDG_CONFIG_HOME", ".config").join("notafter")
}

fn default_config() -> PathBuf {
    config_directory().join("notafter.toml")
}

fn default_data() -> PathBuf {
    if is_root() {
        PathBuf::from("/var/lib/notafter")
    } else {
        base_directory("XDG_DATA_HOME", ".local/share").join("notafter")
    }
}

fn base_directory(variable: &str, below_home: &str) -> PathBuf {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute()).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/".into())).join(below_home)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notafter.toml");
        std::fs::write(&path, "listne = \"127.0.0.1:1\"\n").unwrap();
        let error = read(&path, true).unwrap_err().to_string();
        assert!(error.contains("listne"), "{error}");
    }

    /// A list had to be written as TOML in the environment, and nothing said so: "expected a list".
    #[test]
    fn a_list_may_be_plain_text_in_a_variable() {
        for (text, wanted) in [
            ("shop.test:443:127.0.0.1", vec!["shop.test:443:127.0.0.1"]),
            (
                "a.test:443:127.0.0.1,[::1],b.test:443:10.0.0.1",
                vec!["a.test:443:127.0.0.1,[::1]", "b.test:443:10.0.0.1"],
            ),
            (" a.test:443:10.0.0.1, *:8443:::1\n", vec!["a.test:443:10.0.0.1", "*:8443:::1"]),
            ("", vec![]),
        ] {
            let entries = entries(text);
            assert_eq!(entries, wanted);
            assert!(entries.iter().all(|entry| entry.parse::<Override>().is_ok()), "{entries:?}");
        }
    }

    #[test]
    fn a_message_is_on_its_way_for_less_than_its_lease() {
        for (ms, fits) in [(0, false), (1, true), (240_000, true), (240_001, false)] {
            let settings = Settings { message_timeout_ms: ms, ..Settings::default() };
            assert_eq!(make_sense(&settings).is_ok(), fits, "{ms}");
        }
    }

    #[test]
    fn a_provider_is_written_whole_or_not_at_all() {
        let text = |text: &str| Some(text.to_owned());
        let rights = |right: &str| [("staff".to_owned(), right.to_owned())].into();
        let whole = Settings {
            openid_issuer: text("https://id.example/realms/staff"),
            openid_client: text("notafter"),
            openid_secret: text("env:SECRET"),
            openid_claim: text("groups"),
            openid_rights: rights("operator:payments"),
            ..Settings::default()
        };
        let here = Settings { openid_issuer: text("http://127.0.0.1:3000"), ..whole.clone() };
        let public = Settings { openid_secret: None, ..whole.clone() };
        for settings in [&whole, &here, &public] {
            assert!(make_sense(settings).is_ok());
        }
        for (settings, key) in [
            (Settings { openid_issuer: None, ..whole.clone() }, "openid_client"),
            (Settings { openid_client: None, ..whole.clone() }, "openid_client"),
            (Settings { openid_issuer: text("http://id.example"), ..whole.clone() }, "openid_issuer"),
            // Names below localhost are this machine's by custom alone: the provider was refused at the first sign-in.
            (Settings { openid_issuer: text("http://id.localhost"), ..whole.clone() }, "openid_issuer"),
            (Settings { openid_issuer: text("https://id.example?x"), ..whole.clone() }, "openid_issuer"),
            (Settings { openid_secret: text("hunter2"), ..whole.clone() }, "openid_secret"),
            (Settings { openid_name: text("a\nb"), ..whole.clone() }, "openid_name"),
            (Settings { openid_claim: None, ..whole.clone() }, "openid_claim"),
            (Settings { openid_rights: rights("root"), ..whole.clone() }, "openid_rights"),
        ] {
            let told = make_sense(&settings).unwrap_err().to_string();
            assert!(told.contains(key) && !told.contains("hunter2"), "{key}: {told}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error_only_when_it_was_named() {
        let path = Path::new("/nonexistent/notafter.toml");
        assert!(read(path, true).is_err());
        assert!(read(path, false).is_ok());
    }
}
