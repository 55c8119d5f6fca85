//! permessage-deflate through a server, over real sockets.

use crate::support::{Client, REQUEST, Server, accept, masked};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress};
use std::fs::File;
use std::io::Write;
use ws_server::protocol::{Compression, Opcode};
use ws_server::server::{Event, Sent, ServerConfig};

/// A client that has compression, with its own context in both directions.
struct Deflating {
    client: Client,
    deflate: Compress,
    inflate: Decompress,
    answer: String,
}

impl Deflating {
    fn connect(server: &Server, params: &str) -> Deflating {
        let mut client = Client::over(server.raw());
        let header = format!("Sec-WebSocket-Extensions: permessage-deflate{params}\r\n\r\n");
        client.stream.write_all((REQUEST.trim_end().to_owned() + "\r\n" + &header).as_bytes()).unwrap();
        let head = client.head();
        let (_, answer) = head.split_once("Sec-WebSocket-Extensions: permessage-deflate").expect(&head);
        Deflating {
            client,
            deflate: Compress::new(flate2::Compression::new(6), false),
            inflate: Decompress::new(false),
            answer: answer.split_once("\r\n").unwrap().0.to_owned(),
        }
    }

    fn send(&mut self, opcode: Opcode, message: &[u8]) {
        if self.answer.contains("client_no_context_takeover") {
            self.deflate.reset();
        }
        let mut payload = Vec::with_capacity(message.len() + message.len() / 8 + 100);
        self.deflate.compress_vec(message, &mut payload, FlushCompress::Sync).unwrap();
        payload.truncate(payload.len() - 4);
        let mut frame = masked(opcode, &payload);
        frame[0] |= 0x40;
        self.client.stream.write_all(&frame).unwrap();
    }

    /// The next message: what it says, its bytes on the wire, whether it came compressed, and in how many frames.
    fn message(&mut self) -> (Vec<u8>, usize, bool, usize) {
        let first = self.client.frame().expect("a message comes");
        let (compressed, mut payload, mut fin, mut frames) = (first.rsv == 4, first.payload, first.fin, 1);
        while !fin {
            let next = self.client.frame().expect("the rest comes");
            assert_eq!((next.opcode, next.rsv), (Opcode::Continuation, 0));
            payload.extend(next.payload);
            (fin, frames) = (next.fin, frames + 1);
        }
        let wire = payload.len();
        if !compressed {
            return (payload, wire, false, frames);
        }
        if self.answer.contains("server_no_context_takeover") {
            self.inflate.reset(false);
        }
        payload.extend([0, 0, 0xFF, 0xFF]);
        let mut message = Vec::with_capacity(4 << 20);
        self.inflate.decompress_vec(&payload, &mut message, FlushDecompress::Sync).unwrap();
        (message, wire, true, frames)
    }

    fn echo(&mut self, message: &[u8]) -> bool {
        self.send(Opcode::Binary, message);
        let (echo, _, compressed, _) = self.message();
        assert!(echo == message, "{} bytes", message.len());
        compressed
    }
}

fn config(compression: Compression) -> ServerConfig {
    let mut config = ServerConfig::default();
    config.protocol.compression = Some(compression);
    config
}

const TAKEOVER: Compression =
    Compression { level: 1, window_bits: 15, context_takeover: true, threshold: 20, memory: usize::MAX };

fn prose(len: usize) -> Vec<u8> {
    let mut text = String::new();
    for i in 0.. {
        text += &format!("Item {} costs {}.99 and is {}. ", i, i * 7 % 100, ["new", "sold", "old"][i % 3]);
        if text.len() >= len {
            break;
        }
    }
    text.truncate(len);
    text.into_bytes()
}

#[test]
fn every_length_comes_back() {
    for compression in [Compression::default(), TAKEOVER, Compression { window_bits: 9, ..TAKEOVER }] {
        let server = Server::echo(config(compression));
        let mut client = Deflating::connect(&server, "; client_max_window_bits");
        for len in (1..400).step_by(7).chain([4095, 4096, 8192, 32_768, 65_535, 65_536, 300_000, 1 << 20]) {
            let compressed = client.echo(&prose(len));
            assert_eq!(compressed, len >= compression.threshold, "{len}");
        }
        // One that did not agree is served beside it.
        server.connect().echo(Opcode::Text, &prose(5000));
    }
}

#[test]
fn fragments_of_a_compressed_answer() {
    let server = Server::echo(ServerConfig { max_out_frame: 100, ..config(Compression::default()) });
    let mut client = Deflating::connect(&server, "");
    client.send(Opcode::Text, &prose(3000));
    let (message, wire, compressed, frames) = client.message();
    assert!(message == prose(3000) && compressed && frames == wire.div_ceil(100) && frames > 2);
}

#[test]
fn a_bomb_is_refused_and_the_server_goes_on() {
    let mut config = config(Compression::default());
    config.protocol.max_message_size = 100_000;
    let server = Server::echo(config);
    let mut client = Deflating::connect(&server, "");
    assert!(client.echo(&vec![0; 100_000]));
    client.send(Opcode::Binary, &vec![0; 100_001]);
    assert_eq!(client.client.close_code(), 1009);
    assert!(server.next().starts_with("close 1009"));
    assert!(Deflating::connect(&server, "").echo(&prose(1000)));
}

#[test]
fn pieces_come_where_messages_are_not_buffered() {
    let mut config = config(Compression::default());
    config.protocol.buffer_messages = false;
    config.protocol.max_message_size = 1;
    let server = Server::start(config, |_| {
        let mut total = 0;
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Fragment { key, data, last, .. } => {
                assert!(data.len() <= 64 << 10);
                total += data.len();
                if last {
                    driver.send(key, Opcode::Text, total.to_string().as_bytes());
                }
            }
            _ => {}
        })
    });
    let mut client = Deflating::connect(&server, "");
    client.send(Opcode::Binary, &vec![1; 10_000_000]);
    assert_eq!(client.message().0, b"10000000");
}

/// RFC 7692 §6: whether a message is compressed says its own RSV1. Messages in pieces and files are not: how long they are,
/// or how they are going to be, is not known when their first frame goes out. The compressed ones around them refer to
/// each other, and not to them.
#[test]
fn messages_in_pieces_and_files_come_as_they_are_between_compressed_ones() {
    let server = Server::start(config(Compression { level: 6, ..TAKEOVER }), |_| {
        Box::new(move |driver, event| match event {
            Event::Text { key, .. } => {
                assert!(driver.begin_message(key, true));
                for piece in prose(9000).chunks(4000) {
                    assert_eq!(driver.write_message(key, piece), Ok(Sent::Queued));
                }
                assert_eq!(driver.end_message(key), Ok(true));
                driver.send(key, Opcode::Binary, &prose(8000));
                assert!(driver.send_file(key, File::open("tests/server/compression.rs").unwrap(), true));
                driver.send(key, Opcode::Binary, &prose(8000));
            }
            event => crate::support::echo(driver, event),
        })
    });
    let mut client = Deflating::connect(&server, "");
    assert!(client.echo(&prose(8000)));
    client.send(Opcode::Text, b"go");
    let (pieces, _, compressed, frames) = client.message();
    assert!(pieces == prose(9000) && !compressed && frames >= 3);
    let (message, wire, compressed, _) = client.message();
    assert!(message == prose(8000) && compressed && wire < 200, "{wire}: it refers to the first");
    let (file, _, compressed, _) = client.message();
    assert!(file == std::fs::read("tests/server/compression.rs").unwrap() && !compressed);
    let (message, wire, compressed, _) = client.message();
    assert!(message == prose(8000) && compressed && wire < 200, "{wire}");
}

/// Answers "stats" with its counters; broadcasts everything else.
fn broadcaster(config: ServerConfig) -> Server {
    Server::start(config, |_| {
        Box::new(|driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, payload } if payload == b"stats" => {
                let stats = driver.stats();
                let text = format!(
                    "{} {} {} {}",
                    stats.opened_deflate, stats.deflated_in, stats.deflated_out, stats.deflate_saved
                );
                driver.send(key, Opcode::Text, text.as_bytes());
            }
            Event::Text { payload, .. } => {
                driver.broadcast(Opcode::Text, &payload, &[]);
            }
            Event::Binary { key, .. } => {
                driver.subscribe(key, "topic");
                driver.publish("topic", Opcode::Binary, &prose(2000), &[]);
            }
            _ => {}
        })
    })
}

#[test]
fn a_broadcast_reaches_every_kind_of_client() {
    let server = broadcaster(config(TAKEOVER));
    let mut kinds: Vec<Deflating> = [
        "",
        "; server_no_context_takeover",
        "; server_no_context_takeover; server_max_window_bits=9",
        "; server_no_context_takeover; server_max_window_bits=9; client_no_context_takeover",
        "; server_max_window_bits=10",
        "; server_max_window_bits=8",
    ]
    .into_iter()
    .map(|params| Deflating::connect(&server, params))
    .collect();
    let mut plain = server.connect();
    for len in [3000, 10, 3000, 100_000, 500] {
        let message = prose(len);
        kinds[0].send(Opcode::Text, &message);
        for client in &mut kinds {
            let (received, wire, compressed, _) = client.message();
            assert!(received == message, "{}", client.answer);
            let expected = len >= 20 && !client.answer.contains("window_bits=8");
            assert_eq!(compressed, expected, "{} {len}", client.answer);
            assert!(!compressed || wire < len / 2, "{}: {wire} of {len}", client.answer);
        }
        assert_eq!(plain.frame().unwrap().payload, message);
    }
    for client in &mut kinds {
        client.send(Opcode::Binary, b"subscribe");
        let (received, ..) = client.message();
        assert!(received == prose(2000), "{}", client.answer);
        // Nobody else gets it before having asked.
    }
}

#[test]
fn what_is_counted() {
    let server = broadcaster(config(Compression { context_takeover: false, ..TAKEOVER }));
    let mut clients: Vec<_> = (0..3).map(|_| Deflating::connect(&server, "")).collect();
    clients[0].send(Opcode::Text, &prose(1000));
    let wires: Vec<_> = clients.iter_mut().map(|client| client.message().1).collect();
    assert!(wires.iter().all(|wire| *wire == wires[0]));
    let mut counters = || {
        clients[0].client.send(Opcode::Text, b"stats");
        let text = String::from_utf8(clients[0].message().0).unwrap();
        text.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<usize>>()
    };
    // I/O threads tell their counters after each turn, which may be a little later.
    let numbers = std::iter::repeat_with(&mut counters).take(10_000).find(|numbers| numbers[2] == 3);
    let numbers = numbers.expect("all three are counted");
    assert_eq!(numbers[..2], [3, 1]);
    // The counters are those of whole frames.
    assert!((3 * (1000 - wires[0] - 4)..=3 * (1000 - wires[0])).contains(&numbers[3]), "{numbers:?}");
}
