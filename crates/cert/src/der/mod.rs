//! DER (X.690), read without copying and without ever failing as a whole.
//!
//! A [`Reader`] hands out [`Element`]s that know their offset in the document; whoever reads a structure keeps for each
//! field its value or its [`Fault`], so that a broken certificate is still shown. Reading is lenient where BER is
//! unambiguous (long forms of lengths, indefinite lengths); what DER forbids is told by [`audit`].

pub mod audit;
pub mod dump;
mod element;
mod fault;
mod frame;
mod integer;
mod list;
mod moment;
mod octets;
pub mod oid;
mod reader;
mod tag;
mod text;
mod write;

pub use element::{Bits, Element};
pub use fault::{Broken, Fault, Field};
pub use frame::Frame;
pub use integer::Integer;
pub use list::{Item, Items, List};
pub use moment::{Moment, MomentForm};
pub use octets::Octets;
pub use oid::Oid;
pub use reader::Reader;
pub use tag::{Class, Tag};
pub use write::write;

/// How deep elements may lie within one another: honest certificates stay below 20.
pub const DEEPEST: u8 = 64;
