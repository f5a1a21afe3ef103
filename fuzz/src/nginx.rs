//! Any configuration of nginx as `nginx -T` prints it: no panic, and an end within the budgets.

use notafter_providers::nginx::{Config, syntax};

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = syntax::parse(text);
    for dump in [text.to_owned(), format!("# configuration file /etc/nginx/nginx.conf:\n{text}")] {
        if let Ok(config) = Config::from_dump(&dump) {
            let _ = (config.servers(), config.http(), config.pid_file());
        }
    }
}
