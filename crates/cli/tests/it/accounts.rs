//! Coming in: the link that the first start prints, accounts and tokens from the command line beside the server.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::home::Home;
use crate::schema;
use crate::serve::PATIENCE;

/// What came back: the head with its headers in lower case, and the body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn ask(site: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let host = site.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n{headers}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn link(home: &Home, arguments: &[&str]) -> (String, String) {
    let made = home.run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(made.code, 0, "{}", made.err);
    let document = schema::document(&made.out).unwrap();
    let part = |name: &str| document["link"][name].as_str().unwrap().to_owned();
    (part("site"), part("path"))
}

#[test]
fn whoever_is_given_a_link_comes_in_beside_the_running_server() {
    let home = Home::new();
    home.begin();
    let server = home.serve();
    let (site, path) = link(&home, &["user", "add", "ada", "--role", "operator"]);
    assert_eq!(ask(&site, "GET", "/", &[]).status, 303, "nobody is let in without");
    let taken = ask(&site, "POST", &path, &[]);
    assert_eq!(taken.status, 303, "{}", taken.body);
    let cookie = taken.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let page = ask(&site, "GET", "/", &[("Cookie", cookie)]);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(">ada</a>"), "{}", page.body);
    assert_eq!(
        ask(&site, "GET", "/accounts", &[("Cookie", cookie)]).status,
        403,
        "that is for administrators"
    );

    let listed = home.run(&["user", "list"]);
    assert!(listed.out.contains("ada: operator of everything, no password"), "{}", listed.out);
    let raised = home.run(&["user", "change", "ada", "--role", "admin", "--format", "json"]);
    schema::document(&raised.out).unwrap();
    assert_eq!(ask(&site, "GET", "/accounts", &[("Cookie", cookie)]).status, 200, "at once");
    assert_eq!(home.run(&["user", "sign-out", "ada"]).code, 0);
    assert_eq!(ask(&site, "GET", "/", &[("Cookie", cookie)]).status, 303, "at once, too");
    drop(server);
}

#[test]
fn the_first_start_prints_a_link_and_later_ones_until_somebody_came_in() {
    let home = Home::new();
    let begun = home.serve();
    begun.wait_for("/readyz", 200);
    let (status, log) = begun.end("TERM");
    assert!(status.success(), "{log:?}");
    let printed = |log: &[String]| {
        log.iter().find(|line| line.contains("/sign-in/")).map(|line| line.trim().to_owned())
    };
    let first = printed(&log).unwrap_or_else(|| panic!("no link: {log:#?}"));
    let server = home.serve();
    let second = link(&home, &["user", "link", "admin"]);
    assert_ne!(first.rsplit('/').next(), second.1.rsplit('/').next(), "each is another one");
    assert_eq!(ask(&second.0, "POST", &second.1, &[]).status, 303);
    let (_, log) = server.end("TERM");
    assert!(printed(&log).is_some(), "nobody had come in when it started");
    let third = home.serve();
    third.wait_for("/readyz", 200);
    let (_, log) = third.end("TERM");
    assert_eq!(printed(&log), None, "somebody has");
}

#[test]
fn a_token_lets_a_program_in_until_it_is_taken_away() {
    let home = Home::new();
    home.begin();
    let server = home.serve();
    let made = home.run(&["token", "make", "grafana", "--role", "viewer"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let bearer = format!("Bearer {}", made.out.trim());
    let (site, _) = link(&home, &["user", "add", "ada", "--role", "admin"]);
    let asked = || ask(&site, "GET", "/lineages", &[("Authorization", &bearer)]).status;
    assert_eq!(asked(), 200);
    assert_eq!(home.run(&["token", "make", "grafana", "--role", "viewer"]).code, 2, "the name is taken");
    for arguments in [&["token", "list"][..], &["token", "remove", "grafana"]] {
        let ran = home.run(&[arguments, &["--format", "json"]].concat());
        assert!(!ran.out.contains(made.out.trim()), "the secret is told once");
        schema::document(&ran.out).unwrap();
    }
    assert_eq!(asked(), 401);
    drop(server);
}
