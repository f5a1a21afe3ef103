//! The page for programs, in the shape of Statuspage's API version 2: many clients know it.
//!
//! Statuspage has no word for what nobody knows. Such a component is `unknown` here, and the page's indicator is `minor`: to say
//! `none` would be to say that all is well.

use notafter_cert::Time;
use notafter_inventory::model::{ComponentState, MaintenanceStatus};
use notafter_inventory::status_page::{Event, Page, Planned, Shown, Update, identity};
use serde::Serialize;
use serde_json::{Value, json};

use super::Around;

/// So many incidents and maintenances are told, as at Statuspage.
const MOST: usize = 50;

/// Every document, by path.
///
/// # Errors
/// One cannot be written.
pub(super) fn all(page: &Page, around: &Around) -> serde_json::Result<Vec<(&'static str, String)>> {
    let told = Told { page, around, id: identity("page", &around.page) };
    let (head, status) = (told.head(), told.status());
    let components = || Some(told.components(None));
    let incidents = |wanted: fn(&Event) -> bool| -> Option<Vec<Value>> {
        let wanted = page.events.iter().filter(|event| wanted(event));
        Some(wanted.take(MOST).map(|event| told.incident(event)).collect())
    };
    let maintenances = |wanted: fn(MaintenanceStatus) -> bool| -> Option<Vec<Value>> {
        let wanted = page.maintenances.iter().filter(|planned| wanted(planned.status));
        Some(wanted.take(MOST).map(|planned| told.maintenance(planned)).collect())
    };
    let is_planned: fn(MaintenanceStatus) -> bool = |status| status != MaintenanceStatus::Completed;
    let none =
        || Document { page: &head, components: None, incidents: None, maintenances: None, status: None };
    let documents = [
        (
            "/api/v2/summary.json",
            Document {
                components: components(),
                incidents: incidents(Event::is_open),
                maintenances: maintenances(is_planned),
                status: Some(&status),
                ..none()
            },
        ),
        ("/api/v2/status.json", Document { status: Some(&status), ..none() }),
        ("/api/v2/components.json", Document { components: components(), ..none() }),
        ("/api/v2/incidents.json", Document { incidents: incidents(|_| true), ..none() }),
        ("/api/v2/incidents/unresolved.json", Document { incidents: incidents(Event::is_open), ..none() }),
        ("/api/v2/scheduled-maintenances.json", Document { maintenances: maintenances(|_| true), ..none() }),
        (
            "/api/v2/scheduled-maintenances/upcoming.json",
            Document {
                maintenances: maintenances(|status| status == MaintenanceStatus::Scheduled),
                ..none()
            },
        ),
        (
            "/api/v2/scheduled-maintenances/active.json",
            Document { maintenances: maintenances(MaintenanceStatus::is_under_way), ..none() },
        ),
    ];
    documents.into_iter().map(|(path, document)| Ok((path, serde_json::to_string(&document)?))).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    page: &'a Value,
    /// There may be thousands.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<Component<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incidents: Option<Vec<Value>>,
    #[serde(rename = "scheduled_maintenances", skip_serializing_if = "Option::is_none")]
    maintenances: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Value>,
}

#[derive(Serialize)]
struct Component<'a> {
    id: &'a str,
    name: &'a str,
    status: &'static str,
    created_at: String,
    updated_at: String,
    position: u32,
    description: Option<&'a str>,
    showcase: bool,
    start_date: Option<&'a str>,
    group_id: Option<&'a str>,
    page_id: &'a str,
    group: bool,
    only_show_if_degraded: bool,
}

struct Told<'a> {
    page: &'a Page,
    around: &'a Around,
    id: String,
}

impl Told<'_> {
    fn head(&self) -> Value {
        let Around { name, page, as_of, .. } = self.around;
        json!({
            "id": self.id,
            "name": name,
            "url": page,
            "time_zone": "Etc/UTC",
            "updated_at": instant(self.page.changed_at.unwrap_or(*as_of)),
            // Not Statuspage's: whoever reads a copy sees how old it is.
            "generated_at": instant(*as_of),
        })
    }

    fn status(&self) -> Value {
        let (indicator, description) = match self.page.overall {
            None => ("none", "No Components Are Published"),
            Some(ComponentState::Operational) => ("none", "All Systems Operational"),
            Some(ComponentState::UnderMaintenance) => ("none", "Service Under Maintenance"),
            Some(ComponentState::Unknown) => ("minor", "Not Everything Could Be Looked At"),
            Some(ComponentState::DegradedPerformance) => ("minor", "Partially Degraded Service"),
            Some(ComponentState::PartialOutage) => ("major", "Partial System Outage"),
            Some(ComponentState::MajorOutage) => ("critical", "Major System Outage"),
        };
        json!({ "indicator": indicator, "description": description })
    }

    /// Those of these names, or all.
    fn components(&self, names: Option<&[String]>) -> Vec<Component<'_>> {
        let wanted = |shown: &Shown| names.is_none_or(|names| names.contains(&shown.name));
        let numbered = (1_u32..).zip(&self.page.components);
        numbered.filter(|(_, shown)| wanted(shown)).map(|(at, shown)| self.component(at, shown)).collect()
    }

    fn component<'a>(&'a self, position: u32, shown: &'a Shown) -> Component<'a> {
        Component {
            id: &shown.id,
            name: &shown.name,
            status: shown.state.name(),
            created_at: instant(shown.created_at),
            updated_at: instant(shown.changed_at),
            position,
            description: None,
            showcase: true,
            start_date: None,
            group_id: None,
            page_id: &self.id,
            group: false,
            only_show_if_degraded: false,
        }
    }

    fn incident(&self, event: &Event) -> Value {
        let monitoring = event.updates.iter().find(|update| update.status.name() == "monitoring");
        let update = |(position, update): (usize, &Update)| {
            let words = match update.is_detected {
                true => format!("Detected automatically: {}", update.text),
                false => update.text.clone(),
            };
            self.update(&event.id, (event.updates.len() - position, update.at), update.status.name(), &words)
        };
        json!({
            "id": event.id,
            "name": event.name,
            "status": event.status.name(),
            "created_at": instant(event.updates.last().map_or(event.began_at, |first| first.at)),
            "updated_at": instant(event.updated_at()),
            "monitoring_at": monitoring.map(|update| instant(update.at)),
            "resolved_at": event.resolved_at.map(instant),
            "impact": impact(event.worst),
            "shortlink": self.link(&event.id),
            "started_at": instant(event.began_at),
            "page_id": self.id,
            "incident_updates": event.updates.iter().enumerate().map(update).collect::<Vec<_>>(),
            "components": self.components(Some(&event.components)),
        })
    }

    fn maintenance(&self, planned: &Planned) -> Value {
        let (maintenance, now) = (&planned.maintenance, self.around.as_of);
        let id = maintenance.id.to_string();
        let updates = maintenance.updates.iter().enumerate().rev().map(|(before, update)| {
            self.update(&id, (before + 1, update.at), update.status.name(), &update.text)
        });
        let first = maintenance.updates.first().map_or(maintenance.from, |update| update.at);
        json!({
            "id": id,
            "name": maintenance.name,
            "status": planned.status.name(),
            "created_at": instant(first),
            "updated_at": instant(maintenance.updated_at(now)),
            "monitoring_at": null,
            "resolved_at": maintenance.completed_at(now).map(instant),
            "impact": "maintenance",
            "shortlink": self.link(&id),
            "started_at": instant(first),
            "page_id": self.id,
            "incident_updates": updates.collect::<Vec<_>>(),
            "components": self.components(Some(&planned.components)),
            "scheduled_for": instant(maintenance.from),
            "scheduled_until": instant(maintenance.until),
        })
    }

    fn update(&self, of: &str, (position, at): (usize, Time), status: &str, words: &str) -> Value {
        json!({
            "id": identity("update", &format!("{of}\n{position}")),
            "status": status,
            "body": words,
            "incident_id": of,
            "created_at": instant(at),
            "updated_at": instant(at),
            "display_at": instant(at),
            "affected_components": null,
            "deliver_notifications": false,
        })
    }

    fn link(&self, id: &str) -> String {
        format!("{}#{id}", self.around.page)
    }
}

/// RFC 3339 with milliseconds, as Statuspage writes it.
fn instant(time: Time) -> String {
    let millis = time.as_micros().rem_euclid(1_000_000) / 1_000;
    let text = time.to_string();
    text.strip_suffix('Z').map_or_else(|| text.clone(), |seconds| format!("{seconds}.{millis:03}Z"))
}

const fn impact(worst: ComponentState) -> &'static str {
    match worst {
        ComponentState::MajorOutage => "critical",
        ComponentState::PartialOutage => "major",
        ComponentState::DegradedPerformance => "minor",
        ComponentState::Operational | ComponentState::UnderMaintenance | ComponentState::Unknown => "none",
    }
}
