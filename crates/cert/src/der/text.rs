//! Strings of every alphabet (X.680 section 41).

use std::borrow::Cow;

use super::fault::Field;
use super::{Element, Tag};

pub(super) fn decode<'a>(element: &Element<'a>) -> Field<Cow<'a, str>> {
    let bytes = element.content;
    let wrong = || element.fault("octets that are no letters of this string's alphabet");
    match element.tag {
        Tag::UTF8_STRING => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| wrong()),
        // What PrintableString and NumericString leave out of ASCII is for lints: people still want to read it.
        Tag::PRINTABLE_STRING | Tag::NUMERIC_STRING | Tag::IA5_STRING | Tag::VISIBLE_STRING => {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii());
            text.map(Cow::Borrowed).ok_or_else(wrong)
        }
        // T.61 in the letter; everybody has written Latin-1.
        Tag::TELETEX_STRING => Ok(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()),
        Tag::BMP_STRING => {
            let (units, odd) = bytes.as_chunks::<2>();
            let text = char::decode_utf16(units.iter().map(|pair| u16::from_be_bytes(*pair)));
            let text: Result<String, _> = text.collect();
            text.ok().filter(|_| odd.is_empty()).map(Cow::Owned).ok_or_else(wrong)
        }
        Tag::UNIVERSAL_STRING => {
            let (units, odd) = bytes.as_chunks::<4>();
            let text: Option<String> =
                units.iter().map(|four| char::from_u32(u32::from_be_bytes(*four))).collect();
            text.filter(|_| odd.is_empty()).map(Cow::Owned).ok_or_else(wrong)
        }
        _ => Err(element.fault("not a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;

    #[test]
    fn every_alphabet_is_read() {
        let table: [(&[u8], Option<&str>); 9] = [
            (&[12, 3, 0x62, 0xc3, 0xbc], Some("bü")),
            (&[12, 1, 0xff], None),
            (&[19, 2, b'a', b'*'], Some("a*")),
            (&[19, 1, 0xfc], None),
            (&[20, 2, b'b', 0xfc], Some("bü")),
            (&[30, 4, 0, b'b', 0, 0xfc], Some("bü")),
            (&[30, 3, 0, b'b', 0], None),
            (&[28, 4, 0, 1, 0xf6, 0], Some("\u{1f600}")),
            (&[5, 0], None),
        ];
        for (bytes, text) in table {
            let element = Reader::new(bytes).element().unwrap();
            assert_eq!(element.text().ok().as_deref(), text, "{bytes:02x?}");
        }
    }
}
