//! `notafter issue`: one certificate by hand, kept alive from then on.

mod known;
mod piece;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use notafter_cert::{Identifier, KeySpec};
use notafter_engine::operate::lifecycle::{Issue, Outcome};
use notafter_tls::Target;

use self::known::Known;
use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::{self, Format};
use crate::session::Session;

/// Get a certificate for these names, install it, prove it on the wire, and keep it alive from now on
///
/// What is given here is added to the inventory (`notafter get` shows it); `notafter serve` renews it. Of a lineage that
/// is known, what is not given stays as it is, but for the names: they are those given now. Everything can also be
/// written in an inventory file, which can take back what no option can: docs/inventory.md.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Names and addresses that the certificate shall carry, such as shop.example www.shop.example
    #[arg(required = true, value_name = "NAME")]
    identifiers: Vec<Identifier>,
    /// Name of the lineage [default: the first NAME]
    #[arg(long, value_parser = argument::name)]
    name: Option<String>,
    /// An issuer of the inventory [default: that of the lineage, the only one, or the one that --directory makes]
    #[arg(long, value_parser = argument::name)]
    issuer: Option<String>,
    #[command(flatten)]
    new_issuer: NewIssuer,
    /// Key algorithm and size: ecdsa-p256 (of a new lineage where nothing is said), ecdsa-p384, rsa-2048, rsa-3072,
    /// rsa-4096
    #[arg(long)]
    key: Option<KeySpec>,
    /// Keep the key over renewals instead of making a new one each time
    #[arg(long)]
    reuse_key: bool,
    /// ACME profile to ask for, one of those that the CA offers, such as shortlived
    #[arg(long)]
    profile: Option<String>,
    /// Common name of the issuer at the top of the chain to choose, such as "ISRG Root X1"
    #[arg(long, value_name = "CN")]
    preferred_chain: Option<String>,
    /// Names that fail the self-check get a certificate of their own instead of holding up the rest
    #[arg(long)]
    split: bool,
    #[command(flatten)]
    solver: Solver,
    #[command(flatten)]
    place: Place,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(clap::Args, Debug)]
struct NewIssuer {
    /// ACME directory of a CA that is not in the inventory yet (or `letsencrypt`, `letsencrypt-staging`)
    #[arg(long, value_name = "URL", value_parser = argument::directory, help_heading = "A new issuer")]
    directory: Option<String>,
    /// Agree to the terms of service of that CA
    #[arg(long, requires = "directory", help_heading = "A new issuer")]
    agree_terms: bool,
    /// Contact of the account, such as mailto:ops@shop.example
    #[arg(long, requires = "directory", value_name = "URL", value_parser = argument::contact, help_heading = "A new issuer")]
    contact: Vec<String>,
    /// Trust anchors (PEM) for the CA's own server, where it is a private one
    #[arg(long, requires = "directory", value_name = "FILE", help_heading = "A new issuer")]
    ca_trust: Option<PathBuf>,
    /// Key identifier of an external account binding
    #[arg(long, requires = "eab_hmac", value_name = "KID", help_heading = "A new issuer")]
    eab_kid: Option<String>,
    /// Where its MAC key is read: env:NAME or file:/PATH
    #[arg(long, requires = "eab_kid", value_name = "REFERENCE", help_heading = "A new issuer")]
    eab_hmac: Option<String>,
}

/// Who answers the CA's question at http://NAME/.well-known/acme-challenge/; without any, who did so far, or a listener on
/// port 80.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
struct Solver {
    /// A listener of our own on this address, such as `[::]:80` (what a new lineage has)
    #[arg(long, value_name = "ADDRESS", value_parser = argument::listen, help_heading = "The CA's challenge")]
    listen: Option<SocketAddr>,
    /// A running web server that serves this document root
    #[arg(long, value_name = "DIR", help_heading = "The CA's challenge")]
    webroot: Option<PathBuf>,
    /// The running nginx, through a location that is added for the time of the challenge
    #[arg(long, help_heading = "The CA's challenge")]
    nginx_challenge: bool,
}

impl Solver {
    /// Whether the command line says who answers.
    const fn is_given(&self) -> bool {
        self.listen.is_some() || self.webroot.is_some() || self.nginx_challenge
    }
}

#[derive(clap::Args, Debug)]
struct Place {
    /// Install as privkey.pem, cert.pem, chain.pem and fullchain.pem into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "nginx", help_heading = "Where it goes")]
    files: Option<PathBuf>,
    /// Install into the running nginx, for the server with the first NAME
    #[arg(long, help_heading = "Where it goes")]
    nginx: bool,
    /// Command that makes the product read its files again, such as "systemctl reload haproxy": words separated by spaces,
    /// no shell, no quotes
    #[arg(long, value_name = "COMMAND", help_heading = "Where it goes")]
    reload: Option<String>,
    /// Endpoint that must then serve it, at every address, such as shop.example:443 (repeatable), instead of those that
    /// it had
    #[arg(long = "endpoint", value_name = "TARGET", help_heading = "Where it goes")]
    endpoints: Vec<Target>,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    if let Some(reference) = &args.new_issuer.eab_hmac {
        argument::refers_to_a_secret("--eab-hmac", reference)?;
    }
    let lineage = args.name.clone().unwrap_or_else(|| args.identifiers[0].to_string());
    let known = Known::of(&lineage, session).await?;
    let text = piece::text(&args, &lineage, &known, session.settings.http01_port)?;
    let mut secrets = BTreeMap::new();
    if let Some(reference) = &args.new_issuer.eab_hmac {
        session.strangers.refer(reference);
        let value = super::apply::value_of(reference).map_err(|why| {
            let hint = "set the variable, or make the file readable; nothing was changed";
            Failure::new(format!("the secret {reference} cannot be read"), hint).because(why)
        })?;
        secrets.insert(reference.clone(), value);
    }
    let outcome: Outcome = session.operate("lifecycle.issue", Issue { lineage, text, secrets }).await?;
    outcome::write(&[outcome], args.format, session)
}
