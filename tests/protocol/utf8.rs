//! Text is refused at its first bad byte, wherever it is cut.

use proptest::prelude::*;
use ws_server::protocol::{Event, PeerError, Settings, Utf8Validator};

use crate::peer::{Peer, masked};

/// Texts that go wrong, and how many of their bytes could still have become something.
const BAD: [(&[u8], usize); 14] = [
    (b"\x80", 0),
    (b"abc\xBF", 3),
    (b"\xC0\xAF", 0),
    (b"\xC1\xBF", 0),
    (b"\xC3\x28", 1),
    (b"\xE0\x80\x80", 1),
    (b"\xE0\x9F\xBF", 1),
    (b"\xED\xA0\x80", 1),
    (b"\xE2\x82\x28", 2),
    (b"\xF0\x80\x80\x80", 1),
    (b"\xF4\x90\x80\x80", 1),
    (b"\xF5\x80\x80\x80", 0),
    (b"\xF0\x9F\x98\x41", 3),
    (b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80edited", 12),
];

#[test]
fn the_first_bad_byte_is_the_last_one_read() {
    for (bytes, position) in BAD {
        let mut utf8 = Utf8Validator::default();
        let failed = bytes.iter().position(|byte| utf8.push(&[*byte]).is_err());
        assert_eq!(failed, Some(position), "{bytes:x?}");
        assert!(Utf8Validator::default().push(&bytes[..position]).is_ok(), "{bytes:x?}");
        assert!(Utf8Validator::default().push(&bytes[..=position]).is_err(), "{bytes:x?}");
    }
}

#[test]
fn a_frame_is_refused_in_its_middle() {
    for buffer_messages in [true, false] {
        for (bytes, position) in BAD {
            let mut peer = Peer::open_server(Settings { buffer_messages, ..Settings::default() });
            let message = [bytes, &[b'x'; 1000]].concat();
            let frame = masked(0x81, &message);
            let start = frame.len() - message.len();
            let mut refused = None;
            for (i, byte) in frame.iter().enumerate() {
                let end = peer.feed(&[*byte]).into_iter().find_map(|event| match event {
                    Event::Closed(closed) => Some(closed),
                    _ => None,
                });
                if let Some(end) = end {
                    assert_eq!((end.code, end.error), (1007, Some(PeerError::TextUtf8)));
                    refused = Some(i);
                    break;
                }
            }
            assert_eq!(refused, Some(start + position), "{bytes:x?}");
        }
    }
}

#[test]
fn an_unfinished_character_at_the_end() {
    for cut in [&b"\xC3"[..], b"\xE2\x82", b"\xF0\x9F\x98", b"ok\xF0"] {
        let mut utf8 = Utf8Validator::default();
        assert!(utf8.push(cut).is_ok());
        assert!(utf8.finish().is_err(), "{cut:x?}");
    }
}

proptest! {
    #[test]
    fn pieces_agree_with_std(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            ".{0,40}".prop_map(String::into_bytes),
            (".{0,20}", any::<u8>(), any::<prop::sample::Index>()).prop_map(|(text, byte, at)| {
                let mut bytes = text.into_bytes();
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
                bytes
            }),
        ],
        sizes in proptest::collection::vec(0usize..7, 1..20),
    ) {
        let expected = std::str::from_utf8(&bytes);
        let mut utf8 = Utf8Validator::default();
        let (mut rest, mut seen, mut failed) = (&bytes[..], 0, None);
        for size in sizes.iter().cycle() {
            let (piece, next) = rest.split_at((*size).min(rest.len()));
            if utf8.push(piece).is_err() {
                failed = Some(seen..seen + piece.len());
                break;
            }
            seen += piece.len();
            rest = next;
            if rest.is_empty() || sizes.iter().all(|size| *size == 0) {
                break;
            }
        }
        prop_assume!(failed.is_some() || rest.is_empty());
        match expected {
            Ok(_) => prop_assert!(failed.is_none() && utf8.finish().is_ok()),
            Err(error) => match error.error_len() {
                None => prop_assert!(failed.is_none() && utf8.finish().is_err()),
                // The byte that is wrong lies in the piece that was refused: at most the character's own bytes after its start.
                Some(len) => {
                    let wrong = first_wrong_byte(&bytes, error.valid_up_to(), len);
                    prop_assert!(failed.is_some_and(|piece| piece.contains(&wrong)));
                }
            },
        }
    }
}

/// The first byte that cannot follow those before it.
fn first_wrong_byte(bytes: &[u8], valid_up_to: usize, error_len: usize) -> usize {
    let hopeless =
        |end: usize| std::str::from_utf8(&bytes[..end]).is_err_and(|error| error.error_len().is_some());
    (valid_up_to..=valid_up_to + error_len).find(|at| hopeless(at + 1)).unwrap()
}
