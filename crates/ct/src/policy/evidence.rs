//! What policies judge.

use std::collections::BTreeSet;

use notafter_cert::{Span, Time, Validity};

use crate::loglist::{Log, Standing};
use crate::{LogId, Source};

/// What is known of a certificate's promises at an instant.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// From its first to its last instant.
    pub validity: Validity,
    /// The instant of judgement.
    pub at: Time,
    /// How old the log list is by which the promises were checked.
    pub list: ListAge,
    /// The promises that were proved.
    pub promises: Vec<Promise<'a>>,
    /// How many promises were presented, whatever became of them.
    pub presented: usize,
    /// How many of them could be neither proved nor refuted. Those of logs that the list does not have are not among them:
    /// browsers do not know such logs either.
    pub undetermined: usize,
}

/// How old the list of logs is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListAge {
    /// There is none.
    NoList,
    /// It does not say.
    Undated,
    /// So old; negative at instants before it was made.
    Known(Span),
}

/// A promise that was proved.
#[derive(Clone, Copy, Debug)]
pub struct Promise<'a> {
    /// Who promised.
    pub log: &'a Log,
    /// Where it was found.
    pub source: Source,
    /// When it was given.
    pub time: Time,
}

impl Promise<'_> {
    /// Whether its log is qualified, usable or read-only.
    pub(super) fn is_admissible(&self, at: Time) -> bool {
        self.log.standing(at) == Standing::Admissible
    }

    pub(super) fn is_embedded(&self) -> bool {
        self.source == Source::Certificate
    }
}

impl<'a> Evidence<'a> {
    /// The promises that stand in the certificate, of logs that were relied upon when they gave them.
    pub(super) fn embedded(&self, was_relied_upon: impl Fn(&Promise<'a>, Time) -> bool) -> Vec<Promise<'a>> {
        let counts = |promise: &Promise<'a>| match promise.log.standing(self.at) {
            Standing::Admissible => true,
            Standing::Retired(since) => was_relied_upon(promise, since),
            Standing::Outside => false,
        };
        self.promises.iter().filter(|promise| promise.is_embedded() && counts(promise)).copied().collect()
    }

    /// The promises from these sources, of logs that are admissible now.
    pub(super) fn admissible(&self, sources: &[Source]) -> Vec<Promise<'a>> {
        let counts =
            |promise: &&Promise<'a>| sources.contains(&promise.source) && promise.is_admissible(self.at);
        self.promises.iter().filter(counts).copied().collect()
    }

    /// When the certificate was issued at the latest: the first promise of a log that is admissible now. What a retired log
    /// says of the time may be made up.
    pub(super) fn issued(&self) -> Option<Time> {
        let admissible = self.promises.iter().filter(|promise| promise.is_admissible(self.at));
        admissible.map(|promise| promise.time).min()
    }

    /// Whether a promise from one of these sources was proved.
    pub(super) fn has(&self, sources: &[Source]) -> bool {
        self.promises.iter().any(|promise| sources.contains(&promise.source))
    }

    /// From the first to the last instant, the last second not counted.
    pub(super) fn lifetime(&self) -> Span {
        self.validity.not_after.since(self.validity.not_before)
    }
}

/// How many logs these promises are of.
pub(super) fn logs(promises: &[Promise<'_>]) -> usize {
    promises.iter().map(|promise| promise.log.id).collect::<BTreeSet<LogId>>().len()
}
