//! What is not TLS, what is only half of it, and much of it at once.

use crate::authority::Authority;
use crate::support::{Client, PATIENCE, REQUEST, Server};
use crate::wss::{connect, dial, serve, serve_with, trusting};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use ws_server::net::tls::TlsConfig;
use ws_server::protocol::{Opcode, Reject};
use ws_server::server::{Event, ServerConfig};

fn tls() -> TlsConfig {
    Authority::new("hostile").identity("localhost").config()
}

fn answer(server: &Server, input: &[u8]) -> Vec<u8> {
    let mut stream = server.tcp();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(input).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn plain_http_on_the_tls_port_is_told_so() {
    let server = serve(tls());
    for request in [REQUEST, "GET / HTTP/1.0\r\n\r\n", "POST"] {
        let answer = String::from_utf8(answer(&server, request.as_bytes())).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(answer.ends_with("This port speaks TLS only: use https:// and wss:// URLs"), "{answer}");
        assert_eq!(server.next_with("close"), "close 1006 \"plain HTTP came to a TLS listener\" false");
    }
}

#[test]
fn tls_on_the_plain_port_gets_400() {
    let server = Server::echo(ServerConfig::default());
    let mut client = dial(&server, &trusting(), "localhost");
    let _ = client.write_all(REQUEST.as_bytes());
    let error = client.read(&mut [0; 1]).unwrap_err();
    // rustls reads "HTTP" as a record of unknown type: it was plain text.
    assert!(error.to_string().contains("InvalidContentType"), "{error}");
    assert!(server.next_with("close").contains("bad request"));
}

#[test]
fn garbage_is_refused_and_the_server_serves_on() {
    let server = serve(tls());
    let mut witness = connect(&server, &trusting(), "localhost");
    let mut records = vec![0x16, 3, 1, 0x40, 0];
    records.resize(5 + 0x4000, 1);
    let garbage: [&[u8]; 8] = [
        b"\0",
        &[0xff; 5000],
        b"\x80\x2e\x01\x00\x02",
        b"\x16\x03\x01\x00\x02\x01\x00",
        b"\x16\x03\x01\xff\xff\x01",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        b"\x15\x03\x03\x00\x02\x02\x28",
        &records,
    ];
    for bytes in garbage {
        for end in [true, false] {
            let mut stream = server.tcp();
            let _ = stream.write_all(bytes);
            if end {
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    }
    witness.echo(Opcode::Text, b"unimpressed");
    connect(&server, &trusting(), "localhost").echo(Opcode::Text, b"newcomer");
}

/// A record that was changed on its way ends the connection, and nobody else's.
#[test]
fn a_forged_record_ends_its_connection() {
    let server = serve(tls());
    let mut witness = connect(&server, &trusting(), "localhost");
    let mut victim = connect(&server, &trusting(), "localhost");
    victim.stream.sock.write_all(b"\x17\x03\x03\x00\x20................................").unwrap();
    let error = victim.stream.read(&mut [0; 1]).unwrap_err().to_string();
    assert!(error.contains("BadRecordMac"), "{error}");
    assert!(server.next_with("close").starts_with("close 1006 \"TLS: "));
    witness.echo(Opcode::Text, b"mine arrives");
}

#[test]
fn a_handshake_that_takes_too_long_is_cut() {
    let mut short = ServerConfig { tls: Some(tls()), ..ServerConfig::default() };
    short.protocol.handshake_timeout = Duration::from_millis(50);
    let own = TlsConfig { handshake_timeout: Some(Duration::from_millis(50)), ..tls() };
    let own = ServerConfig { tls: Some(own), ..ServerConfig::default() };
    for (config, reason) in [(short, "request"), (own, "the TLS handshake took too long")] {
        let server = serve_with(config);
        for begin in [&b""[..], b"\x16\x03\x01"] {
            let mut stream = server.tcp();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(begin).unwrap();
            assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap_or(0), 0);
            let line = server.next_with("close 1006");
            assert!(line.contains(reason), "{line}");
        }
    }
}

/// With a limit of its own the TLS handshake does not use up the time for the upgrade, nor the other way round.
#[test]
fn the_time_for_the_upgrade_begins_when_tls_is_done() {
    let own = TlsConfig { handshake_timeout: Some(Duration::from_secs(60)), ..tls() };
    let mut config = ServerConfig { tls: Some(own), ..ServerConfig::default() };
    config.protocol.handshake_timeout = Duration::from_millis(100);
    let server = serve_with(config);
    let mut slow = dial(&server, &trusting(), "localhost");
    // Another client's upgrade times out meanwhile: more than that time has passed.
    let mut other = Client::over(dial(&server, &trusting(), "localhost"));
    other.stream.flush().unwrap();
    assert!(other.head().starts_with("HTTP/1.1 408 "));
    slow.flush().unwrap();
    Client::upgrade(slow).echo(Opcode::Text, b"in time");
}

/// Four thousand clients have sent half of a hello; one that is open is served as before, and so are newcomers.
#[test]
fn half_open_handshakes_by_the_thousand_leave_an_open_client_served() {
    let own = TlsConfig { handshake_timeout: Some(Duration::ZERO), ..tls() };
    let server = serve_with(ServerConfig { tls: Some(own), ..ServerConfig::default() });
    let mut witness = connect(&server, &trusting(), "localhost");
    let mut hello = Vec::new();
    dial(&server, &trusting(), "localhost").conn.write_tls(&mut hello).unwrap();
    let mut half_open: Vec<TcpStream> = Vec::new();
    for index in 0..4000 {
        let mut stream = server.tcp();
        // A quarter have said nothing; the others wait with everything from one byte to a whole hello.
        if index % 4 > 0 {
            stream.write_all(&hello[..1 + index % hello.len()]).unwrap();
        }
        half_open.push(stream);
        if index % 100 == 0 {
            witness.echo(Opcode::Text, b"still here");
        }
    }
    connect(&server, &trusting(), "localhost").echo(Opcode::Text, b"a newcomer");
    for stream in &mut half_open {
        let _ = stream.write_all(&hello);
    }
    witness.echo(Opcode::Text, b"even now");
    drop(half_open);
    witness.echo(Opcode::Text, b"and afterwards");
}

/// Whole hellos of many at once: each costs a signature. An open client is served meanwhile, and all of them in the end.
/// (What a turn does for them is in budget.rs.)
#[test]
fn a_storm_of_handshakes_goes_by() {
    let server = serve_with(ServerConfig { tls: Some(tls()), ..ServerConfig::default() });
    let mut witness = connect(&server, &trusting(), "localhost");
    witness.echo(Opcode::Text, b"x");
    let config = trusting();
    let mut storm: Vec<_> = (0..600).map(|_| dial(&server, &config, "localhost")).collect();
    for client in &mut storm {
        client.conn.write_tls(&mut client.sock).unwrap();
    }
    for _ in 0..20 {
        witness.echo(Opcode::Text, b"served");
    }
    for client in &mut storm {
        client.flush().unwrap();
    }
    for client in storm {
        Client::upgrade(client).echo(Opcode::Text, b"in the end");
    }
}

/// They are answered before there are any keys.
#[test]
fn clients_that_are_turned_away_at_the_door_are_told_by_an_alert() {
    let full = ServerConfig { tls: Some(tls()), max_connections: Some(1), ..ServerConfig::default() };
    let mut denied = ServerConfig { tls: Some(tls()), ..ServerConfig::default() };
    denied.access.deny = vec!["127.0.0.0/8".parse().unwrap()];
    for (config, alert) in [(full, "InternalError"), (denied, "AccessDenied")] {
        let server = serve_with(config);
        let witness = (alert == "InternalError").then(|| connect(&server, &trusting(), "localhost"));
        for _ in 0..20 {
            let error = dial(&server, &trusting(), "localhost").read(&mut [0]).unwrap_err().to_string();
            assert!(error.contains(&format!("fatal alert: {alert}")), "{error}");
        }
        if let Some(mut witness) = witness {
            witness.echo(Opcode::Text, b"still here");
        }
    }
}

#[test]
fn a_client_that_is_refused_at_once_gets_its_answer_when_tls_is_done() {
    let server = Server::start(ServerConfig { tls: Some(tls()), ..ServerConfig::default() }, |_| {
        Box::new(|driver, event| {
            if let Event::Connect { key, .. } = event {
                assert_eq!(driver.reject(key, &Reject::status(403)), Ok(true));
            }
        })
    });
    let mut client = Client::over(dial(&server, &trusting(), "localhost"));
    client.stream.write_all(REQUEST.as_bytes()).unwrap();
    assert!(client.head().starts_with("HTTP/1.1 403 "));
}
