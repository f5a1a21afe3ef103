//! Any chain, cut from the bytes by two-byte lengths, against Mozilla's anchors: no panic, and nothing is trusted that
//! does not end at an anchor.

use notafter_cert::Time;
use notafter_cert::path::{Anchors, Chain, judge};

pub(super) fn run(bytes: &[u8]) {
    let mut ders = Vec::new();
    let mut rest = bytes;
    while let [high, low, after @ ..] = rest {
        let (der, after) = after.split_at(after.len().min(usize::from(u16::from_be_bytes([*high, *low]))));
        ders.push(der);
        rest = after;
    }
    if let Ok(chain) = Chain::read(&ders) {
        let judgement = judge(&chain, &Anchors::mozilla(), Time::from_unix_seconds(1_795_000_000));
        assert!(!judgement.path.is_empty());
        assert!(judgement.is_complete() || !judgement.is_trusted());
    }
}
