//! A client and a CA in one process, on a clock of their own.

use std::collections::HashMap;
use std::mem::take;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use notafter_acme::challenge::Kind;
use notafter_acme::client::account::{AccountFlow, Registered, Wanted};
use notafter_acme::client::order::{self, Account, Issued, OrderFlow, Wish};
use notafter_acme::client::{Body, Call, Do, Miss, Nonces, Reply, SignWith};
use notafter_acme::jose::Jwk;
use notafter_acme::message::Directory;
use notafter_acme::problem::Problem;
use notafter_acme::server::fault::{Misbehaving, Planned};
use notafter_acme::server::{Ca, Effect, Issue, Request, RequestKind, Settings, Validate};
use notafter_acme::{Answer, Failure};
use notafter_cert::{Identifier, KeySpec, Span, Time};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData,
    SignatureAlgorithm,
};

pub(crate) const BASE: &str = "https://ca.example:14000";

/// An account key.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn jwk(&self) -> Jwk {
        let point = self.0.public_key().as_ref().to_vec();
        Jwk::P256 { x: point[1..33].to_vec(), y: point[33..].to_vec() }
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec()
    }
}

/// Issues what the CA decided to issue, below two roots.
struct Issuer {
    chains: Vec<CertifiedIssuer<'static, KeyPair>>,
}

impl Issuer {
    fn new() -> Self {
        Self { chains: ["Root One", "Root Two"].map(issuer).into() }
    }

    fn issue(&self, issue: &Issue) -> Vec<Vec<Vec<u8>>> {
        let request = notafter_cert::csr::Request::parse(&issue.csr).unwrap();
        let key = RequestKey::of(&request.key.spki_der, request.key.spec().unwrap());
        let names = issue.identifiers.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = (issue.at - Span::hours(1)).calendar().unwrap();
        params.not_after = (issue.at + issue.lifetime).calendar().unwrap();
        params.use_authority_key_identifier_extension = true;
        let one = |issuer: &CertifiedIssuer<'static, KeyPair>| {
            let leaf = params.clone().signed_by(&key, issuer).unwrap();
            vec![leaf.der().to_vec(), issuer.der().to_vec()]
        };
        self.chains.iter().map(one).collect()
    }
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// The public key of a CSR.
struct RequestKey {
    bits: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl RequestKey {
    fn of(spki: &[u8], spec: KeySpec) -> Self {
        assert_eq!(spec, KeySpec::EcdsaP256);
        // SubjectPublicKeyInfo of P-256: 26 bytes of header, then the point.
        Self { bits: spki[26..].to_vec(), algorithm: &rcgen::PKCS_ECDSA_P256_SHA256 }
    }
}

impl PublicKeyData for RequestKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// Where a run is to be interrupted: after this many durable steps.
pub(crate) type CrashAt = Vec<usize>;

pub(crate) struct Stage {
    pub(crate) server: Misbehaving,
    pub(crate) now: Time,
    pub(crate) key: Key,
    pub(crate) next_key: Option<Key>,
    pub(crate) certificate_key: Key,
    /// Names whose challenges are answered wrongly.
    pub(crate) dead_names: Vec<Identifier>,
    /// Whether the flow is told, once, that the CA fetched every answer.
    pub(crate) tells_of_fetches: bool,
    /// What the CA takes to validate what it fetched.
    pub(crate) validates_within: Span,
    validating: Vec<(Time, Validate)>,
    nonces: Option<Nonces>,
    presented: HashMap<String, String>,
    issuer: Issuer,
    requests: u64,
    pub(crate) waited: Vec<Span>,
}

impl Stage {
    pub(crate) fn new(settings: impl FnOnce(&mut Settings)) -> Self {
        let mut at = Settings::at(BASE);
        settings(&mut at);
        Self {
            server: Misbehaving::new(Ca::new(at, [7; 16])),
            now: "2026-11-22T07:00:00Z".parse().unwrap(),
            key: Key::new(),
            next_key: None,
            certificate_key: Key::new(),
            dead_names: Vec::new(),
            tells_of_fetches: false,
            validates_within: Span::ZERO,
            validating: Vec::new(),
            nonces: None,
            presented: HashMap::new(),
            issuer: Issuer::new(),
            requests: 0,
            waited: Vec::new(),
        }
    }

    pub(crate) fn plan(&mut self, planned: Planned) {
        self.server.plan(planned);
    }

    pub(crate) fn directory(&mut self) -> Directory {
        let answer = self.exchange("GET", &format!("{BASE}/directory"), None).unwrap();
        Directory::read(&format!("{BASE}/directory"), &answer).unwrap()
    }

    pub(crate) fn send(&mut self, call: &Call) -> Reply {
        if call.body == Body::Get {
            return self.exchange("GET", &call.url, None);
        }
        let key = match call.sign_with {
            SignWith::AccountJwk | SignWith::AccountKid(_) => self.key.jwk(),
            SignWith::NextAccountJwk => self.next_key.as_ref().unwrap().jwk(),
            SignWith::CertificateKey => self.certificate_key.jwk(),
        };
        for _ in 0..20 {
            let nonce = self.nonce()?;
            let input = call.signing_input(&key, &nonce).unwrap();
            let signer = match call.sign_with {
                SignWith::AccountJwk | SignWith::AccountKid(_) => &self.key,
                SignWith::NextAccountJwk => self.next_key.as_ref().unwrap(),
                SignWith::CertificateKey => &self.certificate_key,
            };
            let jws = input.assemble(&signer.sign(&input.bytes())).to_string();
            let answer = self.exchange("POST", &call.url, Some(jws))?;
            self.nonces.as_mut().unwrap().learn(&answer);
            if !Nonces::rejected(&answer) {
                return Ok(answer);
            }
        }
        panic!("twenty nonces in a row were rejected");
    }

    fn nonce(&mut self) -> Result<String, Miss> {
        if self.nonces.is_none() {
            self.nonces = Some(Nonces::of(&self.directory()));
        }
        let nonces = self.nonces.as_mut().unwrap();
        match nonces.take() {
            Some(nonce) => Ok(nonce),
            None => {
                let source = nonces.source().to_owned();
                let answer = self.exchange("HEAD", &source, None)?;
                Ok(answer.nonce().unwrap().to_owned())
            }
        }
    }

    fn exchange(&mut self, method: &str, url: &str, body: Option<String>) -> Reply {
        let path = url.strip_prefix(BASE).unwrap_or_else(|| panic!("{url} is not the CA's")).to_owned();
        self.requests += 1;
        self.now = self.now + Span::millis(20);
        let request = Request {
            method: method.to_owned(),
            path,
            content_type: body.as_ref().map(|_| "application/jose+json".to_owned()),
            body: body.unwrap_or_default().into_bytes(),
        };
        let now = self.now;
        for (_, look) in self.validating.extract_if(.., |(due, _)| *due <= now).collect::<Vec<_>>() {
            self.validate(&look);
        }
        let mut random = [0; 16];
        random[..8].copy_from_slice(&self.requests.to_be_bytes());
        let outcome = self.server.handle(&request, self.now, random);
        for effect in outcome.effects {
            match effect {
                Effect::Issue(issue) => {
                    let chains = self.issuer.issue(&issue);
                    self.server.ca.issued(issue.order, chains);
                }
                Effect::Validate(look) if self.validates_within == Span::ZERO => self.validate(&look),
                Effect::Validate(look) => self.validating.push((self.now + self.validates_within, look)),
            }
        }
        let response = outcome
            .response
            .ok_or_else(|| Miss::outcome_unknown("the connection closed without an answer"))?;
        Ok(Answer {
            status: response.status,
            headers: response.headers,
            body: response.body,
            received_at: self.now,
        })
    }

    fn validate(&mut self, look: &Validate) {
        let seen = self.presented.get(&look.challenge.token);
        let dead = self.dead_names.contains(&look.challenge.identifier);
        let right = !dead && seen == Some(&look.challenge.key_authorization);
        let problem = (!right).then(|| Problem {
            kind: "urn:ietf:params:acme:error:unauthorized".to_owned(),
            detail: format!("no such answer at {}", look.challenge.identifier),
            status: Some(403),
            subproblems: Vec::new(),
        });
        self.server.ca.validated(look.authorization, look.index, problem, self.now);
    }

    pub(crate) fn register(&mut self) -> Registered {
        let directory = self.directory();
        let mut flow = AccountFlow::begin(&directory, wanted()).unwrap();
        loop {
            match flow.next(self.now) {
                Do::Send(call) => {
                    let reply = self.send(&call);
                    flow.take(reply, self.now);
                }
                Do::Wait(wait) => self.now = wait.until,
                Do::Done(account) => return account,
                Do::Failed(failure) => panic!("{failure}"),
            }
        }
    }

    pub(crate) fn account(&mut self) -> Account {
        let registered = self.register();
        Account { url: registered.url, orders: registered.orders, thumbprint: self.key.jwk().thumbprint() }
    }

    pub(crate) fn begin(&mut self, wish: Wish) -> OrderFlow {
        let (directory, account) = (self.directory(), self.account());
        OrderFlow::begin(&directory, account, wish, self.now).unwrap()
    }

    /// Drives an order to its end as the engine does; dies after each of the given durable steps and comes back with what
    /// was stored.
    pub(crate) fn drive(
        &mut self,
        mut flow: OrderFlow,
        crash_at: &CrashAt,
    ) -> (OrderFlow, Result<Issued, Failure>) {
        let mut stored = serde_json::to_string(&flow).unwrap();
        let mut steps = 0;
        let mut dies = |stored: &str, presented: &mut HashMap<String, String>, now: Time| {
            steps += 1;
            crash_at.contains(&steps).then(|| {
                presented.clear();
                let mut flow: OrderFlow = serde_json::from_str(stored).unwrap();
                flow.resume(now);
                flow
            })
        };
        for _ in 0..2000 {
            match flow.next(self.now) {
                order::Do::Send(call) => {
                    stored = serde_json::to_string(&flow).unwrap();
                    if let Some(again) = dies(&stored, &mut self.presented, self.now) {
                        flow = again;
                        continue;
                    }
                    let reply = self.send(&call);
                    if let Some(again) = dies(&stored, &mut self.presented, self.now) {
                        flow = again;
                        continue;
                    }
                    flow.take(reply, self.now);
                    stored = serde_json::to_string(&flow).unwrap();
                }
                order::Do::Wait(wait) => {
                    assert!(wait.until > self.now);
                    if wait.why == "waiting for the CA to validate" && take(&mut self.tells_of_fetches) {
                        flow.fetched();
                        continue;
                    }
                    self.waited.push(wait.until.since(self.now));
                    self.now = wait.until;
                }
                order::Do::Present(challenges) => {
                    for challenge in challenges {
                        self.presented.insert(challenge.token.clone(), challenge.key_authorization.clone());
                    }
                    flow.presented(self.now);
                }
                order::Do::Done(issued) => return (flow, Ok(issued)),
                order::Do::Failed(failure) => return (flow, Err(failure)),
            }
            if let Some(again) = dies(&stored, &mut self.presented, self.now) {
                flow = again;
            }
        }
        panic!("the order never ends: {stored}");
    }

    pub(crate) fn order(&mut self, names: &[&str]) -> (OrderFlow, Result<Issued, Failure>) {
        let flow = self.begin(wish(names));
        self.drive(flow, &Vec::new())
    }

    /// How many requests of a kind the CA acted upon.
    pub(crate) fn acted(&self, kind: RequestKind) -> usize {
        self.server.log().iter().filter(|logged| logged.kind == kind && logged.acted).count()
    }
}

pub(crate) fn wanted() -> Wanted {
    Wanted { contact: vec!["mailto:ops@shop.example".to_owned()], terms_agreed: true, external_account: None }
}

pub(crate) fn wish(names: &[&str]) -> Wish {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    Wish {
        identifiers: names.iter().map(|name| name.parse().unwrap()).collect(),
        csr: params.serialize_request(&key).unwrap().der().to_vec(),
        profile: None,
        replaces: None,
        preferred_chain: None,
        kinds: vec![Kind::Http01],
        other_orders: Vec::new(),
    }
}

pub(crate) fn remarks(flow: &OrderFlow) -> Vec<&str> {
    flow.remarks().iter().map(|remark| remark.text.as_str()).collect()
}
