//! The bare client: the requests of one issuance, one after the other, over one connection. It stores nothing, looks at
//! nothing, and mends nothing: whatever is not as expected ends it.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use crate::Result;

/// Between two looks at something that the CA has not finished.
const PAUSES: [u64; 6] = [20, 50, 100, 200, 500, 1000];

/// The account, as it is handed from one process to the next.
pub struct Account {
    /// Its key.
    pub pkcs8: Vec<u8>,
    /// Its URL.
    pub url: String,
}

/// Makes an account.
///
/// # Errors
/// When the CA does not play along.
pub async fn register(directory: &str, root_pem: &str) -> Result<Account> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
    let mut client = Client::connect(directory, root_pem, pkcs8.as_ref(), None).await?;
    let url = client.url("newAccount")?;
    let answer = client.post(&url, &json!({ "termsOfServiceAgreed": true })).await?;
    let url = answer.location.ok_or("newAccount without a location")?;
    Ok(Account { pkcs8: pkcs8.as_ref().to_vec(), url })
}

/// Gets one certificate for `name`, answering http-01 at `port`.
///
/// # Errors
/// When the CA does not play along.
pub async fn issue(
    directory: &str,
    root_pem: &str,
    account: &Account,
    name: &str,
    port: u16,
) -> Result<String> {
    let mut client = Client::connect(directory, root_pem, &account.pkcs8, Some(&account.url)).await?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    let csr = URL_SAFE_NO_PAD.encode(params.serialize_request(&key)?.der());

    let new_order = client.url("newOrder")?;
    let order =
        client.post(&new_order, &json!({ "identifiers": [{ "type": "dns", "value": name }] })).await?;
    let order_url = order.location.clone().ok_or("newOrder without a location")?;
    let authorization_url = text(&order.json()?, "/authorizations/0")?;
    let authorization = client.read(&authorization_url).await?.json()?;
    let challenges = authorization["challenges"].as_array().ok_or("no challenges")?;
    let challenge = challenges.iter().find(|one| one["type"] == "http-01").ok_or("no http-01")?;
    let answering =
        answer_at(port, format!("{}.{}", text(challenge, "/token")?, client.thumbprint())).await?;
    client.post(&text(challenge, "/url")?, &json!({})).await?;
    client.wait(&authorization_url, "valid").await?;
    answering.abort();
    let finalized = client.post(&text(&order.json()?, "/finalize")?, &json!({ "csr": csr })).await?.json()?;
    let done =
        if finalized["status"] == "valid" { finalized } else { client.wait(&order_url, "valid").await? };
    let chain = client.read(&text(&done, "/certificate")?).await?;
    Ok(String::from_utf8(chain.body.to_vec())?)
}

/// Answers every question with the key authorization.
async fn answer_at(port: u16, key_authorization: String) -> Result<tokio::task::JoinHandle<()>> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let body = key_authorization.clone();
            let service = service_fn(move |_| {
                let response = Response::new(Full::new(Bytes::from(body.clone())));
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // Whoever hangs up has what it wanted.
            drop(connection.await);
        }
    }))
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no {pointer} in {value}"))?.to_owned())
}

struct Answer {
    location: Option<String>,
    retry_after: Option<u64>,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

struct Client {
    connection: SendRequest<Full<Bytes>>,
    host: String,
    directory: Value,
    key: EcdsaKeyPair,
    account: Option<String>,
    nonce: Option<String>,
}

impl Client {
    async fn connect(directory: &str, root_pem: &str, pkcs8: &[u8], account: Option<&str>) -> Result<Self> {
        let host = directory.strip_prefix("https://").and_then(|rest| rest.split('/').next());
        let host = host.ok_or("the directory is no https URL")?.to_owned();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(root_pem.as_bytes())?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let server = host.rsplit_once(':').map_or(host.as_str(), |(address, _)| address).to_owned();
        let stream =
            TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(server)?, stream).await?;
        let (connection, driving) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driving);
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)?;
        let account = account.map(str::to_owned);
        let mut client = Self { connection, host, directory: Value::Null, key, account, nonce: None };
        client.directory = client.send(Method::GET, directory, Bytes::new()).await?.json()?;
        let new_nonce = client.url("newNonce")?;
        client.send(Method::HEAD, &new_nonce, Bytes::new()).await?;
        Ok(client)
    }

    fn url(&self, resource: &str) -> Result<String> {
        text(&self.directory, &format!("/{resource}"))
    }

    async fn post(&mut self, url: &str, payload: &Value) -> Result<Answer> {
        let body = self.signed(url, &payload.to_string())?;
        self.send(Method::POST, url, body).await
    }

    /// POST-as-GET.
    async fn read(&mut self, url: &str) -> Result<Answer> {
        let body = self.signed(url, "")?;
        self.send(Method::POST, url, body).await
    }

    async fn wait(&mut self, url: &str, wanted: &str) -> Result<Value> {
        let mut asked_for = None;
        for pause in PAUSES {
            tokio::time::sleep(Duration::from_millis(pause.max(asked_for.unwrap_or(0) * 1000))).await;
            let answer = self.read(url).await?;
            let state = answer.json()?;
            if state["status"] == wanted {
                return Ok(state);
            }
            asked_for = answer.retry_after;
        }
        Err(format!("{url} is not {wanted}").into())
    }

    fn signed(&mut self, url: &str, payload: &str) -> Result<Bytes> {
        let nonce = self.nonce.take().ok_or("no nonce")?;
        let protected = match &self.account {
            Some(kid) => json!({ "alg": "ES256", "nonce": nonce, "url": url, "kid": kid }),
            None => json!({ "alg": "ES256", "nonce": nonce, "url": url, "jwk": self.jwk() }),
        };
        let protected = URL_SAFE_NO_PAD.encode(protected.to_string());
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let input = format!("{protected}.{payload}");
        let signature = self.key.sign(&SystemRandom::new(), input.as_bytes())?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        let body = json!({ "protected": protected, "payload": payload, "signature": signature });
        Ok(Bytes::from(body.to_string()))
    }

    fn jwk(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let half =
            |range| URL_SAFE_NO_PAD.encode(point.get::<std::ops::Range<usize>>(range).unwrap_or_default());
        // In the order that thumbprints are made of (RFC 7638).
        json!({ "crv": "P-256", "kty": "EC", "x": half(1..33), "y": half(33..65) })
    }

    fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.jwk().to_string().as_bytes()))
    }

    async fn send(&mut self, method: Method, url: &str, body: Bytes) -> Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(url.strip_prefix("https://").and_then(|rest| rest.strip_prefix(&self.host)).unwrap_or(url))
            .header("host", &self.host)
            .header("user-agent", "bare")
            .header("content-type", "application/jose+json")
            .body(Full::new(body))?;
        self.connection.ready().await?;
        let response = self.connection.send_request(request).await?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(nonce) = header("replay-nonce") {
            self.nonce = Some(nonce.to_owned());
        }
        let location = header("location").map(str::to_owned);
        let retry_after = header("retry-after").and_then(|text| text.parse().ok());
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            return Err(format!("{url}: {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(Answer { location, retry_after, body })
    }
}
