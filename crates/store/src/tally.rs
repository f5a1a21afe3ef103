//! Counts of many rows, kept for a moment: of a hundred thousand endpoints, counting takes longer than all else that a page asks
//! for, and twenty people may look at the same instant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::StoreError;

/// Fewer rows are counted each time.
const MANY: u64 = 10_000;
/// How much longer than it took to make it a count is kept, and how long at the most.
const WORTH: u32 = 20;
const AT_MOST: Duration = Duration::from_secs(2);
/// Questions of which something is kept.
const QUESTIONS: usize = 64;

/// How many rows there are of each kind, as a number stands for it.
pub(crate) type Counts = Vec<(i64, u64)>;

/// What is kept, by question; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies(Arc<Mutex<HashMap<String, Place>>>);

/// One question at a time is asked of the same rows: whoever asks meanwhile waits for that answer.
type Place = Arc<tokio::sync::Mutex<Option<Kept>>>;

#[derive(Clone, Debug)]
struct Kept {
    counts: Counts,
    made: Instant,
    cost: Duration,
}

impl Kept {
    fn is_good(&self, now: Instant) -> bool {
        let total: u64 = self.counts.iter().map(|(_, many)| many).sum();
        total >= MANY && now.duration_since(self.made) < (self.cost * WORTH).min(AT_MOST)
    }
}

impl Tallies {
    /// The answer to a question: what is kept of it, else by `count`, which takes as long as the clock says.
    pub(crate) async fn answer(
        &self,
        question: String,
        now: impl Fn() -> Instant,
        count: impl Future<Output = Result<Counts, StoreError>>,
    ) -> Result<Counts, StoreError> {
        let place = self.place(question);
        let mut kept = place.lock().await;
        let begun = now();
        if let Some(known) = kept.as_ref().filter(|known| known.is_good(begun)) {
            return Ok(known.counts.clone());
        }
        let counts = count.await?;
        let made = now();
        *kept = Some(Kept { counts: counts.clone(), made, cost: made.duration_since(begun) });
        Ok(counts)
    }

    fn place(&self, question: String) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= QUESTIONS && !places.contains_key(&question) {
            places.clear();
        }
        Arc::clone(places.entry(question).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const COST: Duration = Duration::from_millis(10);

    /// Rows that are one more each time they are counted, which takes so long.
    struct Table {
        rows: Cell<u64>,
        now: Cell<Instant>,
        tallies: Tallies,
    }

    impl Table {
        fn of(rows: u64) -> Self {
            Self { rows: Cell::new(rows), now: Cell::new(Instant::now()), tallies: Tallies::default() }
        }

        fn wait(&self, span: Duration) {
            self.now.set(self.now.get() + span);
        }

        async fn count(&self) -> u64 {
            let counted = async {
                tokio::task::yield_now().await;
                self.wait(COST);
                Ok(vec![(0, self.rows.replace(self.rows.get() + 1))])
            };
            self.tallies.answer("how many".to_owned(), || self.now.get(), counted).await.unwrap()[0].1
        }
    }

    #[tokio::test]
    async fn what_is_many_is_kept_for_a_moment_and_what_is_few_never() {
        let few = Table::of(7);
        assert_eq!((few.count().await, few.count().await), (7, 8));
        let many = Table::of(MANY);
        assert_eq!(many.count().await, MANY);
        many.wait(COST * WORTH - Duration::from_millis(1));
        assert_eq!(many.count().await, MANY);
        many.wait(Duration::from_millis(1));
        assert_eq!(many.count().await, MANY + 1);
        let kept = Kept { counts: vec![(0, MANY)], made: many.now.get(), cost: Duration::from_secs(9) };
        assert!(!kept.is_good(kept.made + AT_MOST), "never longer");
    }

    #[tokio::test]
    async fn whoever_asks_meanwhile_waits_for_the_answer_of_the_first() {
        let many = Table::of(MANY);
        let told = futures_util::future::join_all((0..20).map(|_| many.count())).await;
        assert!(told.iter().all(|told| *told == MANY), "{told:?}");
    }

    #[test]
    fn of_many_questions_few_are_kept() {
        let tallies = Tallies::default();
        for number in 0..1_000 {
            drop(tallies.place(number.to_string()));
        }
        assert!(tallies.0.lock().unwrap().len() <= QUESTIONS);
    }
}
