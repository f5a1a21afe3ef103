//! A disk that fails, told apart from one that is full (which the store's own tests and the sweep show).

use crate::sweep::stage::{Stage, can_trace, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_not_called_full() {
    if !can_trace("a_disk_that_fails_is_not_called_full") {
        return;
    }
    let stage = Stage::set().await;
    let log = stage.path("calls");
    // A first command makes the database; from the third sync on, the disk answers EIO.
    let inject = "--inject=fsync,fdatasync:error=EIO:when=3+";
    let trace = ["strace", "-fqq", "-o", log.to_str().unwrap(), "-e", "trace=fsync,fdatasync", inject];
    let failed = stage.run(&trace, &["alert", "test"]);
    assert_eq!(failed.status.code(), Some(2), "{}", said(&failed));
    insta::assert_snapshot!("disk_fails", String::from_utf8(failed.stderr).unwrap());
    assert!(stage.run(&["env"], &["get"]).status.success(), "with a disk that works, it goes on");
}
