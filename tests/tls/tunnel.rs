//! A tunnel: plain TCP on this side, TLS to the server. Tests that know nothing of TLS run through it.

use crate::trust;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::Arc;

/// The near end of a new tunnel. A thread serves it until one of its ends is gone.
pub fn open(server: SocketAddr) -> std::net::TcpStream {
    let far = std::net::TcpStream::connect(server).unwrap();
    let meeting = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = std::net::TcpStream::connect(meeting.local_addr().unwrap()).unwrap();
    let (inner, _) = meeting.accept().unwrap();
    std::thread::spawn(move || {
        for stream in [&inner, &far] {
            stream.set_nonblocking(true).unwrap();
            stream.set_nodelay(true).unwrap();
        }
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(trust::trusting()), name).unwrap();
        Tunnel {
            near: TcpStream::from_std(inner),
            far: TcpStream::from_std(far),
            tls,
            outgoing: Vec::new(),
            near_ended: false,
        }
        .serve();
    });
    near
}

struct Tunnel {
    near: TcpStream,
    far: TcpStream,
    tls: ClientConnection,
    /// Plaintext that the near end has not taken.
    outgoing: Vec<u8>,
    near_ended: bool,
}

impl Tunnel {
    fn serve(mut self) {
        let mut poll = Poll::new().unwrap();
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut self.near, Token(0), both).unwrap();
        poll.registry().register(&mut self.far, Token(1), both).unwrap();
        let mut events = Events::with_capacity(8);
        loop {
            // An end that is gone ends the other one too: dropping does that.
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return self.end(&mut poll, &mut events),
                Err(_) => return,
            }
            poll.poll(&mut events, None).unwrap();
        }
    }

    /// Moves bytes until nothing moves any more. False: the server has ended its stream.
    fn turn(&mut self) -> std::io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let mut moved = false;
            if !self.tls.wants_write() && !self.tls.is_handshaking() && !self.near_ended {
                match unless_blocked(self.near.read(&mut buffer))? {
                    Some(0) => {
                        self.near_ended = true;
                        self.tls.send_close_notify();
                        moved = true;
                    }
                    Some(count) => {
                        self.tls.writer().write_all(&buffer[..count])?;
                        moved = true;
                    }
                    None => {}
                }
            }
            while self.tls.wants_write() && unless_blocked(self.tls.write_tls(&mut self.far))?.is_some() {
                moved = true;
            }
            if self.outgoing.is_empty() {
                match unless_blocked(self.tls.reader().read(&mut buffer))? {
                    Some(0) => return Ok(false),
                    Some(count) => self.outgoing.extend_from_slice(&buffer[..count]),
                    None => {
                        if let Some(count) = unless_blocked(self.tls.read_tls(&mut self.far))? {
                            self.tls.process_new_packets().map_err(std::io::Error::other)?;
                            if count == 0 {
                                return Ok(false);
                            }
                            moved = true;
                        }
                    }
                }
            }
            while !self.outgoing.is_empty() {
                let Some(count) = unless_blocked(self.near.write(&self.outgoing))? else { break };
                self.outgoing.drain(..count);
                moved = true;
            }
            if !moved {
                return Ok(true);
            }
        }
    }

    /// Hands on the server's end, and waits for the near one's: closing at once would reset it.
    fn end(mut self, poll: &mut Poll, events: &mut Events) {
        drop(self.far);
        let _ = self.near.shutdown(Shutdown::Write);
        loop {
            match unless_blocked(self.near.read(&mut [0; 4096])) {
                Ok(Some(0)) | Err(_) => return,
                Ok(Some(_)) => {}
                Ok(None) => poll.poll(events, None).unwrap(),
            }
        }
    }
}

fn unless_blocked(result: std::io::Result<usize>) -> std::io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
