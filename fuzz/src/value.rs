//! Any text as one of the small things that people and files write: no panic, and what is shown reads the same.

use notafter_acme::{ari, http_date};
use notafter_cert::{Fingerprint, Identifier, KeySpec, Span, Time};
use notafter_inventory::model::Subject;
use notafter_inventory::threshold::Threshold;

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(identifier) = text.parse::<Identifier>() {
        assert_eq!(identifier.to_string().parse::<Identifier>().as_ref(), Ok(&identifier));
        assert!(identifier.covers(&identifier) || identifier.is_wildcard());
    }
    if let Ok(time) = text.parse::<Time>() {
        assert_eq!(format!("{time:?}").parse::<Time>().ok(), Some(time));
        assert!(!time.for_people().is_empty());
    }
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        assert_eq!(fingerprint.to_string().parse::<Fingerprint>().ok(), Some(fingerprint));
    }
    if let Ok(subject) = text.parse::<Subject>() {
        assert_eq!(subject.to_string().parse::<Subject>().ok(), Some(subject));
    }
    if let Some(date) = http_date::parse(text) {
        assert_eq!(http_date::parse(&http_date::format(date)), Some(date));
    }
    let received = Time::from_unix_seconds(1_795_000_000);
    assert!(http_date::retry_after(text, received).is_none_or(|at| at >= received));
    let _ = (text.parse::<Span>(), text.parse::<KeySpec>(), text.parse::<Threshold>());
    let _ = ari::CertificateId::parse(text);
}
