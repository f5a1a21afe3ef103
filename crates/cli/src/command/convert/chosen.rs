//! What is taken from a heap of files: one key, the chain of its certificate in order, and whatever else there is.

use notafter_cert::Certificate;
use notafter_cert::path::{leaves, order};
use notafter_keys::LooseKey;
use notafter_keys::unpack::{FoundKey, Unpacked};

use crate::failure::Failure;

/// What was chosen.
#[derive(Default)]
pub(super) struct Chosen {
    /// The key.
    pub(super) key: Option<LooseKey>,
    /// Whether the key is the leaf's; `None` where there is no pair, or nobody can tell.
    pub(super) fits: Option<bool>,
    /// The chain, leaf first; all certificates in the order of the files where there is not one leaf.
    pub(super) certificates: Vec<Certificate>,
    /// Names of certificates that are of no use to the chain.
    pub(super) strangers: Vec<String>,
    /// Requests, DER.
    pub(super) requests: Vec<Vec<u8>>,
    /// Revocation lists, DER.
    pub(super) revocation_lists: Vec<Vec<u8>>,
    /// Public keys by themselves, DER.
    pub(super) public_keys: Vec<Vec<u8>>,
}

impl Chosen {
    /// Chooses; `entry` is the alias of the key, where there are several.
    pub(super) fn among(files: Vec<(String, Unpacked)>, entry: Option<&str>) -> Result<Self, Failure> {
        let (mut heap, mut keys, mut chosen) = (Vec::<Certificate>::new(), Vec::<FoundKey>::new(), Self::default());
        for (name, file) in files {
            for certificate in file.certificates {
                if !heap.contains(&certificate) {
                    heap.push(certificate);
                }
            }
            for mut found in file.keys {
                found.place = format!("{} in {name}", found.place);
                if keys.iter().all(|known| known.key.pkcs8() != found.key.pkcs8()) {
                    keys.push(found);
                }
            }
            chosen.requests.extend(file.requests);
            chosen.revocation_lists.extend(file.revocation_lists);
            chosen.public_keys.extend(file.public_keys);
        }
        chosen.key = one_of(keys, entry)?;
        chosen.take_chain(heap)?;
        Ok(chosen)
    }

    fn take_chain(&mut self, heap: Vec<Certificate>) -> Result<(), Failure> {
        let Some(leaf) = self.leaf(&heap)? else {
            self.certificates = heap;
            return Ok(());
        };
        let chain = order(&leaf, &heap);
        let strangers = heap.iter().filter(|one| !chain.contains(one));
        self.strangers = strangers.map(Certificate::shown_name).collect();
        self.certificates = chain;
        Ok(())
    }

    /// The certificate of the key; without a key the one that issued no other. `None` where that is not one.
    fn leaf(&mut self, heap: &[Certificate]) -> Result<Option<Certificate>, Failure> {
        let Some(key) = &self.key else {
            return Ok(match leaves(heap).as_slice() {
                [one] => Some((*one).clone()),
                _ => None,
            });
        };
        if let Some(own) = heap.iter().find(|one| key.is_of(one) == Some(true)) {
            self.fits = Some(true);
            return Ok(Some(own.clone()));
        }
        let leaves = leaves(heap);
        let untold = leaves.iter().find(|one| key.is_of(one).is_none());
        let Some(first) = untold.or(leaves.first()).copied() else { return Ok(None) };
        match key.is_of(first) {
            // What nobody can tell is not held against it.
            None => Ok(Some(first.clone())),
            _ => {
                let hint = "name the key that was made together with the certificate's request";
                let why = key.matches(first).err().map(|error| error.to_string()).unwrap_or_default();
                let what = format!("the key is not that of {}", first.shown_name());
                Err(Failure::new(what, hint).because(why))
            }
        }
    }
}

fn one_of(mut keys: Vec<FoundKey>, entry: Option<&str>) -> Result<Option<LooseKey>, Failure> {
    let aliases = |keys: &[FoundKey]| {
        let names = keys.iter().map(|found| found.alias.clone().unwrap_or_else(|| found.place.clone()));
        names.collect::<Vec<_>>().join(", ")
    };
    if let Some(entry) = entry {
        let all = aliases(&keys);
        keys.retain(|found| found.alias.as_deref() == Some(entry));
        if keys.is_empty() {
            let hint = if all.is_empty() { "there is no key".to_owned() } else { format!("there are: {all}") };
            return Err(Failure::new(format!("there is no key called {entry}"), hint));
        }
    }
    match keys.len() {
        0 => Ok(None),
        1 => Ok(keys.pop().map(|found| found.key)),
        several => {
            let hint = match keys.iter().any(|found| found.alias.is_some()) {
                true => format!("choose one with --entry ({}), or name fewer files", aliases(&keys)),
                false => format!("leave out all but one: {}", aliases(&keys)),
            };
            Err(Failure::new(format!("there are {several} private keys"), hint))
        }
    }
}
