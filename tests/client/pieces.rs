//! Messages in pieces.

use crate::fake::{Fake, Peer, delivered, failed, not_delivered, timed_out, token};
use ws_server::client::{Fate, Problem};
use ws_server::protocol::{ControlAnswer, ControlCommand, MAX_CONTROL_FRAME, Position, UsageError};

/// What fits into a fragment.
const MOST: usize = MAX_CONTROL_FRAME - 6;

fn first(piece: &[u8]) -> ControlCommand<'_> {
    ControlCommand::Fragment { position: Position::First, binary: false, piece }
}

fn intermediate(piece: &[u8]) -> ControlCommand<'_> {
    ControlCommand::Fragment { position: Position::Intermediate, binary: false, piece }
}

fn last() -> ControlCommand<'static> {
    ControlCommand::Fragment { position: Position::Last, binary: false, piece: b"" }
}

fn lock(peer: &mut Peer) {
    peer.answer(ControlCommand::Lock { to: token() }, delivered());
}

#[test]
fn each_piece_goes_out_as_it_comes() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(b"one "), ControlAnswer::Done);
        // Half a character.
        peer.answer(intermediate(b"\xc3"), ControlAnswer::Done);
        peer.answer(intermediate(b"\xa9"), ControlAnswer::Done);
        peer.answer(last(), ControlAnswer::Done);
        // The connection is kept.
        peer.answer(ControlCommand::Ping, ControlAnswer::Pong);
    });
    let client = fake.client();
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    for piece in [&b"one "[..], b"\xc3", b"", b"\xa9"] {
        assert!(message.write(piece).unwrap());
    }
    assert!(message.end().unwrap());
    client.ping().unwrap();
    fake.done();
}

#[test]
fn a_message_without_a_piece_is_an_empty_one() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        for _ in 0..2 {
            lock(&mut peer);
            peer.answer(first(b""), ControlAnswer::Done);
            peer.answer(last(), ControlAnswer::Done);
        }
    });
    let client = fake.client();
    assert!(client.begin(&token(), false).unwrap().unwrap().end().unwrap());
    assert!(client.send(&token(), b"", false).unwrap());
    fake.done();
}

#[test]
fn send_cuts_what_does_not_fit_into_a_frame() {
    let fits = MOST - 32;
    let fake = Fake::unix(move |server| {
        let mut peer = server.greet();
        let text = vec![b'x'; 3 * MOST];
        peer.answer(ControlCommand::Send { to: token(), binary: false, message: &text[..fits] }, delivered());
        lock(&mut peer);
        peer.answer(first(&text[..fits + 1]), ControlAnswer::Done);
        peer.answer(last(), ControlAnswer::Done);
        lock(&mut peer);
        peer.answer(first(&text[..MOST]), ControlAnswer::Done);
        peer.answer(intermediate(&text[..MOST]), ControlAnswer::Done);
        peer.answer(intermediate(&text[..5]), ControlAnswer::Done);
        peer.answer(last(), ControlAnswer::Done);
        peer.answer(ControlCommand::Lock { to: token() }, not_delivered());
        peer.answer(ControlCommand::Ping, ControlAnswer::Pong);
    });
    let client = fake.client();
    let text = vec![b'x'; 3 * MOST];
    assert!(client.send(&token(), &text[..fits], false).unwrap());
    assert!(client.send(&token(), &text[..fits + 1], false).unwrap());
    assert!(client.send(&token(), &text[..2 * MOST + 5], false).unwrap());
    assert!(!client.send(&token(), &text, false).unwrap());
    client.ping().unwrap();
    fake.done();
}

#[test]
fn binary_pieces_may_hold_anything() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        lock(&mut peer);
        let fragment = |position, piece| ControlCommand::Fragment { position, binary: true, piece };
        peer.answer(fragment(Position::First, b"\xff"), ControlAnswer::Done);
        peer.answer(fragment(Position::Last, b""), ControlAnswer::Done);
    });
    let client = fake.client();
    let mut message = client.begin(&token(), true).unwrap().unwrap();
    assert!(message.write(b"\xff").unwrap());
    assert!(message.end().unwrap());
    fake.done();
}

#[test]
fn a_recipient_that_is_gone_or_taken_is_no_error() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        peer.answer(ControlCommand::Lock { to: token() }, not_delivered());
        lock(&mut peer);
        peer.answer(first(b"a"), ControlAnswer::NotDone);
        // What the lock is good for nobody knows: it is given up with the connection.
        peer.gone();
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(b"a"), ControlAnswer::Done);
        peer.answer(last(), ControlAnswer::NotDone);
        peer.gone();
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(&vec![b'x'; MOST]), ControlAnswer::NotDone);
        peer.gone();
    });
    let client = fake.client();
    assert!(client.begin(&token(), false).unwrap().is_none());
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    assert!(!message.write(b"a").unwrap());
    drop(message);
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    assert!(message.write(b"a").unwrap());
    assert!(!message.end().unwrap());
    assert!(!client.send(&token(), &vec![b'x'; 3 * MOST], false).unwrap());
    fake.done();
}

#[test]
fn a_message_that_is_dropped_gives_up_the_lock_with_the_connection() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(b"half"), ControlAnswer::Done);
        peer.gone();
    });
    let client = fake.client();
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    assert!(message.write(b"half").unwrap());
    drop(message);
    fake.done();
}

#[test]
fn text_that_is_not_utf8_is_given_up() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(b"a"), ControlAnswer::Done);
        peer.gone();
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(b"a\xc3"), ControlAnswer::Done);
        peer.gone();
    });
    let not_utf8 = |problem: &Problem| matches!(problem, Problem::Usage(UsageError::TextUtf8));
    let client = fake.client();
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    assert!(message.write(b"a").unwrap());
    failed(message.write(b"\xff"), Fate::NotDelivered, not_utf8);
    drop(message);
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    assert!(message.write(b"a\xc3").unwrap());
    failed(message.end(), Fate::NotDelivered, not_utf8);
    fake.done();
}

#[test]
fn lost_before_its_end_it_is_no_message_and_afterwards_nobody_knows() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        lock(&mut peer);
        peer.expect(first(b"a"));
        drop(peer);
        let mut peer = server.greet();
        lock(&mut peer);
        peer.answer(first(b"a"), ControlAnswer::Done);
        peer.expect(last());
        drop(peer);
        let mut peer = server.greet();
        lock(&mut peer);
        peer.expect(first(b"a"));
        peer.gone();
        server.is_left_alone();
    });
    let lost = |problem: &Problem| matches!(problem, Problem::Closed | Problem::Lost(_));
    let client = fake.client();
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    failed(message.write(b"a"), Fate::NotDelivered, lost);
    drop(message);
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    assert!(message.write(b"a").unwrap());
    failed(message.end(), Fate::Unknown, lost);
    let client = fake.impatient_client();
    let mut message = client.begin(&token(), false).unwrap().unwrap();
    failed(message.write(b"a"), Fate::NotDelivered, timed_out);
    drop(message);
    fake.done();
}
