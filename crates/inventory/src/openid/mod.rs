//! Signing in through a provider (OpenID Connect Core 1.0): what it is asked, whether what it says of somebody is to be believed,
//! and what that person may do.
//!
//! One flow is known: an authorization code (section 3.1) with PKCE (RFC 7636, S256), a state and a nonce.

mod id_token;
mod person;
mod provider;

pub use id_token::{ALGORITHMS, Claims, Expected, LEEWAY, Refused, claims};
pub use person::{Ambiguous, Entitlement, NoEntitlement, Person, entitled};
pub use provider::{Asked, Keys, Provider, ProviderFault, is_plain_here};

#[cfg(test)]
mod tests;
