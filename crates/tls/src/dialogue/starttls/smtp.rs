//! SMTP: greeting, EHLO, STARTTLS.

use super::super::{Dialogue, Meta, Step};
use super::lines::{Lines, OverBudget, said};

pub(in super::super) const META: Meta =
    Meta { name: "smtp", port: 25, source: "RFC 3207 section 4", begin: |_| Box::new(Smtp::default()) };

#[derive(Default)]
struct Smtp {
    lines: Lines,
    state: State,
    offered: bool,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    Greeting,
    Ehlo,
    Starttls,
}

impl Dialogue for Smtp {
    fn step(&mut self, received: &[u8]) -> Step {
        if let Err(OverBudget) = self.lines.push(received) {
            return Step::Refused("the peer talks without end before STARTTLS".to_owned());
        }
        while let Some(line) = self.lines.next() {
            if let Some(step) = self.line(&line) {
                return step;
            }
        }
        Step::Receive
    }
}

impl Smtp {
    /// RFC 5321 section 4.2: three digits, then `-` where more lines follow.
    fn line(&mut self, line: &str) -> Option<Step> {
        let bytes = line.as_bytes();
        if bytes.len() < 3 || !bytes[..3].iter().all(u8::is_ascii_digit) {
            return Some(Step::Refused(format!("not SMTP: the peer said {}", said(line))));
        }
        let more = bytes.get(3) == Some(&b'-');
        if matches!(self.state, State::Ehlo)
            && line.get(4..).is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"))
        {
            self.offered = true;
        }
        if more {
            return None;
        }
        Some(self.reply(&line[..3], line))
    }

    fn reply(&mut self, code: &str, line: &str) -> Step {
        match (self.state, code) {
            (State::Greeting, "220") => {
                self.state = State::Ehlo;
                Step::Send(b"EHLO notafter.invalid\r\n".to_vec())
            }
            (State::Ehlo, "250") if self.offered => {
                self.state = State::Starttls;
                Step::Send(b"STARTTLS\r\n".to_vec())
            }
            (State::Ehlo, "250") => Step::Refused("the server does not offer STARTTLS".to_owned()),
            (State::Starttls, "220") if self.lines.is_empty() => Step::StartTls,
            (State::Starttls, "220") => {
                Step::Refused("plain text after the agreement to STARTTLS".to_owned())
            }
            _ => Step::Refused(format!("the server answered {}", said(line))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_server_leads_to_tls() {
        let mut smtp = Smtp::default();
        assert_eq!(smtp.step(b""), Step::Receive);
        assert_eq!(
            smtp.step(b"220-hello\r\n220 ready\r\n"),
            Step::Send(b"EHLO notafter.invalid\r\n".to_vec())
        );
        assert_eq!(smtp.step(b"250-mail.example\r\n250-STAR"), Step::Receive);
        assert_eq!(smtp.step(b"TTLS\r\n250 SIZE 1\r\n"), Step::Send(b"STARTTLS\r\n".to_vec()));
        assert_eq!(smtp.step(b"220 go\r\n"), Step::StartTls);
    }

    #[test]
    fn refusals_are_told_in_the_peers_words() {
        let mut smtp = Smtp::default();
        let told = r#"the server answered "554 go away""#.to_owned();
        assert_eq!(smtp.step(b"554 go away\r\n"), Step::Refused(told));
        let told = r#"not SMTP: the peer said "HTTP/1.1 400 \u{1b}[31m""#.to_owned();
        assert_eq!(Smtp::default().step(b"HTTP/1.1 400 \x1b[31m\r\n"), Step::Refused(told));
        let mut smtp = Smtp::default();
        smtp.step(b"220 ready\r\n");
        assert!(matches!(smtp.step(b"250 nothing\r\n"), Step::Refused(_)));
        assert!(matches!(Smtp::default().step(b"SSH-2.0-OpenSSH\r\n"), Step::Refused(_)));
        assert!(matches!(Smtp::default().step(&[b'a'; 20_000]), Step::Refused(_)));
    }

    #[test]
    fn bytes_smuggled_behind_the_agreement_are_refused() {
        let mut smtp = Smtp { state: State::Starttls, ..Smtp::default() };
        assert!(matches!(smtp.step(b"220 go\r\n250 smuggled\r\n"), Step::Refused(_)));
    }
}
