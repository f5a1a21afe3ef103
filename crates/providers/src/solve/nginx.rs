//! The running nginx answers for us: a dedicated file with the answers, included at the top of the servers that a CA
//! would reach, and taken out again.
//!
//! The answers come before everything else that a server does, a redirect to https included (a `rewrite ... break` ends
//! the server's own rewriting). After a crash, the next call removes what the last one left: the inserted line is known by
//! its exact text.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_acme::challenge::{Challenge, HTTP01_PREFIX};
use notafter_cert::Identifier;
use tokio::sync::Mutex;

use super::{Meta, SolveError, Solver};
use crate::nginx::config::{Config, Server};
use crate::nginx::{self, NginxError};

pub(super) static META: Meta =
    Meta { name: "nginx", title: "a location in the running nginx, while a CA asks" };

/// The file of the answers, beside nginx's main configuration file.
const ANSWERS: &str = "notafter-http-01.conf";

/// What is being answered, by token.
type Answers = BTreeMap<String, Challenge>;

/// What is being answered, by main configuration file: several orders share one nginx.
#[derive(Default)]
pub(super) struct Shared(Mutex<HashMap<PathBuf, Answers>>);

/// The solver.
pub(super) struct Nginx {
    nginx: nginx::Nginx,
    port: u16,
    shared: std::sync::Arc<Shared>,
}

impl Nginx {
    pub(super) fn new(config: Option<PathBuf>, port: u16, shared: std::sync::Arc<Shared>) -> Self {
        Self { nginx: nginx::Nginx::new(config), port, shared }
    }

    /// Makes nginx answer exactly these.
    async fn answer(&self, edits: &Edits, answers: &Answers) -> Result<(), SolveError> {
        edits.write_answers(answers, self.port)?;
        edits.apply()?;
        self.nginx.test().await?;
        // A CA that reached a worker of before would get the site's own answer, and count a failed authorization.
        Ok(self.nginx.reload().await?)
    }

    /// Takes everything out. The files come first: what they say is read by every nginx to come, whether or not this one
    /// can be told.
    async fn answer_nothing(&self, edits: &Edits) -> Result<(), SolveError> {
        edits.take_back(&Answers::new(), self.port)?;
        if edits.is_empty() {
            return Ok(());
        }
        self.nginx.test().await?;
        match self.nginx.reload().await {
            // Nobody answers any more.
            Err(NginxError::NotRunning(_)) => Ok(()),
            told => Ok(told?),
        }
    }
}

fn without(answers: &mut Answers, challenges: &[Challenge]) {
    answers.retain(|token, _| !challenges.iter().any(|challenge| challenge.token == *token));
}

impl Solver for Nginx {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ready(&self) -> BoxFuture<'_, Result<String, SolveError>> {
        async {
            let config = self.nginx.read().await?;
            config.servers().map_err(NginxError::from)?;
            self.nginx.test().await?;
            self.nginx.runs(&config)?;
            let main = &config.files()[0].path;
            let directory = main.parent().unwrap_or(main);
            rustix::fs::access(directory, rustix::fs::Access::WRITE_OK)
                .map_err(|error| io("write at", directory)(error.into()))?;
            Ok(format!("nginx is there, and takes its configuration {}", main.display()))
        }
        .boxed()
    }

    fn present<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>> {
        async {
            let mut shared = self.shared.0.lock().await;
            let config = self.nginx.read().await?;
            self.nginx.runs(&config)?;
            let others = shared.entry(config.files()[0].path.clone()).or_default();
            without(others, challenges);
            let mut all = others.clone();
            all.extend(challenges.iter().map(|it| (it.token.clone(), it.clone())));
            let edits = Edits::plan(&config, &all, self.port)?;
            if let Err(failed) = self.answer(&edits, &all).await {
                edits.take_back(others, self.port)?;
                return Err(failed);
            }
            *others = all;
            Ok(())
        }
        .boxed()
    }

    fn clear<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>> {
        async {
            let mut shared = self.shared.0.lock().await;
            let config = self.nginx.read().await?;
            let others = shared.entry(config.files()[0].path.clone()).or_default();
            without(others, challenges);
            let edits = Edits::plan(&config, others, self.port)?;
            if others.is_empty() {
                return self.answer_nothing(&edits).await;
            }
            let outcome = self.answer(&edits, others).await;
            // What nginx refuses would keep it from its next start.
            if matches!(outcome, Err(SolveError::Nginx(NginxError::Refused(_)))) {
                edits.take_back(&Answers::new(), self.port)?;
            }
            outcome
        }
        .boxed()
    }
}

/// How the configuration must be changed.
struct Edits {
    answers: PathBuf,
    /// Every file that has, or gets, lines of ours: its text now, its text then.
    files: Vec<(PathBuf, String, String)>,
    /// Whether nothing listens where a CA asks, and a server of our own must.
    own_server: bool,
}

impl Edits {
    fn plan(config: &Config, answers: &Answers, port: u16) -> Result<Self, SolveError> {
        let main = &config.files()[0].path;
        let path = main.with_file_name(ANSWERS);
        let mark = mark(&path);
        let mut servers = config.servers().map_err(NginxError::from)?;
        servers.retain(|server| server.file != path);
        let asked: Vec<&Server> = servers_asked(&servers, answers, port);
        let own_server = asked.is_empty() && !answers.is_empty();
        let mut places: Vec<(PathBuf, usize)> =
            asked.iter().map(|server| (server.file.clone(), server.inside)).collect();
        if own_server {
            places.extend(config.http().map_err(NginxError::from)?);
        }
        let mut files = Vec::new();
        for file in config.files().iter().filter(|file| file.path != path) {
            let here = places.iter().filter(|(path, _)| *path == file.path).map(|(_, inside)| *inside);
            let then = rewritten(&file.text, &mark, here.collect());
            if then != file.text || file.text.contains(&mark) {
                files.push((file.path.clone(), file.text.clone(), then));
            }
        }
        Ok(Self { answers: path, files, own_server })
    }

    const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn apply(&self) -> Result<(), SolveError> {
        for (path, now, then) in &self.files {
            let on_disk = fs::read_to_string(path).map_err(io("read", path))?;
            if on_disk != *now {
                return Err(SolveError::Changed(path.clone()));
            }
            if then != now {
                replace(path, then)?;
            }
        }
        Ok(())
    }

    /// Puts back what was written, as those need it that are still answered; without any, nothing of ours stays. What
    /// somebody else changed meanwhile stays as they wrote it.
    fn take_back(&self, others: &Answers, port: u16) -> Result<(), SolveError> {
        let mark = mark(&self.answers);
        let outcomes = self.files.iter().map(|(path, now, then)| {
            let on_disk = fs::read_to_string(path).map_err(io("read", path))?;
            let back = match others.is_empty() {
                true => on_disk.replace(&mark, ""),
                false if on_disk == *then => now.clone(),
                false => on_disk.clone(),
            };
            if back == on_disk { Ok(()) } else { replace(path, &back) }
        });
        // A file that cannot be written keeps no other from it. The answers go last: nginx refuses an include of nothing.
        outcomes.fold(Ok(()), Result::and)?;
        if others.is_empty() { self.remove_answers() } else { self.write_answers(others, port) }
    }

    fn write_answers(&self, answers: &Answers, port: u16) -> Result<(), SolveError> {
        let mut text =
            "# Answers to a CA's http-01 challenges, by notafter; removed when they were asked for.\n"
                .to_owned();
        let locations = locations(answers.values());
        if self.own_server {
            text += &format!("server {{\nlisten {port};\n{}", listen_v6(port));
            text += &format!("server_name {};\n{locations}}}\n", names(answers).join(" "));
        } else {
            text += &locations;
        }
        let beside = self.answers.with_extension("conf.new");
        write(&beside, &text, 0o644)?;
        fs::rename(&beside, &self.answers).map_err(io("replace", &self.answers))
    }

    fn remove_answers(&self) -> Result<(), SolveError> {
        match fs::remove_file(&self.answers) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(io("remove", &self.answers)(error))
            }
            _ => Ok(()),
        }
    }
}

/// The inserted text. It is taken out by this very text, so that the file is as it was, byte by byte.
fn mark(answers: &Path) -> String {
    format!("\n    include \"{}\"; # notafter, while a CA asks\n", answers.display())
}

/// The text without marks, and with one at each of these offsets (of the text as it is).
fn rewritten(text: &str, mark: &str, mut insides: Vec<usize>) -> String {
    insides.sort_unstable();
    insides.dedup();
    let mut then = String::with_capacity(text.len() + mark.len());
    let mut from = 0;
    for inside in insides {
        then += &text[from..inside].replace(mark, "");
        then += mark;
        // A mark that is already there follows the brace at once.
        from = inside + if text[inside..].starts_with(mark) { mark.len() } else { 0 };
    }
    then + &text[from..].replace(mark, "")
}

/// The servers that a CA may reach with these names: those that have the name, and those that answer for names that no
/// other server has. An answer too many does no harm.
fn servers_asked<'a>(servers: &'a [Server], answers: &Answers, port: u16) -> Vec<&'a Server> {
    if answers.is_empty() {
        return Vec::new();
    }
    let names = names(answers);
    let mut first_at = Vec::new();
    let mut asked = Vec::new();
    for server in servers {
        let here = server.listens.iter().filter(|listen| listen.port == port && !listen.tls);
        let mut reached = false;
        let mut listens = false;
        for listen in here {
            listens = true;
            // Without default_server, the first server of an address is its default.
            let first = !first_at.contains(&listen.address);
            first_at.push(listen.address);
            reached |= first || listen.default;
        }
        reached |= server.has_patterns() || names.iter().any(|name| server.answers_for(name));
        if listens && reached {
            asked.push(server);
        }
    }
    asked
}

/// As they stand in a Host header.
fn names(answers: &Answers) -> Vec<String> {
    let host = |challenge: &Challenge| match &challenge.identifier {
        Identifier::Ip(IpAddr::V6(address)) => format!("[{address}]"),
        other => other.to_string(),
    };
    answers.values().map(host).collect()
}

/// The token and the key authorization are base64url and a dot: nothing to quote.
fn locations<'a>(answers: impl Iterator<Item = &'a Challenge>) -> String {
    let mut text = format!("rewrite ^({}.*)$ $1 break;\n", HTTP01_PREFIX.replace('.', "\\."));
    for answer in answers {
        text += &format!(
            "location = {} {{ default_type application/octet-stream; return 200 \"{}\"; }}\n",
            answer.http01_path(),
            answer.key_authorization
        );
    }
    text
}

fn listen_v6(port: u16) -> String {
    let has_v6 = fs::read_to_string("/proc/net/if_inet6").is_ok_and(|text| !text.is_empty());
    if has_v6 { format!("listen [::]:{port};\n") } else { String::new() }
}

/// The file behind a link is replaced in one rename; owner and mode stay.
fn replace(path: &Path, text: &str) -> Result<(), SolveError> {
    let real = fs::canonicalize(path).map_err(io("find", path))?;
    let found = fs::metadata(&real).map_err(io("look at", &real))?;
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    // A name that no include pattern such as *.conf or sites-enabled/* should match for long.
    let beside = real.with_file_name(format!(".{name}.notafter-new"));
    let file = write(&beside, text, found.permissions().mode())?;
    fchown(&file, Some(found.uid()), Some(found.gid())).map_err(io("set the owner of", &beside))?;
    fs::rename(&beside, &real).map_err(io("replace", &real))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<File, SolveError> {
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .map_err(io("create", path))?;
    file.set_permissions(fs::Permissions::from_mode(mode & 0o7777)).map_err(io("set the mode of", path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io("write", path))?;
    Ok(file)
}

fn io<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> SolveError + 'a {
    move |source| SolveError::Io { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use notafter_acme::challenge::Kind;
    use notafter_cert::Trouble;

    use super::*;

    /// An nginx that takes every configuration, and cannot be told while `deaf` is there.
    fn deaf_nginx(directory: &Path) -> nginx::Nginx {
        let main = directory.join("nginx.conf");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in\n*-T) echo '# configuration file {main}:'; cat {main}; echo;;\n\
             *reload) test ! -e {deaf};;\nesac\n",
            main = main.display(),
            deaf = directory.join("deaf").display()
        );
        fs::write(&main, "events {}\nhttp {\n    server { listen 81; }\n}\n").unwrap();
        drop(write(&directory.join("ngx"), &script, 0o755).unwrap());
        let program = directory.join("ngx").to_string_lossy().into_owned();
        nginx::Nginx { program, ..nginx::Nginx::new(None) }
    }

    fn challenge(token: &str) -> [Challenge; 1] {
        let name = "shop.example".parse().unwrap();
        [Challenge::new(name, Kind::Http01, token, "thumbprint").unwrap()]
    }

    /// Names of files, and the main file's text.
    fn found(directory: &Path) -> (Vec<String>, String) {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != "deaf");
        names.sort();
        (names, fs::read_to_string(directory.join("nginx.conf")).unwrap())
    }

    /// The server of our own stayed in nginx.conf for good.
    #[tokio::test]
    async fn a_reload_that_failed_left_the_answers_in_nginxs_configuration() {
        let directory = tempfile::tempdir().unwrap();
        let solver =
            Nginx { nginx: deaf_nginx(directory.path()), port: 80, shared: std::sync::Arc::default() };
        let was = found(directory.path());
        let deafen = || fs::write(directory.path().join("deaf"), "").unwrap();
        let cure = || fs::remove_file(directory.path().join("deaf")).unwrap();

        deafen();
        let error = solver.present(&challenge("one")).await.unwrap_err();
        assert_eq!(error.code(), "nginx.reload-failed");
        assert_eq!(found(directory.path()), was, "a failed attempt leaves nothing");

        cure();
        solver.present(&challenge("one")).await.unwrap();
        let answered = found(directory.path());
        assert_ne!(answered, was);
        let text = || fs::read_to_string(directory.path().join(ANSWERS)).unwrap();
        deafen();
        solver.present(&challenge("two")).await.unwrap_err();
        assert_eq!(found(directory.path()), answered, "another order's answers stay");
        assert!(text().contains("/one ") && !text().contains("/two "), "{}", text());

        let error = solver.clear(&challenge("one")).await.unwrap_err();
        assert_eq!(error.code(), "nginx.reload-failed");
        assert_eq!(found(directory.path()), was, "files are taken back whether or not nginx can be told");
    }

    /// What a crash left was found in place, and so nothing was taken out of nginx.conf but the file that it includes.
    #[tokio::test]
    async fn lines_that_a_crash_left_outlived_a_failed_attempt() {
        let directory = tempfile::tempdir().unwrap();
        let solver = |nginx| Nginx { nginx, port: 80, shared: std::sync::Arc::default() };
        let before = solver(deaf_nginx(directory.path()));
        let was = found(directory.path());
        before.present(&challenge("one")).await.unwrap();
        let after = solver(before.nginx.clone());
        fs::write(directory.path().join("deaf"), "").unwrap();
        after.present(&challenge("one")).await.unwrap_err();
        assert_eq!(found(directory.path()), was);
    }

    #[test]
    fn marks_are_put_in_once_and_taken_out_to_the_byte() {
        let text = "http {\n  server { listen 80; }\n  server {listen 81;}\n}\n";
        let insides = [text.find("{ listen").unwrap() + 1, text.find("{listen").unwrap() + 1];
        let mark = mark(Path::new("/etc/nginx/x.conf"));
        let with = rewritten(text, &mark, insides.to_vec());
        assert_eq!(with.matches(&mark).count(), 2);
        assert_eq!(rewritten(&with, &mark, vec![]), text);
        let again: Vec<usize> = with.match_indices(&mark).map(|(at, _)| at).collect();
        assert_eq!(rewritten(&with, &mark, again.clone()), with);
        assert_eq!(rewritten(&with, &mark, vec![again[1]]).matches(&mark).count(), 1);
        assert!(super::super::super::nginx::syntax::parse(&with).is_ok());
    }
}
