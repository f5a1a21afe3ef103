//! A run-book on a page.

use notafter_inventory::run_book::{Advice, RunBook, Visitor};

/// A run-book in words.
pub(super) struct RunBookView {
    pub(super) visitors: Vec<VisitorView>,
    pub(super) tell: String,
    pub(super) bypass: String,
    pub(super) meanwhile: Vec<Advice>,
    pub(super) heals: Vec<String>,
}

/// What one program shows.
pub(super) struct VisitorView {
    pub(super) client: String,
    pub(super) shows: String,
    pub(super) passable: &'static str,
}

impl RunBookView {
    /// Of the book, with the alert that is to be taken in its commands.
    pub(super) fn of(book: RunBook, alert: Option<&str>) -> Self {
        let RunBook { visitors, tell, bypass, meanwhile, heals } = book;
        let named = |advice: Advice| Advice {
            command: advice.command.map(|command| match alert {
                Some(alert) => command.replace("ack ALERT", &format!("ack {alert}")),
                None => command,
            }),
            ..advice
        };
        Self {
            visitors: visitors.into_iter().map(VisitorView::from).collect(),
            meanwhile: meanwhile.into_iter().map(named).collect(),
            tell,
            bypass,
            heals,
        }
    }
}

impl From<Visitor> for VisitorView {
    fn from(Visitor { client, shows, passable }: Visitor) -> Self {
        Self { client, shows, passable: passable.words() }
    }
}
