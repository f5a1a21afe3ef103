//! A run-book on a page.

use notafter_inventory::run_book::{Advice, RunBook, Visitor};

/// A run-book in words.
pub(super) struct RunBookView {
    pub(super) visitors: Vec<VisitorView>,
    pub(super) tell: String,
    pub(super) bypass: String,
    pub(super) meanwhile: Vec<Advice>,
    pub(super) mend: Vec<String>,
    pub(super) heals: Vec<String>,
}

/// What one program shows.
pub(super) struct VisitorView {
    pub(super) client: String,
    pub(super) shows: String,
    pub(super) passable: &'static str,
}

impl From<RunBook> for RunBookView {
    fn from(RunBook { visitors, tell, bypass, meanwhile, mend, heals }: RunBook) -> Self {
        let visitors = visitors.into_iter().map(VisitorView::from).collect();
        Self { visitors, tell, bypass, meanwhile, mend, heals }
    }
}

impl From<Visitor> for VisitorView {
    fn from(Visitor { client, shows, passable }: Visitor) -> Self {
        Self { client, shows, passable: passable.words() }
    }
}
