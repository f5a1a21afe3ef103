//! What an order flow asks for next.

use notafter_cert::{Span, Time, base64};
use serde_json::json;

use super::authorization::AuthorizationState;
use super::{Do, MAX_FINALIZATIONS, OrderFlow, PROCESSING_PATIENCE, Stage, VALIDATION_PATIENCE};
use crate::client::Call;
use crate::failure::{Code, Failure};
use crate::jose::base64url;
use crate::message::WireIdentifier;

/// The media type of a chain (RFC 8555 section 7.4.2).
const CHAIN: &str = "application/pem-certificate-chain";

/// Pauses between two looks at something the CA is working on, where it names none; the last one repeats.
const POLLS: [Span; 12] = [
    Span::millis(20),
    Span::millis(50),
    Span::millis(100),
    Span::millis(200),
    Span::millis(500),
    Span::seconds(1),
    Span::seconds(2),
    Span::seconds(4),
    Span::seconds(8),
    Span::seconds(15),
    Span::seconds(30),
    Span::seconds(60),
];

/// A CA is not believed when it wants a look later than this.
const LONGEST_POLL: Span = Span::hours(1);

impl OrderFlow {
    /// What to do now. For [`Do::Send`]: store the flow before the request leaves.
    pub fn next(&mut self, now: Time) -> Do {
        if self.awaiting_reply {
            self.reply_was_lost(now);
        }
        if let Some(wait) = self.setbacks.wait(now, self.standing()) {
            return Do::Wait(wait);
        }
        self.notice_the_end(now);
        while self.skip_what_is_done(now) {}
        match &self.stage {
            Stage::Presenting => Do::Present(self.unanswered()),
            Stage::Done { issued } => Do::Done(issued.clone()),
            Stage::Failed { failure } => Do::Failed(failure.clone()),
            _ => match self.call() {
                Some(call) => {
                    self.placings += u32::from(self.stage == Stage::Placing);
                    self.finalizations += u32::from(self.stage == Stage::Finalizing);
                    self.count_telling();
                    self.awaiting_reply = true;
                    Do::Send(call)
                }
                None => self.stuck(now),
            },
        }
    }

    fn count_telling(&mut self) {
        if self.stage == Stage::Answering
            && let Some(authorization) = self.authorizations().iter_mut().find(|one| one.is_untold())
        {
            authorization.tellings += 1;
        }
    }

    /// How long to wait before the next look.
    pub(super) fn poll_pause(&mut self, asked_for: Option<Time>, now: Time) {
        let step = usize::try_from(self.polls).unwrap_or(usize::MAX).min(POLLS.len() - 1);
        let ours = now + POLLS[step];
        self.polls = self.polls.saturating_add(1);
        self.setbacks.clear();
        self.setbacks.pause(asked_for.map_or(ours, |theirs| theirs.clamp(ours, now + LONGEST_POLL)), now);
    }

    /// A request was made and its reply never came: the process died in between, or the connection did.
    fn reply_was_lost(&mut self, now: Time) {
        self.awaiting_reply = false;
        let setbacks = self.setbacks.clone();
        match self.stage {
            Stage::Placing => match self.account.orders.clone() {
                Some(list) => {
                    self.remark(now, "the reply to newOrder was lost; looking in the account's list of orders");
                    self.enter(Stage::Searching { page: Some(list), pages: 0, candidates: Vec::new() }, now);
                }
                None => self.remark(
                    now,
                    "the reply to newOrder was lost and the CA lists no orders: ordering again; an order nobody uses \
                     lapses by itself",
                ),
            },
            Stage::Finalizing => {
                self.remark(now, "the reply to finalize was lost; looking at the order before anything is sent");
                self.enter(Stage::Looking, now);
            }
            Stage::Answering => {
                if let Some(authorization) = self.authorizations().iter_mut().find(|one| one.is_untold()) {
                    authorization.told = true;
                    authorization.doubtful = true;
                }
            }
            _ => return,
        }
        // The pause that a failed connection asked for holds for the next request as well.
        self.setbacks = setbacks;
    }

    /// Orders and authorizations that ended while nobody looked.
    fn notice_the_end(&mut self, now: Time) {
        let before_the_csr = matches!(
            self.stage,
            Stage::Looking | Stage::Reading | Stage::Presenting | Stage::Answering | Stage::Validating
        );
        let Some(order) = self.order.as_ref().filter(|_| before_the_csr) else { return };
        // After a lost finalize the order may be valid already: the CA is asked.
        if self.stage != Stage::Looking && order.expires.is_some_and(|end| end <= now) {
            return self.lapse("the order lapsed", now);
        }
        let lapsed = order.authorizations.iter().find(|one| one.expires.is_some_and(|end| end <= now));
        if let Some(text) = lapsed.map(|one| format!("the authorization for {} lapsed", one.shown())) {
            return self.lapse(&text, now);
        }
        if self.validating_since.is_some_and(|since| now > since + VALIDATION_PATIENCE) {
            let waiting = self.order.iter().flat_map(|order| &order.authorizations);
            let names = waiting.filter(|one| one.state == AuthorizationState::Pending);
            let names = names.filter_map(|one| one.identifier.clone()).collect();
            let text = format!("the CA did not finish validating within {VALIDATION_PATIENCE}");
            self.fail(Failure::new(Code::OrderStuck, text).about(names), now);
        }
    }

    /// Moves on from a stage in which nothing is left to ask for; whether it did.
    fn skip_what_is_done(&mut self, now: Time) -> bool {
        use AuthorizationState::{Invalid, Pending, Unread, Valid};
        let states: Vec<_> = self.authorizations().iter().map(|one| (one.state.clone(), one.told)).collect();
        let any_unread = states.iter().any(|(state, _)| *state == Unread);
        let any_pending = states.iter().any(|(state, _)| *state == Pending);
        let any_untold = states.iter().any(|(state, told)| *state == Pending && !told);
        let all_valid = states.iter().all(|(state, _)| *state == Valid);
        let any_invalid = states.iter().any(|(state, _)| matches!(state, Invalid(_)));
        match self.stage {
            Stage::Reading if any_unread => return false,
            Stage::Reading | Stage::Presenting | Stage::Answering | Stage::Validating if all_valid => {
                self.enter(Stage::Finalizing, now);
            }
            Stage::Reading if any_invalid => self.fail_validation(now),
            // The others are awaited, so that every failing identifier is named.
            Stage::Validating if any_invalid && !any_pending => self.fail_validation(now),
            Stage::Reading => self.enter(Stage::Presenting, now),
            Stage::Answering if !any_untold => self.enter(Stage::Validating, now),
            Stage::Validating if any_untold => self.enter(Stage::Answering, now),
            Stage::Finalizing if self.finalizations >= MAX_FINALIZATIONS => {
                let text =
                    format!("the CSR was sent {MAX_FINALIZATIONS} times, and the CA still waits for it");
                self.fail(Failure::new(Code::OrderStuck, text), now);
            }
            Stage::Processing if now > self.stage_since + PROCESSING_PATIENCE => {
                let text = format!("the order stayed `processing` for more than {PROCESSING_PATIENCE}");
                self.fail(Failure::new(Code::OrderStuck, text), now);
            }
            Stage::Choosing { ref alternates, ref default } if alternates.is_empty() => {
                let issued = default.clone();
                let wanted = self.preferred_chain.clone().unwrap_or_default();
                let offered = self.offered.join(", ");
                self.remark(
                    now,
                    format!("no chain of the CA leads to {wanted:?}; it offers {offered}, and its default is taken"),
                );
                self.enter(Stage::Done { issued }, now);
            }
            Stage::Searching { page: None, ref candidates, .. } if candidates.is_empty() => {
                self.remark(
                    now,
                    "the CA's list holds no such order: newOrder did not arrive; ordering again",
                );
                self.enter(Stage::Placing, now);
            }
            _ => return false,
        }
        true
    }

    fn call(&self) -> Option<Call> {
        let account = self.account.url.as_str();
        let order = self.order.as_ref();
        let read = |doing, url: Option<&String>| Some(Call::read(doing, url?.clone(), account));
        match &self.stage {
            Stage::Placing => {
                Some(Call::post("place the order", self.new_order.clone(), account, self.new_order_payload()))
            }
            Stage::Searching { page: Some(page), .. } => read("read the account's orders", Some(page)),
            Stage::Searching { candidates, .. } => read("look at an order of the account", candidates.last()),
            Stage::Looking | Stage::Processing => read("look at the order", order.map(|order| &order.url)),
            Stage::Reading | Stage::Validating => {
                let authorization = order?.authorizations.get(self.authorization_to_read()?)?;
                read("read an authorization", Some(&authorization.url))
            }
            Stage::Answering => {
                let untold = order?.authorizations.iter().find(|one| one.is_untold())?;
                let url = untold.challenge_url.clone()?;
                Some(Call::post("tell the CA to look at a challenge", url, account, json!({})))
            }
            Stage::Finalizing => {
                let csr = base64url(&base64::decode(&self.csr)?);
                let url = order?.finalize.clone()?;
                Some(Call::post("send the CSR", url, account, json!({ "csr": csr })))
            }
            Stage::Downloading => {
                Some(Call { accept: Some(CHAIN), ..read("fetch the chain", order?.certificate.as_ref())? })
            }
            Stage::Choosing { alternates, .. } => {
                Some(Call { accept: Some(CHAIN), ..read("fetch an alternate chain", alternates.last())? })
            }
            Stage::Presenting | Stage::Done { .. } | Stage::Failed { .. } => None,
        }
    }

    fn new_order_payload(&self) -> serde_json::Value {
        let identifiers: Vec<WireIdentifier> = self.identifiers.iter().map(WireIdentifier::from).collect();
        let mut payload = json!({ "identifiers": identifiers });
        if let Some(profile) = &self.profile {
            payload["profile"] = json!(profile);
        }
        if let Some(replaces) = &self.replaces {
            payload["replaces"] = json!(replaces);
        }
        payload
    }

    fn unanswered(&self) -> Vec<crate::challenge::Challenge> {
        let authorizations = self.order.iter().flat_map(|order| &order.authorizations);
        authorizations
            .filter(|one| one.state == AuthorizationState::Pending)
            .filter_map(|one| one.challenge(&self.account.thumbprint))
            .collect()
    }

    /// The CA left out a URL without which the order cannot go on.
    fn stuck(&mut self, now: Time) -> Do {
        let text = format!("{}: the CA's order lacks the URL for it", self.standing());
        let failure = Failure::new(Code::UntruthfulAnswer, text);
        self.fail(failure.clone(), now);
        Do::Failed(failure)
    }
}
