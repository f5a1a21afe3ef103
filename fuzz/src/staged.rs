//! A machine whose files come from the fuzzer, and what the sources of facts make of it.

use std::fs;
use std::path::Path;

use notafter_inventory::adopt::fact::Survey;
use notafter_inventory::adopt::{cases, questions};
use notafter_providers::discover::{ALL, Machine};

use super::pieces;

/// Lays each piece into the file that it names, asks these sources (all of them where none is named), and asks again: what
/// is read is the same. What was found is put together to cases, as `adopt` does.
pub(super) fn survey(sources: &[&str], files: &[&str], bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    if fs::create_dir_all(folder.path().join("run/systemd/system")).is_err() {
        return;
    }
    for (kind, content) in pieces::of(bytes) {
        if lay(&folder.path().join(files[pieces::choice(kind, files.len())]), content).is_err() {
            return;
        }
    }
    let found = ask(folder.path(), sources);
    assert_eq!(found, ask(folder.path(), sources));
    let _ = questions(&found, &cases(&found));
}

fn lay(path: &Path, content: &[u8]) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, content)
}

fn ask(root: &Path, sources: &[&str]) -> Survey {
    let machine = Machine::new(root, Vec::new());
    let mut survey = Survey::default();
    for source in ALL.iter().filter(|it| sources.is_empty() || sources.contains(&it.meta().name)) {
        source.discover(&machine, &mut survey);
    }
    survey
}
