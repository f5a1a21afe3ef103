//! Other people's clients against our CA: judges of the server half.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use notafter_acme::server::RequestKind;
use notafter_cert::{Certificate, Span};
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::port;
use notafter_net::Clock;
use tempfile::TempDir;

use super::pebble::needs;

fn program(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(path)).filter(|path| path.exists())
}

async fn stage(port: u16) -> (AcmeCa, TempDir, PathBuf) {
    let ca = AcmeCa::start(Options::loopback(Clock::system(), port)).await.unwrap();
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, ca.root_pem()).unwrap();
    (ca, folder, root)
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn assert_done(output: &Output) {
    let text = [&output.stdout[..], &output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

fn leaf(path: &Path) -> Certificate {
    let pem = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Certificate::parse(&notafter_cert::pem::chain_from(&pem).unwrap()[0]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn certbot_registers_issues_renews_and_revokes() {
    let Some(certbot) = needs("certbot against our CA", "certbot", program("/usr/bin/certbot")) else {
        return;
    };
    let port = port::free().unwrap();
    let (ca, folder, root) = stage(port).await;
    ca.settings(|settings| settings.offers_unknown_challenge = false);
    let at = |name: &str| folder.path().join(name);
    let base = || {
        let mut command = Command::new(&certbot);
        command.env("REQUESTS_CA_BUNDLE", &root).arg("--non-interactive");
        for (option, name) in [("--config-dir", "etc"), ("--work-dir", "work"), ("--logs-dir", "log")] {
            command.arg(option).arg(at(name));
        }
        command.args(["--server", &ca.directory_url()]);
        command
    };
    let standalone = |command: &mut Command| {
        command.args(["--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", &port.to_string()]);
        command.args([
            "--agree-tos",
            "-m",
            "ops@shop.example",
            "-d",
            "shop.example",
            "-d",
            "www.shop.example",
        ]);
    };
    for more in [&[][..], &["--force-renewal"]] {
        let mut command = base();
        command.arg("certonly");
        standalone(&mut command);
        command.args(more);
        assert_done(&run(command).await);
    }
    assert_eq!(ca.certificates().len(), 2);
    let live = at("etc/live/shop.example/fullchain.pem");
    assert!(leaf(&live).covers(&"www.shop.example".parse().unwrap()));
    let mut command = base();
    command.arg("revoke").arg("--cert-path").arg(at("etc/live/shop.example/cert.pem"));
    command.args(["--reason", "superseded", "--no-delete-after-revoke"]);
    assert_done(&run(command).await);
    assert_eq!(ca.certificates()[1].revoked.map(|(_, reason)| reason), Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn lego_issues_with_an_unknown_challenge_offered_and_slow_processing() {
    let Some(lego) = needs("lego against our CA", "lego", program("/usr/bin/lego")) else { return };
    let port = port::free().unwrap();
    let (ca, folder, root) = stage(port).await;
    ca.settings(|settings| {
        settings.offers_unknown_challenge = true;
        settings.processing_for = Span::seconds(1);
        settings.poll_after = Some(Span::seconds(1));
    });
    let mut command = Command::new(lego);
    command.env("LEGO_CA_CERTIFICATES", &root);
    command.args(["--accept-tos", "--email", "ops@shop.example", "--server", &ca.directory_url()]);
    command.arg("--path").arg(folder.path().join("lego"));
    command.args(["--domains", "shop.example", "--http", "--http.port", &format!("127.0.0.1:{port}"), "run"]);
    assert_done(&run(command).await);
    let leaf = leaf(&folder.path().join("lego/certificates/shop.example.crt"));
    assert!(leaf.covers(&"shop.example".parse().unwrap()));
    assert_eq!(ca.acted(RequestKind::Finalize), 1);
}
