//! Whose rules a path is judged by, as plain data: where browsers and libraries differ, each has its own line.

use std::fmt;
use std::str::FromStr;

use super::names::NameReading;
use crate::lint::Source;

/// The rules of one client or document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The word in options and JSON.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whose rules these are, and where they are written.
    pub source: &'static str,
    /// Whether the dates of an anchor count (RFC 5280 section 6.1.1 (d) has none; most clients look).
    pub anchor_dates: ByAnchor<bool>,
    /// Whether what an anchor's certificate says binds those below it: basicConstraints, keyUsage, path length, names,
    /// purposes (RFC 5937 makes it a choice).
    pub anchor_constraints: ByAnchor<bool>,
    /// Whether the dates and names count that a root programme sets for an anchor; bundles of PEM carry none.
    pub programme_terms: bool,
    /// Whether purposes of intermediates bind those below them; no document says so, every browser does it.
    pub nested_purposes: bool,
    /// Whether the end of the path must list its purpose.
    pub purpose_must_be_listed: bool,
    /// Whether anyExtendedKeyUsage at the end of the path stands for the purpose.
    pub any_purpose_in_leaf: bool,
    /// Whether anyExtendedKeyUsage above it stands for the purpose.
    pub any_purpose_in_issuers: bool,
    /// Whether a CA's certificate may stand at the end of the path.
    pub ca_at_end: CaAtEnd,
    /// Whether a CA's certificate at the end of the path may lack the bits of keyUsage that its purpose wants.
    pub ca_usage_is_enough: bool,
    /// Whether an anchor without basicConstraints is a CA's where its keyUsage has keyCertSign.
    pub anchor_by_usage: bool,
    /// Whether certificates of version 1 and 2 may stand at the end of the path.
    pub leaf_may_be_version_1: bool,
    /// Whether names are compared by their text (RFC 5280 section 7.1) or octet by octet.
    pub names_by_text: bool,
    /// The shortest RSA modulus, in bits.
    pub rsa_bits: u32,
    /// Whether only RSA, P-256, P-384 and P-521 are taken (Baseline Requirements section 6.1.5).
    pub browser_keys: bool,
    /// Whether P-521 is taken.
    pub p521: bool,
    /// Whether Ed25519 is taken.
    pub ed25519: bool,
    /// Whether ML-DSA is taken.
    pub ml_dsa: bool,
    /// The longest lifetime of a server's certificate by the day of its notBefore, where the client has limits of its own:
    /// first day (UTC midnight, Unix seconds) and days.
    pub longest: ByAnchor<&'static [(i64, i64)]>,
    /// How constraints on host names are read.
    pub name_reading: NameReading,
    /// Whose lints count as failures, those that affect paths.
    pub lints: &'static [Source],
}

/// What differs between anchors that clients have of themselves and those that somebody added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByAnchor<T> {
    /// Below anchors of the public programmes.
    pub public: T,
    /// Below others.
    pub added: T,
}

impl<T: Copy> ByAnchor<T> {
    /// The same below all.
    #[must_use]
    pub const fn both(same: T) -> Self {
        Self { public: same, added: same }
    }

    /// What holds below such an anchor.
    #[must_use]
    pub const fn of(self, is_public: bool) -> T {
        if is_public { self.public } else { self.added }
    }
}

/// What is thought of a CA's certificate at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaAtEnd {
    /// It is like any other.
    Accepted,
    /// It is judged as a CA's, for which it must be one: it may sign certificates. The requirements of subscribers'
    /// certificates are not its own.
    AsCa,
    /// It is refused.
    Refused,
}

/// As RFC 5280 section 4.2.1.10 has it.
const PLAIN: NameReading = NameReading { dotted: false, wildcards_escape: false, common_name: false };

/// With a dot before, as every client takes it.
pub(super) const DOTTED: NameReading = NameReading { dotted: true, ..PLAIN };

/// RFC 5280 and nothing else.
pub static RFC5280: Profile = Profile {
    name: "rfc5280",
    title: "RFC 5280",
    source: "RFC 5280 section 6 with RFC 9618",
    anchor_dates: ByAnchor::both(true),
    anchor_constraints: ByAnchor::both(true),
    programme_terms: true,
    nested_purposes: true,
    purpose_must_be_listed: false,
    any_purpose_in_leaf: true,
    any_purpose_in_issuers: true,
    ca_at_end: CaAtEnd::Accepted,
    ca_usage_is_enough: true,
    anchor_by_usage: false,
    leaf_may_be_version_1: true,
    names_by_text: true,
    rsa_bits: 1024,
    browser_keys: false,
    p521: true,
    ed25519: true,
    ml_dsa: true,
    longest: ByAnchor::both(&[]),
    name_reading: PLAIN,
    lints: &[],
};

/// RFC 5280 and the CA/Browser Forum's baseline requirements, to the letter.
pub static STRICT: Profile = Profile {
    name: "strict",
    title: "the CA/Browser Forum",
    source: "RFC 5280 and the Baseline Requirements of the CA/Browser Forum",
    purpose_must_be_listed: true,
    any_purpose_in_leaf: false,
    ca_at_end: CaAtEnd::AsCa,
    leaf_may_be_version_1: false,
    rsa_bits: 2048,
    browser_keys: true,
    ed25519: false,
    ml_dsa: false,
    lints: &[Source::Rfc, Source::BaselineRequirements, Source::BaselineRequirementsOfOthers],
    ..RFC5280
};

/// 825 days since 2018-03-01, 398 since 2020-09-01 (UTC midnights).
const SINCE_2018: &[(i64, i64)] = &[(1_519_862_400, 825), (1_598_918_400, 398)];

/// Chrome's verifier.
pub static CHROME: Profile = Profile {
    name: "chrome",
    title: "Chrome",
    source: "Chromium net/cert/cert_verify_proc.cc, BoringSSL pki/verify_certificate_chain.cc, Chrome Root Program 1.8",
    anchor_dates: ByAnchor { public: false, added: true },
    anchor_constraints: ByAnchor { public: false, added: true },
    purpose_must_be_listed: false,
    any_purpose_in_leaf: true,
    ca_at_end: CaAtEnd::Accepted,
    leaf_may_be_version_1: false,
    rsa_bits: 1024,
    browser_keys: true,
    p521: true,
    ed25519: false,
    ml_dsa: false,
    longest: ByAnchor { public: SINCE_2018, added: &[] },
    name_reading: DOTTED,
    ..RFC5280
};

/// Firefox' verifier.
pub static FIREFOX: Profile = Profile {
    name: "firefox",
    title: "Firefox",
    source: "mozilla::pkix (pkixcheck.cpp, pkixbuild.cpp), Mozilla Root Store Policy 3.1",
    any_purpose_in_leaf: false,
    ca_at_end: CaAtEnd::Refused,
    leaf_may_be_version_1: false,
    names_by_text: false,
    name_reading: DOTTED,
    rsa_bits: 2048,
    browser_keys: true,
    ed25519: false,
    ml_dsa: false,
    ..RFC5280
};

/// Apple's.
pub static APPLE: Profile = Profile {
    name: "apple",
    title: "Apple",
    source: "Apple support 103769 (requirements for trusted certificates) and 102028 (limits on validity)",
    purpose_must_be_listed: true,
    any_purpose_in_leaf: true,
    ca_at_end: CaAtEnd::Accepted,
    leaf_may_be_version_1: false,
    rsa_bits: 2048,
    browser_keys: true,
    ed25519: false,
    ml_dsa: false,
    longest: ByAnchor {
        public: &[(1_561_939_200, 825), (1_598_918_400, 398)],
        added: &[(1_561_939_200, 825)],
    },
    name_reading: DOTTED,
    ..RFC5280
};

/// OpenSSL 3 at its default security level.
pub static OPENSSL: Profile = Profile {
    name: "openssl",
    title: "OpenSSL",
    source: "OpenSSL 3.0 x509_vfy.c at security level 1 without -x509_strict",
    programme_terms: false,
    any_purpose_in_leaf: false,
    any_purpose_in_issuers: false,
    ca_usage_is_enough: false,
    anchor_by_usage: true,
    names_by_text: true,
    rsa_bits: 1024,
    ml_dsa: false,
    name_reading: NameReading { dotted: true, wildcards_escape: true, common_name: true },
    ..RFC5280
};

impl Profile {
    /// All of them, the default first.
    pub const ALL: [&'static Self; 6] = [&RFC5280, &STRICT, &CHROME, &FIREFOX, &APPLE, &OPENSSL];
}

/// A text that names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a profile (rfc5280, strict, chrome, firefox, apple, openssl): {0:?}")]
pub struct ParseProfileError(String);

/// A profile by its name.
impl FromStr for &'static Profile {
    type Err = ParseProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name == text)
            .ok_or_else(|| ParseProfileError(text.to_owned()))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
