//! Looks at many inputs at once, within bounds: a window of inputs under way, and a limit on handshakes.

use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{BoxStream, StreamExt, unfold};
use notafter_cert::bag::{self, Bag, BagError};
use notafter_cert::{Identifier, Span, Time, Trouble};
use notafter_inventory::check::{self, Found, Hsts, Judge, Look, Remark, Report, Statuses};
use notafter_inventory::model::{Severity, Subject, Violation};
use notafter_net::observe::Network;
use notafter_net::revocation::Asker;
use notafter_net::{Clock, Eye};
use notafter_tls::Target;
use notafter_tls::observation::{Observation, Outcome};
use tokio::sync::{Semaphore, mpsc};

use super::input::Input;
use super::witness;
use crate::file::{self, FileError};

/// Files read at once: one may have 64 MiB, and a pipe into which nobody writes holds its place for seconds.
const FILES: usize = 16;

/// Looks and judges.
pub(super) struct Checker {
    /// Sees.
    pub(super) eye: Network,
    /// Judges what was seen.
    pub(super) judge: Judge,
    /// Asks about revocation, where that was asked for.
    pub(super) asker: Option<Asker>,
    /// Tells when, unless `at` does.
    pub(super) clock: Clock,
    /// The instant of judgement, when it is not now.
    pub(super) at: Option<Time>,
    /// The name that files must cover, if somebody said.
    pub(super) expected: Option<Identifier>,
    /// Whether a web server is asked for HSTS where a visitor's warning depends on it.
    pub(super) asks_for_hsts: bool,
    /// Whether the DER of every certificate goes into the report.
    pub(super) evidence: bool,
    /// Handshakes under way at most.
    pub(super) permits: Arc<Semaphore>,
    /// Files being read at most.
    pub(super) files: Semaphore,
    /// How long the writer of a pipe may take.
    pub(super) pipes: Span,
}

/// Places for files that are read.
pub(super) const fn places_for_files() -> Semaphore {
    Semaphore::const_new(FILES)
}

/// The reports of these inputs: in their order, or in the order in which they are finished.
pub(super) fn reports(
    checker: Arc<Checker>,
    inputs: mpsc::Receiver<Input>,
    window: usize,
    in_order: bool,
) -> BoxStream<'static, Report> {
    let inputs = unfold(inputs, |mut inputs| async { inputs.recv().await.map(|input| (input, inputs)) });
    // One task per input, so that all cores take part.
    let tasks = inputs.map(move |input| {
        let checker = checker.clone();
        let task = tokio::spawn(async move { checker.check(input).await });
        async { task.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) }
    });
    if in_order { tasks.buffered(window).boxed() } else { tasks.buffer_unordered(window).boxed() }
}

impl Checker {
    async fn check(self: Arc<Self>, input: Input) -> Report {
        let report = match input {
            Input::Target(target) => self.target(target).await,
            Input::File(path) => self.clone().read(path).await,
            Input::Wrong { text, why, hint } => self.unknown(&text, "target.unparsable", why, hint),
        };
        if self.evidence { report.with_evidence() } else { report }
    }

    /// Beside the looks: reading a pipe waits for its writer.
    async fn read(self: Arc<Self>, path: PathBuf) -> Report {
        let reader = Arc::clone(&self);
        let name = path.display().to_string();
        let read = {
            // The semaphore is never closed; a permit that failed would only lift the limit. Whoever asks about revocation afterwards
            // holds no place for files.
            let _permit = self.files.acquire().await;
            tokio::task::spawn_blocking(move || reader.bag(&path)).await
        };
        match read.unwrap_or_else(|error| resume_unwind(error.into_panic())) {
            Ok(bag) => self.file(&name, &bag).await,
            Err(report) => *report,
        }
    }

    async fn file(&self, name: &str, bag: &Bag) -> Report {
        let chain = check::ders(&bag.certificates);
        let statuses = witness::statuses(self.asker.as_ref(), &self.judge, [&chain], self.at()).await;
        let expected = self.expected.as_ref();
        let mut report = self.judge.file((name, &bag.certificates), expected, statuses.as_ref(), self.at());
        report.notes.extend(bag.damaged.iter().map(unreadable));
        report
    }

    fn at(&self) -> Time {
        self.at.unwrap_or_else(|| self.clock.now())
    }

    async fn target(&self, target: Target) -> Report {
        let mut look = self.look(target).await;
        look.statuses = self.statuses(&look).await;
        let report = self.judge.look(&look, self.at());
        if !(self.asks_for_hsts && report.depends_on_hsts() && Hsts::may_be_at(look.target.port)) {
            return report;
        }
        look.hsts = self.hsts(&look).await;
        self.judge.look(&look, self.at())
    }

    /// What is said of the certificates that the addresses serve.
    async fn statuses(&self, look: &Look) -> Option<Arc<Statuses>> {
        let chain = |seen: &Observation| match &seen.outcome {
            Outcome::Served(served) => Some(Arc::clone(&served.chain)),
            Outcome::Failed(_) => None,
        };
        let chains: Vec<Arc<[Vec<u8>]>> = look.observations.iter().filter_map(chain).collect();
        witness::statuses(self.asker.as_ref(), &self.judge, &chains, self.at()).await.map(Arc::new)
    }

    /// What the first address that serves something says; never a reason for a verdict.
    async fn hsts(&self, look: &Look) -> Hsts {
        let serves = |seen: &&Observation| matches!(seen.outcome, Outcome::Served(_));
        let Some(seen) = look.observations.iter().find(serves) else { return Hsts::Unknown };
        let _permit = self.permits.acquire().await;
        let Some(head) = self.eye.head(&look.target, seen.address).await else { return Hsts::Unknown };
        Hsts::of_head(&head)
    }

    async fn look(&self, target: Target) -> Look {
        let resolution = self.eye.resolve(&target).await;
        let addresses = resolution.as_ref().map(|found| found.addresses.as_slice()).unwrap_or_default();
        let looks = addresses.iter().map(|address| async {
            // The semaphore is never closed; a permit that failed would only lift the limit.
            let _permit = self.permits.acquire().await;
            self.eye.look(&target, *address).await
        });
        let observations: Vec<Observation> = join_all(looks).await;
        Look::at(target, resolution, observations)
    }

    /// The certificates in a file, or why there are none.
    fn bag(&self, path: &Path) -> Result<Bag, Box<Report>> {
        let name = path.display().to_string();
        let unknown = |code: &str, why: String, hint: String| Err(Box::new(self.unknown(&name, code, why, hint)));
        let bytes = match file::read_within(path, self.pipes.to_std()) {
            Ok(bytes) => bytes,
            Err(error) => {
                let hint = or_a_page(path, &error).unwrap_or_else(|| error.hint().to_owned());
                return unknown("file.unreadable", error.to_string(), hint);
            }
        };
        if bytes.is_empty() {
            let hint = "look at what should have written it".to_owned();
            return unknown("file.unreadable", "the file is empty".to_owned(), hint);
        }
        match bag::read(&bytes) {
            Err(error @ BagError::Unknown) if is_text(&bytes) => {
                let hint = format!("{}; a list of targets is checked with --file {name}", error.hint());
                unknown(error.code(), why(&error), hint)
            }
            Err(error) => unknown(error.code(), why(&error), error.hint()),
            Ok(bag) if bag.certificates.is_empty() => {
                let hint = "name the file with the certificate; keys and requests have no dates".to_owned();
                unknown("cert.unknown-container", no_certificate(&bag), hint)
            }
            Ok(bag) => Ok(bag),
        }
    }

    /// What could not even be looked at: unknown, with the reason (law 6).
    fn unknown(&self, name: &str, code: &str, why: String, hint: String) -> Report {
        let subject = Subject::Named(name.to_owned());
        let violation = Violation {
            code: code.to_owned(),
            severity: Severity::Unknown,
            subject: subject.clone(),
            cause: code.to_owned(),
            text: why,
            hint,
            evidence: serde_json::Value::Null,
        };
        let found = Found {
            violation,
            title: "cannot be looked at",
            meaning: "Nothing is known about it.",
            source: "notafter",
            addresses: Vec::new(),
            clients: Vec::new(),
        };
        Report {
            subject,
            target: None,
            at: self.at(),
            verdict: Severity::Unknown,
            resolved: Vec::new(),
            fully_resolved: true,
            addresses: Vec::new(),
            findings: vec![found],
            notes: Vec::new(),
            hsts: Hsts::Unknown,
            trust_is_unknown: false,
        }
    }
}

/// What helps where a path that is not there begins as a host may: somebody left the scheme out.
fn or_a_page(path: &Path, error: &FileError) -> Option<String> {
    let FileError::Refused(refused) = error else { return None };
    let (host, _) = path.to_str()?.split_once('/')?;
    let is_host = host.contains('.') && host.parse::<Target>().is_ok();
    let is_page = is_host && refused.kind() == io::ErrorKind::NotFound;
    is_page.then(|| format!("check the path; for the host behind https://{} write {host}", path.display()))
}

/// Lines that a person may have written.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
}

/// An error with the one below it.
fn why(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |below| format!("{error}: {below}"))
}

/// A block beside certificates that may well be what a chain is missing.
fn unreadable((which, why): &(String, String)) -> Remark {
    Remark { code: "note.chain-unreadable", text: format!("{which} cannot be read: {why}") }
}

/// What a file holds instead of a certificate.
fn no_certificate(bag: &Bag) -> String {
    if let Some((label, why)) = bag.damaged.first() {
        return format!("holds no certificate that can be read: {label}: {why}");
    }
    let requests = if bag.requests.is_empty() { None } else { Some("a certificate request") };
    let keys = if bag.private_keys.is_empty() { None } else { Some("a private key") };
    let others = bag.others.first().map(String::as_str);
    match requests.or(keys).or(others) {
        Some(what) => format!("holds no certificate, but {what}"),
        None => "holds no certificate".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "lab/x/fulchain" was a host that is not in DNS.
    #[test]
    fn a_path_that_is_not_there_is_no_host_and_may_be_a_page() {
        let hint = |path: &str, kind: io::ErrorKind| or_a_page(Path::new(path), &FileError::Refused(kind.into()));
        let missing = io::ErrorKind::NotFound;
        assert_eq!(
            hint("shop.example/path", missing).unwrap(),
            "check the path; for the host behind https://shop.example/path write shop.example"
        );
        for path in ["lab/x/fulchain", "./shop.example", "/etc/ssl/x", "fulchain.pem"] {
            assert_eq!(hint(path, missing), None, "{path}");
        }
        assert_eq!(hint("shop.example/path", io::ErrorKind::PermissionDenied), None);
    }
}
