//! The part of an address that says where: neither who asks nor what for.

/// Host and port of what stands behind `://` (RFC 3986 section 3.2). Who asks, with a password perhaps, is cut off.
pub(super) fn of(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, place)| place).to_owned()
}

/// An address as it may be shown: without who asks and what for, where a password may stand.
pub(super) fn shown(address: &str) -> String {
    let is_scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter))
    };
    match address.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) => format!("{scheme}://{}", of(rest)),
        None if address.contains('@') => of(address),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_password_nor_a_path_is_a_place() {
        assert_eq!(of("ada:secret@shop.example:8443/a?b#c"), "shop.example:8443");
        assert_eq!(of("[2001:db8::1]:443?x=@y"), "[2001:db8::1]:443");
        assert_eq!(shown("postgres://ada:secret@db.example/x"), "postgres://db.example");
        assert_eq!(shown("ada:secret@db.example"), "db.example");
        assert_eq!(shown("shop.example"), "shop.example");
        assert_eq!(shown("ada:secret@db.example/?next=https://x"), "db.example");
    }
}
