//! RFC 6455 §7: how a connection ends.

use std::time::Duration;

use ws_server::protocol::{Event, Phase, Settings, UsageError};

use crate::peer::{Peer, close_payload, closed, masked, plain, text};

fn holding() -> Settings {
    Settings { hold_close: true, ..Settings::default() }
}

#[test]
fn a_close_is_echoed_and_ends_the_connection() {
    // §5.5.1: "When sending a Close frame in response, the endpoint typically echos the status code it received."
    let mut peer = Peer::open_server(Settings::default());
    let end = peer.feed_to_the_end(&masked(0x88, &close_payload(4001, "bye")));
    assert_eq!((end.code, &*end.reason, end.clean, end.opened), (4001, "bye", true, true));
    assert_eq!(peer.out, plain(0x88, &close_payload(4001, "")));
    assert_eq!(peer.connection.phase(), Phase::Closed);
}

#[test]
fn an_empty_close_is_1005_and_answered_empty() {
    // §7.1.5: "If this Close control frame contains no status code, … is considered to be 1005."
    let mut peer = Peer::open_server(Settings::default());
    let end = peer.feed_to_the_end(&masked(0x88, b""));
    assert_eq!((end.code, &*end.reason, end.clean), (1005, "", true));
    assert_eq!(peer.out, plain(0x88, b""));
}

#[test]
fn a_bad_close_fails_the_connection_at_its_first_bad_byte() {
    // §8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid
    // UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
    let header = 6;
    for (payload, good, code) in [
        (&b"\x0F\xA1a\xC3\xA9\xC3(more"[..], 6, 1007), // 4001
        (b"\x0F\xA1\xF0\x9F\x98", 4, 1007),            // ends inside a character
        (b"\x03\xE7why", 1, 1002),                     // 999
    ] {
        let frame = masked(0x88, payload);
        let mut peer = Peer::open_server(Settings::default());
        for byte in &frame[..header + good] {
            assert_eq!(peer.feed(&[*byte]), [], "{payload:?}");
        }
        let end = closed(peer.feed_one(&frame[header + good..][..1]));
        assert_eq!((end.code, end.clean), (code, false));
    }
}

#[test]
fn what_follows_a_close_is_ignored() {
    // §1.4: "After receiving a control frame indicating the connection should be closed, a peer discards any further data"
    for settings in [Settings::default(), holding()] {
        let mut peer = Peer::open_server(settings);
        let stream =
            [masked(0x88, &close_payload(1000, "")), masked(0x81, b"late"), vec![0xFF; 100]].concat();
        assert_eq!(peer.feed(&stream).len(), 1);
        assert_eq!(peer.feed(&masked(0x81, b"later")), []);
    }
}

#[test]
fn our_close_waits_for_the_peer() {
    let mut peer = Peer::open_server(Settings::default());
    peer.connection.close(1001, "going", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.take_out(), plain(0x88, &close_payload(1001, "going")));
    assert_eq!(peer.connection.phase(), Phase::CloseSent);
    assert!(!peer.connection.is_open() && !peer.connection.can_send());
    peer.connection.close(1002, "again", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.connection.send_text("no", &mut peer.out), Err(UsageError::NotOpen));
    assert_eq!(peer.connection.ping(b"", peer.now, &mut peer.out), Err(UsageError::NotOpen));
    assert_eq!(peer.out, b"", "§5.5.1: no data after a Close, and no second Close");
    let end = peer.feed_to_the_end(&masked(0x88, &close_payload(1001, "")));
    assert_eq!((end.code, end.clean, end.error), (1001, true, None));
    assert_eq!(peer.out, b"");
}

#[test]
fn messages_after_our_close_are_parsed_and_dropped() {
    let mut peer = Peer::open_server(Settings { max_message_size: 10, ..Settings::default() });
    let fragment = masked(0x01, b"unfinished");
    assert_eq!(peer.feed(&fragment[..9]), []);
    peer.connection.close(1000, "", peer.now, &mut peer.out).unwrap();
    peer.take_out();
    assert_eq!(peer.feed(&fragment[9..]), []);
    let stream =
        [masked(0x00, b"more"), masked(0x82, &[0; 70_000]), masked(0x89, b"ping"), masked(0x81, b"\xFF")]
            .concat();
    assert_eq!(peer.feed(&stream), []);
    for frame in [masked(0x82, b"whole"), masked(0x80, b"no message to continue"), masked(0x8A, b"")] {
        assert_eq!(peer.feed(&frame), []);
    }
    assert_eq!(peer.out, b"");
    // A Close cut in two still ends it; framing still counts.
    let close = masked(0x88, &close_payload(4000, "ok"));
    assert_eq!(peer.feed(&close[..5]), []);
    let end = peer.feed_to_the_end(&close[5..]);
    assert_eq!((end.code, &*end.reason, end.clean), (4000, "ok", true));

    let mut peer = Peer::open_server(Settings::default());
    peer.connection.close(1000, "", peer.now, &mut peer.out).unwrap();
    peer.take_out();
    assert_eq!(peer.feed_to_the_end(&plain(0x81, b"x")).code, 1002);
    assert_eq!(peer.out, b"", "one Close is enough");
}

#[test]
fn a_peer_that_does_not_answer_our_close() {
    let mut peer = Peer::open_server(Settings::default());
    assert_eq!(peer.wait(Duration::from_secs(3)), None);
    peer.connection.close(1000, "", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.connection.poll_timeout(), Some(peer.now + Duration::from_secs(5)));
    assert_eq!(peer.wait(Duration::from_micros(4_999_999)), None);
    let end = closed(peer.wait(Duration::from_micros(1)).unwrap());
    assert_eq!((end.code, &*end.reason, end.clean, end.opened), (1006, "close timeout", false, true));
    assert_eq!(peer.connection.poll_timeout(), None);
}

#[test]
fn the_end_of_the_stream() {
    // §7.1.5: no Close received: 1006
    let mut peer = Peer::open_server(Settings::default());
    peer.feed(&masked(0x01, b"half a message"));
    let end = closed(peer.connection.handle_eof(peer.now).unwrap());
    assert_eq!((end.code, end.clean, end.opened), (1006, false, true));
    assert_eq!(peer.connection.handle_eof(peer.now), None, "exactly once");
    assert_eq!(peer.connection.abort("again"), None, "exactly once");
    assert_eq!(peer.connection.fail(1011, "again", &mut peer.out), None, "exactly once");

    let mut peer = Peer::open_server(Settings::default());
    peer.connection.close(1000, "", peer.now, &mut peer.out).unwrap();
    assert_eq!(closed(peer.connection.handle_eof(peer.now).unwrap()).code, 1006);

    let mut peer = Peer::server(Settings::default());
    peer.feed(b"GET / HT");
    let end = closed(peer.connection.handle_eof(peer.now).unwrap());
    assert_eq!((end.code, end.opened), (1006, false));
}

#[test]
fn a_held_close_lets_the_application_speak_first() {
    let mut peer = Peer::open_server(holding());
    let event = peer.feed_one(&masked(0x88, &close_payload(1001, "leaving")));
    assert_eq!(event, Event::CloseReceived { code: 1001, reason: "leaving".to_owned() });
    assert_eq!((peer.connection.phase(), &*peer.out), (Phase::CloseReceived, &b""[..]));
    assert!(peer.connection.can_send() && !peer.connection.is_open());
    peer.connection.send_text("goodbye", &mut peer.out).unwrap();
    let end = closed(peer.connection.reply_close(None, "", peer.now, &mut peer.out).unwrap());
    assert_eq!((end.code, &*end.reason, end.clean), (1001, "leaving", true));
    assert_eq!(peer.out, [plain(0x81, b"goodbye"), plain(0x88, &close_payload(1001, ""))].concat());
    assert_eq!(peer.connection.reply_close(None, "", peer.now, &mut peer.out), None);
}

#[test]
fn a_held_close_with_the_applications_own_code() {
    let mut peer = Peer::open_server(holding());
    peer.feed(&masked(0x88, b""));
    let end = closed(peer.connection.reply_close(Some(4321), "own", peer.now, &mut peer.out).unwrap());
    assert_eq!((end.code, end.clean), (1005, true), "the code is the peer's");
    assert_eq!(peer.out, plain(0x88, &close_payload(4321, "own")));

    let mut peer = Peer::open_server(holding());
    peer.feed(&masked(0x88, &close_payload(1000, "")));
    peer.connection.reply_close(Some(1005), "must not be sent", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.out, plain(0x88, &close_payload(1000, "")), "the peer's code instead");
}

#[test]
fn close_answers_a_held_close() {
    let mut peer = Peer::open_server(holding());
    peer.feed(&masked(0x88, &close_payload(1000, "")));
    peer.connection.close(4000, "mine", peer.now, &mut peer.out).unwrap();
    peer.connection.close(4001, "again", peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.out, plain(0x88, &close_payload(4000, "mine")));
    assert_eq!(peer.connection.send_text("no", &mut peer.out), Err(UsageError::NotOpen));
    assert!(peer.connection.poll_timeout().unwrap() <= peer.now, "due at once");
    let end = closed(peer.wait(Duration::ZERO).unwrap());
    assert_eq!((end.code, end.clean), (1000, true));
    assert_eq!(peer.out, plain(0x88, &close_payload(4000, "mine")), "once");
}

#[test]
fn a_held_close_that_the_application_forgets_is_echoed() {
    let mut peer = Peer::open_server(holding());
    peer.wait(Duration::from_secs(3));
    peer.feed(&masked(0x88, &close_payload(1000, "x")));
    assert_eq!(peer.wait(Duration::from_millis(4_999)), None);
    let end = closed(peer.wait(Duration::from_millis(1)).unwrap());
    assert_eq!((end.code, end.clean), (1000, true));
    assert_eq!(peer.out, plain(0x88, &close_payload(1000, "")));
}

#[test]
fn a_peer_that_hangs_up_after_its_close() {
    // The same bytes give the same end, whether the close was held or answered at once.
    let mut peer = Peer::open_server(holding());
    peer.feed(&masked(0x88, &close_payload(1001, "gone")));
    let end = closed(peer.connection.handle_eof(peer.now).unwrap());
    assert_eq!((end.code, &*end.reason, end.clean), (1001, "gone", true));
}

#[test]
fn failing_for_a_policy_of_ours() {
    let mut peer = Peer::open_server(Settings::default());
    let end = closed(peer.connection.fail(1008, "too many messages", &mut peer.out).unwrap());
    assert_eq!((end.code, &*end.reason, end.clean, end.error), (1008, "too many messages", false, None));
    assert_eq!(peer.out, plain(0x88, &close_payload(1008, "too many messages")));

    let mut peer = Peer::open_server(Settings::default());
    let long = "ü".repeat(100);
    peer.connection.fail(1011, &long, &mut peer.out).unwrap();
    assert_eq!(peer.out, plain(0x88, &close_payload(1011, &long[..122])), "cut between characters");
}

#[test]
fn what_close_refuses_to_send() {
    let mut peer = Peer::open_server(Settings::default());
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let error = peer.connection.close(code, "", peer.now, &mut peer.out).unwrap_err();
        assert_eq!(error, UsageError::CloseCode(code));
    }
    let error = peer.connection.close(1000, &"x".repeat(124), peer.now, &mut peer.out).unwrap_err();
    assert_eq!(error, UsageError::ReasonTooLong(124));
    assert_eq!(peer.out, b"");
    assert_eq!(peer.feed(&masked(0x81, b"still open")), [text("still open")]);
    peer.connection.close(1000, &"x".repeat(123), peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.out.len(), 2 + 125);

    let mut peer = Peer::server(Settings::default());
    assert_eq!(peer.connection.close(1000, "", peer.now, &mut peer.out), Err(UsageError::NotOpen));
}
