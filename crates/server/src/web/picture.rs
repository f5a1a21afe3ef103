//! All lifetimes in one picture: how many certificates end on which day, and when they are renewed. However many there
//! are, the picture has the same size.

use std::fmt::Write as _;

use notafter_cert::{Span, Time};

/// One certificate of a lineage.
pub(super) struct Lifetime {
    pub(super) ends: Time,
    pub(super) renews: Option<Time>,
}

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 150.0;
const MIDDLE: f64 = 100.0;
const COLUMNS: usize = 120;

/// An SVG drawing; empty where there is nothing to draw.
pub(super) fn lifetimes(all: &[Lifetime], now: Time) -> String {
    let Some(last) = all.iter().map(|one| one.ends).max() else { return String::new() };
    let from = now - Span::days(1);
    let days = days_between(from, last).max(29) + 2;
    let per_column = days.div_ceil(COLUMNS);
    let columns = days.div_ceil(per_column);
    let mut ends = vec![0_u32; columns];
    let mut renews = vec![0_u32; columns];
    for one in all {
        *column(&mut ends, from, one.ends, per_column) += 1;
        if let Some(at) = one.renews {
            *column(&mut renews, from, at, per_column) += 1;
        }
    }
    draw(&ends, &renews, per_column, all.len())
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

fn days_between(from: Time, to: Time) -> usize {
    usize::try_from(to.since(from).as_micros() / Span::days(1).as_micros()).unwrap_or(0)
}

/// What ended before the picture begins stands at its beginning.
fn column(columns: &mut [u32], from: Time, at: Time, per_column: usize) -> &mut u32 {
    let last = columns.len() - 1;
    &mut columns[(days_between(from, at) / per_column).min(last)]
}

fn draw(ends: &[u32], renews: &[u32], per_column: usize, all: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "at most some hundred columns")]
    let step = WIDTH / ends.len() as f64;
    let tallest = f64::from(ends.iter().copied().max().unwrap_or(1).max(1));
    let busiest = f64::from(renews.iter().copied().max().unwrap_or(1).max(1));
    let whose = match all {
        1 => "1 certificate ends and is".to_owned(),
        all => format!("{all} certificates end and are"),
    };
    let mut svg = format!(
        "<svg class=\"picture\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"picture-title\">\
         <title id=\"picture-title\">When {whose} renewed</title>\
         <line x1=\"0\" x2=\"{WIDTH}\" y1=\"{MIDDLE}\" y2=\"{MIDDLE}\"/>"
    );
    for (position, (ending, renewing)) in ends.iter().zip(renews).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most some hundred columns")]
        let x = position as f64 * step;
        let day = (position * per_column).saturating_sub(1);
        let when = match (position, day) {
            (0, _) => "ended, or today".to_owned(),
            (_, day) if per_column == 1 => format!("in {day} d"),
            (_, day) => format!("in {day} to {} d", day + per_column - 1),
        };
        if *ending > 0 {
            let height = (MIDDLE - 12.0) * f64::from(*ending) / tallest;
            let class = if day < 7 {
                "near"
            } else if day < 21 {
                "soon"
            } else {
                "ends"
            };
            let end = if *ending == 1 { "ends" } else { "end" };
            bar(&mut svg, class, (x, MIDDLE - height), (step, height), &format!("{ending} {end} {when}"));
        }
        if *renewing > 0 {
            let height = 24.0 * f64::from(*renewing) / busiest;
            bar(&mut svg, "renews", (x, MIDDLE + 2.0), (step, height), &format!("{renewing} renewed {when}"));
        }
    }
    let last = ends.len() * per_column;
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        "<text x=\"0\" y=\"{HEIGHT}\" dy=\"-4\">now</text>\
         <text x=\"{WIDTH}\" y=\"{HEIGHT}\" dy=\"-4\" text-anchor=\"end\">in {last} d</text></svg>"
    );
    svg
}

fn bar(svg: &mut String, class: &str, (x, y): (f64, f64), (step, height): (f64, f64), title: &str) {
    let width = (step - 1.0).max(1.0);
    let height = height.max(2.0);
    let _ = write!(
        svg,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"><title>{title}</title></rect>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_800_000_000);

    fn ending(days: i64) -> Lifetime {
        Lifetime { ends: NOW + Span::days(days), renews: Some(NOW + Span::days(days - 10)) }
    }

    #[test]
    fn nothing_draws_nothing() {
        assert_eq!(lifetimes(&[], NOW), "");
    }

    #[test]
    fn whatever_ends_is_in_the_picture_once() {
        for days in [&[-400, -1, 0, 1, 47][..], &[3650, 90], &[0]] {
            let all: Vec<Lifetime> = days.iter().copied().map(ending).collect();
            let svg = lifetimes(&all, NOW);
            let counted: usize = svg
                .split("<title>")
                .filter_map(|part| {
                    part.split_once(" end").and_then(|(number, _)| number.parse::<usize>().ok())
                })
                .sum();
            assert_eq!(counted, days.len(), "{svg}");
        }
    }

    #[test]
    fn what_ends_draws_a_life_with_now_in_it() {
        for (spent, anchor) in [(0, "start"), (500, "middle"), (1000, "end")] {
            assert!(life(spent).contains(&format!("text-anchor=\"{anchor}\">now")), "{spent}");
        }
        assert!(life(437).contains("43 % of its life is over"));
    }

    /// One certificate "end" in some days.
    #[test]
    fn one_certificate_ends_and_several_end() {
        let told = |days: &[i64]| lifetimes(&days.iter().copied().map(ending).collect::<Vec<_>>(), NOW);
        assert!(
            told(&[40]).contains("<title>1 ends in")
                && told(&[40]).contains("When 1 certificate ends and is")
        );
        assert!(
            told(&[40, 40]).contains("<title>2 end in") && told(&[40, 40]).contains("2 certificates end and")
        );
    }

    #[test]
    fn a_hundred_thousand_are_as_small_a_picture_as_a_few() {
        let all: Vec<Lifetime> = (0..100_000).map(|number| ending(number % 398)).collect();
        assert!(lifetimes(&all, NOW).len() < 40_000);
    }
}
