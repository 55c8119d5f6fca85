//! Messages through TLS: complete, in order, whatever the records look like.

use crate::authority::Authority;
use crate::support::{Client, REQUEST, Server, close_payload, masked};
use crate::wss::{TlsClient, connect, dial, serve, serve_with, trusting};
use rustls::StreamOwned;
use std::io::{Read, Write};
use std::net::TcpStream;
use ws_server::protocol::Opcode;
use ws_server::server::{Event, ServerConfig};

#[test]
fn every_length_around_a_record_arrives_intact() {
    let server = serve(Authority::new("lengths").identity("localhost").config());
    let mut client = connect(&server, &trusting(), "localhost");
    for length in [0, 1, 125, 126, 16_370, 16_380, 16_384, 16_390, 32_768, 65_535, 65_536, 1 << 20] {
        let payload: Vec<u8> = (0..length).map(|index: u32| index as u8).collect();
        client.echo(Opcode::Binary, &payload);
    }
}

#[test]
fn sixty_four_mebibytes_in_both_directions() {
    const LENGTH: usize = 64 << 20;
    let mut config = ServerConfig { max_buffered: 2 * LENGTH, ..ServerConfig::default() };
    config.protocol.max_message_size = LENGTH as u64;
    config.protocol.max_frame_size = LENGTH as u64;
    config.tls = Some(Authority::new("large").identity("localhost").config());
    let server = serve_with(config);
    let mut client = connect(&server, &trusting(), "localhost");
    let payload: Vec<u8> = (0..LENGTH).map(|index| (index ^ index >> 11) as u8).collect();
    client.send(Opcode::Binary, &payload);
    let frame = client.frame().unwrap();
    assert!(frame.payload == payload);
}

/// A stream that counts what passes through it.
struct Counted {
    stream: TcpStream,
    read: usize,
    written: usize,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.written += count;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

#[test]
fn bytes_are_counted_as_they_are_on_the_wire() {
    let config = Authority::new("counted").identity("localhost").config();
    let config = ServerConfig { tls: Some(config), ..ServerConfig::default() };
    let server = Server::start(config, |_| {
        Box::new(|driver, event| match event {
            Event::Text { key, payload } if payload == b"?" => {
                let stats = driver.connection_stats(key).unwrap();
                let counted = format!("{} {}", stats.bytes_in, stats.bytes_out);
                driver.send(key, Opcode::Text, counted.as_bytes());
            }
            event => crate::support::echo(driver, event),
        })
    });
    let TlsClient { conn, sock, .. } = dial(&server, &trusting(), "localhost");
    let mut client = Client::upgrade(StreamOwned::new(conn, Counted { stream: sock, read: 0, written: 0 }));
    for length in [0, 5, 20_000, 1_000_000] {
        client.echo(Opcode::Binary, &vec![7; length]);
        client.send(Opcode::Text, b"?");
        // The echo has been read to its end, and the answer has not begun when the server counts.
        let counted = format!("{} {}", client.stream.sock.written, client.stream.sock.read);
        assert_eq!(client.frame().unwrap().payload, counted.as_bytes(), "{length}");
    }
    // What TLS adds: handshake, tickets, and something for each record.
    assert!(client.stream.sock.read > 1_020_000 + 1000);
}

#[test]
fn a_request_byte_by_byte_in_records_of_one_byte() {
    let server = serve(Authority::new("bytes").identity("localhost").config());
    let mut client = Client::over(dial(&server, &trusting(), "localhost"));
    for byte in [REQUEST.as_bytes(), &masked(Opcode::Text, b"slow")].concat() {
        client.stream.write_all(&[byte]).unwrap();
        client.stream.flush().unwrap();
    }
    assert!(client.head().starts_with("HTTP/1.1 101 "));
    assert_eq!(client.frame().unwrap().payload, b"slow");
}

/// The socket may bring half a record header, or half a ClientHello.
#[test]
fn a_handshake_byte_by_byte() {
    let server = serve(Authority::new("drip").identity("localhost").config());
    let mut dialled = dial(&server, &trusting(), "localhost");
    while dialled.conn.is_handshaking() {
        while dialled.conn.wants_write() {
            let mut flight = Vec::new();
            dialled.conn.write_tls(&mut flight).unwrap();
            for byte in flight {
                dialled.sock.write_all(&[byte]).unwrap();
            }
        }
        if dialled.conn.is_handshaking() {
            dialled.conn.read_tls(&mut dialled.sock).unwrap();
            dialled.conn.process_new_packets().unwrap();
        }
    }
    Client::upgrade(dialled).echo(Opcode::Text, b"drop by drop");
}

/// Much is sent before the client reads any of it: the server must push back, and lose nothing.
#[test]
fn a_burst_larger_than_the_socket_buffers_comes_back_complete() {
    let server = serve_with(ServerConfig {
        max_buffered: 64 << 20,
        tls: Some(Authority::new("burst").identity("localhost").config()),
        ..ServerConfig::default()
    });
    let mut client = connect(&server, &trusting(), "localhost");
    for index in 0..100u8 {
        client.send(Opcode::Binary, &vec![index; 100_000]);
    }
    for index in 0..100u8 {
        assert!(client.frame().unwrap().payload == vec![index; 100_000]);
    }
}

#[test]
fn the_end_of_a_connection_is_a_close_frame_and_a_close_notify() {
    let server = serve(Authority::new("end").identity("localhost").config());
    let mut client = connect(&server, &trusting(), "localhost");
    client.send(Opcode::Close, &close_payload(1000, "bye"));
    assert_eq!(client.close_code(), 1000);
    // rustls makes an error of an end without a close_notify.
    assert_eq!(client.stream.read(&mut [0; 1]).unwrap(), 0);
    assert!(server.next_with("close").starts_with("close 1000 \"bye\" true"));
}

#[test]
fn a_clients_close_notify_is_the_end_of_its_stream() {
    let server = serve(Authority::new("notify").identity("localhost").config());
    let mut client = connect(&server, &trusting(), "localhost");
    client.echo(Opcode::Text, b"last");
    client.stream.conn.send_close_notify();
    client.stream.flush().unwrap();
    assert!(server.next_with("close").starts_with("close 1006"));
}

/// RFC 8446 §4.6.3: either side may change its keys at any time, and ask the other to do so.
#[test]
fn key_updates_in_the_middle_of_messages_are_answered() {
    let server = serve(Authority::new("update").identity("localhost").config());
    let mut client = connect(&server, &trusting(), "localhost");
    for index in 0..20u8 {
        client.stream.conn.refresh_traffic_keys().unwrap();
        client.echo(Opcode::Binary, &vec![index; 40_000]);
    }
}

#[test]
fn tls_works_over_a_unix_socket() {
    use rustls::pki_types::ServerName;
    use ws_server::net::ListenAddress;
    use ws_server::server::{Driver, Event};
    let authority = Authority::new("unix");
    let path = authority.folder.join("s.sock");
    let config = ServerConfig {
        listen: vec![ListenAddress::parse(&format!("tls+unix://{}", path.display())).unwrap()],
        tls: Some(authority.identity("localhost").config()),
        auto_accept: true,
        ..ServerConfig::default()
    };
    let mut driver: Driver<Vec<u8>> = Driver::start(config).unwrap();
    assert_eq!(driver.addresses(), [format!("tls+unix://{}", path.display())]);
    let client = std::thread::spawn(move || {
        let stream = std::os::unix::net::UnixStream::connect(path).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = rustls::ClientConnection::new(trusting(), name).unwrap();
        Client::upgrade(rustls::StreamOwned::new(tls, stream)).send(Opcode::Text, b"hello");
    });
    let mut events = Vec::new();
    while !events.iter().any(|event| matches!(event, Event::Text { payload, .. } if payload == b"hello")) {
        driver.wait(None, &mut events).unwrap();
        driver.flush();
    }
    let versions: Vec<_> = events
        .iter()
        .filter_map(
            |event| if let Event::Open { tls, .. } = event { Some(tls.as_ref()?.version) } else { None },
        )
        .collect();
    assert_eq!(versions, ["TLSv1.3"]);
    client.join().unwrap();
}
