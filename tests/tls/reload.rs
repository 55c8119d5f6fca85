//! New certificates under open connections.

use crate::authority::{Authority, Issued};
use crate::support::{Client, Server, accept};
use crate::wss::{TlsClient, connect, serve, shown, trusting};
use std::time::Duration;
use ws_server::net::tls::TlsConfig;
use ws_server::protocol::Opcode;
use ws_server::server::{Event, ServerConfig};

fn watched(issued: &Issued) -> TlsConfig {
    TlsConfig { host: issued.host(), check_interval: Duration::from_millis(50), ..TlsConfig::default() }
}

/// Connects until the server shows a certificate: nothing else tells from outside that it has been taken up.
fn wait_until_shown(server: &Server, issued: &Issued) {
    while shown(server, "localhost") != issued.certificate.der().to_vec() {}
}

#[test]
fn a_changed_certificate_is_taken_up_under_a_thousand_connections_and_none_is_dropped() {
    let authority = Authority::new("swap");
    let (old, new) = (authority.identity("localhost"), authority.identity("localhost"));
    let server = serve(watched(&old));
    let config = trusting();
    let mut clients: Vec<Client<TlsClient>> =
        (0..1000).map(|_| connect(&server, &config, "localhost")).collect();
    new.write(&old.cert_file, &old.key_file);
    wait_until_shown(&server, &new);
    for client in &mut clients {
        client.echo(Opcode::Text, b"untouched");
    }
    // A ticket of before does not skip the new certificate.
    let client = connect(&server, &config, "localhost");
    assert_eq!(client.stream.conn.peer_certificates().unwrap()[0], *new.certificate.der());
}

#[test]
fn a_broken_new_file_keeps_the_old_certificate_and_is_told_once_until_it_is_mended() {
    let authority = Authority::new("broken");
    let (old, new) = (authority.identity("localhost"), authority.identity("localhost"));
    let server = serve(watched(&old));
    // The key of one, the certificate of the other, and nobody comes to mend it.
    std::fs::copy(&new.cert_file, &old.cert_file).unwrap();
    let line = server.next_with("trouble");
    assert!(
        line.contains("the old ones go on: option \"tls.key\"")
            && line.contains("does not match the certificate"),
        "{line}"
    );
    assert_eq!(shown(&server, "localhost"), old.certificate.der().to_vec());
    std::fs::write(&old.cert_file, "rubbish").unwrap();
    assert!(server.next_with("trouble").contains("there is no certificate in it"));
    assert_eq!(shown(&server, "localhost"), old.certificate.der().to_vec());
    new.write(&old.cert_file, &old.key_file);
    wait_until_shown(&server, &new);
}

/// `live/cert.pem` is a link that a renewal points elsewhere.
#[test]
fn a_link_that_points_elsewhere_is_a_change() {
    let authority = Authority::new("link");
    let (old, new) = (authority.identity("localhost"), authority.identity("localhost"));
    let link = |name: &str, target: &std::path::Path| {
        let (draft, path) = (authority.folder.join("draft"), authority.folder.join(name));
        std::os::unix::fs::symlink(target, &draft).unwrap();
        std::fs::rename(&draft, &path).unwrap();
        path
    };
    let mut served = authority.identity("localhost");
    served.cert_file = link("live.pem", &old.cert_file);
    served.key_file = link("live.key", &old.key_file);
    let server = serve(watched(&served));
    link("live.pem", &new.cert_file);
    link("live.key", &new.key_file);
    wait_until_shown(&server, &new);
}

#[test]
fn the_application_can_change_certificates_and_a_bad_one_changes_nothing() {
    let authority = Authority::new("set");
    let (old, new) = (authority.identity("localhost"), authority.identity("localhost"));
    let (good, bad) = (new.config(), TlsConfig::default());
    let config = ServerConfig { tls: Some(old.config()), ..ServerConfig::default() };
    let server = Server::start(config, |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, payload } => {
                let result = driver.set_tls(if payload == b"good" { good.clone() } else { bad.clone() });
                log.send(format!("set {result:?}")).unwrap();
                driver.send(key, Opcode::Text, &payload);
            }
            _ => {}
        })
    });
    let mut client = connect(&server, &trusting(), "localhost");
    client.echo(Opcode::Text, b"bad");
    assert!(server.next_with("set").contains("tls.cert"));
    assert_eq!(shown(&server, "localhost"), old.certificate.der().to_vec());
    client.echo(Opcode::Text, b"good");
    assert_eq!(server.next_with("set"), "set Ok(())");
    assert_eq!(shown(&server, "localhost"), new.certificate.der().to_vec());
    client.echo(Opcode::Text, b"good");
}
