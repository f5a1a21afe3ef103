//! Who would have been told of a fault on the stage.

use crate::model::{Played, PlayedTold};

/// Somebody who would have been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard<'a> {
    /// The first message.
    pub first: &'a PlayedTold,
    /// Messages in all: a reminder a day, while nobody took it.
    pub times: usize,
}

impl Heard<'_> {
    /// How often, where it was more than once: `33 times in all`.
    #[must_use]
    pub fn often(&self) -> Option<String> {
        (self.times > 1).then(|| format!("{} times in all", self.times))
    }
}

/// Everybody who would have been told, each once, in the order in which they heard.
#[must_use]
pub fn heard(played: &Played) -> Vec<Heard<'_>> {
    let mut people: Vec<Heard<'_>> = Vec::new();
    for told in &played.told {
        match people.iter_mut().find(|known| known.first.contact == told.contact) {
            Some(known) => known.times += 1,
            None => people.push(Heard { first: told, times: 1 }),
        }
    }
    people
}
