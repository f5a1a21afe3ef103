//! A staged machine for tests: one nginx, one certificate that certbot keeps.

use notafter_cert::{Certificate, Span, Time};
use notafter_tls::Target;
use notafter_tls::observation::{Observation, Outcome, Possession, Served, Staple};

use super::fact::{
    AccountTrace, Challenge, Container, Der, FilePair, FoundFile, Installs, Kept, Known, Run, RunResult,
    Site, Software, Survey, Trigger, TriggerKind, Validity, Wishes,
};
use super::{Case, Seen, cases};
use crate::model::Renewer;

pub(super) const START: Time = Time::from_unix_seconds(1_796_000_000);
pub(super) const CHAIN: &str = "/etc/letsencrypt/live/shop.example/fullchain.pem";

pub(super) fn certificate(name: &str, from: Time, lifetime: Span) -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = from.calendar().unwrap();
    params.not_after = (from + lifetime - Span::seconds(1)).calendar().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

/// Signed by somebody else.
pub(super) fn issued(name: &str, from: Time, lifetime: Span) -> Vec<u8> {
    let (key, issuers) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let mut authority = rcgen::CertificateParams::default();
    authority.distinguished_name.push(rcgen::DnType::CommonName, "a CA");
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = from.calendar().unwrap();
    params.not_after = (from + lifetime - Span::seconds(1)).calendar().unwrap();
    params.signed_by(&key, &rcgen::Issuer::new(authority, issuers)).unwrap().der().to_vec()
}

pub(super) fn timer(enabled: Known) -> Trigger {
    Trigger {
        kind: TriggerKind::Timer,
        name: "certbot.timer".to_owned(),
        command: "/usr/bin/certbot -q renew".to_owned(),
        starts: Renewer::Certbot,
        enabled,
        schedule: "OnCalendar=*-*-* 00,12:00:00".to_owned(),
        every: Some(Span::hours(24)),
        last: None,
        file: "/lib/systemd/system/certbot.timer".to_owned(),
    }
}

pub(super) fn run(at: Time, result: RunResult) -> Run {
    Run {
        renewer: Renewer::Certbot,
        home: Some("/etc/letsencrypt".to_owned()),
        at,
        result,
        detail: "shop.example: Some challenges have failed.".to_owned(),
        source: "/var/log/letsencrypt/letsencrypt.log".to_owned(),
        failed: if result == RunResult::Failed { vec!["shop.example".to_owned()] } else { vec![] },
    }
}

/// A certificate of this lifetime, made at [`START`], kept by certbot, read by nginx.
pub(super) fn survey(lifetime: Span) -> Survey {
    let der = certificate("shop.example", START, lifetime);
    let leaf = Certificate::parse(&der).unwrap();
    let home = "/etc/letsencrypt".to_owned();
    Survey {
        sites: vec![Site {
            software: Software::Nginx,
            names: vec!["shop.example".to_owned()],
            listens: vec!["0.0.0.0:443".parse().unwrap()],
            pairs: vec![FilePair { certificate: CHAIN.to_owned(), key: None, key_at: None }],
            config: "/etc/nginx/sites-enabled/shop".to_owned(),
            main: None,
        }],
        kept: vec![Kept {
            renewer: Renewer::Certbot,
            name: "shop.example".to_owned(),
            chain_file: CHAIN.to_owned(),
            key_file: Some("/etc/letsencrypt/live/shop.example/privkey.pem".to_owned()),
            copies: vec![],
            installs: Installs::default(),
            config_file: Some(format!("{home}/renewal/shop.example.conf")),
            directory: Some("https://acme-v02.api.letsencrypt.org/directory".to_owned()),
            account: Some(AccountTrace { key_file: format!("{home}/key"), url: None, contact: vec![] }),
            challenge: Challenge::Webroot { root: "/var/www".to_owned() },
            wishes: Wishes::default(),
            hooks_before: vec![],
            hooks: vec!["systemctl reload nginx".to_owned()],
            enabled: Known::Yes,
            renews_before: None,
            planned_at: None,
            history: vec![Validity { not_before: leaf.not_before(), not_after: leaf.not_after() }],
            home,
        }],
        triggers: vec![timer(Known::Yes)],
        files: vec![FoundFile {
            path: CHAIN.to_owned(),
            real: "/etc/letsencrypt/archive/shop.example/fullchain1.pem".to_owned(),
            container: Container::Pem,
            chain: vec![Der(der)],
            has_key: false,
            modified: Some(START),
        }],
        systemd_runs: Known::Yes,
        ..Survey::default()
    }
}

pub(super) fn only(survey: &Survey) -> Case {
    let mut cases = cases(survey);
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases.remove(0)
}

/// What one address serves.
pub(super) fn seen(address: &str, der: &[u8]) -> Seen {
    let target: Target = address.parse().unwrap();
    let served = Served {
        chain: vec![der.to_vec()].into(),
        version: 0x0304,
        suite: 0x1301,
        group: Some(29),
        possession: Possession::Proven,
        incomplete: None,
        staple: Staple::Unknown,
    };
    let observation = Observation {
        at: START,
        vantage: "local".to_owned(),
        address: address.parse().unwrap(),
        outcome: Outcome::Served(served),
        took: Span::millis(1),
    };
    Seen::of(&target, &observation)
}
