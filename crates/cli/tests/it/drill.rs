//! Drills as a person begins them: beside a running server, with real challenges, and an alarm that somebody takes.

use std::time::Instant;

use serde_json::Value;

use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::peer::free_port;
use crate::serve::{PATIENCE, get};
use notafter_lab::pebble::{self, Pebble};

/// A lineage whose CA nobody can reach: a drill orders from the CA of its stage.
fn home() -> Home {
    home_at(free_port())
}

/// The same, with challenges answered at this port.
fn home_at(port: u16) -> Home {
    let home = Home::new();
    home.file(
        "notafter.toml",
        format!("http01_port = {port}\nresolve = [\"shop.example:{port}:127.0.0.1\"]\n"),
    );
    let tell = home.file(
        "tell",
        format!("#!/bin/sh\necho \"$NOTAFTER_TO $NOTAFTER_TEXT\" >> {:?}\n", home.path("told")),
    );
    std::process::Command::new("chmod").args(["+x", &tell]).status().unwrap();
    std::fs::create_dir(home.path("live")).unwrap();
    home.apply(&format!(
        r#"
[[channel]]
name = "phone"
kind = "command"
program = {tell:?}

[[owner]]
name = "default"
contacts = [{{ channel = "phone", to = "ada" }}, {{ channel = "phone", to = "bob" }}]

[[issuer]]
name = "ca"
directory = "https://127.0.0.1:1/directory"
terms_agreed = true

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "ca"
http01 = {{ solver = "listener", listen = "127.0.0.1:{port}" }}
drill = {{ every = "90d", fault = "ca-down" }}

[[lineage.place]]
name = "web"
deployer = "files"
settings = {{ key = {key:?}, full_chain = {chain:?} }}
endpoints = ["shop.example:{free}"]
"#,
        key = home.path("live/key.pem"),
        chain = home.path("live/chain.pem"),
        free = free_port(),
    ));
    home
}

fn drilled(home: &Home, more: &[&str]) -> (i32, Value) {
    let mut words = vec!["drill", "shop", "--format", "json"];
    words.extend(more);
    let ran = home.run(&words);
    (ran.code, ran.document()["result"].clone())
}

/// Step by step: name and verdict.
fn verdicts(drill: &Value) -> Vec<(String, String)> {
    let steps = drill["result"]["steps"].as_array().unwrap();
    let text = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
    steps.iter().map(|step| (text(step, "name"), text(step, "verdict"))).collect()
}

fn verdict<'a>(drill: &'a [(String, String)], name: &str) -> &'a str {
    drill.iter().find(|(known, _)| known == name).map_or("", |(_, verdict)| verdict)
}

/// Where a private CA signs, nobody asks for a challenge, and there is nobody who could be away.
#[test]
fn what_a_private_ca_signs_is_rehearsed_without_a_challenge() {
    let home = home();
    let inventory = std::fs::read_to_string(home.path("inventory.toml")).unwrap();
    home.apply(&format!(
        "{inventory}\n[[issuer]]\nname = \"house\"\nkind = \"private\"\n\n\
         [[lineage]]\nname = \"inner\"\nidentifiers = [\"*.internal.example\"]\nissuer = \"house\"\n\n\
         [[lineage.place]]\nname = \"web\"\ndeployer = \"files\"\nsettings = {{ key = {:?}, full_chain = {:?} }}\n",
        home.path("live/inner.key"),
        home.path("live/inner.pem"),
    ));
    let ran = home.run(&["drill", "inner", "--no-alarm", "--format", "json"]);
    let drill = ran.document()["result"].clone();
    assert_eq!((ran.code, &drill["ended"]["score"]), (0, &Value::from(100)), "{drill:#}");
    assert!(drill["result"]["steps"][0]["text"].as_str().unwrap().contains("nothing is asked for"));
    let away = home.run(&["drill", "inner", "--fault", "ca-down"]);
    assert_eq!(away.code, 2);
    assert!(away.err.contains("is no CA that could be away"), "{}", away.err);
    let mute = home.run(&["drill", "inner", "--no-alarm", "--fault", "alert-path-silent"]);
    assert_eq!(mute.code, 2);
    assert!(
        mute.err.contains("no path that could be silent"),
        "it was not played, and showed 100: {}",
        mute.err
    );
    let silent = home.run(&["drill", "inner", "--no-alarm", "--fault", "reload-ineffective"]);
    assert_eq!(silent.code, 0, "{}{}", silent.out, silent.err);
}

/// Alarms that were tried again on the stage were waited for in the world's time, as if the CA had asked for it: no staging CA
/// was ever asked for anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_staging_ca_is_asked_and_its_pauses_alone_are_waited_for() {
    let Some(server) = pebble::installed() else {
        left_out("a_staging_ca_is_asked_and_its_pauses_alone_are_waited_for", Need::Package("pebble"));
        return;
    };
    let port = free_port();
    let home = home_at(port);
    let folder = tempfile::tempdir().unwrap();
    let pebble = Pebble::start(folder.path(), &pebble::Options::new(server, port)).await.unwrap();
    let root = home.file("staging.pem", pebble.root_pem());
    let inventory = std::fs::read_to_string(home.path("inventory.toml")).unwrap();
    home.apply(&format!(
        "{inventory}\n[[issuer]]\nname = \"staging\"\ndirectory = {:?}\ntrust = {root:?}\nterms_agreed = true\n",
        pebble.directory_url(),
    ));
    let (code, drill) = drilled(&home, &["--no-alarm", "--issuer", "staging"]);
    let verdicts = verdicts(&drill);
    let of = |name: &str| verdict(&verdicts, name);
    assert_eq!((code, of("issue"), of("proof")), (0, "passed", "passed"), "{drill:#}");
    assert!(is_untouched(&home));
}

fn is_untouched(home: &Home) -> bool {
    std::fs::read_dir(home.path("live")).unwrap().next().is_none()
}

#[test]
fn a_drill_orders_installs_and_proves_on_its_stage_and_touches_nothing_that_is_served() {
    let home = home();
    let (code, drill) = drilled(&home, &["--no-alarm"]);
    assert_eq!((code, &drill["ended"]["score"]), (0, &Value::from(100)), "{drill:#}");
    let runway = drill["result"]["runway"].as_i64().unwrap();
    assert!(runway > 29 * 86_400_000_000, "{runway} of 30 days");
    assert!(is_untouched(&home));
    let left = std::fs::read_dir(home.path("data/drills")).unwrap().count();
    assert_eq!(left, 0, "the stage is struck");
}

#[test]
fn what_goes_wrong_on_the_stage_is_noticed_told_and_heals() {
    let home = home();
    for (fault, words) in [
        ("ca-down", "renewal of shop failing"),
        ("reload-ineffective", "1 of 1 addresses stale at web"),
        ("disk-full", "no space left to write"),
    ] {
        let (code, drill) = drilled(&home, &["--no-alarm", "--fault", fault]);
        let shown = verdicts(&drill);
        assert_eq!(
            (code, verdict(&shown, "notice"), verdict(&shown, "heal")),
            (0, "passed", "passed"),
            "{fault}: {drill:#}"
        );
        let told = drill["played"]["told"].as_array().unwrap();
        assert!(told[0]["subject"].as_str().unwrap().contains(words), "{fault}: {told:#?}");
        assert_eq!(told[0]["contact"]["to"], "ada");
        assert!(told.iter().any(|told| told["contact"]["to"] == "bob"), "{fault}: it climbs");
    }
    assert!(!home.path("told").exists(), "nobody was told");
    assert!(is_untouched(&home));
}

/// The name leads to a place where nobody answers for us: a firewall, another machine, an old record.
#[test]
fn a_challenge_that_cannot_be_seen_is_named_before_it_is_too_late() {
    let home = home();
    let settings = std::fs::read_to_string(home.path("notafter.toml")).unwrap();
    home.file("notafter.toml", settings.replace(":127.0.0.1", ":127.0.0.9"));
    let (code, drill) = drilled(&home, &["--no-alarm"]);
    let shown = verdicts(&drill);
    assert_eq!(
        (code, verdict(&shown, "issue"), verdict(&shown, "places")),
        (2, "failed", "passed"),
        "{drill:#}"
    );
    let status = home.run(&["status"]);
    assert!(status.out.contains("drill.failed"), "{}", status.out);
}

#[test]
fn the_alarm_reaches_people_is_marked_and_is_taken() {
    let home = home();
    let server = home.serve();
    let told = || std::fs::read_to_string(home.path("told")).unwrap_or_default();
    home.run(&["alert", "test"]);
    let (code, drill) = drilled(&home, &[]);
    assert_eq!((code, &drill["ended"]), (0, &Value::Null), "{drill:#}");
    let id = drill["id"].as_str().unwrap();
    let begun = Instant::now();
    while !told().contains("ada DRILL CRITICAL drill of shop: the certificate of shop is played to run out") {
        assert!(begun.elapsed() < PATIENCE, "{}", told());
    }
    let again = home.run(&["drill", "shop"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("is being rehearsed already"), "{}", again.err);
    let (_, metrics) = get(server.site().trim_start_matches("http://"), "/metrics");
    assert!(!metrics.contains("drill.alarm"), "nobody else is paged for it");
    let alerts = home.run(&["alert", "list", "--format", "json"]).document();
    let is_drill = |alert: &&Value| alert["name"] == "drill of shop";
    let alert = alerts["result"]["alerts"].as_array().unwrap().iter().find(is_drill).unwrap();
    home.run(&["alert", "ack", alert["alert"]["id"].as_str().unwrap(), "--note", "I am here"]);
    let begun = Instant::now();
    let over = loop {
        let shown = home.run(&["drill", "show", id, "--format", "json"]).document()["result"].clone();
        if !shown["ended"].is_null() {
            break shown;
        }
        assert!(begun.elapsed() < PATIENCE, "{shown:#}");
    };
    assert_eq!(over["ended"]["score"], 100, "{over:#}");
    assert_eq!(over["alarm"]["taken"]["note"], "I am here");
    let begun = Instant::now();
    while !told().contains("DRILL RECOVERED drill of shop") {
        assert!(begun.elapsed() < PATIENCE, "{}", told());
    }
    assert!(!told().contains("bob DRILL CRITICAL"), "it was taken before it climbed");
    let list = home.run(&["drill", "list"]);
    assert!(list.out.contains("shop: 100 of 100"), "{}", list.out);
}

#[test]
fn a_drill_that_is_called_off_ends_its_alarm() {
    let home = home();
    let _server = home.serve();
    let (_, drill) = drilled(&home, &["--fault", "alert-path-silent"]);
    let id = drill["id"].as_str().unwrap();
    let off = home.run(&["drill", "end", id]);
    assert!(off.out.contains("called off by"), "{}{}", off.out, off.err);
    let twice = home.run(&["drill", "end", id]);
    assert_eq!(twice.code, 2);
    assert!(twice.err.contains("drill.over") || twice.err.contains("called off by"), "{}", twice.err);
    let told = std::fs::read_to_string(home.path("told")).unwrap_or_default();
    assert!(!told.contains("ada DRILL"), "the way to the first contact was played to be silent: {told}");
}

#[test]
fn what_cannot_be_rehearsed_is_refused_in_words() {
    let home = home();
    for (words, why) in [
        (&["drill", "shopp"][..], "did you mean"),
        (&["drill", "shop", "--issuer", "ca"], "the lineage's own certificates come from"),
        (&["drill", "shop", "--issuer", "nobody"], "there is no issuer"),
        (&["drill", "shop", "--issuer", "x", "--fault", "ca-down"], "the CA of the stage alone"),
        (&["drill", "show", "dr_00000000000000000000000000000000"], "there is no drill"),
    ] {
        let ran = home.run(words);
        assert_eq!(ran.code, 2, "{words:?}: {}{}", ran.out, ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains(why), "{words:?}: {}{}", ran.out, ran.err);
    }
    let usage = home.run(&["drill", "shop", "--fault", "flood"]);
    assert_eq!(usage.code, 64, "{}", usage.err);
}
