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
    let bytes = file::input(path).map_err(|error| Failure::new(format!("{name} {error}"), error.hint()))?;
    let bytes = Zeroizing::new(bytes);
    let mut passwords: Vec<Zeroizing<String>> = match source {
        Some(source) => source.read_all(session)?,
        None => OF_EVERYBODY.map(|password| Zeroizing::new(password.to_owned())).into(),
    };
    let mut left = if source.is_none() { TRIES } else { 0 };
    loop {
        let tried: Vec<&str> = passwords.iter().map(|password| password.as_str()).collect();
        let error = match unpack(&bytes, &tried, wanted) {
            Ok(unpacked) => return Ok(unpacked),
            Err(error) => error,
        };
        let question = match &error {
            UnpackError::Locked { .. } => Some(format!("password of {name}")),
            UnpackError::KeyLocked { alias } => Some(format!("password of the key {alias} in {name}")),
            _ => None,
        };
        if let Some(question) = question.filter(|_| left > 0)
            && let Asked::Typed(typed) = password::ask(&question).await?
        {
            left -= 1;
            // The password of a key is tried beside that of its keystore.
            let is_of_key = matches!(error, UnpackError::KeyLocked { .. });
            passwords.truncate(if is_of_key { passwords.len() } else { 0 });
            passwords.push(typed);
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
        UnpackError::KeyLocked { .. } => (
            error.to_string(),
            "write it into the second line of the file for --password-file, below that of the keystore"
                .to_owned(),
        ),
        error => (in_full(error), error.hint()),
    };
    Failure::new(format!("cannot open {name}"), hint).because(why)
}

/// An error with the errors that it comes from.
fn in_full(error: &UnpackError) -> String {
    let sources = std::iter::successors(std::error::Error::source(error), |source| source.source());
    std::iter::once(error.to_string()).chain(sources.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
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
