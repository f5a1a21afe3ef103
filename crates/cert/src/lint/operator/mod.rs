//! What whoever runs servers should know: ours, beyond the rules for CAs.

mod ask;
mod ca_as_server;
mod client_auth_sunset;
mod lifetime_of_next_one;
mod must_staple_without_ocsp;
mod no_revocation_information;
mod rsa_2048_beyond_2030;
mod scts_for_lifetime;
mod too_many_names;
mod wildcard_breadth;
mod www_and_bare_name;

use super::Lint;

/// In the order in which it matters: the key and the dates, the names, what browsers ask for.
pub(super) const ALL: &[&Lint] = &[
    &ca_as_server::LINT,
    &lifetime_of_next_one::LINT,
    &client_auth_sunset::LINT,
    &rsa_2048_beyond_2030::LINT,
    &www_and_bare_name::LINT,
    &wildcard_breadth::LINT,
    &too_many_names::LINT,
    &scts_for_lifetime::LINT,
    &must_staple_without_ocsp::LINT,
    &no_revocation_information::LINT,
];
