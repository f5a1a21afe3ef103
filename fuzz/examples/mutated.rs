//! Gives targets what is known, made wrong, on every processor; `fuzz/run --mutated` starts it.
//!
//!     mutated COUNT TARGET...          COUNT inputs for each target
//!     mutated --write FOLDER TARGET    what the suites have for a target, a file each

use std::error::Error;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, thread};

use fastrand::Rng;
use notafter_fuzz::corpus::{Suites, known};
use notafter_fuzz::mutation::mutated;

const SEEDS: &str = "seeds";

/// How many inputs a processor takes at a time.
const PORTION: u64 = 1_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let suites = match env::var_os("NOTAFTER_SUITES") {
        Some(folder) => Suites::read(Path::new(&folder))?,
        None => Suites::default(),
    };
    match &arguments[..] {
        [write, folder, target] if write == "--write" => {
            for (number, input) in suites.of(target).enumerate() {
                fs::write(Path::new(folder).join(format!("{number:06}")), input)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        [count, targets @ ..] if !targets.is_empty() => {
            let count = count.parse()?;
            let mut is_sound = true;
            for target in targets {
                is_sound &= run(target, &known(target, Path::new(SEEDS), &suites)?, count);
            }
            Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        _ => Err("usage: mutated COUNT TARGET...".into()),
    }
}

/// Whether none of the inputs stopped the target; those that did are written.
fn run(target: &str, known: &[Vec<u8>], count: u64) -> bool {
    let (next, found) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        loop {
            let first = next.fetch_add(PORTION, Ordering::Relaxed);
            if first >= count {
                return;
            }
            for number in first..count.min(first + PORTION) {
                let mut random = Rng::with_seed(number);
                let mut any = || &known[random.usize(..known.len())];
                let (input, other) = (any(), any());
                let input = mutated(input, other, &mut random);
                if catch_unwind(|| notafter_fuzz::run(target, &input)).is_err() {
                    found.fetch_add(1, Ordering::Relaxed);
                    keep(target, number, &input);
                }
            }
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..processors).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner();
    println!("{target}: {count} inputs made of {}, {found} of them stopped it", known.len());
    found == 0
}

fn keep(target: &str, number: u64, input: &[u8]) {
    let folder = Path::new("artifacts").join(target);
    let file = folder.join(format!("mutated-{number}"));
    match fs::create_dir_all(&folder).and_then(|()| fs::write(&file, input)) {
        Ok(()) => eprintln!("{target}: input {number} is kept in fuzz/{}", file.display()),
        Err(error) => eprintln!("{target}: input {number} cannot be kept: {error}"),
    }
}
