//! What each call says, and what it makes of the answer.

use crate::fake::{Fake, PATIENCE, client_with, delivered, failed, fresh_path, not_delivered, token};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;
use ws_server::client::{ControlClient, Fate, Problem};
use ws_server::protocol::{ControlAnswer, ControlCommand, Recipient};

#[test]
fn every_call_is_one_command() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        peer.take(ControlCommand::Broadcast { binary: false, message: "é".as_bytes() });
        peer.take(ControlCommand::Broadcast { binary: true, message: b"\xff" });
        peer.take(ControlCommand::Publish { topic: "news", binary: false, message: b"hi" });
        peer.take(ControlCommand::Publish { topic: "", binary: true, message: b"" });
        peer.answer(ControlCommand::Send { to: token(), binary: false, message: b"hi" }, delivered());
        peer.answer(ControlCommand::Send { to: token(), binary: true, message: b"\xff" }, not_delivered());
        let to = Recipient::Id(17);
        let field = to.field().unwrap();
        peer.answer(
            ControlCommand::Send { to, binary: false, message: b"you" },
            ControlAnswer::Delivered { to: field },
        );
        peer.answer(ControlCommand::Freest, ControlAnswer::Domain(b"ws2.example.com"));
        peer.answer(ControlCommand::Status, ControlAnswer::Status(b"{\"open\":3}"));
        peer.answer(ControlCommand::Ping, ControlAnswer::Pong);
        peer.take(ControlCommand::Broadcast { binary: false, message: b"" });
    });
    let client = fake.client();
    client.broadcast("é".as_bytes(), false).unwrap();
    client.broadcast(b"\xff", true).unwrap();
    client.publish("news", b"hi", false).unwrap();
    client.publish("", b"", true).unwrap();
    assert!(client.send(&token(), b"hi", false).unwrap());
    assert!(!client.send(&token(), b"\xff", true).unwrap());
    assert!(client.send(&Recipient::Id(17), b"you", false).unwrap());
    assert_eq!(client.freest().unwrap(), b"ws2.example.com");
    assert_eq!(client.status().unwrap(), b"{\"open\":3}");
    assert!(client.ping().unwrap() > Duration::ZERO);
    client.broadcast(b"", false).unwrap();
    fake.done();
}

#[test]
fn the_secret_comes_first_and_once() {
    let fake = Fake::tcp(|server| {
        let mut peer = server.accept();
        peer.answer(ControlCommand::Authenticate { secret: b"s3cret" }, ControlAnswer::Done);
        peer.take(ControlCommand::Broadcast { binary: false, message: b"one" });
        peer.take(ControlCommand::Broadcast { binary: false, message: b"two" });
    });
    let client = client_with(&fake.uri, Some("s3cret"), PATIENCE);
    client.broadcast(b"one", false).unwrap();
    client.broadcast(b"two", false).unwrap();
    fake.done();
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let fake = Fake::tcp(|server| {
        for (greeting, answer) in [
            (ControlCommand::Authenticate { secret: b"guess" }, ControlAnswer::NotDone),
            (ControlCommand::Authenticate { secret: b"guess" }, ControlAnswer::Error),
            (ControlCommand::Ping, ControlAnswer::NotDone),
            (ControlCommand::Ping, ControlAnswer::Error),
        ] {
            let mut peer = server.accept();
            peer.answer(greeting, answer);
            peer.gone();
        }
    });
    let wrong = client_with(&fake.uri, Some("guess"), PATIENCE);
    failed(wrong.broadcast(b"x", false), Fate::NotDelivered, |p| matches!(p, Problem::WrongSecret));
    failed(wrong.broadcast(b"x", false), Fate::NotDelivered, |p| matches!(p, Problem::Full));
    for _ in 0..2 {
        failed(fake.client().broadcast(b"x", false), Fate::NotDelivered, |p| {
            matches!(p, Problem::NotAdmitted)
        });
    }
    fake.done();
}

/// A client that would wait for an hour.
fn patient(uri: &str) -> ControlClient {
    client_with(uri, None, Duration::from_secs(3600))
}

#[test]
fn a_server_that_is_down_fails_at_once() {
    let connect = |problem: &Problem| matches!(problem, Problem::Connect(_));
    let path = fresh_path();
    let uri = format!("unix://{}", path.display());
    failed(patient(&uri).broadcast(b"x", false), Fate::NotDelivered, connect);
    // A socket that a killed server left behind.
    drop(UnixListener::bind(&path).unwrap());
    failed(patient(&uri).send(&token(), b"x", false), Fate::NotDelivered, connect);
    failed(patient(&uri).ping(), None, connect);
    std::fs::remove_file(&path).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    drop(listener);
    failed(patient(&uri).publish("t", b"x", false), Fate::NotDelivered, connect);
}

#[test]
fn a_failure_tells_where_what_and_what_became_of_the_message() {
    let path = fresh_path();
    let uri = format!("unix://{}", path.display());
    let message = patient(&uri).broadcast(b"x", false).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{uri}: cannot connect: ")), "{message}");
    assert!(message.ends_with("; the message was not delivered"), "{message}");
    let message = patient(&uri).ping().unwrap_err().to_string();
    assert!(!message.contains("delivered"), "{message}");
}
