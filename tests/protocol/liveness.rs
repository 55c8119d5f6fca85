//! Pings, and what time does to a connection.

use std::time::Duration;

use ws_server::protocol::{Accept, Event, PeerError, Phase, Settings, UsageError};

use crate::peer::{Peer, REQUEST, close_payload, closed, masked, plain};

const SECOND: Duration = Duration::from_secs(1);

fn settings(ping_interval: u64, ping_timeout: u64, idle_timeout: u64) -> Settings {
    let [ping_interval, ping_timeout, idle_timeout] =
        [ping_interval, ping_timeout, idle_timeout].map(Duration::from_secs);
    Settings { ping_interval, ping_timeout, idle_timeout, ..Settings::default() }
}

#[test]
fn a_ping_every_interval() {
    let mut peer = Peer::open_server(settings(25, 20, 0));
    let mut payloads = Vec::new();
    for _ in 0..3 {
        assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 25 * SECOND));
        assert_eq!(peer.wait(25 * SECOND - Duration::from_micros(1)), None);
        assert_eq!(peer.take_out(), b"");
        assert_eq!(peer.wait(Duration::from_micros(1)), None);
        let ping = peer.take_out();
        assert_eq!((ping[0], ping.len()), (0x89, 10));
        assert_eq!(peer.connection.last_ping(), Some(peer.now));
        assert_eq!(peer.wait(Duration::ZERO), None);
        assert_eq!(peer.out, b"", "one at a time");
        payloads.push(ping[2..].to_vec());
        peer.feed(&masked(0x8A, &ping[2..]));
    }
    assert!(payloads[0] != payloads[1] && payloads[1] != payloads[2]);
}

#[test]
fn a_silent_peer_is_given_up() {
    let mut peer = Peer::open_server(settings(25, 20, 0));
    assert_eq!(peer.wait(25 * SECOND), None);
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 20 * SECOND));
    assert_eq!(peer.wait(20 * SECOND - Duration::from_micros(1)), None);
    let end = closed(peer.wait(Duration::from_micros(1)).unwrap());
    assert_eq!((end.code, &*end.reason, end.clean), (1006, "ping timeout", false));
}

#[test]
fn any_byte_proves_life() {
    let mut peer = Peer::open_server(settings(25, 20, 0));
    peer.wait(25 * SECOND);
    peer.take_out();
    peer.now = peer.now + 19 * SECOND;
    assert_eq!(peer.feed(&[0x82]), [], "half a header is enough");
    assert_eq!(peer.wait(6 * SECOND), None);
    assert_eq!(peer.take_out()[0], 0x89, "the next ping instead of the end");
}

#[test]
fn a_byte_in_the_moment_of_the_ping_counts() {
    let mut peer = Peer::open_server(settings(25, 20, 0));
    peer.wait(25 * SECOND);
    peer.feed(&[0x82]);
    assert_eq!(peer.wait(20 * SECOND), None);
}

#[test]
fn more_pings_do_not_postpone_the_timeout() {
    let mut peer = Peer::open_server(settings(2, 5, 0));
    assert_eq!(peer.wait(2 * SECOND), None);
    assert_eq!(peer.wait(2 * SECOND), None);
    assert_eq!(peer.wait(2 * SECOND), None);
    let end = closed(peer.wait(SECOND).unwrap());
    assert_eq!(&*end.reason, "ping timeout");
}

#[test]
fn a_caller_can_begin_the_wait_again() {
    let mut peer = Peer::open_server(settings(25, 20, 0));
    peer.connection.restart_ping_timeout(peer.now);
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 25 * SECOND), "nothing waits yet");
    peer.wait(25 * SECOND);
    peer.now = peer.now + 15 * SECOND;
    peer.connection.restart_ping_timeout(peer.now);
    assert_eq!(peer.wait(10 * SECOND), None);
    assert_eq!(peer.wait(9 * SECOND), None);
    assert!(peer.wait(SECOND).is_some());
}

#[test]
fn zero_is_never() {
    let mut peer = Peer::open_server(settings(0, 0, 0));
    assert_eq!(peer.connection.poll_timeout(), None);
    assert_eq!(peer.wait(Duration::from_secs(1 << 40)), None);
    assert_eq!(peer.out, b"");
    peer.connection.ping(b"", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.connection.poll_timeout(), None);
}

#[test]
fn round_trip_of_the_latest_ping_only() {
    let mut peer = Peer::open_server(settings(25, 0, 0));
    assert_eq!(
        (peer.connection.rtt(), peer.connection.last_pong(), peer.connection.last_ping()),
        (None, None, None)
    );
    peer.wait(25 * SECOND);
    let first = peer.take_out();
    peer.now = peer.now + Duration::from_millis(3);
    assert_eq!(peer.feed_one(&masked(0x8A, b"unsolicited")), Event::Pong(b"unsolicited".to_vec()));
    assert_eq!((peer.connection.rtt(), peer.connection.last_pong()), (None, Some(peer.now)));
    peer.now = peer.now + Duration::from_millis(4);
    peer.feed(&masked(0x8A, &first[2..]));
    assert_eq!(peer.connection.rtt(), Some(Duration::from_millis(7)));
    peer.now = peer.now + SECOND;
    peer.feed(&masked(0x8A, &first[2..]));
    assert_eq!(peer.connection.rtt(), Some(Duration::from_millis(7)), "a pong is matched once");

    peer.wait(25 * SECOND);
    peer.connection.ping(b"mine", peer.now, &mut peer.out).unwrap();
    peer.now = peer.now + Duration::from_millis(9);
    peer.feed(&masked(0x8A, &first[2..]));
    assert_eq!(peer.connection.rtt(), Some(Duration::from_millis(7)), "an older one");
    peer.feed(&masked(0x8A, b"mine"));
    assert_eq!(peer.connection.rtt(), Some(Duration::from_millis(9)));
}

#[test]
fn a_ping_of_the_application_counts_for_the_schedule() {
    let mut peer = Peer::open_server(settings(25, 20, 0));
    peer.now = peer.now + 10 * SECOND;
    peer.connection.ping(b"abc", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.take_out(), plain(0x89, b"abc"));
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 20 * SECOND));
    peer.feed(&masked(0x8A, b"abc"));
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 25 * SECOND));
    let error = peer.connection.ping(&[0; 126], peer.now, &mut peer.out).unwrap_err();
    assert_eq!(error, UsageError::ControlTooLong(126));
    assert_eq!(peer.out, b"");
}

#[test]
fn idle_is_about_messages() {
    let mut peer = Peer::open_server(settings(0, 0, 60));
    for frame in [masked(0x81, b"a message counts"), masked(0x01, b"a fragment"), masked(0x80, b"")] {
        assert_eq!(peer.wait(50 * SECOND), None);
        assert_eq!(peer.out, b"");
        peer.feed(&frame);
    }
    assert_eq!(peer.wait(50 * SECOND), None);
    peer.feed(&masked(0x8A, b"a pong does not"));
    peer.feed(&masked(0x89, b"nor a ping"));
    peer.take_out();
    assert_eq!(peer.wait(10 * SECOND - Duration::from_micros(1)), None);
    assert_eq!(peer.out, b"");
    assert_eq!(peer.wait(Duration::from_micros(1)), None);
    assert_eq!(peer.out, plain(0x88, &close_payload(1000, "idle timeout")));
    assert_eq!(peer.connection.phase(), Phase::CloseSent);
    assert_eq!(closed(peer.wait(5 * SECOND).unwrap()).reason, "close timeout");
}

#[test]
fn the_handshake_is_not_idle_time() {
    let mut peer = Peer::server(settings(25, 20, 60));
    peer.feed(REQUEST.as_bytes());
    peer.now = peer.now + 4 * SECOND;
    peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 25 * SECOND));
    let mut peer = Peer::server(settings(0, 0, 60));
    peer.feed(REQUEST.as_bytes());
    peer.now = peer.now + 4 * SECOND;
    peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 60 * SECOND));
}

#[test]
fn a_request_that_does_not_come_is_answered_408() {
    let mut peer = Peer::server(Settings::default());
    peer.feed(b"GET / HTTP/1.1\r\n");
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + 5 * SECOND));
    assert_eq!(peer.wait(4 * SECOND), None);
    peer.feed(b"Host: x\r\n");
    let end = closed(peer.wait(SECOND).unwrap());
    assert_eq!((end.code, end.opened, end.error), (1006, false, Some(PeerError::RequestTimeout)));
    assert!(peer.out.starts_with(b"HTTP/1.1 408 Request Timeout\r\n"));
}

#[test]
fn a_request_that_is_not_decided_is_answered_503() {
    let mut peer = Peer::server(Settings::default());
    peer.now = peer.now + 2 * SECOND;
    peer.feed(REQUEST.as_bytes());
    let end = closed(peer.wait(3 * SECOND).unwrap());
    assert_eq!((end.code, end.opened, end.error), (1006, false, None));
    assert!(peer.out.starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
    let late = peer.connection.accept(&Accept::default(), peer.now, &mut peer.out);
    assert_eq!(late, Err(UsageError::NotDeciding));
}
