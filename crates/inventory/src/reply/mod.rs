//! What a reply to a mail about an alert says: which message it answers, whether a person wrote it, and what to do.
//!
//! The mail is foreign (law 10): it is read within a budget, and nothing in it is believed but a token that only the mail it
//! answers carries. Who sent it is not looked at: a `From` is whatever somebody writes.

mod automatic;
mod text;
mod token;

use mail_parser::{Address, HeaderValue, Message, MessageParser};
use notafter_cert::{Retry, Span, Trouble};
use serde::{Deserialize, Serialize};

pub use token::Token;

/// The longest mail that is read: a reply with a picture or two in its signature. What is larger is no answer.
pub const MAIL_BYTES: usize = 4 << 20;
/// A reply names the message that it answers, and those before it: so many are tried.
const TOKENS: usize = 16;
/// As much of a note as anybody reads at 03:00.
const NOTE_CHARS: usize = 500;
/// The longest silence by a reply, as by a link: whoever answers somebody else's mail is not to silence anything for long.
pub const LONGEST_SILENCE: Span = Span::days(1);
/// The silence of whoever does not say for how long.
const USUAL_SILENCE: Span = Span::hours(4);

/// What a mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// No person wrote it: an automatic answer, a bounce, a mailing list; with what shows it.
    Automatic(String),
    /// A person's answer.
    Reply(Reply),
}

/// A person's answer to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// What the message that it answers may have carried, the most telling first.
    pub tokens: Vec<Token>,
    /// What to do.
    pub does: ReplyDoes,
}

/// What a reply does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyDoes {
    /// Takes what the message tells of; with what it says, where it says something.
    Acknowledge(Option<String>),
    /// Silences it.
    Silence {
        /// For how long.
        span: Span,
        /// What else it says.
        why: Option<String>,
    },
}

/// Why a mail is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// More than is read.
    #[error("a mail of more than {} MiB is no answer", MAIL_BYTES >> 20)]
    TooLarge,
    /// Nothing that RFC 5322 calls a message.
    #[error("this is no mail: it has no header fields")]
    Malformed,
    /// It answers nothing of ours.
    #[error("this answers no message about an alert: nothing in it says which")]
    NoToken,
    /// It wants to silence something for longer than a reply may.
    #[error("a reply silences for a day at most, and nothing was silenced")]
    TooLong,
}

impl Trouble for ReplyError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "alert.reply-too-large",
            Self::Malformed => "alert.reply-malformed",
            Self::NoToken => "alert.reply-to-nothing",
            Self::TooLong => "alert.reply-refused",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::TooLarge => "reply without attachments",
            Self::Malformed => "hand over one whole message, header fields first, on standard input",
            Self::NoToken => "reply to the newest message about the alert, and leave its recipient as it is",
            Self::TooLong => {
                "write `silence 24h` or less, or silence it for longer with `notafter alert silence`"
            }
        }
        .to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Reads one mail. `sender` is the sender of its envelope, where whoever hands it over says so.
///
/// # Errors
/// It is no mail, answers nothing, or asks for too much; what no person wrote is an answer, and no error.
pub fn read(mail: &[u8], sender: Option<&str>) -> Result<Read, ReplyError> {
    if mail.len() > MAIL_BYTES {
        return Err(ReplyError::TooLarge);
    }
    let message = MessageParser::default().parse(mail).ok_or(ReplyError::Malformed)?;
    if message.headers().is_empty() {
        return Err(ReplyError::Malformed);
    }
    if let Some(why) = automatic::why(&message, sender) {
        return Ok(Read::Automatic(why));
    }
    let tokens = tokens(&message);
    if tokens.is_empty() {
        return Err(ReplyError::NoToken);
    }
    let said = message.body_text(0).map(|body| text::said(&body)).unwrap_or_default();
    Ok(Read::Reply(Reply { tokens, does: does(&said)? }))
}

/// Where the mail that is answered left its mark: the identity that a reply names first, then the address that it went to,
/// then the thread, the newest first.
fn tokens(message: &Message<'_>) -> Vec<Token> {
    let mut texts: Vec<String> = texts(message.in_reply_to()).collect();
    for name in ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"] {
        texts.extend(message.header_values(name).flat_map(self::texts));
    }
    for addresses in [message.to(), message.cc()].into_iter().flatten() {
        texts.extend(mailboxes(addresses));
    }
    let mut thread: Vec<String> = self::texts(message.references()).collect();
    thread.reverse();
    texts.extend(thread);
    let mut tokens: Vec<Token> = Vec::new();
    for token in texts.iter().flat_map(|text| Token::all_in(text)) {
        if !tokens.contains(&token) && tokens.len() < TOKENS {
            tokens.push(token);
        }
    }
    tokens
}

/// The texts of a header field, however it was taken apart.
fn texts<'a>(value: &'a HeaderValue<'_>) -> impl Iterator<Item = String> + use<'a> {
    let texts = match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(texts) => texts.iter().map(ToString::to_string).collect(),
        HeaderValue::Address(addresses) => mailboxes(addresses),
        _ => Vec::new(),
    };
    texts.into_iter()
}

fn mailboxes(addresses: &Address<'_>) -> Vec<String> {
    addresses.iter().filter_map(|mailbox| mailbox.address().map(str::to_owned)).collect()
}

/// What somebody wants. `silence` as the first word silences, for the length that follows; everything else is a note.
fn does(said: &str) -> Result<ReplyDoes, ReplyError> {
    let note = |text: &str| {
        let text: String = text.trim().chars().take(NOTE_CHARS).collect();
        (!text.is_empty()).then_some(text)
    };
    let (first, rest) = word(said);
    if !first.eq_ignore_ascii_case("silence") {
        return Ok(ReplyDoes::Acknowledge(note(said)));
    }
    let after_for = match word(rest) {
        (word, rest) if word.eq_ignore_ascii_case("for") => rest,
        _ => rest,
    };
    match length(after_for) {
        Some((span, _)) if span > LONGEST_SILENCE || span <= Span::ZERO => Err(ReplyError::TooLong),
        Some((span, why)) => Ok(ReplyDoes::Silence { span, why: note(why) }),
        None => Ok(ReplyDoes::Silence { span: USUAL_SILENCE, why: note(rest) }),
    }
}

/// The first word, without the mark behind it, and what follows.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first.trim_end_matches([',', '.', ':', ';', '!']), rest)
}

/// `4h`, `4 h`, `90 minutes`, `1 day`; and what follows it.
fn length(text: &str) -> Option<(Span, &str)> {
    let text = text.trim_start();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let number: i64 = text[..digits].parse().ok()?;
    let (unit, rest) = word(&text[digits..]);
    let one = match unit.to_ascii_lowercase().as_str() {
        "m" | "min" | "mins" | "minute" | "minutes" => Span::minutes(1),
        "h" | "hr" | "hrs" | "hour" | "hours" => Span::hours(1),
        "d" | "day" | "days" => Span::days(1),
        _ => return None,
    };
    // Numbers without end are longer than a day, too.
    let most = 1 + LONGEST_SILENCE.as_micros() / one.as_micros();
    Some((Span::micros(one.as_micros() * number.min(most)), rest))
}

#[cfg(test)]
mod tests;
