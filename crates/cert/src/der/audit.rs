//! Where a document is BER and not DER (X.690 sections 10 and 11), found without knowing what it is.

use super::fault::{Broken, Fault};
use super::{Class, Element, Reader, Tag, reader};

/// The most faults that are told of one document.
const MOST: usize = 64;

/// Every place that DER forbids, in the document's order; what cannot be read at all ends its branch with that fault.
#[must_use]
pub fn audit(document: &[u8]) -> Vec<Fault> {
    let mut faults = Vec::new();
    walk(Reader::new(document), &mut faults);
    faults
}

/// The same of an element and what lies within.
#[must_use]
pub fn audit_element(element: &Element<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    judge(element, &mut faults);
    faults
}

fn walk(mut reader: Reader<'_>, faults: &mut Vec<Fault>) {
    while !reader.is_empty() && faults.len() < MOST {
        match reader.element() {
            Ok(element) => judge(&element, faults),
            Err(fault) => return faults.push(fault),
        }
    }
}

fn judge(element: &Element<'_>, faults: &mut Vec<Fault>) {
    faults.extend(own(element));
    if element.tag.constructed {
        walk(element.children(), faults);
    }
}

/// The same of an element alone, whatever lies within.
pub(super) fn own(element: &Element<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut odd = |why| faults.push(Fault::new(element.at, Broken::NotDer(why)));
    match reader::length(element.whole, tag_octets(element), 0) {
        Ok((None, _)) => odd("an indefinite length"),
        Ok((Some(length), end)) if end - tag_octets(element) != shortest(length) => {
            odd("a length in more octets than it needs");
        }
        _ => {}
    }
    if element.tag.class == Class::Universal
        && let Some(why) = value(element)
    {
        odd(why);
    }
    faults
}

fn tag_octets(element: &Element<'_>) -> usize {
    reader::tag(element.whole, 0).map_or(1, |(_, octets)| octets)
}

const fn shortest(length: usize) -> usize {
    match length {
        0..=0x7f => 1,
        0x80..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xff_ffff => 4,
        _ => 5,
    }
}

/// What DER forbids of a value of a universal type.
fn value(element: &Element<'_>) -> Option<&'static str> {
    let content = element.content;
    match element.tag {
        Tag::BOOLEAN if !matches!(content, [0 | 0xff]) => Some("a BOOLEAN that is neither 0 nor 255"),
        Tag::INTEGER | Tag::ENUMERATED => match element.integer() {
            Ok(integer) if integer.is_minimal() => None,
            Ok(_) => Some("an INTEGER with octets that it does not need"),
            Err(_) => Some("an INTEGER without octets"),
        },
        Tag::NULL if !content.is_empty() => Some("a NULL with content"),
        Tag::OID => match element.oid() {
            Ok(oid) if oid.is_minimal() => None,
            _ => Some("an OBJECT IDENTIFIER with an arc that is not written in the shortest way"),
        },
        Tag::BIT_STRING => match element.bits() {
            Ok(bits) if unused_are_zero(bits.bytes, bits.unused) => None,
            Ok(_) => Some("a BIT STRING whose unused bits are not zero"),
            Err(_) => Some("a BIT STRING with a wrong count of unused bits"),
        },
        Tag::UTC_TIME | Tag::GENERALIZED_TIME => match element.moment() {
            Ok(moment) if moment.is_der => None,
            Ok(_) => Some("a time without seconds and Z"),
            Err(_) => Some("a time that is none"),
        },
        Tag::UTF8_STRING if element.text().is_err() => Some("a UTF8String that is not UTF-8"),
        Tag::SET if !is_sorted(element) => Some("a SET OF that is not sorted"),
        tag if tag.constructed && !matches!(tag, Tag::SEQUENCE | Tag::SET) => {
            Some("a string in pieces, or a primitive type that is constructed")
        }
        Tag { constructed: false, number: 16 | 17, .. } => Some("a SEQUENCE or SET that is primitive"),
        _ => None,
    }
}

fn unused_are_zero(bytes: &[u8], unused: u8) -> bool {
    bytes.last().is_none_or(|last| last.trailing_zeros() >= u32::from(unused))
}

/// Sorted as octets, a shorter one padded with zeros (X.690 section 11.6).
fn is_sorted(set: &Element<'_>) -> bool {
    let elements = set.children().all().unwrap_or_default();
    elements.is_sorted_by(|one, next| one.whole <= next.whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_der_forbids_is_told_where_it_stands() {
        let table: [(&[u8], &str); 12] = [
            (&[0x30, 3, 1, 1, 0xff], ""),
            (&[0x30, 3, 1, 1, 1], "byte 2: a BOOLEAN that is neither 0 nor 255"),
            (&[0x30, 0x81, 2, 5, 0], "byte 0: a length in more octets than it needs"),
            (&[0x30, 0x80, 0, 0], "byte 0: an indefinite length"),
            (&[2, 2, 0, 1], "byte 0: an INTEGER with octets that it does not need"),
            (&[3, 2, 1, 1], "byte 0: a BIT STRING whose unused bits are not zero"),
            (&[5, 1, 0], "byte 0: a NULL with content"),
            (
                &[6, 3, 0x2a, 0x80, 1],
                "byte 0: an OBJECT IDENTIFIER with an arc that is not written in the shortest way",
            ),
            (&[0x31, 6, 2, 1, 2, 2, 1, 1], "byte 0: a SET OF that is not sorted"),
            (&[0x24, 3, 4, 1, 0], "byte 0: a string in pieces, or a primitive type that is constructed"),
            (&[0x10, 0], "byte 0: a SEQUENCE or SET that is primitive"),
            (&[0x30, 3, 4, 9, 0], "byte 2: cut short: 9 bytes announced, 1 there"),
        ];
        for (bytes, expected) in table {
            let told: Vec<String> = audit(bytes).iter().map(ToString::to_string).collect();
            assert_eq!(told.join("; "), expected, "{bytes:02x?}");
        }
    }
}
