//! The calendar, read by a program that is not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::home::Home;
use crate::peer;

/// What Python's icalendar makes of a calendar: every entry, with its times in UTC.
const READS: &str = r#"
import icalendar, json, sys
calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
assert calendar.errors == [], calendar.errors
events = []
for event in calendar.walk("VEVENT"):
    assert event.errors == [], event.errors
    times = {name: event[name].dt.isoformat() for name in ("DTSTART", "DTSTAMP", "DTEND") if name in event}
    texts = {name: str(event[name]) for name in ("UID", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP") if name in event}
    events.append({**times, **texts})
json.dump({"version": str(calendar["VERSION"]), "name": str(calendar["NAME"]), "events": events}, sys.stdout)
"#;

fn read_by_python(text: &str) -> Value {
    // The interpreter that Debian's packages are for.
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", READS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let read = python.wait_with_output().unwrap();
    assert!(read.status.success(), "{}\n{text}", String::from_utf8_lossy(&read.stderr));
    serde_json::from_slice(&read.stdout).unwrap()
}

#[test]
fn icalendar_reads_the_calendar_as_it_was_meant() {
    let test = "icalendar_reads_the_calendar_as_it_was_meant";
    let folder = "/usr/lib/python3/dist-packages/icalendar";
    if peer::program(test, "python3-icalendar", folder).is_none() {
        return;
    }
    let home = Home::new();
    home.begin();
    let nothing = home.run(&["calendar"]);
    assert_eq!(read_by_python(&nothing.out)["events"], Value::Array(Vec::new()), "{}", nothing.err);

    let pki = peer::Pki::new();
    let pair = pki.ecdsa("shop.example", (2026, 1, 1), (2100, 1, 1));
    let (chain, key) = (home.file("chain.pem", &pair.leaf), home.file("key.pem", &pair.key));
    home.apply(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/directory\"\nterms_agreed = true\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n\
         http01 = { solver = \"webroot\", root = \"/nonexistent\" }\n",
    );
    let imported = home.run(&["import", "shop", "--chain", &chain, "--key", &key, "--force"]);
    assert_eq!(imported.code, 0, "{}{}", imported.out, imported.err);
    let ran = home.run(&["calendar"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.split_terminator("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
    let read = read_by_python(&ran.out);
    assert_eq!((read["version"].as_str(), read["name"].as_str()), (Some("2.0"), Some("Certificates")));
    let events = read["events"].as_array().unwrap();
    let of = |kind: &str| {
        let uid = |event: &&Value| event["UID"].as_str().unwrap().ends_with(kind);
        events.iter().find(uid).unwrap_or_else(|| panic!("no {kind}: {read:#}"))
    };
    let (end, renewal) = (of("-end"), of("-renewal"));
    assert_eq!(events.len(), 2, "{read:#}");
    assert_eq!(end["SUMMARY"], "shop: certificate ends");
    assert_eq!(end["DTSTART"], "2100-01-01T00:00:00+00:00");
    assert_eq!((&end["STATUS"], &renewal["STATUS"]), (&"CONFIRMED".into(), &"TENTATIVE".into()));
    let description = end["DESCRIPTION"].as_str().unwrap();
    let lines: Vec<&str> = description.lines().collect();
    assert_eq!(
        lines[..2],
        ["notafter plans to renew it before then.", "Names: shop.example"],
        "{description}"
    );
    assert_eq!(home.run(&["calendar"]).out, ran.out, "the same while nothing changes");
}

/// As a calendar's program does: it knows an address, and nothing else.
#[test]
fn a_calendar_is_fetched_from_a_server_by_the_link_of_its_token() {
    let home = Home::new();
    home.begin();
    let server = home.serve();
    server.wait_for("/readyz", 200);
    let made = home.run(&["token", "make", "corridor", "--role", "calendar", "--format", "json"]).document();
    let link = made["calendar"].as_str().unwrap().strip_prefix(&server.site()).unwrap().to_owned();
    let (status, feed) = server.get(&link);
    assert_eq!(status, 200, "{feed}");
    assert!(feed.starts_with("BEGIN:VCALENDAR\r\n") && feed.contains("this calendar's link ends"), "{feed}");
    let told = home.run(&["token", "make", "phone", "--role", "calendar", "--lasts", "400d"]);
    assert!(told.err.contains(&format!("/calendar/{}/notafter.ics", told.out.trim())), "{}", told.err);
    assert_eq!(home.run(&["token", "remove", "corridor"]).code, 0);
    assert_eq!(server.get(&link).0, 404);
    let (_, log) = server.end("TERM");
    let secret = made["secret"].as_str().unwrap();
    assert!(
        !log.iter().any(|line| line.contains(secret)),
        "no address that is asked for is logged: {log:#?}"
    );
}
