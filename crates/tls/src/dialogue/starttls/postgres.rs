//! PostgreSQL: one SSLRequest, one byte back.

use super::super::{Dialogue, Meta, Step};
use super::lines::said;

pub(in super::super) const META: Meta = Meta {
    name: "postgres",
    port: 5432,
    source: "PostgreSQL documentation, protocol flow: SSL session encryption",
    begin: |_| Box::new(Postgres { asked: false }),
};

/// Length 8, then the request code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

struct Postgres {
    asked: bool,
}

impl Dialogue for Postgres {
    fn step(&mut self, received: &[u8]) -> Step {
        match (self.asked, received) {
            (false, []) => {
                self.asked = true;
                Step::Send(SSL_REQUEST.to_vec())
            }
            (true, []) => Step::Receive,
            (true, b"S") => Step::StartTls,
            (true, b"N") => Step::Refused("the server does not offer TLS (it answered N)".to_owned()),
            (true, [b'S', ..]) => Step::Refused("plain text after the agreement to TLS".to_owned()),
            (true, [b'E', ..]) => {
                Step::Refused("the server answered with an error: it does not know TLS".to_owned())
            }
            _ => {
                let text = String::from_utf8_lossy(received);
                Step::Refused(format!(
                    "not PostgreSQL: the peer said {}",
                    said(text.lines().next().unwrap_or_default())
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_decides() {
        let begin = || {
            let mut postgres = Postgres { asked: false };
            assert_eq!(postgres.step(b""), Step::Send(SSL_REQUEST.to_vec()));
            postgres
        };
        assert_eq!(begin().step(b"S"), Step::StartTls);
        assert!(matches!(begin().step(b"N"), Step::Refused(_)));
        assert!(matches!(begin().step(b"Sx"), Step::Refused(_)));
        let other = r#"not PostgreSQL: the peer said "HTTP/1.1 400 Bad Request""#.to_owned();
        assert_eq!(begin().step(b"HTTP/1.1 400 Bad Request\r\nServer: x"), Step::Refused(other));
    }
}
