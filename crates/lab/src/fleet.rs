//! A simulated fleet: any number of endpoints whose automation works, seen without a socket, on the stage's clock.
//!
//! Certificates are real (issued by an [`Authority`]); handshakes are not made. Endpoints share certificates by shard,
//! as hosts behind one wildcard do, so that a million endpoints need a few thousand certificates.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, ready};
use notafter_cert::{Identifier, Span, Time};
use notafter_net::{Clock, Eye, Resolution, ResolveError};
use notafter_tls::observation::{Observation, Outcome, Possession, Served, Staple};
use notafter_tls::{Offer, Target};

use crate::authority::{Authority, StageError, Validity};

/// Lifetimes in the fleet: those that public CAs hand out, and a private one.
pub const LIFETIMES: [Span; 6] =
    [Span::hours(160), Span::days(47), Span::days(90), Span::days(100), Span::days(200), Span::days(398)];

/// Endpoints that share one certificate, unless told otherwise.
const SHARD: usize = 1000;

/// Chains by shard and generation.
type Issued = HashMap<(usize, i64), Arc<[Vec<u8>]>>;

/// The fleet.
pub struct Fleet {
    clock: Clock,
    authority: Authority,
    size: usize,
    shard: usize,
    issued: Mutex<Issued>,
}

impl Fleet {
    /// A fleet of `size` endpoints on this clock.
    ///
    /// # Errors
    /// The authority cannot be made.
    pub fn new(clock: Clock, size: usize) -> Result<Self, StageError> {
        Self::sharing(clock, size, SHARD)
    }

    /// A fleet in which this many endpoints share one certificate; each shard has the next of [`LIFETIMES`].
    ///
    /// # Errors
    /// The authority cannot be made.
    pub fn sharing(clock: Clock, size: usize, shard: usize) -> Result<Self, StageError> {
        let now = clock.now();
        let validity = Validity { from: now - Span::days(800), to: now + Span::days(3650) };
        let authority = Authority::new("fleet", validity)?;
        Ok(Self { clock, authority, size, shard: shard.max(1), issued: Mutex::default() })
    }

    /// The root that vouches for the fleet, in PEM.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.authority.root_pem()
    }

    /// The fleet's endpoints.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        (0..self.size).map(|index| Target::tls(Identifier::Dns(self.name(index)), 443))
    }

    fn name(&self, index: usize) -> String {
        format!("e{index}.s{}.fleet.example", index / self.shard)
    }

    /// The chain that this shard serves at this instant: renewed when a third of its lifetime is left.
    fn chain(&self, shard: usize, at: Time) -> Result<Arc<[Vec<u8>]>, StageError> {
        let lifetime = LIFETIMES[shard % LIFETIMES.len()];
        let period = lifetime.share(2, 3);
        // Shards do not renew in step.
        let offset = period.share(i64::try_from(shard % 97).unwrap_or(0), 97);
        let generation = (at + offset).as_micros().div_euclid(period.as_micros());
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = issued.get(&(shard, generation)) {
            return Ok(Arc::clone(chain));
        }
        let from = Time::from_micros(generation.saturating_mul(period.as_micros())) - offset;
        let wildcard = Identifier::Dns(format!("*.s{shard}.fleet.example"));
        let identity =
            self.authority.issue(&[wildcard], Validity { from, to: from + lifetime - Span::seconds(1) })?;
        let chain: Arc<[Vec<u8>]> = identity.chain.into();
        issued.insert((shard, generation), Arc::clone(&chain));
        Ok(chain)
    }
}

fn index_of(target: &Target) -> Option<usize> {
    let Identifier::Dns(name) = &target.host else { return None };
    name.strip_prefix('e')?.split('.').next()?.parse().ok()
}

impl Eye for Fleet {
    fn resolve<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        let answer = match index_of(target).and_then(|index| u32::try_from(index).ok()) {
            Some(index) => {
                let address = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + index));
                Ok(Resolution::known(vec![SocketAddr::new(address, target.port)]))
            }
            None => Err(ResolveError { host: target.host.to_string(), failures: Vec::new() }),
        };
        Box::pin(ready(answer))
    }

    /// Every certificate of the fleet is ECDSA, so there is nothing to answer another offer with.
    fn look_for<'a>(
        &'a self,
        target: &'a Target,
        address: SocketAddr,
        _: Offer,
    ) -> BoxFuture<'a, Observation> {
        let at = self.clock.now();
        let shard = index_of(target).unwrap_or(0) / self.shard;
        // A stage that cannot issue shows an empty chain, which no judgement takes for good.
        let chain = self.chain(shard, at).unwrap_or_else(|_| Arc::from(Vec::new()));
        let served = Served {
            chain,
            version: 0x0304,
            suite: 0x1301,
            group: Some(0x001d),
            possession: Possession::Proven,
            incomplete: None,
            staple: Staple::Unknown,
        };
        Box::pin(ready(Observation {
            at,
            vantage: "local".to_owned(),
            address,
            outcome: Outcome::Served(served),
            took: Span::millis(3),
        }))
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Certificate;

    use super::*;

    async fn leaf_of(fleet: &Fleet, target: &Target) -> Certificate {
        let address = fleet.resolve(target).await.unwrap().addresses[0];
        match fleet.look(target, address).await.outcome {
            Outcome::Served(served) => Certificate::parse(&served.chain[0]).unwrap(),
            Outcome::Failed(failure) => panic!("{failure:?}"),
        }
    }

    #[tokio::test]
    async fn every_endpoint_serves_a_certificate_with_at_least_a_third_left_at_any_time() {
        let start = Time::from_unix_seconds(1_790_000_000);
        let clock = Clock::staged(start);
        let fleet = Fleet::new(clock.clone(), 6 * SHARD).unwrap();
        for day in 0..200 {
            clock.advance_to(start + Span::days(day));
            for target in fleet.targets().step_by(SHARD) {
                let leaf = leaf_of(&fleet, &target).await;
                assert!(leaf.names().iter().any(|held| held.covers(&target.expected_name())));
                let left = leaf.not_after().since(clock.now());
                assert!(left >= leaf.lifetime().share(1, 3) - Span::seconds(2), "{target}: {left}");
                assert!(leaf.not_before() <= clock.now());
            }
        }
    }
}
