//! Connections that are kept from one call to the next.

use crate::fake::{Fake, PATIENCE, client_with, delivered, failed, token};
use std::sync::mpsc;
use ws_server::client::{Fate, Problem};
use ws_server::protocol::{ControlAnswer, ControlCommand};

fn text(message: &str) -> ControlCommand<'_> {
    ControlCommand::Broadcast { binary: false, message: message.as_bytes() }
}

#[test]
fn another_client_with_the_same_address_and_secret_shares_it() {
    let fake = Fake::unix(|server| {
        let mut open = server.greet();
        open.take(text("one"));
        let mut secret = server.accept();
        secret.answer(ControlCommand::Authenticate { secret: b"s" }, ControlAnswer::Done);
        secret.take(text("two"));
        open.take(text("three"));
        secret.take(text("four"));
        server.is_left_alone();
    });
    fake.client().broadcast(b"one", false).unwrap();
    client_with(&fake.uri, Some("s"), PATIENCE).broadcast(b"two", false).unwrap();
    fake.client().broadcast(b"three", false).unwrap();
    client_with(&fake.uri, Some("s"), PATIENCE).broadcast(b"four", false).unwrap();
    fake.done();
}

#[test]
fn one_that_was_closed_meanwhile_is_replaced() {
    let (closed, told) = mpsc::channel();
    let fake = Fake::unix(move |server| {
        for message in ["one", "two", "three"] {
            let mut peer = server.greet();
            peer.take(text(message));
            drop(peer);
            closed.send(()).unwrap();
        }
    });
    let client = fake.client();
    for message in ["one", "two", "three"] {
        client.broadcast(message.as_bytes(), false).unwrap();
        told.recv_timeout(PATIENCE).unwrap();
    }
    fake.done();
}

#[test]
fn one_whose_server_said_goodbye_is_replaced() {
    for goodbye in ["0E", "0P", "0a", "rubbish", "0p0E", "99"] {
        let (closed, told) = mpsc::channel();
        let fake = Fake::unix(move |server| {
            let mut peer = server.greet();
            peer.take(text("one"));
            peer.raw(goodbye.as_bytes());
            closed.send(()).unwrap();
            if goodbye == "99" {
                drop(peer); // in the middle of a frame
                closed.send(()).unwrap();
            }
            server.greet().take(text("two"));
        });
        let client = fake.client();
        client.broadcast(b"one", false).unwrap();
        told.recv_timeout(PATIENCE).unwrap();
        if goodbye == "99" {
            told.recv_timeout(PATIENCE).unwrap();
        }
        client.broadcast(b"two", false).unwrap();
        fake.done();
    }
}

#[test]
fn pings_that_came_meanwhile_are_answered_before_anything_else() {
    let (pinged, told) = mpsc::channel();
    let fake = Fake::unix(move |server| {
        let mut peer = server.greet();
        peer.take(text("one"));
        peer.raw(b"0p0p");
        pinged.send(()).unwrap();
        peer.expect(ControlCommand::Pong);
        peer.expect(ControlCommand::Pong);
        peer.take(text("two"));
        server.is_left_alone();
    });
    let client = fake.client();
    client.broadcast(b"one", false).unwrap();
    told.recv_timeout(PATIENCE).unwrap();
    client.broadcast(b"two", false).unwrap();
    fake.done();
}

#[test]
fn what_the_server_may_have_acted_on_is_never_sent_twice() {
    for command in ["broadcast", "publish", "send"] {
        let fake = Fake::unix(move |server| {
            let mut peer = server.greet();
            peer.take(text("one"));
            peer.next().unwrap();
            drop(peer); // it may have been done before
            server.greet().take(text("again"));
            server.is_left_alone();
        });
        let client = fake.client();
        client.broadcast(b"one", false).unwrap();
        let result = match command {
            "broadcast" => client.broadcast(b"two", false),
            "publish" => client.publish("topic", b"two", false),
            _ => client.send(&token(), b"two", false).map(drop),
        };
        failed(result, Fate::Unknown, |p| matches!(p, Problem::Closed | Problem::Lost(_)));
        // Only the application may decide about that.
        client.broadcast(b"again", false).unwrap();
        fake.done();
    }
}

#[test]
fn questions_are_asked_again_once() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        peer.answer(ControlCommand::Freest, ControlAnswer::Domain(b"a"));
        peer.expect(ControlCommand::Freest);
        drop(peer);
        let mut peer = server.greet();
        peer.answer(ControlCommand::Freest, ControlAnswer::Domain(b"b"));
        peer.expect(ControlCommand::Lock { to: token() });
        drop(peer);
        let mut peer = server.greet();
        peer.answer(ControlCommand::Lock { to: token() }, delivered());
        peer.gone();
        // A new connection that dies too is an error.
        let mut peer = server.greet();
        peer.expect(ControlCommand::Status);
        drop(peer);
        server.is_left_alone();
    });
    let client = fake.client();
    assert_eq!(client.freest().unwrap(), b"a");
    assert_eq!(client.freest().unwrap(), b"b");
    drop(client.begin(&token(), false).unwrap().expect("it is locked"));
    failed(client.status(), None, |p| matches!(p, Problem::Closed | Problem::Lost(_)));
    fake.done();
}

#[test]
fn a_call_in_the_middle_of_a_message_has_a_connection_of_its_own() {
    let fake = Fake::unix(|server| {
        let mut outer = server.greet();
        outer.answer(ControlCommand::Lock { to: token() }, delivered());
        let mut inner = server.greet();
        inner.take(text("between"));
        let fragment = |position, piece| ControlCommand::Fragment { position, binary: false, piece };
        use ws_server::protocol::Position;
        outer.answer(fragment(Position::First, b"whole"), ControlAnswer::Done);
        outer.answer(fragment(Position::Last, b""), ControlAnswer::Done);
        // One of the two is enough.
        inner.gone();
        outer.take(text("after"));
    });
    let client = fake.client();
    let mut message = client.begin(&token(), false).unwrap().expect("it is locked");
    fake.client().broadcast(b"between", false).unwrap();
    assert!(message.write(b"whole").unwrap());
    assert!(message.end().unwrap());
    client.broadcast(b"after", false).unwrap();
    fake.done();
}

#[test]
fn no_more_than_sixteen_are_kept() {
    let fake = Fake::tcp(|server| {
        let mut peers: Vec<_> = (0..17)
            .map(|number| {
                let mut peer = server.accept();
                let secret = format!("secret {number}");
                peer.answer(ControlCommand::Authenticate { secret: secret.as_bytes() }, ControlAnswer::Done);
                peer.take(text("hi"));
                peer
            })
            .collect();
        peers[0].gone();
        peers[1].take(text("still there"));
    });
    let client = |number| client_with(&fake.uri, Some(&format!("secret {number}")), PATIENCE);
    for number in 0..17 {
        client(number).broadcast(b"hi", false).unwrap();
    }
    client(1).broadcast(b"still there", false).unwrap();
    fake.done();
}
