//! The crate's public face against openssl, published vectors and hostile input.

mod key;
mod openssl;
mod vault;
