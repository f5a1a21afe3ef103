//! Everything that can be written.

use notafter_cert::{Fingerprint, Span, Time};
use notafter_inventory::code::Manifest;
use notafter_inventory::ledger::Charge;
use notafter_inventory::model::{
    Account, AcmeIssuer, Alert, Authority, Channel, ChannelId, CriticalityRule, Delivery, Deployment,
    DeploymentId, Drill, Endpoint, EndpointId, Finding, Incident, Issuer, IssuerId, KeyId, Lineage,
    LineageId, Maintenance, Order, OrderId, Owner, OwnerId, Path, Pings, Place, PlaceId, PrivateIssuer,
    Progress, Silence, SilenceId, SilenceScope, SpentLink, Subject, Version, VersionId,
};

use serde_json::{Value, json};

use crate::{Access, Acknowledging, Answering, Public, Revision, Subscription, TaskSubject};

/// One write. Puts are by identity: the same put twice is one, so that a resumed operation repeats them freely.
#[derive(Clone, Debug)]
pub enum Change {
    /// Everything fails with [`StoreError::Overtaken`](crate::StoreError::Overtaken) where the inventory was written since
    /// this revision of it was read.
    Upon(Revision),
    /// An owner.
    PutOwner(Owner),
    /// An owner without subjects.
    RemoveOwner(OwnerId),
    /// A notification channel.
    PutChannel(Channel),
    /// Removes a channel.
    RemoveChannel(ChannelId),
    /// An issuer. Of one that is there the account stays as it is, and the certificates of a private CA do:
    /// [`Change::PutAccount`], [`Change::PutAuthority`].
    PutIssuer(Issuer),
    /// What was learnt of the account at an issuer's directory. Everything fails with
    /// [`StoreError::Overtaken`](crate::StoreError::Overtaken) where the issuer is gone.
    PutAccount(IssuerId, Account),
    /// The certificates of a private CA. Everything fails with [`StoreError::Overtaken`](crate::StoreError::Overtaken) where
    /// they are not `before` any more, or the issuer is gone: of two that are made at the same time, one signs.
    PutAuthority {
        /// Which issuer.
        issuer: IssuerId,
        /// What there was when `after` was made; nothing where there was nothing.
        before: Option<Authority>,
        /// What signs from now on.
        after: Authority,
    },
    /// Removes an issuer.
    RemoveIssuer(IssuerId),
    /// How much endpoints with a label matter. The endpoints themselves are put beside it.
    PutCriticality(CriticalityRule),
    /// Removes the rule on a label.
    RemoveCriticality(String),
    /// An endpoint.
    PutEndpoint(Endpoint),
    /// Removes an endpoint with its looks; its findings and history stay. Its task goes with [`Change::Unschedule`] in
    /// the same step, or ends at its next turn, when it finds nothing.
    RemoveEndpoint(EndpointId),
    /// A lineage. Of one that is there, how far it is stays as it is: [`Change::Advance`].
    PutLineage(Lineage),
    /// How far a lineage is. Everything fails with [`StoreError::Overtaken`](crate::StoreError::Overtaken) where that is
    /// not `before` any more, or the lineage is gone.
    Advance {
        /// Which.
        lineage: LineageId,
        /// What it was when `after` was thought out.
        before: Progress,
        /// What it is from now on.
        after: Progress,
    },
    /// Removes a lineage with its places; versions, orders, keys and history stay. Its tasks go as those of an endpoint.
    RemoveLineage(LineageId),
    /// A version; its owner is its lineage's.
    PutVersion(Version),
    /// Removes a version whose time is over.
    RemoveVersion(VersionId),
    /// A sealed key.
    PutKey {
        /// Identity.
        id: KeyId,
        /// What the key is for.
        holds: Holds,
        /// The key-encryption key it is sealed with.
        kek_id: String,
        /// The sealed record.
        sealed: Vec<u8>,
    },
    /// How the key-encryption key is derived from now on; nothing where it comes from no passphrase.
    PutDerivation(Option<(String, Value)>),
    /// Erases a key's sealed record; the row stays as evidence, until it was kept long enough.
    DestroyKey(KeyId),
    /// An order; its owner is its lineage's.
    PutOrder(Order),
    /// Removes an order; one that is under way stays.
    RemoveOrder(OrderId),
    /// What a CA counts against us, beyond orders, which are charged as they are put.
    PutCharge(Charge),
    /// A place.
    PutPlace(Place),
    /// Removes a place; its deployments stay.
    RemovePlace(PlaceId),
    /// A deployment; its owner is its lineage's.
    PutDeployment(Deployment),
    /// Removes a deployment; an open one stays.
    RemoveDeployment(DeploymentId),
    /// A finding, open or closed.
    PutFinding(Finding),
    /// A sealed secret.
    PutSecret {
        /// Its name.
        name: String,
        /// The key-encryption key it is sealed with.
        kek_id: String,
        /// The sealed record.
        sealed: Vec<u8>,
    },
    /// A sealed secret that nobody knows but notafter. Everything fails with
    /// [`StoreError::Overtaken`](crate::StoreError::Overtaken) where there is one of this name: what was made with it stays
    /// good.
    MakeSecret {
        /// Its name.
        name: String,
        /// The key-encryption key it is sealed with.
        kek_id: String,
        /// The sealed record.
        sealed: Vec<u8>,
    },
    /// Removes a secret.
    RemoveSecret(String),
    /// What an inventory file wrote.
    PutManifest(Manifest),
    /// An alert, open or closed.
    PutAlert(Alert),
    /// A delivery.
    PutDelivery(Delivery),
    /// What is known of a path.
    PutPath(Path),
    /// What came of a lineage's pings. Everything fails with [`StoreError::Overtaken`](crate::StoreError::Overtaken) where
    /// that is not `before` any more.
    PutPings {
        /// What it was when `after` was thought out; nothing where there was nothing.
        before: Option<Pings>,
        /// What it is from now on.
        after: Pings,
    },
    /// A silence.
    PutSilence(Silence),
    /// Ends a silence.
    RemoveSilence(SilenceId),
    /// What is told of an incident, with one more update than is stored. Everything fails with
    /// [`StoreError::Overtaken`](crate::StoreError::Overtaken) where somebody else has told something meanwhile.
    PutIncident(Incident),
    /// What is told of a maintenance, as [`Change::PutIncident`].
    PutMaintenance(Maintenance),
    /// A drill; its owner is its lineage's.
    PutDrill(Drill),
    /// A link did its one thing. Everything fails with [`StoreError::Overtaken`](crate::StoreError::Overtaken) where it did
    /// it before.
    SpendLink(SpentLink),
    /// Who is told by mail what the status page tells, and what is told so.
    Subscription(Subscription),
    /// What is shown to the public.
    Public(Public),
    /// Whether an owner still answers for what it owns.
    Acknowledging(Acknowledging),
    /// Who may come in.
    Access(Access),
    /// What is remembered of a call that carries a key.
    Answering(Answering),
    /// Makes a task due at an instant. By the holder of its lease: releases it. By anybody else while it is claimed: it
    /// is due again then at the latest, whatever the holder asks for.
    Schedule {
        /// The kind of task.
        task: &'static str,
        /// What it is about.
        subject: TaskSubject,
        /// When it is due.
        due_at: Time,
    },
    /// Removes a task.
    Unschedule {
        /// The kind of task.
        task: &'static str,
        /// What it is about.
        subject: TaskSubject,
    },
    /// The clock was found to have been set back by so much: every task waits as long from now as it waited by the clock
    /// that was ahead. It is logged.
    SetBackClock(Span),
    /// Every task of this kind that waits is due now; one that is claimed is due again as soon as its holder lets go.
    BringForward {
        /// The kind of task.
        task: &'static str,
    },
    /// The anchors that endpoints are judged by from now on, where they name none of their own. Logged where they take the
    /// place of others.
    PutTrust {
        /// The set's identity (`Anchors::identity`).
        anchors: Fingerprint,
        /// What people call the set, and how many it holds; nothing where it is the first one.
        replaces: Option<(String, usize)>,
    },
    /// An entry of the event log, beyond those that mutations write by themselves.
    Event {
        /// CloudEvents type.
        kind: String,
        /// What it is about.
        subject: Subject,
        /// Details.
        data: Value,
    },
}

/// What a sealed key is for; part of what it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// A certificate's private key.
    CertificateKey,
    /// An account key.
    AccountKey,
    /// The key of a private CA's root or intermediate.
    AuthorityKey,
}

impl Holds {
    /// The slot's kind in the vault.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CertificateKey => "certificate-key",
            Self::AccountKey => "account-key",
            Self::AuthorityKey => "authority-key",
        }
    }
}

/// The event that a mutation writes by itself: kind, subject, data.
pub(crate) type Audit = (String, Subject, Value);

impl From<Subscription> for Change {
    fn from(change: Subscription) -> Self {
        Self::Subscription(change)
    }
}

impl From<Acknowledging> for Change {
    fn from(change: Acknowledging) -> Self {
        Self::Acknowledging(change)
    }
}

impl From<Public> for Change {
    fn from(change: Public) -> Self {
        Self::Public(change)
    }
}

impl Change {
    /// What is worth an entry in the audit log: mutations of inventory, keys and secrets, without any value of a secret.
    /// Steps of the engine (orders, deployments, findings, deliveries) are told by the tasks themselves, with words.
    pub(crate) fn audit(&self) -> Option<Audit> {
        if let Self::Event { kind, subject, data } = self {
            return Some((kind.clone(), subject.clone(), data.clone()));
        }
        if let Self::Access(access) = self {
            return access.audit();
        }
        let (noun, verb, subject, data) =
            self.put().or_else(|| self.of_issuer()).or_else(|| self.told()).or_else(|| self.removed())?;
        Some((format!("notafter.{noun}.{verb}.v1"), subject, data))
    }

    fn put(&self) -> Option<(&'static str, &'static str, Subject, Value)> {
        Some(match self {
            Self::PutOwner(owner) => {
                ("owner", "put", Subject::Owner(owner.id), json!({ "name": owner.name }))
            }
            Self::PutChannel(channel) => {
                ("channel", "put", Subject::Channel(channel.id), json!({ "name": channel.name }))
            }
            Self::PutCriticality(rule) => {
                let data = json!({ "label": rule.label, "level": rule.level });
                ("criticality", "put", Subject::Installation, data)
            }
            Self::PutEndpoint(endpoint) => {
                ("endpoint", "put", Subject::Endpoint(endpoint.id), json!({ "target": endpoint.target }))
            }
            Self::PutVersion(version) => {
                let Version { id, fingerprint, state, .. } = version;
                let data = json!({ "version": id, "fingerprint": fingerprint, "state": state });
                ("version", "put", Subject::Lineage(version.lineage_id), data)
            }
            Self::PutKey { id, holds, kek_id, .. } => {
                let data = json!({ "kind": holds.name(), "kek": kek_id });
                ("key", "sealed", Subject::Named(id.to_string()), data)
            }
            Self::PutPlace(place) => {
                let data = json!({ "name": place.name, "deployer": place.deployer });
                ("place", "put", Subject::Place(place.id), data)
            }
            Self::PutSecret { name, kek_id, .. } | Self::MakeSecret { name, kek_id, .. } => {
                ("secret", "sealed", Subject::Named(name.clone()), json!({ "kek": kek_id }))
            }
            Self::PutManifest(manifest) => {
                let data = json!({ "written": manifest.0.len() });
                ("inventory", "applied", Subject::Installation, data)
            }
            Self::SetBackClock(by) => {
                let data = json!({ "by": by.to_string(), "seconds": by.as_seconds() });
                ("clock", "set-back", Subject::Installation, data)
            }
            Self::PutTrust { anchors, replaces: Some((name, number)) } => {
                let data = json!({ "name": name, "anchors": number, "identity": anchors });
                ("trust", "changed", Subject::Installation, data)
            }
            Self::PutSilence(silence) => {
                let Silence { id, scope, until, why, .. } = silence;
                let SilenceScope { code, subject, owner } = scope;
                let data = json!({
                    "silence": id, "code": code, "subject": subject, "owner": owner, "until": until, "why": why,
                });
                ("silence", "put", Subject::Installation, data)
            }
            _ => return None,
        })
    }

    /// What is wanted of an issuer, and what became of it.
    fn of_issuer(&self) -> Option<(&'static str, &'static str, Subject, Value)> {
        Some(match self {
            Self::PutIssuer(issuer) => {
                let data = match issuer {
                    Issuer::Acme(AcmeIssuer { name, directory, .. }) => {
                        json!({ "name": name, "directory": directory })
                    }
                    Issuer::Private(PrivateIssuer { name, practice, .. }) => {
                        json!({ "name": name, "private": practice })
                    }
                };
                ("issuer", "put", Subject::Issuer(issuer.id()), data)
            }
            Self::PutAccount(id, account) => {
                let Account { directory, account_url, .. } = account;
                let data = json!({ "directory": directory, "account": account_url });
                ("issuer", "account", Subject::Issuer(*id), data)
            }
            Self::PutAuthority { issuer, after: Authority { root, intermediate, .. }, .. } => {
                let data = json!({
                    "root": { "fingerprint": root.fingerprint, "not_after": root.not_after },
                    "intermediate": { "fingerprint": intermediate.fingerprint, "not_after": intermediate.not_after },
                });
                ("issuer", "authority", Subject::Issuer(*issuer), data)
            }
            _ => return None,
        })
    }

    /// What people tell the public.
    fn told(&self) -> Option<(&'static str, &'static str, Subject, Value)> {
        Some(match self {
            Self::PutIncident(incident) => {
                let Incident { id, name, components, state, .. } = incident;
                let (status, text) = incident.updates.last().map(|last| (last.status, &last.text)).unzip();
                let data = json!({ "incident": id, "name": name, "components": components, "state": state,
                    "status": status, "text": text });
                ("incident", "told", Subject::Installation, data)
            }
            Self::PutMaintenance(maintenance) => {
                let Maintenance { id, name, components, from, until, updates } = maintenance;
                let (status, text) = updates.last().map(|last| (last.status, &last.text)).unzip();
                let data = json!({ "maintenance": id, "name": name, "components": components, "from": from,
                    "until": until, "status": status, "text": text });
                ("maintenance", "told", Subject::Installation, data)
            }
            _ => return None,
        })
    }

    /// Whether it is nothing but the judgement of what is stored otherwise, or who is to act on that: whoever wrote it writes
    /// it again.
    pub(crate) fn is_judged_anew(&self) -> bool {
        match self {
            Self::PutFinding(_) | Self::Schedule { .. } => true,
            Self::Event { kind, .. } => kind.starts_with("notafter.finding."),
            _ => false,
        }
    }

    /// Whether it writes what is wanted, or is written upon a state of it. By the root of a private CA endpoints are judged that
    /// name no anchors: another one is told as what they name would be.
    pub(crate) const fn is_of_the_inventory(&self) -> bool {
        matches!(
            self,
            Self::Upon(_)
                | Self::PutOwner(_)
                | Self::RemoveOwner(_)
                | Self::PutChannel(_)
                | Self::RemoveChannel(_)
                | Self::PutIssuer(_)
                | Self::PutAuthority { .. }
                | Self::RemoveIssuer(_)
                | Self::PutCriticality(_)
                | Self::RemoveCriticality(_)
                | Self::PutEndpoint(_)
                | Self::RemoveEndpoint(_)
                | Self::PutLineage(_)
                | Self::RemoveLineage(_)
                | Self::PutPlace(_)
                | Self::RemovePlace(_)
                | Self::PutManifest(_)
        )
    }

    fn removed(&self) -> Option<(&'static str, &'static str, Subject, Value)> {
        let (noun, subject) = match self {
            Self::RemoveOwner(id) => ("owner", Subject::Owner(*id)),
            Self::RemoveChannel(id) => ("channel", Subject::Channel(*id)),
            Self::RemoveIssuer(id) => ("issuer", Subject::Issuer(*id)),
            Self::RemoveEndpoint(id) => ("endpoint", Subject::Endpoint(*id)),
            Self::RemoveLineage(id) => ("lineage", Subject::Lineage(*id)),
            Self::RemovePlace(id) => ("place", Subject::Place(*id)),
            Self::RemoveSecret(name) => ("secret", Subject::Named(name.clone())),
            Self::RemoveCriticality(label) => {
                return Some(("criticality", "removed", Subject::Installation, json!({ "label": label })));
            }
            Self::RemoveSilence(id) => {
                return Some(("silence", "removed", Subject::Installation, json!({ "silence": id })));
            }
            Self::DestroyKey(id) => {
                return Some(("key", "destroyed", Subject::Named(id.to_string()), json!({})));
            }
            _ => return None,
        };
        Some((noun, "removed", subject, json!({})))
    }

    /// Whether a person's hand on it is worth an entry although the engine's is not: a lineage changes with every step
    /// of its renewal.
    pub(crate) fn audit_by_hand(&self) -> Option<Audit> {
        match self {
            Self::PutLineage(lineage) => Some((
                "notafter.lineage.put.v1".to_owned(),
                Subject::Lineage(lineage.id),
                json!({ "name": lineage.name }),
            )),
            _ => None,
        }
    }
}
