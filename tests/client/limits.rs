//! What can't be sent, and where the limits are.

use crate::fake::{Fake, PATIENCE, TOKEN, client, failed, token};
use ws_server::client::{ControlClient, ControlSettings, Problem};
use ws_server::protocol::{ControlCommand, ControlError, MAX_CONTROL_FRAME, Recipient, UsageError};

/// Nobody is ever asked there.
const NOWHERE: &str = "unix:///nowhere";

/// What fits into a frame.
const MOST: usize = MAX_CONTROL_FRAME - 6;

#[test]
fn a_message_at_the_limit_passes() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        let message = vec![b'x'; MOST];
        peer.take(ControlCommand::Broadcast { binary: false, message: &message });
        peer.take(ControlCommand::Publish { topic: "news", binary: false, message: &message[5..] });
    });
    let message = vec![b'x'; MOST];
    fake.client().broadcast(&message, false).unwrap();
    fake.client().publish("news", &message[5..], false).unwrap();
    fake.done();
}

#[test]
fn one_above_it_is_refused_with_both_numbers() {
    let message = vec![b'x'; MOST + 1];
    let failure = client(NOWHERE).broadcast(&message, false).unwrap_err();
    assert_eq!(failure.to_string(), "a message of 65531 bytes is too long; there is room for 65530");
    let failure = client(NOWHERE).publish("news", &message[5..], true).unwrap_err();
    assert_eq!(failure.to_string(), "a message of 65526 bytes is too long; there is room for 65525");
    let topic = "t".repeat(MOST);
    let failure = client(NOWHERE).publish(&topic, b"", true).unwrap_err();
    assert_eq!(failure.to_string(), "a topic of 65530 bytes is too long; there is room for 65529");
}

#[test]
fn text_must_be_utf8() {
    let not_utf8 = |problem: &Problem| matches!(problem, Problem::Usage(UsageError::TextUtf8));
    failed(client(NOWHERE).broadcast(b"\xff", false), None, not_utf8);
    failed(client(NOWHERE).publish("t", b"\xc3", false), None, not_utf8);
    failed(client(NOWHERE).send(&token(), b"\xed\xa0\x80", false), None, not_utf8);
    let long = vec![0xff; 2 * MOST];
    failed(client(NOWHERE).send(&token(), &long, false), None, not_utf8);
}

#[test]
fn recipients_and_topics_that_no_frame_can_name_are_refused() {
    let recipient = |problem: &Problem| matches!(problem, Problem::Command(ControlError::Recipient));
    for token in ["", "#1", "33 bytes are too many for a token", "blank at the end "] {
        let to = Recipient::Token(token.into());
        failed(client(NOWHERE).send(&to, b"x", false), None, recipient);
        failed(client(NOWHERE).begin(&to, false), None, recipient);
    }
    failed(client(NOWHERE).send(&Recipient::Id(-1), b"x", false), None, recipient);
    failed(client(NOWHERE).publish("a\0b", b"", false), None, |p| matches!(p, Problem::Topic));
}

#[test]
fn only_two_kinds_of_addresses_can_be_connected_to() {
    let make = |uri: &str, secret: Option<Vec<u8>>| {
        ControlClient::new(ControlSettings { uri: uri.to_owned(), secret, timeout: PATIENCE })
    };
    for uri in ["", "systemd", "fd://3", "tls://127.0.0.1:1", "tls+unix:///x", "/run/ws.control", "http://x"]
    {
        failed(make(uri, None), None, |p| matches!(p, Problem::Scheme));
    }
    for uri in ["tcp://127.0.0.1", "tcp://::1:1", "unix://"] {
        failed(make(uri, None), None, |p| matches!(p, Problem::Address(_)));
    }
    let failure = make("fd://3", None).unwrap_err().to_string();
    let form = "the address of a control socket has the form unix:///PATH or tcp://HOST:PORT";
    assert_eq!(failure, format!("\"fd://3\": {form}"));
    let failure = make("tcp://x", Some(TOKEN.into())).unwrap_err().to_string();
    assert_eq!(failure, "\"tcp://x\": the port is missing");
    make(NOWHERE, Some(vec![b's'; MOST])).unwrap();
    failed(make(NOWHERE, Some(vec![b's'; MOST + 1])), None, |p| matches!(p, Problem::TooLong { .. }));
}
