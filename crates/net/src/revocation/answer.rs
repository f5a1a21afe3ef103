//! Asking a responder (RFC 6960 appendix A, RFC 5019 section 5).

use std::sync::Arc;

use notafter_cert::revocation::ocsp::{
    Asked, CertificateIdentity, IdHash, NonceRule, Policy, judge, request,
};
use notafter_cert::revocation::{Because, Source, Statement, Status, Verdict};
use notafter_cert::x509::SubjectPublicKeyInfo;
use notafter_cert::x509::ocsp::OcspResponseAnatomy;
use notafter_cert::{Time, base64};
use rustls::crypto::aws_lc_rs;

use super::cache::Fetched;
use super::{Inner, Question, REDIRECTS, Share, max_age, refused, shape, unfetched};
use crate::http::{HttpFailure, Request};

/// The octets of an answer, or why there are none, and whether it is worth asking in the other way.
pub(super) type Kept = Result<Arc<[u8]>, (Because, bool)>;

/// RFC 5019 section 5: what is no longer than this is asked for by GET, which caches can answer.
const LONGEST_GET: usize = 255;
/// RFC 9654 section 2.1.
const NONCE: usize = 32;

impl Inner {
    /// By GET first, as everybody asks, so that the answer may be signed ahead. One that cannot be used, as caches keep them
    /// sometimes, is asked for once more by POST and with a nonce.
    pub(super) async fn ask_responder(&self, question: &Question<'_>, url: &str, share: &Share) -> Statement {
        let source = Source::Ocsp(url.to_owned());
        let (certificate, issuer) = (question.certificate.anatomy(), question.issuer.anatomy());
        let key = issuer.key.as_ref().map_err(|fault| *fault);
        let identity = key.and_then(|key| Ok((key, CertificateIdentity::of(&certificate, key)?)));
        let (key, identity) = match identity {
            Ok(found) => found,
            Err(fault) => {
                return Statement::nothing(source, Because::Unreadable { what: "the certificate", fault });
            }
        };
        let mut statements = Vec::new();
        let plain = request(&[identity], IdHash::Sha1, None);
        if let Some(get) = get(url, &plain) {
            let kept = self.answers.of(get.clone(), &self.clock, async || self.get(&get, share).await).await;
            let (statement, is_worth_more) = self.judged(question, source.clone(), key, (kept, None));
            if !is_worth_more {
                return statement;
            }
            statements.push(statement);
        }
        let nonce = nonce();
        let asked = request(&[identity], IdHash::Sha1, nonce.as_ref().map(<[u8; NONCE]>::as_slice));
        let answer = self.post(url, asked, share).await;
        let nonce = nonce.as_ref().map(<[u8; NONCE]>::as_slice);
        statements.push(self.judged(question, source.clone(), key, (answer, nonce)).0);
        let both = Status { statements, exempt: None };
        both.telling().cloned().unwrap_or_else(|| Statement::nothing(source, Because::NoSource))
    }

    /// What an answer says, and whether it is worth asking in the other way.
    fn judged(
        &self,
        question: &Question<'_>,
        source: Source,
        issuer: &SubjectPublicKeyInfo<'_>,
        (answer, nonce): (Kept, Option<&[u8]>),
    ) -> (Statement, bool) {
        let answer = match answer {
            Ok(answer) => answer,
            Err((because, is_worth_more)) => return (Statement::nothing(source, because), is_worth_more),
        };
        let policy = Policy { nonce: NonceRule::MayBeLeftOut, ..Policy::default() };
        let (anatomy, asked) = (question.certificate.anatomy(), Asked { issuer, nonce });
        let judged = judge(&anatomy, &OcspResponseAnatomy::of(&answer), &asked, question.at, &policy);
        let knows = !matches!(judged.verdict, Verdict::Unknown(ref because) if *because != Because::NotKnownToResponder);
        (Statement::of_answer(source, judged), !knows)
    }

    async fn get(&self, url: &str, share: &Share) -> Fetched<Kept> {
        self.fetch((url, Request::get(url).follow(REDIRECTS)), share).await
    }

    async fn post(&self, url: &str, request: Vec<u8>, share: &Share) -> Kept {
        self.fetch((url, Request::post(url, "application/ocsp-request", request)), share).await.value
    }

    async fn fetch(&self, (url, request): (&str, Request), share: &Share) -> Fetched<Kept> {
        let _permit = self.permit().await;
        if let Some(because) = self.silent.why(url, &self.clock) {
            return Fetched::undated(Err((because, false)));
        }
        let request = request.header("accept", "application/ocsp-response");
        let answer = match share.spend(self.responders.send(request)).await {
            Ok(answer) => answer,
            Err(because) => return self.unanswered(url, because),
        };
        match answer {
            Ok(response) if response.status != 200 => Fetched::undated(Err((refused(response.status), true))),
            Ok(response) => match shape::of_others(&response.body) {
                Some(because) => Fetched::undated(Err((because, true))),
                None => Fetched {
                    until: next_update(&response.body),
                    max_age: max_age(&response),
                    value: Ok(response.body.into()),
                },
            },
            Err(error) => match error.class() {
                HttpFailure::Broken | HttpFailure::TooLarge => {
                    Fetched::undated(Err((unfetched(&error), true)))
                }
                HttpFailure::Timeout | HttpFailure::Connect | HttpFailure::Dns => {
                    self.unanswered(url, unfetched(&error))
                }
                _ => Fetched::undated(Err((unfetched(&error), false))),
            },
        }
    }

    /// Whoever did not answer is not asked again for a while, about no certificate.
    fn unanswered(&self, url: &str, because: Because) -> Fetched<Kept> {
        self.silent.remember(url, &because, &self.clock);
        Fetched::undated(Err((because, false)))
    }
}

/// `{url}/{request in base64, url-encoded}` (RFC 6960 appendix A.1), where that is short enough.
fn get(url: &str, request: &[u8]) -> Option<String> {
    let text = base64::encode(request);
    let text = text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let whole = format!("{}/{text}", url.strip_suffix('/').unwrap_or(url));
    let is_plain = !url.contains(['?', '#']);
    (text.len() <= LONGEST_GET && is_plain).then_some(whole)
}

fn next_update(answer: &[u8]) -> Option<Time> {
    let answer = OcspResponseAnatomy::of(answer);
    let updates = answer.basic.as_ref()?.responses();
    updates.filter_map(|single| single.next_update?.ok()).map(|moment| moment.time).min()
}

/// Without randomness there is none, and the answer is believed as one to a GET is.
fn nonce() -> Option<[u8; NONCE]> {
    let mut nonce = [0; NONCE];
    aws_lc_rs::default_provider().secure_random.fill(&mut nonce).ok().map(|()| nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_questions_are_asked_by_get() {
        let short = get("http://ocsp.example/", &[0xfb, 0xef, 0xff, 0]).unwrap();
        assert_eq!(short, "http://ocsp.example/%2B%2B%2F%2FAA%3D%3D");
        assert_eq!(get("http://ocsp.example/a", &[0]).unwrap(), "http://ocsp.example/a/AA%3D%3D");
        assert_eq!(get("http://ocsp.example", &[0; 200]), None, "too long");
        assert_eq!(get("http://ocsp.example/?ca=1", &[0]), None, "there is no place for it in the path");
    }
}
