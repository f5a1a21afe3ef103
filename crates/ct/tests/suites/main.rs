//! Other people's certificates and lists, found through `NOTAFTER_SUITES`; none of their files is here.
#![expect(clippy::unwrap_used, reason = "a test may stop where what it stands on is missing")]
#![expect(clippy::disallowed_methods, reason = "the suites are files that the environment names")]

#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod limbo;
mod list;

use std::io::Read;

use left_out::{Need, left_out};
use notafter_ct::LogList;

/// A file of the folder of suites, unpacked where it ends with `.xz`; `None`, and the test is counted as left out, where
/// nobody names the folder.
fn suite(name: &str, test: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("NOTAFTER_SUITES") else {
        left_out(test, Need::Right("the folder of suites that NOTAFTER_SUITES names"));
        return None;
    };
    let path = std::path::Path::new(&folder).join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !name.ends_with(".xz") {
        return Some(bytes);
    }
    let mut unpacked = Vec::new();
    lzma_rust2::XzReader::new(&bytes[..], true).read_to_end(&mut unpacked).unwrap();
    Some(unpacked)
}

fn log_list(test: &str) -> Option<LogList> {
    Some(LogList::read(&suite("ct_log_list.json", test)?).unwrap())
}
