//! The `tls` option: what is read, and what is refused with its name.

use OptionValue::{Bool, Bytes, Float, Int, List, Map, Null, Str};
use std::time::Duration;
use ws_server::net::tls::{Identity, Passphrase, Protocol, Source, VerifyClient};
use ws_server::server::{ConfigError, OptionValue, ServerOptions};

fn text(value: &str) -> OptionValue {
    Str(value.to_owned())
}

fn map(members: &[(&str, OptionValue)]) -> OptionValue {
    Map(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn parse(members: &[(&str, OptionValue)]) -> Result<ServerOptions, ConfigError> {
    ServerOptions::parse(vec![
        ("listen".to_owned(), text("tls://127.0.0.1:0")),
        ("tls".to_owned(), map(members)),
    ])
}

#[test]
fn every_member_arrives() {
    let host = map(&[("cert", text("/a.pem")), ("key", text("/a.key")), ("tickets", Bool(true))]);
    let tls = parse(&[
        ("cert", text("/c.pem")),
        ("key", text("-----BEGIN PRIVATE KEY-----\n")),
        ("passphrase", text("word")),
        ("client_ca", List(vec![text("/one.pem"), text("/two.pem")])),
        ("verify_client", text("optional")),
        ("crl", text("/crl.pem")),
        ("sni", map(&[("a.example.org", host)])),
        ("protocols", List(vec![text("TLSv1.3")])),
        ("ciphers", text("TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256")),
        ("groups", List(vec![text("X25519"), text("prime256v1")])),
        ("tickets", Bool(false)),
        ("keylog", text("/keys.log")),
        ("handshake_timeout", Float(2.5)),
    ])
    .unwrap()
    .config
    .tls
    .unwrap();
    let file = |path: &str| Source::File(path.into());
    let content = |text: &str| Source::Content(text.as_bytes().to_vec());
    assert_eq!(
        tls.host.identity,
        Some(Identity::Pem { cert: file("/c.pem"), key: Some(content("-----BEGIN PRIVATE KEY-----\n")) })
    );
    assert_eq!(tls.host.passphrase, Some(Passphrase("word".to_owned())));
    assert_eq!(
        (tls.host.client_ca, tls.host.crl),
        (vec![file("/one.pem"), file("/two.pem")], vec![file("/crl.pem")])
    );
    assert_eq!((tls.host.verify_client, tls.host.tickets), (VerifyClient::Optional, false));
    assert_eq!(tls.host.protocols, [Protocol::Tls13]);
    assert_eq!((tls.host.ciphers.len(), tls.host.groups.len()), (2, 2));
    assert_eq!(
        (tls.keylog, tls.handshake_timeout),
        (Some("/keys.log".into()), Some(Duration::from_millis(2500)))
    );
    let [(name, host)] = tls.sni.as_slice() else { panic!("one host") };
    assert_eq!((name.as_str(), host.tickets), ("a.example.org", true));
    // What a host does not say is as for the server, but for the certificate.
    assert_eq!((host.verify_client, host.passphrase.clone()), (VerifyClient::Optional, None));
    assert_eq!(host.protocols, [Protocol::Tls13]);
}

#[test]
fn a_pkcs12_archive_is_a_path_its_bytes_or_their_base64() {
    let identity = |value| parse(&[("pkcs12", value)]).unwrap().config.tls.unwrap().host.identity;
    let archive: Vec<u8> = [0x30, 0x82].into_iter().chain([1; 400]).collect();
    let content = Some(Identity::Pkcs12(Source::Content(archive.clone())));
    assert_eq!(identity(Bytes(archive)), content);
    let base64 = format!("MIIB{}", "AQEB".repeat(133));
    assert!(
        matches!(identity(text(&base64)), Some(Identity::Pkcs12(Source::Content(bytes))) if bytes[0] == 0x30)
    );
    assert_eq!(identity(text("MI.p12")), Some(Identity::Pkcs12(Source::File("MI.p12".into()))));
}

#[test]
fn no_passphrase_or_key_is_ever_shown() {
    let options = parse(&[
        ("cert", text("/c.pem")),
        ("key", text("-----BEGIN PRIVATE KEY-----\nSECRET")),
        ("passphrase", text("SECRET")),
    ]);
    assert!(!format!("{:?}", options.unwrap().config).contains("SECRET"));
}

#[test]
fn an_error_names_the_member_and_what_is_wrong() {
    let cert = ("cert", text("/c.pem"));
    let host = |member: (&str, OptionValue)| map(&[("a.example.org", map(&[cert.clone(), member]))]);
    for (members, option, problem) in [
        (vec![], "tls.cert", "is needed for \"tls://127.0.0.1:0\": give cert and key, or pkcs12"),
        (vec![("certificate", text("x"))], "tls.certificate", "is unknown"),
        (vec![("cert", Int(1))], "tls.cert", "must be a string, int given"),
        (vec![("cert", text(""))], "tls.cert", "must not be empty"),
        (vec![("cert", Bytes(vec![0xff]))], "tls.cert", "is not valid UTF-8"),
        (vec![("key", text("/k.pem"))], "tls.cert", "is needed beside key"),
        (vec![cert.clone(), ("pkcs12", text("/p"))], "tls.pkcs12", "cannot be given beside cert"),
        (vec![("key", text("/k")), ("pkcs12", text("/p"))], "tls.key", "cannot be given beside pkcs12"),
        (vec![cert.clone(), ("passphrase", Int(5))], "tls.passphrase", "must be a string, int given"),
        (vec![cert.clone(), ("verify_client", text("yes"))], "tls.verify_client", "must be \"none\" or"),
        (vec![cert.clone(), ("verify_client", text("required"))], "tls.client_ca", "is needed where"),
        (vec![cert.clone(), ("client_ca", text("/ca"))], "tls.verify_client", "is needed beside client_ca"),
        (vec![cert.clone(), ("client_ca", Int(3))], "tls.client_ca", "must be a string or a list of strings"),
        (vec![cert.clone(), ("crl", text("/crl"))], "tls.client_ca", "is needed beside crl"),
        (
            vec![cert.clone(), ("protocols", text("TLSv1.1"))],
            "tls.protocols",
            "unknown protocol: \"TLSv1.1\"; there are TLSv1.2, TLSv1.3",
        ),
        (vec![cert.clone(), ("protocols", List(vec![]))], "tls.protocols", "must name one at least"),
        (
            vec![cert.clone(), ("ciphers", text("RC4-SHA"))],
            "tls.ciphers",
            "unknown cipher suite: \"RC4-SHA\"",
        ),
        (vec![cert.clone(), ("groups", text("sect163k1"))], "tls.groups", "unknown group: \"sect163k1\""),
        (vec![cert.clone(), ("tickets", Int(1))], "tls.tickets", "must be a bool, int given"),
        (vec![cert.clone(), ("keylog", Bool(true))], "tls.keylog", "must be a string, bool given"),
        (
            vec![cert.clone(), ("handshake_timeout", text("5"))],
            "tls.handshake_timeout",
            "must be a number of seconds",
        ),
        (vec![cert.clone(), ("sni", text("a"))], "tls.sni", "must be an array with named members"),
        (vec![cert.clone(), ("sni", map(&[("a", map(&[]))]))], "tls.sni.a", "needs a certificate"),
        (vec![cert.clone(), ("sni", map(&[("a b", map(&[]))]))], "tls.sni.a b", "must be a host name"),
        (
            vec![cert.clone(), ("sni", host(("keylog", text("/x"))))],
            "tls.sni.a.example.org.keylog",
            "is for all hosts",
        ),
        (
            vec![cert.clone(), ("sni", host(("tickets", Int(1))))],
            "tls.sni.a.example.org.tickets",
            "must be a bool",
        ),
    ] {
        let error = parse(&members).unwrap_err();
        assert!(error.option == option && error.problem.contains(problem), "{error}\n{option}: {problem}");
    }
    assert!(ServerOptions::parse(vec![("tls".to_owned(), Null)]).unwrap().config.tls.is_none());
}
