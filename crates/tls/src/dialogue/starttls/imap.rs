//! IMAP: greeting, STARTTLS with a tag.

use super::super::{Dialogue, Meta, Step};
use super::lines::{Lines, OverBudget, said};

pub(in super::super) const META: Meta =
    Meta { name: "imap", port: 143, source: "RFC 9051 section 6.2.1", begin: |_| Box::new(Imap::default()) };

#[derive(Default)]
struct Imap {
    lines: Lines,
    greeted: bool,
}

impl Dialogue for Imap {
    fn step(&mut self, received: &[u8]) -> Step {
        if let Err(OverBudget) = self.lines.push(received) {
            return Step::Refused("the peer talks without end before STARTTLS".to_owned());
        }
        while let Some(line) = self.lines.next() {
            match (self.greeted, line.split(' ').take(2).collect::<Vec<_>>().as_slice()) {
                (false, ["*", status]) if status.eq_ignore_ascii_case("OK") => {
                    self.greeted = true;
                    return Step::Send(b"a1 STARTTLS\r\n".to_vec());
                }
                (true, ["*", ..]) => {}
                (true, ["a1", status]) if status.eq_ignore_ascii_case("OK") => {
                    return if self.lines.is_empty() {
                        Step::StartTls
                    } else {
                        Step::Refused("plain text after the agreement to STARTTLS".to_owned())
                    };
                }
                (false, ["*", ..]) | (true, ["a1", ..]) => {
                    return Step::Refused(format!("the server answered {}", said(&line)));
                }
                _ => return Step::Refused(format!("not IMAP: the peer said {}", said(&line))),
            }
        }
        Step::Receive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_server_leads_to_tls() {
        let mut imap = Imap::default();
        assert_eq!(imap.step(b""), Step::Receive);
        assert_eq!(
            imap.step(b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
            Step::Send(b"a1 STARTTLS\r\n".to_vec())
        );
        assert_eq!(imap.step(b"* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n"), Step::StartTls);
    }

    #[test]
    fn refusals_and_smuggled_bytes_are_refused() {
        let refused = |line: &str| Step::Refused(format!("the server answered {line:?}"));
        let other = r#"not IMAP: the peer said "220 mail ESMTP""#.to_owned();
        assert_eq!(Imap::default().step(b"220 mail ESMTP\r\n"), Step::Refused(other));
        assert_eq!(Imap::default().step(b"* BYE full\r\n"), refused("* BYE full"));
        let mut imap = Imap { greeted: true, ..Imap::default() };
        assert_eq!(imap.step(b"a1 BAD no\r\n"), refused("a1 BAD no"));
        let mut imap = Imap { greeted: true, ..Imap::default() };
        assert!(matches!(imap.step(b"a1 OK go\r\n* smuggled\r\n"), Step::Refused(_)));
    }
}
