//! The fuzz targets: each has its program and its seeds, and what is known to be read is read here, too, without a fuzzer.

#[path = "../../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "there it is a library")]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use targets::corpus::{Suites, known};
use targets::mutation::mutated;

use crate::house::crates;
use crate::left_out::{Need, left_out};

fn folder() -> PathBuf {
    crates().parent().unwrap().join("fuzz")
}

/// What stands in a folder, by name.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_target_has_a_program_and_seeds_and_nothing_else_has() {
    let listed: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.len(), targets::ALL.len(), "a target is listed twice");
    let programs = names(&folder().join("src/bin"));
    assert_eq!(programs, listed.iter().map(|name| format!("{name}.rs")).collect());
    for name in &listed {
        let program = fs::read_to_string(folder().join("src/bin").join(format!("{name}.rs"))).unwrap();
        assert!(program.contains(&format!("notafter_fuzz::run(\"{name}\", bytes)")), "{name}");
    }
    assert_eq!(names(&folder().join("seeds")), listed);
    for name in &listed {
        assert!(!names(&folder().join("seeds").join(name)).is_empty(), "{name} has no seeds");
    }
}

/// A line `target` without a slash once hid the seeds of the target of that name.
#[test]
fn no_seed_is_hidden_from_git() {
    let ignored = fs::read_to_string(folder().join(".gitignore")).unwrap();
    assert!(ignored.lines().all(|line| line.starts_with('/')), "{ignored}");
    assert!(!ignored.lines().any(|line| line.starts_with("/seeds")), "{ignored}");
}

#[test]
fn every_seed_is_read_without_a_complaint() {
    for (name, _) in targets::ALL {
        for seed in names(&folder().join("seeds").join(name)) {
            println!("{name}/{seed}");
            targets::run(name, &fs::read(folder().join("seeds").join(name).join(seed)).unwrap());
        }
        targets::run(name, &[]);
    }
}

/// How many inputs each target gets here; `fuzz/run --mutated` gives it millions.
const INPUTS: u64 = 100;

/// What is known of each target, from its seeds and from other people's suites, made wrong.
#[test]
fn nothing_that_is_made_wrong_stops_a_target() {
    let suites = match std::env::var_os("NOTAFTER_SUITES") {
        Some(folder) => Suites::read(Path::new(&folder)).unwrap(),
        None => {
            let need = Need::Right("the folder of suites that NOTAFTER_SUITES names");
            left_out("fuzz targets with the suites as seeds", need);
            Suites::default()
        }
    };
    for (name, _) in targets::ALL {
        let known = known(name, &folder().join("seeds"), &suites).unwrap();
        for number in 0..INPUTS {
            let mut random = Rng::with_seed(number);
            let (input, other) = (random.usize(..known.len()), random.usize(..known.len()));
            let input = mutated(&known[input], &known[other], &mut random);
            // What stops it is shown again by `fuzz/run TARGET FILE`.
            let found = std::panic::catch_unwind(|| targets::run(name, &input));
            assert!(found.is_ok(), "{name}, input {number}: {}", input.escape_ascii());
        }
    }
}
