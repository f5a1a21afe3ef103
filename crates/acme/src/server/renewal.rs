//! The end of a certificate: renewal information (RFC 9773) and revocation (RFC 8555 section 7.6).

use notafter_cert::{Certificate, Span, Time};
use serde_json::{Value, json};

use super::request::Request;
use super::{Ca, Refusal, Response};
use crate::ari::CertificateId;
use crate::jose::{Jwk, from_base64url};

/// How often a public CA wants to be asked.
const RETRY_AFTER: Span = Span::hours(6);

impl Ca {
    pub(super) fn renewal_info(&self, request: &Request) -> Result<Response, Refusal> {
        let missing = || Refusal::new(404, "malformed", "there is no such certificate");
        let id = request.segment(1).filter(|_| self.settings.offers_renewal_info).ok_or_else(missing)?;
        CertificateId::parse(id).ok_or_else(|| Refusal::malformed("not a certificate's identifier"))?;
        let record = self.certificates.iter().find(|one| one.id == id).ok_or_else(missing)?;
        let der = record.chains.first().and_then(|chain| chain.first()).ok_or_else(missing)?;
        let leaf = Certificate::parse(der).map_err(|_| missing())?;
        let (start, end) = match (record.revoked, self.settings.renewal_window) {
            (Some((at, _)), _) => (at - Span::minutes(60), at - Span::minutes(30)),
            (None, Some(window)) => window,
            (None, None) => window(&leaf),
        };
        let mut body = json!({ "suggestedWindow": { "start": start, "end": end } });
        if let Some(page) = &self.settings.renewal_explanation {
            body["explanationURL"] = json!(page);
        }
        Ok(Response::json(200, &body).with("retry-after", RETRY_AFTER.as_seconds().to_string()))
    }

    pub(super) fn revoke(&mut self, request: &Request, now: Time) -> Result<Response, Refusal> {
        let signed = self.verified(request)?;
        let wanted = signed.object()?;
        let der = wanted.get("certificate").and_then(Value::as_str).and_then(from_base64url);
        let der = der.ok_or_else(|| Refusal::malformed("certificate must be a base64url text"))?;
        let reason = wanted.get("reason").map_or(Some(0), Value::as_u64);
        let reason = match reason {
            Some(reason @ (0 | 1 | 3 | 4 | 5)) => u8::try_from(reason).unwrap_or(0),
            _ => return Err(Refusal::new(400, "badRevocationReason", "not a reason for subscribers")),
        };
        let found = self
            .certificates
            .iter_mut()
            .find(|one| one.chains.first().and_then(|it| it.first()) == Some(&der));
        let record = found.ok_or_else(|| Refusal::new(404, "malformed", "there is no such certificate"))?;
        let own_key =
            Certificate::parse(&der).ok().and_then(|leaf| Jwk::from_spki(&leaf.key().spki_der).ok());
        let may = match signed.account {
            Some(account) => account == record.account,
            None => own_key == Some(signed.key),
        };
        if !may {
            return Err(Refusal::new(
                403,
                "unauthorized",
                "neither the account nor the key of the certificate",
            ));
        }
        if record.revoked.is_some() {
            return Err(Refusal::new(400, "alreadyRevoked", "it was revoked already"));
        }
        record.revoked = Some((now, reason));
        Ok(Response::empty(200))
    }
}

/// As Let's Encrypt computes it: two hundredths of the lifetime around the point where a third of it is left (a half,
/// where it is shorter than ten days).
fn window(leaf: &Certificate) -> (Time, Time) {
    let lifetime = leaf.lifetime();
    let left = if lifetime < Span::days(10) { lifetime.share(1, 2) } else { lifetime.share(1, 3) };
    let ideal = leaf.not_after() - left;
    (ideal - lifetime.share(1, 100), ideal + lifetime.share(1, 100))
}
