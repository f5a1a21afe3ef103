//! Solvers, looked at as a CA would.

use std::fs;
use std::io::{BufRead, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::{PermissionsExt, symlink};

use futures_util::FutureExt;
use notafter_acme::challenge::{Challenge, Kind};
use notafter_cert::Trouble;
use notafter_inventory::model::Http01;
use notafter_lab::port;
use notafter_net::dns::Override;
use notafter_net::limits::AddressPolicy;
use notafter_providers::solve::{Solvers, Wire};
use tokio::net::TcpListener;

use crate::stage::{NAME, Stage, resolver};

fn challenge(name: &str, token: &str) -> Challenge {
    Challenge::new(name.parse().unwrap(), Kind::Http01, token, "thumbprint").unwrap()
}

/// Every name leads to these addresses of loopback.
fn wire(port: u16, names: &[(&str, &[[u8; 4]])]) -> Wire {
    let overrides = names
        .iter()
        .map(|(name, addresses)| {
            let addresses = addresses.iter().map(|octets| IpAddr::V4(Ipv4Addr::from(*octets))).collect();
            Override::new(name.parse().unwrap(), port, addresses)
        })
        .collect();
    Wire { resolver: resolver().with_overrides(overrides), policy: AddressPolicy::Anywhere, port }
}

const LOCAL: &[[u8; 4]] = &[[127, 0, 0, 1]];

#[tokio::test]
async fn the_listener_answers_several_orders_and_goes_when_the_last_is_done() {
    let port = port::free().unwrap();
    let solvers = Solvers::new(port);
    let settings = Http01::Listener { listen: format!("127.0.0.1:{port}") };
    let (first, second) = (solvers.http01(&settings).unwrap(), solvers.http01(&settings).unwrap());
    let a = [challenge("a.example", "token-a"), challenge("b.example", "token-b")];
    let c = [challenge("c.example", "token-c")];
    let wire = wire(port, &[("a.example", LOCAL), ("b.example", LOCAL), ("c.example", LOCAL)]);
    first.present(&a).await.unwrap();
    second.present(&c).await.unwrap();
    first.present(&a).await.unwrap();
    assert_eq!(first.visible(&wire, &a).await, []);
    assert_eq!(second.visible(&wire, &c).await, []);
    first.clear(&a).await.unwrap();
    assert_eq!(second.visible(&wire, &c).await, []);
    let gone = first.visible(&wire, &a[..1]).await;
    assert!(gone[0].why.contains("answers 404"), "{}", gone[0].why);
    second.clear(&c).await.unwrap();
    second.clear(&c).await.unwrap();
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn a_fetch_of_every_answer_is_told_once_and_one_from_before_does_not_count() {
    let port = port::free().unwrap();
    let solver =
        Solvers::new(port).http01(&Http01::Listener { listen: format!("127.0.0.1:{port}") }).unwrap();
    let both = [challenge("a.example", "token-a"), challenge("b.example", "token-b")];
    let wire = wire(port, &[("a.example", LOCAL), ("b.example", LOCAL)]);
    solver.present(&both).await.unwrap();
    assert_eq!(solver.visible(&wire, &both).await, []);
    let mut fetches = solver.fetches(&both).await.unwrap();
    assert_eq!(fetches.all().now_or_never(), None);
    assert_eq!(solver.visible(&wire, &both[..1]).await, []);
    assert_eq!(fetches.all().now_or_never(), None);
    // Another process of ours presents anew after a crash; here it is the same one.
    solver.present(&both).await.unwrap();
    assert_eq!(solver.visible(&wire, &both[1..]).await, []);
    assert_eq!(fetches.all().now_or_never(), Some(()));
    let mut again = solver.fetches(&both).await.unwrap();
    solver.clear(&both).await.unwrap();
    assert_eq!(again.all().now_or_never(), None);
    assert!(solver.fetches(&both).await.is_none());
}

#[tokio::test]
async fn a_port_that_is_taken_names_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let solver = Solvers::new(80).http01(&Http01::Listener { listen }).unwrap();
    let error = solver.present(&[challenge(NAME, "token")]).await.unwrap_err();
    assert_eq!(error.code(), "solve.cannot-listen");
    assert!(error.hint().contains("another program has port"));
    assert!(Solvers::new(80).http01(&Http01::Listener { listen: "eighty".to_owned() }).is_err());
}

#[tokio::test]
async fn each_name_that_a_ca_would_not_see_is_named_with_its_addresses() {
    let port = port::free().unwrap();
    let solvers = Solvers::new(port);
    let solver = solvers.http01(&Http01::Listener { listen: format!("127.0.0.1:{port}") }).unwrap();
    let good = challenge("good.example", "token-good");
    let half = challenge("half.example", "token-half");
    let other = challenge("other.example", "token-other");
    let missing = challenge("missing.invalid", "token-missing");
    solver.present(&[good.clone(), half.clone()]).await.unwrap();
    let lie = Challenge { key_authorization: "something else".to_owned(), ..other.clone() };
    solver.present(&[lie]).await.unwrap();
    let wire = wire(
        port,
        &[
            ("good.example", LOCAL),
            ("half.example", &[[127, 0, 0, 1], [127, 0, 0, 9]]),
            ("other.example", LOCAL),
            ("missing.invalid", &[]),
        ],
    );
    let unseen = solver.visible(&wire, &[good, half, other, missing]).await;
    let names: Vec<String> = unseen.iter().map(|unseen| unseen.identifier.to_string()).collect();
    assert_eq!(names, ["half.example", "other.example", "missing.invalid"]);
    assert!(unseen[0].why.starts_with(&format!("127.0.0.9:{port}: ")), "{}", unseen[0].why);
    assert!(!unseen[0].why.contains("127.0.0.1:"), "{}", unseen[0].why);
    assert!(unseen[1].why.contains("answers with something else"), "{}", unseen[1].why);
    let server = Wire { policy: AddressPolicy::Server { private_allowed: false }, ..wire };
    let forbidden = solver.visible(&server, &[challenge("good.example", "token-good")]).await;
    assert!(forbidden[0].why.contains("notafter does not connect there"), "{}", forbidden[0].why);
}

#[tokio::test]
async fn files_in_a_webroot_are_served_and_removed() {
    let stage = Stage::new();
    fs::create_dir(stage.path("www")).unwrap();
    let root = stage.path("www").to_string_lossy().into_owned();
    let http = |port: u16| format!("server {{ listen 127.0.0.1:{port}; root {root}; }}");
    let Some(nginx) = stage.nginx("files_in_a_webroot_are_served_and_removed", http) else { return };
    let solver = Solvers::new(nginx.port()).http01(&Http01::Webroot { root: root.clone() }).unwrap();
    let (mine, theirs) = ([challenge(NAME, "mine")], [challenge(NAME, "theirs")]);
    solver.present(&theirs).await.unwrap();
    solver.present(&mine).await.unwrap();
    solver.present(&mine).await.unwrap();
    assert_eq!(solver.visible(&wire(nginx.port(), &[(NAME, LOCAL)]), &mine).await, []);
    let file = stage.path("www/.well-known/acme-challenge/mine");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    solver.clear(&mine).await.unwrap();
    solver.clear(&mine).await.unwrap();
    let left: Vec<_> =
        fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["theirs"]);
}

#[tokio::test]
async fn a_link_out_of_the_webroot_is_not_followed() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("www/.well-known")).unwrap();
    fs::create_dir(stage.path("outside")).unwrap();
    symlink("../../outside", stage.path("www/.well-known/acme-challenge")).unwrap();
    let root = stage.path("www").to_string_lossy().into_owned();
    let solver = Solvers::new(80).http01(&Http01::Webroot { root }).unwrap();
    let error = solver.present(&[challenge(NAME, "token")]).await.unwrap_err();
    assert_eq!(error.code(), "solve.escapes-root", "{error}");
    assert_eq!(fs::read_dir(stage.path("outside")).unwrap().count(), 0);
    assert!(Solvers::new(80).http01(&Http01::Webroot { root: "www".to_owned() }).is_err());
}

/// Servers in an included file behind a link, with a redirect to https, as distributions set them up.
fn sites(stage: &Stage, port: u16) -> String {
    let site = format!(
        "server {{ listen 127.0.0.1:{port}; server_name {NAME}; return 301 https://$host$request_uri; }}\n\
         server {{\n    listen 127.0.0.1:{port};\n    server_name other.example;\n    location / {{ deny all; }}\n}}\n\
         server {{ listen 127.0.0.1:{port}; server_name third.example; return 204; }}\n"
    );
    fs::create_dir_all(stage.path("available")).unwrap();
    fs::create_dir_all(stage.path("enabled")).unwrap();
    fs::write(stage.path("available/shop"), site).unwrap();
    drop(symlink("../available/shop", stage.path("enabled/shop")));
    "  include enabled/*;\n".to_owned()
}

fn texts(stage: &Stage) -> Vec<(String, String)> {
    let names = ["nginx.conf", "available/shop"];
    let mut texts: Vec<(String, String)> =
        names.map(|name| (name.to_owned(), fs::read_to_string(stage.path(name)).unwrap_or_default())).into();
    for directory in ["", "available", "enabled"] {
        let Ok(entries) = fs::read_dir(stage.path(directory)) else { continue };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        texts.push((directory.to_owned(), names.join(" ")));
    }
    texts
}

#[tokio::test]
async fn nginx_answers_before_its_redirect_and_is_left_as_it_was() {
    let test = "nginx_answers_before_its_redirect_and_is_left_as_it_was";
    let stage = Stage::new();
    let Some(nginx) = stage.nginx(test, |port| sites(&stage, port)) else { return };
    let was = texts(&stage);
    let settings = Http01::Nginx { config: Some(nginx.config().to_string_lossy().into_owned()) };
    let solvers = Solvers::new(nginx.port());
    let (first, second) = (solvers.http01(&settings).unwrap(), solvers.http01(&settings).unwrap());
    let wire = wire(
        nginx.port(),
        &[(NAME, LOCAL), ("other.example", LOCAL), ("unknown.example", LOCAL), ("third.example", LOCAL)],
    );
    let a = [challenge(NAME, "token-a"), challenge("unknown.example", "token-u")];
    let b = [challenge("other.example", "token-b")];
    first.present(&a).await.unwrap();
    second.present(&b).await.unwrap();
    assert_eq!(first.visible(&wire, &a).await, []);
    assert_eq!(second.visible(&wire, &b).await, []);
    let site = fs::read_to_string(stage.path("available/shop")).unwrap();
    let third = site.split("third.example").next().unwrap().rsplit("server {").next().unwrap();
    assert!(!third.contains("include"), "a server that nobody asks is left alone");
    assert!(fs::symlink_metadata(stage.path("enabled/shop")).unwrap().is_symlink());

    // A crash: another process finds what the first left, and has one order to go on with.
    let after = Solvers::new(nginx.port()).http01(&settings).unwrap();
    after.present(&b).await.unwrap();
    assert_eq!(after.visible(&wire, &b).await, []);
    after.clear(&b).await.unwrap();
    assert_eq!(texts(&stage), was);
    after.clear(&b).await.unwrap();
    assert_eq!(texts(&stage), was);
}

/// nginx's workers of before take connections for a while after the reload; a CA that reaches one sees no answer.
#[tokio::test]
async fn once_nginx_presents_a_challenge_no_worker_of_before_answers() {
    let test = "once_nginx_presents_a_challenge_no_worker_of_before_answers";
    let stage = Stage::new();
    let Some(nginx) = stage.nginx(test, |port| sites(&stage, port)) else { return };
    let settings = Http01::Nginx { config: Some(nginx.config().to_string_lossy().into_owned()) };
    let solver = Solvers::new(nginx.port()).http01(&settings).unwrap();
    for round in 0..3 {
        let challenges = [challenge(NAME, &format!("token-{round}"))];
        solver.present(&challenges).await.unwrap();
        for _ in 0..40 {
            let status = asked_once(nginx.port(), &format!("/.well-known/acme-challenge/token-{round}"));
            assert_eq!(status, "HTTP/1.1 200 OK", "round {round}");
        }
        solver.clear(&challenges).await.unwrap();
    }
}

/// The status line, by one request on one connection: nothing is tried again.
fn asked_once(port: u16, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n").unwrap();
    std::io::BufReader::new(stream).lines().next().unwrap().unwrap()
}

#[tokio::test]
async fn where_no_server_listens_nginx_gets_one_for_a_while() {
    let test = "where_no_server_listens_nginx_gets_one_for_a_while";
    let stage = Stage::new();
    let Some(nginx) = stage.nginx(test, |port| format!("server {{ listen 127.0.0.1:{port}; return 204; }}"))
    else {
        return;
    };
    let was = texts(&stage);
    let port = port::free().unwrap();
    let settings = Http01::Nginx { config: Some(nginx.config().to_string_lossy().into_owned()) };
    let solver = Solvers::new(port).http01(&settings).unwrap();
    let challenges = [challenge(NAME, "token")];
    let wire = wire(port, &[(NAME, LOCAL)]);
    solver.present(&challenges).await.unwrap();
    solver.present(&challenges).await.unwrap();
    assert_eq!(solver.visible(&wire, &challenges).await, []);
    solver.clear(&challenges).await.unwrap();
    assert_eq!(texts(&stage), was);
}

#[tokio::test]
async fn a_broken_configuration_is_not_touched() {
    let test = "a_broken_configuration_is_not_touched";
    let stage = Stage::new();
    let Some(nginx) = stage.nginx(test, |port| sites(&stage, port)) else { return };
    let broken = fs::read_to_string(stage.path("available/shop")).unwrap() + "nonsense;\n";
    fs::write(stage.path("available/shop"), &broken).unwrap();
    let was = texts(&stage);
    let settings = Http01::Nginx { config: Some(nginx.config().to_string_lossy().into_owned()) };
    let solver = Solvers::new(nginx.port()).http01(&settings).unwrap();
    let error = solver.present(&[challenge(NAME, "token")]).await.unwrap_err();
    assert_eq!(error.code(), "nginx.config-refused");
    assert_eq!(texts(&stage), was);
}

/// nginx's configuration kept an include and a server of ours, whatever was done afterwards; and the doctor said OK.
#[tokio::test]
async fn an_nginx_that_does_not_run_kept_the_answers_in_its_configuration() {
    let test = "an_nginx_that_does_not_run_kept_the_answers_in_its_configuration";
    let stage = Stage::new();
    let Some(nginx) = stage.nginx(test, |port| sites(&stage, port)) else { return };
    let settings = Http01::Nginx { config: Some(nginx.config().to_string_lossy().into_owned()) };
    let solver = Solvers::new(nginx.port()).http01(&settings).unwrap();
    let challenges = [challenge(NAME, "token")];
    solver.ready().await.unwrap();
    let sites = || texts(&stage).into_iter().filter(|(name, _)| !name.is_empty()).collect::<Vec<_>>();
    let was = sites();
    solver.present(&challenges).await.unwrap();
    assert_ne!(sites(), was);

    drop(nginx);
    solver.clear(&challenges).await.unwrap();
    assert_eq!(sites(), was);
    for error in [solver.present(&challenges).await.unwrap_err(), solver.ready().await.unwrap_err()] {
        assert_eq!(error.code(), "nginx.not-running");
        assert!(error.hint().starts_with("start nginx"), "{}", error.hint());
    }
    assert_eq!(sites(), was);
    assert!(!stage.path("notafter-http-01.conf").exists());
}

/// The pid file of an nginx that crashed names a number that another process has now: "nginx is there", said the doctor, and
/// a reload would have signalled that process.
#[tokio::test]
async fn a_pid_file_that_names_another_program_was_taken_for_an_nginx_that_runs() {
    let test = "a_pid_file_that_names_another_program_was_taken_for_an_nginx_that_runs";
    let stage = Stage::new();
    let Some(nginx) = stage.nginx(test, |port| sites(&stage, port)) else { return };
    let config = nginx.config().to_owned();
    let settings = Http01::Nginx { config: Some(config.to_string_lossy().into_owned()) };
    let solver = Solvers::new(nginx.port()).http01(&settings).unwrap();
    solver.ready().await.unwrap();
    drop(nginx);
    let mut stranger = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    fs::write(config.with_file_name("nginx.pid"), stranger.id().to_string()).unwrap();
    let error = solver.ready().await.unwrap_err();
    assert_eq!(error.code(), "nginx.not-running");
    let told = notafter_providers::nginx::Nginx::new(Some(config)).reload().await.unwrap_err();
    assert_eq!(told.code(), "nginx.not-running");
    assert!(stranger.try_wait().unwrap().is_none(), "nobody signalled it");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}
