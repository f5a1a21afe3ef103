//! A name server on loopback that answers every name as told (RFC 1035 section 4.1).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::authority::StageError;

/// What the next questions are answered with. No answer may be kept for later: its time to live is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Those of these addresses that are of the family asked for.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NoSuchName,
    /// The server cannot say.
    ServerFailure,
    /// No answer, ever.
    Silence,
}

/// The server; it ends with the value.
pub struct NameServer {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    serving: JoinHandle<()>,
}

impl NameServer {
    /// Answers every name with this until told otherwise.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(answer: Answer) -> Result<Self, StageError> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let answer = Arc::new(Mutex::new(answer));
        let serving = tokio::spawn(serve(socket, Arc::clone(&answer)));
        Ok(Self { address, answer, serving })
    }

    /// Where it listens (UDP).
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers this from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(socket: UdpSocket, answer: Arc<Mutex<Answer>>) {
    let mut buffer = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let now = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reply = buffer.get(..length).and_then(|question| reply(question, &now));
        if let Some(reply) = reply
            && let Err(error) = socket.send_to(&reply, from).await
        {
            tracing::debug!(%error, "whoever asked is gone");
        }
    }
}

const A: [u8; 2] = [0, 1];

/// The header and the question come back; every record points to the name in the question.
fn reply(message: &[u8], answer: &Answer) -> Option<Vec<u8>> {
    let name = message.get(12..)?.iter().position(|byte| *byte == 0)?;
    let question = message.get(..12 + name + 5)?;
    let kind = question.get(12 + name + 1..12 + name + 3)?;
    let (code, addresses) = match answer {
        Answer::Silence => return None,
        Answer::Addresses(addresses) => (0, addresses.as_slice()),
        Answer::NoSuchName => (3, &[][..]),
        Answer::ServerFailure => (2, &[][..]),
    };
    let wanted: Vec<IpAddr> =
        addresses.iter().copied().filter(|address| address.is_ipv4() == (kind == A)).collect();
    let mut reply = question.to_vec();
    reply.get_mut(2..4)?.copy_from_slice(&[0x81, 0x80 | code]);
    let count = u16::try_from(wanted.len()).ok()?.to_be_bytes();
    reply.get_mut(4..12)?.copy_from_slice(&[0, 1, count[0], count[1], 0, 0, 0, 0]);
    for address in wanted {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        reply.extend([0xc0, 12, kind[0], kind[1], 0, 1, 0, 0, 0, 0, 0, u8::try_from(bytes.len()).ok()?]);
        reply.extend(bytes);
    }
    Some(reply)
}
