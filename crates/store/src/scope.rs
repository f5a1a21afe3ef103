//! Whose rows a query may see.

use notafter_inventory::model::OwnerId;

/// The organisation (one per database) and, where a caller may see only one owner's subjects, that owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub(crate) organisation: i64,
    pub(crate) owner: Option<OwnerId>,
}

impl Scope {
    /// Everything in the organisation: the engine, and administrators.
    pub const EVERYTHING: Self = Self { organisation: 1, owner: None };

    /// The owner whose subjects are all that is seen; nothing where everything is.
    #[must_use]
    pub const fn kept_to(&self) -> Option<OwnerId> {
        self.owner
    }

    /// The subjects of one owner. What belongs to nobody in particular (issuers, channels, owners) stays visible.
    #[must_use]
    pub const fn owner(owner: OwnerId) -> Self {
        Self { organisation: 1, owner: Some(owner) }
    }
}
