//! RFC 8555 for both sides, as resumable steps.
