//! A chain on a page, link by link.

use notafter_cert::{Certificate, Time};
use notafter_inventory::check::{Link, LinkFault, Role};

use super::{class, picture};

/// So many names of a certificate are shown.
const NAMES: usize = 4;

/// One link.
pub(super) struct LinkView {
    pub(super) class: &'static str,
    pub(super) role: &'static str,
    pub(super) name: String,
    pub(super) is_gap: bool,
    pub(super) faults: Vec<FaultView>,
    pub(super) certificate: Option<CertificateView>,
}

/// What is wrong with a link.
pub(super) struct FaultView {
    pub(super) class: &'static str,
    pub(super) code: String,
    pub(super) text: String,
}

/// The certificate of a link.
pub(super) struct CertificateView {
    pub(super) names: Option<String>,
    pub(super) issuer: String,
    pub(super) begins: String,
    pub(super) ends: String,
    pub(super) left: String,
    pub(super) life: String,
    pub(super) fingerprint: String,
}

impl LinkView {
    /// Every link of a chain, from the server's own certificate upwards.
    pub(super) fn all(chain: &[Link], now: Time) -> Vec<Self> {
        chain.iter().map(|link| Self::of(link, now)).collect()
    }

    fn of(link: &Link, now: Time) -> Self {
        Self {
            class: if link.faults.is_empty() { "" } else { class(link.severity()) },
            role: link.role.words(),
            name: link.name.clone(),
            is_gap: link.role == Role::Gap,
            faults: link.faults.iter().map(FaultView::of).collect(),
            certificate: link.certificate.as_ref().map(|certificate| {
                let life = picture::life(link.spent_permille(now).unwrap_or(0));
                CertificateView::of(certificate, life, now)
            }),
        }
    }
}

impl FaultView {
    fn of(fault: &LinkFault) -> Self {
        Self { class: class(fault.severity), code: fault.code.clone(), text: fault.text.clone() }
    }
}

impl CertificateView {
    fn of(certificate: &Certificate, life: String, now: Time) -> Self {
        let (begins, ends) = (certificate.not_before(), certificate.not_after());
        Self {
            names: names(certificate),
            issuer: certificate.issuer_name().to_owned(),
            begins: begins.for_people(),
            ends: ends.for_people(),
            left: left(begins, ends, now),
            life,
            fingerprint: certificate.fingerprint().short(),
        }
    }
}

/// The first few names, and how many more there are.
fn names(certificate: &Certificate) -> Option<String> {
    let mut names: Vec<String> = certificate.names().iter().take(NAMES).map(ToString::to_string).collect();
    let more = certificate.names().len().saturating_sub(NAMES);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn left(begins: Time, ends: Time, now: Time) -> String {
    if now < begins {
        format!("begins in {}", begins.since(now))
    } else if now > ends {
        format!("ended {} ago", now.since(ends))
    } else {
        format!("{} left", ends.since(now))
    }
}

/// Where a chain leads, in words; nothing where its leaf cannot be read.
pub(super) fn leads(chain: &[Link]) -> Option<String> {
    let is = |role: Role| move |link: &&Link| link.role == role;
    if chain.iter().any(|link| link.role == Role::Unreadable) {
        return None;
    }
    Some(match (chain.iter().find(is(Role::Anchor)), chain.iter().find(is(Role::Gap))) {
        (Some(anchor), _) => format!("It leads to {}, a trusted root.", anchor.name),
        (None, Some(gap)) => format!("It leads to no trusted root: {} is missing.", gap.name),
        (None, None) => "It leads to no trusted root.".to_owned(),
    })
}
