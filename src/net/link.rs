//! A link: one transport with its protocol state and its outbox.

use super::tls::TlsWork;
use super::{BufferPool, Flushed, Outbox, Transport};
use crate::protocol::{Connection, Event, Payload, Timestamp, WholeMessage};
use std::io;

/// What a link needs from the thread that serves it; one for all links of the thread.
#[derive(Debug, Default)]
pub struct Workspace {
    pub pool: BufferPool,
    /// Where the protocol writes its answers before they go to an outbox. Empty between two calls.
    pub answers: Vec<u8>,
    /// Where a message is compressed before it goes to an outbox. Empty between two calls.
    pub deflated: Vec<u8>,
    pub tls: TlsWork,
}

/// What came out of the protocol.
#[derive(Debug)]
pub enum Decoded<P> {
    Message(WholeMessage<P>),
    Event(Event<P>),
}

/// Transport + protocol + outbox. The server and the client each keep their own state around it.
pub struct Link<P> {
    pub transport: Transport,
    pub protocol: Connection<P>,
    pub outbox: Outbox,
}

impl<P: Payload> Link<P> {
    pub fn new(transport: Transport, protocol: Connection<P>) -> Link<P> {
        Link { transport, protocol, outbox: Outbox::default() }
    }

    /// Decodes all of `input` that the protocol takes now, in order: most messages as what they are, everything else as the
    /// protocol's events. What is left in `input` afterwards is wanted later (the upgrade is undecided) or never (the connection is
    /// closed).
    pub fn decode(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
        work: &mut Workspace,
        mut on: impl FnMut(Decoded<P>),
    ) {
        loop {
            self.protocol.receive_messages(input, now, |message| on(Decoded::Message(message)));
            match self.protocol.receive(input, now, &mut work.answers) {
                Some(event) => on(Decoded::Event(event)),
                None => break,
            }
        }
        self.queue_answers(work);
    }

    /// Runs a protocol command and queues what it wrote.
    pub fn command<T>(
        &mut self,
        work: &mut Workspace,
        run: impl FnOnce(&mut Connection<P>, &mut Vec<u8>) -> T,
    ) -> T {
        let result = run(&mut self.protocol, &mut work.answers);
        self.queue_answers(work);
        result
    }

    /// Writes what waits, as far as the socket takes it.
    pub fn flush(&mut self, work: &mut Workspace) -> io::Result<Flushed> {
        let (before, unsent) = (self.outbox.len(), self.transport.unsent());
        let Workspace { pool, tls, .. } = work;
        let transport = &mut self.transport;
        let flushed = self.outbox.flush(pool, |slices| transport.write_vectored(slices, tls))?;
        transport.flush()?;
        // What the transport has taken is not with the kernel before it says so.
        Ok(match (flushed, transport.unsent()) {
            (flushed, 0) => flushed,
            (_, left) => {
                Flushed::Blocked { written: before - self.outbox.len() + unsent.saturating_sub(left) }
            }
        })
    }

    fn queue_answers(&mut self, work: &mut Workspace) {
        if !work.answers.is_empty() {
            self.outbox.push(&work.answers, &mut work.pool);
            work.answers.clear();
        }
    }
}

impl<P> Link<P> {
    /// Bytes that wait for the socket.
    pub fn waiting(&self) -> usize {
        self.outbox.len() + self.transport.unsent()
    }
}
