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
    pub(crate) fn sample(self, labels: &[(&str, &str)], value: f64) -> Self {
        self.text.push_str(self.name);
        if !labels.is_empty() {
            self.text.push('{');
            for (index, (name, text)) in labels.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                self.text.push_str(&format!("{comma}{name}=\"{}\"", escape(text, true)));
            }
            self.text.push('}');
        }
        self.text.push_str(&format!(" {value}\n"));
        self
    }
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
