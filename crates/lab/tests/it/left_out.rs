//! The one door through which a test leaves itself out; every crate's tests include this file.

/// What a test lacks here.
#[derive(Clone, Copy)]
pub(crate) enum Need<'a> {
    /// A package of Debian, by its name: somebody can install it.
    Package(&'a str),
    /// A right or a piece of the machine ("the right to mount"): nobody can install it.
    Right(&'a str),
}

/// Says aloud that a test cannot run here, for `./test` to count, and why.
///
/// Where completeness was asked for (`NOTAFTER_TEST_COMPLETE=1`), a missing package fails the test; a missing right never
/// does.
#[expect(clippy::print_stdout, reason = "./test counts these lines")]
pub(crate) fn left_out(test: &str, need: Need<'_>) {
    let complete = std::env::var_os("NOTAFTER_TEST_COMPLETE").is_some_and(|value| value == "1");
    println!("{}", said(test, need, complete));
}

fn said(test: &str, need: Need<'_>, complete: bool) -> String {
    match need {
        Need::Package(package) => {
            assert!(!complete, "{test} needs {package}, and completeness was asked for");
            format!("left out: {test}: needs {package}")
        }
        Need::Right(right) => format!("left out: {test}: needs {right}, which no package brings"),
    }
}

#[test]
fn a_missing_right_of_one_word_fails_no_complete_run_and_a_package_of_two_does() {
    assert_eq!(said("t", Need::Right("root"), true), "left out: t: needs root, which no package brings");
    assert_eq!(said("t", Need::Package("two words"), false), "left out: t: needs two words");
    assert!(std::panic::catch_unwind(|| said("t", Need::Package("two words"), true)).is_err());
}
