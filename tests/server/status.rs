//! The status listener beside a server: real sockets, the server's loop in a thread of the test.

use crate::support::{Client, PATIENCE, echo};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use ws_server::net::ListenAddress;
use ws_server::protocol::Opcode;
use ws_server::server::{
    Board, Driver, Event, ServerConfig, SignsOfLife, Snapshot, Stats, Status, StatusConfig,
};

const TURN: Duration = Duration::from_millis(20);

fn io_threads() -> usize {
    std::env::var("WS_IO_THREADS").map_or(0, |count| count.parse().expect("WS_IO_THREADS is a number"))
}

/// A server that echoes, with its status listener. A message `block` keeps its loop until the test says `go`.
struct Watched {
    main: SocketAddr,
    status: SocketAddr,
    board: Arc<Board>,
    thread: Option<Status>,
    stop: Arc<AtomicBool>,
    go: mpsc::Sender<()>,
    /// The main server's figures, asked for by the test's thread.
    stats: Arc<Mutex<(Stats, usize)>>,
    server: Option<JoinHandle<()>>,
}

impl Watched {
    fn start(stall_after: Duration) -> Watched {
        Watched::with(stall_after, None)
    }

    fn with(stall_after: Duration, signs_of_life: Option<SignsOfLife>) -> Watched {
        let board = Arc::new(Board::new("8.x".to_owned(), stall_after, || Some("a callback".to_owned())));
        let listen = Some(ListenAddress::parse("tcp://127.0.0.1:0").unwrap());
        let config = StatusConfig { listen, signs_of_life };
        let thread = Status::start(config, Arc::clone(&board)).expect("the status listener starts");
        let status = address(&thread.addresses()[0]);
        let (stop, stats) = (Arc::<AtomicBool>::default(), Arc::<Mutex<(Stats, usize)>>::default());
        let (go, wait) = mpsc::channel();
        let (ready, main) = mpsc::channel();
        let server = std::thread::spawn({
            let (board, stop, stats) = (Arc::clone(&board), Arc::clone(&stop), Arc::clone(&stats));
            move || serve(&board, &stop, &wait, &ready, &stats)
        });
        let main = main.recv().unwrap();
        Watched { main, status, board, thread: Some(thread), stop, go, stats, server: Some(server) }
    }

    fn connect(&self) -> Client {
        Client::upgrade(open(self.main))
    }

    fn ask(&self, request: &str) -> Answer {
        let mut stream = open(self.status);
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(stream)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    /// Asks for a page until it is as the test wants it.
    fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path);
            if wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{} {}", answer.head, answer.body);
            std::thread::yield_now();
        }
    }

    fn live(&self, origin: &str) -> Client {
        let mut client = Client::over(open(self.status));
        client.stream.write_all(upgrade("/live", origin).as_bytes()).unwrap();
        client
    }

    /// The main server's counters and connections, once they are as the test wants them.
    fn main_until(&self, wanted: impl Fn(&Stats, usize) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while {
            let stats = self.stats.lock().unwrap();
            !wanted(&stats.0, stats.1)
        } {
            assert!(Instant::now() < deadline, "{:?}", self.stats.lock().unwrap());
            std::thread::yield_now();
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        let _ = self.go.send(());
        let ended = self.server.take().unwrap().join();
        self.thread = None;
        if !std::thread::panicking() {
            ended.expect("the server's thread ends without a panic");
        }
    }
}

fn serve(
    board: &Board,
    stop: &AtomicBool,
    wait: &mpsc::Receiver<()>,
    ready: &mpsc::Sender<SocketAddr>,
    stats: &Mutex<(Stats, usize)>,
) {
    let listen = vec![ListenAddress::parse("tcp://127.0.0.1:0").unwrap()];
    let config = ServerConfig { listen, io_threads: io_threads(), ..ServerConfig::default() };
    let mut driver: Driver<Vec<u8>> = Driver::start(config).expect("the server starts");
    board.attach(driver.counters(), driver.addresses());
    ready.send(address(&driver.addresses()[0])).unwrap();
    board.heartbeat.serving();
    let mut events = Vec::new();
    while !stop.load(Relaxed) {
        let connections = driver.connections();
        *stats.lock().unwrap() = (driver.stats(), connections);
        board.publish(Snapshot { stats: driver.own_stats().clone(), connections, ..Snapshot::default() });
        board.heartbeat.beat(Instant::now() + TURN);
        driver.wait(Some(TURN), &mut events).expect("the loop turns");
        board.heartbeat.beat(Instant::now());
        for event in events.drain(..) {
            if matches!(&event, Event::Text { payload, .. } if payload == b"block") {
                wait.recv_timeout(PATIENCE).expect("the test lets it go");
            }
            echo(&mut driver, event);
        }
        driver.flush();
    }
}

fn address(uri: &str) -> SocketAddr {
    uri.split_once("://").unwrap().1.parse().unwrap()
}

fn open(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn upgrade(path: &str, origin: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost:9100\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{origin}\r\n"
    )
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(mut stream: impl Read) -> Answer {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn has(&self, line: &str) -> bool {
        self.head.lines().any(|header| header.eq_ignore_ascii_case(line))
    }

    /// The value of a metric with its labels.
    fn value(&self, metric: &str) -> f64 {
        let line = self.body.lines().find(|line| line.starts_with(&format!("{metric} ")));
        let line = line.unwrap_or_else(|| panic!("no {metric} in {}", self.body));
        line[metric.len() + 1..].parse().unwrap()
    }
}

#[test]
fn pages_and_what_is_none() {
    let server = Watched::start(PATIENCE);
    server.until("/health", |answer| answer.status == 200);
    let health = server.get("/health");
    assert_eq!((health.status, &*health.body), (200, "ok\n"));
    for path in ["/", "/metrics", "/metrics?name[]=x", "/health"] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}");
        for header in ["Connection: close", "Cache-Control: no-store", "X-Content-Type-Options: nosniff"] {
            assert!(page.has(header), "{path}: no {header}: {}", page.head);
        }
        assert!(!page.head.to_ascii_lowercase().contains("\nserver:"), "{}", page.head);
        let head = server.ask(&format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_eq!((head.status, &*head.body), (200, ""), "{path}");
    }
    let page = server.get("/");
    assert!(page.has("Content-Type: text/html; charset=utf-8") && page.body.starts_with("<!doctype html>"));
    assert!(page.head.contains("Content-Security-Policy: default-src 'none'; script-src 'sha256-"));
    assert!(server.get("/metrics").has("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
    for path in [
        "/index.html",
        "/metrics/",
        "//",
        "/%2e%2e/etc/passwd",
        "/../../etc/passwd",
        "/Health",
        "/favicon.ico",
    ] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
        let refused = server.ask(&format!("{method} /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert!(refused.status == 405 && refused.has("Allow: GET, HEAD"), "{method}: {}", refused.head);
    }
    let smuggled = "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 39\r\n\r\n\
        GET /metrics HTTP/1.1\r\nHost: other\r\n\r\n";
    assert_eq!(server.ask(smuggled).status, 400);
    assert_eq!(server.get("/live").status, 426);
}

#[test]
fn metrics_are_those_of_the_server_and_of_nobody_else() {
    let server = Watched::start(PATIENCE);
    let mut client = server.connect();
    client.echo(Opcode::Text, b"four");
    client.echo(Opcode::Binary, b"seven..");
    let text = "ws_server_messages_total{direction=\"in\",kind=\"text\"}";
    let metrics = server.until("/metrics", |metrics| {
        metrics.value(text) == 1.0
            && metrics.value("ws_server_messages_total{direction=\"out\",kind=\"binary\"}") == 1.0
    });
    for (metric, value) in [
        ("ws_server_connections{state=\"open\"}", 1.0),
        ("ws_server_connections{state=\"connecting\"}", 0.0),
        ("ws_server_connections_accepted_total", 1.0),
        ("ws_server_handshakes_total{result=\"opened\"}", 1.0),
        ("ws_server_message_bytes_total{direction=\"in\",kind=\"binary\"}", 7.0),
        ("ws_server_message_bytes_total{direction=\"out\",kind=\"text\"}", 4.0),
        ("ws_server_healthy", 1.0),
        ("ws_server_build_info{version=\"0.1.0\",php=\"8.x\"}", 1.0),
    ] {
        assert_eq!(metrics.value(metric), value, "{metric}");
    }
    assert!(metrics.value("process_resident_memory_bytes") > 1e6 || !cfg!(target_os = "linux"));
    client.send(Opcode::Close, &crate::support::close_payload(1000, ""));
    assert_eq!(client.close_code(), 1000);
    let closed = "ws_server_connections_closed_total{kind=\"clean\"}";
    let metrics = server.until("/metrics", |metrics| metrics.value(closed) == 1.0);
    assert_eq!(metrics.value("ws_server_connections{state=\"open\"}"), 0.0);
    // All those requests were none of the main server's.
    assert_eq!(metrics.value("ws_server_connections_accepted_total"), 1.0);
    assert_eq!(metrics.value("ws_server_handshakes_total{result=\"failed\",reason=\"request\"}"), 0.0);
}

#[test]
fn health_says_that_the_loop_is_stuck_and_where() {
    let server = Watched::start(Duration::from_millis(300));
    let mut client = server.connect();
    client.echo(Opcode::Text, b"x");
    server.until("/health", |answer| answer.status == 200);
    client.send(Opcode::Text, b"block");
    let stalled = server.until("/health", |answer| answer.status == 503);
    let body = &stalled.body;
    assert!(body.starts_with("stalled: the loop has not turned since 2"), "{body}");
    assert!(body.ends_with(" s, in the callback a callback\n"), "{body}");
    // The rest is served all the same, and what I/O threads do meanwhile is counted.
    let metrics = server.get("/metrics");
    assert_eq!(metrics.value("ws_server_healthy"), 0.0);
    assert!(metrics.value("ws_server_loop_late_seconds") > 0.3);
    if io_threads() > 0 {
        let _another = open(server.main);
        server.until("/metrics", |metrics| metrics.value("ws_server_connections_accepted_total") == 2.0);
    }
    server.go.send(()).unwrap();
    assert_eq!(client.frame().unwrap().payload, b"block");
    server.until("/health", |answer| answer.status == 200);
    server.board.heartbeat.stopping();
    let stopping = server.get("/health");
    assert_eq!((stopping.status, &*stopping.body), (503, "stopping\n"));
}

#[test]
fn health_of_a_server_that_has_not_begun() {
    let board = Arc::new(Board::new(String::new(), PATIENCE, || None));
    let listen = Some(ListenAddress::parse("tcp://127.0.0.1:0").unwrap());
    let status = Status::start(StatusConfig { listen, signs_of_life: None }, board).unwrap();
    let mut stream = open(address(&status.addresses()[0]));
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let answer = Answer::read(stream);
    assert_eq!((answer.status, &*answer.body), (503, "starting\n"));
    assert!(!status.is_exposed());
}

#[test]
fn signs_of_life_are_the_loops_and_not_the_threads() {
    let (given, signs) = mpsc::channel();
    let give = Box::new(move || given.send(()).unwrap());
    let every = Duration::from_millis(10);
    let server = Watched::with(Duration::from_millis(300), Some(SignsOfLife { every, give }));
    (0..3).for_each(|_| signs.recv_timeout(PATIENCE).expect("a sign of life"));
    let mut client = server.connect();
    client.send(Opcode::Text, b"block");
    server.until("/health", |answer| answer.status == 503);
    while signs.try_recv().is_ok() {}
    // The thread lives, and answers many times; it gives no sign.
    let blocked = Instant::now();
    while blocked.elapsed() < every * 10 {
        assert_eq!(server.get("/health").status, 503);
    }
    assert_eq!(signs.try_recv(), Err(mpsc::TryRecvError::Empty));
    server.go.send(()).unwrap();
    assert_eq!(client.frame().unwrap().payload, b"block");
    signs.recv_timeout(PATIENCE).expect("the loop turns again");
}

#[test]
fn signs_of_life_need_no_listener() {
    let (given, signs) = mpsc::channel();
    let begun = Arc::new(AtomicBool::new(false));
    let has_begun = Arc::clone(&begun);
    let give = Box::new(move || given.send(has_begun.load(Relaxed)).unwrap());
    let every = Duration::from_millis(1);
    let board = Arc::new(Board::new(String::new(), PATIENCE, || None));
    let config = StatusConfig { listen: None, signs_of_life: Some(SignsOfLife { every, give }) };
    let status = Status::start(config, Arc::clone(&board)).unwrap();
    assert_eq!(status.addresses(), [""; 0]);
    let started = Instant::now();
    while started.elapsed() < every * 50 {
        std::thread::yield_now();
    }
    begun.store(true, Relaxed);
    board.heartbeat.serving();
    assert_eq!(signs.recv_timeout(PATIENCE), Ok(true), "none before the loop has begun");
    drop(status);
    while signs.try_recv().is_ok() {}
    assert_eq!(signs.try_recv(), Err(mpsc::TryRecvError::Disconnected), "the thread is gone");
}

#[test]
fn the_page_hears_of_everything_each_second() {
    let server = Watched::start(PATIENCE);
    server.board.log.push("warning", "a line from before");
    let _client = server.connect();
    let mut page = server.live("Origin: http://localhost:9100\r\n");
    assert!(page.head().starts_with("HTTP/1.1 101 "));
    let json = |page: &mut Client| -> serde_json::Value {
        let frame = page.frame().expect("a message comes");
        assert_eq!(frame.opcode, Opcode::Text);
        serde_json::from_slice(&frame.payload).unwrap()
    };
    let greeting = json(&mut page);
    assert_eq!(greeting["about"]["php"], "8.x");
    assert_eq!(greeting["about"]["addresses"][0], format!("tcp://{}", server.main));
    let columns = greeting["columns"].as_array().unwrap().clone();
    let mut lines: Vec<String> = Vec::new();
    let mut hear = |message: &serde_json::Value| {
        for line in message["log"].as_array().unwrap() {
            lines.push(format!("{} {} {}", line[0], line[2].as_str().unwrap(), line[3].as_str().unwrap()));
        }
    };
    hear(&greeting);
    let first = json(&mut page);
    hear(&first);
    server.board.log.push("error", "a line of now");
    let second = json(&mut page);
    hear(&second);
    hear(&json(&mut page));
    assert_eq!(lines, ["1 warning a line from before", "2 error a line of now"], "each line once");
    assert_eq!(second["point"].as_array().unwrap().len(), columns.len());
    assert_eq!(second["now"]["health"]["state"], "ok");
    assert_eq!(second["now"]["connections"]["open"], 1, "the page itself is none of the server's");
    // It has nothing to say, and is sent away when it says much.
    page.send(Opcode::Text, b"hello");
    page.send(Opcode::Binary, &[0; 1000]);
    loop {
        let frame = page.frame().expect("a close frame comes");
        if frame.opcode == Opcode::Close {
            assert_eq!(frame.payload[..2], 1009u16.to_be_bytes());
            break;
        }
    }
}

#[test]
fn a_page_of_elsewhere_does_not_hear_of_it() {
    let server = Watched::start(PATIENCE);
    for (origin, status) in [
        ("", "101"),
        ("Origin: http://localhost:9100\r\n", "101"),
        ("Origin: http://localhost:9101\r\n", "403"),
        ("Origin: http://evil.example\r\n", "403"),
        ("Origin: null\r\n", "403"),
    ] {
        let head = server.live(origin).head();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{origin}: {head}");
    }
    let mut elsewhere = Client::over(open(server.status));
    elsewhere.stream.write_all(upgrade("/", "").as_bytes()).unwrap();
    assert!(elsewhere.head().starts_with("HTTP/1.1 404 "));
}

#[test]
fn pages_are_told_the_end() {
    let mut server = Watched::start(PATIENCE);
    let mut page = server.live("");
    page.head();
    let idle = open(server.status);
    server.thread = None;
    loop {
        let frame = page.frame().expect("a close frame comes");
        if frame.opcode == Opcode::Close {
            assert_eq!(frame.payload[..2], 1001u16.to_be_bytes());
            break;
        }
    }
    assert_eq!(page.frame(), None);
    drop(idle);
}

#[test]
fn it_listens_on_a_unix_socket_too() {
    let path = std::env::temp_dir().join(format!("ws_status_{}.sock", std::process::id()));
    let board = Arc::new(Board::new(String::new(), PATIENCE, || None));
    board.heartbeat.serving();
    let listen = Some(ListenAddress::Unix(path.clone()));
    let status = Status::start(StatusConfig { listen, signs_of_life: None }, board).unwrap();
    assert!(!status.is_exposed());
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(Answer::read(stream).body, "ok\n");
    drop(status);
    assert!(!path.exists(), "the socket's file is gone");
}

#[test]
fn who_listens_to_other_machines_is_told_so() {
    for (uri, exposed) in
        [("tcp://0.0.0.0:0", true), ("tcp://127.1.2.3:0", false), ("tcp://localhost:0", false)]
    {
        let board = Arc::new(Board::new(String::new(), PATIENCE, || None));
        let listen = Some(ListenAddress::parse(uri).unwrap());
        let status = Status::start(StatusConfig { listen, signs_of_life: None }, board).unwrap();
        assert_eq!(status.is_exposed(), exposed, "{uri}");
    }
}

/// What a scanner sends: whole requests, half ones, and bytes that are none.
struct Scan(u64);

impl Scan {
    fn next(&mut self) -> u64 {
        // xorshift: the same requests each time.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.next() as usize % choices.len()]
    }

    fn request(&mut self) -> Vec<u8> {
        let method = self.of(&["GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "get", "", "\x16\x03\x01"]);
        let path =
            self.of(&["/", "/metrics", "/health", "/live", "/live", "/../..", "*", "http://h/", "/%00", ""]);
        let version = self.of(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9", ""]);
        let mut request = format!("{method} {path} {version}\r\n");
        for _ in 0..self.next() % 8 {
            request.push_str(self.of(&[
                "Host: localhost\r\n",
                "Host: localhost\r\n",
                "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                "Sec-WebSocket-Version: 8\r\n",
                "Content-Length: 5\r\n",
                "Transfer-Encoding: chunked\r\n",
                "X: \0\r\n",
                "Cookie: a=b\n",
                ": \r\n",
            ]));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        match self.next() % 8 {
            0 => bytes.truncate(self.next() as usize % bytes.len()),
            1 => {
                let at = self.next() as usize % bytes.len();
                bytes[at] = self.next() as u8;
            }
            2 => bytes.extend(vec![b'x'; self.next() as usize % 20_000]),
            _ => {}
        }
        bytes
    }
}

#[test]
fn a_scan_gets_answers_and_leaves_nothing_behind() {
    let server = Watched::start(PATIENCE);
    let mut client = server.connect();
    client.echo(Opcode::Text, b"before");
    // They say nothing, or only half, and stay as long as they are let.
    let slow: Vec<TcpStream> = (0..40)
        .map(|n| {
            let mut stream = open(server.status);
            stream
                .write_all(["", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "][n % 3].as_bytes())
                .unwrap();
            stream
        })
        .collect();
    let mut scan = Scan(0x9E37_79B9_7F4A_7C15);
    let (mut answered, mut kinds) = (0, std::collections::BTreeSet::new());
    for _ in 0..10_000 {
        let mut stream = open(server.status);
        // A refusal may come, and the connection go, while we are still sending.
        let _ = stream.write_all(&scan.request());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = [0; 12];
        if stream.read_exact(&mut answer).is_ok() {
            let text = std::str::from_utf8(&answer).unwrap();
            assert!(text.starts_with("HTTP/1.1 "), "{text}");
            kinds.insert(text[9..].to_owned());
            answered += 1;
        }
    }
    // Half a request whose sender has ended it gets no answer; most are whole.
    assert!(answered > 9_000, "{answered}");
    let expected = ["200", "400", "404", "405", "426", "505"];
    assert!(expected.iter().all(|status| kinds.contains(*status)), "{kinds:?}");
    // Longer than a head may be, to somebody who does not listen.
    for _ in 0..20 {
        let mut stream = open(server.status);
        let _ = stream.write_all(format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(1 << 20)).as_bytes());
    }
    assert_eq!(server.get("/health").status, 200);
    for stream in slow {
        let answer = Answer::read(stream);
        assert_eq!(answer.status, 408);
    }
    client.echo(Opcode::Text, b"after");
    server.main_until(|stats, connections| {
        (stats.accepted, stats.peer_errors, stats.text_in, connections) == (1, 0, 2, 1)
    });
}

#[test]
fn more_than_it_takes_are_told_so_and_the_main_server_does_not_notice() {
    let server = Watched::start(PATIENCE);
    let mut client = server.connect();
    let crowd: Vec<TcpStream> = (0..300).map(|_| open(server.status)).collect();
    let mut statuses = Vec::new();
    for stream in crowd {
        statuses.push(Answer::read(stream).status);
        client.echo(Opcode::Text, b"served");
    }
    // Whoever was let in has said nothing: 408. The others were told at once.
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [408, 503]);
    assert_eq!(server.get("/health").status, 200, "there is room again");
}
