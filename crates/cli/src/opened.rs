//! Files of keys and certificates that a person names, opened: with the password that was given, with those that everybody
//! has, else with one that is asked for.

use std::path::Path;

use notafter_cert::Trouble;
use notafter_keys::LooseKey;
use notafter_keys::unpack::{UnpackError, Unpacked, Wanted, unpack};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::file;
use crate::password::{self, Asked, Source};
use crate::session::Session;

/// What containers have whose owner chose no password: nothing, and what Java's documentation says.
pub(crate) const OF_EVERYBODY: [&str; 2] = ["", "changeit"];

/// So often may somebody type a wrong one.
const TRIES: usize = 3;

/// Opens a file.
pub(crate) async fn open(
    path: &Path,
    wanted: Wanted,
    source: Option<&Source>,
    session: &Session,
) -> Result<Unpacked, Failure> {
    let name = path.display();
    let path = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let bytes = file::read(path).map_err(|error| {
        Failure::new(format!("cannot read {name}"), error.hint()).because(format!("it {error}"))
    })?;
    let bytes = Zeroizing::new(bytes);
    let given = source.map(|source| source.read(session)).transpose()?;
    let mut passwords: Vec<Zeroizing<String>> = match given {
        Some(given) => vec![given],
        None => OF_EVERYBODY.map(|password| Zeroizing::new(password.to_owned())).into(),
    };
    let mut left = if source.is_none() { TRIES } else { 0 };
    loop {
        let tried: Vec<&str> = passwords.iter().map(|password| password.as_str()).collect();
        let error = match unpack(&bytes, &tried, wanted) {
            Ok(unpacked) => return Ok(unpacked),
            Err(error) => error,
        };
        let is_locked = matches!(error, UnpackError::Locked { .. });
        if is_locked
            && left > 0
            && let Asked::Typed(typed) = password::ask(&format!("password of {name}")).await?
        {
            left -= 1;
            passwords = vec![typed];
            continue;
        }
        return Err(told(&name.to_string(), &error, source.is_some()));
    }
}

fn told(name: &str, error: &UnpackError, was_given: bool) -> Failure {
    let (why, hint) = match error {
        UnpackError::Locked { .. } if was_given => {
            (error.to_string(), "give the password of this file".to_owned())
        }
        UnpackError::Locked { what, .. } => (
            format!("{what} is under a password"),
            "give it in a file with --password-file, or in a variable with --password-env".to_owned(),
        ),
        error => (error.to_string(), error.hint()),
    };
    Failure::new(format!("cannot open {name}"), hint).because(why)
}

/// The only key of a file.
pub(crate) async fn only_key(
    path: &Path,
    source: Option<&Source>,
    session: &Session,
) -> Result<LooseKey, Failure> {
    let mut unpacked = open(path, Wanted::Everything, source, session).await?;
    let refused = |why: String| {
        Failure::new(
            format!("cannot take the key from {}", path.display()),
            "name the file with one private key",
        )
        .because(why)
    };
    match unpacked.keys.len() {
        1 => Ok(unpacked.keys.remove(0).key),
        0 => Err(refused(match unpacked.damaged.first() {
            Some((which, why)) => format!("{which} cannot be read: {why}"),
            None => "there is no private key in it".to_owned(),
        })),
        several => Err(refused(format!("there are {several} private keys in it"))),
    }
}
