//! What is said between the two: one question, for `stage` a key after it, and one answer.
//!
//! Question and answer are JSON behind their length (four bytes, big endian); keys are never part of them.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use notafter_cert::{Retry, Trouble};
use notafter_inventory::model::{DeploymentId, PlaceId};
use notafter_keys::parcel::ParcelError;
use notafter_tls::Offer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deploy::DeployError;

/// Version of what is said.
const VERSION: u32 = 1;

/// Settings and snapshots of one place have some kilobytes.
const LONGEST: usize = 1024 * 1024;

/// A step of a deployer: the whole vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ask {
    /// Could it be done?
    Ready,
    /// What is there?
    Snapshot,
    /// Lay the new files beside; the key follows.
    Stage,
    /// Swap, and tell the product.
    Activate,
    /// Put the old files back, and tell the product.
    Restore,
    /// A step of a newer version.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Snapshot => "snapshot",
            Self::Stage => "stage",
            Self::Activate => "activate",
            Self::Restore => "restore",
            Self::Unknown => "unknown",
        })
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    version: u32,
    pub(super) ask: Ask,
    pub(super) deployer: String,
    pub(super) place: PlaceId,
    pub(super) operation: DeploymentId,
    pub(super) settings: Value,
    pub(super) slot: Offer,
    /// `null` where none was taken yet.
    #[serde(default)]
    pub(super) snapshot: Value,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    /// Done; a snapshot, or nothing.
    Done(Value),
    /// Not done.
    Failed(Failure),
}

/// Why a step was not done, in the helper's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The catalogue's code.
    pub code: String,
    /// What happened.
    pub what: String,
    /// Why, where it is known.
    pub why: Option<String>,
    /// What to do.
    pub hint: String,
    /// Whether trying again may help.
    pub retry: bool,
    /// Whether the new pair is the one on disk.
    pub after_swap: bool,
}

/// The reason that a helper gave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Because(String);

impl Failure {
    pub(super) fn of(trouble: &dyn Trouble, after_swap: bool) -> Self {
        let mut why = Vec::new();
        let mut source = trouble.source();
        while let Some(cause) = source {
            why.push(cause.to_string());
            source = cause.source();
        }
        Self {
            code: trouble.code().to_owned(),
            what: trouble.to_string(),
            why: (!why.is_empty()).then(|| why.join(": ")),
            hint: trouble.hint(),
            retry: trouble.retry() == Retry::Later,
            after_swap,
        }
    }

    pub(super) fn because(&self) -> Option<Because> {
        self.why.clone().map(Because)
    }
}

impl From<&DeployError> for Failure {
    fn from(error: &DeployError) -> Self {
        Self::of(error, error.is_after_swap())
    }
}

/// Why nothing was understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    #[error("it took too long")]
    Late,
}

impl WireError {
    /// Whether the other side may have had a part in it.
    pub(super) const fn is_of_the_socket(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Parcel(ParcelError::Io(_)) | Self::Late)
    }
}

impl Question {
    pub(super) fn new(ask: Ask, deployer: &str, job: &crate::deploy::Job, snapshot: &Value) -> Self {
        Self {
            version: VERSION,
            ask,
            deployer: deployer.to_owned(),
            place: job.place,
            operation: job.operation,
            settings: job.settings.clone(),
            slot: job.slot,
            snapshot: snapshot.clone(),
        }
    }

    /// Reads a question, without its length.
    ///
    /// # Errors
    /// In words: it is of another version, has an unknown step, or is none at all.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } =
            serde_json::from_slice(bytes).map_err(|error| format!("the question cannot be read: {error}"))?;
        if version != VERSION {
            return Err(format!("the helper speaks version {VERSION}, and was asked in version {version}"));
        }
        let question: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("the question cannot be read: {error}"))?;
        if question.ask == Ask::Unknown {
            return Err("the helper does not know this step: it is older than whoever asks".to_owned());
        }
        Ok(question)
    }
}

/// Sends question or answer.
pub(super) fn send(mut socket: &UnixStream, said: &impl Serialize) -> Result<(), WireError> {
    let bytes = serde_json::to_vec(said).map_err(|error| WireError::Unreadable(error.to_string()))?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= LONGEST);
    let length =
        length.ok_or_else(|| WireError::Unreadable(format!("{} bytes are too many", bytes.len())))?;
    socket.write_all(&length.to_be_bytes())?;
    Ok(socket.write_all(&bytes)?)
}

/// Receives a question or an answer, and not a byte after it.
pub(super) fn receive(mut socket: &UnixStream) -> Result<Vec<u8>, WireError> {
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| WireError::Unreadable("what was said is too long".to_owned()))?;
    let mut bytes = Vec::new();
    socket.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(bytes)
}

/// Receives an answer.
pub(super) fn receive_answer<A: DeserializeOwned>(socket: &UnixStream) -> Result<A, WireError> {
    let bytes = receive(socket)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| WireError::Unreadable(format!("the answer cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deploy::Job;
    use crate::hands::Bounds;

    fn question() -> Question {
        let job = Job {
            place: PlaceId::from_bytes([1; 16]),
            operation: DeploymentId::from_bytes([2; 16]),
            settings: json!({"key": "/k.pem"}),
            slot: Offer::Ecdsa,
            bounds: Bounds::own(),
        };
        Question::new(Ask::Stage, "files", &job, &json!({"seen": true}))
    }

    fn changed(name: &str, value: Value) -> Vec<u8> {
        let mut document = serde_json::to_value(question()).unwrap();
        document[name] = value;
        serde_json::to_vec(&document).unwrap()
    }

    #[test]
    fn a_question_comes_back_as_it_was_and_has_a_fixed_form() {
        let asked = question();
        let text = serde_json::to_string(&asked).unwrap();
        insta::assert_snapshot!(text);
        assert_eq!(Question::read(text.as_bytes()), Ok(asked.clone()));
        assert_eq!(Question::read(&changed("newer", json!(1))), Ok(asked), "more is tolerated");
    }

    #[test]
    fn what_is_not_understood_is_told_in_words() {
        for (bytes, words) in [
            (changed("version", json!(2)), "the helper speaks version 1, and was asked in version 2"),
            (changed("ask", json!("shell")), "the helper does not know this step"),
            (changed("place", json!("../../etc")), "the question cannot be read"),
            (changed("slot", json!("pqc")), "the question cannot be read"),
            (b"garbage".to_vec(), "the question cannot be read"),
            (Vec::new(), "the question cannot be read"),
        ] {
            let error = Question::read(&bytes).unwrap_err();
            assert!(error.starts_with(words), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_question_or_an_error(
            at in 0_usize..200,
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        ) {
            let mut asked = serde_json::to_vec(&question()).unwrap();
            let at = at.min(asked.len());
            let end = (at + bytes.len()).min(asked.len());
            asked.splice(at..end, bytes);
            drop(Question::read(&asked));
        }
    }

    #[test]
    fn a_length_beyond_the_budget_makes_no_room() {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(&[0xff; 8]).unwrap();
        assert!(matches!(receive(&there), Err(WireError::Unreadable(_))));
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(&[0, 0, 0, 9, b'{']).unwrap();
        drop(here);
        assert!(matches!(receive(&there), Err(WireError::Io(_))));
        let long = "x".repeat(LONGEST);
        let (here, _there) = UnixStream::pair().unwrap();
        assert!(matches!(send(&here, &long), Err(WireError::Unreadable(_))));
    }
}
