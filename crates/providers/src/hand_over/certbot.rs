//! certbot's next version: `archive/NAME/{privkey,cert,chain,fullchain}N.pem`, and `live/NAME/*.pem` leading to them
//! (certbot's `storage.py`: the version that all four links lead to is the lineage's newest).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notafter_cert::pem;
use notafter_keys::PrivateKey;
use notafter_keys::write_out::{self, Content as Holds, Destination, Tag};

use super::{Content, HandOverError};

/// Three of the four files, by the names of their links, and what they hold.
const PARTS: [(&str, Holds); 3] =
    [("privkey", Holds::Key), ("cert", Holds::Certificate), ("chain", Holds::Chain)];
/// The fourth.
const FULL_CHAIN: &str = "fullchain";

/// Where a version will lie, and the links that will lead there.
#[derive(Debug)]
pub struct NextVersion {
    parts: Vec<Link>,
    full_chain: Link,
    number: u32,
}

#[derive(Debug)]
struct Link {
    path: PathBuf,
    /// The archive as the link writes it.
    archive: PathBuf,
    kind: &'static str,
    holds: Holds,
    /// The file that it led to: the new one is for the same user.
    was: PathBuf,
}

impl NextVersion {
    /// After every version that is there, from the links as certbot left them; `None` where they are not as certbot makes
    /// them.
    ///
    /// # Errors
    /// The archive cannot be read.
    pub fn after(links: &[(PathBuf, Content)]) -> Result<Option<Self>, HandOverError> {
        let parts: Option<Vec<Link>> =
            PARTS.iter().map(|(kind, holds)| Link::find(links, kind, holds)).collect();
        let (Some(parts), Some(full_chain)) = (parts, Link::find(links, FULL_CHAIN, &Holds::FullChain))
        else {
            return Ok(None);
        };
        let directory = full_chain.directory();
        let refused = |source| HandOverError::Disk { what: "read", path: directory.clone(), source };
        let mut newest = 0;
        for entry in fs::read_dir(&directory).map_err(refused)? {
            let name = entry.map_err(refused)?.file_name();
            newest = newest.max(number_of(&name.to_string_lossy()).map_or(0, |(_, number)| number));
        }
        Ok(Some(Self { parts, full_chain, number: newest + 1 }))
    }

    /// Writes the four files and turns the links to them, key checked against certificate. Said again after a crash, it
    /// finds what it wrote. Answers the file with the full chain.
    ///
    /// # Errors
    /// Key and certificate do not match, or the disk refuses.
    pub fn write(mut self, tag: &Tag, key: &PrivateKey, chain: &[Vec<u8>]) -> Result<PathBuf, HandOverError> {
        if self.is_written(self.number - 1, chain) {
            self.number -= 1;
        } else {
            let files: Vec<Destination> = self.links().map(|link| link.destination(self.number)).collect();
            let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
            write_out::stage(tag, key, chain, &files)?;
            write_out::swap(tag, &paths)?;
        }
        for link in self.links() {
            Content::Link(link.archive.join(name(link.kind, self.number))).put(&link.path)?;
        }
        Ok(self.full_chain.file(self.number))
    }

    /// The full chain's last.
    fn links(&self) -> impl Iterator<Item = &Link> {
        self.parts.iter().chain([&self.full_chain])
    }

    /// Whether this very certificate is version `number`, all of it.
    fn is_written(&self, number: u32, chain: &[Vec<u8>]) -> bool {
        let leaf = leaf(&self.full_chain.file(number));
        leaf.is_some_and(|leaf| Some(&leaf) == chain.first())
            && self.parts.iter().all(|link| link.file(number).exists())
    }
}

impl Link {
    fn find(links: &[(PathBuf, Content)], kind: &'static str, holds: &Holds) -> Option<Self> {
        let is_it = |(path, _): &&(PathBuf, Content)| path.file_stem().is_some_and(|stem| stem == kind);
        let (path, Content::Link(target)) = links.iter().find(is_it)? else { return None };
        let file = target.file_name()?.to_string_lossy();
        let (found, _) = number_of(&file)?;
        let archive = target.parent()?.to_owned();
        let directory = fs::canonicalize(path.parent()?.join(&archive)).ok()?;
        let was = directory.join(target.file_name()?);
        (found == kind).then(|| Self { path: path.clone(), archive, kind, holds: holds.clone(), was })
    }

    fn directory(&self) -> PathBuf {
        self.was.parent().map_or_else(PathBuf::new, Path::to_owned)
    }

    /// The file of a version.
    fn file(&self, number: u32) -> PathBuf {
        self.directory().join(name(self.kind, number))
    }

    fn destination(&self, number: u32) -> Destination {
        let about = fs::metadata(&self.was).ok();
        let usual = if matches!(self.holds, Holds::Key) { 0o600 } else { 0o644 };
        Destination {
            path: self.file(number),
            content: self.holds.clone(),
            mode: about.as_ref().map_or(usual, |about| about.mode() & 0o777),
            owner: about.as_ref().map(MetadataExt::uid),
            group: about.as_ref().map(MetadataExt::gid),
        }
    }
}

fn name(kind: &str, number: u32) -> String {
    format!("{kind}{number}.pem")
}

/// `fullchain12.pem` is version 12 of `fullchain`.
fn number_of(name: &str) -> Option<(&str, u32)> {
    let stem = name.strip_suffix(".pem")?;
    let digits = stem.find(|letter: char| letter.is_ascii_digit())?;
    let (kind, number) = stem.split_at(digits);
    let number = number.parse().ok()?;
    let known = kind == FULL_CHAIN || PARTS.iter().any(|(known, _)| *known == kind);
    known.then_some((kind, number))
}

fn leaf(file: &Path) -> Option<Vec<u8>> {
    pem::chain_from(&fs::read(file).ok()?).ok()?.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certbots_own_names_are_versions() {
        assert_eq!(number_of("fullchain12.pem"), Some(("fullchain", 12)));
        assert_eq!(number_of("privkey.pem"), None);
        assert_eq!(number_of("other1.pem"), None);
        assert_eq!(number_of("cert1.pem.bak"), None);
    }
}
