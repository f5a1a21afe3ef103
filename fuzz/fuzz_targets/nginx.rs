//! Any configuration of nginx, as a file and as `nginx -T` prints it: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_providers::nginx::{Config, syntax};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = syntax::parse(text);
    for dump in [text.to_owned(), format!("# configuration file /etc/nginx/nginx.conf:\n{text}")] {
        if let Ok(config) = Config::from_dump(&dump) {
            let _ = (config.servers(), config.http(), config.pid_file());
        }
    }
});
