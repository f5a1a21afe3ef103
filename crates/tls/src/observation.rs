//! What one vantage point saw at one address at one time. Evidence: kept as sent, judged elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::{Fingerprint, Span, Time};
use serde::{Deserialize, Serialize};

/// One look at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// When the look began.
    pub at: Time,
    /// Who looked: `local`, or an agent's name.
    pub vantage: String,
    /// Where it looked.
    pub address: SocketAddr,
    /// What it saw.
    pub outcome: Outcome,
    /// From the first packet to the end of the handshake or the failure.
    pub took: Span,
}

/// Seen, or not and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Outcome {
    /// A handshake that showed a certificate.
    Served(Served),
    /// No certificate was seen.
    Failed(Failure),
}

/// The facts of a handshake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The chain exactly as sent, leaf first, DER. Shared: many endpoints serve the same chain.
    #[serde(with = "chain_base64")]
    pub chain: Arc<[Vec<u8>]>,
    /// The protocol version's code point (0x0303 is TLS 1.2, 0x0304 TLS 1.3).
    pub version: u16,
    /// The cipher suite's code point.
    pub suite: u16,
    /// The named group's code point, where the suite has one.
    pub group: Option<u16>,
    /// Whether the peer showed that it holds the leaf's private key (law 5).
    pub possession: Possession,
    /// Why the handshake ended before it was complete, although the certificate was seen: the peer insists on a
    /// client certificate, say. `None` when it was completed; only then can it be a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Failure>,
    /// The OCSP answer that came with the leaf. Stores leave it out: servers change it every few days, and what it said is in
    /// findings.
    #[serde(default, skip_serializing_if = "Staple::is_unknown")]
    pub staple: Staple,
}

/// Whether an OCSP answer came with the leaf (RFC 6066 section 8, RFC 8446 section 4.4.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Staple {
    /// That was not recorded: by whoever looked, or by who kept what was seen.
    #[default]
    Unknown,
    /// It was asked for, and none came.
    Missing,
    /// This one, DER.
    #[serde(with = "staple_base64")]
    Sent(Arc<[u8]>),
}

impl Staple {
    /// Whether it was not recorded.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The answer, where one came.
    #[must_use]
    pub fn answer(&self) -> Option<&[u8]> {
        match self {
            Self::Sent(answer) => Some(answer),
            Self::Unknown | Self::Missing => None,
        }
    }
}

impl Served {
    /// The leaf's identity; `None` when the peer sent an empty chain.
    #[must_use]
    pub fn leaf(&self) -> Option<Fingerprint> {
        self.chain.first().map(|der| Fingerprint::of(der))
    }

    /// Whether this handshake proves what it shows: completed, and signed with the leaf's key (law 5).
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.incomplete.is_none() && self.possession == Possession::Proven
    }
}

/// The handshake's own signature (CertificateVerify, ServerKeyExchange).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Possession {
    /// Checked with the leaf's key, and right.
    Proven,
    /// Checked, and wrong.
    Wrong,
    /// Not checked: never a proof.
    Unchecked,
}

/// Why no certificate was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind, which decides the verdict.
    pub kind: FailureKind,
    /// What exactly happened, in words.
    pub detail: String,
    /// The TLS alert's code, where the peer sent one (RFC 8446 section 6).
    pub alert: Option<u8>,
}

/// Kinds of failure, by what they allow to conclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The connection was refused: nobody listens there. A fact.
    Refused,
    /// The peer closed or reset the connection in the middle. A fact.
    Reset,
    /// Nothing came within the time limit.
    Timeout,
    /// This machine has no route for the address family: says nothing about the peer.
    NoRoute,
    /// A router or a firewall said that the host or network cannot be reached.
    Unreachable,
    /// The peer ended the handshake with an alert (often: only older versions or suites than ours).
    Alert,
    /// The peer speaks TLS, but not as it should.
    Malformed,
    /// The peer speaks something else.
    NotTls,
    /// The plain-text dialogue before TLS was refused.
    Starttls,
    /// Our own policy forbids the address (law 10).
    Forbidden,
}

mod chain_base64 {
    //! A chain as a list of base64 texts.
    use std::sync::Arc;

    use notafter_cert::base64;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(chain: &Arc<[Vec<u8>]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(chain.iter().map(|der| base64::encode(der)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<[Vec<u8>]>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| base64::decode(text).ok_or_else(|| serde::de::Error::custom("not base64")))
            .collect::<Result<Vec<_>, _>>()
            .map(Arc::from)
    }
}

mod staple_base64 {
    //! An answer as base64 text.
    use std::sync::Arc;

    use notafter_cert::base64;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(answer: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(answer))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u8]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64::decode(&text).map(Arc::from).ok_or_else(|| serde::de::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_back_from_json() {
        let failure =
            Failure { kind: FailureKind::Refused, detail: "connection refused".to_owned(), alert: None };
        let outcome = Outcome::Failed(failure);
        let text = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome, "{text}");
    }

    /// What was written before answers were recorded says nothing of them, and is not taken for a server that sends none.
    #[test]
    fn an_answer_reads_back_and_its_absence_is_told_from_silence() {
        let served = |staple: Staple| Served {
            chain: Arc::from([vec![1, 2]]),
            version: 0x0304,
            suite: 0x1301,
            group: None,
            possession: Possession::Proven,
            incomplete: None,
            staple,
        };
        let text = |staple: Staple| serde_json::to_string(&served(staple)).unwrap();
        let read = |text: &str| serde_json::from_str::<Served>(text).unwrap().staple;
        for staple in [Staple::Unknown, Staple::Missing, Staple::Sent(Arc::from([3, 4]))] {
            assert_eq!(read(&text(staple.clone())), staple);
        }
        assert!(!text(Staple::Unknown).contains("staple"));
        assert!(text(Staple::Missing).ends_with(r#""staple":"missing"}"#));
        assert!(text(Staple::Sent(Arc::from([3, 4]))).ends_with(r#""staple":{"sent":"AwQ="}}"#));
    }
}
