//! Certificates for orders.

use notafter_acme::problem::Problem;
use notafter_acme::server::Issue;
use notafter_cert::{Span, csr};

use super::Shared;
use crate::authority::{StageError, Validity};

impl Shared {
    /// Makes what an order wants, under every hierarchy, and gives it to the CA.
    pub(super) fn issue(&self, issue: &Issue) {
        let made = self.make(issue);
        let mut state = self.state();
        match made {
            Ok(chains) => state.ca.issued(issue.order, chains),
            Err(why) => state.ca.refused(
                issue.order,
                Problem {
                    kind: "urn:ietf:params:acme:error:serverInternal".to_owned(),
                    detail: why.to_string(),
                    status: Some(500),
                    subproblems: Vec::new(),
                },
            ),
        }
    }

    fn make(&self, issue: &Issue) -> Result<Vec<Vec<Vec<u8>>>, StageError> {
        let request = csr::Request::parse(&issue.csr).map_err(|_| StageError::Key)?;
        let from = issue.at - self.options.backdate.min(issue.lifetime.share(1, 10));
        // The last second counts (RFC 5280 section 4.1.2.5).
        let validity = Validity { from, to: from + issue.lifetime - Span::seconds(1) };
        self.authorities
            .iter()
            .map(|authority| authority.certify(&request.key.spki_der, &issue.identifiers, validity))
            .collect()
    }
}
