//! The release binary: its size, and how long it takes to say its version.

use std::process::{Command, Stdio};
use std::time::Instant;

use notafter_bench::{Result, binary, load, median, report};

const ROUNDS: usize = 41;

fn main() -> Result<()> {
    let binary = binary()?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let status = Command::new(&binary).arg("--version").stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err("--version fails".into());
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let size = std::fs::metadata(&binary)?.len() as f64 / 1e6;
    report(&format!("size               {size:8.1} MB (goal: at most 40)"));
    report(&format!("--version          {:8.1} ms (goal: at most 10)", median(times)));
    report(&format!("load average       {:>8}", load()));
    Ok(())
}
