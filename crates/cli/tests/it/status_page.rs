//! The status page of a running server: what the public reads, and whether a person can read it on a telephone.

use std::process::Command;
use std::time::Instant;

use notafter_lab::smtp_sink::{Mail, Options, SmtpSink};
use serde_json::Value;

use crate::browser::Browser;
use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::peer::free_port;
use crate::schema;
use crate::serve::{PATIENCE, Serving, get};

/// A server with a listener for the status page; the address of that.
fn serve(home: &Home, more: &str) -> (Serving, String) {
    let address = format!("127.0.0.1:{}", free_port());
    home.file("notafter.toml", format!("status_listen = \"{address}\"\nstatus_name = \"The Shop\"\n{more}"));
    (home.serve(), address)
}

/// An endpoint where nobody listens, under a public name.
fn inventory(component: &str) -> String {
    let target = format!("127.0.0.1:{}", free_port());
    format!("[[endpoint]]\ntarget = {target:?}\nlabels = {{ component = {component:?} }}\n")
}

/// The summary, once this is in it.
fn summary(address: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let (status, body) = get(address, "/api/v2/summary.json");
        assert_eq!(status, 200, "{body}");
        let summary = schema::of_others(&body);
        if is_there(&summary) {
            return summary;
        }
        assert!(begun.elapsed() < PATIENCE, "{body}");
    }
}

fn state(summary: &Value) -> &Value {
    &summary["components"][0]["status"]
}

#[test]
fn what_a_look_shows_is_told_to_the_public_at_once() {
    let home = Home::new();
    home.begin();
    let (server, address) = serve(&home, "");
    summary(&address, |summary| summary["components"].as_array().unwrap().is_empty());
    home.apply(&inventory("Checkout"));
    let down = summary(&address, |summary| state(summary) == "major_outage");
    assert_eq!(down["status"]["indicator"], "critical");
    assert_eq!(down["incidents"][0]["name"], "Checkout: major outage");
    let (_, page) = get(&address, "/");
    assert!(page.contains("The service takes no connections."), "{page}");
    let (_, elsewhere) = get(server.site().trim_start_matches("http://"), "/status");
    assert!(elsewhere.contains("Checkout: major outage"), "{elsewhere}");
    let warning = format!("/status/components/{}/warning", down["components"][0]["id"].as_str().unwrap());
    assert!(page.contains(&format!("href=\"{warning}\"")), "{page}");
    let (status, answer) = get(&address, &warning);
    assert!(status == 200 && answer.contains("Nothing of this service answers now"), "{answer}");
    assert!(answer.contains("ERR_CONNECTION_REFUSED") && !answer.contains("127.0.0.1"), "{answer}");
    for path in ["/sign-in", "/metrics", "/healthz", "/api/v1/overview"] {
        assert_eq!(get(&address, path).0, 404, "{path}");
    }
}

/// Any web server carries the page on when this one is down: here, a browser reads it from the disk.
#[test]
fn a_copy_in_a_folder_outlives_the_server() {
    let home = Home::new();
    home.apply(&inventory("Checkout"));
    let folder = home.path("copy");
    let (server, address) = serve(&home, &format!("status_folder = {folder:?}\n"));
    summary(&address, |summary| state(summary) == "major_outage");
    let begun = Instant::now();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    while !read("index.html").contains("Checkout: major outage") {
        assert!(begun.elapsed() < PATIENCE, "{}", read("index.html"));
    }
    server.end("KILL");
    let summary = schema::of_others(&read("api/v2/summary.json"));
    assert_eq!(state(&summary), "major_outage");
    let feed = format!("status/components/{}.atom", summary["components"][0]["id"].as_str().unwrap());
    assert!(read(&feed).contains("Checkout: major outage"), "{}", read(&feed));
    if Browser::is_there() {
        let mut browser = Browser::begin(&home);
        browser.go(&format!("file://{}", folder.join("index.html").display()));
        let styled = "getComputedStyle(document.querySelector('.headline')).borderLeftStyle";
        assert_eq!(browser.value(styled), "solid", "what it links lies beside it");
        for link in ["a[href$='warning.html']", "a[href$='index.html']"] {
            let there = browser.value(&format!("document.querySelector(\"{link}\").href"));
            browser.go(there.as_str().unwrap());
            assert_eq!(browser.value(styled), "solid", "{link} leads to {there}");
        }
    }
}

/// A form that a page of another site sends, as a copy of the status page elsewhere does.
fn send(address: &str, path: &str, form: &str) -> String {
    let sent = Command::new("/usr/bin/curl")
        .args([
            "-sS",
            "--data",
            form,
            "-H",
            "Origin: https://copy.example",
            "-H",
            "Sec-Fetch-Site: cross-site",
        ])
        .arg(format!("http://{address}{path}"))
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    String::from_utf8(sent.stdout).unwrap()
}

/// From the form of the page to the one click that ends the mails, all at the listener of its own.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_on_the_status_page_is_mailed_what_it_tells() {
    let sink = SmtpSink::start("127.0.0.1:0".parse().unwrap(), Options::default()).await.unwrap();
    let home = Home::new();
    home.apply(&format!(
        "{}[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"status@shop.example\"\n",
        inventory("Checkout"),
        sink.address().port()
    ));
    let folder = home.path("copy");
    let more = format!(
        "status_mail = \"mail\"\nstatus_url = \"https://status.example\"\nstatus_folder = {folder:?}\n"
    );
    let (_server, address) = serve(&home, &more);
    summary(&address, |summary| state(summary) == "major_outage");
    let (_, page) = get(&address, "/");
    assert!(page.contains("action=\"/status/subscriptions\""), "{page}");
    let asked = send(&address, "/status/subscriptions", "address=ada%40example.org");
    assert!(asked.contains("Look into your mail"), "{asked}");
    assert_eq!(
        send(&address, "/status/subscriptions", "address=ada%40example.org"),
        asked,
        "it is known now"
    );
    let refused = send(&address, "/status/subscriptions", "address=ada%40example.org%0d%0aBcc%3a+eve");
    assert!(refused.contains("no address of mail"), "{refused}");

    let path_in = |mail: &Mail| -> String {
        let body = mail.body();
        let (_, rest) = body.split_once("https://status.example/status").unwrap();
        format!("/status{}", rest.lines().next().unwrap())
    };
    let confirm = path_in(&sink.wait_for(1).await[0]);
    let (_, shown) = get(&address, &confirm);
    assert!(shown.contains("Yes, send them") && shown.contains("ada@example.org"), "{shown}");
    assert!(home.run(&["subscriber", "list"]).out.contains("did not confirm yet"));
    assert!(send(&address, &confirm, "").contains("You get the mails"));
    assert!(home.run(&["subscriber", "list"]).out.contains("ada@example.org\n      since "));

    let listed = home.run(&["subscriber", "list", "--format", "json"]).document();
    assert_eq!(listed["result"]["subscribers"][0]["address"], "ada@example.org");
    home.run(&["incident", "open", "Checkout fails", "--text", "We look.", "--component", "Checkout"]);
    let told = sink.wait_for(2).await.remove(1);
    assert_eq!(told.header("Subject").unwrap(), "[The Shop] Checkout fails: investigating");
    let leave = told.header("List-Unsubscribe").unwrap();
    let leave = leave.trim_matches(['<', '>']).strip_prefix("https://status.example").unwrap();
    assert!(get(&address, leave).1.contains("Send no more"));
    assert!(send(&address, leave, "List-Unsubscribe=One-Click").contains("No more mails"));
    assert_eq!(get(&address, leave).0, 404, "it is used up");
    assert!(home.run(&["subscriber", "list"]).out.contains("nobody asked"));
    let removed = home.run(&["subscriber", "remove", "ada@example.org"]);
    assert!(removed.code == 2 && removed.err.contains("nobody asked for mails"), "{}", removed.err);
    send(&address, "/status/subscriptions", "address=bob%40example.org");
    let removed = home.run(&["subscriber", "remove", "Bob@example.org", "--format", "json"]);
    assert_eq!(removed.document()["result"]["address"], "Bob@example.org");
    let copy = std::fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(copy.contains("action=\"https://status.example/status/subscriptions\""), "{copy}");
}

#[test]
fn a_status_page_is_not_given_to_other_machines_in_the_clear_unless_somebody_says_so() {
    let home = Home::new();
    let refused = home.run(&["serve", "--listen", "127.0.0.1:0", "--status-listen", "0.0.0.0:0"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("plain HTTP is not answered at 0.0.0.0:0"), "{}", refused.err);
}

#[test]
fn in_a_browser_a_status_page_fits_a_telephone_and_needs_no_program() {
    let test = "in_a_browser_a_status_page_fits_a_telephone_and_needs_no_program";
    if !Browser::is_there() {
        return left_out(test, Need::Package(Browser::PACKAGE));
    }
    let home = Home::new();
    home.apply(&inventory(
        "Checkout and everything that has a rather long name, such as Donaudampfschifffahrt",
    ));
    let (_server, address) = serve(&home, "");
    summary(&address, |summary| state(summary) == "major_outage");
    let mut browser = Browser::begin(&home);
    browser.narrow(390);
    browser.go(&format!("http://{address}/"));
    assert_eq!(browser.value("document.documentElement.scrollWidth"), 390);
    assert_eq!(browser.value("document.scripts.length"), 0);
    assert_eq!(browser.value("document.querySelector('.headline').innerText"), "All systems are out");
    let styled = "getComputedStyle(document.querySelector('.headline')).borderLeftStyle";
    assert_eq!(browser.value(styled), "solid", "the style sheet is there, too");
    let warning = browser.value("document.querySelector('.components a').href");
    browser.go(warning.as_str().unwrap());
    assert_eq!(browser.value("document.documentElement.scrollWidth"), 390, "{warning}");
    assert_eq!(browser.value("document.scripts.length"), 0);
}

/// What is typed at the command line, as people read it and as programs do.
#[test]
fn incidents_and_maintenance_are_told_at_the_command_line() {
    let mut home = Home::new();
    home.say("incident list");
    home.apply(&inventory("Shop"));
    home.say("incident open Fails --text Look --component Shpo");
    home.say("incident open Fails --text Look --component Shop --state unknown");
    home.say("incident list");
    let home = home;
    let run = |arguments: &[&str]| {
        let ran = home.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.document()["result"].clone()
    };
    let text = "Some see a warning.\nWe look.";
    let opened = run(&["incident", "open", "Checkout fails", "--text", text, "--component", "Shop"]);
    let id = opened["id"].as_str().unwrap();
    let more = run(&["incident", "update", id, "--text", "We know.", "--state", "partial_outage"]);
    assert_eq!(
        (&more["state"], &more["updates"][1]["status"]),
        (&"partial_outage".into(), &"investigating".into())
    );
    let over = run(&["incident", "resolve", id, "--text", "It is mended."]);
    assert_eq!(over["updates"][2]["status"], "resolved");
    assert_eq!(run(&["incident", "show", id]), over);
    assert_eq!(run(&["incident", "list"])["incidents"].as_array().unwrap().len(), 0);
    assert_eq!(run(&["incident", "list", "--all"])["incidents"][0], over);
    let report = run(&["incident", "report", id]);
    assert_eq!((&report["incident"], &report["detected_at"]), (&over, &Value::Null));
    let report = home.run(&["incident", "report", id]).out;
    assert!(report.starts_with("# Checkout fails\n") && report.contains("## Timeline\n"), "{report}");
    let shown = home.run(&["incident", "show", id]).out;
    assert!(shown.contains("resolved by ") && shown.contains("      We look.\n"), "{shown}");

    let planned = run(&[
        "maintenance",
        "plan",
        "A new disk",
        "--text",
        "It is slow.",
        "--component",
        "Shop",
        "--from",
        "2033-01-01T12:00:00Z",
        "--for",
        "2h",
    ]);
    assert_eq!(planned["until"], "2033-01-01T14:00:00Z");
    let id = planned["id"].as_str().unwrap();
    let moved = run(&["maintenance", "update", id, "--text", "Later.", "--until", "2033-01-01T15:00:00Z"]);
    assert_eq!(moved["until"], "2033-01-01T15:00:00Z");
    let listed = home.run(&["maintenance", "list"]).out;
    assert!(listed.contains("scheduled, 2033-01-01 12:00 UTC to 2033-01-01 15:00 UTC; Shop"), "{listed}");
    let off = run(&["maintenance", "end", id, "--text", "Called off."]);
    assert_eq!(off["updates"][2]["status"], "completed");
    assert_eq!(run(&["maintenance", "show", id]), off);
    assert_eq!(run(&["maintenance", "list"])["maintenances"].as_array().unwrap().len(), 0);
    let again = home.run(&["maintenance", "end", id, "--text", "Again."]);
    assert!(again.code == 2 && again.err.contains("that work is over"), "{}", again.err);
    insta::assert_snapshot!(home.said);
}
