//! The house keeps its shape: arrows between crates, purity, file sizes, one clippy.toml per pure crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Design section 3: who may use whom.
const ARROWS: &[(&str, &[&str])] = &[
    ("cert", &[]),
    ("tls", &["cert"]),
    ("ct", &["cert"]),
    ("acme", &["cert"]),
    ("inventory", &["cert", "tls", "ct", "acme"]),
    ("keys", &["cert"]),
    ("net", &["tls", "ct", "acme", "cert", "keys"]),
    ("store", &["inventory", "acme", "ct", "tls", "cert"]),
    ("providers", &["keys", "net", "inventory", "acme", "ct", "tls", "cert"]),
    ("engine", &["net", "store", "providers", "keys", "inventory", "acme", "ct", "tls", "cert"]),
    ("server", &["engine", "net", "store", "providers", "keys", "inventory", "acme", "ct", "tls", "cert"]),
    ("lab", &["net", "store", "providers", "keys", "inventory", "acme", "ct", "tls", "cert"]),
    (
        "cli",
        &[
            "server",
            "engine",
            "lab",
            "net",
            "store",
            "providers",
            "keys",
            "inventory",
            "acme",
            "ct",
            "tls",
            "cert",
        ],
    ),
    // Not in the house: it measures the binary from outside, and the engine through a million staged endpoints.
    ("bench", &["engine", "lab", "net", "store", "inventory", "cert"]),
];

/// Crates that know and never touch the world (law 1).
const PURE: [&str; 5] = ["cert", "tls", "ct", "acme", "inventory"];

/// What must not stand below a pure crate.
const WORLD: [&str; 12] = [
    "tokio",
    "mio",
    "socket2",
    "async-std",
    "smol",
    "hyper",
    "reqwest",
    "ureq",
    "sqlx",
    "rusqlite",
    "hickory-resolver",
    "rustls",
];

/// Files over 600 production lines, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .other_options(vec!["--locked".into()])
        .exec()
        .unwrap()
}

fn ours(metadata: &Metadata) -> Vec<&Package> {
    metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.name.starts_with("notafter-"))
        .collect()
}

#[test]
fn arrows_between_crates_are_those_of_the_design() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for package in ours(&metadata) {
        let name = package.name.trim_start_matches("notafter-");
        let Some(below) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the design"));
            continue;
        };
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
        {
            if let Some(used) = dependency.name.strip_prefix("notafter-")
                && !below.contains(used)
            {
                wrong.push(format!("{name} -> {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the design does not allow: {wrong:?}");
}

#[test]
fn no_runtime_socket_http_or_sql_below_a_pure_crate() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().unwrap();
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    for pure in PURE {
        let root =
            ours(&metadata).into_iter().find(|package| package.name == format!("notafter-{pure}")).unwrap();
        let mut seen = BTreeSet::new();
        let mut open = vec![&root.id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let node = resolve.nodes.iter().find(|node| &node.id == id).unwrap();
            open.extend(node.deps.iter().filter_map(|dependency| {
                let normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
                normal.then_some(&dependency.pkg)
            }));
        }
        let found: Vec<&str> = seen.iter().map(|id| names[id]).filter(|name| WORLD.contains(name)).collect();
        assert!(found.is_empty(), "{pure} reaches the world through {found:?}");
    }
}

#[test]
fn every_pure_crate_carries_the_bans() {
    for pure in PURE {
        let path = crates().join(pure).join("clippy.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("std::time::SystemTime::now") && text.contains("std::net::TcpStream"),
            "{path:?}"
        );
    }
}

#[test]
fn direct_dependencies_stay_few() {
    let metadata = metadata();
    let direct = |names: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        ours(&metadata)
            .into_iter()
            .filter(|package| names(package.name.trim_start_matches("notafter-")))
            .flat_map(|package| &package.dependencies)
            .filter(|dependency| {
                dependency.kind == DependencyKind::Normal && !dependency.name.starts_with("notafter-")
            })
            .map(|dependency| dependency.name.clone())
            .collect()
    };
    assert!(direct(&|_| true).len() <= 80);
    assert!(direct(&|name| PURE.contains(&name)).len() <= 22);
}

#[test]
fn no_file_is_over_600_production_lines() {
    let mut long = Vec::new();
    for path in rust_files(&crates()) {
        let text = std::fs::read_to_string(&path).unwrap();
        let production = production(&text).lines().count();
        let name = path.strip_prefix(crates()).unwrap().display().to_string();
        let is_test = name.contains("/tests/") || name.contains("/benches/") || only_tested(&path);
        if production > 600 && !is_test && !LONG_FILES.iter().any(|(known, _)| *known == name) {
            long.push(format!("{name}: {production}"));
        }
    }
    assert!(long.is_empty(), "split these, or name them in LONG_FILES with a reason: {long:?}");
}

/// What stands above the tests of a file. A line that only declares a module of tests ends nothing.
fn production(text: &str) -> &str {
    const MARK: &str = "\n#[cfg(test)]\n";
    let begins_tests = |at: &usize| {
        let declared = text[at + MARK.len()..].lines().next().unwrap_or_default();
        declared.contains("mod ") && declared.ends_with('{')
    };
    let end = text.match_indices(MARK).map(|(at, _)| at).find(begins_tests);
    &text[..end.unwrap_or(text.len())]
}

/// Whether the module above declares this file for tests alone.
fn only_tested(path: &Path) -> bool {
    let folder = path.parent().unwrap();
    let above = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let declares = |text: String| {
        let lines: Vec<&str> = text.lines().collect();
        lines.windows(2).any(|two| two[0] == "#[cfg(test)]" && two[1].ends_with(&format!("mod {stem};")))
    };
    above.iter().filter_map(|file| std::fs::read_to_string(file).ok()).any(declares)
}

#[test]
fn a_declared_module_of_tests_does_not_end_a_files_production_lines() {
    let text = "use a;\n#[cfg(test)]\nmod tests;\nfn one() {}\n#[cfg(test)]\nmod more {\n}\n";
    assert_eq!(production(text), "use a;\n#[cfg(test)]\nmod tests;\nfn one() {}");
    assert!(only_tested(&crates().join("inventory/src/check/tests.rs")));
    assert!(!only_tested(&crates().join("inventory/src/check/known.rs")));
}

pub(crate) fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
