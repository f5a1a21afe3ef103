//! The helper itself: listens, judges who asks and what, does the step, and answers once.

use std::collections::HashMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::{Span, Trouble};
use notafter_inventory::model::PlaceId;
use notafter_keys::parcel::Parcel;
use rustix::fs::{AtFlags, CWD, Gid, Uid, chownat};
use serde_json::Value;
use tokio::net::UnixListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::wire::{self, Answer, Ask, Failure, Question, WireError};
use super::{Bounds, Denied, Grants, HandsError, way};
use crate::deploy::{self, DeployError, Job, Material, Meta};
use crate::reload::Reload;

/// Whoever asks has prepared its question, and whoever has asked waits for the answer.
const SPEAKS_WITHIN: Span = Span::seconds(10);

/// Questions under way at once; the others wait in the socket's queue.
const AT_ONCE: usize = 16;

/// Questions about one place: one is done, one waits for it, and another is asked to come again.
const AT_ONE_PLACE: usize = 2;

/// The helper at its socket; the socket's file goes away with it.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    room: Arc<Room>,
    /// Held as long as this helper listens; the system lets go of it with the process.
    _lock: File,
}

/// What every conversation needs.
struct Room {
    grants: Arc<Grants>,
    seats: Arc<Semaphore>,
    /// Whoever asked may be gone, and ask again for a step that is still under way: one step of a place at a time.
    places: Mutex<HashMap<PlaceId, Arc<tokio::sync::Mutex<()>>>>,
}

impl Door {
    /// Listens at this path, replacing the socket of a helper that was killed. Only the user who may ask can open it.
    ///
    /// # Errors
    /// Another helper listens there, or its directory cannot be used, or could be bent by others.
    pub fn open(path: &Path, grants: Grants) -> Result<Self, HandsError> {
        let failed = |source: io::Error| HandsError::Io { path: path.to_owned(), source };
        let directory = path.parent().unwrap_or(Path::new("/"));
        let directory = fs::canonicalize(directory).map_err(failed)?;
        way::held(&directory)
            .map_err(|way::Bendable(why)| HandsError::Bendable { path: path.to_owned(), why })?;
        let lock = File::create(path.with_extension("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => HandsError::InUse(path.to_owned()),
            TryLockError::Error(source) => failed(source),
        })?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        admit(path, &grants).map_err(failed)?;
        let room = Room {
            grants: Arc::new(grants),
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            places: Mutex::default(),
        };
        Ok(Self { listener, path: path.to_owned(), room: Arc::new(room), _lock: lock })
    }

    /// Answers until the future is dropped.
    pub async fn answer(&self) {
        // Nobody is let in whom there is no seat for.
        while let Ok(seat) = Arc::clone(&self.room.seats).acquire_owned().await {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(converse(Arc::clone(&self.room), seat, stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "the helper's socket cannot accept");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the helper's socket was gone already");
        }
    }
}

/// The socket belongs to whoever may ask; nobody else can even open it. Nobody else can replace it either: its directory
/// was looked at.
fn admit(path: &Path, grants: &Grants) -> io::Result<()> {
    let user = (grants.user != rustix::process::geteuid().as_raw()).then(|| Uid::from_raw(grants.user));
    let group = grants.group.map(Gid::from_raw);
    let mode = if group.is_some() { 0o660 } else { 0o600 };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    if rustix::process::geteuid().is_root() || group.is_none() {
        chownat(CWD, path, user, group, AtFlags::SYMLINK_NOFOLLOW)?;
    } else {
        chownat(CWD, path, None, group, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// Closes a socket under whoever talks on it, unless the talk has ended.
struct HangUp(Option<Arc<UnixStream>>);

impl Drop for HangUp {
    fn drop(&mut self) {
        let closed = self.0.take().map_or(Ok(()), |socket| socket.shutdown(Shutdown::Both));
        if let Err(error) = closed {
            tracing::debug!(%error, "the other side of the helper's socket was gone already");
        }
    }
}

/// One talk on a socket, with a limit. When the time is over, or nobody waits for its end any more, the socket is closed
/// under it.
pub(super) async fn within<T: Send + 'static>(
    socket: &Arc<UnixStream>,
    limit: Span,
    talk: impl FnOnce(&UnixStream) -> Result<T, WireError> + Send + 'static,
) -> Result<T, WireError> {
    let talking = Arc::clone(socket);
    let talk = tokio::task::spawn_blocking(move || talk(&talking));
    let mut hang_up = HangUp(Some(Arc::clone(socket)));
    let outcome = tokio::time::timeout(limit.to_std(), talk).await.map_err(|_| WireError::Late)?;
    hang_up.0 = None;
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn converse(room: Arc<Room>, seat: OwnedSemaphorePermit, stream: tokio::net::UnixStream) {
    if let Err(error) = conversation(&room, seat, stream).await {
        tracing::debug!(%error, "whoever asked went away before the answer");
    }
}

async fn conversation(
    room: &Room,
    mut seat: OwnedSemaphorePermit,
    stream: tokio::net::UnixStream,
) -> Result<(), WireError> {
    let user = stream.peer_cred()?.uid();
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    let stream = Arc::new(stream);
    let answer = if way::is_trusted(user) || user == room.grants.user {
        match within(&stream, SPEAKS_WITHIN, listen).await {
            Ok((question, parcel)) => room.carry_out(user, &mut seat, &question, parcel).await,
            Err(WireError::Io(error)) => return Err(error.into()),
            Err(WireError::Parcel(error)) => refused(user, &error.into()),
            Err(error) => refused(user, &HandsError::Protocol(error.to_string())),
        }
    } else {
        refused(user, &HandsError::Forbidden(user))
    };
    within(&stream, SPEAKS_WITHIN, move |stream| wire::send(stream, &answer)).await
}

fn listen(stream: &UnixStream) -> Result<(Question, Option<Parcel>), WireError> {
    let question = Question::read(&wire::receive(stream)?).map_err(WireError::Unreadable)?;
    let parcel = if question.ask == Ask::Stage { Some(Parcel::receive(stream)?) } else { None };
    Ok((question, parcel))
}

fn refused(user: u32, error: &HandsError) -> Answer {
    tracing::warn!(user, code = error.code(), %error, "refused");
    Answer::Failed(Failure::of(error, false))
}

impl Room {
    /// The step is done to its end, whether or not anybody still waits for the answer.
    async fn carry_out(
        &self,
        user: u32,
        seat: &mut OwnedSemaphorePermit,
        question: &Question,
        parcel: Option<Parcel>,
    ) -> Answer {
        let Some(place) = self.place(question.place) else {
            return refused(user, &HandsError::Busy(question.place));
        };
        let turn = self.turn(seat, &place).await;
        let outcome = step(Bounds::granted(Arc::clone(&self.grants)), question, parcel).await;
        drop(turn);
        drop(place);
        self.leave(question.place);
        let Question { ask, deployer, place, operation, .. } = question;
        match outcome {
            Ok(value) => {
                tracing::info!(op = %operation, %place, %ask, deployer, user, "done");
                Answer::Done(value)
            }
            Err(error) => {
                let failure = Failure::from(&error);
                let (code, why) = (error.code(), failure.why.as_deref().unwrap_or_default());
                tracing::warn!(op = %operation, %place, %ask, deployer, user, code, why, "{error}");
                Answer::Failed(failure)
            }
        }
    }

    /// The turn at a place. Whoever waits for it lets somebody else have the seat.
    async fn turn<'a>(
        &self,
        seat: &mut OwnedSemaphorePermit,
        place: &'a tokio::sync::Mutex<()>,
    ) -> tokio::sync::MutexGuard<'a, ()> {
        if let Ok(turn) = place.try_lock() {
            return turn;
        }
        drop(seat.split(1));
        let turn = place.lock().await;
        if let Ok(again) = Arc::clone(&self.seats).acquire_owned().await {
            seat.merge(again);
        }
        turn
    }

    /// The lock of a place; `None` where enough wait for it.
    fn place(&self, place: PlaceId) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = places.entry(place).or_default();
        // One of them is the list's own.
        (Arc::strong_count(lock) <= AT_ONE_PLACE).then(|| Arc::clone(lock))
    }

    /// A place whose last step is done is forgotten.
    fn leave(&self, place: PlaceId) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|known, turn| *known != place || Arc::strong_count(turn) > 1);
    }
}

async fn step(bounds: Bounds, question: &Question, parcel: Option<Parcel>) -> Result<Value, DeployError> {
    let deployer = deploy::find(&question.deployer)?;
    deployer.check(&question.settings)?;
    reload(&bounds, deployer.meta(), &question.settings)?;
    let job = Job {
        place: question.place,
        operation: question.operation,
        settings: question.settings.clone(),
        slot: question.slot,
        bounds,
    };
    match (question.ask, parcel) {
        (Ask::Ready, _) => deployer.ready(&job).await?,
        (Ask::Snapshot, _) => return deployer.snapshot(&job).await,
        (Ask::Stage, Some(Parcel { key, chain, password })) => {
            deployer.stage(&job, &question.snapshot, &Material { key, chain, password }).await?;
        }
        (Ask::Activate, _) => deployer.activate(&job, &question.snapshot).await?,
        (Ask::Restore, _) => deployer.restore(&job, &question.snapshot).await?,
        (Ask::Stage | Ask::Unknown, _) => {
            return Err(HandsError::Protocol("a step without what it needs".to_owned()).into());
        }
    }
    Ok(Value::Null)
}

/// The reload that a place's settings name is judged before anything is touched, not only when it is due: a pair that
/// was swapped and cannot be told of serves nobody.
fn reload(bounds: &Bounds, deployer: &'static Meta, settings: &Value) -> Result<(), Denied> {
    // Not written, or not this way: the deployer's own check has looked at it, and the door it goes through will.
    Reload::of(deployer, settings).map_or(Ok(()), |reload| reload.within(bounds))
}
