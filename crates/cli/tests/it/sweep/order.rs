//! SIGKILL does not show that something reached the disk, because the page cache survives it: the order of the system
//! calls does.

use notafter_acme::server::RequestKind;
use notafter_cert::Time;

use super::stage::{Stage, can_trace, said};

/// Between two requests that change something at the CA lies a sync of the database that was over before the second.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_depends_on_is_on_the_disk_before_it_is_sent() {
    if !can_trace("what_a_request_depends_on_is_on_the_disk_before_it_is_sent") {
        return;
    }
    let stage = Stage::set().await;
    let log = stage.path("calls");
    let options = ["-f", "-y", "-ttt", "-T", "-qq", "-e", "trace=fsync,fdatasync", "-o"];
    let trace = [["strace"].as_slice(), &options, &[log.to_str().unwrap()]].concat();
    let issued = stage.issue(&trace);
    assert!(issued.status.success(), "{}", said(&issued));
    let calls = std::fs::read_to_string(&log).unwrap();
    let syncs: Vec<(Time, Time)> = calls.lines().filter_map(sync_of_database).collect();
    assert!(!syncs.is_empty(), "{calls}");
    let depends =
        [RequestKind::NewAccount, RequestKind::NewOrder, RequestKind::Challenge, RequestKind::Finalize];
    // Before the account there is only the directory, which asks for nothing to be kept.
    let mut answered = Time::from_unix_seconds(0);
    let mut checked = Vec::new();
    for request in stage.ca.log() {
        if depends.contains(&request.kind) {
            let stored = syncs.iter().any(|(begun, done)| *begun > answered && *done < request.at);
            assert!(stored, "nothing was synced between {answered} and {request:?}\n{calls}");
            checked.push(request.kind);
        }
        // A nonce answers nothing that would have to be kept.
        if !matches!(request.kind, RequestKind::Directory | RequestKind::NewNonce) {
            answered = request.at;
        }
    }
    assert_eq!(checked, depends);
}

/// `PID SECONDS fdatasync(9</path/notafter.db-wal>) = 0 <0.000123>`: when it began and was over.
fn sync_of_database(line: &str) -> Option<(Time, Time)> {
    let done = line.contains("notafter.db") && line.contains("= 0");
    let begun = micros(line.split_whitespace().nth(1).filter(|_| done)?)?;
    let took = micros(line.rsplit_once('<')?.1.strip_suffix('>')?)?;
    Some((Time::from_micros(begun), Time::from_micros(begun + took)))
}

fn micros(seconds: &str) -> Option<i64> {
    let (whole, rest) = seconds.split_once('.')?;
    Some(whole.parse::<i64>().ok()? * 1_000_000 + rest.parse::<i64>().ok()?)
}
