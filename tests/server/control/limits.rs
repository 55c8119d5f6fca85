//! Limits on control connections, at the limit and beyond.

use super::{Control, Controlled, application, delivered, frame, not_delivered, to, until};
use crate::support::Client;
use ws_server::protocol::Opcode;
use ws_server::server::{Event, ServerConfig, SlowClient};

#[test]
fn there_is_room_for_so_many_and_others_are_told() {
    let controlled = Controlled::start(ServerConfig::default(), |log| {
        let mut told = false;
        let mut application = application(log.clone());
        Box::new(move |driver, event| {
            if !std::mem::replace(&mut told, true) {
                let most = driver.descriptor_limit().control_connections();
                log.send(format!("most {most}")).unwrap();
            }
            application(driver, event);
        })
    });
    let mut first = controlled.control();
    first.ask("0j");
    let most: usize = controlled.server.next_with("most ").rsplit_once(' ').unwrap().1.parse().unwrap();

    let mut others: Vec<Control> = Vec::new();
    loop {
        let mut control = controlled.control();
        // One that is sent away may be gone already.
        let _ = control.try_send("0p");
        match control.next().as_deref() {
            Some("0P") => others.push(control),
            answer => {
                assert_eq!((answer, control.next()), (Some("0E"), None));
                break;
            }
        }
    }
    assert_eq!(others.len() + 1, most);
    first.is_served();
    others.pop();
    // The place is free when the server has seen the end of that one.
    let mut newcomer = loop {
        let mut control = controlled.control();
        let _ = control.try_send("0p");
        if control.next().as_deref() == Some("0P") {
            break control;
        }
    };
    newcomer.is_served();
}

/// Clients that are full of control messages are treated like any others.
#[test]
fn a_client_that_does_not_take_what_is_sent_to_it_is_not_delivered_to() {
    for policy in [SlowClient::Close, SlowClient::Drop] {
        let config = ServerConfig { max_buffered: 100_000, slow_client: policy, ..ServerConfig::default() };
        let controlled = Controlled::with(config);
        let mut client = controlled.server.connect();
        let mut control = controlled.control();
        let message = "x".repeat(50_000);
        let mut sent = 0;
        let answer = loop {
            match control.ask(to('c', 1, &message)) {
                answer if answer == delivered(1) => sent += 1,
                answer => break answer,
            }
        };
        assert_eq!(answer, not_delivered(1));
        if policy == SlowClient::Drop {
            (0..sent).for_each(|_| assert!(client.frame().unwrap().payload == message.as_bytes()));
            // There is room again when what waited has gone out.
            until(|| control.ask(to('c', 1, "again")) == delivered(1));
            assert_eq!(client.frame().unwrap().payload, b"again");
        } else {
            controlled.server.next_with("close 1013");
        }
    }
}

#[test]
fn what_waits_for_an_unlock_is_bounded_and_the_message_goes_on() {
    let config =
        ServerConfig { max_buffered: 100_000, slow_client: SlowClient::Drop, ..ServerConfig::default() };
    let controlled = Controlled::with(config);
    let mut client = controlled.server.connect();
    let (mut source, mut other) = (controlled.control(), controlled.control());
    assert_eq!(source.ask(to('l', 1, "")), delivered(1));
    assert_eq!(source.ask(frame('f', "first,")), "0a");
    let message = "x".repeat(10_000);
    let mut waiting = 0;
    while other.ask(to('c', 1, &message)) == delivered(1) {
        waiting += 1;
    }
    assert_eq!(waiting, 10, "one message over the limit");
    // The source is not the one who has to wait for that.
    assert_eq!(source.ask(frame('i', "middle,")), "0a");
    assert_eq!(source.ask(frame('s', "last")), "0a");
    assert_eq!(whole(&mut client), (Opcode::Text, b"first,middle,last".to_vec()));
    (0..waiting).for_each(|_| assert!(whole(&mut client).1 == message.as_bytes()));
    until(|| other.ask(to('c', 1, "again")) == delivered(1));
    assert_eq!(whole(&mut client).1, b"again");
}

#[test]
fn a_locked_client_with_too_much_waiting_is_closed_where_slow_clients_are() {
    let config = ServerConfig { max_buffered: 100_000, ..ServerConfig::default() };
    let controlled = Controlled::with(config);
    let _client = controlled.server.connect();
    let (mut source, mut other) = (controlled.control(), controlled.control());
    assert_eq!(source.ask(to('l', 1, "")), delivered(1));
    until(|| other.ask(to('c', 1, &"x".repeat(10_000))) != delivered(1));
    controlled.server.next_with("close 1013");
    assert_eq!(source.ask(frame('f', "late")), "0n");
}

/// Half a message can't be dropped: the client is closed, whatever the policy.
#[test]
fn a_client_that_does_not_take_fragments_is_closed() {
    for policy in [SlowClient::Close, SlowClient::Drop] {
        let config = ServerConfig { max_buffered: 100_000, slow_client: policy, ..ServerConfig::default() };
        let controlled = Controlled::with(config);
        let mut client = controlled.server.connect();
        let mut source = controlled.control();
        assert_eq!(source.ask(to('l', 1, "")), delivered(1));
        assert_eq!(source.ask(frame('F', "begins")), "0a");
        let piece = frame('I', vec![0; 50_000]);
        until(|| source.ask(&piece) != "0a");
        assert_eq!((source.ask(&piece), source.ask(frame('S', ""))), ("0n".to_owned(), "0n".to_owned()));
        // It reads on, and hears the end.
        while client.frame().is_some_and(|frame| frame.opcode != Opcode::Close) {}
        drop(client);
        controlled.server.next_with("close 10");
        source.is_served();
    }
}

/// A client is not a control connection's matter when there is no room for more of these.
#[test]
fn control_connections_are_counted_apart_from_clients() {
    let config = ServerConfig { max_connections: Some(1), ..ServerConfig::default() };
    let controlled = Controlled::start(config, |log| {
        let mut application = application(log.clone());
        Box::new(move |driver, event| {
            if let Event::Control { .. } = &event {
                let counts = (driver.connections(), driver.control_connections());
                log.send(format!("counts {counts:?}")).unwrap();
            }
            application(driver, event);
        })
    });
    let mut client = controlled.server.connect();
    let mut controls = [(); 3].map(|()| controlled.control());
    for control in &mut controls {
        control.is_served();
    }
    controls[0].send(frame('b', "x"));
    assert_eq!(client.frame().unwrap().payload, b"x");
    assert_eq!(controlled.server.next_with("counts"), "counts (1, 3)");
}

pub fn whole(client: &mut Client) -> (Opcode, Vec<u8>) {
    let first = client.frame().expect("a message comes");
    let (mut payload, mut fin) = (first.payload, first.fin);
    while !fin {
        let next = client.frame().expect("the message goes on");
        assert_eq!(next.opcode, Opcode::Continuation);
        payload.extend_from_slice(&next.payload);
        fin = next.fin;
    }
    (first.opcode, payload)
}
