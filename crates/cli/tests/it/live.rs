//! Pages that are kept up to date: the stream as a program reads it over HTTP, and a page in a browser.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::browser::Browser;
use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::peer::Pki;
use crate::schema;
use crate::serve::PATIENCE;

const NAME: &str = "shop.example";

fn connect(site: &str) -> TcpStream {
    let stream = TcpStream::connect(site.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Signs in by a link; the cookie.
pub(crate) fn come_in(home: &Home, site: &str, user: &str, role: &str) -> String {
    let made = home.run(&["user", "add", user, "--role", role, "--format", "json"]);
    let document = schema::document(&made.out).unwrap();
    let path = document["link"]["path"].as_str().unwrap();
    let mut stream = connect(site);
    let host = site.strip_prefix("http://").unwrap();
    write!(stream, "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let cookie = text.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// A stream that is open.
struct Stream(Lines<BufReader<TcpStream>>);

impl Stream {
    fn open(site: &str, header: &str) -> Self {
        let mut stream = connect(site);
        let host = site.strip_prefix("http://").unwrap();
        write!(stream, "GET /live HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n{header}\r\n\r\n")
            .unwrap();
        let mut lines = BufReader::new(stream).lines();
        let status = lines.next().unwrap().unwrap();
        assert!(status.starts_with("HTTP/1.1 200"), "{status}");
        // The first words of the stream: from here on it misses nothing.
        assert!(lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("retry: ")));
        Self(lines)
    }

    /// The next change; nothing where the stream ended.
    fn next(&mut self) -> Option<Value> {
        let mut lines = self.0.by_ref().map_while(Result::ok);
        lines.find(|line| line == "event: changed")?;
        let data = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
        Some(serde_json::from_slice(data?.as_bytes()).unwrap())
    }

    /// Reads until each of these was told; answers what all of it was about.
    fn read_until(&mut self, told: &[&str]) -> BTreeSet<String> {
        let (mut what, mut about) = (BTreeSet::new(), BTreeSet::new());
        let texts = |list: &Value| -> Vec<String> { serde_json::from_value(list.clone()).unwrap() };
        while !told.iter().all(|one| what.contains(*one)) {
            let change = self.next().unwrap_or_else(|| panic!("it ended after {what:?}"));
            what.extend(texts(&change["what"]));
            about.extend(texts(&change["about"]));
        }
        about
    }
}

fn inventory(home: &Home) -> String {
    format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"{NAME}\"]\nissuer = \"ca\"\n\n\
         [[lineage.place]]\nname = \"disk\"\ndeployer = \"files\"\n\
         settings = {{ full_chain = {:?}, key = {:?} }}\n",
        home.path("live/chain.pem"),
        home.path("live/key.pem"),
    )
}

/// A server, and an operation that a command asks it for while a stream is open.
#[test]
fn an_operation_is_told_step_by_step_to_whoever_watches_until_that_is_over() {
    let (home, pki) = (Home::new(), Pki::new());
    std::fs::create_dir(home.path("live")).unwrap();
    home.file("notafter.toml", format!("trust = {:?}\n", home.path("root.pem")));
    home.file("root.pem", pki.root.pem());
    let pair = pki.ecdsa(NAME, (2026, 1, 1), (2033, 1, 1));
    home.file("chain.pem", pki.full(&pair));
    home.file("key.pem", &pair.key);
    home.apply(&inventory(&home));
    let server = home.serve();
    let site = server.site();
    let cookie = come_in(&home, &site, "ada", "operator");
    let mut ada = Stream::open(&site, &format!("Cookie: {cookie}"));
    let token = home.run(&["token", "make", "watcher", "--role", "viewer", "--format", "json"]);
    let token = schema::document(&token.out).unwrap()["secret"].as_str().unwrap().to_owned();
    let mut program = Stream::open(&site, &format!("Authorization: Bearer {token}"));

    let done = home.run(&["import", "shop", "--chain", "chain.pem", "--key", "key.pem"]);
    assert!(home.path("live/chain.pem").exists(), "{}{}", done.out, done.err);
    let lineages = home.run(&["status", "shop", "--format", "json"]);
    let lineage = schema::document(&lineages.out).unwrap()["lineage"]["id"].as_str().unwrap().to_owned();
    for stream in [&mut ada, &mut program] {
        let about = stream.read_until(&["version", "deployment"]);
        assert!(about.contains(&format!("lineage:{lineage}")), "{about:?}");
    }
    home.run(&["user", "sign-out", "ada"]);
    while ada.next().is_some() {}
    program.read_until(&["session"]);
    let (status, _) = server.end("TERM");
    assert!(status.success(), "{status}");
    while program.next().is_some() {}
}

/// What a command did is seen on a page that was open, and what somebody writes into it meanwhile stays.
#[test]
fn in_a_browser_a_page_follows_without_being_loaded_anew() {
    let test = "in_a_browser_a_page_follows_without_being_loaded_anew";
    if !Browser::is_there() {
        return left_out(test, Need::Package(Browser::PACKAGE));
    }
    let home = Home::new();
    home.begin();
    let server = home.serve();
    let site = server.site();
    let cookie = come_in(&home, &site, "ada", "operator");
    let mut browser = Browser::begin(&home);
    browser.carry(&site, &cookie);
    browser.go(&format!("{site}/silences"));
    browser.value("window.before = true");
    let silence = |why: &str| {
        let done = home.run(&["alert", "silence", "--code", "renewal.*", "--for", "1h", "--why", why]);
        assert_eq!(done.code, 0, "{}", done.err);
    };
    silence("the first");
    browser.wait_until("document.body.innerText.includes('the first') && window.before");
    // Of two parts, the one in which somebody writes waits.
    browser.go(&format!("{site}/alerts"));
    browser.value(
        "document.getElementById('part-alerts').insertAdjacentHTML('beforeend', '<input id=mine>'), \
         document.getElementById('mine').focus()",
    );
    silence("the second");
    browser.wait_until("document.getElementById('part-silences').innerText.includes('2 are in force')");
    assert_eq!(browser.value("document.activeElement.id"), "mine");
    browser.value("document.getElementById('mine').blur()");
    browser.wait_until("document.getElementById('mine') === null");
    home.run(&["user", "sign-out", "ada"]);
    browser.wait_until("document.getElementById('stale').textContent.startsWith('Not up to date')");
    assert_eq!(browser.thrown, [Value::Null; 0]);
}
