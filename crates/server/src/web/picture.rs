//! Every lifetime in one picture, as it is drawn: places along it are shares of its width, so that letters keep their size on
//! every screen.

use notafter_cert::{Span, Time};
use notafter_engine::operate::status::Lifetimes;
use notafter_inventory::lifetimes::{
    BINS, Bar, Body, Group, GroupRow, Of, Picture, ROWS, Row, State, View, WIDTH, Zoom, picture,
};

/// Where the first row begins, below the dates.
const HEAD: usize = 40;
/// How high a row is.
const ROW: usize = 48;
/// Where a bar begins in its row, below the name, and how high it is.
const BAR: (usize, usize) = (22, 14);
/// Letters of a name that have room beside the end, on a telephone and elsewhere.
const LETTERS: (usize, usize) = (28, 70);
/// The narrowest that can be seen, in ten-thousandths of the width.
const NARROWEST: u16 = 30;
/// Where a bar that goes on beyond the edge is broken, seen from there, how wide that is, and the narrowest bar that is.
const BREAK: (u16, u16, u16) = (60, 40, 300);

/// The picture with what is chosen of it.
pub(super) struct PictureView {
    pub(super) head: String,
    pub(super) height: usize,
    pub(super) now_x: String,
    pub(super) now_anchor: &'static str,
    pub(super) ticks: Vec<Tick>,
    pub(super) rows: Vec<Line>,
    pub(super) zooms: Vec<Choice>,
    pub(super) groups: Vec<Choice>,
    pub(super) notes: Vec<Choice>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) told: String,
    pub(super) words: String,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) is_grouped: bool,
    /// What the colours mean, of those that are there.
    pub(super) legend: Vec<(&'static str, &'static str)>,
    pub(super) opened: Option<String>,
    pub(super) without: usize,
    pub(super) is_empty: bool,
}

pub(super) struct Tick {
    pub(super) x: String,
    pub(super) anchor: &'static str,
    pub(super) date: String,
    /// A telephone has no room for it.
    pub(super) is_between: bool,
}

/// Something to choose, or what is said with where it leads.
pub(super) struct Choice {
    pub(super) text: String,
    pub(super) href: String,
    pub(super) is_chosen: bool,
}

/// One row, drawn and in words.
pub(super) struct Line {
    pub(super) y: usize,
    pub(super) name_y: usize,
    pub(super) height: usize,
    pub(super) href: String,
    pub(super) short: String,
    pub(super) long: String,
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) end: String,
    pub(super) about: String,
    pub(super) shapes: Vec<Shape>,
    pub(super) cells: [String; 4],
}

/// A rectangle of a row.
pub(super) struct Shape {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) y: usize,
    pub(super) height: usize,
    pub(super) title: String,
}

impl PictureView {
    /// What is seen so; what nobody wishes otherwise is drawn already.
    pub(super) fn of(lifetimes: &Lifetimes, now: Time, view: &View) -> Self {
        match *view == View::default() {
            true => Self::drawn(&lifetimes.usual, lifetimes, view),
            false => Self::drawn(&picture(&lifetimes.all, now, view), lifetimes, view),
        }
    }

    fn drawn(picture: &Picture, lifetimes: &Lifetimes, view: &View) -> Self {
        let rows: Vec<Line> = match &picture.body {
            Body::Certificates(rows) => {
                rows.iter().zip(0..).map(|(row, at)| certificate(row, at, picture)).collect()
            }
            Body::Groups(by, rows) => {
                let most = rows.iter().flat_map(|row| row.ends).max().unwrap_or(0);
                let line = |(row, at)| group(row, at, picture, &Tallest { by, view, most });
                rows.iter().zip(0..).map(line).collect()
            }
        };
        let now_at = picture.place(picture.now);
        let to = (picture.skipped + rows.len()).min(picture.rows);
        let part = |from: usize| path(&View { from, ..view.clone() });
        let is_parted = picture.rows > ROWS;
        let opened = view.group.as_ref().zip(view.opened.as_deref());
        Self {
            head: counted(picture.all, "certificate"),
            height: HEAD + rows.len() * ROW,
            now_x: share(now_at),
            now_anchor: anchor(now_at),
            ticks: ticks(picture),
            zooms: zooms(picture, view),
            groups: groups(picture, lifetimes, view),
            notes: notes(picture, view),
            before: (picture.skipped > 0).then(|| part(picture.skipped.saturating_sub(ROWS))),
            after: (to < picture.rows).then(|| part(to)),
            told: if is_parted {
                format!("{} to {to} of {}", picture.skipped + 1, picture.rows)
            } else {
                String::new()
            },
            words: view.words.clone(),
            hidden: hidden(view),
            is_grouped: matches!(picture.body, Body::Groups(..)),
            legend: legend(&rows),
            opened: opened.map(|(group, key)| format!("{}: {}", by(group), said(group, key))),
            without: lifetimes.without,
            is_empty: lifetimes.all.is_empty(),
            rows,
        }
    }
}

fn legend(rows: &[Line]) -> Vec<(&'static str, &'static str)> {
    const MEANT: [(&str, &str); 5] = [
        ("ended", "has ended"),
        ("person", "needs a person"),
        ("nobody", "nobody is known to renew it"),
        ("ends", "all is well"),
        ("renews", "when it is renewed"),
    ];
    let is_there = |class: &str| rows.iter().flat_map(|row| &row.shapes).any(|shape| shape.class == class);
    MEANT.into_iter().filter(|(class, _)| is_there(class)).collect()
}

/// What the highest bar of a picture stands for, and where a group leads.
struct Tallest<'a> {
    by: &'a Group,
    view: &'a View,
    most: u32,
}

/// Where this is seen.
pub(super) fn path(view: &View) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in hidden(view) {
        query.append_pair(key, &value);
    }
    if !view.words.is_empty() {
        query.append_pair("q", &view.words);
    }
    if view.from > 0 {
        query.append_pair("from", &view.from.to_string());
    }
    let query = query.finish();
    if query.is_empty() { "/lifetimes".to_owned() } else { format!("/lifetimes?{query}") }
}

/// What is chosen besides the words and the part.
fn hidden(view: &View) -> Vec<(&'static str, String)> {
    let mut chosen = Vec::new();
    chosen.extend(view.zoom.map(|zoom| ("zoom", zoom.to_string())));
    chosen.extend(view.group.as_ref().map(|group| ("group", group.to_string())));
    chosen.extend(view.opened.as_ref().map(|opened| ("in", opened.clone())));
    chosen
}

fn zooms(picture: &Picture, view: &View) -> Vec<Choice> {
    let choice = |zoom: Zoom| Choice {
        text: match zoom {
            Zoom::Days(days) => format!("{days} days"),
            Zoom::All => "all".to_owned(),
        },
        href: path(&View { zoom: Some(zoom), from: 0, ..view.clone() }),
        is_chosen: zoom == picture.zoom,
    };
    Zoom::OFFERED.map(choice).into()
}

fn groups(picture: &Picture, lifetimes: &Lifetimes, view: &View) -> Vec<Choice> {
    let keys = lifetimes.label_keys.iter().map(|key| Group::Label(key.clone()));
    let offered = [Group::Owner, Group::Issuer, Group::State].into_iter().chain(keys);
    let chosen = match &picture.body {
        Body::Groups(by, _) => Some(by.clone()),
        Body::Certificates(_) => view.group.clone(),
    };
    let choice = |group: Group| Choice {
        text: by(&group),
        is_chosen: chosen.as_ref() == Some(&group),
        href: path(&View { group: Some(group), opened: None, from: 0, ..view.clone() }),
    };
    offered.map(choice).collect()
}

/// What is not within the view is counted, and leads to where it is.
fn notes(picture: &Picture, view: &View) -> Vec<Choice> {
    let farther =
        Zoom::OFFERED.into_iter().skip_while(|zoom| *zoom != picture.zoom).nth(1).unwrap_or(Zoom::All);
    let (ended, key) = (Group::State, State::Ended.key().to_owned());
    let before =
        View { zoom: Some(Zoom::All), group: Some(ended), opened: Some(key), from: 0, ..view.clone() };
    let after = View { zoom: Some(farther), from: 0, ..view.clone() };
    let note = |number: usize, one: &str, many: &str, to: &View| {
        let text = format!("{number} {}", if number == 1 { one } else { many });
        (number > 0).then(|| Choice { text, href: path(to), is_chosen: false })
    };
    let ended = ("has ended before this picture begins", "have ended before this picture begins");
    [
        note(picture.before, ended.0, ended.1, &before),
        note(picture.after, "ends after this picture", "end after this picture", &after),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How a group is named.
fn by(group: &Group) -> String {
    match group {
        Group::Owner => "owner".to_owned(),
        Group::Issuer => "issuer".to_owned(),
        Group::State => "state".to_owned(),
        Group::Label(key) => format!("label {key}"),
    }
}

/// What one group has in common, as people read it.
fn said(group: &Group, key: &str) -> String {
    match group {
        Group::State => {
            let state = State::ALL.into_iter().find(|state| state.key() == key);
            state.map_or_else(|| key.to_owned(), |state| state.words().to_owned())
        }
        Group::Label(label) if key.is_empty() => format!("without the label {label}"),
        _ => key.to_owned(),
    }
}

fn certificate(row: &Row, at: usize, picture: &Picture) -> Line {
    let Row { one, state, bar, renewal } = row;
    let href = match one.of {
        Of::Lineage => format!("/lineages/{}", escaped(&one.name)),
        Of::Endpoint(id) => format!("/endpoints/{id}"),
    };
    let name = match one.more {
        0 => one.name.to_string(),
        more => format!("{} and {more} more", one.name),
    };
    let end = one.not_after.as_end(picture.now);
    let renewed = one.renewal.map(|(begin, end)| match begin == end {
        true => format!("renewal {}", begin.for_people()),
        false => format!("renewal from {} to {}", begin.for_people(), end.for_people()),
    });
    let top = HEAD + at * ROW + BAR.0;
    let mut shapes = Vec::new();
    shapes.extend(bar.map(|bar| Shape::of(class(*state), bar, (top, BAR.1), format!("{name}: {end}"))));
    shapes.extend(
        bar.iter().flat_map(|bar| breaks(*bar)).map(|at| Shape::of("cut", at, (top, BAR.1), String::new())),
    );
    if let (Some(bar), Some(text)) = (renewal, &renewed) {
        shapes.push(Shape::of("renews", *bar, (top + 4, BAR.1 - 8), format!("{name}: {text}")));
    }
    Line {
        href,
        end: in_short(one.not_after, picture.now),
        about: format!("{name}: {end}, {}", state.words()),
        class: class(*state),
        shapes,
        cells: [
            one.owner.to_string(),
            end,
            renewed.unwrap_or_else(|| "not known".to_owned()),
            state.words().to_owned(),
        ],
        ..Line::at(at, name)
    }
}

fn group(row: &GroupRow, at: usize, picture: &Picture, tallest: &Tallest<'_>) -> Line {
    let Tallest { by, view, most } = tallest;
    let key = said(by, &row.key);
    let opened =
        View { group: Some((*by).clone()), opened: Some(row.key.clone()), from: 0, ..(*view).clone() };
    let floor = HEAD + at * ROW + BAR.0 + BAR.1;
    let parts = i64::try_from(BINS).unwrap_or(1);
    let mut shapes = Vec::new();
    for ((ends, renewals), bin) in row.ends.iter().zip(row.renewals).zip(0_u16..) {
        let bar = part(usize::from(bin));
        let until = picture.from + picture.to.since(picture.from).share(i64::from(bin) + 1, parts);
        if *ends > 0 {
            let height = height(*ends, *most);
            let title = format!("{key}: {ends} end until {}", until.for_people());
            let class = row.worst[usize::from(bin)].map_or("ends", class);
            shapes.push(Shape::of(class, bar, (floor - height, height), title));
        }
        if renewals > 0 {
            let title = format!("{key}: {renewals} renewed until {}", until.for_people());
            shapes.push(Shape::of("renews", bar, (floor + 1, 4), title));
        }
    }
    let nearest = in_short(row.nearest, picture.now);
    let many = counted(row.count, "certificate");
    let amiss =
        if row.amiss == 0 { String::new() } else { format!(", {} ended or need a person", row.amiss) };
    Line {
        href: path(&opened),
        end: format!("{}, {nearest}", row.count),
        about: format!("{key}: {many}{amiss}, next end: {nearest}"),
        class: if row.amiss > 0 { "amiss" } else { "" },
        shapes,
        cells: [
            row.count.to_string(),
            row.nearest.as_end(picture.now),
            format!("{} to {}", date(row.first), date(row.last)),
            format!("{} before, {} within, {} after", row.before, row.ends.iter().sum::<u32>(), row.after),
        ],
        ..Line::at(at, key)
    }
}

impl Line {
    fn at(at: usize, name: String) -> Self {
        let y = HEAD + at * ROW;
        Self {
            y,
            name_y: y + 16,
            height: ROW,
            short: shortened(&name, LETTERS.0),
            long: shortened(&name, LETTERS.1),
            name,
            href: String::new(),
            class: "",
            end: String::new(),
            about: String::new(),
            shapes: Vec::new(),
            cells: Default::default(),
        }
    }
}

impl Shape {
    fn of(class: &'static str, bar: Bar, (y, height): (usize, usize), title: String) -> Self {
        let width = bar.to.saturating_sub(bar.from).max(NARROWEST);
        let x = bar.from.min(WIDTH - width);
        Self { class, x: share(x), width: share(width), y, height, title }
    }
}

const fn class(state: State) -> &'static str {
    match state {
        State::Ended => "ended",
        State::Person => "person",
        State::Nobody => "nobody",
        State::Others | State::Kept => "ends",
    }
}

/// Where a part of the view lies, with a gap to the next.
fn part(bin: usize) -> Bar {
    let edge = |bin: usize| u16::try_from(bin * usize::from(WIDTH) / BINS).unwrap_or(WIDTH);
    whole(edge(bin), edge(bin + 1).saturating_sub(15))
}

const fn whole(from: u16, to: u16) -> Bar {
    Bar { from, to, is_cut: (false, false) }
}

/// Where a bar is broken, because it goes on beyond the picture.
fn breaks(bar: Bar) -> impl Iterator<Item = Bar> {
    let (inwards, width, narrowest) = BREAK;
    let is_wide = bar.to - bar.from >= narrowest;
    let left = (is_wide && bar.is_cut.0).then(|| whole(inwards, inwards + width));
    let right = (is_wide && bar.is_cut.1).then(|| whole(WIDTH - inwards - width, WIDTH - inwards));
    left.into_iter().chain(right)
}

/// As high as they are many beside the most; even one of very many is seen.
fn height(number: u32, most: u32) -> usize {
    let high = u64::from(number) * BAR.1 as u64 / u64::from(most.max(1));
    usize::try_from(high).unwrap_or(BAR.1).clamp(3, BAR.1)
}

fn ticks(picture: &Picture) -> Vec<Tick> {
    let tick = |((at, when), number): ((u16, Time), usize)| Tick {
        x: share(at),
        anchor: anchor(at),
        date: date(when),
        is_between: number % 2 == 1,
    };
    picture.ticks().into_iter().zip(0..).map(tick).collect()
}

/// A share of the width.
fn share(at: u16) -> String {
    format!("{}.{:02}%", at / 100, at % 100)
}

const fn anchor(at: u16) -> &'static str {
    match at {
        ..=500 => "start",
        9_500.. => "end",
        _ => "middle",
    }
}

fn date(at: Time) -> String {
    at.for_people().chars().take(10).collect()
}

fn in_short(end: Time, now: Time) -> String {
    let left = end.since(now);
    if left.abs() < Span::seconds(1) {
        return "ends now".to_owned();
    }
    if left.is_negative() { format!("ended {} ago", left.abs()) } else { format!("in {left}") }
}

fn counted(number: usize, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

fn shortened(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    let begin: String = name.chars().take(letters.saturating_sub(1)).collect();
    begin + "\u{2026}"
}

fn escaped(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
/// How much of a life is over, in parts of a thousand, with a mark at now.
pub(super) fn life(spent_permille: u16) -> String {
    let now = f64::from(spent_permille.min(1000)) * 3.0 / 10.0;
    let anchor = match spent_permille {
        0..=60 => "start",
        61..=939 => "middle",
        _ => "end",
    };
    let percent = spent_permille / 10;
    format!(
        "<svg class=\"life\" viewBox=\"-1 0 302 26\" role=\"img\" aria-label=\"{percent} % of its life is over\">\
         <rect class=\"whole\" x=\"0\" y=\"15\" width=\"300\" height=\"8\" rx=\"3\"/>\
         <rect class=\"spent\" x=\"0\" y=\"15\" width=\"{now:.1}\" height=\"8\" rx=\"3\"/>\
         <line x1=\"{now:.1}\" x2=\"{now:.1}\" y1=\"12\" y2=\"26\"/>\
         <text x=\"{now:.1}\" y=\"10\" text-anchor=\"{anchor}\">now</text></svg>"
    )
}
