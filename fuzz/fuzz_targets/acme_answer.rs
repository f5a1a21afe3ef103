//! Any answer of a CA (status, header lines, an empty line, the body): no panic, and no URL outside its origin.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_acme::client::{account, revoke};
use notafter_acme::jose::Sealed;
use notafter_acme::message::Directory;
use notafter_acme::{Answer, ari, http_date};
use notafter_cert::Time;

fuzz_target!(|bytes: &[u8]| {
    let [high, low, rest @ ..] = bytes else { return };
    let split = rest.windows(2).position(|pair| pair == b"\n\n").unwrap_or(0);
    let (head, body) = rest.split_at(split);
    let headers = String::from_utf8_lossy(head)
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let status = u16::from_be_bytes([*high, *low]);
    let received_at = Time::from_unix_seconds(1_795_000_000);
    let answer = Answer { status, headers, body: body.to_vec(), received_at };
    let _ = Directory::read("https://ca.example/directory", &answer);
    let _ = (ari::read(&answer), account::read(&answer), revoke::read(&answer));
    for (_, value) in &answer.headers {
        let _ = http_date::parse(value);
    }
    if let Ok(value) = serde_json::from_slice(&answer.body) {
        let _ = Sealed::parse(&value);
    }
});
