use super::*;
use crate::protocol::encode_control_frame;

const TOKEN: &[u8; RECIPIENT_LEN] = b"32febad1f0cf83f38aceb31ad63866c4";

fn at(seconds: f64) -> Timestamp {
    Timestamp((seconds * 1e6) as u64)
}

fn frame(letter: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_control_frame(letter, &[payload], &mut bytes).unwrap();
    bytes
}

/// A session, and what it has written.
struct Peer {
    session: ControlSession<u32>,
    now: Timestamp,
}

impl Peer {
    /// On a Unix socket, without a secret.
    fn new() -> Peer {
        Peer { session: ControlSession::new(None, false, at(0.0)), now: at(0.0) }
    }

    fn with_secret(must_authenticate: bool) -> Peer {
        let secret = ControlSecret::new(b"sesame").map(Arc::new);
        Peer { session: ControlSession::new(secret, must_authenticate, at(0.0)), now: at(0.0) }
    }

    /// Receives bytes; the letters of the requests that come of them, and how it ended if it did.
    fn receive(&mut self, bytes: &[u8]) -> (String, Option<Option<ControlFault>>) {
        self.session.receive(bytes, self.now);
        self.poll()
    }

    fn poll(&mut self) -> (String, Option<Option<ControlFault>>) {
        let mut letters = String::new();
        while let Some(event) = self.session.poll_event(self.now) {
            match event {
                ControlEvent::Request(request) => letters.push(request.letter.into()),
                ControlEvent::Ended(fault) => return (letters, Some(fault)),
            }
        }
        (letters, None)
    }

    /// Takes the output.
    fn told(&mut self) -> String {
        let output = String::from_utf8(self.session.output().to_vec()).unwrap();
        if !output.is_empty() {
            self.session.advance(output.len(), self.now);
        }
        output
    }

    /// What came of the time.
    fn wait_until(&mut self, seconds: f64) -> Option<ControlEvent> {
        self.now = at(seconds);
        self.session.handle_timeout(self.now)
    }
}

fn requests(letters: &str) -> (String, Option<Option<ControlFault>>) {
    (letters.to_owned(), None)
}

fn fault(fault: impl Into<ControlFault>) -> (String, Option<Option<ControlFault>>) {
    (String::new(), Some(Some(fault.into())))
}

#[test]
fn requests_come_in_order_however_they_are_cut() {
    let input = [
        frame(b'b', b"hi"),
        frame(b'C', TOKEN),
        frame(b'j', b""),
        frame(b'T', b"news\0\xff"),
        frame(b'P', b""),
        frame(b'm', b""),
    ]
    .concat();
    for size in [1, 2, 3, 7, 100] {
        let mut peer = Peer::new();
        let letters: String = input.chunks(size).map(|piece| peer.receive(piece).0).collect();
        assert_eq!((letters.as_str(), peer.told().as_str()), ("bCjTm", ""), "pieces of {size}");
    }
}

#[test]
fn answers_come_in_the_order_of_what_they_answer() {
    let mut peer = Peer::new();
    let input = [frame(b'c', TOKEN), frame(b'p', b""), frame(b'b', b"x"), b"0x".to_vec()].concat();
    assert_eq!(peer.receive(&input), requests("c"));
    assert_eq!((peer.told().as_str(), peer.session.has_more()), ("", false), "the pong waits for the answer");
    peer.session.answer(Some(&ControlAnswer::NotDelivered { to: *TOKEN }));
    assert!(peer.session.has_more());
    assert_eq!(peer.poll(), requests("b"));
    assert_eq!(peer.told(), "32N32febad1f0cf83f38aceb31ad63866c40P");
    peer.session.answer(None);
    assert_eq!(peer.poll(), fault(ControlError::Unknown('x')));
    assert_eq!(peer.told(), "0E");
}

#[test]
fn every_malformed_frame_is_told_once_and_ends_it() {
    let long = vec![b'x'; MAX_CONTROL_FRAME];
    for (input, error) in [
        (&b"x"[..], ControlError::Length),
        (b" 0p", ControlError::Length),
        (b"-1b", ControlError::Length),
        (b"0\0", ControlError::Length),
        (b"\xff\xff", ControlError::Length),
        (b"GET / HTTP/1.1\r\n\r\n", ControlError::Length),
        (b"65531b", ControlError::TooLong),
        (b"100000", ControlError::TooLong),
        (b"0z", ControlError::Unknown('z')),
        (b"0A", ControlError::Unknown('A')),
        (b"65000E", ControlError::Unknown('E')),
        (b"31c", ControlError::TooShort('c')),
        (b"0l", ControlError::TooShort('l')),
        (b"33l", ControlError::Payload('l')),
        (b"0t", ControlError::TooShort('t')),
        (b"4tnews", ControlError::TooShort('t')),
        (b"2t\xff\0", ControlError::Topic),
        (b"1m", ControlError::Payload('m')),
        (b"1j", ControlError::Payload('j')),
        (b"1p", ControlError::Payload('p')),
        (b"1P", ControlError::Payload('P')),
        (b"1q", ControlError::Payload('q')),
        (b"32l                                ", ControlError::Recipient),
        (b"32d#1x                             ", ControlError::Recipient),
        (b"1b\xff", ControlError::Text('b')),
        (b"33d32febad1f0cf83f38aceb31ad63866c4\xff", ControlError::Text('d')),
        (b"2t\0\xff", ControlError::Text('t')),
    ] {
        let mut peer = Peer::new();
        let input = [input, &long[..1000]].concat();
        assert_eq!(peer.receive(&input), fault(error), "{}", input[..10].escape_ascii());
        assert_eq!((peer.told().as_str(), peer.session.room()), ("0E", 0));
        assert_eq!((peer.poll(), peer.session.poll_timeout()), (requests(""), None));
    }
}

#[test]
fn binary_and_confirmed_messages_may_be_any_bytes() {
    let mut peer = Peer::new();
    let confirmed = frame(b'c', &[&TOKEN[..], b"\xff"].concat());
    let input = [frame(b'B', b"\xff"), frame(b'D', &[&TOKEN[..], b"\xff"].concat()), confirmed].concat();
    assert_eq!(peer.receive(&input), requests("BDc"));
}

#[test]
fn a_frame_as_long_as_may_be_fits_and_nothing_more_is_buffered() {
    let mut peer = Peer::new();
    let longest = frame(b'B', &vec![b'x'; MAX_CONTROL_FRAME - 6]);
    assert_eq!((longest.len(), peer.session.room()), (MAX_CONTROL_FRAME, MAX_CONTROL_FRAME));
    assert_eq!(peer.receive(&longest[..longest.len() - 1]), requests(""));
    assert_eq!(peer.session.room(), 1);
    assert_eq!(peer.receive(&longest[longest.len() - 1..]), requests("B"));
    assert_eq!((peer.session.room(), peer.session.input.capacity()), (MAX_CONTROL_FRAME, 0));
}

#[test]
fn what_was_asked_before_the_end_is_answered_and_a_cut_frame_is_a_fault() {
    let mut peer = Peer::new();
    assert_eq!(peer.receive(b"0j"), requests("j"));
    peer.session.handle_eof();
    assert_eq!(peer.poll(), requests(""), "the answer is outstanding");
    peer.session.answer(Some(&ControlAnswer::Status(b"{}")));
    assert!(peer.session.has_more());
    assert_eq!((peer.poll(), peer.told().as_str()), ((String::new(), Some(None)), "2J{}"));

    let mut peer = Peer::new();
    peer.receive(b"5bhell");
    peer.session.handle_eof();
    assert_eq!((peer.poll(), peer.told().as_str()), (fault(ControlFault::CutOff), "0E"));
}

#[test]
fn quitting_is_quiet_and_what_follows_is_not_looked_at() {
    for quit in [&b"0b0q0b"[..], b"0b0Q0x"] {
        let mut peer = Peer::new();
        assert_eq!(peer.receive(quit), requests("b"));
        peer.session.answer(None);
        assert_eq!((peer.poll(), peer.told().as_str()), ((String::new(), Some(None)), ""));
    }
}

#[test]
fn where_a_secret_is_needed_it_comes_first() {
    let mut peer = Peer::with_secret(true);
    assert_eq!((peer.receive(b"6ksesame0j"), peer.told().as_str()), (requests("j"), "0a"));
    for other in [&b"0j"[..], b"0p", b"65000b"] {
        let mut peer = Peer::with_secret(true);
        assert_eq!(peer.receive(other), fault(ControlFault::Unauthenticated));
        assert_eq!(peer.told(), "0E");
    }
    for wrong in [&b"6ksesamE"[..], b"0k", b"7ksesame!"] {
        let mut peer = Peer::with_secret(true);
        assert_eq!(peer.receive(wrong), fault(ControlFault::WrongSecret));
        assert_eq!(peer.told(), "0n");
    }
    let mut peer = Peer::with_secret(true);
    assert_eq!((peer.receive(b"0q"), peer.told().as_str()), ((String::new(), Some(None)), ""));
}

#[test]
fn where_none_is_needed_one_may_come_and_must_not_be_wrong() {
    let mut peer = Peer::with_secret(false);
    assert_eq!(peer.receive(b"0j"), requests("j"));
    peer.session.answer(Some(&ControlAnswer::Status(b"{}")));
    assert_eq!((peer.receive(b"6ksesame"), peer.told().as_str()), (requests(""), "2J{}0a"));
    assert_eq!((peer.receive(b"1kx"), peer.told().as_str()), (fault(ControlFault::WrongSecret), "0n"));
    let mut peer = Peer::new();
    assert_eq!((peer.receive(b"1kx"), peer.told().as_str()), (requests(""), "0a"));
}

#[test]
fn a_silent_client_is_pinged_after_a_second_and_let_go_after_another() {
    let mut peer = Peer::new();
    assert_eq!(peer.session.poll_timeout(), Some(at(1.0)));
    assert_eq!((peer.wait_until(0.999999), peer.told().as_str()), (None, ""));
    assert_eq!((peer.wait_until(1.0), peer.told().as_str()), (None, "0p"));
    assert_eq!(peer.session.poll_timeout(), Some(at(2.0)));
    assert_eq!((peer.wait_until(1.999999), peer.told().as_str()), (None, ""));
    assert_eq!(peer.wait_until(2.0), Some(ControlEvent::Ended(Some(ControlFault::Silent))));
    assert_eq!(peer.told(), "0E");
}

#[test]
fn whoever_says_anything_stays() {
    for answer in [&b"0P"[..], b"0p", b"0b", b"5bhe"] {
        let mut peer = Peer::new();
        assert_eq!((peer.wait_until(1.5), peer.told().as_str()), (None, "0p"));
        peer.now = at(2.4);
        peer.receive(answer);
        peer.session.answer(None);
        assert_eq!(peer.session.poll_timeout(), Some(at(3.4)));
        assert_eq!((peer.wait_until(3.3), peer.session.is_over()), (None, false));
    }
}

#[test]
fn pongs_do_not_stand_for_the_secret() {
    let mut peer = Peer::with_secret(true);
    for second in 1..5 {
        peer.now = at(f64::from(second) - 0.1);
        assert_eq!(peer.receive(b"0P"), requests(""));
    }
    assert_eq!(peer.session.poll_timeout(), Some(at(4.9)));
    peer.wait_until(4.9);
    peer.receive(b"0P");
    assert_eq!(peer.session.poll_timeout(), Some(at(5.0)));
    assert_eq!(peer.wait_until(5.0), Some(ControlEvent::Ended(Some(ControlFault::Unauthenticated))));
}

/// It has asked, and waits for us.
#[test]
fn a_client_with_requests_outstanding_is_not_silent() {
    let mut peer = Peer::new();
    peer.receive(b"0j0p");
    assert_eq!((peer.wait_until(9.0), peer.told().as_str()), (None, ""));
    peer.session.answer(Some(&ControlAnswer::Status(b"{}")));
    assert_eq!((peer.wait_until(19.0), peer.told().as_str()), (None, "2J{}"), "its ping was not looked at");
    peer.poll();
    assert_eq!((peer.wait_until(20.0), peer.told().as_str()), (None, "0P0p"));
}

#[test]
fn requests_outstanding_have_a_limit() {
    let mut peer = Peer::new();
    let (letters, end) = peer.receive(&b"0b".repeat(MAX_OUTSTANDING + 1));
    assert_eq!((letters.len(), end), (MAX_OUTSTANDING, None));
    assert!(!peer.session.has_more());
    peer.session.answer(None);
    assert_eq!(peer.poll(), requests("b"));
}

#[test]
fn a_client_that_takes_no_answers_is_asked_nothing_more_and_is_let_go() {
    let mut peer = Peer::new();
    let mut answered = 0;
    while peer.receive(b"0p").0.is_empty() && peer.session.room() == MAX_CONTROL_FRAME {
        answered += 1;
    }
    assert_eq!(answered, MAX_UNREAD / 2 + 1, "one answer over the limit at the most");
    assert_eq!((peer.wait_until(1.0), peer.wait_until(1.9)), (None, None));
    // Taking some is a sign of life.
    peer.session.advance(1, peer.now);
    assert_eq!(peer.session.poll_timeout(), Some(at(2.9)));
    assert_eq!((peer.wait_until(2.9), peer.wait_until(3.8)), (None, None));
    assert_eq!(peer.wait_until(3.9), Some(ControlEvent::Ended(Some(ControlFault::Unread))));
}

#[test]
fn the_output_does_not_grow_while_a_slow_client_takes_it() {
    let mut peer = Peer::new();
    for _ in 0..10 * MAX_UNREAD {
        peer.receive(b"0p");
        if peer.session.output().len() > 1000 {
            peer.session.advance(2, peer.now);
        }
    }
    assert!(peer.session.output.len() <= MAX_UNREAD + 2000, "{}", peer.session.output.len());
}

#[test]
fn a_lock_lasts_until_the_last_fragment() {
    use Position::{First, Intermediate, Last};
    let mut peer = Peer::new();
    let session = &mut peer.session;
    assert_eq!((session.locked(), session.admits(First, false, b"a")), (None, None));
    session.lock(7);
    assert_eq!(session.admits(Last, false, b"a"), None);
    assert_eq!(session.admits(First, false, b"a"), Some((7, false)));
    session.fragment_sent(First, false, b"a");
    assert_eq!((session.admits(First, false, b"a"), session.admits(Intermediate, true, b"a")), (None, None));
    assert_eq!(session.admits(Intermediate, false, b"b"), Some((7, true)));
    session.fragment_sent(Intermediate, false, b"b");
    assert_eq!(session.locked(), Some(7));
    session.fragment_sent(Last, false, b"c");
    assert_eq!((session.locked(), session.admits(First, false, b"a")), (None, None));
    session.lock(8);
    assert_eq!((session.unlock(), session.unlock()), (Some(8), None));
}
