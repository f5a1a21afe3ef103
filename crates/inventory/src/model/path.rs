//! What is known about a way to reach somebody.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{ChannelId, OwnerId};
use crate::plan::ahead::is_ahead;

/// One channel with one address on it, and whether messages arrive there; identified by (channel, address).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// The channel.
    pub channel_id: ChannelId,
    /// The address on it.
    pub to: Option<String>,
    /// Whose path it is; the default owner's where several share it.
    pub owner_id: OwnerId,
    /// When a message was last confirmed from the far end.
    pub proved_at: Option<Time>,
    /// When a message was last accepted.
    pub accepted_at: Option<Time>,
    /// Since when every message failed.
    pub failing_since: Option<Time>,
    /// Failed tries since the last acceptance.
    pub failures: u32,
    /// What the last failure said.
    pub last_error: Option<String>,
    /// When it was last tested, by whomever.
    #[serde(default)]
    pub tested_at: Option<Time>,
    /// Since when a person was asked, unasked by anybody, whether messages still arrive, and nobody answered.
    #[serde(default)]
    pub asked_at: Option<Time>,
}

impl Path {
    /// How long a confirmation is believed: addresses and relays rot unseen.
    pub const PROOF_HOLDS: Span = Span::days(180);

    /// How long a test message waits for its answer: so long its code and its link hold.
    pub const ANSWER_WITHIN: Span = Span::days(7);

    /// So many failures in a row are more than a hiccup.
    pub const DOWN_AFTER: u32 = 3;

    /// A path of which nothing is known yet.
    #[must_use]
    pub const fn unknown(channel_id: ChannelId, to: Option<String>, owner_id: OwnerId) -> Self {
        Self {
            channel_id,
            to,
            owner_id,
            proved_at: None,
            accepted_at: None,
            failing_since: None,
            failures: 0,
            last_error: None,
            tested_at: None,
            asked_at: None,
        }
    }

    /// Whether it is known not to work; a refusal for good counts as [`Path::DOWN_AFTER`] failures.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.failures >= Self::DOWN_AFTER
    }

    /// Whether it is known to work: confirmed not too long ago, and not down since; one message that is asked to come
    /// again later (greylisting) unproves nothing. When a clock that was ahead confirmed it, nobody knows: that is no proof.
    #[must_use]
    pub fn is_proved(&self, now: Time) -> bool {
        let holds = |at: Time| !is_ahead(at, now) && now.since(at) < Self::PROOF_HOLDS;
        !self.is_down() && self.proved_at.is_some_and(holds)
    }

    /// Since when it is silent: somebody was asked whether messages arrive, had the time to answer, and did not. One that is
    /// known not to work is none: there the question itself may not have arrived.
    #[must_use]
    pub fn silent_since(&self, now: Time) -> Option<Time> {
        let asked = self.asked_at.filter(|at| !is_ahead(*at, now) && now.since(*at) >= Self::ANSWER_WITHIN);
        asked.filter(|_| !self.is_down())
    }

    /// That messages arrive was shown.
    pub const fn prove(&mut self, now: Time) {
        self.proved_at = Some(now);
        self.asked_at = None;
    }
}
