//! Messages in fragments: the client is locked for them, in all its ends.

use super::limits::whole;
use super::{Control, Controlled, application, delivered, frame, not_delivered, to};
use crate::support::{Client, PATIENCE};
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use ws_server::protocol::Opcode;
use ws_server::server::{Event, ServerConfig};

fn lock(control: &mut Control, id: i64) {
    assert_eq!(control.ask(to('l', id, "")), delivered(id));
}

#[test]
fn fragments_are_one_message_and_others_wait_for_the_unlock() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    client.send(Opcode::Text, b"+news");
    controlled.server.next_with("subscribed");
    let (mut source, mut other) = (controlled.control(), controlled.tcp_control());
    for (first, middle, last, opcode) in [('f', 'i', 's', Opcode::Text), ('F', 'I', 'S', Opcode::Binary)] {
        lock(&mut source, 1);
        assert_eq!(other.ask(to('c', 1, "between lock and first")), delivered(1));
        assert_eq!(source.ask(frame(first, "one,")), "0a");
        other.send([frame('b', "broadcast"), frame('t', "news\0topic"), to('D', 1, "direct")].concat());
        assert_eq!(other.ask(to('C', 1, "confirmed")), delivered(1));
        assert_eq!(source.ask(frame(middle, "two,")), "0a");
        assert_eq!(source.ask(frame(middle, "")), "0a");
        assert_eq!(source.ask(frame(last, "three")), "0a");
        other.send(frame('b', "after"));
        assert_eq!(whole(&mut client), (opcode, b"one,two,three".to_vec()));
        for (opcode, message) in [
            (Opcode::Text, "between lock and first"),
            (Opcode::Text, "broadcast"),
            (Opcode::Text, "topic"),
            (Opcode::Binary, "direct"),
            (Opcode::Binary, "confirmed"),
            (Opcode::Text, "after"),
        ] {
            assert_eq!(whole(&mut client), (opcode, message.as_bytes().to_vec()));
        }
    }
}

#[test]
fn each_fragment_is_a_frame() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut source = controlled.control();
    source.send([to('l', 1, ""), frame('f', "a"), frame('i', "b"), frame('s', "c")].concat());
    assert_eq!([source.next(), source.next()], [Some(delivered(1)), Some("0a".to_owned())]);
    for (opcode, fin, payload) in
        [(Opcode::Text, false, "a"), (Opcode::Continuation, false, "b"), (Opcode::Continuation, true, "c")]
    {
        let frame = client.frame().unwrap();
        assert_eq!((frame.opcode, frame.fin, &*frame.payload), (opcode, fin, payload.as_bytes()));
    }
}

#[test]
fn what_can_not_come_next_is_refused_and_changes_nothing() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let (mut source, mut other) = (controlled.control(), controlled.control());
    for letter in ['f', 'F', 'i', 'I', 's', 'S'] {
        assert_eq!(source.ask(frame(letter, "no lock")), "0n");
    }
    assert_eq!(source.ask(to('l', 2, "")), not_delivered(2), "nobody is there");
    lock(&mut source, 1);
    let _second = controlled.server.connect();
    assert_eq!(source.ask(to('l', 2, "")), not_delivered(2), "it holds one");
    assert_eq!(source.ask(to('l', 1, "")), not_delivered(1), "be it the same");
    assert_eq!(other.ask(to('l', 1, "")), not_delivered(1), "somebody else has locked it");
    assert_eq!(other.ask(frame('f', "stolen")), "0n");
    for letter in ['i', 'I', 's', 'S'] {
        assert_eq!(source.ask(frame(letter, "before the first")), "0n");
    }
    assert_eq!(source.ask(frame('f', b"\xff")), "0n", "not UTF-8");
    let euro = "€".as_bytes();
    assert_eq!(source.ask(frame('f', &euro[..1])), "0a", "text may be cut anywhere");
    for wrong in [frame('f', "again"), frame('F', "again"), frame('I', "binary"), frame('S', "binary")] {
        assert_eq!(source.ask(&wrong), "0n");
    }
    assert_eq!(source.ask(frame('i', "x")), "0n", "not UTF-8");
    assert_eq!(source.ask(frame('s', &euro[1..2])), "0n", "ends inside a character");
    assert_eq!(source.ask(frame('i', &euro[1..2])), "0a");
    assert_eq!(source.ask(frame('s', &euro[2..])), "0a");
    assert_eq!(source.ask(frame('s', "")), "0n", "it is unlocked");
    assert_eq!(whole(&mut client), (Opcode::Text, euro.to_vec()));
    lock(&mut other, 1);
    lock(&mut source, 2);
}

#[test]
fn a_client_whose_source_is_lost_is_closed() {
    type End = fn(Control);
    let ends: [(&str, End); 4] = [
        ("quit", |mut source| {
            source.send("0q");
            assert_eq!(source.next(), None);
        }),
        ("hang up", drop),
        ("half a frame", |mut source| {
            source.send("9i1234");
            source.finish();
            assert_eq!(source.rest(), "0E");
        }),
        ("fault", |mut source| {
            source.send("0x");
            assert_eq!(source.rest(), "0E");
        }),
    ];
    for (name, end) in ends {
        for begun in [false, true] {
            let controlled = Controlled::new();
            let mut client = controlled.server.connect();
            let mut source = controlled.tcp_control();
            lock(&mut source, 1);
            if begun {
                assert_eq!(source.ask(frame('f', "half a ")), "0a");
            }
            assert_eq!(controlled.control().ask(to('c', 1, "waits")), delivered(1));
            end(source);
            if begun {
                let frame = client.frame().unwrap();
                assert!(frame.opcode == Opcode::Text && !frame.fin, "{name}");
            } else {
                // Nothing has been begun that could not be ended: what waited is delivered.
                assert_eq!(whole(&mut client).1, b"waits", "{name}");
            }
            is_closed(&controlled, &mut client);
        }
    }
}

#[test]
fn a_source_that_is_reset_or_falls_silent_is_lost_too() {
    for silent in [false, true] {
        let controlled = Controlled::new();
        let mut client = controlled.server.connect();
        let mut source = controlled.tcp();
        source.write_all(&[to('l', 1, ""), frame('f', "half a "), frame('m', "")].concat()).unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"0M") {
            let mut byte = [0];
            source.read_exact(&mut byte).unwrap();
            said.push(byte[0]);
        }
        if silent {
            source.read_to_end(&mut said).unwrap();
            assert!(said.ends_with(b"0p0E"), "{}", said.escape_ascii());
        } else {
            socket2::SockRef::from(&source).set_linger(Some(Duration::ZERO)).unwrap();
            drop(source);
        }
        assert!(!client.frame().unwrap().fin);
        is_closed(&controlled, &mut client);
    }
}

fn is_closed(controlled: &Controlled, client: &mut Client) {
    let close = client.frame().unwrap();
    assert_eq!(close.opcode, Opcode::Close);
    assert_eq!(close.payload, [&1011u16.to_be_bytes()[..], b"framesource lost"].concat());
    client.send(Opcode::Close, &close.payload);
    assert_eq!(client.frame(), None);
    assert_eq!(controlled.server.next_with("close"), "close 1011 \"framesource lost\" true");
}

#[test]
fn a_source_whose_client_is_gone_is_told_and_may_lock_another() {
    let controlled = Controlled::new();
    let mut source = controlled.control();
    let client = controlled.server.connect();
    lock(&mut source, 1);
    assert_eq!(source.ask(frame('f', "to be continued")), "0a");
    drop(client);
    controlled.server.next_with("close 1006");
    for fragment in [frame('i', ""), frame('s', "")] {
        assert_eq!(source.ask(fragment), "0n");
    }
    // Whether it has tried to go on or not.
    let client = controlled.server.connect();
    lock(&mut source, 2);
    drop(client);
    controlled.server.next_with("close 1006");
    let mut client = controlled.server.connect();
    lock(&mut source, 3);
    source.send([frame('F', "x"), frame('S', "y"), frame('q', "")].concat());
    assert_eq!(source.rest(), "0a0a");
    assert_eq!(whole(&mut client), (Opcode::Binary, b"xy".to_vec()));
}

/// While the application is sending a message in pieces or a file, nobody else can; and the other way round.
#[test]
fn a_client_that_is_being_sent_something_can_not_be_locked() {
    let controlled = Controlled::start(ServerConfig::default(), |log| {
        let mut application = application(log.clone());
        Box::new(move |driver, event| match event {
            Event::Text { key, payload } => {
                let file = || std::fs::File::open("/dev/zero").unwrap();
                let done = match &payload[..] {
                    b"begin" => driver.begin_message(key, true),
                    b"write" => driver.write_message(key, b"piece") == Ok(ws_server::server::Sent::Queued),
                    b"end" => driver.end_message(key) == Ok(true),
                    b"file" => driver.send_file(key, file(), true),
                    b"cancel" => driver.cancel_file(key),
                    other => panic!("{other:?}"),
                };
                log.send(format!("done {done}")).unwrap();
            }
            event => application(driver, event),
        })
    });
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    let ask = |client: &mut Client, what: &str| {
        client.send(Opcode::Text, what.as_bytes());
        controlled.server.next_with("done") == "done true"
    };
    assert!(ask(&mut client, "begin"));
    assert_eq!(control.ask(to('l', 1, "")), not_delivered(1));
    assert!(ask(&mut client, "write") && ask(&mut client, "end"));
    assert_eq!(whole(&mut client).1, b"piece");

    lock(&mut control, 1);
    for what in ["begin", "write", "end", "file", "cancel"] {
        assert!(!ask(&mut client, what), "{what}");
        assert_eq!(control.ask(frame(if what == "begin" { 'f' } else { 'i' }, "x")), "0a");
        assert!(!ask(&mut client, what), "{what}");
    }
    assert_eq!(control.ask(frame('s', ".")), "0a");
    assert_eq!(whole(&mut client).1, b"xxxxx.");

    assert!(ask(&mut client, "file"));
    assert_eq!(control.ask(to('l', 1, "")), not_delivered(1));
    assert!(ask(&mut client, "cancel"));
    whole(&mut client);
    lock(&mut control, 1);
}

#[test]
fn a_locked_client_is_closed_with_the_server_or_by_the_application() {
    let controlled = Controlled::start(ServerConfig::default(), |log| {
        let mut application = application(log.clone());
        Box::new(move |driver, event| match event {
            Event::Text { key, payload } if payload == b"close me" => {
                assert_eq!(driver.close(key, 4000, "as you wish"), Ok(true));
            }
            Event::Text { .. } => driver.shutdown(1001, "bye", Instant::now() + PATIENCE).unwrap(),
            event => application(driver, event),
        })
    });
    let (mut one, mut two) = (controlled.server.connect(), controlled.server.connect());
    let (mut first, mut second) = (controlled.control(), controlled.control());
    lock(&mut first, 1);
    lock(&mut second, 2);
    assert_eq!([first.ask(frame('f', "a")), second.ask(frame('f', "b"))], ["0a", "0a"]);
    one.send(Opcode::Text, b"close me");
    assert!(!one.frame().unwrap().fin);
    assert_eq!(one.close_code(), 4000);
    assert_eq!(first.ask(frame('i', "late")), "0n");
    two.send(Opcode::Text, b"stop");
    assert!(!two.frame().unwrap().fin);
    assert_eq!(two.close_code(), 1001);
    assert_eq!(second.ask(frame('s', "late")), "0n");
    drop((first, second));
}
