//! Messages through a server: complete, in order, whatever the segments look like.

use crate::support::{Client, PATIENCE, REQUEST, Server, masked};
use std::io::Write;
use ws_server::protocol::Opcode;
use ws_server::server::ServerConfig;

#[test]
fn every_length_arrives_intact() {
    let server = Server::echo(ServerConfig::default());
    let mut client = server.connect();
    for length in (0..=300).chain([65_535, 65_536, (1 << 20) - 1, 1 << 20]) {
        let payload: Vec<u8> = (0..length).map(|index| b'a' + (index % 23) as u8).collect();
        client.echo(Opcode::Text, &payload);
        client.echo(Opcode::Binary, &payload);
    }
}

#[test]
fn text_that_is_not_ascii_arrives_intact() {
    let server = Server::echo(ServerConfig::default());
    server.connect().echo(Opcode::Text, "newline\n tab\t é 漢字 🦀".as_bytes());
}

#[test]
fn twenty_messages_in_one_segment_are_twenty() {
    let server = Server::echo(ServerConfig::default());
    let mut client = server.connect();
    let burst: Vec<u8> =
        (0..20).flat_map(|index| masked(Opcode::Text, format!("m{index}").as_bytes())).collect();
    client.stream.write_all(&burst).unwrap();
    for index in 0..20 {
        assert_eq!(client.frame().unwrap().payload, format!("m{index}").as_bytes());
    }
}

#[test]
fn a_request_and_messages_byte_by_byte() {
    let server = Server::echo(ServerConfig::default());
    let mut client = Client::over(server.raw());
    let bytes =
        [REQUEST.as_bytes(), &masked(Opcode::Text, b"slow"), &masked(Opcode::Binary, &[7; 200])].concat();
    for byte in bytes {
        client.stream.write_all(&[byte]).unwrap();
    }
    assert!(client.head().starts_with("HTTP/1.1 101 "));
    assert_eq!(client.frame().unwrap().payload, b"slow");
    assert_eq!(client.frame().unwrap().payload, [7; 200]);
}

/// A client may not do this before it has the 101, but proxies deliver such bytes together.
#[test]
fn messages_in_the_segment_of_the_request_are_not_lost() {
    let server = Server::echo(ServerConfig::default());
    let mut client = Client::over(server.raw());
    let bytes =
        [REQUEST.as_bytes(), &masked(Opcode::Text, b"early"), &masked(Opcode::Text, b"bird")].concat();
    client.stream.write_all(&bytes).unwrap();
    client.head();
    assert_eq!(client.frame().unwrap().payload, b"early");
    assert_eq!(client.frame().unwrap().payload, b"bird");
}

#[test]
fn pings_are_answered_between_fragments() {
    let server = Server::echo(ServerConfig::default());
    let mut client = server.connect();
    let mut first = masked(Opcode::Text, b"frag");
    first[0] &= 0x7f;
    client.stream.write_all(&first).unwrap();
    client.send(Opcode::Ping, b"are you there?");
    let pong = client.frame().unwrap();
    assert_eq!((pong.opcode, pong.payload), (Opcode::Pong, b"are you there?".to_vec()));
    client.send(Opcode::Continuation, b"ment");
    assert_eq!(client.frame().unwrap().payload, b"fragment");
}

#[test]
fn a_long_answer_is_fragmented_where_that_is_wanted() {
    let server = Server::echo(ServerConfig { max_out_frame: 1000, ..ServerConfig::default() });
    let mut client = server.connect();
    client.send(Opcode::Binary, &[9; 2500]);
    let frames: Vec<_> = std::iter::from_fn(|| client.frame()).take(3).collect();
    let shape: Vec<_> = frames.iter().map(|frame| (frame.opcode, frame.fin, frame.payload.len())).collect();
    assert_eq!(
        shape,
        [
            (Opcode::Binary, false, 1000),
            (Opcode::Continuation, false, 1000),
            (Opcode::Continuation, true, 500)
        ]
    );
}

/// More than the socket buffers hold, in both directions at once, while the client reads only afterwards.
#[test]
fn a_burst_larger_than_the_socket_buffers_comes_back_complete() {
    let server = Server::echo(ServerConfig { max_buffered: 64 << 20, ..ServerConfig::default() });
    let mut client = server.connect();
    let mut writer = client.stream.try_clone().unwrap();
    writer.set_write_timeout(Some(PATIENCE)).unwrap();
    let sender = std::thread::spawn(move || {
        for index in 0..200u8 {
            writer.write_all(&masked(Opcode::Binary, &vec![index; 100_000])).unwrap();
        }
    });
    sender.join().unwrap();
    for index in 0..200u8 {
        assert!(client.frame().unwrap().payload == vec![index; 100_000]);
    }
}
