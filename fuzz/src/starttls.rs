//! Any peer of a STARTTLS dialogue, its words cut at any place: no panic, and an end within the budget.

use notafter_tls::dialogue::{ALL, BUDGET, Step};

pub(super) fn run(bytes: &[u8]) {
    let [which, size, words @ ..] = bytes else { return };
    let mut dialogue = ALL[super::pieces::choice(*which, ALL.len())].begin("mail.example");
    let mut step = dialogue.step(&[]);
    let mut heard = 0;
    for piece in words.chunks(usize::from(*size).max(1)) {
        if matches!(step, Step::StartTls | Step::Refused(_)) {
            return;
        }
        step = dialogue.step(piece);
        heard += piece.len();
        assert!(heard <= BUDGET || matches!(step, Step::Refused(_)));
    }
}
