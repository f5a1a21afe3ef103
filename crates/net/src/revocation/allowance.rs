//! How long may be asked about one certificate: all sources of one kind share one limit.

use std::sync::atomic::{AtomicI64, Ordering};

use notafter_cert::Span;
use notafter_cert::revocation::Because;
use tokio::time::{Instant, timeout, timeout_at};

/// The time that is left for the sources of one kind. What is waited for until it is one's turn does not count.
pub(super) struct Allowance {
    left: Span,
    /// When whoever asks wants to know, whatever is left.
    deadline: Option<Instant>,
}

/// The time for one source.
pub(super) struct Share(AtomicI64);

impl Allowance {
    pub(super) const fn new(left: Span, deadline: Option<Instant>) -> Self {
        Self { left, deadline }
    }

    /// What `ask` gives for one source, with its part of what is left: as much as each of the `remaining` sources would have,
    /// itself among them.
    pub(super) async fn ask<T>(
        &mut self,
        remaining: usize,
        ask: impl AsyncFnOnce(&Share) -> T,
    ) -> Result<T, Because> {
        let until = self.deadline.map(|at| Span::from_std(at.saturating_duration_since(Instant::now())));
        let left = until.map_or(self.left, |until| until.min(self.left));
        let part = left.share(1, i64::try_from(remaining.max(1)).unwrap_or(i64::MAX));
        if part <= Span::ZERO {
            return Err(no_time());
        }
        let share = Share::of(part);
        let answer = match self.deadline {
            Some(at) => timeout_at(at, ask(&share)).await.map_err(|_| no_time()),
            None => Ok(ask(&share).await),
        };
        self.left = self.left - (part - share.left());
        answer
    }
}

impl Share {
    pub(super) const fn of(span: Span) -> Self {
        Self(AtomicI64::new(span.as_micros()))
    }

    fn left(&self) -> Span {
        Span::micros(self.0.load(Ordering::Relaxed))
    }

    /// What comes within what is left of it.
    pub(super) async fn spend<T>(&self, come: impl Future<Output = T>) -> Result<T, Because> {
        let left = self.left();
        if left <= Span::ZERO {
            return Err(no_time());
        }
        let begun = Instant::now();
        let came = timeout(left.to_std(), come).await;
        self.0.fetch_sub(Span::from_std(begun.elapsed()).as_micros(), Ordering::Relaxed);
        came.map_err(|_| Because::Unfetched(format!("nothing came within {left}")))
    }
}

fn no_time() -> Because {
    Because::Unfetched("no time was left".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(allowance: &mut Allowance, remaining: usize, comes: bool) -> Result<(), String> {
        let ask = async |share: &Share| match comes {
            true => share.spend(std::future::ready(())).await,
            false => share.spend(std::future::pending()).await,
        };
        allowance.ask(remaining, ask).await.flatten().map_err(|because| because.to_string())
    }

    /// Three dead responders took three times the limit.
    #[tokio::test]
    async fn sources_share_one_limit() {
        let mut allowance = Allowance::new(Span::millis(60), None);
        let of_three = Err("it could not be fetched: nothing came within 20 ms".to_owned());
        assert_eq!(told(&mut allowance, 3, false).await, of_three);
        told(&mut allowance, 1, false).await.unwrap_err();
        let nothing = Err("it could not be fetched: no time was left".to_owned());
        assert_eq!(told(&mut allowance, 1, true).await, nothing, "the last one took the rest");
    }

    #[tokio::test]
    async fn what_one_source_leaves_the_next_ones_have() {
        let mut allowance = Allowance::new(Span::days(3), None);
        assert_eq!(told(&mut allowance, 3, true).await, Ok(()));
        assert!(allowance.left > Span::days(2));
    }

    /// A plug-in was cut off without a word.
    #[tokio::test]
    async fn what_waits_for_its_turn_too_long_is_told_before_the_run_ends() {
        let ends = Instant::now() + Span::millis(20).to_std();
        let mut allowance = Allowance::new(Span::days(1), Some(ends));
        let waited = allowance.ask(1, async |_: &Share| std::future::pending::<()>().await).await;
        assert_eq!(waited.unwrap_err(), no_time());
        assert!(Instant::now() >= ends);
        assert_eq!(allowance.ask(1, async |_: &Share| ()).await.unwrap_err(), no_time());
    }
}
