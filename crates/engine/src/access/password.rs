//! Passwords, hashed with argon2id (RFC 9106) by the parameters that OWASP recommends.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use notafter_cert::{Retry, Trouble};
use notafter_inventory::password::{Weakness, weakness};

/// NIST SP 800-63B-4, section 3.1.1.2: fifteen where a password is all there is.
const SHORTEST: usize = 15;
/// More is refused before any work is spent on it.
const LONGEST: usize = 1024;

/// A password that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooWeak {
    /// Found by trying.
    #[error("the password has fewer than {SHORTEST} characters")]
    Short,
    /// Work for nothing.
    #[error("the password has more than {LONGEST} bytes")]
    Long,
    /// Found by trying, however long it is.
    #[error("{0}")]
    Guessable(Weakness),
    /// The hash function refused.
    #[error("the password cannot be hashed")]
    Refused,
}

impl Trouble for TooWeak {
    fn code(&self) -> &'static str {
        "access.bad-password"
    }

    fn hint(&self) -> String {
        "a few words that nobody else would put together make a good one".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Off the runtime: it takes tens of milliseconds. The names are those that everybody knows of the account and the site.
pub(super) async fn hashed(password: String, names: &[&str], salt: [u8; 16]) -> Result<String, TooWeak> {
    if password.chars().count() < SHORTEST {
        return Err(TooWeak::Short);
    }
    if password.len() > LONGEST {
        return Err(TooWeak::Long);
    }
    if let Some(weak) = weakness(&password, names) {
        return Err(TooWeak::Guessable(weak));
    }
    let hash = move || {
        let hash: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|_| TooWeak::Refused)
    };
    tokio::task::spawn_blocking(hash).await.unwrap_or(Err(TooWeak::Refused))
}

/// Whether a password is the stored one. Where there is none it takes as long: nobody learns which names exist.
pub(super) async fn fits(password: String, stored: Option<String>) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    let compare = move || match stored.as_deref().map(PasswordHash::new) {
        Some(Ok(hash)) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        Some(Err(_)) | None => {
            let wasted: Result<PasswordHash, _> =
                Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
            drop(wasted);
            false
        }
    };
    tokio::task::spawn_blocking(compare).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let chosen = "correct horse battery";
        let hash = hashed(chosen.to_owned(), &[], [1; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(fits(chosen.to_owned(), Some(hash.clone())).await);
        assert!(!fits("correct horse batterz".to_owned(), Some(hash.clone())).await);
        assert!(!fits(String::new(), Some(hash)).await);
        assert!(!fits(chosen.to_owned(), None).await);
        assert!(!fits(chosen.to_owned(), Some("no hash".to_owned())).await);
    }

    #[tokio::test]
    async fn what_is_found_by_trying_and_what_is_work_for_nothing_is_refused() {
        assert_eq!(hashed("fourteen chars".to_owned(), &[], [1; 16]).await, Err(TooWeak::Short));
        assert_eq!(hashed("x".repeat(LONGEST + 1), &[], [1; 16]).await, Err(TooWeak::Long));
        assert!(
            hashed("fünfzehn züge..".to_owned(), &[], [1; 16]).await.is_ok(),
            "characters are counted, not bytes"
        );
        let named = hashed("ada.lovelace.2026".to_owned(), &["ada.lovelace"], [1; 16]).await;
        assert_eq!(named, Err(TooWeak::Guessable(Weakness::Named)));
    }
}
