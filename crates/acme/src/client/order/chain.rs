//! The certificate at the end of an order.

use notafter_cert::{Certificate, Time, base64, csr, pem};
use serde::{Deserialize, Serialize};

use super::authorization::untruthful;
use super::{OrderFlow, Stage};
use crate::answer::Answer;
use crate::failure::{Code, Failure};

/// Chains longer than this are none.
const MAX_CHAIN: usize = 20;

/// An issued certificate with its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The chain in PEM, leaf first, as the CA sent it but for line breaks and comments.
    pub chain_pem: String,
    /// Where it was fetched.
    pub url: String,
}

impl Issued {
    /// The chain as DER, leaf first.
    #[must_use]
    pub fn chain(&self) -> Vec<Vec<u8>> {
        pem::chain_from(self.chain_pem.as_bytes()).unwrap_or_default()
    }
}

impl OrderFlow {
    /// The default chain came.
    pub(super) fn downloaded(&mut self, answer: &Answer, now: Time) -> Result<(), Failure> {
        let url = self.order.as_ref().and_then(|order| order.certificate.clone()).unwrap_or_default();
        let (issued, chain) = self.read_chain(answer, url)?;
        self.offered = top(&chain).into_iter().collect();
        let alternates: Vec<String> =
            answer.links("alternate").iter().filter_map(|link| self.origin.pin(link).ok()).rev().collect();
        let stage = match &self.preferred_chain {
            Some(wanted) if !leads_to(&chain, wanted) => Stage::Choosing { default: issued, alternates },
            _ => Stage::Done { issued },
        };
        self.enter(stage, now);
        Ok(())
    }

    /// An alternate chain came, or did not: an order never fails for want of an alternate.
    pub(super) fn chose(&mut self, answer: &Answer, now: Time) {
        let Stage::Choosing { default, mut alternates } = self.stage.clone() else { return };
        let url = alternates.pop().unwrap_or_default();
        let wanted = self.preferred_chain.clone().unwrap_or_default();
        let stage = match self.read_chain(answer, url) {
            Ok((issued, chain)) if leads_to(&chain, &wanted) => Stage::Done { issued },
            Ok((_, chain)) => {
                self.offered.extend(top(&chain));
                Stage::Choosing { default, alternates }
            }
            Err(failure) => {
                self.remark(now, format!("an alternate chain is passed over: {failure}"));
                Stage::Choosing { default, alternates }
            }
        };
        self.enter(stage, now);
    }

    /// The chain, if its leaf is for our key and covers what was ordered.
    fn read_chain(&self, answer: &Answer, url: String) -> Result<(Issued, Vec<Certificate>), Failure> {
        let doing = "fetch the chain";
        answer.success(doing)?;
        let unreadable = |why: String| Failure::new(Code::UnreadableAnswer, format!("{doing}: {why}"));
        let ders = pem::chain_from(&answer.body).map_err(|error| unreadable(error.to_string()))?;
        if ders.len() > MAX_CHAIN {
            return Err(unreadable(format!("{} certificates", ders.len())));
        }
        let chain = ders
            .iter()
            .map(|der| Certificate::parse(der).map_err(|error| unreadable(error.to_string())))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(leaf) = chain.first() {
            self.check_leaf(leaf)?;
        }
        Ok((Issued { chain_pem: pem::chain_to(&ders), url }, chain))
    }

    fn check_leaf(&self, leaf: &Certificate) -> Result<(), Failure> {
        let request = base64::decode(&self.csr).and_then(|der| csr::Request::parse(&der).ok());
        if request.is_some_and(|request| request.key.spki_sha256 != leaf.key().spki_sha256) {
            return Err(untruthful("a certificate for another key than the CSR's".to_owned()));
        }
        let missing: Vec<_> =
            self.identifiers.iter().filter(|wanted| !leaf.names().contains(wanted)).collect();
        if let Some(first) = missing.first() {
            let text = format!("a certificate that lacks {first}, which was ordered");
            return Err(untruthful(text).about(missing.into_iter().cloned().collect()));
        }
        Ok(())
    }
}

/// What a chain is called by: the issuer that its last certificate names.
fn top(chain: &[Certificate]) -> Option<String> {
    chain.last().map(|last| last.issuer_name().to_string())
}

/// Whether the chain's last certificate names this issuer, or any other in it does.
pub(super) fn leads_to(chain: &[Certificate], issuer_common_name: &str) -> bool {
    chain.iter().any(|certificate| certificate.issuer_name() == issuer_common_name)
}
