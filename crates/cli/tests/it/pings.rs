//! A cron job that pings, by the program that cron jobs ping with.

use std::process::Command;

use serde_json::Value;

use crate::home::Home;
use crate::peer;

const INVENTORY: &str = r#"
[[lineage]]
name = "blog"
watch = { renewer = "certbot", chain_file = "/nonexistent/blog.pem", ping = { every = "24h" } }
"#;

#[test]
fn a_cron_job_pings_with_curl_and_its_failure_is_told_until_it_goes_well() {
    let test = "a_cron_job_pings_with_curl_and_its_failure_is_told_until_it_goes_well";
    let Some(curl) = peer::program(test, "curl", "/usr/bin/curl") else { return };
    let home = Home::new();
    std::fs::create_dir(home.path("machine")).unwrap();
    home.file("notafter.toml", format!("machine_root = {:?}\n", home.path("machine")));
    home.apply(INVENTORY);
    let server = home.serve();
    server.wait_for("/readyz", 200);
    let listed = || home.run(&["ping", "list", "--format", "json"]).document();
    let address = listed()["pings"][0]["url"].as_str().unwrap().to_owned();
    assert!(address.starts_with(&server.site()), "{address}");
    let job = |script: &str| {
        let line = format!("{script}; {} -fsS -m 10 --data-raw 'no rights' {address}/$?", curl.display());
        let ran = Command::new("/bin/sh").args(["-c", &line]).output().unwrap();
        assert!(ran.status.success() && ran.stdout == b"OK", "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let told = || -> Vec<Value> {
        let status = home.run(&["status", "--format", "json"]).document();
        let needs = status["status"]["needs"].as_array().unwrap().clone();
        needs.into_iter().filter(|need| need["code"] == "ping.failing").collect()
    };
    job("false");
    let found = told();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0]["text"].as_str().unwrap().contains("failed with exit code 1"), "{found:?}");
    job("true");
    assert_eq!(told(), Vec::<Value>::new());
    let pings = listed();
    let says = |at: usize| pings["pings"][0]["recent"][at]["says"].as_str().unwrap().to_owned();
    assert_eq!((says(0).as_str(), says(1).as_str()), ("fail", "success"));
    let other = home.run(&["ping", "new-address", "blog"]);
    assert!(other.code == 0 && !other.out.contains(&address), "{}{}", other.out, other.err);
    let gone = Command::new(&curl).args(["-fsS", &address]).output().unwrap();
    assert!(!gone.status.success(), "it leads nowhere any more");
    assert_eq!(home.run(&["ping", "new-address", "nobody"]).code, 2);
}
