//! IMAP: greeting, STARTTLS with a tag.

use super::super::{Dialogue, Meta, Step};
use super::lines::{Lines, OverBudget};

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
                _ => return Step::Refused(line),
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
        assert_eq!(Imap::default().step(b"* BYE full\r\n"), Step::Refused("* BYE full".to_owned()));
        let mut imap = Imap { greeted: true, ..Imap::default() };
        assert_eq!(imap.step(b"a1 BAD no\r\n"), Step::Refused("a1 BAD no".to_owned()));
        let mut imap = Imap { greeted: true, ..Imap::default() };
        assert!(matches!(imap.step(b"a1 OK go\r\n* smuggled\r\n"), Step::Refused(_)));
    }
}
