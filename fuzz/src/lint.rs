//! Any bytes as a certificate: every lint has an answer, and so has every question about its key.

use notafter_cert::Time;
use notafter_cert::lint::{self, Outcome, Subject, Verdict};
use notafter_cert::weak_key::{self, Given, Key};

pub(super) fn run(bytes: &[u8]) {
    let subject = Subject::of(bytes, Time::from_unix_seconds(1_795_000_000));
    for lint in lint::all() {
        if let Outcome::Judged(Verdict::Violated(why) | Verdict::Unknown(why)) = lint.run(&subject) {
            assert!(!why.is_empty(), "{} gives no reason", lint.meta.id);
        }
    }
    if let Some(key) = subject.anatomy.key.as_ref().ok().and_then(|info| Key::of(info).ok()) {
        assert!(!weak_key::judge(&key, &Given::default()).is_empty());
    }
}
