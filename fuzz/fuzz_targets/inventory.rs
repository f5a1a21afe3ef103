//! Any inventory file: no panic; what is refused is refused with a line of the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_cert::Time;
use notafter_inventory::code::{Present, Prune, plan};
use notafter_providers::notify;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut count = 0_u64;
    let mut random = || {
        count += 1;
        std::array::from_fn(|place| count.to_le_bytes().get(place).copied().unwrap_or_default())
    };
    let now = Time::from_unix_seconds(1_795_000_000);
    let lines = text.lines().count().max(1);
    if let Err(mistakes) = plan(text, (&Present::default(), &notify::kinds()), Prune::Written, now, &mut random) {
        assert!(mistakes.0.iter().all(|mistake| mistake.line.is_none_or(|line| line <= lines)), "{mistakes:?}");
    }
});
