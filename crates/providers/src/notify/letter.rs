//! Mail to people who asked for it themselves: from whom, and with the way out (RFC 2369, RFC 8058) that every mail to a list has.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::{Mailbox, SinglePart};
use notafter_cert::Time;
use notafter_inventory::model::Receipt;

use super::{Door, NotifyError, Opened, smtp};

/// The longest address that can be written to (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const LONGEST_ADDRESS: usize = 254;

/// A letter to one person.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// What names it: sent twice, it is one to whoever reads it.
    pub id: &'a str,
    /// Who writes, as people read it.
    pub from: &'a str,
    /// The address.
    pub to: &'a str,
    /// In a line.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
    /// When it was written.
    pub at: Time,
    /// Where its reader is taken off the list by one click; nothing where there is no list yet.
    pub leave: Option<&'a str>,
}

/// Whether a letter can be addressed to this: an address alone in ASCII, that is not too long and has nothing in it that would be
/// read as more than an address.
#[must_use]
pub fn is_mailbox(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '"';
    text.is_ascii() && text.len() <= LONGEST_ADDRESS && !text.contains(is_odd) && smtp::mailbox(text).is_ok()
}

/// Whether the channel carries letters.
#[must_use]
pub fn carries(kind: &str) -> bool {
    kind == smtp::NAME
}

/// Sends a letter through a channel of mail.
///
/// # Errors
/// [`NotifyError`] says whether trying again can help, and [`NotifyError::letter_fault`] what it failed for.
pub async fn send_letter(
    letter: &Letter<'_>,
    opened: Opened<'_>,
    door: &Door,
) -> Result<Receipt, NotifyError> {
    if !carries(&opened.channel.kind) {
        let why = format!("{} carries no mail", opened.channel.name);
        return Err(NotifyError::Settings(why));
    }
    smtp::send(opened, door, letter.to, |builder, from| {
        let address: lettre::Address = from.parse().map_err(|error| format!("{from}: {error}"))?;
        let written = Duration::from_micros(u64::try_from(letter.at.as_micros()).unwrap_or(0));
        let mut builder = builder
            .message_id(Some(format!("<{}@{}>", letter.id, address.domain())))
            .from(Mailbox::new(Some(letter.from.to_owned()), address))
            .subject(letter.subject)
            .date(UNIX_EPOCH + written)
            .raw_header(smtp::field("Auto-Submitted", "auto-generated"));
        if let Some(leave) = letter.leave {
            builder = builder
                .raw_header(smtp::field("List-Unsubscribe", &format!("<{leave}>")))
                .raw_header(smtp::field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
                .raw_header(smtp::field("Precedence", "bulk"));
        }
        builder.singlepart(SinglePart::plain(letter.text.to_owned())).map_err(|error| error.to_string())
    })
    .await
}

/// What a letter that was not taken failed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterFault {
    /// There is no such mailbox.
    Mailbox,
    /// This letter, as it is, to this mailbox.
    Letter,
    /// The channel: the next letter fares no better.
    Channel,
}

/// Enhanced codes (RFC 3463 sections 3.2 and 3.3, RFC 7505 section 4.2) by which there is no such mailbox, and not that the
/// sender's is not liked.
const NO_SUCH_MAILBOX: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
/// Enhanced codes that say that the sender, or who signs in, is not let in (RFC 3463 section 3.2, RFC 4954 section 6).
const NOT_LET_IN: [&str; 8] = ["5.1.7", "5.1.8", "5.7.0", "5.7.8", "5.7.9", "5.7.11", "4.7.0", "4.7.12"];
/// Replies that are about the session: the server closes, or wants another authentication (RFC 5321 section 4.2.3, RFC 4954
/// section 6).
const OF_THE_SESSION: [&str; 8] = ["421", "432", "454", "502", "503", "530", "534", "535"];
/// Replies by which there is no such mailbox, where they name it (RFC 5321 section 4.2.3): the same ones refuse a sender.
const PERHAPS_NO_MAILBOX: [&str; 4] = ["550", "551", "553", "556"];

impl NotifyError {
    /// What a letter to this address failed for. Where it is not clear that there is no such mailbox, it is not said: whoever
    /// asked for letters is not to lose them by what a server thinks of us.
    #[must_use]
    pub fn letter_fault(&self, to: &str) -> LetterFault {
        match self {
            Self::Refused { said, .. } | Self::Deferred { said, .. } => by_reply(said, to),
            Self::Address { address, .. } if address == to => LetterFault::Letter,
            _ => LetterFault::Channel,
        }
    }
}

fn by_reply(said: &str, to: &str) -> LetterFault {
    let mut words = said.split_whitespace();
    let code = words.next().unwrap_or_default();
    let is_enhanced = |word: &&str| word.starts_with(['4', '5']) && word.matches('.').count() == 2;
    let enhanced = words.next().filter(is_enhanced);
    let names_it = || said.to_lowercase().contains(&to.to_lowercase());
    match enhanced {
        Some(enhanced) if NO_SUCH_MAILBOX.contains(&enhanced) => LetterFault::Mailbox,
        Some(enhanced) if NOT_LET_IN.contains(&enhanced) => LetterFault::Channel,
        None if PERHAPS_NO_MAILBOX.contains(&code) && names_it() => LetterFault::Mailbox,
        _ if OF_THE_SESSION.contains(&code) => LetterFault::Channel,
        _ => LetterFault::Letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_alone_is_refused() {
        for (text, is_one) in [
            ("ada@example.org", true),
            ("a.d+a@mail.example.org", true),
            ("ada@example.org\r\nBcc: eve@example.org", false),
            ("ada@example.org\nX: y", false),
            ("Ada <ada@example.org>", false),
            ("ada@example.org, eve@example.org", false),
            ("\"a b\"@example.org", false),
            ("ada", false),
            ("@example.org", false),
            ("", false),
            // Most servers take no such letters (RFC 6531).
            ("ädä@example.org", false),
            ("ada@xn--mnchen-3ya.example", true),
        ] {
            assert_eq!(is_mailbox(text), is_one, "{text:?}");
        }
        assert!(!is_mailbox(&format!("{}@example.org", "a".repeat(300))));
    }

    #[test]
    fn a_mailbox_that_is_not_there_is_told_from_a_letter_and_from_a_sender_that_is_not_liked() {
        let said = |said: &str| (String::new(), said.to_owned());
        let refused = |words| {
            let (peer, said) = said(words);
            NotifyError::Refused { peer, said, mend: None }
        };
        let deferred = |words| {
            let (peer, said) = said(words);
            NotifyError::Deferred { peer, said, until: None }
        };
        for (error, fault) in [
            (refused("550 5.1.1 no such user"), LetterFault::Mailbox),
            (refused("550 5.2.1 mailbox disabled"), LetterFault::Mailbox),
            (refused("556 5.1.10 null MX"), LetterFault::Mailbox),
            (refused("550 <ADA@example.org>: unknown user"), LetterFault::Mailbox),
            (refused("550 no such user here"), LetterFault::Letter),
            (refused("550 sender refused"), LetterFault::Letter),
            (refused("550 5.1.8 <status@shop.example>: sender address rejected"), LetterFault::Channel),
            (refused("553 5.1.7 bad sender"), LetterFault::Channel),
            (refused("550 5.7.1 rejected by policy"), LetterFault::Letter),
            (refused("552 5.3.4 too big"), LetterFault::Letter),
            (refused("554 no"), LetterFault::Letter),
            (refused("530 5.7.0 authentication required"), LetterFault::Channel),
            (refused("535 5.7.8 authentication failed"), LetterFault::Channel),
            (refused("535 no"), LetterFault::Channel),
            (deferred("450 4.2.0 come again"), LetterFault::Letter),
            (deferred("421 4.3.2 closing"), LetterFault::Channel),
            (deferred("454 4.7.0 authentication is away"), LetterFault::Channel),
            (NotifyError::Settings("550 5.1.1".to_owned()), LetterFault::Channel),
        ] {
            assert_eq!(error.letter_fault("ada@example.org"), fault, "{error}");
        }
    }
}
