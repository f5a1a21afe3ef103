//! What is known of a structure: which field comes where, and what lies in it.

use super::identifier;
use super::schema::Structure;
use crate::der::{Element, Oid, Tag};
use crate::x509::PrivateKeyStructure;

/// What is known of an element's content.
#[derive(Debug)]
pub(super) enum Shape {
    /// Nothing.
    Any,
    /// Octets that mean nothing by themselves.
    Opaque,
    /// Fields one after the other, some of which may be left out.
    Fields(&'static [Slot]),
    /// The same again and again, each called this.
    Each(&'static str, &'static Self),
    /// An EXPLICIT tag around one of these.
    Around(&'static Self),
    /// A string whose octets are an element of this shape.
    Holds(&'static Self),
    /// What is nobody's to see: its length alone is told.
    Secret,
    /// A private key, of whatever structure its fields show; all of it is secret where they show none.
    Key,
    /// A string whose octets should be an element, and need not be.
    MayHold,
    /// What the object identifier before it says.
    What(fn(Oid<'_>) -> &'static Self),
    /// One GeneralName.
    Name,
    /// GeneralNames one after the other.
    Names,
    /// An INTEGER, whatever its tag.
    Number,
    /// A BIT STRING, whatever its tag.
    Bits,
}

/// One field.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: &'static str,
    pub(super) tag: Mark,
    pub(super) shape: &'static Shape,
}

/// How a field is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// By its place alone.
    Any,
    /// By its tag.
    Is(Tag),
    /// By its number, primitive or constructed.
    Context(u32),
    /// UTCTime or GeneralizedTime.
    Time,
}

impl Mark {
    fn fits(self, tag: Tag) -> bool {
        match self {
            Self::Any => true,
            Self::Is(wanted) => wanted == tag,
            Self::Context(number) => tag.is_context(number),
            Self::Time => matches!(tag, Tag::UTC_TIME | Tag::GENERALIZED_TIME),
        }
    }
}

/// What is known of an element by its place.
pub(super) struct Known {
    /// What it is called.
    pub(super) field: Option<&'static str>,
    /// What is in it.
    pub(super) shape: &'static Shape,
    /// Whether the structure has no such element here.
    pub(super) is_stray: bool,
}

/// How far a structure has been gone through.
pub(super) struct Cursor {
    shape: &'static Shape,
    /// The first field that may come next.
    next: usize,
    /// The object identifier that came last.
    kind: Option<Vec<u8>>,
    /// What the whole document is called.
    name: Option<&'static str>,
}

impl Cursor {
    /// Before the element that a document is.
    pub(super) fn root(structure: Structure) -> Self {
        let (name, shape) = structure.known();
        Self { name, ..Self::of(shape) }
    }

    /// At the beginning of what an element of this shape holds.
    pub(super) const fn of(shape: &'static Shape) -> Self {
        Self { shape, next: 0, kind: None, name: None }
    }

    /// What the next element is called, and what is known of it.
    pub(super) fn next(&mut self, element: &Element<'_>) -> Known {
        let is_field =
            |slots: &[Slot], from: usize| slots[from..].iter().any(|one| one.tag.fits(element.tag));
        let is_stray = match (self.name, self.shape) {
            (Some(_), _) => element.tag != Tag::SEQUENCE,
            (None, Shape::Fields(slots)) => !is_field(slots, self.next),
            _ => false,
        };
        let (field, shape) = self.told_by_place(element);
        let shape = self.told_by_kind(shape);
        if let Some(oid) = identifier(element) {
            self.kind = Some(oid.content().to_vec());
        }
        match (shape, is_stray) {
            (_, true) => Known { field, shape: &Shape::Any, is_stray },
            (Shape::Key, false) => {
                let (field, shape) = key(element);
                Known { field: Some(field), shape, is_stray }
            }
            (shape, false) => Known { field, shape, is_stray },
        }
    }

    fn told_by_place(&mut self, element: &Element<'_>) -> (Option<&'static str>, &'static Shape) {
        /// After the one element that a document is, none belongs to it.
        static NO_MORE: Shape = Shape::Fields(&[]);
        if let Some(name) = self.name.take() {
            return (Some(name), std::mem::replace(&mut self.shape, &NO_MORE));
        }
        match self.shape {
            Shape::Fields(slots) => {
                let position = (self.next..slots.len()).find(|at| slots[*at].tag.fits(element.tag));
                position.map_or((None, &Shape::Any), |position| {
                    self.next = position + 1;
                    (Some(slots[position].name), slots[position].shape)
                })
            }
            Shape::Each(name, shape) => (Some(*name), *shape),
            Shape::Around(shape) | Shape::Holds(shape) => (None, *shape),
            Shape::Names => (name_form(element.tag), &Shape::Name),
            Shape::Name => {
                (None, if element.tag == Tag::SEQUENCE { &super::schema::NAME } else { &Shape::Any })
            }
            _ => (None, &Shape::Any),
        }
    }

    fn told_by_kind(&self, shape: &'static Shape) -> &'static Shape {
        let kind = self.kind.as_deref().and_then(Oid::from_content);
        match (shape, kind) {
            (Shape::What(of), Some(kind)) => of(kind),
            (Shape::What(_), None) => &Shape::Any,
            (shape, _) => shape,
        }
    }
}

/// What a private key is called, and its fields.
fn key(element: &Element<'_>) -> (&'static str, &'static Shape) {
    use super::schema::{DSA_KEY, EC_KEY, ENCRYPTED_KEY, PKCS8, RSA_KEY};
    match PrivateKeyStructure::of(*element) {
        Ok(PrivateKeyStructure::Pkcs8(_)) => ("PrivateKeyInfo", &PKCS8),
        Ok(PrivateKeyStructure::Encrypted(_)) => ("EncryptedPrivateKeyInfo", &ENCRYPTED_KEY),
        Ok(PrivateKeyStructure::Pkcs1(_)) => ("RSAPrivateKey", &RSA_KEY),
        Ok(PrivateKeyStructure::Sec1(_)) => ("ECPrivateKey", &EC_KEY),
        Ok(PrivateKeyStructure::Dsa) => ("DSAPrivateKey", &DSA_KEY),
        Err(_) => ("PrivateKey", &Shape::Secret),
    }
}

/// The form of a GeneralName (RFC 5280 section 4.2.1.6).
fn name_form(tag: Tag) -> Option<&'static str> {
    const FORMS: [&str; 9] = [
        "otherName",
        "rfc822Name",
        "dNSName",
        "x400Address",
        "directoryName",
        "ediPartyName",
        "uniformResourceIdentifier",
        "iPAddress",
        "registeredID",
    ];
    let position = usize::try_from(tag.number).ok().filter(|_| tag.is_context(tag.number))?;
    FORMS.get(position).copied()
}
