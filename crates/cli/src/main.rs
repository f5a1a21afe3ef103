//! The `notafter` binary.

fn main() {}
