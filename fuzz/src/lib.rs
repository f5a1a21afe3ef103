//! The parsers of foreign bytes, each behind a function of bytes: it panics where the parser does, and where something
//! does not hold that must. `fuzz/run` feeds them from libFuzzer, and an ordinary test from the seeds.

mod acme_answer;
mod acme_order;
mod acme_request;
mod acme_sh;
mod anatomy;
mod apache;
mod certbot;
mod certificate;
mod chain;
mod container;
pub mod corpus;
mod crl;
mod cron;
mod ct_log_list;
mod files;
mod hands;
mod http_answer;
mod inventory;
mod java_keystore;
mod key;
mod lego;
mod lint;
mod lists;
mod machine;
pub mod mutation;
mod nginx;
mod nginx_files;
mod ocsp;
mod openid;
mod passkey;
mod pieces;
mod pkcs12;
mod pkcs12_structure;
mod pkcs7;
mod ports;
mod private_key;
mod reply;
mod request;
mod sct;
mod staged;
mod starttls;
mod target;
mod timers;
mod value;
mod weak_key_list;

/// What is done with the bytes.
pub type Run = fn(&[u8]);

/// Every target by its name, in the order in which bytes come nearer to what notafter does with them.
pub const ALL: &[(&str, Run)] = &[
    ("certificate", certificate::run),
    ("request", request::run),
    ("crl", crl::run),
    ("ocsp", ocsp::run),
    ("anatomy", anatomy::run),
    ("container", container::run),
    ("key", key::run),
    ("private_key", private_key::run),
    ("pkcs7", pkcs7::run),
    ("pkcs12", pkcs12::run),
    ("pkcs12_structure", pkcs12_structure::run),
    ("java_keystore", java_keystore::run),
    ("lint", lint::run),
    ("chain", chain::run),
    ("sct", sct::run),
    ("ct_log_list", ct_log_list::run),
    ("value", value::run),
    ("weak_key_list", weak_key_list::run),
    ("target", target::run),
    ("starttls", starttls::run),
    ("http_answer", http_answer::run),
    ("acme_answer", acme_answer::run),
    ("acme_order", acme_order::run),
    ("acme_request", acme_request::run),
    ("inventory", inventory::run),
    ("lists", lists::run),
    ("reply", reply::run),
    ("hands", hands::run),
    ("passkey", passkey::run),
    ("openid", openid::run),
    ("nginx", nginx::run),
    ("nginx_files", nginx_files::run),
    ("apache", apache::run),
    ("timers", timers::run),
    ("cron", cron::run),
    ("certbot", certbot::run),
    ("lego", lego::run),
    ("acme_sh", acme_sh::run),
    ("files", files::run),
    ("ports", ports::run),
    ("machine", machine::run),
];

/// Gives the bytes to the target of this name.
///
/// # Panics
/// There is no such target; or there is, and something is wrong with what it looks after.
pub fn run(name: &str, bytes: &[u8]) {
    let target = ALL.iter().find(|(known, _)| *known == name);
    target.unwrap_or_else(|| panic!("there is no target {name}")).1(bytes);
}
