//! Promises of CT logs. Whether they hold is for the crate `ct` to say.

use super::{Context, Told, field};
use crate::der::Field;
use crate::inspect::Line;
use crate::x509::extension::{Extension, SctList, SerializedSct};
use crate::{Time, base64};

pub(super) fn list(extension: &Extension<'_>, context: &Context<'_>) -> Field<Told> {
    let element = extension.inner()?.must_be(crate::der::Tag::OCTET_STRING)?;
    let list = SctList::of_octets(element.content, element.content_at())?;
    let lines = list.0.iter().map(|sct| promise(sct, context)).collect();
    Ok(Told::lines(field::count(list.0.len(), "promise of a CT log", "promises of CT logs"), lines))
}

/// Version, log and time come first (RFC 6962 section 3.2).
fn promise(sct: &SerializedSct<'_>, context: &Context<'_>) -> Line {
    let parts = sct.octets.split_first().and_then(|(version, rest)| {
        let (log, rest) = rest.split_first_chunk::<32>()?;
        let (millis, _) = rest.split_first_chunk::<8>()?;
        Some((*version, log, i64::try_from(u64::from_be_bytes(*millis)).unwrap_or(i64::MAX)))
    });
    let Some((version, log, millis)) = parts else { return Line::octets("promise", sct.octets) };
    let time = Time::from_micros(millis.saturating_mul(1_000));
    let id = base64::encode(log);
    let name = (context.log_name)(log);
    let text = format!("{}, {time}", name.as_deref().unwrap_or("a log that no list names here"));
    let odd = (version != 0).then_some("of a version that is not known");
    Line::text("log", text).noted(odd).with(vec![Line::text("id", id)])
}
