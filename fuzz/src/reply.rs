//! Any mail as a reply: no panic, a note is one line that a terminal does not obey, and a silence has an end.

use notafter_cert::Span;
use notafter_inventory::reply::{LONGEST_SILENCE, Read, ReplyDoes, read};

/// As much of a note as is kept.
const NOTE_CHARS: usize = 500;

pub(super) fn run(bytes: &[u8]) {
    match read(bytes, None) {
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
        Ok(Read::Automatic(why)) => assert!(!why.contains(char::is_control), "{why:?}"),
        Ok(Read::Reply(reply)) => {
            assert!(!reply.tokens.is_empty(), "it answers something");
            let said = match reply.does {
                ReplyDoes::Acknowledge(note) => note,
                ReplyDoes::Silence { span, why } => {
                    assert!(Span::ZERO < span && span <= LONGEST_SILENCE, "{span}");
                    why
                }
            };
            if let Some(said) = said {
                assert!(!said.contains(char::is_control), "{said:?}");
                assert!(said.chars().count() <= NOTE_CHARS && !said.trim().is_empty(), "{said:?}");
            }
        }
    }
    assert!(matches!(read(bytes, Some("")), Ok(Read::Automatic(_)) | Err(_)), "a bounce does nothing");
}
