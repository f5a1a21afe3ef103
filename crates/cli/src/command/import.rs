//! `notafter import`: brings a certificate from files into a lineage.

use std::path::{Path, PathBuf};

use notafter_engine::operate::lifecycle::{Import, Outcome};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::output::outcome::{self, Format};
use crate::session::Session;

/// Make a certificate and key from files the present version of a lineage, and deploy it
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lineage's name; it is in the inventory
    lineage: String,
    /// PEM file with the chain, leaf first
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// PEM file with the private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Also when it ends before the present version, or is not trusted where it would be served
    #[arg(long)]
    force: bool,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let request = Import {
        lineage: args.lineage,
        chain: read(&args.chain)?,
        key: read(&args.key)?,
        path: args.chain.display().to_string(),
        force: args.force,
    };
    let outcome: Outcome = session.operate("lifecycle.import", request).await?;
    outcome::write(&[outcome], args.format, session.clock.now())
}

fn read(path: &Path) -> Result<String, Failure> {
    file::read_text(path).map_err(|error| {
        let hint = if file::is_pkcs12(path) {
            "take certificates and key out first: openssl pkcs12 -in FILE -nodes -out pair.pem, and name that twice"
        } else {
            error.hint()
        };
        Failure::new(format!("cannot read {}", path.display()), hint).because(format!("it {error}"))
    })
}
