//! `notafter import`: brings a certificate from files into a lineage.

use std::path::{Path, PathBuf};

use notafter_cert::bag::Container;
use notafter_engine::operate::lifecycle::{Import, Outcome};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file::{self, FileError};
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
    /// Also when it ends before the present version, signed itself, or leads to none of the trust anchors that an endpoint
    /// names, or of this installation's (setting `trust`) where the present version leads to one
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
    outcome::write(&[outcome], args.format, session)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |why: String, hint: &str| {
        Failure::new(format!("cannot read {}", path.display()), hint.to_owned()).because(why)
    };
    let bytes = file::read(path).map_err(|error| failed(format!("it {error}"), error.hint()))?;
    match Container::of(&bytes) {
        Some(container) => Err(failed(format!("it is {container}, which is not opened here"), taken_out_by(container))),
        None => {
            String::from_utf8(bytes).map_err(|_| failed(format!("it {}", FileError::NotText), FileError::NotText.hint()))
        }
    }
}

/// How certificates and key come out of a container.
const fn taken_out_by(container: Container) -> &'static str {
    match container {
        Container::Pkcs12 | Container::JavaKeystore => {
            "take certificates and key out first: notafter convert FILE --out pair.pem, and name that twice"
        }
        Container::Pkcs7Der => {
            "it holds no key: name the key's own file with --key, and take the chain out with notafter convert FILE --out \
             chain.pem"
        }
    }
}
