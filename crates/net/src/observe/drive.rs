//! Runs a dialogue and a handshake on a socket, within a budget of bytes; the caller bounds the time.

use std::io;

use notafter_tls::dialogue::{Dialogue, Step};
use notafter_tls::observation::{Failure, FailureKind};
use rustls::{ClientConnection, Error, PeerIncompatible};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most bytes that a peer may send before its handshake is complete: RFC 8446 allows a certificate list of 16 MiB;
/// the longest chains seen in public scans stay under 100 kB.
const HANDSHAKE_BUDGET: usize = 256 * 1024;
const READ_SIZE: usize = 4096;

/// How far it came: names the step when time runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Connecting,
    Talking,
    ClientHello,
    Handshaking,
}

impl Phase {
    /// What was waited for.
    pub(super) const fn awaited(self) -> &'static str {
        match self {
            Self::Connecting => "a connection",
            Self::Talking => "what the protocol says before TLS",
            Self::ClientHello => "an answer to our ClientHello",
            Self::Handshaking => "the end of the handshake",
        }
    }
}

pub(super) fn failure(kind: FailureKind, detail: impl Into<String>) -> Failure {
    Failure { kind, detail: detail.into(), alert: None }
}

/// Leads a plain-text protocol to TLS.
pub(super) async fn converse(stream: &mut TcpStream, dialogue: &mut dyn Dialogue) -> Result<(), Failure> {
    let mut buffer = [0; READ_SIZE];
    let mut received = 0;
    loop {
        match dialogue.step(&buffer[..received]) {
            Step::Send(bytes) => {
                stream.write_all(&bytes).await.map_err(|error| broken(&error, Phase::Talking))?;
            }
            Step::Receive => {}
            Step::StartTls => return Ok(()),
            Step::Refused(why) => return Err(failure(FailureKind::Starttls, why)),
        }
        received = stream.read(&mut buffer).await.map_err(|error| broken(&error, Phase::Talking))?;
        if received == 0 {
            return Err(failure(FailureKind::Starttls, "the peer closed the connection before TLS"));
        }
    }
}

/// Completes the handshake, and says goodbye.
pub(super) async fn handshake(
    stream: &mut TcpStream,
    connection: &mut ClientConnection,
    phase: &mut Phase,
) -> Result<(), Failure> {
    *phase = Phase::ClientHello;
    let mut received = 0;
    let mut buffer = [0; READ_SIZE];
    loop {
        flush(stream, connection).await.map_err(|error| broken(&error, *phase))?;
        if !connection.is_handshaking() {
            return Ok(());
        }
        let length = stream.read(&mut buffer).await.map_err(|error| broken(&error, *phase))?;
        if length == 0 {
            let detail = format!("the peer closed the connection instead of {}", phase.awaited());
            return Err(failure(FailureKind::Reset, detail));
        }
        let bytes = &buffer[..length];
        if received == 0 && !looks_like_tls(bytes) {
            return Err(failure(FailureKind::NotTls, format!("the peer answered {}", readable(bytes))));
        }
        received += length;
        if received > HANDSHAKE_BUDGET {
            let detail = format!("more than {HANDSHAKE_BUDGET} bytes without an end of the handshake");
            return Err(failure(FailureKind::Malformed, detail));
        }
        *phase = Phase::Handshaking;
        if let Err(error) = feed(connection, bytes) {
            // Our alert, as far as it goes out by itself.
            drop(try_flush(stream, connection));
            return Err(explain(&error));
        }
    }
}

/// The longest head of an answer that is read: web servers themselves stop at 8 to 64 kB.
const HEAD_BUDGET: usize = 64 * 1024;

/// Sends a request, and reads the head of the answer.
pub(super) async fn ask(
    stream: &mut TcpStream,
    connection: &mut ClientConnection,
    request: &[u8],
) -> io::Result<String> {
    io::Write::write_all(&mut connection.writer(), request)?;
    let mut head = Vec::new();
    let mut buffer = [0; READ_SIZE];
    loop {
        flush(stream, connection).await?;
        let length = stream.read(&mut buffer).await?;
        feed(connection, &buffer[..length]).map_err(io::Error::other)?;
        let mut plain = [0; READ_SIZE];
        while let Ok(length @ 1..) = io::Read::read(&mut connection.reader(), &mut plain) {
            head.extend_from_slice(&plain[..length]);
        }
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            head.truncate(end);
            return Ok(String::from_utf8_lossy(&head).into_owned());
        }
        if length == 0 || head.len() > HEAD_BUDGET {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// Ends a finished handshake politely, without waiting for anything.
pub(super) fn part(stream: &TcpStream, connection: &mut ClientConnection) {
    connection.send_close_notify();
    drop(try_flush(stream, connection));
}

fn feed(connection: &mut ClientConnection, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        connection.read_tls(&mut bytes).map_err(|error| Error::General(error.to_string()))?;
        connection.process_new_packets()?;
    }
    Ok(())
}

async fn flush(stream: &mut TcpStream, connection: &mut ClientConnection) -> io::Result<()> {
    let mut bytes = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut bytes)?;
    }
    stream.write_all(&bytes).await
}

fn try_flush(stream: &TcpStream, connection: &mut ClientConnection) -> io::Result<()> {
    let mut bytes = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut bytes)?;
    }
    stream.try_write(&bytes).map(drop)
}

fn broken(error: &io::Error, phase: Phase) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            let detail = format!("the peer reset the connection instead of {}", phase.awaited());
            failure(FailureKind::Reset, detail)
        }
        io::ErrorKind::TimedOut => {
            failure(FailureKind::Timeout, format!("{error} while waiting for {}", phase.awaited()))
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            failure(FailureKind::Unreachable, format!("{error} while waiting for {}", phase.awaited()))
        }
        _ => failure(FailureKind::Reset, format!("{error} while waiting for {}", phase.awaited())),
    }
}

/// A TLS record starts with its type (20 to 24) and major version 3 (RFC 8446 section 5.1).
fn looks_like_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=24] | [20..=24, 3, ..])
}

/// The first line in quotes where it is text, else the first bytes.
fn readable(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| *byte == b'\n' || *byte == b'\r').next().unwrap_or_default();
    let line = &line[..line.len().min(80)];
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => {
            let bytes: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("with the bytes {}", bytes.join(" "))
        }
    }
}

fn explain(error: &Error) -> Failure {
    match error {
        Error::AlertReceived(alert) => {
            let code = u8::from(*alert);
            let words = match code {
                40 => {
                    ": it accepts none of our suites, groups and signatures, or wants something we did not send"
                }
                70 => ": it speaks only versions older than TLS 1.2",
                112 => ": it does not know this server name",
                _ => "",
            };
            Failure {
                kind: FailureKind::Alert,
                detail: format!("the peer ended the handshake with {}{words}", alert_name(code)),
                alert: Some(code),
            }
        }
        Error::PeerIncompatible(why) => failure(FailureKind::Alert, incompatible(why)),
        Error::InvalidMessage(why) => {
            failure(FailureKind::Malformed, format!("the peer sent a malformed message ({why:?})"))
        }
        other => failure(FailureKind::Malformed, format!("the peer breaks the rules of TLS: {other}")),
    }
}

fn incompatible(why: &PeerIncompatible) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            "the peer speaks only versions older than TLS 1.2".to_owned()
        }
        other => format!("the peer and we have nothing in common ({other:?})"),
    }
}

/// RFC 8446 section 6, and those of older versions that still come.
fn alert_name(code: u8) -> String {
    let name = match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return format!("alert {code}"),
    };
    format!("alert {code} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_tls_is_shown_in_its_own_words() {
        assert!(looks_like_tls(&[22, 3, 3, 0, 1]));
        assert!(looks_like_tls(&[21]));
        assert!(!looks_like_tls(b"HTTP/1.1 400 Bad Request\r\n"));
        assert!(!looks_like_tls(&[22, 2]));
        assert_eq!(readable(b"HTTP/1.1 400 Bad Request\r\nServer: x"), "\"HTTP/1.1 400 Bad Request\"");
        assert_eq!(readable(&[0x80, 0x2e, 1, 0, 2]), "with the bytes 80 2e 01 00 02");
        assert_eq!(readable(b"\x1b[31mred"), "with the bytes 1b 5b 33 31 6d 72 65 64");
    }

    #[test]
    fn an_alert_keeps_its_code_and_says_what_it_may_mean() {
        let told = explain(&Error::AlertReceived(rustls::AlertDescription::ProtocolVersion));
        assert_eq!((told.kind, told.alert), (FailureKind::Alert, Some(70)));
        insta::assert_snapshot!(told.detail, @"the peer ended the handshake with alert 70 protocol_version: it speaks only versions older than TLS 1.2");
        assert_eq!(alert_name(199), "alert 199");
    }
}
