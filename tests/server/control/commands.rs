//! Each command of the table, with its answer.

use super::{Controlled, delivered, frame, limits, not_delivered, secret, to, until};
use crate::support::{Client, Server, close_payload};
use crate::tokens;
use std::io::Write;
use std::sync::Arc;
use ws_server::protocol::Opcode;
use ws_server::server::ServerConfig;

const TOKEN: &str = "32febad1f0cf83f38aceb31ad63866c4";

fn message(client: &mut Client) -> (Opcode, Vec<u8>) {
    let frame = client.frame().unwrap();
    assert!(frame.fin);
    (frame.opcode, frame.payload)
}

fn text(client: &mut Client) -> String {
    let (opcode, payload) = message(client);
    assert_eq!(opcode, Opcode::Text);
    String::from_utf8(payload).unwrap()
}

#[test]
fn broadcasts_reach_everyone_as_text_or_binary() {
    let controlled = Controlled::new();
    let [mut one, mut two] = [(); 2].map(|()| controlled.server.connect());
    controlled.control().send([frame('b', "Grüße"), frame('B', b"\xff\0"), frame('b', "")].concat());
    for client in [&mut one, &mut two] {
        assert_eq!(message(client), (Opcode::Text, "Grüße".as_bytes().to_vec()));
        assert_eq!(message(client), (Opcode::Binary, b"\xff\0".to_vec()));
        assert_eq!(message(client), (Opcode::Text, Vec::new()));
    }
}

#[test]
fn one_connection_is_sent_to_and_asked_for() {
    let controlled = Controlled::new();
    let (mut one, mut two) = (controlled.server.connect(), controlled.server.connect());
    let mut control = controlled.control();
    assert_eq!(control.ask(to('c', 1, "to one")), delivered(1));
    assert_eq!(control.ask(to('C', 2, "to two")), delivered(2));
    assert_eq!(control.ask(to('c', 1, "")), delivered(1));
    assert_eq!(control.ask(to('C', 1, "")), delivered(1));
    for id in [0, 3, i64::MAX] {
        assert_eq!(control.ask(to('c', id, "nobody")), not_delivered(id));
        assert_eq!(control.ask(to('c', id, "")), not_delivered(id));
    }
    control.send([to('d', 2, "unconfirmed"), to('D', 1, "so"), to('d', 9, "x"), to('d', 1, "")].concat());
    assert_eq!(message(&mut one), (Opcode::Text, b"to one".to_vec()));
    assert_eq!(message(&mut one), (Opcode::Binary, b"so".to_vec()));
    assert_eq!(message(&mut two), (Opcode::Binary, b"to two".to_vec()));
    assert_eq!(message(&mut two), (Opcode::Text, b"unconfirmed".to_vec()));
    // The empty one was none.
    assert_eq!(control.ask(to('c', 1, "last")), delivered(1));
    assert_eq!(text(&mut one), "last");
}

#[test]
fn a_connection_that_has_ended_takes_nothing() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    client.send(Opcode::Close, &close_payload(1000, ""));
    controlled.server.next_with("close 1000");
    let mut control = controlled.control();
    assert_eq!(control.ask(to('c', 1, "late")), not_delivered(1));
    assert_eq!(control.ask(to('l', 1, "")), not_delivered(1));
}

#[test]
fn text_that_is_not_utf8_is_not_delivered() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    assert_eq!(control.ask(frame('c', [super::field(1).as_bytes(), b"\xff"].concat())), not_delivered(1));
    assert_eq!(control.ask(frame('C', [super::field(1).as_bytes(), b"\xff"].concat())), delivered(1));
    assert_eq!(message(&mut client), (Opcode::Binary, b"\xff".to_vec()));
}

#[test]
fn a_connection_is_sent_to_by_its_token() {
    let controlled = Controlled::with(tokens::config(|_| {}));
    let mut one = tokens::enter(&controlled.server, "ada", TOKEN);
    let mut two = tokens::enter(&controlled.server, "bob", "short");
    let short = format!("{:<32}", "short");
    let mut control = controlled.control();
    assert_eq!(control.ask(frame('c', format!("{TOKEN}to one"))), format!("32A{TOKEN}"));
    assert_eq!(control.ask(frame('C', format!("{short}to two"))), format!("32A{short}"));
    assert_eq!(control.ask(frame('c', TOKEN)), format!("32A{TOKEN}"));
    control.send(frame('d', format!("{TOKEN}unconfirmed")));
    assert_eq!((text(&mut one).as_str(), text(&mut one).as_str()), ("to one", "unconfirmed"));
    assert_eq!(message(&mut two), (Opcode::Binary, b"to two".to_vec()));
    assert_eq!(control.ask(frame('l', &short)), format!("32A{short}"));
    assert_eq!([control.ask("1fa"), control.ask("1sb")], ["0a", "0a"]);
    assert_eq!(limits::whole(&mut two), (Opcode::Text, b"ab".to_vec()));
    one.send(Opcode::Close, &close_payload(1000, ""));
    controlled.server.next_with("close 1000");
    assert_eq!(control.ask(frame('c', format!("{TOKEN}late"))), format!("32N{TOKEN}"));
}

#[test]
fn a_token_that_nobody_has_is_told_so() {
    let controlled = Controlled::new();
    let _client = controlled.server.connect();
    let mut control = controlled.control();
    assert_eq!(control.ask(frame('c', format!("{TOKEN}hello"))), format!("32N{TOKEN}"));
    assert_eq!(control.ask(frame('l', TOKEN)), format!("32N{TOKEN}"));
    let short = format!("{:<32}", "short");
    assert_eq!(control.ask(frame('c', &short)), format!("32N{short}"), "the field comes back as it was");
}

#[test]
fn what_is_published_reaches_the_subscribers_of_the_topic() {
    let controlled = Controlled::new();
    let (mut one, mut two) = (controlled.server.connect(), controlled.server.connect());
    one.send(Opcode::Text, b"+news");
    assert_eq!(controlled.server.next_with("subscribed"), "subscribed true");
    let mut control = controlled.control();
    control
        .send([frame('t', "news\0hello"), frame('T', b"news\0\xff\0\xfe"), frame('t', "sport\0x")].concat());
    control.send(frame('b', "end"));
    assert_eq!(message(&mut one), (Opcode::Text, b"hello".to_vec()));
    assert_eq!(message(&mut one), (Opcode::Binary, b"\xff\0\xfe".to_vec()));
    assert_eq!((text(&mut one).as_str(), text(&mut two).as_str()), ("end", "end"));
}

#[test]
fn pings_are_answered_and_quitting_is_quiet() {
    let controlled = Controlled::new();
    for quit in ["0q", "0Q"] {
        let mut control = controlled.control();
        assert_eq!(control.ask("0p"), "0P");
        control.send("0P");
        assert_eq!(control.ask("0p"), "0P", "a pong has no answer");
        control.send(quit);
        assert_eq!(control.next(), None);
    }
}

#[test]
fn the_freest_listener_is_the_one_with_the_fewest_connections() {
    let config = ServerConfig {
        domains: vec!["a.example".into(), String::new(), "c.example:81".into()],
        ..ServerConfig::default()
    };
    let mut controlled = Controlled::with(config);
    let mut control = controlled.control();
    assert_eq!(control.ask("0m"), "9Ma.example");
    let first = controlled.server.connect();
    assert_eq!(control.ask("0m"), "12Mc.example:81", "the one without a domain is no candidate");
    controlled.server.address = controlled.server.addresses[2];
    let others = [controlled.server.connect(), controlled.server.connect()];
    assert_eq!(control.ask("0m"), "9Ma.example");
    drop(others);
    for _ in 0..2 {
        controlled.server.next_with("close");
    }
    // Their sockets are closed in the turn that has told of their end, or soon after.
    until(|| control.ask("0m") == "12Mc.example:81");
    drop(first);
    assert_eq!(Controlled::new().control().ask("0m"), "0M", "no domains");
}

#[test]
fn the_status_is_json() {
    let controlled = Controlled::new();
    let _clients = [controlled.server.connect(), controlled.server.connect()];
    let mut control = controlled.control();
    control.send([frame('b', "x"), to('c', 1, "y"), to('c', 1, ""), to('d', 9, "z")].concat());
    assert_eq!((control.next(), control.next()), (Some(delivered(1)), Some(delivered(1))));
    let answer = control.ask("0j");
    let (length, json) = answer.split_once('J').unwrap();
    assert_eq!(length.parse(), Ok(json.len()));
    let status: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!((&status["control_accepted"], &status["control_messages"]), (&1.into(), &3.into()));
    assert!(status["opened"].is_u64() && status["bytes_out"].is_u64(), "{json}");
}

#[test]
fn tcp_and_unix_sockets_speak_the_same() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut control = controlled.tcp_control();
    assert_eq!(control.ask(to('c', 1, "over TCP")), delivered(1));
    assert_eq!(text(&mut client), "over TCP");
    control.send("0q");
    assert_eq!(control.next(), None);
}

#[test]
fn a_secret_lets_in_over_tcp_and_is_not_needed_on_a_unix_socket() {
    let config = ServerConfig { control_secret: secret("sesame"), ..ServerConfig::default() };
    let controlled = Controlled::with(config);
    let mut control = controlled.tcp_control();
    assert_eq!(control.ask("6ksesame"), "0a");
    control.is_served();
    assert_eq!(control.ask("6ksesame"), "0a", "once more does no harm");

    let mut control = controlled.tcp_control();
    control.send("6ksesame0j");
    assert_eq!(control.next().unwrap(), "0a");
    assert!(control.next().unwrap().contains('J'), "it need not wait for the answer");

    let mut control = controlled.tcp_control();
    assert_eq!((control.ask("6kSESAME"), control.next()), ("0n".to_owned(), None));
    for other in ["0p", "0j", "1bx"] {
        let mut control = controlled.tcp_control();
        assert_eq!((control.ask(other), control.next()), ("0E".to_owned(), None), "{other}");
    }

    let mut control = controlled.control();
    control.is_served();
    assert_eq!(control.ask("6ksesame"), "0a");
    assert_eq!((control.ask("1kx"), control.next()), ("0n".to_owned(), None));
}

/// As `printf … | nc` does it.
#[test]
fn what_was_asked_before_the_end_of_the_stream_is_done_and_answered() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    control.send([frame('b', "one"), to('c', 1, "two"), frame('p', ""), frame('b', "three")].concat());
    control.finish();
    assert_eq!(control.rest(), delivered(1) + "0P");
    for expected in ["one", "two", "three"] {
        assert_eq!(text(&mut client), expected);
    }
    // Of those who do not wait for the answers, too.
    let questions = [to('c', 1, "four").repeat(100), frame('b', "five")].concat();
    let (mut unix, mut tcp) = (controlled.unix(), controlled.tcp());
    unix.write_all(&questions).unwrap();
    drop(unix);
    (0..100).for_each(|_| assert_eq!(text(&mut client), "four"));
    assert_eq!(text(&mut client), "five");
    tcp.write_all(&questions).unwrap();
    drop(tcp);
    (0..100).for_each(|_| assert_eq!(text(&mut client), "four"));
    assert_eq!(text(&mut client), "five");
}

#[test]
fn ten_thousand_pushes_at_once_arrive_complete_and_in_order() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    let stream = Arc::clone(&control.writer);
    let writer = std::thread::spawn(move || {
        for number in 0..10_000 {
            let push = if number % 2 == 0 {
                frame('b', number.to_string())
            } else {
                to('c', 1, &number.to_string())
            };
            stream.lock().unwrap().write_all(&push).unwrap();
        }
    });
    let client = std::thread::spawn(move || {
        (0..10_000).for_each(|number| assert_eq!(text(&mut client), number.to_string()));
    });
    (0..5_000).for_each(|_| assert_eq!(control.next(), Some(delivered(1))));
    writer.join().unwrap();
    client.join().unwrap();
}

#[test]
fn the_end_of_the_server_closes_the_door_and_still_answers_who_is_in() {
    let controlled = Controlled::start(ServerConfig::default(), |log| {
        let mut application = super::application(log.clone());
        Box::new(move |driver, event| match event {
            ws_server::server::Event::Text { .. } => {
                let deadline = std::time::Instant::now() + crate::support::PATIENCE;
                driver.shutdown(1001, "bye", deadline).unwrap();
                log.send("stopping".to_owned()).unwrap();
            }
            event => application(driver, event),
        })
    });
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    control.is_served();
    client.send(Opcode::Text, b"stop");
    controlled.server.next_with("stopping");
    assert!(!controlled.place.0.exists(), "the socket's file is gone");
    assert_eq!(control.ask(to('c', 1, "late")), not_delivered(1));
    assert!(control.ask("0j").contains('J'));
    assert_eq!(client.close_code(), 1001);
    let Controlled { server, .. } = controlled;
    drop::<Server>(server);
    assert_eq!(control.next(), None);
}
