use std::sync::Arc;

use notafter_cert::{Fingerprint, Span, Time};
use proptest::prelude::*;

use super::*;

const NOW: Time = Time::from_unix_seconds(1_800_000_000);

/// A certificate of 90 days that ends in so many, is renewed 30 before that, and belongs to one of several owners.
fn ending(days: i64) -> Lifetime {
    let not_after = NOW + Span::days(days);
    let renewal = not_after - Span::days(30);
    Lifetime {
        fingerprint: Fingerprint::from_bytes([0; 32]),
        name: format!("host{days}.example").into(),
        of: Of::Lineage,
        more: 0,
        owner: Arc::from(format!("team{}", days.rem_euclid(3))),
        issuer: Arc::from("House"),
        labels: Arc::new(Labels::from([("service".to_owned(), format!("s{}", days.rem_euclid(2)))])),
        not_before: not_after - Span::days(90),
        not_after,
        renewal: Some((renewal, renewal + Span::days(2))),
        keeper: Keeper::Notafter,
        needs_person: false,
    }
}

fn zoomed(zoom: Zoom) -> View {
    View { zoom: Some(zoom), ..View::default() }
}

fn certificates(picture: &Picture) -> &[Row] {
    match &picture.body {
        Body::Certificates(rows) => rows,
        Body::Groups(..) => panic!("they are grouped"),
    }
}

fn groups(picture: &Picture) -> &[GroupRow] {
    match &picture.body {
        Body::Groups(_, rows) => rows,
        Body::Certificates(_) => panic!("they are not grouped"),
    }
}

#[test]
fn few_have_a_bar_each_that_is_cut_at_the_edges_of_the_view() {
    let all: Vec<Lifetime> = [400, -400, 0, -1, 30].into_iter().map(ending).collect();
    let picture = picture(&all, NOW, &zoomed(Zoom::Days(30)));
    assert_eq!((picture.all, picture.before, picture.after), (5, 1, 1));
    assert_eq!(picture.place(NOW), 2000);
    /// Where a bar begins and ends.
    type Ends = Option<(u16, u16)>;
    let cut: Vec<_> = certificates(&picture).iter().filter_map(|row| row.bar).map(|bar| bar.is_cut).collect();
    assert_eq!(cut, [(true, false), (true, false), (true, false)], "they begin before it");
    let told: Vec<(i64, State, Ends, Ends)> = certificates(&picture)
        .iter()
        .map(|row| {
            let days = row.one.not_after.since(NOW).as_seconds() / 86_400;
            let ends = |bar: Option<Bar>| bar.map(|bar| (bar.from, bar.to));
            (days, row.state, ends(row.bar), ends(row.renewal))
        })
        .collect();
    assert_eq!(
        told,
        [
            (-400, State::Ended, None, None),
            (-1, State::Ended, Some((0, 1733)), None),
            // Its last instant is within its lifetime.
            (0, State::Kept, Some((0, 2000)), None),
            (30, State::Kept, Some((0, 10_000)), Some((2000, 2533))),
            (400, State::Kept, None, None),
        ]
    );
}

#[test]
fn a_certificate_of_fifty_years_makes_nothing_small() {
    let mut all: Vec<Lifetime> = (1..30).map(ending).collect();
    all.push(ending(50 * 366));
    let usual = picture(&all, NOW, &View::default());
    assert_eq!((usual.zoom, usual.all, usual.after), (Zoom::Days(30), 30, 1));
    let whole = picture(&all, NOW, &zoomed(Zoom::All));
    assert_eq!((whole.to, whole.after), (NOW + FARTHEST, 1));
}

#[test]
fn what_needs_somebody_stands_apart_from_what_goes_by_itself() {
    let state = |keeper, needs_person, days| Lifetime { keeper, needs_person, ..ending(days) }.state(NOW);
    for (keeper, needs_person, days, expected) in [
        (Keeper::Notafter, false, 9, State::Kept),
        (Keeper::Notafter, true, 9, State::Person),
        (Keeper::Notafter, true, -1, State::Ended),
        (Keeper::Others, false, 9, State::Others),
        (Keeper::Nobody, false, 9, State::Nobody),
    ] {
        assert_eq!(state(keeper, needs_person, days), expected);
    }
}

/// A group was drawn as if all were well with it.
#[test]
fn of_a_group_is_known_when_those_end_that_need_a_person() {
    let mut all: Vec<Lifetime> = [-3, 5, 9].into_iter().map(ending).collect();
    all.push(Lifetime { needs_person: true, ..ending(9) });
    let grouped = picture(&all, NOW, &View { group: Some(Group::State), ..View::default() });
    let told: Vec<(&str, u32, Option<State>)> = groups(&grouped)
        .iter()
        .map(|row| (&row.key[..], row.ends.iter().sum(), row.worst.into_iter().flatten().min()))
        .collect();
    let (ended, person, kept) = (Some(State::Ended), Some(State::Person), Some(State::Kept));
    assert_eq!(told, [("ended", 1, ended), ("person", 1, person), ("kept", 2, kept)]);
    let whole = picture(&all, NOW, &View { group: Some(Group::Issuer), ..View::default() });
    let worst: Vec<State> = groups(&whole).iter().flat_map(|row| row.worst).flatten().collect();
    assert!(worst.contains(&State::Person), "the worst of those that end together counts: {worst:?}");
}

#[test]
fn thousands_are_grouped_and_each_group_opens_into_its_certificates() {
    let all: Vec<Lifetime> = (-10..20_000).map(|number| ending(number % 398)).collect();
    let whole = picture(&all, NOW, &View::default());
    let rows = groups(&whole);
    assert_eq!(rows.iter().map(|row| &row.key[..]).collect::<Vec<_>>(), ["team0", "team1", "team2"]);
    assert_eq!(rows.iter().map(|row| row.count).sum::<usize>(), all.len());
    let view = View { group: Some(Group::Owner), opened: Some("team1".to_owned()), ..View::default() };
    let opened = picture(&all, NOW, &view);
    assert_eq!((opened.all, opened.rows, certificates(&opened).len()), (rows[1].count, rows[1].count, ROWS));
    let last = picture(&all, NOW, &View { from: usize::MAX, ..view });
    assert!(!certificates(&last).is_empty(), "behind the end is the last part");
    assert_eq!(last.skipped + certificates(&last).len(), last.rows);
}

#[test]
fn states_are_grouped_the_worst_first_and_what_lacks_a_label_is_a_group() {
    let mut all: Vec<Lifetime> = [-3, 5, 9].into_iter().map(ending).collect();
    all.push(Lifetime { labels: Arc::default(), keeper: Keeper::Nobody, ..ending(2) });
    let by = |group| picture(&all, NOW, &View { group: Some(group), ..View::default() });
    let keys = |picture: &Picture| groups(picture).iter().map(|row| row.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&by(Group::State)), ["ended", "nobody", "kept"]);
    assert_eq!(keys(&by(Group::Label("service".to_owned()))), ["", "s1"]);
    let labelled = by(Group::Label("service".to_owned()));
    assert_eq!(groups(&labelled)[1].nearest, NOW + Span::days(5), "what has ended is not the next end");
}

#[test]
fn words_are_looked_for_in_names_owners_and_issuers() {
    let all: Vec<Lifetime> = (0..100).map(ending).collect();
    for (words, found) in [("HOST7.", 1), ("team1 house", 33), ("host7. nobody", 0), ("", 100)] {
        let view = View { words: words.to_owned(), ..View::default() };
        assert_eq!(picture(&all, NOW, &view).all, found, "{words}");
    }
}

#[test]
fn an_address_says_again_what_was_read_from_it() {
    for text in ["7", "30", "90", "365", "all"] {
        assert_eq!(Zoom::read(text).unwrap().to_string(), text);
    }
    for text in ["owner", "issuer", "state", "label.service"] {
        assert_eq!(Group::read(text).unwrap().to_string(), text);
    }
    assert_eq!((Zoom::read("8"), Group::read("label."), Group::read("x")), (None, None, None));
}

proptest! {
    /// Nothing is dropped, however far away it ends and whatever is chosen.
    #[test]
    fn the_counts_add_up_to_all(
        days in prop::collection::vec(-4000_i64..4000, 0..200),
        zoom in prop::sample::select(&Zoom::OFFERED[..]),
        by in prop::sample::select(vec![Group::Owner, Group::State, Group::Label("service".to_owned())]),
    ) {
        let all: Vec<Lifetime> = days.into_iter().map(ending).collect();
        let picture = picture(&all, NOW, &View { group: Some(by), ..zoomed(zoom) });
        let rows = groups(&picture);
        let sum = |of: fn(&GroupRow) -> usize| rows.iter().map(of).sum::<usize>();
        prop_assert_eq!(sum(|row| row.count), all.len());
        prop_assert_eq!((sum(|row| row.before), sum(|row| row.after)), (picture.before, picture.after));
        for row in rows {
            let within: usize = row.ends.iter().map(|number| *number as usize).sum();
            prop_assert_eq!(row.before + within + row.after, row.count);
            prop_assert!(row.first <= row.nearest && row.nearest <= row.last);
        }
    }

    /// A bar lies within the view and is not turned round.
    #[test]
    fn a_bar_lies_within_the_view(
        days in prop::collection::vec(-40_000_i64..40_000, 0..40),
        zoom in prop::sample::select(&Zoom::OFFERED[..]),
    ) {
        let all: Vec<Lifetime> = days.into_iter().map(ending).collect();
        let picture = picture(&all, NOW, &zoomed(zoom));
        prop_assert_eq!(certificates(&picture).len(), all.len());
        prop_assert!(picture.from < NOW && NOW < picture.to);
        for bar in certificates(&picture).iter().flat_map(|row| [row.bar, row.renewal]).flatten() {
            prop_assert!(bar.from <= bar.to && bar.to <= WIDTH);
            prop_assert!((!bar.is_cut.0 || bar.from == 0) && (!bar.is_cut.1 || bar.to == WIDTH));
        }
    }
}
