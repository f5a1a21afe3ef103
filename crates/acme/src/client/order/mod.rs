//! One order, from newOrder to the chain (RFC 8555 section 7.4), resumable at any point.

mod answers;
mod authorization;
mod chain;
mod requests;

use notafter_cert::{Certificate, Identifier, Span, Time, base64, csr};
use serde::{Deserialize, Serialize};

use super::{Call, Setbacks, Wait};
use crate::challenge::{Challenge, Kind};
use crate::failure::{Code, Failure};
use crate::message::Directory;
use crate::origin::Origin;
use authorization::Authorization;
pub use chain::Issued;

/// How long a CA may take to validate, once it was told to look.
const VALIDATION_PATIENCE: Span = Span::hours(1);
/// How long an order may stay `processing`: managed CAs take many minutes.
const PROCESSING_PATIENCE: Span = Span::hours(6);
/// How long an order is pursued through setbacks before the CSR is sent: until then another order costs little.
const PATIENCE_BEFORE_CSR: Span = Span::hours(2);
/// How long it is pursued afterwards, when a certificate may exist already.
const PATIENCE_AFTER_CSR: Span = Span::hours(24);
/// How often newOrder is sent without an answer that helps; there is no order yet that could be lost.
const MAX_PLACINGS: u32 = 4;
/// How often the CSR is sent to a CA that says afterwards that it still waits for it.
const MAX_FINALIZATIONS: u32 = 6;
/// How often a CA is told of one challenge, when it is doubtful whether it heard.
const MAX_TELLINGS: u32 = 4;
/// How often a lapsed order is followed by a fresh one.
const MAX_FRESH_ORDERS: u32 = 2;
/// Remarks that are kept.
const MAX_REMARKS: usize = 50;

/// What is to be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Names and addresses; the CSR carries the same ones.
    pub identifiers: Vec<Identifier>,
    /// The PKCS#10 request in DER, stored with its key before the order is begun.
    pub csr: Vec<u8>,
    /// A profile from the directory's list.
    pub profile: Option<String>,
    /// The certificate that this one replaces, as `Certificate::ari_id` names it; only of the same account. Told to CAs that
    /// offer renewal information.
    pub replaces: Option<String>,
    /// The common name of an issuer in the chain to choose among the alternates.
    pub preferred_chain: Option<String>,
    /// Challenge types that can be answered, the preferred one first.
    pub kinds: Vec<Kind>,
    /// URLs of orders at this account that belong to other flows: never taken for a lost one of this flow.
    pub other_orders: Vec<String>,
}

/// Who orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account's URL.
    pub url: String,
    /// Where its orders are listed, if the CA does that.
    pub orders: Option<String>,
    /// The account key's thumbprint.
    pub thumbprint: String,
}

/// What the flow wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Store the flow, send this, give the reply to [`OrderFlow::take`].
    Send(Call),
    /// Come back later.
    Wait(Wait),
    /// Make these answerable (and see for yourself that they are), then call [`OrderFlow::presented`].
    Present(Vec<Challenge>),
    /// Issued: the chain belongs to the CSR's key and covers every identifier.
    Done(Issued),
    /// It cannot be done.
    Failed(Failure),
}

/// Something worth telling that did not stop the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// When.
    pub at: Time,
    /// What.
    pub text: String,
}

/// An order under way: a value to be stored after every step ([`super`] has the loop).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFlow {
    origin: Origin,
    new_order: String,
    account: Account,
    identifiers: Vec<Identifier>,
    csr: String,
    profile: Option<String>,
    replaces: Option<String>,
    preferred_chain: Option<String>,
    kinds: Vec<Kind>,
    other_orders: Vec<String>,

    stage: Stage,
    stage_since: Time,
    awaiting_reply: bool,
    order: Option<Placed>,
    placings: u32,
    validating_since: Option<Time>,
    fresh_orders: u32,
    finalizations: u32,
    polls: u32,
    setbacks: Setbacks,
    remarks: Vec<Remark>,
    clock_skew: Option<Span>,
    #[serde(default)]
    replaces_accepted: bool,
    #[serde(default)]
    offered: Vec<String>,
}

/// The order as the CA knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    url: String,
    finalize: Option<String>,
    certificate: Option<String>,
    expires: Option<Time>,
    authorizations: Vec<Authorization>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
enum Stage {
    /// newOrder.
    Placing,
    /// The reply to newOrder was lost: reading the account's list of orders.
    Searching { page: Option<String>, pages: u32, candidates: Vec<String> },
    /// Looking at the order, to learn where it stands.
    Looking,
    /// Reading the authorizations.
    Reading,
    /// Waiting for the caller to present the challenges.
    Presenting,
    /// Telling the CA to look at the challenges, one by one.
    Answering,
    /// Waiting for the authorizations to become valid.
    Validating,
    /// Sending the CSR.
    Finalizing,
    /// Waiting for the certificate.
    Processing,
    /// Fetching the chain.
    Downloading,
    /// Fetching alternate chains until one is the preferred one.
    Choosing { default: Issued, alternates: Vec<String> },
    /// The end.
    Done { issued: Issued },
    /// The other end.
    Failed { failure: Failure },
}

impl OrderFlow {
    /// Begins an order. Key and CSR must be stored before; store this, too, before it is driven.
    ///
    /// # Errors
    /// When the CA has no such profile, or the CSR is not for exactly these identifiers.
    pub fn begin(directory: &Directory, account: Account, wish: Wish, now: Time) -> Result<Self, Failure> {
        check_profile(directory, wish.profile.as_deref())?;
        check_csr(&wish)?;
        Ok(Self {
            origin: directory.origin.clone(),
            new_order: directory.new_order.clone(),
            account,
            identifiers: sorted(wish.identifiers),
            csr: base64::encode(&wish.csr),
            profile: wish.profile,
            // RFC 9773 section 5: the field belongs to what a CA offers with `renewalInfo`; no other takes note of it.
            replaces: wish.replaces.filter(|_| directory.renewal_info.is_some()),
            preferred_chain: wish.preferred_chain,
            kinds: wish.kinds,
            other_orders: wish.other_orders,
            stage: Stage::Placing,
            stage_since: now,
            awaiting_reply: false,
            order: None,
            placings: 0,
            validating_since: None,
            fresh_orders: 0,
            finalizations: 0,
            polls: 0,
            setbacks: Setbacks::default(),
            remarks: Vec::new(),
            clock_skew: None,
            replaces_accepted: false,
            offered: Vec::new(),
        })
    }

    /// To be called once after a flow was loaded from the store: who answered the challenges may be gone with the old
    /// process, so they are presented anew before the CA looks again.
    pub fn resume(&mut self, now: Time) {
        if matches!(self.stage, Stage::Answering | Stage::Validating) {
            self.doubt_what_was_told();
            // A pause that the CA asked for holds for the new process as well.
            let setbacks = self.setbacks.clone();
            // The CA's time to validate runs on over short interruptions, or it would never be over; after a long one
            // it is given anew.
            if now > self.stage_since + VALIDATION_PATIENCE {
                self.validating_since = None;
            }
            self.enter(Stage::Presenting, now);
            self.setbacks = setbacks;
        }
    }

    /// The caller made the challenges of [`Do::Present`] answerable.
    pub fn presented(&mut self, now: Time) {
        if self.stage == Stage::Presenting {
            self.enter(Stage::Answering, now);
            self.validating_since.get_or_insert(now);
        }
    }

    /// The CA fetched every answer since it was told to: it may be done, so that the first look comes at once. It counts
    /// for none of the looks whose pauses grow, for a CA may look from elsewhere as well. A pause that the CA asked for,
    /// or that a failure imposes, holds.
    pub fn fetched(&mut self) {
        if self.stage == Stage::Validating && self.polls == 1 && self.setbacks.count() == 0 {
            self.polls = 0;
            self.setbacks.clear();
        }
    }

    /// The challenges that were or are to be presented: what to clear at the end.
    #[must_use]
    pub fn challenges(&self) -> Vec<Challenge> {
        let authorizations = self.order.iter().flat_map(|order| &order.authorizations);
        authorizations.filter_map(|one| one.challenge(&self.account.thumbprint)).collect()
    }

    /// The order's URL, once the CA gave one.
    #[must_use]
    pub fn order_url(&self) -> Option<&str> {
        self.order.as_ref().map(|order| order.url.as_str())
    }

    /// The CA that it is placed at.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether it was placed with the CA of this directory: with another one it cannot go on.
    #[must_use]
    pub fn is_at(&self, directory: &Directory) -> bool {
        self.origin == directory.origin
    }

    /// What happened on the way, oldest first.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Whether the CA took note of the certificate that is replaced: only then may it exempt the order from its limits.
    #[must_use]
    pub const fn replaces_accepted(&self) -> bool {
        self.replaces_accepted
    }

    /// The preferred chain, where none of those that were offered was it; with the issuers at the top of these, the
    /// default one first.
    #[must_use]
    pub fn missed_chain(&self) -> Option<(&str, &[String])> {
        let Stage::Done { issued } = &self.stage else { return None };
        let wanted = self.preferred_chain.as_deref()?;
        let chain = issued.chain();
        let chain: Vec<Certificate> = chain.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
        (!chain::leads_to(&chain, wanted)).then_some((wanted, self.offered.as_slice()))
    }

    /// How far our clock was ahead of the CA's `Date` in its last answer (negative: behind), where by more than a minute.
    #[must_use]
    pub const fn clock_skew(&self) -> Option<Span> {
        self.clock_skew
    }

    /// Whether it has ended, well or not.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Done { .. } | Stage::Failed { .. })
    }

    /// Where it stands, for people.
    #[must_use]
    pub const fn standing(&self) -> &'static str {
        match self.stage {
            Stage::Placing => "placing the order",
            Stage::Searching { .. } => "looking for the order whose reply was lost",
            Stage::Looking => "looking at the order",
            Stage::Reading => "reading the authorizations",
            Stage::Presenting => "presenting the challenges",
            Stage::Answering => "telling the CA that the challenges are ready",
            Stage::Validating => "waiting for the CA to validate",
            Stage::Finalizing => "sending the CSR",
            Stage::Processing => "waiting for the CA to issue",
            Stage::Downloading => "fetching the chain",
            Stage::Choosing { .. } => "choosing among alternate chains",
            Stage::Done { .. } => "issued",
            Stage::Failed { .. } => "failed",
        }
    }

    fn enter(&mut self, stage: Stage, now: Time) {
        self.awaiting_reply = false;
        // Presenting anew after an interruption does not make the looks come sooner.
        if !matches!(stage, Stage::Presenting | Stage::Answering | Stage::Validating) {
            self.polls = 0;
        }
        self.setbacks.clear();
        self.stage_since = now;
        self.stage = stage;
    }

    fn fail(&mut self, failure: Failure, now: Time) {
        self.enter(Stage::Failed { failure }, now);
    }

    fn remark(&mut self, now: Time, text: impl Into<String>) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(Remark { at: now, text: text.into() });
        }
    }

    /// What the CA has is over before it was finished: a fresh order with the same key and CSR.
    fn lapse(&mut self, why: &str, now: Time) {
        if self.fresh_orders >= MAX_FRESH_ORDERS {
            let text = format!("{why}; {MAX_FRESH_ORDERS} fresh orders ended the same way");
            return self.fail(Failure::new(Code::OrderLapsed, text), now);
        }
        self.fresh_orders += 1;
        self.replaces_accepted = false;
        self.placings = 0;
        self.finalizations = 0;
        self.validating_since = None;
        self.remark(now, format!("{why}; ordering afresh"));
        if let Some(order) = self.order.take() {
            self.other_orders.push(order.url);
        }
        self.enter(Stage::Placing, now);
    }

    /// Something that may pass.
    fn set_back(&mut self, failure: Failure, now: Time) {
        let given_up = match self.stage {
            Stage::Placing => self.placings >= MAX_PLACINGS,
            _ if self.finalizations > 0 => now > self.stage_since + PATIENCE_AFTER_CSR,
            _ => now > self.stage_since + PATIENCE_BEFORE_CSR,
        };
        match self.stage {
            _ if given_up => self.fail(failure, now),
            // Looking for a lost order in between does not make the next attempt come sooner.
            Stage::Placing => self.setbacks.note_again(failure, self.placings.saturating_sub(1), now),
            Stage::Finalizing => self.setbacks.note_again(failure, self.finalizations.saturating_sub(1), now),
            _ => self.setbacks.note(failure, now),
        }
    }

    fn authorizations(&mut self) -> &mut [Authorization] {
        self.order.as_mut().map_or(&mut [], |order| &mut order.authorizations)
    }

    /// Whether the CA was told to look at a challenge is to be read from the authorization before it is told again.
    fn doubt_what_was_told(&mut self) {
        for authorization in self.authorizations().iter_mut().filter(|one| one.told) {
            authorization.doubtful = true;
        }
    }
}

fn sorted(mut identifiers: Vec<Identifier>) -> Vec<Identifier> {
    identifiers.sort();
    identifiers.dedup();
    identifiers
}

fn check_profile(directory: &Directory, wanted: Option<&str>) -> Result<(), Failure> {
    let Some(wanted) = wanted.filter(|wanted| !directory.meta.profiles.contains_key(*wanted)) else {
        return Ok(());
    };
    let known: Vec<&str> = directory.meta.profiles.keys().map(String::as_str).collect();
    let offered = if known.is_empty() { "no profiles".to_owned() } else { known.join(", ") };
    Err(Failure::new(
        Code::UnknownProfile,
        format!("the CA at {} has no profile {wanted:?}; it offers {offered}", directory.origin),
    ))
}

fn check_csr(wish: &Wish) -> Result<(), Failure> {
    let wrong = |why: String| Failure::new(Code::BadRequestedKey, format!("the CSR cannot be sent: {why}"));
    let request = csr::Request::parse(&wish.csr).map_err(|error| wrong(error.to_string()))?;
    if sorted(request.names) != sorted(wish.identifiers.clone()) {
        return Err(wrong("its names are not the identifiers of the order".to_owned()));
    }
    Ok(())
}
