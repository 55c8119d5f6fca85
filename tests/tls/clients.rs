//! Clients' certificates: good, absent, expired, of another authority, revoked.

use crate::authority::{Authority, Issued, Validity};
use crate::trust;
use crate::wss::{connect, dial, serve};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use std::io::{Read, Write};
use std::sync::Arc;
use ws_server::net::tls::{HostConfig, Source, TlsConfig, VerifyClient};

const BOTH: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

fn showing(issued: Option<&Issued>, version: &'static rustls::SupportedProtocolVersion) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(trust::verifier());
    Arc::new(match issued {
        Some(issued) => builder
            .with_client_auth_cert(vec![issued.certificate.der().clone()], issued.private_key())
            .unwrap(),
        None => builder.with_no_client_auth(),
    })
}

fn asking(authority: &Authority, verify_client: VerifyClient, crl: &[String]) -> TlsConfig {
    let host = HostConfig {
        client_ca: vec![Source::File(authority.folder.join("ca.pem"))],
        verify_client,
        crl: crl.iter().map(|text| Source::from_text(text)).collect(),
        ..authority.identity("localhost").host()
    };
    TlsConfig { host, ..TlsConfig::default() }
}

/// Tries to connect; the alert that the client gets.
fn alert(
    tls: TlsConfig,
    issued: Option<&Issued>,
    version: &'static rustls::SupportedProtocolVersion,
) -> String {
    let server = serve(tls);
    let mut client = dial(&server, &showing(issued, version), "localhost");
    // With TLS 1.3 the client is done before the server has judged it: the read tells.
    let error = client.write_all(b"GET").and_then(|()| client.read(&mut [0; 1]).map(drop)).unwrap_err();
    let line = server.next_with("close");
    assert!(line.starts_with("close 1006 \"TLS: "), "{line}");
    error.to_string()
}

#[test]
fn a_good_certificate_is_told_to_the_application() {
    let authority = Authority::new("good");
    let issued = authority.client("alice", Validity::Now);
    for verify in [VerifyClient::Optional, VerifyClient::Required] {
        for version in BOTH {
            let server = serve(asking(&authority, verify, &[]));
            connect(&server, &showing(Some(&issued), version), "localhost");
            let line = server.next_with("tls");
            let serial: String = issued.serial.iter().map(|byte| format!("{byte:02X}")).collect();
            let wanted = format!(
                "client=CN=alice|alice|CN=good authority|{serial}|DNS:alice.example.org,email:alice@example.org,\
                 IP:192.0.2.7|1735689600..3944678400|64"
            );
            assert!(line.ends_with(&wanted), "{line}\n{wanted}");
        }
    }
}

#[test]
fn a_client_without_a_certificate_may_come_where_it_is_optional() {
    let authority = Authority::new("absent");
    for version in BOTH {
        let server = serve(asking(&authority, VerifyClient::Optional, &[]));
        connect(&server, &showing(None, version), "localhost");
        assert!(server.next_with("tls").ends_with("client=-"));
        let error = alert(asking(&authority, VerifyClient::Required, &[]), None, version);
        assert!(error.contains("CertificateRequired") || error.contains("HandshakeFailure"), "{error}");
    }
}

#[test]
fn bad_certificates_are_refused_with_an_alert_that_says_why() {
    let (authority, stranger) = (Authority::new("bad"), Authority::new("stranger"));
    let expired = authority.client("old", Validity::Past);
    let early = authority.client("early", Validity::Future);
    let foreign = stranger.client("foreign", Validity::Now);
    let revoked = authority.client("revoked", Validity::Now);
    // A server's certificate is no client's.
    let server = authority.identity("localhost");
    let crl = [authority.crl(&[&revoked])];
    for verify in [VerifyClient::Optional, VerifyClient::Required] {
        for version in BOTH {
            for (issued, wanted) in [
                (&expired, "CertificateExpired"),
                (&early, "CertificateExpired"),
                (&foreign, "UnknownCA"),
                (&revoked, "CertificateRevoked"),
                (&server, "UnsupportedCertificate"),
            ] {
                let error = alert(asking(&authority, verify, &crl), Some(issued), version);
                assert!(error.contains(wanted), "{wanted}: {error}");
            }
        }
    }
}

#[test]
fn a_certificate_that_is_not_on_the_revocation_list_is_good() {
    let authority = Authority::new("crl");
    let (good, revoked) = (authority.client("good", Validity::Now), authority.client("bad", Validity::Now));
    let server = serve(asking(&authority, VerifyClient::Required, &[authority.crl(&[&revoked])]));
    connect(&server, &showing(Some(&good), &rustls::version::TLS13), "localhost");
    assert!(server.next_with("tls").contains("client=CN=good|"));
}

/// The ticket carries the certificate: a resumed client is still known.
#[test]
fn a_resumed_session_has_the_certificate_of_the_first() {
    let authority = Authority::new("resumed");
    let config = showing(Some(&authority.client("alice", Validity::Now)), &rustls::version::TLS13);
    let server = serve(asking(&authority, VerifyClient::Required, &[]));
    for resumed in [false, true] {
        let mut client = connect(&server, &config, "localhost");
        client.echo(ws_server::protocol::Opcode::Text, b"the tickets have come before this");
        let line = server.next_with("tls");
        assert!(line.contains(&format!("resumed={resumed} ")) && line.contains("client=CN=alice|"), "{line}");
    }
}
