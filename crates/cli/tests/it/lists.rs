//! Lists of others, from the file to the inventory.

use std::io::Write as _;
use std::process::Stdio;

use crate::home::Home;
use crate::notafter::Ran;

#[test]
fn a_list_of_prometheus_is_applied_as_a_piece_of_the_inventory_file() {
    let home = Home::new();
    let list = "- targets: [192.0.2.1:443, 'http://192.0.2.2']\n  labels: {team: web}\n";
    let file = home.file("targets.yml", list);
    let made = home.run(&["inventory", "from", "file-sd", &file]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert_eq!(
        made.err.replace(&file, "FILE"),
        "FILE:1: left out: http://192.0.2.2: http:// speaks no TLS\nFILE: endpoints: 1, entries left out: 1\n"
    );
    home.apply(&made.out);
    let printed = home.run(&["get"]);
    assert_eq!(printed.out, made.out);
    assert_eq!(home.run(&["apply", &home.file("piece.toml", &made.out)]).out, "no changes\n");
}

#[test]
fn what_is_no_list_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let file = home.file("hosts.csv", "name\nshop\n");
    let refused = home.run(&["inventory", "from", "csv", &file]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    assert!(
        refused.err.contains("heads no column `target`") && refused.err.contains("hint:"),
        "{}",
        refused.err
    );
    let empty = home.run(&["inventory", "from", "csv", &home.file("empty.csv", "host\nhttp://a.example\n")]);
    assert_eq!((empty.code, empty.out.as_str()), (2, ""));
    assert!(empty.err.contains("empty.csv:2: left out"), "{}", empty.err);
    assert_eq!(home.run(&["inventory", "from", "excel", &file]).code, 64);
    let absent = home.run(&["inventory", "from", "csv", "nowhere.csv"]);
    assert!(absent.code == 2 && absent.err.contains("nowhere.csv"), "{}", absent.err);
    assert!(home.is_untouched(), "nothing begins by looking at a list");

    let mut piped = home
        .command(&["inventory", "from", "csv", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    piped.stdin.take().unwrap().write_all(b"host\nshop.example\n").unwrap();
    let piped: Ran = piped.wait_with_output().unwrap().into();
    assert_eq!((piped.code, piped.out.as_str()), (0, "[[endpoint]]\ntarget = \"shop.example:443\"\n"));
    assert!(piped.err.starts_with("standard input: "), "{}", piped.err);
}
