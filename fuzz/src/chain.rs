//! Any chain, cut from the bytes by two-byte lengths, against Mozilla's anchors and against its own last certificate, by the
//! rules of every profile: no panic, and nothing is trusted that does not end at an anchor.

use notafter_cert::path::{Anchors, Chain, Path, PolicyInput, Profile, Question, Verdict, judge, validate};
use notafter_cert::{Certificate, Time};

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
        let certificates: Vec<Certificate> = chain.certificates().cloned().collect();
        by_every_profile(&certificates, ders.last().copied().unwrap_or_default());
    }
}

fn by_every_profile(certificates: &[Certificate], anchor: &[u8]) {
    let Some((leaf, untrusted)) = certificates.split_first() else { return };
    for profile in Profile::ALL {
        let verification = validate(&Question {
            policies: PolicyInput { require_explicit: true, ..PolicyInput::default() },
            profile,
            ..Question::of_server(
                leaf.clone(),
                untrusted.to_vec(),
                Anchors::from_ders("the last", [anchor]),
                Time::from_unix_seconds(1_795_000_000),
            )
        });
        let nearest = verification.paths.first();
        assert!(verification.verdict != Verdict::Valid || nearest.is_some_and(Path::is_complete));
    }
}
