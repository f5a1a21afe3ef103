//! `notafter check` of 5,000 loopback addresses on one nginx, against a bare rustls handshake loop that verifies and
//! judges nothing, at the same concurrency.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use notafter_bench::{Ran, Result, binary, load, median, nginx_on, report, run};
use notafter_lab::port;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

const ADDRESSES: usize = 5_000;
const CONCURRENCY: usize = 128;
const ROUNDS: usize = 5;
const NAME: &str = "shop.example";

/// 127.0.x.y, x from 1.
fn address(index: usize, port: u16) -> SocketAddr {
    let [.., x, y] = (index / 250 * 256 + 256 + index % 250 + 1).to_be_bytes();
    (Ipv4Addr::new(127, 0, x, y), port).into()
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let port = port::free()?;
    let _nginx = nginx_on(folder.path(), port, NAME)?;
    let list: String = (0..ADDRESSES).map(|index| format!("{}\n", address(index, port))).collect();
    std::fs::write(folder.path().join("list"), list)?;
    let binary = std::path::absolute(binary()?)?;
    let (mut bare, mut checks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_loop(port)?);
        checks.push(check(&binary, folder.path())?);
    }
    let memory = checks.iter().map(|ran| ran.memory).max().unwrap_or(0);
    let rate = |took: Duration| ADDRESSES as f64 / took.as_secs_f64();
    let bare = rate(median(bare));
    let check = rate(median(checks.into_iter().map(|ran| ran.took).collect()));
    report(&format!("bare rustls loop   {bare:8.0} handshakes/s"));
    report(&format!("notafter check     {check:8.0} handshakes/s, judged and written"));
    report(&format!("ratio              {:8.2}  (goal: at least 0.80)", check / bare));
    report(&format!("memory             {:8.1}  MB at most (goal: at most 100)", memory as f64 / 1e6));
    report(&format!("load average       {:>8}", load()));
    Ok(())
}

fn check(binary: &Path, folder: &Path) -> Result<Ran> {
    let mut command = Command::new(binary);
    command.current_dir(folder).args(["check", "--format", "jsonl", "--trust", "root.pem", "--sni", NAME]);
    // The root of this run is valid for centuries, so is the leaf.
    command.args(["--concurrency", &CONCURRENCY.to_string(), "--file", "list"]);
    let output = folder.join("results");
    let ran = run(&mut command, &output)?;
    let results = std::fs::read_to_string(&output)?;
    let good = results.lines().filter(|line| line.contains("\"possession\":\"proven\"")).count();
    if good != ADDRESSES || ran.code != Some(0) {
        return Err(format!("{good} of {ADDRESSES} addresses were seen; exit code {:?}", ran.code).into());
    }
    Ok(ran)
}

/// The same handshakes, with nothing beside them.
fn bare_loop(port: u16) -> Result<Duration> {
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519];
    // As `check` offers it: both sides of every handshake take the same suite.
    provider.cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Nobody))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from(NAME)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let begun = Instant::now();
    runtime.block_on(async {
        let mut running = JoinSet::new();
        for index in 0..ADDRESSES {
            if running.len() >= CONCURRENCY {
                running.join_next().await.transpose()?.transpose()?;
            }
            let (connector, name) = (connector.clone(), name.clone());
            running.spawn(async move {
                let stream = TcpStream::connect(address(index, port)).await?;
                stream.set_nodelay(true)?;
                connector.connect(name, stream).await.map(drop)
            });
        }
        while let Some(one) = running.join_next().await {
            one??;
        }
        Result::Ok(())
    })?;
    Ok(begun.elapsed())
}

/// Believes everything and checks nothing.
#[derive(Debug)]
struct Nobody;

impl ServerCertVerifier for Nobody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider: CryptoProvider = aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}
