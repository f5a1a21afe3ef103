use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use notafter_acme::jose::from_base64url;
use serde::Deserialize;
use serde_json::json;

use super::*;

/// The vectors of Web Authentication Level 3, section 16, as hexadecimal text.
#[derive(Deserialize)]
struct Vector {
    name: String,
    registration: RegistrationVector,
    authentication: AuthenticationVector,
}

#[derive(Deserialize)]
struct RegistrationVector {
    challenge: String,
    client_data: String,
    attestation: String,
    credential: String,
}

#[derive(Deserialize)]
struct AuthenticationVector {
    challenge: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn site(address: &str) -> RelyingParty {
    RelyingParty::of(address).unwrap()
}

/// Half of the vectors are of authenticators that verified nobody: those are refused for that, although their signatures hold.
#[test]
fn the_vectors_of_the_specification_are_judged_as_it_says() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let party = site("https://example.org");
    let mut told = Vec::new();
    for Vector { name, registration, authentication } in vectors {
        let challenge = bytes(&registration.challenge);
        let expected = Expected { party: &party, challenge: &challenge };
        let attestation = bytes(&registration.attestation);
        let made = registered(expected, &bytes(&registration.client_data), &attestation);
        if let Ok(made) = &made {
            assert_eq!(made.credential, bytes(&registration.credential), "{name}");
        }
        let signs = match AuthenticatorData::read(authenticator_data_of(&attestation).unwrap()) {
            Err(refused) => format!("no key: {refused}"),
            Ok(data) => {
                let key = data.made.unwrap().key;
                let assertion = Assertion {
                    client_data: bytes(&authentication.client_data),
                    authenticator_data: bytes(&authentication.authenticator_data),
                    signature: bytes(&authentication.signature),
                };
                let signed = signed(&assertion.authenticator_data, &assertion.client_data);
                assert!(key.verifies(&signed, &assertion.signature), "{name}");
                let challenge = bytes(&authentication.challenge);
                let expected = Expected { party: &party, challenge: &challenge };
                let proves = asserted(expected, &assertion, (&key, 0));
                format!(
                    "{}: {}",
                    key.algorithm(),
                    proves.map_or_else(|why| why.to_string(), |_| "signed in".into())
                )
            }
        };
        let made = made.map_or_else(|why| why.to_string(), |_| "made".to_owned());
        told.push(format!("{name}: {made} | {signs}"));
    }
    insta::assert_snapshot!(told.join("\n"));
}

/// An authenticator with one key.
struct Authenticator(Ed25519KeyPair);

/// What one may say otherwise than it should.
#[derive(Clone, Copy)]
struct Says<'a> {
    ceremony: &'a str,
    challenge: &'a [u8],
    origin: &'a str,
    framed: bool,
    party: &'a str,
    flags: u8,
    counter: u32,
}

const CHALLENGE: [u8; 32] = [9; 32];

const HONEST: Says<'static> = Says {
    ceremony: "webauthn.get",
    challenge: &CHALLENGE,
    origin: "https://na.example",
    framed: false,
    party: "na.example",
    flags: 0b101,
    counter: 8,
};

impl Authenticator {
    fn new() -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
    }

    fn cose(&self) -> Vec<u8> {
        [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20], self.0.public_key().as_ref()].concat()
    }

    fn data(&self, says: Says<'_>) -> Vec<u8> {
        let hash = digest(&SHA256, says.party.as_bytes());
        let mut data = hash.as_ref().to_vec();
        data.push(says.flags);
        data.extend(says.counter.to_be_bytes());
        if says.flags & 0x40 != 0 {
            data.extend([0; 16]);
            data.extend([0, 4, 1, 2, 3, 4]);
            data.extend(self.cose());
        }
        data
    }

    fn client_data(says: Says<'_>) -> Vec<u8> {
        json!({
            "type": says.ceremony, "challenge": base64url(says.challenge), "origin": says.origin,
            "crossOrigin": says.framed,
        })
        .to_string()
        .into_bytes()
    }

    fn assertion(&self, says: Says<'_>) -> Assertion {
        let (authenticator_data, client_data) = (self.data(says), Self::client_data(says));
        let signature = self.0.sign(&signed(&authenticator_data, &client_data)).as_ref().to_vec();
        Assertion { client_data, authenticator_data, signature }
    }

    fn attestation(&self, says: Says<'_>) -> Vec<u8> {
        let data = self.data(says);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        object
    }
}

#[test]
fn what_an_authenticator_signed_is_believed_once_everything_about_it_fits() {
    let (authenticator, party) = (Authenticator::new(), site("https://na.example/"));
    let key = CredentialKey::from_cose(&authenticator.cose()).unwrap();
    let expected = Expected { party: &party, challenge: &CHALLENGE };
    let judge = |says| asserted(expected, &authenticator.assertion(says), (&key, 7));
    assert_eq!(judge(HONEST), Ok(8));
    for (says, refused) in [
        (Says { ceremony: "webauthn.create", ..HONEST }, Refused::Ceremony),
        (Says { ceremony: "payment.get", ..HONEST }, Refused::Ceremony),
        (Says { challenge: &[8; 32], ..HONEST }, Refused::Challenge),
        (Says { challenge: &[], ..HONEST }, Refused::Challenge),
        (Says { origin: "https://evil.example", ..HONEST }, Refused::Origin),
        (Says { origin: "http://na.example", ..HONEST }, Refused::Origin),
        (Says { origin: "https://na.example:8443", ..HONEST }, Refused::Origin),
        (Says { origin: "https://sub.na.example", ..HONEST }, Refused::Origin),
        (Says { framed: true, ..HONEST }, Refused::Origin),
        (Says { party: "evil.example", ..HONEST }, Refused::RelyingParty),
        (Says { flags: 0b100, ..HONEST }, Refused::NotPresent),
        (Says { flags: 0b001, ..HONEST }, Refused::NotVerified),
        (Says { counter: 7, ..HONEST }, Refused::Counter),
        (Says { counter: 0, ..HONEST }, Refused::Counter),
    ] {
        assert_eq!(judge(says), Err(refused));
    }
    let backed_up = judge(Says { flags: 0b1_0101, ..HONEST });
    assert!(matches!(backed_up, Err(Refused::Unreadable(_))), "backed up, and cannot be: {backed_up:?}");
    let uncounted = Says { counter: 0, ..HONEST };
    assert_eq!(asserted(expected, &authenticator.assertion(uncounted), (&key, 0)), Ok(0), "many never count");

    let mut changed = authenticator.assertion(HONEST);
    changed.authenticator_data[36] = 99;
    assert_eq!(asserted(expected, &changed, (&key, 7)), Err(Refused::Signature));
    let other = CredentialKey::from_cose(
        &Authenticator(Ed25519KeyPair::from_seed_unchecked(&[6; 32]).unwrap()).cose(),
    );
    let honest = authenticator.assertion(HONEST);
    assert_eq!(asserted(expected, &honest, (&other.unwrap(), 7)), Err(Refused::Signature));
}

#[test]
fn a_credential_is_taken_once_everything_about_it_fits() {
    let (authenticator, party) = (Authenticator::new(), site("https://na.example"));
    let expected = Expected { party: &party, challenge: &CHALLENGE };
    let honest = Says { ceremony: "webauthn.create", flags: 0b0100_0101, ..HONEST };
    let judge = |says: Says<'_>| {
        registered(expected, &Authenticator::client_data(says), &authenticator.attestation(says))
    };
    let made = judge(honest).unwrap();
    assert_eq!((made.credential.as_slice(), made.counter), (&[1, 2, 3, 4][..], 8));
    let written = serde_json::to_string(&made.key).unwrap();
    assert_eq!(serde_json::from_str::<CredentialKey>(&written).unwrap(), made.key);
    for (says, refused) in [
        (Says { ceremony: "webauthn.get", ..honest }, Refused::Ceremony),
        (Says { challenge: &[8; 32], ..honest }, Refused::Challenge),
        (Says { origin: "https://evil.example", ..honest }, Refused::Origin),
        (Says { party: "evil.example", ..honest }, Refused::RelyingParty),
        (Says { flags: 0b0100_0001, ..honest }, Refused::NotVerified),
        (Says { flags: 0b0000_0101, ..honest }, Refused::Unreadable("there is no credential in it")),
    ] {
        assert_eq!(judge(says), Err(refused));
    }
    let whole = authenticator.attestation(honest);
    let client_data = Authenticator::client_data(honest);
    for length in 0..whole.len() {
        let cut = registered(expected, &client_data, &whole[..length]);
        assert!(matches!(cut, Err(Refused::Unreadable(_) | Refused::Key)), "{length}: {cut:?}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert!(matches!(registered(expected, &client_data, &longer), Err(Refused::Unreadable(_))));
}

#[test]
fn a_key_that_was_not_asked_for_is_none() {
    let point = [7; 32];
    let okp = |algorithm: u8, curve: u8| {
        [&[0xa4, 1, 1, 3, algorithm, 0x20, curve, 0x21, 0x58, 0x20], &point[..]].concat()
    };
    assert!(CredentialKey::from_cose(&okp(0x27, 6)).is_ok());
    let twice = [&[0xa5, 1, 1, 3, 0x27, 0x20, 6, 3, 0x27, 0x21, 0x58, 0x20], &point[..]].concat();
    let short = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x1f], &point[..31]].concat();
    for bytes in
        [okp(0x26, 6), okp(0x27, 7), twice, short, Vec::new(), vec![0xa0], vec![0x9f], vec![0xbf, 0xff]]
    {
        assert!(CredentialKey::from_cose(&bytes).is_err(), "{bytes:x?}");
    }
}

#[test]
fn client_data_that_two_readers_could_read_otherwise_is_refused() {
    let party = site("https://na.example");
    let expected = Expected { party: &party, challenge: &CHALLENGE };
    let challenge = base64url(&CHALLENGE);
    let honest =
        format!(r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://na.example"}}"#);
    assert_eq!(client_data::check(honest.as_bytes(), Ceremony::Get, expected), Ok(()));
    let more = honest.replace('}', r#","tokenBinding":{"status":"supported"},"later":[1]}"#);
    assert_eq!(client_data::check(more.as_bytes(), Ceremony::Get, expected), Ok(()), "it may be extended");
    let twice = honest.replace('}', r#","origin":"https://na.example"}"#);
    let top = honest.replace('}', r#","topOrigin":"https://na.example"}"#);
    for text in [&twice, &top, "", "null", "[]", &"x".repeat(10_000)] {
        assert!(client_data::check(text.as_bytes(), Ceremony::Get, expected).is_err(), "{text}");
    }
}

#[test]
fn passkeys_belong_to_a_name_that_browsers_bind_them_to() {
    let told: Vec<String> = [
        "https://na.example",
        "https://na.example:8443/",
        "https://NA.example",
        "http://localhost:8400",
        "http://127.0.0.1:8400",
        "http://[::1]:8400",
        "http://127.0.0.1",
        "https://192.0.2.7",
        "https://[2001:db8::7]:8443",
        "http://na.example",
        "http://192.0.2.7:8400",
        "http://0.0.0.0:8400",
        "na.example",
    ]
    .iter()
    .map(|site| match RelyingParty::of(site) {
        Ok(party) => format!("{site}: {} at {}", party.id(), party.origin()),
        Err(why) => format!("{site}: {why}"),
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_a_browser_is_asked_for_says_everything_that_is_judged() {
    let party = site("https://na.example");
    let expected = Expected { party: &party, challenge: &CHALLENGE };
    insta::assert_json_snapshot!(creation_options(expected, &[1; 16], "ada", &[vec![1, 2, 3]]));
    insta::assert_json_snapshot!(request_options(expected));
    assert_eq!(from_base64url(&base64url(&CHALLENGE)).unwrap(), CHALLENGE);
}
