//! Inputs made wrong: DER by its elements, with the lengths around them right again, so that what is wrong is met deep inside;
//! anything else, and DER now and then, by its octets. The same seed makes the same inputs.

use fastrand::Rng;

/// What elements are nested to, at most, before their content is taken as it is.
const DEPTH: usize = 24;

/// Octets on the edge of something: tags, lengths, signs, controls.
const TELLING: [u8; 16] =
    [0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x0a, 0x17, 0x18, 0x30, 0x31, 0x7f, 0x80, 0x84, 0xa0, 0xff];

/// The input with one to four things wrong; what is put into it comes from itself or from the other one.
pub fn mutated(input: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut octets = match Element::read_all(input, 0) {
        Some(mut elements) if random.u8(..) >= 40 => {
            let donors = Element::read_all(other, 0).unwrap_or_default();
            for _ in 0..random.usize(1..=4) {
                break_one(&mut elements, &donors, random);
            }
            let mut written = Vec::with_capacity(input.len());
            elements.iter().for_each(|element| element.write(&mut written));
            written
        }
        _ => broken_octets(input, other, random),
    };
    if random.u8(..) < 16 {
        octets = broken_octets(&octets, other, random);
    }
    octets
}

/// A tag, a length and a content, taken apart as far as that goes.
#[derive(Clone)]
struct Element {
    tag: Vec<u8>,
    /// What stands before the first element of a content that has elements: the count of unused bits.
    before: Vec<u8>,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Octets(Vec<u8>),
    Elements(Vec<Element>),
}

impl Element {
    /// The elements that the octets are, and nothing else.
    fn read_all(mut octets: &[u8], depth: usize) -> Option<Vec<Self>> {
        let mut elements = Vec::new();
        while !octets.is_empty() {
            let (element, rest) = Self::read(octets, depth)?;
            elements.push(element);
            octets = rest;
        }
        (!elements.is_empty() && depth < DEPTH).then_some(elements)
    }

    fn read(octets: &[u8], depth: usize) -> Option<(Self, &[u8])> {
        let is_long = octets.first()? & 0x1f == 0x1f;
        let more = |octet: &u8| octet & 0x80 != 0;
        let tag = if is_long { 2 + octets.iter().skip(1).take_while(|octet| more(octet)).count() } else { 1 };
        let (tag, rest) = octets.split_at_checked(tag)?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (length, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let before = usize::from(tag == [0x03] && content.first() == Some(&0));
        // Strings of octets and of bits often hold elements, and so do implicitly tagged ones.
        let inner = Self::read_all(&content[before..], depth + 1);
        let content = match inner {
            Some(elements) => Self {
                tag: tag.into(),
                before: content[..before].into(),
                content: Content::Elements(elements),
            },
            None => Self { tag: tag.into(), before: Vec::new(), content: Content::Octets(content.into()) },
        };
        Some((content, rest))
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut content = self.before.clone();
        match &self.content {
            Content::Octets(octets) => content.extend_from_slice(octets),
            Content::Elements(elements) => elements.iter().for_each(|element| element.write(&mut content)),
        }
        out.extend_from_slice(&self.tag);
        let octets = content.len().to_be_bytes();
        let significant = &octets[octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1)..];
        if significant.len() > 1 || significant[0] > 0x7f {
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
        }
        out.extend_from_slice(significant);
        out.extend_from_slice(&content);
    }

    fn count(&self) -> usize {
        match &self.content {
            Content::Octets(_) => 1,
            Content::Elements(elements) => 1 + elements.iter().map(Self::count).sum::<usize>(),
        }
    }
}

/// Somewhere among elements that lie beside one another.
type Place<'e> = (&'e mut Vec<Element>, usize);

/// The element that is met as the `skip`th, and its neighbours.
fn place(elements: &mut Vec<Element>, mut skip: usize) -> Option<Place<'_>> {
    let at = elements.iter().position(|element| {
        let count = element.count();
        let is_there = skip < count;
        skip -= if is_there { 0 } else { count };
        is_there
    })?;
    if skip == 0 {
        return Some((elements, at));
    }
    match &mut elements[at].content {
        Content::Elements(inner) => place(inner, skip - 1),
        Content::Octets(_) => None,
    }
}

fn any_place<'e>(elements: &'e mut Vec<Element>, random: &mut Rng) -> Option<Place<'e>> {
    let count: usize = elements.iter().map(Element::count).sum();
    place(elements, if count == 0 { 0 } else { random.usize(..count) })
}

fn break_one(elements: &mut Vec<Element>, donors: &[Element], random: &mut Rng) {
    let mut donors = donors.to_vec();
    let donor = any_place(&mut donors, random).map(|(all, at)| all[at].clone());
    let Some((beside, at)) = any_place(elements, random) else { return };
    match (random.u8(..10), donor) {
        (0, _) => drop(beside.remove(at)),
        (1, _) => beside.insert(at, beside[at].clone()),
        (2, _) => {
            let to = random.usize(..beside.len());
            beside.swap(at, to);
        }
        (3, Some(donor)) => beside[at] = donor,
        (4, Some(donor)) => beside.insert(at, donor),
        (5, _) => beside[at].tag = vec![*random.choice(&TELLING).unwrap_or(&0x30)],
        (6, _) => beside[at].content = Content::Octets(Vec::new()),
        _ => {
            let element = &mut beside[at];
            if let Content::Octets(octets) = &mut element.content {
                *octets = broken_octets(octets, &[], random);
            } else {
                element.tag[0] ^= 1 << random.u8(..8);
            }
        }
    }
}

fn broken_octets(octets: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for _ in 0..random.usize(1..=4) {
        let at = random.usize(..=octets.len());
        let telling = *random.choice(&TELLING).unwrap_or(&0);
        match (random.u8(..6), octets.get_mut(at)) {
            (0, Some(octet)) => *octet ^= 1 << random.u8(..8),
            (1, Some(octet)) => *octet = telling,
            (2, _) => octets.truncate(at),
            (3, _) => octets.insert(at, telling),
            (4, Some(_)) => drop(octets.drain(at..octets.len().min(at + random.usize(1..=8)))),
            _ => {
                let from = random.usize(..=other.len());
                let taken = &other[from..other.len().min(from + random.usize(1..=64))];
                octets.splice(at..at, taken.iter().copied());
            }
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] =
        &[0x30, 0x0b, 0x02, 0x01, 0x05, 0x04, 0x03, 0x02, 0x01, 0x07, 0x03, 0x01, 0x00];

    #[test]
    fn what_is_taken_apart_is_written_the_same() {
        let elements = Element::read_all(CERTIFICATE, 0).unwrap();
        assert_eq!(elements[0].count(), 5);
        let mut written = Vec::new();
        elements[0].write(&mut written);
        assert_eq!(written, CERTIFICATE);
        assert!(Element::read_all(b"server { }", 0).is_none());
    }

    #[test]
    fn a_seed_says_what_comes_of_it() {
        let made = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..64).map(|_| mutated(CERTIFICATE, b"abc", &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        assert!(made(1).iter().filter(|one| **one != CERTIFICATE).count() > 48);
    }
}
