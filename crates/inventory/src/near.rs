//! What a name that nothing has was most likely meant for.

/// Names that are told.
const TOLD: usize = 3;
/// So few names are told all, whatever was written.
const FEW: usize = 5;

/// The names among `known` that `written` may have been meant for, or all where there are few: `did you mean shop?`, or
/// `there are shop, web`. `None` where that would tell nothing.
#[must_use]
pub fn meant<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut all: Vec<&str> = known.collect();
    all.sort_unstable();
    all.dedup();
    let written = written.to_lowercase();
    let mut near: Vec<(usize, &str)> = all
        .iter()
        .filter_map(|known| slips(&written, &known.to_lowercase()).map(|slips| (slips, *known)))
        .collect();
    near.sort_unstable();
    let near: Vec<&str> = near.into_iter().map(|(_, known)| known).take(TOLD).collect();
    match near.as_slice() {
        [] if all.is_empty() || all.len() > FEW => None,
        [] => Some(format!("there {} {}", if all.len() == 1 { "is" } else { "are" }, all.join(", "))),
        near => Some(format!("did you mean {}?", near.join(" or "))),
    }
}

/// How far a known name is from what was written; `None` where that is too far. A name with a part left out or added is
/// near, too: `shop.example` for `shop.example:443`, `web` for `shop/web`.
fn slips(written: &str, known: &str) -> Option<usize> {
    let host = known.strip_suffix(":443").unwrap_or(known);
    let slips = strsim::osa_distance(written, known).min(strsim::osa_distance(written, host));
    if slips <= 1 + known.chars().count() / 6 && slips < known.chars().count() {
        return Some(slips);
    }
    let part = |whole: &str, part: &str| part.len() >= 3 && whole.contains(part);
    (part(known, written) || part(written, known)).then_some(slips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_told_nearest_first_and_few_names_all() {
        let meant = |written: &str, known: &[&str]| meant(written, known.iter().copied());
        let many = ["shop", "web", "mail", "shop-2", "pay", "intranet"];
        for (written, known, told) in [
            ("shpo", &many[..], Some("did you mean shop?")),
            ("Shop", &many, Some("did you mean shop or shop-2?")),
            ("shop-3", &many, Some("did you mean shop-2 or shop?")),
            (
                "shop.example",
                &["shop.example:443", "smtp://mail.example"],
                Some("did you mean shop.example:443?"),
            ),
            ("shop.exmaple", &["shop.example:443"], Some("did you mean shop.example:443?")),
            ("web", &["shop/web", "mail/web", "pay/files"], Some("did you mean mail/web or shop/web?")),
            ("nope", &["shop", "web"], Some("there are shop, web")),
            ("nope", &["shop"], Some("there is shop")),
            ("nope", &many, None),
            ("x", &["a"], Some("there is a")),
            ("", &[], None),
        ] {
            assert_eq!(meant(written, known).as_deref(), told, "{written}");
        }
    }
}
