//! qcStatements (RFC 3739 section 3.2.6, ETSI EN 319 412-5).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// What a qualified certificate declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QcStatements<'a>(pub Vec<QcStatement<'a>>);

/// One declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QcStatement<'a> {
    /// Which.
    pub kind: Oid<'a>,
    /// What it says, in the form of its kind.
    pub info: Option<Element<'a>>,
    /// The whole SEQUENCE.
    pub element: Element<'a>,
}

impl<'a> QcStatements<'a> {
    /// The first of a kind.
    #[must_use]
    pub fn find(&self, kind: Oid<'static>) -> Option<&QcStatement<'a>> {
        self.0.iter().find(|statement| statement.kind == kind)
    }
}

impl<'a> ExtensionValue<'a> for QcStatements<'a> {
    const OID: Oid<'static> = oid::QC_STATEMENTS;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut list = value.sequence()?;
        let mut statements = Vec::new();
        while !list.is_empty() {
            let element = list.expect(Tag::SEQUENCE, "QCStatement")?;
            let mut fields = element.children();
            let kind = fields.expect(Tag::OID, "statementId")?.oid()?;
            let info = if fields.is_empty() { None } else { Some(fields.element()?) };
            fields.finish()?;
            statements.push(QcStatement { kind, info, element });
        }
        Ok(Self(statements))
    }
}
