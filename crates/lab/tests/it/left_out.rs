//! The one door through which a test leaves itself out; every crate's tests include this file.

/// Says aloud that a test cannot run here, for `./test` to count, and why.
///
/// `need` is the name of a package of Debian, or in several words a right or a piece of the machine ("the right to
/// mount"). Where completeness was asked for (`NOTAFTER_TEST_COMPLETE=1`), a missing package fails the test: somebody
/// can install it. Nobody can install a right.
#[expect(clippy::print_stdout, reason = "./test counts these lines")]
pub(crate) fn left_out(test: &str, need: &str) {
    let is_package = !need.contains(' ');
    let complete = std::env::var_os("NOTAFTER_TEST_COMPLETE").is_some_and(|value| value == "1");
    assert!(!(is_package && complete), "{test} needs {need}, and completeness was asked for");
    let why = if is_package { "" } else { ", which no package brings" };
    println!("left out: {test}: needs {need}{why}");
}
