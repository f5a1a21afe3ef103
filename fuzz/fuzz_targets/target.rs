//! Any text as a target: no panic, and what is read is shown in a form that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_tls::Target;

fuzz_target!(|text: &str| {
    if let Ok(target) = text.parse::<Target>() {
        assert_eq!(target.to_string().parse::<Target>().as_ref(), Ok(&target));
    }
});
