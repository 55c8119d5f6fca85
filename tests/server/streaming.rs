//! Messages in pieces, and files.

use crate::support::{Client, Server, accept};
use std::fs::File;
use std::path::PathBuf;
use ws_server::protocol::{Opcode, UsageError};
use ws_server::server::{Event, Sent, ServerConfig};

/// A file that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Scratch {
        let path = std::env::temp_dir().join(format!("ws-streaming-{name}-{}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Reads frames up to the end of a message.
fn message(client: &mut Client) -> (Opcode, Vec<u8>, usize) {
    let first = client.frame().unwrap();
    let (mut payload, mut fin, mut frames) = (first.payload, first.fin, 1);
    while !fin {
        let next = client.frame().unwrap();
        assert_eq!(next.opcode, Opcode::Continuation);
        payload.extend_from_slice(&next.payload);
        fin = next.fin;
        frames += 1;
    }
    (first.opcode, payload, frames)
}

#[test]
fn pieces_are_one_message_and_others_wait_behind_it() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(|driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, .. } => {
                assert!(driver.begin_message(key, false));
                assert!(!driver.begin_message(key, true), "one at a time");
                assert!(!driver.send_file(key, File::open("/dev/null").unwrap(), true));
                let euro = "€".as_bytes();
                assert_eq!(driver.write_message(key, &euro[..1]), Ok(Sent::Queued));
                assert_eq!(driver.end_message(key), Err(UsageError::TextUtf8), "inside a character");
                assert_eq!(driver.write_message(key, b"x"), Err(UsageError::TextUtf8));
                assert_eq!(driver.send(key, Opcode::Text, b"behind"), Sent::Queued);
                driver.broadcast(Opcode::Text, b"further behind", &[]);
                assert_eq!(driver.write_message(key, &euro[1..]), Ok(Sent::Queued));
                assert_eq!(driver.end_message(key), Ok(true));
                assert_eq!(driver.end_message(key), Ok(false));
                assert_eq!(driver.write_message(key, b"y"), Ok(Sent::NotOpen));
            }
            _ => {}
        })
    });
    let mut client = server.connect();
    client.send(Opcode::Text, b"go");
    let (opcode, payload, frames) = message(&mut client);
    assert_eq!((opcode, payload.as_slice(), frames), (Opcode::Text, "€".as_bytes(), 3));
    assert_eq!(message(&mut client).1, b"behind");
    assert_eq!(message(&mut client).1, b"further behind");
}

/// Sends the file for "binary" or "text", cancels it for "cancel"; "after" is sent behind it.
fn file_server(path: PathBuf) -> Server {
    Server::start(ServerConfig::default(), |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, payload } if payload == b"cancel" => {
                log.send(format!("cancelled {}", driver.cancel_file(key))).unwrap();
            }
            Event::Text { key, payload } => {
                assert!(driver.send_file(key, File::open(&path).unwrap(), payload == b"binary"));
                driver.send(key, Opcode::Text, b"after");
            }
            Event::Drain { .. } => log.send("drain".to_owned()).unwrap(),
            _ => {}
        })
    })
}

#[test]
fn a_file_is_one_message_with_little_waiting() {
    let content: Vec<u8> = (0..20_000_000u32).map(|index| (index >> 8) as u8).collect();
    let file = Scratch::new("file", &content);
    let server = file_server(file.0.clone());
    let mut client = server.connect();
    client.send(Opcode::Text, b"binary");
    let (opcode, payload, frames) = message(&mut client);
    assert!(opcode == Opcode::Binary && payload == content);
    assert!(frames > 100, "it is read in pieces");
    assert_eq!(message(&mut client).1, b"after");
    assert_eq!(server.next_with("drain"), "drain");
}

#[test]
fn an_empty_file_is_an_empty_message() {
    let file = Scratch::new("empty", b"");
    let server = file_server(file.0.clone());
    let mut client = server.connect();
    client.send(Opcode::Text, b"text");
    let (opcode, payload, _) = message(&mut client);
    assert_eq!((opcode, payload.len()), (Opcode::Text, 0));
    assert_eq!(message(&mut client).1, b"after");
}

#[test]
fn a_cancelled_file_ends_its_message_where_it_is() {
    let path = Scratch::new("cancel", &vec![1; 100_000_000]);
    let server = file_server(path.0.clone());
    let mut client = server.connect();
    client.send(Opcode::Text, b"binary");
    client.send(Opcode::Text, b"cancel");
    assert_eq!(server.next_with("cancelled"), "cancelled true");
    let (_, payload, _) = message(&mut client);
    assert!(payload.len() < 100_000_000, "{} bytes", payload.len());
    assert_eq!(message(&mut client).1, b"after");
    client.send(Opcode::Text, b"cancel");
    assert_eq!(server.next_with("cancelled"), "cancelled false");
}

#[test]
fn a_close_waits_for_the_end_of_a_file() {
    let content = vec![5; 3_000_000];
    let file = Scratch::new("close", &content);
    let path = file.0.clone();
    let server = Server::start(ServerConfig::default(), |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, .. } => {
                assert!(driver.send_file(key, File::open(&path).unwrap(), true));
                driver.send(key, Opcode::Text, b"after");
                assert_eq!(driver.close(key, 4000, "done"), Ok(true));
                assert_eq!(driver.close(key, 4001, "again"), Ok(false));
                // Nothing else is sent on such a connection.
                let sent = driver.send(key, Opcode::Text, b"late");
                log.send(format!(
                    "{sent:?} {} {}",
                    driver.is_open(key),
                    driver.broadcast(Opcode::Text, b"x", &[])
                ))
                .unwrap();
            }
            _ => {}
        })
    });
    let mut client = server.connect();
    client.send(Opcode::Text, b"go");
    assert!(message(&mut client).1 == content);
    assert_eq!(message(&mut client).1, b"after");
    assert_eq!(client.close_code(), 4000);
    assert_eq!(server.next_with("NotOpen"), "NotOpen false 0");
}

#[test]
fn a_close_waits_for_the_end_of_a_transfer_and_not_for_the_end_of_a_message() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, payload } => {
                let begun = match &payload[..] {
                    b"transfer" => driver.begin_transfer(key, true),
                    _ => driver.begin_message(key, true),
                };
                assert!(begun);
                driver.write_message(key, b"one").unwrap();
                driver.send(key, Opcode::Text, b"after");
                assert_eq!(driver.close(key, 4000, "done"), Ok(true));
                let _ = driver.write_message(key, b"two");
                let _ = driver.end_message(key);
            }
            _ => {}
        })
    });
    let mut client = server.connect();
    client.send(Opcode::Text, b"transfer");
    assert_eq!(message(&mut client).1, b"onetwo");
    assert_eq!(message(&mut client).1, b"after");
    assert_eq!(client.close_code(), 4000);
    let mut client = server.connect();
    client.send(Opcode::Text, b"message");
    assert_eq!(client.frame().unwrap().payload, b"one");
    assert_eq!(client.close_code(), 4000);
}

#[test]
fn a_text_file_that_is_not_utf8_fails_the_connection() {
    let mut content = vec![b'a'; 200_000];
    content.push(0xff);
    let file = Scratch::new("latin", &content);
    let server = file_server(file.0.clone());
    let mut client = server.connect();
    client.send(Opcode::Text, b"text");
    let close = std::iter::from_fn(|| client.frame()).find(|frame| frame.opcode == Opcode::Close).unwrap();
    assert_eq!(close.payload[..2], 1011u16.to_be_bytes());
}

#[test]
fn a_client_that_leaves_during_a_file_hurts_nobody() {
    let path = Scratch::new("leave", &vec![7; 10_000_000]);
    let server = file_server(path.0.clone());
    let mut witness = server.connect();
    for _ in 0..5 {
        let mut client = server.connect();
        client.send(Opcode::Text, b"binary");
        client.frame().unwrap();
        drop(client);
        server.next_with("close 1006");
    }
    witness.send(Opcode::Ping, b"");
    assert_eq!(witness.frame().unwrap().opcode, Opcode::Pong);
}
