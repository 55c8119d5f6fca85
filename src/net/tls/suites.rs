//! Protocol versions, cipher suites and key exchange groups by their usual names.

use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{ALL_KX_GROUPS, DEFAULT_KX_GROUPS, cipher_suite as suite};
use rustls::{CipherSuite, NamedGroup, ProtocolVersion, SupportedCipherSuite, SupportedProtocolVersion};

/// A version of TLS that can be had; older ones are broken and not built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Tls12,
    Tls13,
}

/// By the names that OpenSSL, nginx and PHP use.
pub const PROTOCOLS: &[(&str, Protocol)] = &[("TLSv1.2", Protocol::Tls12), ("TLSv1.3", Protocol::Tls13)];

impl Protocol {
    pub(super) fn version(self) -> &'static SupportedProtocolVersion {
        match self {
            Protocol::Tls12 => &rustls::version::TLS12,
            Protocol::Tls13 => &rustls::version::TLS13,
        }
    }
}

/// Every suite with its OpenSSL name; the IANA name is rustls' own. All of them are authenticated encryption with
/// forward secrecy.
pub static CIPHERS: &[(&str, SupportedCipherSuite)] = &[
    ("TLS_AES_256_GCM_SHA384", suite::TLS13_AES_256_GCM_SHA384),
    ("TLS_AES_128_GCM_SHA256", suite::TLS13_AES_128_GCM_SHA256),
    ("TLS_CHACHA20_POLY1305_SHA256", suite::TLS13_CHACHA20_POLY1305_SHA256),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-RSA-AES256-GCM-SHA384", suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-RSA-AES128-GCM-SHA256", suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-RSA-CHACHA20-POLY1305", suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
];

/// Key exchange groups: every name that is in use for one (OpenSSL, IANA, NIST).
pub const GROUPS: &[(&str, NamedGroup)] = &[
    ("X25519MLKEM768", NamedGroup::X25519MLKEM768),
    ("SecP256r1MLKEM768", NamedGroup::secp256r1MLKEM768),
    ("X25519", NamedGroup::X25519),
    ("P-256", NamedGroup::secp256r1),
    ("secp256r1", NamedGroup::secp256r1),
    ("prime256v1", NamedGroup::secp256r1),
    ("P-384", NamedGroup::secp384r1),
    ("secp384r1", NamedGroup::secp384r1),
];

/// A suite by its OpenSSL or IANA name.
pub fn cipher_named(name: &str) -> Option<SupportedCipherSuite> {
    let named = |(openssl, cipher): &&(&str, SupportedCipherSuite)| {
        openssl.eq_ignore_ascii_case(name) || iana_name(cipher.suite()).eq_ignore_ascii_case(name)
    };
    CIPHERS.iter().find(named).map(|(_, cipher)| *cipher)
}

pub fn group_named(name: &str) -> Option<&'static dyn SupportedKxGroup> {
    let (_, group) = GROUPS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    ALL_KX_GROUPS.iter().find(|known| known.name() == *group).copied()
}

/// Post-quantum first, as browsers have it; a client without it is served with X25519 or a NIST curve.
pub(super) fn default_groups() -> Vec<&'static dyn SupportedKxGroup> {
    DEFAULT_KX_GROUPS.to_vec()
}

/// The suites for what was asked: those of a version of which none was named stay as they are, as with OpenSSL,
/// where a list for TLS 1.2 leaves 1.3 alone.
pub(super) fn with_unnamed_versions(named: &[SupportedCipherSuite]) -> Vec<SupportedCipherSuite> {
    let mut suites = named.to_vec();
    for (_, cipher) in CIPHERS {
        if !named.iter().any(|named| named.version().version == cipher.version().version) {
            suites.push(*cipher);
        }
    }
    suites
}

/// The registered name: rustls writes TLS 1.3 suites in a way of its own.
pub(super) fn iana_name(suite: CipherSuite) -> String {
    suite.as_str().map_or_else(|| format!("{suite:?}"), |name| name.replacen("TLS13_", "TLS_", 1))
}

/// `TLSv1.3`, as OpenSSL and PHP write it.
pub(super) fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        _ => "",
    }
}

/// The first name of a group in [`GROUPS`].
pub(super) fn group_name(group: NamedGroup) -> String {
    let known = GROUPS.iter().find(|(_, known)| *known == group);
    known.map_or_else(|| format!("{group:?}"), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_two_names() {
        for (openssl, cipher) in CIPHERS {
            assert_eq!(cipher_named(openssl), Some(*cipher));
            assert_eq!(cipher_named(&iana_name(cipher.suite())), Some(*cipher));
        }
        assert!(cipher_named("RC4-SHA").is_none() && cipher_named("AES128-SHA").is_none());
    }

    #[test]
    fn every_group_name_stands_for_one_that_is_there() {
        for (name, group) in GROUPS {
            assert_eq!(group_named(name).map(|found| found.name()), Some(*group), "{name}");
        }
        assert!(group_named("sect163k1").is_none());
    }

    #[test]
    fn naming_a_suite_of_one_version_leaves_the_other_alone() {
        let suites = with_unnamed_versions(&[cipher_named("ECDHE-RSA-AES128-GCM-SHA256").unwrap()]);
        let count = |version| suites.iter().filter(|suite| suite.version().version == version).count();
        assert_eq!((count(ProtocolVersion::TLSv1_2), count(ProtocolVersion::TLSv1_3)), (1, 3));
        assert_eq!(with_unnamed_versions(&[]).len(), CIPHERS.len());
    }
}
