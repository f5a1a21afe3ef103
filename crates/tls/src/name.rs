//! Names of code points (IANA's TLS registries), as far as our handshakes can meet them.

/// The protocol version, such as `TLS 1.3`.
#[must_use]
pub fn version(code: u16) -> String {
    match code {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301 => "TLS 1.0".to_owned(),
        0x0302 => "TLS 1.1".to_owned(),
        0x0303 => "TLS 1.2".to_owned(),
        0x0304 => "TLS 1.3".to_owned(),
        other => format!("0x{other:04x}"),
    }
}

/// The cipher suite, such as `TLS_AES_128_GCM_SHA256`.
#[must_use]
pub fn suite(code: u16) -> String {
    match code {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xc02f => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xc030 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        0xcca8 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        0xcca9 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        other => return format!("0x{other:04x}"),
    }
    .to_owned()
}

/// The key exchange's named group, such as `X25519`.
#[must_use]
pub fn group(code: u16) -> String {
    match code {
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x0019 => "secp521r1",
        0x001d => "X25519",
        0x001e => "X448",
        0x11eb => "SecP256r1MLKEM768",
        0x11ec => "X25519MLKEM768",
        0x11ed => "SecP384r1MLKEM1024",
        other => return format!("0x{other:04x}"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_code_points_keep_their_number() {
        assert_eq!((version(0x0304).as_str(), version(0x0305).as_str()), ("TLS 1.3", "0x0305"));
        assert_eq!((suite(0x1301).as_str(), suite(0x000a).as_str()), ("TLS_AES_128_GCM_SHA256", "0x000a"));
        assert_eq!((group(0x001d).as_str(), group(0x6399).as_str()), ("X25519", "0x6399"));
    }
}
