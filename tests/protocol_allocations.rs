//! What the protocol costs in memory, counted: nothing but the payload for a message that arrives whole, nothing at all for
//! fragments without content, and a small struct for an idle connection.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use flate2::{Compress, FlushCompress};
use ws_server::protocol::{
    Accept, Compression, Connection, Event, INFLATER_BYTES, PeerError, Settings, Timestamp, deflater_bytes,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
    static MOST_BYTES: Cell<isize> = const { Cell::new(0) };
}

fn note(allocations: usize, bytes: isize) {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + allocations));
    let _ = LIVE_BYTES.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = MOST_BYTES.try_with(|most| most.set(most.get().max(live.get())));
    });
}

// SAFETY: every call is handed on to `System` unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(0, -(layout.size() as isize));
        // SAFETY: the block came from `System`.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as isize - layout.size() as isize);
        // SAFETY: the block came from `System`.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations while `run` ran, and the bytes that are still there.
fn cost<T>(run: impl FnOnce() -> T) -> (T, usize, isize) {
    let (allocations, bytes) = (ALLOCATIONS.get(), LIVE_BYTES.get());
    let result = run();
    (result, ALLOCATIONS.get() - allocations, LIVE_BYTES.get() - bytes)
}

/// The most bytes that were there at one time while `run` ran, beside those that were there before.
fn peak<T>(run: impl FnOnce() -> T) -> (T, isize) {
    let before = LIVE_BYTES.get();
    MOST_BYTES.set(before);
    let result = run();
    (result, MOST_BYTES.get() - before)
}

const NOW: Timestamp = Timestamp(0);

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn open(settings: &Arc<Settings>) -> (Connection<Vec<u8>>, Vec<u8>) {
    let mut out = Vec::with_capacity(1 << 12);
    let mut connection = Connection::server(settings.clone(), NOW);
    let mut input = REQUEST;
    assert!(matches!(connection.receive(&mut input, NOW, &mut out), Some(Event::Request(_))));
    connection.accept(&Accept::default(), NOW, &mut out).unwrap();
    out.clear();
    (connection, out)
}

/// Frames whose mask is zero.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = match payload.len() {
        len @ 0..126 => vec![first, 0x80 | len as u8],
        len @ 126..65536 => [&[first, 0xFE][..], &(len as u16).to_be_bytes()].concat(),
        len => [&[first, 0xFF][..], &(len as u64).to_be_bytes()].concat(),
    };
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn open_compressed(compression: Compression, settings: Settings) -> (Connection<Vec<u8>>, Vec<u8>) {
    let settings = Settings { compression: Some(compression), ..settings };
    let request =
        [&REQUEST[..REQUEST.len() - 2], b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"].concat();
    let mut out = Vec::with_capacity(1 << 20);
    let mut connection = Connection::server(Arc::new(settings), NOW);
    connection.receive(&mut &request[..], NOW, &mut out);
    connection.accept(&Accept::default(), NOW, &mut out).unwrap();
    assert!(connection.is_compressed());
    (connection, out)
}

fn deflated(message: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() + 1000);
    let mut stream = Compress::new(flate2::Compression::new(9), false);
    stream.compress_vec(message, &mut payload, FlushCompress::Sync).unwrap();
    payload.truncate(payload.len() - 4);
    payload
}

/// Messages in both directions, which the connection understands.
fn talk(connection: &mut Connection<Vec<u8>>, out: &mut Vec<u8>) {
    let message = b"some text that is repeated, ".repeat(20);
    let payload = deflated(&message);
    for cut in [payload.len(), 7] {
        for (i, piece) in masked(0xC2, &payload).chunks(cut).enumerate() {
            let event = connection.receive(&mut &*piece, NOW, out);
            assert!(event.is_none_or(|event| event == Event::Binary(message.clone())), "{i}");
        }
    }
    connection.send_binary(&message, out).unwrap();
    out.clear();
}

#[test]
fn without_takeover_an_idle_connection_keeps_nothing() {
    let (mut first, mut out) = open_compressed(Compression::default(), Settings::default());
    talk(&mut first, &mut out); // the thread has its streams now
    let settings = Settings { compression: Some(Compression::default()), ..Settings::default() };
    let settings = Arc::new(settings);
    let (connection, _, bytes) = cost(|| {
        let (mut connection, mut out) = open_compressed(Compression::default(), (*settings).clone());
        talk(&mut connection, &mut out);
        connection
    });
    // Its own settings, which connections of a server share.
    assert!(bytes <= size_of::<Settings>() as isize + 16, "{bytes}");
    drop(connection);
}

#[test]
fn with_takeover_it_keeps_what_is_documented() {
    for window_bits in 9..=15 {
        let compression = Compression { context_takeover: true, window_bits, ..Compression::default() };
        let (mut connection, mut out) = open_compressed(compression, Settings::default());
        let (_, _, fresh) = cost(|| connection.send_text("small", &mut out).unwrap());
        assert_eq!(fresh, 0, "nothing is made before it is needed");
        let ((), _, bytes) = cost(|| talk(&mut connection, &mut out));
        let documented = INFLATER_BYTES + deflater_bytes(window_bits);
        // What the thread keeps for all is among it: where messages are unmasked and inflated.
        let most = documented as isize + (41 << 10);
        assert!((documented as isize - 2000..=most).contains(&bytes), "{window_bits}: {bytes} {documented}");
        let ((), _, freed) = cost(|| drop(connection.abort("gone")));
        assert!(
            -freed >= documented as isize - 2000 && -freed <= documented as isize,
            "{window_bits}: {freed}"
        );
    }
}

#[test]
fn a_bomb_costs_no_more_than_the_limit() {
    let payload = deflated(&vec![0; 100 << 20]);
    assert!(payload.len() < 110_000);
    let frame = masked(0xC2, &payload);
    for limit in [1000, 100_000, 1 << 20] {
        let settings = Settings { max_message_size: limit, ..Settings::default() };
        let (mut connection, mut out) = open_compressed(Compression::default(), settings);
        let (event, most) = peak(|| connection.receive(&mut &frame[..], NOW, &mut out));
        let Some(Event::Closed(closed)) = event else { panic!("{event:?}") };
        assert_eq!(closed.error, Some(PeerError::MessageTooLarge));
        // A buffer that doubles was a half and a whole at the moment it grew for the last time; and a stream.
        let allowed = 2 * limit as isize + 100_000;
        assert!(most <= allowed, "{limit}: {most}");
    }
    let settings = Settings { buffer_messages: false, ..Settings::default() };
    let (mut connection, mut out) = open_compressed(Compression::default(), settings);
    let (total, most) = peak(|| {
        let (mut input, mut total) = (&frame[..], 0);
        while let Some(Event::Fragment { data, .. }) = connection.receive(&mut input, NOW, &mut out) {
            total += data.len();
        }
        total
    });
    assert_eq!(total, 100 << 20);
    assert!(most <= 200_000, "{most}");
}

#[test]
fn a_plain_message_costs_the_same_where_compression_was_agreed_on() {
    let (mut connection, mut out) = open_compressed(Compression::default(), Settings::default());
    let frame = masked(0x82, b"a small message");
    let (_, allocations, _) = cost(|| connection.receive(&mut &frame[..], NOW, &mut out));
    assert_eq!(allocations, 1);
    let (_, allocations, _) = cost(|| connection.send_binary(b"a small message", &mut out));
    assert_eq!(allocations, 0);
}

#[test]
fn a_compressed_message_costs_its_payload_and_a_box() {
    let (mut connection, mut out) = open_compressed(Compression::default(), Settings::default());
    let frame = masked(0xC2, &deflated(&b"some text that is repeated, ".repeat(50)));
    connection.receive(&mut &frame[..], NOW, &mut out);
    let (event, allocations, _) = cost(|| connection.receive(&mut &frame[..], NOW, &mut out));
    assert!(matches!(event, Some(Event::Binary(_))));
    assert_eq!(allocations, 2);
}

#[test]
fn a_whole_message_costs_its_payload() {
    let (mut connection, mut out) = open(&Arc::default());
    for first in [0x81, 0x82] {
        let frames = masked(first, b"a small message").repeat(100);
        let mut input = &frames[..];
        for _ in 0..100 {
            let (event, allocations, _) = cost(|| connection.receive(&mut input, NOW, &mut out));
            assert!(
                matches!(event, Some(Event::Text(data) | Event::Binary(data)) if data == b"a small message")
            );
            assert_eq!(allocations, 1);
        }
    }
}

#[test]
fn an_idle_connection_is_its_struct() {
    assert!(size_of::<Connection<Vec<u8>>>() <= 104, "{}", size_of::<Connection<Vec<u8>>>());
    let settings = Arc::new(Settings::default());
    // Whatever is over leaves nothing behind, however it arrived.
    let message = [masked(0x01, b"a"), masked(0x80, b"b")].concat();
    for stream in [vec![], message, masked(0x89, b"p"), masked(0x8A, b"p"), masked(0x82, b"c")] {
        for bytewise in [false, true] {
            let (connection, _, bytes) = cost(|| {
                let (mut connection, mut out) = open(&settings);
                for mut piece in stream.chunks(if bytewise { 1 } else { usize::MAX }) {
                    while connection.receive(&mut piece, NOW, &mut out).is_some() {}
                }
                connection
            });
            assert_eq!(bytes, 0, "on the heap after {stream:?}");
            drop(connection);
        }
    }
}

#[test]
fn what_will_not_be_delivered_is_not_kept() {
    let (connection, _, bytes) = cost(|| {
        let (mut connection, mut out) = open(&Arc::default());
        connection.receive(&mut &masked(0x01, &[b'x'; 100])[..], NOW, &mut out);
        for _ in 0..1000 {
            connection.receive(&mut &masked(0x00, &[b'x'; 100])[..], NOW, &mut out);
        }
        connection.close(1000, "", NOW, &mut out).unwrap();
        connection
    });
    assert!(bytes < 1000, "{bytes}");
    drop(connection);
}

#[test]
fn endless_fragments_without_content_cost_nothing() {
    for buffer_messages in [true, false] {
        let settings = Settings { buffer_messages, ..Settings::default() };
        let (mut connection, mut out) = open(&Arc::new(settings));
        connection.receive(&mut &masked(0x01, b"")[..], NOW, &mut out);
        let fragments = masked(0x00, b"").repeat(1000);
        let ((), allocations, bytes) = cost(|| {
            for _ in 0..100 {
                let mut input = &fragments[..];
                assert!(connection.receive(&mut input, NOW, &mut out).is_none());
                assert!(input.is_empty());
            }
        });
        assert_eq!((allocations, bytes), (0, 0));
    }
}

#[test]
fn tiny_fragments_cost_what_they_carry() {
    let (mut connection, mut out) = open(&Arc::default());
    connection.receive(&mut &masked(0x01, b"")[..], NOW, &mut out);
    let fragments = masked(0x00, b"x").repeat(10_000);
    let (_, _, bytes) = cost(|| connection.receive(&mut &fragments[..], NOW, &mut out));
    assert!((10_000..=20_000).contains(&bytes), "{bytes}");
}

#[test]
fn a_long_message_costs_at_most_twice_what_arrived() {
    let settings = Settings { max_frame_size: u64::MAX, max_message_size: u64::MAX, ..Settings::default() };
    let (mut connection, mut out) = open(&Arc::new(settings));
    let mut header = vec![0x82, 0xFF];
    header.extend((1u64 << 62).to_be_bytes());
    header.extend([0; 4]);
    let chunk = [7; 50_000];
    let (_, _, bytes) = cost(|| {
        connection.receive(&mut &header[..], NOW, &mut out);
        for _ in 0..20 {
            connection.receive(&mut &chunk[..], NOW, &mut out);
        }
    });
    assert!((1_000_000..2_200_000).contains(&bytes), "{bytes}");
}
