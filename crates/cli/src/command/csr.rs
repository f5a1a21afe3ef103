//! `notafter csr`: makes a certificate request, and its key where there is none.

use std::path::{Path, PathBuf};

use notafter_cert::{Identifier, pem};
use notafter_keys::{LooseKey, LooseKind, Subject, Wish, wished_csr};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::made::{Made, Place};
use crate::opened;
use crate::password::Source;
use crate::session::Session;

/// Make a certificate request for names and addresses, and a key where there is none
///
/// notafter csr shop.example www.shop.example prints the request, and writes its new key to shop.example.key, which only you
/// can read. The names stand where clients look for them (subjectAltName); a subject is for CAs that ask for one.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// DNS names and IP addresses, the first one first; *.shop.example for a wildcard
    #[arg(value_name = "NAME", required = true)]
    names: Vec<Identifier>,
    /// The key that signs it, in a file of any kind
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "key_out"])]
    key: Option<PathBuf>,
    /// What kind of key is made: ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096 or ed25519 (which no browser takes)
    #[arg(long = "type", value_name = "TYPE", default_value_t = LooseKind::default())]
    kind: LooseKind,
    /// Where the new key goes [default: the first name with .key behind it]; - is standard output
    #[arg(long, value_name = "FILE")]
    key_out: Option<PathBuf>,
    /// Who asks, such as 'O=Example Ltd, C=DE'; a comma in a value is written \,
    #[arg(long, value_name = "NAME")]
    subject: Option<Subject>,
    /// Ask for a certificate whose server must staple its revocation status (RFC 7633)
    #[arg(long)]
    must_staple: bool,
    /// Write the request into this file (PKCS#10, PEM) instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The key opens with the password in the first line of this file
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,
    /// The key opens with the password in this variable
    #[arg(long, value_name = "NAME", requires = "key")]
    password_env: Option<String>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let place = Place::of(args.out.as_deref(), args.force)?;
    let wish = Wish {
        identifiers: once(args.names),
        subject: args.subject.unwrap_or_default(),
        must_staple: args.must_staple,
    };
    let source = Source::of(args.password_file, args.password_env);
    let (key, key_place) = match &args.key {
        Some(file) => {
            apart(&place, file)?;
            (opened::only_key(file, source.as_ref(), session).await?, None)
        }
        None => {
            let out = args.key_out.unwrap_or_else(|| named_after(&wish.identifiers));
            let key_place = Place::of(Some(&out), args.force)?;
            apart(&place, &out)?;
            (LooseKey::generate(args.kind)?, Some(key_place))
        }
    };
    let request = pem::write("CERTIFICATE REQUEST", &wished_csr(&key, &wish)?);
    // The key first: a request without its key is worth nothing.
    if let Some(key_place) = &key_place {
        key_place.take(&Made { bytes: key.to_pem().as_bytes(), is_secret: true, is_text: true })?;
        anstream::eprintln!("{}: {} key", key_place.name(), key.kind());
    }
    place.take(&Made { bytes: request.as_bytes(), is_secret: false, is_text: true })?;
    if args.out.is_some() {
        let names: Vec<String> = wish.identifiers.iter().map(ToString::to_string).collect();
        anstream::eprintln!("{}: request for {}", place.name(), names.join(", "));
    }
    Ok(Exit::Done)
}

/// The request never takes the place of its key.
fn apart(place: &Place, key: &Path) -> Result<(), Failure> {
    if place.is(key) {
        return Err(Failure::usage("key and request would go into one file", "name another with --out"));
    }
    Ok(())
}

/// Names as they were written, each once: letters of either case are one in DNS, and were made small when they were read.
fn once(names: Vec<Identifier>) -> Vec<Identifier> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

/// `shop.example.key`; no shell takes a star for a name.
fn named_after(identifiers: &[Identifier]) -> PathBuf {
    let name = identifiers.first().map(ToString::to_string).unwrap_or_default();
    PathBuf::from(format!("{}.key", name.replace("*.", "wildcard.").replace(':', "_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_called_as_the_first_name() {
        let table = [
            ("shop.example", "shop.example.key"),
            ("*.shop.example", "wildcard.shop.example.key"),
            ("2001:db8::1", "2001_db8__1.key"),
        ];
        for (name, file) in table {
            assert_eq!(named_after(&[name.parse().unwrap()]), Path::new(file));
        }
    }
}
