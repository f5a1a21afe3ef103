//! `notafter check` of 5,000 loopback addresses on one nginx, against a bare rustls handshake loop that verifies and
//! judges nothing, at the same concurrency.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use notafter_bench::{Nginx, Ran, Result, binary, run};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
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
    let port = TcpListener::bind("0.0.0.0:0")?.local_addr()?.port();
    let _nginx = serve(folder.path(), port)?;
    let list: String = (0..ADDRESSES).map(|index| format!("{}\n", address(index, port))).collect();
    std::fs::write(folder.path().join("list"), list)?;
    let binary = binary()?;
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
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a comparison is there to be read")]
fn report(line: &str) {
    println!("{line}");
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

/// One nginx with an ECDSA P-256 certificate and TLS 1.3 on every loopback address.
fn serve(folder: &Path, port: u16) -> Result<Nginx> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Bench root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new([NAME.to_owned()])?.signed_by(&key, &root)?;
    std::fs::write(folder.join("root.pem"), root.pem())?;
    std::fs::write(folder.join("leaf.pem"), leaf.pem())?;
    std::fs::write(folder.join("leaf.key"), key.serialize_pem())?;
    let config = format!(
        "worker_processes 2;\nuser root;\npid nginx.pid;\nerror_log error.log crit;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n access_log off;\n client_body_temp_path tmp; proxy_temp_path tmp;\n \
         fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;\n \
         server {{ listen {port} ssl backlog=4096; ssl_protocols TLSv1.3;\n \
         ssl_certificate leaf.pem; ssl_certificate_key leaf.key; return 204; }}\n}}\n"
    );
    Nginx::start(folder, &config)
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
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
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
