//! What the protocol costs in memory, counted: nothing but the payload for a message that arrives whole, nothing at all for
//! fragments without content, and a small struct for an idle connection.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use ws_server::protocol::{Accept, Connection, Event, Settings, Timestamp};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
}

fn note(allocations: usize, bytes: isize) {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + allocations));
    let _ = LIVE_BYTES.try_with(|live| live.set(live.get() + bytes));
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

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend(payload);
    frame
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
    assert!(size_of::<Connection<Vec<u8>>>() <= 120, "{}", size_of::<Connection<Vec<u8>>>());
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
