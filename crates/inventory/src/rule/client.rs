//! What visitors see.
//!
//! The names are those of Chromium's `net/base/net_error_list.h`, Firefox's `SSLErrors` and `nsPKIErrors`, Safari's
//! page titles, and curl's exit codes with OpenSSL's words.

/// What the usual programs show when a rule is violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clients {
    /// Chrome and Edge.
    pub chromium: Page,
    /// Firefox.
    pub firefox: Page,
    /// Safari.
    pub safari: Page,
    /// curl; a [`Page::Warning`] is passed with `--insecure`.
    pub curl: Page,
}

/// What one program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Nothing: the visit goes on.
    Nothing,
    /// Not known: it depends on what the program offers.
    Unknown,
    /// An error that a person can click through, unless the site is known for HSTS.
    Warning(&'static str),
    /// An error that nobody can pass.
    Wall(&'static str),
}

/// The title of Safari's page for every certificate error.
pub(super) const SAFARI: Page = Page::Warning("This Connection Is Not Private");

/// The title of Safari's page when there is no connection.
pub(super) const SAFARI_NO_CONNECTION: Page = Page::Wall("Safari Can't Connect to the Server");
