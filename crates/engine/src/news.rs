//! That the log grew, for whoever watches: pages that are open. Nothing is kept here but that, and who watches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Whoever watches at once, all together: each holds a connection, of which a listener has 256.
const ALL: usize = 128;
/// Of them, with one account or token: a person with many windows takes nobody's place.
const EACH: usize = 16;

/// Tells whoever watches that there is something to read in the log.
#[derive(Debug)]
pub struct News {
    grown: watch::Sender<u64>,
    watching: Arc<Mutex<HashMap<String, usize>>>,
}

impl Default for News {
    fn default() -> Self {
        Self { grown: watch::Sender::new(0), watching: Arc::default() }
    }
}

impl News {
    /// Something was written that the log may tell of.
    pub fn tell(&self) {
        self.grown.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A place among those who watch, for as long as it is kept; nothing where there is none left.
    #[must_use]
    pub fn watch(&self, who: &str) -> Option<Watch> {
        let mut watching = lock(&self.watching);
        let mine = watching.get(who).copied().unwrap_or_default();
        if mine >= EACH || watching.values().sum::<usize>() >= ALL {
            return None;
        }
        watching.insert(who.to_owned(), mine + 1);
        drop(watching);
        let watching = Arc::clone(&self.watching);
        Some(Watch { who: who.to_owned(), growth: self.growth(), watching })
    }

    /// For a loop of this process, of which there is one: it takes nobody's place.
    #[must_use]
    pub fn growth(&self) -> Growth {
        Growth(self.grown.subscribe())
    }
}

/// That the log grew.
#[derive(Debug)]
pub struct Growth(watch::Receiver<u64>);

impl Growth {
    /// Ends when something was told since the last time it ended, or since it was asked for.
    pub async fn grown(&mut self) {
        // Without a teller the process ends, and nobody is told anything more.
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub struct Watch {
    who: String,
    growth: Growth,
    watching: Arc<Mutex<HashMap<String, usize>>>,
}

impl Watch {
    /// Ends when something was told since the last time it ended, or since the place was taken.
    pub async fn grown(&mut self) {
        self.growth.grown().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watching = lock(&self.watching);
        if let Some(number) = watching.get_mut(&self.who) {
            *number -= 1;
            if *number == 0 {
                watching.remove(&self.who);
            }
        }
    }
}

/// Whoever panicked with it left whole numbers behind.
fn lock(watching: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    watching.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn there_is_room_for_so_many_of_one_account_and_for_so_many_of_all() {
        let news = News::default();
        let mine: Vec<Watch> = std::iter::from_fn(|| news.watch("ada")).take(ALL).collect();
        assert_eq!(mine.len(), EACH);
        let others: Vec<Watch> =
            (0..).map_while(|number| news.watch(&format!("user {}", number / EACH))).take(2 * ALL).collect();
        assert_eq!(mine.len() + others.len(), ALL);
        drop(mine);
        assert!(news.watch("ada").is_some(), "whoever goes makes room");
        drop(others);
        assert_eq!(lock(&news.watching).len(), 0, "nobody is kept who is gone");
    }

    #[test]
    fn what_was_told_while_nobody_waited_is_not_missed() {
        let news = News::default();
        let mut watch = news.watch("ada").unwrap();
        assert_eq!(watch.grown().now_or_never(), None);
        news.tell();
        news.tell();
        assert_eq!(watch.grown().now_or_never(), Some(()));
        assert_eq!(watch.grown().now_or_never(), None);
    }
}
