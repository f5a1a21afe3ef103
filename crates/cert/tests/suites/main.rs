//! Other people's suites, found through `NOTAFTER_SUITES`; none of their files is here.
#![expect(clippy::unwrap_used, reason = "a test may stop where what it stands on is missing")]
#![expect(clippy::disallowed_methods, reason = "the suites are files that the environment names")]

mod archive;
#[path = "../../../net/src/beside.rs"]
#[expect(unreachable_pub, reason = "a module of another crate, read from where it lies")]
mod beside;
mod boringssl_crl;
mod boringssl_parse;
mod exceptions;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod limbo;
mod lints;
mod mutated_chains;
#[path = "../../../../fuzz/src/mutation.rs"]
#[expect(unreachable_pub, reason = "a module of another crate, read from where it lies")]
mod mutation;
mod nist_crl;
mod pkits;
mod shown;
mod zlint;
