//! The handshake's own signature was not checked.

use notafter_cert::Certificate;
use notafter_tls::observation::{Possession, Served};
use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "handshake.signature-unchecked",
        title: "possession of the key not shown",
        why: "A certificate is public: without the signature over the handshake, showing it proves nothing about who answered.",
        source: "RFC 8446 section 4.4.3",
        severity: Severity::Unknown,
        hint: "Look again; if the server demands a client certificate or speaks an odd algorithm, look from a client that has what it asks for.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Handshake(violated),
};

fn violated(served: &Served) -> Vec<Said> {
    if served.possession != Possession::Unchecked {
        return Vec::new();
    }
    let (reason, hint) = match &served.incomplete {
        Some(failure) => (failure.detail.clone(), None),
        None => of_a_whole_handshake(served),
    };
    let text = format!("a certificate was shown, but not that the peer holds its key: {reason}");
    let evidence = json!({ "fingerprint": served.leaf(), "version": served.version });
    let said = Said::new(Severity::Unknown, "signature", text, evidence);
    vec![match hint {
        Some(hint) => said.with_hint(hint.to_owned()),
        None => said,
    }]
}

/// The peer signed, and nobody checked it. A weak key proves nothing whatever it signed.
fn of_a_whole_handshake(served: &Served) -> (String, Option<&'static str>) {
    let Some(Ok(leaf)) = served.chain.first().map(|der| Certificate::parse(der)) else {
        return ("the certificate cannot be read".to_owned(), Some("Issue the certificate anew."));
    };
    match leaf.key().weakness() {
        Some(weakness) => {
            let reason = format!("what so weak a key signs is not checked ({weakness})");
            (reason, Some("Issue the certificate anew with an ECDSA P-256 or RSA 2048 key."))
        }
        None => ("it signed in a way that cannot be checked here".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::base64;

    use notafter_tls::observation::Staple;

    use super::*;

    /// Self-signed, with an RSA key of 1024 bits.
    const WEAK: &str = "MIIBmjCCAQMCFCmsBy242mh833A5P2FxVL3N0217MA0GCSqGSIb3DQEBCwUAMAwxCjAIBgNVBAMMAXcwHhcNMjYxMTI5MDkwMjUx\
         WhcNMzYxMTI2MDkwMjUxWjAMMQowCAYDVQQDDAF3MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDKv3aaNXS5kBveEaJWnHme\
         Y/zNuQtyfgcWnnBImfzKp3voQGl9oJHt3WHrhexdLWWdIRNSQGWvDVD2L/KH686tmtOUg6w4uzkhR7Gt1XeALRQjmpxLgtv7RbVe\
         36SS/OprNnYD8ecQpnV8/Dat1vIIFiy7gTsAs2udm3qGCi5bTQIDAQABMA0GCSqGSIb3DQEBCwUAA4GBAFulzqbKgpSrG/CiaHPW\
         diB9PEkSZ4YW3OXMGgHTvo91GxkIq+v08XLbM7kpcAMlUSXYmJGW4rRZXhX+WSFxVea/oREbl8WeWlpRbxynGWxaGyawiBpcYJeA\
         ywbQyT2hFlDEAdUGxqAr2jX3NFbZ7tP2sv8PeblH9UBXOVOqPLTT";

    fn told(leaf: Vec<u8>) -> Said {
        let chain = [leaf].into();
        let possession = Possession::Unchecked;
        let served = Served {
            chain,
            version: 0x0304,
            suite: 0x1301,
            group: None,
            possession,
            incomplete: None,
            staple: Staple::Unknown,
        };
        violated(&served).remove(0)
    }

    /// It was "no reason is known", with the advice to look again.
    #[test]
    fn a_key_too_weak_to_check_is_the_reason() {
        let weak = told(base64::decode(WEAK).unwrap());
        assert_eq!(
            weak.text,
            "a certificate was shown, but not that the peer holds its key: what so weak a key signs is not checked \
             (RSA with 1024 bits; 2048 is the least)"
        );
        assert_eq!(weak.hint.unwrap(), "Issue the certificate anew with an ECDSA P-256 or RSA 2048 key.");
        assert!(told(vec![0x30, 0]).text.ends_with(": the certificate cannot be read"));
    }
}
