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

/// Whether a letter can be addressed to this: an address alone, that is not too long and has nothing in it that would be read as
/// more than an address.
#[must_use]
pub fn is_mailbox(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '"';
    text.len() <= LONGEST_ADDRESS && !text.contains(is_odd) && smtp::mailbox(text).is_ok()
}

/// Whether the channel carries letters.
#[must_use]
pub fn carries(kind: &str) -> bool {
    kind == smtp::NAME
}

/// Sends a letter through a channel of mail.
///
/// # Errors
/// [`NotifyError`] says whether trying again can help, and whether there is no such mailbox.
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

impl NotifyError {
    /// Whether a mail server said that there is no such mailbox, and not that it does not like the letter: by the enhanced code
    /// where there is one (RFC 3463 sections 3.2 and 3.3), else by the reply (RFC 5321 section 4.2.3).
    #[must_use]
    pub fn is_about_the_mailbox(&self) -> bool {
        let Self::Refused { said, .. } = self else { return false };
        let mut words = said.split_whitespace();
        let code = words.next().unwrap_or_default();
        let enhanced = words.next().filter(|word| word.starts_with("5.") && word.matches('.').count() == 2);
        match enhanced {
            Some(enhanced) => ["5.1.", "5.2."].iter().any(|class| enhanced.starts_with(class)),
            None => ["550", "551", "553", "556"].contains(&code),
        }
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
        ] {
            assert_eq!(is_mailbox(text), is_one, "{text:?}");
        }
        assert!(!is_mailbox(&format!("{}@example.org", "a".repeat(300))));
    }

    #[test]
    fn a_mailbox_that_is_not_there_is_told_from_a_letter_that_is_not_liked() {
        let refused =
            |said: &str| NotifyError::Refused { peer: String::new(), said: said.to_owned(), mend: None };
        for (said, is_about_it) in [
            ("550 5.1.1 no such user", true),
            ("550 5.2.1 mailbox disabled", true),
            ("550 5.7.1 rejected by policy", false),
            ("554 5.7.1 spam", false),
            ("550 no such user here", true),
            ("554 no", false),
            ("535 5.7.8 authentication failed", false),
        ] {
            assert_eq!(refused(said).is_about_the_mailbox(), is_about_it, "{said}");
        }
        assert!(!NotifyError::Settings("550 5.1.1".to_owned()).is_about_the_mailbox());
    }
}
