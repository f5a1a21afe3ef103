//! Any answer of a CA: no panic, and no URL outside its origin.

use notafter_acme::client::{account, revoke};
use notafter_acme::jose::Sealed;
use notafter_acme::message::Directory;
use notafter_acme::{Answer, Origin, ari, http_date};
use notafter_cert::Time;

const DIRECTORY: &str = "https://ca.example/directory";

pub(super) fn run(bytes: &[u8]) {
    let answer = answer(bytes, Time::from_unix_seconds(1_795_000_000));
    if let (Ok(directory), Ok(origin)) = (Directory::read(DIRECTORY, &answer), Origin::of(DIRECTORY)) {
        let urls = [&directory.new_nonce, &directory.new_account, &directory.new_order];
        let optional = [&directory.revoke_cert, &directory.key_change, &directory.renewal_info];
        for url in urls.into_iter().chain(optional.into_iter().flatten()) {
            assert_eq!(origin.pin(url).as_ref().ok(), Some(url));
        }
    }
    let _ = (ari::read(&answer), account::read(&answer), revoke::read(&answer));
    let _ = (answer.success("ask"), answer.problem(), answer.links("alternate"));
    let _ = (answer.nonce(), answer.retry_after(), answer.clock_skew());
    for (_, value) in &answer.headers {
        let _ = http_date::parse(value);
    }
    if let Ok(value) = serde_json::from_slice(&answer.body) {
        let _ = Sealed::parse(&value);
    }
}

/// The status on the first line, then header fields, an empty line and the body.
pub(super) fn answer(bytes: &[u8], received_at: Time) -> Answer {
    let split = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(split);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|status| status.trim().parse().ok()).unwrap_or(200);
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: body.get(2..).unwrap_or_default().to_vec(), received_at }
}
