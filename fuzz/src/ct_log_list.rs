//! Any bytes as a list of logs: no panic, and every log is found by the hash of its key.

use notafter_cert::Time;
use notafter_ct::loglist::MIMICS;
use notafter_ct::{LogId, LogList};

pub(super) fn run(bytes: &[u8]) {
    let at = Time::from_unix_seconds(1_795_000_000);
    let Ok(list) = LogList::read(bytes) else { return };
    for caution in list.cautions(at) {
        assert!(!caution.to_string().is_empty());
    }
    for log in list.logs() {
        assert_eq!(log.id, LogId::of_key(log.key.spki()));
        assert_eq!(list.find(log.id), Some(log));
        assert!(!MIMICS.contains(&log.id));
        assert!(!log.name.contains('\u{1b}') && !log.operator_at(at).contains('\u{1b}'));
        let _ = log.standing(at);
    }
    for oddity in list.oddities() {
        assert!(!oddity.entry.is_empty() && !oddity.why.to_string().is_empty());
    }
}
