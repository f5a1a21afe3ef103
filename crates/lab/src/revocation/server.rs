//! A responder and a place for CRLs, which do as they are told: well, badly, or not at all.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::revocation::Reason;
use notafter_cert::x509::ocsp::OcspRequestAnatomy;
use notafter_cert::{Time, base64};
use notafter_net::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Revoked, Signer, Window, refusal};
use crate::authority::StageError;

/// What the next questions are answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// What is so.
    Well,
    /// The same; answers by a responder to whom the CA gave that right.
    Delegated,
    /// The same as of days ago.
    OutOfDate,
    /// Signed with another key.
    WrongKey,
    /// About another certificate; CRLs are the CA's all the same.
    OtherCertificate,
    /// Octets that mean nothing.
    Garbage,
    /// That it has no time now; CRLs with status 503.
    Busy,
    /// To GET by this status, to POST as it should.
    PostOnly(u16),
    /// Elsewhere.
    Redirect(String),
    /// Nothing, ever.
    Silent,
    /// A CRL that has begun and never ends; answers, too.
    Endless,
    /// What is so, in a CRL with so many others in it.
    Huge(u32),
}

/// A question that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its method.
    pub method: String,
    /// What was asked for.
    pub path: String,
}

/// A running server; it ends when dropped.
pub struct StatusServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    signer: Signer,
    clock: Clock,
    told: Mutex<Told>,
}

struct Told {
    manner: Manner,
    revoked: Vec<Revoked>,
    asked: Vec<Question>,
}

/// Where CRLs are; everything else is a question of OCSP.
const LIST: &str = "/list.crl";
/// Longer questions are nobody's.
const LONGEST: usize = 16 * 1024;

impl StatusServer {
    /// Tells of the certificates of this CA; all are good until something else is said.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(address: SocketAddr, signer: Signer, clock: Clock) -> Result<Self, StageError> {
        let listener = TcpListener::bind(address).await?;
        let told = Told { manner: Manner::Well, revoked: Vec::new(), asked: Vec::new() };
        let shared = Arc::new(Shared { signer, clock, told: Mutex::new(told) });
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is asked.
    #[must_use]
    pub fn ocsp_url(&self) -> String {
        format!("http://{}/ocsp", self.address)
    }

    /// Where its CRL is.
    #[must_use]
    pub fn crl_url(&self) -> String {
        format!("http://{}{LIST}", self.address)
    }

    /// From now on this certificate is revoked.
    pub fn revoke(&self, certificate: &[u8], at: Time, reason: Option<Reason>) {
        self.shared.told().revoked.push(Revoked::of(certificate, at, reason));
    }

    /// Changes how the next questions are answered.
    pub fn behave(&self, manner: Manner) {
        self.shared.told().manner = manner;
    }

    /// What was asked, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Question> {
        self.shared.told().asked.clone()
    }
}

impl Drop for StatusServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A peer that goes away in the middle is its own affair.
            drop(serve(stream, &shared).await);
        });
    }
}

/// One question a connection.
async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let Some((question, body)) = question(&mut stream).await? else { return Ok(()) };
    let (manner, revoked) = {
        let mut told = shared.told();
        told.asked.push(question.clone());
        (told.manner.clone(), told.revoked.clone())
    };
    match &manner {
        Manner::Silent => std::future::pending().await,
        Manner::Redirect(to) => {
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            return stream.write_all(head.as_bytes()).await;
        }
        Manner::PostOnly(status) if question.method == "GET" && question.path != LIST => {
            return answer(&mut stream, *status, &[]).await;
        }
        Manner::Busy if question.path == LIST => return answer(&mut stream, 503, &[]).await,
        Manner::Endless => return endless(&mut stream, &shared.signer, shared.clock.now()).await,
        _ => {}
    }
    let octets = if question.path == LIST {
        list(shared, &manner, &revoked)
    } else {
        asked(&question, body).map_or_else(|| Ok(refusal(1)), |asked| told(shared, &manner, &revoked, &asked))
    };
    match octets {
        Ok(octets) => answer(&mut stream, 200, &octets).await,
        Err(fault) => answer(&mut stream, 500, fault.to_string().as_bytes()).await,
    }
}

/// The head of a request, and its body.
async fn question(stream: &mut TcpStream) -> std::io::Result<Option<(Question, Vec<u8>)>> {
    let mut octets = Vec::new();
    let head = loop {
        if let Some(end) = octets.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).await?;
        if count == 0 || octets.len() > LONGEST {
            return Ok(None);
        }
        octets.extend_from_slice(&piece[..count]);
    };
    let mut body = octets.split_off(head);
    let text = String::from_utf8_lossy(&octets).into_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    let missing = length.unwrap_or_default().min(LONGEST).saturating_sub(body.len());
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).await?;
    body.extend(rest);
    let mut words = text.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Ok(Some((Question { method: method.to_owned(), path: path.to_owned() }, body)))
}

async fn answer(stream: &mut TcpStream, status: u16, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Told\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

/// Entries without end.
async fn endless(stream: &mut TcpStream, signer: &Signer, now: Time) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
    stream.write_all(&signer.endless_list(Window::around(now))).await?;
    let entry = super::entry(&Revoked { serial: vec![1, 1, 1], at: now, reason: None });
    let many = entry.repeat(1000);
    loop {
        stream.write_all(&many).await?;
    }
}

/// The octets of a request of OCSP: in the path, or in the body (RFC 6960 appendix A.1).
fn asked(question: &Question, body: Vec<u8>) -> Option<Vec<u8>> {
    if question.method == "POST" {
        return Some(body);
    }
    let text = question.path.strip_prefix("/ocsp/")?;
    base64::decode(&text.replace("%2B", "+").replace("%2F", "/").replace("%3D", "="))
}

fn told(shared: &Shared, manner: &Manner, revoked: &[Revoked], asked: &[u8]) -> Result<Vec<u8>, StageError> {
    let read = OcspRequestAnatomy::of(asked);
    let single = read.requests.as_ref().ok().and_then(|all| all.first()).and_then(|one| one.as_ref().ok());
    let Some(single) = single else { return Ok(refusal(1)) };
    let (id, serial) = (single.certificate.element.whole, single.certificate.serial.bytes());
    let revoked = revoked.iter().find(|one| one.serial == serial);
    let now = shared.clock.now();
    let signer = &shared.signer;
    match manner {
        Manner::Garbage => Ok(b"no answer at all".to_vec()),
        Manner::Busy => Ok(refusal(3)),
        Manner::Delegated => signer.delegated(id, revoked, Window::around(now)),
        Manner::OutOfDate => signer.answer(id, revoked, Window::before(now)),
        Manner::WrongKey => signer.impostor()?.answer(id, revoked, Window::around(now)),
        Manner::OtherCertificate => {
            let other = signer.identity(&signer.certificate)?;
            signer.answer(&other, None, Window::around(now))
        }
        _ => signer.answer(id, revoked, Window::around(now)),
    }
}

fn list(shared: &Shared, manner: &Manner, revoked: &[Revoked]) -> Result<Vec<u8>, StageError> {
    let now = shared.clock.now();
    let signer = &shared.signer;
    match manner {
        Manner::Garbage => Ok(b"no list at all".to_vec()),
        Manner::OutOfDate => signer.list(revoked, 0, Window::before(now)),
        Manner::WrongKey => signer.impostor()?.list(revoked, 0, Window::around(now)),
        Manner::Huge(more) => signer.list(revoked, *more, Window::around(now)),
        _ => signer.list(revoked, 0, Window::around(now)),
    }
}
