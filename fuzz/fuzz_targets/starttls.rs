//! Any peer of a STARTTLS dialogue, its words cut at any place: no panic, and an end within the budget.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_tls::dialogue::{ALL, Step};

fuzz_target!(|bytes: &[u8]| {
    let [which, size, words @ ..] = bytes else { return };
    let mut dialogue = ALL[usize::from(*which) % ALL.len()].begin("mail.example");
    let mut step = dialogue.step(&[]);
    for piece in words.chunks(usize::from(*size).max(1)) {
        if matches!(step, Step::StartTls | Step::Refused(_)) {
            return;
        }
        step = dialogue.step(piece);
    }
});
