//! Whoever reads standard output, and may go away: `notafter demo | head`.

use std::io;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use tokio::sync::oneshot;

/// Ends when nobody reads standard output any more; never where it is no pipe. A command that goes on for long and has
/// nothing to say meanwhile would notice it only by its next word.
pub(crate) async fn gone() {
    let (tell, told) = oneshot::channel();
    // A thread of its own, which ends with the process: the runtime waits at its end for those that it began.
    let watch = move || {
        wait();
        tell.send(()).ok();
    };
    let is_watched = goes_into_a_pipe() && thread::Builder::new().spawn(watch).is_ok();
    if !is_watched || told.await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn goes_into_a_pipe() -> bool {
    fstat(io::stdout()).is_ok_and(|about| {
        matches!(FileType::from_raw_mode(about.st_mode), FileType::Fifo | FileType::Socket)
    })
}

/// Errors and hang-ups are told without being asked for (poll(2)).
fn wait() {
    let out = io::stdout();
    while let Err(Errno::INTR) = poll(&mut [PollFd::new(&out, PollFlags::empty())], None) {}
}

/// What a closed pipe answers is no failure: whoever read it has seen enough.
pub(crate) fn or_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
