//! Whoever asks the helper.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_cert::Span;
use notafter_keys::parcel::Parcel;
use notafter_keys::serving::Slot;
use serde_json::Value;

use super::door::within;
use super::full_disk::OnFullDisk;
use super::wire::{self, Answer, Ask, Question, WireError};
use super::{HandsError, way};
use crate::deploy::{self, DeployError, Deployer, Job, Material, Meta, Named};

/// Longer than the two longest commands of a step, shorter than the lease under which it is asked.
const ANSWERS_WITHIN: Span = Span::minutes(7);

/// How deployers are reached: in this process, or through the helper.
#[derive(Default)]
pub struct Deployers {
    through: Option<Vec<Through>>,
    /// Those of a drill that plays a full disk.
    on_full_disk: Vec<OnFullDisk>,
    /// The one whose product is this process: no helper can do its steps.
    own: Option<deploy::Own>,
}

impl Deployers {
    /// Through the helper behind this socket; without one, in this process.
    #[must_use]
    pub fn through(socket: Option<PathBuf>) -> Self {
        let through = |socket: PathBuf| {
            let hands = Hands::at(socket);
            deploy::ALL.iter().map(|deployer| Through { deployer: *deployer, hands: hands.clone() }).collect()
        };
        Self { through: socket.map(through), ..Self::default() }
    }

    /// Where this process may serve TLS itself, from this slot.
    #[must_use]
    pub fn with_listener(self, slot: Slot) -> Self {
        Self { own: Some(deploy::Own::at(slot)), ..self }
    }

    /// In this process, each finding the disk full while the switch is set: for drills.
    #[must_use]
    pub fn full_while(switch: &Arc<AtomicBool>) -> Self {
        let full = |deployer: &&'static dyn Deployer| OnFullDisk::new(*deployer, Arc::clone(switch));
        Self { on_full_disk: deploy::ALL.iter().map(full).collect(), ..Self::default() }
    }

    /// The deployer of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, name: &str) -> Result<&dyn Deployer, DeployError> {
        let here = deploy::find(name)?;
        if let Some(full) = self.on_full_disk.iter().find(|full| full.meta().name == name) {
            return Ok(full);
        }
        if let Some(own) = self.own.as_ref().filter(|own| own.meta().name == name) {
            return Ok(own);
        }
        let through = self.through.iter().flatten().find(|through| through.meta().name == name);
        Ok(through.map_or(here, |through| through))
    }
}

/// The helper behind a socket.
#[derive(Clone, Debug)]
pub struct Hands {
    socket: PathBuf,
}

impl Hands {
    /// Who listens at this path.
    #[must_use]
    pub const fn at(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Whether somebody listens who may be trusted with keys; answers that user's number.
    ///
    /// # Errors
    /// Nobody listens, or somebody else.
    pub async fn listening(&self) -> Result<u32, HandsError> {
        self.connect().await.map(|(_, user)| user)
    }

    async fn connect(&self) -> Result<(UnixStream, u32), HandsError> {
        let failed = |source: std::io::Error| HandsError::Io { path: self.socket.clone(), source };
        let connected = tokio::net::UnixStream::connect(&self.socket).await;
        let stream = connected.map_err(|source| match source.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => HandsError::Nobody(self.socket.clone()),
            _ => failed(source),
        })?;
        let user = stream.peer_cred().map_err(failed)?.uid();
        let directory = self.socket.parent().unwrap_or(Path::new("/"));
        let owner = std::fs::metadata(directory).map_err(failed)?.uid();
        if !way::is_trusted(user) && user != owner {
            return Err(HandsError::Untrusted { path: self.socket.clone(), user });
        }
        let stream = stream.into_std().map_err(failed)?;
        stream.set_nonblocking(false).map_err(failed)?;
        Ok((stream, user))
    }

    async fn ask(&self, question: Question, parcel: Option<Parcel>) -> Result<Value, HandsError> {
        let (stream, _) = self.connect().await?;
        let talk = move |stream: &UnixStream| {
            // A helper that refuses at once answers before it was told everything. What cannot be said at all is not
            // asked, and not answered.
            let unsaid = match say(stream, &question, parcel.as_ref()) {
                Err(why) if !why.is_of_the_socket() => return Err(why),
                said => said.err(),
            };
            wire::receive_answer::<Answer>(stream).map_err(|unheard| unsaid.unwrap_or(unheard))
        };
        match within(&Arc::new(stream), ANSWERS_WITHIN, talk).await {
            Ok(Answer::Done(value)) => Ok(value),
            Ok(Answer::Failed(failure)) => {
                Err(HandsError::Failed { source: failure.because(), failure: Box::new(failure) })
            }
            Err(WireError::Io(source)) => Err(HandsError::Io { path: self.socket.clone(), source }),
            Err(WireError::Late) => Err(HandsError::Late(self.socket.clone())),
            Err(WireError::Unreadable(why)) => Err(HandsError::Protocol(why)),
            Err(WireError::Parcel(error)) => Err(error.into()),
        }
    }
}

fn say(stream: &UnixStream, question: &Question, parcel: Option<&Parcel>) -> Result<(), WireError> {
    wire::send(stream, question)?;
    match parcel {
        Some(parcel) => Ok(parcel.send(stream)?),
        None => Ok(()),
    }
}

/// A deployer whose steps the helper does.
struct Through {
    deployer: &'static dyn Deployer,
    hands: Hands,
}

impl Through {
    async fn step(
        &self,
        ask: Ask,
        job: &Job,
        snapshot: &Value,
        parcel: Option<Parcel>,
    ) -> Result<Value, DeployError> {
        let question = Question::new(ask, self.meta().name, job, snapshot);
        Ok(self.hands.ask(question, parcel).await?)
    }
}

impl Deployer for Through {
    fn meta(&self) -> &'static Meta {
        self.deployer.meta()
    }

    fn check(&self, settings: &Value) -> Result<(), DeployError> {
        self.deployer.check(settings)
    }

    fn named(&self, settings: &Value) -> Named {
        self.deployer.named(settings)
    }

    fn snapshot<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>> {
        async { self.step(Ask::Snapshot, job, &Value::Null, None).await }.boxed()
    }

    fn stage<'a>(
        &'a self,
        job: &'a Job,
        snapshot: &'a Value,
        material: &'a Material,
    ) -> BoxFuture<'a, Result<(), DeployError>> {
        async {
            let Material { key, chain, password } = material.clone();
            self.step(Ask::Stage, job, snapshot, Some(Parcel { key, chain, password })).await.map(drop)
        }
        .boxed()
    }

    fn activate<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        async { self.step(Ask::Activate, job, snapshot, None).await.map(drop) }.boxed()
    }

    fn restore<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        async { self.step(Ask::Restore, job, snapshot, None).await.map(drop) }.boxed()
    }

    fn ready<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), DeployError>> {
        async { self.step(Ask::Ready, job, &Value::Null, None).await.map(drop) }.boxed()
    }
}
