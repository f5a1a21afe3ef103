//! The crate's public face against openssl, published vectors and hostile input.

#[cfg(test)]
mod key;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod write_out;
