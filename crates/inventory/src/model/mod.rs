//! The entities, one file each. Identifiers are UUIDv7; every subject has an owner (design section 6).

mod channel;
mod deployment;
mod endpoint;
mod event;
mod finding;
mod id;
mod issuer;
mod lineage;
mod order;
mod owner;
mod place;
mod version;

pub use channel::{Channel, ChannelKind, SecretRef, SmtpSettings, SmtpTls, WebhookSettings};
pub use deployment::{AddressProof, Deployment, ProofState, Step, StepRecord};
pub use endpoint::{Criticality, Endpoint, Labels};
pub use event::{Actor, Event};
pub use finding::{Finding, FindingState, Severity, Subject, Violation};
pub use id::{
    AlertId, ChannelId, DeploymentId, EndpointId, FindingId, Id, IssuerId, KeyId, LineageId, OrderId,
    OwnerId, ParseIdError, PlaceId, Random, VersionId,
};
pub use issuer::{ExternalAccount, Issuer};
pub use lineage::{
    AriChoice, AttemptFailure, Automation, FailureClass, Http01, Lineage, LineageSpec, Mode, Renewal,
    Renewer, Shedding,
};
pub use order::Order;
pub use owner::{BusinessHours, Contact, Owner};
pub use place::Place;
pub use version::{Origin, Version, VersionState};
