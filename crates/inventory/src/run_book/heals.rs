//! When a finding is over for everybody once its cause is mended: what browsers, resolvers and sessions remember.

/// A certificate that was bad.
const NEXT_CONNECTION: &str = "At the next connection: no browser remembers that a certificate was bad. Whoever has the page open reloads it.";
/// Chromium: `StatefulSSLHostStateDelegate`; Firefox: `security.certerrors.permanentOverride`.
const EXCEPTIONS: &str = "Whoever clicked the warning away is not warned of the next one: Chrome and Edge forget it after a \
    week, Firefox (Settings, Certificates, Servers) and Safari (the key chain) only by hand.";
/// RFC 8446 section 4.6.1.
const TICKETS: &str = "Whoever resumes a TLS session does not look at the certificate again: for as long as the server's \
    tickets hold, a week at most.";
/// Chromium and Firefox keep intermediates that they have seen.
const INTERMEDIATES: &str = "Until then it is not the same for everybody: browsers that have met the intermediate elsewhere show \
    nothing, others and most programs fail.";
/// RFC 1035 section 3.2.1, RFC 2308 section 5.
const NAMES: &str = "When resolvers have forgotten: after the record's TTL, and after the zone's negative TTL (the last number of \
    its SOA) for a name that was not there.";
const CONNECTION: &str = "At once, at the next connection.";
const CLOCKS: &str = "A visitor whose own clock is wrong is warned all the same: the date and time of the machine are to be looked at first.";
/// RFC 5280 section 5.1.2.5; CRLite is Firefox' own.
const REVOCATION: &str = "Visitors whose browser knows the revocation already (CRLite in Firefox, CRLSets in Chrome, CRLs \
    elsewhere) go on refusing the old certificate wherever it is still served; the new one is not touched by it.";
/// What notafter itself sees.
const NOTICED: &str = "The finding closes at the next look, within hours, or at once with: notafter look";
const BY_ITSELF: &str = "The finding closes when its cause is gone; nothing of it is kept anywhere else.";

/// What is to be said of this code; of what browsers keep nothing where none comes. `at` is what to look at; everything, where
/// nothing is said.
pub(super) fn of(code: &str, web: bool, at: Option<&str>) -> Vec<String> {
    let mut all = all(code);
    all.retain(|line| web || ![EXCEPTIONS, INTERMEDIATES].contains(line));
    let filled = |line: &str| match at {
        _ if line == NOTICED => format!("{line} {}", at.unwrap_or("--all")),
        _ => line.to_owned(),
    };
    all.into_iter().map(filled).collect()
}

/// What some remember of it still, once it is over.
pub(super) fn afterwards(code: &str, web: bool) -> Vec<String> {
    let remembered = [EXCEPTIONS, TICKETS, NAMES, REVOCATION];
    let mut all = all(code);
    all.retain(|line| remembered.contains(line) && (web || *line != EXCEPTIONS));
    match all.is_empty() {
        true => vec!["It is.".to_owned()],
        false => all.into_iter().map(str::to_owned).collect(),
    }
}

fn all(code: &str) -> Vec<&'static str> {
    match code {
        "certificate.expired" | "certificate.not-yet-valid" => {
            vec![NEXT_CONNECTION, CLOCKS, EXCEPTIONS, TICKETS, NOTICED]
        }
        "chain.missing-intermediate" => vec![NEXT_CONNECTION, INTERMEDIATES, EXCEPTIONS, NOTICED],
        "lineage.revoked" | "certificate.revoked" | "key.blocked-in-use" => {
            vec![REVOCATION, TICKETS, NOTICED]
        }
        "endpoint.unresolvable" | "endpoint.half-resolved" => vec![NAMES, NOTICED],
        _ => match code.split_once('.').map_or("", |(area, _)| area) {
            "certificate" | "chain" | "handshake" => vec![NEXT_CONNECTION, EXCEPTIONS, TICKETS, NOTICED],
            "endpoint" => vec![CONNECTION, NOTICED],
            "deployment" => vec![NEXT_CONNECTION, TICKETS, NOTICED],
            _ => vec![BY_ITSELF],
        },
    }
}
