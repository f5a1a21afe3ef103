//! What a running systemd says about its timers, asked before the files are read.

use std::collections::BTreeMap;

use notafter_cert::{Span, Time};

use crate::command::{self, CommandLine};
use crate::hands::Bounds;

/// systemd's answers; empty where it does not run.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By timer unit.
    pub(super) timers: BTreeMap<String, TimerState>,
    /// By service unit.
    pub(super) services: BTreeMap<String, ServiceState>,
    /// Why it could not be asked, where it runs.
    pub(super) failed: Option<String>,
}

/// One line of `systemctl list-timers`.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct TimerState {
    unit: String,
    activates: Option<String>,
    #[serde(default)]
    last: Option<i64>,
}

impl TimerState {
    /// When it last fired.
    pub(super) fn last(&self) -> Option<Time> {
        self.last.filter(|&micros| micros > 0).map(Time::from_micros)
    }
}

/// How a service ended last.
#[derive(Debug, Default)]
pub(super) struct ServiceState {
    pub(super) result: String,
    pub(super) exited_at: Option<Time>,
}

/// Asks the systemd that runs this machine.
pub(super) async fn ask() -> Answers {
    let list = call(&["list-timers", "--all", "--output=json", "--no-pager"]).await;
    let timers: Vec<TimerState> = match list.map(|text| serde_json::from_slice(&text)) {
        Ok(Ok(timers)) => timers,
        Ok(Err(error)) => return Answers::blind(format!("systemctl list-timers: {error}")),
        Err(error) => return Answers::blind(error),
    };
    let units: Vec<String> = timers.iter().filter_map(|timer| timer.activates.clone()).collect();
    let mut arguments =
        vec!["show", "--no-pager", "--timestamp=unix", "--property=Id,Result,ExecMainExitTimestamp"];
    arguments.extend(units.iter().map(String::as_str));
    let services = match call(&arguments).await {
        Ok(text) => services_from(&String::from_utf8_lossy(&text)),
        Err(error) => return Answers::blind(error),
    };
    let timers = timers.into_iter().map(|timer| (timer.unit.clone(), timer)).collect();
    Answers { timers, services, failed: None }
}

impl Answers {
    fn blind(why: String) -> Self {
        Self { failed: Some(why), ..Self::default() }
    }
}

async fn call(arguments: &[&str]) -> Result<Vec<u8>, String> {
    let command = CommandLine::new("systemctl", arguments.iter().map(ToString::to_string));
    command::run(&Bounds::own(), &command, Span::seconds(10), 4 << 20)
        .await
        .map(|output| output.stdout)
        .map_err(|error| error.to_string())
}

fn services_from(text: &str) -> BTreeMap<String, ServiceState> {
    let mut services = BTreeMap::new();
    for block in text.split("\n\n") {
        let property = |name: &str| {
            block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
        };
        let exited_at = property("ExecMainExitTimestamp")
            .strip_prefix('@')
            .and_then(|seconds| seconds.parse().ok())
            .map(Time::from_unix_seconds);
        let state = ServiceState { result: property("Result").to_owned(), exited_at };
        services.insert(property("Id").to_owned(), state);
    }
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_from_blocks_of_properties() {
        let text = "Result=success\nExecMainExitTimestamp=@1732250000\nId=certbot.service\n\n\
                    Result=exit-code\nExecMainExitTimestamp=\nId=other.service\n";
        let services = services_from(text);
        assert_eq!(services["certbot.service"].result, "success");
        assert_eq!(services["certbot.service"].exited_at.unwrap().unix_seconds(), 1_732_250_000);
        assert_eq!(services["other.service"].exited_at, None);
    }

    #[test]
    fn timers_are_read_from_what_systemctl_prints() {
        let text = r#"[{"next":1732300000000000,"left":1732300000000000,"last":1732250000000000,
            "passed":1,"unit":"certbot.timer","activates":"certbot.service"},
            {"next":null,"left":null,"last":0,"passed":null,"unit":"x.timer","activates":"x.service"}]"#;
        let timers: Vec<TimerState> = serde_json::from_str(text).unwrap();
        assert_eq!(timers[0].last().unwrap().unix_seconds(), 1_732_250_000);
        assert_eq!(timers[1].last(), None);
    }
}
