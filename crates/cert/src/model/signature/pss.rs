//! The parameters of RSASSA-PSS (RFC 4055 section 3.1).

use crate::der::{Field, Oid, Tag, oid};
use crate::x509::AlgorithmIdentifier;

/// The hash, where it is the one of the mask too, and the salt is as long as it; of parameters that are left out, SHA-1.
pub(super) fn hash<'a>(algorithm: &AlgorithmIdentifier<'a>) -> Field<Oid<'a>> {
    let fault = algorithm.element.fault("RSASSA-PSS with parameters that nobody uses");
    let Some(parameters) = algorithm.parameters else { return Err(fault) };
    let mut fields = parameters.sequence()?;
    let inner = |number: u32, fields: &mut crate::der::Reader<'a>| {
        let found = fields.optional(Tag::context_constructed(number))?;
        found.map(|element| element.inner()).transpose()
    };
    let hash = inner(0, &mut fields)?.map(AlgorithmIdentifier::read).transpose()?;
    let mask = inner(1, &mut fields)?.map(AlgorithmIdentifier::read).transpose()?;
    let salt = inner(2, &mut fields)?.map(|element| element.small()).transpose()?;
    let hash = hash.map_or(oid::SHA1, |hash| hash.oid);
    let mask_hash = match mask {
        None => oid::SHA1,
        Some(mask) => AlgorithmIdentifier::read(mask.parameters.ok_or(fault)?)?.oid,
    };
    let length = match hash {
        oid::SHA1 => 20,
        oid::SHA256 => 32,
        oid::SHA384 => 48,
        oid::SHA512 => 64,
        _ => return Err(fault),
    };
    if mask_hash == hash && salt.unwrap_or(20) == length { Ok(hash) } else { Err(fault) }
}
