//! What was changed since an attempt failed: its pause was for what it was made with, and says nothing about the rest.

use super::State;
use crate::model::{AcmeTerms, Http01, Issuer, LineageSpec, Practice, Shedding, Terms, Tried};

/// What is another way now than when an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// In words, each with what was before.
    pub what: Vec<String>,
    /// Whether another CA is asked: what the earlier one said of waiting does not concern it.
    pub another_ca: bool,
}

/// What was changed of what decides how an attempt ends; `None` where the next one would be the same again. Names that
/// were added are no correction: those that failed are still wanted.
#[must_use]
pub fn corrected(tried: &Tried, spec: &LineageSpec, issuer: &Issuer) -> Option<Corrected> {
    let Tried { spec: before, terms } = tried;
    let mut what = issuer_changed(tried, spec, issuer);
    let dropped: Vec<String> = before
        .identifiers
        .iter()
        .filter(|one| !spec.identifiers.contains(one))
        .map(ToString::to_string)
        .collect();
    if !dropped.is_empty() {
        what.push(format!("without {}", dropped.join(", ")));
    }
    let mut differ = |field: &str, now: String, before: String| {
        if now != before {
            what.push(format!("{field} {now} instead of {before}"));
        }
    };
    differ("http01", solver(&spec.http01), solver(&before.http01));
    differ("key", spec.key.to_string(), before.key.to_string());
    differ("reuse_key", spec.reuse_key.to_string(), before.reuse_key.to_string());
    let profile = |spec: &LineageSpec| spec.profile.clone().unwrap_or_else(|| "none".to_owned());
    differ("profile", profile(spec), profile(before));
    differ("shedding", shedding(spec.shedding).to_owned(), shedding(before.shedding).to_owned());
    let another_ca = directory(&issuer.terms()) != directory(terms);
    (!what.is_empty()).then_some(Corrected { what, another_ca })
}

/// The same of a state; `None` too where nothing is known of the last attempt, or nobody looked at the issuer.
pub(super) fn of(state: &State<'_>) -> Option<Corrected> {
    corrected(state.lineage.renewal.tried.as_deref()?, state.spec, state.ca?)
}

fn issuer_changed(Tried { spec: before, terms }: &Tried, spec: &LineageSpec, issuer: &Issuer) -> Vec<String> {
    if spec.issuer != before.issuer {
        return vec![format!("issuer {} instead of {}", spec.issuer, before.issuer)];
    }
    let fields = match (issuer.terms(), terms) {
        (Terms::Acme(now), Terms::Acme(terms)) if now.directory != terms.directory => {
            return vec![format!("directory {} instead of {}", now.directory, terms.directory)];
        }
        (Terms::Acme(now), Terms::Acme(terms)) => asked_otherwise(&now, terms),
        (Terms::Private(now), Terms::Private(practice)) => signed_otherwise(&now, practice),
        (Terms::Acme(_), Terms::Private(_)) | (Terms::Private(_), Terms::Acme(_)) => vec!["kind"],
    };
    fields.into_iter().map(|field| format!("{field} of issuer {}", spec.issuer)).collect()
}

/// The CA elsewhere that is asked; nothing where the private CA signs.
fn directory(terms: &Terms) -> Option<&str> {
    match terms {
        Terms::Acme(terms) => Some(&terms.directory),
        Terms::Private(_) => None,
    }
}

fn asked_otherwise(now: &AcmeTerms, before: &AcmeTerms) -> Vec<&'static str> {
    let fields = [
        ("contact", now.contact != before.contact),
        ("trust", now.trust != before.trust),
        ("external_account", now.external_account != before.external_account),
        ("terms_agreed", now.terms_agreed != before.terms_agreed),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect()
}

fn signed_otherwise(now: &Practice, before: &Practice) -> Vec<&'static str> {
    let fields = [
        ("common_name", now.common_name != before.common_name),
        ("key", now.key != before.key),
        ("permitted", now.permitted != before.permitted),
        ("lifetime", now.lifetime != before.lifetime),
        ("root_lifetime", now.root_lifetime != before.root_lifetime),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect()
}

fn solver(http01: &Http01) -> String {
    match http01 {
        Http01::Listener { listen } => format!("listener {listen}"),
        Http01::Webroot { root } => format!("webroot {root}"),
        Http01::Nginx { config: None } => "nginx".to_owned(),
        Http01::Nginx { config: Some(config) } => format!("nginx {config}"),
    }
}

const fn shedding(shedding: Shedding) -> &'static str {
    match shedding {
        Shedding::Wait => "wait",
        Shedding::Split => "split",
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::super::stage::{failure, lineage, names, spec};
    use super::super::{note_attempt, plan};
    use super::*;
    use crate::ledger::Ledger;
    use crate::model::{AcmeIssuer, FailureClass, IssuerId, Lineage, Mode, PrivateIssuer};

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn acme(name: &str) -> AcmeIssuer {
        let issuer = serde_json::json!({
            "id": IssuerId::from_bytes([5; 16]), "name": name, "directory": format!("https://{name}.example/directory"),
            "contact": [], "trust": null, "external_account": null, "terms_agreed": true, "account_key": null,
            "account_url": null, "account_orders": null, "rollover_key": null,
        });
        serde_json::from_value(issuer).unwrap()
    }

    fn issuer(name: &str) -> Issuer {
        acme(name).into()
    }

    /// A lineage whose attempt has just failed, asked to wait by the CA or not.
    fn failed(retry_after: Option<Time>) -> Lineage {
        let mut lineage = lineage(spec());
        let tried = Tried { spec: spec(), terms: issuer("letsencrypt").terms() };
        let failure = crate::model::AttemptFailure { retry_after, ..failure(NOW, FailureClass::Domain) };
        note_attempt(&mut lineage.renewal, failure, tried);
        lineage
    }

    /// How long the next attempt waits, at that issuer, when other things are wanted.
    fn waits(lineage: &Lineage, issuer: &Issuer, change: impl FnOnce(&mut LineageSpec)) -> Span {
        let mut lineage = lineage.clone();
        let Mode::Managed(spec) = &mut lineage.mode else { unreachable!() };
        change(spec);
        let ledger = Ledger::default();
        let state = State::of(&lineage, None, &ledger, NOW).unwrap().with_ca(issuer);
        plan(&state).action.not_before.since(NOW)
    }

    /// A second `issue` with another solver or issuer waited out the pause of the first.
    #[test]
    fn what_was_corrected_is_tried_at_once_and_the_same_again_is_not() {
        let (lineage, same) = (failed(None), issuer("letsencrypt"));
        let pause = Span::minutes(20);
        assert_eq!(waits(&lineage, &same, |_| ()), pause);
        assert_eq!(waits(&lineage, &same, |spec| spec.keep_versions = 9), pause, "it decides nothing");
        let added = names(&["shop.example", "www.shop.example", "m.shop.example"]);
        assert_eq!(waits(&lineage, &same, |spec| spec.identifiers = added), pause, "the old ones still fail");
        let webroot = Http01::Webroot { root: "/srv/www".to_owned() };
        assert_eq!(waits(&lineage, &same, |spec| spec.http01 = webroot), Span::ZERO);
        assert_eq!(waits(&lineage, &same, |spec| spec.shedding = Shedding::Split), Span::ZERO);
        assert_eq!(waits(&lineage, &issuer("other"), |spec| spec.issuer = "other".to_owned()), Span::ZERO);
        let trusted = AcmeIssuer { trust: Some("/ca.pem".to_owned()), ..acme("letsencrypt") };
        assert_eq!(waits(&lineage, &trusted.into(), |_| ()), Span::ZERO);
    }

    #[test]
    fn what_the_ca_asked_for_holds_until_another_one_is_asked() {
        let lineage = failed(Some(NOW + Span::hours(1)));
        let nginx = |spec: &mut LineageSpec| spec.http01 = Http01::Nginx { config: None };
        assert_eq!(waits(&lineage, &issuer("letsencrypt"), nginx), Span::hours(1));
        assert_eq!(waits(&lineage, &issuer("other"), |spec| spec.issuer = "other".to_owned()), Span::ZERO);
    }

    /// Records of earlier versions do not say what was tried.
    #[test]
    fn where_nothing_is_known_of_the_attempt_the_pause_holds() {
        let mut lineage = failed(None);
        lineage.renewal.tried = None;
        let webroot = Http01::Webroot { root: "/srv/www".to_owned() };
        assert_eq!(waits(&lineage, &issuer("letsencrypt"), |spec| spec.http01 = webroot), Span::minutes(20));
    }

    #[test]
    fn a_correction_is_told_with_what_was_before() {
        let tried = Tried { spec: spec(), terms: issuer("letsencrypt").terms() };
        let wanted = LineageSpec {
            identifiers: names(&["shop.example"]),
            http01: Http01::Webroot { root: "/srv/www".to_owned() },
            key: notafter_cert::KeySpec::Rsa2048,
            reuse_key: true,
            profile: Some("short".to_owned()),
            shedding: Shedding::Split,
            ..spec()
        };
        let said =
            |spec: &LineageSpec, issuer: &Issuer| corrected(&tried, spec, issuer).unwrap().what.join("\n");
        let moved = AcmeIssuer { directory: "https://new.example/".to_owned(), ..acme("letsencrypt") };
        let agreed = AcmeIssuer { contact: vec!["mailto:a@shop.example".to_owned()], ..acme("letsencrypt") };
        let house = PrivateIssuer {
            id: IssuerId::from_bytes([6; 16]),
            name: "letsencrypt".to_owned(),
            practice: Practice {
                common_name: "house".to_owned(),
                key: notafter_cert::KeySpec::EcdsaP384,
                permitted: Vec::new(),
                lifetime: Span::days(30),
                root_lifetime: Span::days(3650),
            },
            authority: None,
        };
        let elsewhere = LineageSpec { issuer: "other".to_owned(), ..spec() };
        let all = [
            said(&wanted, &agreed.into()),
            said(&spec(), &moved.into()),
            said(&elsewhere, &issuer("other")),
            said(&spec(), &house.into()),
        ];
        insta::assert_snapshot!(all.join("\n\n"));
    }
}
