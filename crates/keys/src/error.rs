//! What can be wrong with a key.

use notafter_cert::{Retry, Trouble};

/// A key that cannot be made, read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No private key was found, or its structure is broken.
    #[error("no private key could be read: {0}")]
    Unparsable(String),
    /// The key is protected by a passphrase.
    #[error("the private key is encrypted with a passphrase")]
    Encrypted,
    /// Its private half does not belong to the public half beside it, or its numbers do not hold together.
    #[error("the halves of the private key do not belong together, or it is damaged")]
    Inconsistent,
    /// The key is of a kind that notafter does not use.
    #[error("private keys of this kind are not supported: {0}")]
    Unsupported(String),
    /// The key is in a form that is not read here, or asked for in one that it does not have.
    #[error("{what}")]
    Form {
        /// What is the matter.
        what: String,
        /// How it gets another.
        hint: &'static str,
    },
    /// Key and certificate do not belong together.
    #[error(
        "the private key does not match the certificate: the key is {key}, the certificate's key is {certificate}"
    )]
    Mismatch {
        /// SHA-256 of the key's SPKI, hexadecimal.
        key: String,
        /// SHA-256 of the certificate's SPKI, hexadecimal.
        certificate: String,
    },
    /// An identifier that cannot stand in a request.
    #[error("{0:?} cannot be put into a certificate request")]
    Identifier(String),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused to {0}")]
    Refused(&'static str),
}

impl Trouble for KeyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unparsable(_) => "key.unparsable",
            Self::Encrypted => "key.encrypted",
            Self::Inconsistent => "key.inconsistent",
            Self::Unsupported(_) | Self::Form { .. } => "key.unsupported",
            Self::Mismatch { .. } => "key.mismatch",
            Self::Identifier(_) => "key.bad-identifier",
            Self::Refused(_) => "key.refused",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Unparsable(_) => "give an unencrypted PEM file (PKCS#8, SEC1 or PKCS#1)".to_owned(),
            Self::Encrypted => {
                "remove the passphrase first: notafter convert KEY --to pkcs8 --out PLAIN".to_owned()
            }
            Self::Inconsistent => {
                "take it from a backup, or make a new one and ask for a new certificate".to_owned()
            }
            Self::Unsupported(_) => "use ECDSA P-256 or P-384, or RSA with 2048 bits or more".to_owned(),
            Self::Form { hint, .. } => (*hint).to_owned(),
            Self::Mismatch { .. } => {
                "look for the key that was made together with the certificate's request".to_owned()
            }
            Self::Identifier(_) => "check the lineage's identifiers".to_owned(),
            Self::Refused(_) => "this is a fault of the machine or of notafter: please report it".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}
