//! What is printed, in every format, and how it ends.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::{check, findings, json};
use crate::notafter::{self, run};
use crate::peer::{Pki, TODAY, free_port, write};
use crate::schema;

#[test]
fn files_are_judged_like_endpoints() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "chain.pem", &pki.full(&pair));
    let leaf = write(folder.path(), "leaf.pem", &pair.leaf);
    let der = folder.path().join("leaf.der");
    std::fs::write(&der, notafter_cert::pem::chain_from(pair.leaf.as_bytes()).unwrap().remove(0)).unwrap();
    let der = der.to_str().unwrap();
    let junk = write(folder.path(), "junk.pem", "nothing of the kind");
    let document = json(&trust, &["--evidence", &chain, &leaf, der, &junk, "/nonexistent.pem"]);
    let verdicts: Vec<&str> = document["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["ok", "critical", "critical", "unknown", "unknown"], "{document:#}");
    assert_eq!(findings(&document["targets"][1]), ["critical chain.missing-intermediate"]);
    assert_eq!(document["summary"]["verdict"], "critical");
    let sent = document["targets"][0]["addresses"][0]["facts"]["chain"][0]["der"].as_str().unwrap();
    assert_eq!(notafter_cert::base64::decode(sent).unwrap(), std::fs::read(der).unwrap());
    let wrong_name = json(&trust, &["--sni", "other.example", &chain]);
    assert_eq!(findings(&wrong_name["targets"][0]), ["critical certificate.name-mismatch"]);
}

/// Its chain was said to lack an issuer, and not that the second block could not be read.
#[test]
fn a_block_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let bad = notafter_cert::pem::write("CERTIFICATE", &[0x30, 1, 0]);
    let chain = write(folder.path(), "chain.pem", &format!("{}{bad}", pair.leaf));
    let document = json(&trust, &[&chain]);
    assert_eq!(document["targets"][0]["notes"][0]["code"], "note.chain-unreadable", "{document:#}");
    let text = check(&trust, &[&chain]).out;
    assert!(text.contains("note: block 2 (CERTIFICATE) cannot be read: "), "{text}");
    let anchors = write(folder.path(), "anchors.pem", &format!("{}{bad}", pki.root.pem()));
    let refused = check(&anchors, &[&chain]);
    assert_eq!((refused.code, refused.out.as_str()), (3, ""));
    assert!(refused.err.contains("why: certificate 2 cannot be read: "), "{}", refused.err);
}

/// It was said of an address whose server nobody had reached.
#[test]
fn an_address_that_refused_is_told_nothing_of_hsts() {
    let ran = check("mozilla", &[&format!("127.0.0.1:{}", free_port())]);
    assert!(ran.out.contains("seen: ") && !ran.out.contains("hsts"), "{}", ran.out);
}

#[test]
fn limits_can_be_set_as_shares_and_lengths() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 1, 1), (2026, 4, 11));
    let chain = write(folder.path(), "chain.pem", &pki.full(&pair));
    // 100 days long, 40 and a half days left.
    let table: [(&[&str], i32); 6] = [
        (&[], 0),
        (&["--warning", "41d"], 1),
        (&["--warning", "40%"], 0),
        (&["--warning", "41%"], 1),
        (&["-c", "980h"], 2),
        (&["-w", "50d:", "-c", "10d:"], 1),
    ];
    for (limits, code) in table {
        let mut arguments = limits.to_vec();
        arguments.push(&chain);
        let ran = check(&trust, &arguments);
        assert_eq!(ran.code, code, "{limits:?}: {}{}", ran.out, ran.err);
    }
    let bare = check(&trust, &["--warning", "20", &chain]);
    assert_eq!(bare.code, 64, "{}", bare.err);
}

#[test]
fn plug_in_output_follows_the_guidelines() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let good = pki.ecdsa("shop.example", (2026, 1, 1), (2026, 4, 11));
    let late = pki.ecdsa("late.example", (2025, 12, 4), (2026, 3, 4));
    let good = write(folder.path(), "it's=good.pem", &pki.full(&good));
    let late = write(folder.path(), "late.pem", &pki.full(&late));
    let missing = folder.path().join("missing.pem");
    let missing = missing.to_str().unwrap();
    let nagios = |targets: &[&str]| {
        let mut arguments = vec!["--format", "nagios"];
        arguments.extend(targets);
        let ran = check(&trust, &arguments);
        (ran.code, ran.out.replace(folder.path().to_str().unwrap(), "DIR"))
    };
    let (code, single) = nagios(&[&good]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("nagios_ok", single);
    let (code, single) = nagios(&["-v", "-H", &late]);
    assert_eq!(code, 2);
    insta::assert_snapshot!("nagios_verbose", single);
    let (code, several) = nagios(&[&good, &late, missing]);
    assert_eq!(code, 2);
    insta::assert_snapshot!("nagios_several", several);
    assert_eq!(nagios(&[missing]).0, 3);
    assert_eq!(nagios(&["--exit-ok", &late]).0, 0);
    for more in [&["-vv"][..], &["-vvv"], &["-v", "-v"], &["--detail", "--detail"], &["-vv", "--verbose"]] {
        let (code, out) = nagios(&[more, &[late.as_str()]].concat());
        assert_eq!(code, 2, "{more:?}: {out}");
        assert!(out.lines().last().unwrap().starts_with("  file: ends 2026-03-04 00:00 UTC"), "{out}");
    }
}

#[test]
fn a_plug_in_that_cannot_look_says_so_where_nagios_reads() {
    let folder = tempfile::tempdir().unwrap();
    let settings = write(folder.path(), "notafter.toml", "listne = 1\n");
    let table: [(&[&str], &str); 6] = [
        (&["--nonsense"], "CERTIFICATES UNKNOWN - unexpected argument '--nonsense' found\n"),
        (&[], "CERTIFICATES UNKNOWN - the following required arguments were not provided: <TARGET>...\n"),
        (
            &["--trust", "/nonexistent", "x.example"],
            "CERTIFICATES UNKNOWN - the trust anchors in /nonexistent cannot be read: No such file or directory (os error 2)\nhint: ",
        ),
        (
            &["gopher://x"],
            "CERTIFICATES UNKNOWN - \"gopher://x\" is not a target: \"gopher\" is not a known scheme\nhint: ",
        ),
        (
            &["-f", "/nonexistent"],
            "CERTIFICATES UNKNOWN - cannot read the list /nonexistent: No such file or directory (os error 2)\nhint: check the path\n",
        ),
        (&["--config", &settings, "x.example"], "CERTIFICATES UNKNOWN - "),
    ];
    for (arguments, line) in table {
        let mut all = vec!["check", "--format", "nagios"];
        all.extend(arguments);
        let ran = run(&all);
        assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{arguments:?}");
        assert!(ran.out.starts_with(line), "{arguments:?}: {}", ran.out);
        assert!(!ran.out.contains('|'), "what follows a bar is performance data: {}", ran.out);
    }
}

/// In text, -vv printed what -v does.
#[test]
fn twice_verbose_tells_how_each_address_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "chain.pem", &pki.full(&pair));
    let refused = format!("127.0.0.1:{}", free_port());
    let once = check(&trust, &["-v", &chain, &refused]).out;
    assert!(once.contains("means: ") && !once.contains("how:  "), "{once}");
    let twice = check(&trust, &["-vv", &chain, &refused]).out;
    assert!(twice.contains("how:  file: holds shop.example (sha256 "), "{twice}");
    assert!(twice.contains(&format!("how:  {refused}: connection refused, in ")), "{twice}");
}

#[test]
fn a_run_that_its_limit_ended_is_unknown_whatever_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let late = pki.ecdsa("late.example", (2025, 12, 4), (2026, 3, 4));
    let late = write(folder.path(), "late.pem", &pki.full(&late));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    // One handshake at a time, each of which is waited for in vain: all of them together outlast the limit by far.
    let limits = ["--format=nagios", "-t", "3", "--concurrency", "1", &late];
    let ran = check("mozilla", &[&limits[..], &[silent.as_str(); 6]].concat());
    assert_eq!(ran.code, 3, "{}", ran.out);
    let told = ran.out.replace(folder.path().to_str().unwrap(), "DIR").replace(&silent, "SILENT");
    let lines: Vec<&str> = told.lines().collect();
    let first = "CERTIFICATES UNKNOWN - the time limit of 3 s ended the run; ";
    assert!(lines[0].starts_with(first) && lines[0].contains("1 critical"), "{told}");
    assert_eq!(lines[0].matches("'SILENT'=U").count(), 6, "{told}");
    assert_eq!(lines[1], "CRITICAL DIR/late.pem: expires in 2 d 12 h (2026-03-04 00:00 UTC) (and 1 more)");
    assert_eq!(lines.last(), Some(&"UNKNOWN SILENT: not finished within 3 s"), "{told}");
}

#[test]
fn plug_in_help_version_usage_and_timeout_exit_with_three() {
    for arguments in [&["-h"][..], &["-V"], &["--help"], &["--version"], &["--nonsense"], &[], &["http://"]] {
        let mut all = vec!["check", "--format", "nagios"];
        all.extend(arguments);
        assert_eq!(run(&all).code, 3, "{arguments:?}");
    }
    // It accepts in the kernel and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = silent.local_addr().unwrap().to_string();
    let ran = check("mozilla", &["--format=nagios", "-t", "2", "-H", &target]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    insta::assert_snapshot!("nagios_silent", ran.out.replace(&target, "TARGET"));
}

#[test]
fn a_usage_error_is_told_before_anything_is_checked() {
    for (arguments, code, hint) in [
        (&["shop.example:0"][..], 64, "write host, host:port"),
        (&["gopher://x"], 64, "write host, host:port"),
        (&["--trust", "/nonexistent", "x.example"], 3, "--trust mozilla"),
        (&["-f", "/nonexistent", "x.example"], 3, "check the path"),
    ] {
        let mut all = vec!["check"];
        all.extend(arguments);
        let ran = run(&all);
        assert_eq!(ran.code, code, "{arguments:?}: 2 would be a verdict");
        assert_eq!(ran.out, "");
        assert!(ran.err.starts_with("error: ") && ran.err.contains(hint), "{}", ran.err);
    }
    assert_eq!(run(&["check", "--at", "yesterday", "x.example"]).code, 64);
}

/// Both exited with 2, which is "critical".
#[test]
fn what_kept_it_from_looking_or_telling_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let settings = write(folder.path(), "notafter.toml", "listne = 1\n");
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "chain.pem", &pki.full(&pair));
    for format in ["text", "json", "jsonl"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let arguments = ["check", "--at", TODAY, "--trust", &trust, "--format", format, &chain];
        let ran: notafter::Ran = notafter::command(&arguments).stdout(full).output().unwrap().into();
        assert_eq!(ran.code, 3, "{format}: {}", ran.err);
        assert!(ran.err.starts_with("error: cannot write the results"), "{}", ran.err);
    }
    let ran = run(&["check", "--config", &settings, &chain]);
    assert_eq!((ran.code, ran.out.as_str()), (64, ""), "{}", ran.err);
}

#[test]
fn a_list_is_streamed_and_a_bad_line_spoils_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "chain.pem", &pki.full(&pair));
    let list = format!("# ours\n\n{chain}\nnot a host\n127.0.0.1:{}\n", free_port());
    let path = write(folder.path(), "list", &list);
    let ran = check(&trust, &["--format", "jsonl", "--file", &path]);
    let lines = ran.lines();
    let mut verdicts: Vec<&str> = lines.iter().map(|line| line["verdict"].as_str().unwrap()).collect();
    verdicts.sort_unstable();
    assert_eq!(verdicts, ["critical", "ok", "unknown"]);
    assert_eq!(ran.code, 2);
    let mut child = notafter::command(&["check", "--at", TODAY, "--trust", &trust, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(chain.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The name of a target was printed as it stood in the list.
#[test]
fn what_a_list_says_is_shown_and_not_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = [
        "a\u{1b}[2J\u{1b}]0;title\u{7}.example",
        "b\u{202e}moc.example",
        "c\u{7f}\u{9b}31m.example",
        "d\re.example",
    ];
    let file = "./gone\u{1b}[2J\r\u{202e}\u{7f}.pem";
    let list = write(folder.path(), "list", &format!("{}\n{file}\n", hostile.join("\n")));
    for more in [&["-vv"][..], &["--format", "nagios", "-vv"]] {
        let ran = check("mozilla", &[more, &["-f", &list]].concat());
        assert_eq!(ran.code, 3, "{}", ran.out);
        let obeyed =
            ran.out.find(|letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}'));
        assert_eq!(obeyed, None, "{more:?}: {:?}", ran.out);
    }
    let text = check("mozilla", &["-f", &list]).out;
    for shown in [
        r"a\u{1b}[2J\u{1b}]0;title\u{7}.example",
        r"b\u{202e}moc",
        r"c\u{7f}\u{9b}31m",
        r"d\re.example",
        r"./gone\u{1b}[2J\r\u{202e}\u{7f}.pem",
    ] {
        assert!(text.contains(&format!("UNKNOWN   {shown}")), "{shown}: {text}");
    }
    let single = check("mozilla", &["a\u{1b}[2J b"]);
    assert!(single.code == 64 && !single.err.contains('\u{1b}'), "{:?}", single.err);
}

#[test]
fn a_list_and_single_targets_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let trust = write(folder.path(), "root.pem", &pki.root.pem());
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1));
    let chain = write(folder.path(), "chain.pem", &pki.full(&pair));
    let list = write(folder.path(), "targets.txt", &format!("{chain}\n"));
    let mail = format!("smtp://127.0.0.1:{}", free_port());
    let ran = check(&trust, &[&mail, "-f", &list, "--format", "jsonl"]);
    let mut seen: Vec<(String, String)> = ran
        .lines()
        .iter()
        .map(|line| (line["subject"].to_string(), line["verdict"].as_str().unwrap().to_owned()))
        .collect();
    seen.sort();
    let verdicts: Vec<&str> = seen.iter().map(|(_, verdict)| verdict.as_str()).collect();
    assert_eq!(verdicts, ["ok", "critical"], "{seen:?}");
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
}

#[test]
fn ten_thousand_targets_go_through_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let list: String =
        (0..10_000).map(|index| format!("127.1.{}.{}:{port}\n", index / 250, index % 250 + 1)).collect();
    let path = write(folder.path(), "list", &list);
    let ran = check("mozilla", &["--format", "jsonl", "-f", &path]);
    assert_eq!(ran.lines().len(), 10_000);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.err, "", "progress is for terminals");
}

#[test]
fn an_interrupted_run_keeps_what_was_finished() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("127.0.0.1:{}", free_port());
    let silent = silent.local_addr().unwrap().to_string();
    let mut child = notafter::command(&["check", "--format", "json", "--timeout", "600", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than the output's buffer holds, so that the first results can be seen.
    for _ in 0..200 {
        writeln!(input, "{refused}").unwrap();
    }
    writeln!(input, "{silent}").unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while text.lines().count() < 3 {
        assert!(output.read_line(&mut text).unwrap() > 0);
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    std::io::Read::read_to_string(&mut output, &mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let document = schema::document(&text).unwrap();
    assert_eq!(document["summary"]["complete"], false);
    assert!(!document["targets"].as_array().unwrap().is_empty());
}
