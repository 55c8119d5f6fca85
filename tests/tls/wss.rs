//! A TLS client for the tests, and what the server saw of it.

use crate::support::{Client, PATIENCE, Server, accept};
use crate::trust;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;
use ws_server::net::tls::{TlsConfig, TlsInfo};
use ws_server::protocol::{Opcode, Request};
use ws_server::server::{Event, Sent, ServerConfig};

pub type TlsClient = StreamOwned<ClientConnection, TcpStream>;

/// An echo server that logs `tls {info:?}` for every request; see [`info`].
pub fn serve(tls: TlsConfig) -> Server {
    serve_with(ServerConfig { tls: Some(tls), ..ServerConfig::default() })
}

pub fn serve_with(config: ServerConfig) -> Server {
    Server::start(config, |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, request, tls } => {
                let seen = tls.expect("a request over TLS says so");
                log.send(describe(&request, &seen)).unwrap();
                accept(driver, key);
            }
            Event::Text { key, payload } => {
                assert_ne!(driver.send(key, Opcode::Text, &payload), Sent::NotOpen);
            }
            Event::Binary { key, payload } => {
                assert_ne!(driver.send(key, Opcode::Binary, &payload), Sent::NotOpen);
            }
            Event::Trouble { what } => log.send(format!("trouble {what}")).unwrap(),
            _ => {}
        })
    })
}

fn describe(request: &Request, tls: &TlsInfo) -> String {
    assert_eq!(request.path(), "/chat");
    let client = tls.client_certificate.as_ref().map_or("-".to_owned(), |client| {
        format!(
            "{}|{}|{}|{}|{}|{}..{}|{}",
            client.subject,
            client.common_name.as_deref().unwrap_or("-"),
            client.issuer,
            client.serial,
            client.alternative_names.join(","),
            client.not_before,
            client.not_after,
            client.fingerprint.len(),
        )
    });
    format!(
        "tls {} {} {} sni={} resumed={} alpn={} client={client}",
        tls.version,
        tls.cipher,
        tls.key_exchange.as_deref().unwrap_or("-"),
        tls.sni.as_deref().unwrap_or("-"),
        tls.resumed,
        tls.alpn.as_deref().unwrap_or("-"),
    )
}

/// A TLS connection; the handshake is done with the first read or write.
pub fn dial(server: &Server, config: &Arc<ClientConfig>, host: &str) -> TlsClient {
    let stream = server.tcp();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut tls = ClientConnection::new(Arc::clone(config), name).unwrap();
    tls.set_buffer_limit(None);
    StreamOwned::new(tls, stream)
}

/// An open WebSocket.
pub fn connect(server: &Server, config: &Arc<ClientConfig>, host: &str) -> Client<TlsClient> {
    Client::upgrade(dial(server, config, host))
}

pub fn trusting() -> Arc<ClientConfig> {
    Arc::new(trust::trusting())
}

/// The certificate that the server shows for a host.
pub fn shown(server: &Server, host: &str) -> Vec<u8> {
    let client = connect(server, &trusting(), host);
    client.stream.conn.peer_certificates().unwrap()[0].to_vec()
}
