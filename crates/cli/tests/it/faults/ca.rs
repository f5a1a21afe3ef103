//! A CA that answers badly, seen through `notafter issue`; the state after each is in the engine's own tests.

use std::io::Read;
use std::net::TcpListener;

use notafter_acme::server::RequestKind as On;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::Span;

use crate::sweep::stage::{Stage, said};

/// What a person reads, without what differs from run to run.
fn shown(stage: &Stage, name: &str, output: &std::process::Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{name}: {}", said(output));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    // The lines after these hold instants.
    let until = text.find("\n  first certificate").unwrap_or(text.len());
    let port = stage.ca.directory_url().split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    format!("# {name}\n{}{}\n\n", &text[..until], String::from_utf8_lossy(&output.stderr))
        .replace(&port, "PORT")
}

async fn goes_on(stage: &Stage, name: &str) {
    stage.ca.behave();
    let again = stage.run(&["env"], &["renew", "shop", "--force"]);
    assert!(again.status.success(), "{name}: {}", said(&again));
    stage.pair_on_disk_fits(name).await;
    assert!(!stage.serves_old().await, "{name}: the new pair is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_answers_badly_is_told_in_words_with_a_hint_and_costs_nothing() {
    let metadata = serde_json::json!("https://169.254.169.254/latest/meta-data");
    let endless = Fault::Answer { status: 200, headers: Vec::new(), body: "x".repeat(2 << 20) };
    let faults = [
        ("500", On::Directory, Fault::server_error()),
        ("429 with Retry-After", On::NewOrder, Fault::rate_limited(7200)),
        ("429 without", On::NewOrder, Fault::problem(429, "rateLimited", "too many orders", None)),
        ("HTML", On::Directory, Fault::html()),
        ("nothing", On::Directory, Fault::NoAnswer),
        // The order stays open: its pause was waited out without a word, and the same failure told twice.
        ("nothing, to an order", On::NewOrder, Fault::NoAnswer),
        (
            "wrong JSON",
            On::Directory,
            Fault::Answer { status: 200, headers: Vec::new(), body: "[1,".to_owned() },
        ),
        ("a foreign URL", On::Directory, Fault::Lie { member: "newOrder".to_owned(), value: metadata }),
        ("an endless body", On::Directory, endless),
    ];
    let mut told = String::new();
    for (name, on, fault) in faults {
        let stage = Stage::set().await;
        stage.ca.plan(Planned::always(on, fault));
        let failed = stage.issue(&["env"]);
        told.push_str(&shown(&stage, name, &failed));
        assert!(stage.serves_old().await, "{name}: the old pair is served");
        stage.pair_on_disk_fits(name).await;
        goes_on(&stage, name).await;
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told_before_anything_is_asked_for() {
    let stage = Stage::set().await;
    stage.ca.settings(|settings| settings.clock_ahead = Span::minutes(90));
    let failed = stage.issue(&["env"]);
    let told = shown(&stage, "the CA's clock is 90 minutes ahead", &failed);
    assert_eq!(stage.ca.certificates().len(), 0);
    assert!(stage.serves_old().await);
    stage.ca.settings(|settings| settings.clock_ahead = Span::ZERO);
    goes_on(&stage, "the clock").await;
    // Seconds may pass between the answer and the look at the clock.
    insta::assert_snapshot!(told.replace("1 h 29 min", "1 h 30 min"));
}

/// It accepts, and never says a word: the limit of the exchange ends the wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_holds_the_connection_is_given_up_after_its_time() {
    let stage = Stage::set().await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let directory = format!("https://127.0.0.1:{port}/directory");
    let holder = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        // Reads what comes until the other side gives up.
        let mut sink = Vec::new();
        drop(stream.read_to_end(&mut sink));
        sink.len()
    });
    let listen = format!("127.0.0.1:{}", stage.settings.http01_port);
    let roots = stage.path("roots.pem");
    let line = [
        "issue",
        "shop.example",
        "--agree-terms",
        "--listen",
        &listen,
        "--directory",
        &directory,
        "--ca-trust",
    ];
    let failed = stage.run(&["env"], &[&line[..], &[roots.to_str().unwrap()]].concat());
    assert!(holder.join().unwrap() > 0, "it was asked");
    assert!(stage.serves_old().await);
    let told = shown(&stage, "silence", &failed).replace(&port.to_string(), "PORT");
    insta::assert_snapshot!(told);
}
