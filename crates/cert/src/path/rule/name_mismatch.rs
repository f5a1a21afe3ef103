//! The leaf speaks for whom it is asked about.

use super::{Meta, Rule};
use crate::path::names;
use crate::path::question::PeerName;
use crate::x509::{GeneralName, GeneralNames};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.name-mismatch",
        title: "It is not for this name",
        why: "A client that connects to this name would speak to somebody who has no certificate for it.",
        section: "RFC 9525 section 6; RFC 8550 section 3",
        hint: "have a certificate issued that lists the name in its subjectAltName",
        weight: 4,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let Some(wanted) = &walk.question.name else { return };
        let leaf = walk.leaf();
        let held = match wanted {
            PeerName::Host(host) => leaf.certificate.covers(host),
            PeerName::Email(mailbox) => leaf.alt_names.iter().flat_map(GeneralNames::iter).any(|name| {
                matches!(name, GeneralName::Rfc822(letters) if names::same_mailbox(letters, mailbox.as_bytes()))
            }),
        };
        if !held {
            let listed: Vec<String> = match &leaf.alt_names {
                Some(names) => names.iter().map(|name| name.to_string()).take(8).collect(),
                None => Vec::new(),
            };
            let found = if listed.is_empty() { "it lists no name".to_owned() } else { listed.join(", ") };
            findings.tell(0, found, wanted.to_string());
        }
    },
};
