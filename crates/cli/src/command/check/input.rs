//! What is to be checked: targets and files from the command line, from lists, from standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::thread;

use notafter_cert::Trouble;
use notafter_tls::Target;
use notafter_tls::dialogue::Protocol;
use tokio::sync::mpsc;

use crate::failure::Failure;

/// One thing to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// An endpoint.
    Target(Target),
    /// A certificate file.
    File(PathBuf),
    /// A line of a list that names neither; the rest of the list is checked all the same.
    Wrong {
        /// The line.
        text: String,
        /// What is wrong with it.
        why: String,
        /// What to write instead.
        hint: String,
    },
}

/// How texts become targets.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// The server name for every target.
    pub(super) sni: Option<String>,
    /// The dialogue for targets that name none.
    pub(super) starttls: Option<Protocol>,
}

/// Where the inputs come from: the words first, then the lists.
pub(super) struct Source {
    /// The words of the command line, already read.
    words: Vec<Input>,
    /// Lists, one target a line, read as they are needed, with what they are called.
    lists: Vec<(String, Lines)>,
    /// The files among them that can be read twice.
    files: Vec<PathBuf>,
}

type Lines = Box<dyn BufRead + Send>;

/// A line longer than this names nothing.
const LONGEST_LINE: u64 = 4096;

impl Source {
    /// From the words of the command line (`-` is the list on standard input) and list files.
    pub(super) fn open(words: &[String], lists: &[PathBuf], reading: &Reading) -> Result<Self, Failure> {
        let mut source = Self { words: Vec::new(), lists: Vec::new(), files: Vec::new() };
        let standard_input = || ("standard input".to_owned(), standard_input());
        for word in words {
            match word.as_str() {
                "-" => source.lists.push(standard_input()),
                word => source.words.push(reading.word(word)?),
            }
        }
        for path in lists {
            if path == Path::new("-") {
                source.lists.push(standard_input());
                continue;
            }
            let unreadable = |error: io::Error| {
                let what = format!("cannot read the list {}", path.display());
                Failure::new(what, "check the path").because(error)
            };
            let file = File::open(path).map_err(unreadable)?;
            match file.metadata() {
                Ok(about) if about.is_dir() => return Err(unreadable(io::ErrorKind::IsADirectory.into())),
                Ok(about) if about.is_file() => source.files.push(path.clone()),
                _ => {}
            }
            source.lists.push((path.display().to_string(), Box::new(BufReader::new(file))));
        }
        Ok(source)
    }

    /// The inputs, where each was named by a person, who expects them in that order; `None` where a list goes on.
    pub(super) fn words(&self) -> Option<&[Input]> {
        self.lists.is_empty().then_some(self.words.as_slice())
    }

    /// How many inputs there are, where that can be known beforehand: standard input and pipes are read once.
    pub(super) fn total(&self) -> Option<u64> {
        if self.files.len() < self.lists.len() {
            return None;
        }
        self.files.iter().try_fold(self.words.len() as u64, |sum, path| Some(sum + targets_in(path)?))
    }

    /// What is said where they turn out to name nothing.
    pub(super) fn nothing(&self) -> Failure {
        let lists: Vec<&str> = self.lists.iter().map(|(name, _)| name.as_str()).collect();
        let verb = if lists.len() == 1 { "names" } else { "name" };
        let hint = "write one target a line, such as shop.example:8443; empty lines and what follows a # do not count";
        Failure::new("there is nothing to check", hint).because(format!("{} {verb} no target", lists.join(", ")))
    }

    /// Sends the inputs, as fast as they are taken.
    pub(super) fn stream(self, reading: Reading, window: usize) -> mpsc::Receiver<Input> {
        let (sender, receiver) = mpsc::channel(window);
        // Reading standard input blocks: it has a thread of its own, which ends with the process or the receiver.
        thread::spawn(move || {
            let reading = &reading;
            let listed = self.lists.into_iter().flat_map(|(_, mut list)| std::iter::from_fn(move || reading.line(&mut list)));
            drop(self.words.into_iter().chain(listed).try_for_each(|input| sender.blocking_send(input)));
        });
        receiver
    }
}

/// How many targets a list names; nothing where it cannot be read.
fn targets_in(path: &Path) -> Option<u64> {
    let mut list: Lines = Box::new(BufReader::new(File::open(path).ok()?));
    let mut count = 0;
    while let Some(line) = next_line(&mut list) {
        line.ok()?;
        count += 1;
    }
    Some(count)
}

/// What the next line says that is neither empty nor a comment; `None` at the end of the list.
fn next_line(list: &mut Lines) -> Option<io::Result<String>> {
    loop {
        let mut line = Vec::new();
        match list.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
        let text = String::from_utf8_lossy(&line);
        let text = without_comment(&text);
        if !text.is_empty() {
            return Some(Ok(text.to_owned()));
        }
    }
}

fn standard_input() -> Lines {
    Box::new(BufReader::new(std::io::stdin()))
}

impl Input {
    /// As its report calls it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Target(target) => target.to_string(),
            Self::File(path) => path.display().to_string(),
            Self::Wrong { text, .. } => text.clone(),
        }
    }
}

impl Reading {
    /// A word of the command line: what cannot be read is a usage error, before anything is checked.
    fn word(&self, word: &str) -> Result<Input, Failure> {
        match self.input(word) {
            Input::Wrong { text, why, hint } if why.contains(&format!("{text:?}")) => {
                Err(Failure::usage(why, hint))
            }
            Input::Wrong { text, why, hint } => {
                Err(Failure::usage(format!("{text:?} is not a target"), hint).because(why))
            }
            input => Ok(input),
        }
    }

    /// The next input of a list; `None` at its end.
    fn line(&self, list: &mut Lines) -> Option<Input> {
        match next_line(list)? {
            Ok(text) => Some(self.input(&text)),
            Err(error) => {
                // What cannot be read now will not be able to the next time either: the list ends here.
                *list = Box::new(io::empty());
                let why = format!("it cannot be read further: {error}");
                let (text, hint) = ("the list".to_owned(), "check the list".to_owned());
                Some(Input::Wrong { text, why, hint })
            }
        }
    }

    fn input(&self, text: &str) -> Input {
        if names_a_file(text) {
            return Input::File(PathBuf::from(text));
        }
        match target(text, self.sni.clone(), self.starttls) {
            Ok(target) => Input::Target(target),
            Err(error) => {
                Input::Wrong { text: text.to_owned(), why: error.to_string(), hint: error.hint() }
            }
        }
    }
}

/// A target, with the server name that is sent, and the dialogue where it names none.
pub(in super::super) fn target(
    text: &str,
    sni: Option<String>,
    starttls: Option<Protocol>,
) -> Result<Target, notafter_tls::ParseTargetError> {
    let mut target = text.parse::<Target>()?;
    target.sni = sni;
    if let (Some(protocol), false) = (starttls, text.contains("://")) {
        let default_port = target.port == 443 && !text.ends_with(":443");
        target.starttls = Some(protocol);
        if default_port {
            target.port = protocol.port();
        }
    }
    Ok(target)
}

/// A line's target. A comment begins the line or follows white space, as the fragment of an address does not; editors
/// begin files with a byte-order mark.
fn without_comment(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim();
    let begins = |(at, _): &(usize, &str)| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    let comment = line.match_indices('#').find(begins);
    comment.map_or(line, |(at, _)| line[..at].trim_end())
}

/// A path, or a name with the ending of a certificate file, or of what people take for one: no host name has either, nor
/// a slash but at its end.
pub(in super::super) fn names_a_file(text: &str) -> bool {
    const ENDINGS: [&str; 14] = [
        "pem", "der", "crt", "cer", "cert", "p7b", "p7c", "p12", "pfx", "jks", "keystore", "key", "csr", "txt",
    ];
    if text.contains("://") {
        return false;
    }
    let path = Path::new(text);
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    path.is_absolute()
        || text.starts_with("./")
        || text.starts_with("../")
        || ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
        || text.trim_end_matches('/').contains('/')
        || (text.contains('/') && path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Input> {
        let mut list: Lines = Box::new(std::io::Cursor::new(text.to_owned().into_bytes()));
        let reading = Reading::default();
        std::iter::from_fn(|| reading.line(&mut list)).collect()
    }

    #[test]
    fn a_list_skips_comments_and_keeps_going_after_a_bad_line() {
        let inputs = read("# ours\nshop.example\n\n  smtp://mail.example  \nnot a host\n./leaf.pem\nlast.example:8443");
        let targets: Vec<String> = inputs
            .iter()
            .map(|input| match input {
                Input::Target(target) => target.to_string(),
                Input::File(path) => format!("file {}", path.display()),
                Input::Wrong { text, .. } => format!("wrong {text}"),
            })
            .collect();
        assert_eq!(
            targets,
            [
                "shop.example:443",
                "smtp://mail.example:25",
                "wrong not a host",
                "file ./leaf.pem",
                "last.example:8443"
            ]
        );
    }

    /// The comment was made part of the target, and the mark of the first one.
    #[test]
    fn a_comment_behind_a_target_and_a_byte_order_mark_are_no_part_of_it() {
        let list = "\u{feff}good.test:24101   # trailing\nhttps://shop.example/#top\t# the shop\n  # alone\n./a#b.pem\n";
        let names: Vec<String> = read(list).iter().map(Input::name).collect();
        assert_eq!(names, ["good.test:24101", "shop.example:443", "./a#b.pem"]);
        assert!(read("\u{feff}# only words\n").is_empty());
    }

    /// Ten thousand targets were looked at, and nobody saw how many were left.
    #[test]
    fn the_targets_of_list_files_are_counted_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        std::fs::write(&list, "# ours\nshop.example\n\n  mail.example # theirs\nnot a host\n").unwrap();
        let total = |words: &[&str], lists: &[PathBuf]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            Source::open(&words, lists, &Reading::default()).unwrap().total()
        };
        assert_eq!(total(&["a.example"], &[list.clone(), list.clone()]), Some(7));
        assert_eq!(total(&["a.example", "-"], &[list]), None);
    }

    #[test]
    fn an_endless_line_is_cut_and_named_wrong() {
        let inputs = read(&"x".repeat(10_000));
        assert!(inputs.iter().all(|input| matches!(input, Input::Wrong { .. })));
        assert_eq!(inputs.len(), 3);
    }

    #[test]
    fn files_and_hosts_are_told_apart() {
        for file in [
            "/etc/ssl/x",
            "./shop.example",
            "shop.pem",
            "a/b.crt",
            "../x.der",
            "SHOP.CER",
            "shop.p7b",
            "shop.pfx",
            "targets.txt",
            "lab/x/fulchain",
            "ssl/server.bundle",
            "shop.example/path",
        ] {
            assert!(names_a_file(file), "{file}");
        }
        for host in ["shop.example", "https://shop.example/x.pem", "shop.example/", "[::1]:443"] {
            assert!(!names_a_file(host), "{host}");
        }
    }

    #[test]
    fn a_dialogue_brings_its_port_unless_one_is_written() {
        let reading = Reading { sni: None, starttls: notafter_tls::dialogue::find("smtp") };
        let table = [
            ("mail.example", "smtp://mail.example:25"),
            ("mail.example:587", "smtp://mail.example:587"),
            ("mail.example:443", "smtp://mail.example:443"),
            ("imap://mail.example", "imap://mail.example:143"),
        ];
        for (text, wanted) in table {
            let Input::Target(target) = reading.input(text) else { panic!("{text}") };
            assert_eq!(target.to_string(), wanted);
        }
    }
}
