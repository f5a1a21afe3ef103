//! A key file on disk is not that of the certificate which a server or a renewing program uses it with.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::adopt::Watched;
use crate::adopt::fact::Known;
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.key-mismatch",
        title: "its private key does not fit",
        why: "The server lives on what it read at its start. At its next reload it refuses the pair, and at its next start it does not come up.",
        source: "X509_check_private_key(3): \"key values mismatch\"",
        severity: Severity::Critical,
        hint: "Put the key into place that was made for this certificate, or get a new certificate with a key of its own.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let case = watched.case;
    let mut said: Vec<Said> = Vec::new();
    for used in &case.key_uses {
        let Known::No(why) = &used.fits else { continue };
        // certbot's `cert.pem` and `fullchain.pem` are one certificate.
        if said.iter().any(|earlier| earlier.cause == used.key) {
            continue;
        }
        let text = format!("{}: {why}", used.key);
        let evidence = json!({ "key_file": used.key, "chain_file": used.certificate, "why": why });
        let found = Said::new(Severity::Critical, &used.key, text, evidence);
        said.push(match (case.line_of_wrong_key(used), case.how_to_get_a_pair()) {
            (Some(line), _) => found
                .with_hint(format!("Name the key of this certificate in {line}, then reload the server.")),
            (_, Some(command)) => found.with_hint(format!(
                "Put the key into place that was made for this certificate, or get a new pair: {command}"
            )),
            (_, None) => found,
        });
    }
    said
}
