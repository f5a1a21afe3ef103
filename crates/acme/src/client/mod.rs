//! The client half of RFC 8555 as state machines that can stop and go on at any instruction.
//!
//! # Driving a flow
//!
//! [`order::OrderFlow`], [`account::AccountFlow`] and [`rollover::RolloverFlow`] are values to be stored. One loop drives
//! them; **store, then send** (law 3) is its whole discipline:
//!
//! ```text
//! let mut flow = stored or begun;         // the key and the CSR are in the store before `begin`
//! flow.resume(now);                       // once after loading an order flow: challenges are presented anew
//! loop {
//!     match flow.next(now) {
//!         Do::Send(call)      => { store(&flow);                       // durable before the first byte leaves
//!                                  let reply = courier.send(&call);    // signs, keeps nonces, repeats badNonce
//!                                  flow.take(reply, now);
//!                                  store(&flow); }                     // may be merged with the next store
//!         Do::Wait(wait)      => come back at `wait.until`; `wait.setback` says what went wrong meanwhile
//!         Do::Present(list)   => solver presents each and sees it; then flow.presented(now)
//!         Do::Done(issued)    => store the version; clear the challenges (flow.challenges())
//!         Do::Failed(failure) => close the order; clear the challenges
//!     }
//! }
//! ```
//!
//! [`Do::Send`] marks the flow as *waiting for a reply* before it is stored. A flow that is asked for its next step while
//! it still waits (the process died, or the connection did) takes the reply for lost and finds out what became of the
//! request instead of repeating it: a lost newOrder is looked for in the account's list of orders, a lost finalize is
//! followed by a look at the order. Reads are simply repeated.
//!
//! A reply is [`Reply`]: the CA's [`Answer`](crate::Answer) whatever its status, or a [`Miss`] when none came.
//! [`Nonces`] and [`Call::signing_input`] are what a courier needs; the crate `net` has one on real sockets.

pub mod account;
mod call;
mod nonces;
pub mod order;
pub mod revoke;
pub mod rollover;
mod setback;

pub use call::{Body, Call, Miss, Reply, SignWith};
pub use nonces::{MAX_REJECTIONS, Nonces};
use setback::Setbacks;
pub use setback::Wait;

use crate::failure::Failure;

/// What an account or rollover flow wants next; an order's is [`order::Do`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do<T> {
    /// Store the flow, send this, give the reply to `take`.
    Send(Call),
    /// Come back later.
    Wait(Wait),
    /// It is done.
    Done(T),
    /// It cannot be done.
    Failed(Failure),
}
