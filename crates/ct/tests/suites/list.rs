//! Chrome's list, version 80.14.

use std::collections::BTreeMap;

use notafter_cert::{Span, Time};
use notafter_ct::loglist::{Caution, StateKind};

#[test]
fn chromes_list_is_read_whole() {
    let Some(list) = crate::log_list("chromes_list_is_read_whole") else { return };
    assert_eq!(list.version.as_deref(), Some("80.14"));
    assert_eq!(list.oddities(), []);
    let classic = list.logs().iter().filter(|log| log.is_rfc6962()).count();
    assert_eq!((classic, list.logs().len() - classic), (49, 26));
    let mut states: BTreeMap<StateKind, usize> = BTreeMap::new();
    list.logs().iter().for_each(|log| *states.entry(log.state.unwrap().kind).or_default() += 1);
    let expected = [
        (StateKind::Qualified, 5),
        (StateKind::Usable, 57),
        (StateKind::ReadOnly, 9),
        (StateKind::Retired, 4),
    ];
    assert_eq!(states, BTreeMap::from(expected));
    for log in list.logs() {
        assert_eq!(list.find(log.id), Some(log));
        assert!(log.interval.is_some_and(|(from, until)| from < until), "{}", log.name);
        assert_eq!(log.merge_delay, if log.is_rfc6962() { Span::days(1) } else { Span::minutes(1) });
    }
}

#[test]
fn chromes_list_grows_old() {
    let Some(list) = crate::log_list("chromes_list_grows_old") else { return };
    let made: Time = "2026-01-02T12:57:01Z".parse().unwrap();
    assert_eq!(list.made, Some(made));
    assert_eq!(list.cautions(made + Span::days(69)), []);
    assert_eq!(list.cautions(made + Span::days(71)), [Caution::Old(Span::days(71))]);
}
