//! A machine that wants certificates: keys, a courier, a web server that answers challenges.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use notafter_acme::Failure;
use notafter_acme::challenge::{Challenge, Kind};
use notafter_acme::client::Do;
use notafter_acme::client::account::{AccountFlow, Registered, Wanted};
use notafter_acme::client::order::{self, Account, Issued, OrderFlow, Wish};
use notafter_acme::message::Directory;
use notafter_cert::path::Anchors;
use notafter_cert::{KeySpec, Span};
use notafter_keys::account::AccountKey;
use notafter_keys::{PrivateKey, csr};
use notafter_net::Clock;
use notafter_net::acme::{Courier, Signers, directory};
use notafter_net::dns::Resolver;
use notafter_net::http::{Client, Options};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A web server that answers challenges; it ends when dropped.
pub(crate) struct WebServer {
    pub(crate) port: u16,
    answers: Arc<Mutex<HashMap<String, String>>>,
    task: JoinHandle<()>,
}

impl WebServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new(Mutex::new(HashMap::new()));
        let shared = Arc::clone(&answers);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
                    let server = hyper::server::conn::http1::Builder::new();
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        Self { port, answers, task }
    }

    fn present(&self, challenges: &[Challenge]) {
        let mut answers = self.answers.lock().unwrap();
        for challenge in challenges {
            answers.insert(challenge.http01_path(), challenge.key_authorization.clone());
        }
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    request: Request<Incoming>,
    answers: Arc<Mutex<HashMap<String, String>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let found = answers.lock().unwrap().get(request.uri().path()).cloned();
    let mut response = Response::new(Full::new(Bytes::from(found.clone().unwrap_or_default())));
    if found.is_none() {
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// An account at one CA.
pub(crate) struct Machine {
    pub(crate) clock: Clock,
    pub(crate) http: Client,
    pub(crate) directory: Directory,
    pub(crate) account_key: AccountKey,
    pub(crate) courier: Courier,
    pub(crate) web: WebServer,
    pub(crate) account: Option<Registered>,
    /// How many validations the CA has under way: a staged clock jumps only when there are none.
    pub(crate) validations: Option<watch::Receiver<usize>>,
}

pub(crate) fn client(root_pem: &str) -> Client {
    let trust = Trust::of(Anchors::from_pem("stage", root_pem.as_bytes()).unwrap());
    let mut options = Options::new(Resolver::system(Span::seconds(5)), AddressPolicy::Anywhere, Some(trust));
    options.within = Span::seconds(20);
    Client::new(options)
}

impl Machine {
    pub(crate) async fn new(web: WebServer, directory_url: &str, root_pem: &str, clock: Clock) -> Self {
        let http = client(root_pem);
        let directory = directory(&http, &clock, directory_url).await.unwrap();
        let account_key = AccountKey::generate().unwrap();
        let courier =
            Courier::new(http.clone(), clock.clone(), &directory, Signers::account(account_key.clone()));
        Self { clock, http, directory, account_key, courier, web, account: None, validations: None }
    }

    /// Lets time pass: a staged clock jumps, the machine's goes on by itself.
    async fn wait_until(&self, until: notafter_cert::Time) {
        if self.clock.is_staged() {
            if let Some(mut validations) = self.validations.clone() {
                validations.wait_for(|under_way| *under_way == 0).await.unwrap();
            }
            self.clock.advance_to(until);
        } else {
            self.clock.sleep_until(until).await;
        }
    }

    pub(crate) async fn register(
        &mut self,
        external_account: Option<serde_json::Value>,
    ) -> Result<Registered, Failure> {
        let contact = vec!["mailto:ops@shop.example".to_owned()];
        let wanted = Wanted { contact, terms_agreed: true, external_account };
        let mut flow = AccountFlow::begin(&self.directory, wanted)?;
        loop {
            match flow.next(self.clock.now()) {
                Do::Send(call) => {
                    let reply = self.courier.send(&call).await;
                    flow.take(reply, self.clock.now());
                }
                Do::Wait(wait) => self.wait_until(wait.until).await,
                Do::Done(account) => {
                    self.account = Some(account.clone());
                    return Ok(account);
                }
                Do::Failed(failure) => return Err(failure),
            }
        }
    }

    pub(crate) async fn begin(
        &mut self,
        key: &PrivateKey,
        names: &[&str],
        change: impl FnOnce(&mut Wish),
    ) -> OrderFlow {
        if self.account.is_none() {
            self.register(None).await.unwrap();
        }
        let registered = self.account.clone().unwrap();
        let identifiers: Vec<_> = names.iter().map(|name| name.parse().unwrap()).collect();
        let mut wish = Wish {
            csr: csr(key, &identifiers).unwrap(),
            identifiers,
            profile: None,
            replaces: None,
            preferred_chain: None,
            kinds: vec![Kind::Http01],
            other_orders: Vec::new(),
        };
        change(&mut wish);
        let account = Account {
            url: registered.url,
            orders: registered.orders,
            thumbprint: self.account_key.thumbprint(),
        };
        OrderFlow::begin(&self.directory, account, wish, self.clock.now()).unwrap()
    }

    /// Drives an order to its end; every step goes through its stored form.
    pub(crate) async fn drive(&mut self, mut flow: OrderFlow) -> (OrderFlow, Result<Issued, Failure>) {
        for _ in 0..1000 {
            flow = serde_json::from_str(&serde_json::to_string(&flow).unwrap()).unwrap();
            match flow.next(self.clock.now()) {
                order::Do::Send(call) => {
                    let reply = self.courier.send(&call).await;
                    flow.take(reply, self.clock.now());
                }
                order::Do::Wait(wait) => self.wait_until(wait.until).await,
                order::Do::Present(challenges) => {
                    self.web.present(&challenges);
                    flow.presented(self.clock.now());
                }
                order::Do::Done(issued) => return (flow, Ok(issued)),
                order::Do::Failed(failure) => return (flow, Err(failure)),
            }
        }
        panic!("the order never ends: {}", flow.standing());
    }

    pub(crate) async fn order(&mut self, names: &[&str]) -> (OrderFlow, Result<Issued, Failure>) {
        let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
        let flow = self.begin(&key, names, |_| ()).await;
        self.drive(flow).await
    }
}
