//! Log lines on standard error: logfmt for people and grep, JSON for collectors.

use notafter_engine::settings::Settings;
use tracing_logfmt::{EventsFormatter, FieldsFormatter};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Failure;

/// Begins to log as the settings say.
pub(crate) fn begin(settings: &Settings) -> Result<(), Failure> {
    let level = &settings.log_level;
    let directives = format!("warn,notafter={level},{}", OWN.map(|name| format!("{name}={level}")).join(","));
    let filter = EnvFilter::try_new(directives).map_err(|error| {
        let hint = "write error, warn, info, debug or trace in the setting log_level";
        Failure::usage(format!("{level:?} is no level"), hint).because(error)
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let begun = match settings.log_format.as_str() {
        "logfmt" => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .event_format(EventsFormatter::default())
                    .fmt_fields(FieldsFormatter::default())
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        "json" => registry
            .with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
            .try_init(),
        other => {
            let hint = "write logfmt or json in the setting log_format";
            return Err(Failure::usage(format!("{other:?} is no log format"), hint));
        }
    };
    begun.map_err(|error| Failure::new("logging cannot begin", "report this").because(error))
}

/// Our crates, as targets of log lines.
const OWN: [&str; 9] = [
    "notafter_acme",
    "notafter_cli",
    "notafter_engine",
    "notafter_inventory",
    "notafter_keys",
    "notafter_net",
    "notafter_providers",
    "notafter_server",
    "notafter_store",
];
