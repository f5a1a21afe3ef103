//! What a command needs from its surroundings: settings, clock, and the engine behind a socket or in this process.

use notafter_engine::settings::Settings;

use crate::failure::Failure;
use crate::settings::{self, Global};

/// One run of the binary.
pub(crate) struct Session {
    /// The settings in force.
    pub(crate) settings: Settings,
}

impl Session {
    pub(crate) fn begin(global: Global) -> Result<Self, Failure> {
        Ok(Self { settings: settings::load(&global)? })
    }

    pub(crate) fn runtime(&self) -> Result<tokio::runtime::Runtime, Failure> {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Failure::new("cannot start the runtime", "check the limits on threads").because(error)
        })
    }
}
