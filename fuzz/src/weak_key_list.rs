//! Any file as a list of keys in any format: no panic, no more keys than the limit, and a list that is read answers for every kind
//! of key.

use notafter_cert::weak_key::{About, Key, KeyList, ListFormat, NamedCurve, Numbers};

const LIMIT: usize = 1000;

pub(super) fn run(bytes: &[u8]) {
    let bits = u32::try_from(bytes.len().saturating_mul(8)).unwrap_or(u32::MAX);
    let formats = [
        ListFormat::OpensslBlacklist { bits },
        ListFormat::BadkeysBlocklist,
        ListFormat::BadkeysLookup,
        ListFormat::SpkiSha256,
    ];
    for format in formats {
        match KeyList::parse("list", About::Debian, format, bytes, LIMIT) {
            Ok(list) => answers(&list, bytes),
            Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
        }
    }
}

fn answers(list: &KeyList, bytes: &[u8]) {
    assert!((1..=LIMIT).contains(&list.len()));
    let numbers = [
        Numbers::Rsa { modulus: bytes, exponent: &[3] },
        Numbers::Ec { curve: NamedCurve::P256, point: bytes },
        Numbers::Edwards(bytes),
        Numbers::Other(bytes),
    ];
    for numbers in numbers {
        let _ = list.look_up(&Key { numbers, spki: bytes });
    }
}
