//! SIGKILL at every step that makes something durable.

use std::os::unix::process::ExitStatusExt;

use super::stage::{Stage, can_trace, said};

/// Far more than one issuance has of any step; a sweep that comes here does not end by itself.
const ENOUGH: u32 = 400;

/// Runs a command that is killed at this call of its kind.
fn killing<'a>(log: &'a str, trace: &'a str, inject: &'a str) -> [&'a str; 9] {
    ["strace", "-f", "-qq", "-o", log, "-e", trace, "-e", inject]
}

/// Kills `issue` at its first, second, ... call of these until one run completes; after each, says the command again.
async fn sweep(calls: &str) -> u32 {
    for number in 1..ENOUGH {
        let when = format!("killed at {calls} number {number}");
        let stage = Stage::set().await;
        let prober = stage.probe();
        let trace = format!("trace={calls}");
        let inject = format!("inject={calls}:signal=SIGKILL:when={number}");
        let log = stage.path("calls");
        let log = log.to_str().unwrap();
        let killed = stage.issue(&killing(log, &trace, &inject));
        if killed.status.success() {
            stage.is_whole("not killed").await;
            return number - 1;
        }
        assert_eq!(killed.status.signal(), Some(9), "{when}: {}", said(&killed));
        stage.pair_on_disk_fits(&when).await;
        let again = stage.issue(&["env"]);
        assert!(again.status.success(), "{when}: {}", said(&again));
        stage.is_whole(&when).await;
        stage.was_served_throughout(prober, &when).await;
    }
    panic!("no end after {ENOUGH} calls of {calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_sync_it_goes_on_with_the_same_order() {
    if !can_trace("killed_at_any_sync_it_goes_on_with_the_same_order") {
        return;
    }
    let steps = sweep("fsync,fdatasync").await;
    assert!(steps >= 10, "only {steps} syncs by one thread");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_change_of_a_directory_it_keeps_a_whole_pair() {
    if !can_trace("killed_at_any_change_of_a_directory_it_keeps_a_whole_pair") {
        return;
    }
    for calls in ["?rename,?renameat,renameat2", "?symlink,symlinkat,?link,linkat"] {
        let steps = sweep(calls).await;
        assert!(steps >= 2, "only {steps} of {calls}");
    }
}

/// Most syncs of a deployment are those of its files; those of an issuance are the database's.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_killed_at_any_sync_keeps_a_whole_pair() {
    if !can_trace("a_deployment_killed_at_any_sync_keeps_a_whole_pair") {
        return;
    }
    let stage = Stage::set().await;
    let issued = stage.issue(&["env"]);
    assert!(issued.status.success(), "{}", said(&issued));
    let log = stage.path("calls");
    let mut steps = 0;
    for number in 1..ENOUGH {
        let when = format!("killed at sync number {number}");
        let prober = stage.probe();
        let inject = format!("inject=fsync,fdatasync:signal=SIGKILL:when={number}");
        let before = killing(log.to_str().unwrap(), "trace=fsync,fdatasync", &inject);
        let killed = stage.run(&before, &["deploy", "shop"]);
        if killed.status.success() {
            break;
        }
        steps = number;
        assert_eq!(killed.status.signal(), Some(9), "{when}: {}", said(&killed));
        stage.pair_on_disk_fits(&when).await;
        let again = stage.run(&["env"], &["deploy", "shop"]);
        assert!(again.status.success(), "{when}: {}", said(&again));
        stage.was_served_throughout(prober, &when).await;
        stage.is_whole(&when).await;
    }
    assert!((10..ENOUGH - 1).contains(&steps), "{steps} syncs by one thread");
}
