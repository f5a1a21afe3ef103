//! Keys for tests.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use dashu_int::UBig;

use super::check::{Check, Given, modulus_prime};
use super::evidence::Verdict;
use super::key::{Key, NamedCurve, Numbers};
use super::limits::Limits;
use super::list::{KeyList, sha256};

/// An RSA key; in the place of its SubjectPublicKeyInfo stand its numbers.
pub(super) struct Sample {
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
    pub(super) spki: Vec<u8>,
}

impl Sample {
    pub(super) fn of(modulus: &UBig, exponent: u64) -> Self {
        let modulus = modulus.to_be_bytes().into_vec();
        let exponent = exponent.to_be_bytes().to_vec();
        let spki = [&modulus[..], &exponent].concat();
        Self { modulus, exponent, spki }
    }
}

/// A key with a modulus in hexadecimal.
pub(super) fn rsa(digits: &str, exponent: u64) -> Sample {
    Sample::of(&modulus(digits), exponent)
}

pub(super) fn modulus(digits: &str) -> UBig {
    UBig::from_str_radix(digits, 16).unwrap()
}

pub(super) fn key_of(sample: &Sample) -> Key<'_> {
    let Sample { modulus, exponent, spki } = sample;
    Key { numbers: Numbers::Rsa { modulus, exponent }, spki }
}

pub(super) fn judged(check: &Check, sample: &Sample) -> Verdict {
    check.judge(&key_of(sample), &Given::default())
}

pub(super) fn judged_within(check: &Check, sample: &Sample, limits: Limits) -> Verdict {
    check.judge(&key_of(sample), &Given { limits, lists: &[] })
}

pub(super) fn judged_by(check: &Check, sample: &Sample, lists: &[KeyList]) -> Verdict {
    check.judge(&key_of(sample), &Given { limits: Limits::default(), lists })
}

pub(super) fn judged_point(check: &Check, curve: NamedCurve, point: &[u8]) -> Verdict {
    judged_point_within(check, (curve, point), Limits::default())
}

pub(super) fn judged_point_within(check: &Check, key: (NamedCurve, &[u8]), limits: Limits) -> Verdict {
    let (curve, point) = key;
    check.judge(&Key { numbers: Numbers::Ec { curve, point }, spki: &[] }, &Given { limits, lists: &[] })
}

/// The point of a key on P-256 that was made at random.
pub(super) fn generated_point() -> Vec<u8> {
    rcgen::KeyPair::generate().unwrap().public_key_raw().to_vec()
}

/// The point on P-256 that belongs to this private key.
pub(super) fn point_of(private: &[u8]) -> Vec<u8> {
    let mut padded = vec![0; 32 - private.len()];
    padded.extend_from_slice(private);
    let private = PrivateKey::from_private_key(&ECDH_P256, &padded).unwrap();
    private.compute_public_key().unwrap().as_ref().to_vec()
}

/// The first prime behind a number of so many bits that follows from the name.
pub(super) fn prime_after(name: &str, bits: usize) -> UBig {
    let mut octets = Vec::new();
    while octets.len() * 8 < bits {
        octets.extend_from_slice(&sha256(format!("{name} {}", octets.len()).as_bytes()));
    }
    octets.truncate(bits / 8);
    octets[0] |= 0xc0;
    let mut number = UBig::from_be_bytes(&octets) | UBig::ONE;
    while !modulus_prime::passes(&number, 16) {
        number += UBig::from(2_u8);
    }
    number
}

/// Moduli with the ROCA fault.
pub(super) const ROCA: [&str; 3] = [ROCA_OF_BADKEYS, ROCA_2048, ROCA_512];

/// A modulus that OpenSSL made.
pub(super) const FRESH: &str = "\
    c2faf3deace26c329de85874f130bfcc38074a1afbfe9fdae725bb2b068d372db2a543ac5d7579492da44297a3a1038cf5ab2dd2\
    7984b61a625364f20b203df015bb187013badd543626d8fd14504c571cee6a88c84165c7315b639d19736ab8137f5f4b17c772be\
    a910247ec1f7875a1d7e9d1d4be4d29ab6069c6605a6897ec470d0245ecad11cd5a4b1b36c6416eafb112568f3f43070256d40a0\
    415ee0231d8ffee90cc62e8e190709e476cb5e1ec49f4050badb9b09f731df338507a4d585218718afdde4fde6785440ce46a606\
    0df8c4f5bea1addca7d66e18feb75c9719d8f8be9f5e18e50be3b8b6fd5cb2154a555da991f1b4365ecc7bec61b75e8f";

/// A modulus from a system with CVE-2008-0166 (badkeys, tests/data/rsa-debianweak.key, MIT).
pub(super) const DEBIAN: &str = "\
    c096530c4c4a343fc388ff8b6e14c88b617485966dd0f757f3decb2f03dfdfe6f518e0948f5387059bd5aa124f26d38f139dd6eb\
    c234360561689758e9b14e03f714508167374cbf64e24e26c3cd95ed5a5d04e3c404be157bb8090e9ada9cdc53ef7e806c1e77b5\
    f10242150a24e9adf991088daf20a75beb54bc91fe43dd8755447fd3abdefb9f1c987a8b0419824504e213f8dd26a9c6b7ed2f21\
    03d8422720f7a7400ce34743e4ce40440c69013efea2a39790fcdfccbb424da1d824adfe58071ed76d41af836e4093ea60f5719e\
    250fa214f8631153a81eefc17d82e3f819da57691ed9602550074fdea73ac9e5cfe10f6b91adc31b402c3e370b03a559";

/// A prime (badkeys, tests/data/rsa-nprime.key, MIT).
pub(super) const PRIME: &str = "\
    a904a0dbbf3cded1abe63b7239a664127e7dedcbb0d56cf8c16b85a75aaebc73b288c21decbee62878761be5906841012a5d80fc\
    cfed5e075f6eb6343675b748c219f4f313589363b40aa304a5410d70c96c984ea6fc9a80be0704a47a7270744c4fb79b4728ea8f\
    7cc514fb78504fe15f56c996081b5e570ebb85bc69207aa99779fa9fe4107912baaebba45e3d836ddb9237485335da46535be1dc\
    ac3ca3df808ee09c64c39248e5b52d3fdc15e6872bfd9e459af9880e2dde35b1c156d78b377048b856b1f0942fa5c770123cbb41\
    dae8e407776b72dde3fff6567fe602418fa29fc798999ec08d69a222a1f95805f3b6e5a228cefa2cc1624fdea3d65659";

/// The product of the first primes behind two round numbers (badkeys, tests/data/rsa-pattern.key, MIT).
pub(super) const PATTERN: &str = "\
    a8000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000047320000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004e3b1";

/// The product of two primes that Fermat's method finds in 62 rounds.
pub(super) const NEAR: &str = "\
    f842c4d866739f8f45ab61409a559c787961af4ee20e5097c588fa356baae32dee006688e7154aa5f138d6577e8609bf59f40c79\
    5876f0e24dfc886c25a17e90ff5b41d3bb03aca4bd2240c36996fbc6176825c884cdae7979f4eb57194ff5f56e84c19228309787\
    9093d9383105dd9e6c7b369b02a77922e3079b2090eaf7bafdc85752729f122af7cc6442e577af2b758ca4ff51576c3170b03557\
    cda29bb2fe4d38cff86188794c04c2d64327ba245ae088cd4e076dd19e0c36961a678f626c9b264c06f530dcf9840b0efce27c5b\
    09e9d9039cec7507650b89064964bcd2e043e6a164b433a122654ffdb8c78330d75c95a70fe7b750b9d6e89ac601e77f";

/// A modulus with the ROCA fault (badkeys, tests/data/rsa-roca.key, MIT).
const ROCA_OF_BADKEYS: &str = "\
    9132ad211fcc0dfb4dae48326ac864c227e4b394b09bd1c4930e197028a3c907694d2b489e4f69754aeae338c6ead939c57f4069\
    85cbbb8edf9a2055cc2946bc05d365ba67e896c6d4811152cfa2d290514f90b352eeef27feb72fbd8dcd5bc915a4f4494139cc1c\
    a10a3244fa97e53275f57b5529b4e767379007798e112a4ba056c7b75cedb132cdf21f7bd3c9976d9da38815153477a13b3ebb20\
    46d100a851dc00698f530d19396f00fbef2c4bf1659ebc4c7fd9556b5ffc93f03ca2d3dfacd222a5f028ab430a27ea31136c0c2f\
    50c3c481931a635a37780f00d2727ae71aee9b40f8d1aae68535c77a56317812beb5525d4a28364f31224acac52cf72d";

/// A modulus with the ROCA fault (crocs-muni/roca, roca/tests/data/mod03.txt, MIT).
const ROCA_2048: &str = "\
    9dcd7420e420c270a68060eb8b5aa7457a9f6648f86fafed2775cc1f79ae962f1e63f1b9e51c55f9ea6fdc7332e9b0058c9ff2eb\
    1fc89855029cf6aafe21e689feb38ac9ffb12f1ce371bb5d0e9aae64161abce74b4244bf68f1edb4411f756a097c8929c1474024\
    5ea355f8332d1aa36bb50c7dcb4505da8de02e4e53d38f8df06097da7524df0df93db48eac8cc4af2d3a16257eb2b2adca6ba464\
    e5974fa92550d31b1babf161e7692d00b86e3dd886ecab4abfbe1a8f8cc263ff4af55cdb45f4249a5193925f5e983d762f0b6800\
    943eb0267b08f42ed311ce1f5c86eacbc8ce4d3cb7a2fee1ef5641423a1cf4114e5ecf50034a60a412523af9e6f4aa11";

/// A short modulus with the ROCA fault (crocs-muni/roca, mod01.txt, MIT).
const ROCA_512: &str = "\
    944e13208a280c37efc31c3114485e590192adbb8e11c87cad60cdef0037ce99278330d3f471a2538fa667802ed2a3c44a8b7dea\
    826e888d0aa341fd664f7fa7";

/// A modulus of the right order modulo the primes that is no power of 65537 (crocs-muni/roca, mod04.txt, MIT).
pub(super) const NOT_ROCA: &str = "\
    af659676197f1db06da7ac111a0a0ec175b8b7ef07192ffcd1f6b854c327785f1a7fd3db7da45cd4a31b2b2e5ce0d823a68e28c8\
    adf1747316becce1fe5768064039ad2062260c8d1a34e0586dce9bc13090fcc9fb8b8b2c08ed3ae8d61b29818a669689a7d9c1da\
    b053b557fb8d3f9c44faad3e18c55e739b00d3c9126558bc8e980cd2af377126ef5b1374136774b8bd370e3c1c149db395c8f996\
    96b628b105946fea20106fe24d103ac062661a9248e8c3f628e00b308d33953aabe555132e218e74ef4b578716b4fe7cf340e8e6\
    04a319bf6e9951e1942601d34291032db54999d09e5d036dde3544ad35256bbb97d5e3fffd38166c21eae9199548853b";
