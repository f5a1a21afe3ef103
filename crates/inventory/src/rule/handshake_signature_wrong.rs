//! The handshake's own signature is wrong.

use notafter_tls::observation::{Possession, Served};
use serde_json::json;

use super::client::SAFARI_NO_CONNECTION;
use super::{Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "handshake.signature-wrong",
        title: "peer does not hold the key",
        why: "Whoever answers shows a certificate whose private key it does not have: a wrong key file, a broken TLS implementation, or somebody in between.",
        source: "RFC 8446 section 4.4.3; RFC 5246 section 7.4.3",
        severity: Severity::Critical,
        hint: "Check that the server's key file belongs to its certificate, and that nothing between here and the server answers in its place.",
        clients: Some(Clients {
            chromium: Page::Wall("ERR_SSL_PROTOCOL_ERROR"),
            firefox: Page::Wall("SEC_ERROR_BAD_SIGNATURE"),
            safari: SAFARI_NO_CONNECTION,
            curl: Page::Wall("35: bad signature"),
        }),
        marks: &[],
    },
    kind: Kind::Handshake(violated),
};

fn violated(served: &Served) -> Vec<Said> {
    if served.possession != Possession::Wrong {
        return Vec::new();
    }
    let text = "the signature over the handshake does not fit the certificate's key".to_owned();
    let evidence = json!({ "fingerprint": served.leaf(), "version": served.version });
    vec![Said::new(Severity::Critical, "signature", text, evidence)]
}
