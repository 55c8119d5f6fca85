//! Limits, and what is allocated for what a peer only announces.

use std::cell::Cell;
use std::sync::Arc;

use ws_server::protocol::{Accept, Connection, Event, Mask, Payload, PeerError, Settings, Timestamp};

use crate::peer::{MASK, Peer, REQUEST, binary, masked};

fn limited(max_frame_size: u64, max_message_size: u64) -> Peer {
    Peer::open_server(Settings { max_frame_size, max_message_size, ..Settings::default() })
}

/// A masked header that announces `len` bytes.
fn announce(first: u8, len: u64) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 127];
    frame.extend(len.to_be_bytes());
    frame.extend(MASK);
    frame
}

#[test]
fn a_frame_at_its_limit_and_one_byte_over() {
    for size in [1usize, 125, 126, 1000, 65535, 65536, 100_000] {
        let message = vec![b'x'; size];
        assert_eq!(limited(size as u64, 1 << 20).feed(&masked(0x82, &message)), [binary(&message)], "{size}");
        let mut peer = limited(size as u64 - 1, 1 << 20);
        let frame = masked(0x82, &message);
        let header = frame.len() - size;
        assert_eq!(peer.feed(&frame[..header - 1]), [], "{size}");
        let end = peer.feed_to_the_end(&frame[header - 1..header]);
        assert_eq!((end.code, end.error), (1009, Some(PeerError::FrameTooLarge)), "{size}: from the header");
    }
}

#[test]
fn a_message_at_its_limit_and_one_byte_over() {
    let first = masked(0x02, &[1; 60]);
    let mut peer = limited(60, 100);
    assert_eq!(peer.feed(&first), []);
    let end = [vec![1; 60], vec![2; 40]].concat();
    assert_eq!(peer.feed(&masked(0x80, &[2; 40])), [binary(&end)]);
    // The next message starts from nothing.
    assert_eq!(peer.feed(&masked(0x82, &[3; 60])), [binary(&[3; 60])]);

    let mut peer = limited(60, 100);
    peer.feed(&first);
    let end = peer.feed_to_the_end(&masked(0x00, &[2; 41])[..6]);
    assert_eq!((end.code, end.error), (1009, Some(PeerError::MessageTooLarge)));

    let mut peer = limited(200, 100);
    assert_eq!(peer.feed_to_the_end(&masked(0x82, &[0; 101])).error, Some(PeerError::MessageTooLarge));
    let mut peer = limited(200, 100);
    assert_eq!(peer.feed(&masked(0x82, &[0; 100])).len(), 1);
}

#[test]
fn control_frames_are_not_messages() {
    let mut peer = limited(0, 0);
    assert_eq!(peer.feed(&masked(0x89, &[0; 125])).len(), 1);
    assert_eq!(peer.feed(&masked(0x81, b"")).len(), 1, "an empty message fits no bytes");
    assert_eq!(peer.feed_to_the_end(&masked(0x81, b"x")).code, 1009);
}

#[test]
fn without_a_limit_the_largest_length_is_still_only_a_number() {
    let mut peer = limited(u64::MAX, u64::MAX);
    assert_eq!(peer.feed(&announce(0x02, (1 << 63) - 1)), []);
    assert_eq!(peer.feed(&[0; 1000]), []);
}

thread_local! {
    static ASKED_FOR: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Notes how many buffers were made and the largest one asked for.
struct Noted(Vec<u8>);

impl AsRef<[u8]> for Noted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Payload for Noted {
    fn with_capacity(expected: usize) -> Self {
        ASKED_FOR.with(|asked| {
            let (count, most) = asked.get();
            asked.set((count + 1, most.max(expected)));
        });
        Noted(Vec::new())
    }

    fn extend_masked(&mut self, src: &[u8], mask: Mask) {
        self.0.extend_masked(src, mask);
    }
}

/// What is asked for while a server with these settings reads `bytes`, and its last event's error.
fn asked_for(settings: Settings, bytes: &[u8]) -> (usize, usize, Option<PeerError>) {
    let now = Timestamp(0);
    let mut out = Vec::new();
    let mut connection = Connection::<Noted>::server(Arc::new(settings), now);
    let mut input = REQUEST.as_bytes();
    connection.receive(&mut input, now, &mut out);
    connection.accept(&Accept::default(), now, &mut out).unwrap();
    ASKED_FOR.with(|asked| asked.set((0, 0)));
    let (mut input, mut error) = (bytes, None);
    while let Some(event) = connection.receive(&mut input, now, &mut out) {
        if let Event::Closed(closed) = event {
            error = closed.error;
        }
    }
    let (count, most) = ASKED_FOR.with(Cell::get);
    (count, most, error)
}

#[test]
fn what_is_refused_is_not_allocated() {
    let settings = || Settings { max_frame_size: 1000, max_message_size: 1000, ..Settings::default() };
    assert_eq!(asked_for(settings(), &announce(0x82, 1 << 40)), (0, 0, Some(PeerError::FrameTooLarge)));
    assert_eq!(asked_for(settings(), &masked(0x81, &[0; 1001])), (0, 0, Some(PeerError::FrameTooLarge)));
}

#[test]
fn what_is_announced_is_not_believed() {
    let settings =
        || Settings { max_frame_size: u64::MAX, max_message_size: u64::MAX, ..Settings::default() };
    assert_eq!(asked_for(settings(), &announce(0x82, 1 << 40)), (1, 64 << 10, None));
    assert_eq!(asked_for(settings(), &announce(0x82, 70_000)), (1, 64 << 10, None));
    let small = masked(0x82, &[0; 50]);
    assert_eq!(asked_for(settings(), &small[..10]), (1, 50, None));
    assert_eq!(asked_for(settings(), &small), (1, 50, None));
    // What has arrived may be allocated in one go.
    assert_eq!(asked_for(settings(), &masked(0x82, &[0; 200_000])), (1, 200_000, None));
    assert_eq!(asked_for(settings(), &masked(0x02, &[0; 200_000])), (1, 200_000, None));
}
