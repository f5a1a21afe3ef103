//! The crate's public face against openssl, published vectors and hostile input.

#[cfg(test)]
mod authority;
#[cfg(test)]
mod key;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod unpack;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod write_out;
