//! Elements that are read as they are walked: a SEQUENCE OF something, of which nothing is kept but where it lies.

use std::fmt;
use std::marker::PhantomData;

use super::{Element, Field, Oid, Reader, Tag};

/// What a list has.
pub trait Item<'a>: Sized {
    /// Reads one.
    ///
    /// # Errors
    /// When the element is none.
    fn item(element: Element<'a>) -> Field<Self>;
}

/// Things one after the other. It is as cheap to copy as it is to make, and reads each thing anew whenever it is met.
pub struct List<'a, T> {
    items: Reader<'a>,
    count: usize,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Item<'a>> List<'a, T> {
    /// Of all that is left, where everything is as it must be.
    ///
    /// # Errors
    /// At the first that cannot be read.
    pub fn read(items: Reader<'a>) -> Field<Self> {
        let (mut rest, mut count) = (items, 0);
        while !rest.is_empty() {
            T::item(rest.element()?)?;
            count += 1;
        }
        Ok(Self { items, count, kind: PhantomData })
    }

    /// Of all that is left, where each thing is right or wrong by itself.
    ///
    /// # Errors
    /// At the first element that does not end.
    pub fn of_fields(items: Reader<'a>) -> Field<Self> {
        let (mut rest, mut count) = (items, 0);
        while !rest.is_empty() {
            rest.element()?;
            count += 1;
        }
        Ok(Self { items, count, kind: PhantomData })
    }

    /// Those that can be read.
    #[must_use]
    pub const fn iter(&self) -> Items<'a, T> {
        Items { rest: self.items, kind: PhantomData }
    }

    /// All of them, each with what is wrong with it.
    pub fn fields(&self) -> impl Iterator<Item = Field<T>> + use<'a, T> {
        let mut rest = self.items;
        std::iter::from_fn(move || (!rest.is_empty()).then(|| rest.element().and_then(T::item)))
    }
}

impl<T> List<'_, T> {
    /// How many there are, those that cannot be read among them.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Where the first lies, or would.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.items.at()
    }
}

/// The things of a [`List`] that can be read, one after the other.
#[derive(Debug)]
pub struct Items<'a, T> {
    rest: Reader<'a>,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Item<'a>> Iterator for Items<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        while !self.rest.is_empty() {
            if let Ok(thing) = self.rest.element().and_then(T::item) {
                return Some(thing);
            }
        }
        None
    }
}

impl<'a, T: Item<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = Items<'a, T>;

    fn into_iter(self) -> Items<'a, T> {
        self.iter()
    }
}

impl<'a, T: Item<'a>> IntoIterator for &List<'a, T> {
    type Item = T;
    type IntoIter = Items<'a, T>;

    fn into_iter(self) -> Items<'a, T> {
        self.iter()
    }
}

impl<'a, T: Item<'a> + PartialEq> List<'a, T> {
    /// Whether this is among them.
    #[must_use]
    pub fn contains(&self, one: &T) -> bool {
        self.iter().any(|other| other == *one)
    }
}

impl<'a> Item<'a> for Oid<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        element.must_be(Tag::OID)?.oid()
    }
}

/// None.
impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self { items: Reader::new(&[]), count: 0, kind: PhantomData }
    }
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

/// The same octets at the same place.
impl<T> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        (self.items.at(), self.items.rest()) == (other.items.at(), other.items.rest())
    }
}

impl<T> Eq for List<'_, T> {}

impl<'a, T: Item<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::Integer;

    impl<'a> Item<'a> for Integer<'a> {
        fn item(element: Element<'a>) -> Field<Self> {
            element.integer()
        }
    }

    const NUMBERS: &[u8] = &[2, 1, 7, 2, 0, 2, 1, 9];

    #[test]
    fn things_are_read_as_they_are_walked() {
        let list = List::<Integer<'_>>::of_fields(Reader::new(NUMBERS)).unwrap();
        assert_eq!((list.len(), list.iter().count(), list.fields().count()), (3, 2, 3));
        assert_eq!(list.fields().nth(1).unwrap().unwrap_err().at, 3);
        assert!(List::<Integer<'_>>::read(Reader::new(NUMBERS)).is_err());
        assert!(List::<Integer<'_>>::of_fields(Reader::new(&NUMBERS[..7])).is_err());
        assert!(List::<Integer<'_>>::default().is_empty());
        let again = List::of_fields(Reader::new(NUMBERS)).unwrap();
        assert_eq!(list, again);
    }
}
