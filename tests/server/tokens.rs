//! Tokens that a web application has signed.

use crate::support::{Client, REQUEST, Server, accept, close_payload};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ws_server::protocol::{Opcode, Reject};
use ws_server::server::{Driver, Event, ServerConfig, TokenRules};

const SECRET: &[u8] = b"a secret of these tests";

/// What [`server`] says of itself when it gets this message.
const ASK: &[u8] = b"?";

pub fn config(change: impl FnOnce(&mut TokenRules)) -> ServerConfig {
    let mut rules = TokenRules::new(SECRET);
    change(&mut rules);
    let mut config = ServerConfig::default();
    config.access.tokens = Some(rules);
    config
}

/// Echoes messages. Some do something else: see [`react`].
fn server(change: impl FnOnce(&mut TokenRules)) -> Server {
    Server::start(config(change), |_| Box::new(react))
}

fn react(driver: &mut Driver<Vec<u8>>, event: Event<Vec<u8>>) {
    let Event::Text { key, payload } = &event else { return crate::support::echo(driver, event) };
    match std::str::from_utf8(payload).unwrap().split_once(' ') {
        // Is somebody there who has this token?
        Some(("who", token)) => {
            let answer = match driver.with_token(token) {
                Some(found) if found == *key => "you",
                Some(_) => "another",
                None => "nobody",
            };
            driver.send(*key, Opcode::Text, answer.as_bytes());
        }
        Some(("fail", token)) => {
            let key = driver.with_token(token).expect("it is there");
            assert!(driver.fail(key, 1011, "the application failed"));
        }
        Some(("secret", secret)) => {
            let rules = TokenRules::new(secret.as_bytes());
            driver.reconfigure(config(|change| *change = rules));
            driver.send(*key, Opcode::Text, b"done");
        }
        _ if payload == ASK => {
            let stats = driver.stats();
            let counts = [
                stats.refused_token,
                stats.refused_expired,
                stats.refused_in_use,
                stats.refused_user,
                stats.closed_expired,
            ];
            driver.send(*key, Opcode::Text, format!("{counts:?}").as_bytes());
        }
        _ => crate::support::echo(driver, event),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn signed(secret: &[u8], user: &str, token: &str, time: u64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{user}:{token}:{time}").as_bytes());
    let digest: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let user = if user.is_empty() { String::new() } else { format!("user={user}; ") };
    format!("Cookie: {user}token={token}; time={time}; digest={digest}\r\n")
}

fn cookies(user: &str, token: &str) -> String {
    signed(SECRET, user, token, now())
}

fn request(headers: &str) -> String {
    REQUEST.replacen("\r\n\r\n", &format!("\r\n{headers}\r\n"), 1)
}

/// Asks for the upgrade with these headers; the head of the answer.
fn ask(server: &Server, headers: &str) -> (Client, String) {
    let mut client = Client::over(server.raw());
    client.stream.write_all(request(headers).as_bytes()).unwrap();
    let head = client.head();
    (client, head)
}

fn status(server: &Server, headers: &str) -> String {
    ask(server, headers).1.split(' ').nth(1).unwrap().to_owned()
}

pub fn enter(server: &Server, user: &str, token: &str) -> Client {
    let (client, head) = ask(server, &cookies(user, token));
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    client
}

fn answer(client: &mut Client, question: &str) -> String {
    client.send(Opcode::Text, question.as_bytes());
    String::from_utf8(client.frame().expect("an answer comes").payload).unwrap()
}

/// The statistics are another thread's: they may come a moment after what they are about.
fn wait_for_counts(client: &mut Client, counts: [u64; 5]) {
    while answer(client, "?") != format!("{counts:?}") {}
}

#[test]
fn only_a_good_token_is_let_in() {
    let server = server(|_| {});
    let mut witness = enter(&server, "ada", "witness");
    witness.send(Opcode::Text, b"hello");
    assert_eq!(witness.frame().unwrap().payload, b"hello");
    let (token, time) = ("32febad1f0cf83f38aceb31ad63866c4", now());
    let good = cookies("bob", token);
    for headers in [
        String::new(),
        "Cookie: theme=dark\r\n".to_owned(),
        good.replace("user=bob", "user=ada"),
        good.replace(token, "another"),
        good.replace("Cookie: ", "Cookie: token=first; "),
        format!("{good}Cookie: digest=0\r\n"),
        signed(b"another secret", "bob", token, time),
        signed(SECRET, "bob", token, time + 3600),
        signed(SECRET, "bob", &"x".repeat(33), time),
        signed(SECRET, "bob", "#1", time),
    ] {
        let (_, head) = ask(&server, &headers);
        assert!(head.starts_with("HTTP/1.1 403 ") && !head.contains("Retry-After"), "{headers}{head}");
    }
    assert_eq!(status(&server, &signed(SECRET, "bob", token, time - 86_400)), "403");
    wait_for_counts(&mut witness, [10, 1, 0, 0, 0]);
    // Nothing that was refused has used the token up. A minute's difference between two clocks is none.
    assert_eq!(status(&server, &signed(SECRET, "bob", token, now() + 55)), "101");
}

#[test]
fn the_answer_says_what_is_wrong_and_nothing_else() {
    let server = server(|_| {});
    for (headers, problem) in [
        ("".to_owned(), "the token cookie is missing"),
        (cookies("", "abc").replace("abc", "abd"), "the token's digest is wrong"),
        (signed(SECRET, "", "abc", now() - 86_400), "the token has expired"),
        (signed(SECRET, "", "abc", now() + 3600), "the token is from the future"),
        (format!("{0}{0}", cookies("", "abc")), "the token cookie is there more than once"),
        (cookies("", "#1"), "the token cookie is malformed"),
    ] {
        let (mut client, head) = ask(&server, &headers);
        assert!(head.contains(&format!("Content-Length: {}\r\n", problem.len() + 2)), "{head}");
        assert_eq!(client.rest(), format!("{problem}\r\n").as_bytes());
    }
}

#[test]
fn a_token_has_one_live_connection_whatever_ended_the_one_before() {
    let server = server(|_| {});
    let mut witness = enter(&server, "", "witness");
    // Some of the clients stay where they are, and do not notice: the token is free all the same.
    let mut stay = Vec::new();
    let ends: [fn(Client, &mut Client) -> Option<Client>; 5] = [
        |mut client, _| {
            client.send(Opcode::Close, &close_payload(1000, ""));
            Some(client)
        },
        |_, _| None,
        |client, _| {
            socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap();
            None
        },
        // Its own mistake.
        |mut client, _| {
            client.send(Opcode::Text, b"\xff");
            Some(client)
        },
        // The application's.
        |client, witness| {
            witness.send(Opcode::Text, b"fail abc");
            Some(client)
        },
    ];
    for (round, end) in ends.into_iter().enumerate() {
        let mut client = enter(&server, "", "abc");
        assert_eq!(answer(&mut client, "who abc"), "you");
        let (_, head) = ask(&server, &cookies("", "abc"));
        assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("Retry-After: 5\r\n"), "{head}");
        assert!(server.next_with("close").contains("429"));
        assert_eq!(answer(&mut client, "still"), "still");
        // With another user it is the same token.
        assert_eq!(status(&server, &cookies("ada", "abc")), "429");
        assert!(server.next_with("close").contains("429"));
        wait_for_counts(&mut witness, [0, 0, 2 * round as u64 + 2, 0, 0]);
        stay.extend(end(client, &mut witness));
        server.next_with("close");
        assert_eq!(answer(&mut witness, "who abc"), "nobody");
    }
}

#[test]
fn a_token_is_free_again_when_the_application_refuses() {
    let server = Server::start(config(|_| {}), |_| {
        let mut refuse = true;
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } if std::mem::take(&mut refuse) => {
                assert_eq!(driver.with_token("abc"), None, "it is not open");
                assert_eq!(driver.reject(key, &Reject::status(402)), Ok(true));
            }
            event => react(driver, event),
        })
    });
    assert_eq!(status(&server, &cookies("ada", "abc")), "402");
    server.next_with("close");
    assert_eq!(status(&server, &cookies("ada", "abc")), "101");
}

/// Keeps requests of "late" undecided until a message "decide" comes.
fn undecided(config: ServerConfig) -> Server {
    Server::start(config, |log| {
        let mut waiting = Vec::new();
        Box::new(move |driver, event| match event {
            Event::Request { key, request, .. } if request.cookie().unwrap().starts_with(b"user=late") => {
                waiting.push(key);
                log.send("undecided".to_owned()).unwrap();
            }
            Event::Text { payload, .. } if payload == b"decide" => {
                waiting.drain(..).for_each(|key| accept(driver, key));
            }
            event => react(driver, event),
        })
    })
}

#[test]
fn a_token_is_taken_while_the_application_decides() {
    let server = undecided(config(|_| {}));
    let mut other = enter(&server, "", "def");
    let mut late = Client::over(server.raw());
    late.stream.write_all(request(&cookies("late", "abc")).as_bytes()).unwrap();
    assert_eq!(server.next_with("undecided"), "undecided");
    assert_eq!(status(&server, &cookies("", "abc")), "429");
    assert_eq!(answer(&mut other, "who abc"), "nobody", "it is not open");
    other.send(Opcode::Text, b"decide");
    assert!(late.head().starts_with("HTTP/1.1 101 "));
    assert_eq!(answer(&mut other, "who abc"), "another");
}

#[test]
fn a_user_has_so_many_connections_over_all_threads() {
    let server = server(|rules| rules.max_per_user = 3);
    let mut clients: Vec<Client> = (0..3).map(|index| enter(&server, "ada", &format!("a{index}"))).collect();
    for index in 0..4 {
        let (_, head) = ask(&server, &cookies("ada", &format!("b{index}")));
        assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("Retry-After: 5\r\n"), "{head}");
        assert!(server.next_with("close").contains("429"));
    }
    // Others have their own places, and those without a name as many as they like.
    let mut others: Vec<Client> = (0..3).map(|index| enter(&server, "bob", &format!("c{index}"))).collect();
    others.extend((0..8).map(|index| enter(&server, "", &format!("d{index}"))));
    wait_for_counts(&mut others[0], [0, 0, 0, 4, 0]);
    drop(clients.pop());
    server.next_with("close");
    clients.push(enter(&server, "ada", "e"));
    assert_eq!(status(&server, &cookies("ada", "f")), "429");
}

/// With a new token, until it is let in: on a machine that takes so long for a handshake, one may have expired before.
fn enter_in_time(server: &Server) -> Client {
    loop {
        let (client, head) = ask(server, &cookies("ada", "abc"));
        if head.starts_with("HTTP/1.1 101 ") {
            return client;
        }
        server.next_with("close");
    }
}

#[test]
fn nobody_stays_longer_than_the_token_is_good() {
    let mut config = config(|rules| rules.lifetime = Duration::from_secs(3));
    // Nothing else wakes the server.
    config.protocol.handshake_timeout = Duration::ZERO;
    config.protocol.ping_interval = Duration::ZERO;
    let server = Server::start(config, |_| Box::new(react));
    let mut client = enter_in_time(&server);
    let frame = client.frame().expect("a close frame comes");
    assert_eq!((frame.opcode, frame.payload), (Opcode::Close, close_payload(1000, "expired")));
    client.send(Opcode::Close, &close_payload(1000, "expired"));
    assert_eq!(client.frame(), None);
    assert_eq!(server.next_with("close 1000"), "close 1000 \"expired\" true");
    // Counted once, and the token is free.
    let (mut next, head) = ask(&server, &signed(SECRET, "ada", "abc", now() + 50));
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    while !answer(&mut next, "?").ends_with(" 1]") {}
}

#[test]
fn a_client_that_ignores_that_its_token_has_expired_is_cut() {
    let mut config = config(|rules| rules.lifetime = Duration::from_secs(3));
    config.protocol.close_timeout = Duration::from_millis(50);
    let server = Server::start(config, |_| Box::new(react));
    let mut client = enter_in_time(&server);
    assert_eq!(client.close_code(), 1000);
    assert_eq!(client.frame(), None);
    assert!(server.next_with("close 1006").contains("close"));
}

#[test]
fn a_token_that_expires_while_the_application_decides_is_refused() {
    let mut config = config(|rules| rules.lifetime = Duration::from_secs(3));
    config.protocol.handshake_timeout = Duration::ZERO;
    let server = undecided(config);
    let (mut client, head) = ask(&server, &cookies("late", "abc"));
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert_eq!(client.rest(), b"the token has expired\r\n");
    assert!(server.next_with("close").contains("403"));
}

#[test]
fn changed_rules_count_for_those_who_come_after() {
    let server = server(|_| {});
    let old = cookies("ada", "abc");
    let mut before = enter(&server, "ada", "def");
    assert_eq!(answer(&mut before, "secret another"), "done");
    // The threads are told in order, but not at once.
    while status(&server, &old) != "403" {
        server.next_with("close");
    }
    assert_eq!(status(&server, &signed(b"another", "ada", "abc", now())), "101");
    assert_eq!(status(&server, &signed(b"another", "ada", "def", now())), "429", "it is still held");
    assert_eq!(answer(&mut before, "who def"), "you");
}
