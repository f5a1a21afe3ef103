//! Firefox.

use super::chrome::{beside, embedded};
use super::{Policy, Promise};
use crate::Source;

pub(super) const POLICY: Policy = Policy {
    id: "firefox",
    name: "Firefox",
    rule: "Since Firefox 135, by Chrome's list. In the certificate: SCTs of 2 distinct logs, of 3 where it is valid for more \
           than 180 days, by at least 2 operators; one log must be qualified, usable or read-only now, the others may have \
           been retired after they promised. Or over TLS or in an OCSP answer: SCTs of 2 logs that are qualified, usable or \
           read-only now, by 2 operators.",
    source: "https://wiki.mozilla.org/SecurityEngineering/Certificate_Transparency, \"CT Policy\"",
    since: None,
    ways: |evidence| {
        vec![embedded(evidence, operator), beside(evidence, &BESIDE, "SCTs over TLS or OCSP", operator)]
    },
};

const BESIDE: [Source; 2] = [Source::Tls, Source::Ocsp];

/// It knows each log's present operator alone.
fn operator<'a>(promise: &Promise<'a>) -> &'a str {
    &promise.log.operator
}
