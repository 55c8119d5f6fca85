//! Both roles against each other, with every combination of parameters that can be configured.

use ws_server::protocol::{Accept, ClientRequest, Compression, Event, Settings};

use crate::deflate::noise;
use crate::peer::{Events, Peer, binary, text};

struct Pair {
    server: Peer,
    client: Peer,
}

impl Pair {
    fn connect(server: Compression, client: Compression) -> Pair {
        let settings = |compression| Settings { compression: Some(compression), ..Settings::default() };
        let request = ClientRequest::new("example.com", "/").unwrap();
        let mut pair =
            Pair { server: Peer::server(settings(server)), client: Peer::client(settings(client), request) };
        let bytes = pair.client.take_out();
        assert!(matches!(pair.server.feed_one(&bytes), Event::Request(_)));
        pair.server.connection.accept(&Accept::default(), pair.server.now, &mut pair.server.out).unwrap();
        let bytes = pair.server.take_out();
        assert!(matches!(pair.client.feed_one(&bytes), Event::Open(_)));
        assert!(pair.client.connection.is_compressed() && pair.server.connection.is_compressed());
        pair
    }

    fn client_gets(&mut self) -> (Events, usize) {
        let bytes = self.server.take_out();
        (self.client.feed(&bytes), bytes.len())
    }

    fn server_gets(&mut self) -> (Events, usize) {
        let bytes = self.client.take_out();
        (self.server.feed(&bytes), bytes.len())
    }
}

fn compressions() -> impl Iterator<Item = Compression> {
    let levels = [1, 6];
    let bits = [9, 12, 15];
    let memory = [0, 300_000, usize::MAX];
    levels.into_iter().flat_map(move |level| {
        bits.into_iter().flat_map(move |window_bits| {
            [false, true].into_iter().flat_map(move |context_takeover| {
                memory.into_iter().filter(move |_| context_takeover || level == 1).map(move |memory| {
                    Compression { level, window_bits, context_takeover, threshold: 10, memory }
                })
            })
        })
    })
}

#[test]
fn all_combinations_understand_each_other() {
    let long = "A sentence that is repeated, but not too far away. ".repeat(1000);
    let random = noise(3000);
    for server in compressions() {
        for client in compressions() {
            let mut pair = Pair::connect(server, client);
            for _ in 0..3 {
                for message in [&long[..200], &long, "short", ""] {
                    pair.server.connection.send_text(message, &mut pair.server.out).unwrap();
                    let (events, sent) = pair.client_gets();
                    assert_eq!(events, [text(message)], "{server:?} {client:?}");
                    assert!(message.len() < 200 || sent < message.len() / 2);
                    pair.client.connection.send_text(message, &mut pair.client.out).unwrap();
                    let (events, sent) = pair.server_gets();
                    assert_eq!(events, [text(message)], "{server:?} {client:?}");
                    assert!(message.len() < 200 || sent < message.len() / 2);
                }
                pair.server.connection.send_binary(&random, &mut pair.server.out).unwrap();
                assert_eq!(pair.client_gets().0, [binary(&random)]);
                pair.client.connection.send_binary(&random, &mut pair.client.out).unwrap();
                assert_eq!(pair.server_gets().0, [binary(&random)]);
            }
        }
    }
}

#[test]
fn takeover_makes_similar_messages_small() {
    let own = Compression { threshold: 0, ..Compression::default() };
    let mut sizes = Vec::new();
    for context_takeover in [false, true] {
        let compression = Compression { context_takeover, ..own };
        let mut pair = Pair::connect(compression, compression);
        let mut size = (0, 0);
        for i in 0..20 {
            let message =
                format!("{{\"id\":{i},\"event\":\"update\",\"symbol\":\"ABC\",\"price\":\"{}.25\"}}", i * 7);
            pair.server.connection.send_text(&message, &mut pair.server.out).unwrap();
            size.0 += pair.client_gets().1;
            pair.client.connection.send_text(&message, &mut pair.client.out).unwrap();
            size.1 += pair.server_gets().1;
        }
        sizes.push(size);
    }
    let [without, with] = sizes[..] else { panic!() };
    assert!(with.0 * 2 < without.0 && with.1 * 2 < without.1, "{sizes:?}");
}

#[test]
fn one_side_without_the_option_leaves_it_out() {
    for (server, client) in [(Some(Compression::default()), None), (None, Some(Compression::default()))] {
        let settings = |compression| Settings { compression, ..Settings::default() };
        let request = ClientRequest::new("example.com", "/").unwrap();
        let (mut server, mut client) =
            (Peer::server(settings(server)), Peer::client(settings(client), request));
        let bytes = client.take_out();
        server.feed(&bytes);
        server.connection.accept(&Accept::default(), server.now, &mut server.out).unwrap();
        let bytes = server.take_out();
        assert!(matches!(client.feed_one(&bytes), Event::Open(_)));
        assert!(!server.connection.is_compressed() && !client.connection.is_compressed());
        let message = "x".repeat(1000);
        server.connection.send_text(&message, &mut server.out).unwrap();
        assert!(server.out.len() > 1000 && client.feed_one(&server.out) == text(&message));
    }
}
