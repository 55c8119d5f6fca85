//! What single steps cost, by Criterion: `cargo bench --no-default-features --bench micro [NAME]`.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Read;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use ws_server::net::{BufferPool, Flushed, ListenAddress, Outbox, SharedFrame};
use ws_server::protocol::{
    Connection, Mask, Opcode, Settings, Timestamp, Utf8Validator, encode_frame, encode_masked_frame,
    parse_header,
};
use ws_server::server::{Driver, Event, ServerConfig};

const NOW: Timestamp = Timestamp(0);
const REQUEST: &[u8] = b"GET /chat?room=5 HTTP/1.1\r\nHost: example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36\r\n\
    Origin: https://example.com\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.9\r\nCookie: PHPSESSID=0123456789abcdef0123456789abcdef; theme=dark\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
const SIZES: [usize; 4] = [64, 1024, 16 * 1024, 256 * 1024];

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame");
    let mut frame = Vec::new();
    encode_masked_frame(Opcode::Text, &[b'x'; 64], Mask::new([1, 2, 3, 4]), &mut frame);
    group.bench_function("parse header", |b| b.iter(|| parse_header(black_box(&frame))));
    let mut out = Vec::new();
    group.bench_function("encode 64 B", |b| {
        b.iter(|| {
            out.clear();
            encode_frame(Opcode::Text, black_box(&[b'x'; 64]), &mut out);
        });
    });
    group.throughput(Throughput::Elements(1000));
    let thousand = frame.repeat(1000);
    let mut connection = open();
    group.bench_function("decode 1,000 messages of 64 B", |b| {
        b.iter(|| connection.receive_messages(&mut &thousand[..], NOW, |message| drop(black_box(message))));
    });
    group.finish();
}

/// Against `memcpy`, which is what a copy without unmasking would cost.
fn masking(c: &mut Criterion) {
    let mut group = c.benchmark_group("mask");
    let mask = Mask::new([0x12, 0x34, 0x56, 0x78]);
    for size in SIZES {
        let source = vec![b'x'; size];
        let mut target: Vec<u8> = Vec::with_capacity(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("copy and unmask", size), |b| {
            b.iter(|| mask.xor_copy(target.spare_capacity_mut(), black_box(&source)));
        });
        let mut target = vec![0; size];
        group.bench_function(BenchmarkId::new("memcpy", size), |b| {
            b.iter(|| target.copy_from_slice(black_box(&source)));
        });
        group.bench_function(BenchmarkId::new("in place", size), |b| {
            b.iter(|| mask.xor_in_place(black_box(&mut target)));
        });
    }
    group.finish();
}

fn utf8(c: &mut Criterion) {
    let mut group = c.benchmark_group("utf8");
    for (name, letter) in [("ASCII", "x"), ("Latin", "é"), ("CJK", "漢")] {
        let text = letter.repeat(16 * 1024 / letter.len());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| Utf8Validator::default().push(black_box(text.as_bytes())).is_ok());
        });
    }
    group.finish();
}

fn handshake(c: &mut Criterion) {
    let settings = Arc::new(Settings::default());
    c.bench_function("handshake: a browser's request, accepted", |b| {
        b.iter_batched(
            || Connection::<Vec<u8>>::server(Arc::clone(&settings), NOW),
            |mut connection| {
                let mut out = Vec::new();
                let request = connection.receive(&mut &REQUEST[..], NOW, &mut out);
                connection
                    .accept(&ws_server::protocol::Accept::default(), NOW, &mut out)
                    .expect("it can be accepted");
                (connection, request, out)
            },
            BatchSize::SmallInput,
        );
    });
}

fn outbox(c: &mut Criterion) {
    let mut group = c.benchmark_group("outbox");
    let (mut outbox, mut pool) = (Outbox::default(), BufferPool::default());
    let all = |slices: &[std::io::IoSlice<'_>]| Ok(slices.iter().map(|slice| slice.len()).sum());
    group.bench_function("32 messages of 64 B, one write", |b| {
        b.iter(|| {
            for _ in 0..32 {
                outbox.push_message(Opcode::Text, black_box(&[b'x'; 64]), &mut pool);
            }
            assert_eq!(outbox.flush(&mut pool, all).expect("it is taken"), Flushed::All);
        });
    });
    let shared = SharedFrame::from(vec![b'x'; 64 * 1024]);
    group.bench_function("a shared frame of 64 KiB", |b| {
        b.iter(|| {
            outbox.push_shared(black_box(&shared), &mut pool);
            outbox.flush(&mut pool, all)
        });
    });
    group.finish();
}

/// To real sockets, so the kernel's part is in it; the clients read and drop.
fn publish(c: &mut Criterion) {
    const SUBSCRIBERS: usize = 100;
    let listen = vec![ListenAddress::parse("tcp://127.0.0.1:0").expect("an address")];
    let config = ServerConfig { listen, auto_accept: true, ..ServerConfig::default() };
    let mut driver: Driver<Vec<u8>> = Driver::start(config).expect("it starts");
    let address = driver.addresses()[0].trim_start_matches("tcp://").to_owned();
    for _ in 0..SUBSCRIBERS {
        let mut client = TcpStream::connect(&address).expect("it listens");
        std::io::Write::write_all(&mut client, REQUEST).expect("it is read");
        std::thread::spawn(move || while client.read(&mut [0; 64 * 1024]).is_ok_and(|count| count > 0) {});
    }
    let (mut open, mut events) = (0, Vec::new());
    while open < SUBSCRIBERS {
        driver.wait(Some(Duration::from_secs(10)), &mut events).expect("it turns");
        for event in events.drain(..) {
            if let Event::Open { key, .. } = event {
                open += usize::from(driver.subscribe(key, "news"));
            }
        }
        driver.flush();
    }
    let mut group = c.benchmark_group("topic");
    group.throughput(Throughput::Elements(SUBSCRIBERS as u64));
    group.bench_function("publish to 100 sockets", |b| {
        b.iter(|| {
            let count = driver.publish("news", Opcode::Text, black_box(&[b'x'; 64]), &[]);
            driver.flush();
            count
        });
    });
    group.finish();
}

fn open() -> Connection<Vec<u8>> {
    let mut connection = Connection::server(Arc::new(Settings::default()), NOW);
    let mut out = Vec::new();
    connection.receive(&mut &REQUEST[..], NOW, &mut out).expect("a request");
    connection.accept(&ws_server::protocol::Accept::default(), NOW, &mut out).expect("it can be accepted");
    connection
}

criterion_group!(micro, frames, masking, utf8, handshake, outbox, publish);
criterion_main!(micro);
