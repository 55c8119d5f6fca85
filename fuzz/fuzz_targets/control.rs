//! The server's side of a control connection: bytes in one piece and in many, requests answered at once and late, time.

#![no_main]

use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ws_server::protocol::{
    ControlAnswer, ControlCommand, ControlEvent, ControlFault, ControlFrame, ControlRequest, ControlSecret,
    ControlSession, MAX_CONTROL_FRAME, Position, Timestamp, parse_control_frame,
};

const NOW: Timestamp = Timestamp(0);

/// What the server does, with the connections 1 to 3 to be locked.
struct Server {
    session: ControlSession<u8>,
    /// Requests that were not answered yet, in order; they are when there are so many, or nothing else is to be done.
    outstanding: Vec<ControlRequest>,
    patience: usize,
    requests: Vec<ControlRequest>,
    output: Vec<u8>,
    ended: Option<Option<ControlFault>>,
}

impl Server {
    fn new(secret: bool, patience: usize) -> Server {
        let secret = secret.then(|| Arc::new(ControlSecret::new(b"s").unwrap()));
        let must_authenticate = secret.is_some();
        Server {
            session: ControlSession::new(secret, must_authenticate, NOW),
            outstanding: Vec::new(),
            patience,
            requests: Vec::new(),
            output: Vec::new(),
            ended: None,
        }
    }

    fn poll(&mut self) {
        loop {
            match self.session.poll_event(NOW) {
                Some(ControlEvent::Request(request)) => self.outstanding.push(request),
                Some(ControlEvent::Ended(fault)) => {
                    assert!(self.ended.is_none() && self.outstanding.is_empty());
                    self.ended = Some(fault);
                    self.session.unlock();
                }
                None => break,
            }
            if self.outstanding.len() > self.patience {
                self.answer();
            }
        }
        // Nothing is kept from it: what could be handed out was.
        assert!(!self.session.has_more());
    }

    /// Answers all that is outstanding, and takes the output.
    fn answer(&mut self) {
        for request in std::mem::take(&mut self.outstanding) {
            let field = request.field();
            let command = request.command().expect("a request is well-formed");
            let answer = match &command {
                ControlCommand::Send { .. } => field.map(|to| ControlAnswer::Delivered { to }),
                ControlCommand::Lock { .. } => {
                    let to = field.unwrap();
                    let free = self.session.locked().is_none();
                    if free {
                        self.session.lock(to[1]);
                    }
                    Some(if free {
                        ControlAnswer::Delivered { to }
                    } else {
                        ControlAnswer::NotDelivered { to }
                    })
                }
                ControlCommand::Fragment { position, binary, piece } => {
                    let admitted = self.session.admits(*position, *binary, piece);
                    if let Some((key, begun)) = admitted {
                        assert!(
                            self.session.locked() == Some(key) && begun == (*position != Position::First)
                        );
                        self.session.fragment_sent(*position, *binary, piece);
                        assert_eq!(self.session.locked().is_none(), *position == Position::Last);
                    }
                    Some(if admitted.is_some() { ControlAnswer::Done } else { ControlAnswer::NotDone })
                }
                ControlCommand::Freest => Some(ControlAnswer::Domain(b"d")),
                ControlCommand::Status => Some(ControlAnswer::Status(b"{}")),
                ControlCommand::Broadcast { binary, message }
                | ControlCommand::SendUnconfirmed { binary, message, .. }
                | ControlCommand::Publish { binary, message, .. } => {
                    assert!(*binary || std::str::from_utf8(message).is_ok());
                    None
                }
                other => panic!("the session does that itself: {other:?}"),
            };
            // What is read is written the same, but for quitting with a capital letter.
            let mut written = Vec::new();
            command.write(&mut written).unwrap();
            let (ControlFrame { letter, payload }, _) = parse_control_frame(&written).unwrap().unwrap();
            assert_eq!(ControlCommand::parse(ControlFrame { letter, payload }).as_ref(), Ok(&command));
            self.session.answer(answer.as_ref());
            self.requests.push(request);
        }
        self.take_output();
    }

    fn take_output(&mut self) {
        let output = self.session.output();
        if !output.is_empty() {
            self.output.extend_from_slice(output);
            self.session.advance(output.len(), NOW);
        }
    }

    fn run(mut self, bytes: &[u8], size: usize) -> Server {
        for mut piece in bytes.chunks(size) {
            while !piece.is_empty() && !self.session.is_over() {
                let room = self.session.room();
                assert!(room <= MAX_CONTROL_FRAME);
                let (now, later) = piece.split_at(room.min(piece.len()));
                self.session.receive(now, NOW);
                piece = later;
                self.poll();
                if room == 0 || !piece.is_empty() {
                    // It waits for us.
                    self.answer();
                    self.poll();
                }
            }
        }
        self.session.handle_eof();
        while self.ended.is_none() {
            self.poll();
            self.answer();
        }
        self.take_output();
        assert!(self.session.is_over() && self.session.poll_timeout().is_none());
        self
    }
}

fuzz_target!(|input: &[u8]| {
    let [flags, size, bytes @ ..] = input else { return };
    let (secret, patience) = (flags & 1 != 0, usize::from(flags >> 1) % 64);
    let whole = Server::new(secret, 0).run(bytes, usize::MAX);
    let cut = Server::new(secret, patience).run(bytes, usize::from(*size) + 1);
    assert_eq!(whole.requests, cut.requests);
    assert_eq!((&whole.output, whole.ended), (&cut.output, cut.ended));
    match whole.ended.flatten() {
        None => {}
        Some(ControlFault::WrongSecret) => assert!(whole.output.ends_with(b"0n")),
        Some(_) => assert!(whole.output.ends_with(b"0E")),
    }

    // Silence ends it within two seconds, if nothing else has.
    let mut session = ControlSession::<u8>::new(None, false, NOW);
    session.receive(&bytes[..bytes.len().min(MAX_CONTROL_FRAME)], NOW);
    let mut now = NOW;
    for _ in 0..2 {
        now = now + Duration::from_secs(1);
        if session.has_more() || session.is_over() {
            return;
        }
        session.handle_timeout(now);
    }
    assert!(session.is_over());
});
