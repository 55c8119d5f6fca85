//! Everything that a program can do wrong: it is told `0E` and let go, and the others notice nothing.

use super::{Controlled, frame, secret, to, until};
use crate::support::PATIENCE;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use ws_server::protocol::{MAX_CONTROL_FRAME, Opcode};
use ws_server::server::ServerConfig;

#[test]
fn every_malformed_frame_is_told_and_others_go_on() {
    let controlled = Controlled::new();
    let mut witness = controlled.control();
    let mut client = controlled.server.connect();
    let utf8 = |letter: char, head: &[u8]| frame(letter, [head, b"\xff"].concat());
    for wrong in [
        b"x".to_vec(),
        b" 0p".to_vec(),
        b"-1b".to_vec(),
        b"1 b".to_vec(),
        b"0\0".to_vec(),
        b"\xff\xfe".to_vec(),
        b"\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00".to_vec(),
        b"65531b".to_vec(),
        b"99999b".to_vec(),
        b"000000".to_vec(),
        b"0x".to_vec(),
        b"0E".to_vec(),
        b"0L".to_vec(),
        b"40000Z".to_vec(),
        b"31c".to_vec(),
        b"0d".to_vec(),
        b"31l".to_vec(),
        b"33l".to_vec(),
        b"0t".to_vec(),
        b"4tnews".to_vec(),
        b"2t\xff\0".to_vec(),
        b"1m".to_vec(),
        b"9j".to_vec(),
        b"1p".to_vec(),
        b"2P".to_vec(),
        b"1q".to_vec(),
        frame('c', [b' '; 32]),
        frame('c', b"#1x                             "),
        frame('l', b"#01                             "),
        frame('d', [0xff; 40]),
        utf8('b', b""),
        utf8('t', b"news\0"),
        utf8('d', super::field(1).as_bytes()),
    ] {
        let shown = wrong.escape_ascii().to_string();
        let mut control = controlled.control();
        // What came before is done; what comes behind is not looked at.
        control.send([frame('b', "before"), frame('p', ""), wrong, frame('b', "behind")].concat());
        assert_eq!(control.rest(), "0P0E", "{shown}");
        let before = client.frame().unwrap();
        assert!(before.opcode == Opcode::Text && before.payload == b"before", "{shown}");
        witness.is_served();
    }
    witness.send(frame('b', "end"));
    assert_eq!(client.frame().unwrap().payload, b"end");
}

/// The client goes on sending: it must get the answer, not a reset.
#[test]
fn whoever_is_sent_away_while_it_sends_hears_why() {
    let controlled = Controlled::new();
    for _ in 0..20 {
        let (tcp, unix) = (controlled.tcp(), controlled.unix());
        hears_why(tcp.try_clone().unwrap(), tcp);
        hears_why(unix.try_clone().unwrap(), unix);
    }
}

fn hears_why(mut writer: impl Write + Send + 'static, mut reader: impl Read) {
    let writer = std::thread::spawn(move || {
        let _ = writer.write_all(&[b"0x".to_vec(), vec![b'y'; 300_000]].concat());
    });
    let mut told = Vec::new();
    reader.read_to_end(&mut told).unwrap();
    assert_eq!(told, b"0E");
    writer.join().unwrap();
}

#[test]
fn a_frame_that_the_end_of_the_stream_cuts_off_is_a_fault() {
    let controlled = Controlled::new();
    for cut in ["5", "5b", "5bhell"] {
        let mut control = controlled.control();
        control.send(cut);
        control.finish();
        assert_eq!(control.rest(), "0E", "{cut}");
    }
}

#[test]
fn whoever_says_nothing_is_pinged_and_let_go() {
    let controlled = Controlled::new();
    let mut told = Vec::new();
    controlled.unix().read_to_end(&mut told).unwrap();
    assert_eq!(told, b"0p0E");
    // Over TCP too, and half a frame is not more.
    let mut stream = controlled.tcp();
    stream.write_all(b"9b").unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap();
    assert_eq!(told, b"0p0E");
}

#[test]
fn whoever_answers_pings_stays() {
    let controlled = Controlled::new();
    let mut stream = controlled.unix();
    let mut said = [0; 2];
    for _ in 0..3 {
        stream.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"0p");
        stream.write_all(b"0P").unwrap();
    }
    stream.write_all(b"0m").unwrap();
    stream.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"0M");
}

#[test]
fn pongs_alone_do_not_keep_out_the_end_of_one_that_does_not_authenticate() {
    let config = ServerConfig { control_secret: secret("sesame"), ..ServerConfig::default() };
    assert_eq!(Controlled::with(config).tcp_control().rest(), "0E");
}

#[test]
fn one_that_never_reads_is_cut_and_holds_up_nobody() {
    let controlled = Controlled::new();
    let mut witness = controlled.control();
    let mut deaf = controlled.unix();
    // More questions than their answers have room for: it is asked no more, then it is cut.
    let mut writer = deaf.try_clone().unwrap();
    let deadline = Instant::now() + 2 * PATIENCE;
    let questions = std::thread::spawn(move || {
        while writer.write_all(&b"0j".repeat(100)).is_ok() {
            assert!(Instant::now() < deadline, "it is read for ever");
        }
    });
    while !questions.is_finished() {
        witness.is_served();
    }
    questions.join().unwrap();
    // What the kernel has for it, and then the end: no timeout.
    let mut told = Vec::new();
    match deaf.read_to_end(&mut told) {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        end => drop(end.expect("it was cut")),
    }
    assert!(!told.is_empty());
    witness.is_served();
}

#[test]
fn garbage_leaves_the_server_serving() {
    let controlled = Controlled::new();
    let mut witness = controlled.control();
    let mut client = controlled.server.connect();
    let garbage: [&[u8]; 6] =
        [b"\xff\xff\xff", b"0x0x0x", b"60000b12345", b"", &[b'9'; 5000], b"5bhello0q0q0q"];
    for round in 0..600 {
        let bytes = garbage[round % garbage.len()];
        let (mut tcp, mut unix);
        let stream: &mut dyn Write = if round % 2 == 0 {
            tcp = controlled.tcp();
            // Half of those end with a reset.
            let linger = (round % 4 == 0).then_some(Duration::ZERO);
            socket2::SockRef::from(&tcp).set_linger(linger).unwrap();
            &mut tcp
        } else {
            unix = controlled.unix();
            &mut unix
        };
        let _ = stream.write_all(bytes);
    }
    witness.is_served();
    // Those that were reset may have been gone before they were taken.
    until(|| status(&mut witness)["control_errors"].as_u64().unwrap() > 100);
    witness.send(frame('b', "end"));
    while client.frame().unwrap().payload != b"end" {}
}

#[test]
fn a_source_that_is_gone_has_asked_for_nothing_more() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    control.send(&to('d', 1, "whole")[..]);
    control.send(&to('d', 1, &"x".repeat(1000))[..500]);
    drop(control);
    controlled.control().send(frame('b', "end"));
    assert_eq!(client.frame().unwrap().payload, b"whole");
    assert_eq!(client.frame().unwrap().payload, b"end");
}

#[test]
fn a_frame_at_the_limit_passes_and_one_above_it_does_not() {
    let controlled = Controlled::new();
    let mut client = controlled.server.connect();
    let mut control = controlled.control();
    let message = vec![b'x'; MAX_CONTROL_FRAME - "65530b".len()];
    control.send(frame('b', &message));
    assert!(client.frame().unwrap().payload == message);
    control.send([b"65531b".to_vec(), message, b"x".to_vec()].concat());
    assert_eq!(control.rest(), "0E");
}

fn status(control: &mut super::Control) -> serde_json::Value {
    let answer = control.ask("0j");
    serde_json::from_str(answer.split_once('J').unwrap().1).unwrap()
}
