//! `notafter look`, as whoever types it who has just mended something.

use notafter_cert::{Identifier, Span, Time};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::tls_server::TlsServer;

use crate::home::Home;
use crate::serve::metrics_of;

fn authority(name: &str, now: Time) -> Authority {
    Authority::new(name, Validity { from: now - Span::days(9), to: now + Span::days(900) }).unwrap()
}

/// The anchors of an endpoint were mended, and what had been found by the ones before stayed for hours; only programs could
/// ask for a look.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_mended_is_seen_at_once_by_whoever_looks() {
    let now = notafter_net::Clock::system().now();
    let [ours, other] = ["Ours", "Other"].map(|name| authority(name, now));
    let name: Identifier = "127.0.0.1".parse().unwrap();
    let pair = ours.issue(&[name], Validity { from: now - Span::days(1), to: now + Span::days(89) }).unwrap();
    let peer = TlsServer::fixed("127.0.0.1:0".parse().unwrap(), &pair).await.unwrap();
    let address = peer.address().to_string();
    let home = Home::new();
    let trust = home.file("house.pem", other.root_pem());
    home.apply(&format!("[[endpoint]]\ntarget = \"{address}\"\ntrust = {trust:?}\n"));

    // Without a server it is done here.
    let critical = home.run(&["look", &address]);
    let words = critical.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.starts_with(&format!("CRITICAL {address}: ")), "{words}{}", critical.err);
    assert!(
        words.contains(" [chain.") && words.contains("], looked at ") && words.contains(" hint: "),
        "{words}"
    );

    // And what to do about it.
    let looked = home.run(&["look", &address, "--format", "json"]).document();
    let finding = looked["endpoints"][0]["needs"][0]["finding"].as_str().unwrap();
    let told = home.run(&["explain", finding]).out;
    for part in ["CRITICAL chain.", "Firefox shows: SEC_ERROR_", "tell them: ", "meanwhile: ", "heals: "] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let book = home.run(&["explain", finding, "--format", "json"]).document();
    assert_eq!(book["run_book"]["visitors"][0]["client"], "Chrome");

    let server = home.serve();
    metrics_of(&server, 1);
    home.file("house.pem", ours.root_pem());
    let all = home.run(&["look", "--all"]);
    let said = "endpoints: 1 known, nothing amiss\nneeds a person: ";
    assert!(all.out.starts_with(said) && all.code == 0, "{}", all.out);
    let well = home.run(&["look", &address]);
    assert!(well.out.starts_with(&format!("OK {address}, looked at ")), "{}", well.out);
    let document = home.run(&["look", &address, "--format", "json"]).document();
    assert_eq!((&document["endpoints"][0]["name"], &document["waiting"]), (&address.into(), &0.into()));
}

#[test]
fn what_is_not_in_the_inventory_cannot_be_looked_at_and_what_is_meant_must_be_said() {
    let mut home = Home::new();
    // Nothing listens at the first port.
    home.apply("[[endpoint]]\ntarget = \"127.0.0.1:1\"\n");
    assert_eq!(home.say("look"), 64);
    assert_eq!(home.say("look shop.example --all"), 64);
    assert_eq!(home.say("look shop.example"), 2);
    insta::assert_snapshot!(home.said);
    let refused = home.run(&["look", "127.0.0.1:1"]);
    assert!(refused.out.starts_with("CRITICAL") && refused.code == 0, "{}{}", refused.out, refused.err);
}
