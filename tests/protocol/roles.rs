//! The two roles against each other, with one virtual clock.

use std::time::Duration;

use proptest::prelude::*;
use ws_server::protocol::{Accept, ClientRequest, Event, Opcode, Phase, Settings};

use crate::peer::{Events, Peer, binary, closed, text};

struct Pair {
    server: Peer,
    client: Peer,
}

impl Pair {
    fn connect(settings: Settings) -> Pair {
        let request = ClientRequest::new("example.com", "/x").unwrap().subprotocol("chat").unwrap();
        let mut pair =
            Pair { server: Peer::server(settings.clone()), client: Peer::client(settings, request) };
        let (_, events) = pair.exchange();
        let [Event::Request(request)] = &events[..] else { panic!("{events:?}") };
        let subprotocol = request.choose_subprotocol(&["chat".to_owned()]).map(str::to_owned);
        let accept = Accept { subprotocol, headers: vec![("X-A".to_owned(), "b".to_owned())] };
        pair.server.connection.accept(&accept, pair.server.now, &mut pair.server.out).unwrap();
        let (events, _) = pair.exchange();
        let [Event::Open(response)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((response.subprotocol(), response.header("x-a")), (Some("chat"), Some(&b"b"[..])));
        pair
    }

    /// Carries bytes in both directions until there are none; what the client and the server were told.
    fn exchange(&mut self) -> (Events, Events) {
        let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
        while !self.client.out.is_empty() || !self.server.out.is_empty() {
            let bytes = self.client.take_out();
            to_server.extend(self.server.feed(&bytes));
            let bytes = self.server.take_out();
            to_client.extend(self.client.feed(&bytes));
        }
        (to_client, to_server)
    }

    /// Time passes for both, in steps; what they were told.
    fn pass(&mut self, time: Duration, step: Duration) -> Events {
        let end = self.server.now + time;
        let mut events = Vec::new();
        while self.server.now < end {
            events.extend(self.server.wait(step));
            events.extend(self.client.wait(step));
            let (to_client, to_server) = self.exchange();
            events.extend(to_client);
            events.extend(to_server);
        }
        events
    }
}

#[test]
fn messages_both_ways() {
    let mut pair = Pair::connect(Settings::default());
    pair.client.connection.send_text("grüß dich", &mut pair.client.out).unwrap();
    pair.client.connection.send_binary(&[0xFF; 70_000], &mut pair.client.out).unwrap();
    pair.server.connection.send_text("", &mut pair.server.out).unwrap();
    let (to_client, to_server) = pair.exchange();
    assert_eq!(to_client, [text("")]);
    assert_eq!(to_server, [text("grüß dich"), binary(&[0xFF; 70_000])]);
}

#[test]
fn either_side_may_close() {
    for server_closes in [true, false] {
        let mut pair = Pair::connect(Settings::default());
        let closer = if server_closes { &mut pair.server } else { &mut pair.client };
        closer.connection.close(4000, "enough", closer.now, &mut closer.out).unwrap();
        let (to_client, to_server) = pair.exchange();
        for (events, is_closer) in [(to_client, !server_closes), (to_server, server_closes)] {
            let [Event::Closed(end)] = &events[..] else { panic!("{events:?}") };
            let reason = if is_closer { "" } else { "enough" };
            assert_eq!((end.code, &*end.reason, end.clean, end.opened), (4000, reason, true, true));
        }
    }
}

#[test]
fn both_sides_close_at_once() {
    let mut pair = Pair::connect(Settings::default());
    pair.server.connection.close(1001, "s", pair.server.now, &mut pair.server.out).unwrap();
    pair.client.connection.close(4000, "c", pair.client.now, &mut pair.client.out).unwrap();
    let (mut to_client, mut to_server) = pair.exchange();
    let (client, server) = (closed(to_client.remove(0)), closed(to_server.remove(0)));
    assert_eq!((client.code, &*client.reason, client.clean), (1001, "s", true));
    assert_eq!((server.code, &*server.reason, server.clean), (4000, "c", true));
}

#[test]
fn pings_keep_both_alive_for_a_day() {
    let mut pair = Pair::connect(Settings::default());
    let events = pair.pass(Duration::from_secs(86_400), Duration::from_secs(5));
    assert!(events.iter().all(|event| matches!(event, Event::Ping(_) | Event::Pong(_))));
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Pong(_))).count(), 2 * 86_400 / 25);
    assert!(pair.server.connection.is_open() && pair.client.connection.is_open());
    assert_eq!(pair.server.connection.rtt(), Some(Duration::ZERO));
}

#[test]
fn idle_connections_close_cleanly() {
    let mut pair = Pair::connect(Settings { idle_timeout: Duration::from_secs(100), ..Settings::default() });
    let events = pair.pass(Duration::from_secs(101), Duration::from_secs(1));
    let ends: Vec<_> =
        events.into_iter().filter(|event| matches!(event, Event::Closed(_))).map(closed).collect();
    assert_eq!(ends.len(), 2);
    assert!(ends.iter().all(|end| end.code == 1000 && end.clean), "{ends:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// What one sends in any fragments, the other receives, in both directions.
    #[test]
    fn fragments_arrive_as_messages(
        messages in proptest::collection::vec((any::<bool>(), proptest::collection::vec(".{0,40}", 1..4), any::<bool>()), 0..8)
    ) {
        let mut pair = Pair::connect(Settings::default());
        let (mut expected_by_client, mut expected_by_server) = (Vec::new(), Vec::new());
        for (is_binary, parts, from_client) in &messages {
            let (sender, expected) = if *from_client {
                (&mut pair.client, &mut expected_by_server)
            } else {
                (&mut pair.server, &mut expected_by_client)
            };
            let mut opcode = if *is_binary { Opcode::Binary } else { Opcode::Text };
            for (i, part) in parts.iter().enumerate() {
                sender.connection.send_frame(opcode, part.as_bytes(), i + 1 == parts.len(), &mut sender.out).unwrap();
                opcode = Opcode::Continuation;
            }
            let message = parts.concat();
            expected.push(if *is_binary { binary(message.as_bytes()) } else { text(&message) });
        }
        let (to_client, to_server) = pair.exchange();
        prop_assert_eq!(to_client, expected_by_client);
        prop_assert_eq!(to_server, expected_by_server);
        prop_assert_eq!(pair.server.connection.phase(), Phase::Open);
    }
}
