//! What an order flow makes of the CA's replies.

use notafter_cert::{Identifier, Span, Time};

use super::authorization::{Authorization, untruthful};
use super::{OrderFlow, Placed, Stage, sorted};
use crate::answer::Answer;
use crate::client::Reply;
use crate::failure::{Code, Failure};
use crate::message::{self, OrderList, OrderStatus};

/// Pages of an account's orders that are read.
const MAX_PAGES: u32 = 20;
/// Orders of an account that are looked at, the last ones of the list.
const MAX_CANDIDATES: usize = 40;
/// Our clock and the CA's may differ by this much without a word.
const TOLERATED_SKEW: Span = Span::minutes(1);

impl OrderFlow {
    /// Takes the reply to the request that [`OrderFlow::next`] gave.
    pub fn take(&mut self, reply: Reply, now: Time) {
        let answer = match reply {
            Ok(answer) => answer,
            Err(miss) => {
                self.awaiting_reply = !miss.never_left;
                return self.set_back(miss.failure, now);
            }
        };
        if let Some(skew) = answer.clock_skew() {
            self.clock_skew = Some(skew).filter(|skew| skew.abs() > TOLERATED_SKEW);
        }
        if let Err(failure) = self.judge(&answer, now) {
            self.stumble(failure, now);
        }
    }

    fn judge(&mut self, answer: &Answer, now: Time) -> Result<(), Failure> {
        match self.stage {
            Stage::Placing => self.placed(answer, now),
            Stage::Searching { .. } => self.searched(answer, now),
            Stage::Looking | Stage::Processing => {
                let order = answer.json("look at the order")?;
                self.observe(&order, answer, now)
            }
            Stage::Reading | Stage::Validating => {
                self.awaiting_reply = false;
                self.read_authorization(answer, now)
            }
            Stage::Answering => {
                answer.success("tell the CA to look at a challenge")?;
                self.awaiting_reply = false;
                self.told(now);
                Ok(())
            }
            Stage::Finalizing => {
                let order = answer.json("send the CSR")?;
                self.observe(&order, answer, now)
            }
            Stage::Downloading => self.downloaded(answer, now),
            Stage::Choosing { .. } => {
                self.chose(answer, now);
                Ok(())
            }
            Stage::Presenting | Stage::Done { .. } | Stage::Failed { .. } => Ok(()),
        }
    }

    /// newOrder was answered. The URL is what counts: an order whose object cannot be read is looked at.
    fn placed(&mut self, answer: &Answer, now: Time) -> Result<(), Failure> {
        let doing = "place the order";
        answer.success(doing)?;
        let location = answer.header("location").ok_or_else(|| {
            Failure::new(Code::UnreadableAnswer, format!("{doing}: the CA gave the order no URL (Location)"))
        })?;
        let url = self.origin.pin(location)?;
        self.order = Some(Placed {
            url,
            finalize: None,
            certificate: None,
            expires: None,
            authorizations: Vec::new(),
        });
        match answer.json::<message::Order>(doing) {
            Ok(order) => {
                if self.replaces.is_some() && order.replaces.is_none() {
                    self.remark(now, "the CA did not take note of the certificate that is replaced");
                }
                self.observe(&order, answer, now)
            }
            Err(_) => {
                self.enter(Stage::Looking, now);
                Ok(())
            }
        }
    }

    /// The order as the CA describes it now.
    fn observe(&mut self, order: &message::Order, answer: &Answer, now: Time) -> Result<(), Failure> {
        self.check_identifiers(order)?;
        self.take_urls(order)?;
        self.replaces_accepted |= self.replaces.is_some() && order.replaces == self.replaces;
        match order.status {
            OrderStatus::Pending | OrderStatus::Ready if self.stage == Stage::Finalizing => {
                let text = "send the CSR: the CA accepted it, and the order stands as before";
                self.not_ready(Failure::new(Code::UntruthfulAnswer, text), now);
            }
            OrderStatus::Pending => self.enter(Stage::Reading, now),
            OrderStatus::Ready => self.enter(Stage::Finalizing, now),
            OrderStatus::Processing | OrderStatus::Unknown => {
                if self.stage != Stage::Processing {
                    self.enter(Stage::Processing, now);
                }
                self.awaiting_reply = false;
                self.poll_pause(answer.retry_after(), now);
            }
            OrderStatus::Valid => self.enter(Stage::Downloading, now),
            OrderStatus::Invalid => self.over(order, now),
        }
        Ok(())
    }

    fn over(&mut self, order: &message::Order, now: Time) {
        match &order.error {
            Some(problem) => {
                let failure = Failure::from_problem(problem.clone(), "the order became invalid");
                self.fail(failure, now);
            }
            None if order.expires.is_some_and(|end| end <= now) => self.lapse("the order lapsed", now),
            None => {
                let text = "the CA called the order invalid and gave no reason";
                self.fail(Failure::new(Code::OrderInvalid, text), now);
            }
        }
    }

    fn check_identifiers(&self, order: &message::Order) -> Result<(), Failure> {
        let theirs = identifiers(order);
        if order.identifiers.is_empty() || theirs == self.identifiers {
            return Ok(());
        }
        let shown: Vec<&str> = order.identifiers.iter().map(|one| one.value.as_str()).take(10).collect();
        Err(untruthful(format!("an order for {}, which is not what was ordered", shown.join(", "))))
    }

    fn take_urls(&mut self, order: &message::Order) -> Result<(), Failure> {
        // RFC 8555 section 7.1.3: a CA may want more authorizations than there are identifiers, but not many more.
        let most = 2 * self.identifiers.len() + 10;
        if order.authorizations.len() > most {
            let count = order.authorizations.len();
            return Err(untruthful(format!(
                "{count} authorizations for {} identifiers",
                self.identifiers.len()
            )));
        }
        let pin = |given: &Option<String>| given.as_ref().map(|given| self.origin.pin(given)).transpose();
        let (finalize, certificate) = (pin(&order.finalize)?, pin(&order.certificate)?);
        let urls: Vec<String> =
            order.authorizations.iter().map(|given| self.origin.pin(given)).collect::<Result<_, _>>()?;
        let Some(placed) = &mut self.order else { return Ok(()) };
        placed.finalize = finalize.or_else(|| placed.finalize.take());
        placed.certificate = certificate.or_else(|| placed.certificate.take());
        placed.expires = order.expires.or(placed.expires);
        for url in urls {
            if !placed.authorizations.iter().any(|known| known.url == url) {
                placed.authorizations.push(Authorization::unread(url));
            }
        }
        Ok(())
    }

    /// A page of the account's orders, or one of them, came while a lost one is looked for.
    fn searched(&mut self, answer: &Answer, now: Time) -> Result<(), Failure> {
        let Stage::Searching { page, pages, mut candidates } = self.stage.clone() else { return Ok(()) };
        if page.is_some() {
            let list: OrderList = answer.json("read the account's orders")?;
            let new = list.orders.iter().filter_map(|url| self.origin.pin(url).ok());
            candidates.extend(new.filter(|url| !self.other_orders.contains(url)));
            let surplus = candidates.len().saturating_sub(MAX_CANDIDATES);
            candidates.drain(..surplus);
            let further = answer.links("next").first().and_then(|next| self.origin.pin(next).ok());
            let page = further.filter(|_| pages + 1 < MAX_PAGES);
            self.enter(Stage::Searching { page, pages: pages + 1, candidates }, now);
            return Ok(());
        }
        let url = candidates.pop().unwrap_or_default();
        let order = answer.json::<message::Order>("look at an order of the account").ok();
        match order.filter(|order| self.could_be_ours(order, now)) {
            Some(order) => {
                self.remark(now, format!("found the order whose reply was lost: {url}"));
                self.order = Some(Placed {
                    url,
                    finalize: None,
                    certificate: None,
                    expires: None,
                    authorizations: Vec::new(),
                });
                self.observe(&order, answer, now)
            }
            None => {
                self.enter(Stage::Searching { page, pages, candidates }, now);
                Ok(())
            }
        }
    }

    /// An order that nobody finalized yet, for the same identifiers, is as good as the lost one.
    fn could_be_ours(&self, order: &message::Order, now: Time) -> bool {
        matches!(order.status, OrderStatus::Pending | OrderStatus::Ready)
            && identifiers(order) == self.identifiers
            && (order.profile.is_none() || order.profile == self.profile)
            && order.expires.is_none_or(|end| end > now)
    }

    /// A refusal, or an answer that makes no sense where it came.
    fn stumble(&mut self, failure: Failure, now: Time) {
        let passing = failure.is_passing();
        match &self.stage {
            // A limit decided the matter: no order was made, and the plan knows when to come back.
            Stage::Placing if failure.code == Code::RateLimited => self.fail(failure, now),
            Stage::Placing if !passing => self.refused_order(failure, now),
            Stage::Searching { .. } if !passing => {
                self.remark(now, format!("the account's orders cannot be read ({failure}); ordering again"));
                self.enter(Stage::Placing, now);
            }
            Stage::Finalizing
                if failure.problem.as_ref().is_some_and(|problem| problem.is("orderNotReady")) =>
            {
                self.not_ready(failure, now);
            }
            Stage::Answering if !passing => self.refused_challenge(failure, now),
            Stage::Looking | Stage::Reading | Stage::Validating | Stage::Processing
                if failure.status == Some(404) =>
            {
                self.lapse("the CA does not know the order any more", now);
            }
            _ if passing => {
                // A limit was applied before the request was looked at: it may be repeated as it is.
                self.awaiting_reply &= failure.code != Code::RateLimited;
                self.set_back(failure, now);
            }
            _ => self.fail(failure, now),
        }
    }

    /// Public CAs refuse an order for its `replaces` alone (unknown serial number, another account, replaced already):
    /// once, it is placed again without.
    fn refused_order(&mut self, failure: Failure, now: Time) {
        let may_be_for_replaces = matches!(
            failure.code,
            Code::AlreadyReplaced | Code::Refused | Code::Unauthorized | Code::OrderInvalid
        );
        if may_be_for_replaces && self.replaces.take().is_some() {
            self.remark(now, format!("refused with `replaces` ({failure}); ordering without"));
            return self.enter(Stage::Placing, now);
        }
        self.fail(failure, now);
    }

    /// The CA has not noticed yet that every authorization is valid: a few looks, further and further apart.
    fn not_ready(&mut self, failure: Failure, now: Time) {
        self.enter(Stage::Looking, now);
        self.setbacks.note_again(failure, self.finalizations.saturating_sub(1), now);
    }

    /// The CA may have looked already, or closed the authorization: that shows when it is read again.
    fn refused_challenge(&mut self, failure: Failure, now: Time) {
        self.awaiting_reply = false;
        if let Some(authorization) = self.authorizations().iter_mut().find(|one| one.is_untold()) {
            authorization.told = true;
        }
        self.set_back(failure, now);
    }
}

fn identifiers(order: &message::Order) -> Vec<Identifier> {
    sorted(order.identifiers.iter().filter_map(message::WireIdentifier::known).collect())
}
