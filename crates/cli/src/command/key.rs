//! `notafter key`: makes a private key, or shows the public half of one.

use std::path::{Path, PathBuf};

use notafter_cert::csr::Request;
use notafter_cert::{Fingerprint, base64, pem};
use notafter_keys::unpack::{Unpacked, Wanted};
use notafter_keys::{LooseKey, LooseKind};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::made::{Made, Place};
use crate::opened;
use crate::password::{self, Asked, Source};
use crate::session::Session;

/// Make a private key, or show the public half of one
///
/// notafter key --out shop.key makes one that only you can read, and never takes the place of a file. notafter key --public
/// FILE prints the public key of a private key, a certificate or a request. What pins and blocklists name, the SHA-256 of the
/// public key, is said on standard error.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("result").required(true).multiple(true))]
pub(crate) struct Args {
    /// What kind of key: ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096 or ed25519 (which no browser takes)
    #[arg(long = "type", value_name = "TYPE", default_value_t = LooseKind::default(), conflicts_with = "public")]
    kind: LooseKind,
    /// Write it into this file (PKCS#8, PEM); - is standard output
    #[arg(long, value_name = "FILE", group = "result")]
    out: Option<PathBuf>,
    /// Print the public half of what is in this file instead
    #[arg(long, value_name = "FILE", group = "result")]
    public: Option<PathBuf>,
    /// Seal it under a password that is asked for at the terminal
    #[arg(long, conflicts_with_all = ["public", "password_file", "password_env"])]
    encrypt: bool,
    /// Seal it under the password in the first line of this file; with --public, open with it
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,
    /// Seal it under the password in this variable; with --public, open with it
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let place = Place::of(args.out.as_deref(), args.force)?;
    let source = Source::of(args.password_file, args.password_env);
    match &args.public {
        Some(file) if place.is(file) => {
            Err(Failure::usage("the public key would take the place of the file", "name another with --out"))
        }
        Some(file) => show(file, source.as_ref(), &place, session).await,
        None => make(args.kind, args.encrypt, source.as_ref(), &place, session).await,
    }
}

async fn make(
    kind: LooseKind,
    encrypt: bool,
    source: Option<&Source>,
    place: &Place,
    session: &Session,
) -> Result<Exit, Failure> {
    let password = match source {
        Some(source) => Some(source.read(session)?),
        None if encrypt => Some(typed().await?),
        None => None,
    };
    let password = password.map(password::for_sealing).transpose()?;
    let key = LooseKey::generate(kind)?;
    let pem = match &password {
        Some(password) => key.sealed_pem(password)?,
        None => key.to_pem(),
    };
    place.take(&Made { bytes: pem.as_bytes(), is_secret: true, is_text: true })?;
    let sealed = if password.is_some() { ", under its password" } else { "" };
    anstream::eprintln!("{}: {} key{sealed}", place.name(), key.kind());
    if let Some(pin) = key.pin() {
        anstream::eprintln!("public key SHA-256: {pin}");
    }
    Ok(Exit::Done)
}

async fn typed() -> Result<Zeroizing<String>, Failure> {
    match password::ask_for_new("password for the key").await? {
        Asked::Typed(password) => Ok(password),
        Asked::Nobody => {
            let hint = "write the password into a file, and name it with --password-file";
            Err(Failure::usage("--encrypt asks for a password, and there is no terminal", hint))
        }
    }
}

async fn show(
    file: &Path,
    source: Option<&Source>,
    place: &Place,
    session: &Session,
) -> Result<Exit, Failure> {
    let unpacked = opened::open(file, Wanted::Everything, source, session).await?;
    let spki = public_half(&unpacked).ok_or_else(|| {
        let hint = "name a file with one private key, certificate, request or public key";
        Failure::new(format!("there is no public key to tell in {}", file.display()), hint)
    })?;
    let pem = pem::write("PUBLIC KEY", &spki);
    place.take(&Made { bytes: pem.as_bytes(), is_secret: false, is_text: true })?;
    anstream::eprintln!("public key SHA-256: {}", base64::encode(Fingerprint::of(&spki).as_bytes()));
    Ok(Exit::Done)
}

/// Of the private key, else of the first certificate, request or public key.
fn public_half(unpacked: &Unpacked) -> Option<Vec<u8>> {
    let key = unpacked.keys.first().map(|found| found.key.spki_der());
    if let Some(spki) = key {
        return spki.map(<[u8]>::to_vec);
    }
    let certificate = unpacked.certificates.first().map(|one| one.key().spki_der.clone());
    let request = || Request::parse(unpacked.requests.first()?).ok().map(|request| request.key.spki_der);
    certificate.or_else(request).or_else(|| unpacked.public_keys.first().cloned())
}
