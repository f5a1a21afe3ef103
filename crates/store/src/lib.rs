//! The only SQL.
//!
//! One organisation's state, in SQLite (one machine) or PostgreSQL (a fleet), behind one set of statements. Reads are
//! methods of [`Store`], one file per entity, each taking a [`Scope`]; all writes go through [`Store::apply`], one atomic
//! and durable transaction, or through [`Store::record_looks`], the same for observations in bulk.

mod apply;
mod backup;
mod batch;
mod change;
mod clock;
mod data_dir;
mod dialect;
mod disk;
mod entity;
mod error;
mod event;
mod joint;
mod last_line;
mod list;
mod look;
mod migrate;
mod open;
mod past;
mod reading;
mod retention;
mod revision;
mod scope;
mod search_log;
mod single;
mod sql;
mod standing;
mod tally;
mod task;

pub use backup::PutBack;
pub use batch::Seen;
pub use change::{Change, Holds};
pub use clock::ClockRow;
pub use data_dir::{DataDir, Holder};
pub use entity::access::{Access, Written};
pub use entity::answer::{ANSWERS_KEPT, Answering, Begun, Call};
pub use entity::key::{KeyRow, SecretRow};
pub use entity::ownership::Acknowledging;
pub use entity::public::Public;
pub use entity::subscriber::Subscription;
pub use error::StoreError;
pub use event::ChainState;
pub use joint::Around;
pub use list::{EndpointRow, Endpoints, Findings, Listed, Part};
pub use look::{EndpointState, Look, LookChange, Looked, ShownLeaf};
pub use open::{Location, Store};
pub use past::Past;
pub use revision::Revision;
pub use scope::Scope;
pub use search_log::{Events, Found, Place};
pub use standing::Standing;
pub use task::{Lease, Planned, TaskSubject};
