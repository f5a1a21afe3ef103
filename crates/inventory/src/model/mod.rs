//! The entities, one file each. Identifiers are UUIDv7; every subject has an owner (design section 6).

mod alert;
pub(crate) mod channel;
mod component;
mod delivery;
mod deployment;
mod drill;
mod duty;
mod endpoint;
mod event;
mod finding;
mod id;
mod identity;
mod incident;
mod issuer;
mod lineage;
mod link;
mod maintenance;
mod order;
mod owner;
mod ownership;
mod passkey;
mod path;
mod ping;
mod place;
mod silence;
mod subscriber;
mod user;
mod version;
mod zone;

pub use alert::{Acknowledgement, Alert, AlertState, Purpose, Told};
pub use channel::{
    Channel, ChannelKind, ChannelSettings, Form, Proof, Recipient, SecretRef, Setting, SettingError, Usual,
    is_reference,
};
pub use component::{COMPONENT, ComponentState, component_of};
pub use delivery::{Delivery, DeliveryAttempt, DeliveryState, Message, Receipt};
pub use deployment::{Act, AddressProof, Deployment, DeploymentStanding, ProofState, Step, StepRecord};
pub use drill::{
    Alarm, AlarmTold, Drill, DrillEnd, DrillEnding, DrillFault, Played, PlayedPlace, PlayedTold, Rehearsed,
    Script, Setback,
};
pub use duty::{Date, Days, Duty, Rotation, Rung, Turn};
pub use endpoint::{Criticality, CriticalityBy, CriticalityRule, Endpoint, Label, Labels};
pub use event::{Actor, Event};
pub use finding::{Finding, FindingState, Severity, Subject, Violation};
pub use id::{
    AlertId, ChannelId, DeliveryId, DeploymentId, DrillId, EndpointId, FindingId, Id, IncidentId, IssuerId,
    KeyId, Kind, LineageId, MaintenanceId, OrderId, OwnerId, ParseIdError, PasskeyId, PlaceId, Random,
    Sequence, SessionId, SilenceId, SubscriberId, TokenId, UserId, VersionId,
};
pub use identity::{Bond, Identity};
pub use incident::{Incident, IncidentStatus, IncidentUpdate};
pub use issuer::{
    Account, AcmeIssuer, AcmeTerms, Authority, Certified, ExternalAccount, Issuer, Practice, PrivateIssuer,
    Terms,
};
pub use lineage::{
    AriChoice, AttemptFailure, Automation, FailureClass, Http01, Lineage, LineageSpec, Mode, Progress,
    Renewal, Renewer, RollBack, SHED_FROM, Shedding, Tried, WentBackFrom,
};
pub use link::{AlertLink, LINK_LASTS, LinkDoes, OwnerLink, PathLink, QuietFor, SpentLink};
pub use maintenance::{Maintenance, MaintenanceStatus, MaintenanceUpdate};
pub use order::{Exemption, MissedChain, Order, Signing};
pub(crate) use owner::time_of_day;
pub use owner::{BusinessHours, Contact, Owner};
pub use ownership::{Given, Ownership};
pub use passkey::{LONGEST_PASSKEY_NAME, Passkey};
pub use path::Path;
pub use ping::{Begun, Expected, MOST_A_MINUTE, Ping, Pings, Says};
pub use place::Place;
pub(crate) use place::secret_of;
pub use silence::{Silence, SilenceScope};
pub use subscriber::{CONFIRMED_WITHIN, StatusMail, Subscriber, Subscribers, address_hash};
pub use user::{
    BeganWith, Disconnected, Grant, Needed, NoSuchRole, RightsFrom, Role, SecretHash, Session, Token, User,
};
pub use version::{Origin, Version, VersionState};
pub use zone::{NoSuchZone, Zone};
