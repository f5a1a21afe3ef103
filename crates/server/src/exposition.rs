//! The Prometheus text format (version 0.0.4).

/// The content type of what [`Exposition::finish`] gives.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics being written, family by family.
#[derive(Default)]
pub(crate) struct Exposition(String);

/// One metric family; its samples follow its head.
pub(crate) struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Exposition {
    /// Begins a gauge.
    pub(crate) fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        self.0.push_str(&format!("# HELP {name} {}\n# TYPE {name} {kind}\n", escape(help, false)));
        Family { text: &mut self.0, name }
    }

    /// A gauge with one sample, whose labels are [`labels`].
    pub(crate) fn one(&mut self, name: &'static str, help: &str, labels: &str, value: f64) {
        self.gauge(name, help);
        self.0.push_str(&line(name, labels, value));
    }

    /// A sample of the family that was begun last.
    pub(crate) fn push(&mut self, line: &str) {
        self.0.push_str(line);
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// A sample without labels.
    pub(crate) fn value(self, value: f64) {
        self.sample(&[], value);
    }

    /// A sample with labels.
    pub(crate) fn sample(self, pairs: &[(&str, &str)], value: f64) -> Self {
        self.text.push_str(&line(self.name, &labels(pairs), value));
        self
    }
}

/// One sample; `labels` is what [`labels`] gives, or several of it with commas between.
pub(crate) fn line(name: &str, labels: &str, value: f64) -> String {
    if labels.is_empty() { format!("{name} {value}\n") } else { format!("{name}{{{labels}}} {value}\n") }
}

/// What stands between the braces.
pub(crate) fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, text)| format!("{name}=\"{}\"", escape(text, true))).collect();
    pairs.join(",")
}

/// Backslash and line feed everywhere, quotes in label values.
fn escape(text: &str, quotes: bool) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quotes { escaped.replace('"', "\\\"") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_follow_their_family_and_labels_are_escaped() {
        let mut exposition = Exposition::default();
        exposition.gauge("up", "Whether it is up.\nReally.").value(1.0);
        exposition
            .gauge("expiry", "Seconds.")
            .sample(&[("target", "a\"b\\c"), ("at", "x")], 1.5)
            .sample(&[("target", "d"), ("at", "y")], -3.0);
        assert_eq!(
            exposition.finish(),
            "# HELP up Whether it is up.\\nReally.\n# TYPE up gauge\nup 1\n\
             # HELP expiry Seconds.\n# TYPE expiry gauge\n\
             expiry{target=\"a\\\"b\\\\c\",at=\"x\"} 1.5\nexpiry{target=\"d\",at=\"y\"} -3\n"
        );
    }
}
