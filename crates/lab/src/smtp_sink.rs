//! A mail server on loopback (RFC 5321) that keeps what it takes, or misbehaves as told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Identity, StageError};
use crate::tls_server::configure;

/// How the server protects the connection and who may send.
#[derive(Clone, Default)]
pub struct Options {
    /// Whom it claims to be; without an identity it speaks no TLS.
    pub identity: Option<Identity>,
    /// TLS from the first byte instead of STARTTLS.
    pub implicit_tls: bool,
    /// User and password that must be given before mail is taken.
    pub credentials: Option<(String, String)>,
}

/// What the server does with mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes it and keeps it.
    Keep,
    /// Says that it took it, and drops it.
    AcceptAndDrop,
    /// Asks to come again later (451).
    Defer,
    /// Refuses the recipient for good (550).
    Refuse,
    /// Refuses whoever sends, for good (550).
    RefuseSender,
    /// Takes the connection and never says a word.
    Hang,
    /// Closes the connection after the message's text, before answering.
    CloseAfterData,
}

/// One message that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Header and text as sent, dots unstuffed.
    pub text: String,
    /// Whether it came over TLS.
    pub over_tls: bool,
    /// Who sent it, where somebody logged in.
    pub user: Option<String>,
}

impl Mail {
    /// A header's value, unfolded; the first of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// The text below the header, quoted-printable undone (RFC 2045 section 6.7).
    #[must_use]
    pub fn body(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match self.header("Content-Transfer-Encoding").as_deref() {
            Some("quoted-printable") => unquote(body),
            _ => body.replace("\r\n", "\n"),
        }
    }
}

/// A running server; it ends when dropped.
pub struct SmtpSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Takes connections; nothing while it is away.
    task: Mutex<Option<JoinHandle<()>>>,
    /// Keeps the port while it is away: bound, not listening.
    shut: Mutex<Option<TcpSocket>>,
}

struct Shared {
    options: Options,
    tls: Option<Arc<ServerConfig>>,
    behaviour: Mutex<Behaviour>,
    taken: watch::Sender<Vec<Mail>>,
    dropped: watch::Sender<usize>,
}

impl SmtpSink {
    /// Starts on this address (port 0 picks one).
    ///
    /// # Errors
    /// The address cannot be bound, or the identity is no pair.
    pub async fn start(address: SocketAddr, options: Options) -> Result<Self, StageError> {
        let listener = TcpListener::bind(address).await?;
        let tls = match &options.identity {
            Some(identity) => Some(configure(&identity.chain, &identity.key)?),
            None => None,
        };
        let shared = Arc::new(Shared {
            options,
            tls,
            behaviour: Mutex::new(Behaviour::Keep),
            taken: watch::Sender::new(Vec::new()),
            dropped: watch::Sender::new(0),
        });
        let address = listener.local_addr()?;
        let task = Mutex::new(Some(tokio::spawn(accept(listener, Arc::clone(&shared)))));
        Ok(Self { address, shared, task, shut: Mutex::default() })
    }

    /// Goes away: connections are refused until [`Self::come_back`].
    ///
    /// # Errors
    /// Another took the port.
    pub async fn go_away(&self) -> Result<(), StageError> {
        let Some(task) = locked(&self.task).take() else { return Ok(()) };
        task.abort();
        // It ends by being aborted; then nobody listens any more.
        drop(task.await);
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        *locked(&self.shut) = Some(socket);
        Ok(())
    }

    /// Takes connections again.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn come_back(&self) -> Result<(), StageError> {
        if let Some(socket) = locked(&self.shut).take() {
            let listener = socket.listen(64)?;
            *locked(&self.task) = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
        }
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does with the next command.
    pub fn behave(&self, behaviour: Behaviour) {
        *locked(&self.shared.behaviour) = behaviour;
    }

    /// What was kept, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.taken.borrow().clone()
    }

    /// How many messages were accepted and dropped.
    #[must_use]
    pub fn dropped(&self) -> usize {
        *self.shared.dropped.borrow()
    }

    /// Waits until at least this many messages were kept; the caller bounds the wait.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        let mut taken = self.shared.taken.subscribe();
        // The sender lives as long as this sink: the wait cannot end early.
        drop(taken.wait_for(|mails| mails.len() >= count).await);
        self.mails()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        if let Some(task) = locked(&self.task).take() {
            task.abort();
        }
    }
}

fn locked<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn behaviour(&self) -> Behaviour {
        *locked(&self.behaviour)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A peer that goes away in the middle is its own affair.
            drop(converse(stream, &shared).await);
        });
    }
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let acceptor = shared.tls.clone().map(TlsAcceptor::from);
    let mut session = match acceptor.filter(|_| shared.options.implicit_tls) {
        Some(acceptor) => Session::over(Box::new(acceptor.accept(stream).await?), true),
        None => Session::over(Box::new(stream), false),
    };
    if shared.behaviour() == Behaviour::Hang {
        while session.line().await?.is_some() {}
        return Ok(());
    }
    session.say("220 sink.lab.example ESMTP").await?;
    while let Some(line) = session.line().await? {
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "STARTTLS" => session = session.start_tls(shared).await?,
            "DATA" if session.data(shared).await? => return Ok(()),
            "DATA" => {}
            "QUIT" => return session.say("221 2.0.0 bye").await,
            "AUTH" => session.authenticate(rest, shared).await?,
            verb => {
                let answer = session.answer(verb, rest, shared);
                session.say(&answer).await?;
            }
        }
    }
    Ok(())
}

struct Session {
    stream: BufReader<Box<dyn Wire>>,
    over_tls: bool,
    user: Option<String>,
    from: String,
    to: Vec<String>,
}

impl Session {
    fn over(stream: Box<dyn Wire>, over_tls: bool) -> Self {
        Self { stream: BufReader::new(stream), over_tls, user: None, from: String::new(), to: Vec::new() }
    }

    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut bytes = Vec::new();
        if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn start_tls(mut self, shared: &Shared) -> std::io::Result<Self> {
        let Some(tls) = shared.tls.clone().filter(|_| !self.over_tls) else {
            self.say("502 5.5.1 no STARTTLS here").await?;
            return Ok(self);
        };
        self.say("220 2.0.0 go ahead").await?;
        let stream = TlsAcceptor::from(tls).accept(self.stream.into_inner()).await?;
        Ok(Self::over(Box::new(stream), true))
    }

    fn answer(&mut self, verb: &str, rest: &str, shared: &Shared) -> String {
        match verb {
            "EHLO" => self.greet(shared),
            "HELO" | "NOOP" => "250 2.0.0 ok".to_owned(),
            "RSET" => {
                (self.from, self.to) = (String::new(), Vec::new());
                "250 2.0.0 ok".to_owned()
            }
            "MAIL" if shared.options.credentials.is_some() && self.user.is_none() => {
                "530 5.7.0 authentication required".to_owned()
            }
            "MAIL" if shared.behaviour() == Behaviour::RefuseSender => {
                "550 5.1.8 sender address rejected".to_owned()
            }
            "MAIL" => {
                self.from = address(rest);
                "250 2.1.0 ok".to_owned()
            }
            "RCPT" if shared.behaviour() == Behaviour::Defer => "451 4.3.0 try again later".to_owned(),
            "RCPT" if shared.behaviour() == Behaviour::Refuse => "550 5.1.1 no such mailbox".to_owned(),
            "RCPT" => {
                self.to.push(address(rest));
                "250 2.1.5 ok".to_owned()
            }
            _ => "500 5.5.2 not understood".to_owned(),
        }
    }

    fn greet(&self, shared: &Shared) -> String {
        let mut lines = vec!["sink.lab.example", "8BITMIME"];
        if shared.tls.is_some() && !self.over_tls {
            lines.push("STARTTLS");
        }
        if shared.options.credentials.is_some() {
            lines.push("AUTH PLAIN LOGIN");
        }
        let last = lines.len() - 1;
        let parts = lines.iter().enumerate().map(|(index, line)| {
            let mark = if index == last { ' ' } else { '-' };
            format!("250{mark}{line}")
        });
        parts.collect::<Vec<_>>().join("\r\n")
    }

    /// PLAIN with an initial response (RFC 4954, RFC 4616), or LOGIN.
    async fn authenticate(&mut self, rest: &str, shared: &Shared) -> std::io::Result<()> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = if mechanism.eq_ignore_ascii_case("LOGIN") {
            let user = self.challenge("334 VXNlcm5hbWU6").await?;
            Some((user, self.challenge("334 UGFzc3dvcmQ6").await?))
        } else {
            let initial = match initial {
                "" => self.challenge("334 ").await?,
                given => decode(given),
            };
            let mut parts = initial.split('\0').skip(1).map(str::to_owned);
            parts.next().zip(parts.next())
        };
        if given.is_some() && given == shared.options.credentials {
            self.user = given.map(|(user, _)| user);
            return self.say("235 2.7.0 welcome").await;
        }
        self.say("535 5.7.8 wrong user or password").await
    }

    async fn challenge(&mut self, text: &str) -> std::io::Result<String> {
        self.say(text).await?;
        Ok(decode(&self.line().await?.unwrap_or_default()))
    }

    /// Takes the text; answers whether the connection is over.
    async fn data(&mut self, shared: &Shared) -> std::io::Result<bool> {
        if self.to.is_empty() {
            self.say("503 5.5.1 nobody to send it to").await?;
            return Ok(false);
        }
        self.say("354 go on").await?;
        let mut text = String::new();
        while let Some(line) = self.line().await?.filter(|line| line != ".") {
            text += line.strip_prefix('.').unwrap_or(&line);
            text += "\r\n";
        }
        let mail = Mail {
            from: std::mem::take(&mut self.from),
            to: std::mem::take(&mut self.to),
            text,
            over_tls: self.over_tls,
            user: self.user.clone(),
        };
        match shared.behaviour() {
            Behaviour::CloseAfterData => return Ok(true),
            Behaviour::AcceptAndDrop => shared.dropped.send_modify(|count| *count += 1),
            _ => shared.taken.send_modify(|mails| mails.push(mail)),
        }
        self.say("250 2.0.0 queued").await?;
        Ok(false)
    }
}

/// `FROM:<ops@example> SIZE=3` to `ops@example`.
fn address(rest: &str) -> String {
    let inside = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(rest, |(address, _)| address).to_owned()
}

fn decode(text: &str) -> String {
    STANDARD.decode(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn unquote(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| *first == b'=').and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
