//! nameConstraints (RFC 5280 section 4.2.1.10).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Integer, Oid, Tag, oid};
use crate::x509::GeneralName;

/// Which names the certificates below may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameConstraints<'a> {
    /// `permittedSubtrees`.
    pub permitted: Option<Vec<GeneralSubtree<'a>>>,
    /// `excludedSubtrees`.
    pub excluded: Option<Vec<GeneralSubtree<'a>>>,
    at: usize,
}

/// A tree of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralSubtree<'a> {
    /// Its root.
    pub base: Field<GeneralName<'a>>,
    /// The element of its root, which has a tag even where it is no name.
    pub root: Element<'a>,
    /// `minimum`, where it is written; it must be zero.
    pub minimum: Option<Integer<'a>>,
    /// `maximum`, which must not be there.
    pub maximum: Option<Integer<'a>>,
    at: usize,
}

impl<'a> NameConstraints<'a> {
    /// The subtrees of both lists.
    pub fn subtrees(&self) -> impl Iterator<Item = &GeneralSubtree<'a>> {
        self.permitted.iter().flatten().chain(self.excluded.iter().flatten())
    }
}

impl<'a> ExtensionValue<'a> for NameConstraints<'a> {
    const OID: Oid<'static> = oid::NAME_CONSTRAINTS;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let permitted = fields.optional(Tag::context_constructed(0))?.map(subtrees).transpose()?;
        let excluded = fields.optional(Tag::context_constructed(1))?.map(subtrees).transpose()?;
        fields.finish()?;
        Ok(Self { permitted, excluded, at: value.at })
    }

    fn check(&self) -> Field<()> {
        if self.permitted.is_none() && self.excluded.is_none() {
            return Err(Fault::value(self.at, "neither permitted nor excluded subtrees"));
        }
        if [&self.permitted, &self.excluded].into_iter().flatten().any(Vec::is_empty) {
            return Err(Fault::value(self.at, "no subtree, where one is the least"));
        }
        self.subtrees().try_for_each(|subtree| {
            let name = subtree.base.as_ref().map_err(|fault| *fault)?;
            match name {
                _ if subtree.minimum.is_some_and(|minimum| !minimum.is_zero())
                    || subtree.maximum.is_some() =>
                {
                    Err(Fault::value(subtree.at, "a subtree with minimum or maximum"))
                }
                GeneralName::Ip(octets) if !is_network(octets) => {
                    Err(Fault::value(subtree.at, "an iPAddress constraint that is no address with its mask"))
                }
                _ => Ok(()),
            }
        })
    }
}

/// Whether it is an address with a mask whose bits are all at its beginning (RFC 4632 section 5.1).
fn is_network(octets: &[u8]) -> bool {
    let (_, mask) = octets.split_at(octets.len() / 2);
    let bits = |mask: &[u8]| mask.iter().fold(0_u128, |sum, octet| sum << 8 | u128::from(*octet));
    match octets.len() {
        8 => (bits(mask) << 96).leading_ones() == bits(mask).count_ones(),
        32 => bits(mask).leading_ones() == bits(mask).count_ones(),
        _ => false,
    }
}

fn subtrees(list: Element<'_>) -> Field<Vec<GeneralSubtree<'_>>> {
    list.children().all()?.into_iter().map(subtree).collect()
}

fn subtree(element: Element<'_>) -> Field<GeneralSubtree<'_>> {
    let mut fields = element.sequence()?;
    let root = fields.element()?;
    let minimum = fields.optional(Tag::context(0))?.map(|element| element.integer()).transpose()?;
    let maximum = fields.optional(Tag::context(1))?.map(|element| element.integer()).transpose()?;
    fields.finish()?;
    Ok(GeneralSubtree { base: GeneralName::read(root), root, minimum, maximum, at: element.at })
}
