//! Anti-replay nonces (RFC 8555 section 6.5): never stored, for a lost one costs a request and nothing else.

use crate::answer::Answer;
use crate::message::Directory;

/// A request whose nonce is rejected is signed anew and repeated this many times: at a rejection rate of one half, one
/// request in a million fails.
pub const MAX_REJECTIONS: u32 = 20;

/// Nonces in hand.
#[derive(Clone, Debug)]
pub struct Nonces {
    new_nonce: String,
    in_hand: Vec<String>,
}

impl Nonces {
    /// None yet.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        Self { new_nonce: directory.new_nonce.clone(), in_hand: Vec::new() }
    }

    /// Where a HEAD request brings a fresh one.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.new_nonce
    }

    /// The freshest one in hand, taken out.
    pub fn take(&mut self) -> Option<String> {
        self.in_hand.pop()
    }

    /// Keeps the nonce of an answer. After a rejection the others are as old, and are dropped.
    pub fn learn(&mut self, answer: &Answer) {
        const MOST: usize = 50;
        if is_rejection(answer) {
            self.in_hand.clear();
        }
        if let Some(nonce) = answer.nonce().filter(|_| self.in_hand.len() < MOST) {
            self.in_hand.push(nonce.to_owned());
        }
    }

    /// Whether the request was refused for its nonce alone: nothing was decided, it is to be signed anew and repeated.
    #[must_use]
    pub fn rejected(answer: &Answer) -> bool {
        is_rejection(answer)
    }
}

fn is_rejection(answer: &Answer) -> bool {
    !answer.is_success() && answer.problem().is_some_and(|problem| problem.is("badNonce"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::answer;

    #[test]
    fn a_rejection_drops_the_old_ones_and_keeps_the_one_that_came_with_it() {
        let mut nonces = Nonces { new_nonce: "https://ca/n".to_owned(), in_hand: Vec::new() };
        assert_eq!(nonces.take(), None);
        nonces.learn(&answer(200, &[("replay-nonce", "a")], ""));
        nonces.learn(&answer(500, &[("replay-nonce", "b")], ""));
        let rejection = answer(
            400,
            &[("replay-nonce", "c")],
            r#"{ "type": "urn:ietf:params:acme:error:badNonce", "detail": "JWS has an invalid anti-replay nonce" }"#,
        );
        assert!(Nonces::rejected(&rejection));
        nonces.learn(&rejection);
        assert_eq!(nonces.take().as_deref(), Some("c"));
        assert_eq!(nonces.take(), None);
    }
}
