//! What went wrong, without what is another one each time.

/// What stands between the place of an answer to a challenge and its end is made anew for each attempt.
const CHALLENGE: &str = "/.well-known/acme-challenge/";

/// A message without the tokens of challenges, so that one cause reads alike at every attempt: `http://shop.example/.well-known/
/// acme-challenge/... answers 404`.
#[must_use]
pub fn steady(message: &str) -> String {
    let mut parts = message.split(CHALLENGE);
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|one: char| !one.is_ascii_alphanumeric() && one != '-' && one != '_');
        let rest = part.get(end.unwrap_or(part.len())..).unwrap_or_default();
        steady.push_str(CHALLENGE);
        steady.push_str("...");
        steady.push_str(rest.strip_prefix("...").unwrap_or(rest));
    }
    steady
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three attempts that failed alike stood one after the other as three causes.
    #[test]
    fn attempts_that_fail_alike_read_alike() {
        for (message, expected) in [
            (
                "a: http://a/.well-known/acme-challenge/53948a_-9 answers 404; b: http://b/.well-known/acme-challenge/1f: no",
                "a: http://a/.well-known/acme-challenge/... answers 404; b: http://b/.well-known/acme-challenge/...: no",
            ),
            ("the CA answered 503", "the CA answered 503"),
            ("/.well-known/acme-challenge/", "/.well-known/acme-challenge/..."),
        ] {
            assert_eq!(steady(message), expected);
            assert_eq!(steady(expected), expected, "twice is once");
        }
    }
}
