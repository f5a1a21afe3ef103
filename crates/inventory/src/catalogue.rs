//! Every code that notafter shows: of findings, of errors, of notes. A code keeps its meaning for ever; one that is no
//! longer given moves to the list of retired ones, so that nobody gives it another.

use crate::rule::{self, Rule};

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `area.kebab-case`.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Where it is met.
    pub origin: Origin,
}

/// Where a code is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A rule finds it; everything else about it is in the rule.
    Finding,
    /// An error carries it.
    Error,
    /// A note carries it: odd, without harm.
    Note,
    /// Nobody gives it any more.
    Retired,
}

/// Every code, findings first, in human order.
pub fn all() -> impl Iterator<Item = Entry> {
    let finding =
        |rule: &&Rule| Entry { code: rule.meta.code, title: rule.meta.title, origin: Origin::Finding };
    let entries = |list: &'static [(&'static str, &'static str)], origin: Origin| {
        list.iter().map(move |(code, title)| Entry { code, title, origin })
    };
    rule::ALL
        .iter()
        .map(finding)
        .chain(entries(ERRORS, Origin::Error))
        .chain(entries(NOTES, Origin::Note))
        .chain(entries(RETIRED, Origin::Retired))
}

/// The entry of this code.
#[must_use]
pub fn find(code: &str) -> Option<Entry> {
    all().find(|entry| entry.code == code)
}

/// What to write instead of a code that is none, among the codes that `fit`: the nearest one, else all of its area.
pub fn meant(code: &str, fit: impl Fn(&Entry) -> bool) -> Option<String> {
    let codes = || all().filter(&fit).map(|entry| entry.code);
    let name = |code: &'static str| code.split_once('.').map_or(code, |(_, name)| name);
    let slips = |known: &&str| strsim::osa_distance(known, code);
    let nearest = codes().min_by_key(slips).filter(|known| slips(known) <= 1 + known.len() / 8);
    if let Some(known) = nearest.or_else(|| codes().find(|known| name(known) == code)) {
        return Some(format!("did you mean {known}?"));
    }
    let area = |code: &'static str| code.split_once('.').map_or(code, |(area, _)| area);
    let (written, rest) = code.split_once('.')?;
    let slips = |known: &&str| strsim::osa_distance(known, written);
    let nearest = codes().map(area).min_by_key(slips).filter(|known| slips(known) <= 2)?;
    if rest == "*" && nearest != written {
        return Some(format!("did you mean {nearest}.*?"));
    }
    let list: Vec<&str> = codes().filter(|code| area(code) == nearest).collect();
    Some(format!("codes of {nearest} are: {}", list.join(", ")))
}

/// A code that covers no finding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no finding has the code {code:?}")]
pub struct CoversNothing {
    code: String,
    /// Why that matters.
    pub why: &'static str,
    /// What to write.
    pub hint: String,
}

/// Whether findings can have this code, or one that begins so: `renewal.*`.
///
/// # Errors
/// None can.
pub fn covers_findings(code: &str) -> Result<(), CoversNothing> {
    let alerted = |entry: &Entry| matches!(entry.origin, Origin::Finding | Origin::Retired);
    let covers = |entry: Entry| match code.strip_suffix('*') {
        Some(beginning) => !beginning.is_empty() && entry.code.starts_with(beginning),
        None => entry.code == code,
    };
    if all().filter(alerted).any(covers) {
        return Ok(());
    }
    let hint = meant(code, alerted).unwrap_or_else(|| {
        "write a code as `notafter alert list` shows it, or a whole area such as renewal.*".to_owned()
    });
    let why = match find(code) {
        Some(_) => "it is an error's or a note's, told where it happens; only findings are alerted",
        None if code == "*" => "a silence over everything is a switched-off smoke alarm",
        None => "a silence that covers nothing would be a false comfort",
    };
    Err(CoversNothing { code: code.to_owned(), why, hint })
}

/// Codes of errors (`Trouble::code`), area by area.
const ERRORS: &[(&str, &str)] = &[
    ("target.unparsable", "not a target"),
    ("file.unreadable", "file cannot be read"),
    ("dns.no-address", "name without an address"),
    ("dns.failed", "name servers failed"),
    ("trust.unusable", "trust anchors cannot be used"),
    ("http.bad-request", "request cannot be made"),
    ("http.dns", "server's name does not resolve"),
    ("http.connect", "no connection to the server"),
    ("http.tls", "no TLS with the server"),
    ("http.timeout", "server does not answer in time"),
    ("http.too-large", "answer is too large"),
    ("http.forbidden", "address is not allowed"),
    ("http.broken", "answer breaks HTTP"),
    ("cert.unparsable", "not a certificate"),
    ("cert.no-chain", "no chain in the file"),
    ("cert.unreadable-chain", "chain without a leaf"),
    ("cert.unknown-container", "neither PEM nor DER"),
    ("key.unparsable", "not a private key"),
    ("key.encrypted", "private key is encrypted"),
    ("key.unsupported", "kind of key is not known"),
    ("key.refused", "key cannot be used"),
    ("key.mismatch", "key does not fit the certificate"),
    ("key.bad-identifier", "name cannot be put into a request"),
    ("pkcs12.not-opened", "PKCS#12 cannot be opened"),
    ("pkcs12.not-made", "PKCS#12 cannot be made"),
    ("pkcs12.too-slow", "PKCS#12 asks for too much work"),
    ("pkcs12.too-large", "PKCS#12 is too large"),
    ("settings.missing", "setting is missing"),
    ("installation.absent", "no installation in the data directory"),
    ("engine.panic", "task panicked"),
    ("settings.resolve", "override of an address cannot be read"),
    ("import.unreadable", "file to import cannot be read"),
    ("import.no-chain", "file to import holds no chain"),
    ("import.other-names", "certificate to import does not cover the lineage's names"),
    ("import.unusable-chain", "chain to import cannot be served"),
    ("import.untrusted", "chain to import is not trusted where it would be served"),
    ("import.ends-sooner", "certificate to import ends before the present one"),
    ("lineage.unknown", "lineage is not known"),
    ("lineage.watch-only", "lineage is renewed by somebody else"),
    ("lineage.no-version", "lineage has no certificate yet"),
    ("lineage.no-earlier-version", "nothing to go back to"),
    ("lineage.revoked-version", "certificate to go back to is revoked"),
    ("lineage.blocked-key", "key of the certificate to go back to is blocked"),
    ("lineage.ending-version", "certificate to go back to is about to expire"),
    ("lineage.expired-version", "certificate to go back to has expired"),
    ("vault.unknown-source", "source of the key-encryption key is not known"),
    ("vault.no-credentials", "systemd handed no credential over"),
    ("vault.no-file", "no file where a passphrase or key is read"),
    ("vault.no-passphrase", "no passphrase where the vault's is read"),
    ("vault.no-variable", "environment variable with the passphrase is not set"),
    ("vault.short-passphrase", "passphrase is too short"),
    ("vault.too-long", "passphrase is longer than is read"),
    ("vault.wrong-passphrase", "passphrase is not the vault's"),
    ("vault.not-by-passphrase", "vault is not sealed with a passphrase"),
    ("vault.no-next-key", "next key-encryption key must be named"),
    ("vault.same-key", "key is the vault's already"),
    ("vault.rotation-open", "earlier rotation was interrupted"),
    ("revoke.issuer-gone", "CA of the certificate is not in the inventory any more"),
    ("revoke.no-key", "key of the certificate is not in the vault"),
    ("revoke.unknown-reason", "reason of revocation is not known"),
    ("store.no-default-owner", "default owner is missing"),
    ("issuer.unknown", "issuer is not known"),
    ("issuer.no-account-key", "issuer without an account key"),
    ("issuer.no-account", "issuer without an account"),
    ("issuer.orders-open", "orders of the account are under way"),
    ("issuer.rollover-open", "change of the account key is not certain yet"),
    ("issuer.rollover-unreadable", "stored state of a change of the account key cannot be read"),
    ("issuer.external-account", "external account key cannot be read"),
    ("keys.unusable", "account key cannot be used"),
    ("socket.nobody", "no server answers"),
    ("socket.io", "connection to the server broke"),
    ("socket.ended", "server ended before it answered"),
    ("socket.protocol", "server and command do not understand one another"),
    ("socket.forbidden", "user may not command the server"),
    ("store.in-use", "another server holds the data directory"),
    ("store.data-directory", "data directory cannot be used"),
    ("store.newer-schema", "database was written by a newer version"),
    ("store.needs-opening", "database cannot be read before it is brought up to date"),
    ("store.bad-address", "address of the database is not understood"),
    ("store.disk", "disk failed under the database"),
    ("store.foreign-directory", "data directory belongs to another user"),
    ("store.shared-directory", "directory is not notafter's own"),
    ("store.open-directory", "others may write in the data directory"),
    ("store.no-space", "no space for the database"),
    ("store.forbidden", "database may not be read or written"),
    ("store.damaged", "database is damaged"),
    ("store.unavailable", "database does not answer"),
    ("store.refused", "database refuses"),
    ("store.duplicate", "name or identity exists already"),
    ("store.lease-lost", "somebody else does the work by now"),
    ("store.overtaken", "somebody else changed it in the same moment"),
    ("store.unreadable", "stored document cannot be read"),
    ("store.chain-broken", "event log was changed"),
    ("store.backup", "backup failed"),
    ("store.database-exists", "database exists already"),
    ("store.not-a-file", "only a database file can do this"),
    ("vault.no-such-secret", "secret is not in the vault"),
    ("vault.no-such-key", "key is not in the vault"),
    ("vault.no-key", "key-encryption key is missing"),
    ("vault.not-a-key", "not a key-encryption key"),
    ("vault.other-key", "another key-encryption key"),
    ("vault.key-exists", "key-encryption key exists already"),
    ("vault.key-exposed", "key-encryption key is readable by others"),
    ("vault.key-foreign", "key-encryption key belongs to somebody else"),
    ("vault.key-inside-data", "key-encryption key lies beside what it protects"),
    ("vault.rotated-meanwhile", "key-encryption key was rotated meanwhile"),
    ("vault.no-rotation", "no rotation is under way"),
    ("vault.damaged", "sealed secret is damaged"),
    ("vault.refused", "secret cannot be sealed"),
    ("vault.io", "key-encryption key cannot be read or written"),
    ("write.io", "destination cannot be written"),
    ("write.no-space", "no space at the destination"),
    ("write.forbidden", "destination may not be written"),
    ("write.unfit", "destination is unfit"),
    ("write.twice", "destination is named twice"),
    ("write.tag", "not a name for an operation"),
    ("write.no-certificate", "nothing to write"),
    ("write.certificate-unparsable", "what shall be written is no certificate"),
    ("version.unreadable", "stored version cannot be read"),
    ("server.bad-address", "not an address to listen on"),
    ("server.cannot-listen", "address cannot be listened on"),
    ("server.failed", "server stopped by a fault"),
    ("inventory.file-invalid", "inventory file has mistakes"),
    ("inventory.secret-missing", "secret of the inventory file has no value"),
    ("inventory.no-such-thing", "nothing of this name in the inventory"),
    ("acme.directory-url", "not the URL of a directory"),
    ("acme.url-escapes-origin", "CA names a URL outside its origin"),
    ("acme.unreachable", "CA cannot be reached"),
    ("acme.untrusted", "CA's own TLS certificate is not trusted"),
    ("acme.server-error", "CA has a fault"),
    ("acme.unreadable-answer", "CA's answer cannot be read"),
    ("acme.unusable-chain", "CA issued a chain that cannot be used"),
    ("clock.disagrees", "clock is over an hour off the CA's"),
    ("challenge.not-visible", "challenge's answer is not to be seen"),
    ("acme.untruthful-answer", "CA's answer contradicts itself"),
    ("acme.bad-nonce", "CA refuses the nonce"),
    ("acme.account-unknown", "CA does not know the account"),
    ("acme.external-account-required", "CA wants an external account"),
    ("acme.terms-not-agreed", "terms of service are not agreed to"),
    ("acme.user-action-required", "CA wants a person to act"),
    ("acme.unauthorized", "CA does not allow it"),
    ("acme.rate-limited", "CA's limit is reached"),
    ("acme.paused", "CA has paused the name"),
    ("acme.identifier-rejected", "CA does not certify the name"),
    ("acme.caa", "CAA forbids the CA"),
    ("acme.no-usable-challenge", "no challenge that can be answered"),
    ("acme.challenge-failed", "challenge failed"),
    ("acme.order-invalid", "order failed"),
    ("acme.order-lapsed", "order is no longer known"),
    ("acme.order-stuck", "order does not come to an end"),
    ("acme.unknown-profile", "CA does not know the profile"),
    ("acme.not-offered", "CA does not offer it"),
    ("acme.bad-requested-key", "CA refuses the key"),
    ("acme.already-replaced", "certificate was replaced already"),
    ("acme.already-revoked", "certificate was revoked already"),
    ("acme.cannot-sign", "request cannot be signed"),
    ("acme.refused", "CA refuses for another reason"),
    ("deploy.unknown-deployer", "deployer is not known"),
    ("deploy.bad-settings", "place is set up wrongly"),
    ("deploy.no-such-account", "owner of the files does not exist"),
    ("deploy.no-password", "PKCS#12 without a password"),
    ("deploy.no-server", "server is not there"),
    ("deploy.ambiguous-pair", "more than one pair could be meant"),
    ("deploy.bad-snapshot", "snapshot cannot be read"),
    ("deploy.swap-failed", "files were not swapped"),
    ("deploy.reload-failed", "reload failed"),
    ("hands.nobody", "helper does not run"),
    ("hands.io", "connection to the helper broke"),
    ("hands.untrusted", "helper is somebody else's"),
    ("hands.late", "helper does not answer in time"),
    ("hands.busy", "helper is busy with an earlier step at the place"),
    ("hands.protocol", "helper and server do not understand one another"),
    ("hands.forbidden", "user may not ask the helper"),
    ("hands.in-use", "another helper listens already"),
    ("hands.socket-directory", "helper's socket could be replaced"),
    ("hands.not-granted", "helper was not granted it"),
    ("hands.grants-unreadable", "grants cannot be read"),
    ("hands.grants-writable", "grants can be written by others"),
    ("hands.grants-mistake", "grants have a mistake"),
    ("hands.failed", "helper failed for a reason of a newer version"),
    ("parcel.io", "key was not handed over"),
    ("parcel.unreadable", "not a key on its way"),
    ("solve.bad-settings", "solver is set up wrongly"),
    ("solve.cannot-listen", "address cannot be listened on"),
    ("solve.escapes-root", "way out of the document root"),
    ("solve.io", "answers cannot be written"),
    ("solve.config-changed", "configuration is being changed"),
    ("nginx.config-unreadable", "nginx's configuration cannot be read"),
    ("nginx.config-refused", "nginx refuses its configuration"),
    ("nginx.reload-failed", "nginx was not reloaded"),
    ("nginx.not-running", "nginx does not run"),
    ("reload.pid-file", "pid file cannot be used"),
    ("reload.no-process", "no such process"),
    ("command.not-started", "command cannot be started"),
    ("command.failed", "command failed"),
    ("command.hung", "command does not end"),
    ("command.too-long", "command says too much"),
    ("adopt.unknown-lineage", "no such certificate on this machine, or not watched"),
    ("adopt.cannot-take-over", "certificate cannot be taken over"),
    ("adopt.consent-needed", "old renewal is switched off only with consent"),
    ("adopt.other-anchors", "CA's issuer is known with other trust anchors"),
    ("adopt.not-taken-over", "certificate was not taken over"),
    ("adopt.no-switch", "old renewal cannot be switched off"),
    ("adopt.file-changed", "file was changed by somebody else"),
    ("adopt.file-refused", "file cannot be read or written"),
    ("adopt.deployment-under-way", "deployment of notafter is still under way where it shall leave"),
    ("notify.settings", "channel is set up wrongly"),
    ("notify.address", "address cannot be used"),
    ("notify.unreachable", "channel cannot be reached"),
    ("notify.tls", "no TLS with the channel"),
    ("notify.timeout", "channel does not answer in time"),
    ("notify.refused", "channel refuses the message"),
    ("notify.deferred", "channel wants it later"),
    ("notify.strange", "something else answers for the channel"),
    ("alert.code-unknown", "test message's code is not known"),
    ("alert.code-stale", "test message's code is out of date"),
    ("alert.nobody-to-tell", "no contact to send a test to"),
    ("alert.unknown-name", "name that alerts do not know"),
    ("alert.unknown", "no such alert"),
    ("alert.over", "alert is over already"),
    ("alert.silence-refused", "silence cannot be made"),
    ("alert.silence-unknown", "no such silence"),
];

/// Codes of notes.
const NOTES: &[(&str, &str)] = &[
    ("note.no-route", "no route for the address family"),
    ("note.chain-unneeded", "certificate sent and not needed"),
    ("note.chain-root", "root sent"),
    ("note.chain-duplicate", "certificate sent twice"),
    ("note.chain-misordered", "chain out of order"),
    ("note.chain-unreadable", "part of the chain cannot be read"),
    ("note.handshake-incomplete", "handshake not completed"),
];

/// Codes that were given once.
const RETIRED: &[(&str, &str)] = &[];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_means_one_thing() {
        let mut seen = BTreeSet::new();
        for Entry { code, title, .. } in all() {
            assert!(seen.insert(code), "{code} is listed twice");
            let word = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            };
            assert!(code.split_once('.').is_some_and(|(area, name)| word(area) && word(name)), "{code}");
            assert!(!title.is_empty(), "{code}");
        }
    }

    #[test]
    fn codes_are_found_by_their_text() {
        assert_eq!(find("certificate.expired").unwrap().origin, Origin::Finding);
        assert_eq!(find("acme.paused").unwrap().origin, Origin::Error);
        assert!(find("shop.example").is_none());
    }

    #[test]
    fn a_slip_of_the_pen_names_the_code_that_was_meant() {
        let finding = |entry: &Entry| entry.origin == Origin::Finding;
        let table = [
            ("certificate.expires-son", "did you mean certificate.expires-soon?"),
            ("certificates.expired", "did you mean certificate.expired?"),
            ("renewal.faling", "did you mean renewal.failing?"),
            ("expired", "did you mean certificate.expired?"),
            (
                "renewal.nope",
                "codes of renewal are: renewal.chain-not-offered, renewal.failing, renewal.late, renewal.name-left-out",
            ),
        ];
        for (written, hint) in table {
            assert_eq!(meant(written, finding).as_deref(), Some(hint), "{written}");
        }
        assert_eq!(meant("renewals.*", finding).as_deref(), Some("did you mean renewal.*?"));
        assert_eq!(meant("acme.pausd", finding), None);
        assert_eq!(meant("acme.pausd", |_| true).as_deref(), Some("did you mean acme.paused?"));
        assert_eq!(meant("shop.example", |_| true), None);
    }
}
