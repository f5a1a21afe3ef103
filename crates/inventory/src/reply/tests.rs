//! Replies as mail programs write them, and what is none.

use super::*;
use crate::model::DeliveryId;

fn token() -> Token {
    Token { delivery: DeliveryId::from_bytes([0x5a; 16]), code: [0xa5; 16] }
}

/// A reply with these further fields and this text.
fn mail(fields: &str, text: &str) -> Vec<u8> {
    let token = token();
    let text = text.replace('\n', "\r\n");
    format!(
        "From: Ada <ada@example.org>\r\nTo: notafter+{token}@example.org\r\nSubject: Re: CRITICAL shop.example\r\n\
         In-Reply-To: <{token}@example.org>\r\n{fields}\r\n{text}"
    )
    .into_bytes()
}

fn reply(mail: &[u8]) -> ReplyDoes {
    match read(mail, None) {
        Ok(Read::Reply(reply)) => {
            assert_eq!(reply.tokens, [token()]);
            reply.does
        }
        other => panic!("{other:?}: {}", String::from_utf8_lossy(mail)),
    }
}

fn note(mail: &[u8]) -> String {
    match reply(mail) {
        ReplyDoes::Acknowledge(note) => note.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

const GMAIL: &str = "On it, thanks.\n\nOn Wed, Nov 25, 2026 at 3:00\u{202f}AM notafter <\nnotafter@example.org> wrote:\n\n> shop.example: expires in 1 d\n> Take it\n>     notafter alert ack al_01\n";
const APPLE: &str = "On it, thanks.\n\nSent from my iPhone\n\n> On 25 Nov 2026, at 03:00, notafter <notafter@example.org> wrote:\n> \n> \u{feff}shop.example: expires\n";
const OUTLOOK: &str = "On it, thanks.\n\n________________________________\nFrom: notafter <notafter@example.org>\nSent: Wednesday, November 25, 2026 3:00 AM\nTo: Ada <ada@example.org>\nSubject: CRITICAL shop.example\n\nshop.example: expires in 1 d\n";
const OUTLOOK_GERMAN: &str = "On it, thanks.\n\nVon: notafter <notafter@example.org>\nGesendet: Mittwoch, 25. November 2026 03:00\nAn: Ada <ada@example.org>\nBetreff: CRITICAL shop.example\n\nshop.example: expires in 1 d\n";
const OUTLOOK_OLD: &str =
    "On it, thanks.\n\n-----Original Message-----\nFrom: notafter\nshop.example: expires in 1 d\n";
const OUTLOOK_PHONE: &str = "On it, thanks.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: notafter\n";
const MUTT: &str = "On Wed, Nov 25, 2026 at 03:00:00AM +0000, notafter wrote:\n> shop.example: expires in 1 d\n\nOn it, thanks.\n\n-- \nAda\nOperations\n";
const INLINE: &str = "> What is wrong\nOn it,\n> * shop.example: expires\nthanks.\n";
const GERMAN: &str = "On it, thanks.\n\nAm 25.11.26 um 03:00 schrieb notafter:\n> shop.example: expires\n";
const FRENCH: &str = "On it, thanks.\n\nLe mer. 25 nov. 2026 à 03:00, notafter <notafter@example.org> a écrit :\n\nshop.example: expires in 1 d\n";
const UNKNOWN_LANGUAGE: &str =
    "On it, thanks.\n\n2026. nov. 25. 3:00, notafter\nírta:\n\n> shop.example: expires\n";
const NO_QUOTE: &str = "On it, thanks.";

#[test]
fn what_somebody_wrote_is_found_in_the_replies_of_every_program() {
    let programs = [
        GMAIL,
        APPLE,
        OUTLOOK,
        OUTLOOK_GERMAN,
        OUTLOOK_OLD,
        OUTLOOK_PHONE,
        MUTT,
        INLINE,
        GERMAN,
        FRENCH,
        UNKNOWN_LANGUAGE,
        NO_QUOTE,
    ];
    for text in programs {
        assert_eq!(note(&mail("", text)), "On it, thanks.", "{text}");
    }
    for quoted_alone in ["", "\n\n", "> all of it\n", &GMAIL["On it, thanks.".len()..]] {
        assert_eq!(reply(&mail("", quoted_alone)), ReplyDoes::Acknowledge(None), "{quoted_alone:?}");
    }
    // "On my way." was taken for the beginning of "On Wed, notafter wrote:", and nothing was kept of it.
    for on_my_way in
        ["On my way.\n\nOn Wed, notafter wrote:\n> x\n", "On my way.\nOn Wed, notafter wrote:\n\n> x\n"]
    {
        assert_eq!(note(&mail("", on_my_way)), "On my way.", "{on_my_way}");
    }
    assert_eq!(note(&mail("", "On call: ada\nSince: three\n")), "On call: ada Since: three");
}

#[test]
fn silence_as_the_first_word_silences_for_as_long_as_it_says() {
    let hours = |hours: i64, why: Option<&str>| ReplyDoes::Silence {
        span: Span::hours(hours),
        why: why.map(str::to_owned),
    };
    for (text, expected) in [
        ("silence 4h", hours(4, None)),
        (
            "Silence 4 hours, the new one is on its way\n\n> quoted",
            hours(4, Some("the new one is on its way")),
        ),
        ("SILENCE for 60 minutes", hours(1, None)),
        ("silence: 1d planned", hours(24, Some("planned"))),
        ("silence", hours(4, None)),
        ("silence the pager until I am there", hours(4, Some("the pager until I am there"))),
        ("silence 24h", hours(24, None)),
    ] {
        assert_eq!(reply(&mail("", text)), expected, "{text}");
    }
    for text in ["silence 25h", "silence 2d", "silence 0h", "silence 99999999999999999h"] {
        assert_eq!(read(&mail("", text), None), Err(ReplyError::TooLong), "{text}");
    }
    for text in ["silenced by the door", "please silence 4h", "\"silence\" 4h"] {
        assert!(matches!(reply(&mail("", text)), ReplyDoes::Acknowledge(Some(_))), "{text}");
    }
}

#[test]
fn every_way_to_write_a_text_is_read() {
    let typed = |kind: &str, encoding: &str| {
        format!("MIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n")
    };
    let quoted = typed("text/plain; charset=utf-8", "quoted-printable");
    assert_eq!(note(&mail(&quoted, "Bin dran, sch=C3=B6n=\n!\n")), "Bin dran, schön!");
    let latin = typed("text/plain; charset=iso-8859-1", "quoted-printable");
    assert_eq!(note(&mail(&latin, "Bin dran, sch=F6n")), "Bin dran, schön");
    let base64 = typed("text/plain; charset=utf-8", "base64");
    assert_eq!(note(&mail(&base64, "QmluIGRyYW4sIHNjaMO2bg==\n")), "Bin dran, schön");
    let japanese = typed("text/plain; charset=iso-2022-jp", "7bit");
    assert_eq!(note(&mail(&japanese, "\u{1b}$BN;2r\u{1b}(B")), "了解");
    let html = typed("text/html; charset=utf-8", "7bit");
    let page = "<html><body><div>On it, <b>thanks</b>.</div></body></html>";
    assert_eq!(note(&mail(&html, page)), "On it, thanks.");
    let both = "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n";
    let parts = "--b\nContent-Type: text/plain\n\nOn it, thanks.\n--b\nContent-Type: text/html\n\n<p>On it</p>\n--b--\n";
    assert_eq!(note(&mail(both, parts)), "On it, thanks.");
    let signed = "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=\"s\"\r\n";
    let parts = "--s\nContent-Type: text/plain\n\nOn it, thanks.\n--s\nContent-Type: application/pgp-signature\n\nx\n--s--\n";
    assert_eq!(note(&mail(signed, parts)), "On it, thanks.");
}

#[test]
fn what_answers_by_itself_is_known_by_any_mark() {
    let fields = [
        "Auto-Submitted: auto-replied\r\n",
        "Auto-Submitted: auto-generated (vacation)\r\n",
        "auto-submitted: AUTO-REPLIED\r\n",
        "Auto-Submitted: auto-notified; owner-email=\"a@example.org\"\r\n",
        "Precedence: bulk\r\n",
        "Precedence: auto_reply\r\n",
        "Precedence: List\r\n",
        "Return-Path: <>\r\n",
        "X-Autoreply: yes\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "List-Id: <ops.example.org>\r\n",
        "X-Failed-Recipients: ada@example.org\r\n",
        "Notafter-Delivery: dl_01\r\n",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"b\"\r\n",
    ];
    for field in fields {
        let mail = mail(field, "I am on holiday");
        assert!(matches!(read(&mail, None), Ok(Read::Automatic(_))), "{field}");
    }
    let with = |from: &str, subject: &str| {
        let token = token();
        format!("From: {from}\r\nSubject: {subject}\r\nIn-Reply-To: <{token}@example.org>\r\n\r\nGone")
            .into_bytes()
    };
    for (from, subject) in [
        ("MAILER-DAEMON@example.org", "Re: x"),
        ("Mail Delivery System <mailer-daemon@example.org>", "Re: x"),
        ("postmaster@example.org", "Re: x"),
        ("no-reply@example.org", "Re: x"),
        ("ada@example.org", "Automatic reply: CRITICAL shop.example"),
        ("ada@example.org", "Out of Office: CRITICAL"),
        ("ada@example.org", "Automatische Antwort: CRITICAL"),
        ("ada@example.org", "=?utf-8?q?R=C3=A9ponse_automatique_=3A_CRITICAL?="),
        ("ada@example.org", "Undeliverable: CRITICAL shop.example"),
    ] {
        let mail = with(from, subject);
        assert!(matches!(read(&mail, None), Ok(Read::Automatic(_))), "{from} {subject}");
    }
    for sender in ["", "<>", " ", "MAILER-DAEMON", "mailer-daemon@example.org"] {
        assert!(matches!(read(&mail("", "x"), Some(sender)), Ok(Read::Automatic(_))), "{sender:?}");
    }
}

#[test]
fn what_a_person_wrote_is_not_taken_for_automatic() {
    for field in [
        "Auto-Submitted: no\r\n",
        "Auto-Submitted: no (really)\r\n",
        "Precedence: first-class\r\n",
        "Return-Path: <ada@example.org>\r\n",
        "X-Mailer: Outlook\r\n",
    ] {
        assert_eq!(note(&mail(field, "On it")), "On it", "{field}");
    }
    assert!(matches!(read(&mail("", "On it"), Some("ada@example.org")), Ok(Read::Reply(_))));
}

/// The identity of the message, the address, or the thread: programs and servers keep one or the other.
#[test]
fn the_mark_is_found_wherever_a_program_kept_it() {
    let token = token();
    let other = Token { delivery: DeliveryId::from_bytes([1; 16]), code: [2; 16] };
    let upper = token.to_string().to_ascii_uppercase();
    for fields in [
        format!("In-Reply-To: <{token}@example.org>"),
        format!("In-Reply-To: Message from ada <{token}@example.org>"),
        format!("References: <first@example.org>\r\n <{token}@example.org>"),
        format!("To: \"notafter\" <notafter+{token}@example.org>, x@example.org"),
        format!("Cc: notafter+{upper}@example.org"),
        format!("Delivered-To: notafter+{token}@example.org"),
        format!("X-Original-To: notafter-{token}@example.org"),
    ] {
        let mail = format!("From: ada@example.org\r\n{fields}\r\n\r\nOn it").into_bytes();
        match read(&mail, None) {
            Ok(Read::Reply(reply)) => assert_eq!(reply.tokens, [token], "{fields}"),
            other => panic!("{other:?} {fields}"),
        }
    }
    let both = format!(
        "From: a@example.org\r\nReferences: <{other}@x> <{token}@x>\r\nIn-Reply-To: <{token}@x>\r\n\r\nOn it"
    );
    let Ok(Read::Reply(reply)) = read(both.as_bytes(), None) else { panic!("{both}") };
    assert_eq!(reply.tokens, [token, other], "the message that is answered comes first");
    let many: String = (0..100_u8)
        .map(|number| Token { delivery: DeliveryId::from_bytes([number; 16]), code: [0; 16] }.to_string())
        .map(|token| format!(" <{token}@x>\r\n"))
        .collect();
    let many = format!("From: a@example.org\r\nReferences:{many}\r\nOn it");
    let Ok(Read::Reply(reply)) = read(many.as_bytes(), None) else { panic!("{many}") };
    assert_eq!(reply.tokens.len(), TOKENS);
}

#[test]
fn what_is_no_reply_is_refused() {
    let body = format!("From: a@example.org\r\n\r\n{}\r\n", token());
    let inside = "From: a@example.org\r\nSubject: hello\r\n\r\nhello".to_owned();
    for mail in [body, inside] {
        assert_eq!(read(mail.as_bytes(), None), Err(ReplyError::NoToken), "{mail}");
    }
    for mail in [&b""[..], b"\r\n\r\n", b"\0\0\0"] {
        assert!(matches!(read(mail, None), Err(ReplyError::Malformed | ReplyError::NoToken)), "{mail:?}");
    }
    let large = mail("", &"x".repeat(MAIL_BYTES));
    assert_eq!(read(&large, None), Err(ReplyError::TooLarge));
}

#[test]
fn a_note_is_one_line_that_a_terminal_does_not_obey_and_has_an_end() {
    let long = note(&mail("", &format!("a\u{1b}[31mb\u{202e}c\td {}", "x".repeat(10_000))));
    assert!(long.starts_with("a[31mbc d x") && long.chars().count() <= 500, "{long}");
    let deep = (0..2_000)
        .map(|depth| format!("--b{depth}\nContent-Type: multipart/mixed; boundary=b{}\n\n", depth + 1));
    let deep: String = deep.collect();
    let fields = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b0\r\n";
    assert!(read(&mail(fields, &deep), None).is_ok());
}
