use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use notafter_acme::jose::base64url;
use notafter_cert::{Span, Time};
use serde_json::{Value, json};

use super::*;

const NOW: Time = Time::from_unix_seconds(1_796_000_000);
const ISSUER: &str = "https://id.example";

const EXPECTED: Expected<'static> = Expected { issuer: ISSUER, client: "notafter", nonce: "n-1", now: NOW };

/// A provider's key.
struct Signer(EcdsaKeyPair);

impl Signer {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn keys(&self, name: &str) -> Keys {
        Keys::read(json!({ "keys": [self.jwk(name)] }).to_string().as_bytes()).unwrap()
    }

    fn jwk(&self, name: &str) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "kid": name, "use": "sig", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) })
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = signed(header, claims);
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }
}

fn signed(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1" })
}

fn honest() -> Value {
    json!({
        "iss": ISSUER, "aud": "notafter", "sub": "ada-1", "nonce": "n-1", "exp": NOW.unix_seconds() + 300,
        "iat": NOW.unix_seconds(),
    })
}

/// The honest claims with one of them otherwise; left out where it is null.
fn but(name: &str, value: Value) -> Value {
    let mut said = honest();
    if value.is_null() {
        said.as_object_mut().unwrap().remove(name);
    } else {
        said[name] = value;
    }
    said
}

#[test]
fn what_a_provider_signed_is_believed_once_everything_about_it_fits() {
    let signer = Signer::new();
    let keys = signer.keys("k1");
    let judge = |said: &Value| claims(&signer.token(&header(), said), &keys, EXPECTED);
    assert_eq!(judge(&honest()).unwrap().subject(), "ada-1");
    let seconds = NOW.unix_seconds();
    for fits in [
        but("aud", json!(["notafter"])),
        but("azp", json!("notafter")),
        but("exp", json!(seconds - 59)),
        but("iat", json!(seconds + 60)),
        but("iat", json!(1_796_000_000.25)),
        but("nbf", json!(seconds - 1)),
    ] {
        assert!(judge(&fits).is_ok(), "{fits}");
    }
    let mut several = but("aud", json!(["notafter", "other"]));
    assert_eq!(judge(&several), Err(Refused::Audience), "for others too, and nobody says who asked");
    several["azp"] = json!("notafter");
    assert!(judge(&several).is_ok());
    let (end, begin) = (NOW - Span::minutes(1), NOW + Span::seconds(61));
    for (said, refused) in [
        (but("iss", json!("https://evil.example")), Refused::Issuer("https://evil.example".to_owned())),
        (but("iss", json!("https://id.example/")), Refused::Issuer("https://id.example/".to_owned())),
        (but("iss", Value::Null), Refused::Issuer(String::new())),
        (but("aud", json!("other")), Refused::Audience),
        (but("aud", json!(["other"])), Refused::Audience),
        (but("aud", json!([])), Refused::Audience),
        (but("aud", Value::Null), Refused::Audience),
        (but("azp", json!("other")), Refused::Audience),
        (but("exp", json!(end.unix_seconds())), Refused::Expired { end, now: NOW }),
        (but("exp", Value::Null), Refused::Unreadable("it says no end")),
        (but("exp", json!(i64::MAX)), Refused::Unreadable("it says no end")),
        (but("iat", json!(begin.unix_seconds())), Refused::NotYet { begin, now: NOW }),
        (but("nbf", json!(begin.unix_seconds())), Refused::NotYet { begin, now: NOW }),
        (but("iat", json!("now")), Refused::Unreadable("it does not say when it was made")),
        (but("nonce", json!("n-2")), Refused::Nonce),
        (but("nonce", Value::Null), Refused::Nonce),
        (but("sub", json!("")), Refused::Subject),
        (but("sub", json!("x".repeat(256))), Refused::Subject),
        (but("sub", json!(7)), Refused::Subject),
        (json!([]), Refused::Unreadable("its claims are not JSON")),
    ] {
        assert_eq!(judge(&said), Err(refused), "{said}");
    }
}

/// RFC 8725 sections 2.1 and 3.1: a token that says itself how it is to be checked.
#[test]
fn a_token_that_nobody_signed_or_that_is_signed_with_a_public_key_is_refused() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let keys = signer.keys("k1");
    let judge = |token: &str| claims(token, &keys, EXPECTED);
    for algorithm in ["none", "None", "HS256", "HS512", "PS256", "EdDSA", ""] {
        let header = json!({ "alg": algorithm, "kid": "k1" });
        let unsigned = format!("{}.", signed(&header, &honest()));
        assert_eq!(judge(&unsigned), Err(Refused::Algorithm(algorithm.to_owned())));
        // With the public key as a shared secret: as JSON, and as the point.
        for secret in [signer.jwk("k1").to_string().into_bytes(), signer.0.public_key().as_ref().to_vec()] {
            let bytes = signed(&header, &honest());
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), bytes.as_bytes());
            let forged = format!("{bytes}.{}", base64url(tag.as_ref()));
            assert_eq!(judge(&forged), Err(Refused::Algorithm(algorithm.to_owned())));
        }
    }
    assert_eq!(judge(&stranger.token(&header(), &honest())), Err(Refused::Signature), "another's signature");
    let other = json!({ "alg": "ES256", "kid": "k2" });
    assert_eq!(judge(&signer.token(&other, &honest())), Err(Refused::UnknownKey));
    let unnamed = json!({ "alg": "ES256" });
    assert!(judge(&signer.token(&unnamed, &honest())).is_ok(), "a provider with one key need not name it");
    assert_eq!(judge(&stranger.token(&unnamed, &honest())), Err(Refused::UnknownKey));
    for algorithm in ["RS256", "ES384"] {
        let header = json!({ "alg": algorithm, "kid": "k1" });
        assert_eq!(
            judge(&signer.token(&header, &honest())),
            Err(Refused::Signature),
            "not how this key is used"
        );
    }
    // A key that the token brings along is nobody's.
    let brought = json!({ "alg": "ES256", "kid": "k1", "jwk": stranger.jwk("k1") });
    assert_eq!(judge(&stranger.token(&brought, &honest())), Err(Refused::Signature));
    let critical = json!({ "alg": "ES256", "kid": "k1", "crit": ["b64"], "b64": false });
    assert!(matches!(judge(&signer.token(&critical, &honest())), Err(Refused::Unreadable(_))));
    let token = signer.token(&header(), &honest());
    for (place, letter) in token.char_indices().filter(|(_, letter)| *letter != '.') {
        let mut changed = token.clone();
        changed.replace_range(place..=place, if letter == 'A' { "Q" } else { "A" });
        assert!(judge(&changed).is_err(), "{place}");
    }
    for text in ["", ".", "..", "...", "a.b.c", &token[..20], &format!("{token}.x"), &"x".repeat(70_000)] {
        assert!(judge(text).is_err(), "{text}");
    }
}

#[test]
fn keys_of_other_kinds_and_uses_are_passed_over() {
    let signer = Signer::new();
    let mut encrypts = signer.jwk("k1");
    encrypts["use"] = json!("enc");
    let shared = json!({ "kty": "oct", "kid": "k1", "k": "AAAA" });
    let set = |keys: Value| Keys::read(json!({ "keys": keys }).to_string().as_bytes());
    let keys = set(json!([shared, encrypts, { "kty": "OKP" }, 7, signer.jwk("k2")])).unwrap();
    assert_eq!(keys.count(), 1);
    assert_eq!(claims(&signer.token(&header(), &honest()), &keys, EXPECTED), Err(Refused::UnknownKey));
    for text in ["", "[]", "{}", "{\"keys\": 1}"] {
        assert!(Keys::read(text.as_bytes()).is_err(), "{text}");
    }
}

fn document() -> Value {
    json!({
        "issuer": ISSUER, "authorization_endpoint": "https://id.example/auth?tenant=1",
        "token_endpoint": "https://id.example/token", "jwks_uri": "https://keys.example/jwks",
        "userinfo_endpoint": "https://id.example/me", "response_types_supported": ["code", "id_token"],
        "code_challenge_methods_supported": ["S256"],
    })
}

#[test]
fn a_provider_is_the_one_that_was_asked_and_is_asked_over_https() {
    let read = |issuer: &str, document: &Value| Provider::read(issuer, document.to_string().as_bytes());
    let provider = read(ISSUER, &document()).unwrap();
    assert_eq!((provider.issuer(), provider.takes_secret_in_form()), (ISSUER, false));
    let asked = Asked {
        client: "notafter",
        redirect: "https://na.example/sign-in/openid/callback",
        state: "s",
        nonce: "n",
        code_challenge: "c",
    };
    insta::assert_snapshot!(provider.authorization_url(asked));
    let but = |name: &str, value: Value| {
        let mut said = document();
        said[name] = value;
        said
    };
    let told: Vec<String> = [
        but("issuer", json!("https://evil.example")),
        but("issuer", json!("https://id.example/")),
        but("token_endpoint", json!("http://id.example/token")),
        but("jwks_uri", json!("http://127.0.0.1/jwks")),
        but("authorization_endpoint", json!("javascript:alert(1)")),
        but("userinfo_endpoint", json!("ftp://id.example")),
        but("response_types_supported", json!(["id_token"])),
        but("code_challenge_methods_supported", json!(["plain"])),
        json!({ "issuer": ISSUER }),
        json!("<html>"),
    ]
    .iter()
    .map(|document| read(ISSUER, document).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(told.join("\n"));
    let posts = but("token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
    assert!(read(ISSUER, &posts).unwrap().takes_secret_in_form());
    let here = document().to_string().replace("https://id.example", "http://127.0.0.1:3000");
    let here = here.replace("https://keys.example", "http://127.0.0.1:3000");
    assert!(
        Provider::read("http://127.0.0.1:3000", here.as_bytes()).is_ok(),
        "on this machine, in the clear"
    );
    assert_eq!(
        Provider::discovery_url("https://id.example/a/"),
        "https://id.example/a/.well-known/openid-configuration"
    );
}

fn person(said: &Value) -> Person {
    let claims = Claims { subject: "ada-1".to_owned(), said: said.as_object().unwrap().clone() };
    Person::of(&claims, Some("realm_access.roles"))
}

#[test]
fn an_address_that_the_provider_did_not_verify_is_nobodys() {
    let email = |said: Value| person(&said).email;
    for verified in [json!(true), json!("true")] {
        let said = json!({ "email": "Ada@Example.org", "email_verified": verified });
        assert_eq!(email(said).as_deref(), Some("ada@example.org"));
    }
    for unverified in [json!(false), json!("false"), json!(1), Value::Null] {
        assert_eq!(email(json!({ "email": "ada@example.org", "email_verified": unverified })), None);
    }
    assert_eq!(email(json!({ "email": "ada@example.org" })), None);
    for (said, name) in [
        (
            json!({ "email": "ada@example.org", "email_verified": true, "preferred_username": "x" }),
            "ada@example.org",
        ),
        (json!({ "email": "boss@example.org", "preferred_username": "ada" }), "ada"),
        (json!({ "preferred_username": "boss@example.org" }), "ada-1"),
        (json!({}), "ada-1"),
    ] {
        assert_eq!(person(&said).name(), name, "{said}");
    }
    let nested = person(&json!({ "realm_access": { "roles": ["a", 7, "b"] } }));
    assert_eq!(nested.values, ["a", "b"]);
    assert_eq!(person(&json!({ "realm_access.roles": "a" })).values, ["a"]);
}

#[test]
fn what_is_said_of_another_person_is_not_added() {
    let claims = Claims { subject: "ada-1".to_owned(), said: honest().as_object().unwrap().clone() };
    let more = json!({ "sub": "ada-1", "email": "ada@example.org", "iss": "https://evil.example" });
    let added = claims.clone().with_user_info(more.to_string().as_bytes()).unwrap();
    assert!(added.has("email") && added.find("iss") == Some(&json!(ISSUER)), "what was signed stands");
    for said in [json!({ "sub": "bob-1" }), json!({ "email": "x" }), json!([])] {
        assert_eq!(claims.clone().with_user_info(said.to_string().as_bytes()), None, "{said}");
    }
}

/// That an address was verified was taken of one document, and the address of the other.
#[test]
fn an_address_is_as_verified_as_the_document_says_that_it_stands_in() {
    let (ada, bob) = ("ada@example.org", "bob@example.org");
    let email = |token: Value, beside: Value| {
        let mut said = honest().as_object().unwrap().clone();
        said.extend(token.as_object().unwrap().clone());
        let mut more = json!({ "sub": "ada-1" });
        more.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
        let claims = Claims { subject: "ada-1".to_owned(), said };
        Person::of(&claims.with_user_info(more.to_string().as_bytes()).unwrap(), None).email
    };
    let verified = json!({ "email_verified": true });
    let alone = |email: &str| json!({ "email": email });
    let whole = |email: &str, verified: bool| json!({ "email": email, "email_verified": verified });
    for (token, beside, expected) in [
        (alone(ada), verified.clone(), None),
        (verified, alone(ada), None),
        (whole(ada, true), whole(bob, true), Some(ada)),
        (whole(ada, true), whole(ada, false), Some(ada)),
        (whole(ada, false), whole(ada, true), None),
        (alone(ada), whole(bob, true), Some(bob)),
        (alone(ada), whole(ada, false), None),
        (json!({}), whole(ada, true), Some(ada)),
        (whole(ada, true), json!({}), Some(ada)),
    ] {
        let told = format!("{token} and {beside}");
        assert_eq!(email(token, beside).as_deref(), expected, "{told}");
    }
}

#[test]
fn rights_follow_from_the_greatest_value_that_is_mapped() {
    let map: BTreeMap<String, Entitlement> = [
        ("admins", "admin"),
        ("staff", "viewer"),
        ("pay", "operator:payments"),
        ("shop", "operator:shop"),
        ("ops", "operator"),
    ]
    .into_iter()
    .map(|(value, entitlement)| (value.to_owned(), entitlement.parse().unwrap()))
    .collect();
    let choose = |values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        entitled(&values, &map).map(|chosen| chosen.map(|chosen| chosen.to_string()))
    };
    for (values, chosen) in [
        (&[][..], None),
        (&["strangers"], None),
        (&["staff"], Some("viewer")),
        (&["staff", "pay"], Some("operator:payments")),
        (&["pay", "ops", "pay"], Some("operator")),
        (&["pay", "shop", "admins"], Some("admin")),
        (&["pay", "shop", "ops"], Some("operator")),
    ] {
        assert_eq!(choose(values).unwrap().as_deref(), chosen, "{values:?}");
    }
    let told = choose(&["staff", "pay", "shop"]).unwrap_err().to_string();
    assert_eq!(
        told,
        "it is entitled to operator:payments and to operator:shop, and an account is kept to one owner"
    );
    for wrong in ["", "root", "calendar", "operator:", "admin : x"] {
        assert!(wrong.parse::<Entitlement>().is_err(), "{wrong}");
    }
}
