//! Servers that are stuck, die, or talk nonsense.

use crate::fake::{Fake, delivered, failed, fresh_path, timed_out, token};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::ErrorKind;
use ws_server::client::{Fate, Problem};
use ws_server::protocol::{ControlAnswer, ControlCommand, Recipient};

const HI: ControlCommand<'static> = ControlCommand::Broadcast { binary: false, message: b"hi" };

#[test]
fn one_that_never_says_a_word_gets_no_message() {
    let fake = Fake::unix(|server| {
        let mut peer = server.accept();
        peer.expect(ControlCommand::Ping);
        peer.gone();
    });
    failed(fake.impatient_client().broadcast(b"hi", false), Fate::NotDelivered, timed_out);
    fake.done();
}

#[test]
fn one_whose_queue_is_full_is_not_waited_for() {
    let path = fresh_path();
    let address = SockAddr::unix(&path).unwrap();
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let mut waiting = Vec::new();
    loop {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        match socket.connect(&address) {
            Ok(()) => waiting.push(socket),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    let client =
        crate::fake::client_with(&format!("unix://{}", path.display()), None, crate::fake::IMPATIENCE);
    failed(client.broadcast(b"hi", false), Fate::NotDelivered, timed_out);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_another() {
    let fake = Fake::unix(|server| {
        let mut late = server.greet();
        late.expect(HI);
        late.expect(ControlCommand::Ping);
        late.gone(); // it has lost its patience
        let mut peer = server.greet();
        peer.answer(ControlCommand::Send { to: token(), binary: false, message: b"you" }, delivered());
    });
    failed(fake.impatient_client().broadcast(b"hi", false), Fate::Unknown, timed_out);
    assert!(fake.client().send(&token(), b"you", false).unwrap());
    fake.done();
}

#[test]
fn one_that_talks_all_the_time_is_not_listened_to_forever() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        peer.expect(ControlCommand::Freest);
        peer.flood(&b"0p".repeat(1000));
    });
    failed(fake.impatient_client().freest(), None, timed_out);
    fake.done();
}

#[test]
fn an_answer_byte_by_byte_with_pings_in_between_is_one() {
    let fake = Fake::tcp(|server| {
        let mut peer = server.greet();
        peer.expect(ControlCommand::Status);
        for byte in b"0p0p7J{\"a\":1}" {
            peer.raw(&[*byte]);
        }
        peer.expect(ControlCommand::Pong);
        peer.expect(ControlCommand::Pong);
        peer.expect(HI);
        peer.expect(ControlCommand::Ping);
        peer.raw(b"0p");
        peer.expect(ControlCommand::Pong);
        peer.raw(b"0P");
    });
    assert_eq!(fake.client().status().unwrap(), b"{\"a\":1}");
    fake.client().broadcast(b"hi", false).unwrap();
    fake.done();
}

#[test]
fn nonsense_is_told_and_the_connection_closed() {
    let nonsense = |problem: &Problem| matches!(problem, Problem::Nonsense(_));
    let closed = |problem: &Problem| matches!(problem, Problem::Closed | Problem::Lost(_));
    let out_of_turn = |problem: &Problem| matches!(problem, Problem::OutOfTurn);
    let other = String::from_utf8(Recipient::Id(1).field().unwrap().to_vec()).unwrap();
    type Check = fn(&Problem) -> bool;
    let cases: [(String, Check); 11] = [
        ("HTTP/1.1 400 Bad Request\r\n\r\n".into(), nonsense),
        ("0?".into(), nonsense),
        ("99999A".into(), nonsense),
        ("0A".into(), nonsense),
        ("0x".into(), nonsense),
        (format!("32A{other}"), out_of_turn),
        (format!("32N{other}"), out_of_turn),
        ("0P".into(), out_of_turn),
        ("0a".into(), out_of_turn),
        ("0E".into(), |problem| matches!(problem, Problem::Refused)),
        ("32A32feb".into(), closed),
    ];
    for (answer, check) in cases {
        let fake = Fake::unix(move |server| {
            let mut peer = server.greet();
            peer.expect(ControlCommand::Send { to: token(), binary: false, message: b"hi" });
            peer.raw(answer.as_bytes());
            if !answer.ends_with("32feb") {
                peer.gone();
            }
            drop(peer);
            server.greet().take(HI);
        });
        failed(fake.client().send(&token(), b"hi", false), Fate::Unknown, check);
        fake.client().broadcast(b"hi", false).unwrap();
        fake.done();
    }
}

#[test]
fn half_an_answer_is_waited_for_in_vain() {
    let fake = Fake::unix(|server| {
        let mut peer = server.greet();
        peer.expect(ControlCommand::Freest);
        peer.raw(b"15Mws1.exam");
        peer.gone();
    });
    failed(fake.impatient_client().freest(), None, timed_out);
    fake.done();
}

#[test]
fn one_that_hangs_up_at_the_greeting_is_no_server() {
    let fake = Fake::unix(|server| {
        drop(server.accept());
        let mut peer = server.accept();
        peer.answer(ControlCommand::Ping, ControlAnswer::Done);
        peer.gone();
        server.is_left_alone();
    });
    let closed = |problem: &Problem| matches!(problem, Problem::Closed | Problem::Lost(_));
    failed(fake.client().broadcast(b"hi", false), Fate::NotDelivered, closed);
    failed(fake.client().broadcast(b"hi", false), Fate::NotDelivered, |p| matches!(p, Problem::OutOfTurn));
    fake.done();
}
