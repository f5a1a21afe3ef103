//! What is told about a chain and a handshake, beside what is wrong with them.

use std::sync::Arc;

use notafter_cert::path::{Anchors, BROWSERS, Chain, Differs, Judgement, Note};
use notafter_cert::{Certificate, Fingerprint, Identifier, Time, base64};
use notafter_tls::name;
use notafter_tls::observation::{Possession, Served, Staple};
use serde::Serialize;

use super::stores::StoreSummary;
use super::{CertificateStatus, Known, Remark, Transparency};
use crate::words::listed;

/// What one address showed, or a file holds.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// How it was shown; nothing for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Handshake>,
    /// The chain as sent, the leaf first.
    pub chain: Arc<[CertificateSummary]>,
    /// Where it leads.
    pub path: Arc<PathSummary>,
    /// What is known of the revocation of its certificates, from the leaf upwards; nothing where nobody told of any.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub revocation: Arc<[CertificateStatus]>,
    /// What logs promised, where a list of logs was given.
    #[serde(rename = "ct", skip_serializing_if = "Option::is_none")]
    pub transparency: Option<Arc<Transparency>>,
}

/// The facts of a handshake.
#[derive(Clone, Debug, Serialize)]
pub struct Handshake {
    /// The protocol version, such as `TLS 1.3`.
    pub version: String,
    /// The cipher suite's IANA name.
    pub suite: String,
    /// The key exchange's group.
    pub group: Option<String>,
    /// Whether the peer showed that it holds the key.
    pub possession: Possession,
    /// Why the handshake ended before it was complete, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// Whether an OCSP answer came with the leaf; nothing where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stapled: Option<bool>,
}

/// One certificate, for people and programs.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateSummary {
    /// Its position in the chain as sent.
    pub position: usize,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// Distinguished name.
    pub subject: String,
    /// Distinguished name.
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// First instant.
    pub not_before: Time,
    /// Last second.
    pub not_after: Time,
    /// The names it can speak for.
    pub names: Vec<Identifier>,
    /// Entries of its subjectAltName of another kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<String>,
    /// Kind and size of its key.
    pub key: String,
    /// SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub spki_sha256: Fingerprint,
    /// How it is signed.
    pub signature: String,
    /// Whether it says that it is a CA's.
    pub is_ca: bool,
    /// Whether it demands a stapled OCSP answer.
    pub must_staple: bool,
    /// Where its issuer can be fetched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ca_issuers: Vec<String>,
    /// The DER in base64: evidence, on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub der: Option<String>,
    /// The certificate itself.
    #[serde(skip)]
    pub certificate: Certificate,
}

/// Where a chain leads.
#[derive(Clone, Debug, Serialize)]
pub struct PathSummary {
    /// Whether it ends at an anchor and nothing is wrong with it.
    pub trusted: bool,
    /// Where the anchors come from.
    pub anchors: String,
    /// From the leaf upwards: what people call each certificate.
    pub steps: Vec<String>,
    /// The anchor it ends at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Fingerprint>,
    /// The first end of any certificate of the path.
    pub earliest_end: Time,
    /// What the anchors of named clients make of it; empty where they were not asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<StoreSummary>,
    /// The end of each certificate above the first, from below.
    #[serde(skip)]
    pub ends_above: Vec<Time>,
}

impl Facts {
    pub(super) fn of(known: &Known, served: Option<&Served>) -> Option<Self> {
        let path = Arc::clone(known.path_summary.as_ref()?);
        Some(Self {
            handshake: served.map(Handshake::of),
            chain: Arc::clone(&known.summary),
            path,
            revocation: Arc::from([]),
            transparency: None,
        })
    }

    /// The server's own certificate.
    #[must_use]
    pub fn leaf(&self) -> Option<&CertificateSummary> {
        self.chain.first()
    }

    /// Whether it is known what was stapled: nothing, or an answer that could be judged.
    pub(super) fn tells_of_staple(&self) -> bool {
        match self.handshake.as_ref().and_then(|handshake| handshake.stapled) {
            Some(true) => self.revocation.first().is_some_and(|status| status.stapled().is_some()),
            Some(false) => true,
            None => false,
        }
    }

    /// With the DER of every certificate.
    #[must_use]
    pub(super) fn with_evidence(mut self) -> Self {
        let with_der = |one: &CertificateSummary| CertificateSummary {
            der: Some(base64::encode(one.certificate.der())),
            ..one.clone()
        };
        self.chain = self.chain.iter().map(with_der).collect();
        self
    }
}

impl Handshake {
    fn of(served: &Served) -> Self {
        Self {
            version: name::version(served.version),
            suite: name::suite(served.suite),
            group: served.group.map(name::group),
            possession: served.possession,
            incomplete: served.incomplete.as_ref().map(|failure| failure.detail.clone()),
            stapled: match served.staple {
                Staple::Unknown => None,
                Staple::Missing => Some(false),
                Staple::Sent(_) => Some(true),
            },
        }
    }
}

impl CertificateSummary {
    pub(super) fn chain(chain: &Chain) -> Vec<Self> {
        let rest = chain.rest().iter().map(|sent| Self::of(sent.index, &sent.certificate));
        std::iter::once(Self::of(0, chain.leaf())).chain(rest).collect()
    }

    fn of(position: usize, certificate: &Certificate) -> Self {
        Self {
            position,
            fingerprint: certificate.fingerprint(),
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            names: certificate.names().to_vec(),
            other_names: certificate.other_names().to_vec(),
            key: certificate.key().algorithm.to_string(),
            spki_sha256: Fingerprint::from_bytes(certificate.key().spki_sha256),
            signature: certificate.signature_algorithm().to_string(),
            is_ca: certificate.is_ca(),
            must_staple: certificate.must_staple(),
            ca_issuers: certificate.ca_issuers().to_vec(),
            der: None,
            certificate: certificate.clone(),
        }
    }
}

impl PathSummary {
    pub(super) fn of(path: &Judgement, anchors: &Anchors, stores: Vec<StoreSummary>) -> Self {
        let ends = path.path.iter().map(|step| step.certificate.not_after());
        Self {
            trusted: path.is_trusted(),
            anchors: anchors.name().to_owned(),
            stores,
            steps: path.path.iter().map(|step| step.certificate.shown_name()).collect(),
            anchor: path.path.last().filter(|step| step.anchor).map(|step| step.certificate.fingerprint()),
            ends_above: ends.clone().skip(1).collect(),
            earliest_end: ends.min().unwrap_or(path.holds_until),
        }
    }
}

/// What is odd about a chain and a handshake, without harm.
pub(super) fn remarks(known: &Known, served: &Served) -> Vec<Remark> {
    let mut remarks = chain_remarks(known);
    if let Some(failure) = served.incomplete.as_ref().filter(|_| served.possession != Possession::Unchecked) {
        let text = format!("the handshake was not completed: {}", failure.detail);
        remarks.push(Remark { code: "note.handshake-incomplete", text });
    }
    remarks
}

/// What is odd about a chain, without harm.
pub(super) fn chain_remarks(known: &Known) -> Vec<Remark> {
    let (Ok(chain), Some(path)) = (known.chain.as_ref(), known.path.as_ref()) else { return Vec::new() };
    let name = |index: usize| {
        let sent = chain.rest().iter().find(|sent| sent.index == index);
        sent.map_or_else(|| format!("number {}", index + 1), |sent| sent.certificate.shown_name())
    };
    let is_root = |index: usize| {
        let sent = chain.rest().iter().find(|sent| sent.index == index);
        sent.is_none_or(|sent| sent.certificate.is_self_issued())
    };
    let told = |note: &Note| match *note {
        Note::Unneeded(at) => ("note.chain-unneeded", format!("{} is sent and not needed", name(at))),
        Note::RootSent(at) if is_root(at) => {
            ("note.chain-root", format!("the root {} is sent; clients have it or do not trust it", name(at)))
        }
        Note::RootSent(at) => {
            ("note.chain-root", format!("{} is sent; whoever trusts it has it already", name(at)))
        }
        Note::Duplicate(at) => ("note.chain-duplicate", format!("{} is sent more than once", name(at))),
        Note::Misordered(at) => {
            ("note.chain-misordered", format!("{} is sent before the certificate that it issued", name(at)))
        }
        Note::Unreadable(at) => {
            ("note.chain-unreadable", format!("certificate {} of the chain cannot be read", at + 1))
        }
    };
    let told = path.notes.iter().map(told);
    let differs = differing(path).into_iter().map(|text| ("note.client-refuses", text));
    told.chain(differs).map(|(code, text)| Remark { code, text }).collect()
}

/// What some browsers refuse, each once, with all that refuse it and those that do not.
pub(super) fn differing(path: &Judgement) -> Vec<String> {
    let key = |differs: &Differs| (differs.step, differs.code);
    let mut told: Vec<&Differs> = Vec::new();
    for differs in &path.differs {
        if !told.iter().any(|known| key(known) == key(differs)) {
            told.push(differs);
        }
    }
    let line = |differs: &&Differs| {
        let refuses = |client: &str| {
            let mut same = path.differs.iter().filter(|other| key(other) == key(differs));
            same.any(|other| other.client == client)
        };
        let names = |refusing: bool| -> Vec<&str> {
            let browsers = BROWSERS.iter().filter(|browser| refuses(browser.name) == refusing);
            browsers.map(|browser| browser.title).collect()
        };
        let at = path.path.get(differs.step);
        let at = at.map_or_else(|| "it".to_owned(), |step| step.certificate.shown_name());
        let (refuse, pass) = (names(true), names(false));
        let verb = if refuse.len() == 1 { "refuses" } else { "refuse" };
        let others = match pass.len() {
            0 => String::new(),
            1 => format!(", {} does not", listed(&pass)),
            _ => format!(", {} do not", listed(&pass)),
        };
        format!("{} {verb} {at}{others}: {}", listed(&refuse), differs.text)
    };
    told.iter().map(line).collect()
}
