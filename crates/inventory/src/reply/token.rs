//! What a mail carries so that its reply can be known: the message's identity and a signature over it, in letters that a mail
//! server may change the case of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{DeliveryId, LINK_LASTS};
use notafter_cert::Time;

/// RFC 4648 section 6, in lower case: nothing in it means anything in an address.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// 16 bytes of an identity and 16 of a signature, 5 bits in a letter.
const LETTERS: usize = 52;
/// What stands before what is signed: the same key signs links.
const SIGNED_AS: &[u8] = b"notafter alert reply 1\0";

/// The mark of one message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// The message, which knows its alert and its contact.
    pub delivery: DeliveryId,
    /// Who holds the key made it.
    pub code: [u8; 16],
}

impl Token {
    /// How many letters it has in a text.
    pub const LETTERS: usize = LETTERS;

    /// From when on a reply does nothing: as long as links do, which stand in the same message.
    #[must_use]
    pub const fn until(&self) -> Time {
        Time::from_micros(self.delivery.made_at().as_micros() + LINK_LASTS.as_micros())
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn signed(delivery: DeliveryId) -> Vec<u8> {
        [SIGNED_AS, delivery.as_bytes()].concat()
    }

    /// Every one in a text: runs of just as many letters of the alphabet.
    pub(super) fn all_in(text: &str) -> impl Iterator<Item = Self> + '_ {
        let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        runs.filter(|run| run.len() == LETTERS).filter_map(|run| run.parse().ok())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(self.delivery.as_bytes());
        bytes[16..].copy_from_slice(&self.code);
        let (mut held, mut bits) = (0_u32, 0);
        let mut text = String::with_capacity(LETTERS);
        for byte in bytes {
            held = (held << 8) | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(letter(held >> bits));
            }
            held &= (1 << bits) - 1;
        }
        text.push(letter(held << (5 - bits)));
        f.write_str(&text)
    }
}

fn letter(value: u32) -> char {
    char::from(ALPHABET[(value & 31) as usize])
}

impl fmt::Debug for Token {
    /// Whoever has it may use it: logs say whose it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.delivery)
    }
}

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the token of a message")]
pub struct NoToken;

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        if text.len() != LETTERS {
            return Err(NoToken);
        }
        let mut bytes = [0; 32];
        let (mut held, mut bits, mut filled) = (0_u32, 0, 0);
        for letter in text.bytes() {
            let value = ALPHABET.iter().position(|known| *known == letter.to_ascii_lowercase());
            held = (held << 5) | u32::try_from(value.ok_or(NoToken)?).map_err(|_| NoToken)?;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes[filled] = u8::try_from(held >> bits & 0xff).map_err(|_| NoToken)?;
                filled += 1;
                held &= (1 << bits) - 1;
            }
        }
        // What is left over of the last letter says nothing, so that no two texts are one token.
        if held != 0 {
            return Err(NoToken);
        }
        let (delivery, code) = bytes.split_first_chunk::<16>().ok_or(NoToken)?;
        let code = code.try_into().map_err(|_| NoToken)?;
        Ok(Self { delivery: DeliveryId::from_bytes(*delivery), code })
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token { delivery: DeliveryId::from_bytes(std::array::from_fn(|at| at as u8 * 7)), code: [0xa5; 16] }
    }

    #[test]
    fn it_reads_back_whatever_a_mail_server_makes_of_its_case() {
        let text = token().to_string();
        assert_eq!(text.len(), Token::LETTERS);
        assert_eq!(text.parse(), Ok(token()));
        assert_eq!(text.to_ascii_uppercase().parse(), Ok(token()));
        let found: Vec<Token> = Token::all_in(&format!("<notafter+{text}@example.org>")).collect();
        assert_eq!(found, [token()]);
        assert_eq!(
            serde_json::from_str::<Token>(&serde_json::to_string(&token()).unwrap()).unwrap(),
            token()
        );
        assert!(!format!("{:?}", token()).contains(&text), "a log holds none");
    }

    #[test]
    fn nothing_else_is_one() {
        let text = token().to_string();
        let last_bits = format!("{}{}", &text[..LETTERS - 1], "b");
        for other in ["", "a", &text[1..], &format!("{text}a"), &text.replace('a', "0"), &last_bits] {
            assert!(other.parse::<Token>().is_err() || other == text, "{other}");
        }
        assert_eq!(Token::all_in(&format!("x{text}")).count(), 0, "a longer run is something else");
        let accented = format!("{}é", &text[..LETTERS - 2]);
        assert_eq!(accented.parse::<Token>(), Err(NoToken));
    }
}
