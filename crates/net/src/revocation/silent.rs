//! Servers that did not answer: not every certificate waits for them again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use notafter_cert::Time;
use notafter_cert::revocation::Because;
use url::Url;

use super::cache::AT_LEAST;
use crate::Clock;

/// Servers that are remembered at most; when there are more, those go whose time is over, and then all.
const MOST: usize = 1024;

/// Servers that did not answer, until when nobody asks them again, and why.
#[derive(Default)]
pub(super) struct Silent(Mutex<HashMap<String, (Time, Because)>>);

impl Silent {
    /// Why the server of this URL is not asked now.
    pub(super) fn why(&self, url: &str, clock: &Clock) -> Option<Because> {
        let silent = self.lock();
        let (until, because) = silent.get(&origin(url)?)?;
        (clock.now() < *until).then(|| because.clone())
    }

    /// It did not answer.
    pub(super) fn remember(&self, url: &str, because: &Because, clock: &Clock) {
        let Some(origin) = origin(url) else { return };
        let (now, mut silent) = (clock.now(), self.lock());
        if silent.len() >= MOST {
            silent.retain(|_, (until, _)| now < *until);
        }
        if silent.len() >= MOST {
            silent.clear();
        }
        silent.insert(origin, (now + AT_LEAST, because.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Time, Because)>> {
        // A panic elsewhere leaves at worst a server that is asked once more.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn origin(url: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;

    /// Questions differ by certificate, and each of a thousand waited for the same dead responder.
    #[test]
    fn a_dead_server_is_dead_for_every_question_until_its_time_is_over() {
        let start = Time::from_unix_seconds(1_790_000_000);
        let (silent, clock) = (Silent::default(), Clock::staged(start));
        let because = Because::Unfetched("nobody answers".to_owned());
        silent.remember("http://ocsp.example/MFEwTzBN", &because, &clock);
        assert_eq!(silent.why("http://ocsp.example/other", &clock), Some(because.clone()));
        assert_eq!(silent.why("http://ocsp.example:8080/other", &clock), None);
        for number in 0..MOST {
            silent.remember(&format!("http://{number}.example/"), &because, &clock);
        }
        assert!(silent.lock().len() <= MOST);
        clock.advance_to(start + AT_LEAST - Span::seconds(1));
        assert_eq!(silent.why("http://1023.example/", &clock), Some(because));
        clock.advance_to(start + AT_LEAST);
        assert_eq!(silent.why("http://1023.example/", &clock), None);
    }
}
