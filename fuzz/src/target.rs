//! Any text as a target of `check`: no panic, what is read is shown in a form that reads the same, and what is asked for is
//! a name that a resolver takes.

use notafter_cert::Identifier;
use notafter_tls::Target;

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(target) = text.parse::<Target>() else { return };
    assert_eq!(target.to_string().parse::<Target>().as_ref(), Ok(&target));
    if let Identifier::Dns(name) = &target.host {
        let possible = |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-');
        assert!(name.split('.').all(possible), "{name}");
    }
    assert_eq!(target.expected_name(), target.host);
    let json = serde_json::to_string(&target).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Target>(&json).ok(), Some(target));
}
