//! What a browser calls itself, in few words.

/// Marks of browsers, the telling ones first: most claim to be their rivals, too.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Marks of systems, the telling ones first: Android names Linux, an iPhone names Mac OS.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
];

/// Characters of a name that is not known.
const LONGEST: usize = 40;

/// "Firefox on Linux"; what is not known, as it says itself.
pub(super) fn browser(agent: &str) -> String {
    let told = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (told(&BROWSERS), told(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if agent.is_empty() => "not told".to_owned(),
        _ if agent.chars().count() > LONGEST => {
            format!("{}\u{2026}", agent.chars().take(LONGEST).collect::<String>())
        }
        _ => agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of sessions was as wide as what browsers say of themselves.
    #[test]
    fn a_browser_is_told_in_few_words() {
        let mozilla = |rest: &str| format!("Mozilla/5.0 {rest}");
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";
        for (agent, words) in [
            (mozilla("(X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"), "Firefox on Linux"),
            (
                mozilla(&format!("(Windows NT 10.0; Win64; x64) {chrome} Safari/537.36 Edg/156.0.0.0")),
                "Edge on Windows",
            ),
            (mozilla(&format!("(Linux; Android 10; K) {chrome} Mobile Safari/537.36")), "Chrome on Android"),
            (
                mozilla(
                    "(iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
                ),
                "Safari on an iPhone",
            ),
            ("curl/7.88.1".to_owned(), "curl/7.88.1"),
            (String::new(), "not told"),
            ("<b>".repeat(30), "<b><b><b><b><b><b><b><b><b><b><b><b><b><\u{2026}"),
        ] {
            assert_eq!(browser(&agent), words);
        }
    }
}
