//! Who is let in.

use crate::support::{Client, REQUEST, Server, accept, masked};
use std::io::Write;
use ws_server::protocol::Opcode;
use ws_server::server::{AccessRules, Event, Origins, ServerConfig};

fn server(change: impl FnOnce(&mut AccessRules)) -> Server {
    let mut config = ServerConfig::default();
    change(&mut config.access);
    Server::echo(config)
}

/// The status line of the answer to the sample request with these headers.
fn status(server: &Server, headers: &str) -> String {
    ask(server, headers).1.split(' ').nth(1).unwrap().to_owned()
}

fn ask(server: &Server, headers: &str) -> (Client, String) {
    let mut client = Client::over(server.raw());
    let request = REQUEST.replacen("\r\n\r\n", &format!("\r\n{headers}\r\n"), 1);
    client.stream.write_all(request.as_bytes()).unwrap();
    let head = client.head();
    (client, head)
}

#[test]
fn foreign_pages_are_refused_and_clients_without_origin_are_not() {
    let same = server(|rules| rules.origins = Origins::Same);
    assert_eq!(status(&same, ""), "101");
    assert_eq!(status(&same, "Origin: http://localhost\r\n"), "101");
    assert_eq!(status(&same, "Origin: http://evil.example\r\n"), "403");
    let listed = server(|rules| rules.origins = Origins::Listed(vec!["https://a.example".to_owned()]));
    assert_eq!(status(&listed, "Origin: https://A.example\r\n"), "101");
    assert_eq!(status(&listed, "Origin: http://a.example\r\n"), "403");
    assert_eq!(status(&server(|_| {}), "Origin: http://anywhere.example\r\n"), "101");
}

#[test]
fn denied_addresses_get_403() {
    let denied = server(|rules| rules.deny = vec!["127.0.0.0/8".parse().unwrap()]);
    denied.turned_away(&mut Client::over(denied.raw()), "HTTP/1.1 403 ");
    let allowed = server(|rules| rules.allow = vec!["127.0.0.1/32".parse().unwrap()]);
    assert_eq!(status(&allowed, ""), "101");
}

#[test]
fn behind_a_trusted_proxy_the_client_counts() {
    let server = server(|rules| {
        rules.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        rules.deny = vec!["198.51.100.0/24".parse().unwrap()];
        rules.max_connections_per_ip = 1;
    });
    assert_eq!(status(&server, "X-Forwarded-For: 198.51.100.7\r\n"), "403");
    let (first, head) = ask(&server, "X-Forwarded-For: 192.0.2.1\r\n");
    assert!(head.starts_with("HTTP/1.1 101"));
    assert_eq!(status(&server, "X-Forwarded-For: 192.0.2.1\r\n"), "429");
    assert_eq!(status(&server, "X-Forwarded-For: 192.0.2.2\r\n"), "101");
    drop(first);
}

#[test]
fn an_address_has_so_many_connections_and_gets_one_back_when_one_ends() {
    let server = server(|rules| rules.max_connections_per_ip = 2);
    let (one, two) = (server.connect(), server.connect());
    let (_, head) = ask(&server, "");
    assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("Retry-After: "), "{head}");
    drop(one);
    while server.next_with("close") != "close 1006 \"connection lost\" false" && status(&server, "") != "101"
    {
    }
    drop(two);
}

#[test]
fn handshakes_over_the_rate_get_429_with_a_retry_after() {
    let server = server(|rules| rules.handshake_rate_per_ip = 0.01);
    assert_eq!(status(&server, ""), "101");
    let (_, head) = ask(&server, "");
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
    let retry: u64 =
        head.split("Retry-After: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert!((1..=100).contains(&retry), "{head}");
}

#[test]
fn messages_over_the_rate_close_with_1008_and_those_before_arrive() {
    let mut config = ServerConfig::default();
    config.access.message_rate = 3.0;
    let server = Server::start(config, |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { payload, .. } => log.send(String::from_utf8(payload).unwrap()).unwrap(),
            _ => {}
        })
    });
    let mut client = server.connect();
    let burst: Vec<u8> =
        (0..10).flat_map(|index| masked(Opcode::Text, format!("{index}").as_bytes())).collect();
    client.stream.write_all(&burst).unwrap();
    for index in 0..3 {
        assert_eq!(server.next(), format!("{index}"));
    }
    assert_eq!(client.close_code(), 1008);
    assert!(server.next().starts_with("close 1008"));
}
